//! Reading what another service enforces. A planner cannot refuse an exported policy; nor may it read over what it does
//! not understand. So that becomes unknown: whether the policy applies, or whether what it asks for is there.

use super::policy::read;
use super::{DocumentError, Flaw, MAX_DOCUMENT, MAX_PROBLEMS, Problem, leniently};
use crate::policy::access::model::{Operator, Policy, State, Unread};
use crate::policy::access::verdict::{Condition, Conditions};
use passband_wire::id::AccessPolicyId;
use serde_json::Value;

const CONTEXTS: &str = "conditions.applications.includeAuthenticationContextClassReferences";

impl Policy {
    /// The policy of an exported document, and what was not understood of it. Whatever changes whom the policy is about
    /// or what it asks for is marked in [`Policy::unread`], so that its worst case is counted. Not marked are
    ///
    /// - session controls other than token protection: they change what a session may do, not whether there is one;
    /// - authentication contexts: an application may ask for one, plain access to a resource does not.
    ///
    /// Whether an export shows token protection at all depends on the edition of Graph it came through, which the caller
    /// knows: of v1.0, [`Unread::token_protection`] is to be set.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if it is no object, or larger than [`MAX_DOCUMENT`].
    pub fn from_graph_leniently(
        document: &Value,
        id: AccessPolicyId,
    ) -> Result<(Self, Vec<Problem>), DocumentError> {
        let (mut policy, problems) = leniently(document, MAX_DOCUMENT, |root| Some(read(root, id)))?;
        if policy.name.is_empty() {
            let name = document["displayName"].as_str().unwrap_or_default();
            policy.name = name.chars().filter(|c| !c.is_control()).take(super::MAX_NAME).collect();
        }
        for problem in &problems {
            let context = problem.flaw == Flaw::Missing && problems.iter().any(|it| it.path == CONTEXTS);
            if !(context && problem.path == "conditions.applications.includeApplications") {
                mark(&mut policy, problem);
            }
        }
        if problems.len() >= MAX_PROBLEMS {
            // The rest was not even told.
            let both = Conditions::NONE.with(Condition::Users).with(Condition::Applications);
            let all = Unread {
                include: both,
                exclude: both,
                conditions: true,
                grants: true,
                token_protection: true,
            };
            policy.unread = all;
        }
        Ok((policy, problems))
    }
}

fn mark(policy: &mut Policy, problem: &Problem) {
    // What contradicts itself by our reading was read all the same, and means what it meant to its writer.
    if matches!(problem.flaw, Flaw::Contradiction(_)) || problem.path == CONTEXTS {
        return;
    }
    let path: Vec<_> = problem.path.split(['.', '[']).collect();
    let unread = &mut policy.unread;
    match path.as_slice() {
        ["state", ..] => {
            policy.state = State::Enabled;
            unread.conditions = true;
        }
        ["deletedDateTime", ..] => policy.state = State::Disabled,
        ["partialEnablementStrategy", ..] => unread.conditions = true,
        ["conditions"] => {
            unread.include = unread.include.with(Condition::Users).with(Condition::Applications);
        }
        ["conditions", "users", rest @ ..] => two_sided(unread, Condition::Users, rest),
        ["conditions", "applications", rest @ ..] => two_sided(unread, Condition::Applications, rest),
        ["conditions", "locations", rest @ ..] => two_sided(unread, Condition::Locations, rest),
        ["conditions", "platforms", rest @ ..] => two_sided(unread, Condition::Platforms, rest),
        ["conditions", ..] => unread.conditions = true,
        ["grantControls", "operator", ..] => {
            policy.grant.operator = Operator::And;
            unread.grants = true;
        }
        ["grantControls", ..] => unread.grants = true,
        ["sessionControls"] | ["sessionControls", "secureSignInSession", ..] => {
            unread.token_protection = true
        }
        _ => {}
    }
}

/// Marks one side of a condition, or both if the property is of neither.
fn two_sided(unread: &mut Unread, condition: Condition, path: &[&str]) {
    let name = path.first().copied().unwrap_or_default();
    if !name.starts_with("exclude") {
        unread.include = unread.include.with(condition);
    }
    if !name.starts_with("include") {
        unread.exclude = unread.exclude.with(condition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::access::facts::{Fact, Proof, Target, Truth};
    use crate::policy::access::strength::{Methods, Mode};
    use crate::policy::access::verdict::PolicyResult;
    use crate::policy::access::{Facts, PolicySet, evaluate};
    use passband_wire::id::{ClientId, GroupId, UserId};
    use passband_wire::time::Timestamp;
    use serde_json::json;

    const APP: ClientId = ClientId::from_bytes([3; 16]);

    fn policy() -> Value {
        json!({
            "displayName": "P", "state": "enabled",
            "conditions": {
                "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            },
            "grantControls": { "operator": "OR", "builtInControls": ["mfa"] },
        })
    }

    /// What comes of a policy for somebody who signed in with a passkey on an unknown device, at worst and at best.
    fn ask(document: &Value) -> (Truth, PolicyResult, PolicyResult) {
        let (policy, _) =
            Policy::from_graph_leniently(document, AccessPolicyId::from_bytes([1; 16])).unwrap();
        let set = PolicySet::compile(vec![policy], Vec::new(), Vec::new());
        let mut facts = Facts::nothing_about(UserId::from_bytes([2; 16]), Timestamp(1_800_000_000));
        facts.person.groups = Fact::Known(&[]);
        facts.person.roles = Fact::Known(&[]);
        facts.person.guest = Fact::Known(None);
        facts.device = Fact::Known(None);
        facts.target = Target { apps: &[APP], ..Target::default() };
        facts.proof = Proof { methods: Fact::Known(Methods::from_modes(&[Mode::Fido2])), ..Proof::default() };
        let verdict = evaluate(&set, &facts);
        (verdict.said[0].applies, verdict.said[0].result, verdict.said[0].best)
    }

    fn with(path: &str, value: Value) -> Value {
        let mut document = policy();
        *document.pointer_mut(path).unwrap() = value;
        document
    }

    #[test]
    fn what_is_understood_reads_as_strictly() {
        let id = AccessPolicyId::from_bytes([1; 16]);
        let (read, problems) = Policy::from_graph_leniently(&policy(), id).unwrap();
        assert_eq!((Ok(read.clone()), problems), (Policy::from_graph(&policy(), id), Vec::new()));
        assert_eq!(read.unread, Unread::default());
        for wrong in [json!(null), json!([]), json!({ "displayName": "x".repeat(MAX_DOCUMENT) })] {
            assert!(Policy::from_graph_leniently(&wrong, id).is_err());
        }
    }

    #[test]
    fn an_unread_condition_leaves_open_whether_the_policy_applies() {
        use PolicyResult::{Failure, NotApplied};
        let block = json!({ "operator": "OR", "builtInControls": ["block"] });
        let all = json!(["All"]);
        let group = GroupId::from_bytes([7; 16]).to_string();
        let guests = json!({ "guestOrExternalUserTypes": "unknownFutureValue" });
        let filter = json!({ "mode": "include", "rule": "CustomSecurityAttribute.A.B -eq 1" });
        for (property, conditions, applies) in [
            ("signInRiskLevels", json!({ "signInRiskLevels": ["high"] }), Truth::Unknown),
            ("a condition of tomorrow", json!({ "tomorrow": { "it": "rains" } }), Truth::Unknown),
            (
                "a filter",
                json!({ "devices": { "deviceFilter": { "mode": "include", "rule": "?" } } }),
                Truth::Unknown,
            ),
            // An unknown kind of guest may be this person, and may be left out.
            ("include", json!({ "users": { "includeGuestsOrExternalUsers": guests } }), Truth::Unknown),
            (
                "exclude",
                json!({ "users": { "includeUsers": all, "excludeGuestsOrExternalUsers": guests } }),
                Truth::Unknown,
            ),
            // Whoever is not included stays outside, whatever else may exclude them.
            (
                "neither",
                json!({ "users": { "includeGroups": [group], "excludeGuestsOrExternalUsers": guests } }),
                Truth::No,
            ),
            // An application may have the attributes that a filter asks for.
            ("app filter", json!({ "applications": { "applicationFilter": filter } }), Truth::Unknown),
            // Plain access asks for no authentication context.
            (
                "context",
                json!({ "applications": { "includeAuthenticationContextClassReferences": ["c1"] } }),
                Truth::No,
            ),
            // Workloads are nobody.
            (
                "workloads",
                json!({
                    "users": { "includeUsers": ["None"] },
                    "clientApplications": { "includeServicePrincipals": ["ServicePrincipalsInMyTenant"] },
                }),
                Truth::No,
            ),
            ("platform", json!({ "platforms": { "includePlatforms": ["plan9"] } }), Truth::Unknown),
            ("place", json!({ "locations": { "includeLocations": ["somewhere"] } }), Truth::Unknown),
        ] {
            let mut document = policy();
            document["grantControls"] = block.clone();
            for (name, value) in conditions.as_object().unwrap() {
                document["conditions"][name] = value.clone();
            }
            let worst = if applies == Truth::No { NotApplied } else { Failure };
            assert_eq!(ask(&document), (applies, worst, NotApplied), "{property}");
        }
    }

    #[test]
    fn an_unread_control_may_be_there_and_may_not() {
        use PolicyResult::{Failure, Success};
        let grant =
            |operator: &str, controls: &[&str]| json!({ "operator": operator, "builtInControls": controls });
        let results = |document: &Value| {
            let (applies, worst, best) = ask(document);
            assert_eq!(applies, Truth::Yes);
            (worst, best)
        };
        let of = |grant| results(&with("/grantControls", grant));
        assert_eq!(of(grant("AND", &["mfa", "compliantApplication"])), (Failure, Success));
        assert_eq!(of(grant("OR", &["mfa", "compliantApplication"])), (Success, Success));
        assert_eq!(of(grant("OR", &["compliantDevice", "approvedApplication"])), (Failure, Success));
        assert_eq!(of(json!({ "operator": "AND", "termsOfUse": ["x"] })), (Failure, Success));
        // Without an operator nobody knows whether one of them is enough.
        assert_eq!(of(json!({ "builtInControls": ["mfa", "compliantDevice"] })), (Failure, Failure));
        // What a session may do does not decide whether there is one.
        let mut document = policy();
        document["sessionControls"] = json!({ "cloudAppSecurity": { "isEnabled": true } });
        assert_eq!(results(&document), (Success, Success));
    }

    #[test]
    fn a_state_nobody_knows_may_be_on_and_a_deleted_policy_is_off() {
        use PolicyResult::{Failure, NotApplied};
        let mut document = with("/grantControls/builtInControls", json!(["block"]));
        document["state"] = json!("enabledForTwins");
        assert_eq!(ask(&document), (Truth::Unknown, Failure, NotApplied));
        document["deletedDateTime"] = json!("2026-01-01T00:00:00Z");
        document["state"] = json!("enabled");
        let (policy, _) =
            Policy::from_graph_leniently(&document, AccessPolicyId::from_bytes([1; 16])).unwrap();
        assert_eq!(policy.state, State::Disabled);
    }

    #[test]
    fn token_protection_that_an_export_cannot_show_is_neither_on_nor_off() {
        use PolicyResult::{Failure, Success};
        let read = |hidden: bool| {
            let id = AccessPolicyId::from_bytes([1; 16]);
            let (mut policy, _) = Policy::from_graph_leniently(&super::tests::policy(), id).unwrap();
            policy.unread.token_protection = hidden;
            let set = PolicySet::compile(vec![policy], Vec::new(), Vec::new());
            let mut facts = Facts::nothing_about(UserId::from_bytes([2; 16]), Timestamp(0));
            facts.target = Target { apps: &[APP], ..Target::default() };
            facts.proof =
                Proof { methods: Fact::Known(Methods::from_modes(&[Mode::Fido2])), ..Proof::default() };
            let verdict = evaluate(&set, &facts);
            (verdict.said[0].result, verdict.said[0].best)
        };
        assert_eq!(read(false), (Success, Success));
        assert_eq!(read(true), (Failure, Success));
    }

    #[test]
    fn what_was_not_told_any_more_is_not_understood_either() {
        // So many actions of tomorrow that the control after them is not told.
        let strange = |n| {
            let mut document = with("/grantControls/builtInControls", json!(["mfa", "compliantApplication"]));
            document["grantControls"]["operator"] = json!("AND");
            document["conditions"]["applications"]["includeUserActions"] =
                vec![json!("urn:user:dance"); n].into();
            document
        };
        for n in [0, MAX_PROBLEMS] {
            assert_eq!(ask(&strange(n)).1, PolicyResult::Failure, "{n}");
        }
    }
}
