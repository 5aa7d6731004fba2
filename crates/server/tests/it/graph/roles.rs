//! Who may do what: roles, the table of permissions, and the rule that no role is a way to a greater one.

use super::{Api, encode, with_api};
use crate::world::ORIGIN;
use axum::http::StatusCode;
use passband_core::directory::{Role, Roles};
use passband_core::keys::admin_token::AdminToken;
use passband_core::manage::Permission;
use passband_core::rng::SystemRandom;
use passband_server::routes::permissions;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use serde_json::{Value, json};

const DENIED: &str = "Authorization_RequestDenied";
const ASSIGNMENTS: &str = "/v1.0/roleManagement/directory/roleAssignments";

/// A token that may do what these roles may.
fn token(api: &Api, roles: Roles) -> String {
    AdminToken::mint_with(roles, &api.world.app.master, api.world.now(), &SystemRandom).unwrap()
}

async fn with_token(api: &Api, token: &str, (method, path, body): (&str, &str, &str)) -> (StatusCode, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let reply = api.raw(method, path, &headers, body).await;
    (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
}

fn reason(answer: &Value) -> &str {
    answer["error"]["innerError"]["passband_reason"].as_str().unwrap_or_default()
}

#[test]
fn each_role_reaches_what_the_table_gives_it_and_nothing_else() {
    with_api(async |api| {
        for role in Role::ALL {
            let token = token(api, role.into());
            for row in permissions::API {
                let path = format!("/v1.0{}", row.path).replace('{', "x").replace('}', "y");
                let (status, answer) = with_token(api, &token, (row.method, &path, "{}")).await;
                let refused = status == StatusCode::FORBIDDEN && reason(&answer) == "role_missing";
                assert_eq!(refused, !Roles::from(role).may(row.permission), "{role:?} {row:?}: {answer}");
            }
        }
        // A token of no role is good for nothing, not even to learn what there is.
        let none = token(api, Roles::NONE);
        assert_eq!(with_token(api, &none, ("GET", "/v1.0/users", "")).await.0, StatusCode::FORBIDDEN);
        // HEAD is answered by the handlers of GET, and asks for the same.
        assert_eq!(with_token(api, &none, ("HEAD", "/v1.0/users", "")).await.0, StatusCode::FORBIDDEN);
    });
}

/// "The help desk takes over an administrator", by each verb that opens or closes a way in.
#[test]
fn nobody_takes_over_who_may_more() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let ada = api.person("Ada", false).await;
        let plain = format!("/v1.0/users/{ada}");
        let above = format!("/v1.0/users/{}", root.user.id);
        let passkeys = format!("{above}/authentication/fido2Methods");
        let passkey = api.list(&passkeys).await[0]["id"].as_str().unwrap().to_owned();
        let taps = |user: &str| format!("{user}/authentication/temporaryAccessPassMethods");
        let pass = api.made(&taps(&above), &json!({})).await["id"].as_str().unwrap().to_owned();
        let options = "authentication/fido2Methods/creationOptions(challengeTimeoutInMinutes=10)";
        let verbs = [
            ("POST", taps(&above), "{}"),
            ("DELETE", format!("{}/{pass}", taps(&above)), ""),
            ("DELETE", format!("{passkeys}/{passkey}?passband_force=true"), ""),
            ("GET", format!("{above}/authentication/fido2Methods/creationOptions"), ""),
            ("GET", format!("{above}/{options}"), ""),
            ("DELETE", format!("{above}/authentication/passband_recoveryCodes"), ""),
            ("POST", format!("{above}/revokeSignInSessions"), ""),
            ("PATCH", above.clone(), r#"{"accountEnabled":false}"#),
            ("PATCH", above.clone(), r#"{"userPrincipalName":"mine@example.org"}"#),
            ("PATCH", above.clone(), r#"{"passband_isAdministrator":false}"#),
            ("DELETE", above.clone(), ""),
        ];
        for role in Role::ALL.into_iter().filter(|role| *role != Role::GlobalAdministrator) {
            let token = token(api, role.into());
            for (method, path, body) in &verbs {
                let (status, answer) = with_token(api, &token, (method, path, body)).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{role:?} {method} {path}: {answer}");
                assert!(["role_missing", "role_too_low"].contains(&reason(&answer)), "{answer}");
            }
            // Nor do they make themselves, or anybody, more than they are.
            for global in [root.user.id.to_string(), ada.clone()] {
                let body = json!({ "principalId": global, "roleDefinitionId": role.id() }).to_string();
                let (status, _) = with_token(api, &token, ("POST", ASSIGNMENTS, &body)).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{role:?}");
            }
        }
        // The same verbs on somebody without a role: the refusals above were about whom, not about what.
        let desk = token(api, Role::HelpdeskAdministrator.into());
        assert_eq!(with_token(api, &desk, ("POST", &taps(&above), "{}")).await.1["error"]["code"], DENIED);
        assert_eq!(reason(&with_token(api, &desk, ("POST", &taps(&above), "{}")).await.1), "role_too_low");
        assert_eq!(with_token(api, &desk, ("POST", &taps(&plain), "{}")).await.0, StatusCode::CREATED);
        // Nor for anybody who administers, be it as little as they do themselves.
        for role in Role::ALL {
            let holder = format!("/v1.0/users/{}", api.person(&format!("Holder{}", role.id()), false).await);
            let body = json!({ "principalId": holder.rsplit('/').next(), "roleDefinitionId": role.id() });
            api.made(ASSIGNMENTS, &body).await;
            let (status, answer) = with_token(api, &desk, ("POST", &taps(&holder), "{}")).await;
            assert_eq!((status, reason(&answer)), (StatusCode::FORBIDDEN, "role_too_low"), "{role:?}");
        }
        let revoke = format!("{plain}/revokeSignInSessions");
        assert_eq!(with_token(api, &desk, ("POST", &revoke, "")).await.0, StatusCode::OK);
        let authentication = token(api, Role::AuthenticationAdministrator.into());
        let off = ("PATCH", plain.as_str(), r#"{"accountEnabled":false}"#);
        assert_eq!(with_token(api, &authentication, off).await.0, StatusCode::NO_CONTENT);
        let line = api.list("/v1.0/auditLogs/directoryAudits?$top=1").await.remove(0);
        let actor = line["passband_actor"].as_str().unwrap();
        assert!(actor.ends_with("(Authentication Administrator)"), "{actor}");
        // An account for emergencies is out of reach, whatever it may do.
        api.done("PATCH", &plain, r#"{"passband_isBreakGlass":true}"#).await;
        assert_eq!(reason(&with_token(api, &desk, ("POST", &taps(&plain), "{}")).await.1), "role_too_low");
    });
}

/// A device that was disabled as stolen lets its owner in again: nobody enables one of somebody above them.
#[test]
fn a_device_of_somebody_above_stays_disabled() {
    with_api(async |api| {
        let (root, _) = api.world.founder().await;
        let ada = api.world.newcomer("Ada").await;
        let desk = token(api, Role::CloudDeviceAdministrator.into());
        let mut answers = Vec::new();
        for owner in [root.user.id, ada.id] {
            let path = format!("/v1.0/devices/{}", api.device(owner, "Box").await);
            for body in [r#"{"accountEnabled":false}"#, r#"{"accountEnabled":true}"#] {
                answers.push(with_token(api, &desk, ("PATCH", &path, body)).await);
            }
        }
        let statuses: Vec<_> = answers.iter().map(|(status, _)| status.as_u16()).collect();
        assert_eq!(statuses, [204, 403, 204, 204]);
        assert_eq!(reason(&answers[1].1), "role_too_low");
    });
}

/// A pass made for somebody who was nobody would let its maker in as somebody who is.
#[test]
fn a_pass_ends_when_its_person_is_given_a_role() {
    with_api(async |api| {
        let ada = api.world.newcomer("Ada").await;
        let desk = token(api, Role::HelpdeskAdministrator.into());
        let taps = format!("/v1.0/users/{}/authentication/temporaryAccessPassMethods", ada.id);
        let (status, made) = with_token(api, &desk, ("POST", &taps, "{}")).await;
        assert_eq!(status, StatusCode::CREATED);
        let body =
            json!({ "principalId": ada.id.to_string(), "roleDefinitionId": Role::GlobalAdministrator.id() });
        api.made(ASSIGNMENTS, &body).await;
        assert_eq!(api.list(&taps).await, Vec::<Value>::new());
        let pass = made["temporaryAccessPass"].as_str().unwrap();
        let entered = api.world.browser().enter_pass(&ada.upn, pass, None).await;
        assert_ne!(entered.status, StatusCode::SEE_OTHER);
    });
}

/// "The planted passkey": somebody who may register passkeys for people without a role registers one and keeps it, uses it
/// so that it looks like any other, and waits until its owner is given a role.
#[test]
fn a_passkey_that_another_registered_is_seen_before_its_owner_is_given_a_role() {
    with_api(async |api| {
        let (_, mut root) = api.world.founder().await;
        let ada = api.world.newcomer("Ada").await;
        let helper = token(api, Role::AuthenticationAdministrator.into());
        let mut key = SoftAuthenticator::new(Model::device_bound());
        let passkeys = format!("/v1.0/users/{}/authentication/fido2Methods", ada.id);
        let (_, options) =
            with_token(api, &helper, ("GET", &format!("{passkeys}/creationOptions"), "")).await;
        let made = key.create(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
        let made = serde_json::to_value(made).unwrap();
        let body = json!({ "displayName": "Ada's key", "publicKeyCredential": made }).to_string();
        assert_eq!(with_token(api, &helper, ("POST", &passkeys, &body)).await.0, StatusCode::CREATED);
        assert_eq!(api.world.browser().sign_in(&key).await.status, StatusCode::OK);

        let give = |force| json!({ "principalId": ada.id.to_string(), "roleDefinitionId": Role::GlobalReader.id(), "passband_force": force });
        let told = api.refused(("POST", ASSIGNMENTS, &give(false).to_string()), 403, DENIED).await;
        assert!(told.contains("Ada's key (registered by admin token "), "{told}");
        let patch = ("PATCH", &*format!("/v1.0/users/{}", ada.id), r#"{"passband_isAdministrator":true}"#);
        api.refused(patch, 403, DENIED).await;
        let page = format!("/admin/users/{}", ada.id);
        let fields = [("wish", "give"), ("role", Role::GlobalReader.id())];
        let refused = root.press(&page, &format!("{page}/role"), &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("passkey_by_another"), "{}", refused.body);
        assert!(api.world.app.store.user(ada.id).await.unwrap().unwrap().roles.is_empty());
        // Whoever looked and asked may; in the console with a tick.
        assert!(root.get(&page).await.body.contains("holds each passkey that somebody else registered"));
        let confirmed = [fields[0], fields[1], ("confirmed", "yes")];
        let done = root.press(&page, &format!("{page}/role"), &confirmed).await;
        assert_eq!(done.location(), format!("{page}?done=role-given"));
        let held = format!("{ASSIGNMENTS}/{}_{}", ada.id, Role::GlobalReader.id());
        api.done("DELETE", &held, "").await;
        api.made(ASSIGNMENTS, &give(true)).await;
    });
}

#[test]
fn roles_are_given_and_taken_as_graph_does() {
    with_api(async |api| {
        let roles = api.list("/v1.0/roleManagement/directory/roleDefinitions").await;
        assert_eq!(roles.len(), Role::ALL.len());
        let filter = encode("displayName eq 'Helpdesk Administrator'");
        let desk =
            api.list(&format!("/v1.0/roleManagement/directory/roleDefinitions?$filter={filter}")).await;
        assert_eq!(desk[0]["id"], "729827e3-9c14-49f7-bb1b-9608f156bbb8");
        assert!(desk[0]["rolePermissions"][0]["allowedResourceActions"].as_array().unwrap().len() > 5);
        let (root, mut browser) = api.world.founder().await;
        let ada = api.person("Ada", false).await;
        let body = json!({ "principalId": ada, "roleDefinitionId": Role::GlobalReader.id(), "directoryScopeId": "/" });
        let made = api.made(ASSIGNMENTS, &body).await;
        let (activity, target, detail) = api.last_deed().await;
        assert_eq!((activity.as_str(), target), ("Add member to role", ada.clone()));
        assert_eq!(detail, "ada@example.org: Global Reader");
        let twice = ("POST", ASSIGNMENTS, &*body.to_string());
        api.refused(twice, 400, "Request_BadRequest").await;
        let mine = format!("{ASSIGNMENTS}?$filter={}", encode(&format!("principalId eq '{ada}'")));
        assert_eq!(api.list(&mine).await.len(), 1);
        assert_eq!(api.list(ASSIGNMENTS).await.len(), 2);
        for wrong in [
            json!({ "principalId": ada, "roleDefinitionId": ada }),
            json!({ "principalId": "ada", "roleDefinitionId": Role::GlobalReader.id() }),
            json!({ "principalId": ada, "roleDefinitionId": Role::GlobalReader.id(), "directoryScopeId": "/x" }),
        ] {
            api.refused(("POST", ASSIGNMENTS, &wrong.to_string()), 400, "Request_BadRequest").await;
        }
        let path = format!("{ASSIGNMENTS}/{}", made["id"].as_str().unwrap());
        api.done("DELETE", &path, "").await;
        api.refused(("DELETE", &path, ""), 404, "Request_ResourceNotFound").await;
        // The last Global Administrator who can sign in stays, whoever else holds a role.
        let last = format!("{ASSIGNMENTS}/{}_{}", root.user.id, Role::GlobalAdministrator.id());
        api.refused(("DELETE", &last, ""), 403, DENIED).await;
        assert_eq!(browser.get("/admin").await.status, StatusCode::OK);
    });
}

/// What an operation without a row would meet: nobody, and no other answer than for an unknown one.
#[test]
fn addresses_outside_of_the_table_are_closed() {
    with_api(async |api| {
        assert!(permissions::find(permissions::API, "get", "/nowhere").is_none());
        api.refused(("GET", "/v1.0/nowhere", ""), 404, "Request_ResourceNotFound").await;
        api.refused(("PUT", "/v1.0/users", ""), 405, "Request_MethodNotAllowed").await;
        let stranger = api.raw("GET", "/v1.0/nowhere", &[], "").await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        assert!(Roles::GLOBAL.may(Permission::RolesAssign));
    });
}
