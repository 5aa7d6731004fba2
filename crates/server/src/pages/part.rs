//! What several pages share: the band, a time, a notice, the hidden anti-forgery field.

use askama::Template;
use askama::filters::HtmlSafe;
use passband_wire::time::Timestamp;
use std::fmt;

/// How strongly one floor of the chain is proved, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Somebody said so, and nothing backs it.
    Claimed,
    /// A key signed for it.
    Proved,
    /// A key signed for it, and evidence says that the key cannot leave its hardware.
    Hardware,
}

impl Level {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Claimed, Self::Proved, Self::Hardware];

    /// The word a person reads, also the end of the class name and the name on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Claimed => "claimed",
            Self::Proved => "proved",
            Self::Hardware => "hardware",
        }
    }

    /// What the level means on any floor, for the legend.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Unknown => "nothing has been shown yet",
            Self::Claimed => "somebody said so; nothing backs it",
            Self::Proved => "a key signed for it",
            Self::Hardware => "the key that signed cannot leave its hardware",
        }
    }
}

/// One of the four floors of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// What hardware and operating system can prove about a key.
    Platform,
    /// How the device is known here.
    Device,
    /// How the person proved who they are.
    Authn,
    /// What the session is tied to.
    Session,
}

impl Floor {
    /// The word a person reads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Platform => "Platform",
            Self::Device => "Device",
            Self::Authn => "Sign-in",
            Self::Session => "Session",
        }
    }

    /// The name on the wire and in the specification of the band.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Device => "device",
            Self::Authn => "authn",
            Self::Session => "session",
        }
    }

    /// What a level means on this floor, in one short sentence.
    #[must_use]
    pub const fn sentence(self, level: Level) -> &'static str {
        match (self, level) {
            (Self::Platform, Level::Unknown) => "No evidence about the hardware",
            (Self::Platform, Level::Claimed) => "Says what it is, without evidence",
            (Self::Platform, Level::Proved) => "Its maker vouches for the model",
            (Self::Platform, Level::Hardware) => "Its maker vouches for the key in hardware",
            (Self::Device, Level::Unknown) => "Not a device we know",
            (Self::Device, Level::Claimed) => "A device we know, not proved this time",
            (Self::Device, Level::Proved) => "Its device key signed",
            (Self::Device, Level::Hardware) => "Its device key signed, inside hardware",
            (Self::Authn, Level::Unknown) => "Nobody has signed in",
            (Self::Authn, Level::Claimed) => "A pass or code that could be passed on",
            (Self::Authn, Level::Proved) => "A passkey, and its owner was checked",
            (Self::Authn, Level::Hardware) => "A passkey held in hardware, owner checked",
            (Self::Session, Level::Unknown) => "No session",
            (Self::Session, Level::Claimed) => "A cookie: whoever holds it can use it",
            (Self::Session, Level::Proved) => "Useless without its key",
            (Self::Session, Level::Hardware) => "Useless without its key, held in hardware",
        }
    }
}

/// Four segments, one a floor. Prints as the small form; [`wide`](Self::wide) is the form with words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "part/band.html")]
pub struct Band {
    /// Evidence about the hardware.
    pub platform: Level,
    /// How the device is known.
    pub device: Level,
    /// How the person signed in.
    pub authn: Level,
    /// What the session is tied to.
    pub session: Level,
}

impl HtmlSafe for Band {}

impl Band {
    /// Floor by floor, from the hardware up.
    #[must_use]
    pub const fn floors(&self) -> [(Floor, Level); 4] {
        [
            (Floor::Platform, self.platform),
            (Floor::Device, self.device),
            (Floor::Authn, self.authn),
            (Floor::Session, self.session),
        ]
    }

    /// The band as a sentence: what a screen reader says and a pointer shows.
    #[must_use]
    pub fn words(&self) -> String {
        let [platform, device, authn, session] =
            self.floors().map(|(floor, level)| format!("{} {}", floor.word().to_lowercase(), level.word()));
        format!("Band: {platform}, {device}, {authn}, {session}")
    }

    /// The large form, each floor with its word.
    #[must_use]
    pub const fn wide(self) -> Wide {
        Wide { band: self, sentences: false }
    }

    /// The large form, each floor with its word and a sentence.
    #[must_use]
    pub const fn told(self) -> Wide {
        Wide { band: self, sentences: true }
    }
}

/// The large form of a band: bars standing on a line, words beneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(path = "part/wide.html")]
pub struct Wide {
    band: Band,
    sentences: bool,
}

impl HtmlSafe for Wide {}

/// The four levels and what they mean, behind one click.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "part/legend.html")]
pub(super) struct Legend;

impl HtmlSafe for Legend {}

/// The legend of the band, for the foot of a page.
pub(super) const fn legend() -> Legend {
    Legend
}

/// The hidden field that ties a form to the session it was made for.
///
/// Without it another site could make a signed-in browser post our forms (cross-site request forgery).
#[derive(Clone, Template)]
#[template(path = "part/csrf.html")]
pub struct Csrf(pub String);

impl HtmlSafe for Csrf {}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csrf(..)")
    }
}

/// A value shown once to the person it is for, and never printed by a log.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value on its way to a page.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one template that shows it.
    pub(super) fn shown(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// An instant, printed as a `time` element with text in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(path = "part/when.html")]
pub struct When(pub Timestamp);

impl HtmlSafe for When {}

impl When {
    /// `22 Nov 2026, 14:02 UTC`.
    fn text(self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let machine = self.0.rfc3339();
        let mut date = machine.splitn(3, '-');
        let (year, month, rest) = (date.next(), date.next(), date.next());
        let name = month.and_then(|m| m.parse::<usize>().ok()).and_then(|m| MONTHS.get(m.wrapping_sub(1)));
        match (year, name, rest.and_then(|r| Some((r.get(..2)?, r.get(3..8)?)))) {
            (Some(year), Some(month), Some((day, clock))) => {
                format!("{} {month} {year}, {clock} UTC", day.trim_start_matches('0'))
            }
            // Years before 0 or past 9999 have no such parts; the machine's form is still true.
            _ => machine,
        }
    }
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// What kind of message a page carries above its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something was done.
    Done,
    /// Something was refused or went wrong.
    Refused,
}

/// A message above the content of a page.
#[derive(Clone, Debug, Template)]
#[template(path = "part/notice.html")]
pub struct Notice {
    /// Done or refused.
    pub kind: NoticeKind,
    /// One or two plain sentences: what happened, what to do.
    pub text: String,
    /// The reason code, shown small, for whoever reads the sign-in log.
    pub code: Option<String>,
}

impl HtmlSafe for Notice {}

impl Notice {
    /// Something was done.
    #[must_use]
    pub fn done(text: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Done, text: text.into(), code: None }
    }

    /// Something was refused, for the reason `code`.
    #[must_use]
    pub fn refused(text: impl Into<String>, code: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Refused, text: text.into(), code: Some(code.into()) }
    }

    const fn is_refusal(&self) -> bool {
        matches!(self.kind, NoticeKind::Refused)
    }
}

/// Where to go next, with the words on it.
#[derive(Clone, Debug)]
pub struct Link {
    /// The target; the route vouches for it.
    pub href: String,
    /// The words on it.
    pub text: String,
}

/// Who is looking at the page.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Their display name.
    pub name: String,
    /// Their `userPrincipalName`.
    pub upn: String,
    /// Whether to show the way to the console. Access itself is the route's to check.
    pub is_admin: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_like_a_date_and_carries_the_machine_form() {
        let html = When(Timestamp(1_795_348_800)).to_string();
        assert_eq!(html.trim(), r#"<time datetime="2026-11-22T12:00:00Z">22 Nov 2026, 12:00 UTC</time>"#);
        assert_eq!(When(Timestamp(951_782_400)).text(), "29 Feb 2000, 00:00 UTC");
        assert_eq!(When(Timestamp(0)).text(), "1 Jan 1970, 00:00 UTC");
        // Outside four-digit years it falls back instead of failing.
        assert!(!When(Timestamp(i64::MAX / 2)).text().is_empty());
        assert!(!When(Timestamp(-100_000_000_000)).text().is_empty());
    }

    #[test]
    fn a_band_says_every_floor_in_words() {
        let band = Band {
            platform: Level::Unknown,
            device: Level::Claimed,
            authn: Level::Proved,
            session: Level::Hardware,
        };
        assert_eq!(band.words(), "Band: platform unknown, device claimed, sign-in proved, session hardware");
        let small = band.to_string();
        for level in Level::ALL {
            assert_eq!(small.matches(&format!("seg-{}", level.word())).count(), 1, "{small}");
        }
        let wide = band.told().to_string();
        for (floor, level) in band.floors() {
            assert!(wide.contains(floor.word()) && wide.contains(floor.sentence(level)), "{wide}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(
            format!("{:?} {:?}", Secret::new("hunter2".into()), Csrf("hunter2".into())),
            "Secret(..) Csrf(..)"
        );
    }
}
