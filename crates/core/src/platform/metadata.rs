//! What the FIDO Alliance publishes of authenticators' models (FIDO Metadata Service v3.1 §3).
//!
//! [`Metadata::verify`] is the only way to it: signed, for the right host, by a chain to a root, of an edition not
//! older than the one before, and not long overdue.

use super::path::{self, PathError, TrustAnchor};
use super::x509::{Certificate, CertificateError};
use crate::policy::signal::Certification;
use passband_wire::cose::KeyMaterial;
use passband_wire::jose::jws::{JwsError, Unverified, Verified, VerifyingKey};
use passband_wire::mds::{Entry, MAX_BLOB, Payload, StatusReport};
use passband_wire::time::{Seconds, Timestamp};
use std::collections::{BTreeSet, HashMap};

/// Whose certificate signs the BLOB.
pub const HOST: &str = "mds.fidoalliance.org";

/// How long after `nextUpdate` an edition is still used: an installation without a connection to the outside gets
/// its editions by hand. A model that is revoked meanwhile is believed that much longer.
pub const GRACE: Seconds = Seconds::days(30);

/// Most certificates in the header of a BLOB.
const MAX_X5C: usize = super::MAX_CHAIN;

/// Why a BLOB was refused: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum MetadataError {
    #[error("its signing certificate: {0}")]
    Certificate(#[from] CertificateError),
    #[error("its header has no chain of certificates")]
    Chain,
    #[error("it was signed for another host than {HOST}")]
    Host,
    #[error("it is not a signed BLOB: {0}")]
    Jws(#[from] JwsError),
    #[error("its signing certificate: {0}")]
    Path(#[from] PathError),
    #[error("its content is malformed")]
    Payload,
    #[error("a newer edition is loaded already")]
    Rollback,
    #[error("it is overdue: its next edition was to come more than 30 days ago")]
    Stale,
}

impl MetadataError {
    /// A stable name of the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Certificate(_) => "metadata_certificate",
            Self::Chain => "metadata_chain_missing",
            Self::Host => "metadata_host",
            Self::Jws(_) => "metadata_signature",
            Self::Path(_) => "metadata_path",
            Self::Payload => "metadata_malformed",
            Self::Rollback => "metadata_rollback",
            Self::Stale => "metadata_stale",
        }
    }
}

/// A metadata BLOB whose signature was verified. Only [`Metadata::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Metadata {
    no: u32,
    next_update: Timestamp,
    models: Vec<Model>,
    by_aaguid: HashMap<[u8; 16], usize>,
    by_key: HashMap<[u8; 20], usize>,
}

/// What a BLOB is held against.
#[derive(Clone, Copy, Debug)]
pub struct BlobRules<'a> {
    /// Where the chain of its signer has to lead.
    pub roots: &'a [TrustAnchor],
    /// The edition that is loaded already: an older one would bring back what was revoked since.
    pub loaded: Option<u32>,
    /// The instant of the decision.
    pub now: Timestamp,
}

impl Metadata {
    /// Verifies a BLOB (§3.2, "Metadata BLOB object processing rules").
    ///
    /// # Errors
    ///
    /// [`MetadataError`] says which rule it breaks.
    pub fn verify(blob: &str, rules: &BlobRules<'_>) -> Result<Self, MetadataError> {
        let read = Self::verify_signature(blob, rules)?;
        if rules.loaded.is_some_and(|loaded| read.no < loaded) {
            return Err(MetadataError::Rollback);
        }
        if read.is_stale(rules.now) {
            return Err(MetadataError::Stale);
        }
        Ok(read)
    }

    /// Verifies a BLOB that was accepted before, at the instant it was: it may have become old since, see
    /// [`is_stale`](Self::is_stale).
    ///
    /// # Errors
    ///
    /// [`MetadataError`] if it was altered where it was kept, or its root is not trusted any more.
    pub fn verify_again(
        blob: &str,
        roots: &[TrustAnchor],
        accepted: Timestamp,
    ) -> Result<Self, MetadataError> {
        Self::verify_signature(blob, &BlobRules { roots, loaded: None, now: accepted })
    }

    fn verify_signature(blob: &str, rules: &BlobRules<'_>) -> Result<Self, MetadataError> {
        let jws = Unverified::parse_within(blob.trim_ascii(), MAX_BLOB)?;
        let chain = jws.header.x5c.as_ref().and_then(|x5c| x5c.chain(MAX_X5C)).ok_or(MetadataError::Chain)?;
        path::verify(path::without_root(&chain), rules.roots, rules.now)?;
        let leaf = Certificate::parse(&chain[0])?;
        // The public root signs for every web site there is: the name is what makes this one the FIDO Alliance's.
        if !leaf.is_for_host(HOST)? {
            return Err(MetadataError::Host);
        }
        let payload: Payload =
            signed_by(jws, &leaf)?.claims().map_err(|_: JwsError| MetadataError::Payload)?;
        Ok(Self::of(payload))
    }

    fn of(payload: Payload) -> Self {
        let mut read = Self {
            no: payload.no,
            next_update: payload.next_update,
            models: Vec::with_capacity(payload.entries.len()),
            by_aaguid: HashMap::new(),
            by_key: HashMap::new(),
        };
        for model in payload.entries.into_iter().filter_map(Model::of) {
            let at = read.models.len();
            if let Some(aaguid) = model.aaguid {
                read.by_aaguid.entry(aaguid).or_insert(at);
            }
            for key in &model.keys {
                read.by_key.entry(*key).or_insert(at);
            }
            read.models.push(model);
        }
        read
    }

    /// The edition.
    #[must_use]
    pub const fn no(&self) -> u32 {
        self.no
    }

    /// When the next edition is due.
    #[must_use]
    pub const fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// Whether it is overdue by more than [`GRACE`]: then it proves nothing more.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.next_update + GRACE
    }

    /// Every passkey model in it.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model with this AAGUID.
    #[must_use]
    pub fn by_aaguid(&self, aaguid: &[u8; 16]) -> Option<&Model> {
        // All zeros stand for "no model" (WebAuthn L3 §6.5.1).
        if *aaguid == [0; 16] {
            return None;
        }
        self.by_aaguid.get(aaguid).map(|at| &self.models[*at])
    }

    /// The U2F model whose attestation certificate this is.
    pub(super) fn by_certificate(&self, der: &[u8]) -> Option<&Model> {
        let key = Certificate::parse(der).ok()?.key_identifier().ok()?;
        self.by_key.get(&key).map(|at| &self.models[*at])
    }
}

/// The key of the certificate says which algorithm verifies; the header has to agree.
fn signed_by(jws: Unverified<'_>, leaf: &Certificate<'_>) -> Result<Verified, MetadataError> {
    Ok(match leaf.key_material()? {
        KeyMaterial::Rsa { .. } => jws.verify_rs256(&leaf.public_key_info()?)?,
        KeyMaterial::Ec2 { point, .. } => jws.verify_es256(&VerifyingKey::from_point(&point)?)?,
        _ => return Err(JwsError::Algorithm.into()),
    })
}

/// One model of authenticator, as its metadata say.
#[derive(Clone, Debug)]
pub struct Model {
    aaguid: Option<[u8; 16]>,
    keys: Vec<[u8; 20]>,
    name: String,
    attestation: Vec<String>,
    roots: Vec<TrustAnchor>,
    protection: Vec<String>,
    verification: Vec<String>,
    attachment: Vec<String>,
    synced: bool,
    statuses: Vec<StatusReport>,
}

/// Statuses by which a model is believed no more (§3.1.4).
const DISQUALIFYING: [&str; 5] = [
    "REVOKED",
    "USER_VERIFICATION_BYPASS",
    "ATTESTATION_KEY_COMPROMISE",
    "USER_KEY_REMOTE_COMPROMISE",
    "USER_KEY_PHYSICAL_COMPROMISE",
];

impl Model {
    /// The model of an entry; `None` for what is no passkey: UAF, and entries without a statement.
    fn of(entry: Entry) -> Option<Self> {
        let statement = entry.metadata_statement?;
        if entry.aaguid.is_none() && entry.attestation_certificate_key_identifiers.is_empty() {
            return None;
        }
        let mut statuses = entry.status_reports;
        // "In no particular order": of two of one day the list's order stands.
        statuses.sort_by_key(|report| report.effective_date);
        let methods = statement.user_verification_details.into_iter().flatten();
        let methods: BTreeSet<_> = methods.map(|method| method.user_verification_method).collect();
        // These verify nobody, or only say how the others go together.
        let verification =
            methods.into_iter().filter(|name| !matches!(&**name, "" | "none" | "all" | "presence_internal"));
        let roots = statement.attestation_root_certificates.into_iter();
        let support = statement.multi_device_credential_support.as_deref().unwrap_or("unsupported");
        Some(Self {
            aaguid: entry.aaguid,
            keys: entry.attestation_certificate_key_identifiers,
            name: statement.description,
            attestation: statement.attestation_types,
            // A certificate of a form that is not read here is one root less.
            roots: roots.filter_map(|der| TrustAnchor::from_der(der).ok()).collect(),
            protection: statement.key_protection,
            verification: verification.collect(),
            attachment: statement.attachment_hint,
            synced: support != "unsupported",
            statuses,
        })
    }

    /// Its AAGUID; `None` for a U2F model.
    #[must_use]
    pub const fn aaguid(&self) -> Option<&[u8; 16]> {
        self.aaguid.as_ref()
    }

    /// What its maker calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `attestationTypes`
    #[must_use]
    pub fn attestation(&self) -> &[String] {
        &self.attestation
    }

    /// Who may vouch for it: roots, intermediates, or its attestation certificate itself.
    #[must_use]
    pub fn roots(&self) -> &[TrustAnchor] {
        &self.roots
    }

    /// `keyProtection`
    #[must_use]
    pub fn protection(&self) -> &[String] {
        &self.protection
    }

    /// How it verifies its user: each method of any alternative, by its name in the FIDO Registry, sorted.
    #[must_use]
    pub fn verification(&self) -> &[String] {
        &self.verification
    }

    /// `attachmentHint`
    #[must_use]
    pub fn attachment(&self) -> &[String] {
        &self.attachment
    }

    /// Whether its keys are copied to other devices, as it says.
    #[must_use]
    pub const fn is_synced(&self) -> bool {
        self.synced
    }

    /// Whether its keys are kept by hardware: it says so, and nothing to the contrary (FIDO Registry §3.2).
    #[must_use]
    pub fn is_hardware(&self) -> bool {
        let says = |name: &str| self.protection.iter().any(|protection| protection == name);
        (says("hardware") || says("secure_element") || says("tee")) && !says("software") && !self.synced
    }

    /// What keeps it from being believed, if anything. `firmware`: the version its attestation proves.
    ///
    /// A report counts from the day it is published, whatever day it names: a clock that is wrong must not help. What
    /// ends it, except for `REVOKED`, is a later report of firmware that the authenticator proves to have: an update
    /// (`UPDATE_AVAILABLE`) or a new certification. Later certifications alone do not, as devices that nobody updated
    /// bear the same AAGUID.
    #[must_use]
    pub fn disqualified(&self, firmware: Option<u64>) -> Option<&str> {
        let bad = |report: &StatusReport| DISQUALIFYING.contains(&report.status.as_str());
        let mended = |at: usize| {
            let (broken, later) = (self.statuses[at].authenticator_version, self.statuses[at + 1..].iter());
            let mends = |report: &StatusReport| {
                report.status == "UPDATE_AVAILABLE" || certification(&report.status).is_some()
            };
            later.filter(|report| mends(report)).any(|report| {
                matches!((report.authenticator_version, firmware), (Some(fixed), Some(has))
                    if has >= fixed && broken.is_none_or(|broken| fixed > broken))
            })
        };
        let standing = self.statuses.iter().enumerate().filter(|(_, report)| bad(report));
        let mut standing = standing.filter(|(at, report)| report.status == "REVOKED" || !mended(*at));
        standing.next_back().map(|(_, report)| report.status.as_str())
    }

    /// The highest certification in force at `now`: those after the last report that it has none, or is revoked.
    #[must_use]
    pub fn certification(&self, now: Timestamp) -> Certification {
        let in_force =
            self.statuses.iter().filter(|report| report.effective_date.is_none_or(|day| day <= now));
        in_force.fold(Certification::None, |best, report| match report.status.as_str() {
            "NOT_FIDO_CERTIFIED" | "SELF_ASSERTION_SUBMITTED" | "REVOKED" => Certification::None,
            status => certification(status).map_or(best, |level| best.max(level)),
        })
    }

    /// Its newest status.
    #[must_use]
    pub fn status(&self) -> &str {
        self.disqualified(None).or(self.statuses.last().map(|report| report.status.as_str())).unwrap_or("")
    }
}

fn certification(status: &str) -> Option<Certification> {
    if status == "FIDO_CERTIFIED" {
        return Some(Certification::L1);
    }
    let level = status.strip_prefix("FIDO_CERTIFIED_")?;
    Certification::from_name(level).filter(|level| *level != Certification::None)
}
