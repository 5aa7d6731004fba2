//! Which floor inside `core` may name which: the compiler sees one crate, so this check draws the lines.

use std::collections::{BTreeMap, BTreeSet};

use super::Problems;
use crate::rust_text::{Token, text, tokens};

/// Floor, and the floors below it. Device and authn do not see each other; they meet in session.
const FLOORS: &[(&str, &[&str])] = &[
    ("policy", &[]),
    ("platform", &["policy"]),
    ("device", &["policy", "platform"]),
    ("authn", &["policy", "platform"]),
    ("session", &["policy", "platform", "device", "authn"]),
];

/// Problems in the files of `core`, whose paths are relative to its `src`.
///
/// `exceptions` lists floors that a module outside every floor names; an unused one is a problem too.
pub(super) fn check(files: &[(&str, &str)], exceptions: &BTreeMap<String, Vec<String>>) -> Problems {
    let mut problems = Problems::new();
    let mut used = BTreeSet::new();
    for (file, source) in files {
        let module = module_of(file);
        for (line, target) in names(&module, source) {
            let own = module.first().map_or("lib.rs", String::as_str);
            if target == own || target.is_empty() {
                continue;
            }
            let listed = exceptions.get(own).is_some_and(|floors| floors.contains(&target));
            if listed {
                used.insert((own.to_owned(), target));
            } else if !may_name(own, &target) {
                problems.push(format!("crates/core/src/{file}:{line}: {own} may not name {target}"));
            }
        }
    }
    for (module, floors) in exceptions {
        for floor in floors.iter().filter(|floor| !used.contains(&(module.clone(), (*floor).clone()))) {
            problems.push(format!("xtask/tidy.toml: {module} no longer names {floor}: remove the exception"));
        }
    }
    problems
}

fn floor(name: &str) -> Option<&'static [&'static str]> {
    FLOORS.iter().find(|(floor, _)| *floor == name).map(|(_, below)| *below)
}

fn may_name(own: &str, target: &str) -> bool {
    match (floor(own), floor(target)) {
        // Glob imports of the crate's root would hide where a name comes from.
        _ if target == "*" => false,
        (_, None) => true,
        (Some(below), Some(_)) => below.contains(&target),
        (None, Some(_)) => false,
    }
}

/// `device/register.rs` is module `device::register`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The top-level module that each `crate::`, `super::` or `self::` path in `source` reaches, with its line.
///
/// In the crate's root, where floors are in scope by their bare names, those count too: a re-export there
/// would let every module reach a floor without naming it.
fn names(module: &[String], source: &str) -> Vec<(usize, String)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    // Modules written inside this file, each with the brace depth at which it ends.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "mod" if text(&tokens, at + 2) == "{" => {
                inline.push((text(&tokens, at + 1).to_owned(), depth));
                depth += 1;
                at += 2;
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|(_, start)| *start == depth);
            }
            "crate" | "super" | "self" if text(&tokens, at + 1) == "::" && !follows_path(&tokens, at) => {
                let mut here: Vec<&str> = module.iter().map(String::as_str).collect();
                here.extend(inline.iter().map(|(name, _)| name.as_str()));
                tree(&tokens, at, &here, &mut found);
            }
            name if module.is_empty()
                && inline.is_empty()
                && floor(name).is_some()
                && text(&tokens, at + 1) == "::"
                && !follows_path(&tokens, at) =>
            {
                found.push((token.line, name.to_owned()));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn follows_path(tokens: &[Token<'_>], at: usize) -> bool {
    at > 0 && text(tokens, at - 1) == "::"
}

/// Follows one path, or each branch of a `use` tree, from token `at`; `base` is the module it is read in.
/// Returns the token after it.
fn tree(tokens: &[Token<'_>], mut at: usize, base: &[&str], found: &mut Vec<(usize, String)>) -> usize {
    let mut path = base.to_vec();
    loop {
        let Some(token) = tokens.get(at) else { return at };
        match token.text {
            "crate" => path.clear(),
            "super" => {
                path.pop();
            }
            "self" => {}
            "{" => {
                at += 1;
                while at < tokens.len() && text(tokens, at) != "}" {
                    at = tree(tokens, at, &path, found);
                    // Skip `as name` and the comma.
                    while at < tokens.len() && !matches!(text(tokens, at), "," | "}") {
                        at += 1;
                    }
                    at += usize::from(text(tokens, at) == ",");
                }
                return at + 1;
            }
            name => path.push(name),
        }
        let (line, next) = (token.line, text(tokens, at + 1));
        if next != "::" || text(tokens, at + 2) == "<" {
            found.push((line, path.first().copied().unwrap_or_default().to_owned()));
            return at + 1;
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str, source: &str) -> usize {
        check(&[(file, source)], &BTreeMap::new()).len()
    }

    #[test]
    fn arrows_point_down() {
        assert_eq!(problems("session/issue.rs", "use crate::{authn::A, device::{B, C}, policy};"), 0);
        assert_eq!(problems("device/register.rs", "use crate::platform::Evidence;"), 0);
        assert_eq!(problems("policy/rule.rs", "use crate::platform::Evidence;"), 1);
        assert_eq!(problems("authn/sign_in.rs", "fn f() { crate::session::mint() }"), 1);
    }

    #[test]
    fn device_and_authn_do_not_see_each_other() {
        assert_eq!(problems("device/register.rs", "use crate::authn::A;"), 1);
        assert_eq!(problems("authn/enrol.rs", "use crate::{time::T, device::{D as E, F}};"), 2);
    }

    #[test]
    fn super_is_followed_through_files_and_inline_modules() {
        assert_eq!(problems("device/register.rs", "use super::identity::Key;"), 0);
        assert_eq!(problems("device/register.rs", "use super::super::session::Prt;"), 1);
        assert_eq!(problems("device/mod.rs", "use super::session::Prt;"), 1);
        assert_eq!(problems("device.rs", "mod tests { use super::super::session::Prt; }"), 1);
        assert_eq!(problems("device.rs", "mod tests { use super::*; } use self::identity::Key;"), 0);
        assert_eq!(problems("device.rs", "mod a { fn f() {} } use super::session::Prt;"), 1);
    }

    #[test]
    fn the_foundation_names_no_floor_but_the_listed() {
        let source = "use crate::device::Record;";
        assert_eq!(problems("change.rs", source), 1);
        let listed = BTreeMap::from([("change".to_owned(), vec!["device".to_owned()])]);
        assert_eq!(check(&[("change.rs", source)], &listed).len(), 0);
        // An exception nobody needs any more has to go.
        assert_eq!(check(&[("change.rs", "")], &listed).len(), 1);
    }

    #[test]
    fn the_root_neither_reexports_a_floor_nor_is_imported_whole() {
        assert_eq!(problems("lib.rs", "pub mod device; pub mod policy;"), 0);
        assert_eq!(problems("lib.rs", "pub use device::Record;"), 1);
        assert_eq!(problems("lib.rs", "pub use crate::device::Record;"), 1);
        assert_eq!(problems("policy/rule.rs", "use crate::*;"), 1);
    }

    #[test]
    fn words_in_comments_and_strings_are_not_arrows() {
        assert_eq!(
            problems("policy/rule.rs", "// crate::session::Prt\nconst A: &str = \"crate::device::B\";"),
            0
        );
    }
}
