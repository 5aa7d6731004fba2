//! `/map`: for everybody, and cheap to ask for again.

use crate::world::World;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};

#[tokio::test]
async fn the_map_is_public_and_may_be_kept_for_a_while() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/map?at=2026-08-19").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Token protection, native apps"), "{}", page.body);
    assert!(!page.headers.contains_key(header::SET_COOKIE), "a page for everybody gives nobody a session");
    assert_eq!(page.headers[header::CACHE_CONTROL], "public, max-age=300");
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    for inline in ["<style", "<script>", " style=", " onclick="] {
        assert!(!page.body.contains(inline), "{inline}");
    }

    let tag = page.headers[header::ETAG].clone();
    let again = |path: &str, tag: &HeaderValue| {
        Request::builder().uri(path).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap()
    };
    let same = browser.send(again("/map?at=2026-08-19", &tag)).await;
    assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(same.headers[header::ETAG], tag);
    let other = browser.send(again("/map?at=2026-08-20", &tag)).await;
    assert_eq!(other.status, StatusCode::OK, "another day is another page");
    assert_ne!(other.headers[header::ETAG], tag);

    let wrong = browser.get("/map?at=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
}
