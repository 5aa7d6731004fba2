//! The decision: each policy is asked everything, and what they say is added up (see [`super`] for the rules).

use super::facts::{Fact, Facts, Truth, UserAction};
use super::index::Named;
use super::model::{
    ContinuousEvaluation, EVERY_TIME, Frequency, Operator, PersistentBrowser, Platforms, Policy,
    SessionBinding, State, Unread,
};
use super::set::{Compiled, PolicySet, Where};
use super::verdict::{
    Condition, Conditions, Control, Controls, Kind, Limits, Outcome, Permit, PolicyResult, Prompt, Said,
    TokenProtection, Verdict,
};
use crate::policy::signal::Binding;
use passband_wire::time::Timestamp;

/// What the policies say of a request. The same facts and policies give the same verdict; in whatever order the policies
/// stand, the outcome is the same.
#[must_use]
pub fn evaluate<'p>(set: &'p PolicySet, facts: &Facts<'_>) -> Verdict<'p> {
    let device = facts.device.ask(Option::is_some);
    let protection = TokenProtection::of(&facts.presented, device);
    let question = Question {
        set,
        facts,
        included: set.include_people.find(&facts.person),
        excluded: set.exclude_people.find(&facts.person),
        apps: set.include_apps.find(&facts.target),
        not_apps: set.exclude_apps.find(&facts.target),
    };
    let mut said: Vec<_> =
        set.active.iter().enumerate().map(|(place, it)| question.conditions(place, it)).collect();
    let preferred = question.strength_of_the_action(&said);
    for (place, said) in said.iter_mut().enumerate() {
        question.controls(place, preferred, said);
    }
    let limits = limits(&said, facts);
    let outcome = outcome(&said, |said| said.result, facts, limits);
    let best = outcome_kind(&said, |said| said.best);
    Verdict { outcome, best, limits, protection, said }
}

struct Question<'q, 'p> {
    set: &'p PolicySet,
    facts: &'q Facts<'q>,
    included: Named,
    excluded: Named,
    apps: Named,
    not_apps: Named,
}

impl<'p> Question<'_, 'p> {
    /// Asks every condition of a policy, also after one did not match: an administrator wants to know all of them.
    fn conditions(&self, place: usize, compiled: &Compiled) -> Said<'p> {
        let policy = &self.set.policies[compiled.policy];
        // At the server always: its reader refuses what it does not understand.
        let understood = policy.unread == Unread::default();
        let mut applies = Truth::Yes;
        let (mut unmatched, mut unknown) = (Conditions::NONE, Conditions::NONE);
        for condition in Condition::ALL {
            let (include, exclude) = self.condition(condition, place, compiled, policy);
            let unread = |conditions: Conditions| {
                if conditions.has(condition) { Truth::Unknown } else { Truth::No }
            };
            // An exclude beats an include.
            let truth = if understood {
                include.and(exclude.not())
            } else {
                let exclude = exclude.or(unread(policy.unread.exclude));
                include.or(unread(policy.unread.include)).and(exclude.not())
            };
            match truth {
                Truth::Yes => {}
                Truth::No => unmatched = unmatched.with(condition),
                Truth::Unknown => unknown = unknown.with(condition),
            }
            applies = applies.and(truth);
        }
        let hinted = match (&policy.conditions.platforms, self.facts.platform.known()) {
            (Some(_), Some(platform)) if !platform.verified => Conditions::NONE.with(Condition::Platforms),
            _ => Conditions::NONE,
        };
        Said {
            policy,
            result: PolicyResult::NotApplied,
            best: PolicyResult::NotApplied,
            applies,
            unmatched,
            unknown,
            hinted,
            asked: Controls::NONE,
            satisfied: Controls::NONE,
            unsure: Controls::NONE,
            waived: Controls::NONE,
            strength: compiled.strength.map(|at| &self.set.strengths[at]),
        }
    }

    /// Whether a condition includes this, and whether it excludes it.
    #[inline]
    fn condition(
        &self,
        condition: Condition,
        place: usize,
        compiled: &Compiled,
        policy: &Policy,
    ) -> (Truth, Truth) {
        let (facts, wanted) = (self.facts, &policy.conditions);
        let includes = |truth| (truth, Truth::No);
        match condition {
            Condition::Users => (self.included.truth(place), self.excluded.truth(place)),
            Condition::Applications => (self.apps.truth(place), self.not_apps.truth(place)),
            Condition::ClientApps if wanted.client_apps.is_empty() => includes(Truth::Yes),
            Condition::ClientApps => includes(facts.client_app.ask(|it| wanted.client_apps.contains(it))),
            Condition::Platforms => {
                includes(wanted.platforms.as_ref().map_or(Truth::Yes, |it| self.is_on(it)))
            }
            Condition::Devices => wanted.devices.as_ref().map_or(includes(Truth::Yes), |filter| {
                let found = filter.rule.finds(&facts.device, policy.unknown_device);
                if filter.exclude { (Truth::Yes, found) } else { includes(found) }
            }),
            Condition::Locations => match &compiled.locations {
                None => includes(Truth::Yes),
                Some((include, exclude)) => (self.is_in(include), self.is_in(exclude)),
            },
            Condition::Flows => includes(wanted.flows.as_ref().map_or(Truth::Yes, |wanted| {
                facts.flow.ask(|flow| match flow {
                    super::facts::Flow::None => false,
                    super::facts::Flow::DeviceCode => wanted.device_code,
                    super::facts::Flow::AuthenticationTransfer => wanted.authentication_transfer,
                })
            })),
            Condition::SessionBinding => {
                includes(wanted.binding.as_ref().map_or(Truth::Yes, |wanted| self.is_bound_so(wanted)))
            }
            Condition::Unread if policy.unread.conditions => includes(Truth::Unknown),
            Condition::Unread => includes(Truth::Yes),
        }
    }

    fn is_on(&self, wanted: &Platforms) -> Truth {
        self.facts.platform.ask(|it| match it.platform {
            None => wanted.all,
            Some(it) => (wanted.all || wanted.include.contains(&it)) && !wanted.exclude.contains(&it),
        })
    }

    fn is_in(&self, places: &Where) -> Truth {
        if places.all {
            return Truth::Yes;
        }
        let areas = &self.set.areas;
        let trusted = areas.iter().filter(|area| places.all_trusted && area.is_trusted());
        let named = places.areas.iter().map(|at| &areas[*at]);
        let lost = if places.dangling { Truth::Unknown } else { Truth::No };
        trusted.chain(named).fold(lost, |so_far, area| match so_far {
            Truth::Yes => Truth::Yes,
            _ => so_far.or(area.holds(&self.facts.network)),
        })
    }

    fn is_bound_so(&self, wanted: &SessionBinding) -> Truth {
        let presented = &self.facts.presented;
        presented.binding.ask(|binding| {
            let included = wanted.include.is_empty() || wanted.include.contains(binding);
            let proved = wanted.exclude_minimum_evidence.is_some_and(|least| presented.evidence >= least);
            included && !wanted.exclude.contains(binding) && !(*binding != Binding::None && proved)
        })
    }

    /// Whether an enforced policy that names the action of registering security information asks for a strength: then
    /// the strengths of the others are not asked. Otherwise somebody with a Temporary Access Pass could never make the
    /// passkey that a strength on all applications asks for.
    fn strength_of_the_action(&self, said: &[Said<'_>]) -> bool {
        self.facts.target.action == Some(UserAction::RegisterSecurityInfo)
            && said.iter().enumerate().any(|(place, said)| {
                said.is_enforced()
                    && said.applies.is_yes()
                    && said.strength.is_some()
                    && self.set.include_apps.names_action(self.facts.target.action, place)
            })
    }

    /// Controls that a policy does not ask for here, because it does not name the action that is the target.
    fn waived(&self, place: usize, preferred: bool) -> Controls {
        let action = self.facts.target.action;
        if self.set.include_apps.names_action(action, place) {
            return Controls::NONE;
        }
        match action {
            Some(UserAction::RegisterSecurityInfo) if preferred => Controls::NONE.with(Control::Strength),
            // A device that is being registered cannot be compliant or bound yet.
            Some(UserAction::RegisterDevice) => Controls::NONE
                .with(Control::CompliantDevice)
                .with(Control::DomainJoinedDevice)
                .with(Control::TokenProtection),
            _ => Controls::NONE,
        }
    }

    /// Asks every control of a policy that applies or may.
    fn controls(&self, place: usize, preferred: bool, said: &mut Said<'p>) {
        let named = named_controls(said.policy);
        let waived = self.waived(place, preferred);
        let report_only = said.policy.state == State::ReportOnly;
        if said.applies.is_no() {
            said.result =
                if report_only { PolicyResult::ReportOnlyNotApplied } else { PolicyResult::NotApplied };
            said.best = said.result;
            return;
        }
        said.asked = named.without(waived);
        said.waived = named.without(said.asked);
        for control in said.asked.iter() {
            match self.control(control, said) {
                Truth::Yes => said.satisfied = said.satisfied.with(control),
                Truth::Unknown => said.unsure = said.unsure.with(control),
                Truth::No => {}
            }
        }
        let operator = said.policy.grant.operator;
        said.result = result(operator, said.asked, said.satisfied, report_only);
        said.best = match (said.applies, report_only) {
            (Truth::Unknown, true) => PolicyResult::ReportOnlyNotApplied,
            (Truth::Unknown, false) => PolicyResult::NotApplied,
            _ => result(operator, said.asked, said.satisfied.and(said.unsure), report_only),
        };
    }

    fn control(&self, control: Control, said: &Said<'_>) -> Truth {
        let facts = self.facts;
        match control {
            Control::Block => Truth::No,
            Control::Mfa => facts.proof.methods.ask(|methods| methods.are_mfa()),
            Control::Strength => {
                said.strength.map_or(Truth::No, |strength| strength.satisfied_by(&facts.proof))
            }
            Control::CompliantDevice => facts
                .device
                .ask(|device| device.as_ref().is_some_and(|it| it.enabled && it.is_compliant == Some(true))),
            Control::DomainJoinedDevice => facts.device.ask(|device| {
                let hybrid = Some(super::facts::TrustType::ServerAd);
                device.as_ref().is_some_and(|it| it.enabled && it.trust_type == hybrid)
            }),
            Control::SignInFrequency => match said.policy.session.frequency {
                None => Truth::Yes,
                Some(frequency) => facts.proof.at.ask(|proved| is_fresh(*proved, frequency, facts.at)),
            },
            Control::TokenProtection if said.policy.session.token_protection => token_protection(facts),
            // It may not be asked for at all.
            Control::TokenProtection => token_protection(facts).or(Truth::Unknown),
            Control::Unread => Truth::Unknown,
        }
    }
}

/// Whether what was presented is bound: signed just now by a session key or the device's own, with a registered device behind it.
fn token_protection(facts: &Facts<'_>) -> Truth {
    let signed = Truth::of(facts.presented.shown.is_signed());
    let bound = facts.presented.binding.ask(|binding| *binding != Binding::None);
    signed.and(bound).and(facts.device.ask(Option::is_some))
}

/// Whether a sign-in is young enough. One that lies in the future by more than clocks of two nodes differ is none.
fn is_fresh(proved: Timestamp, frequency: Frequency, now: Timestamp) -> bool {
    let age = now - proved;
    age <= frequency.span() && age.0 >= -EVERY_TIME.0
}

/// The controls that a policy names.
fn named_controls(policy: &Policy) -> Controls {
    let (grant, session, unread) = (&policy.grant, &policy.session, &policy.unread);
    let may_protect = unread.token_protection && !grant.block;
    let named = [
        (grant.block, Control::Block),
        (grant.mfa, Control::Mfa),
        (grant.strength.is_some(), Control::Strength),
        (grant.compliant_device, Control::CompliantDevice),
        (grant.domain_joined_device, Control::DomainJoinedDevice),
        (session.frequency.is_some(), Control::SignInFrequency),
        (session.token_protection || may_protect, Control::TokenProtection),
        (unread.grants, Control::Unread),
    ];
    let named = named.into_iter().filter(|(is, _)| *is);
    named.fold(Controls::NONE, |controls, (_, control)| controls.with(control))
}

/// What comes of one policy that applies. Grant controls are joined by its operator; session controls, and a block,
/// stand for themselves.
fn result(operator: Operator, asked: Controls, satisfied: Controls, report_only: bool) -> PolicyResult {
    let alone = |control: &Control| control.is_session() || *control == Control::Block;
    let has = |control: &Control| satisfied.has(*control);
    let signs_in = |control: &Control| has(control) || control.by_signing_in();
    // Whether it is fulfilled, if `enough` says which single controls are.
    let fulfilled = |enough: &dyn Fn(&Control) -> bool| {
        let mut grants = asked.iter().filter(|it| !alone(it)).peekable();
        let grants = match operator {
            _ if grants.peek().is_none() => true,
            Operator::And => grants.all(|it| enough(&it)),
            Operator::Or => grants.any(|it| enough(&it)),
        };
        grants && asked.iter().filter(alone).all(|it| enough(&it))
    };
    match (fulfilled(&has), report_only) {
        (true, false) => PolicyResult::Success,
        (true, true) => PolicyResult::ReportOnlySuccess,
        (false, false) if fulfilled(&signs_in) => PolicyResult::UserActionRequired,
        (false, true) if fulfilled(&signs_in) => PolicyResult::ReportOnlyInterrupted,
        (false, false) => PolicyResult::Failure,
        (false, true) => PolicyResult::ReportOnlyFailure,
    }
}

fn outcome_kind(said: &[Said<'_>], result: fn(&Said<'_>) -> PolicyResult) -> Kind {
    let kinds = said.iter().map(|said| match result(said) {
        PolicyResult::Failure => Kind::Refused,
        PolicyResult::UserActionRequired => Kind::Prompt,
        PolicyResult::Success
        | PolicyResult::NotApplied
        | PolicyResult::ReportOnlySuccess
        | PolicyResult::ReportOnlyFailure
        | PolicyResult::ReportOnlyInterrupted
        | PolicyResult::ReportOnlyNotApplied => Kind::Permit,
    });
    kinds.min().unwrap_or(Kind::Permit)
}

fn outcome(
    said: &[Said<'_>],
    result: fn(&Said<'_>) -> PolicyResult,
    facts: &Facts<'_>,
    limits: Limits,
) -> Outcome {
    let missing = |wanted: PolicyResult| {
        let of_those = said.iter().filter(|said| result(said) == wanted);
        of_those.fold(Controls::NONE, |all, said| all.and(said.blocking()))
    };
    match outcome_kind(said, result) {
        Kind::Permit => Outcome::Permit(Permit::new(facts.person.id, facts.at, limits)),
        Kind::Refused => {
            // Not what signing in would mend: a client that is told of that prompts, and the prompt would not help.
            let all = missing(PolicyResult::Failure);
            let first = all.iter().find(|control| !control.by_signing_in());
            Outcome::Refused(first.unwrap_or(Control::Block).reason())
        }
        Kind::Prompt => {
            let all = missing(PolicyResult::UserActionRequired);
            let others = all.iter().filter(|control| !control.by_signing_in());
            let need = all.without(others.fold(Controls::NONE, Controls::with));
            let not_older_than = limits.frequency.filter(|_| need.has(Control::SignInFrequency));
            let reason = need.iter().next().unwrap_or(Control::Mfa).reason();
            Outcome::Prompt(Prompt { reason, need, not_older_than })
        }
    }
}

/// Adds session controls up over enforced policies. What narrows counts as soon as a policy may apply; what widens only
/// if it certainly does, and only if nothing narrows.
fn limits(said: &[Said<'_>], facts: &Facts<'_>) -> Limits {
    let mut limits = Limits::default();
    for said in said.iter().filter(|said| said.is_enforced() && !said.applies.is_no()) {
        let session = &said.policy.session;
        let certainly = said.applies.is_yes();
        if let Some(span) = session.frequency.map(Frequency::span) {
            limits.frequency = Some(limits.frequency.map_or(span, |shortest| shortest.min(span)));
        }
        match session.persistent_browser {
            Some(PersistentBrowser::Never) => limits.persistent_browser = Some(PersistentBrowser::Never),
            Some(PersistentBrowser::Always) if certainly => {
                limits.persistent_browser = limits.persistent_browser.or(Some(PersistentBrowser::Always));
            }
            _ => {}
        }
        match session.continuous_evaluation {
            Some(ContinuousEvaluation::Strict) => {
                limits.continuous_evaluation = Some(ContinuousEvaluation::Strict)
            }
            Some(ContinuousEvaluation::Disabled) if certainly => {
                limits.continuous_evaluation =
                    limits.continuous_evaluation.or(Some(ContinuousEvaluation::Disabled));
            }
            _ => {}
        }
        limits.token_protection |= said.asked.has(Control::TokenProtection);
    }
    limits.sign_in_good_until = match (limits.frequency, facts.proof.at) {
        (Some(span), Fact::Known(at)) => Some(at + span),
        _ => None,
    };
    limits
}

#[cfg(test)]
mod tests;
