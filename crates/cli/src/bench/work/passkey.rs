//! A passkey to a browser session: the two requests the sign-in page makes.

use super::Dice;
use crate::bench::http::{self, Answer, Fault, post};
use crate::bench::load::Worker;
use hyper::Request;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_wire::b64;
use passband_wire::rng::SystemRandom;
use serde_json::{Value, json};
use std::rc::Rc;

/// People's authenticators, each with one passkey.
pub(in crate::bench) type Holders = Rc<Vec<SoftAuthenticator>>;

/// An authenticator with a passkey for the person of this handle, its credential id and its public point.
pub(in crate::bench) fn register(
    handle: &[u8],
    origin: &str,
) -> Result<(SoftAuthenticator, Vec<u8>, Vec<u8>), Fault> {
    let options = json!({
        "rp": { "id": "localhost", "name": "Passband" },
        "user": { "id": b64::encode(handle), "name": "person", "displayName": "Person" },
        "challenge": b64::encode([0; 32]),
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
    });
    let mut authenticator = SoftAuthenticator::new(Model::device_bound());
    let made = authenticator.create(&options, origin, &SystemRandom).map_err(|error| error.to_string())?;
    let bytes = |value: &Value| value.as_str().and_then(|text| b64::decode(text, 1024).ok());
    let id = bytes(&made["rawId"]).ok_or("a passkey has no id")?;
    let spki = bytes(&made["response"]["publicKey"]).ok_or("a passkey has no public key")?;
    let point = spki.last_chunk::<65>().ok_or("a passkey's public key is too short")?.to_vec();
    Ok((authenticator, id, point))
}

/// Signs its own people in, each time as a browser that was not here before.
pub(in crate::bench) struct Passkey {
    holders: Holders,
    mine: Vec<usize>,
    dice: Dice,
    origin: String,
    /// What the server said to the first request: the options, and the cookie of the browser.
    begun: Option<(Value, String)>,
}

impl Passkey {
    pub(in crate::bench) fn new(holders: Holders, mine: Vec<usize>, seed: usize, origin: String) -> Self {
        Self { holders, mine, dice: Dice::new(seed), origin, begun: None }
    }

    fn finish(&mut self, options: &Value, cookie: &str) -> Result<Request<String>, Fault> {
        let who = self.mine[self.dice.below(self.mine.len())];
        let credential = self.holders[who].get(&options["publicKey"], &self.origin, &SystemRandom);
        let credential = credential.map_err(|error| error.to_string())?;
        let body = json!({ "ceremony": options["ceremony"], "credential": credential });
        let mut request = self.page_post("/ceremony/sign-in", body.to_string())?;
        let cookie = cookie.parse().map_err(|_| "a cookie is not a header value")?;
        request.headers_mut().insert("cookie", cookie);
        Ok(request)
    }

    fn page_post(&self, path: &str, body: String) -> Result<Request<String>, Fault> {
        let mut request = post(path, http::JSON, body)?;
        let origin = self.origin.parse().map_err(|_| "an origin is not a header value")?;
        request.headers_mut().insert("origin", origin);
        Ok(request)
    }
}

impl Worker for Passkey {
    fn request(&mut self) -> Result<Option<Request<String>>, Fault> {
        match self.begun.take() {
            Some((options, cookie)) => self.finish(&options, &cookie),
            None => self.page_post("/ceremony/sign-in/options", "{}".to_owned()),
        }
        .map(Some)
    }

    fn answer(&mut self, answer: Answer) -> Result<bool, Fault> {
        let answer = answer.good()?;
        let cookie = answer.header("set-cookie").and_then(|line| line.split(';').next());
        let cookie = cookie.ok_or("an answer sets no cookie")?;
        if cookie.starts_with("passband_session=") {
            return Ok(true);
        }
        self.begun = Some((answer.json()?, cookie.to_owned()));
        Ok(false)
    }
}
