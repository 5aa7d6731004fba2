//! The evidence ladder: how far a passkey is believed, judged from its attestation and what is trusted now.
//!
//! | level | means | accepted when |
//! |---|---|---|
//! | E0 | nothing | the key may be copied (`BE`), and nobody trusted vouches |
//! | E1 | it says that it stays on its device | `BE` is clear; the authenticator's own word |
//! | E2 | its model is proved | a statement with a chain to a root for that format and AAGUID; neither model nor certificate is disqualified |
//! | E3 | its key is proved to be in hardware | E2, and the model's metadata or the statement itself say so, and `BE` is clear |
//!
//! E4 (the device itself is proved) is no passkey's to reach. An AAGUID is a claim below E2.
//!
//! [`judge`] is pure: the same statement, the same [`Trust`] and the same instants give the same [`Evidence`].

use super::android_key::{Keystore, SecurityLevel};
use super::metadata::{Metadata, Model};
use super::path::{self, PathError, TrustAnchor};
use super::revocation::Revocations;
use super::roots::Roots;
use super::x509::Certificate;
use super::{AttestationType, Attested, Format, Keeper, packed};
use crate::directory::Evidence;
use crate::policy::signal::{Certification, EvidenceLevel};
use passband_wire::time::Timestamp;

/// `TPMA_OBJECT` (TPM Library, Part 2, 8.3): made inside this TPM, and never to leave it.
const FIXED_TPM: u32 = 1 << 1;
const FIXED_PARENT: u32 = 1 << 4;
const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;

/// Everything that is trusted.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// What the FIDO Alliance publishes, if it was given to us.
    pub metadata: Option<Metadata>,
    /// What Google has revoked, if it was given to us.
    pub revocations: Option<Revocations>,
    /// Who may vouch.
    pub roots: Roots,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What the attestation statement proved by itself.
    pub attested: &'a Attested,
    /// The model, as the authenticator says.
    pub aaguid: &'a [u8; 16],
    /// `BE`: it may leave its device.
    pub backup_eligible: bool,
    /// When it was registered: certificates must have been valid then, and some live for days only.
    pub registered: Timestamp,
}

/// What proved a level, or kept it from being higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// The Android device's boot loader was open, or another system was started.
    AndroidBoot,
    /// No list of revoked Android keys is loaded, or it is old.
    AndroidListMissing,
    /// The Android keystore works in software.
    AndroidSoftware,
    /// Android's secure chip of its own keeps the key.
    AndroidStrongBox,
    /// Android's secure area of the processor keeps the key.
    AndroidTrustedEnvironment,
    /// Apple vouches for the authenticator, without saying where the key is.
    AppleAttestation,
    /// The model is proved, and its key may be copied.
    BackupEligible,
    /// A certificate of the chain is on the list of revoked keys.
    CertificateRevoked,
    /// The metadata are long overdue.
    MetadataStale,
    /// The model's metadata say that hardware keeps its keys.
    ModelHardware,
    /// The model's metadata do not say that hardware keeps its keys.
    ModelNotHardware,
    /// The model has a status by which it is believed no more.
    ModelDisqualified,
    /// The chain leads to a trusted root, but the metadata do not know the model.
    ModelUnknown,
    /// Nobody vouches.
    NoAttestation,
    /// No root is known for this format and model.
    NoRoot,
    /// The chain does not hold.
    PathBroken,
    /// The chain leads to no root for this format and model.
    PathUntrusted,
    /// The credential key signed for itself.
    SelfAttestation,
    /// What was stored of the registration cannot be read any more.
    StatementUnreadable,
    /// The TPM would give the key away, or did not make it.
    TpmKeyMovable,
    /// A TPM made the key and keeps it.
    TpmKeyFixed,
}

impl Proof {
    /// Each of them.
    pub const ALL: [Self; 21] = [
        Self::AndroidBoot,
        Self::AndroidListMissing,
        Self::AndroidSoftware,
        Self::AndroidStrongBox,
        Self::AndroidTrustedEnvironment,
        Self::AppleAttestation,
        Self::BackupEligible,
        Self::CertificateRevoked,
        Self::MetadataStale,
        Self::ModelHardware,
        Self::ModelNotHardware,
        Self::ModelDisqualified,
        Self::ModelUnknown,
        Self::NoAttestation,
        Self::NoRoot,
        Self::PathBroken,
        Self::PathUntrusted,
        Self::SelfAttestation,
        Self::StatementUnreadable,
        Self::TpmKeyMovable,
        Self::TpmKeyFixed,
    ];

    /// The stable code in the log, the admin API and the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AndroidBoot => "android_boot_not_verified",
            Self::AndroidListMissing => "android_revocations_missing",
            Self::AndroidSoftware => "android_keystore_software",
            Self::AndroidStrongBox => "android_strongbox",
            Self::AndroidTrustedEnvironment => "android_trusted_environment",
            Self::AppleAttestation => "apple_attestation",
            Self::BackupEligible => "backup_eligible",
            Self::CertificateRevoked => "certificate_revoked",
            Self::MetadataStale => "metadata_stale",
            Self::ModelHardware => "model_hardware",
            Self::ModelNotHardware => "model_not_hardware",
            Self::ModelDisqualified => "model_disqualified",
            Self::ModelUnknown => "model_unknown",
            Self::NoAttestation => "no_attestation",
            Self::NoRoot => "no_root_for_model",
            Self::PathBroken => "attestation_path_broken",
            Self::PathUntrusted => "attestation_path_untrusted",
            Self::SelfAttestation => "self_attestation",
            Self::StatementUnreadable => "attestation_unreadable",
            Self::TpmKeyMovable => "tpm_key_movable",
            Self::TpmKeyFixed => "tpm_key_fixed",
        }
    }

    /// The proof with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.code() == code)
    }

    /// What it means, in a sentence for an administrator.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AndroidBoot => {
                "Google vouches for the device, but its boot loader was open or another system was started."
            }
            Self::AndroidListMissing => {
                "Google vouches for the key, but no current list of revoked keys is loaded here."
            }
            Self::AndroidSoftware => "Google vouches for the device, but its keystore works in software.",
            Self::AndroidStrongBox => "Google vouches that a chip of its own keeps the key.",
            Self::AndroidTrustedEnvironment => {
                "Google vouches that a secure area of the processor keeps the key."
            }
            Self::AppleAttestation => "Apple vouches for the authenticator, not for where the key is kept.",
            Self::BackupEligible => "The model is proved, and its keys may be copied to other devices.",
            Self::CertificateRevoked => "A certificate that vouches for it has been revoked.",
            Self::MetadataStale => "The loaded metadata are overdue by more than 30 days.",
            Self::ModelHardware => "The model is proved, and its metadata say that hardware keeps its keys.",
            Self::ModelNotHardware => {
                "The model is proved, and its metadata do not say that hardware keeps its keys."
            }
            Self::ModelDisqualified => "The metadata report that the model is revoked or was broken.",
            Self::ModelUnknown => "A trusted root vouches for it, but the metadata do not know the model.",
            Self::NoAttestation => "Nobody vouches for it.",
            Self::NoRoot => "Somebody vouches for it, and no root is known for this format and model.",
            Self::PathBroken => "The certificates that vouch for it do not hold together.",
            Self::PathUntrusted => {
                "The certificates that vouch for it lead to no root for this format and model."
            }
            Self::SelfAttestation => "It vouches for itself.",
            Self::StatementUnreadable => "What was stored of its registration cannot be verified any more.",
            Self::TpmKeyMovable => "A TPM vouches for the key, but would give it away or did not make it.",
            Self::TpmKeyFixed => "A TPM vouches that it made the key and keeps it.",
        }
    }
}

/// Judges what was registered, as things are trusted at `now`.
#[must_use]
pub fn judge(claim: &Claim<'_>, trust: &Trust, now: Timestamp) -> Evidence {
    let unproved = |proof| Evidence { judged: now, ..without(claim.backup_eligible, proof, trust) };
    let model = match vouched(claim, trust, now) {
        Ok(model) => model,
        Err(proof) => return unproved(proof),
    };
    let (level, proof) = match keeper(claim, model, trust, now) {
        // A key that may be copied is in no hardware, whatever was said of the model.
        Ok(_) if claim.backup_eligible => (EvidenceLevel::E2, Proof::BackupEligible),
        Ok(proof) => (EvidenceLevel::E3, proof),
        Err(proof) => (EvidenceLevel::E2, proof),
    };
    Evidence {
        level,
        proof: proof.code().to_owned(),
        judged: now,
        metadata: trust.metadata.as_ref().map(Metadata::no),
        attested: true,
        certification: model.map_or(Certification::None, |model| model.certification(now)),
        verification: model.map_or_else(Vec::new, |model| model.verification().to_vec()),
    }
}

/// Evidence of what cannot be verified any more: the level of its own word.
#[must_use]
pub fn unreadable(backup_eligible: bool, trust: &Trust, now: Timestamp) -> Evidence {
    Evidence { judged: now, ..without(backup_eligible, Proof::StatementUnreadable, trust) }
}

fn without(backup_eligible: bool, proof: Proof, trust: &Trust) -> Evidence {
    Evidence {
        level: if backup_eligible { EvidenceLevel::E0 } else { EvidenceLevel::E1 },
        proof: proof.code().to_owned(),
        metadata: trust.metadata.as_ref().map(Metadata::no),
        ..Evidence::default()
    }
}

/// Whether somebody trusted vouches, and for which model; if not, why.
fn vouched<'t>(claim: &Claim<'_>, trust: &'t Trust, now: Timestamp) -> Result<Option<&'t Model>, Proof> {
    let attested = claim.attested;
    match attested.kind() {
        AttestationType::Certified => {}
        AttestationType::None => return Err(Proof::NoAttestation),
        AttestationType::SelfSigned => return Err(Proof::SelfAttestation),
    }
    // A revoked key vouches for nothing, in whichever format it comes.
    if trust.revocations.as_ref().is_some_and(|list| list.names(attested.trust_path())) {
        return Err(Proof::CertificateRevoked);
    }
    let model = trust.metadata.as_ref().and_then(|metadata| model_of(claim, metadata));
    if model.is_some_and(|model| model.disqualified(firmware(attested)).is_some()) {
        return Err(Proof::ModelDisqualified);
    }
    let stale = trust.metadata.as_ref().is_some_and(|metadata| metadata.is_stale(now));
    if model.is_some() && stale {
        return Err(Proof::MetadataStale);
    }
    let anchors = anchors(claim, model, &trust.roots);
    if anchors.is_empty() {
        return Err(Proof::NoRoot);
    }
    match path::verify(path::without_root(attested.trust_path()), &anchors, claim.registered) {
        Ok(_) => Ok(model),
        Err(PathError::Untrusted) => Err(Proof::PathUntrusted),
        Err(_) => Err(Proof::PathBroken),
    }
}

fn model_of<'t>(claim: &Claim<'_>, metadata: &'t Metadata) -> Option<&'t Model> {
    match (claim.attested.format(), claim.attested.trust_path()) {
        (Format::FidoU2f, [leaf, ..]) => metadata.by_certificate(leaf),
        _ => metadata.by_aaguid(claim.aaguid),
    }
}

/// Who may vouch for this model in this format.
///
/// A model that the metadata know has its own roots and no others: a root for one maker's models, or for a platform,
/// must not vouch for another maker's. Where the metadata name a platform's root for it, the platform's other roots
/// count too, as they are renewed before the metadata are.
fn anchors(claim: &Claim<'_>, model: Option<&Model>, roots: &Roots) -> Vec<TrustAnchor> {
    let general = roots.for_model(claim.attested.format(), claim.aaguid);
    let Some(model) = model else { return general };
    let own = model.roots();
    let of_platform = general.iter().any(|root| own.iter().any(|own| own.is_same_authority(root)));
    own.iter().cloned().chain(general.into_iter().filter(|_| of_platform)).collect()
}

fn firmware(attested: &Attested) -> Option<u64> {
    let leaf = Certificate::parse(attested.trust_path().first()?).ok()?;
    packed::firmware(&leaf)
}

/// What shows that hardware keeps the key; if nothing does, what is missing.
fn keeper(claim: &Claim<'_>, model: Option<&Model>, trust: &Trust, now: Timestamp) -> Result<Proof, Proof> {
    match (claim.attested.format(), claim.attested.keeper) {
        (Format::Tpm, Keeper::Tpm(attributes)) => {
            let all = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN;
            if attributes & all == all { Ok(Proof::TpmKeyFixed) } else { Err(Proof::TpmKeyMovable) }
        }
        (Format::AndroidKey, Keeper::Android(keystore)) => android(keystore, trust, now),
        (Format::Apple, _) => Err(Proof::AppleAttestation),
        (Format::Packed | Format::FidoU2f, _) => match model {
            Some(model) if model.is_hardware() => Ok(Proof::ModelHardware),
            Some(_) => Err(Proof::ModelNotHardware),
            None => Err(Proof::ModelUnknown),
        },
        // These formats always say who keeps the key, so this is none of them.
        (Format::AndroidKey | Format::None | Format::Tpm, _) => Err(Proof::NoAttestation),
    }
}

fn android(keystore: Keystore, trust: &Trust, now: Timestamp) -> Result<Proof, Proof> {
    let proof = match keystore.level {
        SecurityLevel::Software => return Err(Proof::AndroidSoftware),
        SecurityLevel::TrustedEnvironment => Proof::AndroidTrustedEnvironment,
        SecurityLevel::StrongBox => Proof::AndroidStrongBox,
    };
    if !keystore.verified_boot {
        return Err(Proof::AndroidBoot);
    }
    // Keyboxes leak and are traded: without the list a copied one would pass for hardware.
    if !trust.revocations.as_ref().is_some_and(|list| list.is_current(now)) {
        return Err(Proof::AndroidListMissing);
    }
    Ok(proof)
}

/// What the metadata say of a model, in the words of this ladder: what an administrator browses and a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// Its AAGUID; `None` for a U2F model.
    pub aaguid: Option<[u8; 16]>,
    /// What its maker calls it.
    pub name: String,
    /// The level that an attested passkey of it reaches.
    pub level: EvidenceLevel,
    /// What proves that level, or keeps it from being higher.
    pub proof: Proof,
    /// Its certification in force.
    pub certification: Certification,
    /// Its newest status, or the one that disqualifies it.
    pub status: String,
    /// How it verifies its user, in names of the FIDO Registry.
    pub verification: Vec<String>,
    /// How it protects keys, in names of the FIDO Registry.
    pub protection: Vec<String>,
    /// How it is attached, in names of the FIDO Registry.
    pub attachment: Vec<String>,
    /// Whether its keys stay on it, as it says.
    pub device_bound: bool,
}

/// What a passkey of each model would be worth now: nothing is proved by metadata that are long overdue.
pub fn models_now(metadata: &Metadata, now: Timestamp) -> impl Iterator<Item = ModelFacts> {
    let is_stale = metadata.is_stale(now);
    metadata.models().iter().map(move |model| {
        let facts = model_facts(model, now);
        if !is_stale || facts.level < EvidenceLevel::E2 {
            return facts;
        }
        let level = if facts.device_bound { EvidenceLevel::E1 } else { EvidenceLevel::E0 };
        ModelFacts { level, proof: Proof::MetadataStale, ..facts }
    })
}

/// What a passkey of this model would be worth, if it attests as its metadata say.
#[must_use]
pub fn model_facts(model: &Model, now: Timestamp) -> ModelFacts {
    let claimed = if model.is_synced() { EvidenceLevel::E0 } else { EvidenceLevel::E1 };
    let says = |kind: &str| model.attestation().iter().any(|attestation| attestation == kind);
    let certified = !model.roots().is_empty();
    let (level, proof) = if model.disqualified(None).is_some() {
        (claimed, Proof::ModelDisqualified)
    } else if !certified && says("basic_surrogate") {
        (claimed, Proof::SelfAttestation)
    } else if !certified {
        (claimed, if says("none") { Proof::NoAttestation } else { Proof::NoRoot })
    } else if model.is_synced() {
        (EvidenceLevel::E2, Proof::BackupEligible)
    } else if model.is_hardware() {
        (EvidenceLevel::E3, Proof::ModelHardware)
    } else {
        (EvidenceLevel::E2, Proof::ModelNotHardware)
    };
    ModelFacts {
        aaguid: model.aaguid().copied(),
        name: model.name().to_owned(),
        level,
        proof,
        certification: model.certification(now),
        status: model.status().to_owned(),
        verification: model.verification().to_vec(),
        protection: model.protection().to_vec(),
        attachment: model.attachment().to_vec(),
        device_bound: !model.is_synced(),
    }
}
