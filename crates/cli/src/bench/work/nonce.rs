//! A nonce after the other.

use crate::bench::http::{self, Answer, Fault, post};
use crate::bench::load::Worker;
use hyper::Request;
use passband_wire::prt::message::NonceReply;

/// Asks for nonces and keeps none.
pub(in crate::bench) struct Nonces {
    path: String,
    last: String,
}

impl Nonces {
    pub(in crate::bench) const fn new(path: String) -> Self {
        Self { path, last: String::new() }
    }
}

impl Worker for Nonces {
    fn request(&mut self) -> Result<Option<Request<String>>, Fault> {
        post(&self.path, http::FORM, "grant_type=srv_challenge".to_owned()).map(Some)
    }

    fn answer(&mut self, answer: Answer) -> Result<bool, Fault> {
        let next = answer.good()?.json::<NonceReply>()?.nonce;
        if next == self.last {
            return Err("a nonce came twice".to_owned());
        }
        self.last = next;
        Ok(true)
    }
}
