//! A PRT to an access token for an app, by a request signed with the session key or the device's own.

use super::Dice;
use crate::bench::http::{self, Answer, Connection, Fault, post};
use crate::bench::load::Worker;
use hyper::Request;
use passband_server::bench::{CLIENT, RESOURCE, compatible};
use passband_wire::jose::ec::SoftEc;
use passband_wire::jose::ecdh;
use passband_wire::jose::jwe;
use passband_wire::jose::jwk::JwkSet;
use passband_wire::jose::jws::{Unverified, VerifyingKey};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::bound::{self, Bound};
use passband_wire::prt::message::{NonceReply, PrtUseClaims, TokenReply};
use passband_wire::prt::{GRANT_JWT_BEARER, NONCE_HEADER, signed};
use passband_wire::rng::SystemRandom;
use std::rc::Rc;

/// One in so many access tokens is verified; every answer is decrypted and read.
const VERIFY_EVERY: u32 = 500;

/// PRTs with what signs for them.
pub(in crate::bench) type Prts = Rc<Vec<(String, Signer)>>;

/// What signs for a PRT.
#[derive(Clone)]
pub(in crate::bench) enum Signer {
    /// Its session key.
    SessionKey(SessionKey),
    /// Its session key, in the suite of a broker written for Entra ID, where the device may use it.
    Compatible(SessionKey),
    /// The device's key, which is its transport key here too, and its certificate (base64).
    DeviceKey(Rc<SoftEc>, String),
}

impl Signer {
    fn sign(&self, claims: PrtUseClaims, apv: &[u8]) -> Result<String, Fault> {
        let signed = match self {
            Self::SessionKey(key) => signed::sign(key, &claims, &SystemRandom).ok(),
            Self::Compatible(key) => compatible::sign(key, &claims, &SystemRandom),
            Self::DeviceKey(key, certificate) => {
                bound::sign(certificate, &Bound::usage(claims, apv), |input| key.sign(input)).ok()
            }
        };
        Ok(signed.ok_or("a request could not be signed")?)
    }

    fn open(&self, apv: &[u8], text: &str) -> Result<Vec<u8>, Fault> {
        let opened = match self {
            Self::SessionKey(key) => jwe::open_reply(key, text).ok(),
            Self::Compatible(key) => compatible::open(key, text),
            Self::DeviceKey(key, _) => ecdh::open_with(&**key, apv, text).ok(),
        };
        Ok(opened.ok_or("an answer does not open")?)
    }
}

/// Asks the server for a nonce.
pub(in crate::bench) async fn nonce(connection: &mut Connection, path: &str) -> Result<String, Fault> {
    let request = post(path, http::FORM, "grant_type=srv_challenge".to_owned())?;
    Ok(connection.send(request).await?.good()?.json::<NonceReply>()?.nonce)
}

/// The server's signing keys.
pub(in crate::bench) async fn keys(connection: &mut Connection) -> Result<Rc<Vec<VerifyingKey>>, Fault> {
    let request = Request::get("/jwks").header("host", "localhost").body(String::new());
    let answer = connection.send(request.map_err(|error| error.to_string())?).await?.good()?;
    let points = answer.json::<JwkSet>()?.keys.into_iter().filter_map(|key| key.point());
    Ok(Rc::new(points.filter_map(|point| VerifyingKey::from_point(&point).ok()).collect()))
}

/// The body of a signed request.
pub(in crate::bench) fn form(request: &str) -> String {
    let grant = GRANT_JWT_BEARER.replace(':', "%3A");
    format!("grant_type={grant}&windows_api_version=2.0&request={request}")
}

/// Exchanges PRTs.
pub(in crate::bench) struct Exchange {
    path: String,
    prts: Prts,
    dice: Dice,
    now: usize,
    nonce: String,
    /// For the answer to the request that is under way.
    apv: [u8; 32],
    /// None for the bare handler, which shows no keys.
    keys: Option<Rc<Vec<VerifyingKey>>>,
    done: u32,
}

impl Exchange {
    pub(in crate::bench) fn new(path: String, prts: Prts, seed: usize, nonce: String) -> Self {
        Self { path, prts, dice: Dice::new(seed), now: 0, nonce, apv: [0; 32], keys: None, done: 0 }
    }

    pub(in crate::bench) fn verifying(self, keys: Rc<Vec<VerifyingKey>>) -> Self {
        Self { keys: Some(keys), ..self }
    }

    fn verify(&self, token: &str) -> Result<(), Fault> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let good = |key: &VerifyingKey| {
            let claims = Unverified::parse(token).and_then(|jws| jws.verify_es256(key))?.claims();
            claims.map(|claims: serde_json::Value| claims["aud"] == RESOURCE)
        };
        if keys.iter().any(|key| good(key) == Ok(true)) {
            return Ok(());
        }
        Err("an access token does not verify under the server's keys".to_owned())
    }
}

impl Worker for Exchange {
    fn request(&mut self) -> Result<Option<Request<String>>, Fault> {
        self.now = self.dice.below(self.prts.len());
        let (prt, signer) = &self.prts[self.now];
        let claims = PrtUseClaims {
            refresh_token: prt.clone(),
            grant_type: "refresh_token".to_owned(),
            client_id: CLIENT.to_string(),
            scope: String::new(),
            resource: Some(RESOURCE.to_owned()),
            request_nonce: Some(self.nonce.clone()),
        };
        self.apv = bound::fresh_apv(&SystemRandom);
        let request = signer.sign(claims, &self.apv)?;
        post(&self.path, http::FORM, form(&request)).map(Some)
    }

    fn answer(&mut self, answer: Answer) -> Result<bool, Fault> {
        let answer = answer.good()?;
        if let Some(next) = answer.header(NONCE_HEADER) {
            next.clone_into(&mut self.nonce);
        }
        let text = std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
        let (_, signer) = &self.prts[self.now];
        let plain = signer.open(&self.apv, text)?;
        let reply: TokenReply = serde_json::from_slice(&plain).map_err(|error| error.to_string())?;
        if self.done.is_multiple_of(VERIFY_EVERY) {
            self.verify(&reply.access_token)?;
        }
        self.done += 1;
        Ok(true)
    }
}
