//! `passband plan`: what it prints of the export in `examples/`, how it ends.

use crate::passband;
use serde_json::Value;
use std::path::PathBuf;

fn example(name: &str) -> String {
    format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The planner on the example, on the day of its documentation.
fn plan(more: &[&str]) -> crate::Run {
    plan_on("2026-11-22", more)
}

fn plan_on(day: &str, more: &[&str]) -> crate::Run {
    let (tenant, fleet) = (example("tenant"), example("fleet.csv"));
    let asked = ["plan", "--tenant", &tenant, "--fleet", &fleet, "--at", day];
    passband(&[&asked[..], more].concat())
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("passband-plan-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_report_says_who_can_sign_in_in_every_format() {
    let run = plan(&[]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    for part in [
        "12 people with 13 devices, as of 2026-11-22.",
        "10 of 12  can sign in to everything",
        "Only synced passkeys: 2 people",
        "Wave 1: ready: 2 people\n    ada@nordlicht.example\n    breakglass@nordlicht.example\n",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    for (format, begins) in [("md", "# Who can sign in\n"), ("csv", "name,id,"), ("html", "<!doctype html>")]
    {
        let run = plan(&["--format", format]);
        assert!(run.exit == 0 && run.stdout.starts_with(begins), "{format}: {}", run.stdout);
    }
    assert_eq!(plan(&["--format", "csv"]).stdout.lines().count(), 13);
    let run = plan(&["--output", "json"]);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&all["day"], &all["summary"]["people"]), (&"2026-11-22".into(), &12.into()));
    assert_eq!(all["people"].as_array().unwrap().len(), 12);
}

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    let page = plan(&["--format", "html", "--require", "device-bound"]).stdout;
    for other in ["<script", "<link", "<img", "@import", "http://", "src=", "javascript:"] {
        assert!(!page.contains(other), "{other}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("<svg focusable=\"false\"><rect"));
}

#[test]
fn a_change_names_who_loses_and_what_gives_it_back() {
    let run = plan(&["--require", "device-bound", "--output", "json"]);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    let losing: Vec<_> = all["change"]["losing"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    // Cy and Dee have a synced passkey and no other; with a password they still get in.
    assert_eq!(losing, ["cy@nordlicht.example", "dee@nordlicht.example"]);
    assert_eq!(all["change"]["losing"][0]["surely"], serde_json::json!([]));
    assert_eq!(all["change"]["losing"][0]["steps"][0]["do"], "registerPasskey");
    // Before Apple's platforms had token protection, people on them would have been locked out of native apps.
    let bo_loses = |day: &str| {
        let run = plan_on(day, &["--require", "token-protection", "--output", "json"]);
        let all: Value = serde_json::from_str(&run.stdout).unwrap();
        let losing = all["change"]["losing"].as_array().unwrap().clone();
        losing.iter().any(|it| it["name"] == "bo@nordlicht.example")
    };
    assert!(bo_loses("2026-02-01") && !bo_loses("2026-11-22"));
}

#[test]
fn what_could_not_be_read_is_told_and_the_rest_answers() {
    let folder = folder("broken");
    let users = r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[
        {"id":"a1000000-7d1f-4c55-9a60-000000000001","userPrincipalName":"ada@example.com","accountEnabled":true},
        {"id":"not an id","userPrincipalName":"bo@example.com","accountEnabled":true}]}"#;
    std::fs::write(folder.join("users.json"), users).unwrap();
    let tenant = folder.display().to_string();
    let run = passband(&["plan", "--tenant", &tenant, "--at", "2026-11-22", "--output", "json"]);
    let (code, message) = run.error();
    assert_eq!((run.exit, code.as_str()), (1, "leftOut"), "{message}");
    assert!(message.contains("users.json:3"), "{message}");
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(all["people"].as_array().unwrap().len(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_cannot_be_used_says_so() {
    let run = passband(&["plan", "--tenant", "/nowhere", "--output", "json"]);
    assert_eq!((run.exit, run.error().0.as_str()), (3, "tenant"));
    assert!(run.error().1.contains("there is no such folder"), "{}", run.stderr);
    let run = passband(&["plan"]);
    assert!(run.exit == 2 && run.stderr.contains("--tenant <DIR>|--fleet <FILE>"), "{}", run.stderr);
    let run = plan(&["--require", "sync"]);
    assert!(run.exit == 2 && run.stderr.contains("device-bound, attested, aaguid:GUID"), "{}", run.stderr);
    let run = plan(&["--change", &example("fleet.csv")]);
    assert!(run.exit == 2 && run.stderr.contains("is no JSON"), "{}", run.stderr);
    let run = plan(&["--change", &example("tenant/users.json")]);
    assert!(run.exit == 2 && run.stderr.contains("neither a passkey policy"), "{}", run.stderr);
}

/// Whoever comes with the wrong folder is told what happened and what to do, never shown an answer about nobody.
#[test]
fn a_newcomer_with_the_wrong_folder_is_told_what_to_do() {
    let folder = folder("newcomer");
    let asked = || passband(&["plan", "--tenant", &folder.display().to_string()]);
    let run = asked();
    assert!(run.exit == 3 && run.stderr.contains("no file in it ends in .json"), "{}", run.stderr);
    std::fs::write(folder.join("package.json"), r#"{"name":"something else"}"#).unwrap();
    let run = asked();
    assert!(run.exit == 3 && run.stderr.contains("nobody in the input"), "{}", run.stderr);
    std::fs::write(folder.join("photo.json"), [0xff, 0xd8, 0xff, 0xe0]).unwrap();
    let run = asked();
    assert!(
        run.exit == 3 && run.stderr.contains("photo.json:1: it should be JSON, in UTF-8"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("bytes that are no text"), "{}", run.stderr);
    let file = folder.join("package.json").display().to_string();
    let run = passband(&["plan", "--tenant", &file]);
    assert!(run.exit == 3 && run.stderr.contains("it is no folder"), "{}", run.stderr);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What the documentation shows is what the program prints, but for what it leaves out (`…`).
#[test]
fn the_documentation_shows_what_is_printed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let mut shown = 0;
    for file in ["docs/plan.md", "README.md"] {
        let text = std::fs::read_to_string(format!("{root}{file}")).unwrap();
        for block in text.split("```\n").filter(|block| block.starts_with("$ passband plan ")) {
            let (command, lines) = block.split_once('\n').unwrap();
            let asked: Vec<_> =
                command.split(' ').skip(2).map(|word| word.replace("examples/", &example(""))).collect();
            let printed = passband(&asked.iter().map(String::as_str).collect::<Vec<_>>()).stdout;
            let mut left = printed.lines();
            for line in lines.lines().filter(|line| *line != "…") {
                assert!(
                    left.any(|it| it == line),
                    "{file}: {command}: {line:?} is not printed there:\n{printed}"
                );
                shown += 1;
            }
        }
    }
    assert!(shown > 40, "{shown} lines are shown");
}
