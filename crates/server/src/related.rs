//! Related origins (WebAuthn L3 §5.11): an organisation with several names lets people use one passkey on all of them.

use crate::config::host_of;

/// How many names a browser looks at (§5.11.1: at least five; Chromium and Safari stop there).
pub const MOST_LABELS: usize = 5;

/// Why a list of related origins cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelatedError {
    /// Not an origin.
    #[error("a related origin must be https://host[:port] with nothing after it; one is {0}")]
    NotAnOrigin(String),
    /// More names than browsers look at.
    #[error(
        "the public URL and the related origins have {0} different names (the part before .com or .co.uk); browsers \
         look at {MOST_LABELS} and ignore the rest, so keep to as many"
    )]
    TooMany(usize),
}

/// The origins, each once and without the public URL itself.
///
/// # Errors
///
/// [`RelatedError`]: what a browser would ignore in silence is refused when the server starts.
pub fn checked(public_url: &str, origins: Vec<String>) -> Result<Vec<String>, RelatedError> {
    let mut kept: Vec<String> = Vec::new();
    for origin in origins {
        if host_of(&origin).is_none() {
            return Err(RelatedError::NotAnOrigin(origin));
        }
        if origin != public_url && !kept.contains(&origin) {
            kept.push(origin);
        }
    }
    let all = kept.iter().map(String::as_str).chain([public_url]);
    let mut labels: Vec<_> = all.filter_map(host_of).map(label).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.len() > MOST_LABELS { Err(RelatedError::TooMany(labels.len())) } else { Ok(kept) }
}

/// The label that browsers count: the one before the public suffix. There is no list of suffixes here, so the common
/// second levels of country domains stand for it; where that is wrong the browser's own count is the one that holds.
fn label(host: &str) -> &str {
    const SECOND_LEVELS: [&str; 8] = ["ac", "co", "com", "edu", "gov", "net", "or", "org"];
    let mut from_the_right = host.rsplit('.');
    let top = from_the_right.next().unwrap_or(host);
    let second = from_the_right.next().unwrap_or(top);
    match from_the_right.next() {
        Some(third) if top.len() == 2 && SECOND_LEVELS.contains(&second) => third,
        _ => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(list: &[&str]) -> Vec<String> {
        list.iter().map(|&origin| origin.to_owned()).collect()
    }

    #[test]
    fn five_names_and_no_more() {
        let own = "https://id.example.org";
        let list = [
            "https://example.org",
            "https://a.com",
            "https://x.b.co.uk",
            "https://c.de",
            "https://d.fr:8443",
        ];
        assert_eq!(checked(own, origins(&list)).unwrap(), list);
        let one_more = [&list[..], &["https://e.it"]].concat();
        assert_eq!(checked(own, origins(&one_more)), Err(RelatedError::TooMany(6)));
        // Names count, not hosts: another host under one of them is no sixth.
        let same = [&list[..], &["https://shop.a.com", "https://a.it"]].concat();
        assert_eq!(checked(own, origins(&same)).unwrap().len(), 7);
    }

    #[test]
    fn what_is_no_origin_is_refused_and_repeats_are_one() {
        let own = "https://id.example.org";
        for bad in ["", "a.com", "http://a.com", "https://a.com/", "https://A.com", "https://u@a.com", "*"] {
            assert!(matches!(checked(own, origins(&[bad])), Err(RelatedError::NotAnOrigin(_))), "{bad}");
        }
        let twice = origins(&["https://a.com", own, "https://a.com"]);
        assert_eq!(checked(own, twice).unwrap(), ["https://a.com"]);
        assert_eq!(label("a.b.example.co.jp"), "example");
        assert_eq!(label("localhost"), "localhost");
        assert_eq!(label("co.uk"), "co");
    }
}
