//! The planner's engine: who can sign in, with what, where, to what. The rules that decide are the server's own:
//! [`passband_core::authn::profile`] for passkeys and [`mod@passband_core::policy::access`] for the rest; this module only
//! feeds them. Where something is not known, every possibility is asked: the answer is *yes* if all grant, *no* if none
//! does, and otherwise *unknown*.
//!
//! | module | holds |
//! |---|---|
//! | [`table`], [`platform`] | what platforms can do, dated, each row resting on a fact of the map |
//! | [`people`], [`kit`], [`passkey`], [`resource`] | people, devices, passkeys and applications by what can matter |
//! | [`access`], `grid` | one place, one proof, one application: asked in every world |
//! | [`attempt`], [`memo`] | tries, and answers that are kept |
//! | [`why`] | reasons |
//!
//! # What is asked
//!
//! Everybody is tried with each of their passkeys, and with everything else they have, on each of their devices, in each
//! browser and kind of app. Somebody without a device is tried on one of every platform: unregistered, up to date, or,
//! where devices were not exported with their owners, one of which nothing is known. The sign-in happens now, so no
//! sign-in frequency is in its way. Network and risk are unknown unless the options say.
//!
//! # Speed
//!
//! People, devices and passkeys are told apart only by what a policy or a row of the table asks of them; decisions are
//! made once for each of these kinds. The cost grows with people only by looking the answers up.

pub mod access;
pub mod attempt;
mod grid;
pub mod kit;
pub mod memo;
pub mod passkey;
pub mod people;
pub mod platform;
pub mod resource;
pub mod table;
pub mod why;

use crate::atlas::{Atlas, Date};
use crate::model::{AccessPolicy, PasskeyMethods, Tenant};
use kit::{Kit, Kits};
use passband_core::authn::profile::PasskeyPolicy;
use passband_core::policy::access::facts::{Fact, Network, Platform};
use passband_core::policy::access::model::{Policy, State};
use passband_core::policy::access::{Facts, PolicySet, evaluate};
use passband_core::time::Timestamp;
use platform::Today;
use resource::Resource;

/// Most kinds of application that are told apart; as many bits as an answer has.
pub const MAX_RESOURCES: usize = 128;

/// A security key that is widely sold and attested: YubiKey 5 with NFC.
const USUAL_KEY: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
/// Most models that are tried as somebody's new passkey.
const MAX_MODELS: usize = 16;

/// What is asked, and what is taken for granted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The instant that everything is asked about.
    pub at: Timestamp,
    /// Where people sign in from; unknown by default.
    pub network: Network,
    /// Takes policies of a v1.0 export as if they asked for no token protection, which that edition cannot show. Without
    /// it, most answers of such an export are unknown.
    pub assume_no_token_protection: bool,
}

impl Options {
    /// An instant, and nothing taken for granted.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self { at, network: Network::default(), assume_no_token_protection: false }
    }
}

/// A set of kinds of application: bit `n` is place `n` of [`Engine::resources`].
pub type Bits = u128;

/// The applications that policies do not tell from one another.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The one that stands for them.
    pub resource: Resource,
    /// The names of all.
    pub names: Vec<String>,
}

/// A device of somebody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owned {
    pub(crate) device: u32,
    pub(crate) kit: u32,
}

/// The engine for one tenant at one instant. It does not change; answers are kept in a [`memo::Memo`], one a thread.
#[derive(Debug)]
pub struct Engine<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) options: Options,
    pub(crate) day: Date,
    pub(crate) today: Today,
    pub(crate) access: Option<PolicySet>,
    pub(crate) impersonal: Option<grid::Impersonal>,
    pub(crate) passkeys: Vec<&'t PasskeyPolicy>,
    pub(crate) asked: passkey::Asked,
    pub(crate) named: people::Named,
    pub(crate) resources: Vec<Kind>,
    pub(crate) kits: Kits,
    /// The kinds that stand for a device in no list, one a platform.
    pub(crate) elsewhere: Vec<u32>,
    owned: Vec<Owned>,
    owned_from: Vec<u32>,
    asks_binding: bool,
}

/// The platforms that people have devices of.
pub const PLATFORMS: [Platform; 5] =
    [Platform::Windows, Platform::MacOs, Platform::Ios, Platform::Android, Platform::Linux];

impl<'t> Engine<'t> {
    /// Gets a tenant ready to be asked about.
    #[must_use]
    pub fn new(tenant: &'t Tenant, options: Options) -> Self {
        Self::with_rules(tenant, &tenant.passkeys, &tenant.access, options)
    }

    /// The same tenant under other policies.
    #[must_use]
    pub fn with_rules(
        tenant: &'t Tenant,
        passkeys: &'t Fact<PasskeyMethods>,
        access: &Fact<Vec<AccessPolicy>>,
        options: Options,
    ) -> Self {
        let access = access.known().map(|all| {
            let policies = all.iter().map(|it| {
                let mut policy = it.policy.clone();
                if options.assume_no_token_protection {
                    policy.unread.token_protection = false;
                }
                policy
            });
            PolicySet::compile(policies.collect(), tenant.strengths.clone(), tenant.locations.clone())
        });
        let passkeys: Vec<_> = match passkeys {
            Fact::Known(it) => std::iter::once(&it.policy).chain(&it.opened).collect(),
            Fact::Unknown => Vec::new(),
        };
        let policies = access.as_ref().map_or(&[][..], PolicySet::policies);
        let strengths = access.as_ref().map_or(&[][..], PolicySet::strengths);
        let asks_binding = policies.iter().any(|it| it.conditions.binding.is_some());
        let day = Date::from(options.at);
        let mut engine = Self {
            tenant,
            options,
            today: Today::new(Atlas::embedded(), day),
            day,
            asked: passkey::Asked::by(&passkeys, strengths),
            named: people::Named::by(tenant, policies, &passkeys),
            resources: kinds(access.as_ref(), resource::of(policies, MAX_RESOURCES), options.at),
            impersonal: access.as_ref().map(grid::Impersonal::of),
            access,
            passkeys,
            kits: Kits::default(),
            elsewhere: Vec::new(),
            owned: Vec::new(),
            owned_from: Vec::new(),
            asks_binding,
        };
        engine.sort_devices();
        engine
    }

    /// Finds the kind of each device, and whose it is.
    fn sort_devices(&mut self) {
        let policies = self.access.as_ref().map_or(&[][..], PolicySet::policies);
        let filters: Vec<_> = policies
            .iter()
            .filter(|it| it.state != State::Disabled && it.conditions.devices.is_some())
            .collect();
        let people = self.tenant.people.len();
        let mut pairs = Vec::with_capacity(self.tenant.devices.len());
        let mut kits = Kits::default();
        let mut owners_unknown = self.tenant.devices.is_empty();
        for (at, device) in self.tenant.devices.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let kit = kits.intern(Kit::of(device, &filters), Some(at));
            match device.owners.known() {
                Some(owners) => pairs.extend(
                    owners
                        .iter()
                        .filter(|it| (**it as usize) < people)
                        .map(|owner| (*owner, Owned { device: at, kit })),
                ),
                None => owners_unknown = true,
            }
        }
        pairs.sort_by_key(|(owner, owned)| (*owner, owned.device));
        self.elsewhere = PLATFORMS
            .iter()
            .map(|platform| kits.intern(Kit::elsewhere(*platform, owners_unknown), None))
            .collect();
        let mut from = Vec::with_capacity(people + 1);
        from.push(0);
        for person in 0..people {
            let start = from[person] as usize;
            let end =
                start + pairs[start..].iter().take_while(|(owner, _)| *owner as usize == person).count();
            for at in start..end {
                let kit = kits.all[pairs[at].1.kit as usize].clone();
                let same = pairs[start..end].iter().filter(|(_, it)| {
                    let other = &kits.all[it.kit as usize];
                    other.platform.is_none() || other.platform == kit.platform
                });
                if same.count() == 1 {
                    let sample = kits.sample[pairs[at].1.kit as usize];
                    pairs[at].1.kit = kits.intern(Kit { sole: true, ..kit }, sample);
                }
            }
            from.push(u32::try_from(end).unwrap_or(u32::MAX));
        }
        self.owned = pairs.into_iter().map(|(_, owned)| owned).collect();
        self.owned_from = from;
        self.kits = kits;
    }

    /// Models of passkey that somebody could be asked to register: those that policies name, and a usual security key.
    pub(crate) fn models_to_try(&self) -> Vec<[u8; 16]> {
        let usual: Option<passband_core::id::DeviceId> = USUAL_KEY.parse().ok();
        let mut models: Vec<_> = usual.map(|it| *it.as_bytes()).into_iter().collect();
        models.extend(self.asked.models().filter(|it| Some(it) != usual.map(|it| *it.as_bytes()).as_ref()));
        models.truncate(MAX_MODELS);
        models
    }

    pub(crate) fn devices_of(&self, person: usize) -> &[Owned] {
        &self.owned[self.owned_from[person] as usize..self.owned_from[person + 1] as usize]
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> &'t Tenant {
        self.tenant
    }

    /// The day that is asked about, in UTC.
    #[must_use]
    pub const fn day(&self) -> Date {
        self.day
    }

    /// The kinds of application, in the order of [`Bits`].
    #[must_use]
    pub fn resources(&self) -> &[Kind] {
        &self.resources
    }

    /// The bits of applications; without those of actions.
    #[must_use]
    pub fn applications(&self) -> Bits {
        let apps = self.resources.iter().enumerate().filter(|(_, it)| it.resource.action.is_none());
        apps.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// The bits of everything.
    #[must_use]
    pub fn everything(&self) -> Bits {
        (0..self.resources.len()).fold(0, |bits, place| bits | 1 << place)
    }

    /// The conditional access policies, in the order of [`why::Why::Policy`].
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        self.access.as_ref().map_or(&[], PolicySet::policies)
    }

    pub(crate) fn profile_name(&self, place: Option<u32>) -> String {
        let profile =
            |policy: &&PasskeyPolicy| policy.profiles.get(place? as usize).map(|it| it.name.clone());
        self.passkeys.first().and_then(profile).map_or_else(String::new, |name| format!("“{name}”"))
    }

    pub(crate) fn strength_name(&self, policy: u32) -> Option<&str> {
        let id = self.policies().get(policy as usize)?.grant.strength?;
        self.access.as_ref()?.strength(id).map(|it| it.name.as_str())
    }
}

/// Puts together what no policy tells apart: asked of the policies themselves, as the server asks them.
fn kinds(set: Option<&PolicySet>, resources: Vec<Resource>, at: Timestamp) -> Vec<Kind> {
    let mut kinds: Vec<(Vec<u8>, Kind)> = Vec::new();
    for resource in resources {
        let mut sign = Vec::new();
        if let Some(set) = set {
            use passband_core::policy::access::verdict::Condition::Applications;
            let mut facts = Facts::nothing_about(passband_core::id::UserId::from_bytes([0xff; 16]), at);
            facts.target = resource.target();
            let said = evaluate(set, &facts).said;
            sign.extend(said.iter().map(|it| {
                u8::from(it.unmatched.has(Applications)) + 2 * u8::from(it.unknown.has(Applications))
            }));
        }
        let same = kinds.iter_mut().find(|(other, kind)| {
            let it = &kind.resource;
            *other == sign
                && it.action == resource.action
                && it.mail == resource.mail
                && it.is_protected_in_browsers() == resource.is_protected_in_browsers()
                && PLATFORMS.iter().all(|on| it.is_protected(Some(*on)) == resource.is_protected(Some(*on)))
        });
        match same {
            Some((_, kind)) => kind.names.push(resource.name),
            None => kinds.push((sign, Kind { names: vec![resource.name.clone()], resource })),
        }
    }
    kinds.into_iter().map(|(_, kind)| kind).collect()
}
