//! A change before it is made: the same people asked under both sets of policies.

use super::Count;
use super::answer::{Answer, Reach, everybody, threads};
use super::wave::{Step, steps};
use crate::engine::memo::{Memo, Supposing};
use crate::engine::{Bits, Engine};
use crate::model::{AccessPolicy, Edition, PasskeyMethods, Source, Tenant};
use passband_core::authn::profile::document::PolicyError;
use passband_core::authn::profile::{KeyRestrictions, PasskeyPolicy, PasskeyTypes, ProfileState};
use passband_core::id::AccessPolicyId;
use passband_core::policy::access::Policy;
use passband_core::policy::access::document::DocumentError;
use passband_core::policy::access::document::Flaw;
use passband_core::policy::access::facts::Fact;
use serde::Serialize;
use serde_json::{Value, json};

/// A change that somebody wants to try.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A passkey policy (`fido2AuthenticationMethodConfiguration`), a methods policy that holds one, or a conditional
    /// access policy; the latter takes the place of the one with its id, or is new.
    Document(Value),
    /// Every profile takes device-bound passkeys alone.
    DeviceBound,
    /// Every profile asks for attestation.
    Attested,
    /// Every profile takes these models alone.
    Aaguid(Vec<[u8; 16]>),
    /// Native apps on all platforms need token protection for Exchange Online, SharePoint Online and Teams.
    TokenProtection {
        /// Only reported: then nobody loses anything.
        report_only: bool,
    },
}

/// Why a change cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is nothing to change.
    #[error("the passkey policy was not exported, so it cannot be changed; give a whole policy instead")]
    NoPasskeyPolicy,
    /// There is nothing to add to.
    #[error("conditional access was not exported, so a policy cannot be added to it")]
    NoAccess,
    /// It is none of the documents that can be changed.
    #[error("this is neither a passkey policy nor a conditional access policy")]
    Document,
    /// The passkey policy is wrong.
    #[error("the passkey policy: {0}")]
    Passkeys(#[from] PolicyError),
    /// The conditional access policy is wrong.
    #[error("the conditional access policy: {0}")]
    Access(#[from] DocumentError),
}

/// The policies after a change.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The passkey policy.
    pub passkeys: Fact<PasskeyMethods>,
    /// Conditional access.
    pub access: Fact<Vec<AccessPolicy>>,
    /// What of a policy to try was not understood, by its path. It makes answers unknown, and nobody would see why.
    pub unread: Vec<String>,
}

/// The policies of a tenant after a change.
///
/// # Errors
///
/// [`ChangeError`].
pub fn rules(tenant: &Tenant, wanted: &Wanted) -> Result<Rules, ChangeError> {
    let mut rules =
        Rules { passkeys: tenant.passkeys.clone(), access: tenant.access.clone(), unread: Vec::new() };
    match wanted {
        Wanted::Document(document) => rules.put(document)?,
        Wanted::DeviceBound => rules.each_profile(|it| {
            it.types = PasskeyTypes { device_bound: true, synced: false };
        })?,
        Wanted::Attested => rules.each_profile(|it| {
            it.attestation = true;
            it.types = PasskeyTypes { device_bound: true, synced: false };
        })?,
        Wanted::Aaguid(models) => rules.each_profile(|it| {
            it.restrictions = KeyRestrictions { enforced: true, block: false, aaguids: models.clone() };
        })?,
        Wanted::TokenProtection { report_only } => {
            if matches!(rules.access, Fact::Unknown) {
                return Err(ChangeError::NoAccess);
            }
            rules.put(&token_protection(*report_only))?;
        }
    }
    Ok(rules)
}

fn token_protection(report_only: bool) -> Value {
    json!({
        "displayName": "Token protection (tried)",
        "state": if report_only { "enabledForReportingButNotEnforced" } else { "enabled" },
        "conditions": {
            "users": { "includeUsers": ["All"] },
            "applications": { "includeApplications": ["Office365"] },
            "clientAppTypes": ["mobileAppsAndDesktopClients"],
        },
        "sessionControls": { "secureSignInSession": { "isEnabled": true } },
    })
}

impl Rules {
    fn each_profile(
        &mut self,
        change: impl Fn(&mut passband_core::authn::profile::PasskeyProfile),
    ) -> Result<(), ChangeError> {
        let Fact::Known(it) = &mut self.passkeys else { return Err(ChangeError::NoPasskeyPolicy) };
        let policies = std::iter::once(&mut it.policy).chain(&mut it.opened);
        for profile in policies.flat_map(|policy| &mut policy.profiles) {
            if profile.state == ProfileState::Enforced {
                change(profile);
            }
        }
        Ok(())
    }

    fn put(&mut self, document: &Value) -> Result<(), ChangeError> {
        let inner = document["authenticationMethodConfigurations"].as_array();
        let inner = inner.and_then(|all| all.iter().find(|it| it["id"].as_str().is_some_and(is_fido2)));
        let document = inner.unwrap_or(document);
        if document["conditions"].is_object() {
            return self.put_access(document);
        }
        let typed = document["@odata.type"].as_str().is_some_and(|it| it.contains("fido2"));
        if !(typed || document["id"].as_str().is_some_and(is_fido2) || document["passkeyProfiles"].is_array())
        {
            return Err(ChangeError::Document);
        }
        let (policy, raw) = (PasskeyPolicy::from_graph(document)?, document.clone());
        self.passkeys = Fact::Known(PasskeyMethods { policy, opened: None, raw, source: Source::default() });
        Ok(())
    }

    fn put_access(&mut self, document: &Value) -> Result<(), ChangeError> {
        // An id that no export has, for a policy that has none yet.
        let new = AccessPolicyId::from_bytes([0xff; 16]);
        let id = document["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(new);
        let (policy, problems) = Policy::from_graph_leniently(document, id)?;
        let unread = problems.into_iter().filter(|it| !matches!(it.flaw, Flaw::Contradiction(_)));
        self.unread = unread.map(|it| it.path).collect();
        let it = AccessPolicy {
            policy,
            unread: self.unread.clone(),
            edition: Edition::Unsaid,
            raw: document.clone(),
            source: Source::default(),
        };
        let Fact::Known(all) = &mut self.access else { return Err(ChangeError::NoAccess) };
        match all.iter_mut().find(|other| other.policy.id == id) {
            Some(other) => *other = it,
            None => all.push(it),
        }
        Ok(())
    }
}

fn is_fido2(id: &str) -> bool {
    id.eq_ignore_ascii_case("fido2")
}

/// Somebody whom the change touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Touched {
    /// Their place in the list of people.
    pub person: usize,
    /// Their name.
    pub name: Box<str>,
    /// Applications they certainly could, and certainly cannot any more. Of gains: the other way around.
    pub surely: Vec<String>,
    /// Applications of which that is not certain.
    pub perhaps: Vec<String>,
    /// Applications that still open in a browser, and no more in native apps. Of gains: the other way around.
    pub in_apps: Vec<String>,
    /// Applications that still open, and no more with a passkey. Of gains: the other way around.
    pub with_passkey: Vec<String>,
    /// What gives back what is lost, if anything does.
    pub steps: Vec<Step>,
}

/// What a change does.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeLine {
    /// Who can sign in to every application before it.
    pub before: Count,
    /// Who can after it.
    pub after: Count,
    /// Who can with a passkey before it.
    pub before_with_passkey: Count,
    /// Who can with a passkey after it.
    pub after_with_passkey: Count,
    /// Who loses something, those who lose most first.
    pub losing: Vec<Touched>,
    /// Who gains something.
    pub gaining: Vec<Touched>,
    /// For how many nothing changes.
    pub unchanged: usize,
    /// What has to be known besides.
    pub remarks: Vec<String>,
}

/// What a change does to everybody; `order` is that of the list of people.
#[must_use]
pub fn line(before: &Engine<'_>, after: &Engine<'_>, remarks: Vec<String>, order: &[usize]) -> ChangeLine {
    // The two may tell applications apart differently: compared by name.
    let map = common(before, after);
    let ask = |engine: &Engine<'_>| {
        everybody(engine, threads(), |memo, person| Answer::of(&memo.sums(person, &Supposing::default())))
    };
    let (old, new) = (ask(before), ask(after));
    let mut change = ChangeLine {
        before: count(before, &old, |it| it.any),
        after: count(after, &new, |it| it.any),
        before_with_passkey: count(before, &old, |it| it.passkey),
        after_with_passkey: count(after, &new, |it| it.passkey),
        losing: Vec::new(),
        gaining: Vec::new(),
        unchanged: 0,
        remarks,
    };
    for (place, person) in order.iter().copied().enumerate() {
        let (was, is) = (&old[person], &new[person]);
        let touched = |from: &Answer, to: &Answer, swap: bool| {
            let mut it = Touched {
                person: place,
                name: before.tenant().people[person].name.as_str().into(),
                surely: Vec::new(),
                perhaps: Vec::new(),
                in_apps: Vec::new(),
                with_passkey: Vec::new(),
                steps: Vec::new(),
            };
            for (name, old, new) in &map {
                let (from_bit, to_bit) = if swap { (*new, *old) } else { (*old, *new) };
                if from.any.yes & from_bit != 0 && to.any.yes & to_bit == 0 {
                    let gone = to.any.maybe & to_bit == 0;
                    if gone { &mut it.surely } else { &mut it.perhaps }.push(name.clone());
                } else if from.any.maybe & from_bit != 0 && to.any.maybe & to_bit == 0 {
                    it.perhaps.push(name.clone());
                } else {
                    if from.apps.yes & from_bit != 0 && to.apps.yes & to_bit == 0 {
                        it.in_apps.push(name.clone());
                    }
                    let (had, has) = (from.passkey, to.passkey);
                    let surely = had.yes & from_bit != 0 && has.yes & to_bit == 0;
                    if surely || had.maybe & from_bit != 0 && has.maybe & to_bit == 0 {
                        it.with_passkey.push(name.clone());
                    }
                }
            }
            it
        };
        let lost = touched(was, is, false);
        let gained = touched(is, was, true);
        if lost.is_something() {
            change.losing.push(lost);
        } else if gained.is_something() {
            change.gaining.push(gained);
        } else {
            change.unchanged += 1;
        }
    }
    add_steps(after, &map, &old, order, &mut change.losing);
    let rank = |it: &Touched| (it.surely.len(), it.perhaps.len(), it.in_apps.len(), it.with_passkey.len());
    change.losing.sort_by_key(|it| (std::cmp::Reverse(rank(it)), it.person));
    change.gaining.sort_by_key(|it| (std::cmp::Reverse(rank(it)), it.person));
    change
}

impl Touched {
    fn is_something(&self) -> bool {
        let all = [&self.surely, &self.perhaps, &self.in_apps, &self.with_passkey];
        all.iter().any(|it| !it.is_empty())
    }
}

fn add_steps(
    after: &Engine<'_>,
    map: &[(String, Bits, Bits)],
    old: &[Answer],
    order: &[usize],
    losing: &mut [Touched],
) {
    let mut memo = Memo::new(after);
    for it in losing {
        let person = order[it.person];
        // Everything they had has to come back: in some way, in native apps, and with a passkey.
        let had = |of: &dyn Fn(&Answer) -> Bits| {
            let had = map.iter().filter(|(_, bit, _)| of(&old[person]) & bit != 0);
            had.fold(0, |bits, (.., bit)| bits | bit)
        };
        let ways: [fn(&Answer) -> Bits; 3] = [|it| it.any.yes, |it| it.apps.yes, |it| it.passkey.yes];
        let goals = ways.map(|way| had(&way));
        let back = |answer: &Answer| {
            let mut all = ways.iter().zip(goals);
            if all.all(|(way, goal)| way(answer) & goal == goal) { Bits::MAX } else { 0 }
        };
        it.steps = steps(&mut memo, person, Bits::MAX, back).unwrap_or_default();
    }
}

fn count(engine: &Engine<'_>, answers: &[Answer], reach: fn(&Answer) -> Reach) -> Count {
    let mut count = Count::default();
    for answer in answers {
        count.add(reach(answer), engine.applications());
    }
    count
}

/// Every application by its name, with its bit in both engines.
fn common(before: &Engine<'_>, after: &Engine<'_>) -> Vec<(String, Bits, Bits)> {
    let bit = |engine: &Engine<'_>, name: &String| {
        let kinds = engine.resources().iter();
        kinds.enumerate().find(|(_, it)| it.names.contains(name)).map(|(place, _)| 1 << place)
    };
    // An application that only one of the two names is `any other application` to the other.
    let other = "any other application".to_owned();
    let mut names: Vec<String> = Vec::new();
    for engine in [after, before] {
        let apps = engine.resources().iter().filter(|it| it.resource.action.is_none());
        names.extend(apps.flat_map(|it| it.names.iter().cloned()));
    }
    names.sort();
    names.dedup();
    let both = |name: &String| {
        Some((
            name.clone(),
            bit(before, name).or_else(|| bit(before, &other))?,
            bit(after, name).or_else(|| bit(after, &other))?,
        ))
    };
    names.iter().filter_map(both).collect()
}

impl Rules {
    /// What has to be known besides what the change does.
    #[must_use]
    pub fn remarks(&self, wanted: &Wanted) -> Vec<String> {
        let known = remark(wanted).map(str::to_owned);
        let unread = self.unread.iter().map(|path| {
            format!(
                "Not understood of the policy to try, which makes answers unknown that hang on it: {path}."
            )
        });
        known.into_iter().chain(unread).collect()
    }
}

const fn remark(wanted: &Wanted) -> Option<&'static str> {
    match wanted {
        Wanted::Attested => Some(
            "Attestation is asked for when a passkey is registered, never at a sign-in: device-bound passkeys that are not \
             attested keep working.",
        ),
        Wanted::Aaguid(_) => Some(
            "The model of a passkey that is not attested is its own word: such a list guides, it proves nothing.",
        ),
        Wanted::TokenProtection { report_only: true } => {
            Some("Report-only: nobody loses anything; the sign-in log shows who would.")
        }
        Wanted::TokenProtection { .. } | Wanted::DeviceBound | Wanted::Document(_) => None,
    }
}
