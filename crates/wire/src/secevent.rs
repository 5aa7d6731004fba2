//! Security event tokens as others send them (RFC 8417, OpenID SSF 1.0 §4): read, bounded, and not believed yet.

use crate::b64;
use crate::jose::jws::{JwsError, Unverified, VerifyingKey};
use crate::jose::rsa::spki_from_components;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The most a token may have, bytes.
pub const MAX_SET: usize = 16 * 1024;

/// Keys a transmitter may have.
pub const MAX_KEYS: usize = 10;

/// Media type of the token, without `application/` (RFC 8417 §2.3).
pub const TYP: &str = "secevent+jwt";

/// What a token says. `sub` and `exp` are not said in one (SSF 1.0 §4.1.3, §4.1.7): it could pass for another token.
#[derive(Clone, Debug, Deserialize)]
pub struct SetClaims {
    /// Who says it.
    pub iss: String,
    /// To whom.
    pub aud: Audience,
    /// When it was signed.
    pub iat: i64,
    /// Its name.
    pub jti: String,
    /// Whom it is about (RFC 9493).
    #[serde(default)]
    pub sub_id: Option<Value>,
    /// What happened, by type.
    pub events: Map<String, Value>,
    /// Not there.
    #[serde(default)]
    pub sub: Option<Value>,
    /// Not there.
    #[serde(default)]
    pub exp: Option<Value>,
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether `name` is one of them.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(all) => all.iter().any(|one| one == name),
        }
    }
}

/// A key of a transmitter, which says what it signs with: the token does not choose (RFC 8725 §3.1).
#[derive(Clone, Debug)]
pub enum Key {
    /// `ES256`.
    Es256(VerifyingKey),
    /// `RS256`; `SubjectPublicKeyInfo`, DER.
    Rs256(Vec<u8>),
}

/// The keys of a transmitter, by `kid`.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(String, Key)>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Keys {
    /// Reads a key set (RFC 7517 §5): the keys that sign `ES256` or `RS256` and have a name; `None` if there are none,
    /// too many, or one of a kind we know is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SET {
            return None;
        }
        let document: Document = serde_json::from_str(text).ok()?;
        let mut keys: Vec<(String, Key)> = Vec::new();
        for member in document.keys.into_iter().filter(Member::signs) {
            let kid =
                member.kid.clone().filter(|kid| !kid.is_empty() && keys.iter().all(|(it, _)| it != kid))?;
            keys.push((kid, member.key()?));
        }
        (!keys.is_empty() && keys.len() <= MAX_KEYS).then_some(Self(keys))
    }

    /// The claims of a token that one of these keys signed.
    ///
    /// # Errors
    ///
    /// [`JwsError`]: malformed, of another type, or not signed so.
    pub fn verify(&self, text: &str) -> Result<SetClaims, JwsError> {
        let token = Unverified::parse_within(text, MAX_SET)?;
        // A token of one kind must not pass as another (RFC 8725 §3.11).
        if token.header.typ.as_deref() != Some(TYP) {
            return Err(JwsError::ForbiddenHeader);
        }
        let kid = token.header.kid.as_ref().ok_or(JwsError::Key)?;
        let (_, key) = self.0.iter().find(|(it, _)| it == kid).ok_or(JwsError::Key)?;
        let verified = match key {
            Key::Es256(key) => token.verify_es256(key)?,
            Key::Rs256(spki) => token.verify_rs256(spki)?,
        };
        verified.claims()
    }
}

impl Member {
    /// Whether it is a key we could use: others may have their own, for encryption or newer algorithms.
    fn signs(&self) -> bool {
        let alg = match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => "ES256",
            ("RSA", _) => "RS256",
            _ => return false,
        };
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.alg.as_deref().is_none_or(|it| it == alg)
    }

    fn key(&self) -> Option<Key> {
        if self.kty == "EC" {
            let (x, y) = (
                b64::decode_array::<32>(self.x.as_ref()?).ok()?,
                b64::decode_array::<32>(self.y.as_ref()?).ok()?,
            );
            let point = [&[4][..], &x, &y].concat();
            return VerifyingKey::from_point(&point).ok().map(Key::Es256);
        }
        let (n, e) = (b64::decode(self.n.as_ref()?, 1024).ok()?, b64::decode(self.e.as_ref()?, 8).ok()?);
        spki_from_components(&n, &e).ok().map(Key::Rs256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwk::Jwk;
    use crate::jose::jws::SigningKey;
    use serde_json::json;

    fn key(kid: &str) -> Value {
        let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
        serde_json::to_value(Jwk::from_point(key.public_point(), kid).unwrap()).unwrap()
    }

    fn count(keys: &[Value]) -> Option<usize> {
        Keys::parse(&json!({ "keys": keys }).to_string()).map(|keys| keys.0.len())
    }

    #[test]
    fn a_key_set_has_a_few_named_keys_that_sign() {
        let named = |n: usize| (0..n).map(|n| key(&n.to_string())).collect::<Vec<_>>();
        assert_eq!(count(&named(1)), Some(1));
        assert_eq!(count(&named(MAX_KEYS)), Some(MAX_KEYS));
        assert_eq!(count(&named(MAX_KEYS + 1)), None);
        assert_eq!(count(&[]), None);
        // Which of two keys of one name is meant would be the token's to say.
        assert_eq!(count(&[key("a"), key("a")]), None);
        assert_eq!(count(&[key("")]), None);
        // Keys for something else are passed over: what is encrypted for one is not signed by it.
        for (member, other) in
            [("use", "enc"), ("alg", "ECDH-ES"), ("alg", "RS256"), ("crv", "P-384"), ("kty", "OKP")]
        {
            let mut bent = key("b");
            bent[member] = json!(other);
            assert_eq!(count(&[key("a"), bent.clone()]), Some(1), "{member} {other}");
            assert_eq!(count(&[bent]), None, "{member} {other}");
        }
        let mut broken = key("b");
        broken["x"] = json!("AAAA");
        assert_eq!(count(&[key("a"), broken]), None, "one that cannot be read is a mistake");
    }
}
