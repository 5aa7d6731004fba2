//! Metadata BLOBs that are signed, whatever is in them: what the holder of the publisher's key can make.

use crate::statement::{END_ENTITY, certificate, der, extension, key, model};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use passband_core::platform::metadata::HOST;
use passband_core::platform::path::TrustAnchor;
use passband_wire::b64;
use std::sync::OnceLock;

/// Who signs the BLOBs of this world: a certificate that is trusted as it is, and its key.
pub struct Publisher {
    /// The only root of this world.
    pub root: TrustAnchor,
    header: String,
    signer: EcdsaKeyPair,
}

/// The publisher.
#[must_use]
pub fn publisher() -> &'static Publisher {
    static PUBLISHER: OnceLock<Publisher> = OnceLock::new();
    PUBLISHER.get_or_init(|| {
        let host = der(0x30, &[&der(0x82, &[HOST.as_bytes()])]);
        let extensions = [END_ENTITY, &extension(b"\x06\x03\x55\x1d\x11", &host)].concat();
        let leaf = certificate(&model(), &extensions);
        let header = format!(r#"{{"alg":"ES256","typ":"JWT","x5c":["{}"]}}"#, b64::encode_std(&leaf));
        let (private, public) = key();
        let signer =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, public);
        Publisher {
            root: TrustAnchor::from_der(leaf).expect("a certificate"),
            header,
            signer: signer.expect("a key"),
        }
    })
}

impl Publisher {
    /// A BLOB of this payload under a good header.
    #[must_use]
    pub fn blob(&self, payload: &[u8]) -> String {
        self.signed(self.header.as_bytes(), payload)
    }

    /// A BLOB of this header and payload.
    #[must_use]
    pub fn signed(&self, header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
        let signature = self.signer.sign(&SystemRandom::new(), input.as_bytes()).expect("a key signs");
        format!("{input}.{}", b64::encode(signature))
    }
}
