//! JWS and JWE. The first byte says what the rest is: text as it came, or a header and a payload (with a
//! line feed between) that are signed first, by the one key or the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_fuzz::world::{Fixed, world};
use passband_fuzz::{bend, header_and_payload, names_any, sign_hs256};
use passband_wire::jose::jwe;
use passband_wire::jose::jwk::{Jwk, JwkSet};
use passband_wire::jose::jws::{self, Header, JwsError, Unverified, VerifyingKey};
use serde_json::Value;

const KEY: [u8; 32] = [9; 32];
/// `protocol` vector: a reply under the session key 00..1f.
const REPLY: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..AAECAwQFBgcICQoL.tAZw3FwbToD0ZG7zJ6_qra07CqsFI5Y.v_v2-YvVU5MwpHKH3nSQMw";

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    match mode {
        1 => by_secret(rest),
        2 => by_private_key(rest, "ES256"),
        3 => by_private_key(rest, "RS256"),
        4 => reply(rest),
        b'{' => keys(data),
        _ => as_it_came(data),
    }
});

/// Nobody signed this: it may be read, never believed.
fn as_it_came(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(jws) = Unverified::parse(text) {
        let parts = text.split('.').count();
        assert_eq!(parts, 3);
        let claims: Result<Value, JwsError> = jws.claims_unverified();
        assert!(claims.is_err() || claims.is_ok_and(|claims| claims.is_object()));
    }
    let parse = || Unverified::parse(text);
    // One seed is signed with this key, so that what is verified begins somewhere; nobody can sign another.
    let signed = parse().and_then(|jws| jws.verify_hs256(&KEY)).is_ok();
    assert!(!signed || text == sign_hs256(br#"{"alg":"HS256"}"#, b"{}", &KEY));
    assert!(parse().and_then(|jws| jws.verify_es256(&world().token_public)).is_err());
    assert!(parse().and_then(|jws| jws.verify_rs256(&world().device_spki)).is_err());
    if jwe::open_reply(&world().session_key, text).is_ok() {
        assert_eq!(text, REPLY, "a reply nobody sealed was opened");
    }
    if text.len() < 4096 {
        let _ = jwe::unwrap_session_key(text, &world().device_key);
    }
}

/// Signed by somebody who has the key and writes what he likes.
fn by_secret(rest: &[u8]) {
    let (header, payload) = header_and_payload(rest);
    let text = sign_hs256(header, payload, &KEY);
    let Ok(jws) = Unverified::parse(&text) else { return };
    assert_eq!(jws.payload(), payload);
    // The header was read as any reader reads it, and brings neither key nor extension.
    if let Ok(named) = serde_json::from_slice::<Value>(header) {
        assert_eq!(named["alg"], *jws.header.alg);
        assert!(!names_any(&named, &["jwk", "jku", "x5u", "crit", "b64"]));
    }
    if let Some(leaf) = jws.header.x5c.as_ref().and_then(|x5c| x5c.leaf()) {
        assert!(leaf.len() <= 8 * 1024);
    }
    let agrees = jws.header.alg == "HS256";
    let again = || Unverified::parse(&text).expect("it was read");
    assert!(agrees || again().verify_hs256(&KEY).unwrap_err() == JwsError::Algorithm);
    assert!(again().verify_es256(&world().token_public).is_err());
    assert!(again().verify_hs256(&[0; 32]).is_err());
    if agrees {
        let verified = jws.verify_hs256(&KEY).expect("the signature is right");
        let _ = verified.claims::<Value>();
    }
}

/// What we print is what we read.
fn by_private_key(rest: &[u8], alg: &str) {
    let (header, payload) = header_and_payload(rest);
    let (Ok(header), Ok(claims)) =
        (serde_json::from_slice::<Header>(header), serde_json::from_slice::<Value>(payload))
    else {
        return;
    };
    let world = world();
    let text = match alg {
        "ES256" => world.token_key.sign(&header, &claims),
        _ => jws::sign_rs256_with(&header, &claims, |message| world.device_key.sign(message)),
    };
    let text = text.expect("a header and claims can be signed");
    if text.len() > jws::MAX_LEN {
        assert_eq!(Unverified::parse(&text).unwrap_err(), JwsError::TooLong);
        return;
    }
    let jws = Unverified::parse(&text).expect("what is printed is read");
    assert_eq!(serde_json::to_vec(&jws.header).ok(), serde_json::to_vec(&header).ok());
    assert_eq!(Some(jws.payload().to_vec()), serde_json::to_vec(&claims).ok());
    let right = header.alg == alg;
    let outcome = match alg {
        "ES256" => jws.verify_es256(&world.token_public),
        _ => jws.verify_rs256(&world.device_spki),
    };
    assert_eq!(outcome.is_ok(), right);
    assert!(Unverified::parse(&text).expect("it was read").verify_hs256(&KEY).is_err());
}

/// A reply opens for its key as it was, and not when anything in it is changed.
fn reply(rest: &[u8]) {
    let (edits, plain) = header_and_payload(rest);
    let world = world();
    let text = jwe::seal_reply(&world.session_key, plain.to_vec(), &Fixed::default()).expect("the key seals");
    assert_eq!(jwe::open_reply(&world.session_key, &text).as_deref(), Ok(plain));
    let bent = bend(&text, edits);
    assert!(bent == text || jwe::open_reply(&world.session_key, &bent).is_err());
}

fn keys(data: &[u8]) {
    let _ = serde_json::from_slice::<JwkSet>(data);
    let Ok(key) = serde_json::from_slice::<Jwk>(data) else { return };
    let Some(point) = key.point() else { return };
    let again = Jwk::from_point(&point, &key.kid).expect("a point has a key");
    assert_eq!((&again.x, &again.y), (&key.x, &key.y), "one key has one spelling");
    let _ = VerifyingKey::from_point(&point);
}
