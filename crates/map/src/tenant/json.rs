//! JSON read lazily: values stay slices of the file until somebody asks, so that a large file costs little more than its
//! bytes, and each value knows its line.

use crate::model::{LeftOut, Source};
use passband_core::time::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

/// Most characters of what was found that a report repeats.
const MAX_FOUND: usize = 60;

/// A value that is not what was expected, where it stands.
#[derive(Debug)]
pub(crate) struct Wrong<'a> {
    pub(crate) field: String,
    pub(crate) expected: &'static str,
    pub(crate) found: &'a str,
}

impl<'a> Wrong<'a> {
    pub(crate) fn new(field: &str, expected: &'static str, found: &'a str) -> Self {
        Self { field: field.to_owned(), expected, found }
    }

    /// The same, with the path that led here.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        let between = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{outer}{between}{}", self.field);
        self
    }
}

/// A file's text, which tells the lines of its parts.
pub(crate) struct Text<'a> {
    file: u32,
    text: &'a str,
    /// How far lines are counted: they are mostly asked for in order.
    counted: Cell<(usize, u32)>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(file: u32, text: &'a str) -> Self {
        Self { file, text, counted: Cell::new((0, 1)) }
    }

    /// The place of a part of the text.
    pub(crate) fn place(&self, part: &str) -> Source {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr()).min(self.text.len());
        let (mut from, mut line) = self.counted.get();
        if offset < from {
            (from, line) = (0, 1);
        }
        let newlines = self.text.as_bytes()[from..offset].iter().filter(|it| **it == b'\n').count();
        line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.counted.set((offset, line));
        Source { file: self.file, line }
    }

    pub(crate) fn left_out(&self, wrong: &Wrong<'_>) -> LeftOut {
        LeftOut {
            source: self.place(wrong.found),
            field: wrong.field.clone(),
            expected: wrong.expected.to_owned(),
            found: cut(wrong.found),
        }
    }
}

/// A value as a report repeats it: one line, not long.
pub(crate) fn cut(found: &str) -> String {
    let mut text: String =
        found.chars().take(MAX_FOUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.len() < found.len() {
        text.push('…');
    }
    text
}

/// Text that is borrowed unless something in it is escaped.
pub(crate) struct Str<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Str<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

/// An object whose members are still slices.
pub(crate) struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// All of it.
    pub(crate) raw: &'a str,
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Str(name), value)) = map.next_entry::<Str<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Walk)
    }
}

impl<'a> Object<'a> {
    pub(crate) fn read(raw: &'a RawValue) -> Result<Self, Wrong<'a>> {
        let text = raw.get();
        match serde_json::from_str(text) {
            Ok(Members(members)) => Ok(Self { members, raw: text }),
            Err(_) => Err(Wrong::new("", "an object", text)),
        }
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| &**name)
    }

    /// A member that is there, null or not. Of several with one name the last, as JavaScript has it.
    fn raw_member(&self, name: &str) -> Option<&'a RawValue> {
        self.members.iter().rfind(|(it, _)| it == name).map(|(_, value)| *value)
    }

    /// Whether there is such a member, if only null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw_member(name).is_some()
    }

    /// A member that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.raw_member(name).filter(|value| value.get() != "null")
    }

    fn typed<T: Deserialize<'a>>(&self, name: &str, expected: &'static str) -> Result<Option<T>, Wrong<'a>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let read = serde_json::from_str(value.get());
        read.map(Some).map_err(|_| Wrong::new(name, expected, value.get()))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Wrong<'a>> {
        Ok(self.typed::<Str<'a>>(name, "a text")?.map(|it| it.0))
    }

    /// A text of its own; an empty one says nothing.
    pub(crate) fn owned(&self, name: &str) -> Result<Option<String>, Wrong<'a>> {
        Ok(self.text(name)?.filter(|it| !it.is_empty()).map(Cow::into_owned))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Wrong<'a>> {
        self.typed(name, "true or false")
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<&'a RawValue>>, Wrong<'a>> {
        self.typed(name, "a list")
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Wrong<'a>> {
        Ok(self.typed(name, "a list of texts")?.unwrap_or_default())
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Object<'a>>, Wrong<'a>> {
        let read = self.get(name).map(Self::read).transpose();
        read.map_err(|wrong| wrong.within(name))
    }

    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Wrong<'a>> {
        let Some(text) = self.text(name)?.filter(|it| !it.is_empty()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(name, "a GUID"))
    }

    pub(crate) fn need_id<T: FromStr>(&self, name: &str) -> Result<T, Wrong<'a>> {
        self.id(name)?.ok_or_else(|| self.wrong(name, "a GUID"))
    }

    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, Wrong<'a>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let read = Timestamp::from_rfc3339(&text).map(Some);
        read.ok_or_else(|| self.wrong(name, "a time such as 2026-11-22T12:00:00Z"))
    }

    /// That a member is not what it should be; one that is missing stands where its object begins.
    pub(crate) fn wrong(&self, name: &str, expected: &'static str) -> Wrong<'a> {
        Wrong::new(name, expected, self.raw_member(name).map_or(self.raw, RawValue::get))
    }

    /// Graph's name of the type, without its namespace: `user`.
    pub(crate) fn type_name(&self) -> Option<Cow<'a, str>> {
        let name = self.text("@odata.type").ok()??;
        let short = |it: &str| it.rsplit('.').next().unwrap_or(it).to_owned();
        Some(match name {
            Cow::Borrowed(it) => Cow::Borrowed(it.rsplit('.').next().unwrap_or(it)),
            Cow::Owned(it) => Cow::Owned(short(&it)),
        })
    }
}
