//! A person's own token at the admin API: who may have one, what it may do, and how recent their sign-in must be.

use crate::device::{Device, Held, broker_tokens, nonce, payload, present};
use crate::graph::{Api, with_api};
use crate::world::{Person, Reply, World};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::directory::{Role, Roles, SessionKind, User};
use passband_core::id::SessionId;
use passband_core::rng::SystemRandom;
use passband_core::session::claims::{ACCESS_TOKEN, ACCESS_TOKEN_TYP, Subject};
use passband_core::session::standing::judge;
use passband_core::time::Seconds;
use passband_wire::id::ClientId;
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT, signed};
use serde_json::{Value, json};

/// Uses a PRT for the admin API, in this client's name.
async fn ask(world: &World, held: &Held, client: ClientId) -> Reply {
    let mut browser = world.browser();
    let nonce = nonce(&mut browser).await;
    let mut claims = held.claims("openid", &nonce);
    claims.client_id = client.to_string();
    claims.resource = Some(ADMIN_RESOURCE.to_owned());
    let request = signed::sign(&held.key, &claims, &SystemRandom).unwrap();
    present(&mut browser, &request).await
}

/// An administrator's device, and a token of theirs for the admin API.
async fn signed_in(api: &Api) -> (Person, Device, Held, String) {
    let (root, _) = api.world.founder().await;
    let device = Device::join(&api.world, &root, 0).await;
    let held = device.login(&api.world, &root).await;
    let token = take(&api.world, &held).await;
    (root, device, held, token)
}

async fn take(world: &World, held: &Held) -> String {
    held.open(&ask(world, held, BROKER_CLIENT).await)["access_token"].as_str().unwrap().to_owned()
}

async fn with(api: &Api, token: &str, (method, path, body): (&str, &str, &str)) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    api.raw(method, path, &headers, body).await
}

const NEW: &str = r#"{"userPrincipalName":"ada@example.org","displayName":"Ada"}"#;

#[test]
fn a_person_administers_with_their_own_token_and_is_named() {
    with_api(async |api| {
        let (_, _, held, token) = signed_in(api).await;
        assert_eq!(payload(&json!(token))["aud"], ADMIN_RESOURCE);
        let made = with(api, &token, ("POST", "/v1.0/users", NEW)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let line = api.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        assert_eq!(
            (&line["activityDisplayName"], &line["passband_actor"]),
            (&json!("Add user"), &json!("root@localhost"))
        );
        // Five minutes later what opens a way in wants them again, and what only looks does not.
        api.world.pass(Seconds(301));
        let passes = format!(
            "/v1.0/users/{}/authentication/temporaryAccessPassMethods",
            made.json()["id"].as_str().unwrap()
        );
        // Neither does a new token help: it is no new sign-in.
        for token in [token, take(&api.world, &held).await] {
            let again = with(api, &token, ("POST", &passes, "{}")).await;
            assert_eq!(again.status, StatusCode::UNAUTHORIZED);
            let challenge = again.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.contains("error=\"insufficient_user_authentication\""), "{challenge}");
            assert!(challenge.contains("max_age=\"300\""), "{challenge}");
            assert_eq!(again.json()["error"]["innerError"]["passband_reason"], "auth_too_old");
            assert_eq!(with(api, &token, ("GET", &passes, "")).await.json()["value"], json!([]));
        }
    });
}

/// A token of a moment ago is asked about anew, as at every other place.
#[test]
fn a_policy_that_came_since_counts_for_administrators_too() {
    with_api(async |api| {
        let (_, _, _, token) = signed_in(api).await;
        assert_eq!(with(api, &token, ("GET", "/v1.0/users", "")).await.status, StatusCode::OK);
        let blocked = crate::access::policy("No way", &crate::access::grants(&["block"]));
        crate::access::put(&api.world, crate::access::POLICY, Some(blocked)).await;
        assert_eq!(with(api, &token, ("GET", "/v1.0/users", "")).await.status, StatusCode::UNAUTHORIZED);
        crate::access::put(&api.world, crate::access::POLICY, None).await;
        assert_eq!(with(api, &token, ("GET", "/v1.0/users", "")).await.status, StatusCode::OK);
    });
}

#[test]
fn a_sign_in_again_steps_up() {
    with_api(async |api| {
        let (root, device, _, old) = signed_in(api).await;
        api.world.pass(Seconds(301));
        let held = device.login(&api.world, &root).await;
        let new = take(&api.world, &held).await;
        assert_eq!(with(api, &old, ("POST", "/v1.0/users", NEW)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(with(api, &new, ("POST", "/v1.0/users", NEW)).await.status, StatusCode::CREATED);
    });
}

/// Roles are read from the directory, and so is whether anything behind the token has ended.
#[test]
fn a_token_may_what_its_person_may_at_the_moment() {
    with_api(async |api| {
        let (root, device, _, token) = signed_in(api).await;
        let get = async |path: &str| with(api, &token, ("GET", path, "")).await;
        let is = async |roles: Roles| {
            let user = User { roles, ..root.user.clone() };
            api.world.app.commit(vec![Change::UpdateUser(user)]).await.unwrap();
        };
        is(Role::HelpdeskAdministrator.into()).await;
        assert_eq!(get("/v1.0/users").await.status, StatusCode::OK);
        let refused = get("/v1.0/auditLogs/directoryAudits").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(refused.json()["error"]["innerError"]["passband_reason"], "role_missing");
        // A refusal for want of a role comes before any wish for a sign-in.
        api.world.pass(Seconds(301));
        let rotate = ("POST", "/v1.0/passband_signingKeys/rotate", "");
        assert_eq!(with(api, &token, rotate).await.status, StatusCode::FORBIDDEN);
        is(Roles::NONE).await;
        assert_eq!(get("/v1.0/users").await.status, StatusCode::FORBIDDEN);
        is(Roles::GLOBAL).await;
        assert_eq!(get("/v1.0/users").await.status, StatusCode::OK);
        api.done("PATCH", &format!("/v1.0/devices/{}", device.id), r#"{"accountEnabled":false}"#).await;
        assert_eq!(get("/v1.0/users").await.status, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn no_other_token_opens_the_admin_api() {
    with_api(async |api| {
        let (root, _, held, token) = signed_in(api).await;
        let status = async |token: &str| with(api, token, ("GET", "/v1.0/users", "")).await.status;
        assert_eq!(status(&token).await, StatusCode::OK);
        // Of the same person for another audience; altered; as it was a quarter of an hour ago.
        let other = held.open(&held.use_it(&mut api.world.browser(), "openid").await);
        assert_eq!(status(other["access_token"].as_str().unwrap()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(status(other["id_token"].as_str().unwrap()).await, StatusCode::UNAUTHORIZED);
        assert_eq!(status(&format!("{token}A")).await, StatusCode::UNAUTHORIZED);
        // An application of somebody's gets none with an administrator's PRT.
        let wish =
            json!({ "displayName": "Wiki", "publicClient": { "redirectUris": ["http://127.0.0.1/cb"] } });
        let app = api.made("/v1.0/applications", &wish).await["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(ask(&api.world, &held, app).await.status, StatusCode::BAD_REQUEST);
        // Nor does the broker itself without a PRT: with a code, or with a refresh token that a thief could use.
        let mut browser = api.world.sign_in(&root).await;
        let asked = broker_tokens(&mut browser, &format!("&resource={ADMIN_RESOURCE}")).await;
        assert!(asked.is_err(), "{asked:?}");
        let tokens = broker_tokens(&mut browser, "").await.unwrap();
        let client = BROKER_CLIENT.to_string();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ("resource", ADMIN_RESOURCE),
        ];
        let refreshed = browser.form("/token", &form).await;
        assert_eq!(refreshed.status, StatusCode::BAD_REQUEST, "{}", refreshed.body);
        // Nobody registers an application under its name.
        let wish: Value = json!({ "displayName": "Evil", "identifierUris": [ADMIN_RESOURCE] });
        let evil = ("POST", "/v1.0/applications", &*wish.to_string());
        api.refused(evil, 400, "Request_BadRequest").await;
        api.world.pass(Seconds(901));
        assert_eq!(status(&token).await, StatusCode::UNAUTHORIZED);
    });
}

/// As if some day a token for the admin API were minted for a session that no device's key holds.
#[test]
fn a_session_that_no_key_holds_does_not_administer() {
    with_api(async |api| {
        let (root, mut browser) = api.world.founder().await;
        browser.sign_in(&root.authenticator).await;
        let device = Device::join(&api.world, &root, 0).await;
        device.login(&api.world, &root).await;
        let app = &api.world.app;
        let other = ClientId::from_bytes([0xa9; 16]);
        for (session, client, want) in [
            (api.world.session_of(&browser).unwrap(), BROKER_CLIENT, StatusCode::UNAUTHORIZED),
            (prt_session(&api.world, &root).await, other, StatusCode::UNAUTHORIZED),
            (prt_session(&api.world, &root).await, BROKER_CLIENT, StatusCode::OK),
        ] {
            let standing = app.store.standing(session).await.unwrap().unwrap();
            let live = judge(&standing, app.now()).unwrap();
            let subject = Subject { issuer: app.issuer(), tenant: app.tenant, live, client, now: app.now() };
            let claims = subject.access(ADMIN_RESOURCE, "openid", ACCESS_TOKEN, &SystemRandom);
            let token = app.keys().tokens.sign(ACCESS_TOKEN_TYP, &claims).unwrap();
            assert_eq!(with(api, &token, ("GET", "/v1.0/users", "")).await.status, want);
        }
    });
}

/// The session of this person's PRT.
async fn prt_session(world: &World, person: &Person) -> SessionId {
    let all = world.app.store.sessions_of(person.user.id, world.now()).await.unwrap();
    all.iter().find(|session| session.kind == SessionKind::Prt).unwrap().id
}
