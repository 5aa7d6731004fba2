//! `/admin/access`: policies written, tried, saved, switched, deleted and brought back in the console, and asked what
//! they would say.

use crate::graph::conditional::{POLICIES, at, policy};
use crate::graph::{Api, with_api};
use crate::world::{Browser, Reply, encode};
use axum::http::StatusCode;
use passband_core::directory::{AccessKind, Role, User};
use passband_core::time::Seconds;
use passband_store::Page;
use serde_json::{Value, json};

const PAGE: &str = "/admin/access";
const NEW: &str = "/admin/access/new";
const LOCKS_OUT: &str = "No Global Administrator would get to the console any more";

/// What a form was sent with, as a browser would send it back.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("{name}: {page}"));
    plain(rest.split_once('"').unwrap().0)
}

fn plain(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#62;", ">").replace("&#60;", "<").replace("&#38;", "&")
}

/// What the field of a page holds.
fn written(page: &str) -> Value {
    let (_, rest) = page.split_once("<textarea").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    serde_json::from_str(&plain(rest.split_once("</textarea>").unwrap().0)).unwrap()
}

async fn check(browser: &mut Browser, page: &str, version: &str, document: &str) -> Reply {
    let fields = [("version", version), ("document", document), ("days", "7")];
    let reply = browser.press(page, &format!("{page}/check"), &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply
}

/// Presses "Save" of what was shown.
async fn save(browser: &mut Browser, page: &str, shown: &Reply, force: bool) -> Reply {
    let (version, document) = (hidden(&shown.body, "version"), hidden(&shown.body, "document"));
    let mut fields = vec![("version", version.as_str()), ("document", document.as_str())];
    if force {
        fields.push(("force", "yes"));
    }
    browser.press(page, &format!("{page}/save"), &fields).await
}

/// Makes a policy in the console; its page.
pub async fn make(browser: &mut Browser, document: &Value) -> String {
    let shown = check(browser, NEW, "0", &document.to_string()).await;
    let saved = save(browser, NEW, &shown, false).await;
    let place = saved.location().strip_suffix("?done=access-saved");
    place.unwrap_or_else(|| panic!("{} {}", saved.status, saved.body)).to_owned()
}

async fn versions(api: &Api, page: &str) -> usize {
    let id = page.rsplit('/').next().unwrap();
    api.world.app.store.access_history(AccessKind::Policy, id, &Page::first(50)).await.unwrap().items.len()
}

/// One that reports, so that nobody is in its way.
fn quiet(name: &str, controls: &[&str]) -> Value {
    let mut document = policy(name, controls);
    document["state"] = "enabledForReportingButNotEnforced".into();
    document
}

#[test]
fn a_policy_begins_from_a_template_and_is_checked_before_it_is_saved() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let page = browser.get(NEW).await;
        for key in [
            "phishing-resistant",
            "admin-portals",
            "compliant-device",
            "token-protection",
            "block-device-code",
        ] {
            assert!(page.body.contains(&format!("/admin/access/new?start={key}#")), "{key}");
            let begun = browser.get(&format!("{NEW}?start={key}")).await;
            let document = written(&begun.body);
            assert_eq!(document["state"], "enabledForReportingButNotEnforced", "{key}");
            let shown = check(&mut browser, NEW, "0", &document.to_string()).await;
            assert!(shown.body.contains("Not saved yet") && !shown.body.contains("What is wrong"), "{key}");
        }
        assert_eq!(api.list(POLICIES).await.len(), 0, "a check changes nothing");

        let begun = browser.get(&format!("{NEW}?start=compliant-device")).await;
        let place = make(&mut browser, &written(&begun.body)).await;
        let made = api.list(POLICIES).await.remove(0);
        assert_eq!(made["displayName"], "Require a compliant device");
        assert_eq!(made["createdDateTime"], api.world.now().rfc3339());
        let deed = api.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        assert_eq!(deed["activityDisplayName"], "Add conditional access policy");
        assert_eq!(deed["passband_actor"], "root@localhost");
        let shown = browser.get(&place).await;
        assert_eq!(written(&shown.body)["grantControls"], written(&begun.body)["grantControls"]);
        assert!(written(&shown.body).get("createdDateTime").is_none(), "nobody is to write the server's own");
        assert!(browser.get(PAGE).await.body.contains("Report-only"));
    });
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_was_expected() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let nobody = "00000000-0000-0000-0000-00000000abcd";
        let mut wrong = quiet("Office", &["mfa"]);
        wrong["state"] = "on".into();
        wrong["conditions"]["signInRiskLevels"] = json!(["high"]);
        let mut lost = quiet("Lost", &["mfa"]);
        lost["conditions"]["users"]["excludeGroups"] = json!([nobody]);
        for (document, words) in [
            ("{ \"state\": ".to_owned(), &["is not JSON of one object", "line 1"][..]),
            ("[]".to_owned(), &["is not JSON of one object"]),
            (r#"{"state":"disabled","state":"enabled"}"#.to_owned(), &["is not JSON of one object"]),
            (
                wrong.to_string(),
                &["<code>state</code>", "enabledForReportingButNotEnforced", "signInRiskLevels"],
            ),
            (lost.to_string(), &["conditions.users.excludeGroups", "there is no group with the id", nobody]),
        ] {
            let shown = check(&mut browser, NEW, "0", &document).await;
            for word in words.iter().chain(&["What is wrong with it", "aria-invalid"]) {
                assert!(shown.body.contains(word), "{word}: {}", shown.body);
            }
            assert!(!shown.body.contains("/admin/access/new/save"), "there is nothing to save: {document}");
            let fields = [("version", "0"), ("document", document.as_str())];
            let saved = browser.press(NEW, "/admin/access/new/save", &fields).await;
            assert_eq!(saved.status, StatusCode::BAD_REQUEST, "{}", saved.body);
            assert!(saved.body.contains("What is wrong with it"), "{}", saved.body);
        }
        assert_eq!(api.list(POLICIES).await.len(), 0);
    });
}

#[test]
fn of_two_who_change_the_same_policy_the_second_is_shown_the_first() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let place = make(&mut browser, &quiet("Office", &["mfa"])).await;
        let mut mine = quiet("Office", &["mfa"]);
        mine["conditions"]["applications"]["includeApplications"] = json!(["MicrosoftAdminPortals"]);
        let shown = check(&mut browser, &place, "1", &mine.to_string()).await;
        for words in ["conditions.applications.includeApplications", ">All<", ">MicrosoftAdminPortals<"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        // Meanwhile somebody else renames it.
        let id = place.rsplit('/').next().unwrap().to_owned();
        api.done("PATCH", &format!("{POLICIES}/{id}"), r#"{"displayName":"Branch"}"#).await;
        let stale = save(&mut browser, &place, &shown, false).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.body);
        for words in
            ["newest version is 2", "Version 2 was made meanwhile", "Branch", "MicrosoftAdminPortals"]
        {
            assert!(stale.body.contains(words), "{words}: {}", stale.body);
        }
        assert_eq!(written(&stale.body)["displayName"], "Office", "what was written is not lost");
        assert_eq!(api.get(&format!("{POLICIES}/{id}")).await["displayName"], "Branch");
        // Seen, it can be saved.
        let saved = save(&mut browser, &place, &stale, false).await;
        assert_eq!(saved.location(), format!("{place}?done=access-saved"));
        assert_eq!(api.get(&format!("{POLICIES}/{id}")).await["displayName"], "Office");
        // A form that does not say what it was made up from is stale.
        let fields = [("document", "{}"), ("state", "disabled")];
        for act in ["save", "switch", "delete"] {
            let reply = browser.press(&place, &format!("{place}/{act}"), &fields).await;
            assert!(reply.status.is_client_error(), "{act}");
        }
        assert_eq!(versions(api, &place).await, 3);
    });
}

#[test]
fn who_would_be_locked_out_is_told_and_takes_a_tick() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let document = policy("No way", &["block"]).to_string();
        let shown = check(&mut browser, NEW, "0", &document).await;
        assert!(shown.body.contains(LOCKS_OUT) && shown.body.contains("root@localhost"), "{}", shown.body);
        let refused = save(&mut browser, NEW, &shown, false).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        assert!(refused.body.contains("tick the box") && refused.body.contains(r#"name="force""#));
        assert_eq!(api.list(POLICIES).await.len(), 0);
        // As a report it locks nobody out, and what it would do is told all the same.
        let shown = check(&mut browser, NEW, "0", &quiet("No way", &["block"]).to_string()).await;
        assert!(shown.body.contains("If it were on, no Global Administrator"), "{}", shown.body);
        assert!(!shown.body.contains(r#"name="force""#));
        let shown = check(&mut browser, NEW, "0", &document).await;
        assert_eq!(save(&mut browser, NEW, &shown, true).await.status, StatusCode::SEE_OTHER);
        assert_eq!(api.list(POLICIES).await.len(), 1);
        assert_eq!(browser.get(PAGE).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn whom_a_change_would_have_touched_is_told_by_name() {
    with_api(async |api| {
        let (root, mut browser) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        for person in [&root, &ada, &ada] {
            api.world.sign_in(person).await;
        }
        let mut document = policy("Not Ada", &["block"]);
        document["conditions"]["users"]["includeUsers"] = json!([ada.user.id]);
        let shown = check(&mut browser, NEW, "0", &document.to_string()).await;
        assert!(shown.body.contains("would have been refused. It touches 1 person."), "{}", shown.body);
        for words in ["ada@localhost", "Refused, ", "Not Ada", "Every Global Administrator"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        // Weeks later nobody of the last day is touched.
        api.world.pass(Seconds::days(20));
        let mut browser = api.world.sign_in(&root).await;
        let shown = check(&mut browser, NEW, "0", &document.to_string()).await;
        let told = shown.body.contains("There is no sign-in of the last 7 days");
        assert!(told && !shown.body.contains("ada@localhost"), "{}", shown.body);
    });
}

#[test]
fn a_policy_is_switched_deleted_restored_and_put_back() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let place = make(&mut browser, &quiet("Office", &["mfa"])).await;
        let id = place.rsplit('/').next().unwrap().to_owned();
        let read = async || api.get(&format!("{POLICIES}/{id}")).await["state"].clone();
        // On: whom it would have touched is shown first.
        let shown = browser.get(&format!("{place}?state=enabled")).await;
        for words in ["Not saved yet", "<code>state</code>", ">enabled<"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        assert_eq!(read().await, "enabledForReportingButNotEnforced");
        save(&mut browser, &place, &shown, false).await;
        assert_eq!(read().await, "enabled");
        let switch = format!("{place}/switch");
        let fields = [("version", "2"), ("state", "disabled")];
        let done = browser.press(PAGE, &switch, &fields).await;
        assert_eq!(done.location(), "/admin/access?done=access-switched");
        assert_eq!(read().await, "disabled");
        assert!(browser.get(done.location()).await.body.contains("Policy switched"));
        // Again the same is no version, and an old page switches nothing.
        let fields = [("version", "3"), ("state", "disabled")];
        assert_eq!(browser.press(PAGE, &switch, &fields).await.status, StatusCode::SEE_OTHER);
        assert_eq!(versions(api, &place).await, 3);
        let fields = [("version", "2"), ("state", "enabled")];
        assert_eq!(browser.press(PAGE, &switch, &fields).await.status, StatusCode::PRECONDITION_FAILED);
        let fields = [("version", "3"), ("state", "sideways")];
        assert_eq!(browser.press(PAGE, &switch, &fields).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(read().await, "disabled");

        // Back to the first: the difference is shown before.
        let at_first = format!("{place}/versions/1");
        let shown = browser.get(&at_first).await;
        for words in [">disabled<", ">enabledForReportingButNotEnforced<", "back to version 1"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        let (version, number) = (hidden(&shown.body, "version"), hidden(&shown.body, "number"));
        assert_eq!((version.as_str(), number.as_str()), ("3", "1"));
        let back = format!("{place}/rollback");
        let stale = browser.press(&at_first, &back, &[("version", "2"), ("number", "1")]).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let fields = [("version", version.as_str()), ("number", number.as_str())];
        let done = browser.press(&at_first, &back, &fields).await;
        assert_eq!(done.location(), format!("{place}?done=access-back"));
        assert_eq!(read().await, "enabledForReportingButNotEnforced");

        let done = browser.press(&place, &format!("{place}/delete"), &[("version", "4")]).await;
        assert_eq!(done.location(), "/admin/access?done=access-deleted");
        assert_eq!(browser.get(&place).await.status, StatusCode::NOT_FOUND);
        let list = browser.get(PAGE).await;
        assert!(list.body.contains("Deleted policies") && list.body.contains(&format!("{place}/versions/5")));
        let shown = browser.get(&format!("{place}/versions/5")).await;
        assert!(shown.body.contains("Restore Office"), "{}", shown.body);
        let fields = [("version", "5"), ("number", "5")];
        let done = browser.press(&format!("{place}/versions/5"), &back, &fields).await;
        assert_eq!(done.location(), format!("{place}?done=access-back"));
        assert!(!browser.get(PAGE).await.body.contains("Deleted policies"));
        let shown = browser.get(&place).await;
        for words in ["Version 6", "In force", "restored", "deleted", "made", "by root@localhost"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        for missing in ["/versions/0", "/versions/7", "/versions/x", "/nothing"] {
            assert!(browser.get(&format!("{place}{missing}")).await.status.is_client_error(), "{missing}");
        }
        assert_eq!(browser.get("/admin/access/nonsense").await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_change_of_nothing_is_no_version() {
    with_api(async |api| {
        let made = api.made(POLICIES, &quiet("Office", &["mfa"])).await;
        let place = at(POLICIES, &made);
        let deeds = api.deeds().await;
        // Not by the helper that wants a line in the audit log of every change: this is none.
        let bearer = format!("Bearer {}", api.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let quietly =
            async |method: &str, path: &str, body: &str| api.raw(method, path, &headers, body).await;
        let same = quietly("PATCH", &place, r#"{"displayName":"Office"}"#).await;
        assert_eq!(same.status, StatusCode::NO_CONTENT, "{}", same.body);
        assert_eq!((versions(api, &place).await, api.deeds().await), (1, deeds));
        assert_eq!(api.get(&place).await["modifiedDateTime"], Value::Null);
        // Another strength is told by its id alone, and is a change.
        let strength = |n: u8| {
            json!({ "grantControls": { "operator": "OR", "builtInControls": [],
                "authenticationStrength": { "id": format!("00000000-0000-0000-0000-00000000000{n}") } } })
        };
        api.done("PATCH", &place, &strength(2).to_string()).await;
        api.done("PATCH", &place, &strength(4).to_string()).await;
        assert_eq!(versions(api, &place).await, 3);
        assert!(api.last_deed().await.2.contains("authenticationStrength.id"), "{:?}", api.last_deed().await);
        let back = format!("{place}/passband_rollback");
        let answer = quietly("POST", &back, r#"{"version":3}"#).await.json();
        assert_eq!((answer["version"].as_u64(), versions(api, &place).await), (Some(3), 3));
    });
}

#[test]
fn a_sign_in_that_nobody_has_made_is_asked_about() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let (ada, _) = api.world.user("Ada").await;
        let device = api.device(ada.user.id, "Blue-Box").await;
        make(&mut browser, &quiet("Compliant only", &["compliantDevice"])).await;
        let mut strict = policy("Strict", &["compliantDevice"]);
        strict["conditions"]["users"]["includeUsers"] = json!([ada.user.id]);
        make(&mut browser, &strict).await;
        let asked = "/admin/access/what-if?target=suite%3AMicrosoftAdminPortals";
        let page = browser.get("/admin/access/what-if").await;
        assert!(page.status.is_success() && !page.body.contains("Policy by policy"));
        let mut ask = async |more: &str| browser.get(&format!("{asked}{more}")).await;

        let open = ask("&person=ada@localhost").await;
        for words in
            [">Refused<", "<b>Let in</b>, if everything", "RequireCompliantDevice", "Blue-Box", "Phone"]
        {
            assert!(open.body.contains(words), "{words}: {}", open.body);
        }
        let refused = ask(&format!("&person={}&device=notCompliant", ada.user.id)).await;
        for words in [
            ">Refused<",
            "Policy Strict: asked for a compliant device; missing: a compliant device.",
            "What would have let them in: a registered device that is reported compliant",
            "Policy Compliant only (report-only): would have refused",
            "The person would read",
        ] {
            assert!(refused.body.contains(words), "{words}: {}", refused.body);
        }
        assert!(!refused.body.contains("if everything that was not told"), "{}", refused.body);
        let granted = ask("&person=ada@localhost&device=compliant").await;
        assert!(granted.body.contains(">Let in<") && !granted.body.contains(">Refused<"), "{}", granted.body);
        // A device of theirs says itself what it is; nobody has said that this one is compliant.
        let own = ask(&format!("&person=ada@localhost&device={device}")).await;
        assert!(own.body.contains(">Refused<"), "{}", own.body);
        let root = ask("&person=root@localhost&device=none").await;
        assert!(
            root.body.contains(">Let in<") && root.body.contains("it is not about this person"),
            "{}",
            root.body
        );
        for (wrong, words) in [
            ("&person=nobody@localhost", "There is no such person"),
            ("&person=ada@localhost&ip=here", "signInConditions.ipAddress"),
            ("&person=ada@localhost&age=old", "could not be read"),
            ("&person=ada@localhost&aaguid=x", "passband_aaGuid"),
        ] {
            let reply = ask(wrong).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
            assert!(
                reply.body.contains(words)
                    && reply.body.contains("ada@localhost") != wrong.contains("nobody")
            );
        }
    });
}

#[test]
fn a_reader_tries_changes_and_makes_none() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let place = make(&mut browser, &quiet("Office", &["mfa"])).await;
        let (ada, mut reader) = api.world.user("Ada").await;
        let user = User { roles: Role::GlobalReader.into(), ..ada.user };
        api.world.app.commit(vec![passband_core::change::Change::UpdateUser(user)]).await.unwrap();
        for page in [PAGE, &place, &format!("{place}/versions/1"), &format!("{place}?state=enabled"), NEW] {
            let shown = reader.get(page).await;
            assert_eq!(shown.status, StatusCode::OK, "{page}");
            let forms = shown.body.split("method=\"post\" action=\"/admin").skip(1);
            let forms: Vec<_> =
                forms.filter(|form| !form.split('"').next().unwrap().ends_with("/check")).collect();
            assert!(forms.is_empty(), "{page}: {forms:?}");
        }
        let document = policy("Office", &["mfa"]).to_string();
        let shown = check(&mut reader, &place, "1", &document).await;
        assert!(shown.body.contains("Not saved yet") && !shown.body.contains("/save"), "{}", shown.body);
        let fields =
            [("version", "1"), ("document", document.as_str()), ("state", "disabled"), ("number", "1")];
        for act in ["save", "switch", "delete", "rollback"] {
            let refused = reader.press(&place, &format!("{place}/{act}"), &fields).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}");
        }
        // Whoever may has to have signed in just now, and lands where they were.
        api.world.pass(Seconds(301));
        for act in ["save", "switch", "delete", "rollback"] {
            let answer = browser.press(&place, &format!("{place}/{act}"), &fields).await;
            assert_eq!(answer.location(), format!("/sign-in?fresh=1&next={}", encode(&place)), "{act}");
        }
        // To ask takes none.
        api.world.pass(Seconds::minutes(20));
        check(&mut browser, &place, "1", &document).await;
        let forged = [("csrf", "0"), ("version", "1"), ("document", document.as_str())];
        assert_eq!(browser.form(&format!("{place}/check"), &forged).await.status, StatusCode::FORBIDDEN);
        assert_eq!(versions(api, &place).await, 1);
    });
}
