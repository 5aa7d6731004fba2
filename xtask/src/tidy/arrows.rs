//! Which crate may name which, and which crate alone may name a library.

use serde_json::Value;

use super::{Direct, Problems, direct_dependencies, members};

/// Crate, and the crates of the workspace it may name (ADR 0001, ADR 0004).
const ARROWS: &[(&str, &[&str])] = &[
    (
        "passband",
        &[
            "passband-broker",
            "passband-core",
            "passband-map",
            "passband-server",
            "passband-testkit",
            "passband-wire",
        ],
    ),
    // The suite itself sees no server but over HTTP: a stranger points it at theirs.
    ("passband-attacks", &["passband-testkit", "passband-wire"]),
    ("passband-broker", &["passband-wire"]),
    ("passband-core", &["passband-wire"]),
    ("passband-map", &["passband-core"]),
    ("passband-server", &["passband-core", "passband-map", "passband-store", "passband-wire"]),
    ("passband-store", &["passband-core", "passband-wire"]),
    ("passband-testkit", &["passband-core", "passband-wire"]),
    ("passband-wire", &[]),
    ("xtask", &[]),
];

/// The crates the test kit stands on: they cannot name it, not even in their tests.
const BELOW_TESTKIT: &[&str] = &["passband-core", "passband-wire", "passband-testkit", "xtask"];

/// Crate, and the crates that its tests alone may name.
const FOR_TESTS: &[(&str, &[&str])] = &[("passband-attacks", &["passband-core", "passband-server"])];

/// Library, and the only crates that may name it.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("axum", &["passband-server"]),
    ("clap", &["passband", "passband-attacks", "xtask"]),
    ("hyper", &["passband", "passband-broker", "passband-server", "passband-testkit"]),
    ("reqwest", &["passband", "passband-attacks", "passband-broker", "passband-server"]),
    ("sqlx", &["passband-store"]),
    // Not `passband-core` and not `passband-wire`: they do no I/O.
    (
        "tokio",
        &[
            "passband",
            "passband-attacks",
            "passband-broker",
            "passband-server",
            "passband-store",
            "passband-testkit",
        ],
    ),
    ("tss-esapi", &["passband-broker"]),
    ("zbus", &["passband-broker"]),
];

/// Problems of `cargo metadata`.
pub(super) fn check(metadata: &Value) -> Problems {
    let mut problems = Problems::new();
    for name in members(metadata).filter_map(|package| package["name"].as_str()) {
        if !ARROWS.iter().any(|(from, _)| *from == name) {
            problems.push(format!("crate {name}: not in the list of arrows; give it its place there"));
        }
    }
    problems.extend(direct_dependencies(metadata).iter().filter_map(problem));
    problems
}

fn problem(Direct { from, to, kind }: &Direct<'_>) -> Option<String> {
    if ARROWS.iter().any(|(name, _)| name == to) {
        let listed = ARROWS.iter().any(|(name, allowed)| name == from && allowed.contains(to));
        let testkit = *to == "passband-testkit" && !BELOW_TESTKIT.contains(from);
        let own = FOR_TESTS.iter().any(|(name, allowed)| name == from && allowed.contains(to));
        let for_tests = *kind == "dev" && (testkit || own);
        return (!listed && !for_tests).then(|| format!("crate {from}: may not depend on {to} ({kind})"));
    }
    let (library, only) = LIBRARIES.iter().find(|(library, _)| library == to)?;
    (!only.contains(from)).then(|| format!("crate {from}: {library} belongs in {}", only.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(from: &str, to: &str, kind: Option<&str>) -> Problems {
        check(&json!({
            "workspace_members": ["id"],
            "packages": [
                {"id": "id", "name": from, "dependencies": [{"name": to, "kind": kind}]},
                {"id": "elsewhere", "name": "serde", "dependencies": [{"name": "sqlx", "kind": null}]},
            ],
        }))
    }

    #[test]
    fn arrows_point_down_only() {
        assert!(one("passband-store", "passband-core", None).is_empty());
        assert!(!one("passband-core", "passband-store", None).is_empty());
        assert!(!one("passband-broker", "passband-core", None).is_empty());
        assert!(!one("passband-wire", "passband-core", Some("dev")).is_empty());
        assert!(!one("passband-map", "passband-server", Some("build")).is_empty());
    }

    #[test]
    fn the_test_kit_serves_tests_above_it_and_the_binary() {
        assert!(one("passband-server", "passband-testkit", Some("dev")).is_empty());
        assert!(one("passband", "passband-testkit", None).is_empty());
        assert!(!one("passband-server", "passband-testkit", None).is_empty());
        assert!(one("passband-attacks", "passband-server", Some("dev")).is_empty());
        assert!(!one("passband-attacks", "passband-server", None).is_empty());
        assert!(!one("passband-core", "passband-testkit", Some("dev")).is_empty());
    }

    #[test]
    fn a_library_stays_in_its_crate() {
        assert!(one("passband-store", "sqlx", None).is_empty());
        assert!(!one("passband-server", "sqlx", Some("dev")).is_empty());
        assert!(!one("passband-core", "tokio", None).is_empty());
        assert!(!one("passband-server", "clap", None).is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert!(!one("passband-extra", "serde", None).is_empty());
    }
}
