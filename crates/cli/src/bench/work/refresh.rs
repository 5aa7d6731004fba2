//! A refresh token to the next one, with an access token.

use super::Dice;
use crate::bench::http::{self, Answer, Fault, post};
use crate::bench::load::Worker;
use hyper::Request;
use passband_server::bench::CLIENT;
use passband_wire::prt::message::TokenReply;
use std::cell::RefCell;
use std::rc::Rc;

/// The newest token of each family.
pub(in crate::bench) type Tokens = Rc<RefCell<Vec<String>>>;

/// Rotates the refresh tokens of its own people.
pub(in crate::bench) struct Refresh {
    tokens: Tokens,
    mine: Vec<usize>,
    dice: Dice,
    now: usize,
}

impl Refresh {
    pub(in crate::bench) fn new(tokens: Tokens, mine: Vec<usize>, seed: usize) -> Self {
        Self { tokens, mine, dice: Dice::new(seed), now: 0 }
    }
}

impl Worker for Refresh {
    fn request(&mut self) -> Result<Option<Request<String>>, Fault> {
        self.now = self.mine[self.dice.below(self.mine.len())];
        let token = &self.tokens.borrow()[self.now];
        let form = format!("grant_type=refresh_token&client_id={CLIENT}&refresh_token={token}");
        post("/token", http::FORM, form).map(Some)
    }

    fn answer(&mut self, answer: Answer) -> Result<bool, Fault> {
        let reply: TokenReply = answer.good()?.json()?;
        let next = reply.refresh_token.ok_or("a refresh gave no next token")?;
        if next == self.tokens.borrow()[self.now] {
            return Err("a refresh token was not rotated".to_owned());
        }
        self.tokens.borrow_mut()[self.now] = next;
        Ok(true)
    }
}
