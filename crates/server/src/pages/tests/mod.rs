//! Every page is rendered from its specimen and read back: what must hold on each of them, and in the style.

mod html;
mod sample;
mod sample_access;
mod sample_device;
mod sample_passkeys;
mod sample_policy;
mod sample_signals;
mod sample_trust;
mod style;

use html::{Element, read};
use sample::{HOSTILE, LONG, PLAIN, Words, all};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn each(words: Words, check: impl Fn(&str, &[Element])) {
    for (name, html) in all(words) {
        check(name, &read(&html));
    }
}

fn with<'a>(page: &'a [Element], name: &'static str) -> impl Iterator<Item = &'a Element> {
    page.iter().filter(move |e| e.name == name)
}

#[test]
fn what_strangers_wrote_never_becomes_markup() {
    let shape = |page: &[Element]| -> Vec<(String, Vec<String>)> {
        page.iter().map(|e| (e.name.clone(), e.attributes.keys().cloned().collect())).collect()
    };
    // Empty and filled search fields, and the like, differ between specimens: the long words are the measure.
    for ((name, tame), (_, hostile)) in all(LONG).into_iter().zip(all(HOSTILE)) {
        assert_eq!(shape(&read(&tame)), shape(&read(&hostile)), "{name}");
        assert!(!hostile.contains("<script>") && !hostile.contains("<b onmouseover"), "{name}");
    }
    let seen: usize = all(HOSTILE).iter().filter(|(_, html)| html.contains("&#60;script&#62;")).count();
    assert!(seen > 15, "the hostile words must be on the pages for this to say anything: {seen}");
}

#[test]
fn every_page_stands_on_the_same_ground() {
    each(HOSTILE, |name, page| {
        let only = |tag: &'static str| {
            let mut found = with(page, tag);
            let first = found.next().unwrap_or_else(|| panic!("{name}: no {tag}"));
            assert!(found.next().is_none(), "{name}: second {tag}");
            first
        };
        assert_eq!(only("html").get("lang"), Some("en"), "{name}");
        assert!(!only("h1").text.trim().is_empty(), "{name}");
        assert!(only("title").text.trim().len() > 3, "{name}");
        assert_eq!(only("main").get("id"), Some("main"), "{name}");
        for tag in ["header", "footer"] {
            only(tag);
        }
        assert!(
            with(page, "a").next().is_some_and(|a| a.get("href") == Some("#main")),
            "{name}: skip link first"
        );
        // A heading of each rank only under one of the rank above.
        assert_eq!(
            page.iter().find(|e| ["h1", "h2"].contains(&&*e.name)).map(|e| &*e.name),
            Some("h1"),
            "{name}"
        );
    });
}

#[test]
fn the_policy_allows_everything_a_page_does() {
    each(HOSTILE, |name, page| {
        for element in page {
            assert!(
                !["style", "iframe", "object", "embed", "base"].contains(&&*element.name),
                "{name}: {element:?}"
            );
            for key in element.attributes.keys() {
                assert!(key != "style" && !key.starts_with("on"), "{name}: {element:?}");
            }
        }
        for script in with(page, "script") {
            let source = script.get("src").unwrap_or_else(|| panic!("{name}: inline script"));
            assert!(script.text.trim().is_empty() && source.starts_with("/assets/"), "{name}");
        }
        for link in with(page, "link").chain(with(page, "script")).chain(with(page, "img")) {
            let address = link.get("href").or(link.get("src")).expect("an address");
            let file = address.strip_prefix("/assets/").expect("our own asset");
            let (file, version) = file.split_once("?v=").expect("a version");
            assert!(super::asset(file).is_some() && version == super::asset_version(), "{name}: {address}");
        }
    });
}

#[test]
fn every_form_that_posts_carries_the_anti_forgery_field() {
    let mut posts = 0;
    for (name, html) in all(PLAIN) {
        let page = read(&html);
        for (at, form) in page.iter().enumerate().filter(|(_, e)| e.name == "form") {
            let fields: Vec<_> =
                page.iter().filter(|e| e.name == "input" && e.inside.contains(&at)).collect();
            let tokens = fields.iter().filter(|e| e.get("name") == Some("csrf")).count();
            match (form.get("method"), form.get("data-ceremony")) {
                (Some("get"), None) => assert_eq!(tokens, 0, "{name}: a token in an address leaks"),
                // These are answered by a script with JSON; sent without one they must not leak into the address.
                (Some("post"), Some(_)) => assert!(form.get("action").is_none(), "{name}"),
                // To an app: the token is not the app's to know.
                (Some("post"), None) if form.get("data-submit").is_some() => {
                    assert_eq!(tokens, 0, "{name}: a token for another leaks");
                }
                (Some("post"), None) => {
                    posts += 1;
                    assert_eq!(tokens, 1, "{name}: {form:?}");
                    assert!(form.get("action").is_some_and(|a| a.starts_with('/') && !a.starts_with("//")));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(posts > 40, "{posts}");
}

#[test]
fn everything_has_a_name_to_be_read_out() {
    each(PLAIN, |name, page| {
        let mut ids = BTreeSet::new();
        for id in page.iter().filter_map(|e| e.get("id")) {
            assert!(ids.insert(id), "{name}: id {id} twice");
        }
        for element in page {
            for key in ["for", "aria-labelledby", "aria-describedby", "data-copy"] {
                if let Some(id) = element.get(key) {
                    assert!(ids.contains(id), "{name}: {key}={id} leads nowhere");
                }
            }
            match &*element.name {
                "input" if element.get("type") == Some("hidden") => {}
                "input" | "select" | "textarea" => {
                    let id = element.get("id").unwrap_or_else(|| panic!("{name}: {element:?}"));
                    let label = with(page, "label").find(|l| l.get("for") == Some(id));
                    assert!(label.is_some_and(|l| !l.text.trim().is_empty()), "{name}: no label for {id}");
                }
                "button" => {
                    assert!(
                        element.get("type").is_some() && !element.text.trim().is_empty(),
                        "{name}: {element:?}"
                    );
                }
                "a" | "summary" | "th" | "caption" | "legend" => {
                    assert!(!element.text.trim().is_empty(), "{name}: {element:?}");
                }
                "nav" | "section" => {
                    let named = element.get("aria-label").or(element.get("aria-labelledby"));
                    assert!(named.is_some(), "{name}: {element:?}");
                }
                _ => {}
            }
            if element.get("role") == Some("img") {
                assert!(
                    element.get("aria-label").is_some_and(|l| l.starts_with("Band: platform ")),
                    "{name}"
                );
            }
        }
    });
}

#[test]
fn pages_of_the_chain_wear_their_band() {
    for (name, html) in all(PLAIN) {
        let bands = html.matches(r#"class="band" role="img""#).count();
        let wide = html.matches(" data-band>").count();
        let (small, large) = match name {
            "campaign" | "sign-in" | "sign-in-refused" | "tap" | "recover" | "second" | "setup"
            | "register" | "register-another" | "register-owed" | "signed-out" | "error" | "notes" => (0, 1),
            "account" => (9, 1),
            "account-small" => (2, 1),
            "admin" | "admin-sign-ins" => (5, 0),
            "admin-people" => (4, 0),
            "admin-person" => (9, 1),
            "admin-person-new" => (1, 1),
            "admin-devices" => (2, 0),
            _ => (0, 0),
        };
        assert_eq!((bands, wide), (small, large), "{name}");
    }
}

#[test]
fn a_secret_is_on_one_page_once() {
    let made: Vec<_> = all(PLAIN).into_iter().filter(|(_, html)| html.contains("K7RF-QW2M-9XTD")).collect();
    assert_eq!(made.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["admin-person-new"]);
    assert_eq!(made[0].1.matches("K7RF-QW2M-9XTD").count(), 1);
}

#[test]
fn ceremonies_say_what_they_need_without_a_script() {
    for (name, html) in all(PLAIN) {
        let page = read(&html);
        let ceremony = page.iter().any(|e| e.get("data-ceremony").is_some());
        assert_eq!(ceremony, html.contains("/assets/passkey.js"), "{name}");
        assert_eq!(ceremony, with(&page, "noscript").any(|e| e.text.contains("JavaScript")), "{name}");
        for part in ["data-said", "data-doing", "data-act"] {
            assert_eq!(ceremony, page.iter().any(|e| e.get(part).is_some()), "{name}: {part}");
        }
    }
}

/// Writes every page with its assets below the target folder, to be looked at in a browser.
#[test]
fn pages_can_be_looked_at() {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let folder = target.join("pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for name in super::asset::names() {
        std::fs::write(folder.join("assets").join(name), super::asset(name).unwrap().body).unwrap();
    }
    for (suffix, words) in [("", PLAIN), (".hostile", HOSTILE), (".long", LONG)] {
        for (name, html) in all(words) {
            std::fs::write(folder.join(format!("{name}{suffix}.html")), html).unwrap();
        }
    }
    assert!(folder.join("sign-in.html").exists() && folder.join("assets/passband.css").exists());
}
