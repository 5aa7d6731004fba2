//! Groups and policies from the command line.

use crate::fake::Fake;
use crate::{Scratch, admin};

const FIDO2: &str = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2";

#[test]
fn a_person_is_put_into_a_group_by_their_names() {
    let group = r#"{"value":[{"id":"g-1","displayName":"Admins"}]}"#;
    let fake = Fake::start(vec![(200, r#"{"id":"u-1"}"#), (200, group), (204, "")]);
    let run = admin(&fake, &["group", "add", "Admins", "ada@example.com"]);
    assert_eq!((run.exit, run.stdout.as_str()), (0, "ada@example.com is in Admins now\n"), "{}", run.stderr);
    let seen = fake.seen();
    assert!(seen[0].starts_with("GET /v1.0/users/ada@example.com "), "{}", seen[0]);
    assert!(seen[1].contains("displayName+eq+%27Admins%27"), "{}", seen[1]);
    assert!(seen[2].starts_with("POST /v1.0/groups/g-1/members/$ref "), "{}", seen[2]);
    assert!(seen[2].ends_with(r#"{"@odata.id":"users/u-1"}"#), "{}", seen[2]);

    let two = r#"{"value":[{"id":"g-1"},{"id":"g-2"}]}"#;
    for (answer, word) in [(two, "more than one"), (r#"{"value":[]}"#, "no group")] {
        let run = admin(&Fake::start(vec![(200, answer)]), &["group", "delete", "Admins"]);
        assert_eq!(run.exit, 1);
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    let fake = Fake::start(vec![(200, group), (204, "")]);
    let run = admin(&fake, &["group", "remove", "Admins", "ada@example.com"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let removed = &fake.seen()[1];
    assert!(removed.starts_with("DELETE /v1.0/groups/g-1/members/ada@example.com/$ref "), "{removed}");
}

#[test]
fn a_policy_is_checked_before_it_is_set() {
    let scratch = Scratch::new("policy");
    let file = scratch.0.join("passkeys.json");
    std::fs::write(&file, r#"{"state":"enabled"}"#).unwrap();
    let file = file.to_str().unwrap();
    let nobody = r#"{"people":2,"passkeys":3,"refusedCount":1,"refused":[{"userPrincipalName":"ada@example.com",
        "displayName":"Ada","methodDisplayName":"Phone","reason":"passkey_profile_type"}],"newlyAllowedCount":0,
        "newlyAllowed":[],"withoutUsablePasskeyCount":0,"withoutUsablePasskey":[],"leavesNoAdministrator":false}"#;
    let fake = Fake::start(vec![(200, nobody)]);
    let run = admin(&fake, &["policy", "passkeys", "check", file]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    assert!(
        run.stdout
            .contains("refused at the next sign-in  ada@example.com  Ada   Phone    passkey_profile_type")
    );
    assert!(run.stderr.contains("3 passkeys of 2 people: 1 refused"), "{}", run.stderr);
    assert!(fake.seen()[0].starts_with(&format!("POST {FIDO2}/passband_whatIf ")));

    let somebody = nobody.replace(r#""withoutUsablePasskeyCount":0"#, r#""withoutUsablePasskeyCount":2"#);
    let somebody: &'static str = Box::leak(somebody.into_boxed_str());
    let run = admin(&Fake::start(vec![(200, somebody)]), &["policy", "passkeys", "check", file]);
    assert_eq!(run.exit, 1);
    assert!(run.stderr.contains("2 people would be left without a usable passkey"), "{}", run.stderr);
    let run = admin(
        &Fake::start(vec![(200, somebody)]),
        &["policy", "passkeys", "check", file, "--output", "json"],
    );
    assert_eq!(serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["people"], 2);

    for (args, body) in [
        (&["policy", "passkeys", "set", file][..], r#"{"state":"enabled"}"#),
        (&["policy", "passkeys", "set", file, "--force"], r#"{"passband_force":true,"state":"enabled"}"#),
    ] {
        let fake = Fake::start(vec![(204, "")]);
        let run = admin(&fake, args);
        assert_eq!(run.exit, 0, "{}", run.stderr);
        let seen = fake.seen().remove(0);
        assert!(seen.starts_with(&format!("PATCH {FIDO2} ")) && seen.ends_with(body), "{seen}");
    }

    let shown = r#"{"@odata.context":"x","state":"enabled","isSelfServiceRegistrationAllowed":true,
        "passkeyProfiles":[{"id":"1","name":"Default","passkeyTypes":"deviceBound,synced"}]}"#;
    let run = admin(&Fake::start(vec![(200, shown)]), &["policy", "passkeys", "show", "--output", "json"]);
    assert!(!run.stdout.contains("@odata"), "it can be sent back: {}", run.stdout);
    let run = admin(&Fake::start(vec![(200, shown)]), &["policy", "passkeys", "show"]);
    assert!(run.stdout.contains("Default") && run.stderr.contains("Passkeys are \"enabled\""));

    std::fs::write(scratch.0.join("bad.json"), "{").unwrap();
    let bad = scratch.0.join("bad.json");
    let none = Fake::start(vec![]);
    assert_eq!(admin(&none, &["policy", "passkeys", "set", bad.to_str().unwrap()]).exit, 2);
    assert_eq!(admin(&none, &["policy", "passkeys", "set", "/nowhere/x.json"]).exit, 3);
}

#[test]
fn ready_made_profiles_are_listed_and_taken() {
    const TEMPLATES: &str = "/v1.0/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates";
    let listed = r#"{"value":[{"id":"device-bound","displayName":"Device-bound","summary":"deviceBound",
        "isInPolicy":false,"description":"Its own word."}]}"#;
    let fake = Fake::start(vec![(200, listed)]);
    let run = admin(&fake, &["policy", "passkeys", "templates"]);
    assert!(
        run.stdout.contains("device-bound  Device-bound  deviceBound  no"),
        "{} {}",
        run.stdout,
        run.stderr
    );
    assert!(fake.seen()[0].starts_with(&format!("GET {TEMPLATES}?")), "{}", fake.seen()[0]);
    let fake = Fake::start(vec![(204, "")]);
    let run = admin(&fake, &["policy", "passkeys", "templates", "--add", "device-bound"]);
    assert_eq!(
        (run.exit, run.stdout.as_str()),
        (0, "The passkey policy has device-bound now\n"),
        "{}",
        run.stderr
    );
    let seen = fake.seen().remove(0);
    assert!(seen.starts_with(&format!("POST {TEMPLATES}/device-bound/passband_add ")), "{seen}");
}

#[test]
fn models_are_narrowed_to_what_a_profile_accepts_or_refuses() {
    let listed = r#"{"value":[{"displayName":"Key","evidence":"E2","profiles":[
        {"name":"Default","accepts":true,"failed":[]},
        {"name":"Hard","accepts":false,"failed":["passkey_profile_evidence","passkey_profile_certification"]}]}]}"#;
    let asked = ["trust", "models", "--profile", "Attested hardware"];
    let fake = Fake::start(vec![(200, listed)]);
    let run = admin(&fake, &asked);
    let told = "Default: accepts; Hard: refuses (evidence, certification)";
    assert!(run.stdout.contains(told), "{} {}", run.stdout, run.stderr);
    let seen = fake.seen().remove(0);
    let place = "GET /v1.0/passband_trust/models?passband_acceptedBy=Attested%20hardware&";
    assert!(seen.starts_with(place), "{seen}");
    let fake = Fake::start(vec![(200, listed)]);
    let run = admin(&fake, &[&asked[..], &["--refused", "--output", "json"]].concat());
    assert!(fake.seen()[0].contains("?passband_refusedBy="), "{}", fake.seen()[0]);
    let read: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(read["value"][0]["profiles"][1]["failed"][0], "passkey_profile_evidence");
    assert!(read["value"][0]["said"].is_null(), "what people read is no part of the answer");
    assert_eq!(admin(&Fake::start(vec![]), &["trust", "models", "--refused"]).exit, 2);
}
