//! Versions of operating systems, compared. Exports write them as builds (`10.0.22631.4317`), lists of devices as people
//! say them (`11 23H2`).

use passband_core::policy::access::facts::Platform;
use std::fmt;

/// The version of an operating system: numbers from the left, compared one by one.
///
/// Of Windows it is the number of the kernel, `10.0.22631`, however it was written; so Windows 10 and 11 compare as
/// their builds do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u32; 4]);

/// The releases of Windows and the builds they began with (Microsoft's release health pages, as of 2026-11).
const WINDOWS: [(u32, &str, u32); 22] = [
    (10, "1507", 10240),
    (10, "1511", 10586),
    (10, "1607", 14393),
    (10, "1703", 15063),
    (10, "1709", 16299),
    (10, "1803", 17134),
    (10, "1809", 17763),
    (10, "1903", 18362),
    (10, "1909", 18363),
    (10, "2004", 19041),
    (10, "20H2", 19042),
    (10, "21H1", 19043),
    (10, "21H2", 19044),
    (10, "22H2", 19045),
    (11, "21H2", 22000),
    (11, "22H2", 22621),
    (11, "23H2", 22631),
    (11, "24H2", 26100),
    (11, "25H2", 26200),
    // A release for new devices on Arm alone; it is newer than 25H2.
    (11, "26H1", 28000),
    // Servers share the kernel's numbering; they are named so that a list of devices may hold one.
    (2022, "", 20348),
    (2025, "", 26100),
];

/// The first build of Windows 11.
const WINDOWS_11: u32 = 22000;
/// Most bytes of a version's text. Longer ones are somebody's prose.
const MAX_TEXT: usize = 64;

impl Version {
    /// The version of these numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch, 0])
    }

    /// The version of Windows with this build.
    #[must_use]
    pub const fn windows(build: u32) -> Self {
        Self([10, 0, build, 0])
    }

    /// Reads a version as exports and people write it. `None` if it cannot be compared: `Windows` alone, `11` for
    /// Windows, whose first build is not the only one, is read as the earliest it can be.
    #[must_use]
    pub fn parse(platform: Platform, text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        match platform {
            Platform::Windows => windows(text),
            _ => numbers(first_number(text)?),
        }
    }

    /// Of Windows, its build.
    #[must_use]
    pub const fn build(self) -> u32 {
        self.0[2]
    }

    /// The first number: 14 of `14.4.1`.
    #[must_use]
    pub const fn major(self) -> u32 {
        self.0[0]
    }

    /// The version as people of that platform say it: `11 23H2`, `14.4`.
    #[must_use]
    pub fn name(self, platform: Platform) -> String {
        if platform != Platform::Windows {
            return self.to_string();
        }
        let release = WINDOWS.iter().rfind(|(edition, _, build)| *edition < 2000 && *build <= self.build());
        match release {
            Some((edition, name, build)) if *build == self.build() => format!("{edition} {name}"),
            Some((edition, ..)) => format!("{edition} build {}", self.build()),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.0.iter().rposition(|it| *it != 0).map_or(1, |last| last + 1);
        for (at, number) in self.0[..said].iter().enumerate() {
            write!(f, "{}{number}", if at == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// The text from its first digit on: `iOS 17.1` is written in lists as often as `17.1`.
fn first_number(text: &str) -> Option<&str> {
    text.find(|c: char| c.is_ascii_digit()).map(|at| &text[at..])
}

/// Up to four numbers with points between; what follows them (`(19G82)`, `-beta`) is not compared.
fn numbers(text: &str) -> Option<Version> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let mut version = [0; 4];
    for (at, part) in text[..end].trim_end_matches('.').split('.').take(4).enumerate() {
        version[at] = part.parse().ok()?;
    }
    Some(Version(version))
}

fn windows(text: &str) -> Option<Version> {
    let lower = text.to_ascii_lowercase();
    let rest = first_number(&lower)?;
    let read = numbers(rest)?;
    if read.0[0] == 10 && read.0[1] == 0 && read.build() >= WINDOWS[0].2 {
        return Some(read);
    }
    // A build alone, or behind a word: `22631.4317`, `build 22631`.
    if read.0[0] >= WINDOWS[0].2 {
        return Some(Version([10, 0, read.0[0], read.0[1]]));
    }
    let words = || lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').filter(|it| !it.is_empty());
    let edition =
        words().find_map(|word| word.parse::<u32>().ok().filter(|it| [10, 11, 2022, 2025].contains(it)));
    let releases = || WINDOWS.iter().filter(|(of, ..)| edition.is_none_or(|edition| *of == edition));
    for word in words() {
        if let Ok(build) = word.split('.').next().unwrap_or(word).parse::<u32>()
            && build >= WINDOWS[0].2
        {
            return Some(Version::windows(build));
        }
        if let Some((.., build)) = releases().find(|(_, name, _)| name.eq_ignore_ascii_case(word)) {
            return Some(Version::windows(*build));
        }
    }
    // Windows 10 and 11 without a release: the earliest it can be, so that nothing is promised too early.
    match edition {
        Some(11) => Some(Version::windows(WINDOWS_11)),
        Some(_) => releases().next().map(|(.., build)| Version::windows(*build)),
        None => (read.0[0] < 10).then_some(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Platform::{Android, Ios, MacOs, Windows};

    fn v(platform: Platform, text: &str) -> Option<Version> {
        Version::parse(platform, text)
    }

    #[test]
    fn a_release_of_windows_and_its_build_are_the_same() {
        for (text, build) in [
            ("10.0.22631.4317", 22631),
            ("10.0.22631", 22631),
            ("22631.4317", 22631),
            ("11 23H2", 22631),
            ("Windows 11 23h2", 22631),
            ("Windows 11, version 23H2", 22631),
            ("Windows 11 Enterprise build 22631.2", 22631),
            ("10 22H2", 19045),
            ("11 22H2", 22621),
            ("1709", 16299),
            ("11", 22000),
            ("10", 10240),
            ("Windows 11 Pro", 22000),
            ("Windows Server 2022", 20348),
        ] {
            assert_eq!(v(Windows, text).map(Version::build), Some(build), "{text}");
        }
        for none in ["", "Windows", "99", &"1".repeat(65)] {
            assert_eq!(v(Windows, none), None, "{none}");
        }
        assert_eq!(v(Windows, "10.0.22631.4317").map(|it| it.name(Windows)).as_deref(), Some("11 23H2"));
        assert_eq!(v(Windows, "10.0.22635.1").map(|it| it.name(Windows)).as_deref(), Some("11 build 22635"));
        assert_eq!(v(Windows, "6.1.7601").map(|it| it.name(Windows)).as_deref(), Some("6.1.7601"));
    }

    #[test]
    fn windows_ten_comes_before_eleven() {
        let order = ["6.1.7601", "10 1809", "10.0.19045.5", "11", "11 22H2", "10.0.22631.1", "11 24H2"];
        let read: Vec<_> = order.iter().map(|it| v(Windows, it).unwrap()).collect();
        assert!(read.is_sorted_by(|a, b| a < b), "{read:?}");
    }

    #[test]
    fn other_platforms_count_from_the_left() {
        assert_eq!(v(Ios, "17.1.2"), Some(Version::new(17, 1, 2)));
        assert_eq!(v(Ios, "iOS 17.1"), Some(Version::new(17, 1, 0)));
        assert_eq!(v(MacOs, "14.4.1 (23E224)"), Some(Version::new(14, 4, 1)));
        assert_eq!(v(Android, "14"), Some(Version::new(14, 0, 0)));
        assert!(v(Ios, "9.3") < v(Ios, "17.0"), "as numbers, not as text");
        assert_eq!(v(MacOs, "Sonoma"), None);
        assert_eq!(v(Ios, "99999999999"), None);
        assert_eq!(Version::new(17, 0, 0).to_string(), "17");
        assert_eq!(Version::new(14, 0, 1).to_string(), "14.0.1");
    }
}
