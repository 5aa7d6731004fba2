//! Each load: what it finds, what it does not, in which order, and page by page.

use crate::harness::{Db, on_each};
use crate::sample::*;
use passband_core::audit::{SignIn, SignInKind};
use passband_core::change::Change;
use passband_core::compliance::{Compliance, Details};
use passband_core::directory::{Device, DeviceStanding, JoinType, PasskeyStanding, Session, Standing, User};
use passband_core::policy::signal::EvidenceLevel;
use passband_core::reason::Reason;
use passband_store::{Listed, Page, SignInFilter, StoreError};

/// Reads a list to its end, `top` rows at a time.
async fn all_pages<T>(top: u32, load: impl AsyncFn(&Page) -> Listed<T>) -> Vec<T> {
    let mut page = Page::first(top);
    let mut items = Vec::new();
    loop {
        let listed = load(&page).await;
        assert!(listed.items.len() <= top as usize);
        items.extend(listed.items);
        match listed.next {
            None => return items,
            next => page.after = next,
        }
    }
}

async fn add_users(db: &Db, people: Vec<User>) {
    db.make(people.into_iter().map(Change::InsertUser).collect()).await;
}

#[test]
fn what_is_not_there_is_none() {
    on_each(async |db| {
        let store = &db.store;
        assert_eq!(store.user(user_id(1)).await.unwrap(), None);
        assert_eq!(store.user_by_upn("a@b").await.unwrap(), None);
        assert_eq!(store.user_and_taps("a@b").await.unwrap(), None);
        assert_eq!(store.passkey(&[1]).await.unwrap(), None);
        assert_eq!(store.device(device_id(1)).await.unwrap(), None);
        assert_eq!(store.device_by_thumbprint(&[1; 32]).await.unwrap(), None);
        assert_eq!(store.app(client_id(1)).await.unwrap(), None);
        assert_eq!(store.app_by_resource("api://x").await.unwrap(), None);
        assert_eq!(store.standing(session_id(1)).await.unwrap(), None);
        assert_eq!(store.grant([1; 16]).await.unwrap(), None);
        assert!(store.keys().await.unwrap().is_empty());
        assert!(store.passkeys_of(user_id(1)).await.unwrap().is_empty());
        assert!(store.sessions_of(user_id(1), NOON).await.unwrap().is_empty());
        assert_eq!(store.count_admins().await.unwrap(), 0);
        assert_eq!(store.count_devices(user_id(1)).await.unwrap(), 0);
        store.ping().await.unwrap();
    });
}

#[test]
fn people_are_found_by_upn_and_with_their_passes() {
    on_each(async |db| {
        add_users(db, vec![user(1), user(2)]).await;
        assert_eq!(db.store.user_by_upn("user1@example.com").await.unwrap(), Some(user(1)));
        assert_eq!(db.store.user_and_taps("user1@example.com").await.unwrap(), Some((user(1), Vec::new())));
        db.make(vec![Change::InsertTap(tap(5, 1)), Change::InsertTap(tap(4, 1))]).await;
        let (found, taps) = db.store.user_and_taps("user1@example.com").await.unwrap().unwrap();
        assert_eq!((found, taps), (user(1), vec![tap(4, 1), tap(5, 1)]));
        assert_eq!(db.store.taps_of(user_id(1)).await.unwrap(), [tap(4, 1), tap(5, 1)]);
    });
}

#[test]
fn people_are_listed_and_searched_by_prefix_in_any_case() {
    on_each(async |db| {
        let person =
            |n, upn: &str, name: &str| User { upn: upn.to_owned(), display_name: name.to_owned(), ..user(n) };
        add_users(
            db,
            vec![
                person(1, "carl@x", "Élodie Carl"),
                person(2, "ada@x", "Ada"),
                person(3, "b_b@x", "100% Bob"),
                person(4, "bxb@x", "1000 Bob"),
                person(5, "dora@x", "ADAM \\ Dora"),
            ],
        )
        .await;
        let upns = async |prefix: &str| {
            let people = all_pages(2, async |page| db.store.users(prefix, page).await.unwrap()).await;
            people.into_iter().map(|p| p.upn).collect::<Vec<_>>()
        };
        assert_eq!(upns("").await, ["ada@x", "b_b@x", "bxb@x", "carl@x", "dora@x"]);
        assert_eq!(upns("ADA").await, ["ada@x", "dora@x"]);
        assert_eq!(upns("éLO").await, ["carl@x"]);
        assert_eq!(upns("b_").await, ["b_b@x"]);
        assert_eq!(upns("100%").await, ["b_b@x"]);
        assert_eq!(upns("adam \\").await, ["dora@x"]);
        assert!(upns("da").await.is_empty());
    });
}

#[test]
fn only_enabled_administrators_count() {
    on_each(async |db| {
        let admin = |n, enabled| User { roles: passband_core::directory::Roles::GLOBAL, enabled, ..user(n) };
        add_users(db, vec![user(1), admin(2, true), admin(3, false)]).await;
        assert_eq!(db.store.count_admins().await.unwrap(), 1);
    });
}

#[test]
fn a_passkey_is_found_with_its_owner_and_not_without() {
    on_each(async |db| {
        let mut second = passkey(2, 1);
        second.last_used = Some(t(77));
        second.transports = Vec::new();
        second.created = t(1);
        let orphan = passkey(3, 9);
        add_users(db, vec![user(1)]).await;
        for key in [passkey(1, 1), second.clone(), orphan] {
            db.make(vec![Change::InsertPasskey(Box::new(key))]).await;
        }
        assert_eq!(db.store.passkey(&[2; 20]).await.unwrap(), Some((second.clone(), user(1))));
        assert_eq!(db.store.passkey(&[3; 20]).await.unwrap(), None);
        assert_eq!(db.store.passkeys_of(user_id(1)).await.unwrap(), [second, passkey(1, 1)]);
    });
}

#[test]
fn devices_are_found_counted_and_listed() {
    on_each(async |db| {
        add_users(db, vec![user(1)]).await;
        let other = Device {
            join: JoinType::Registered,
            enabled: false,
            evidence: EvidenceLevel::E0,
            last_seen: Some(t(5)),
            ..device(2, 2)
        };
        // Four registered in one second: the id decides their order.
        let crowd = (3..=6).map(|n| Device { created: t(1), ..device(n, 1) });
        for device in [device(1, 1), other.clone()].into_iter().chain(crowd) {
            db.make(vec![Change::InsertDevice(Box::new(device))]).await;
        }
        assert_eq!(db.store.device(device_id(2)).await.unwrap(), Some(other.clone()));
        let thumbprint = |n| [n; 32];
        let found = db.store.device_by_thumbprint(&thumbprint(1)).await.unwrap();
        assert_eq!(found, Some((device(1, 1), Some(user(1)))));
        assert_eq!(db.store.device_by_thumbprint(&thumbprint(2)).await.unwrap(), Some((other, None)));
        assert_eq!(db.store.count_devices(user_id(1)).await.unwrap(), 5);
        let ids = async |owner| {
            let devices = all_pages(2, async |page| db.store.devices(page, owner).await.unwrap()).await;
            devices.into_iter().map(|d| d.id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(ids(None).await, [2, 6, 5, 4, 3, 1]);
        assert_eq!(ids(Some(user_id(1))).await, [6, 5, 4, 3, 1]);
        assert_eq!(ids(Some(user_id(2))).await, [2]);
    });
}

#[test]
fn an_application_is_found_by_each_of_its_names() {
    on_each(async |db| {
        let mut thief = app(2);
        thief.identifier_uris = vec![client_id(1).to_string()];
        db.make(vec![Change::InsertApp(app(1)), Change::InsertApp(thief), Change::InsertApp(app(3))]).await;
        for name in ["api://app1".to_owned(), client_id(1).to_string()] {
            assert_eq!(db.store.app_by_resource(&name).await.unwrap().as_deref(), Some(&app(1)), "{name}");
        }
        for name in ["api://app", "api://app1/", "API://APP1", ""] {
            assert_eq!(db.store.app_by_resource(name).await.unwrap(), None, "{name}");
        }
        let apps = all_pages(1, async |page| db.store.apps(page).await.unwrap()).await;
        assert_eq!(apps.iter().map(|a| a.id).collect::<Vec<_>>(), [3, 2, 1].map(client_id));
        assert_eq!(apps[0], app(3));
    });
}

/// A session with everything behind it.
async fn full_session(db: &Db) -> Session {
    let parent = session(1, 1);
    let child = Session {
        device: Some(device_id(1)),
        parent: Some(session_id(1)),
        credential: Some(passkey(1, 1).id),
        ..session(2, 1)
    };
    db.make(vec![
        Change::InsertUser(user(1)),
        Change::InsertPasskey(Box::new(passkey(1, 1))),
        Change::InsertDevice(Box::new(device(1, 1))),
        Change::InsertSession(Box::new(parent)),
        Change::InsertSession(Box::new(child.clone())),
        Change::InsertGrant(grant(1, 2)),
    ])
    .await;
    child
}

#[test]
fn a_standing_tells_all_that_stands_behind_a_session() {
    on_each(async |db| {
        let child = full_session(db).await;
        let expected = Standing {
            session: child,
            user: Some(user(1)),
            device: Some(DeviceStanding {
                id: device_id(1),
                enabled: true,
                name: "Laptop 1".to_owned(),
                evidence: EvidenceLevel::E3,
                join: device(1, 1).join,
                os: device(1, 1).os,
                os_version: device(1, 1).os_version,
                compliance: Compliance::default(),
                details: Details::default(),
                profile: passband_core::directory::ClientProfile::Strict,
            }),
            credential_present: true,
            passkey: Some(PasskeyStanding {
                aaguid: passkey(1, 1).aaguid,
                evidence: passkey(1, 1).evidence.level,
                attested: passkey(1, 1).evidence.attested,
                certification: passkey(1, 1).evidence.certification,
            }),
            parent_ended: None,
            groups: Vec::new(),
            access: 0,
        };
        let standing = || async { db.store.standing(session_id(2)).await.unwrap().unwrap() };
        assert_eq!(*standing().await, expected);
        assert_eq!(db.store.grant([1; 16]).await.unwrap(), Some((grant(1, 2), expected)));
        let bare = db.store.standing(session_id(1)).await.unwrap().unwrap();
        assert_eq!((&bare.device, bare.credential_present, bare.parent_ended), (&None, true, None));

        db.make(vec![Change::EndSession { id: session_id(1), at: t(80) }]).await;
        assert_eq!(standing().await.parent_ended, Some(t(80)));
        db.make(vec![Change::DeletePasskey { id: passkey(1, 1).id, user: user_id(1) }]).await;
        assert!(!standing().await.credential_present);
        // The same credential in other hands is not the one the session began with.
        db.make(vec![Change::InsertPasskey(Box::new(passkey(1, 2)))]).await;
        assert!(!standing().await.credential_present);
        db.make(vec![Change::DeleteDevice(device_id(1))]).await;
        assert_eq!(standing().await.device, None);
    });
}

#[test]
fn a_session_whose_parent_or_person_is_gone_says_so() {
    on_each(async |db| {
        let orphan = Session { parent: Some(session_id(8)), ..session(7, 9) };
        db.make(vec![Change::InsertSession(Box::new(orphan)), Change::InsertGrant(grant(1, 7))]).await;
        let standing = db.store.standing(session_id(7)).await.unwrap().unwrap();
        assert!(standing.parent_ended.is_some());
        assert_eq!(standing.user, None);
        assert_eq!(db.store.grant([1; 16]).await.unwrap().unwrap().1, *standing);
    });
}

#[test]
fn live_sessions_are_listed_newest_first() {
    on_each(async |db| {
        let child = |n, parent| Session { parent: Some(session_id(parent)), ..session(n, 1) };
        for session in [
            session(1, 1),
            session(2, 1),
            Session { ended: Some(t(1)), ..session(3, 1) },
            Session { expires: t(50), ..session(4, 1) },
            child(5, 1),
            child(6, 3),
            child(7, 99),
            session(8, 2),
        ] {
            db.make(vec![Change::InsertSession(Box::new(session))]).await;
        }
        let live = async |now| {
            let sessions = db.store.sessions_of(user_id(1), now).await.unwrap();
            sessions.into_iter().map(|s| s.id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(live(t(49)).await, [5, 4, 2, 1]);
        assert_eq!(live(t(50)).await, [5, 2, 1]);
    });
}

#[test]
fn the_sign_in_log_is_filtered_by_each_field() {
    on_each(async |db| {
        let odd = [
            SignIn { user: Some(user_id(2)), ..line(100) },
            SignIn { app: Some(client_id(2)), ..line(101) },
            SignIn { device: Some(device_id(2)), ..line(102) },
            SignIn { session: Some(session_id(2)), ..line(103) },
            SignIn { reason: Reason::NonceReplayed, ..line(104) },
            SignIn { kind: SignInKind::Passkey, ..line(105) },
            SignIn { at: t(5000), ..line(106) },
        ];
        let usual = (0..7).map(line);
        db.make(odd.iter().cloned().chain(usual).map(|l| Change::LogSignIn(Box::new(l))).collect()).await;
        let none = SignInFilter::default();
        for (filter, expected) in [
            (SignInFilter { user: Some(user_id(2)), ..none }, vec![&odd[0]]),
            (SignInFilter { app: Some(client_id(2)), ..none }, vec![&odd[1]]),
            (SignInFilter { device: Some(device_id(2)), ..none }, vec![&odd[2]]),
            (SignInFilter { session: Some(session_id(2)), ..none }, vec![&odd[3]]),
            (SignInFilter { reason: Some(Reason::NonceReplayed), ..none }, vec![&odd[4]]),
            (SignInFilter { granted: Some(false), ..none }, vec![&odd[4]]),
            (SignInFilter { kind: Some(SignInKind::Passkey), ..none }, vec![&odd[5]]),
            (SignInFilter { from: Some(t(5000)), ..none }, vec![&odd[6]]),
            (
                SignInFilter { from: Some(t(10)), to: Some(t(5000)), user: Some(user_id(2)), ..none },
                vec![&odd[0]],
            ),
            (SignInFilter { to: Some(t(0)), ..none }, vec![]),
            (SignInFilter { user: Some(user_id(2)), app: Some(client_id(2)), ..none }, vec![]),
        ] {
            let found = db.store.sign_ins(&filter, &Page::first(50)).await.unwrap();
            assert_eq!(found.items.iter().collect::<Vec<_>>(), expected, "{filter:?}");
            assert_eq!(found.next, None);
        }
        let granted = SignInFilter { granted: Some(true), to: Some(t(5000)), ..none };
        assert_eq!(db.store.sign_ins(&granted, &Page::first(50)).await.unwrap().items.len(), 12);
    });
}

#[test]
fn the_logs_are_paged_without_loss_while_they_grow() {
    on_each(async |db| {
        let lines =
            |range: std::ops::Range<u32>| range.map(|n| Change::LogSignIn(Box::new(line(n)))).collect();
        db.make(lines(100..125)).await;
        let everything = SignInFilter::default();
        let next = std::sync::atomic::AtomicU32::new(200);
        let read = all_pages(3, async |page| {
            let listed = db.store.sign_ins(&everything, page).await.unwrap();
            let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            db.make(lines(n..n + 1)).await;
            listed
        })
        .await;
        let expected: Vec<_> = (100..125).rev().map(line).collect();
        assert_eq!(read, expected);

        db.make((1..=9).map(|n| Change::LogAudit(Box::new(audit(n)))).collect()).await;
        let audits = all_pages(2, async |page| db.store.audits(page).await.unwrap()).await;
        assert_eq!(
            audits.iter().map(|a| a.id.as_bytes()[0]).collect::<Vec<_>>(),
            [9, 8, 7, 6, 5, 4, 3, 2, 1]
        );
    });
}

#[test]
fn a_page_has_at_least_one_row_and_at_most_the_largest_number() {
    on_each(async |db| {
        db.make((0..1200).map(|n| Change::LogSignIn(Box::new(line(n)))).collect()).await;
        for (top, rows) in [(0, 1), (1, 1), (999, 999), (u32::MAX, 999)] {
            let listed = db.store.sign_ins(&SignInFilter::default(), &Page::first(top)).await.unwrap();
            assert_eq!(listed.items.len(), rows, "{top}");
            assert!(listed.next.is_some());
        }
    });
}

#[test]
fn a_cursor_of_a_stranger_is_refused() {
    on_each(async |db| {
        for text in ["", "x", "' OR 1=1 --", "AAAA", "AGEA"] {
            let page = Page { after: Some(text.to_owned()), top: 5 };
            let store = &db.store;
            let refused = |cursor: Result<(), StoreError>| match cursor {
                Err(StoreError::Cursor) => {}
                other => panic!("{other:?} for {text:?}"),
            };
            refused(store.sign_ins(&SignInFilter::default(), &page).await.map(drop));
            refused(store.audits(&page).await.map(drop));
            refused(store.devices(&page, None).await.map(drop));
            refused(store.apps(&page).await.map(drop));
        }
        let page = Page { after: Some("AGEA".to_owned()), top: 5 };
        assert!(matches!(db.store.users("", &page).await, Err(StoreError::Cursor)));
    });
}
