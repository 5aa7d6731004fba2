use super::{Wrong, refused};
use crate::support::cert::{AAGUID, BASIC_CONSTRAINTS, Cert, der, new_key, sign};
use crate::support::forge::{Forge, packed};
use passband_core::authn::passkey::registration::RegistrationError;
use passband_core::platform::path::{PathError, TrustAnchor};
use passband_core::platform::{AttestationType, CertificateError, StatementError};

#[test]
fn a_good_one_is_certified_and_leads_to_its_root() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let aaguid = der(0x04, &[&forge.aaguid]);
    let chain = [Cert::leaf(&leaf).with(AAGUID, false, aaguid).signed(&root)];
    let anchor = TrustAnchor::from_der(Cert::root(&root).signed(&root)).unwrap();
    let statement = forge.packed(&leaf, &chain);
    let passkey = forge.verify_with("packed", &statement, &[anchor]).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::Certified);
    assert_eq!(passkey.record().attested.trust_path(), chain);
    assert!(passkey.record().trusted.is_some());
}

#[test]
fn the_leaf_must_be_one_of_an_authenticator() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let good = || Cert::leaf(&leaf);
    let subject = |at: usize, text: &'static str| {
        let mut cert = good();
        cert.subject[at].1 = text;
        cert
    };
    let without = |at: usize| {
        let mut cert = good();
        cert.subject.remove(at);
        cert
    };
    let mut two_units = good();
    two_units.subject.push(("2.5.4.11", "Another Unit"));
    let ca = der(0x30, &[&[0x01, 0x01, 0xff]]);
    let aaguid = |bytes: &[u8]| der(0x04, &[bytes]);
    let mut twice = good().with(AAGUID, false, aaguid(&forge.aaguid));
    twice.extensions.push((AAGUID, false, aaguid(&[0; 16])));
    let wrong: Vec<Wrong> = vec![
        (good().with(BASIC_CONSTRAINTS, true, ca), StatementError::CertificateAuthority),
        (good().without(BASIC_CONSTRAINTS), StatementError::CertificateAuthority),
        (subject(2, "authenticator attestation"), StatementError::CertificateSubject),
        (subject(2, "Authenticator Attestation CA"), StatementError::CertificateSubject),
        (two_units, StatementError::CertificateSubject),
        (subject(0, "AAA"), StatementError::CertificateSubject),
        (subject(0, "aa"), StatementError::CertificateSubject),
        (subject(1, ""), StatementError::CertificateSubject),
        (without(0), StatementError::CertificateSubject),
        (without(1), StatementError::CertificateSubject),
        (without(2), StatementError::CertificateSubject),
        (without(3), StatementError::CertificateSubject),
        (Cert { version: 0, extensions: vec![], ..good() }, StatementError::CertificateVersion),
        (good().with(AAGUID, false, aaguid(&[8; 16])), StatementError::AaguidMismatch),
        (good().with(AAGUID, false, forge.aaguid.to_vec()), StatementError::AaguidMismatch),
        (good().with(AAGUID, true, aaguid(&forge.aaguid)), StatementError::AaguidExtensionCritical),
        (twice, StatementError::Certificate(CertificateError::Extension)),
    ];
    for (cert, expected) in wrong {
        refused(&forge, "packed", &forge.packed(&leaf, &[cert.signed(&root)]), expected);
    }
    assert!(forge.verify("packed", &forge.packed(&leaf, &[good().signed(&root)])).is_ok());
}

#[test]
fn the_signature_is_the_leafs_by_the_algorithm_named() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let chain = [Cert::leaf(&leaf).signed(&root)];
    refused(&forge, "packed", &forge.packed(&forge.key, &chain), StatementError::BadSignature);
    let signature = sign(&leaf, &forge.signed());
    for alg in [-35, -8, -257] {
        refused(&forge, "packed", &packed(alg, &signature, &chain), StatementError::AlgorithmUnsupported);
    }
    let mut flipped = signature.clone();
    *flipped.last_mut().unwrap() ^= 1;
    refused(&forge, "packed", &packed(-7, &flipped, &chain), StatementError::BadSignature);
    // Signed for another registration.
    let other = Forge { id: vec![2; 32], ..Forge::default() };
    let replayed = packed(-7, &sign(&leaf, &other.signed()), &chain);
    refused(&forge, "packed", &replayed, StatementError::BadSignature);
    let nonsense = packed(-7, &signature, &[vec![0x30, 0]]);
    refused(&forge, "packed", &nonsense, StatementError::Certificate(CertificateError::Malformed));
}

#[test]
fn the_chain_ends_below_its_root_and_is_followed_by_dates() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let root_der = Cert::root(&root).signed(&root);
    let anchor = [TrustAnchor::from_der(root_der.clone()).unwrap()];
    let full = forge.packed(&leaf, &[Cert::leaf(&leaf).signed(&root), root_der]);
    refused(&forge, "packed", &full, StatementError::RootInChain);
    let expired = Cert { not_after: "250101000000Z", ..Cert::leaf(&leaf) };
    let statement = forge.packed(&leaf, &[expired.signed(&root)]);
    let outcome = forge.verify_with("packed", &statement, &anchor);
    assert_eq!(outcome.unwrap_err(), RegistrationError::Path(PathError::Expired));
    let unrelated = new_key();
    let statement = forge.packed(&leaf, &[Cert::leaf(&leaf).signed(&unrelated)]);
    let outcome = forge.verify_with("packed", &statement, &anchor);
    assert_eq!(outcome.unwrap_err(), RegistrationError::Path(PathError::Untrusted));
}

#[test]
fn a_chain_has_at_most_eight_certificates() {
    let (forge, root, leaf) = (Forge::default(), new_key(), new_key());
    let chain = vec![Cert::leaf(&leaf).signed(&root); 9];
    refused(&forge, "packed", &forge.packed(&leaf, &chain), StatementError::Malformed);
}
