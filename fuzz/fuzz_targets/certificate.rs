//! X.509 certificates that come with an attestation, and the path from them to somebody trusted.
//!
//! The input is one certificate, or several, each behind its length in two bytes if the first byte is zero.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::platform::path::{self, TrustAnchor};
use passband_fuzz::NOW;
use passband_fuzz::vector::vectors;
use std::sync::OnceLock;

fuzz_target!(|data: &[u8]| {
    let chain = if data.first() == Some(&0) { split(data) } else { vec![data.to_vec()] };
    for der in &chain {
        if let Ok(anchor) = TrustAnchor::from_der(der.clone()) {
            // A pinned certificate is trusted as such, or refused for what it says of itself; never by another.
            let _ = path::verify(&chain, &[anchor], NOW);
        }
    }
    if path::verify(&chain, root(), NOW).is_ok() {
        // The private key of the root is nobody's here, so what leads to it was in the vectors.
        let last = chain.last().expect("an empty chain is refused");
        let known = *last == vectors().root
            || vectors().all.iter().any(|vector| holds(&vector.attestation_object, last));
        assert!(known, "a certificate nobody issued leads to the root");
    }
    assert!(path::verify(&chain, &[], NOW).is_err());
});

fn root() -> &'static [TrustAnchor] {
    static ROOT: OnceLock<Vec<TrustAnchor>> = OnceLock::new();
    ROOT.get_or_init(|| TrustAnchor::from_der(vectors().root.clone()).into_iter().collect())
}

fn holds(object: &[u8], der: &[u8]) -> bool {
    object.windows(der.len()).any(|window| window == der)
}

fn split(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    rest = &rest[1..];
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        chain.push(after[..length].to_vec());
        rest = &after[length..];
    }
    chain
}
