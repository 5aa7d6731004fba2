//! Each change: what it does, what it refuses, and that a refusal leaves nothing behind.

use crate::harness::on_each;
use crate::sample::*;
use passband_core::change::{Change, Conflict};

#[test]
fn a_person_is_added_once() {
    on_each(async |db| {
        db.make(vec![Change::InsertUser(user(1))]).await;
        assert_eq!(db.store.user(user_id(1)).await.unwrap(), Some(user(1)));
        db.refuse(Conflict::Duplicate, vec![Change::InsertUser(user(1))]).await;
    });
}
