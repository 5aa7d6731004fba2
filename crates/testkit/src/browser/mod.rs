//! A real browser under test control: Debian's Chromium, headless, over the Chrome DevTools Protocol.
//!
//! Flow: (1) [`Chromium::shared`] starts one browser for all tests that run at the time; (2) [`Window::open`] gives a
//! test a profile of its own in it (cookies, storage), gone when the window is dropped; (3) a [`Page`] is driven with
//! real input events; (4) an [`Authenticator`] makes its WebAuthn ceremonies (protocol domain `WebAuthn`).
//!
//! Nothing waits for a time, only for an event or a condition, and no longer than [`PATIENCE`]. A missing browser is an
//! error, never a skipped test.

mod connection;
mod page;
mod process;
mod watch;
mod webauthn;

pub use page::{Key, Navigation, Page, Window};
pub use process::Chromium;
pub use watch::{Problem, ProblemKind};
pub use webauthn::{Authenticator, Credential, Overrides, VirtualKind};

use std::time::Duration;

/// How long a condition may take to come true. Generous: two cores may be shared with a build.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Why the browser did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// There is no browser, or it does not start.
    #[error(
        "{program} does not start: {detail}. Install it (apt-get install chromium) or name another in PASSBAND_CHROMIUM"
    )]
    Start {
        /// What was run.
        program: String,
        /// What happened.
        detail: String,
    },
    /// The connection to the browser is gone.
    #[error("the connection to the browser ended: {0}")]
    Connection(String),
    /// The browser refused a command.
    #[error("{method}: {message}")]
    Command {
        /// The command.
        method: String,
        /// What the browser said.
        message: String,
    },
    /// A script of the test threw.
    #[error("script threw: {0}")]
    Script(String),
    /// A navigation failed.
    #[error("{url}: {reason}")]
    Navigation {
        /// Where to.
        url: String,
        /// The network error.
        reason: String,
    },
    /// Something did not come true in time.
    #[error("waited in vain for {what}; the page is {page}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// Address and text of the page at the end.
        page: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}
