//! Hello keys and tokens bound to a key: the blob that is registered, the assertion, `req_cnf`.
//!
//! The first byte says what the rest is: 1 is a `BCRYPT_RSAKEY_BLOB`, 2 a header and a payload (with a line feed between)
//! signed by the key, 3 the JSON of `req_cnf`; otherwise text as it came.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_fuzz::header_and_payload;
use passband_fuzz::world::{World, world};
use passband_wire::b64;
use passband_wire::oauth::pop::Confirmation;
use passband_wire::prt::hello::{Assertion, KeyRequest, PublicKey, kid};

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    match mode {
        1 => blob(rest),
        2 => signed(rest, world()),
        3 => confirmation(&b64::encode(rest)),
        _ => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            confirmation(text);
            let _ = PublicKey::parse(&KeyRequest { kngc: text.to_owned() });
            if let Ok(assertion) = Assertion::parse(text) {
                assert!(assertion.verify(&world().device_spki).is_err(), "nobody has signed it");
            }
        }
    }
});

fn blob(bytes: &[u8]) {
    let Ok(key) = PublicKey::parse(&KeyRequest { kngc: b64::encode_std(bytes) }) else { return };
    assert!(bytes.ends_with(&key.spki()[key.spki().len() - 5 - 256..key.spki().len() - 5]));
    assert_eq!(&bytes[24..27], [1, 0, 1]);
}

fn signed(rest: &[u8], world: &World) {
    let (header, payload) = header_and_payload(rest);
    let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
    // A signature costs most of a millisecond: only what would be read is signed.
    if Assertion::parse(&format!("{input}.")).is_err() {
        return;
    }
    let Ok(signature) = world.device_key.sign(input.as_bytes()) else { return };
    let text = format!("{input}.{}", b64::encode(signature));
    let assertion = Assertion::parse(&text).expect("it was read without its signature");
    let named: serde_json::Value = serde_json::from_slice(header).expect("a header that was read is JSON");
    assert_eq!((&named["use"], &named["kid"]), (&"ngc".into(), &kid(assertion.key()).into()));
    if assertion.verify(&world.device_spki).is_ok() {
        assert_eq!(named["alg"], "RS256");
    }
}

fn confirmation(text: &str) {
    let Ok(read) = Confirmation::parse(text) else { return };
    let thumbprint: [u8; 32] = b64::decode_array(read.kid()).expect("a thumbprint is 32 bytes");
    assert_eq!(b64::encode(thumbprint), read.kid());
}
