//! Each change: what it does, what it refuses, and that a refusal leaves nothing behind.

use crate::harness::on_each;
use crate::sample::*;
use passband_core::audit::SignIn;
use passband_core::change::{Change, Conflict};
use passband_core::compliance::Told;
use passband_core::directory::{App, KeyState, Session, User};
use passband_core::id::{KeyId, TapId};
use passband_core::time::Seconds;
use passband_store::{Page, SignInFilter};

#[test]
fn a_person_is_added_once() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1))]).await;
        assert_eq!(db.store.user(user_id(1)).await.unwrap(), Some(user(1)));
        for other in [
            user(1),
            User { id: user_id(1), ..user(2) },
            User { upn: user(1).upn, ..user(2) },
            User { handle: user(1).handle, ..user(2) },
        ] {
            db.refuse(Conflict::Duplicate, vec![Change::InsertUser(other)]).await;
        }
        assert_eq!(db.store.user(user_id(2)).await.unwrap(), None);
    });
}

#[test]
fn a_person_is_updated() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertUser(user(2))]).await;
        let changed = User {
            upn: "new@example.com".to_owned(),
            display_name: "New Name".to_owned(),
            enabled: false,
            roles: passband_core::directory::Roles::GLOBAL,
            break_glass: false,
            ..user(1)
        };
        db.make(vec![Change::UpdateUser(changed.clone())]).await;
        assert_eq!(db.store.user(user_id(1)).await.unwrap(), Some(changed.clone()));
        assert_eq!(db.store.users("new n", &Page::first(5)).await.unwrap().items, [changed]);
        // Neither the handle nor the time of creation can be changed so.
        db.make(vec![Change::UpdateUser(User { handle: vec![9], created: t(99), ..user(1) })]).await;
        assert_eq!(db.store.user(user_id(1)).await.unwrap(), Some(user(1)));
        db.refuse(Conflict::Stale, vec![Change::UpdateUser(user(3))]).await;
        let taken = User { upn: user(2).upn, ..user(1) };
        db.refuse(Conflict::Duplicate, vec![Change::UpdateUser(taken)]).await;
        assert_eq!(db.store.user(user_id(1)).await.unwrap(), Some(user(1)));
    });
}

#[test]
fn with_a_person_goes_all_that_is_theirs_and_nothing_else() {
    on_each(async |db| {
        for n in [1, 2] {
            db.make(vec![
                Change::InsertUser(user(n)),
                Change::InsertPasskey(Box::new(passkey(n, n))),
                Change::InsertTap(tap(n, n)),
                Change::InsertDevice(Box::new(device(n, n))),
                Change::InsertSession(Box::new(session(n, n))),
                Change::InsertGrant(grant(n, n)),
            ])
            .await;
        }
        db.make(vec![Change::DeleteUser(user_id(1))]).await;
        db.make(vec![Change::DeleteUser(user_id(1))]).await;
        for n in [1, 2] {
            let kept = n == 2;
            assert_eq!(db.store.user(user_id(n)).await.unwrap().is_some(), kept);
            assert_eq!(db.store.passkeys_of(user_id(n)).await.unwrap().len() == 1, kept);
            assert_eq!(db.store.taps_of(user_id(n)).await.unwrap().len() == 1, kept);
            assert_eq!(db.store.device(device_id(n)).await.unwrap().is_some(), kept);
            assert_eq!(db.store.standing(session_id(n)).await.unwrap().is_some(), kept);
            assert_eq!(db.store.grant([n; 16]).await.unwrap().is_some(), kept);
        }
        // The grant is gone itself, and not merely hidden by its session's absence.
        db.make(vec![Change::InsertSession(Box::new(session(1, 1)))]).await;
        assert_eq!(db.store.grant([1; 16]).await.unwrap(), None);
    });
}

#[test]
fn a_passkey_is_registered_once_for_all_people() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        assert_eq!(db.store.passkey(&passkey(1, 1).id).await.unwrap(), Some((passkey(1, 1), user(1))));
        db.refuse(Conflict::Duplicate, vec![Change::InsertPasskey(Box::new(passkey(1, 2)))]).await;
    });
}

#[test]
fn a_passkey_is_renamed_and_removed_by_its_owner_only() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        let id = passkey(1, 1).id;
        let rename = |user| Change::RenamePasskey { id: id.clone(), user, name: "Blue".to_owned() };
        let delete = |user| Change::DeletePasskey { id: id.clone(), user };
        db.refuse(Conflict::Stale, vec![rename(user_id(2))]).await;
        db.refuse(Conflict::Stale, vec![delete(user_id(2))]).await;
        db.make(vec![rename(user_id(1))]).await;
        assert_eq!(db.store.passkey(&id).await.unwrap().unwrap().0.name, "Blue");
        db.make(vec![delete(user_id(1))]).await;
        assert_eq!(db.store.passkey(&id).await.unwrap(), None);
        db.refuse(Conflict::Stale, vec![delete(user_id(1))]).await;
        db.refuse(Conflict::Stale, vec![rename(user_id(1))]).await;
    });
}

#[test]
fn a_passkey_is_used_from_the_counter_that_was_seen() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        let id = passkey(1, 1).id;
        let with = |seen, sign_count| Change::UsePasskey {
            id: id.clone(),
            seen,
            sign_count,
            backup_state: true,
            at: t(50),
        };
        db.make(vec![with(7, 4_000_000_000)]).await;
        let (used, _) = db.store.passkey(&id).await.unwrap().unwrap();
        assert_eq!((used.sign_count, used.backup_state, used.last_used), (4_000_000_000, true, Some(t(50))));
        db.refuse(Conflict::Stale, vec![with(7, 9)]).await;
        let gone = Change::UsePasskey { id: vec![9], seen: 0, sign_count: 0, backup_state: false, at: t(1) };
        db.refuse(Conflict::Stale, vec![gone]).await;
    });
}

#[test]
fn a_pass_for_one_use_is_used_once() {
    on_each(async |db| {
        let mut many = tap(2, 1);
        many.once = false;
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertTap(tap(1, 1)),
            Change::InsertTap(many.clone()),
        ])
        .await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertTap(tap(1, 1))]).await;
        let with = |n, at| Change::UseTap { id: TapId::from_bytes([n; 16]), at: t(at) };
        db.make(vec![with(1, 210)]).await;
        db.refuse(Conflict::Spent, vec![with(1, 211)]).await;
        db.make(vec![with(2, 212)]).await;
        db.make(vec![with(2, 213)]).await;
        db.refuse(Conflict::Spent, vec![with(3, 214)]).await;
        let taps = db.store.taps_of(user_id(1)).await.unwrap();
        // The first use is what is remembered.
        assert_eq!(taps.iter().map(|tap| tap.used).collect::<Vec<_>>(), [Some(t(210)), Some(t(212))]);
        let delete = |user| Change::DeleteTap { id: TapId::from_bytes([1; 16]), user };
        db.refuse(Conflict::Stale, vec![delete(user_id(2))]).await;
        db.make(vec![delete(user_id(1))]).await;
        assert_eq!(db.store.taps_of(user_id(1)).await.unwrap().len(), 1);
        db.refuse(Conflict::Stale, vec![delete(user_id(1))]).await;
        db.refuse(Conflict::Spent, vec![with(1, 215)]).await;
    });
}

#[test]
fn a_device_is_registered_seen_disabled_and_removed() {
    on_each(async |db| {
        db.make(vec![Change::InsertDevice(Box::new(device(1, 1)))]).await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertDevice(Box::new(device(1, 2)))]).await;
        let mut same_certificate = device(2, 2);
        same_certificate.thumbprint = device(1, 1).thumbprint;
        db.refuse(Conflict::Duplicate, vec![Change::InsertDevice(Box::new(same_certificate))]).await;
        let enable = |n, enabled| Change::SetDeviceEnabled { id: device_id(n), enabled };
        db.make(vec![enable(1, false), Change::SeenDevice { id: device_id(1), at: t(60) }]).await;
        db.make(vec![Change::SeenDevice { id: device_id(2), at: t(61) }]).await;
        let found = db.store.device(device_id(1)).await.unwrap().unwrap();
        assert_eq!((found.enabled, found.last_seen), (false, Some(t(60))));
        db.refuse(Conflict::Stale, vec![enable(2, true)]).await;
        db.make(vec![enable(1, true), Change::DeleteDevice(device_id(1))]).await;
        db.make(vec![Change::DeleteDevice(device_id(1))]).await;
        assert_eq!(db.store.device(device_id(1)).await.unwrap(), None);
    });
}

#[test]
fn a_session_begins_advances_and_ends() {
    on_each(async |db| {
        db.make(vec![Change::InsertSession(Box::new(session(1, 1)))]).await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertSession(Box::new(session(1, 2)))]).await;
        let advance = |from| Change::AdvanceSession { id: session_id(1), from, at: t(70), expires: t(700) };
        db.make(vec![advance(3)]).await;
        let stored = || async { db.store.standing(session_id(1)).await.unwrap().unwrap().session.clone() };
        let advanced =
            Session { generation: 4, advanced: t(70), last_seen: t(70), expires: t(700), ..session(1, 1) };
        assert_eq!(stored().await, advanced);
        db.refuse(Conflict::Stale, vec![advance(3)]).await;
        db.make(vec![Change::EndSession { id: session_id(1), at: t(80) }]).await;
        db.make(vec![Change::EndSession { id: session_id(1), at: t(90) }]).await;
        // The first end counts, and nothing advances after it.
        assert_eq!(stored().await, Session { ended: Some(t(80)), ..advanced });
        db.refuse(Conflict::Stale, vec![advance(4)]).await;
        db.make(vec![Change::EndSession { id: session_id(9), at: t(80) }]).await;
    });
}

#[test]
fn every_session_of_a_person_ends_and_no_other() {
    on_each(async |db| {
        let ended = Session { ended: Some(t(5)), ..session(3, 1) };
        for session in [session(1, 1), session(2, 1), ended, session(4, 2)] {
            db.make(vec![Change::InsertSession(Box::new(session))]).await;
        }
        db.make(vec![Change::EndSessionsOf { user: user_id(1), at: t(80) }]).await;
        for (n, end) in [(1, Some(t(80))), (2, Some(t(80))), (3, Some(t(5))), (4, None)] {
            assert_eq!(db.store.standing(session_id(n)).await.unwrap().unwrap().session.ended, end, "{n}");
        }
    });
}

#[test]
fn a_grant_begins_advances_and_ends() {
    on_each(async |db| {
        db.make(vec![Change::InsertSession(Box::new(session(1, 1))), Change::InsertGrant(grant(1, 1))]).await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertGrant(grant(1, 2))]).await;
        let advance = |from| Change::AdvanceGrant { family: [1; 16], from, at: t(70) };
        db.make(vec![advance(5)]).await;
        let stored = || async { db.store.grant([1; 16]).await.unwrap().unwrap().0 };
        assert_eq!((stored().await.generation, stored().await.advanced), (6, t(70)));
        db.refuse(Conflict::Stale, vec![advance(5)]).await;
        db.make(vec![Change::EndGrant { family: [1; 16], at: t(80) }]).await;
        db.make(vec![Change::EndGrant { family: [1; 16], at: t(90) }]).await;
        assert_eq!(stored().await.ended, Some(t(80)));
        db.refuse(Conflict::Stale, vec![advance(6)]).await;
        db.make(vec![Change::EndGrant { family: [9; 16], at: t(80) }]).await;
    });
}

#[test]
fn a_key_moves_from_the_state_that_was_seen() {
    on_each(async |db| {
        db.make(vec![Change::InsertKey(key(1))]).await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertKey(key(1))]).await;
        let id = KeyId::from_bytes([1; 16]);
        let set = |from, to| Change::SetKeyState { id, from, to, at: t(40) };
        db.make(vec![set(KeyState::Pending, KeyState::Active)]).await;
        let stored = db.store.keys().await.unwrap();
        assert_eq!((stored[0].state, stored[0].since, stored[0].created), (KeyState::Active, t(40), t(1)));
        db.refuse(Conflict::Stale, vec![set(KeyState::Pending, KeyState::Retired)]).await;
        db.make(vec![set(KeyState::Active, KeyState::Retired)]).await;
    });
}

#[test]
fn an_application_is_added_updated_and_removed_with_its_names() {
    on_each(async |db| {
        db.make(vec![Change::InsertApp(app(1)), Change::InsertApp(app(2))]).await;
        assert_eq!(db.store.app(client_id(1)).await.unwrap().as_deref(), Some(&app(1)));
        db.refuse(Conflict::Duplicate, vec![Change::InsertApp(app(1))]).await;
        let squatter = App { identifier_uris: app(1).identifier_uris, ..app(3) };
        db.refuse(Conflict::Duplicate, vec![Change::InsertApp(squatter)]).await;
        assert_eq!(db.store.app(client_id(3)).await.unwrap(), None);
        let changed = App {
            name: "New".to_owned(),
            redirect_uris: Vec::new(),
            identifier_uris: vec!["api://new".to_owned(), "api://newer".to_owned()],
            secret_hash: None,
            enabled: false,
            ..app(1)
        };
        db.make(vec![Change::UpdateApp(changed.clone())]).await;
        assert_eq!(db.store.app(client_id(1)).await.unwrap().as_deref(), Some(&changed));
        for (uri, found) in [("api://app1", false), ("api://new", true), ("api://newer", true)] {
            assert_eq!(db.store.app_by_resource(uri).await.unwrap().is_some(), found, "{uri}");
        }
        db.refuse(Conflict::Stale, vec![Change::UpdateApp(app(3))]).await;
        let taken = App { identifier_uris: app(2).identifier_uris, ..app(1) };
        db.refuse(Conflict::Duplicate, vec![Change::UpdateApp(taken)]).await;
        db.make(vec![Change::DeleteApp(client_id(1)), Change::DeleteApp(client_id(1))]).await;
        assert_eq!(db.store.app(client_id(1)).await.unwrap(), None);
        // Its names are free again.
        let heir = App { identifier_uris: vec!["api://new".to_owned()], ..app(3) };
        db.make(vec![Change::InsertApp(heir)]).await;
    });
}

#[test]
fn a_setting_is_set_and_set_again() {
    on_each(async |db| {
        assert_eq!(db.store.setting("tenant").await.unwrap(), None);
        for value in ["one", "two"] {
            db.make(vec![Change::SetSetting { name: "tenant", value: value.to_owned() }]).await;
            assert_eq!(db.store.setting("tenant").await.unwrap().as_deref(), Some(value));
        }
    });
}

#[test]
fn what_is_spent_is_spent() {
    on_each(async |db| {
        let spend = |n| Change::Spend { id: spend_id(n), until: t(1) };
        db.make(vec![spend(1)]).await;
        db.refuse(Conflict::Spent, vec![spend(1)]).await;
        // Also twice in one list, and then none of the list counts.
        db.refuse(Conflict::Spent, vec![spend(2), spend(3), spend(2)]).await;
        db.refuse(Conflict::Spent, vec![spend(2), spend(1), spend(3)]).await;
        // Another expiry does not make it another value.
        db.refuse(Conflict::Spent, vec![Change::Spend { id: spend_id(1), until: t(2) }]).await;
        db.make(vec![spend(2), spend(3)]).await;
    });
}

#[test]
fn log_lines_are_read_as_they_were_written() {
    on_each(async |db| {
        let bare = SignIn { user: None, app: None, device: None, session: None, ..line(2) };
        let list = [line(1), bare.clone()].map(|line| Change::LogSignIn(Box::new(line)));
        db.make(list.to_vec()).await;
        let found = db.store.sign_ins(&SignInFilter::default(), &Page::first(9)).await.unwrap();
        assert_eq!(found.items, [bare, line(1)]);
        db.make(vec![Change::LogAudit(Box::new(audit(1)))]).await;
        let found = db.store.audits(&Page::first(9)).await.unwrap().items.remove(0);
        let (read, written) = (found, audit(1));
        assert_eq!((read.id, read.at, read.actor), (written.id, written.at, written.actor));
        assert_eq!((read.activity.as_str(), read.target), (written.activity, written.target));
        assert_eq!(read.detail, written.detail);
    });
}

#[test]
fn a_refusal_after_many_writes_undoes_them_all() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        let list = vec![
            Change::DeleteUser(user_id(1)),
            Change::InsertApp(app(1)),
            Change::InsertSession(Box::new(session(1, 1))),
            Change::AdvanceSession { id: session_id(1), from: 99, at: t(1), expires: t(2) },
        ];
        db.refuse(Conflict::Stale, list).await;
        assert!(db.store.passkey(&passkey(1, 1).id).await.unwrap().is_some());
        assert_eq!(db.store.app(client_id(1)).await.unwrap(), None);
        assert_eq!(db.store.standing(session_id(1)).await.unwrap(), None);
    });
}

#[test]
fn an_empty_list_is_made() {
    on_each(async |db| db.make(Vec::new()).await);
}

#[test]
fn a_sweep_takes_what_nobody_needs_and_no_more() {
    on_each(async |db| {
        let spends = (0..2500).map(|n| Change::Spend { id: spend_id(n), until: t(100) });
        db.make(spends.collect()).await;
        db.make(vec![Change::Spend { id: spend_id(9000), until: t(101) }]).await;
        let ended = Session { ended: Some(t(0)), ..session(1, 1) };
        let expired = Session { expires: t(0), ..session(2, 1) };
        let mut old_grant = grant(2, 3);
        old_grant.ended = Some(t(0));
        let mut old_tap = tap(2, 1);
        old_tap.expires = t(0);
        db.make(vec![
            Change::InsertSession(Box::new(ended)),
            Change::InsertSession(Box::new(expired)),
            Change::InsertSession(Box::new(session(3, 1))),
            Change::InsertGrant(grant(1, 3)),
            Change::InsertGrant(old_grant),
            Change::InsertTap(tap(1, 1)),
            Change::InsertTap(old_tap),
        ])
        .await;
        let leeway = Seconds(60);
        // At expiry plus leeway, to the second, nothing may go yet: it could still be accepted somewhere.
        assert_eq!(db.store.sweep(t(160), leeway).await.unwrap(), Default::default());
        let swept = db.store.sweep(t(161), leeway).await.unwrap();
        assert_eq!((swept.spent, swept.sessions, swept.grants, swept.taps), (2500, 0, 0, 0));
        db.refuse(Conflict::Spent, vec![Change::Spend { id: spend_id(9000), until: t(101) }]).await;
        let swept = db.store.sweep(t(1) + passband_store::RETENTION, leeway).await.unwrap();
        assert_eq!((swept.sessions, swept.grants, swept.taps), (2, 1, 1));
        assert!(db.store.standing(session_id(3)).await.unwrap().is_some());
        assert!(db.store.grant([1; 16]).await.unwrap().is_some());
        assert_eq!(db.store.taps_of(user_id(1)).await.unwrap(), [tap(1, 1)]);
    });
}

#[test]
fn what_is_said_about_a_device_is_kept_and_not_overtaken() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertDevice(Box::new(device(1, 1)))]).await;
        let tell = |seen, until| Change::TellDevice { id: device_id(1), seen, told: Box::new(told(until)) };
        db.make(vec![tell(0, 40)]).await;
        let shown = db.store.device(device_id(1)).await.unwrap().unwrap();
        assert_eq!((Told::of(&shown), shown.revision), (told(40), 1));
        // Made up from what was there before the first: it would put back what the first took away.
        db.refuse(Conflict::Stale, vec![tell(0, 50)]).await;
        let gone = Change::TellDevice { id: device_id(9), seen: 0, told: Box::new(told(1)) };
        db.refuse(Conflict::Stale, vec![gone]).await;
        let again = db.store.device(device_id(1)).await.unwrap().unwrap();
        assert_eq!(again, shown);
    });
}
