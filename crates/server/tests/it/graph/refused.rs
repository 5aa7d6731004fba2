//! Who may not ask, and what may not be sent.

use super::{Api, CHALLENGE, encode, with_api};
use crate::world::ORIGIN;
use passband_core::change::Change;
use passband_core::directory::{Group, Role};
use passband_core::id::{GroupId, UserId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::keys::master::MasterKey;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_server::routes::graph::table::OPERATIONS;
use serde_json::json;

/// An address of the operation where something is, so that nothing but the caller can be wrong.
async fn address(api: &Api, path: &str, (owner, parts): (UserId, &[String; 3])) -> String {
    let id = if path.starts_with("/devices") {
        api.device(owner, "Laptop").await.to_string()
    } else if path.starts_with("/applications") {
        passband_wire::prt::BROKER_CLIENT.to_string()
    } else if path.starts_with("/roleManagement/directory/roleDefinitions") {
        Role::GlobalAdministrator.id().to_owned()
    } else if path.starts_with("/roleManagement/directory/roleAssignments") {
        format!("{owner}_{}", Role::GlobalAdministrator.id())
    } else if path.starts_with("/passband_signals/streams") {
        let url = format!("http://127.0.0.1/{}", UserId::generate(&SystemRandom));
        crate::signals::stream(&api.world, &url).await.to_string()
    } else if path.starts_with("/passband_signals/transmitters") {
        crate::signals::transmitter(&api.world, false).await.registered.id.to_string()
    } else if path.contains("uthenticationStrength") || path.starts_with("/identity") {
        let kinds = ["olicies", "namedLocations", "uthenticationStrength"];
        parts[kinds.iter().rposition(|kind| path.contains(kind)).unwrap_or(0)].clone()
    } else if path.starts_with("/policies") {
        "fido2".to_owned()
    } else if path.starts_with("/groups") {
        let group = Group {
            id: GroupId::generate(&SystemRandom),
            name: "Admins".to_owned(),
            description: String::new(),
            nickname: String::new(),
            created: api.world.now(),
        };
        api.world.app.commit(vec![Change::InsertGroup(group.clone())]).await.unwrap();
        group.id.to_string()
    } else {
        owner.to_string()
    };
    let path = path.replace("{id}", &id).replace("{methodId}", "AA").replace("{version}", "1");
    path.replace("{memberId}", &owner.to_string())
}

/// A policy, a named location and a strength.
async fn parts(api: &Api) -> [String; 3] {
    let range = json!({ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24" });
    let kind = "#microsoft.graph.ipNamedLocation";
    let location = json!({ "@odata.type": kind, "displayName": "Office", "ipRanges": [range] });
    let strength = json!({ "displayName": "Keys", "allowedCombinations": ["fido2"] });
    let make = async |collection: &str, wish: &serde_json::Value| {
        let made = api.made(&format!("/v1.0/identity/conditionalAccess/{collection}"), wish).await;
        made["id"].as_str().unwrap().to_owned()
    };
    [
        make("policies", &super::conditional::policy("Strong", &["mfa"])).await,
        make("namedLocations", &location).await,
        make("authenticationStrength/policies", &strength).await,
    ]
}

#[test]
fn nobody_without_a_good_token_is_served() {
    with_api(async |api| {
        let (founder, browser) = api.world.founder().await;
        let parts = parts(api).await;
        let before = api.deeds().await;
        let old =
            AdminToken::mint(&api.world.app.master, api.world.now() - Seconds::minutes(15), &SystemRandom);
        let other = AdminToken::mint(&MasterKey::from_bytes([9; 32]), api.world.now(), &SystemRandom);
        let bearer = |token: &str| format!("Bearer {token}");
        let good = bearer(&api.token);
        let cookies = browser.cookie_line();
        assert!(!cookies.is_empty());
        let callers: Vec<(&str, Vec<(&str, String)>)> = vec![
            ("nobody", vec![]),
            ("an administrator's browser", vec![("cookie", cookies.clone()), ("origin", ORIGIN.to_owned())]),
            ("expired", vec![("authorization", bearer(&old.unwrap()))]),
            ("of another installation", vec![("authorization", bearer(&other.unwrap()))]),
            ("garbage", vec![("authorization", bearer("pbadm_AAAA"))]),
            ("cut", vec![("authorization", good[..good.len() - 1].to_owned())]),
            ("longer", vec![("authorization", format!("{good}A"))]),
            ("empty", vec![("authorization", bearer(""))]),
            ("another scheme", vec![("authorization", good.replace("Bearer", "Basic"))]),
            ("twice", vec![("authorization", good.clone()), ("authorization", good.clone())]),
            ("as a cookie", vec![("cookie", format!("token={}", api.token))]),
        ];
        for operation in OPERATIONS {
            let path = address(api, operation.path, (founder.user.id, &parts)).await;
            for version in ["/v1.0", "/beta"] {
                for (who, headers) in &callers {
                    let mut headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
                    headers.push(("content-type", "application/json"));
                    let path = format!("{version}{path}");
                    let reply = api.raw(&operation.method.to_uppercase(), &path, &headers, "{}").await;
                    assert_eq!(reply.status.as_u16(), 401, "{who}: {} {path}", operation.method);
                    assert_eq!(reply.json()["error"]["code"], "InvalidAuthenticationToken", "{who}");
                    assert!(reply.headers[CHALLENGE].to_str().unwrap().starts_with("Bearer "), "{who}");
                }
            }
            // The same address serves the good token: what was refused above was the caller.
            if operation.method == "get" {
                let status = api.text("GET", &format!("/v1.0{path}"), "").await.status.as_u16();
                assert!(status == 200 || path.ends_with("/AA"), "{path} {status}");
            }
        }
        // In the query it would end up in logs (RFC 6750 §5.3).
        let query = format!("/v1.0/users?access_token={}", api.token);
        assert_eq!(api.raw("GET", &query, &[], "").await.status.as_u16(), 401);
        assert_eq!(api.deeds().await, before);
        assert!(api.world.app.store.user(founder.user.id).await.unwrap().is_some());
    });
}

#[test]
fn strangers_do_not_learn_what_there_is() {
    with_api(async |api| {
        for path in ["/v1.0/nothing", "/v1.0/users/x/y/z", "/beta/policies"] {
            assert_eq!(api.raw("GET", path, &[], "").await.status.as_u16(), 401, "{path}");
            api.refused(("GET", path, ""), 404, "Request_ResourceNotFound").await;
        }
        assert_eq!(api.raw("PUT", "/v1.0/users", &[], "").await.status.as_u16(), 401);
        api.refused(("PUT", "/v1.0/users", "{}"), 405, "Request_MethodNotAllowed").await;
        let document = api.raw("GET", "/v1.0/openapi.json", &[], "").await;
        assert_eq!(document.status.as_u16(), 200);
        assert_eq!(document.json()["openapi"], "3.1.0");
    });
}

#[test]
fn a_token_ends_while_it_is_used() {
    with_api(async |api| {
        api.get("/v1.0/users").await;
        api.world.pass(Seconds::minutes(15));
        assert_eq!(api.text("GET", "/v1.0/users", "").await.status.as_u16(), 401);
    });
}

#[test]
fn hostile_bodies_change_nothing() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let before = api.deeds().await;
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let deep_member = format!(r#"{{"displayName":{deep}}}"#);
        let user = format!("/v1.0/users/{ada}");
        for body in [
            "",
            "{",
            "null",
            "[]",
            "\"x\"",
            "{} {}",
            r#"{"displayName":null}"#,
            r#"{"displayName":7}"#,
            r#"{"accountEnabled":"false"}"#,
            r#"{"accountEnabled":0}"#,
            r#"{"displayName":"A","displayName":"B"}"#,
            r#"{"displayName":"a\u0000b"}"#,
            r#"{"displayName":"\ud800"}"#,
            r#"{"displayName":""}"#,
            r##"{"@odata.type":"#microsoft.graph.device","displayName":"A"}"##,
            &deep,
            &deep_member,
        ] {
            api.refused(("PATCH", &user, body), 400, "Request_BadRequest").await;
            api.refused(("POST", "/v1.0/users", body), 400, "Request_BadRequest").await;
        }
        let long = json!({ "displayName": "x".repeat(70_000) }).to_string();
        api.refused(("PATCH", &user, &long), 413, "Request_TooLarge").await;

        let bearer = format!("Bearer {}", api.token);
        for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            let reply = api.raw("PATCH", &user, &headers, r#"{"displayName":"B"}"#).await;
            assert_eq!(reply.status.as_u16(), 415, "{kind}");
        }
        assert_eq!(api.get(&user).await["displayName"], "Ada");
        assert_eq!(api.deeds().await, before);
    });
}

#[test]
fn no_property_is_ignored() {
    with_api(async |api| {
        let ada = api.person("Ada", false).await;
        let device = api.device(ada.parse().unwrap(), "Laptop").await;
        let app = api.made("/v1.0/applications", &json!({ "displayName": "Wiki" })).await;
        let app = format!("/v1.0/applications/{}", app["id"].as_str().unwrap());
        let taps = format!("/v1.0/users/{ada}/authentication/temporaryAccessPassMethods");
        for (method, path, name) in [
            ("POST", "/v1.0/users", "passwordProfile"),
            ("PATCH", &format!("/v1.0/users/{ada}"), "id"),
            ("PATCH", &format!("/v1.0/users/{ada}"), "DisplayName"),
            ("POST", &taps, "temporaryAccessPass"),
            ("PATCH", &format!("/v1.0/devices/{device}"), "isRooted"),
            ("POST", "/v1.0/applications", "signInAudience"),
            ("PATCH", &app, "passband_isConfidential"),
            ("POST", &format!("{app}/addPassword"), "secretText"),
            ("POST", &format!("{app}/removePassword"), "all"),
        ] {
            let body = json!({ name: true }).to_string();
            let message = api.refused((method, path, &body), 400, "Request_BadRequest").await;
            assert!(message.contains(&format!("`{name}`")), "{message}");
        }
        let nested = r#"{"web":{"redirectUris":[],"homePageUrl":"https://a.example"}}"#;
        let message = api.refused(("PATCH", &app, nested), 400, "Request_BadRequest").await;
        assert!(message.contains("`homePageUrl`"), "{message}");
        // What a stranger sends comes back short and without control characters.
        let long = json!({ "\u{1b}[31m".repeat(2000): true }).to_string();
        let message = api.refused(("POST", "/v1.0/users", &long), 400, "Request_BadRequest").await;
        assert!(!message.contains('\u{1b}'), "{message}");
    });
}

#[test]
fn no_query_option_is_ignored() {
    with_api(async |api| {
        let (_, _) = api.world.founder().await;
        for query in [
            "filter=displayName eq 'x'",
            "$orderby=displayName",
            "$count=true",
            "$search=x",
            "$expand=x",
            "$skip=1",
            "$TOP=1",
            "x=1",
            "$top=1&$top=2",
            "$top=0",
            "$top=1000",
            "$top=-1",
            "$top=+1",
            "$top=x",
            "$top=",
            "$select=",
            "$select=shoeSize",
            "$select=displayName,shoeSize",
            "$filter=",
            "$filter=shoeSize eq 4",
            "$filter=displayName eq 'x' or displayName eq 'y'",
            "$filter=displayName eq 'x",
            "$skiptoken=!",
            "$skiptoken=",
        ] {
            let (name, value) = query.split_once('=').unwrap();
            let query = if query.contains('&') {
                query.to_owned()
            } else {
                format!("{}={}", encode(name), encode(value))
            };
            let path = format!("/v1.0/users?{query}");
            // The first page of people has no cursor: the empty text is where a list of names begins.
            if value.is_empty() && name == "$skiptoken" {
                continue;
            }
            api.refused(("GET", &path, ""), 400, "Request_UnsupportedQuery").await;
        }
        for path in [
            "/v1.0/devices?$skiptoken=AAAA",
            "/v1.0/devices?$skiptoken=",
            "/v1.0/applications?$skiptoken=%00",
            "/v1.0/auditLogs/signIns?$skiptoken=zzz",
            "/v1.0/organization?$skiptoken=x",
            "/v1.0/organization?$filter=id%20eq%201",
            "/v1.0/passband_signingKeys?$filter=state%20eq%20%27active%27",
        ] {
            api.refused(("GET", path, ""), 400, "Request_UnsupportedQuery").await;
        }
        let one = format!("/v1.0/users/{}", "root@localhost");
        api.refused(("GET", &format!("{one}?$top=1"), ""), 400, "Request_UnsupportedQuery").await;
        api.refused(("DELETE", &format!("{one}?dryRun=1"), ""), 400, "Request_UnsupportedQuery").await;
        api.get(&one).await;
    });
}
