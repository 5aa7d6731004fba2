//! Documents that must agree with the tree.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Problems, Tree, direct_dependencies};
use crate::rust_text::functions;

/// Documents whose paths must exist.
const WITH_PATHS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "README.md"];
const EXTENSIONS: &[&str] = &["css", "html", "js", "json", "md", "rs", "sh", "sql", "toml", "txt"];

/// Problems of the documents in `tree`.
pub(super) fn check(tree: &Tree, metadata: &Value) -> Problems {
    let mut problems = Problems::new();
    for document in WITH_PATHS {
        let exists = |path: &str| tree.root.join(path).exists();
        match tree.text(document) {
            Some(text) => problems.extend(missing_paths(document, text, exists)),
            None => problems.push(format!("{document}: missing")),
        }
    }
    problems.extend(changelog(tree.text("CHANGELOG.md").unwrap_or_default()));
    problems.extend(past_bugs(tree.text("docs/past-bugs.md").unwrap_or_default(), &test_names(tree)));
    for (file, text) in tree.under("crates/map/data/", "json") {
        problems.extend(map_tests(file, text, &test_names(tree)));
    }
    let workspace = tree.text("Cargo.toml").unwrap_or_default();
    problems.extend(dependencies(
        tree.text("docs/dependencies.md").unwrap_or_default(),
        &named_dependencies(workspace, metadata),
    ));
    problems
}

/// The code spans of a line of Markdown.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The cells of a table's row; none of its head, its rule, or a line that is no row.
fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let mut past_rule = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let Some(inner) = line.trim().strip_prefix('|') else {
            past_rule = false;
            return None;
        };
        let cells: Vec<&str> = inner.trim_end_matches('|').split('|').map(str::trim).collect();
        let is_rule = cells.iter().all(|cell| !cell.is_empty() && cell.trim_matches([':', '-']).is_empty());
        if is_rule {
            past_rule = true;
            return None;
        }
        past_rule.then_some((number + 1, cells))
    })
}

fn missing_paths(document: &str, text: &str, exists: impl Fn(&str) -> bool) -> Problems {
    let mut problems = Problems::new();
    let mut in_block = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            for path in spans(line).filter(|span| is_path(span, &exists) && !exists(span)) {
                problems.push(format!("{document}:{}: `{path}` does not exist", number + 1));
            }
        }
    }
    problems
}

/// Whether a code span means a file of the repository: by its extension, a slash at its end, or because it
/// begins with a folder that exists. `/authorize` and `application/json` are none.
fn is_path(span: &str, exists: impl Fn(&str) -> bool) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if span.starts_with('/') || !span.chars().all(plain) || span.is_empty() {
        return false;
    }
    let has_extension =
        span.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && EXTENSIONS.contains(&end));
    has_extension || span.ends_with('/') || span.split_once('/').is_some_and(|(folder, _)| exists(folder))
}

fn changelog(text: &str) -> Problems {
    let found = text.lines().any(|line| line.trim() == "## [Unreleased]" || line.trim() == "## Unreleased");
    if found { Vec::new() } else { vec!["CHANGELOG.md: has no section `## [Unreleased]`".to_owned()] }
}

/// Every test of the tree. Functions in a tests folder count even without the attribute: a macro may hold
/// the attribute and run one body on both databases.
fn test_names(tree: &Tree) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (path, source) in tree.under("", "rs") {
        let in_tests = path.contains("/tests/") || path.ends_with("/tests.rs");
        names.extend(
            functions(source).into_iter().filter(|(_, is_test)| *is_test || in_tests).map(|(name, _)| name),
        );
    }
    names
}

/// Each row names, in its third cell, at least one test, and each test it names exists.
fn past_bugs(text: &str, tests: &BTreeSet<&str>) -> Problems {
    let mut problems = Problems::new();
    if !text.contains("| class") {
        problems.push("docs/past-bugs.md: has no table".to_owned());
    }
    for (line, cells) in rows(text) {
        let named: Vec<&str> = cells.get(2).map(|cell| spans(cell).collect()).unwrap_or_default();
        if named.is_empty() {
            problems.push(format!("docs/past-bugs.md:{line}: names no test in its third column"));
        }
        for test in named {
            let name = test.rsplit("::").next().unwrap_or(test);
            if !tests.contains(name) {
                problems.push(format!("docs/past-bugs.md:{line}: no test is called `{name}`"));
            }
        }
    }
    problems
}

/// Each test that the map names as a proof exists, so that a claim about Passband falls with it.
fn map_tests(file: &str, text: &str, tests: &BTreeSet<&str>) -> Problems {
    let facts: Value = serde_json::from_str(text).unwrap_or_default();
    let mut problems = Problems::new();
    for fact in facts.as_array().into_iter().flatten() {
        let named = fact["tests"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for test in named.filter(|test| !tests.contains(test.rsplit("::").next().unwrap_or(test))) {
            let id = fact["id"].as_str().unwrap_or_default();
            problems.push(format!("crates/map/data/{file}: {id}: no test is called `{test}`"));
        }
    }
    problems
}

/// A library named in the workspace, and its licence where it is in use.
struct Named {
    name: String,
    licence: Option<String>,
}

/// What the crates name themselves, and what the workspace's manifest keeps a version of for them.
fn named_dependencies(workspace: &str, metadata: &Value) -> Vec<Named> {
    let own = |name: &str| name.starts_with("passband");
    let mut names: BTreeSet<String> = direct_dependencies(metadata).iter().map(|d| d.to.to_owned()).collect();
    let manifest: toml::Table = workspace.parse().unwrap_or_default();
    let kept = manifest.get("workspace").and_then(|table| table.get("dependencies")?.as_table());
    names.extend(kept.into_iter().flat_map(|table| table.keys().cloned()));
    names.retain(|name| !own(name));
    let packages = metadata["packages"].as_array();
    let licences = |name: &str| {
        let mut versions = packages?.iter().filter(|package| package["name"].as_str() == Some(name));
        versions.find_map(|package| package["license"].as_str()).map(str::to_owned)
    };
    names.into_iter().map(|name| Named { licence: licences(&name), name }).collect()
}

/// Rows are `| `name` | what for | licence | exit |`.
fn dependencies(text: &str, named: &[Named]) -> Problems {
    const FILE: &str = "docs/dependencies.md";
    let mut problems = Problems::new();
    let mut seen = BTreeSet::new();
    for (line, cells) in rows(text) {
        let name = cells.first().and_then(|cell| spans(cell).next()).unwrap_or_default();
        seen.insert(name);
        if cells.len() != 4 || cells.iter().any(|cell| cell.is_empty()) {
            problems.push(format!("{FILE}:{line}: `{name}` needs: name, what for, licence, exit"));
        }
        match named.iter().find(|dependency| dependency.name == name) {
            None => problems.push(format!("{FILE}:{line}: nothing here depends on `{name}`: remove the row")),
            Some(Named { licence: Some(licence), .. }) if cells.get(2) != Some(&licence.as_str()) => {
                problems.push(format!("{FILE}:{line}: the licence of `{name}` is {licence}"));
            }
            Some(_) => {}
        }
    }
    for Named { name, .. } in named.iter().filter(|dependency| !seen.contains(dependency.name.as_str())) {
        problems.push(format!("{FILE}: `{name}` has no row: say what it is for and how to leave it"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_do_not_exist_are_found() {
        let exists = |path: &str| matches!(path, "crates" | "crates/core" | "README.md");
        let found = |text: &str| missing_paths("A.md", text, exists).len();
        assert_eq!(
            found("`crates/core` and `README.md`, `/authorize`, `application/json`, `a::b`, `--x`"),
            0
        );
        assert_eq!(found("`crates/cor`"), 1);
        assert_eq!(found("`gone/` then `register.rs`"), 2);
        assert_eq!(found("```\n`crates/cor`\n```\n`crates/gone`"), 1);
    }

    #[test]
    fn a_changelog_has_room_for_the_next_change() {
        assert!(changelog("# Changelog\n\n## [Unreleased]\n").is_empty());
        assert_eq!(changelog("# Changelog\n\n## [0.1.0]\n").len(), 1);
    }

    #[test]
    fn past_bugs_name_tests_that_exist() {
        let found = |row: &str| {
            let table = format!("| class | what | test |\n|---|---|---|\n{row}");
            past_bugs(&table, &BTreeSet::from(["replay_ends_the_session"])).len()
        };
        assert_eq!(found(""), 0);
        assert_eq!(found("| Replay | unique insert | `session::replay_ends_the_session` |"), 0);
        assert_eq!(found("| Replay | unique insert | `replay_ends_it` |"), 1);
        assert_eq!(found("| Replay | unique insert | |"), 1);
        assert_eq!(past_bugs("nothing", &BTreeSet::new()).len(), 1);
    }

    #[test]
    fn a_claim_about_passband_falls_with_its_test() {
        let found = |fact: &str| {
            let text = format!("[{fact}, {{ \"id\": \"other\" }}]");
            map_tests("session/passband.json", &text, &BTreeSet::from(["a_prt_dies"]))
        };
        assert!(found(r#"{ "id": "x", "tests": ["passband_server::it::prt::a_prt_dies"] }"#).is_empty());
        let gone = found(r#"{ "id": "x", "tests": ["a_prt_dies", "passband_server::a_prt_lives"] }"#);
        assert_eq!(
            gone,
            ["crates/map/data/session/passband.json: x: no test is called `passband_server::a_prt_lives`"]
        );
    }

    #[test]
    fn each_dependency_has_a_row_and_each_row_a_dependency() {
        let named = [Named { name: "serde".to_owned(), licence: Some("MIT OR Apache-2.0".to_owned()) }];
        let found = |row: &str| {
            dependencies(&format!("| crate | for | licence | exit |\n|---|---|---|---|\n{row}"), &named).len()
        };
        assert_eq!(found("| `serde` | JSON | MIT OR Apache-2.0 | none |"), 0);
        assert_eq!(found("| `serde` | JSON | MIT | none |"), 1);
        assert_eq!(found("| `serde` | JSON | MIT OR Apache-2.0 | |"), 1);
        assert_eq!(found(""), 1);
        assert_eq!(found("| `serde` | JSON | MIT OR Apache-2.0 | none |\n| `gone` | x | MIT | y |"), 1);
    }

    #[test]
    fn a_version_kept_for_later_counts_as_a_dependency() {
        let manifest = "[workspace.dependencies]\npassband-core = { path = 'x' }\nproptest = '1'";
        let named = named_dependencies(manifest, &Value::Null);
        assert_eq!(named.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["proptest"]);
    }
}
