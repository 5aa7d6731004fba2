//! The style as data: contrast in both themes (WCAG 2.2 §1.4.3 and §1.4.11), and no dead or missing class.

use super::html::read;
use super::sample::{HOSTILE, PLAIN, all};
use std::collections::{BTreeMap, BTreeSet};

const CSS: &str = include_str!("../../../assets/passband.css");

/// The colours of the first `:root` block after `marker`.
fn colours(marker: &str) -> BTreeMap<&'static str, [f64; 3]> {
    let block = CSS.split_once(marker).unwrap().1.split_once('}').unwrap().0;
    let mut found = BTreeMap::new();
    for line in block.lines() {
        let Some((name, value)) = line.trim().strip_prefix("--").and_then(|l| l.split_once(": #")) else {
            continue;
        };
        let hex = u32::from_str_radix(value.trim_end_matches(';'), 16).unwrap();
        let part = |shift: u32| f64::from(u8::try_from(hex >> shift & 0xff).unwrap()) / 255.0;
        found.insert(name, [part(16), part(8), part(0)]);
    }
    found
}

/// WCAG 2.2, "contrast ratio".
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let luminance = |c: [f64; 3]| {
        let [r, g, b] = c.map(|v| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_measured_right() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
    // #767676 on white is the well-known edge of AA.
    let grey = 118.0 / 255.0;
    assert!((contrast([grey; 3], [1.0; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn both_themes_can_be_read() {
    const TEXT: [(&str, &str); 22] = [
        ("ink", "ground"),
        ("ink", "paper"),
        ("ink", "wash"),
        ("ink", "track"),
        ("ink", "good-wash"),
        ("ink", "bad-wash"),
        ("ink", "warn-wash"),
        ("ink-soft", "ground"),
        ("ink-soft", "paper"),
        ("ink-soft", "wash"),
        ("ink-soft", "track"),
        ("ink-soft", "bad-wash"),
        ("ink-soft", "good-wash"),
        ("accent", "ground"),
        ("accent", "paper"),
        ("accent-press", "wash"),
        ("on-accent", "accent"),
        ("on-accent", "accent-press"),
        ("good", "good-wash"),
        ("warn", "warn-wash"),
        ("bad", "bad-wash"),
        ("on-bad", "bad"),
    ];
    const SHAPES: [(&str, &str); 12] = [
        ("edge", "paper"),
        ("edge", "ground"),
        ("level-claimed", "track"),
        ("level-proved", "track"),
        ("level-hardware", "track"),
        ("level-claimed", "paper"),
        ("level-proved", "paper"),
        ("level-hardware", "paper"),
        ("accent", "wash"),
        ("good", "ground"),
        ("bad", "paper"),
        ("warn", "paper"),
    ];
    for (theme, marker) in [("light", ":root {"), ("dark", "prefers-color-scheme: dark) {\n  :root {")] {
        let colour = colours(marker);
        for (pairs, least) in [(TEXT.as_slice(), 4.5), (SHAPES.as_slice(), 3.0)] {
            for (front, back) in pairs {
                let ratio = contrast(colour[front], colour[back]);
                assert!(ratio >= least, "{theme}: {front} on {back} is {ratio:.2}, below {least}");
            }
        }
    }
}

#[test]
fn both_themes_name_the_same_colours() {
    let names = |marker| colours(marker).into_keys().collect::<BTreeSet<_>>();
    assert_eq!(names(":root {"), names("prefers-color-scheme: dark) {\n  :root {"));
}

#[test]
fn classes_and_style_agree() {
    let mut used = BTreeSet::new();
    for (_, html) in all(PLAIN).into_iter().chain(all(HOSTILE)) {
        used.extend(read(&html).iter().flat_map(|e| e.classes().map(str::to_owned).collect::<Vec<_>>()));
    }
    let mut styled = BTreeSet::new();
    for selector in CSS.split('{').filter_map(|part| part.rsplit(['}', ';', '/']).next()) {
        for part in selector.split('.').skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(part.len());
            if part.starts_with(|c: char| c.is_ascii_lowercase()) {
                styled.insert(part[..end].to_owned());
            }
        }
    }
    // Named for a script, a test or a theme to come; nothing hangs on their looks.
    let bare = ["cell-acts", "row-acts", "row-text", "sample-tasks"];
    let missing: Vec<_> = used.difference(&styled).filter(|c| !bare.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "no style for {missing:?}");
    let dead: Vec<_> = styled.difference(&used).collect();
    assert!(dead.is_empty(), "style for nothing: {dead:?}");
}

#[test]
fn nothing_is_fetched_from_elsewhere_and_motion_can_be_off() {
    assert!(!CSS.contains("url(") && !CSS.contains("@import") && !CSS.contains("http"));
    assert!(CSS.contains("@media (prefers-reduced-motion: reduce)"));
}
