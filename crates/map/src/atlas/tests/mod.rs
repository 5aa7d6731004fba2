//! Tests of the map: the files and their rules, the answers, the formats, the page.

mod answers;
mod data;
mod formats;
mod page;

use super::{Atlas, Date, Fact};
use std::borrow::Cow;

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// A map of other facts than the built-in ones.
fn atlas(facts: Vec<Fact>) -> Atlas {
    Atlas::new(Cow::Owned(facts))
}

/// A fact of the built-in map, to change.
fn fact(id: &str) -> Fact {
    Atlas::embedded().facts().iter().find(|fact| fact.id == id).unwrap().clone()
}
