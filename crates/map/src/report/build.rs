//! The report of a plan: what an architect asks first comes first.

use super::words::{number, parts, people, platform, stage, stage_hint, stage_tone, steps};
use super::{Bar, Block, Figure, Part, Report, Row, Section, Tone, people as everybody};
use crate::plan::change::{ChangeLine, Touched};
use crate::plan::person::{Prt, Status};
use crate::plan::wave::{Stage, Step, Wave};
use crate::plan::{Count, NamedCount, Plan};
use std::collections::BTreeMap;

const CAN: [&str; 3] = ["can", "nobody can tell", "cannot"];
const PROTECTED: [&str; 3] = ["protected", "nobody can tell", "not protected"];

/// Most reasons in the section on what is in the way.
const REASONS: usize = 25;
/// Most models, or other names, in one cell.
const NAMES: usize = 12;

/// The report of a plan, each table with so many rows at most.
#[must_use]
pub fn report(plan: &Plan, rows: usize) -> Report {
    let made = Made { plan, rows };
    let mut sections = vec![made.care()];
    sections.extend(plan.change.as_ref().map(|change| made.change(change)));
    sections.extend([made.sign_in(), made.reasons(), made.sessions(), made.passkeys(), made.rollout()]);
    sections.push(made.unknown());
    sections.push(made.everybody());
    sections.push(made.left_out());
    sections.retain(|it| !it.blocks.is_empty());
    let summary = &plan.summary;
    Report {
        title: "Who can sign in".to_owned(),
        lead: format!(
            "{} with {} devices, as of {}. “Can” and “cannot” are certain; where an export does not say enough, the answer is \
             “nobody can tell”, and the report says what would settle it.",
            people(summary.people),
            number(summary.devices),
            plan.day
        ),
        figures: figures(plan),
        sections,
    }
}

fn figures(plan: &Plan) -> Vec<Figure> {
    let summary = &plan.summary;
    let of = |n: usize| format!("{} of {}", number(n), number(summary.people));
    let ready = plan.waves.iter().filter(|it| it.stage == Stage::Ready).map(|it| it.people.len()).sum();
    let mut figures = vec![
        Figure {
            number: of(summary.everything.yes),
            words: "can sign in to everything".to_owned(),
            tone: Tone::Good,
        },
        Figure {
            number: of(summary.with_passkey.yes),
            words: "can with a passkey".to_owned(),
            tone: Tone::Good,
        },
        Figure {
            number: of(ready),
            words: "are ready: a passkey, and a second one".to_owned(),
            tone: Tone::Good,
        },
        Figure {
            number: of(summary.everything.unknown),
            words: "nobody can tell".to_owned(),
            tone: Tone::Open,
        },
        Figure {
            number: of(summary.everything.no),
            words: "cannot sign in to something".to_owned(),
            tone: Tone::Bad,
        },
    ];
    if let Some(change) = &plan.change {
        let words = "would lose something by the change".to_owned();
        let tone = if change.losing.is_empty() { Tone::Good } else { Tone::Bad };
        figures.insert(0, Figure { number: of(change.losing.len()), words, tone });
    }
    figures
}

fn row(cells: impl IntoIterator<Item = String>) -> Row {
    Row { band: None, cells: cells.into_iter().collect() }
}

fn section(id: &'static str, title: &str, blocks: impl IntoIterator<Item = Option<Block>>) -> Section {
    Section { id, title: title.to_owned(), blocks: blocks.into_iter().flatten().collect() }
}

fn text(words: impl Into<String>) -> Option<Block> {
    Some(Block::Text(words.into()))
}

/// So many names, and how many more.
fn names(all: &[String]) -> String {
    let shown = all.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > NAMES { format!("{shown} and {} more", all.len() - NAMES) } else { shown }
}

struct Made<'p> {
    plan: &'p Plan,
    rows: usize,
}

impl Made<'_> {
    /// A table of at most so many rows; none if there are none.
    fn table(
        &self,
        title: impl Into<String>,
        columns: &[&'static str],
        rows: impl ExactSizeIterator<Item = Row>,
    ) -> Option<Block> {
        let all = rows.len();
        let rows: Vec<_> = rows.take(self.rows).collect();
        let more = all - rows.len();
        let table = Block::Table { title: title.into(), columns: columns.to_vec(), rows, more };
        (all > 0).then_some(table)
    }

    fn bars(title: &str, rows: impl IntoIterator<Item = Bar>) -> Option<Block> {
        let rows: Vec<_> = rows.into_iter().filter(|bar| bar.total() > 0).collect();
        (!rows.is_empty()).then(|| Block::Bars(title.to_owned(), rows))
    }

    fn counts(title: &str, all: &[NamedCount], labels: [&str; 3]) -> Option<Block> {
        let bar =
            |it: &NamedCount| Bar { name: platform(&it.name).to_owned(), parts: parts(it.count, labels) };
        Self::bars(title, all.iter().map(bar))
    }

    /// What to know before believing the rest.
    fn care(&self) -> Section {
        let note = |it: &crate::plan::NoteLine| row([it.text.clone(), names(&it.about), it.code.to_owned()]);
        let left = self.plan.left_out.len();
        let left = (left > 0).then(|| {
            format!(
                "{} of the export could not be read and {} left out; the last section lists them. The answers below are \
                 without them.",
                if left == 1 { "One part".to_owned() } else { format!("{} parts", number(left)) },
                if left == 1 { "is" } else { "are" },
            )
        });
        section(
            "care",
            "Before you believe it",
            [
                left.map(Block::Text),
                self.table(
                    "What this export does not show",
                    &["What", "About", "Code"],
                    self.plan.notes.iter().map(note),
                ),
            ],
        )
    }

    fn sign_in(&self) -> Section {
        let summary = &self.plan.summary;
        let whole = |name: &str, count: Count| Bar { name: name.to_owned(), parts: parts(count, CAN) };
        let all = [
            whole("to everything, in some way", summary.everything),
            whole("to everything, with a passkey", summary.with_passkey),
        ];
        let status = Status::ALL.map(|it| {
            let words = match it {
                Status::Yes => "to every application, certainly",
                Status::Partly => "to some applications, certainly not to others",
                Status::Unknown => "nobody can tell of all of them",
                Status::No => "to none, certainly",
            };
            row([words.to_owned(), number(summary.by_status.get(it.name()).copied().unwrap_or_default())])
        });
        section(
            "sign-in",
            "Who can sign in today",
            [
                Self::bars("people", all),
                Self::counts("people, by application", &summary.by_resource, CAN),
                Self::counts("people with a device there, by platform", &summary.by_platform, CAN),
                self.table("By what they reach", &["They can sign in", "People"], status.into_iter()),
            ],
        )
    }

    fn reasons(&self) -> Section {
        let line = |it: &crate::plan::ReasonLine| {
            let fact = it.fact.map_or_else(String::new, str::to_owned);
            row([it.words.clone(), number(it.people), fact])
        };
        let firm: Vec<_> =
            self.plan.reasons.iter().filter(|it| it.to_settle.is_none()).take(REASONS).collect();
        section(
            "reasons",
            "What is in the way",
            [
                (!firm.is_empty()).then(|| {
                    Block::Text(
                        "Reasons why some passkey, device, browser or app does not work, by the number of people they are \
                         about. Somebody may have another way all the same."
                            .to_owned(),
                    )
                }),
                self.table("Reasons", &["Why not", "People", "Fact of the map"], firm.into_iter().map(line)),
            ],
        )
    }

    fn sessions(&self) -> Section {
        let summary = &self.plan.summary;
        let prt = Prt::ALL.map(|it| {
            let (label, tone) = match it {
                Prt::Hardware => ("bound to hardware", Tone::Good),
                Prt::Software => ("bound to software", Tone::Open),
                Prt::Unknown => ("nobody can tell", Tone::Open),
                Prt::None => ("no PRT", Tone::Bad),
            };
            let count = summary.by_prt.get(it.name()).copied().unwrap_or_default();
            Part { count, label: label.to_owned(), tone }
        });
        let prt = Bar { name: "best device of each".to_owned(), parts: prt.to_vec() };
        let applications = self.plan.resources.iter().zip(&summary.locked_out_by_token_protection);
        let locked: Vec<_> = applications.filter(|(it, n)| !it.is_action && **n > 0).collect();
        let locked = locked.iter().map(|(it, n)| row([names(&it.names), number(**n)]));
        section(
            "sessions",
            "Sessions: what a thief could use",
            [
                text(
                    "A stolen session is useless where the Primary Refresh Token (PRT) is bound to a key of the device and a \
                     policy demands that key at each use: token protection.",
                ),
                Self::bars("people, by what their PRT is bound to", [prt]),
                Self::counts(
                    "people whose session is protected, by application",
                    &summary.protected,
                    PROTECTED,
                ),
                self.table(
                    "Where token protection stands in the way on some device",
                    &["Application", "People"],
                    locked,
                ),
            ],
        )
    }

    fn passkeys(&self) -> Section {
        let lists = &self.plan.lists;
        let all = [
            ("Only synced passkeys", &lists.only_synced),
            ("No attested passkey", &lists.only_unattested),
            ("One passkey: lost with its device", &lists.one_passkey),
            ("No passkey", &lists.no_passkey),
            ("Passkeys not exported", &lists.passkeys_unknown),
            ("No method at all", &lists.no_method),
        ];
        let bars = all.map(|(name, list)| {
            let count = list.len();
            let rest = self.plan.people.len().saturating_sub(count);
            let part = |count, label: &str, tone| Part { count, label: label.to_owned(), tone };
            Bar {
                name: name.to_owned(),
                parts: vec![part(count, "these", Tone::Open), part(rest, "others", Tone::Quiet)],
            }
        });
        let shown = bars.into_iter().filter(|bar| bar.parts[0].count > 0);
        let mut blocks = vec![Self::bars("people", shown)];
        blocks.extend(all.map(|(name, list)| {
            let title = format!("{name}: {}", people(list.len()));
            self.table(title, &["Person"], list.iter().map(|at| self.person(*at, [])))
        }));
        section("passkeys", "Who has too little", blocks)
    }

    /// A row that begins with somebody.
    fn person(&self, at: usize, cells: impl IntoIterator<Item = String>) -> Row {
        let Some(line) = self.plan.people.get(at) else { return Row::default() };
        let name = std::iter::once(line.name.to_string());
        Row { band: Some(everybody::band(line)), cells: name.chain(cells).collect() }
    }

    fn change(&self, change: &ChangeLine) -> Section {
        let bar = |name: &str, count| Bar { name: name.to_owned(), parts: parts(count, CAN) };
        let words = match change.losing.len() {
            0 => "Nobody loses anything by it.".to_owned(),
            n => {
                let gain = match change.gaining.len() {
                    0 => "Nobody gains".to_owned(),
                    n => format!("{} would gain", people(n)),
                };
                format!(
                    "{} would lose something by it. {gain}, and for {} nothing changes.",
                    people(n),
                    people(change.unchanged)
                )
            }
        };
        let touched = |title: &str, all: &[Touched], losing: bool| {
            let line = |it: &Touched| {
                let what = [
                    (&it.surely, ""),
                    (&it.perhaps, " (perhaps)"),
                    (&it.in_apps, " (in native apps)"),
                    (&it.with_passkey, " (with a passkey)"),
                ];
                let what = what.map(|(all, how)| (!all.is_empty()).then(|| format!("{}{how}", names(all))));
                let what: Vec<_> = what.into_iter().flatten().collect();
                let back = if it.steps.is_empty() {
                    "nothing that could be tried".to_owned()
                } else {
                    steps(&it.steps)
                };
                let cells = [what.join("; "), back];
                self.person(it.person, cells.into_iter().take(if losing { 2 } else { 1 }))
            };
            let title = format!("{title}: {}", people(all.len()));
            let columns = ["Person", "What", "What gives it back"];
            self.table(title, &columns[..if losing { 3 } else { 2 }], all.iter().map(line))
        };
        let mut blocks = vec![text(words)];
        blocks.extend(change.remarks.iter().map(|it| text(it.as_str())));
        blocks.push(Self::bars(
            "people who can sign in to everything",
            [
                bar("before, in some way", change.before),
                bar("after, in some way", change.after),
                bar("before, with a passkey", change.before_with_passkey),
                bar("after, with a passkey", change.after_with_passkey),
            ],
        ));
        blocks.push(touched("Who loses", &change.losing, true));
        blocks.push(touched("Who gains", &change.gaining, false));
        section("change", "What the change does", blocks)
    }

    fn rollout(&self) -> Section {
        let waves = &self.plan.waves;
        let name = |it: &Wave| format!("Wave {}: {}", it.number, stage(it.stage));
        let bar = |it: &Wave| Bar {
            name: name(it),
            parts: vec![Part {
                count: it.people.len(),
                label: stage(it.stage).to_owned(),
                tone: stage_tone(it.stage),
            }],
        };
        let after = if self.plan.change.is_some() { "after the change, " } else { "" };
        let mut blocks = vec![
            text(format!(
                "The way to everybody signing in with a passkey to everything; {after}one wave after another."
            )),
            Self::bars("people in each wave", waves.iter().map(bar)),
        ];
        for wave in waves {
            blocks.push(text(format!("{}. {}", name(wave), stage_hint(wave.stage))));
            blocks.push(self.steps_of(wave));
            let words: BTreeMap<_, _> =
                self.plan.reasons.iter().map(|it| (it.key.key(), it.words.as_str())).collect();
            let line = |it: &crate::plan::wave::Member| {
                let whys: Vec<_> = it.whys.iter().filter_map(|why| words.get(&why.key()).copied()).collect();
                self.person(it.person, [steps(&it.steps), whys.join(" ")])
            };
            let title = format!("{}: {}", name(wave), people(wave.people.len()));
            blocks.push(self.table(
                title,
                &["Person", "What to do", "In the way"],
                wave.people.iter().map(line),
            ));
        }
        section("rollout", "Rollout", blocks)
    }

    /// What the people of a wave have to do, and how many of them.
    fn steps_of(&self, wave: &Wave) -> Option<Block> {
        let mut counts: BTreeMap<&Vec<Step>, usize> = BTreeMap::new();
        for member in wave.people.iter().filter(|it| !it.steps.is_empty()) {
            *counts.entry(&member.steps).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(steps, count)| (std::cmp::Reverse(*count), *steps));
        let rows = counts.into_iter().map(|(all, count)| row([steps(all), number(count)]));
        self.table("What to do", &["What to do", "People"], rows)
    }

    fn unknown(&self) -> Section {
        let open = self.plan.reasons.iter().filter_map(|it| it.to_settle.map(|how| (it, how)));
        let rows: Vec<_> =
            open.map(|(it, how)| row([it.words.clone(), number(it.people), how.to_owned()])).collect();
        section(
            "unknown",
            "What nobody said, and what would settle it",
            [self.table(
                "Open questions",
                &["What is not known", "People", "What settles it"],
                rows.into_iter(),
            )],
        )
    }

    fn everybody(&self) -> Section {
        let reasons: std::collections::HashMap<_, _> =
            self.plan.reasons.iter().map(|it| (it.key, it.words.as_str())).collect();
        let line = |at: usize| {
            let it = &self.plan.people[at];
            let passkeys = it.passkeys.map_or_else(|| "not exported".to_owned(), number);
            let status = match it.status {
                Status::Yes => "can sign in",
                Status::Partly => "to some applications",
                Status::Unknown => "nobody can tell",
                Status::No => "cannot sign in",
            };
            self.person(
                at,
                [status.to_owned(), passkeys, it.prt.name().to_owned(), everybody::why(it, &reasons)],
            )
        };
        let columns = ["Person", "Today", "Passkeys", "PRT", "Why not everywhere"];
        section(
            "people",
            "Everybody",
            [self.table("Everybody, by name", &columns, (0..self.plan.people.len()).map(line))],
        )
    }

    fn left_out(&self) -> Section {
        let line = |it: &crate::plan::LeftOutLine| {
            let place = if it.line == 0 { it.file.clone() } else { format!("{}:{}", it.file, it.line) };
            row([place, it.field.clone(), it.expected.clone(), it.found.clone()])
        };
        section(
            "left-out",
            "What could not be read",
            [self.table(
                "Left out",
                &["Where", "Property", "Expected", "Found"],
                self.plan.left_out.iter().map(line),
            )],
        )
    }
}
