//! A line of the sign-in log, told: what was asked, what was proved, what was decided.

use super::{bands, policies, rows};
use crate::pages::{Link, SignInResult, SignInRow, Step, When};
use passband_core::audit::{SignIn, SignInKind};
use passband_core::policy::signal::{Binding, Factors};

/// A line as a row with its story.
pub fn row(line: &SignIn) -> SignInRow {
    let granted = line.reason.is_granted();
    let words = |text: &str| if granted { String::new() } else { text.to_owned() };
    SignInRow {
        at: When(line.at),
        who: line.user.map(|id| Link { href: format!("/admin/users/{id}"), text: who(line) }),
        app: if line.app_name.is_empty() { "Passband".to_owned() } else { line.app_name.clone() },
        device: line.device.map(|id| named(&line.device_name, &id)),
        factors: vec![presented(line.kind).to_owned()],
        is_interactive: line.kind.is_interactive(),
        result: if granted { SignInResult::Allowed } else { SignInResult::Refused },
        code: words(line.reason.code()),
        reason: words(line.reason.meaning()),
        action: words(line.reason.action()),
        band: bands::sign_in(line),
        correlation_id: line.id.to_string(),
        ip: line.ip.clone(),
        agent: rows::browser(&line.agent),
        story: story(line),
    }
}

fn who(line: &SignIn) -> String {
    line.user.map_or_else(String::new, |id| named(&line.upn, &id))
}

/// A name, or the id where the name was not established.
fn named(name: &str, id: &dyn std::fmt::Display) -> String {
    if name.is_empty() { id.to_string() } else { name.to_owned() }
}

/// What was presented, in a word or two.
const fn presented(kind: SignInKind) -> &'static str {
    match kind {
        SignInKind::Authorize => "session in this browser",
        SignInKind::Code => "authorization code",
        SignInKind::DeviceCode => "device code",
        SignInKind::DeviceRegistration => "device registration",
        SignInKind::HelloKeyRegistration => "new Hello key",
        SignInKind::HelloKey => "Hello key",
        SignInKind::Passkey => "passkey",
        SignInKind::PasskeyRegistration => "new passkey",
        SignInKind::PrtCookie => "PRT cookie",
        SignInKind::PrtIssue => "sign-in on a device",
        SignInKind::PrtRenewal => "PRT renewal",
        SignInKind::PrtToken => "PRT",
        SignInKind::Refresh => "refresh token",
        SignInKind::Page => "session in this browser",
        SignInKind::AccessToken => "access token",
        SignInKind::TemporaryAccessPass => "Temporary Access Pass",
        SignInKind::RecoveryCode => "recovery code",
    }
}

const fn asked(kind: SignInKind) -> &'static str {
    match kind {
        SignInKind::Authorize => "An app sent its user here, to be signed in by the session of the browser",
        SignInKind::DeviceCode => "A program without a browser was to be let in by its device code",
        SignInKind::Code => "An app redeemed an authorization code for tokens",
        SignInKind::DeviceRegistration => "A device asked for an identity",
        SignInKind::HelloKeyRegistration => "A device asked to register a Hello key for the person on it",
        SignInKind::HelloKey => {
            "A device asked for a Primary Refresh Token with a Hello key of the person on it"
        }
        SignInKind::Passkey => "A browser asked to sign in with a passkey",
        SignInKind::PasskeyRegistration => "A browser asked to register a passkey",
        SignInKind::PrtCookie => {
            "A browser showed a Primary Refresh Token, signed by its device, to be signed in"
        }
        SignInKind::PrtIssue => "A device asked for a Primary Refresh Token after a sign-in",
        SignInKind::PrtRenewal => "A device asked to renew its Primary Refresh Token",
        SignInKind::PrtToken => "A device asked for an app's token with its Primary Refresh Token",
        SignInKind::Refresh => "An app asked for new tokens with its refresh token",
        SignInKind::Page => "Somebody opened a page of this server",
        SignInKind::AccessToken => "An app showed an access token, to learn whether it is still good",
        SignInKind::RecoveryCode => "A browser asked to be let in with a recovery code",
        SignInKind::TemporaryAccessPass => "A browser asked to sign in with a Temporary Access Pass",
    }
}

fn story(line: &SignIn) -> Vec<Step> {
    let granted = line.reason.is_granted();
    let held = |text: String| Step { text, held: true };
    let mut steps = vec![held(format!("Asked: {}{}.", asked(line.kind), for_what(line)))];
    match line.user {
        // A name was typed or a token named somebody, and nothing was proved: that is not recognising anybody.
        Some(_) if !granted && line.factors == Factors::NONE => {
            let text = format!("Who: {} was named, and not proved.", who(line));
            steps.push(Step { text, held: false });
        }
        Some(_) => steps.push(held(format!("Who: {}.", who(line)))),
        None => steps.push(Step { text: "Who: nobody was recognised.".to_owned(), held: false }),
    }
    if let Some(device) = line.device {
        let name = named(&line.device_name, &device);
        steps.push(if granted && line.binding != Binding::None {
            held(format!("Device: {name}, and its key signed."))
        } else if granted {
            held(format!("Device: {name}."))
        } else {
            // The request names it; whether it was really there is part of what was refused.
            Step { text: format!("Device: {name}, as the request says."), held: false }
        });
    }
    if let Some(proved) = proved(line.factors) {
        steps.push(held(format!("Proved at sign-in: {proved}.")));
    }
    if !line.detail.is_empty() {
        steps.push(Step { text: format!("Passkey policy: {}.", line.detail), held: granted });
    }
    steps.extend(policies::steps(line));
    steps.push(if granted {
        held(format!("Decided: granted. {}", bound(line)))
    } else {
        Step { text: "Decided: refused, for the reason above.".to_owned(), held: false }
    });
    steps
}

fn for_what(line: &SignIn) -> String {
    match (line.app_name.as_str(), line.resource.as_str()) {
        ("", "") => String::new(),
        (app, "") => format!(", for {app}"),
        ("", resource) => format!(", for {resource}"),
        (app, resource) => format!(", for {app} and the resource {resource}"),
    }
}

fn proved(factors: Factors) -> Option<String> {
    let table = [
        (Factors::PASSKEY_DEVICE_BOUND, "a passkey that stays on its device"),
        (Factors::PASSKEY_SYNCED, "a passkey that is synced between devices"),
        (Factors::USER_VERIFIED, "its owner checked by PIN, fingerprint or face"),
        (Factors::TEMPORARY_ACCESS_PASS, "a Temporary Access Pass"),
        (Factors::RECOVERY_CODE, "a recovery code"),
        (Factors::SETUP_LINK, "the set-up link"),
        (Factors::HELLO_KEY, "a Hello key, released for a gesture that nothing proves"),
        (Factors::DEVICE_KEY, "the device's key"),
    ];
    let words: Vec<_> = table.iter().filter(|(f, _)| factors.contains(*f)).map(|(_, text)| *text).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

const fn bound(line: &SignIn) -> &'static str {
    match (line.binding, line.kind) {
        (_, SignInKind::DeviceRegistration) => "The device has its identity and a certificate for its key.",
        (Binding::None, _) => "What was given can be used without a device's key, until it ends.",
        (Binding::SoftwareKey, _) => {
            "What was given is useless without the device's key, which software keeps."
        }
        (Binding::HardwareKey, _) => {
            "What was given is useless without the device's key, which hardware keeps."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_core::id::{DeviceId, SessionId, SignInId, UserId};
    use passband_core::reason::Reason;
    use passband_core::time::Timestamp;

    fn line(kind: SignInKind, reason: Reason) -> SignIn {
        SignIn {
            id: SignInId::from_bytes([9; 16]),
            at: Timestamp(1_800_000_000),
            kind,
            reason,
            user: Some(UserId::from_bytes([1; 16])),
            upn: "ada@localhost".to_owned(),
            app: None,
            app_name: "Tasks".to_owned(),
            resource: "api://tasks".to_owned(),
            device: Some(DeviceId::from_bytes([2; 16])),
            device_name: "ada-laptop".to_owned(),
            session: Some(SessionId::from_bytes([3; 16])),
            factors: Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED).and(Factors::DEVICE_KEY),
            binding: Binding::SoftwareKey,
            ip: "192.0.2.1".to_owned(),
            agent: String::new(),
            detail: String::new(),
            facts: String::new(),
            said: String::new(),
        }
    }

    #[test]
    fn every_decision_is_told_from_question_to_answer() {
        for kind in SignInKind::ALL {
            for reason in [Reason::Granted, Reason::NonceReplayed] {
                let row = row(&line(kind, reason));
                let (first, last) = (row.story.first().unwrap(), row.story.last().unwrap());
                assert!(first.text.starts_with("Asked: ") && first.text.contains("Tasks"), "{first:?}");
                assert_eq!(last.held, reason.is_granted());
                assert_eq!(row.reason == reason.meaning(), !reason.is_granted(), "{last:?}");
                assert_eq!(last.text.contains("granted"), reason.is_granted(), "{last:?}");
                assert_eq!(row.action.is_empty(), reason.is_granted());
                assert_eq!(row.correlation_id, "09090909-0909-0909-0909-090909090909");
            }
        }
    }

    #[test]
    fn a_name_alone_recognises_nobody() {
        let named =
            SignIn { factors: Factors::NONE, ..line(SignInKind::TemporaryAccessPass, Reason::TapWrong) };
        let step = row(&named).story.into_iter().find(|step| step.text.starts_with("Who: ")).unwrap();
        assert!(!step.held && step.text.contains("not proved"), "{step:?}");
    }

    #[test]
    fn a_stranger_is_called_one() {
        let nobody = SignIn {
            user: None,
            upn: String::new(),
            device: None,
            factors: Factors::NONE,
            ..line(SignInKind::Passkey, Reason::PasskeyUnknown)
        };
        let row = row(&nobody);
        assert!(row.who.is_none() && row.device.is_none());
        assert!(row.story.iter().any(|step| !step.held && step.text.contains("nobody was recognised")));
    }
}
