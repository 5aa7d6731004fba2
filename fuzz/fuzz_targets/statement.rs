//! What stands behind the signature of an attestation statement: extensions of certificates, key descriptions,
//! TPM structures. The target signs whatever the input says.
//!
//! The first byte says what the rest is; see the arms below.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_fuzz::statement::{
    AAGUID, APPLE_NONCE, Bench, CLIENT_DATA_HASH, EMPTY, KEY_DESCRIPTION, attestation_key_extensions, bench,
    certificate, extension, model,
};

/// The longest input: four times what a certificate may have.
const LONGEST: usize = 32 * 1024;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    if rest.len() > LONGEST {
        return;
    }
    let bench = bench();
    match first % 5 {
        0 => android_key(bench, rest),
        1 => apple(bench, rest),
        2 => packed(bench, rest),
        3 => tpm(bench, rest),
        _ => attestation_key(bench, rest),
    }
});

/// A `KeyDescription`.
fn android_key(bench: &Bench, description: &[u8]) {
    let leaf = certificate(EMPTY, &extension(KEY_DESCRIPTION, description));
    if bench.signed_statement("android-key", &leaf).is_ok() {
        assert!(holds(description, &CLIENT_DATA_HASH), "a key attested for another challenge");
        assert!(holds(description, b"\xbf\x85\x3e\x03\x02\x01\0"), "origin is not GENERATED");
        assert!(holds(description, b"\x02\x01\x02"), "purpose is not SIGN");
        assert!(!is_by_software(description), "software's word about hardware");
    }
}

/// Whether one of the two security levels is zero, read by another reader than the verifier's.
fn is_by_software(description: &[u8]) -> bool {
    let mut rest = value(description).0;
    (0..4).any(|_| {
        let tag = rest.first().copied();
        let (content, after) = value(rest);
        rest = after;
        tag == Some(0x0a) && content == [0]
    })
}

/// The content of the DER value at the front, and what follows it.
fn value(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (start, length) = match bytes {
        [_, 0x81, length, ..] => (3, usize::from(*length)),
        [_, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        [_, length, ..] => (2, usize::from(*length)),
        _ => return (&[], &[]),
    };
    let rest = bytes.get(start..).unwrap_or_default();
    rest.split_at(length.min(rest.len()))
}

/// The value of Apple's extension.
fn apple(bench: &Bench, value: &[u8]) {
    if bench.apple(&certificate(EMPTY, &extension(APPLE_NONCE, value))).is_ok() {
        let only = [b"\x30\x24\xa1\x22\x04\x20", &bench.nonce()[..]].concat();
        assert_eq!(value, only, "a nonce has one spelling");
    }
}

/// The extensions of a certificate of `packed`.
fn packed(bench: &Bench, extensions: &[u8]) {
    if bench.signed_statement("packed", &certificate(&model(), extensions)).is_ok() {
        assert!(holds(extensions, b"\x06\x03\x55\x1d\x13"), "no basic constraints");
        // Extensions one by one: inside another's value the same bytes mean nothing.
        let mut rest = extensions;
        while !rest.is_empty() {
            let (content, after) = value(rest);
            let names_a_model = content.starts_with(b"\x06\x0b\x2b\x06\x01\x04\x01\x82\xe5\x1c\x01\x01\x04");
            assert!(!names_a_model || holds(content, &AAGUID), "another model");
            rest = after;
        }
    }
}

/// A public area behind its length in two bytes, then the TPM's word about it.
fn tpm(bench: &Bench, rest: &[u8]) {
    let Some((length, rest)) = rest.split_first_chunk::<2>() else { return };
    let (pub_area, cert_info) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let leaf = certificate(EMPTY, &attestation_key_extensions());
    if bench.tpm(pub_area, cert_info, &leaf).is_ok() {
        assert!(cert_info.starts_with(b"\xff\x54\x43\x47\x80\x17"), "not a TPM's word about a key");
        assert!(holds(cert_info, &bench.nonce()), "for another registration");
    }
}

/// The extensions of an attestation key's certificate.
fn attestation_key(bench: &Bench, extensions: &[u8]) {
    let leaf = certificate(EMPTY, extensions);
    if bench.tpm(&bench.pub_area(), &bench.cert_info(), &leaf).is_ok() {
        for wanted in [
            &b"\x67\x81\x05\x08\x03"[..],
            b"\x67\x81\x05\x02\x01",
            b"\x67\x81\x05\x02\x02",
            b"\x67\x81\x05\x02\x03",
        ] {
            assert!(holds(extensions, wanted), "an attestation key without usage or names");
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
