//! What must not sign anybody in, each by a rule of its own. The answers are those of the software
//! authenticator with one quirk.

use passband_core::authn::passkey::assertion::{self, AssertionError, AssertionRules, AssertionVerified};
use passband_core::authn::passkey::registration::{self, RegistrationRules};
use passband_core::authn::passkey::{CeremonyError, Framing, RelyingParty, StoredPasskey};
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::b64;
use passband_wire::cose::Algorithm;
use passband_wire::rng::SystemRandom;
use passband_wire::time::Timestamp;
use passband_wire::webauthn::{
    AuthenticationResponseJson, AuthenticatorDataError, B64Url, ClientDataError, Flags,
};
use serde_json::{Value, json};

const ORIGIN: &str = "https://example.org";
const RP_ID: &str = "example.org";
const CHALLENGE: [u8; 32] = [7; 32];
const USER: &[u8] = b"0123456789abcdef";

fn party() -> RelyingParty {
    RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], Framing::Refused)
}

struct Bench {
    authenticator: SoftAuthenticator,
    stored: StoredPasskey,
}

fn creation() -> Value {
    json!({
        "rp": {"id": RP_ID, "name": "Test"},
        "user": {"id": b64::encode(USER), "name": "ada", "displayName": "Ada"},
        "challenge": b64::encode(CHALLENGE),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "direct",
        "extensions": {"credProps": true},
    })
}

fn bench(model: Model) -> Bench {
    let mut authenticator = SoftAuthenticator::new(model);
    let answer = authenticator.create(&creation(), ORIGIN, &SystemRandom).unwrap();
    let passkey = registration::verify(
        serde_json::from_value(answer).unwrap(),
        &RegistrationRules {
            relying_party: &party(),
            challenge: &CHALLENGE,
            user_verification: true,
            conditional: false,
            algorithms: &[Algorithm::Es256],
            attestation_roots: None,
            now: Timestamp(1_795_348_800),
        },
    )
    .unwrap();
    assert_eq!(passkey.record().discoverable, Some(true));
    Bench { authenticator, stored: passkey.stored(USER.to_vec()) }
}

impl Bench {
    fn answer(&self) -> AuthenticationResponseJson {
        let options = json!({
            "challenge": b64::encode(CHALLENGE), "rpId": RP_ID, "userVerification": "required",
        });
        serde_json::from_value(self.authenticator.get(&options, ORIGIN, &SystemRandom).unwrap()).unwrap()
    }

    fn check(&self, answer: &AuthenticationResponseJson) -> Result<AssertionVerified, AssertionError> {
        assertion::verify(answer, &self.stored, &assertion_rules(&party()))
    }

    fn sign_in(&self) -> Result<AssertionVerified, AssertionError> {
        self.check(&self.answer())
    }
}

fn assertion_rules(party: &RelyingParty) -> AssertionRules<'_> {
    AssertionRules {
        relying_party: party,
        challenge: &CHALLENGE,
        user_verification: true,
        allow_credentials: &[],
        user_handle: None,
    }
}

#[test]
fn device_bound_and_synced_passkeys_sign_in() {
    for (model, bound) in [(Model::device_bound(), true), (Model::synced(), false)] {
        let bench = bench(model);
        let verified = bench.sign_in().unwrap();
        assert_eq!(verified.user_handle(), USER);
        assert_eq!((verified.device_bound(), verified.backup_state()), (bound, !bound));
        assert_eq!(verified.sign_count(), if bound { 2 } else { 0 });
        assert!(verified.user_verified() && !verified.counter_regressed());
        assert!(!verified.backup_state_changed());
    }
}

#[test]
fn another_page_or_ceremony_is_refused() {
    let mut bench = bench(Model::device_bound());
    for origin in [
        "https://example.org.evil.test",
        "https://example.org:8443",
        "https://www.example.org",
        "http://example.org",
        "https://example.org/",
        "HTTPS://EXAMPLE.ORG",
    ] {
        bench.authenticator.quirks().origin = Some(origin.to_owned());
        assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::Origin.into(), "{origin}");
    }
    *bench.authenticator.quirks() = Default::default();
    for kind in ["webauthn.create", "", "webauthn.get ", "payment.get"] {
        bench.authenticator.quirks().kind = Some(kind.to_owned());
        assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::Type.into(), "{kind}");
    }
    *bench.authenticator.quirks() = Default::default();
    bench.authenticator.quirks().rp_id = Some("evil.test".to_owned());
    assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::RpIdHash.into());
}

#[test]
fn another_challenge_or_spelling_of_it_is_refused() {
    let mut bench = bench(Model::device_bound());
    let good = b64::encode(CHALLENGE);
    for challenge in [
        b64::encode([8; 32]),
        b64::encode(&CHALLENGE[..31]),
        format!("{good}="),
        format!("{good} "),
        b64::encode([0xfb; 32]).replace('-', "+"),
        String::new(),
    ] {
        bench.authenticator.quirks().challenge = Some(challenge.clone());
        assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::WrongChallenge.into(), "{challenge}");
    }
    // A caller who forgot the challenge gets no sign-in, whatever was answered.
    bench.authenticator.quirks().challenge = Some(String::new());
    let party = party();
    let rules = AssertionRules { challenge: &[], ..assertion_rules(&party) };
    let refused = assertion::verify(&bench.answer(), &bench.stored, &rules).unwrap_err();
    assert_eq!(refused, CeremonyError::WrongChallenge.into());
}

#[test]
fn frames_are_refused_unless_their_top_is_listed() {
    let mut bench = bench(Model::device_bound());
    let top = "https://portal.example.com";
    bench.authenticator.quirks().top_origin = Some(top.to_owned());
    let answer = bench.answer();
    let within = |top_origins: &[&str], unnamed| {
        let top_origins = top_origins.iter().map(|&origin| origin.to_owned()).collect();
        let framing = Framing::Within { top_origins, unnamed };
        let party = RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], framing);
        assertion::verify(&answer, &bench.stored, &assertion_rules(&party))
    };
    assert_eq!(bench.check(&answer).unwrap_err(), CeremonyError::CrossOrigin.into());
    assert_eq!(within(&["https://other.example.com"], true).unwrap_err(), CeremonyError::TopOrigin.into());
    assert!(within(&[top], false).is_ok());
}

#[test]
fn a_frame_that_does_not_name_its_top_is_refused_unless_allowed() {
    let bench = bench(Model::device_bound());
    let answer =
        with_client_data(&bench, |text| text.replace("\"crossOrigin\":false", "\"crossOrigin\":true"));
    let unnamed = |unnamed| {
        let framing = Framing::Within { top_origins: vec![ORIGIN.to_owned()], unnamed };
        let party = RelyingParty::new(RP_ID, vec![ORIGIN.to_owned()], framing);
        assertion::verify(&answer, &bench.stored, &assertion_rules(&party)).unwrap_err()
    };
    assert_eq!(unnamed(false), CeremonyError::CrossOrigin.into());
    // Past the frame it is only the text that was changed after signing.
    assert_eq!(unnamed(true), AssertionError::BadSignature);
}

fn with_client_data(bench: &Bench, change: impl Fn(String) -> String) -> AuthenticationResponseJson {
    let mut answer = bench.answer();
    let text = String::from_utf8(answer.response.client_data_json.0).unwrap();
    answer.response.client_data_json = B64Url(change(text).into_bytes());
    answer
}

#[test]
fn client_data_with_members_missing_or_twice_are_refused() {
    let bench = bench(Model::device_bound());
    for member in ["type", "challenge", "origin"] {
        let answer = with_client_data(&bench, |text| text.replace(&format!("\"{member}\""), "\"other\""));
        let expected = CeremonyError::ClientData(ClientDataError::Missing);
        assert_eq!(bench.check(&answer).unwrap_err(), expected.into(), "{member}");
    }
    let answer = with_client_data(&bench, |text| text.replace('}', ",\"origin\":\"https://example.org\"}"));
    let expected = CeremonyError::ClientData(ClientDataError::Duplicate);
    assert_eq!(bench.check(&answer).unwrap_err(), expected.into());
    // What would be accepted, had it been signed so.
    let answer = with_client_data(&bench, |text| text.replace('}', ",\"extra\":1}"));
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::BadSignature);
}

#[test]
fn nobody_there_and_nobody_known_are_refused() {
    let mut bench = bench(Model::device_bound());
    bench.authenticator.quirks().flip_flags = Flags::USER_PRESENT;
    assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::UserNotPresent.into());
    bench.authenticator.quirks().flip_flags = Flags::USER_VERIFIED;
    assert_eq!(bench.sign_in().unwrap_err(), CeremonyError::UserNotVerified.into());
    let party = party();
    let lenient = AssertionRules { user_verification: false, ..assertion_rules(&party) };
    assert!(!assertion::verify(&bench.answer(), &bench.stored, &lenient).unwrap().user_verified());
}

#[test]
fn backup_flags_must_make_sense_and_eligibility_must_stay() {
    let mut bound = bench(Model::device_bound());
    bound.authenticator.quirks().flip_flags = Flags::BACKUP_STATE;
    assert_eq!(bound.sign_in().unwrap_err(), CeremonyError::BackupStateWithoutEligibility.into());
    bound.authenticator.quirks().flip_flags = Flags::BACKUP_ELIGIBLE;
    assert_eq!(bound.sign_in().unwrap_err(), AssertionError::BackupEligibilityChanged);
    let mut synced = bench(Model::synced());
    synced.authenticator.quirks().flip_flags = Flags::BACKUP_STATE | Flags::BACKUP_ELIGIBLE;
    assert_eq!(synced.sign_in().unwrap_err(), AssertionError::BackupEligibilityChanged);
    synced.authenticator.quirks().flip_flags = Flags::BACKUP_STATE;
    let verified = synced.sign_in().unwrap();
    assert!(!verified.backup_state() && verified.backup_state_changed());
}

#[test]
fn the_counter_of_a_device_bound_passkey_must_grow() {
    let mut bench = bench(Model::device_bound());
    bench.stored.sign_count = 10;
    for count in [0, 1, 9, 10] {
        bench.authenticator.quirks().sign_count = Some(count);
        assert_eq!(bench.sign_in().unwrap_err(), AssertionError::CounterNotGrown, "{count}");
    }
    for count in [11, u32::MAX] {
        bench.authenticator.quirks().sign_count = Some(count);
        assert_eq!(bench.sign_in().unwrap().sign_count(), count);
    }
    bench.stored.sign_count = 0;
    bench.authenticator.quirks().sign_count = Some(0);
    assert!(bench.sign_in().is_ok());
}

#[test]
fn the_counter_of_a_synced_passkey_is_only_told() {
    let mut bench = bench(Model::synced());
    bench.stored.sign_count = 10;
    bench.authenticator.quirks().sign_count = Some(10);
    let verified = bench.sign_in().unwrap();
    assert_eq!((verified.counter_regressed(), verified.sign_count()), (true, 10));
    bench.authenticator.quirks().sign_count = Some(11);
    assert!(!bench.sign_in().unwrap().counter_regressed());
}

#[test]
fn another_users_credential_is_refused() {
    let mut bench = bench(Model::device_bound());
    let party = party();
    let known = |user_handle| AssertionRules { user_handle, ..assertion_rules(&party) };
    let other = b"fedcba9876543210".as_slice();
    let answer = bench.answer();
    let check = |rules: &AssertionRules<'_>| assertion::verify(&answer, &bench.stored, rules);
    assert_eq!(check(&known(Some(other))).unwrap_err(), AssertionError::WrongUser);
    assert!(check(&known(Some(USER))).is_ok());

    bench.authenticator.quirks().user_handle = Some(Some(other.to_vec()));
    let answer = bench.answer();
    for rules in [known(None), known(Some(USER))] {
        let refused = assertion::verify(&answer, &bench.stored, &rules).unwrap_err();
        assert_eq!(refused, AssertionError::UserHandleMismatch);
    }
    bench.authenticator.quirks().user_handle = Some(None);
    assert_eq!(bench.sign_in().unwrap_err(), AssertionError::UserHandleMissing);
    assert!(assertion::verify(&bench.answer(), &bench.stored, &known(Some(USER))).is_ok());
}

#[test]
fn another_credential_is_refused() {
    let mut bench = bench(Model::device_bound());
    let party = party();
    let rules = AssertionRules { allow_credentials: &[b"one", b"two"], ..assertion_rules(&party) };
    let refused = assertion::verify(&bench.answer(), &bench.stored, &rules).unwrap_err();
    assert_eq!(refused, AssertionError::NotAllowed);

    let mut answer = bench.answer();
    answer.id.0[0] ^= 1;
    assert_eq!(bench.check(&answer).unwrap_err(), CeremonyError::IdMismatch.into());
    let answer = bench.answer();
    bench.stored.credential_id[0] ^= 1;
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::CredentialMismatch);
    bench.stored.credential_id[0] ^= 1;
    bench.stored.rp_id = "other.example".to_owned();
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::OtherRelyingParty);
}

#[test]
fn a_key_nobody_has_opens_nothing_whoever_signs() {
    let bench = bench(Model::device_bound());
    let party = party();
    let refused = assertion::refuse_unknown(&bench.answer(), &assertion_rules(&party));
    assert_eq!(refused, AssertionError::UnknownCredential);
}

#[test]
fn another_credentials_key_does_not_verify() {
    let (one, two) = (bench(Model::device_bound()), bench(Model::device_bound()));
    let stored = StoredPasskey { public_key: two.stored.public_key, ..one.stored.clone() };
    let refused = assertion::verify(&one.answer(), &stored, &assertion_rules(&party())).unwrap_err();
    assert_eq!(refused, AssertionError::BadSignature);
}

#[test]
fn signatures_are_der_and_either_of_the_two_that_hold() {
    let bench = bench(Model::device_bound());
    let mut answer = bench.answer();
    let (r, s) = numbers(&answer.response.signature);
    answer.response.signature = B64Url([r, s].concat());
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::BadSignature, "raw r || s");

    let mut answer = bench.answer();
    let (r, s) = numbers(&answer.response.signature);
    answer.response.signature = B64Url(der_of(&r, &negated(&s)));
    assert!(bench.check(&answer).is_ok(), "WebAuthn asks for no low s");

    let mut answer = bench.answer();
    answer.response.signature.0.push(0);
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::BadSignature, "a byte after it");
    answer.response.signature.0.clear();
    assert_eq!(bench.check(&answer).unwrap_err(), AssertionError::BadSignature, "nothing");
}

/// `r` and `s` of an ECDSA signature in DER, 32 bytes each.
fn numbers(der: &[u8]) -> ([u8; 32], [u8; 32]) {
    let number = |at: usize| {
        let len = usize::from(der[at + 1]);
        let mut out = [0; 32];
        let value = &der[at + 2..at + 2 + len];
        let value = &value[value.len().saturating_sub(32)..];
        out[32 - value.len()..].copy_from_slice(value);
        (out, at + 2 + len)
    };
    let (r, next) = number(2);
    (r, number(next).0)
}

fn der_of(r: &[u8; 32], s: &[u8; 32]) -> Vec<u8> {
    let number = |value: &[u8; 32]| {
        let digits = &value[value.iter().take_while(|byte| **byte == 0).count()..];
        let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
        [&[0x02, (sign.len() + digits.len()) as u8], sign, digits].concat()
    };
    let numbers = [number(r), number(s)].concat();
    [&[0x30, numbers.len() as u8], &numbers[..]].concat()
}

/// `n - s` for the order `n` of P-256.
fn negated(s: &[u8; 32]) -> [u8; 32] {
    const N: [u8; 32] = *b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
        \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    let mut out = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let digit = i16::from(N[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(digit < 0);
        out[at] = digit.rem_euclid(256) as u8;
    }
    out
}

#[test]
fn extension_outputs_nobody_asked_for_are_ignored() {
    let mut bench = bench(Model::device_bound());
    bench.authenticator.quirks().extensions = Some(vec![0xa1, 0x61, b'x', 0xf5]);
    assert!(bench.sign_in().is_ok());
    bench.authenticator.quirks().extensions = Some(vec![0xa1, 0x61, b'x']);
    let refused = bench.sign_in().unwrap_err();
    assert!(matches!(
        refused,
        AssertionError::Ceremony(CeremonyError::AuthenticatorData(AuthenticatorDataError::Extensions(_)))
    ));
    assert_eq!(refused.code(), "extensions_not_canonical_cbor");
}

#[test]
fn a_stored_key_that_is_none_is_our_fault_and_no_success() {
    let mut bench = bench(Model::device_bound());
    bench.stored.public_key.truncate(40);
    assert!(matches!(bench.sign_in().unwrap_err(), AssertionError::StoredKey(_)));
}

#[test]
fn answers_in_json_are_bounded_and_of_one_spelling() {
    let bench = bench(Model::device_bound());
    let good = serde_json::to_value(bench.answer()).unwrap();
    let parse = |value: Value| serde_json::from_value::<AuthenticationResponseJson>(value);
    assert!(parse(good.clone()).is_ok());
    let with = |path: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(path).unwrap() = value;
        parse(changed)
    };
    assert!(with("/type", json!("password")).is_err());
    assert!(with("/rawId", json!(b64::encode(vec![0; 1024]))).is_err());
    assert!(with("/rawId", json!("AA==")).is_err());
    assert!(with("/response/signature", json!([1, 2, 3])).is_err());
    assert!(with("/response/userHandle", json!(b64::encode([0; 65]))).is_err());
    assert!(with("/response/clientDataJSON", json!("a".repeat(12_000))).is_err());
}
