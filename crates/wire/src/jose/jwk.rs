//! JSON Web Key (RFC 7517) for P-256, as the key set shows it.

use crate::b64;
use serde::{Deserialize, Serialize};

/// A public P-256 key (RFC 7518 §6.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// Key id.
    pub kid: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Always `ES256`.
    pub alg: String,
    /// X coordinate, base64url.
    pub x: String,
    /// Y coordinate, base64url.
    pub y: String,
}

impl Jwk {
    /// The JWK of an uncompressed point (65 bytes); `None` for anything else.
    #[must_use]
    pub fn from_point(point: &[u8], kid: &str) -> Option<Self> {
        let (&4, rest) = point.split_first()? else { return None };
        let (x, y) = rest.split_at_checked(32)?;
        (y.len() == 32).then(|| Self {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            kid: kid.to_owned(),
            usage: "sig".to_owned(),
            alg: "ES256".to_owned(),
            x: b64::encode(x),
            y: b64::encode(y),
        })
    }

    /// The uncompressed point; `None` if the key is not P-256.
    #[must_use]
    pub fn point(&self) -> Option<Vec<u8>> {
        if self.kty != "EC" || self.crv != "P-256" {
            return None;
        }
        let (x, y) = (b64::decode_array::<32>(&self.x).ok()?, b64::decode_array::<32>(&self.y).ok()?);
        Some([&[4][..], &x, &y].concat())
    }
}

/// A key set (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// Its keys.
    pub keys: Vec<Jwk>,
}
