//! What each policy said, as a line of the sign-in log keeps it: of those that applied, or would have. The others are
//! told anew from the facts when somebody asks.

use crate::id::AccessPolicyId;
use crate::policy::access::model::Policy;
use crate::policy::access::verdict::{
    Condition, Conditions, Control, Controls, Outcome, PolicyResult, Said, TokenProtection, Verdict,
};
use serde::{Deserialize, Serialize};

/// What one policy said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldPolicy {
    /// Graph `id`.
    #[serde(rename = "i")]
    pub id: AccessPolicyId,
    /// Graph `displayName`, as it was.
    #[serde(rename = "n")]
    pub name: String,
    #[serde(rename = "r")]
    result: u8,
    #[serde(rename = "a", default, skip_serializing_if = "is_zero")]
    asked: u16,
    #[serde(rename = "s", default, skip_serializing_if = "is_zero")]
    satisfied: u16,
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    conditions: u16,
    #[serde(rename = "h", default, skip_serializing_if = "is_zero")]
    hinted: u16,
    /// The name of the strength it asks for.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<String>,
    /// Session controls that refuse nothing: 1 persistent browser, 2 continuous access evaluation.
    #[serde(rename = "l", default, skip_serializing_if = "is_zero")]
    limits: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(n: &u16) -> bool {
    *n == 0
}

/// What they said together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Each that applied, or would have, in the order of the set.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ToldPolicy>,
    /// Whether what was presented is bound to a key; else the code that says why not.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    unbound: Option<u16>,
    #[serde(rename = "f", default, skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
}

/// The conditions that a policy sets.
fn set(policy: &Policy) -> Conditions {
    let it = &policy.conditions;
    let optional = [
        (!it.client_apps.is_empty(), Condition::ClientApps),
        (it.platforms.is_some(), Condition::Platforms),
        (it.devices.is_some(), Condition::Devices),
        (it.locations.is_some(), Condition::Locations),
        (it.flows.is_some(), Condition::Flows),
        (it.binding.is_some(), Condition::SessionBinding),
    ];
    let always = Conditions::NONE.with(Condition::Users).with(Condition::Applications);
    optional.into_iter().filter(|(is, _)| *is).fold(always, |all, (_, one)| all.with(one))
}

impl ToldPolicy {
    fn of(said: &Said<'_>) -> Option<Self> {
        let silent = [PolicyResult::NotApplied, PolicyResult::ReportOnlyNotApplied];
        if silent.contains(&said.result) {
            return None;
        }
        let session = &said.policy.session;
        Some(Self {
            id: said.policy.id,
            name: said.policy.name.clone(),
            result: said.result.to_u8(),
            asked: said.asked.bits(),
            satisfied: said.satisfied.bits(),
            conditions: set(said.policy).bits(),
            hinted: said.hinted.bits(),
            strength: said.strength.map(|it| it.name.clone()),
            limits: u16::from(session.persistent_browser.is_some())
                | u16::from(session.continuous_evaluation.is_some()) << 1,
        })
    }

    /// What came of it.
    #[must_use]
    pub fn result(&self) -> PolicyResult {
        PolicyResult::from_u8(self.result).unwrap_or(PolicyResult::NotApplied)
    }

    /// The controls it asked for.
    #[must_use]
    pub const fn asked(&self) -> Controls {
        Controls::from_bits(self.asked)
    }

    /// What it asked for and was not there.
    #[must_use]
    pub const fn missing(&self) -> Controls {
        self.asked().without(Controls::from_bits(self.satisfied))
    }

    /// The conditions it set; all of them matched.
    #[must_use]
    pub const fn conditions(&self) -> Conditions {
        Conditions::from_bits(self.conditions)
    }

    /// The conditions that matched by what the user agent said of itself.
    #[must_use]
    pub const fn hinted(&self) -> Conditions {
        Conditions::from_bits(self.hinted)
    }

    /// Graph `enforcedGrantControls`.
    #[must_use]
    pub fn grant_controls(&self) -> Vec<&'static str> {
        self.asked().iter().filter(|it| !it.is_session()).map(Control::name).collect()
    }

    /// Graph `enforcedSessionControls`.
    #[must_use]
    pub fn session_controls(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.asked().iter().filter(|it| it.is_session()).map(Control::name).collect();
        let silent = [(1, "PersistentBrowserSessionMode"), (2, "ContinuousAccessEvaluation")];
        names.extend(silent.iter().filter(|(bit, _)| self.limits & bit != 0).map(|(_, name)| *name));
        names
    }
}

impl Told {
    /// What is kept of a verdict.
    #[must_use]
    pub fn of(verdict: &Verdict<'_>) -> Self {
        Self {
            policies: verdict.said.iter().filter_map(ToldPolicy::of).collect(),
            unbound: verdict.protection.code,
            failed: !matches!(verdict.outcome, Outcome::Permit(_)),
        }
    }

    /// The text of a column.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the text of a column; `None` where conditional access was not asked.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Graph `conditionalAccessStatus`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.failed {
            true => "failure",
            false if self.policies.iter().any(|it| it.result() == PolicyResult::Success) => "success",
            false => "notApplied",
        }
    }

    /// Graph `tokenProtectionStatusDetails`.
    #[must_use]
    pub const fn protection(&self) -> TokenProtection {
        match self.unbound {
            None => TokenProtection { status: "bound", code: None },
            code => TokenProtection { status: "unbound", code },
        }
    }
}
