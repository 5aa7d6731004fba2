//! Reading the files of the map, and every rule they must keep. The build runs this, so a typo stops it; nothing
//! here is part of the program.

use super::date::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The platforms, which are the names of files, in the order of the columns.
pub(crate) const PLATFORMS: [&str; 7] = ["any", "windows", "macos", "ios", "android", "linux", "passband"];
/// What a value can mean for the one who asks.
pub(crate) const STANDINGS: [&str; 6] = ["yes", "limited", "no", "not-applicable", "disputed", "text"];
/// How sure a fact is.
pub(crate) const CONFIDENCES: [&str; 3] = ["high", "medium", "low"];
/// How strongly a value proves its floor in the band.
const LEVELS: [&str; 3] = ["claimed", "proved", "hardware"];
/// The value of a fact whose sources disagree; its `claims` say what they claim.
pub(crate) const DISAGREE: &str = "sources-disagree";

/// A fact as its file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFact {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) statement: String,
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<String>,
    pub(crate) since: Option<String>,
    pub(crate) valid_until: Option<String>,
    pub(crate) as_of: Option<String>,
    pub(crate) source_published: Option<String>,
    pub(crate) last_verified: Option<String>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) also_see: Vec<String>,
    pub(crate) confidence: String,
    pub(crate) note: Option<String>,
    pub(crate) acknowledged: Option<String>,
    #[serde(default)]
    pub(crate) tests: Vec<String>,
}

/// A fact with what its file's place says of it.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) section: String,
    pub(crate) platform: String,
    pub(crate) fact: RawFact,
}

/// `vocabulary.json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawVocabulary {
    pub(crate) sections: Vec<RawSection>,
    pub(crate) values: BTreeMap<String, RawValue>,
    pub(crate) subjects: Vec<RawSubject>,
}

/// A floor, and the groups its rows stand in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSection {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) question: String,
    pub(crate) band: Vec<String>,
    pub(crate) groups: Vec<RawGroup>,
}

/// Rows that belong together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGroup {
    pub(crate) key: String,
    pub(crate) title: String,
}

/// A row of the map.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSubject {
    pub(crate) subject: String,
    pub(crate) section: String,
    pub(crate) group: String,
    pub(crate) title: String,
    pub(crate) question: String,
    pub(crate) main: bool,
    #[serde(default)]
    pub(crate) name: bool,
    #[serde(default)]
    pub(crate) free: bool,
    #[serde(default)]
    pub(crate) values: Vec<String>,
}

/// What a value says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawValue {
    pub(crate) word: String,
    pub(crate) standing: String,
    pub(crate) meaning: String,
    pub(crate) level: Option<String>,
}

/// One entry of `sources.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSource {
    pub(crate) title: String,
    pub(crate) url: Option<String>,
    pub(crate) acknowledged: Option<String>,
}

/// All files, read and found to keep the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    pub(crate) vocabulary: RawVocabulary,
    pub(crate) sources: BTreeMap<String, RawSource>,
    pub(crate) facts: Vec<Placed>,
}

/// Reads `files` (path below the data folder, text), or says everything that is wrong with them, each with its file,
/// the fact, and what was expected.
pub(crate) fn read(files: &[(String, String)]) -> Result<Data, Vec<String>> {
    let mut problems = Vec::new();
    let mut data = Data {
        vocabulary: whole(files, "vocabulary.json", &mut problems).unwrap_or_default(),
        sources: whole(files, "sources.json", &mut problems).unwrap_or_default(),
        facts: Vec::new(),
    };
    if problems.is_empty() {
        problems.extend(vocabulary(&data.vocabulary));
        problems.extend(sources(&data.sources));
    }
    for (path, text) in files.iter().filter(|(path, _)| path.contains('/')) {
        match place(path, &data.vocabulary) {
            Ok((section, platform)) => {
                for fact in list(path, text, &mut problems) {
                    data.facts.push(Placed {
                        section: section.to_owned(),
                        platform: platform.to_owned(),
                        fact,
                    });
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    let mut ids = BTreeSet::new();
    for placed in &data.facts {
        let path = format!("{}/{}.json", placed.section, placed.platform);
        let mut say = |problem: String| problems.push(format!("{path}: {}: {problem}", placed.fact.id));
        if !ids.insert(placed.fact.id.as_str()) {
            say("is the id of another fact too: expected an id used once".to_owned());
        }
        fact(placed, &data).into_iter().for_each(&mut say);
    }
    problems.extend(unused(&data));
    if problems.is_empty() { Ok(data) } else { Err(problems) }
}

fn whole<T: DeserializeOwned>(
    files: &[(String, String)],
    name: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    let Some((_, text)) = files.iter().find(|(path, _)| path == name) else {
        problems.push(format!("{name}: missing"));
        return None;
    };
    match serde_json::from_str(text) {
        Ok(read) => Some(read),
        Err(error) => {
            problems.push(format!("{name}: {error}"));
            None
        }
    }
}

fn place<'a>(path: &'a str, vocabulary: &RawVocabulary) -> Result<(&'a str, &'a str), String> {
    let expected = || {
        let sections: Vec<_> = vocabulary.sections.iter().map(|section| section.key.as_str()).collect();
        format!(
            "{path}: unknown place: expected SECTION/PLATFORM.json with one of {} and one of {}",
            sections.join(", "),
            PLATFORMS.join(", ")
        )
    };
    let (section, file) = path.split_once('/').ok_or_else(expected)?;
    let platform = file.strip_suffix(".json").ok_or_else(expected)?;
    let known = vocabulary.sections.iter().any(|known| known.key == section) && PLATFORMS.contains(&platform);
    if known { Ok((section, platform)) } else { Err(expected()) }
}

/// The facts of one file. Each is read by itself, so that one fault hides no other.
fn list(path: &str, text: &str, problems: &mut Vec<String>) -> Vec<RawFact> {
    let items: Vec<Json> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(error) => {
            problems.push(format!("{path}: {error}"));
            return Vec::new();
        }
    };
    let mut facts: Vec<RawFact> = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let id = item["id"].as_str().map_or_else(|| format!("fact number {}", at + 1), str::to_owned);
        match serde_json::from_value::<RawFact>(item) {
            Ok(fact) => {
                if let Some(before) = facts.last().filter(|before| before.id > fact.id) {
                    problems.push(format!(
                        "{path}: {id}: stands after {}: expected facts sorted by id",
                        before.id
                    ));
                }
                facts.push(fact);
            }
            Err(error) => problems.push(format!("{path}: {id}: {error}")),
        }
    }
    facts
}

fn vocabulary(vocabulary: &RawVocabulary) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |of: &str, problem: String| problems.push(format!("vocabulary.json: {of}: {problem}"));
    for (key, value) in &vocabulary.values {
        if !STANDINGS.contains(&value.standing.as_str()) {
            say(
                key,
                format!("unknown standing `{}`: expected one of {}", value.standing, STANDINGS.join(", ")),
            );
        }
        if let Some(level) = value.level.as_deref().filter(|level| !LEVELS.contains(level)) {
            say(key, format!("unknown level `{level}`: expected one of {}", LEVELS.join(", ")));
        }
        if value.word.is_empty() || value.meaning.is_empty() {
            say(key, "expected a word and a meaning".to_owned());
        }
    }
    let mut names = BTreeSet::new();
    for subject in &vocabulary.subjects {
        let name = subject.subject.as_str();
        if !names.insert(name) {
            say(name, "is listed twice: expected each subject once".to_owned());
        }
        let group = vocabulary.sections.iter().find(|section| section.key == subject.section);
        if !group.is_some_and(|section| section.groups.iter().any(|group| group.key == subject.group)) {
            say(name, format!("unknown section or group `{}`, `{}`", subject.section, subject.group));
        }
        if subject.title.is_empty() || !subject.question.ends_with('?') {
            say(name, "expected a title, and a question that ends in ?".to_owned());
        }
        if subject.free != subject.values.is_empty() {
            say(name, "expected either `values` or `\"free\": true`".to_owned());
        }
        for value in subject.values.iter().filter(|value| !vocabulary.values.contains_key(*value)) {
            say(name, format!("unknown value `{value}`: expected one that `values` explains"));
        }
    }
    for section in &vocabulary.sections {
        for lead in section.band.iter().filter(|lead| !names.contains(lead.as_str())) {
            say(&section.key, format!("unknown subject `{lead}` in band"));
        }
    }
    problems
}

fn sources(sources: &BTreeMap<String, RawSource>) -> Vec<String> {
    let wrong = |source: &RawSource| {
        source.title.is_empty() || source.url.as_ref().is_some_and(|url| !url.starts_with("https://"))
    };
    let named = sources.iter().filter(|(_, source)| wrong(source));
    named.map(|(key, _)| format!("sources.json: {key}: expected a title, and a url with https")).collect()
}

/// What is wrong with one fact.
fn fact(Placed { section, platform, fact }: &Placed, data: &Data) -> Vec<String> {
    let mut problems = Vec::new();
    let stem = format!("{}.{platform}.{}", section.get(..4).unwrap_or(section), fact.subject);
    let numbered = fact.id.strip_prefix(&stem).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('~').is_some_and(|n| n.parse::<u8>().is_ok_and(|number| number > 1))
    });
    if !numbered {
        problems.push(format!("unfit id: expected `{stem}`, or `{stem}~2` for another state of it"));
    }
    for (name, text) in [("statement", &fact.statement), ("value", &fact.value)] {
        if text.trim().is_empty() {
            problems.push(format!("empty {name}"));
        }
    }
    if !CONFIDENCES.contains(&fact.confidence.as_str()) {
        problems.push(format!(
            "unknown confidence `{}`: expected one of {}",
            fact.confidence,
            CONFIDENCES.join(", ")
        ));
    }
    problems.extend(value(section, fact, &data.vocabulary));
    problems.extend(dates(fact));
    for source in std::iter::once(&fact.source).chain(&fact.also_see) {
        if !data.sources.contains_key(source) {
            problems.push(format!("unknown source `{source}`: expected a key of sources.json"));
        }
    }
    problems.extend(tests(platform, fact, &data.vocabulary));
    problems
}

fn value(section: &str, fact: &RawFact, vocabulary: &RawVocabulary) -> Vec<String> {
    let Some(subject) = vocabulary.subjects.iter().find(|subject| subject.subject == fact.subject) else {
        return vec![format!("unknown subject `{}`: expected one of vocabulary.json", fact.subject)];
    };
    let mut problems = Vec::new();
    if subject.section != section {
        problems.push(format!("subject `{}` belongs to the section {}", fact.subject, subject.section));
    }
    let disputed = fact.value == DISAGREE;
    if disputed != (fact.claims.len() > 1) {
        problems.push(format!(
            "the value {DISAGREE} and two or more `claims` come together: expected both or none"
        ));
    }
    let own = (!disputed).then_some(&fact.value);
    for value in own.into_iter().chain(&fact.claims) {
        if !subject.free && !subject.values.contains(value) {
            problems.push(format!("unknown value `{value}`: expected one of {}", subject.values.join(", ")));
        }
    }
    problems
}

fn dates(fact: &RawFact) -> Vec<String> {
    let mut problems = Vec::new();
    let mut read = |name: &str, text: &Option<String>| {
        text.as_deref().and_then(|text| {
            text.parse::<Date>().map_err(|error| problems.push(format!("{name}: {error}"))).ok()
        })
    };
    let (since, until) = (read("since", &fact.since), read("valid_until", &fact.valid_until));
    let as_of = read("as_of", &fact.as_of);
    read("source_published", &fact.source_published);
    let verified = read("last_verified", &fact.last_verified);
    if let (Some(since), Some(until)) = (since, until)
        && until.not_after(since)
    {
        problems
            .push(format!("valid_until {until} is not after since {since}: expected a state that lasted"));
    }
    if as_of.is_none() && verified.is_some() {
        problems.push("last_verified without as_of: expected both or none".to_owned());
    }
    problems
}

/// What Passband says of itself is believed for its tests alone.
fn tests(platform: &str, fact: &RawFact, vocabulary: &RawVocabulary) -> Vec<String> {
    let standing = vocabulary.values.get(&fact.value).map(|value| value.standing.as_str());
    let claims = !matches!(standing, Some("no" | "not-applicable")) && fact.value != "not-tested";
    match platform {
        "passband" if claims && fact.tests.is_empty() => {
            vec!["a claim without proof: expected `tests` with the name of a test".to_owned()]
        }
        "passband" => Vec::new(),
        _ if !fact.tests.is_empty() => vec!["`tests` are for passband.json alone".to_owned()],
        _ => Vec::new(),
    }
}

/// Words nobody uses are typos of words somebody meant.
fn unused(data: &Data) -> Vec<String> {
    let subjects: BTreeSet<_> = data.facts.iter().map(|placed| placed.fact.subject.as_str()).collect();
    let listed = data.vocabulary.subjects.iter();
    let values: BTreeSet<_> = listed.clone().flat_map(|subject| &subject.values).collect();
    let named =
        |placed: &'_ Placed| [vec![placed.fact.source.clone()], placed.fact.also_see.clone()].concat();
    let sources: BTreeSet<_> = data.facts.iter().flat_map(named).collect();
    let lone = listed.filter(|subject| !subjects.contains(subject.subject.as_str()));
    let mut problems: Vec<_> =
        lone.map(|subject| format!("vocabulary.json: {}: no fact is about it", subject.subject)).collect();
    let lone = data.vocabulary.values.keys().filter(|value| !values.contains(value) && *value != DISAGREE);
    problems.extend(lone.map(|value| format!("vocabulary.json: {value}: no subject takes this value")));
    let lone = data.sources.keys().filter(|source| !sources.contains(*source));
    problems.extend(lone.map(|source| format!("sources.json: {source}: no fact names it")));
    problems
}
