//! The two TPM structures an attestation carries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_wire::cose::{Algorithm, CoseKey, KeyMaterial};
use passband_wire::tpm::{Attest, PublicArea};

fuzz_target!(|data: &[u8]| {
    if let Ok(area) = PublicArea::parse(data) {
        // The name covers the whole area: no other byte string has it.
        assert_eq!(area.name()[..2], data[2..4]);
        let longer = [data, &[0]].concat();
        assert!(PublicArea::parse(&longer).is_err() && PublicArea::parse(&data[..data.len() - 1]).is_err());
        let algorithm = match &area.key {
            KeyMaterial::Rsa { .. } => Algorithm::Rs256,
            KeyMaterial::Ec2 { .. } => Algorithm::Es256,
            KeyMaterial::Ed25519(_) => Algorithm::EdDsa,
        };
        if let Ok(key) = CoseKey::new(algorithm, area.key) {
            assert_eq!(CoseKey::parse(&key.to_bytes()), Ok(key));
        }
    }
    if let Ok(attest) = Attest::parse(data) {
        let inside = |part: &[u8]| part.is_empty() || data.windows(part.len()).any(|window| window == part);
        assert!(inside(attest.extra_data));
        assert_eq!(data[..4], attest.magic.to_be_bytes());
        if let Ok(name) = attest.certified_name() {
            assert!(inside(name));
            // To the last byte: what follows the statement would be signed and never looked at.
            let longer = [data, &[0]].concat();
            assert!(Attest::parse(&longer).is_ok_and(|attest| attest.certified_name().is_err()));
        }
    }
});
