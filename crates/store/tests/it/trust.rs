//! What evidence rests on, and the evidence of passkeys.

use crate::harness::on_each;
use crate::sample::*;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{Evidence, Passkey, TrustDocument, TrustKind};
use passband_core::policy::signal::{Certification, EvidenceLevel};

fn document(name: &str) -> TrustDocument {
    TrustDocument {
        name: name.to_owned(),
        kind: TrustKind::Root,
        scope: "packed".to_owned(),
        models: vec!["00010203-0405-0607-0809-0a0b0c0d0e0f".to_owned()],
        edition: Some(u32::MAX),
        sha256: [5; 32],
        added: t(3),
        actor: "root@example.com".to_owned(),
        body: vec![0, 255, 7],
    }
}

fn put(document: &TrustDocument) -> Change {
    Change::PutTrust(Box::new(document.clone()))
}

#[test]
fn documents_come_back_as_they_went_and_are_replaced_by_name() {
    on_each(async |db| {
        assert_eq!(db.store.trust_documents().await.unwrap(), []);
        let (first, second) = (document("root/a"), document("root/b"));
        db.make(vec![put(&second), put(&first)]).await;
        assert_eq!(db.store.trust_documents().await.unwrap(), [first.clone(), second]);
        let other =
            TrustDocument { kind: TrustKind::Metadata, edition: None, models: vec![], ..document("root/b") };
        db.make(vec![put(&other), Change::DeleteTrust("root/a".to_owned())]).await;
        assert_eq!(db.store.trust_documents().await.unwrap(), [other]);
        db.refuse(Conflict::Stale, vec![Change::DeleteTrust("root/a".to_owned())]).await;
        // As large as the metadata are.
        let large = TrustDocument { body: vec![7; 12_000_000], ..document("root/b") };
        db.make(vec![put(&large)]).await;
        assert_eq!(db.store.trust_documents().await.unwrap(), [large]);
    });
}

#[test]
fn of_two_who_saw_one_generation_one_changes_it() {
    on_each(async |db| {
        assert_eq!(db.store.trust_generation().await.unwrap(), 0);
        db.make(vec![Change::AdvanceTrust { from: 0 }, put(&document("root/a"))]).await;
        assert_eq!(db.store.trust_generation().await.unwrap(), 1);
        db.refuse(Conflict::Stale, vec![put(&document("root/b")), Change::AdvanceTrust { from: 0 }]).await;
        // What was judged under the trust of before is not made.
        let judged = |generation| vec![put(&document("root/c")), Change::RequireTrust { generation }];
        db.refuse(Conflict::Stale, judged(0)).await;
        db.make(judged(1)).await;
        db.make(vec![Change::DeleteTrust("root/c".to_owned())]).await;
        assert_eq!(db.store.trust_documents().await.unwrap(), [document("root/a")]);
    });
}

#[test]
fn evidence_is_replaced_and_nothing_else() {
    on_each(async |db| {
        db.make(vec![
            Change::InsertUser(user(1)),
            Change::InsertUser(user(2)),
            Change::InsertPasskey(Box::new(passkey(1, 1))),
            Change::InsertPasskey(Box::new(passkey(2, 2))),
        ])
        .await;
        let evidence = Evidence {
            level: EvidenceLevel::E2,
            proof: "model_not_hardware".to_owned(),
            judged: t(77),
            metadata: None,
            attested: !passkey(1, 1).evidence.attested,
            certification: Certification::L3,
            verification: vec!["eyeprint_internal".to_owned()],
        };
        let set = |n: u8| Change::SetEvidence { id: vec![n; 20], evidence: Box::new(evidence.clone()) };
        // One that was deleted meanwhile is no reason to stop.
        db.make(vec![set(1), set(9)]).await;
        let all = db.store.passkeys_after(&[], 9).await.unwrap();
        let expected = Passkey { evidence, ..passkey(1, 1) };
        assert_eq!(all, [(expected, user(1)), (passkey(2, 2), user(2))]);
        assert_eq!(db.store.passkeys_after(&[1; 20], 1).await.unwrap(), [(passkey(2, 2), user(2))]);
        assert_eq!(db.store.passkeys_after(&[], 1).await.unwrap().len(), 1);
        assert_eq!(db.store.passkeys_after(&[2; 20], 9).await.unwrap(), []);
    });
}
