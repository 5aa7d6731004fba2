//! `passband map`: what it prints, how it ends.

use crate::passband;
use serde_json::Value;

#[test]
fn one_subject_on_a_day() {
    let asked = [
        "map",
        "show",
        "--subject",
        "token-protection.sign-in-session",
        "--platform",
        "macos",
        "--at",
        "2026-03",
    ];
    let run = passband(&asked);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("Token protection, native apps  ◐ preview"), "{}", run.stdout);
    let run = passband(&[&asked[..], &["--output", "json"]].concat());
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&found["at"], &found["facts"][0]["value"]), (&"2026-03".into(), &"preview".into()));
    for (format, begins) in
        [("md", "# The map on 2026-03"), ("csv", "id,section,"), ("html", "<!doctype html>")]
    {
        let run = passband(&[&asked[..], &["--format", format]].concat());
        assert!(run.exit == 0 && run.stdout.starts_with(begins), "{format}: {}", run.stdout);
    }
}

#[test]
fn what_changed_is_told_in_sentences() {
    let run = passband(&["map", "diff", "--from", "2025-06-01", "--to", "2026-11-22"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let wanted = "macOS: token protection, native apps: not supported -> generally available, 2026-08-20";
    assert!(run.stdout.lines().any(|line| line.starts_with(wanted)), "{}", run.stdout);
    let run = passband(&["map", "diff", "--from", "2026-11-20", "--to", "2026-11-22"]);
    assert_eq!(run.stdout, "Nothing changed between 2026-11-20 and 2026-11-22.\n");
    let run = passband(&["map", "diff", "--from", "2026-01-01", "--to", "2025-01-01", "--output", "json"]);
    assert_eq!((run.exit, run.error().0.as_str()), (2, "usage"));
}

#[test]
fn a_check_ends_with_one_while_something_has_no_reason() {
    let run = passband(&["map", "check", "--max-age", "365d", "--at", "2026-11-22"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(
        run.stdout.contains("accepted  All platforms: number of profiles: sources disagree"),
        "{}",
        run.stdout
    );
    let run = passband(&["map", "check", "--max-age", "30d", "--at", "2026-11-22", "--output", "json"]);
    assert_eq!((run.exit, run.error().0.as_str()), (1, "mapNeedsCare"));
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(
        found.as_array().unwrap().iter().any(|one| one["kind"] == "stale" && one["acknowledged"].is_null())
    );
}

#[test]
fn what_the_map_does_not_know_is_a_usage_error() {
    for wrong in [
        ["show", "--platform", "beos"],
        ["show", "--section", "cellar"],
        ["show", "--at", "yesterday"],
        ["show", "--subject", "passkey.sync"],
        ["check", "--max-age", "long"],
    ] {
        let run = passband(&[&["map"], &wrong[..], &["--output=json"]].concat());
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{wrong:?}");
        assert_eq!(run.error().0, "usage", "{wrong:?}");
    }
}
