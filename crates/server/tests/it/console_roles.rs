//! What the console lets whom do, and how recently they must have signed in.

use crate::console::{activities, device_of, passkey_ids};
use crate::world::{Browser, World, encode};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::directory::{Role, Roles, User};
use passband_core::time::Seconds;

#[tokio::test]
async fn what_opens_a_way_in_takes_a_sign_in_of_the_last_five_minutes() {
    let world = World::new().await;
    let (founder, mut root) = world.founder().await;
    let ada = world.newcomer("Ada").await;
    let page = format!("/admin/users/{}", ada.id);
    world.pass(Seconds(301));
    let role = [("wish", "give"), ("role", Role::GlobalReader.id())];
    for (act, fields) in [("tap", &[][..]), ("disable", &[]), ("delete", &[]), ("role", &role)] {
        let answer = root.press(&page, &format!("{page}/{act}"), fields).await;
        let to = format!("/sign-in?fresh=1&next={}", encode(&page));
        assert_eq!(answer.location(), to, "{act}");
    }
    assert_eq!(
        root.press("/admin/keys", "/admin/keys/rotate", &[]).await.location(),
        "/sign-in?fresh=1&next=%2Fadmin%2Fkeys"
    );
    assert!(world.app.store.taps_of(ada.id).await.unwrap().is_empty());
    assert_eq!(world.app.store.user(ada.id).await.unwrap(), Some(ada.clone()));
    // What only takes something away does with the ten minutes of every form.
    let revoked = root.press(&page, &format!("{page}/revoke"), &[]).await;
    assert_eq!(revoked.location(), format!("{page}?done=sessions-ended"));
    root.sign_in(&founder.authenticator).await;
    let given = root.press(&page, &format!("{page}/role"), &role).await;
    assert_eq!(given.location(), format!("{page}?done=role-given"));
    assert!(root.get(&page).await.body.contains("Take away"));
    assert!(activities(&world).await.contains(&"root@localhost: Add member to role".to_owned()));
}

/// Whoever may disable accounts and switch devices does not do so to those who may more.
#[tokio::test]
async fn accounts_and_devices_of_those_above_are_out_of_reach() {
    let world = World::new().await;
    let (founder, _) = world.founder().await;
    let (ada, mut browser) = world.user("Ada").await;
    let grace = world.newcomer("Grace").await;
    let roles = Roles::from(Role::AuthenticationAdministrator).with(Role::CloudDeviceAdministrator);
    world.app.commit(vec![Change::UpdateUser(User { roles, ..ada.user.clone() })]).await.unwrap();
    let beside = format!("/admin/users/{}", grace.id);
    for act in ["disable", "enable"] {
        let above = format!("/admin/users/{}/{act}", founder.user.id);
        let answer = browser.press(&beside, &above, &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{act}");
        assert!(answer.body.contains("role_too_low"), "{act}");
    }
    assert_eq!(browser.press(&beside, &format!("{beside}/disable"), &[]).await.status, StatusCode::SEE_OTHER);
    let (theirs, hers) =
        (device_of(&world, &founder.user, "Red").await, device_of(&world, &grace, "Blue").await);
    let press = async |browser: &mut Browser, device, act: &str| {
        let form = format!("/admin/devices/{device}/{act}");
        browser.press("/admin/devices", &form, &[]).await
    };
    assert_eq!(press(&mut browser, hers, "disable").await.status, StatusCode::SEE_OTHER);
    // Disabling is for whoever finds a stolen one; enabling one that somebody above disabled is not.
    let refused = press(&mut browser, theirs, "enable").await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER);
    assert!(refused.body.contains("may do more than you"), "{}", refused.body);
    assert_eq!(world.app.store.user(founder.user.id).await.unwrap(), Some(founder.user));
}

#[tokio::test]
async fn the_help_desk_does_not_take_an_administrator_over() {
    let world = World::new().await;
    let (founder, _) = world.founder().await;
    let (ada, mut desk) = world.user("Ada").await;
    let grace = world.newcomer("Grace").await;
    let helper = User { roles: Role::HelpdeskAdministrator.into(), ..ada.user.clone() };
    world.app.commit(vec![Change::UpdateUser(helper)]).await.unwrap();
    let [above, beside] = [founder.user.id, grace.id].map(|id| format!("/admin/users/{id}"));
    let passkey = &passkey_ids(&world, &founder.user).await[0];
    for act in ["tap", "revoke", &format!("passkeys/{passkey}/delete")] {
        let answer = desk.press(&beside, &format!("{above}/{act}"), &[("confirmed", "yes")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{act}");
        assert!(answer.body.contains("role_too_low"), "{act}");
    }
    let take = [("wish", "take"), ("role", Role::GlobalAdministrator.id())];
    for act in ["disable", "delete", "role", "break-glass"] {
        let answer = desk.press(&beside, &format!("{above}/{act}"), &take).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{act}");
        assert!(answer.body.contains("No role of yours lets you do this"), "{act}");
    }
    let me = format!("/admin/users/{}", ada.user.id);
    let give = [("wish", "give"), ("role", Role::GlobalAdministrator.id())];
    assert_eq!(desk.press(&beside, &format!("{me}/role"), &give).await.status, StatusCode::FORBIDDEN);
    // What they may not do is not shown; what they may do works.
    let shown = desk.get(&above).await.body;
    assert!(
        shown.contains("may do more than you")
            && !shown.contains("<form method=\"post\" action=\"/admin/users")
    );
    let shown = desk.get(&beside).await.body;
    assert!(shown.contains(&format!("{beside}/tap")) && !shown.contains(&format!("{beside}/disable")));
    let made = desk.press(&beside, &format!("{beside}/tap"), &[("lifetimeInMinutes", "60")]).await;
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(world.app.store.taps_of(grace.id).await.unwrap().len(), 1);
    assert!(!desk.get("/admin").await.body.contains("Head of the audit log"));
    // The refusal names the roles that could.
    let refused = desk.press("/admin", "/admin/keys/rotate", &[]).await;
    assert!(refused.body.contains("Helpdesk Administrator") && refused.body.contains("Global Administrator"));
}

/// Somebody who may only look at the console finds every page of theirs without a form that they would be refused.
#[tokio::test]
async fn a_reader_is_shown_no_form_that_changes_something() {
    let world = World::new().await;
    let (founder, mut root) = world.founder().await;
    let (ada, mut reader) = world.user("Ada").await;
    world
        .app
        .commit(vec![Change::UpdateUser(User { roles: Role::GlobalReader.into(), ..ada.user })])
        .await
        .unwrap();
    device_of(&world, &founder.user, "Box").await;
    let person = format!("/admin/users/{}", founder.user.id);
    for page in ["", "/users", "/devices", "/apps", "/sign-ins", "/trust", "/passkey-policy", "/keys"]
        .map(|page| format!("/admin{page}"))
        .iter()
        .chain([&person])
    {
        let changing =
            |page: &crate::world::Reply| page.body.matches("method=\"post\" action=\"/admin").count();
        let shown = reader.get(page).await;
        assert_eq!((shown.status, changing(&shown)), (StatusCode::OK, 0), "{page}");
        let all = root.get(page).await;
        let acts = !["/admin", "/admin/sign-ins", "/admin/trust"].contains(&page.as_str());
        assert_eq!(changing(&all) > 0, acts, "{page}");
    }
    assert!(reader.get("/admin/passkey-policy").await.body.contains("Your role lets you read this"));
}
