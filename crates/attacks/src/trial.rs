//! One attack under way: what was tried so far, and how answers are judged. What is not clearly a refusal counts for the
//! attacker.

use crate::attack::{Outcome, THROTTLED, Trouble, Variant};
use crate::http::Reply;
use crate::target::Target;
use reqwest::Method;
use std::collections::BTreeSet;

/// An attack under way.
pub struct Trial<'t> {
    /// The server.
    pub target: &'t Target,
    variants: Vec<Variant>,
    /// Lines of the sign-in log that were read already.
    read: BTreeSet<String>,
}

/// Members of a token answer.
const GAINS: [&str; 4] = ["access_token", "id_token", "refresh_token", "session_key_jwe"];

impl<'t> Trial<'t> {
    /// Nothing tried yet.
    pub const fn new(target: &'t Target) -> Self {
        Self { target, variants: Vec::new(), read: BTreeSet::new() }
    }

    /// What was tried.
    pub fn into_variants(self) -> Vec<Variant> {
        self.variants
    }

    /// Notes what came of a variant.
    pub fn note(&mut self, name: impl Into<String>, outcome: Outcome) {
        self.variants.push(Variant { name: name.into(), outcome });
    }

    /// Notes that a variant cannot be tried here.
    pub fn not_tried(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.note(name, Outcome::NotTried { why: why.into() });
    }

    /// Notes a variant that is refused exactly if `good`.
    pub fn claim(&mut self, name: impl Into<String>, good: bool, how: impl Into<String>) {
        let how = how.into();
        let outcome = match good {
            true => Outcome::Refused { how, odd: false },
            false => Outcome::Succeeded { got: how },
        };
        self.note(name, outcome);
    }

    /// The honest request beside the attack: if it fails, nothing is shown.
    ///
    /// # Errors
    ///
    /// [`Trouble::Control`].
    pub fn control(&self, what: &str, reply: &Reply) -> Result<(), Trouble> {
        match reply.is_ok() || reply.code().is_some() {
            true => Ok(()),
            false => Err(Trouble::Control(format!("{what}: {} {:.300}", reply.brief(), reply.body))),
        }
    }

    /// The same, judged by the caller.
    ///
    /// # Errors
    ///
    /// [`Trouble::Control`].
    pub fn control_that(&self, what: &str, good: bool) -> Result<(), Trouble> {
        if good { Ok(()) } else { Err(Trouble::Control(what.to_owned())) }
    }

    /// Lets time pass. Notes the variant as not tried, and says `false`, if it does not.
    pub async fn passes(&mut self, seconds: i64, name: &str) -> bool {
        match self.target.pass(seconds).await {
            None => true,
            Some(why) => {
                self.not_tried(name, why);
                false
            }
        }
    }

    /// Judges the answer to a variant. `reasons` are those that the server's log may give; none: whatever it says.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn refused(
        &mut self,
        name: impl Into<String>,
        reply: &Reply,
        reasons: &[&str],
    ) -> Result<(), Trouble> {
        let name = name.into();
        if let Some(got) = gain(reply) {
            self.note(name, Outcome::Succeeded { got });
        } else if reply.status == 429 {
            self.not_tried(name, THROTTLED);
        } else if is_refusal(reply) {
            let said = self.log().await?;
            let odd = !reasons.is_empty()
                && !said.is_empty()
                && !said.iter().any(|reason| reasons.contains(&reason.as_str()));
            let log = if said.is_empty() { String::new() } else { format!("; log: {}", said.join(", ")) };
            let how = format!("{}{log}", reply.brief());
            // Refused, but nobody wrote down why: where a reason is expected and the log can be read, that is odd.
            let silent = !reasons.is_empty() && said.is_empty() && !self.read.is_empty();
            self.note(name, Outcome::Refused { how, odd: odd || silent });
        } else {
            let got = format!("an answer that refuses nothing: {} {:.200}", reply.brief(), reply.body);
            self.note(name, Outcome::Succeeded { got });
        }
        Ok(())
    }

    /// Reasons of the lines that the sign-in log has gained; none if it cannot be read.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn log(&mut self) -> Result<Vec<String>, Trouble> {
        let path = "/v1.0/auditLogs/signIns?$top=100";
        let reply = self.target.graph(Method::GET, path, None).await?;
        let mut reasons = Vec::new();
        for line in reply.json()["value"].as_array().into_iter().flatten() {
            let id = line["id"].as_str().unwrap_or_default().to_owned();
            let reason = line["passband_reason"].as_str().unwrap_or_default();
            if self.read.insert(id) && reason != "granted" && !reason.is_empty() {
                reasons.push(reason.to_owned());
            }
        }
        reasons.sort();
        reasons.dedup();
        Ok(reasons)
    }

    /// Reads the log up to here, so that what comes later stands apart.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`].
    pub async fn mark(&mut self) -> Result<(), Trouble> {
        self.log().await.map(|_| ())
    }
}

/// What an attacker has of this answer.
pub fn gain(reply: &Reply) -> Option<String> {
    if reply.status >= 500 {
        return Some(format!("made the server fail: {}", reply.brief()));
    }
    if reply.code().is_some() {
        return Some("an authorization code".to_owned());
    }
    if reply.cookies().any(|name| name.contains("session")) {
        return Some("a browser that is signed in".to_owned());
    }
    if !reply.is_ok() {
        return None;
    }
    let body = reply.json();
    if let Some(name) = GAINS.iter().find(|name| body[**name].is_string()) {
        return Some((*name).to_owned());
    }
    if body["Certificate"].is_object() {
        return Some("a device certificate".to_owned());
    }
    let parts: Vec<_> = reply.body.trim().split('.').collect();
    (parts.len() == 5 && parts[0].starts_with("ey")).then(|| "an encrypted answer".to_owned())
}

/// Whether an answer says no: an error, a page, or somewhere else to go, and nothing gained by it.
fn is_refusal(reply: &Reply) -> bool {
    let html = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok());
    let page = reply.status == 200 && html.is_some_and(|kind| kind.starts_with("text/html"));
    (300..500).contains(&reply.status) || page
}
