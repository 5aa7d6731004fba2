//! Text from strangers, and rows that other programs have touched.

use crate::harness::{Kind, on_each};
use crate::sample::*;
use passband_core::audit::{Audit, SignIn};
use passband_core::change::Change;
use passband_core::directory::{App, Device, Passkey, Session, User};
use passband_core::time::Timestamp;
use passband_store::{CommitError, Page, SignInFilter, StoreError};

const HOSTILE: &[&str] = &[
    "'; DROP TABLE users; --",
    "\"quoted\" \\ back \\' $1 ? :name @p %s %",
    "",
    "\u{feff}\u{202e}gnol\u{10ffff}\u{1}\r\n\t",
    "[\"a\",\"b\"]",
    "NULL",
];

#[test]
fn any_text_comes_back_as_it_went() {
    on_each(async |db| {
        for (n, text) in (1..).zip(HOSTILE) {
            let text = (*text).to_owned();
            let person = User { upn: format!("{text}{n}"), display_name: text.clone(), ..user(n) };
            let key =
                Passkey { name: text.clone(), transports: vec![text.clone(), text.clone()], ..passkey(n, n) };
            let device = Device { name: text.clone(), os: text.clone(), ..device(n, n) };
            let app = App { name: text.clone(), identifier_uris: vec![format!("{text}{n}")], ..app(n) };
            let session = Session { agent: text.clone(), ip: text.clone(), ..session(n, n) };
            let line = SignIn { resource: text.clone(), agent: text.clone(), ..line(u32::from(n)) };
            db.make(vec![
                Change::InsertUser(person.clone()),
                Change::InsertPasskey(Box::new(key.clone())),
                Change::InsertDevice(Box::new(device.clone())),
                Change::InsertApp(app.clone()),
                Change::InsertSession(Box::new(session.clone())),
                Change::LogSignIn(Box::new(line.clone())),
                Change::SetSetting { name: "text", value: text.clone() },
            ])
            .await;
            assert_eq!(db.store.user_by_upn(&person.upn).await.unwrap(), Some(person.clone()));
            assert_eq!(db.store.passkey(&key.id).await.unwrap(), Some((key, person)));
            assert_eq!(db.store.device(device.id).await.unwrap(), Some(device));
            let by_name = db.store.app_by_resource(&app.identifier_uris[0]).await.unwrap();
            assert_eq!(by_name.as_deref(), Some(&app));
            assert_eq!(db.store.standing(session.id).await.unwrap().unwrap().session, session);
            let lines = db.store.sign_ins(&SignInFilter::default(), &Page::first(99)).await.unwrap();
            assert!(lines.items.contains(&line), "{text:?}");
            assert_eq!(db.store.setting("text").await.unwrap(), Some(text.clone()));
            if !text.is_empty() {
                assert!(!db.store.users(&text, &Page::first(99)).await.unwrap().items.is_empty(), "{text:?}");
            }
        }
    });
}

#[test]
fn a_nul_is_refused_on_both_databases_before_anything_is_written() {
    on_each(async |db| {
        let text = "a\0b".to_owned();
        let list = vec![text.clone()];
        for change in [
            Change::InsertUser(User { upn: text.clone(), ..user(1) }),
            Change::UpdateUser(User { display_name: text.clone(), ..user(1) }),
            Change::InsertPasskey(Box::new(Passkey { name: text.clone(), ..passkey(1, 1) })),
            Change::InsertPasskey(Box::new(Passkey { transports: list.clone(), ..passkey(1, 1) })),
            Change::RenamePasskey { id: vec![1], user: user_id(1), name: text.clone() },
            Change::InsertDevice(Box::new(Device { os_version: text.clone(), ..device(1, 1) })),
            Change::InsertApp(App { redirect_uris: list.clone(), ..app(1) }),
            Change::UpdateApp(App { identifier_uris: list.clone(), ..app(1) }),
            Change::InsertSession(Box::new(Session { agent: text.clone(), ..session(1, 1) })),
            Change::InsertGrant(passband_core::directory::Grant { scope: text.clone(), ..grant(1, 1) }),
            Change::SetSetting { name: "text", value: text.clone() },
        ] {
            let refused = db.store.commit(vec![Change::InsertKey(key(1)), change.clone()]).await;
            assert!(matches!(refused, Err(CommitError::Store(StoreError::Text))), "{change:?}");
        }
        assert!(db.store.keys().await.unwrap().is_empty());
    });
}

#[test]
fn a_nul_finds_nothing() {
    on_each(async |db| {
        let text = "a\0b";
        assert_eq!(db.store.user_by_upn(text).await.unwrap(), None);
        assert_eq!(db.store.user_and_taps(text).await.unwrap(), None);
        assert_eq!(db.store.app_by_resource(text).await.unwrap(), None);
        assert_eq!(db.store.setting(text).await.unwrap(), None);
        assert!(db.store.users(text, &Page::first(5)).await.unwrap().items.is_empty());
        assert!(db.store.users(&"a".repeat(1 << 20), &Page::first(5)).await.unwrap().items.is_empty());
    });
}

#[test]
fn a_nul_keeps_no_line_out_of_the_log() {
    on_each(async |db| {
        let hidden = SignIn { resource: "api\0".to_owned(), agent: "\0".to_owned(), ..line(1) };
        let audit = Audit { detail: "a\0b".to_owned(), ..audit(1) };
        db.make(vec![Change::LogSignIn(Box::new(hidden)), Change::LogAudit(Box::new(audit))]).await;
        let lines = db.store.sign_ins(&SignInFilter::default(), &Page::first(9)).await.unwrap().items;
        assert_eq!((lines[0].resource.as_str(), lines[0].agent.as_str()), ("api\u{fffd}", "\u{fffd}"));
        assert_eq!(db.store.audits(&Page::first(9)).await.unwrap().items[0].detail, "a\u{fffd}b");
    });
}

#[test]
fn numbers_at_their_ends_come_back() {
    on_each(async |db| {
        let mut key = passkey(1, 1);
        (key.sign_count, key.created, key.id) = (u32::MAX, Timestamp(i64::MIN), vec![255; 1023]);
        let late = SignIn { at: Timestamp(i64::MAX), ..line(1) };
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertPasskey(Box::new(key.clone())),
            Change::LogSignIn(Box::new(late.clone())),
        ])
        .await;
        assert_eq!(db.store.passkey(&key.id).await.unwrap().unwrap().0, key);
        let lines = db.store.sign_ins(&SignInFilter::default(), &Page::first(9)).await.unwrap().items;
        assert_eq!(lines, [late]);
    });
}

#[test]
fn a_row_another_program_spoiled_is_an_error_and_not_a_guess() {
    on_each(async |db| {
        if db.kind == Kind::Memory {
            return;
        }
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertDevice(Box::new(device(1, 1))),
            Change::InsertSession(Box::new(session(1, 1))),
            Change::InsertKey(key(1)),
        ])
        .await;
        for sql in [
            "UPDATE users SET enabled = 2",
            "UPDATE devices SET trust_type = 'Other'",
            "UPDATE sessions SET generation = -1",
            "UPDATE keys SET state = 'gone'",
        ] {
            db.execute(sql).await;
        }
        assert!(matches!(db.store.user(user_id(1)).await, Err(StoreError::Row(_))));
        assert!(matches!(db.store.device(device_id(1)).await, Err(StoreError::Row(_))));
        assert!(matches!(db.store.standing(session_id(1)).await, Err(StoreError::Row(_))));
        assert!(matches!(db.store.keys().await, Err(StoreError::Row(_))));
    });
}
