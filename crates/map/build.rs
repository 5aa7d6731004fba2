//! Turns the files of the map into tables of the program, and stops the build at the first thing that is wrong.

#[allow(dead_code, reason = "the library uses the rest")]
#[path = "src/atlas/date.rs"]
mod date;
#[allow(dead_code, reason = "its tests use the rest")]
#[path = "src/atlas/source.rs"]
mod source;

use date::Date;
use source::{Data, PLATFORMS, Placed};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/atlas/date.rs");
    println!("cargo::rerun-if-changed=src/atlas/source.rs");
    match files(Path::new("data"))
        .map_err(|error| vec![format!("data: {error}")])
        .and_then(|f| source::read(&f))
    {
        Ok(data) => write(&tables(&data)),
        Err(problems) => {
            for problem in &problems {
                println!("cargo::error=the map: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}

fn write(text: &str) -> ExitCode {
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    match std::fs::write(Path::new(&out).join("atlas.rs"), text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=the map: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Every JSON file but the schema, with its path below `root`, in order.
fn files(root: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if name.ends_with(".json") && !name.ends_with(".schema.json") {
                found.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The Rust source of the tables.
fn tables(data: &Data) -> String {
    let mut out = String::new();
    let values: BTreeMap<_, _> = data.vocabulary.values.keys().zip(0_usize..).collect();
    let sources: BTreeMap<_, _> = data.sources.keys().zip(0_usize..).collect();
    let subjects: BTreeMap<_, _> =
        data.vocabulary.subjects.iter().map(|s| s.subject.as_str()).zip(0_usize..).collect();
    let sections: BTreeMap<_, _> =
        data.vocabulary.sections.iter().map(|s| s.key.as_str()).zip(0_usize..).collect();
    let mut table = |name: &str, kind: &str, rows: Vec<String>| {
        let _ = writeln!(out, "static {name}: [{kind}; {}] = [\n{}\n];", rows.len(), rows.join(",\n"));
    };
    let rows = data.vocabulary.values.iter().map(|(key, v)| {
        let (word, meaning) = (&v.word, &v.meaning);
        format!("Value {{ key: {key:?}, word: {word:?}, standing: Standing::{}, meaning: {meaning:?}, level: Level::{} }}",
            camel(&v.standing), camel(v.level.as_deref().unwrap_or("unknown")))
    });
    table("VALUES", "Value", rows.collect());
    let rows = data.sources.iter().map(|(key, s)| {
        format!(
            "Source {{ key: {key:?}, title: {:?}, url: {:?}, acknowledged: {:?} }}",
            s.title,
            s.url.as_deref(),
            s.acknowledged.as_deref()
        )
    });
    table("SOURCES", "Source", rows.collect());
    let rows = data.vocabulary.sections.iter().map(|s| {
        let groups: Vec<_> =
            s.groups.iter().map(|g| format!("Group {{ key: {:?}, title: {:?} }}", g.key, g.title)).collect();
        format!(
            "SectionInfo {{ section: Section::{}, title: {:?}, question: {:?}, band: &{:?}, groups: &[{}] }}",
            camel(&s.key),
            s.title,
            s.question,
            s.band,
            groups.join(", ")
        )
    });
    table("SECTIONS", "SectionInfo", rows.collect());
    let rows = data.vocabulary.subjects.iter().zip(0_usize..).map(|(s, order)| {
        let section = sections.get(s.section.as_str()).copied().unwrap_or_default();
        let group = data.vocabulary.sections.get(section).and_then(|of| of.groups.iter().position(|g| g.key == s.group)).unwrap_or_default();
        format!("Subject {{ key: {:?}, section: Section::{}, group: {group}, order: {order}, title: {:?}, question: {:?}, main: {}, name: {} }}",
            s.subject, camel(&s.section), s.title, s.question, s.main, s.name)
    });
    table("SUBJECTS", "Subject", rows.collect());
    let of = |key: &str, map: &BTreeMap<&String, usize>, table: &str| {
        map.get(&key.to_owned()).map(|at| format!("&{table}[{at}]"))
    };
    let row = |Placed { platform, fact, .. }: &Placed| {
        let also: Vec<_> = fact.also_see.iter().filter_map(|key| of(key, &sources, "SOURCES")).collect();
        let subject = subjects.get(fact.subject.as_str()).copied().unwrap_or_default();
        let known = of(&fact.value, &values, "VALUES");
        format!(
            "Fact {{ id: {:?}, platform: Platform::{}, subject: &SUBJECTS[{subject}], statement: {:?}, value: {:?}, known: {}, claims: &{:?}, conditions: &{:?}, since: {}, valid_until: {}, as_of: {}, source_published: {}, last_verified: {}, source: {}, also_see: &[{}], confidence: Confidence::{}, note: {:?}, acknowledged: {:?}, tests: &{:?} }}",
            fact.id,
            camel(platform),
            fact.statement,
            fact.value,
            known.map_or("None".to_owned(), |known| format!("Some({known})")),
            fact.claims,
            fact.conditions,
            date(fact.since.as_deref()),
            date(fact.valid_until.as_deref()),
            date(fact.as_of.as_deref()),
            date(fact.source_published.as_deref()),
            date(fact.last_verified.as_deref()),
            of(&fact.source, &sources, "SOURCES").unwrap_or_default(),
            also.join(", "),
            camel(&fact.confidence),
            fact.note.as_deref(),
            fact.acknowledged.as_deref(),
            fact.tests,
        )
    };
    let mut facts: Vec<&Placed> = data.facts.iter().collect();
    let column = |placed: &Placed| PLATFORMS.iter().position(|platform| *platform == placed.platform);
    facts.sort_by_key(|placed| {
        (subjects.get(placed.fact.subject.as_str()).copied(), column(placed), placed.fact.id.clone())
    });
    table("FACTS", "Fact", facts.into_iter().map(row).collect());
    out
}

/// `not-applicable` as the name of a variant.
fn camel(key: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    };
    key.split('-').map(capital).collect()
}

fn date(text: Option<&str>) -> String {
    match text.and_then(|text| text.parse::<Date>().ok()).map(Date::parts) {
        Some((year, month, day)) => format!("Some(Date::known({year}, {month}, {day}))"),
        None => "None".to_owned(),
    }
}
