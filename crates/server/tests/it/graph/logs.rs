//! The two logs.

use super::{encode, next, with_api};
use axum::http::StatusCode;
use passband_core::audit::chain::Verifier;
use passband_core::time::Seconds;
use passband_server::sweep;
use passband_store::{Page, SignInFilter};
use serde_json::{Value, json};

#[test]
fn every_decision_is_in_the_sign_in_log() {
    with_api(async |api| {
        let (ada, _) = api.world.user("Ada").await;
        let (bob, _) = api.world.user("Bob").await;
        api.world.pass(Seconds(60));
        let mid = api.world.now().rfc3339();
        let mut browser = api.world.sign_in(&ada).await;
        let session = api.world.session_of(&browser).unwrap().to_string();
        let wrong = browser.enter_pass(&ada.user.upn, "WRONG", None).await;
        assert_ne!(wrong.status, StatusCode::SEE_OTHER);
        let find = async |filter: &str| -> Vec<Value> {
            api.list(&format!("/v1.0/auditLogs/signIns?$filter={}", encode(filter))).await
        };

        let found = find("passband_kind eq 'passkey'").await;
        assert_eq!(found.len(), 1, "{found:?}");
        let line = &found[0];
        for (name, value) in [
            ("userPrincipalName", json!(ada.user.upn)),
            ("userId", json!(ada.user.id.to_string())),
            ("isInteractive", json!(true)),
            ("ipAddress", json!("127.0.0.1")),
            ("sessionId", json!(session)),
            ("passband_reason", json!("granted")),
            ("passband_binding", json!("none")),
            ("createdDateTime", json!(mid)),
            ("passband_factors", json!(["swk", "user", "fido", "mfa"])),
        ] {
            assert_eq!(line[name], value, "{name}");
        }
        assert_eq!(
            line["status"],
            json!({ "errorCode": 0, "failureReason": null, "additionalDetails": null })
        );
        assert!(line["userAgent"].as_str().unwrap().starts_with("Mozilla/5.0"));

        let refused = find("status/errorCode ne 0").await;
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0]["passband_reason"], "tap_wrong");
        assert_eq!(refused[0]["status"]["errorCode"], 50_076);
        assert!(refused[0]["status"]["failureReason"].as_str().unwrap().contains("no such pass"));

        let all = api.list("/v1.0/auditLogs/signIns").await.len();
        for (filter, count) in [
            (
                format!(
                    "userPrincipalName eq '{}' and passband_kind eq 'passkey'",
                    ada.user.upn.to_uppercase()
                ),
                1,
            ),
            (
                format!("userId eq '{}' and status/errorCode eq 0 and createdDateTime ge {mid}", ada.user.id),
                1,
            ),
            (format!("userId eq '{}' and userId eq '{}'", ada.user.id, bob.user.id), 0),
            (format!("userPrincipalName eq '{}' and userId eq '{}'", ada.user.upn, bob.user.id), 0),
            ("userPrincipalName eq 'nobody@example.org'".to_owned(), 0),
            (format!("createdDateTime ge {mid}"), 2),
            (format!("createdDateTime gt {mid}"), 0),
            (format!("createdDateTime lt {mid}"), all - 2),
            (format!("createdDateTime le {mid}"), all),
            (
                format!("createdDateTime ge {mid} and createdDateTime le {mid} and createdDateTime le {mid}"),
                2,
            ),
            ("status/errorCode eq 50076".to_owned(), 1),
            ("status/errorCode eq 1".to_owned(), 0),
            ("status/errorCode eq 0 and status/errorCode ne 0".to_owned(), 0),
            ("passband_reason eq 'tap_wrong'".to_owned(), 1),
            ("passband_reason eq 'no_such_reason'".to_owned(), 0),
            (format!("sessionId eq {session}"), 1),
            ("isInteractive eq false".to_owned(), 0),
            ("startswith(ipAddress,'127.')".to_owned(), all),
        ] {
            assert_eq!(find(&filter).await.len(), count, "{filter}");
        }

        // A person's lines stay theirs under another name.
        let rename = r#"{"userPrincipalName":"countess@example.org"}"#;
        api.done("PATCH", &format!("/v1.0/users/{}", ada.user.id), rename).await;
        let found = find("userPrincipalName eq 'countess@example.org' and passband_kind eq 'passkey'").await;
        assert_eq!(found.len(), 1);
        // And they are found by the name they were written under.
        let found =
            find(&format!("userPrincipalName eq '{}' and passband_kind eq 'passkey'", ada.user.upn)).await;
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn every_change_names_who_made_it() {
    with_api(async |api| {
        let (ada, _) = api.world.user("Ada").await;
        let id = api.person("Bob", false).await;
        let lines = api.list("/v1.0/auditLogs/directoryAudits").await;
        let by =
            |activity: &str| lines.iter().find(|l| l["activityDisplayName"] == activity).unwrap().clone();
        let added = by("Add user");
        assert_eq!(added["initiatedBy"]["user"], json!(null));
        let actor = added["initiatedBy"]["app"]["displayName"].as_str().unwrap();
        assert!(actor.starts_with("admin token "), "{actor}");
        assert_eq!(added["targetResources"], json!([{ "id": id }]));
        let own = by("Register passkey");
        assert_eq!(own["initiatedBy"]["user"]["userPrincipalName"], ada.user.upn.as_str());
        assert_eq!(own["initiatedBy"]["app"], json!(null));
        let filter = encode(&format!("passband_target eq '{id}'"));
        let found = api.list(&format!("/v1.0/auditLogs/directoryAudits?$filter={filter}")).await;
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn the_chain_is_read_in_its_order_page_after_page() {
    with_api(async |api| {
        for n in 0..7 {
            api.person(&format!("User{n}"), false).await;
        }
        let mut path = Some("/v1.0/auditLogs/directoryAudits?passband_after=2&$top=2".to_owned());
        let mut numbers = Vec::new();
        while let Some(at) = path {
            let page = api.get(&at).await;
            let rows = page["value"].as_array().unwrap();
            assert!(rows.len() <= 2);
            numbers.extend(rows.iter().map(|row| row["passband_sequence"].as_u64().unwrap()));
            path = next(&page);
        }
        let head = api.world.app.store.audit_ends().await.unwrap().head.seq;
        assert_eq!(numbers, (3..=head).collect::<Vec<_>>());
        for wrong in ["passband_after=x", "passband_after=-1", "passband_after=1&$filter=id%20eq%20'x'"] {
            let asked = format!("/v1.0/auditLogs/directoryAudits?{wrong}");
            api.refused(("GET", &asked, ""), 400, "Request_UnsupportedQuery").await;
        }
    });
}

#[test]
fn the_audit_log_is_a_chain_and_an_old_end_is_cut_off_whole() {
    with_api(async |api| {
        let chain = async || {
            let store = &api.world.app.store;
            let ends = store.audit_ends().await.unwrap();
            let mut verifier = Verifier::new(ends, None);
            for line in store.audit_chain(ends.base.seq, 999).await.unwrap() {
                let (link, hash) = line.link().unwrap();
                verifier.step(&link, hash).unwrap();
            }
            (ends, verifier.finish().unwrap())
        };
        for n in 0..4 {
            api.person(&format!("P{n}"), false).await;
        }
        let (ends, before) = chain().await;
        let head = api.get("/v1.0/passband_auditHead").await;
        let newest = api.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        assert_eq!(head["sequence"], newest["passband_sequence"]);
        assert_eq!(head["hash"], newest["passband_hash"]);
        assert_eq!(head["sequence"], ends.head.seq);
        // Kept for ever unless somebody says otherwise; sign-ins for 30 days.
        let kept = api.get("/v1.0/passband_logs").await;
        assert_eq!((&kept["signInRetentionDays"], &kept["auditRetentionDays"]), (&json!(30), &json!(null)));
        api.done("PATCH", "/v1.0/passband_logs", r#"{"auditRetentionDays":40}"#).await;
        assert_eq!(api.get("/v1.0/passband_logs").await["signInRetentionDays"], 30);
        let wrong = ("PATCH", "/v1.0/passband_logs", r#"{"auditRetentionDays":1}"#);
        api.refused(wrong, 400, "Request_BadRequest").await;
        api.world.user("Ada").await;
        let (app, store) = (&api.world.app, &api.world.app.store);
        let sign_ins =
            async || store.sign_ins(&SignInFilter::default(), &Page::first(9)).await.unwrap().items.len();
        sweep::once(app).await;
        assert!(sign_ins().await > 0);
        assert!(chain().await.1 > before);
        api.world.pass(Seconds::days(31));
        sweep::once(app).await;
        assert_eq!(sign_ins().await, 0);
        assert!(chain().await.1 > before, "the audit log is kept longer");
        let (young, _) = chain().await;
        api.world.pass(Seconds::days(11));
        sweep::once(app).await;
        // The cut left its own line, which still follows the last that was cut off.
        let (ends, left) = chain().await;
        assert_eq!((ends.base, left), (young.head, 1));
        let line = store.audits(&Page::first(9)).await.unwrap().items.remove(0);
        assert_eq!((line.actor.as_str(), line.activity.as_str()), ("system", "Cut audit log"));
        sweep::once(app).await;
        assert_eq!(chain().await, (ends, 1), "nothing is old any more");
    });
}
