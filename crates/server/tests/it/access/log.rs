//! What the sign-in log keeps of what policies said, and what an administrator reads there.

use super::{POLICY, grants, policy, put, session};
use crate::device::Device;
use crate::oidc::Client;
use crate::world::World;
use axum::http::StatusCode;
use passband_core::audit::noted::{About, Noted};
use passband_core::directory::AccessKind;
use passband_core::keys::admin_token::AdminToken;
use passband_core::policy::access::facts::{ClientApp, Fact, Platform, Shown, UserAction};
use passband_core::reason::Reason;
use passband_core::rng::SystemRandom;
use passband_server::access::change::ETAG;
use passband_store::Page;
use serde_json::{Value, json};

/// The lines of the log, the newest first, as the admin API shows them.
async fn sign_ins(world: &World, filter: &str) -> Vec<Value> {
    let token = AdminToken::mint(&world.app.master, world.now(), &SystemRandom).unwrap();
    let path = format!("/v1.0/auditLogs/signIns?$filter={}", crate::world::encode(filter));
    let method = axum::http::Method::GET;
    let reply =
        crate::oidc::authorized(world, method, &path, &format!("Bearer {token}"), String::new()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn report_only_decides_nothing_and_is_in_the_log() {
    let world = World::new().await;
    let (person, _) = world.user("Grace").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    let mut document = policy("Try it", &grants(&["compliantDevice"]));
    document["state"] = json!("enabledForReportingButNotEnforced");
    put(&world, POLICY, Some(document)).await;
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    let line = &sign_ins(&world, "passband_kind eq 'prtToken'").await[0];
    assert_eq!(line["conditionalAccessStatus"], "notApplied");
    let said = &line["appliedConditionalAccessPolicies"];
    assert_eq!(said.as_array().unwrap().len(), 1, "{said}");
    for (name, value) in [
        ("id", json!(POLICY)),
        ("displayName", json!("Try it")),
        ("result", json!("reportOnlyFailure")),
        ("enforcedGrantControls", json!(["RequireCompliantDevice"])),
        ("enforcedSessionControls", json!([])),
        ("conditionsSatisfied", json!("users,application")),
        ("passband_missing", json!(["RequireCompliantDevice"])),
    ] {
        assert_eq!(said[0][name], value, "{name}");
    }
    for (name, value) in [
        ("clientAppUsed", json!("Mobile Apps and Desktop clients")),
        ("passband_keyBinding", json!("synced")),
        ("passband_evidence", json!("E0")),
        ("passband_isPlatformVerified", json!(true)),
        (
            "tokenProtectionStatusDetails",
            json!({ "signInSessionStatus": "bound", "signInSessionStatusCode": null }),
        ),
        ("location", json!({ "countryOrRegion": null })),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    assert_eq!(line["deviceDetail"]["operatingSystem"], "linux");
    assert_eq!(line["deviceDetail"]["isCompliant"], Value::Null);
}

#[tokio::test]
async fn a_refusal_says_what_was_missing_and_what_would_have_helped() {
    let world = World::new().await;
    let (_, mut root) = world.founder().await;
    let app = Client::public(&world, "App").await;
    let (_, mut browser) = world.user("Ada").await;
    let both = json!({
        "grantControls": { "operator": "AND", "builtInControls": ["mfa", "compliantDevice"] },
        "sessionControls": { "secureSignInSession": { "isEnabled": true } },
    });
    let mut document = policy("Guarded", &both);
    document["conditions"]["users"] =
        json!({ "includeUsers": ["All"], "excludeRoles": ["62e90394-69f5-4237-9190-012177145e10"] });
    put(&world, POLICY, Some(document)).await;
    assert_eq!(browser.get(&app.address()).await.status, StatusCode::FORBIDDEN);
    let line = &sign_ins(&world, "conditionalAccessStatus eq 'failure'").await[0];
    assert_eq!(line["passband_reason"], "access_device_not_compliant");
    let said = &line["appliedConditionalAccessPolicies"][0];
    assert_eq!(said["result"], "failure");
    assert_eq!(said["enforcedGrantControls"], json!(["Mfa", "RequireCompliantDevice"]));
    assert_eq!(said["enforcedSessionControls"], json!(["SignInTokenProtection"]));
    assert_eq!(said["passband_missing"], json!(["RequireCompliantDevice", "SignInTokenProtection"]));
    assert_eq!(line["clientAppUsed"], "Browser");
    assert_eq!(
        line["tokenProtectionStatusDetails"],
        json!({ "signInSessionStatus": "unbound", "signInSessionStatusCode": 1002 })
    );
    let page = root.get("/admin/sign-ins?result=refused").await;
    assert_eq!(page.status, StatusCode::OK, "the role is left out");
    assert!(page.body.contains("Policy Guarded: asked for"), "{}", page.body);
    let cure = "What would have let them in: a registered device that is reported compliant; and";
    assert!(page.body.contains(cure), "{}", page.body);
}

#[tokio::test]
async fn a_line_has_the_facts_to_be_judged_again() {
    let world = World::new().await;
    let app = Client::public(&world, "App").await;
    let (person, mut browser) = world.user("Ada").await;
    let device = Device::join(&world, &person, 0).await;
    let held = device.login(&world, &person).await;
    assert_eq!(held.use_it(&mut world.browser(), "openid").await.status, StatusCode::OK);
    app.tokens(&world, &mut browser).await;
    let lines = super::lines(&world, Reason::Granted).await;
    let about = About { groups: &[], roles: &[] };
    let of = |kind: &str| lines.iter().find(|line| line.kind.name() == kind).unwrap();
    let noted = |kind| Noted::from_text(&of(kind).facts).unwrap();

    let prt = noted("prtToken");
    let facts = prt.facts(of("prtToken"), about).unwrap();
    assert_eq!(facts.person.id, person.user.id);
    assert_eq!(facts.target.apps, [passband_wire::prt::BROKER_CLIENT]);
    assert_eq!(facts.client_app, Fact::Known(ClientApp::MobileAndDesktop));
    assert_eq!(facts.presented.shown, Shown::SessionKey);
    let known = facts.device.known().unwrap().unwrap();
    assert_eq!(
        (known.id, known.operating_system, known.display_name),
        (device.id, Some("Linux"), Some("laptop"))
    );
    assert_eq!(facts.proof.at, Fact::Known(world.now()));
    assert_eq!(facts.network.country, Fact::Unknown, "there is no file");

    let code = noted("authorizationCode");
    let facts = code.facts(of("authorizationCode"), about).unwrap();
    assert_eq!((facts.target.apps, facts.presented.shown), (&[app.record.id][..], Shown::Code));
    let platform = facts.platform.known().unwrap();
    assert_eq!((platform.platform, platform.verified), (Some(Platform::Linux), false));

    let action = noted("deviceRegistration");
    let facts = action.facts(of("deviceRegistration"), about).unwrap();
    assert_eq!((facts.target.action, facts.target.apps), (Some(UserAction::RegisterDevice), &[][..]));
    // What ten thousand lines a second carry along.
    assert!(of("prtToken").facts.len() < 220, "{}", of("prtToken").facts);
}

#[tokio::test]
async fn every_version_is_kept_and_one_that_was_deleted_can_be_put_back() {
    let world = World::new().await;
    let (first, second) = (
        policy("One", &grants(&["mfa"])),
        policy(
            "Two",
            &session(&json!({
                "persistentBrowser": { "isEnabled": true, "mode": "never" },
            })),
        ),
    );
    for document in [Some(first.clone()), Some(second.clone()), None] {
        put(&world, POLICY, document).await;
    }
    let store = &world.app.store;
    let history = store.access_history(AccessKind::Policy, POLICY, &Page::first(2)).await.unwrap();
    let seen: Vec<_> = history.items.iter().map(|it| (it.number, it.deleted, it.actor.as_str())).collect();
    assert_eq!(seen, [(3, true, "root@localhost"), (2, false, "root@localhost")]);
    let rest = Page { after: history.next, top: 2 };
    let rest = store.access_history(AccessKind::Policy, POLICY, &rest).await.unwrap();
    assert_eq!((rest.items.len(), rest.items[0].number, rest.next), (1, 1, None));
    let gone = store.access_deleted(AccessKind::Policy, &Page::first(9)).await.unwrap().items;
    // Each says which version it is, and is otherwise as it was put.
    let stored = |text: &str, etag: &str| {
        let mut document: Value = serde_json::from_str(text).unwrap();
        assert_eq!(document.as_object_mut().unwrap().remove(ETAG), Some(json!(etag)));
        document
    };
    let document = stored(&gone[0].document, "W/\"2\"");
    assert_eq!(document, second);
    put(&world, POLICY, Some(document)).await;
    assert!(store.access_deleted(AccessKind::Policy, &Page::first(9)).await.unwrap().items.is_empty());
    let one = store.access_version(AccessKind::Policy, POLICY, Some(1)).await.unwrap().unwrap();
    assert_eq!(stored(&one.document, "W/\"1\""), first);
    assert_eq!(world.app.newest_access().await.unwrap().set.policies()[0].name, "Two");
    let audits = store.audits(&Page::first(9)).await.unwrap().items;
    assert!(audits.iter().any(|it| it.activity == "Delete conditional access policy" && it.target == POLICY));
}
