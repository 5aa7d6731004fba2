//! What no file may say.

use super::Problems;
use crate::rust_text::{text, tokens};

/// Folders of one machine, in pieces so that this list does not find itself.
const MACHINE_PATHS: &[&str] = &[concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/tmp/ba", "sh")];

/// Hosts of package registries: where a package comes from is the reader's configuration.
const REGISTRIES: &[&str] = &[
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("pypi", ".org"),
    concat!("pythonho", "sted.org"),
    concat!("npmjs", ".org"),
    concat!("deb.deb", "ian.org"),
];

/// Marks of work left for later; it belongs in an issue.
const LATER: &[&str] = &[concat!("FIX", "ME"), concat!("TO", "DO")];

/// Problems in `files`, given as path and content.
pub(super) fn check(files: &[(String, String)]) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in files {
        // Written by cargo.
        if path.ends_with("Cargo.lock") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for word in forbidden(line) {
                problems.push(format!("{path}:{}: says `{word}`", number + 1));
            }
        }
        if path.ends_with(".rs") {
            problems.extend(unfinished(path, text));
        }
    }
    problems
}

fn forbidden(line: &str) -> impl Iterator<Item = &'static str> {
    let paths = MACHINE_PATHS.iter().filter(|path| has_path(line, path));
    let hosts = REGISTRIES.iter().filter(|host| line.contains(**host));
    paths.chain(hosts).chain(LATER.iter().filter(|word| has_word(line, word))).copied()
}

/// Whether an absolute path in `line` begins with `path`; inside a longer path or a URL it is no such thing.
fn has_path(line: &str, path: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '~');
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(inside))
}

fn has_word(line: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(letter) && !line[at + word.len()..].starts_with(letter))
}

/// Code that is not there yet, and tests that do not run.
fn unfinished(path: &str, source: &str) -> Problems {
    let tokens = tokens(source);
    let mut problems = Problems::new();
    for (at, token) in tokens.iter().enumerate() {
        let says = match token.text {
            "todo" | "unimplemented" => text(&tokens, at + 1) == "!",
            "ignore" => at >= 2 && text(&tokens, at - 1) == "[" && text(&tokens, at - 2) == "#",
            _ => false,
        };
        if says {
            problems.push(format!("{path}:{}: says `{}`", token.line, token.text));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> usize {
        check(&[(path.to_owned(), text.to_owned())]).len()
    }

    #[test]
    fn machine_paths_are_found() {
        assert_eq!(problems("a.md", &format!("see {}me/x", MACHINE_PATHS[1])), 1);
        assert_eq!(problems("a.toml", &format!("dir = \"{}.cargo\"", MACHINE_PATHS[0])), 1);
        assert_eq!(problems("a.md", &format!("https://example.com{}x", MACHINE_PATHS[1])), 0);
    }

    #[test]
    fn registries_and_work_left_for_later_are_found() {
        assert_eq!(problems("a.sh", &format!("curl {}", REGISTRIES[0])), 1);
        assert_eq!(problems("Cargo.lock", &format!("source = {}", REGISTRIES[0])), 0);
        assert_eq!(problems("a.css", &format!("/* {} later */", LATER[0])), 1);
        assert_eq!(problems("a.md", "AUTODOC"), 0);
    }

    #[test]
    fn missing_code_and_tests_that_do_not_run_are_found() {
        assert_eq!(problems("a.rs", "fn f() {\n  todo!()\n}"), 1);
        assert_eq!(problems("a.rs", "fn f() { unimplemented ! (); }"), 1);
        assert_eq!(problems("a.rs", "#[test] #[ignore = \"slow\"] fn f() {}"), 1);
        assert_eq!(problems("a.rs", "// no todo!() here\nfn ignore(x: [u8; 1]) {}"), 0);
    }
}
