//! What the planner answers: plain data, written as JSON with the names it has here, in camel case. Reports in other
//! formats are made from it.
//!
//! | module | holds |
//! |---|---|
//! | here | the plan and how it is made |
//! | [`answer`] | everybody asked, on every processor |
//! | [`person`] | what is told of somebody |
//! | [`change`] | a change before it is made |
//! | [`wave`] | a rollout in waves |

pub mod answer;
pub mod change;
pub mod person;
pub mod wave;

use crate::engine::why::Why;
use crate::engine::{Bits, Engine, Options, PLATFORMS};
use crate::model::Tenant;
use answer::{Answer, Reach, everybody, threads};
use change::{ChangeError, ChangeLine, Wanted};
use person::{Line, Lists, Prt, Status};
use rustc_hash::FxHashMap as HashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use wave::Wave;

/// What is asked for besides.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// A change to try.
    pub change: Option<Wanted>,
    /// Most people in a wave; as many as there are by default.
    pub wave_size: Option<usize>,
}

/// A kind of application that no policy tells apart.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceLine {
    /// The names of all that it stands for.
    pub names: Vec<String>,
    /// Whether it is an action and no application.
    pub is_action: bool,
}

/// How many people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Who certainly can.
    pub yes: usize,
    /// Of whom nobody can tell.
    pub unknown: usize,
    /// Who certainly cannot.
    pub no: usize,
}

impl Count {
    const fn add(&mut self, reach: Reach, bits: Bits) {
        if reach.yes & bits == bits {
            self.yes += 1;
        } else if reach.maybe & bits == bits {
            self.unknown += 1;
        } else {
            self.no += 1;
        }
    }
}

/// How many people, with what.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedCount {
    /// The name of what is counted.
    pub name: String,
    /// How many.
    pub count: Count,
}

/// The counts.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many people there are.
    pub people: usize,
    /// How many devices there are.
    pub devices: usize,
    /// Who can sign in to every application in some way.
    pub everything: Count,
    /// The same with a passkey.
    pub with_passkey: Count,
    /// By status.
    pub by_status: BTreeMap<&'static str, usize>,
    /// By kind of application, in the order of [`Plan::resources`].
    pub by_resource: Vec<NamedCount>,
    /// By platform: who can sign in to any application on a device of theirs there. Only people who have one.
    pub by_platform: Vec<NamedCount>,
    /// By what their Primary Refresh Token is bound to, at best.
    pub by_prt: BTreeMap<&'static str, usize>,
    /// By kind of application: whose session is protected against theft.
    pub protected: Vec<NamedCount>,
    /// By kind of application: in how many people's way token protection stands on some device.
    pub locked_out_by_token_protection: Vec<usize>,
}

/// A reason, once.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonLine {
    /// The name that lines of people give.
    pub key: Why,
    /// The name of this kind of reason, which does not change.
    pub code: &'static str,
    /// In words.
    pub words: String,
    /// The fact of the map that it rests on.
    pub fact: Option<&'static str>,
    /// What to export or find out, if it is something that nobody said.
    pub to_settle: Option<&'static str>,
    /// How many people it is about.
    pub people: usize,
}

/// Something that the import had to say.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteLine {
    /// A short name that does not change.
    pub code: &'static str,
    /// A sentence or two.
    pub text: String,
    /// What it is about.
    pub about: Vec<String>,
}

/// Something that could not be read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutLine {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 if nobody counted.
    pub line: u32,
    /// The property.
    pub field: String,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub found: String,
}

/// Everything the planner says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The day that it is about, in UTC.
    pub day: String,
    /// What people sign in to; lines give places in this list.
    pub resources: Vec<ResourceLine>,
    /// The counts.
    pub summary: Summary,
    /// Everybody, by name.
    pub people: Vec<Line>,
    /// People with too little, as places in [`Plan::people`].
    pub lists: Lists,
    /// Every reason that a line of somebody gives.
    pub reasons: Vec<ReasonLine>,
    /// What the change does, if one was asked for.
    pub change: Option<ChangeLine>,
    /// The rollout; to the state after the change, if one was asked for.
    pub waves: Vec<Wave>,
    /// What the import had to say.
    pub notes: Vec<NoteLine>,
    /// What could not be read.
    pub left_out: Vec<LeftOutLine>,
}

impl Plan {
    /// Makes the plan of a tenant.
    ///
    /// # Errors
    ///
    /// [`ChangeError`] if the change cannot be made.
    pub fn new(tenant: &Tenant, options: Options, asked: &Asked) -> Result<Self, ChangeError> {
        let engine = Engine::new(tenant, options);
        let rules = asked.change.as_ref().map(|wanted| change::rules(tenant, wanted)).transpose()?;
        let after =
            rules.as_ref().map(|rules| Engine::with_rules(tenant, &rules.passkeys, &rules.access, options));
        let mut found = everybody(&engine, threads(), |memo, person| {
            let attempts = memo.attempts(person);
            let answer = Answer::of(&attempts);
            // With a change the rollout is to the state after it, which another engine knows.
            let standing = after.is_none().then(|| wave::standing(memo, person, &answer));
            (answer, Line::of(&engine, person, &answer, &attempts), standing)
        });
        let answers: Vec<_> = found.iter().map(|it| it.0).collect();
        let standings = match &after {
            None => found.iter_mut().filter_map(|it| it.2.take()).collect(),
            Some(after) => wave::standings(after),
        };
        // By name: the order of an export means nothing.
        let mut order: Vec<_> = (0..found.len()).collect();
        order.sort_by(|a, b| {
            let key = |at: usize| (&tenant.people[at].name, tenant.people[at].id);
            key(*a).cmp(&key(*b))
        });
        let mut lines: Vec<_> = found.drain(..).map(|it| Some(it.1)).collect();
        let people: Vec<_> = order.iter().filter_map(|at| lines[*at].take()).collect();
        let change = match (&asked.change, &rules, &after) {
            (Some(wanted), Some(rules), Some(after)) => {
                Some(change::line(&engine, after, rules.remarks(wanted), &order))
            }
            _ => None,
        };
        let waves = wave::waves(standings, &order, asked.wave_size);
        Ok(Self {
            day: engine.day().to_string(),
            resources: resources(&engine),
            summary: summary(&engine, &answers, &people),
            lists: Lists::of(&people),
            reasons: reasons(&engine, &people, (after.as_ref().unwrap_or(&engine), &waves)),
            people,
            change,
            waves,
            notes: notes(tenant),
            left_out: left_out(tenant),
        })
    }
}

fn resources(engine: &Engine<'_>) -> Vec<ResourceLine> {
    let all = engine.resources().iter();
    all.map(|it| ResourceLine { names: it.names.clone(), is_action: it.resource.action.is_some() }).collect()
}

fn summary(engine: &Engine<'_>, answers: &[Answer], people: &[Line]) -> Summary {
    let apps = engine.applications();
    let named = |name: String, of: &dyn Fn(&Answer) -> Option<(Reach, Bits)>| {
        let mut count = Count::default();
        for (reach, bits) in answers.iter().filter_map(of) {
            count.add(reach, bits);
        }
        NamedCount { name, count }
    };
    let kinds: Vec<_> = engine.resources().iter().map(|it| it.names.join(", ")).collect();
    let by_platform = PLATFORMS.iter().enumerate().map(|(place, platform)| {
        let mut count = Count::default();
        for line in people.iter().filter(|it| it.has_device_on(*platform)) {
            match line.on(place, apps) {
                Status::Yes | Status::Partly => count.yes += 1,
                Status::Unknown => count.unknown += 1,
                Status::No => count.no += 1,
            }
        }
        NamedCount { name: platform.name().to_owned(), count }
    });
    let mut summary = Summary {
        people: people.len(),
        devices: engine.tenant().devices.len(),
        everything: named(String::new(), &|it| Some((it.any, apps))).count,
        with_passkey: named(String::new(), &|it| Some((it.passkey, apps))).count,
        by_platform: by_platform.collect(),
        by_resource: Vec::new(),
        ..Summary::default()
    };
    for (place, name) in kinds.iter().enumerate() {
        let bit = 1 << place;
        summary.by_resource.push(named(name.clone(), &|it| Some((it.any, bit))));
        summary.protected.push(named(name.clone(), &|it| Some((it.protected, bit))));
        let out = answers.iter().filter(|it| it.unbound & bit != 0).count();
        summary.locked_out_by_token_protection.push(out);
    }
    for status in Status::ALL {
        let count = people.iter().filter(|it| it.status == status).count();
        summary.by_status.insert(status.name(), count);
    }
    for prt in Prt::ALL {
        summary.by_prt.insert(prt.name(), people.iter().filter(|it| it.prt == prt).count());
    }
    summary
}

/// Every reason that is given of somebody; `rollout` is the engine that knows the state after the change, and its waves,
/// whose reasons may be of a policy that is not there before it.
fn reasons(engine: &Engine<'_>, people: &[Line], rollout: (&Engine<'_>, &[Wave])) -> Vec<ReasonLine> {
    let mut counts: HashMap<Why, usize> = HashMap::default();
    for line in people {
        let mut seen: Vec<Why> = Vec::new();
        for why in line.tries.iter().flat_map(|it| &it.whys).chain(&line.whys) {
            if !seen.contains(why) {
                seen.push(*why);
                *counts.entry(*why).or_default() += 1;
            }
        }
    }
    let (after, waves) = rollout;
    let mut later: HashMap<Why, usize> = HashMap::default();
    for why in waves.iter().flat_map(|it| &it.people).flat_map(|it| &it.whys) {
        if !counts.contains_key(why) {
            *later.entry(*why).or_default() += 1;
        }
    }
    let line = |engine: &Engine<'_>, key: Why, people| ReasonLine {
        key,
        code: key.code(),
        words: engine.words(key),
        fact: key.fact(),
        to_settle: key.to_settle(),
        people,
    };
    let now = counts.into_iter().map(|(key, people)| line(engine, key, people));
    let mut all: Vec<_> =
        now.chain(later.into_iter().map(|(key, people)| line(after, key, people))).collect();
    all.sort_by_cached_key(|it| (std::cmp::Reverse(it.people), it.key.key()));
    all
}

fn notes(tenant: &Tenant) -> Vec<NoteLine> {
    let all = tenant.notes.iter();
    all.map(|it| NoteLine { code: it.code, text: it.text.clone(), about: it.about.clone() }).collect()
}

fn left_out(tenant: &Tenant) -> Vec<LeftOutLine> {
    let line = |it: &crate::model::LeftOut| LeftOutLine {
        file: tenant.files.get(it.source.file as usize).cloned().unwrap_or_default(),
        line: it.source.line,
        field: it.field.clone(),
        expected: it.expected.clone(),
        found: it.found.clone(),
    };
    tenant.left_out.iter().map(line).collect()
}
