//! Platforms, floors, subjects and values, and the tables the build made of the files.

use super::{Date, Fact};
use std::fmt;
use std::str::FromStr;

include!(concat!(env!("OUT_DIR"), "/atlas.rs"));

/// A column of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Every platform of Microsoft Entra ID.
    Any,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
    /// iOS and iPadOS.
    Ios,
    /// Android.
    Android,
    /// Linux.
    Linux,
    /// Passband itself, on every platform its agent runs on.
    Passband,
}

impl Platform {
    /// Those that have a column of their own, in order.
    pub const COLUMNS: [Self; 6] =
        [Self::Windows, Self::Macos, Self::Ios, Self::Android, Self::Linux, Self::Passband];

    /// The name in files and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Windows => "windows",
            Self::Macos => "macos",
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Linux => "linux",
            Self::Passband => "passband",
        }
    }

    /// The name a person reads.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Any => "All platforms",
            Self::Windows => "Windows",
            Self::Macos => "macOS",
            Self::Ios => "iOS / iPadOS",
            Self::Android => "Android",
            Self::Linux => "Linux",
            Self::Passband => "Passband",
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A word that names no platform or floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    expected: &'static str,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", self.expected)
    }
}

impl std::error::Error for Unknown {}

impl FromStr for Platform {
    type Err = Unknown;

    fn from_str(key: &str) -> Result<Self, Unknown> {
        let all = [Self::Any].into_iter().chain(Self::COLUMNS);
        let unknown = Unknown { expected: "any, windows, macos, ios, android, linux, passband" };
        all.into_iter().find(|platform| platform.key() == key).ok_or(unknown)
    }
}

/// One of the four floors of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What hardware and system can prove.
    Platform,
    /// How a device becomes known.
    Device,
    /// Passkeys and their rules.
    Authentication,
    /// What follows the sign-in.
    Session,
}

impl Section {
    /// All four, from the hardware up.
    pub const ALL: [Self; 4] = [Self::Platform, Self::Device, Self::Authentication, Self::Session];

    /// The name in files and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Device => "device",
            Self::Authentication => "authentication",
            Self::Session => "session",
        }
    }
}

impl FromStr for Section {
    type Err = Unknown;

    fn from_str(key: &str) -> Result<Self, Unknown> {
        let unknown = Unknown { expected: "platform, device, authentication, session" };
        Self::ALL.into_iter().find(|section| section.key() == key).ok_or(unknown)
    }
}

/// A floor as the map shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct SectionInfo {
    /// Which one.
    pub section: Section,
    /// Its title.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// The subjects the band of a platform is read from; the best of them counts.
    pub band: &'static [&'static str],
    /// The groups of its rows, in order.
    pub groups: &'static [Group],
}

/// Rows that belong together.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in the vocabulary.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
}

/// A row of the map.
#[derive(Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its name in facts and on the command line.
    pub key: &'static str,
    /// The floor it stands on.
    pub section: Section,
    /// Which group of the floor, counted from 0.
    pub group: usize,
    /// Its place among all subjects.
    pub order: usize,
    /// Its title.
    pub title: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// Whether it stands in the table itself, or under "more".
    pub main: bool,
    /// Whether the title begins with a name, which keeps its capital inside a sentence.
    pub name: bool,
}

impl Subject {
    /// The title inside a sentence.
    #[must_use]
    pub fn inside(&self) -> String {
        let mut letters = self.title.chars();
        match letters.next() {
            Some(first) if !self.name => first.to_lowercase().chain(letters).collect(),
            _ => self.title.to_owned(),
        }
    }
}

/// What a value means for the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It works, or the key is safe.
    Yes,
    /// In part, under conditions, or as a preview.
    Limited,
    /// It does not work, or nothing protects.
    No,
    /// The question does not arise.
    NotApplicable,
    /// Sources disagree: treat it as unknown.
    Disputed,
    /// A description, neither good nor bad.
    Text,
}

impl Standing {
    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Limited => "limited",
            Self::No => "no",
            Self::NotApplicable => "not-applicable",
            Self::Disputed => "disputed",
            Self::Text => "text",
        }
    }

    /// The sign that stands for it, beside its word.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Yes => "✓",
            Self::Limited => "◐",
            Self::No => "✕",
            Self::NotApplicable => "–",
            Self::Disputed => "⚠",
            Self::Text => "·",
        }
    }
}

/// How strongly a value proves its floor, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Somebody said so.
    Claimed,
    /// A key signs for it.
    Proved,
    /// A key in hardware signs for it.
    Hardware,
}

impl Level {
    /// The word of the band.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Claimed => "claimed",
            Self::Proved => "proved",
            Self::Hardware => "hardware",
        }
    }
}

/// How sure a fact is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Inferred, or one weak source.
    Low,
    /// A secondary source, or by omission.
    Medium,
    /// A primary source says so.
    High,
}

impl Confidence {
    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a value says.
#[derive(Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name in facts.
    pub key: &'static str,
    /// The word a person reads.
    pub word: &'static str,
    /// What it means for the one who asks.
    pub standing: Standing,
    /// What it says, a sentence.
    pub meaning: &'static str,
    /// How strongly it proves its floor.
    pub level: Level,
}

/// Where something was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in facts.
    pub key: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its address; none for Passband's own tests.
    pub url: Option<&'static str>,
    /// Why its age is accepted: [`super::Atlas::check`] lists its facts without failing.
    pub acknowledged: Option<&'static str>,
}

pub(super) fn facts() -> &'static [Fact] {
    &FACTS
}

pub(super) fn sections() -> &'static [SectionInfo] {
    &SECTIONS
}

pub(super) fn subjects() -> &'static [Subject] {
    &SUBJECTS
}

pub(super) fn values() -> &'static [Value] {
    &VALUES
}
