//! What must not become a passkey, each by a rule of its own.

use crate::support::cert::{key_of, new_key, sign};
use crate::support::forge::{Forge, client_data, none, packed};
use crate::support::vector;
use crate::support::{CHALLENGE, ORIGIN, RP_ID, party, rules};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, KeyPair as _};
use passband_core::authn::passkey::CeremonyError;
use passband_core::authn::passkey::registration::{self, NewPasskey, RegistrationError};
use passband_core::platform::{AttestationType, StatementError};
use passband_wire::b64;
use passband_wire::cbor::{CborError, Writer};
use passband_wire::cose::{Algorithm, CoseError};
use passband_wire::webauthn::{AttestationObjectError, AuthenticatorDataError, ClientDataError};

type Outcome = Result<NewPasskey, RegistrationError>;

fn refused(outcome: Outcome, expected: impl Into<RegistrationError>) {
    assert_eq!(outcome.map(|_| ()), Err(expected.into()));
}

#[test]
fn the_forged_registration_is_good_before_anything_is_wrong() {
    let forge = Forge::default();
    let passkey = forge.verify("none", &none()).unwrap();
    let record = passkey.record();
    assert_eq!((&*record.credential_id, &*record.rp_id), (&*forge.id, RP_ID));
    assert_eq!((record.algorithm, &record.public_key), (Algorithm::Es256, &forge.cose));
    assert!(record.user_verified && passkey.device_bound());
    assert_eq!(record.attested.kind(), AttestationType::None);
    assert_eq!(record.trusted, None);
}

#[test]
fn client_data_must_be_ours() {
    for (text, error) in [
        (client_data("webauthn.get"), CeremonyError::Type),
        (client_data("webauthn.create").replace(ORIGIN, "https://evil.test"), CeremonyError::Origin),
        (client_data("webauthn.create").replace(ORIGIN, "https://example.org:444"), CeremonyError::Origin),
        (client_data("webauthn.create").replace(ORIGIN, "https://a.example.org"), CeremonyError::Origin),
        (client_data("webauthn.create").replace(ORIGIN, "http://example.org"), CeremonyError::Origin),
        (client_data("webauthn.create").replace(":false", ":true"), CeremonyError::CrossOrigin),
        (
            client_data("webauthn.create").replace('}', ",\"topOrigin\":\"https://example.org\"}"),
            CeremonyError::CrossOrigin,
        ),
        (
            client_data("webauthn.create").replace(&b64::encode(CHALLENGE), &b64::encode([8; 32])),
            CeremonyError::WrongChallenge,
        ),
        (
            client_data("webauthn.create").replace("\"origin\"", "\"o\""),
            CeremonyError::ClientData(ClientDataError::Missing),
        ),
        ("null".to_owned(), CeremonyError::ClientData(ClientDataError::NotJson)),
    ] {
        let forge = Forge { client_data: text, ..Forge::default() };
        refused(forge.verify("none", &none()), error);
    }
    let marked = format!("\u{feff}{}", client_data("webauthn.create"));
    assert!(Forge { client_data: marked, ..Forge::default() }.verify("none", &none()).is_ok());
}

#[test]
fn authenticator_data_must_be_for_us_and_of_somebody() {
    let flags = |flags| Forge { flags, ..Forge::default() }.verify("none", &none());
    refused(
        Forge { rp_id: "evil.test", ..Forge::default() }.verify("none", &none()),
        CeremonyError::RpIdHash,
    );
    refused(flags(0x44), CeremonyError::UserNotPresent);
    refused(flags(0x55), CeremonyError::BackupStateWithoutEligibility);
    assert!(flags(0x41).is_ok());
    assert!(flags(0x45 | 0x22).is_ok(), "reserved bits");
    let forge = Forge { flags: 0x41, ..Forge::default() };
    let party = party();
    let strict =
        registration::RegistrationRules { user_verification: true, ..rules(&party, &CHALLENGE, None) };
    refused(registration::verify(forge.response("none", &none()), &strict), CeremonyError::UserNotVerified);
}

#[test]
fn a_conditional_create_needs_no_touch() {
    let forge = Forge { flags: 0x44, ..Forge::default() };
    let party = party();
    let mut rules = rules(&party, &CHALLENGE, None);
    rules.conditional = true;
    assert!(registration::verify(forge.response("none", &none()), &rules).is_ok());
}

#[test]
fn lengths_flags_and_bytes_must_agree() {
    let data = |error| RegistrationError::Ceremony(CeremonyError::AuthenticatorData(error));
    let verify = |forge: Forge| forge.verify("none", &none());
    refused(verify(Forge { flags: 0x05, ..Forge::default() }), data(AuthenticatorDataError::Trailing));
    refused(
        verify(Forge { flags: 0x05, cose: vec![], id: vec![], ..Forge::default() }),
        data(AuthenticatorDataError::Trailing),
    );
    refused(
        verify(Forge { id_len: Some(1000), ..Forge::default() }),
        data(AuthenticatorDataError::Truncated),
    );
    refused(
        verify(Forge { id: vec![1; 1024], ..Forge::default() }),
        data(AuthenticatorDataError::CredentialIdLength),
    );
    refused(
        verify(Forge { id: vec![], ..Forge::default() }),
        data(AuthenticatorDataError::CredentialIdLength),
    );
    refused(verify(Forge { tail: vec![0], ..Forge::default() }), data(AuthenticatorDataError::Trailing));
    refused(
        verify(Forge { flags: 0xc5, ..Forge::default() }),
        data(AuthenticatorDataError::Extensions(CborError::Truncated)),
    );
    assert!(verify(Forge { flags: 0xc5, tail: vec![0xa1, 0x61, b'x', 1], ..Forge::default() }).is_ok());
    assert!(verify(Forge { id: vec![1; 1023], ..Forge::default() }).is_ok());
}

#[test]
fn a_registration_without_a_credential_is_none() {
    let forge = Forge::default();
    let mut data = forge.auth_data();
    data.truncate(37);
    data[32] = 0x05;
    let mut out = Writer::new();
    out.map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(&data);
    let response = vector::registration(&forge.id, forge.client_data.as_bytes(), &out.into_bytes());
    let party = party();
    refused(
        registration::verify(response, &rules(&party, &CHALLENGE, None)),
        RegistrationError::NoCredential,
    );
}

#[test]
fn the_id_beside_the_attestation_must_be_the_one_inside() {
    let forge = Forge::default();
    let party = party();
    let rules = rules(&party, &CHALLENGE, None);
    let mut response = forge.response("none", &none());
    response.id.0[0] ^= 1;
    refused(registration::verify(response.clone(), &rules), CeremonyError::IdMismatch);
    response.raw_id.0[0] ^= 1;
    refused(registration::verify(response, &rules), RegistrationError::CredentialMismatch);
}

#[test]
fn the_attestation_object_is_canonical_to_its_last_byte() {
    let forge = Forge::default();
    let party = party();
    let verify = |object: &[u8]| {
        let response = vector::registration(&forge.id, forge.client_data.as_bytes(), object);
        registration::verify(response, &rules(&party, &CHALLENGE, None))
    };
    let good = forge.object("none", &none());
    assert!(verify(&good).is_ok());
    let object = AttestationObjectError::Cbor;
    refused(verify(&[&good[..], &[0]].concat()), object(CborError::Trailing));
    refused(verify(&good[..good.len() - 1]), object(CborError::Truncated));
    // The same map in another order, and with a longer length.
    let mut out = Writer::new();
    out.map(3).text("authData").bytes(&forge.auth_data()).text("fmt").text("none").text("attStmt").map(0);
    refused(verify(&out.into_bytes()), object(CborError::KeyOrder));
    refused(verify(&[&[0xb8, 3], &good[1..]].concat()), object(CborError::NotCanonical));
    refused(verify(&[&[0xbf], &good[1..], &[0xff]].concat()), object(CborError::NotCanonical));
    refused(verify(&[0x80]), object(CborError::Type));
    let mut out = Writer::new();
    out.map(2).text("fmt").text("none").text("attStmt").map(0);
    refused(verify(&out.into_bytes()), AttestationObjectError::Members);
}

#[test]
fn statements_must_fit_their_format() {
    let forge = Forge::default();
    let mut out = Writer::new();
    out.map(1).text("alg").int(-7);
    refused(forge.verify("none", &out.into_bytes()), StatementError::Malformed);
    refused(forge.verify("none", &[0x80]), StatementError::Malformed);
    refused(forge.verify("packed", &none()), StatementError::Malformed);
    let mut out = Writer::new();
    out.map(3).text("alg").int(-7).text("sig").bytes(&[]).text("ecdaaKeyId").bytes(&[]);
    refused(forge.verify("packed", &out.into_bytes()), StatementError::Malformed);
    let mut out = Writer::new();
    out.map(3).text("alg").int(-7).text("sig").bytes(&[]).text("x5c").array(0);
    refused(forge.verify("packed", &out.into_bytes()), StatementError::Malformed);
    for fmt in ["android-safetynet", "compound", "Packed", "", "none "] {
        refused(forge.verify(fmt, &none()), StatementError::UnknownFormat);
    }
}

#[test]
fn attestation_cannot_be_left_out_where_it_is_asked() {
    let forge = Forge::default();
    refused(forge.verify_with("none", &none(), &[]), RegistrationError::AttestationRequired);
    let own = packed(-7, &sign(&forge.key, &forge.signed()), &[]);
    refused(forge.verify_with("packed", &own, &[]), RegistrationError::AttestationRequired);
}

#[test]
fn self_attestation_is_by_the_key_and_algorithm_of_the_credential() {
    let forge = Forge::default();
    let passkey = forge.verify("packed", &packed(-7, &sign(&forge.key, &forge.signed()), &[])).unwrap();
    assert_eq!(passkey.record().attested.kind(), AttestationType::SelfSigned);
    let good = sign(&forge.key, &forge.signed());
    refused(forge.verify("packed", &packed(-35, &good, &[])), StatementError::AlgorithmMismatch);
    refused(forge.verify("packed", &packed(-65535, &good, &[])), StatementError::AlgorithmUnsupported);
    let other = sign(&new_key(), &forge.signed());
    refused(forge.verify("packed", &packed(-7, &other, &[])), StatementError::BadSignature);
}

#[test]
fn the_algorithm_must_have_been_offered() {
    let forge = Forge::default();
    let party = party();
    let mut rules = rules(&party, &CHALLENGE, None);
    rules.algorithms = &[Algorithm::EdDsa, Algorithm::Rs256];
    let outcome = registration::verify(forge.response("none", &none()), &rules);
    refused(outcome, RegistrationError::AlgorithmNotOffered);
}

fn ec2(kty: i64, alg: i64, crv: i64, x: &[u8], y: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(5).int(1).int(kty).int(3).int(alg).int(-1).int(crv).int(-2).bytes(x).int(-3).bytes(y);
    out.into_bytes()
}

fn rsa(alg: i64, n: &[u8], e: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(4).int(1).int(3).int(3).int(alg).int(-1).bytes(n).int(-2).bytes(e);
    out.into_bytes()
}

#[test]
fn keys_must_be_well_formed() {
    let (key, large) = (new_key(), key_of(&ECDSA_P384_SHA384_ASN1_SIGNING));
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let (lx, ly) = large.public_key().as_ref()[1..].split_at(48);
    let mut off = y.to_vec();
    off[31] ^= 1;
    let modulus = |bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[bytes - 1] = 0x01;
        n
    };
    let okp = |crv: i64, x: &[u8]| {
        let mut out = Writer::new();
        out.map(4).int(1).int(1).int(3).int(-8).int(-1).int(crv).int(-2).bytes(x);
        out.into_bytes()
    };
    let private = {
        let mut out = Writer::new();
        out.map(6).int(1).int(2).int(3).int(-7).int(-1).int(1).int(-2).bytes(x).int(-3).bytes(y);
        out.int(-4).bytes(&[1; 32]);
        out.into_bytes()
    };
    let no_alg = {
        let mut out = Writer::new();
        out.map(4).int(1).int(2).int(-1).int(1).int(-2).bytes(x).int(-3).bytes(y);
        out.into_bytes()
    };
    for (cose, error) in [
        (ec2(2, -7, 1, x, &off), CoseError::NotOnCurve),
        (ec2(2, -7, 1, &[0; 32], &[0; 32]), CoseError::NotOnCurve),
        (ec2(2, -7, 1, &x[..31], y), CoseError::NotOnCurve),
        (ec2(2, -7, 1, &[&[0], x].concat(), y), CoseError::NotOnCurve),
        (ec2(2, -7, 2, lx, ly), CoseError::KeyTypeMismatch),
        (ec2(2, -35, 1, x, y), CoseError::KeyTypeMismatch),
        (ec2(2, -8, 1, x, y), CoseError::KeyTypeMismatch),
        (ec2(2, -257, 1, x, y), CoseError::KeyTypeMismatch),
        (ec2(2, -7, 8, x, y), CoseError::KeyTypeMismatch),
        (ec2(1, -7, 1, x, y), CoseError::UnknownParameter),
        (ec2(4, -7, 1, x, y), CoseError::KeyTypeMismatch),
        (ec2(2, -65535, 1, x, y), CoseError::UnsupportedAlgorithm),
        (ec2(2, -47, 1, x, y), CoseError::UnsupportedAlgorithm),
        (private, CoseError::UnknownParameter),
        (no_alg, CoseError::MissingParameter),
        (vec![0xa0], CoseError::MissingParameter),
        (okp(6, &[1; 31]), CoseError::NotOnCurve),
        (okp(7, &[1; 32]), CoseError::KeyTypeMismatch),
        (rsa(-257, &modulus(256), &[1]), CoseError::RsaExponent),
        (rsa(-257, &modulus(256), &[2]), CoseError::RsaExponent),
        (rsa(-257, &modulus(256), &[]), CoseError::RsaExponent),
        (rsa(-257, &modulus(256), &[0, 1, 0, 1]), CoseError::RsaExponent),
        (rsa(-257, &modulus(256), &[1, 0, 0, 0, 1]), CoseError::RsaExponent),
        (rsa(-257, &modulus(255), &[1, 0, 1]), CoseError::RsaModulus),
        (rsa(-257, &[&[0], &modulus(256)[..]].concat(), &[1, 0, 1]), CoseError::RsaModulus),
        (rsa(-257, &modulus(1025), &[1, 0, 1]), CoseError::RsaModulus),
        (rsa(-257, &[0xfe; 256], &[1, 0, 1]), CoseError::RsaModulus),
        (rsa(-7, &modulus(256), &[1, 0, 1]), CoseError::KeyTypeMismatch),
        (rsa(-257, &modulus(1300), &[1, 0, 1]), CoseError::TooLong),
    ] {
        let forge = Forge { cose, ..Forge::default() };
        refused(forge.verify("none", &none()), error);
    }
    let good = Forge { cose: rsa(-257, &modulus(256), &[1, 0, 1]), ..Forge::default() };
    assert_eq!(good.verify("none", &none()).unwrap().record().algorithm, Algorithm::Rs256);
    let swapped = Forge {
        cose: [&[0xa5, 0x03, 0x26, 0x01, 0x02], &ec2(2, -7, 1, x, y)[5..]].concat(),
        ..Forge::default()
    };
    let order = AuthenticatorDataError::PublicKey(CborError::KeyOrder);
    refused(swapped.verify("none", &none()), CeremonyError::AuthenticatorData(order));
}

#[test]
fn what_the_browser_says_about_transports_is_kept_within_reason() {
    let forge = Forge::default();
    let party = party();
    let mut response = forge.response("none", &none());
    let long = "x".repeat(33);
    response.response.transports = ["usb", "nfc", "usb", "<script>", "", "smart-card", &long]
        .iter()
        .map(|&name| name.to_owned())
        .collect();
    let passkey = registration::verify(response, &rules(&party, &CHALLENGE, None)).unwrap();
    assert_eq!(passkey.record().transports, ["nfc", "smart-card", "usb"]);
}

#[test]
fn copies_beside_the_attestation_object_are_not_believed() {
    let forge = Forge::default();
    let party = party();
    let mut response = forge.response("none", &none());
    response.response.public_key = Some(passband_wire::webauthn::B64Url(vec![1, 2, 3]));
    response.response.public_key_algorithm = Some(-257);
    response.response.authenticator_data = Some(passband_wire::webauthn::B64Url(vec![0; 37]));
    let passkey = registration::verify(response, &rules(&party, &CHALLENGE, None)).unwrap();
    assert_eq!(passkey.record().public_key, forge.cose);
}
