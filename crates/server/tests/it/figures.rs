//! `/metrics`: for this machine alone, whatever a request says of itself.

use crate::world::{Browser, Reply, World};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use passband_server::config::File;
use passband_server::routes;
use std::net::IpAddr;
use std::sync::Arc;
use tower::ServiceExt as _;

async fn ask(browser: &mut Browser, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::builder().uri("/metrics");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let Reply { status, body, .. } = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(body.contains("passband_build_info"), status == StatusCode::OK);
    status
}

#[tokio::test]
async fn figures_are_for_this_machine() {
    let world = World::new().await;
    let from = |ip: &str| {
        let mut browser = world.browser();
        browser.ip = ip.parse::<IpAddr>().unwrap();
        browser
    };
    for ip in ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(ask(&mut from(ip), &[]).await, StatusCode::OK, "{ip}");
    }
    // Strangers, whatever they write; and whoever a proxy on this machine speaks for.
    for ip in ["203.0.113.9", "10.0.0.7", "2001:db8::5", "::ffff:10.0.0.7"] {
        assert_eq!(ask(&mut from(ip), &[]).await, StatusCode::NOT_FOUND, "{ip}");
        let claims = [("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("host", "localhost")];
        assert_eq!(ask(&mut from(ip), &claims).await, StatusCode::NOT_FOUND, "{ip}");
    }
    for header in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", ""),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("via", "1.1 proxy"),
        // A name of a stranger's that leads to this machine.
        ("host", "evil.example"),
        ("host", "localhost.evil.example:8480"),
        ("host", "[::2]"),
    ] {
        assert_eq!(ask(&mut from("127.0.0.1"), &[header]).await, StatusCode::NOT_FOUND, "{header:?}");
    }
    for host in ["localhost:8480", "localhost", "127.0.0.1:1", "[::1]:8480", "[::1]"] {
        assert_eq!(ask(&mut from("127.0.0.1"), &[("host", host)]).await, StatusCode::OK, "{host}");
    }
}

/// With a proxy in front, or a place of their own, the main listener has none.
#[tokio::test]
async fn figures_have_one_place() {
    for chosen in [
        File { trusted_proxies: vec!["127.0.0.1".to_owned()], ..File::default() },
        File { metrics_listen: Some("127.0.0.1:0".parse().unwrap()), ..File::default() },
    ] {
        let world = World::with(chosen).await;
        assert_eq!(ask(&mut world.browser(), &[]).await, StatusCode::NOT_FOUND);
        let own = routes::figures(Arc::clone(&world.app));
        let there = async |path: &str| {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            own.clone().oneshot(request).await.unwrap().status()
        };
        assert_eq!(there("/metrics").await, StatusCode::OK);
        assert_eq!(there("/v1.0/users").await, StatusCode::NOT_FOUND, "and nothing else is there");
    }
}
