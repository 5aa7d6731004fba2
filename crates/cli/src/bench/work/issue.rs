//! A sign-in by passkey and a device key to a PRT. Each issue uses its sign-in up, and the device's RSA
//! signature costs this side more than all of it costs the server: both are made before the clock runs.

use super::exchange::{form, nonce};
use crate::bench::http::{self, Answer, Connection, Fault, post};
use crate::bench::load::Worker;
use hyper::Request;
use passband_wire::b64;
use passband_wire::jose::jwe;
use passband_wire::jose::jws::{Header, X5c, sign_rs256_with};
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::prt::BROKER_CLIENT;
use passband_wire::prt::message::{PrtReply, PrtRequestClaims};
use std::rc::Rc;

/// A person about to get a PRT: the certificate of the device, and the broker's refresh token.
pub(in crate::bench) struct Candidate {
    pub(in crate::bench) certificate: Vec<u8>,
    pub(in crate::bench) refresh: String,
}

/// Asks for PRTs.
pub(in crate::bench) struct Issue {
    path: String,
    key: Rc<SoftRsa>,
    ready: Vec<String>,
    opened: bool,
}

impl Issue {
    /// Signs a request for each candidate.
    pub(in crate::bench) async fn new(
        path: String,
        key: Rc<SoftRsa>,
        candidates: Vec<Candidate>,
        connection: &mut Connection,
    ) -> Result<Self, Fault> {
        let mut ready = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let nonce = nonce(connection, &path).await?;
            ready.push(sign(&key, candidate, nonce)?);
        }
        Ok(Self { path, key, ready, opened: false })
    }
}

fn sign(key: &SoftRsa, candidate: Candidate, nonce: String) -> Result<String, Fault> {
    let mut header = Header::new("RS256", "JWT");
    header.x5c = Some(X5c::Chain(vec![b64::encode_std(candidate.certificate)]));
    let claims = PrtRequestClaims {
        client_id: BROKER_CLIENT.to_string(),
        request_nonce: nonce,
        scope: "openid aza".to_owned(),
        grant_type: "refresh_token".to_owned(),
        refresh_token: Some(candidate.refresh),
        assertion: None,
    };
    sign_rs256_with(&header, &claims, |message| key.sign(message)).map_err(|error| error.to_string())
}

impl Worker for Issue {
    fn request(&mut self) -> Result<Option<Request<String>>, Fault> {
        let Some(request) = self.ready.pop() else { return Ok(None) };
        post(&self.path, http::FORM, form(&request)).map(Some)
    }

    fn answer(&mut self, answer: Answer) -> Result<bool, Fault> {
        let reply: PrtReply = answer.good()?.json()?;
        let envelope = reply.session_key_jwe.ok_or("a PRT came without its session key")?;
        // Once: it costs more than a thousand exchanges.
        if !std::mem::replace(&mut self.opened, true) {
            jwe::unwrap_session_key(&envelope, &*self.key).map_err(|error| error.to_string())?;
        }
        Ok(true)
    }
}
