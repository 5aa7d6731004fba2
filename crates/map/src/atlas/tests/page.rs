//! The page: well-formed, self-contained, escaped, and the same with and without a script.

use super::{atlas, date, fact};
use crate::atlas::page::{Body, Query, STYLE, standalone};
use crate::atlas::{Atlas, Fact};
use askama::Template as _;
use std::collections::BTreeSet;

const VOID: [&str; 4] = ["input", "meta", "link", "br"];

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every element; panics where one is not closed in order, or an attribute stands without quotes.
fn read(html: &str) -> Vec<Tag> {
    let (mut tags, mut open, mut rest) = (Vec::new(), Vec::<String>::new(), html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with("!doctype") {
            continue;
        }
        let end = rest.find('>').unwrap();
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let (name, mut left) = inside.split_once(' ').unwrap_or((inside, ""));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
        let mut attributes = Vec::new();
        while !left.trim().is_empty() {
            left = left.trim_start();
            let stop = left.find(['=', ' ']).unwrap_or(left.len());
            let key = left[..stop].to_owned();
            let value = left[stop..].strip_prefix("=\"").map(|value| value.split_once('"').unwrap());
            left = value.map_or(&left[stop..], |(_, left)| left);
            attributes.push((key, value.map_or(String::new(), |(value, _)| value.to_owned())));
        }
        let names: BTreeSet<_> = attributes.iter().map(|(key, _)| key).collect();
        assert_eq!(names.len(), attributes.len(), "an attribute twice: {inside}");
        if matches!(name, "style" | "script") {
            let close = format!("</{name}>");
            rest = rest.split_once(close.as_str()).unwrap().1;
        } else if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        tags.push(Tag { name: name.to_owned(), attributes });
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    tags
}

fn alone() -> String {
    let view =
        Atlas::embedded().view(Query { since: Some(date("2025-06-01")), ..Query::on(date("2026-11-22")) });
    standalone(&view, ":root { --ink: #000000; }").unwrap()
}

#[test]
fn the_exported_file_is_well_formed_and_needs_nothing_else() {
    let html = alone();
    let tags = read(&html);
    for tag in &tags {
        for name in ["src", "srcset", "action", "onclick", "style", "background"] {
            assert!(tag.get(name).is_none(), "{} {name}", tag.name);
        }
        assert!(!matches!(tag.name.as_str(), "link" | "img" | "iframe" | "object" | "base"), "{}", tag.name);
        if let Some(href) = tag.get("href") {
            assert!(tag.name == "a" && (href.starts_with('#') || href.starts_with("https://")), "{href}");
        }
    }
    for outside in ["@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!html.contains(outside), "{outside}");
    }
    let policy = tags.iter().find_map(|tag| tag.get("http-equiv").and(tag.get("content"))).unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id twice: {ids:?}");
    assert_eq!(tags.iter().filter(|tag| tag.name == "h1").count(), 1);
    assert!(tags.iter().filter(|tag| tag.name == "input").all(|tag| tag.get("type").is_some()));
}

#[test]
fn each_day_is_in_the_file_and_the_day_of_export_is_shown_without_a_script() {
    let html = alone();
    let tags = read(&html);
    let facts: Vec<_> = tags.iter().filter(|tag| tag.get("class") == Some("fact")).collect();
    assert_eq!(facts.len(), Atlas::embedded().facts().len(), "every state, past ones too");
    let at = "2026-11-22";
    for fact in &facts {
        let (from, to) = (fact.get("data-from").unwrap(), fact.get("data-to").unwrap());
        let holds = (from.is_empty() || from <= at) && (to.is_empty() || to > at);
        assert_eq!(holds, fact.get("hidden").is_none(), "{from} {to}");
    }
    let slide = tags.iter().find(|tag| tag.get("id") == Some("map-slide")).unwrap();
    assert!(slide.get("hidden").is_some(), "the slider comes with the script");
    let days: Vec<_> = slide.get("data-days").unwrap().split(' ').collect();
    assert!(days.contains(&at) && days.contains(&"2026-08-20") && days.is_sorted(), "{days:?}");
    let marks = tags.iter().filter(|tag| tag.get("class") == Some("chg")).count();
    // One stands in the legend.
    assert_eq!(
        marks - 1,
        Atlas::embedded()
            .diff(date("2025-06-01"), date(at))
            .iter()
            .filter(|change| change.after.is_some())
            .count()
    );
}

#[test]
fn what_strangers_wrote_never_becomes_markup() {
    const EVIL: &str = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let tame = fact("sess.ios.prt.session-key-protection");
    let hostile = Fact {
        statement: EVIL,
        value: EVIL,
        known: None,
        conditions: &[EVIL],
        claims: &[EVIL, EVIL],
        note: Some(EVIL),
        tests: &[EVIL],
        ..tame.clone()
    };
    let tame = Fact { tests: &["a"], note: Some("n"), known: None, ..tame };
    let page = |fact: Fact, text: &str| {
        let map = atlas(vec![fact]);
        let query = Query { text: text.to_owned(), ..Query::on(date("2026-11-22")) };
        let served = Body::served(&map.view(query.clone()), "/map").render().unwrap();
        (standalone(&map.view(query), "").unwrap(), served)
    };
    let names = |html: &str| read(html).into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    let ((alone, served), (evil, evil_served)) = (page(tame, "session key"), page(hostile, EVIL));
    assert_eq!(names(&alone), names(&evil));
    assert_eq!(names(&served), names(&evil_served));
    assert!(
        evil.contains("&#60;img src=x"),
        "the hostile words must be on the page for this to say anything"
    );
}

#[test]
fn every_class_has_a_style_and_every_style_a_use() {
    let map = Atlas::embedded();
    let view = map.view(Query { since: Some(date("2025-06-01")), ..Query::on(date("2026-11-22")) });
    let nothing = map.view(Query { text: "no such words".to_owned(), ..Query::on(date("2026-11-22")) });
    let pages = [
        alone(),
        Body::served(&view, "/map").render().unwrap(),
        Body::served(&nothing, "/map").render().unwrap(),
    ];
    let used: BTreeSet<String> = pages
        .iter()
        .flat_map(|page| read(page))
        .flat_map(|tag| tag.get("class").map(str::to_owned))
        .flat_map(|classes| classes.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let named = |class: &str| {
        STYLE.match_indices(&format!(".{class}")).any(|(at, found)| {
            !STYLE[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
        })
    };
    let shared = ["band", "seg", "btn", "lead", "hint", "none", "vh", "skip"];
    for class in used.iter().filter(|class| class.starts_with("map-") || class.starts_with("s-")) {
        let bare = ["map-page"].contains(&class.as_str());
        assert!(bare || named(class), "{class} has no style");
    }
    for class in STYLE
        .split('.')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next())
    {
        let number = class.is_empty() || class.starts_with(|c: char| c.is_ascii_digit());
        assert!(
            number || class == "map-top" || shared.contains(&class) || used.contains(class),
            "{class} is used nowhere"
        );
    }
}
