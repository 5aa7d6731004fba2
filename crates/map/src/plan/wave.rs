//! A rollout in waves, and what each person has to do. A step is told only if the engine says that it helps: everybody is
//! asked again as if they had done it.

use super::answer::{Answer, everybody, threads};
use crate::engine::memo::{Memo, Supposing, With};
use crate::engine::platform::model;
use crate::engine::why::Why;
use crate::engine::{Bits, Engine};
use passband_core::authn::profile::document::aaguid_text;
use serde::Serialize;
use std::collections::BTreeSet;

/// Something that somebody has to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Step {
    /// Register a passkey that stays on one device.
    RegisterPasskey {
        /// Models that do, by name.
        models: Vec<String>,
    },
    /// Register a second passkey: they have one, and are locked out if they lose it.
    RegisterSecondPasskey,
    /// Bring the operating system of their devices up to date.
    UpdateSystem,
    /// Have a device registered, with the broker or single sign-on extension set up.
    RegisterDevice,
    /// Have a device managed and compliant.
    MakeCompliant,
    /// Have a Windows device joined to the domain as well.
    JoinDomain,
}

/// What a wave is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Of these nobody can tell: find out first. Nobody loses anything; new policies stay report-only.
    Prepare,
    /// These are ready.
    Ready,
    /// These have one thing to do.
    OneStep,
    /// These have several.
    Steps,
    /// For these nothing that could be tried helps.
    NoWay,
    /// These accounts are disabled.
    Disabled,
}

/// Somebody in a wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Their place in the list of people.
    pub person: usize,
    /// What they have to do.
    pub steps: Vec<Step>,
    /// What is in the way, where no step helps or nobody can tell.
    #[serde(rename = "why")]
    pub whys: Vec<Why>,
}

/// A wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wave {
    /// Its number; 0 prepares.
    pub number: usize,
    /// What it is about.
    pub stage: Stage,
    /// Who is in it, by name. Everybody is in one wave.
    pub people: Vec<Member>,
}

/// Most reasons that are told of somebody for whom nothing helps.
const MAX_WHYS: usize = 4;

/// Where somebody stands: the stage, what they have to do, and what is in the way.
pub(super) type Standing = (Stage, Vec<Step>, Vec<Why>);

/// Where everybody stands on the way to signing in with a passkey to every application.
#[must_use]
pub(super) fn standings(engine: &Engine<'_>) -> Vec<Standing> {
    everybody(engine, threads(), |memo, person| {
        let answer = Answer::of(&memo.sums(person, &Supposing::default()));
        standing(memo, person, &answer)
    })
}

/// The rollout of people who stand so, in the order of the tenant; `order` is that of the list of people.
#[must_use]
pub(super) fn waves(found: Vec<Standing>, order: &[usize], size: Option<usize>) -> Vec<Wave> {
    let mut place_of = vec![0; order.len()];
    for (place, person) in order.iter().enumerate() {
        place_of[*person] = place;
    }
    let mut members: Vec<_> = found
        .into_iter()
        .enumerate()
        .map(|(person, (stage, steps, whys))| (stage, Member { person: place_of[person], steps, whys }))
        .collect();
    members.sort_by_key(|(stage, it)| (*stage, it.person));
    let size = size.unwrap_or(usize::MAX).max(1);
    let mut waves: Vec<Wave> = Vec::new();
    for (stage, member) in members {
        match waves.last_mut() {
            Some(wave) if wave.stage == stage && wave.people.len() < size => wave.people.push(member),
            _ => {
                // The first to go live is number 1, whether or not there is something to prepare.
                let number = match (stage, waves.last()) {
                    (Stage::Prepare, None) => 0,
                    (_, None) => 1,
                    (_, Some(last)) => last.number + 1,
                };
                waves.push(Wave { number, stage, people: vec![member] });
            }
        }
    }
    waves
}

/// Where somebody stands who reaches this.
pub(super) fn standing(memo: &mut Memo<'_, '_>, person: usize, answer: &Answer) -> Standing {
    let (engine, goal) = (memo.engine(), memo.engine().applications());
    let it = &engine.tenant().people[person];
    if it.enabled.known() == Some(&false) {
        return (Stage::Disabled, Vec::new(), vec![Why::AccountDisabled]);
    }
    // A guest signs in at home: of them their own organisation has to know.
    let reach = if it.guest.known().is_some_and(Option::is_some) { answer.any } else { answer.passkey };
    if reach.yes & goal == goal {
        let only = it.passkeys.known().is_some_and(|all| all.len() == 1);
        return if only {
            (Stage::OneStep, vec![Step::RegisterSecondPasskey], Vec::new())
        } else {
            (Stage::Ready, Vec::new(), Vec::new())
        };
    }
    if reach.maybe & goal == goal {
        let mut whys = whys(memo, person);
        whys.retain(|why| why.to_settle().is_some());
        return (Stage::Prepare, Vec::new(), whys);
    }
    match steps(memo, person, goal, |answer| answer.passkey.yes) {
        Some(steps) if steps.len() == 1 => (Stage::OneStep, steps, Vec::new()),
        Some(steps) => (Stage::Steps, steps, Vec::new()),
        None => {
            let mut whys = whys(memo, person);
            whys.truncate(MAX_WHYS);
            (Stage::NoWay, Vec::new(), whys)
        }
    }
}

/// Every reason of somebody's tries.
fn whys(memo: &mut Memo<'_, '_>, person: usize) -> Vec<Why> {
    let mut whys: Vec<Why> = Vec::new();
    for why in memo.attempts(person).iter().flat_map(|it| &it.whys) {
        if !whys.contains(why) {
            whys.push(*why);
        }
    }
    whys
}

/// What to try, the easiest first: a passkey, the system, registration, compliance, the domain.
const TRIED: [[bool; 5]; 12] = [
    [true, false, false, false, false],
    [false, true, false, false, false],
    [false, false, true, false, false],
    [false, false, false, true, false],
    [false, false, false, false, true],
    [true, true, false, false, false],
    [true, false, true, false, false],
    [true, false, false, true, false],
    [true, false, false, false, true],
    [false, true, false, true, false],
    [true, true, false, true, false],
    [true, true, false, true, true],
];

/// The fewest steps after which somebody certainly reaches what they should; none if nothing that can be tried helps.
pub(super) fn steps(
    memo: &mut Memo<'_, '_>,
    person: usize,
    goal: Bits,
    reached: impl Fn(&Answer) -> Bits,
) -> Option<Vec<Step>> {
    let candidates = memo.candidates(person);
    for [passkey, updated, registered, compliant, joined] in TRIED {
        if passkey && candidates.is_empty() {
            continue;
        }
        let supposing = Supposing {
            passkeys: if passkey { candidates.to_vec() } else { Vec::new() },
            compliant,
            registered,
            updated,
            joined,
        };
        let attempts = memo.sums(person, &supposing);
        if reached(&Answer::of(&attempts)) & goal != goal {
            continue;
        }
        let mut steps = Vec::new();
        if passkey {
            let does = |at: usize| {
                let with = With::New(u32::try_from(at).unwrap_or(u32::MAX));
                let own = attempts.iter().filter(|it| !matches!(it.with, With::New(_)) || it.with == with);
                reached(&Answer::of(&own.cloned().collect::<Vec<_>>())) & goal == goal
            };
            let models = candidates.iter().enumerate().filter(|(at, _)| does(*at));
            let models: BTreeSet<_> = models.filter_map(|(_, token)| token.aaguid).map(model_name).collect();
            steps.push(Step::RegisterPasskey { models: models.into_iter().collect() });
        }
        let device = [
            (updated, Step::UpdateSystem),
            (registered, Step::RegisterDevice),
            (compliant, Step::MakeCompliant),
            (joined, Step::JoinDomain),
        ];
        steps.extend(device.into_iter().filter(|(is, _)| *is).map(|(_, step)| step));
        return Some(steps);
    }
    None
}

fn model_name(aaguid: [u8; 16]) -> String {
    model(aaguid).map_or_else(|| aaguid_text(aaguid), |(_, name)| name.to_owned())
}
