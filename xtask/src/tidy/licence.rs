//! Licences and crates that may not enter, over everything the lock file pulls in on this platform.

use serde_json::Value;

use super::Problems;

/// Licences the binary may carry (SPDX identifiers).
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    // Data, not code: Mozilla's list of certificate authorities.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Problems of `cargo metadata`.
pub(super) fn check(metadata: &Value) -> Problems {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter_map(|package| {
            let name = package["name"].as_str().unwrap_or_default();
            if is_second_tls(name) {
                return Some(format!("{name}: the one TLS stack here is rustls"));
            }
            let Some(licence) = package["license"].as_str() else {
                return Some(format!("{name}: names no licence"));
            };
            (!is_allowed(licence)).then(|| format!("{name}: licence `{licence}` is not on the list"))
        })
        .collect()
}

/// `openssl-probe` only looks for certificate files of the system; there is no OpenSSL in it.
fn is_second_tls(name: &str) -> bool {
    name == "native-tls" || (name.starts_with("openssl") && name != "openssl-probe")
}

/// Whether an SPDX expression can be met with allowed licences alone. What does not parse is not allowed.
///
/// The `/` of older manifests means `OR`. `AND` binds tighter than `OR`, `WITH` tighter than both.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    alternatives(&words, &mut at) == Some(true) && at == words.len()
}

fn alternatives(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut allowed = all(words, at)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        allowed |= all(words, at)?;
    }
    Some(allowed)
}

fn all(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut allowed = one(words, at)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        allowed &= one(words, at)?;
    }
    Some(allowed)
}

fn one(words: &[&str], at: &mut usize) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    match word {
        "(" => {
            let inner = alternatives(words, at)?;
            (words.get(*at) == Some(&")")).then(|| *at += 1)?;
            Some(inner)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        licence => {
            // An exception only adds permissions to the licence it stands with.
            if words.get(*at) == Some(&"WITH") {
                words.get(*at + 1)?;
                *at += 2;
            }
            Some(ALLOWED.contains(&licence))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_are_read_as_spdx() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "ISC AND (Apache-2.0 OR GPL-2.0-only)",
            "Apache-2.0 WITH LLVM-exception OR MIT",
            "(MIT)",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in
            ["GPL-3.0-only", "MIT AND GPL-3.0-only", "", "MIT OR", "MIT)", "(MIT", "MIT MIT", "mit", "OR"]
        {
            assert!(!is_allowed(bad), "{bad}");
        }
        // AND binds tighter: neither side can be met.
        assert!(!is_allowed("GPL-2.0-only OR MIT AND GPL-3.0-only"));
    }

    #[test]
    fn other_tls_stacks_and_unlicensed_crates_are_found() {
        let one = |name, licence: Option<&str>| {
            check(&json!({"packages": [{"name": name, "license": licence}]})).len()
        };
        assert_eq!(one("rustls", Some("MIT")), 0);
        assert_eq!(one("openssl-probe", Some("MIT")), 0);
        assert_eq!(one("openssl-sys", Some("MIT")), 1);
        assert_eq!(one("native-tls", Some("MIT")), 1);
        assert_eq!(one("mystery", None), 1);
    }
}
