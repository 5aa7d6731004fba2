//! Requests that carry a PRT or a device's signature, and every value the server hands out and takes back.
//!
//! The first byte says what the rest is: text as it came; a header and a payload (with a line feed between)
//! signed by the holder of the session key, by the device, or by a device whose own key a PRT is bound to; or changes to
//! what the server made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::authn::ceremony::{self, Kind};
use passband_core::device::prove::{self, CarriesNonce, DeviceCredentialClaims, DeviceSigned};
use passband_core::keys::nonce;
use passband_core::session::by_age::Nonces;
use passband_core::session::code::Code;
use passband_core::session::grant::RefreshToken;
use passband_core::session::prt::Prt;
use passband_core::session::redeem::{self, CarriesPrt};
use passband_fuzz::world::{ASKER, World, world};
use passband_fuzz::{NOW, bend, header_and_payload, names_any, sign_session};
use passband_wire::b64;
use passband_wire::prt::message::{CookieClaims, PrtRequestClaims, PrtUseClaims};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    let world = world();
    match mode {
        1 => by_session_key::<PrtUseClaims>(rest, world),
        2 => by_session_key::<CookieClaims>(rest, world),
        3 => by_device_key::<PrtRequestClaims>(rest, world),
        4 => by_device_key::<DeviceCredentialClaims>(rest, world),
        5..=9 => {
            let made = [&world.prt, &world.nonce, &world.code, &world.refresh_token, &world.ceremony];
            sealed(&bend(made[usize::from(mode - 5)], rest), world);
        }
        10 => by_own_key::<PrtUseClaims>(rest, world),
        11 => by_own_key::<CookieClaims>(rest, world),
        12 => sealed(&bend(&world.own_prt, rest), world),
        _ => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            sealed(text, world);
            assert!(redeem::possess::<PrtUseClaims>(&world.ring, text, Nonces::OrAge, NOW).is_err());
            assert!(redeem::possess::<CookieClaims>(&world.ring, text, Nonces::OrAge, NOW).is_err());
            prove_device::<PrtRequestClaims>(text, world, false);
        }
    }
});

/// Nothing opens but what was made here, for its own purpose.
fn sealed(text: &str, world: &World) {
    let ring = &world.ring;
    assert_eq!(Prt::open(ring, text).is_ok(), text == world.prt || text == world.own_prt);
    assert_eq!(nonce::check(ring, text, NOW).is_ok(), text == world.nonce);
    assert_eq!(Code::open(ring, text).is_ok(), text == world.code);
    assert_eq!(RefreshToken::open(ring, text).is_ok(), text == world.refresh_token);
    let resumed = ceremony::resume(ring, text, Kind::SignIn, ASKER, NOW);
    assert_eq!(resumed.is_ok(), text == world.ceremony);
    assert!(ceremony::resume(ring, text, Kind::Registration, ASKER, NOW).is_err());
    assert!(ceremony::resume(ring, text, Kind::SignIn, "another", NOW).is_err());
}

/// Signed by somebody who has the session key and writes what he likes.
fn by_session_key<C: CarriesPrt>(rest: &[u8], world: &World) {
    let (header, payload) = header_and_payload(rest);
    let text = sign_session(header, payload, &world.session_key);
    let Ok(possessed) = redeem::possess::<C>(&world.ring, &text, Nonces::Demanded, NOW) else { return };

    assert_eq!(possessed.claims().prt(), world.prt);
    assert_eq!(possessed.claims().nonce(), Some(&*world.nonce));
    let named: Value = serde_json::from_slice(header).expect("a header that was accepted is JSON");
    assert_eq!((&named["alg"], &named["kdf_ver"]), (&Value::from("HS256"), &Value::from(2)));
    assert!(!names_any(&named, &["jwk", "jku", "x5u", "crit", "b64"]));
    let ctx = b64::decode_std(named["ctx"].as_str().unwrap_or_default(), 64).unwrap_or_default();
    assert!((16..=64).contains(&ctx.len()));
    // The same request is nobody's under another installation's keys, and too old later.
    let other = passband_core::keys::seal::SealRing::new([[1; 32]]);
    assert!(redeem::possess::<C>(&other, &text, Nonces::Demanded, NOW).is_err());
    let later = NOW + nonce::LIFETIME + passband_wire::time::Seconds(1);
    assert!(redeem::possess::<C>(&world.ring, &text, Nonces::Demanded, later).is_err());
}

/// Signed by a device whose own key its PRT is bound to, and which writes what it likes.
fn by_own_key<C: CarriesPrt>(rest: &[u8], world: &World) {
    let (header, payload) = header_and_payload(rest);
    let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
    if DeviceSigned::parse(&format!("{input}.")).is_err() {
        return;
    }
    let Ok(signature) = world.own_key.sign(input.as_bytes()) else { return };
    let text = format!("{input}.{}", b64::encode(signature));
    let Ok(possessed) = redeem::possess::<C>(&world.ring, &text, Nonces::OrAge, NOW) else { return };

    assert_eq!(possessed.claims().prt(), world.own_prt, "no other suite's PRT");
    assert_eq!(possessed.claims().nonce(), Some(&*world.nonce), "never by its age");
    let named: Value = serde_json::from_slice(header).expect("a header that was accepted is JSON");
    assert_eq!(named["alg"], "ES256");
    assert!(!names_any(&named, &["jwk", "jku", "x5u", "crit", "b64"]));
    let named: Value = serde_json::from_slice(payload).expect("a payload that was accepted is JSON");
    assert_eq!(named["purpose"], C::PURPOSE);
    if C::ANSWERED {
        let crypto = &named["jwe_crypto"];
        assert_eq!((&crypto["alg"], &crypto["enc"]), (&Value::from("ECDH-ES"), &Value::from("A256GCM")));
    }
    // Another key's signature over the same bytes opens nothing.
    let forged = format!("{input}.{}", b64::encode([1; 64]));
    assert!(redeem::possess::<C>(&world.ring, &forged, Nonces::OrAge, NOW).is_err());
}

/// Signed by the device, which writes what it likes.
fn by_device_key<C: CarriesNonce>(rest: &[u8], world: &World) {
    let (header, payload) = header_and_payload(rest);
    let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
    // A signature costs most of a millisecond: only what would be read is signed.
    if DeviceSigned::parse(&format!("{input}.")).is_err() {
        return;
    }
    let Ok(signature) = world.device_key.sign(input.as_bytes()) else { return };
    prove_device::<C>(&format!("{input}.{}", b64::encode(signature)), world, true);
}

fn prove_device<C: CarriesNonce>(text: &str, world: &World, is_signed: bool) {
    let Ok(signed) = DeviceSigned::parse(text) else { return };
    let device = world.device(*signed.thumbprint());
    match prove::prove::<C>(signed, &device, &world.ring, NOW) {
        Ok((proved, claims)) => {
            assert!(is_signed, "an unsigned request proved a device");
            assert_eq!(claims.nonce(), world.nonce);
            assert_eq!(proved.device().id, device.id);
        }
        // Nothing is written for whoever has not shown the key.
        Err(refusal) => assert!(is_signed || refusal.changes.is_empty()),
    }
    let mut disabled = device;
    disabled.enabled = false;
    let Ok(signed) = DeviceSigned::parse(text) else { return };
    assert!(prove::prove::<C>(signed, &disabled, &world.ring, NOW).is_err());
}
