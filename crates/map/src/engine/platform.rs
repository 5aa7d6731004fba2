//! Whether a passkey can be used in a place at a date, by the rows of the [table](super::table).

use super::kit::{Kit, Way};
use super::table::{Ability, Kind, MODELS, ROWS, Row, Standing};
use super::why::Why;
use crate::model::Browser;
use crate::version::Version;
use passband_core::policy::access::facts::{Platform, Truth};
use passband_core::time::Timestamp;

/// What can be said of something, and if it is not a yes, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether it is so.
    pub truth: Truth,
    /// Why not, or why nobody can tell.
    pub why: Option<Why>,
}

impl Said {
    /// It is.
    pub const YES: Self = Self { truth: Truth::Yes, why: None };

    /// It is not.
    #[must_use]
    pub const fn no(why: Why) -> Self {
        Self { truth: Truth::No, why: Some(why) }
    }

    /// Nobody can tell.
    #[must_use]
    pub const fn unsure(why: Why) -> Self {
        Self { truth: Truth::Unknown, why: Some(why) }
    }

    /// Both; the worse gives the reason.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::No, _) => self,
            (_, Truth::No) => other,
            (Truth::Unknown, _) => self,
            _ => other,
        }
    }

    /// Either; a yes wins, and of two others the better.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::Yes, _) => self,
            (_, Truth::Yes) => other,
            (Truth::Unknown, _) => self,
            _ => other,
        }
    }
}

/// The day of an instant, as facts write theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day(String);

impl Day {
    /// The day in UTC.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.rfc3339().chars().take(10).collect())
    }

    /// The day as text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether a fact with these dates was true then. A month begins on its first day.
    fn is_in(&self, row: &Row) -> bool {
        // `2026-03` sorts before `2026-03-01`, as it should.
        row.since.is_none_or(|since| since <= self.0.as_str())
            && row.until.is_none_or(|until| self.0.as_str() < until)
    }
}

/// The rows that were true on a day.
#[derive(Clone, Debug)]
pub struct Today {
    rows: Vec<&'static Row>,
}

impl Today {
    /// The rows that were true on that day. Of several about one thing the one that began last counts; of those without
    /// a beginning the one with an end, since it is the earlier state.
    #[must_use]
    pub fn new(day: &Day) -> Self {
        let mut rows: Vec<_> = ROWS.iter().filter(|row| day.is_in(row)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.since.unwrap_or(""), row.until.is_some())));
        Self { rows }
    }

    fn row(&self, ability: Ability, platform: Platform) -> Option<&'static Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.ability == ability && row.platform.is_none_or(|it| it == platform)).copied()
    }

    /// What the map says of it on a device.
    #[must_use]
    pub fn of(&self, ability: Ability, platform: Platform, kit: &Kit) -> Said {
        let Some(row) = self.row(ability, platform) else { return Said::no(Why::NotOnPlatform(platform)) };
        let why = Why::Platform(row.fact);
        let said = match row.standing {
            Standing::Works => Said::YES,
            Standing::Preview | Standing::Unsure => Said::unsure(why),
            Standing::Not => Said::no(why),
            Standing::WithSso => with(kit.sso, why, Why::SsoUnknown(row.fact)),
            Standing::WithSsoManaged => with(kit.sso, why, Why::SsoUnknown(row.fact)).and(with(
                kit.managed,
                why,
                Why::ManagedUnknown(row.fact),
            )),
        };
        said.and(match (row.least.and_then(|least| Version::parse(platform, least)), kit.version) {
            (None, _) => Said::YES,
            (Some(least), Some(version)) if version >= least => Said::YES,
            (Some(_), Some(_)) => Said::no(Why::OsTooOld(row.fact)),
            (Some(_), None) => Said::unsure(Why::OsVersionUnknown(row.fact)),
        })
    }
}

const fn with(has: Option<bool>, without: Why, unknown: Why) -> Said {
    match has {
        Some(true) => Said::YES,
        Some(false) => Said::no(without),
        None => Said::unsure(unknown),
    }
}

/// The kind of a passkey, by its model and whether it is synced.
#[must_use]
pub fn kind_of(aaguid: Option<[u8; 16]>, synced: Option<bool>) -> Kind {
    let known = aaguid.filter(|it| *it != [0; 16]);
    match (known.and_then(model), known, synced) {
        (Some((kind, _)), ..) => kind,
        (None, Some(_), Some(false)) => Kind::Key,
        (None, Some(_), Some(true)) => Kind::OtherSynced,
        (None, None, Some(true)) => Kind::SomeSynced,
        (None, ..) => Kind::Unknown,
    }
}

/// The kind and the name of a model that the map names.
#[must_use]
pub fn model(aaguid: [u8; 16]) -> Option<(Kind, &'static str)> {
    let text = passband_core::authn::profile::document::aaguid_text(aaguid);
    MODELS.iter().find(|it| it.0 == text).map(|it| (it.1, it.2))
}

/// Whether a kind is synced, for passkeys of which nobody said.
#[must_use]
pub const fn is_synced(kind: Kind) -> Option<bool> {
    match kind {
        Kind::Apple | Kind::Google | Kind::OtherSynced | Kind::SomeSynced => Some(true),
        Kind::Unknown => None,
        _ => Some(false),
    }
}

/// Whether a passkey of this kind can be used here. `mail`: in Outlook, Teams or OneDrive, if the way is an app.
#[must_use]
pub fn can_use(today: &Today, kind: Kind, kit: &Kit, way: Way, mail: Option<bool>) -> Said {
    let platform = match kit.platform {
        Some(Some(platform)) => platform,
        Some(None) | None => return Said::unsure(Why::PlatformUnknown),
    };
    let of = |ability| today.of(ability, platform, kit);
    let program = match way {
        Way::Browser(browser) => of(Ability::Browser(browser)),
        Way::App if is_phone(kind) => of(Ability::NativePhone),
        Way::App => of(Ability::Native),
        Way::AppAlone => match mail {
            Some(true) => of(Ability::AloneMail),
            Some(false) => of(Ability::Alone),
            None => both(of(Ability::Alone), of(Ability::AloneMail)),
        },
    };
    program.and(kept(&of, kind, platform, kit, way))
}

/// Yes if both, no if neither.
const fn both(one: Said, other: Said) -> Said {
    match (one.truth, other.truth) {
        (Truth::Yes, Truth::No) => Said { truth: Truth::Unknown, why: other.why },
        (Truth::No, Truth::Yes) => Said { truth: Truth::Unknown, why: one.why },
        _ => one.and(other),
    }
}

const fn is_phone(kind: Kind) -> bool {
    matches!(kind, Kind::AndroidPhone | Kind::IosPhone)
}

/// Whether what keeps the passkey can be asked for it here.
fn kept(of: &dyn Fn(Ability) -> Said, kind: Kind, platform: Platform, kit: &Kit, way: Way) -> Said {
    // Kept on one device of theirs; on which, no export says.
    let local = |said: Said| said.and(if kit.sole { Said::YES } else { Said::unsure(Why::WhereKept) });
    match kind {
        Kind::Key => Said::YES,
        Kind::AndroidPhone if platform == Platform::Android => local(of(Ability::Phone)),
        Kind::IosPhone if platform == Platform::Ios => local(of(Ability::Phone)),
        Kind::AndroidPhone | Kind::IosPhone => match (platform, way) {
            (Platform::Linux, Way::Browser(Browser::Firefox)) => {
                Said::no(Why::Platform("auth.linux.fido2.browser.firefox"))
            }
            _ => of(Ability::CrossDevice),
        },
        Kind::Hello => local(of(Ability::Hello)),
        Kind::MacCredential => local(of(Ability::MacCredential)),
        Kind::MacBrowser(browser) => match (platform, way) {
            (Platform::MacOs, Way::Browser(it)) if it == browser => local(Said::YES),
            _ => Said::no(Why::OtherStore),
        },
        Kind::Apple => of(Ability::Synced).and(of(Ability::Apple)),
        Kind::Google => of(Ability::Synced).and(of(Ability::Google)).and(google(platform, kit, way)),
        Kind::OtherSynced => of(Ability::Synced).and(of(Ability::OtherSynced)),
        Kind::SomeSynced => of(Ability::Synced).and(Said::unsure(Why::ModelUnknown)),
        Kind::Unknown => Said::unsure(Why::ModelUnknown),
    }
}

/// Google's needs Chrome except on Android, where Samsung's devices are excepted.
fn google(platform: Platform, kit: &Kit, way: Way) -> Said {
    match (platform, way) {
        (Platform::Android, _) => {
            let fact = "auth.android.passkey.synced.google";
            match kit.samsung {
                Some(true) => Said::no(Why::Platform(fact)),
                Some(false) => Said::YES,
                None => Said::unsure(Why::MakerUnknown(fact)),
            }
        }
        (_, Way::Browser(Browser::Chrome)) | (Platform::Linux, _) => Said::YES,
        (Platform::Windows, _) => Said::no(Why::Platform("auth.windows.passkey.synced.google")),
        (Platform::MacOs, _) => Said::no(Why::Platform("auth.macos.passkey.synced.google")),
        (Platform::Ios, _) => Said::no(Why::Platform("auth.ios.passkey.synced.google")),
        _ => Said::no(Why::NotOnPlatform(platform)),
    }
}
