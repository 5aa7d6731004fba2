//! Devices by what can matter: of thousands of devices a few kinds are left.

use crate::model::{Browser, Device, KeyStore};
use crate::version::Version;
use passband_core::policy::access::facts::{DeviceFacts, Fact, Platform, TrustType, Truth};
use passband_core::policy::access::model::Policy;
use passband_core::policy::signal::EvidenceLevel;
use rustc_hash::FxHashMap as HashMap;

/// Newer than any version there is.
pub(super) const NEWEST: Version = Version::new(u32::MAX, 0, 0);

/// A way to sign in on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// In a browser.
    Browser(Browser),
    /// In a native app that goes through the broker.
    App,
    /// In a native app without a broker.
    AppAlone,
}

impl Way {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Browser(Browser::Chrome),
        Self::Browser(Browser::Edge),
        Self::Browser(Browser::Firefox),
        Self::Browser(Browser::Safari),
        Self::App,
        Self::AppAlone,
    ];

    /// Whether it is a native app.
    #[must_use]
    pub const fn is_app(self) -> bool {
        matches!(self, Self::App | Self::AppAlone)
    }

    /// `chrome`, `edge`, `firefox`, `safari`, `app` or `appWithoutBroker`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser(browser) => browser.name(),
            Self::App => "app",
            Self::AppAlone => "appWithoutBroker",
        }
    }
}

/// What matters of a device. `None` is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Kit {
    /// The platform; `Some(None)` is one that policies do not name.
    pub platform: Option<Option<Platform>>,
    /// The version of the operating system.
    pub version: Option<Version>,
    /// How it is registered; `Some(None)`: not.
    pub trust: Option<Option<TrustType>>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// Whether it is compliant.
    pub compliant: Option<bool>,
    /// Whether it is managed.
    pub managed: Option<bool>,
    /// Whether a broker or single sign-on extension is set up.
    pub sso: Option<bool>,
    /// Whether hardware keeps its keys.
    pub hardware: Option<bool>,
    /// The browsers that are used, a bit each in the order of [`Browser::ALL`].
    pub browsers: Option<u8>,
    /// Whether Samsung made it.
    pub samsung: Option<bool>,
    /// Whether it is the only device of its platform that its owner has.
    pub sole: bool,
    /// What each device filter says of it: two bits each for an unset, a true and a false `isCompliant`.
    pub filters: Vec<u8>,
}

const fn known<T: Copy>(fact: Fact<T>) -> Option<T> {
    match fact {
        Fact::Known(it) => Some(it),
        Fact::Unknown => None,
    }
}

impl Kit {
    /// What matters of a device to these filters.
    #[must_use]
    pub fn of(device: &Device, filters: &[&Policy]) -> Self {
        let browsers = device.browsers.known().map(|used| {
            let bits = Browser::ALL.iter().enumerate().filter(|(_, it)| used.contains(it));
            bits.fold(0, |bits, (place, _)| bits | 1 << place)
        });
        let maker = device.filtered.manufacturer.as_deref();
        let platform = known(device.platform);
        Self {
            platform,
            version: platform.flatten().and_then(|it| Version::parse(it, device.os_version.as_deref()?)),
            trust: known(device.trust),
            enabled: known(device.enabled),
            compliant: known(device.compliant),
            managed: known(device.managed),
            sso: known(device.sso),
            hardware: known(device.keys).map(|keys| keys == KeyStore::Hardware),
            browsers,
            samsung: maker.map(|it| it.to_ascii_lowercase().starts_with("samsung")),
            sole: false,
            filters: filters.iter().map(|policy| filter_bits(device, policy)).collect(),
        }
    }

    /// A device that is in no list, of this platform, up to date and with every browser there is for it.
    #[must_use]
    pub fn elsewhere(platform: Platform, registered: bool) -> Self {
        Self {
            platform: Some(Some(platform)),
            version: Some(NEWEST),
            trust: if registered { None } else { Some(None) },
            enabled: Some(true),
            browsers: Some(0b1111),
            sole: true,
            ..Self::default()
        }
    }

    /// Whether there is this way on it.
    #[must_use]
    pub fn has(&self, way: Way) -> Truth {
        let platform = self.platform.flatten();
        let apple = matches!(platform, Some(Platform::MacOs | Platform::Ios));
        match way {
            Way::Browser(Browser::Safari) if self.platform.is_some() && !apple => Truth::No,
            Way::Browser(browser) => match self.browsers {
                Some(bits) => {
                    let place = Browser::ALL.iter().position(|it| *it == browser);
                    Truth::of(place.is_some_and(|place| bits & 1 << place != 0))
                }
                None => Truth::of(self.comes_with(browser)).or(Truth::Unknown),
            },
            // Windows has its broker built in.
            Way::App if platform == Some(Platform::Windows) => Truth::Yes,
            Way::App => self.sso.map_or(Truth::Unknown, Truth::of),
            Way::AppAlone => match platform {
                Some(Platform::MacOs | Platform::Ios | Platform::Android) => Truth::Yes,
                Some(_) => Truth::No,
                None => Truth::Unknown,
            },
        }
    }

    fn comes_with(&self, browser: Browser) -> bool {
        match self.platform.flatten() {
            Some(Platform::Windows) => browser == Browser::Edge,
            Some(Platform::MacOs | Platform::Ios) => browser == Browser::Safari,
            Some(Platform::Android) => browser == Browser::Chrome,
            _ => false,
        }
    }
}

fn filter_bits(device: &Device, policy: &Policy) -> u8 {
    let Some(filter) = &policy.conditions.devices else { return 0 };
    // Not what any answer would be: devices that are registered nowhere are a kind of their own.
    let Some(_) = device.id else { return u8::MAX };
    [None, Some(true), Some(false)].into_iter().enumerate().fold(0, |bits, (place, compliant)| {
        let facts = facts_of(device, compliant);
        let truth = filter.rule.finds(&Fact::Known(facts), policy.unknown_device) as u8;
        bits | truth << (2 * place)
    })
}

/// A device in the words of policies, if this is its compliance; none if it is registered nowhere.
#[must_use]
pub fn facts_of(device: &Device, compliant: Option<bool>) -> Option<DeviceFacts<'_>> {
    let id = device.id?;
    let more = &device.filtered;
    Some(DeviceFacts {
        enabled: true,
        display_name: Some(&device.name),
        ownership: device.ownership,
        enrollment_profile_name: more.enrollment_profile_name.as_deref(),
        is_compliant: compliant,
        is_managed: known(device.managed),
        manufacturer: more.manufacturer.as_deref(),
        mdm_app_id: more.mdm_app_id.as_deref(),
        model: more.model.as_deref(),
        operating_system: device.os.as_deref(),
        operating_system_version: device.os_version.as_deref(),
        physical_ids: &more.physical_ids,
        profile_type: more.profile_type.as_deref(),
        system_labels: &more.system_labels,
        trust_type: known(device.trust).flatten(),
        extension_attributes: &more.extension_attributes,
        evidence: EvidenceLevel::E0,
        ..DeviceFacts::bare(id)
    })
}

/// The kinds of device there are, each with one that stands for it.
#[derive(Debug, Default)]
pub struct Kits {
    /// The kinds.
    pub all: Vec<Kit>,
    /// For each, the place of a device in the tenant.
    pub sample: Vec<Option<u32>>,
    found: HashMap<Kit, u32>,
}

impl Kits {
    /// The number of a kind.
    pub fn intern(&mut self, kit: Kit, sample: Option<u32>) -> u32 {
        if let Some(at) = self.found.get(&kit) {
            return *at;
        }
        let at = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(kit.clone());
        self.sample.push(sample);
        self.found.insert(kit, at);
        at
    }
}
