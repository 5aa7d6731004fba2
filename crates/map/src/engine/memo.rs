//! Answers: every way of somebody to sign in, each decision made once.

use super::Engine;
use super::access::{Cell, Shows, Situation};
use super::attempt::Tell;
pub use super::attempt::{Attempt, With};
use super::grid::Grid;
use super::kit::{Kit, Way};
use super::passkey::{Case, Token, accepted};
use super::people::{self, Key};
use super::platform::{Said, can_use};
use super::why::Why;
use passband_core::authn::profile::Phase;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_core::policy::access::strength::{Methods, Mode};
use passband_core::policy::access::verdict::Condition;
use passband_core::policy::access::{Facts, evaluate};
use rustc_hash::FxHashMap as HashMap;
use std::rc::Rc;

/// What is supposed of somebody: what if they did this?
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Supposing {
    /// They registered one of these passkeys.
    pub passkeys: Vec<Token>,
    /// Their devices were compliant and managed.
    pub compliant: bool,
    /// Their devices were registered and enabled, with the broker or single sign-on extension set up.
    pub registered: bool,
    /// Their devices had the newest operating system.
    pub updated: bool,
    /// Their devices were joined to the domain.
    pub joined: bool,
}

impl Supposing {
    fn changes_devices(&self) -> bool {
        self.compliant || self.registered || self.updated || self.joined
    }

    fn kit(&self, kit: &Kit) -> Kit {
        let mut kit = kit.clone();
        let windows = kit.platform.flatten() == Some(Platform::Windows);
        if self.registered || self.compliant {
            kit.enabled = Some(true);
            kit.sso = Some(true);
            if !matches!(kit.trust, Some(Some(_))) {
                kit.trust = Some(Some(if windows { TrustType::AzureAd } else { TrustType::Workplace }));
            }
        }
        if self.compliant {
            kit.compliant = Some(true);
            kit.managed = Some(true);
        }
        if self.joined && windows {
            kit.trust = Some(Some(TrustType::ServerAd));
            kit.enabled = Some(true);
        }
        if self.updated {
            kit.version = Some(super::kit::NEWEST);
        }
        kit
    }
}

/// Somebody by what can matter.
#[derive(Clone, Debug)]
struct Class {
    key: Key,
    /// By what conditional access says of them.
    access: u32,
    /// Of each policy, whether it is about them.
    about: Vec<Truth>,
    /// By what the passkey policy says of their groups.
    passkeys: u32,
    allowed: (Methods, Methods),
}

/// What a class can do on a kind of device with one means, way by way; or browsers and native apps added up.
type Part = Rc<[Attempt]>;

/// Most that is kept of it: memory must not grow with every kind of person there is.
const MAX_PARTS: usize = 1 << 15;

type Cases = Rc<Vec<(Case, u32)>>;
type Cells = Rc<Vec<Cell>>;

/// Answers that one thread has found so far.
#[derive(Debug)]
pub struct Memo<'e, 't> {
    engine: &'e Engine<'t>,
    classes: HashMap<Key, Rc<Class>>,
    /// Whose class was asked for last: usually it is the next, too.
    last: Option<(usize, Rc<Class>)>,
    /// By what the passkey policy says of somebody.
    candidates: HashMap<u32, Rc<Vec<Token>>>,
    parts: HashMap<(u32, u32, u32, MeansKey, bool), Part>,
    access_signs: HashMap<Vec<Truth>, u32>,
    passkey_signs: HashMap<Vec<u8>, u32>,
    tokens: HashMap<Token, (u32, Cases)>,
    shows: Vec<Shows>,
    situations: HashMap<Situation, u32>,
    situation_of: HashMap<(u32, Way), (Rc<Situation>, u32)>,
    accepted: HashMap<(u32, u32), Rc<Vec<Said>>>,
    /// By situation and proof: what the policies say of each kind of application.
    grids: HashMap<(u32, u32), Rc<Vec<Option<Grid>>>>,
    cells: HashMap<(u32, u32, u32), Cells>,
    usable: HashMap<(u32, Way, super::table::Kind, Option<bool>), Said>,
    /// Kinds of device that are only supposed.
    supposed: Vec<(Kit, Option<u32>)>,
    supposed_found: HashMap<(Kit, Option<u32>), u32>,
}

const fn place(of: usize) -> u32 {
    // Nothing here is counted in thousands of millions.
    of as u32
}

/// Takes the tries on a device.
type Found<'f> = dyn FnMut(Option<u32>, &[(With, Part)]) + 'f;

impl<'e, 't> Memo<'e, 't> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(engine: &'e Engine<'t>) -> Self {
        Self {
            engine,
            classes: HashMap::default(),
            last: None,
            candidates: HashMap::default(),
            parts: HashMap::default(),
            access_signs: HashMap::default(),
            passkey_signs: HashMap::default(),
            tokens: HashMap::default(),
            shows: Vec::new(),
            situations: HashMap::default(),
            situation_of: HashMap::default(),
            accepted: HashMap::default(),
            grids: HashMap::default(),
            cells: HashMap::default(),
            usable: HashMap::default(),
            supposed: Vec::new(),
            supposed_found: HashMap::default(),
        }
    }

    /// The engine whose answers these are.
    #[must_use]
    pub const fn engine(&self) -> &'e Engine<'t> {
        self.engine
    }

    /// Every try of somebody, by their place in the tenant.
    #[must_use]
    pub fn attempts(&mut self, person: usize) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let tell = Tell::Why { gap: None };
        self.parts(person, (&Supposing::default(), tell), &mut |device, parts| {
            let ways = parts.first().map_or(0, |(_, part)| part.len());
            for way in 0..ways {
                let of = |(with, part): &(With, Part)| Attempt { device, with: *with, ..part[way].clone() };
                attempts.extend(parts.iter().map(of));
            }
        });
        self.settle(person, &mut attempts);
        attempts
    }

    /// What somebody's tries come to, if something were otherwise: of each device and means, native apps and browsers
    /// added up, without reasons.
    #[must_use]
    pub fn sums(&mut self, person: usize, supposing: &Supposing) -> Vec<Attempt> {
        let mut sums = Vec::new();
        self.parts(person, (supposing, Tell::Nothing), &mut |device, parts| {
            for (with, part) in parts {
                sums.extend(part.iter().map(|sum| Attempt { device, with: *with, ..sum.clone() }));
            }
        });
        self.settle(person, &mut sums);
        sums
    }

    /// Hands out the tries on each device.
    fn parts(&mut self, person: usize, (supposing, tell): (&Supposing, Tell), out: &mut Found<'_>) {
        let engine = self.engine;
        let class = self.class(person);
        let means = self.means(person, &class, supposing);
        let mut on = |memo: &mut Self, device, kit| {
            let kit = memo.kit(kit, supposing);
            let part = |it: &Means| (it.with(), memo.part(&class, kit, it, tell));
            let parts: Vec<_> = means.iter().map(part).collect();
            out(device, &parts);
        };
        let owned = engine.devices_of(person);
        for owned in owned {
            on(self, Some(owned.device), owned.kit);
        }
        if owned.is_empty() {
            for kit in &engine.elsewhere {
                on(self, None, *kit);
            }
        }
    }

    /// Who may not sign in at all cannot in any way.
    fn settle(&self, person: usize, attempts: &mut [Attempt]) {
        let account = self.engine.tenant.people[person].enabled.known().copied();
        for attempt in attempts {
            match account {
                Some(true) => continue,
                Some(false) => {
                    (attempt.maybe, attempt.perhaps_protected) = (0, 0);
                    attempt.whys = vec![Why::AccountDisabled];
                }
                None => attempt.whys.insert(0, Why::AccountUnknown),
            }
            (attempt.yes, attempt.protected) = (0, 0);
        }
    }

    /// Models of passkey that somebody may register and then use: attested, and on one device.
    #[must_use]
    pub fn candidates(&mut self, person: usize) -> Rc<Vec<Token>> {
        let class = self.class(person);
        if let Some(found) = self.candidates.get(&class.passkeys) {
            return Rc::clone(found);
        }
        let bound = |aaguid| Token { aaguid: Some(aaguid), synced: Some(false), attested: Some(true) };
        let all: Vec<_> = self.engine.models_to_try().into_iter().map(bound).collect();
        let may = |it: &Token| self.may_register(person, it) && self.passkey_said(person, it).truth.is_yes();
        let found = Rc::new(all.into_iter().filter(may).collect::<Vec<_>>());
        self.candidates.insert(class.passkeys, Rc::clone(&found));
        found
    }

    /// Whether somebody may register a passkey of this kind, by the passkey policy.
    #[must_use]
    pub fn may_register(&mut self, person: usize, token: &Token) -> bool {
        let class = self.class(person);
        let cases = self.engine.asked.cases(token);
        let mut said =
            cases.iter().map(|case| accepted(&self.engine.passkeys, &class.key, case, Phase::Registration));
        said.all(|it| it.truth.is_yes())
    }

    /// Whether the account is in a class that the passkey policy covers at all.
    #[must_use]
    pub fn passkey_said(&mut self, person: usize, token: &Token) -> Said {
        let class = self.class(person);
        let (number, cases) = self.token(token);
        let all = self.accepted(&class, number, &cases);
        together(all.iter().copied(), token.gap())
    }

    fn class(&mut self, person: usize) -> Rc<Class> {
        if let Some((_, class)) = self.last.as_ref().filter(|(of, _)| *of == person) {
            return Rc::clone(class);
        }
        let key = self.engine.named.key(&self.engine.tenant.people[person]);
        let class = self.classes.get(&key).map(Rc::clone).unwrap_or_else(|| self.new_class(key));
        self.last = Some((person, Rc::clone(&class)));
        class
    }

    fn new_class(&mut self, key: Key) -> Rc<Class> {
        let engine = self.engine;
        let mut about = Vec::new();
        if let Some(set) = &engine.access {
            // What the server's own code says of the condition on people, policy by policy.
            let facts =
                Facts { person: key.person(), ..Facts::nothing_about(key.person().id, engine.options.at) };
            about.extend(evaluate(set, &facts).said.iter().map(|said| {
                match (said.unmatched.has(Condition::Users), said.unknown.has(Condition::Users)) {
                    (true, _) => Truth::No,
                    (false, true) => Truth::Unknown,
                    (false, false) => Truth::Yes,
                }
            }));
        }
        let next = place(self.access_signs.len());
        let access = *self.access_signs.entry(about.clone()).or_insert(next);
        let mut sign = Vec::new();
        for policy in &engine.passkeys {
            for groups in key.cases(policy) {
                match policy.admits(&groups) {
                    Err(reason) => sign.extend_from_slice(reason.code().as_bytes()),
                    Ok(()) => {
                        for profile in policy.enforced(&groups) {
                            sign.extend_from_slice(profile.id.as_bytes());
                        }
                    }
                }
                sign.push(b'/');
            }
        }
        let next = place(self.passkey_signs.len());
        let passkeys = *self.passkey_signs.entry(sign).or_insert(next);
        let allowed = people::allowed(&engine.tenant.methods, &key);
        let class = Rc::new(Class { key: key.clone(), access, about, passkeys, allowed });
        self.classes.insert(key, Rc::clone(&class));
        class
    }

    /// What somebody can sign in with.
    fn means(&mut self, person: usize, class: &Class, supposing: &Supposing) -> Vec<Means> {
        let it = &self.engine.tenant.people[person];
        if it.guest.known().is_some_and(Option::is_some) {
            return vec![Means::Home];
        }
        let mut means = Vec::new();
        match it.passkeys.known() {
            None => means.push(Means::Some),
            Some(passkeys) => {
                for (at, passkey) in passkeys.iter().enumerate() {
                    let token = Token::of(passkey);
                    let (number, cases) = self.token(&token);
                    means.push(Means::Token(With::Passkey(place(at)), token, number, cases));
                }
            }
        }
        for (at, token) in supposing.passkeys.iter().enumerate() {
            let (number, cases) = self.token(token);
            means.push(Means::Token(With::New(place(at)), *token, number, cases));
        }
        let (surely, perhaps, why) = people::others(it, class.allowed);
        if !perhaps.is_empty() {
            means.push(Means::Others(surely, perhaps, why));
        }
        means
    }

    fn token(&mut self, token: &Token) -> (u32, Cases) {
        if let Some(found) = self.tokens.get(token) {
            return found.clone();
        }
        let asked = &self.engine.asked;
        let cases: Vec<_> = asked
            .cases(token)
            .into_iter()
            .map(|case| {
                let passkey = Fact::Known(Some(asked.proof(&case)));
                (case, Shows { methods: Some(Methods::from_modes(&[Mode::Fido2])), passkey })
            })
            .collect();
        let cases: Vec<_> = cases.into_iter().map(|(case, shows)| (case, self.shows(shows))).collect();
        let found = (place(self.tokens.len()), Rc::new(cases));
        self.tokens.insert(*token, found.clone());
        found
    }

    fn shows(&mut self, shows: Shows) -> u32 {
        let at = self.shows.iter().position(|it| *it == shows);
        place(at.unwrap_or_else(|| {
            self.shows.push(shows);
            self.shows.len() - 1
        }))
    }

    fn kit(&mut self, kit: u32, supposing: &Supposing) -> u32 {
        if !supposing.changes_devices() {
            return kit;
        }
        let kits = &self.engine.kits;
        let key = (supposing.kit(&kits.all[kit as usize]), kits.sample[kit as usize]);
        let next = place(kits.all.len() + self.supposed.len());
        let at = *self.supposed_found.entry(key.clone()).or_insert(next);
        if at == next {
            self.supposed.push(key);
        }
        at
    }

    fn kit_at(&self, kit: u32) -> (&Kit, Option<u32>) {
        let kits = &self.engine.kits;
        match kits.all.get(kit as usize) {
            Some(it) => (it, kits.sample[kit as usize]),
            None => {
                let (it, sample) = &self.supposed[kit as usize - kits.all.len()];
                (it, *sample)
            }
        }
    }

    /// Every way on one kind of device with one means.
    fn part(&mut self, class: &Class, kit: u32, means: &Means, tell: Tell) -> Part {
        let key = (class.access, class.passkeys, kit, means.key(), tell == Tell::Nothing);
        if let Some(found) = self.parts.get(&key) {
            return Rc::clone(found);
        }
        let mut attempts: Vec<Attempt> = Vec::new();
        for way in Way::ALL {
            let (it, _) = self.kit_at(kit);
            let has = it.has(way);
            let disabled = it.enabled == Some(false) && way == Way::App;
            let platform = it.platform.flatten();
            if has.is_no() {
                continue;
            }
            let mut attempt = Attempt::new(platform, way, means.with());
            if disabled {
                attempt.whys.push(Why::DeviceDisabled);
            } else {
                self.one(class, kit, means, (&mut attempt, tell));
                if !has.is_yes() {
                    (attempt.yes, attempt.protected) = (0, 0);
                    attempt.note(Why::ProgramUnknown);
                }
            }
            let same = attempts.last_mut().filter(|it| it.way.is_app() == way.is_app());
            match same.filter(|_| tell == Tell::Nothing) {
                Some(sum) => sum.sum(&attempt),
                None => attempts.push(attempt),
            }
        }
        if self.parts.len() >= MAX_PARTS {
            self.parts.clear();
        }
        let part = Part::from(attempts);
        self.parts.insert(key, Rc::clone(&part));
        part
    }

    fn one(&mut self, class: &Class, kit: u32, means: &Means, (attempt, tell): (&mut Attempt, Tell)) {
        match means {
            Means::Home => {
                let shows = self.shows(Shows { methods: None, passkey: Fact::Unknown });
                let cells = self.cells(class, (kit, attempt.way), shows);
                attempt.count(&[(Said::YES, cells)], &|_| Said::YES, tell.gap(Some(Why::Guest)));
            }
            Means::Some => {
                let methods = Some(Methods::from_modes(&[Mode::Fido2]));
                let shows = self.shows(Shows { methods, passkey: Fact::Unknown });
                let cells = self.cells(class, (kit, attempt.way), shows);
                let unsure = Said::unsure(Why::PasskeysUnknown);
                attempt.count(&[(unsure, cells)], &|_| Said::YES, tell);
            }
            Means::Others(surely, perhaps, why) => {
                let hello = self.hello(kit);
                let surely = without_hello(*surely, hello.is_yes());
                let perhaps = without_hello(*perhaps, !hello.is_no());
                let mut worlds = Vec::new();
                for methods in if surely == perhaps { vec![surely] } else { vec![surely, perhaps] } {
                    let begins = if people::can_begin(methods) {
                        Said::YES
                    } else {
                        Said::no(why.unwrap_or(Why::NoMethod))
                    };
                    let shows = self.shows(Shows { methods: Some(methods), passkey: Fact::Known(None) });
                    worlds.push((begins, self.cells(class, (kit, attempt.way), shows)));
                }
                attempt.count(&worlds, &|_| Said::YES, tell.gap(*why));
            }
            Means::Token(_, token, number, cases) => {
                let accepted = self.accepted(class, *number, cases);
                let mut worlds = Vec::new();
                for (at, (_, shows)) in cases.iter().enumerate() {
                    worlds.push((accepted[at], self.cells(class, (kit, attempt.way), *shows)));
                }
                let mut here = Vec::new();
                for mail in [Some(true), Some(false), None] {
                    here.push((mail, self.can_use(kit, attempt.way, token, mail)));
                }
                let engine = self.engine;
                let usable = |resource: usize| {
                    let mail = engine.resources[resource].resource.mail;
                    here.iter().find(|it| it.0 == mail).map_or(Said::YES, |it| it.1)
                };
                attempt.count(&worlds, &usable, tell.gap(token.gap()));
            }
        }
    }

    fn hello(&self, kit: u32) -> Truth {
        let (kit, _) = self.kit_at(kit);
        if kit.platform.flatten() != Some(Platform::Windows) {
            return if kit.platform.is_none() { Truth::Unknown } else { Truth::No };
        }
        let joined = match kit.trust {
            None => Truth::Unknown,
            Some(trust) => Truth::of(matches!(trust, Some(TrustType::AzureAd | TrustType::ServerAd))),
        };
        joined.and(if kit.sole { Truth::Yes } else { Truth::Unknown })
    }

    fn can_use(&mut self, kit: u32, way: Way, token: &Token, mail: Option<bool>) -> Said {
        let key = (kit, way, token.kind(), mail);
        if let Some(found) = self.usable.get(&key) {
            return *found;
        }
        let said = can_use(&self.engine.today, token.kind(), self.kit_at(kit).0, way, mail);
        self.usable.insert(key, said);
        said
    }

    fn accepted(&mut self, class: &Class, token: u32, cases: &Cases) -> Rc<Vec<Said>> {
        let engine = self.engine;
        let found = self.accepted.entry((class.passkeys, token)).or_insert_with(|| {
            let all = cases.iter();
            let all = all.map(|(case, _)| accepted(&engine.passkeys, &class.key, case, Phase::SignIn));
            Rc::new(all.collect())
        });
        Rc::clone(found)
    }

    /// What conditional access says of every kind of application.
    fn cells(&mut self, class: &Class, place_of: (u32, Way), shows: u32) -> Cells {
        let (situation, number) = self.situation(place_of);
        let key = (class.access, number, shows);
        if let Some(found) = self.cells.get(&key) {
            return Rc::clone(found);
        }
        let sample = self.kit_at(place_of.0).1;
        let shown = self.shows[shows as usize];
        let kinds = &self.engine.resources;
        let engine = self.engine;
        let grids = self.grids.entry((number, shows)).or_insert_with(|| {
            let all = kinds.iter().map(|it| engine.grid((&situation, sample), &shown, &it.resource));
            Rc::new(all.collect())
        });
        let cells = kinds.iter().zip(grids.iter()).map(|(it, grid)| match grid {
            Some(grid) => {
                let cell = grid.cell(&class.about);
                debug_assert_eq!(cell, engine.ask(&class.key, (&situation, sample), &shown, &it.resource));
                cell
            }
            None => engine.ask(&class.key, (&situation, sample), &shown, &it.resource),
        });
        let cells = Rc::new(cells.collect::<Vec<_>>());
        self.cells.insert(key, Rc::clone(&cells));
        cells
    }

    fn situation(&mut self, place_of: (u32, Way)) -> (Rc<Situation>, u32) {
        if let Some(found) = self.situation_of.get(&place_of) {
            return found.clone();
        }
        let situation = Situation::of(self.kit_at(place_of.0).0, place_of.1, &self.engine.today);
        let next = place(self.situations.len());
        let number = *self.situations.entry(situation.clone()).or_insert(next);
        let found = (Rc::new(situation), number);
        self.situation_of.insert(place_of, found.clone());
        found
    }
}

fn without_hello(methods: Methods, has: bool) -> Methods {
    if has {
        return methods;
    }
    let others: Vec<_> = methods.modes().filter(|mode| *mode != Mode::WindowsHelloForBusiness).collect();
    Methods::from_modes(&others)
}

/// What somebody can sign in with.
#[derive(Clone, Debug)]
enum Means {
    Token(With, Token, u32, Cases),
    Some,
    Others(Methods, Methods, Option<Why>),
    Home,
}

/// The same, without what only tells whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum MeansKey {
    Token(u32),
    Some,
    Others(Methods, Methods, Option<Why>),
    Home,
}

impl Means {
    const fn key(&self) -> MeansKey {
        match self {
            Self::Token(_, _, number, _) => MeansKey::Token(*number),
            Self::Some => MeansKey::Some,
            Self::Others(surely, perhaps, why) => MeansKey::Others(*surely, *perhaps, *why),
            Self::Home => MeansKey::Home,
        }
    }

    const fn with(&self) -> With {
        match self {
            Self::Token(with, ..) => *with,
            Self::Some => With::SomePasskey,
            Self::Others(..) => With::Others,
            Self::Home => With::Home,
        }
    }
}

/// Yes if all are, no if none is; `gap` says why nobody can tell which of them it is.
fn together(all: impl Iterator<Item = Said>, gap: Option<Why>) -> Said {
    all.reduce(|a, b| if a.truth == b.truth { a } else { Said { truth: Truth::Unknown, why: gap.or(a.why) } })
        .unwrap_or(Said::YES)
}
