//! Reads a page the way a browser's tokenizer does, strictly: what it cannot read is a fault in the template.

use std::collections::BTreeMap;

/// A start tag, with the elements it stands in.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// Indexes of the elements around it, outermost first.
    pub inside: Vec<usize>,
    /// The text directly or indirectly in it.
    pub text: String,
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.get("class").unwrap_or_default().split_whitespace()
    }
}

const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];

/// Every element of the page in order.
///
/// # Panics
///
/// On anything but well-formed markup with double-quoted attributes.
pub(super) fn read(html: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html.trim_start().strip_prefix("<!doctype html>").expect("a doctype");
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        for &index in &open {
            elements[index].text.push_str(text);
        }
        let end = end_of_tag(tag);
        let (inner, after) = (&tag[1..end], &tag[end + 1..]);
        rest = after;
        if let Some(name) = inner.strip_prefix('/') {
            let index = open.pop().expect("an end tag with no start");
            assert_eq!(elements[index].name, name, "end tag does not match: ...{}", &html[..40]);
            continue;
        }
        let closes_itself = inner.ends_with('/');
        let (name, attributes) = start_tag(inner.trim_end_matches('/'));
        let index = elements.len();
        elements.push(Element { name: name.clone(), attributes, inside: open.clone(), text: String::new() });
        if !closes_itself && !VOID.contains(&name.as_str()) {
            open.push(index);
        }
    }
    assert!(open.is_empty(), "left open: {:?}", open.iter().map(|&i| &elements[i].name).collect::<Vec<_>>());
    assert!(rest.trim().is_empty(), "text after the end: {rest}");
    elements
}

/// Where the `>` of the tag is that does not stand inside a quoted value.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag without an end: {tag:.80}")
}

fn start_tag(inner: &str) -> (String, BTreeMap<String, String>) {
    let (name, mut rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    assert!(
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
        "<{inner}>"
    );
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return (name.to_owned(), attributes);
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(key.bytes().all(known) || key == "viewBox", "attribute {key:?} in <{inner}>");
        let mut value = "";
        rest = after;
        if let Some(quoted) = after.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a closing quote");
            (value, rest) = (&quoted[..end], &quoted[end + 1..]);
        }
        assert!(attributes.insert(key.to_owned(), value.to_owned()).is_none(), "{key} twice in <{inner}>");
    }
}
