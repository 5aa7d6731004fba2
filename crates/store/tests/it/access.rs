//! Conditional access in the store: what a standing brings along, at once, and every version there was.

use crate::groups::group;
use crate::harness::{Kind, on_each};
use crate::sample::*;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{AccessKind, AccessVersion, Evidence, Session};
use passband_core::manage::access;
use passband_core::policy::signal::EvidenceLevel;
use passband_store::Page;
use std::sync::Arc;

fn set(name: &'static str, from: u64) -> Change {
    Change::SetPolicy { name, from, document: "{}".to_owned(), at: t(9) }
}

fn version(id: &str, number: u32, deleted: bool) -> Change {
    Change::InsertAccessVersion(Box::new(AccessVersion {
        kind: AccessKind::Policy,
        id: id.to_owned(),
        number,
        at: t(i64::from(number)),
        actor: "root@example.com".to_owned(),
        deleted,
        document: format!("{id}{number}"),
    }))
}

#[test]
fn a_standing_says_at_once_what_policies_ask_about() {
    on_each(async |db| {
        let session = Session { credential: Some(passkey(1, 1).id), ..session(1, 1) };
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertPasskey(Box::new(passkey(1, 1))),
            Change::InsertGroup(group(1)),
            Change::InsertSession(Box::new(session)),
        ])
        .await;
        let standing = async || db.store.standing(session_id(1)).await.unwrap().unwrap();
        let before = standing().await;
        assert_eq!((before.groups.as_slice(), before.access), (&[][..], 0));
        let (group, user) = (group(1).id, user_id(1));
        db.make(vec![Change::AddMember { group, user }]).await;
        assert_eq!(standing().await.groups, [group]);
        db.make(vec![Change::RemoveMember { group, user }]).await;
        assert_eq!(standing().await.groups, []);
        db.make(vec![Change::AddMember { group, user }]).await;
        assert_eq!(standing().await.groups, [group]);
        db.make(vec![Change::DeleteGroup(group)]).await;
        assert_eq!(standing().await.groups, []);
        // The name in the query is that of the policies.
        db.make(vec![set(access::NAME, 0)]).await;
        assert_eq!(standing().await.access, 1);
        db.make(vec![set(access::NAME, 1)]).await;
        assert_eq!(standing().await.access, 2);
        let evidence = Evidence { level: EvidenceLevel::E2, attested: true, ..passkey(1, 1).evidence };
        db.make(vec![Change::SetEvidence { id: passkey(1, 1).id, evidence: Box::new(evidence) }]).await;
        let proved = standing().await.passkey.unwrap();
        assert_eq!(
            (proved.aaguid, proved.evidence, proved.attested),
            (passkey(1, 1).aaguid, EvidenceLevel::E2, true)
        );
        // What a standing does not rest on leaves it where it is.
        let kept = standing().await;
        db.make(vec![set("another", 0), version("a", 1, false)]).await;
        assert_eq!(Arc::ptr_eq(&kept, &standing().await), db.kind != Kind::Postgres);
    });
}

#[test]
fn versions_are_kept_for_ever_and_what_is_gone_is_found() {
    on_each(async |db| {
        db.make(vec![version("a", 1, false), version("a", 2, true), version("b", 1, true)]).await;
        db.make(vec![version("b", 2, false), version("c", 1, true)]).await;
        db.refuse(Conflict::Duplicate, vec![version("a", 2, false)]).await;
        let of = async |id, number| {
            let found = db.store.access_version(AccessKind::Policy, id, number).await.unwrap();
            found.map(|version| (version.number, version.deleted, version.document))
        };
        assert_eq!(of("a", None).await, Some((2, true, "a2".to_owned())));
        assert_eq!(of("a", Some(1)).await, Some((1, false, "a1".to_owned())));
        assert_eq!(of("a", Some(3)).await, None);
        assert_eq!(of("\0", None).await, None);
        let other = db.store.access_version(AccessKind::Strength, "a", None).await.unwrap();
        assert_eq!(other, None);
        let mut page = Page::first(1);
        let mut gone = Vec::new();
        loop {
            let listed = db.store.access_deleted(AccessKind::Policy, &page).await.unwrap();
            gone.extend(listed.items.into_iter().map(|version| version.id));
            page.after = listed.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(gone, ["a", "c"]);
    });
}
