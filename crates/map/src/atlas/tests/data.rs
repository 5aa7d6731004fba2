//! The files keep the rules, and each rule is seen to catch what breaks it.

use crate::atlas::source::{CONFIDENCES, Data, PLATFORMS, read};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SCHEMA: &str = include_str!("../../../data/fact.schema.json");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The files as the build reads them.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().ends_with(".schema.json") {
                let name = path.strip_prefix(folder()).unwrap().to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The smallest map that keeps every rule.
fn small() -> Vec<(String, Json)> {
    let vocabulary = json!({
        "sections": [{ "key": "session", "title": "Session", "question": "What follows?", "band": ["prt.cookie"],
            "groups": [{ "key": "prt", "title": "PRT" }] }],
        "values": {
            "supported": { "word": "supported", "standing": "yes", "meaning": "It works.", "level": "proved" },
            "not-supported": { "word": "not supported", "standing": "no", "meaning": "It does not." }
        },
        "subjects": [{ "subject": "prt.cookie", "section": "session", "group": "prt", "title": "Cookie",
            "question": "Is there one?", "main": true, "values": ["supported", "not-supported"] }]
    });
    let sources = json!({ "page": { "title": "A page", "url": "https://example.com/page" } });
    let facts = json!([
        { "id": "sess.linux.prt.cookie", "subject": "prt.cookie", "statement": "None.", "value": "not-supported",
          "valid_until": "2025-03", "source": "page", "confidence": "high" },
        { "id": "sess.linux.prt.cookie~2", "subject": "prt.cookie", "statement": "One.", "value": "supported",
          "since": "2025-03", "as_of": "2026-01-02", "last_verified": "2026-02-03", "source": "page",
          "confidence": "high" }
    ]);
    let own = json!([{ "id": "sess.passband.prt.cookie", "subject": "prt.cookie", "statement": "One.",
        "value": "supported", "source": "page", "confidence": "high", "tests": ["passband_x::a_test"] }]);
    let named = [
        ("vocabulary.json", vocabulary),
        ("sources.json", sources),
        ("session/linux.json", facts),
        ("session/passband.json", own),
    ];
    named.into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
}

fn try_small(change: impl FnOnce(&mut dyn FnMut(&str, &str, Json))) -> Result<Data, Vec<String>> {
    let mut map = small();
    let mut set = |file: &str, pointer: &str, value: Json| {
        let content = &mut map.iter_mut().find(|(name, _)| name == file).unwrap().1;
        match pointer.rsplit_once('/') {
            Some((parent, key)) => match content.pointer_mut(parent).unwrap() {
                Json::Object(object) => {
                    object.insert(key.to_owned(), value);
                }
                Json::Array(list) => list[key.parse::<usize>().unwrap()] = value,
                other => panic!("{other}"),
            },
            None => *content = value,
        }
    };
    change(&mut set);
    let files: Vec<_> = map.into_iter().map(|(name, content)| (name, content.to_string())).collect();
    read(&files)
}

#[test]
fn the_files_keep_every_rule() {
    let data = read(&files()).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    assert!(data.facts.len() > 390, "{}", data.facts.len());
    assert!(try_small(|_| {}).is_ok());
}

/// Breaks one thing at a time: the problem names the file, the fact, and what was expected.
#[test]
fn a_typo_is_told_with_file_fact_and_what_was_expected() {
    let linux = "session/linux.json";
    let fact = "session/linux.json: sess.linux.prt.cookie~2";
    let cases: [(&str, &str, Json, [&str; 2]); 24] = [
        (linux, "/1/subject", json!("prt.cooky"), [fact, "unknown subject `prt.cooky`"]),
        (
            linux,
            "/1/value",
            json!("suported"),
            [fact, "unknown value `suported`: expected one of supported, not-supported"],
        ),
        (linux, "/1/sinse", json!("2025"), [fact, "unknown field `sinse`, expected one of `id`"]),
        (linux, "/1/since", json!("2025-13"), [fact, "since: \"2025-13\" is no date: expected YYYY-MM-DD"]),
        (linux, "/1/last_verified", json!("soon"), [fact, "last_verified: \"soon\" is no date"]),
        (linux, "/1/as_of", Json::Null, [fact, "last_verified without as_of: expected both or none"]),
        (
            linux,
            "/1/id",
            json!("sess.linux.prt.cookie"),
            ["sess.linux.prt.cookie", "is the id of another fact too"],
        ),
        (
            linux,
            "/1/id",
            json!("sess.linux.prt.cookie~1"),
            ["~1", "unfit id: expected `sess.linux.prt.cookie`"],
        ),
        (
            linux,
            "/0/id",
            json!("sess.windows.prt.cookie"),
            ["sess.windows.prt.cookie", "unfit id: expected `sess.linux"],
        ),
        (
            linux,
            "/0/id",
            json!("sess.linux.prt.cookie~3"),
            ["sess.linux.prt.cookie~2", "expected facts sorted by id"],
        ),
        (linux, "/1/valid_until", json!("2025-02"), [fact, "valid_until 2025-02 is not after since 2025-03"]),
        (
            linux,
            "/1/valid_until",
            json!("2025-03-01"),
            [fact, "is not after since 2025-03: expected a state that lasted"],
        ),
        (linux, "/1/source", json!("pge"), [fact, "unknown source `pge`: expected a key of sources.json"]),
        (linux, "/1/also_see", json!(["pge"]), [fact, "unknown source `pge`"]),
        (
            linux,
            "/1/confidence",
            json!("sure"),
            [fact, "unknown confidence `sure`: expected one of high, medium, low"],
        ),
        (linux, "/1/statement", json!(" "), [fact, "empty statement"]),
        (
            linux,
            "/1/claims",
            json!(["supported", "not-supported"]),
            [fact, "come together: expected both or none"],
        ),
        (linux, "/1/tests", json!(["a_test"]), [fact, "`tests` are for passband.json alone"]),
        (
            "session/passband.json",
            "/0/tests",
            json!([]),
            ["session/passband.json: sess.passband.prt.cookie", "a claim without proof"],
        ),
        (
            "vocabulary.json",
            "/values/supported/standing",
            json!("good"),
            ["vocabulary.json: supported", "unknown standing `good`: expected one of yes"],
        ),
        (
            "vocabulary.json",
            "/values/supported/level",
            json!("iron"),
            ["vocabulary.json: supported", "unknown level `iron`"],
        ),
        (
            "vocabulary.json",
            "/subjects/0/group",
            json!("prts"),
            ["vocabulary.json: prt.cookie", "unknown section or group"],
        ),
        (
            "vocabulary.json",
            "/subjects/0/values",
            json!(["supported", "yes"]),
            ["vocabulary.json: prt.cookie", "unknown value `yes`"],
        ),
        (
            "sources.json",
            "/page/url",
            json!("http://example.com"),
            ["sources.json: page", "expected a title, and a url with https"],
        ),
    ];
    for (file, pointer, value, expected) in cases {
        let problems = try_small(|set| set(file, pointer, value.clone())).expect_err(pointer);
        let told = problems.iter().any(|problem| expected.iter().all(|part| problem.contains(part)));
        assert!(told, "{file} {pointer} {value}: {problems:#?}");
    }
}

#[test]
fn a_place_that_is_none_and_words_nobody_uses_are_told() {
    let mut map: Vec<_> = small().into_iter().map(|(name, content)| (name, content.to_string())).collect();
    map.push(("session/beos.json".to_owned(), "[]".to_owned()));
    let problems = read(&map).unwrap_err().join("\n");
    assert!(
        problems.contains("session/beos.json: unknown place") && problems.contains("windows, macos"),
        "{problems}"
    );
    let lone = json!({ "title": "B", "url": "https://example.com/b" });
    let problems = try_small(|set| set("sources.json", "/other", lone)).unwrap_err();
    assert_eq!(problems, ["sources.json: other: no fact names it"]);
    let lone = json!({ "word": "maybe", "standing": "limited", "meaning": "Perhaps." });
    let problems = try_small(|set| set("vocabulary.json", "/values/maybe", lone)).unwrap_err();
    assert_eq!(problems, ["vocabulary.json: maybe: no subject takes this value"]);
    assert!(read(&[]).is_err());
}

/// The schema is for people and other programs; the build has rules of its own. They must name the same things.
#[test]
fn the_schema_names_what_the_build_reads() {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let properties: BTreeSet<_> =
        schema["$defs"]["fact"]["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(schema["$defs"]["fact"]["additionalProperties"], false);
    let known = try_small(|set| set("session/linux.json", "/1/zzz", json!(1))).unwrap_err().join("");
    let listed = known.split("expected one of ").nth(1).unwrap();
    let read: BTreeSet<_> = listed.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(properties, read);
    assert_eq!(schema["$defs"]["fact"]["properties"]["confidence"]["enum"], json!(CONFIDENCES));
    for (path, text) in files().iter().filter(|(path, _)| path.contains('/')) {
        assert!(PLATFORMS.iter().any(|platform| path.ends_with(&format!("/{platform}.json"))), "{path}");
        for fact in serde_json::from_str::<Vec<Json>>(text).unwrap() {
            for required in schema["$defs"]["fact"]["required"].as_array().unwrap() {
                assert!(fact.get(required.as_str().unwrap()).is_some(), "{path}: {fact}");
            }
        }
    }
}

/// One field a line, so that a change reads well in a diff.
#[test]
fn every_field_has_a_line_of_its_own() {
    for (path, text) in files().iter().filter(|(path, _)| path.contains('/')) {
        let facts: Vec<serde_json::Map<String, Json>> = serde_json::from_str(text).unwrap();
        let fields: usize = facts.iter().map(serde_json::Map::len).sum();
        let lines = text.lines().filter(|line| line.starts_with("    \"")).count();
        assert_eq!(lines, fields, "{path}");
    }
}
