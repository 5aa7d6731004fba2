//! Walking through a JSON document with its places, and gathering what is wrong with it.

use super::{DocumentError, Flaw, Problem};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::str::FromStr;

/// Most problems that are told; who has more has another kind of document.
pub(super) const MAX_PROBLEMS: usize = 20;

/// The problems found so far.
#[derive(Default)]
struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    fn add(&self, path: &str, flaw: Flaw) {
        let path = if path.is_empty() { "document" } else { path };
        let mut problems = self.0.borrow_mut();
        if problems.len() < MAX_PROBLEMS {
            problems.push(Problem { path: path.to_owned(), flaw });
        }
    }
}

/// Reads a document of limited size. `read` gives none only after it has said why.
pub(super) fn whole<T>(
    document: &Value,
    most: usize,
    read: impl FnOnce(Object<'_>) -> Option<T>,
) -> Result<T, DocumentError> {
    match leniently(document, most, read) {
        Ok((it, problems)) if problems.is_empty() => Ok(it),
        Ok((_, problems)) => Err(DocumentError { problems }),
        Err(error) => Err(error),
    }
}

/// The same, with the problems beside it. The caller has to look at each: what could not be read is missing in what was.
pub(super) fn leniently<T>(
    document: &Value,
    most: usize,
    read: impl FnOnce(Object<'_>) -> Option<T>,
) -> Result<(T, Vec<Problem>), DocumentError> {
    let problems = Problems::default();
    let root = Field { path: String::new(), value: document, problems: &problems };
    let it = if document.to_string().len() > most {
        root.flaw(Flaw::TooLarge(most));
        None
    } else {
        root.object().and_then(read)
    };
    let problems = problems.0.into_inner();
    match it {
        Some(it) => Ok((it, problems)),
        None => Err(DocumentError { problems }),
    }
}

/// Whether a value says nothing.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.iter().all(|(name, it)| is_annotation(name) || says_nothing(it)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_annotation(name: &str) -> bool {
    name.contains("@odata.")
}

/// Characters that make a text look like another: controls, and marks that turn the direction of writing around.
fn is_deceiving(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An object whose members are taken one by one; what is left is a problem.
pub(super) struct Object<'a> {
    path: String,
    members: &'a Map<String, Value>,
    taken: RefCell<Vec<&'static str>>,
    problems: &'a Problems,
}

impl<'a> Object<'a> {
    /// A member that is there and not null.
    pub(super) fn take(&self, name: &'static str) -> Option<Field<'a>> {
        self.taken.borrow_mut().push(name);
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Some(Field { path, value, problems: self.problems })
    }

    /// A member that has to be there.
    pub(super) fn need(&self, name: &'static str) -> Option<Field<'a>> {
        let field = self.take(name);
        if field.is_none() {
            self.flaw(name, Flaw::Missing);
        }
        field
    }

    /// Members that Graph knows and this server does not enforce: they may say nothing.
    pub(super) fn refuse(&self, names: &[(&'static str, &'static str)]) {
        for (name, why) in names {
            if let Some(field) = self.take(name)
                && !says_nothing(field.value)
            {
                field.flaw(Flaw::NotEnforced(why));
            }
        }
    }

    /// Members that are not the writer's to set.
    pub(super) fn pass(&self, names: &[&'static str]) {
        self.taken.borrow_mut().extend_from_slice(names);
    }

    /// A problem with a member.
    pub(super) fn flaw(&self, name: &str, flaw: Flaw) {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        self.problems.add(path.as_str(), flaw);
    }

    /// Says which members nobody took.
    pub(super) fn finish(self) {
        let taken = self.taken.borrow();
        let left = self.members.iter().filter(|(name, value)| {
            !taken.contains(&name.as_str()) && !is_annotation(name) && !says_nothing(value)
        });
        for (name, _) in left {
            let name: String = name.chars().take(80).collect();
            self.flaw(&name, Flaw::UnknownProperty);
        }
    }
}

/// A value with its place.
#[derive(Clone)]
pub(super) struct Field<'a> {
    path: String,
    value: &'a Value,
    problems: &'a Problems,
}

impl<'a> Field<'a> {
    pub(super) fn flaw(&self, flaw: Flaw) {
        self.problems.add(&self.path, flaw);
    }

    pub(super) fn unexpected(&self, expected: impl Into<String>) {
        let found = self.value.to_string();
        let found = if found.chars().count() > 60 {
            format!("{}…", found.chars().take(60).collect::<String>())
        } else {
            found
        };
        self.flaw(Flaw::Unexpected { expected: expected.into(), found });
    }

    fn or_unexpected<T>(&self, read: Option<T>, expected: &str) -> Option<T> {
        if read.is_none() {
            self.unexpected(expected);
        }
        read
    }

    pub(super) fn object(&self) -> Option<Object<'a>> {
        let members = self.or_unexpected(self.value.as_object(), "an object")?;
        Some(Object { path: self.path.clone(), members, taken: RefCell::default(), problems: self.problems })
    }

    pub(super) fn list(&self) -> Vec<Self> {
        let items = self.or_unexpected(self.value.as_array(), "a list");
        let items = items.into_iter().flatten().enumerate();
        let item =
            |(at, value)| Self { path: format!("{}[{at}]", self.path), value, problems: self.problems };
        items.map(item).collect()
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.or_unexpected(self.value.as_str(), "a string")
    }

    pub(super) fn bool(&self) -> Option<bool> {
        self.or_unexpected(self.value.as_bool(), "true or false")
    }

    /// A whole number in a range.
    pub(super) fn number(&self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let number = self.value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| range.contains(n));
        self.or_unexpected(number, &format!("a whole number from {} to {}", range.start(), range.end()))
    }

    /// An id.
    pub(super) fn id<T: FromStr>(&self) -> Option<T> {
        self.or_unexpected(self.value.as_str().and_then(|text| text.parse().ok()), "a GUID")
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
        let text = self.value.as_str();
        let found = all.iter().copied().find(|it| Some(name(*it)) == text);
        if found.is_none() {
            self.unexpected(all.iter().map(|it| name(*it)).collect::<Vec<_>>().join(", "));
        }
        found
    }

    /// A list of a few words.
    pub(super) fn choices<T: Copy + PartialEq>(&self, all: &[T], name: fn(T) -> &'static str) -> Vec<T> {
        let mut found = Vec::new();
        for it in self.list().iter().filter_map(|item| item.choice(all, name)) {
            if !found.contains(&it) {
                found.push(it);
            }
        }
        found
    }

    /// A list of ids.
    pub(super) fn ids<T: FromStr>(&self) -> Vec<T> {
        self.list().iter().filter_map(Self::id).collect()
    }

    /// A text for people: of limited length, printable, no space at its ends.
    pub(super) fn words(&self, least: usize, most: usize) -> Option<String> {
        let text = self.text()?;
        let right = (least..=most).contains(&text.chars().count())
            && text.trim() == text
            && !text.chars().any(is_deceiving);
        self.or_unexpected(right.then(|| text.to_owned()), &format!("{least} to {most} printable characters"))
    }
}
