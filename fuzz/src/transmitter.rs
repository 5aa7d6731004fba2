//! Whoever sends signals in this world: registered to lower and not to raise.

use crate::NOW;
use crate::statement::key;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use passband_core::signals::receive::Transmitter;
use passband_wire::b64;
use passband_wire::id::{DeviceId, TransmitterId};
use serde_json::json;
use std::sync::OnceLock;

/// Who it is.
pub const ISSUER: &str = "https://mdm.example";

/// Who we are.
pub const US: &str = "https://id.example";

const HEADER: &str = r#"{"alg":"ES256","typ":"secevent+jwt","kid":"k1"}"#;

/// The transmitter and its key.
pub struct Sender {
    /// As an administrator registered it.
    pub registered: Transmitter,
    signer: EcdsaKeyPair,
    x: String,
    good: String,
}

/// The one transmitter.
#[must_use]
pub fn transmitter() -> &'static Sender {
    static SENDER: OnceLock<Sender> = OnceLock::new();
    SENDER.get_or_init(|| {
        let (private, public) = key();
        let signer =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, public)
                .expect("a key");
        let (x, y) = (b64::encode(&public[1..33]), b64::encode(&public[33..]));
        let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k1", "x": x, "y": y }] });
        let registered = Transmitter {
            id: TransmitterId::from_bytes([1; 16]),
            name: "MDM".to_owned(),
            issuer: ISSUER.to_owned(),
            audience: US.to_owned(),
            keys: keys.to_string(),
            compliance: true,
            sessions: true,
            may_raise: false,
            created: NOW,
        };
        let mut sender = Sender { registered, signer, x, good: String::new() };
        sender.good = sender.set(payload("device-compliance-change").as_bytes());
        sender
    })
}

/// The payload of a good token with this CAEP event.
#[must_use]
pub fn payload(event: &str) -> String {
    let kind = format!("https://schemas.openid.net/secevent/caep/event-type/{event}");
    json!({
        "iss": ISSUER, "aud": US, "iat": NOW.0, "jti": "1",
        "sub_id": { "format": "opaque", "id": DeviceId::from_bytes([2; 16]).to_string() },
        "events": { kind: { "previous_status": "compliant", "current_status": "not-compliant" } },
    })
    .to_string()
}

impl Sender {
    /// A token that is good.
    #[must_use]
    pub fn good(&self) -> String {
        self.good.clone()
    }

    /// Coordinate x of its key, as its key set has it.
    #[must_use]
    pub fn x(&self) -> String {
        self.x.clone()
    }

    /// A token of this payload under a good header.
    #[must_use]
    pub fn set(&self, payload: &[u8]) -> String {
        self.signed(HEADER.as_bytes(), payload)
    }

    /// A token of this header and payload.
    #[must_use]
    pub fn signed(&self, header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
        let signature = self.signer.sign(&SystemRandom::new(), input.as_bytes()).expect("a key signs");
        format!("{input}.{}", b64::encode(signature))
    }
}
