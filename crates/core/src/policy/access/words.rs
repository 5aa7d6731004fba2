//! A verdict in the words of the log, of an administrator, and of the person it is about.

use super::facts::Truth;
use super::model::{Frequency, Operator, Policy};
use super::strength::Strength;
use super::verdict::{Condition, Control, Controls, PolicyResult, Said, Verdict};
use passband_wire::time::Seconds;
use serde_json::{Value, json};

impl Said<'_> {
    /// What the policy said as the sign-in log shows it (Graph beta, `appliedConditionalAccessPolicy`), with the reasons
    /// under names of ours.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let names = |controls: Controls, session: bool| {
            let of = controls.iter().filter(|control| control.is_session() == session);
            of.map(Control::name).collect::<Vec<_>>()
        };
        let conditions = |is: fn(&Self, Condition) -> bool| {
            let of = Condition::ALL.into_iter().filter(|condition| is(self, *condition));
            of.map(Condition::name).collect::<Vec<_>>().join(",")
        };
        json!({
            "id": self.policy.id.to_string(),
            "displayName": self.policy.name,
            "result": self.result.graph_name(),
            "conditionsSatisfied": conditions(|it, one| !it.unmatched.has(one) && !it.unknown.has(one)),
            "conditionsNotSatisfied": conditions(|it, one| it.unmatched.has(one)),
            "enforcedGrantControls": names(self.asked, false),
            "enforcedSessionControls": names(self.asked, true),
            "sessionControlsNotSatisfied": names(self.missing(), true),
            "passband_grantControlsNotSatisfied": names(self.missing(), false),
            "passband_conditionsUnknown": conditions(|it, one| it.unknown.has(one)),
            "passband_conditionsHinted": conditions(|it, one| it.hinted.has(one)),
            "passband_explanation": self.explanation(),
        })
    }

    /// In a sentence or two, for an administrator: what the policy said, why, and what would have satisfied it.
    #[must_use]
    pub fn explanation(&self) -> String {
        let name = &self.policy.name;
        let text = match self.result {
            PolicyResult::NotApplied | PolicyResult::ReportOnlyNotApplied => {
                let why: Vec<_> = self.unmatched.iter().map(not_matched).collect();
                format!("“{name}” did not apply: {}.", why.join("; "))
            }
            PolicyResult::Success if self.asked.is_empty() => {
                format!("“{name}” applied and asked for nothing.")
            }
            PolicyResult::Success => format!("“{name}” applied and was satisfied."),
            PolicyResult::ReportOnlySuccess => format!("“{name}” (report-only) would have been satisfied."),
            PolicyResult::Failure => format!("“{name}” refused. {}", self.remedy()),
            PolicyResult::UserActionRequired => format!("“{name}” asked for more. {}", self.remedy()),
            PolicyResult::ReportOnlyFailure => {
                format!("“{name}” (report-only) would have refused. {}", self.remedy())
            }
            PolicyResult::ReportOnlyInterrupted => {
                format!("“{name}” (report-only) would have asked for more. {}", self.remedy())
            }
        };
        let unknown: Vec<_> = self.unknown.iter().map(Condition::property).collect();
        match (unknown.as_slice(), self.applies) {
            ([], _) | (_, Truth::No) => text,
            (some, _) => {
                format!("{text} Whether it applies could not be told ({}), so it did.", some.join(", "))
            }
        }
    }

    /// What would have satisfied it: `It asks for a compliant device.`
    #[must_use]
    pub fn remedy(&self) -> String {
        let missing = self.blocking();
        if missing.has(Control::Block) {
            return "It blocks; only what it does not apply to gets through.".to_owned();
        }
        let wants = |session: bool| {
            let of = missing.iter().filter(move |control| control.is_session() == session);
            of.map(|control| self.want(control)).collect::<Vec<_>>()
        };
        let joined = match self.policy.grant.operator {
            Operator::And => " and ",
            Operator::Or => " or ",
        };
        let grants = Some(wants(false).join(joined)).filter(|text| !text.is_empty());
        let all: Vec<_> = grants.into_iter().chain(wants(true)).collect();
        format!("It asks for {}.", all.join(", and "))
    }

    fn want(&self, control: Control) -> String {
        match control {
            Control::Block => "nothing that could be given".to_owned(),
            Control::Mfa => "a sign-in with a passkey".to_owned(),
            Control::Strength => strength(self.strength),
            Control::CompliantDevice => "a registered device that is reported as compliant".to_owned(),
            Control::DomainJoinedDevice => "a hybrid joined device".to_owned(),
            Control::SignInFrequency => frequency(self.policy),
            Control::TokenProtection => {
                "a request signed by the key of a registered device’s session".to_owned()
            }
            Control::Unread => "something that could not be read".to_owned(),
        }
    }
}

const fn not_matched(condition: Condition) -> &'static str {
    match condition {
        Condition::Users => "it is not about this person",
        Condition::Applications => "it is not about this application or action",
        Condition::ClientApps => "it is about other kinds of program",
        Condition::Platforms => "it is about other platforms",
        Condition::Devices => "its filter leaves this device out",
        Condition::Locations => "it is about other places",
        Condition::Flows => "it is about another way of signing in",
        Condition::SessionBinding => "it is about sessions bound otherwise",
        Condition::Unread => "a condition of it could not be read",
    }
}

fn strength(strength: Option<&Strength>) -> String {
    match strength {
        Some(strength) => format!("a sign-in that satisfies the authentication strength “{}”", strength.name),
        None => "an authentication strength that does not exist any more".to_owned(),
    }
}

fn frequency(policy: &Policy) -> String {
    match policy.session.frequency {
        Some(Frequency::Hours(1)) => "a sign-in within the last hour".to_owned(),
        Some(Frequency::Hours(n)) => format!("a sign-in within the last {n} hours"),
        Some(Frequency::Days(1)) => "a sign-in within the last day".to_owned(),
        Some(Frequency::Days(n)) => format!("a sign-in within the last {n} days"),
        Some(Frequency::EveryTime) | None => "a sign-in within the last five minutes".to_owned(),
    }
}

/// What a person is told, without the name of a policy or what else it is about: that helps nobody but somebody who
/// stole the session. Empty if it was granted.
#[must_use]
pub fn for_person(verdict: &Verdict<'_>) -> String {
    let missing = verdict.in_the_way().fold(Controls::NONE, |all, said| all.and(said.blocking()));
    if missing.is_empty() {
        return String::new();
    }
    if missing.has(Control::Block) {
        return "Your organisation does not allow this from here. If you need it, ask your administrator."
            .to_owned();
    }
    let asks: Vec<_> = missing.iter().map(|control| ask(control, verdict.limits.frequency)).collect();
    format!("Your organisation asks for {} before you can have this.", asks.join(", and "))
}

fn ask(control: Control, frequency: Option<Seconds>) -> String {
    match control {
        Control::Block => "something that nobody can give".to_owned(),
        Control::Mfa => "a sign-in with your passkey".to_owned(),
        Control::Strength => "a sign-in with a stronger passkey, such as a security key".to_owned(),
        Control::CompliantDevice => "a device that meets its rules".to_owned(),
        Control::DomainJoinedDevice => "a device that is joined to its domain".to_owned(),
        Control::SignInFrequency => match frequency.map_or(0, |span| span.0 / 60) {
            ..=5 => "a new sign-in, made just now".to_owned(),
            minutes @ 6..=120 => format!("a sign-in of the last {minutes} minutes"),
            minutes @ 121..=2880 => format!("a sign-in of the last {} hours", minutes / 60),
            minutes => format!("a sign-in of the last {} days", minutes / 1440),
        },
        Control::TokenProtection => {
            "a device that is registered, with an app that signs in through it".to_owned()
        }
        Control::Unread => "something that nobody can name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::access::facts::{Fact, Proof};
    use crate::policy::access::strength::Methods;
    use crate::policy::access::{Facts, PolicySet, evaluate};
    use passband_wire::id::{AccessPolicyId, UserId};
    use passband_wire::time::Timestamp;

    fn set(controls: &Value, session: &Value) -> PolicySet {
        let document = json!({
            "displayName": "Office", "state": "enabled", "grantControls": controls, "sessionControls": session,
            "conditions": {
                "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            },
        });
        let policy = Policy::from_graph(&document, AccessPolicyId::from_bytes([1; 16]));
        PolicySet::compile(vec![policy.unwrap_or_else(|error| panic!("{error}"))], Vec::new(), Vec::new())
    }

    fn facts() -> Facts<'static> {
        let mut facts = Facts::nothing_about(UserId::from_bytes([2; 16]), Timestamp(1_800_000_000));
        facts.device = Fact::Known(None);
        facts.proof =
            Proof { methods: Fact::Known(Methods::NONE), at: Fact::Known(Timestamp(0)), ..Proof::default() };
        facts
    }

    #[test]
    fn each_control_says_what_would_have_been_enough() {
        let grant =
            |operator: &str, controls: &[&str]| json!({ "operator": operator, "builtInControls": controls });
        let strength = json!({
            "operator": "AND", "builtInControls": ["compliantDevice"],
            "authenticationStrength": { "id": "00000000-0000-0000-0000-000000000004" },
        });
        let hours = json!({ "signInFrequency": { "isEnabled": true, "value": 4, "type": "hours" } });
        let bound = json!({ "secureSignInSession": { "isEnabled": true } });
        for (controls, session, admin, person) in [
            (
                grant("OR", &["mfa", "compliantDevice"]),
                Value::Null,
                "“Office” asked for more. It asks for a sign-in with a passkey or a registered device that is reported \
                 as compliant.",
                "Your organisation asks for a sign-in with your passkey, and a device that meets its rules before you \
                 can have this.",
            ),
            (
                strength,
                hours.clone(),
                "“Office” refused. It asks for a sign-in that satisfies the authentication strength “Phishing-resistant \
                 MFA” and a registered device that is reported as compliant, and a sign-in within the last 4 hours.",
                "Your organisation asks for a sign-in with a stronger passkey, such as a security key, and a device \
                 that meets its rules, and a sign-in of the last 4 hours before you can have this.",
            ),
            (
                Value::Null,
                bound,
                "“Office” refused. It asks for a request signed by the key of a registered device’s session.",
                "Your organisation asks for a device that is registered, with an app that signs in through it before \
                 you can have this.",
            ),
            (
                grant("OR", &["block"]),
                Value::Null,
                "“Office” refused. It blocks; only what it does not apply to gets through.",
                "Your organisation does not allow this from here. If you need it, ask your administrator.",
            ),
        ] {
            let set = set(&controls, &session);
            let verdict = evaluate(&set, &facts());
            assert_eq!(verdict.said[0].explanation(), admin);
            assert_eq!(for_person(&verdict), person);
        }
    }

    #[test]
    fn the_log_names_conditions_and_controls_as_graph_does() {
        let controls = json!({ "operator": "AND", "builtInControls": ["mfa", "compliantDevice"] });
        let set = set(&controls, &json!({ "secureSignInSession": { "isEnabled": true } }));
        let mut facts = facts();
        facts.proof.methods = Fact::Known(Methods::from_modes(&[super::super::strength::Mode::Fido2]));
        let line = evaluate(&set, &facts).said[0].to_graph();
        assert_eq!(line["result"], "failure");
        assert_eq!(line["enforcedGrantControls"], json!(["Mfa", "RequireCompliantDevice"]));
        assert_eq!(line["passband_grantControlsNotSatisfied"], json!(["RequireCompliantDevice"]));
        assert_eq!(line["sessionControlsNotSatisfied"], json!(["SignInTokenProtection"]));
        assert_eq!(line["conditionsNotSatisfied"], "");
    }
}
