//! Whether a passkey can be used in a place at a date, by what the [map](crate::atlas) said then.

use super::PLATFORMS;
use super::kit::{Kit, Way};
use super::table::{Ability, CONDITIONS, Kind, MEANS_YES, MODELS, Need};
use super::why::Why;
use crate::atlas::{self, Atlas, Confidence, Date, Platform as Column, Standing};
use crate::model::Browser;
use crate::version::Version;
use passband_core::id::KeyId;
use passband_core::policy::access::facts::{Platform, Truth};
use std::collections::BTreeMap;
use std::sync::LazyLock;

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

/// What the map says of one ability on one platform, on the day that is asked about.
#[derive(Clone, Debug)]
struct State {
    ability: Ability,
    platform: Platform,
    /// None before the first state that a source shows.
    now: Option<(&'static str, Truth, Vec<Need>)>,
}

/// What held on a day, by the map.
#[derive(Clone, Debug)]
pub struct Today {
    states: Vec<State>,
}

impl Today {
    /// What held on that day: of each row the state that the map gives for it.
    #[must_use]
    pub fn new(map: &Atlas, day: Date) -> Self {
        let states = PLATFORMS.iter().flat_map(|platform| {
            let of = move |ability: &Ability| State::on(map, day, *ability, *platform);
            Ability::ALL.iter().filter_map(of)
        });
        Self { states: states.collect() }
    }

    fn state(&self, ability: Ability, platform: Platform) -> Option<&State> {
        self.states.iter().find(|it| it.ability == ability && it.platform == platform)
    }

    /// A reason that rests on what the map says of it.
    #[must_use]
    pub fn why(&self, ability: Ability, platform: Platform) -> Why {
        let state = self.state(ability, platform);
        match state.map(|it| &it.now) {
            Some(Some((fact, ..))) => Why::Platform(fact),
            Some(None) => Why::MapSilent(ability.subject(platform), platform),
            None => Why::NotOnPlatform(platform),
        }
    }

    /// What the map says of it on a device.
    #[must_use]
    pub fn of(&self, ability: Ability, platform: Platform, kit: &Kit) -> Said {
        let why = self.why(ability, platform);
        let Some(state) = self.state(ability, platform) else { return Said::no(why) };
        // No source says anything of that day, which is not a no.
        let Some((fact, truth, needs)) = &state.now else { return Said::unsure(why) };
        let said = match truth {
            Truth::Yes => Said::YES,
            Truth::No => Said::no(why),
            Truth::Unknown => Said::unsure(why),
        };
        needs.iter().fold(said, |said, need| said.and(needed(*need, fact, platform, kit)))
    }
}

impl State {
    /// None where no state was ever known, which is how the map says that there is no such thing.
    fn on(map: &Atlas, day: Date, ability: Ability, platform: Platform) -> Option<Self> {
        let column = match platform {
            Platform::Windows => Column::Windows,
            Platform::MacOs => Column::Macos,
            Platform::Ios => Column::Ios,
            Platform::Android => Column::Android,
            Platform::Linux => Column::Linux,
            // The map has no column for it.
            Platform::WindowsPhone => return None,
        };
        let subject = ability.subject(platform);
        let now = map.standing(column, subject, day).map(|fact| {
            let yes = MEANS_YES.contains(&(fact.value, ability));
            let truth = match fact.standing() {
                // The map itself is not sure of it.
                _ if fact.confidence == Confidence::Low => Truth::Unknown,
                Standing::Yes => Truth::Yes,
                _ if yes => Truth::Yes,
                Standing::No | Standing::NotApplicable => Truth::No,
                // A preview works where somebody takes part; on others sources disagree.
                Standing::Limited | Standing::Disputed | Standing::Text => Truth::Unknown,
            };
            (fact.id, truth, fact.conditions.iter().flat_map(|it| meaning(it)).copied().collect())
        });
        let ever = || [column, Column::Any].into_iter().any(|it| map.has(it, subject));
        (now.is_some() || ever()).then_some(Self { ability, platform, now })
    }
}

/// What a condition asks; one that is not understood is a setting that nobody can see.
fn meaning(condition: &str) -> &'static [Need] {
    CONDITIONS.iter().find(|(text, _)| *text == condition).map_or(&[Need::Setting], |(_, needs)| *needs)
}

/// Whether a device has what a condition of this fact asks.
fn needed(need: Need, fact: &'static str, platform: Platform, kit: &Kit) -> Said {
    let why = Why::Platform(fact);
    match need {
        Need::Nothing => Said::YES,
        Need::Setting => Said::unsure(why),
        Need::Sso => with(kit.sso, why, Why::SsoUnknown(fact)),
        Need::Managed => with(kit.managed, why, Why::ManagedUnknown(fact)),
        Need::Least(least) => match (Version::parse(platform, least), kit.version) {
            (Some(least), Some(version)) if version >= least => Said::YES,
            (Some(_), Some(_)) => Said::no(Why::OsTooOld(fact)),
            _ => Said::unsure(Why::OsVersionUnknown(fact)),
        },
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

/// What the map knows of models: kind, name, and whether they are synced, where it is sure.
type Models = BTreeMap<[u8; 16], (Kind, &'static str, Option<bool>)>;

fn models() -> &'static Models {
    static MODELS: LazyLock<Models> = LazyLock::new(|| {
        let facts = Atlas::embedded().facts().iter();
        let of = |fact| {
            let (aaguid, (kind, name)) = named(fact)?;
            Some((aaguid, (kind, name, is_synced(kind).filter(|_| fact.confidence != Confidence::Low))))
        };
        facts.filter_map(of).collect()
    });
    &MODELS
}

/// The kind and the name of a model that the map names.
#[must_use]
pub fn model(aaguid: [u8; 16]) -> Option<(Kind, &'static str)> {
    models().get(&aaguid).map(|it| (it.0, it.1))
}

/// Whether passkeys of a model are synced, where nobody said; none where the map is not sure either.
#[must_use]
pub fn is_model_synced(aaguid: [u8; 16]) -> Option<bool> {
    models().get(&aaguid)?.2
}

/// The model that a fact is about, if it is about one.
fn named(fact: &atlas::Fact) -> Option<([u8; 16], (Kind, &'static str))> {
    let text = fact.subject.key.strip_prefix("aaguid.")?;
    let aaguid: KeyId = text.parse().ok()?;
    let kind = MODELS.iter().find(|(of, _)| *of == text).map(|(_, kind)| *kind);
    let kind = kind.or(match (fact.value, fact.platform) {
        ("synced", _) => Some(Kind::OtherSynced),
        ("device-bound", Column::Windows) => Some(Kind::Hello),
        ("device-bound", Column::Ios) => Some(Kind::IosPhone),
        ("device-bound", Column::Android) => Some(Kind::AndroidPhone),
        ("device-bound", Column::Any) => Some(Kind::Key),
        _ => None,
    });
    Some((*aaguid.as_bytes(), (kind?, fact.subject.title)))
}

/// Whether a kind is synced.
const fn is_synced(kind: Kind) -> Option<bool> {
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
    program.and(kept(today, kind, platform, kit, way))
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
fn kept(today: &Today, kind: Kind, platform: Platform, kit: &Kit, way: Way) -> Said {
    let of = |ability| today.of(ability, platform, kit);
    // Kept on one device of theirs; on which, no export says.
    let local = |said: Said| said.and(if kit.sole { Said::YES } else { Said::unsure(Why::WhereKept) });
    match kind {
        Kind::Key => Said::YES,
        Kind::AndroidPhone if platform == Platform::Android => local(of(Ability::Phone)),
        Kind::IosPhone if platform == Platform::Ios => local(of(Ability::Phone)),
        Kind::AndroidPhone | Kind::IosPhone => match (platform, way) {
            (Platform::Linux, Way::Browser(Browser::Firefox)) => {
                Said::no(today.why(Ability::Browser(Browser::Firefox), platform))
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
        Kind::Google => of(Ability::Synced).and(of(Ability::Google)).and(google(today, platform, kit, way)),
        Kind::OtherSynced => of(Ability::Synced).and(of(Ability::OtherSynced)),
        Kind::SomeSynced => of(Ability::Synced).and(Said::unsure(Why::ModelUnknown)),
        Kind::Unknown => Said::unsure(Why::ModelUnknown),
    }
}

/// Google's needs Chrome except on Android, where Samsung's devices are excepted.
fn google(today: &Today, platform: Platform, kit: &Kit, way: Way) -> Said {
    let why = today.why(Ability::Google, platform);
    match (platform, way) {
        (Platform::Android, _) => with(kit.samsung.map(|it| !it), why, why.of_maker()),
        (_, Way::Browser(Browser::Chrome)) | (Platform::Linux, _) => Said::YES,
        _ => Said::no(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::collections::BTreeSet;

    /// Every fact that the engine can come to, with the platform it is asked for.
    fn reached() -> Vec<(Ability, Platform, &'static atlas::Fact)> {
        let facts = Atlas::embedded().facts();
        let mut all = Vec::new();
        for (ability, platform) in
            Ability::ALL.iter().flat_map(|ability| PLATFORMS.map(|platform| (*ability, platform)))
        {
            let of = facts.iter().filter(|fact| {
                let here = fact.platform.key() == platform.name().to_lowercase();
                fact.subject.key == ability.subject(platform) && (here || fact.platform == Column::Any)
            });
            all.extend(of.map(|fact| (ability, platform, fact)));
        }
        all
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn every_ability_asks_a_row_that_is_there() {
        for ability in Ability::ALL {
            for platform in PLATFORMS {
                let subject = ability.subject(platform);
                assert!(Atlas::subject(subject).is_some(), "{ability:?} on {platform:?}: no row {subject}");
            }
            assert!(reached().iter().any(|it| it.0 == ability), "{ability:?}: the map says nothing of it");
        }
        // All columns were found by their names.
        for platform in PLATFORMS {
            let own = |fact: &atlas::Fact| fact.platform != Column::Any;
            assert!(reached().iter().any(|it| it.1 == platform && own(it.2)), "{platform:?}");
        }
    }

    #[test]
    fn every_condition_of_the_map_is_understood_and_none_is_left_over() {
        let mut used = BTreeSet::new();
        for (_, platform, fact) in reached() {
            for condition in fact.conditions {
                let Some((text, needs)) = CONDITIONS.iter().find(|(text, _)| text == condition) else {
                    panic!("{}: what does {condition:?} ask? Say it in CONDITIONS", fact.id);
                };
                used.insert(*text);
                for need in *needs {
                    if let Need::Least(least) = need {
                        assert!(Version::parse(platform, least).is_some(), "{}: {least}", fact.id);
                        let last = least.rsplit(' ').next().unwrap();
                        assert!(*least == "11 24H2" || condition.contains(last), "{condition}: {least}");
                    }
                }
            }
        }
        let left: Vec<_> = CONDITIONS.iter().filter(|(text, _)| !used.contains(text)).collect();
        assert!(left.is_empty(), "no fact has these any more: {left:?}");
    }

    #[test]
    fn every_value_means_something() {
        for (ability, _, fact) in reached() {
            let yes = MEANS_YES.contains(&(fact.value, ability));
            assert!(yes || fact.standing() != Standing::Text, "{}: {}", fact.id, fact.value);
        }
        for (value, ability) in MEANS_YES {
            assert!(reached().iter().any(|it| it.0 == *ability && it.2.value == *value), "{value}");
        }
    }

    /// The dates are the map's own: moved there, they are moved here.
    #[test]
    fn a_date_that_moves_in_the_map_moves_here() {
        let mac = Kit { sso: Some(true), managed: Some(true), ..Kit::elsewhere(Platform::MacOs, true) };
        let of = |map: &Atlas, at: &str| {
            Today::new(map, day(at)).of(Ability::TokenProtection, Platform::MacOs, &mac)
        };
        let protection = "sess.macos.token-protection.sign-in-session";
        assert_eq!(of(Atlas::embedded(), "2026-08-20"), Said::YES);
        let mut facts = Atlas::embedded().facts().to_vec();
        for fact in &mut facts {
            if fact.id.starts_with(protection) && fact.since == Some(day("2026-08-20")) {
                fact.since = Some(day("2026-09-15"));
            }
            if fact.id.starts_with(protection) && fact.valid_until == Some(day("2026-08-20")) {
                fact.valid_until = Some(day("2026-09-15"));
            }
        }
        let moved = Atlas::new(Cow::Owned(facts.clone()));
        assert_eq!(of(&moved, "2026-08-20").truth, Truth::Unknown);
        assert_eq!(of(&moved, "2026-09-15"), Said::YES);
        // A day of which no source says anything is not a no.
        facts.retain(|fact| !fact.id.starts_with(protection) || fact.since == Some(day("2026-09-15")));
        let silent = of(&Atlas::new(Cow::Owned(facts)), "2026-08-20");
        assert_eq!(silent.truth, Truth::Unknown);
        assert!(matches!(silent.why, Some(Why::MapSilent(..))), "{silent:?}");
    }

    /// Fail closed: what a new condition asks is not known before somebody says it, and what the map is unsure of is not
    /// sure here.
    #[test]
    fn a_condition_nobody_explained_makes_it_unknown() {
        let of = |change: fn(&mut atlas::Fact)| {
            let mut facts = Atlas::embedded().facts().to_vec();
            let chrome = facts.iter_mut().find(|fact| fact.id == "auth.linux.fido2.browser.chrome");
            change(chrome.unwrap());
            let today = Today::new(&Atlas::new(Cow::Owned(facts)), day("2026-11-22"));
            let kit = Kit::elsewhere(Platform::Linux, false);
            today.of(Ability::Browser(Browser::Chrome), Platform::Linux, &kit).truth
        };
        assert_eq!(of(|_| ()), Truth::Yes);
        assert_eq!(of(|it| it.conditions = &["a full moon"]), Truth::Unknown);
        assert_eq!(of(|it| it.confidence = Confidence::Low), Truth::Unknown);
    }

    #[test]
    fn every_model_of_the_map_has_a_kind() {
        let of = |it: &&atlas::Fact| ["device-bound", "synced"].contains(&it.value);
        let models = Atlas::embedded().facts().iter().filter(of);
        let models: Vec<_> = models.filter(|it| it.subject.key.starts_with("aaguid.")).collect();
        assert!(models.len() > 30, "{}", models.len());
        for fact in models {
            let (_, (kind, _)) = named(fact).unwrap_or_else(|| panic!("{}: of no kind", fact.id));
            assert_eq!(is_synced(kind), Some(fact.value == "synced"), "{}: {kind:?}", fact.id);
        }
        // Of Edge on a Mac the list does not state it.
        let id = |text: &str| *text.parse::<KeyId>().unwrap().as_bytes();
        assert_eq!(is_model_synced(id("771b48fd-d3d4-4f74-9232-fc157ab0507a")), None);
        assert_eq!(is_model_synced(id("adce0002-35bc-c60a-648b-0b25f1f05503")), Some(false));
        for (aaguid, kind) in MODELS {
            let id: KeyId = aaguid.parse().unwrap();
            assert_eq!(model(*id.as_bytes()).map(|it| it.0), Some(*kind), "{aaguid} is not in the map");
        }
    }
}
