//! The front door: one button, or the browser's own suggestion in the account field.

use super::part::{Legend, legend};
use super::{Band, Notice};
use askama::Template;
use serde_json::Value;

/// `GET /authorize` without a session, and `GET /sign-in?next=`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/sign_in.html")]
pub struct SignIn {
    /// The app that asked, by its display name; none for our own pages.
    pub app: Option<String>,
    /// Where "Use a Temporary Access Pass" leads: `/tap` with this page's address as `next`.
    pub tap_href: String,
    /// Where "Lost your passkey?" leads: `/recover` with this page's address as `next`.
    pub recover_href: String,
    /// What is proved so far. The page fills it as the chain closes.
    pub band: Band,
    /// Why the last attempt, or a presented PRT cookie, was refused.
    pub notice: Option<Notice>,
    /// What programs read of the page; none for browsers.
    pub contract: Option<Contract>,
}

impl SignIn {
    const fn legend(&self) -> Legend {
        legend()
    }
}

/// A step of the same that only programs see.
#[derive(Clone, Debug, Template)]
#[template(path = "page/for_programs.html")]
pub struct ForPrograms {
    /// What they read.
    pub contract: Contract,
}

impl ForPrograms {
    const fn legend(&self) -> Legend {
        legend()
    }
}

/// The `$Config` block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract(String);

impl Contract {
    /// The block with these members.
    #[must_use]
    pub fn of(members: &Value) -> Self {
        // Readers parse the page as HTML, so what is special there is written otherwise (prt.md §10.1). It also keeps
        // text of the request from ending the script.
        Self(members.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
    }

    /// Its JSON, which stands in a script that no browser runs: the content security policy forbids it.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_block_cannot_end_its_script() {
        let block = Contract::of(&json!({ "a": "</script>//]]>&x=1" }));
        assert!(!block.json().contains(['<', '>', '&']), "{}", block.json());
        let back: Value = serde_json::from_str(block.json()).unwrap();
        assert_eq!(back["a"], "</script>//]]>&x=1");
    }
}
