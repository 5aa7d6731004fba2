//! Two tiny apps that only speak OpenID Connect, for the demo: something to be signed in to.

use super::Band;
use super::part::{Legend, legend};
use askama::Template;

/// Which of the two it is; they differ in name and face, so that single sign-on can be seen to cross over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// The first app.
    Tasks,
    /// The second app.
    Notes,
}

impl SampleKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Notes => "Notes",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Notes => "notes",
        }
    }
}

/// One claim of the ID token.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name in the token.
    pub name: String,
    /// Its value as JSON text or plain text.
    pub value: String,
    /// What it says, in words; empty when the name says it all.
    pub meaning: String,
}

/// What the app knows once somebody signed in.
#[derive(Clone, Debug)]
pub struct SampleSignedIn {
    /// Their display name.
    pub name: String,
    /// The claims of the ID token.
    pub claims: Vec<Claim>,
    /// The chain behind the token.
    pub band: Band,
    /// How it went, in words: "without a prompt, from the Primary Refresh Token of alice-laptop".
    pub how: String,
    /// Where "Sign out" leads.
    pub sign_out_href: String,
}

/// Either sample app, signed in or not.
#[derive(Clone, Debug, Template)]
#[template(path = "page/sample_app.html")]
pub struct SampleApp {
    /// Which app.
    pub app: SampleKind,
    /// Where its sign-in starts.
    pub sign_in_href: String,
    /// The address of the other app, to see single sign-on.
    pub other_href: String,
    /// Who is signed in, if anybody.
    pub signed_in: Option<SampleSignedIn>,
    /// What went wrong with the last sign-in, in words.
    pub problem: Option<String>,
}

impl SampleApp {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn other(&self) -> &'static str {
        match self.app {
            SampleKind::Tasks => SampleKind::Notes.name(),
            SampleKind::Notes => SampleKind::Tasks.name(),
        }
    }
}
