//! What a platform says about a key (WebAuthn L3 §8): one file for each attestation statement format.
//!
//! Two questions are kept apart. [`verify`] answers whether the statement is one: made over this
//! registration, by the key it names, in the form its format asks for. [`path::verify`] answers whether the
//! certificates it names lead to somebody the caller trusts. How far either is believed is policy's business.

mod android_key;
mod apple;
pub mod evidence;
mod fido_u2f;
pub mod metadata;
mod none;
mod packed;
pub mod path;
pub mod revocation;
pub mod roots;
mod statement;
mod tpm;
mod x509;

use passband_wire::cose::CoseKey;
use passband_wire::webauthn::{AttestationObject, AttestedCredentialData};
use statement::Statement;
pub use x509::CertificateError;

/// Most certificates that are read from `x5c`.
pub const MAX_CHAIN: usize = 8;

/// An attestation statement format that is verified here (§8.2 to §8.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `android-key` (§8.4)
    AndroidKey,
    /// `apple` (§8.8)
    Apple,
    /// `fido-u2f` (§8.6)
    FidoU2f,
    /// `none` (§8.7)
    None,
    /// `packed` (§8.2)
    Packed,
    /// `tpm` (§8.3)
    Tpm,
}

impl Format {
    /// Those in which somebody else can vouch, in alphabetical order.
    pub const CERTIFIED: [Self; 5] = [Self::AndroidKey, Self::Apple, Self::FidoU2f, Self::Packed, Self::Tpm];

    /// The format with this identifier, of those in which somebody else can vouch.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::CERTIFIED.into_iter().find(|format| format.id() == id)
    }

    /// Its identifier in the IANA registry.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AndroidKey => "android-key",
            Self::Apple => "apple",
            Self::FidoU2f => "fido-u2f",
            Self::None => "none",
            Self::Packed => "packed",
            Self::Tpm => "tpm",
        }
    }
}

/// Attestation types (§6.5.3), as far as the statement alone tells: Basic and AttCA look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttestationType {
    /// Somebody else signed: the maker with a key of the model, or a certificate authority.
    Certified,
    /// Nobody says anything.
    None,
    /// The credential key signed for itself.
    SelfSigned,
}

/// Where the statement says that the key is kept, for formats that speak of the one key and not of its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keeper {
    /// The format does not say.
    #[default]
    Unsaid,
    /// Android's keystore.
    Android(android_key::Keystore),
    /// A TPM, with the attributes of the key (TPM Library, Part 2, 8.3).
    Tpm(u32),
}

/// A statement that verified, and what it rests on. Only this floor makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    format: Format,
    kind: AttestationType,
    trust_path: Vec<Vec<u8>>,
    keeper: Keeper,
}

impl Attested {
    const fn new(format: Format, kind: AttestationType) -> Self {
        Self { format, kind, trust_path: Vec::new(), keeper: Keeper::Unsaid }
    }

    fn certified(format: Format, x5c: &[&[u8]]) -> Self {
        let trust_path = x5c.iter().map(|der| der.to_vec()).collect();
        Self { format, kind: AttestationType::Certified, trust_path, keeper: Keeper::Unsaid }
    }

    /// The same, where the statement also says who keeps the key.
    fn kept_by(self, keeper: Keeper) -> Self {
        Self { keeper, ..self }
    }

    /// The format of the statement.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Who vouches.
    #[must_use]
    pub const fn kind(&self) -> AttestationType {
        self.kind
    }

    /// The certificates of `x5c` in DER, leaf first; empty unless [`AttestationType::Certified`].
    #[must_use]
    pub fn trust_path(&self) -> &[Vec<u8>] {
        &self.trust_path
    }
}

/// What a statement speaks about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The attestation object; its `authData` is what was signed.
    pub object: AttestationObject<'a>,
    /// The RP id hash in that authenticator data.
    pub rp_id_hash: &'a [u8; 32],
    /// The attested credential data in that authenticator data.
    pub credential: &'a AttestedCredentialData<'a>,
    /// The credential public key in those.
    pub key: &'a CoseKey,
    /// SHA-256 of the client data.
    pub client_data_hash: &'a [u8; 32],
}

impl Subject<'_> {
    /// `authData || clientDataHash`: what most formats sign.
    fn signed(&self) -> Vec<u8> {
        [self.object.auth_data, self.client_data_hash].concat()
    }
}

/// Why an attestation statement was refused: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs)]
pub enum StatementError {
    #[error("attestation certificate names another AAGUID")]
    AaguidMismatch,
    #[error("AAGUID extension of the attestation certificate is critical")]
    AaguidExtensionCritical,
    #[error("AIK certificate lacks the extended key usage of TPM attestation")]
    AikKeyUsage,
    #[error("AIK certificate does not name a TPM's manufacturer, model and version")]
    AikSubjectAlternativeName,
    #[error("AIK certificate has a subject")]
    AikSubjectNotEmpty,
    #[error("algorithm of the statement is not that of the credential key")]
    AlgorithmMismatch,
    #[error("algorithm of the statement is not supported, or not one for the key that signed")]
    AlgorithmUnsupported,
    #[error("Android key may be used by all applications")]
    AndroidAllApplications,
    #[error("Android key was attested for another challenge")]
    AndroidChallenge,
    #[error("Android key description is missing, malformed, or there twice")]
    AndroidDescription,
    #[error("Android key was not generated in hardware")]
    AndroidOrigin,
    #[error("Android key is not for signing in hardware")]
    AndroidPurpose,
    #[error("Apple attestation was made for another registration")]
    AppleNonce,
    #[error("signature of the attestation statement does not verify")]
    BadSignature,
    #[error("attestation certificate: {0}")]
    Certificate(#[from] CertificateError),
    #[error("attestation certificate is that of a certificate authority, or does not say")]
    CertificateAuthority,
    #[error("subject of the attestation certificate is not of the form required")]
    CertificateSubject,
    #[error("attestation certificate is not of version 3")]
    CertificateVersion,
    #[error("attestation is for another key than the credential's")]
    KeyMismatch,
    #[error("attestation statement is not of the form its format requires")]
    Malformed,
    #[error("attestation chain includes its root")]
    RootInChain,
    #[error("statement was made for another registration")]
    TpmExtraData,
    #[error("statement was not made inside a TPM")]
    TpmMagic,
    #[error("TPM certified another key")]
    TpmName,
    #[error("TPM structure is malformed")]
    TpmStructure,
    #[error("TPM statement is not about a key")]
    TpmType,
    #[error("TPM statement is not of version 2.0")]
    TpmVersion,
    #[error("U2F registration with an AAGUID")]
    U2fAaguid,
    #[error("U2F attestation key is not on P-256")]
    U2fCertificateKey,
    #[error("U2F credential key is not on P-256")]
    U2fCredentialKey,
    #[error("attestation format is not verified here")]
    UnknownFormat,
}

impl StatementError {
    /// A stable name of the reason, for logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AaguidMismatch => "attestation_aaguid_mismatch",
            Self::AaguidExtensionCritical => "attestation_aaguid_extension_critical",
            Self::AikKeyUsage => "attestation_aik_key_usage",
            Self::AikSubjectAlternativeName => "attestation_aik_subject_alternative_name",
            Self::AikSubjectNotEmpty => "attestation_aik_subject_not_empty",
            Self::AlgorithmMismatch => "attestation_algorithm_mismatch",
            Self::AlgorithmUnsupported => "attestation_algorithm_unsupported",
            Self::AndroidAllApplications => "attestation_android_all_applications",
            Self::AndroidChallenge => "attestation_android_challenge",
            Self::AndroidDescription => "attestation_android_description",
            Self::AndroidOrigin => "attestation_android_origin",
            Self::AndroidPurpose => "attestation_android_purpose",
            Self::AppleNonce => "attestation_apple_nonce",
            Self::BadSignature => "attestation_bad_signature",
            Self::Certificate(_) => "attestation_certificate_malformed",
            Self::CertificateAuthority => "attestation_certificate_authority",
            Self::CertificateSubject => "attestation_certificate_subject",
            Self::CertificateVersion => "attestation_certificate_version",
            Self::KeyMismatch => "attestation_key_mismatch",
            Self::Malformed => "attestation_malformed",
            Self::RootInChain => "attestation_root_in_chain",
            Self::TpmExtraData => "attestation_tpm_extra_data",
            Self::TpmMagic => "attestation_tpm_magic",
            Self::TpmName => "attestation_tpm_name",
            Self::TpmStructure => "attestation_tpm_structure",
            Self::TpmType => "attestation_tpm_type",
            Self::TpmVersion => "attestation_tpm_version",
            Self::U2fAaguid => "attestation_u2f_aaguid",
            Self::U2fCertificateKey => "attestation_u2f_certificate_key",
            Self::U2fCredentialKey => "attestation_u2f_credential_key",
            Self::UnknownFormat => "attestation_format_unknown",
        }
    }
}

/// Verifies an attestation statement (§7.1 steps 21 and 22).
///
/// # Errors
///
/// [`StatementError`] says which rule of the format was broken. Formats not in [`Format`] are refused, among
/// them `android-safetynet`, which Google has shut down, and `compound`, which is a draft.
pub fn verify(subject: &Subject<'_>) -> Result<Attested, StatementError> {
    let rules = match subject.object.fmt {
        "android-key" => android_key::verify,
        "apple" => apple::verify,
        "fido-u2f" => fido_u2f::verify,
        "none" => none::verify,
        "packed" => packed::verify,
        "tpm" => tpm::verify,
        _ => return Err(StatementError::UnknownFormat),
    };
    rules(&Statement::read(subject.object.att_stmt)?, subject)
}
