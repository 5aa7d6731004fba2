//! Signals: who is told of changes and how that fares, who may tell us, and forms for more of both.

use super::Admin;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use crate::pages::{Secret, When};
use askama::Template;

/// Where a receiver's stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverState {
    /// It does not want to hear of anything, and nothing is kept.
    Disabled,
    /// It wants nothing now, and what happens is kept.
    Paused,
    /// It asks for events.
    Poll,
    /// Events are sent to it.
    Push,
    /// It was let in, and has not made its stream.
    Unmade,
}

/// A receiver.
#[derive(Clone, Debug)]
pub struct ReceiverRow {
    /// Safe in a path.
    pub id: String,
    /// What administrators call it.
    pub name: String,
    /// Claim `aud` of its events.
    pub audience: String,
    /// The address it may have events sent to; empty for none.
    pub push_url: String,
    /// Its stream.
    pub state: ReceiverState,
    /// Why, as the receiver says.
    pub reason: String,
    /// Events that wait.
    pub waiting: u64,
    /// Events that found no room.
    pub dropped: u64,
    /// When one was last told.
    pub delivered: Option<When>,
    /// What went wrong since; empty for nothing.
    pub error: String,
}

/// Whoever may send us signals.
#[derive(Clone, Debug)]
pub struct TransmitterRow {
    /// Safe in a path.
    pub id: String,
    /// What administrators call it.
    pub name: String,
    /// Claim `iss` of its events.
    pub issuer: String,
    /// Where it sends them.
    pub endpoint: String,
    /// What it may do.
    pub may: Vec<&'static str>,
    /// When it was added.
    pub added: When,
}

/// A credential just made; the only time it is shown.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// Whose.
    pub name: String,
    /// The credential.
    pub credential: Secret,
    /// Where a receiver begins (SSF 1.0 §7).
    pub configuration: String,
}

/// `GET /admin/signals`, and what answers its forms with a credential or a refusal.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_signals.html")]
pub struct Signals {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Who is told.
    pub receivers: Vec<ReceiverRow>,
    /// Who may tell.
    pub transmitters: Vec<TransmitterRow>,
    /// A credential just made.
    pub made: Option<NewCredential>,
}

impl Signals {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "signals"
    }

    fn renew(&self, it: &ReceiverRow) -> Confirm {
        Confirm::new("New credential", format!("/admin/signals/receivers/{}/renew", it.id), &self.admin.csrf)
            .of(&it.name)
            .because("The credential it has stops working at once.")
    }

    fn shut_out(&self, it: &ReceiverRow) -> Confirm {
        Confirm::new("Delete", format!("/admin/signals/receivers/{}/delete", it.id), &self.admin.csrf)
            .of(&it.name)
            .because("It is told nothing any more, and what waits for it is gone.")
    }

    fn remove(&self, it: &TransmitterRow) -> Confirm {
        Confirm::new("Remove", format!("/admin/signals/transmitters/{}/delete", it.id), &self.admin.csrf)
            .of(&it.name)
            .because(
                "Nothing it sends is taken any more. What it has said of devices stays until it runs out.",
            )
    }
}
