//! Security event tokens as they come, and signed by the one registered transmitter of this world, whatever they say. The
//! first byte: 0 the token, 1 its payload, 2 header and payload, parted by a line feed, 3 how a good one is bent, 4 a key
//! set.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::change::Change;
use passband_core::signals::receive::{AHEAD, OLDEST, SetRefusal, Transmitter, Wish, verify};
use passband_fuzz::transmitter::{ISSUER, US, transmitter};
use passband_fuzz::{NOW, bend, header_and_payload};
use passband_wire::b64;
use passband_wire::secevent::{Keys, MAX_SET};
use passband_wire::time::{Seconds, Timestamp};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let from = transmitter();
    match kind {
        0 => {
            // Only the holder of a key makes a token, and no input is one.
            let text = String::from_utf8_lossy(rest);
            assert!(verify(&text, &from.registered, US, NOW).is_err(), "a token came from nowhere");
        }
        1 => judge(&from.set(rest), &from.registered),
        2 => {
            let (header, payload) = header_and_payload(rest);
            judge(&from.signed(header, payload), &from.registered);
        }
        3 => {
            let bent = bend(&from.good(), rest);
            let is_good = verify(&bent, &from.registered, US, NOW).is_ok();
            assert_eq!(is_good, bent == from.good(), "a signed token was changed");
        }
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let keys = Transmitter { keys: text.to_owned(), ..from.registered.clone() };
            let is_read = Keys::parse(text).is_some();
            assert!(!is_read || text.len() <= MAX_SET);
            if verify(&from.good(), &keys, US, NOW).is_ok() {
                let Ok(read) = serde_json::from_str::<Value>(text) else { return };
                let mut given = read["keys"].as_array().expect("a list").iter();
                assert!(given.any(|key| key["x"] == from.x()), "a key that was not given has signed");
            }
        }
    }
});

/// What must hold of a token whose signature is good.
fn judge(text: &str, from: &Transmitter) {
    let Ok(received) = verify(text, from, US, NOW) else { return };
    let part = |n| -> Option<Value> {
        let bytes = b64::decode(text.split('.').nth(n).unwrap_or_default(), MAX_SET).expect("base64url");
        let text = String::from_utf8(bytes).expect("it is text");
        serde_json::from_str(&text).ok()
    };
    // Half a surrogate pair in a member that is skipped: grammar allows the escape (RFC 8259 §8.2), this reader does not.
    let (Some(header), Some(claims)) = (part(0), part(1)) else { return };
    assert_eq!((&header["typ"], &header["alg"]), (&"secevent+jwt".into(), &"ES256".into()));
    assert!(header.get("crit").is_none() && header.get("jwk").is_none());
    assert_eq!(claims["iss"], ISSUER);
    let aud = &claims["aud"];
    assert!(aud == US || aud.as_array().is_some_and(|all| all.iter().any(|one| one == US)));
    let iat = Timestamp(claims["iat"].as_i64().expect("a number"));
    assert!(NOW - iat <= OLDEST && iat - NOW <= AHEAD);
    assert!(claims["sub"].is_null() && claims["exp"].is_null(), "it could be another kind of token");
    assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty() && jti.len() <= 255));
    assert_eq!(claims["events"].as_object().map(serde_json::Map::len), Some(1));
    // It was not registered to say that anything is good.
    assert!(!matches!(received.wish(), Wish::SetCompliance(_, true)), "a device was raised");
    // What it is registered for is all it may do.
    let mute = Transmitter { compliance: false, sessions: false, may_raise: true, ..from.clone() };
    let heard = verify(text, &mute, US, NOW).map(|received| received.wish());
    assert_eq!(heard.ok(), Some(Wish::Nothing), "it does what it may not");
    // It is spent for longer than it is good, under one name.
    let Change::Spend { id, until } = received.spend() else { panic!("it is not spent") };
    let last = iat + OLDEST;
    assert!(until > last, "it is forgotten while it is good");
    let again = verify(text, from, US, last).expect("it is good until then");
    assert!(matches!(again.spend(), Change::Spend { id: same, .. } if same == id));
    assert_eq!(verify(text, from, US, last + Seconds(1)).err(), Some(SetRefusal::Time));
    let other = Transmitter { issuer: format!("{ISSUER}/"), ..from.clone() };
    assert_eq!(verify(text, &other, US, NOW).err(), Some(SetRefusal::Issuer));
}
