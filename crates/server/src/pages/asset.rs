//! Style, scripts and pictures: part of the binary, so that a page never waits for another host.

use std::sync::LazyLock;

/// One file under `/assets/`.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: &'static [u8],
    /// A strong entity tag, quotes included (RFC 9110 §8.8.3).
    pub etag: &'static str,
}

struct File {
    name: &'static str,
    content_type: &'static str,
    body: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

static FILES: [File; 6] = [
    File { name: "passband.css", content_type: CSS, body: include_bytes!("../../assets/passband.css") },
    File { name: "passkey.js", content_type: JS, body: include_bytes!("../../assets/passkey.js") },
    File { name: "page.js", content_type: JS, body: include_bytes!("../../assets/page.js") },
    File { name: "map.css", content_type: CSS, body: passband_map::atlas::page::STYLE.as_bytes() },
    File { name: "map.js", content_type: JS, body: passband_map::atlas::page::SCRIPT.as_bytes() },
    File {
        name: "favicon.svg",
        content_type: "image/svg+xml",
        body: include_bytes!("../../assets/favicon.svg"),
    },
];

static ETAGS: LazyLock<[String; 6]> =
    LazyLock::new(|| FILES.each_ref().map(|file| format!("\"{:016x}\"", fnv1a(FNV_OFFSET, file.body))));

/// One short name for the state of all assets: pages put it in asset addresses as `?v=`, so a new version of the
/// server is never shown with the style of the old one, and the files may be cached for good.
#[must_use]
pub fn asset_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let all = FILES.iter().fold(FNV_OFFSET, |hash, file| fnv1a(hash, file.body));
        format!("{all:016x}")
    });
    &VERSION
}

/// The asset called `name`: what follows `/assets/` in the path. Names are matched whole, nothing is looked up on
/// disk.
#[must_use]
pub fn asset(name: &str) -> Option<Asset> {
    let at = FILES.iter().position(|file| file.name == name)?;
    let (file, etag) = (FILES.get(at)?, ETAGS.get(at)?);
    Some(Asset { content_type: file.content_type, body: file.body, etag })
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// A strong entity tag of a page that is the same for everybody (RFC 9110 §8.8.3), quotes included.
pub(super) fn etag(body: &[u8]) -> String {
    format!("\"{:016x}\"", fnv1a(FNV_OFFSET, body))
}

/// FNV-1a, 64 bits: tells versions of our own files apart. Nothing of security rests on it.
fn fnv1a(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_by_their_whole_name_only() {
        for name in names() {
            let found = asset(name).unwrap();
            assert!(found.etag.len() == 18 && found.etag.starts_with('"') && !found.body.is_empty());
        }
        for other in ["", "passband", "../asset.rs", "PASSBAND.CSS", "passband.css/"] {
            assert!(asset(other).is_none(), "{other}");
        }
        let tags: std::collections::BTreeSet<_> = names().map(|n| asset(n).unwrap().etag).collect();
        assert_eq!(tags.len(), names().count());
    }

    #[test]
    fn fnv1a_matches_its_published_value() {
        // The authors' own test list: the empty string and "foobar".
        assert_eq!(fnv1a(FNV_OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
