//! One file: a resource, a collection, several pages, or the answer to a batch of requests.

use super::gather::Gathered;
use super::json::{Object, Text, Wrong};
use super::route::{Kind, Route, edition};
use super::{device, group, methods, person, policy};
use crate::model::Edition;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// How often documents may lie in documents: pages in a list in the answer to a batch.
const MAX_NESTING: usize = 3;

/// A file.
struct File<'a, 't> {
    text: &'t Text<'a>,
    path: &'t str,
}

/// A document of a file, with what is known of everything in it.
pub(super) struct Document<'a, 't> {
    pub(super) text: &'t Text<'a>,
    pub(super) path: &'t str,
    pub(super) edition: Edition,
    /// By its context or its link to the next page.
    told: Option<Route>,
    /// Whether another page follows.
    pub(super) followed: bool,
}

/// Reads a file. What is wrong goes to `out.left_out`.
pub(super) fn read(file: u32, path: &str, bytes: &[u8], out: &mut Gathered) {
    let decoded = decode(bytes);
    let text = Text::new(file, decoded.as_deref().unwrap_or_default());
    if decoded.is_none() {
        let mut wrong = text.left_out(&Wrong::new("", "JSON, in UTF-8 or UTF-16", ""));
        wrong.found = "bytes that are no text".to_owned();
        out.left_out.push(wrong);
        return;
    }
    let body = decoded.as_deref().unwrap_or_default();
    let before = out.left_out.len();
    let used = match serde_json::from_str::<&RawValue>(body) {
        Ok(raw) => value(raw, &File { text: &text, path }, MAX_NESTING, out),
        Err(error) => {
            let mut wrong = text.left_out(&Wrong::new("", "JSON", body));
            wrong.source.line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            wrong.found = error.to_string();
            out.left_out.push(wrong);
            true
        }
    };
    if !used && out.left_out.len() == before {
        out.unused.push(file);
    }
}

/// The text of a file: UTF-8, or UTF-16 with its mark, which is how Windows PowerShell writes.
pub(crate) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let wide = |big: bool| {
        let units = bytes[2..].chunks_exact(2).map(|pair| match big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok().map(Cow::Owned)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(false),
        [0xfe, 0xff, ..] => wide(true),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(Cow::Borrowed),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

/// Whether anything in it was of use.
fn value<'a>(raw: &'a RawValue, file: &File<'a, '_>, nesting: usize, out: &mut Gathered) -> bool {
    if raw.get().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        return several(&items, file, nesting, out);
    }
    match Object::read(raw) {
        Ok(object) => document(&object, raw, file, nesting, out).unwrap_or_else(|wrong| {
            out.left_out.push(file.text.left_out(&wrong));
            true
        }),
        Err(wrong) => {
            out.left_out.push(file.text.left_out(&wrong));
            true
        }
    }
}

/// A list: of pages if they look like pages, otherwise of resources.
fn several<'a>(items: &[&'a RawValue], file: &File<'a, '_>, nesting: usize, out: &mut Gathered) -> bool {
    let is_page = |raw: &&RawValue| {
        Object::read(raw).is_ok_and(|it| it.get("value").is_some_and(|value| value.get().starts_with('[')))
    };
    if nesting > 0 && items.first().is_some_and(is_page) {
        return items.iter().fold(false, |used, item| value(item, file, nesting - 1, out) | used);
    }
    let whole =
        Document { text: file.text, path: file.path, edition: Edition::Unsaid, told: None, followed: false };
    collection(&whole, items, out)
}

fn document<'a>(
    object: &Object<'a>,
    raw: &'a RawValue,
    file: &File<'a, '_>,
    nesting: usize,
    out: &mut Gathered,
) -> Result<bool, Wrong<'a>> {
    if let Some(answers) = object.list("responses")?
        && nesting > 0
    {
        let mut used = false;
        for answer in answers {
            if let Some(body) = Object::read(answer)?.get("body") {
                used |= value(body, file, nesting - 1, out);
            }
        }
        return Ok(used);
    }
    if object.get("error").is_some() && !object.has("id") {
        return Err(object.wrong("error", "a resource or a collection, not a refusal"));
    }
    let (context, next) = (object.text("@odata.context")?, object.text("@odata.nextLink")?);
    let url = context.as_deref().or(next.as_deref()).unwrap_or_default();
    let link = next.as_deref().and_then(Route::of_url);
    let told = context.as_deref().and_then(Route::of_url);
    // `groups/{id}/members/microsoft.graph.user` says `users` in its context; the link still knows the group.
    let told = match (told, link) {
        (Some(told), Some(link)) if link.kind.is_relation() && !told.kind.is_relation() => Some(link),
        (told, link) => told.or(link),
    };
    let whole =
        Document { text: file.text, path: file.path, edition: edition(url), told, followed: next.is_some() };
    match object.get("value") {
        Some(value) if value.get().starts_with('[') => {
            Ok(collection(&whole, &object.list("value")?.unwrap_or_default(), out))
        }
        _ => Ok(single(&whole, raw, out)),
    }
}

impl Document<'_, '_> {
    /// The relation that this document is of, if it is of one.
    fn relation(&self) -> Option<Route> {
        let told = self.told.clone().filter(|it| it.kind.is_relation());
        told.or_else(|| Route::of_path(self.path).filter(|it| it.kind.is_relation()))
    }

    fn kind(&self) -> Option<Kind> {
        self.told.as_ref().map(|it| it.kind).or_else(|| Route::of_path(self.path).map(|it| it.kind))
    }
}

fn collection<'a>(document: &Document<'a, '_>, items: &[&'a RawValue], out: &mut Gathered) -> bool {
    let relation = document.relation();
    if let Some(route) = &relation {
        begin(document, route, out);
    }
    let mut used = relation.is_some();
    let mut kinds = Vec::new();
    for item in items {
        match resource(document, relation.as_ref(), item, out) {
            Ok(kind) => {
                used |= kind != Kind::Other;
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            Err(wrong) => {
                used = true;
                out.left_out.push(document.text.left_out(&wrong));
            }
        }
    }
    if relation.is_none() {
        // An empty collection says that there is none.
        if items.is_empty() {
            kinds.extend(document.kind());
        }
        for kind in kinds.iter().filter(|it| **it != Kind::Other) {
            used = true;
            out.pages.entry(*kind).or_default().add(document.followed);
        }
    }
    used
}

fn single<'a>(document: &Document<'a, '_>, raw: &'a RawValue, out: &mut Gathered) -> bool {
    let relation = document.relation();
    if let Some(route) = &relation {
        begin(document, route, out);
    }
    match resource(document, relation.as_ref(), raw, out) {
        Ok(Kind::Other) => relation.is_some(),
        Ok(kind) => {
            if relation.is_none() {
                out.pages.entry(kind).or_default().add(false);
            }
            true
        }
        Err(wrong) => {
            out.left_out.push(document.text.left_out(&wrong));
            true
        }
    }
}

/// Takes down that a relation is given, whether or not anything is in it.
fn begin(document: &Document<'_, '_>, route: &Route, out: &mut Gathered) {
    match route.kind {
        Kind::UserMethods => person::begin(route, document.followed, out),
        _ => group::begin(route, document.followed, out),
    }
}

/// One resource. Returns as what it was read.
fn resource<'a>(
    document: &Document<'a, '_>,
    relation: Option<&Route>,
    raw: &'a RawValue,
    out: &mut Gathered,
) -> Result<Kind, Wrong<'a>> {
    let object = Object::read(raw)?;
    if let Some(route) = relation {
        relate(document, route, &object, out)?;
        return Ok(route.kind);
    }
    let kind = Route::of_resource(&object).or_else(|| document.kind()).unwrap_or(Kind::Other);
    match kind {
        Kind::Users => person::user(document, &object, out)?,
        Kind::Registrations => person::registration(&object, out)?,
        Kind::Groups => group::group(document, &object, out)?,
        Kind::Roles => group::role(&object, out)?,
        Kind::RoleAssignments => group::assignment(&object, out)?,
        Kind::Devices => {
            device::device(document, &object, out)?;
        }
        Kind::ManagedDevices => device::managed(document, &object, out)?,
        Kind::MethodsPolicy => methods::policy(document, &object, out)?,
        Kind::MethodConfiguration => methods::configuration(document, raw, out)?,
        Kind::Access => policy::access(document, raw, out)?,
        Kind::Strengths => policy::strength(document, raw, out)?,
        Kind::Locations => policy::location(document, raw, out)?,
        Kind::UserMethods => {
            let expected =
                "the person whose method this is, in the file's name: users_{id}_fido2Methods.json";
            return Err(Wrong::new("@odata.context", expected, raw.get()));
        }
        _ => return Ok(Kind::Other),
    }
    Ok(kind)
}

fn relate<'a>(
    document: &Document<'a, '_>,
    route: &Route,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    match route.kind {
        Kind::UserMethods => match &route.owner {
            Some(whom) => person::method(whom, &route.word, object, out),
            None => Ok(()),
        },
        Kind::DevicesOf => match (&route.owner, device::device(document, object, out)?) {
            (Some(whom), Some(id)) => {
                out.owners.push((id, whom.clone()));
                Ok(())
            }
            _ => Ok(()),
        },
        _ => group::relate(route, object, out),
    }
}
