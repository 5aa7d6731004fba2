//! What conditional access said of a line of the sign-in log, told: which policies applied, what was missing, and what
//! would have let the person in.

use crate::pages::Step;
use passband_core::audit::SignIn;
use passband_core::audit::noted::Noted;
use passband_core::audit::said::{Told, ToldPolicy};
use passband_core::policy::access::verdict::{Control, Controls, PolicyResult};

/// The steps of a story; none where no policy applied.
pub fn steps(line: &SignIn) -> Vec<Step> {
    let Some(told) = Told::from_text(&line.said) else { return Vec::new() };
    let mut steps = self::told(&told);
    // A hint decided something, and whoever writes a request chooses what its user agent says.
    if told.policies.iter().any(|policy| !policy.hinted().is_empty()) {
        let platform = Noted::from_text(&line.facts).and_then(|noted| noted.platform());
        let named = platform.map_or("none that is known", |(platform, _)| platform.name());
        let text = format!("Platform: {named}, by the word of the browser alone.");
        steps.push(Step { text, held: false });
    }
    steps
}

/// What the policies that applied came to, and what would have let the person in.
pub fn told(told: &Told) -> Vec<Step> {
    let mut steps: Vec<_> = told.policies.iter().map(step).collect();
    let missing = told
        .policies
        .iter()
        .filter(|policy| stands_in_the_way(policy))
        .fold(Controls::NONE, |all, policy| all.and(policy.missing()));
    if !missing.is_empty() {
        steps.push(Step { text: format!("What would have let them in: {}.", cure(missing)), held: false });
    }
    steps
}

fn stands_in_the_way(policy: &ToldPolicy) -> bool {
    matches!(policy.result(), PolicyResult::Failure | PolicyResult::UserActionRequired)
}

fn step(policy: &ToldPolicy) -> Step {
    let name = &policy.name;
    let asks = words(policy.asked());
    let lacks = words(policy.missing());
    let held = !stands_in_the_way(policy);
    let text = match policy.result() {
        PolicyResult::Success if policy.asked().is_empty() => format!("Policy {name}: applied."),
        PolicyResult::Success => format!("Policy {name}: asked for {asks}, and had it."),
        PolicyResult::Failure if policy.asked().has(Control::Block) => format!("Policy {name}: blocks this."),
        PolicyResult::Failure | PolicyResult::UserActionRequired => {
            format!("Policy {name}: asked for {asks}; missing: {lacks}.")
        }
        PolicyResult::ReportOnlySuccess => format!("Policy {name} (report-only): would have let this pass."),
        PolicyResult::ReportOnlyFailure => {
            format!("Policy {name} (report-only): would have refused; missing: {lacks}.")
        }
        PolicyResult::ReportOnlyInterrupted => {
            format!("Policy {name} (report-only): would have asked to sign in again; missing: {lacks}.")
        }
        PolicyResult::NotApplied | PolicyResult::ReportOnlyNotApplied => {
            format!("Policy {name}: did not apply.")
        }
    };
    Step { text, held }
}

const fn word(control: Control) -> &'static str {
    match control {
        Control::Block => "nothing: it blocks",
        Control::Mfa => "multifactor authentication",
        Control::Strength => "an authentication strength",
        Control::CompliantDevice => "a compliant device",
        Control::DomainJoinedDevice => "a hybrid joined device",
        Control::SignInFrequency => "a newer sign-in",
        Control::TokenProtection => "a session bound to a device's key",
        Control::Unread => "something that could not be read",
    }
}

fn words(controls: Controls) -> String {
    let all: Vec<_> = controls.iter().map(word).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

fn cure(missing: Controls) -> String {
    let one = |control| match control {
        Control::Block => "being outside of what the policy blocks: another person, app, place or device",
        Control::Mfa => "a passkey that verifies its user",
        Control::Strength => "a passkey that the strength takes",
        Control::CompliantDevice => "a registered device that is reported compliant",
        Control::DomainJoinedDevice => "a hybrid joined device",
        Control::SignInFrequency => "signing in again",
        Control::TokenProtection => "the same through the broker of a registered device",
        Control::Unread => "what the policy asks for",
    };
    missing.iter().map(one).collect::<Vec<_>>().join("; and ")
}
