//! Devices whose own key signs every use of their PRT (protocol version 4, prt.md §5.6). Their cryptography, too, is written
//! here once more.

use crate::attack::Trouble;
use crate::forge;
use crate::http::Reply;
use crate::people::{Person, done, text};
use crate::target::Target;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use passband_wire::b64;
use passband_wire::prt::GRANT_JWT_BEARER;
use passband_wire::prt::join::CSR_COMMON_NAME;
use serde_json::{Value, json};

/// What every agreement of this side names: one value, since nothing here opens answers to other requests.
const APV: &[u8] = b"attack suite";

/// The members by which a device says how to answer it.
fn how_to_answer() -> Value {
    json!({ "apv": b64::encode(APV), "alg": "ECDH-ES", "enc": "A256GCM" })
}

/// A key that signs ES256.
pub struct Signer {
    pair: EcdsaKeyPair,
    csr: String,
}

/// A registered device with P-256 keys.
pub struct Bound {
    /// Its certificate, base64.
    pub certificate: String,
    /// Its device key.
    pub key: Signer,
    transport: PrivateKey,
}

fn failed(what: &'static str) -> impl Fn(aws_lc_rs::error::Unspecified) -> Trouble {
    move |_| Trouble::SetUp(what.to_owned())
}

impl Signer {
    /// A fresh key, and the certificate request for it.
    ///
    /// # Errors
    ///
    /// [`Trouble::SetUp`] if this machine cannot make one.
    pub fn fresh() -> Result<Self, Trouble> {
        let made = |error: rcgen::Error| Trouble::SetUp(format!("making a key: {error}"));
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(made)?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, CSR_COMMON_NAME);
        let csr = b64::encode_std(params.serialize_request(&pair).map_err(made)?.der());
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pair.serialize_der());
        let pair = pair.map_err(|error| Trouble::SetUp(format!("reading a key: {error}")))?;
        Ok(Self { pair, csr })
    }

    /// Signs in the name of a certificate.
    ///
    /// # Errors
    ///
    /// [`Trouble::SetUp`] if this machine has no randomness.
    pub fn sign(&self, certificate: &str, claims: &Value) -> Result<String, Trouble> {
        let header = json!({ "alg": "ES256", "typ": "JWT", "x5c": [certificate] });
        let input = forge::input(&header, claims.to_string().as_bytes());
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).map_err(failed("signing"))?;
        Ok(format!("{input}.{}", b64::encode(signature.as_ref())))
    }
}

impl Target {
    /// Registers a device with P-256 keys; `None` if the server takes none.
    pub(crate) async fn join_bound(&self, person: &Person) -> Result<Option<Bound>, Trouble> {
        let key = Signer::fresh()?;
        let transport = PrivateKey::generate(&ECDH_P256).map_err(failed("a transport key"))?;
        let point = transport.compute_public_key().map_err(failed("a transport key"))?;
        let (x, y) = point.as_ref()[1..].split_at(32);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": b64::encode(x), "y": b64::encode(y) });
        let body = json!({
            "CertificateRequest": { "Type": "pkcs10", "Data": key.csr, "KeyType": "ECC" },
            "DeviceKeys": [{ "Usage": "STK", "Type": "ECC", "Encoding": "JWK", "Data": jwk.to_string() }],
            "DeviceType": "MacOS", "OSVersion": "26.1", "DeviceDisplayName": "attack suite", "JoinType": 0,
        });
        let token = self.signed_in(person).await?.drs_token().await?;
        let reply = self.post_join(&token, &body).await?;
        let certificate = text(&reply.json()["Certificate"], "RawBody");
        Ok((!certificate.is_empty()).then_some(Bound { certificate, key, transport }))
    }

    /// Sends a request of this protocol.
    pub(crate) async fn present_bound(&self, request: &str) -> Result<Reply, Trouble> {
        let form = [("prt_protocol_version", "4.0"), ("grant_type", GRANT_JWT_BEARER), ("request", request)];
        self.program().form(&self.token_path(), &form).await
    }

    /// A PRT for this person on such a device: what came with it, decrypted.
    pub(crate) async fn log_in_bound(&self, person: &Person, device: &Bound) -> Result<Value, Trouble> {
        let token = self.signed_in(person).await?.broker_refresh().await?;
        let claims = crate::device::prt_claims(&token, &self.nonce().await?);
        let claims = forge::with(claims, &json!({ "jwe_crypto": how_to_answer() }));
        let request = device.key.sign(&device.certificate, &claims)?;
        let reply = done("a PRT by the device's key", self.present_bound(&request).await?)?;
        let opened = device.open(&reply);
        match opened["refresh_token"].is_string() {
            true => Ok(opened),
            false => Err(Trouble::SetUp(format!("no PRT in the answer: {}", reply.brief()))),
        }
    }
}

impl Bound {
    /// Reads an answer (RFC 7518 §4.6); null if it is none for this device.
    pub fn open(&self, reply: &Reply) -> Value {
        let plain = self.opened(&reply.body).unwrap_or_default();
        serde_json::from_slice(&plain).unwrap_or_default()
    }

    fn opened(&self, text: &str) -> Option<Vec<u8>> {
        let parts: Vec<&str> = text.split('.').collect();
        let [protected, _, iv, sealed, tag] = parts.as_slice() else { return None };
        let header: Value = serde_json::from_slice(&b64::decode(protected, 4096).ok()?).ok()?;
        let of = |value: &Value, name: &str| b64::decode(value[name].as_str()?, 256).ok();
        let point = [&[4][..], &of(&header["epk"], "x")?, &of(&header["epk"], "y")?].concat();
        let parties = (of(&header, "apu")?, of(&header, "apv")?);
        let peer = UnparsedPublicKey::new(&ECDH_P256, point);
        let key = agreement::agree(&self.transport, peer, (), |secret| Ok(concat_kdf(secret, &parties)));
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key.ok()?).ok()?);
        let iv: [u8; 12] = b64::decode(iv, 12).ok()?.try_into().ok()?;
        let mut body = [b64::decode(sealed, 64 * 1024).ok()?, b64::decode(tag, 16).ok()?].concat();
        let nonce = Nonce::assume_unique_for_key(iv);
        key.open_in_place(nonce, Aad::from(protected.as_bytes()), &mut body).ok().map(|plain| plain.to_vec())
    }
}

/// RFC 7518 §4.6.2, 256 bits for A256GCM.
fn concat_kdf(secret: &[u8], (apu, apv): &(Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let mut input = [&1u32.to_be_bytes(), secret].concat();
    for part in [b"A256GCM".as_slice(), apu, apv] {
        // No part is longer than 256 bytes.
        input.extend_from_slice(&(part.len() as u32).to_be_bytes());
        input.extend_from_slice(part);
    }
    input.extend_from_slice(&256u32.to_be_bytes());
    digest(&SHA256, &input).as_ref().to_vec()
}

/// Claims that use a PRT at the token endpoint.
pub fn usage(claims: &Value) -> Value {
    let more = json!({ "purpose": "prt_usage", "jwe_crypto": how_to_answer() });
    forge::with(claims.clone(), &more)
}

/// Claims of a cookie.
pub fn cookie(claims: &Value) -> Value {
    forge::with(claims.clone(), &json!({ "purpose": "prt_cookie" }))
}
