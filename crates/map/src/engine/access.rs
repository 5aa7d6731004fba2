//! What conditional access says of a place and a proof, in every world that the unknown leaves open.

use super::kit::{Kit, Way, facts_of};
use super::platform::{Said, Today};
use super::resource::Resource;
use super::table::Ability;
use super::why::Why;
use super::{Engine, people};
use crate::model::Browser;
use passband_core::id::DeviceId;
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Facts, Flow, PasskeyProof, Person, Platform, PlatformFact, Presented,
    Proof, Shown, Truth,
};
use passband_core::policy::access::model::Policy;
use passband_core::policy::access::strength::Methods;
use passband_core::policy::access::verdict::{self, Control, PolicyResult, Verdict};
use passband_core::policy::access::{PolicySet, evaluate};
use passband_core::policy::signal::{Binding, EvidenceLevel};

/// A device that is registered nowhere, and is supposed to be.
const SUPPOSED: DeviceId = DeviceId::from_bytes([0xfe; 16]);

/// Where a sign-in happens, as far as conditional access can see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// The platform.
    pub platform: Option<Option<Platform>>,
    /// Whether it is a browser.
    pub browser: bool,
    /// The registered device: `No` if it does not show itself.
    pub device: Truth,
    /// Of a device that may show itself, whether it is one at all is not known.
    pub any_device: bool,
    /// Its compliance.
    pub compliant: Option<bool>,
    /// How it is registered.
    pub trust: Option<Option<passband_core::policy::access::facts::TrustType>>,
    /// What filters say of it.
    pub filters: Vec<u8>,
    /// Whether the session is bound to it in a native app, where a resource takes part.
    pub bound: Truth,
    /// Whether it is in a browser.
    pub bound_in_browser: Truth,
}

impl Situation {
    /// The situation of a way on a device, and what of it is not sure.
    #[must_use]
    pub fn of(kit: &Kit, way: Way, today: &Today) -> Self {
        let platform = kit.platform.flatten();
        let registered = match (kit.trust, kit.enabled) {
            // A disabled device cannot show itself.
            (Some(None), _) | (_, Some(false)) => Truth::No,
            (Some(Some(_)), Some(true)) => Truth::Yes,
            _ => Truth::Unknown,
        };
        let on = |ability| platform.map_or(Truth::Unknown, |it| today.of(ability, it, kit).truth);
        let shows = match way {
            Way::App => Truth::Yes,
            Way::AppAlone => Truth::No,
            Way::Browser(browser) => on(Ability::DeviceInBrowser(browser)),
        };
        let device = registered.and(shows);
        let bound = match way {
            Way::App => device.and(on(Ability::TokenProtection)),
            _ => Truth::No,
        };
        let bound_in_browser = match way {
            Way::Browser(Browser::Edge | Browser::Chrome) => device.and(on(Ability::WebTokenProtection)),
            _ => Truth::No,
        };
        let seen = !device.is_no();
        Self {
            platform: kit.platform,
            browser: matches!(way, Way::Browser(_)),
            device,
            any_device: seen && kit.trust.is_none(),
            compliant: if seen { kit.compliant } else { None },
            trust: if seen { kit.trust } else { None },
            filters: if seen { kit.filters.clone() } else { Vec::new() },
            bound,
            bound_in_browser,
        }
    }

    fn bound_for(&self, resource: &Resource) -> Truth {
        if self.browser {
            let covered = Truth::of(resource.is_protected_in_browsers());
            return self.bound_in_browser.and(covered);
        }
        self.bound.and(resource.is_protected(self.platform.flatten()))
    }
}

/// What somebody proves, as far as strengths can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shows {
    /// The methods; `None` is unknown.
    pub methods: Option<Methods>,
    /// The passkey.
    pub passkey: Fact<Option<PasskeyProof>>,
}

/// What conditional access says of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// In every world.
    pub yes: bool,
    /// In one at least.
    pub maybe: bool,
    /// A policy asks for token protection and has it: in every world that grants.
    pub protected: bool,
    /// The same, in one world at least.
    pub perhaps_protected: bool,
    /// Token protection stands in the way, in one world at least.
    pub unbound: bool,
    /// What stands in the way.
    pub whys: Vec<Why>,
}

impl Engine<'_> {
    /// Asks about one resource, in every world.
    pub(super) fn ask(
        &self,
        who: &people::Key,
        place: (&Situation, Option<u32>),
        shows: &Shows,
        resource: &Resource,
    ) -> Cell {
        let Some(set) = &self.access else {
            return Cell { maybe: true, whys: vec![Why::AccessUnknown], ..Cell::default() };
        };
        let mut cell = Cell { yes: true, protected: true, ..Cell::default() };
        for facts in self.worlds(who.person(), place, shows, resource) {
            cell.add(&evaluate(set, &facts), set.policies());
        }
        cell.protected &= cell.perhaps_protected;
        cell
    }

    /// The facts of every world that the unknown leaves open.
    pub(super) fn worlds<'f>(
        &'f self,
        person: Person<'f>,
        place: (&Situation, Option<u32>),
        shows: &Shows,
        resource: &'f Resource,
    ) -> Vec<Facts<'f>> {
        let (situation, sample) = place;
        let mut worlds = Vec::new();
        for device in self.devices(situation, sample) {
            for presented in self.presented(situation, resource) {
                worlds.push(Facts {
                    person,
                    target: resource.target(),
                    client_app: Fact::Known(if situation.browser {
                        ClientApp::Browser
                    } else {
                        ClientApp::MobileAndDesktop
                    }),
                    platform: situation.platform.map_or(Fact::Unknown, |platform| {
                        Fact::Known(PlatformFact { platform, verified: situation.device.is_yes() })
                    }),
                    device,
                    network: self.options.network,
                    flow: Fact::Known(Flow::None),
                    proof: Proof {
                        methods: shows.methods.map_or(Fact::Unknown, Fact::Known),
                        passkey: shows.passkey,
                        // They sign in now.
                        at: Fact::Known(self.options.at),
                    },
                    presented,
                    at: self.options.at,
                });
            }
        }
        worlds
    }

    fn devices<'d>(
        &'d self,
        situation: &Situation,
        sample: Option<u32>,
    ) -> Vec<Fact<Option<DeviceFacts<'d>>>> {
        let mut worlds = Vec::new();
        if !situation.device.is_yes() {
            worlds.push(Fact::Known(None));
        }
        if situation.device.is_no() {
            return worlds;
        }
        if situation.any_device {
            worlds.push(Fact::Unknown);
            return worlds;
        }
        let device = sample.map(|at| &self.tenant.devices[at as usize]);
        let compliances = match situation.compliant {
            Some(known) => vec![Some(known)],
            None => vec![None, Some(true), Some(false)],
        };
        // How it is registered may be supposed, and the device only stands for others like it.
        let trust = situation.trust.flatten();
        let filtered = self.access.as_ref().is_some_and(PolicySet::asks_devices);
        worlds.extend(compliances.into_iter().map(
            |it| match device.and_then(|device| facts_of(device, it)) {
                Some(facts) => Fact::Known(Some(DeviceFacts { trust_type: trust, ..facts })),
                // It is only supposed to be registered: nobody knows what a filter would see.
                None if filtered => Fact::Unknown,
                None => {
                    let bare = DeviceFacts::bare(SUPPOSED);
                    Fact::Known(Some(DeviceFacts { trust_type: trust, is_compliant: it, ..bare }))
                }
            },
        ));
        worlds
    }

    fn presented(&self, situation: &Situation, resource: &Resource) -> Vec<Presented> {
        let unbound = Presented {
            shown: Shown::SignIn,
            binding: Fact::Known(Binding::None),
            evidence: EvidenceLevel::E0,
        };
        let bound = Presented {
            shown: Shown::SessionKey,
            binding: Fact::Known(Binding::SoftwareKey),
            evidence: EvidenceLevel::E0,
        };
        let hard =
            Presented { binding: Fact::Known(Binding::HardwareKey), evidence: EvidenceLevel::E3, ..bound };
        let mut worlds = Vec::new();
        let truth = situation.bound_for(resource);
        if !truth.is_yes() {
            worlds.push(unbound);
        }
        if !truth.is_no() {
            worlds.push(bound);
            if self.asks_binding {
                worlds.push(hard);
            }
        }
        worlds
    }
}

impl Cell {
    /// Adds a world.
    fn add(&mut self, verdict: &Verdict<'_>, policies: &[Policy]) {
        let enforced = verdict.said.iter().filter(|said| said.is_enforced());
        self.add_words(enforced.map(|said| Word::of(said, policies)));
    }

    /// Adds a world by what its enforced policies say. Every one of them has to be satisfied, and each says what it says
    /// whatever the others do.
    pub(super) fn add_words(&mut self, words: impl Iterator<Item = Word>) {
        let (mut granted, mut maybe, mut protects) = (true, true, false);
        for word in words {
            granted &= word.why.is_none();
            maybe &= word.maybe;
            protects |= word.protects;
            self.unbound |= word.unbound;
            if let Some(why) = word.why.filter(|why| !self.whys.contains(why)) {
                self.whys.push(why);
            }
        }
        self.yes &= granted;
        self.maybe |= maybe;
        if granted {
            self.perhaps_protected |= protects;
            self.protected &= protects;
        }
    }
}

/// What one enforced policy says in one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Why not, if it stands in the way.
    pub why: Option<Why>,
    /// Whether it does not if what is unknown turns out well.
    pub maybe: bool,
    /// Whether it asks for token protection and has it.
    pub protects: bool,
    /// Whether token protection stands in the way.
    pub unbound: bool,
}

impl Word {
    /// The word of a policy that has nothing to say.
    pub const NOTHING: Self = Self { why: None, maybe: true, protects: false, unbound: false };

    /// What a policy said; `policies` are those of its set.
    #[must_use]
    pub fn of(said: &verdict::Said<'_>, policies: &[Policy]) -> Self {
        let bound = said.satisfied.has(Control::TokenProtection);
        let asked = said.asked.has(Control::TokenProtection) && said.policy.session.token_protection;
        let stood = said.stood_in_the_way();
        let place = || {
            let place = policies.iter().position(|it| std::ptr::eq(it, said.policy)).unwrap_or(usize::MAX);
            u32::try_from(place).unwrap_or(u32::MAX)
        };
        let sure = matches!(said.best, PolicyResult::Failure | PolicyResult::UserActionRequired);
        let why = || {
            if sure {
                Why::Policy(place(), said.blocking().without(said.unsure).bits())
            } else {
                let conditions = if said.applies.is_yes() { Default::default() } else { said.unknown };
                Why::PolicyUnsure(place(), conditions.bits(), said.blocking().bits())
            }
        };
        Self {
            why: stood.then(why),
            maybe: !sure,
            protects: asked && said.applies.is_yes() && bound,
            unbound: stood && asked && !bound,
        }
    }
}

/// What `cell` comes to, with one reason.
#[must_use]
pub fn said(cell: &Cell) -> Said {
    let truth = match (cell.yes, cell.maybe) {
        (true, _) => Truth::Yes,
        (false, true) => Truth::Unknown,
        (false, false) => Truth::No,
    };
    Said { truth, why: cell.whys.first().copied().filter(|_| truth != Truth::Yes) }
}
