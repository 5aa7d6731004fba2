//! `/account`, `/admin` and the way in with a pass.

use crate::world::World;
use axum::http::StatusCode;

#[tokio::test]
async fn people_make_passkeys_and_sign_in_with_them() {
    let world = World::new().await;
    let (founder, _) = world.founder().await;
    let (ada, first) = world.user("Ada").await;
    let again = world.sign_in(&ada).await;
    assert!(founder.user.admin && !ada.user.admin);
    assert_ne!(world.session_of(&first), world.session_of(&again));
    assert_eq!(world.browser().get("/healthz").await.status, StatusCode::OK);
}
