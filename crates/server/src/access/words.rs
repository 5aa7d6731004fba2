//! What a person is told whom the policies stopped: what happened, what it means, what to do. Which policy it was stays
//! in the log: its name would tell a thief what is missing.

use super::Refused;
use crate::app::App;
use crate::pages::{self, ErrorPage, Link, Notice, When};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::reason::Reason;

struct Words {
    title: &'static str,
    meaning: &'static str,
    todo: &'static [&'static str],
}

/// The words for each reason that policies have.
const fn words(reason: Reason) -> Words {
    match reason {
        Reason::AccessMfaRequired | Reason::AccessStrength => Words {
            title: "This needs a stronger sign-in",
            meaning: "You are signed in, but your organisation asks for another way of signing in here.",
            todo: &[
                "Sign in with another passkey: one that is kept in your device or in a security key.",
                "If you have none that is accepted, ask your administrator.",
            ],
        },
        Reason::AccessSignInTooOld => Words {
            title: "Sign in again",
            meaning: "Your organisation asks for a newer sign-in here than yours.",
            todo: &["Sign in again, then go on."],
        },
        Reason::AccessDeviceNotCompliant => Words {
            title: "This device does not meet the rules",
            meaning: "Your organisation lets only devices in that it has checked, and this one is not known to be in order.",
            todo: &[
                "Use a device that your organisation manages.",
                "If this is one, install what is missing and try again in a few minutes, or ask your administrator.",
            ],
        },
        Reason::AccessDeviceNotJoined => Words {
            title: "This device does not belong to your organisation",
            meaning: "Only devices that your organisation has joined are let in here.",
            todo: &["Use a device of your organisation, or ask your administrator."],
        },
        Reason::AccessTokenUnbound => Words {
            title: "This needs your registered device",
            meaning: "Your organisation asks for a sign-in that only your own device can use, and this one could be copied.",
            todo: &[
                "Use the app on a registered device, whose sign-on service is running.",
                "If it is, ask your administrator.",
            ],
        },
        _ => Words {
            title: "You cannot get to this from here",
            meaning: "You are signed in, but a rule of your organisation does not let you in with this app, from this place or on this device.",
            todo: &[
                "Try again from your usual device and network.",
                "If you should have access, ask your administrator and tell them the code below.",
            ],
        },
    }
}

/// What the page that asks for a passkey says above its button.
pub fn notice(refused: &Refused) -> Notice {
    let Words { meaning, todo, .. } = words(refused.reason);
    Notice::refused(format!("{meaning} {}", todo.first().copied().unwrap_or_default()), refused.reason.code())
}

/// The page for somebody whom signing in would not help.
pub fn page(app: &App, refused: &Refused, next: Option<Link>) -> Response {
    let Words { title, meaning, todo } = words(refused.reason);
    let page = ErrorPage {
        title: title.to_owned(),
        meaning: meaning.to_owned(),
        todo: todo.iter().map(|&step| step.to_owned()).collect(),
        code: refused.reason.code().to_owned(),
        correlation_id: passband_wire::jose::jws::random_text::<9>(app.rng()),
        at: When(app.now()),
        next,
        band: None,
    };
    pages::reply(StatusCode::FORBIDDEN, &page, &pages::csp(&[]))
}
