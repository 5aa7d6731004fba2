//! Answers that several pages share: what was done, and what is not there or not allowed.

use crate::app::App;
use crate::pages::{self, ErrorPage, Link, Notice, When};
use crate::routes::session::{see_other, unavailable};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use passband_core::directory::{Role, Roles};
use passband_core::manage::Permission;
use passband_core::rng;
use passband_store::{CommitError, StoreError};
use passband_wire::b64;
use std::sync::Arc;

/// Why a handler went no further, as it is told to the person.
#[derive(Debug)]
pub struct Stop(Box<Response>);

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            // The one part of an address that the store reads: a person has shortened it, or followed an old link.
            StoreError::Cursor => {
                (StatusCode::BAD_REQUEST, "There is no such page of this list.\n").into_response()
            }
            error => unavailable(&error),
        }
        .into()
    }
}

impl From<CommitError> for Stop {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => {
                let text =
                    "Somebody else changed this at the same moment. Go back and load the page again.\n";
                (StatusCode::CONFLICT, text).into_response().into()
            }
            CommitError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

macro_rules! done {
    ($($variant:ident $code:literal $text:literal;)*) => {
        /// What a form has done, for the page shown next.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Done {
            $(#[doc = $text] $variant,)*
        }

        impl Done {
            const ALL: &[Self] = &[$(Self::$variant,)*];

            const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

done! {
    AccessBack "access-back" "The policy is as it was in that version, under a new number. It holds from the next token on.";
    AccessDeleted "access-deleted" "Policy deleted. It is not asked any more, and can be restored below.";
    AccessSaved "access-saved" "Policy saved. It holds from the next token on.";
    AccessSwitched "access-switched" "Policy switched. It holds from the next token on.";
    AlarmAcknowledged "alarm-acknowledged" "Noted. It stays in the audit log.";
    AppDeleted "app-deleted" "App deleted.";
    AppDisabled "app-disabled" "App disabled.";
    AppEnabled "app-enabled" "App enabled.";
    DeviceDeleted "device-deleted" "Device deleted. Its certificate and everything signed in on it have ended.";
    DeviceDisabled "device-disabled" "Device disabled.";
    DeviceEnabled "device-enabled" "Device enabled.";
    HelloKeyRemoved "hello-key-removed" "Hello key removed. What it signed in has ended.";
    KeysRotated "keys-rotated" "Keys rotated. What the retired key signed stays good until it expires.";
    PasskeyRemoved "passkey-removed" "Passkey removed.";
    PasskeyRenamed "passkey-renamed" "Passkey renamed.";
    PersonBreakGlass "person-break-glass" "Marked for emergencies: every sign-in to this account raises an alarm from now on.";
    PolicyChanged "policy-changed" "Passkey policy changed. It holds from the next sign-in on.";
    PersonDeleted "person-deleted" "Person deleted, with passkeys, devices and sessions.";
    PersonDisabled "person-disabled" "Person disabled. Their sessions have ended.";
    PersonEnabled "person-enabled" "Person enabled.";
    PersonOrdinary "person-ordinary" "An ordinary account again.";
    ReceiverDeleted "receiver-deleted" "Receiver deleted, with all that waited for it.";
    RoleGiven "role-given" "Role given. Passes they had have ended.";
    RoleTaken "role-taken" "Role taken away.";
    SessionEnded "session-ended" "Session ended.";
    SessionsEnded "sessions-ended" "Every session has ended.";
    TransmitterAdded "transmitter-added" "Transmitter added. Give it its address below.";
    TransmitterDeleted "transmitter-deleted" "Transmitter removed. Nothing it sends is taken any more.";
}

impl Done {
    /// On to a page that says so. The text is not in the address, so nobody can put words into our page.
    pub fn at(self, page: &str) -> Response {
        see_other(&format!("{page}?done={}", self.code()))
    }

    /// The notice for a `done` that an address names; none for any other text.
    pub fn notice(code: &str) -> Option<Notice> {
        Self::ALL.iter().find(|done| done.code() == code).map(|done| Notice::done(done.text()))
    }
}

fn page(app: &App, status: StatusCode, (title, meaning, todo): (&str, &str, &str)) -> Response {
    let page = ErrorPage {
        title: title.to_owned(),
        meaning: meaning.to_owned(),
        todo: vec![todo.to_owned()],
        code: String::new(),
        correlation_id: b64::encode(rng::bytes::<9>(app.rng())),
        at: When(app.now()),
        next: Some(Link { href: "/account".to_owned(), text: "To your account".to_owned() }),
        band: None,
    };
    tracing::info!(status = status.as_u16(), correlation = page.correlation_id, "a page was refused");
    pages::reply(status, &page, &pages::csp(&[]))
}

/// No such page, or nothing there that this person may see.
pub fn not_found(app: &App) -> Response {
    let words = (
        "There is nothing here",
        "The address is wrong, or what was here has been removed.",
        "Check the address, or go back and load the page again.",
    );
    page(app, StatusCode::NOT_FOUND, words)
}

/// For administrators only.
pub fn forbidden(app: &App) -> Response {
    let words = (
        "This page is for administrators",
        "You are signed in, and your account does not administer this server.",
        "If it should, ask an administrator to make you one.",
    );
    page(app, StatusCode::FORBIDDEN, words)
}

/// For administrators with another role.
pub fn role_missing(app: &App, permission: Permission, held: Roles) -> Response {
    let who: Roles = Role::ALL.into_iter().filter(|role| permission.is_of(*role)).collect();
    let words = (
        "No role of yours lets you do this",
        &*format!(
            "You are {}. To {} takes one of these roles: {}.",
            held.names(),
            permission.what(),
            who.names()
        ),
        "If you should be able to do it, ask a Global Administrator for the role.",
    );
    page(app, StatusCode::FORBIDDEN, words)
}

/// An account that may do more than whoever wants to act on it.
pub fn above_you(app: &App) -> Response {
    let words = (
        "This account may do more than you",
        "Whoever acts on an account could take it over, so nobody may act on one that may do more than they.",
        "Ask a Global Administrator to do it.",
    );
    page(app, StatusCode::FORBIDDEN, words)
}

/// An alarm that somebody else has to acknowledge.
pub fn not_yours_to_acknowledge(app: &App) -> Response {
    let words = (
        "Somebody else has to acknowledge this",
        "The sign-in you are using may be the one the alarm is about, so it cannot take the alarm away.",
        "Sign in with a passkey that is older than the alarm; for an account for emergencies, with another account.",
    );
    page(app, StatusCode::FORBIDDEN, words)
}

/// A form that no page of ours made for this session.
pub fn forged(app: &App) -> Response {
    let words = (
        "This form could not be accepted",
        "It was not made by a page of this server for your present session. Nothing was changed.",
        "Go back, load the page again, and repeat what you wanted to do.",
    );
    page(app, StatusCode::FORBIDDEN, words)
}

/// Any address that no route knows: a page for a browser, a line for a program.
pub async fn nowhere(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        return not_found(&app);
    }
    (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_only_name_what_we_say() {
        for done in Done::ALL {
            assert_eq!(Done::notice(done.code()).unwrap().text, done.text());
        }
        assert!(Done::notice("").is_none() && Done::notice("your account was hacked, call ...").is_none());
    }
}
