//! From an attestation certificate to somebody trusted, or not.

use crate::support::NOW;
use crate::support::cert::{BASIC_CONSTRAINTS, Cert, KEY_USAGE, der, new_key};
use aws_lc_rs::signature::EcdsaKeyPair;
use passband_core::platform::path::{self, PathError, TrustAnchor};
use passband_core::platform::{CertificateError, MAX_CHAIN};
use passband_wire::time::Timestamp;

struct Line {
    root: Vec<u8>,
    root_key: EcdsaKeyPair,
    middle_key: EcdsaKeyPair,
    leaf_key: EcdsaKeyPair,
}

impl Line {
    fn new() -> Self {
        let root_key = new_key();
        let root = Cert::root(&root_key).signed(&root_key);
        Self { root, root_key, middle_key: new_key(), leaf_key: new_key() }
    }

    fn root(&self) -> Vec<u8> {
        self.root.clone()
    }

    fn anchor(&self) -> TrustAnchor {
        TrustAnchor::from_der(self.root()).unwrap()
    }

    fn middle(&self) -> Cert {
        Cert { subject: vec![("2.5.4.3", "Middle")], ..Cert::root(&self.middle_key) }
    }

    fn leaf(&self) -> Cert {
        Cert { issuer: vec![("2.5.4.3", "Middle")], ..Cert::leaf(&self.leaf_key) }
    }

    fn good(&self) -> Vec<Vec<u8>> {
        vec![self.leaf().signed(&self.middle_key), self.middle().signed(&self.root_key)]
    }

    fn verify(&self, chain: &[Vec<u8>]) -> Result<(), PathError> {
        path::verify(chain, &[self.anchor()], NOW).map(|_| ())
    }
}

#[test]
fn a_line_is_followed_with_or_without_its_root() {
    let line = Line::new();
    let mut chain = line.good();
    assert_eq!(line.verify(&chain), Ok(()));
    chain.push(line.root());
    assert_eq!(line.verify(&chain), Ok(()));
    let trusted = path::verify(&chain, &[line.anchor()], NOW).unwrap();
    assert_eq!(trusted.anchor()[..], crate::support::forge::sha256(&line.root()));
    // Pinned in the middle, and at the leaf.
    for at in 0..2 {
        let anchor = TrustAnchor::from_der(chain[at].clone()).unwrap();
        assert!(path::verify(&chain[..2], &[anchor], NOW).is_ok());
    }
}

#[test]
fn a_leaf_that_vouches_for_itself_is_trusted_only_if_pinned() {
    let der = include_bytes!("../../../../vectors/chromium-virtual-authenticator-batch.der").to_vec();
    let pinned = TrustAnchor::from_der(der.clone()).unwrap();
    let line = Line::new();
    assert!(path::verify(std::slice::from_ref(&der), std::slice::from_ref(&pinned), NOW).is_ok());
    assert_eq!(line.verify(&[der]), Err(PathError::Untrusted));
    let own = Cert { issuer: Cert::leaf(&line.leaf_key).subject, ..Cert::leaf(&line.leaf_key) };
    assert_eq!(line.verify(&[own.signed(&line.leaf_key)]), Err(PathError::Untrusted));
    // A pinned leaf is no authority: what it signs is not trusted with it.
    let below = Cert { issuer: Cert::leaf(&line.leaf_key).subject, ..Cert::leaf(&line.root_key) };
    let pinned = TrustAnchor::from_der(own.signed(&line.leaf_key)).unwrap();
    let refused = path::verify(&[below.signed(&line.leaf_key)], &[pinned], NOW);
    assert_eq!(refused, Err(PathError::NotAuthority));
}

#[test]
fn an_unrelated_root_or_a_broken_line_is_refused() {
    let (line, other) = (Line::new(), Line::new());
    assert_eq!(other.verify(&line.good()), Err(PathError::Untrusted));
    // Same names, other keys.
    let mixed = vec![line.good()[0].clone(), other.good()[1].clone()];
    assert_eq!(other.verify(&mixed), Err(PathError::NotIssuedByNext));
    // A trusted certificate that has nothing to do with the leaf does not help.
    let added = vec![line.good()[0].clone(), other.root()];
    assert_eq!(other.verify(&added), Err(PathError::NotIssuedByNext));
    let turned = vec![line.good()[1].clone(), line.good()[0].clone()];
    assert_eq!(line.verify(&turned), Err(PathError::NotIssuedByNext));
    let renamed = Cert { issuer: vec![("2.5.4.3", "Somebody")], ..line.leaf() };
    let renamed = vec![renamed.signed(&line.middle_key), line.good()[1].clone()];
    assert_eq!(line.verify(&renamed), Err(PathError::NotIssuedByNext));
    let mut flipped = line.good();
    *flipped[0].last_mut().unwrap() ^= 1;
    assert_eq!(line.verify(&flipped), Err(PathError::NotIssuedByNext));
}

#[test]
fn dates_are_held_at_the_instant_given() {
    let line = Line::new();
    // 2024-01-01T00:00:00Z and 2044-01-01T00:00:00Z, both included.
    let at = |now| path::verify(&line.good(), &[line.anchor()], Timestamp(now)).map(|_| ());
    assert_eq!(at(1_704_067_199), Err(PathError::NotYetValid));
    assert_eq!(at(1_704_067_200), Ok(()));
    assert_eq!(at(2_335_219_200), Ok(()));
    assert_eq!(at(2_335_219_201), Err(PathError::Expired));
    let expired = Cert { not_after: "260101000000Z", ..line.leaf() }.signed(&line.middle_key);
    assert_eq!(line.verify(&[expired, line.good()[1].clone()]), Err(PathError::Expired));
    let expired = Cert { not_after: "260101000000Z", ..line.middle() }.signed(&line.root_key);
    assert_eq!(line.verify(&[line.good()[0].clone(), expired]), Err(PathError::Expired));
}

#[test]
fn only_an_authority_may_issue() {
    let line = Line::new();
    let with = |middle: Cert| line.verify(&[line.good()[0].clone(), middle.signed(&line.root_key)]);
    let constraints = |parts: &[&[u8]]| der(0x30, parts);
    assert_eq!(with(line.middle().without(BASIC_CONSTRAINTS)), Err(PathError::NotAuthority));
    assert_eq!(
        with(line.middle().with(BASIC_CONSTRAINTS, true, constraints(&[]))),
        Err(PathError::NotAuthority)
    );
    // digitalSignature only
    assert_eq!(
        with(line.middle().with(KEY_USAGE, true, vec![0x03, 0x02, 0x07, 0x80])),
        Err(PathError::NotAuthority)
    );
    assert_eq!(with(line.middle().without(KEY_USAGE)), Ok(()));
    // A path length of 0 allows a leaf below, and no further authority.
    let zero = constraints(&[&[0x01, 0x01, 0xff], &[0x02, 0x01, 0x00]]);
    assert_eq!(with(line.middle().with(BASIC_CONSTRAINTS, true, zero.clone())), Ok(()));
    let root = Cert::root(&line.root_key).with(BASIC_CONSTRAINTS, true, zero).signed(&line.root_key);
    let anchor = TrustAnchor::from_der(root).unwrap();
    assert_eq!(path::verify(&line.good(), &[anchor], NOW), Err(PathError::NotAuthority));
}

#[test]
fn what_is_critical_must_be_understood() {
    let line = Line::new();
    // nameConstraints are not followed here, so a certificate that insists on them is refused.
    let constrained = line.middle().with("2.5.29.30", true, der(0x30, &[])).signed(&line.root_key);
    let chain = [line.good()[0].clone(), constrained];
    assert_eq!(line.verify(&chain), Err(PathError::CriticalExtension));
    let odd = line.leaf().with("1.2.3.4", true, vec![0x05, 0x00]).signed(&line.middle_key);
    let chain = [odd, line.good()[1].clone()];
    assert_eq!(line.verify(&chain), Err(PathError::CriticalExtension));
    let calm = line.leaf().with("1.2.3.4", false, vec![0x05, 0x00]).signed(&line.middle_key);
    assert_eq!(line.verify(&[calm, line.good()[1].clone()]), Ok(()));
}

#[test]
fn lengths_are_bounded_and_nonsense_is_none() {
    let line = Line::new();
    assert_eq!(line.verify(&[]), Err(PathError::Length));
    assert_eq!(line.verify(&vec![line.root(); MAX_CHAIN + 1]), Err(PathError::Length));
    assert_eq!(line.verify(&[vec![0x30, 0]]), Err(PathError::Certificate(CertificateError::Malformed)));
    let long = [line.root(), vec![0; 9000]].concat();
    assert_eq!(line.verify(&[long]), Err(PathError::Certificate(CertificateError::Malformed)));
    assert_eq!(TrustAnchor::from_der(vec![1, 2, 3]), Err(CertificateError::Malformed));
    // The same extension twice: whichever is read, the other was meant.
    let mut twice = line.middle();
    twice.extensions.push((BASIC_CONSTRAINTS, true, der(0x30, &[])));
    let chain = [line.good()[0].clone(), twice.signed(&line.root_key)];
    assert_eq!(line.verify(&chain), Err(PathError::Certificate(CertificateError::Extension)));
}

#[test]
fn a_key_that_is_no_point_verifies_nothing() {
    let line = Line::new();
    let mut odd = line.middle();
    let at = odd.spki.len() - 20;
    odd.spki[at] ^= 1;
    let chain = [line.good()[0].clone(), odd.signed(&line.root_key)];
    assert_eq!(line.verify(&chain), Err(PathError::NotIssuedByNext));
}
