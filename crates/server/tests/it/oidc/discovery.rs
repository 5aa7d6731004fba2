//! What the server says of itself, and that it is so.

use super::{Client, keys, program, verify};
use crate::world::{ORIGIN, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::time::Seconds;
use passband_wire::jose::jws::{Header, SigningKey};
use serde_json::json;

#[tokio::test]
async fn the_document_names_endpoints_that_are_there() {
    let world = World::new().await;
    let reply = program(&world).get("/.well-known/openid-configuration").await;
    assert_eq!(reply.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let document = reply.json();
    // RFC 8414 §3.3: the issuer is the address the document was asked for.
    assert_eq!(document["issuer"], ORIGIN);
    let mut endpoints = 0;
    for (name, value) in document.as_object().unwrap() {
        if !name.ends_with("_endpoint") && name != "jwks_uri" {
            continue;
        }
        let path = value.as_str().unwrap().strip_prefix(ORIGIN).expect("an address of this server");
        assert_ne!(program(&world).get(path).await.status, StatusCode::NOT_FOUND, "{name}");
        endpoints += 1;
    }
    assert!(endpoints >= 6, "{document}");
    let only = |name: &str, values: &[&str]| assert_eq!(document[name], json!(values), "{name}");
    only("response_types_supported", &["code"]);
    only("code_challenge_methods_supported", &["S256"]);
    only("id_token_signing_alg_values_supported", &["ES256"]);
    only(
        "grant_types_supported",
        &["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    );
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn the_key_set_holds_public_keys_alone() {
    let world = World::new().await;
    let set = program(&world).get("/jwks").await;
    assert_eq!(set.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let keys = set.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 2, "the one that signs, and the next");
    for key in keys {
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
}

#[tokio::test]
async fn rotation_keeps_what_was_signed_before() {
    let world = World::new().await;
    let wiki = Client::public(&world, "Wiki").await;
    let (_, mut browser) = world.user("Ada").await;
    let first = keys(&world).await;
    let before = wiki.tokens(&world, &mut browser).await;
    world.app.rotate_token_keys("a test").await.unwrap();
    let after = wiki.tokens(&world, &mut browser).await;
    let second = keys(&world).await;
    assert_eq!(second.keys.len(), 3);
    for tokens in [&before, &after] {
        assert!(verify(&tokens["id_token"], "JWT", &second).is_some());
        assert!(verify(&tokens["access_token"], "at+jwt", &second).is_some());
    }
    // The new key was published before it signed: who cached the set of then still verifies.
    assert!(verify(&after["id_token"], "JWT", &first).is_some());
    let userinfo =
        |tokens: &serde_json::Value| format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let mine = super::authorized(&world, Method::GET, "/userinfo", &userinfo(&before), String::new()).await;
    assert_eq!(mine.status, StatusCode::OK);

    // A key that is not in the set signs nothing of ours, whatever id it claims.
    let stranger = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
    let mut forged = Header::new("ES256", "at+jwt");
    forged.kid = Some(second.keys[0].kid.clone());
    let claims = verify(&after["access_token"], "at+jwt", &second).unwrap();
    let text = stranger.sign(&forged, &claims).unwrap();
    let reply =
        super::authorized(&world, Method::GET, "/userinfo", &format!("Bearer {text}"), String::new()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    world.pass(Seconds::minutes(15));
    let late = super::authorized(&world, Method::GET, "/userinfo", &userinfo(&after), String::new()).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "expired");
}

#[tokio::test]
async fn other_methods_and_paths_are_not_there() {
    let world = World::new().await;
    for (method, path, status) in [
        (Method::GET, "/token", StatusCode::METHOD_NOT_ALLOWED),
        (Method::PUT, "/token", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/revoke", StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, "/authorize", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/jwks", StatusCode::METHOD_NOT_ALLOWED),
        (Method::PATCH, "/userinfo", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/authorize/", StatusCode::NOT_FOUND),
        (Method::GET, "/Authorize", StatusCode::NOT_FOUND),
        (Method::GET, "/.well-known/openid-configuration/x", StatusCode::NOT_FOUND),
        (Method::GET, "/../etc/passwd", StatusCode::NOT_FOUND),
        (Method::GET, "/%2e%2e/master.key", StatusCode::NOT_FOUND),
    ] {
        let request = Request::builder().method(method.clone()).uri(path).body(Body::empty()).unwrap();
        assert_eq!(program(&world).send(request).await.status, status, "{method} {path}");
    }
}
