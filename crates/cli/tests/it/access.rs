//! Conditional access from the command line.

use crate::fake::Fake;
use crate::{Scratch, admin};

const POLICIES: &str = "/beta/identity/conditionalAccess/policies";
const FOUND: &str = r#"{"value":[{"id":"6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11","displayName":"Office"}]}"#;
const PLACE: &str = "/beta/identity/conditionalAccess/policies/6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11";

#[test]
fn a_policy_is_found_by_its_name_and_switched() {
    for (args, body) in [
        (&["enable", "Office"][..], r#"{"state":"enabled"}"#),
        (&["enable", "Office", "--force"], r#"{"passband_force":true,"state":"enabled"}"#),
        (&["disable", "Office"], r#"{"state":"disabled"}"#),
        (&["report-only", "Office"], r#"{"state":"enabledForReportingButNotEnforced"}"#),
    ] {
        let fake = Fake::start(vec![(200, FOUND), (204, "")]);
        let run = admin(&fake, &[&["policy", "access"], args].concat());
        assert_eq!(run.exit, 0, "{}", run.stderr);
        let seen = fake.seen();
        assert!(seen[0].contains("displayName+eq+%27Office%27"), "{}", seen[0]);
        assert!(seen[1].starts_with(&format!("PATCH {PLACE} ")) && seen[1].ends_with(body), "{}", seen[1]);
    }
    let two = r#"{"value":[{"id":"a"},{"id":"b"}]}"#;
    for (answer, word) in [(two, "several policies"), (r#"{"value":[]}"#, "no policy")] {
        let run = admin(&Fake::start(vec![(200, answer)]), &["policy", "access", "delete", "Office"]);
        assert_eq!(run.exit, 1);
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    let fake = Fake::start(vec![(200, FOUND), (200, r#"{"id":"x","version":5}"#)]);
    let run = admin(&fake, &["policy", "access", "rollback", "Office", "3"]);
    assert_eq!(run.stdout, "Office is as in version 3, under number 5\n", "{}", run.stderr);
    assert!(fake.seen()[1].ends_with(r#"{"version":3}"#));
    let versions = r#"{"value":[{"version":2,"author":"ada@example.com","createdDateTime":"2026-11-22T12:00:00Z",
        "isDeleted":false,"summary":["state: \"enabled\" -> \"disabled\""]}]}"#;
    let run =
        admin(&Fake::start(vec![(200, FOUND), (200, versions)]), &["policy", "access", "history", "Office"]);
    assert!(
        run.stdout.contains("ada@example.com") && run.stdout.contains("-> \"disabled\""),
        "{}",
        run.stdout
    );
}

#[test]
fn what_was_shown_can_be_sent_back() {
    let scratch = Scratch::new("access");
    let file = scratch.0.join("office.json");
    let shown = r#"{"@odata.context":"x","@odata.etag":"W/\"3\"","id":"6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11","state":"enabled"}"#;
    let id = "6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11";
    let fake = Fake::start(vec![(200, shown)]);
    let run = admin(&fake, &["policy", "access", "show", id, "--output", "json"]);
    assert!(fake.seen()[0].starts_with(&format!("GET {PLACE} ")), "{}", fake.seen()[0]);
    std::fs::write(&file, &run.stdout).unwrap();
    let fake = Fake::start(vec![(204, "")]);
    let run = admin(&fake, &["policy", "access", "update", id, file.to_str().unwrap()]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let seen = fake.seen().remove(0);
    assert!(seen.contains(r#""@odata.etag":"W/\"3\"""#) && !seen.contains("odata.context"), "{seen}");
}

#[test]
fn a_sign_in_is_asked_about_and_a_change_is_tried() {
    let answer = r#"{"value":[{"displayName":"Office","policyApplies":true,"analysisReasons":"notEnoughInformation",
        "passband_result":"failure","passband_bestResult":"notApplied"}],"passband_decision":{"outcome":"refused",
        "bestOutcome":"allowed","whatWouldLetThemIn":["“Office”: It asks for a compliant device."]}}"#;
    let fake = Fake::start(vec![(200, r#"{"id":"u-1"}"#), (200, answer)]);
    let asked = ["policy", "access", "what-if", "ada@example.com", "--app", "MicrosoftAdminPortals"];
    let set = ["--set", "devicePlatform=windows", "--set", "deviceInfo.isCompliant=true"];
    let run = admin(&fake, &[&asked[..], &set].concat());
    assert_eq!(run.exit, 1, "at worst it is refused: {}", run.stderr);
    assert!(run.stdout.contains("notEnoughInformation"), "{}", run.stdout);
    assert!(run.stderr.contains("At worst it would be refused, at best allowed"), "{}", run.stderr);
    let seen = fake.seen().remove(1);
    assert!(
        seen.contains(r#""signInConditions":{"deviceInfo":{"isCompliant":true},"devicePlatform":"windows"}"#),
        "{seen}"
    );

    let nobody = r#"{"signIns":100,"refusedCount":1,"promptedCount":0,"allowedCount":0,"peopleCount":1,"isComplete":true,
        "refused":[{"userPrincipalName":"ada@example.com","now":"allowed","then":"refused"}],"prompted":[],"allowed":[],
        "leavesNoAdministrator":false}"#;
    let fake = Fake::start(vec![(200, FOUND), (200, nobody)]);
    let run = admin(&fake, &["policy", "access", "replay", "--enable", "Office", "--days", "30"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("ada@example.com") && run.stderr.contains("Of 100 sign-ins: 1 would be refused")
    );
    let seen = fake.seen().remove(1);
    assert!(
        seen.starts_with(&format!("POST {POLICIES}/passband_replay ")) && seen.contains(r#""days":30"#),
        "{seen}"
    );
    let locks: &'static str =
        Box::leak(nobody.replace(r#"Administrator":false"#, r#"Administrator":true"#).into_boxed_str());
    let run = admin(
        &Fake::start(vec![(200, FOUND), (200, locks)]),
        &["policy", "access", "replay", "--remove", "Office"],
    );
    assert_eq!(run.exit, 1);
    assert_eq!(admin(&Fake::start(vec![]), &["policy", "access", "replay"]).exit, 2);
}
