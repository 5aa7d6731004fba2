//! Groups, members, policies with their generation, and what is loaded with a sign-in.

use crate::harness::on_each;
use crate::sample::*;
use passband_core::authn::methods;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{Group, Scope, Snoozed};
use passband_core::id::GroupId;
use passband_store::Page;

pub fn group(n: u8) -> Group {
    Group {
        id: GroupId::from_bytes([n; 16]),
        name: format!("Group {n}"),
        description: format!("Those of {n}"),
        nickname: format!("g{n}"),
        created: t(i64::from(n)),
    }
}

fn set(from: u64, document: &str) -> Vec<Change> {
    vec![Change::SetPolicy { name: methods::NAME, from, document: document.to_owned(), at: t(9) }]
}

#[test]
fn a_group_is_made_changed_listed_and_deleted() {
    on_each(async |db| {
        db.make((1..=3).map(|n| Change::InsertGroup(group(n))).collect()).await;
        db.refuse(Conflict::Duplicate, vec![Change::InsertGroup(group(1))]).await;
        assert_eq!(db.store.group(group(2).id).await.unwrap(), Some(group(2)));
        let first = db.store.groups("", &Page::first(2)).await.unwrap();
        assert_eq!(first.items, [group(3), group(2)]);
        let rest = db.store.groups("", &Page { after: first.next, top: 2 }).await.unwrap();
        assert_eq!((rest.items, rest.next), (vec![group(1)], None));
        assert_eq!(db.store.groups("gROUP 2", &Page::first(5)).await.unwrap().items, [group(2)]);
        assert_eq!(db.store.groups("%", &Page::first(5)).await.unwrap().items, []);
        let named = Group { name: "Ädmins".to_owned(), description: String::new(), ..group(2) };
        db.make(vec![Change::UpdateGroup(named.clone())]).await;
        assert_eq!(db.store.groups("äd", &Page::first(5)).await.unwrap().items, [named]);
        db.make(vec![Change::DeleteGroup(group(2).id)]).await;
        db.refuse(Conflict::Stale, vec![Change::UpdateGroup(group(2))]).await;
        assert_eq!(db.store.group(group(2).id).await.unwrap(), None);
    });
}

#[test]
fn members_come_and_go_with_their_group_and_their_account() {
    on_each(async |db| {
        db.make((1..=2).map(|n| Change::InsertGroup(group(n))).collect()).await;
        db.make((1..=3).map(|n| Change::InsertUser(user(n))).collect()).await;
        let add = |g: u8, u| Change::AddMember { group: group(g).id, user: user_id(u) };
        db.make(vec![add(1, 1), add(1, 2), add(2, 1)]).await;
        db.refuse(Conflict::Duplicate, vec![add(1, 1)]).await;
        // Neither a group nor a person that does not exist gets a row that could come to life later.
        db.refuse(Conflict::Duplicate, vec![add(9, 1)]).await;
        db.refuse(Conflict::Duplicate, vec![add(1, 9)]).await;
        let groups = async |n| {
            let mut groups = db.store.scope_of(user_id(n)).await.unwrap().groups;
            groups.sort_unstable();
            groups
        };
        assert_eq!(groups(1).await, [group(1).id, group(2).id]);
        assert_eq!(groups(3).await, []);
        assert_eq!(db.store.groups_of(user_id(1)).await.unwrap(), [group(2), group(1)]);
        let members = db.store.members(group(1).id, &Page::first(1)).await.unwrap();
        assert_eq!(members.items, [user(1)]);
        let rest = db.store.members(group(1).id, &Page { after: members.next, top: 5 }).await.unwrap();
        assert_eq!(rest.items, [user(2)]);
        let remove = |g: u8, u| Change::RemoveMember { group: group(g).id, user: user_id(u) };
        db.make(vec![remove(1, 2)]).await;
        db.refuse(Conflict::Stale, vec![remove(1, 2)]).await;
        assert_eq!(groups(2).await, []);
        db.make(vec![Change::DeleteGroup(group(2).id)]).await;
        assert_eq!(groups(1).await, [group(1).id]);
        db.make(vec![Change::DeleteUser(user_id(1)), Change::InsertUser(user(1))]).await;
        assert_eq!(groups(1).await, []);
    });
}

#[test]
fn a_policy_is_replaced_by_whoever_saw_the_newest() {
    on_each(async |db| {
        assert_eq!(db.store.policy(methods::NAME).await.unwrap(), None);
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        assert_eq!(db.store.scope_of(user_id(1)).await.unwrap(), Scope::default());
        db.make(set(0, "one")).await;
        db.refuse(Conflict::Stale, set(0, "also one")).await;
        db.make(set(1, "two")).await;
        db.refuse(Conflict::Stale, set(1, "late")).await;
        assert_eq!(db.store.policy(methods::NAME).await.unwrap(), Some((2, "two".to_owned())));
        // A sign-in learns of it with the passkey: the name in the query is that of the policy.
        let (_, _, scope) = db.store.passkey_in_scope(&passkey(1, 1).id).await.unwrap().unwrap();
        assert_eq!(scope.policy, 2);
    });
}

#[test]
fn a_sign_in_loads_passkey_owner_groups_and_generation_at_once() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1)), Change::InsertPasskey(Box::new(passkey(1, 1)))]).await;
        assert_eq!(db.store.passkey_in_scope(&[9]).await.unwrap(), None);
        let alone = db.store.passkey_in_scope(&passkey(1, 1).id).await.unwrap();
        assert_eq!(alone, Some((passkey(1, 1), user(1), Scope::default())));
        db.make((1..=40).map(|n| Change::InsertGroup(group(n))).collect()).await;
        let add = |n| Change::AddMember { group: group(n).id, user: user_id(1) };
        db.make((1..=40).map(add).collect()).await;
        let (_, _, mut scope) = db.store.passkey_in_scope(&passkey(1, 1).id).await.unwrap().unwrap();
        scope.groups.sort_unstable();
        assert_eq!(scope.groups, (1..=40).map(|n| group(n).id).collect::<Vec<_>>());
    });
}

#[test]
fn holders_have_all_their_passkeys_on_one_page() {
    on_each(async |db| {
        db.make((1..=3).map(|n| Change::InsertUser(user(n))).collect()).await;
        db.make(vec![Change::InsertGroup(group(1))]).await;
        db.make(vec![Change::AddMember { group: group(1).id, user: user_id(1) }]).await;
        db.make([(1, 1), (2, 1), (3, 3)].map(|(n, u)| Change::InsertPasskey(Box::new(passkey(n, u)))).into())
            .await;
        let page = db.store.holders(&Page::first(2)).await.unwrap();
        let [first, second] = page.items.as_slice() else { panic!("{:?}", page.items) };
        assert_eq!((&first.user, first.groups.as_slice()), (&user(1), [group(1).id].as_slice()));
        assert_eq!(first.passkeys, [passkey(1, 1), passkey(2, 1)]);
        assert_eq!((&second.user, second.passkeys.len()), (&user(2), 0));
        let rest = db.store.holders(&Page { after: page.next, top: 2 }).await.unwrap();
        assert_eq!((rest.items.len(), rest.items[0].passkeys.len(), rest.next), (1, 1, None));

        assert_eq!(db.store.administrators().await.unwrap(), []);
        let admin = |n, enabled| {
            Change::UpdateUser(passband_core::directory::User {
                roles: passband_core::directory::Roles::GLOBAL,
                enabled,
                ..user(n)
            })
        };
        db.make(vec![admin(2, false), admin(3, true)]).await;
        let admins = db.store.administrators().await.unwrap();
        assert_eq!((admins.len(), admins[0].passkeys.as_slice()), (1, [passkey(3, 3)].as_slice()));
    });
}

#[test]
fn of_two_snoozes_at_once_one_counts() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1))]).await;
        assert_eq!(db.store.snoozed(user_id(1)).await.unwrap(), Snoozed::default());
        let snooze = |seen, times| Change::Snooze {
            user: user_id(1),
            seen,
            now: Snoozed { times, until: t(i64::from(times)) },
        };
        db.make(vec![snooze(0, 1)]).await;
        db.refuse(Conflict::Stale, vec![snooze(0, 1)]).await;
        db.make(vec![snooze(1, 2)]).await;
        assert_eq!(db.store.snoozed(user_id(1)).await.unwrap(), Snoozed { times: 2, until: t(2) });
    });
}
