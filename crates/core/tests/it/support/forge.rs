//! A registration put together part by part, so that any part can be wrong.

use super::cert::{new_key, sign};
use super::{CHALLENGE, ORIGIN, RP_ID, party, rules, vector};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use passband_core::authn::passkey::registration::{self, NewPasskey, RegistrationError};
use passband_core::platform::path::TrustAnchor;
use passband_wire::b64;
use passband_wire::cbor::Writer;
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};
use passband_wire::webauthn::RegistrationResponseJson;

pub struct Forge {
    pub key: EcdsaKeyPair,
    pub cose: Vec<u8>,
    pub rp_id: &'static str,
    pub flags: u8,
    pub aaguid: [u8; 16],
    pub id: Vec<u8>,
    /// Length of the credential id as written, if another than it has.
    pub id_len: Option<u16>,
    pub client_data: String,
    /// What follows the credential.
    pub tail: Vec<u8>,
}

impl Default for Forge {
    fn default() -> Self {
        let key = new_key();
        let point = key.public_key().as_ref().into();
        let material = KeyMaterial::Ec2 { curve: Curve::P256, point };
        Self {
            cose: CoseKey::new(Algorithm::Es256, material).unwrap().to_bytes(),
            key,
            rp_id: RP_ID,
            flags: 0x45,
            aaguid: [9; 16],
            id: vec![1; 32],
            id_len: None,
            client_data: client_data("webauthn.create"),
            tail: Vec::new(),
        }
    }
}

pub fn client_data(kind: &str) -> String {
    let challenge = b64::encode(CHALLENGE);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{ORIGIN}","crossOrigin":false}}"#)
}

pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// An empty statement.
pub fn none() -> Vec<u8> {
    vec![0xa0]
}

/// The statement of `packed`.
pub fn packed(alg: i64, sig: &[u8], x5c: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(if x5c.is_empty() { 2 } else { 3 }).text("alg").int(alg).text("sig").bytes(sig);
    if !x5c.is_empty() {
        chain(out.text("x5c"), x5c);
    }
    out.into_bytes()
}

pub fn chain(out: &mut Writer, x5c: &[Vec<u8>]) {
    out.array(x5c.len());
    for der in x5c {
        out.bytes(der);
    }
}

impl Forge {
    pub fn point(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    pub fn auth_data(&self) -> Vec<u8> {
        let len = self.id_len.unwrap_or(self.id.len() as u16).to_be_bytes();
        [&sha256(self.rp_id.as_bytes())[..], &[self.flags, 0, 0, 0, 0], &self.aaguid, &len, &self.id]
            .into_iter()
            .chain([&self.cose[..], &self.tail])
            .collect::<Vec<_>>()
            .concat()
    }

    /// `authData || clientDataHash`
    pub fn signed(&self) -> Vec<u8> {
        [self.auth_data(), sha256(self.client_data.as_bytes())].concat()
    }

    pub fn object(&self, fmt: &str, statement: &[u8]) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(3).text("fmt").text(fmt).text("attStmt").raw(statement);
        out.text("authData").bytes(&self.auth_data());
        out.into_bytes()
    }

    pub fn response(&self, fmt: &str, statement: &[u8]) -> RegistrationResponseJson {
        vector::registration(&self.id, self.client_data.as_bytes(), &self.object(fmt, statement))
    }

    /// Through the production verifier, without asking where certificates lead.
    pub fn verify(&self, fmt: &str, statement: &[u8]) -> Result<NewPasskey, RegistrationError> {
        registration::verify(self.response(fmt, statement), &rules(&party(), &CHALLENGE, None))
    }

    /// The same, with roots.
    pub fn verify_with(
        &self,
        fmt: &str,
        statement: &[u8],
        roots: &[TrustAnchor],
    ) -> Result<NewPasskey, RegistrationError> {
        registration::verify(self.response(fmt, statement), &rules(&party(), &CHALLENGE, Some(roots)))
    }

    /// A `packed` statement with a chain, signed by `key`.
    pub fn packed(&self, key: &EcdsaKeyPair, x5c: &[Vec<u8>]) -> Vec<u8> {
        packed(-7, &sign(key, &self.signed()), x5c)
    }
}
