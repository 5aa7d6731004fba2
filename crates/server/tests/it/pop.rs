//! Tokens that are bound to a key of the client (prt.md §6.6).

use crate::compatible::client::{Broker, GRAPH, Way, nonce, program, redeem_code, tenant};
use crate::device::payload;
use crate::dialect::code_of_page;
use crate::hello::refused;
use crate::world::{Reply, World};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App;
use passband_core::manage::app::secret_hash;
use passband_core::reason::Reason;
use passband_wire::b64;
use passband_wire::prt::{GRANT_JWT_BEARER, LINUX_BROKER};
use serde_json::{Value, json};

/// A key of a client, as it asks for a token that is bound to it.
fn confirmation() -> (String, String) {
    let thumbprint = b64::encode([9; 32]);
    let asked = b64::encode(json!({ "kid": thumbprint }).to_string());
    (thumbprint, asked)
}

/// The refresh token of the Linux broker, got for a PRT; then a request with it.
async fn for_pop(world: &World, broker: &Broker) -> String {
    let request = broker.claims(LINUX_BROKER, "openid profile offline_access", &nonce(world).await);
    let tokens = broker.open(&broker.present(world, &broker.sign(&request)).await);
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

async fn refresh(world: &World, token: &str, scope: &str, more: &[(&str, &str)]) -> Reply {
    let client = LINUX_BROKER.to_string();
    let mut form = vec![
        ("client_id", client.as_str()),
        ("scope", scope),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_info", "1"),
    ];
    form.extend(more);
    program(world).form("/common/oauth2/v2.0/token", &form).await
}

#[tokio::test]
async fn a_bound_token_says_its_key_and_is_nothing_as_a_bearer() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let token = for_pop(&world, &broker).await;
    let (thumbprint, asked) = confirmation();
    let graph = format!("openid profile offline_access {GRAPH}/.default");
    let pop = [("token_type", "pop"), ("req_cnf", asked.as_str())];
    let reply = refresh(&world, &token, &graph, &pop).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = reply.json();
    assert!(reply["token_type"] == "pop" && reply["refresh_token"].is_string(), "{reply}");
    let said = payload(&reply["access_token"]);
    assert_eq!((&said["cnf"], &said["aud"]), (&json!({ "kid": thumbprint }), &json!(GRAPH)));
    // Not for this server: the one for us is no bearer token, and the same without a key is.
    let own = refresh(&world, &token, "openid profile", &pop).await.json();
    let bearer = refresh(&world, &token, "openid profile", &[]).await.json();
    assert_eq!((&own["token_type"], &bearer["token_type"]), (&json!("pop"), &json!("Bearer")));
    for (reply, status) in [(&own, StatusCode::UNAUTHORIZED), (&bearer, StatusCode::OK)] {
        let shown = format!("Bearer {}", reply["access_token"].as_str().unwrap());
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, shown);
        let answer = program(&world).send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status);
    }
    assert!(payload(&bearer["access_token"]).get("cnf").is_none());
}

#[tokio::test]
async fn who_asks_for_a_bound_token_is_never_given_a_bearer_token() {
    let (world, ada) = tenant().await;
    let broker = Broker::enrol(&world, &ada, 0).await;
    let token = for_pop(&world, &broker).await;
    let (thumbprint, asked) = confirmation();
    let text = |value: Value| b64::encode(value.to_string());
    let short = text(json!({ "kid": "AAAA" }));
    let long = text(json!({ "kid": thumbprint, "x": "x".repeat(3000) }));
    for form in [
        vec![("token_type", "pop")],
        vec![("req_cnf", asked.as_str())],
        vec![("token_type", "Bearer"), ("req_cnf", asked.as_str())],
        vec![("token_type", "ssh-cert"), ("req_cnf", asked.as_str())],
        vec![("token_type", "pop"), ("req_cnf", thumbprint.as_str())],
        vec![("token_type", "pop"), ("req_cnf", short.as_str())],
        vec![("token_type", "pop"), ("req_cnf", long.as_str())],
    ] {
        let reply = refresh(&world, &token, "openid", &form).await;
        refused(&world, &reply, (90_014, Reason::RequestMalformed)).await;
    }
    // A bearer token of this refresh token stays what it was granted for.
    let graph = format!("openid {GRAPH}/.default");
    let reply = refresh(&world, &token, &graph, &[]).await;
    refused(&world, &reply, (70_011, Reason::ScopeTooWide)).await;
    // And neither kind is for the registration service or for administrators.
    for scope in ["01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default", "urn:passband:admin-api/.default"] {
        let reply = refresh(&world, &token, scope, &[("token_type", "pop"), ("req_cnf", &asked)]).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    }
    // The same for a code, and for a PRT itself.
    let page = broker.authorize(&world, Way::First(GRAPH)).await;
    let reply = redeem_code(&world, Way::Bound(&asked), &code_of_page(&page.body)).await.json();
    assert_eq!(payload(&reply["access_token"])["cnf"]["kid"], thumbprint);
    let request = broker.claims(LINUX_BROKER, "openid", &nonce(&world).await);
    let form = [
        ("windows_api_version", "2.0"),
        ("grant_type", GRANT_JWT_BEARER),
        ("request", &broker.sign(&request)),
        ("token_type", "pop"),
        ("req_cnf", &asked),
    ];
    let reply = broker.open(&program(&world).form("/common/oauth2/token", &form).await);
    assert_eq!(
        (&reply["token_type"], &payload(&reply["access_token"])["cnf"]["kid"]),
        (&json!("pop"), &json!(thumbprint))
    );
}

#[tokio::test]
async fn a_resource_is_told_the_key_when_it_asks() {
    let (world, ada) = tenant().await;
    let graph = world.app.store.app_by_resource(GRAPH).await.unwrap().unwrap();
    let secret = Some(secret_hash("of Graph"));
    world.app.commit(vec![Change::UpdateApp(App { secret_hash: secret, ..(*graph).clone() })]).await.unwrap();
    let broker = Broker::enrol(&world, &ada, 0).await;
    let token = for_pop(&world, &broker).await;
    let (thumbprint, asked) = confirmation();
    let scope = format!("openid {GRAPH}/.default");
    let reply = refresh(&world, &token, &scope, &[("token_type", "pop"), ("req_cnf", &asked)]).await.json();
    let form = [
        ("client_id", graph.id.to_string()),
        ("client_secret", "of Graph".to_owned()),
        ("token", reply["access_token"].as_str().unwrap().to_owned()),
    ];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = program(&world).form("/introspect", &form).await.json();
    assert_eq!((&answer["active"], &answer["token_type"]), (&json!(true), &json!("pop")), "{answer}");
    assert_eq!(answer["cnf"], json!({ "kid": thumbprint }));
}
