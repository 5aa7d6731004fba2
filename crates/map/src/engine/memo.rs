//! Answers: every way of somebody to sign in, each decision made once.

use super::access::{Cell, Row, Shows, Situation};
use super::kit::{Kit, Way};
use super::passkey::{Case, Token, accepted};
use super::people::{self, Key};
use super::platform::{Said, can_use};
use super::supposing::Supposing;
use super::why::Why;
use super::{Bits, Engine};
use passband_core::authn::profile::Phase;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_core::policy::access::strength::{Methods, Mode};
use passband_core::policy::access::verdict::Condition;
use passband_core::policy::access::{Facts, evaluate};
use std::collections::HashMap;
use std::rc::Rc;

/// With what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum With {
    /// The passkey at this place in their list.
    Passkey(u32),
    /// A passkey, since nobody said whether they have one.
    SomePasskey,
    /// All else that they have.
    Others,
    /// What their own organisation has them use.
    Home,
    /// A passkey they do not have yet: that at this place in the list they were given.
    New(u32),
}

/// One try.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The device, by its place in the tenant; none is a device in no list.
    pub device: Option<u32>,
    /// Its platform.
    pub platform: Option<Platform>,
    /// In what.
    pub way: Way,
    /// With what.
    pub with: With,
    /// To what they certainly can.
    pub yes: Bits,
    /// To what they can if all that is unknown turns out well.
    pub maybe: Bits,
    /// Where the session is certainly protected against theft.
    pub protected: Bits,
    /// Where it may be.
    pub perhaps_protected: Bits,
    /// Where token protection stands in the way.
    pub unbound: Bits,
    /// Why not, or why nobody can tell; of everything that is not certain.
    pub whys: Vec<Why>,
}

/// Somebody by what can matter.
#[derive(Clone, Debug)]
struct Class {
    key: Key,
    /// By what conditional access says of them, for each kind of application. People whom the policies on an application
    /// do not tell apart have one number there, however they differ elsewhere.
    access: Vec<u32>,
    /// The number of that list.
    accesses: u32,
    /// By what the passkey policy says of their groups.
    passkeys: u32,
    allowed: (Methods, Methods),
}

/// A passkey, and all that nothing tells from it.
pub type Alike = (Token, Vec<Token>);

type Cases = Rc<Vec<(Case, u32)>>;

/// Most rows that are kept; they are made again from single decisions when more are needed.
const MAX_ROWS: usize = 200_000;

/// Answers that one thread has found so far.
#[derive(Debug)]
pub struct Memo<'e, 't> {
    engine: &'e Engine<'t>,
    classes: HashMap<Key, Rc<Class>>,
    access_signs: HashMap<(usize, Vec<(usize, bool)>), u32>,
    passkey_signs: HashMap<Vec<u8>, u32>,
    tokens: HashMap<Token, (u32, Cases)>,
    shows: Vec<Shows>,
    situations: HashMap<Situation, u32>,
    situation_of: HashMap<(u32, Way), (Rc<Situation>, u32)>,
    accepted: HashMap<(u32, u32), Rc<Vec<Said>>>,
    cells: HashMap<(u32, u32, u32), Rc<Cell>>,
    access_lists: HashMap<Vec<u32>, u32>,
    rows: HashMap<(u32, u32, u32), Rc<Row>>,
    usable: HashMap<(u32, Way, super::table::Kind, Option<bool>), Said>,
    registrable: HashMap<u32, Rc<Vec<Alike>>>,
    /// Kinds of device that are only supposed.
    supposed: Vec<(Kit, Option<u32>)>,
    supposed_found: HashMap<(Kit, Option<u32>), u32>,
}

const fn place(of: usize) -> u32 {
    // Nothing here is counted in thousands of millions.
    of as u32
}

impl<'e, 't> Memo<'e, 't> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(engine: &'e Engine<'t>) -> Self {
        Self {
            engine,
            classes: HashMap::new(),
            access_signs: HashMap::new(),
            passkey_signs: HashMap::new(),
            tokens: HashMap::new(),
            shows: Vec::new(),
            situations: HashMap::new(),
            situation_of: HashMap::new(),
            accepted: HashMap::new(),
            cells: HashMap::new(),
            access_lists: HashMap::new(),
            rows: HashMap::new(),
            usable: HashMap::new(),
            registrable: HashMap::new(),
            supposed: Vec::new(),
            supposed_found: HashMap::new(),
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
        self.attempts_supposing(person, &Supposing::default())
    }

    /// The same, if something were otherwise.
    #[must_use]
    pub fn attempts_supposing(&mut self, person: usize, supposing: &Supposing) -> Vec<Attempt> {
        let engine = self.engine;
        let class = self.class(person);
        let means = self.means(person, &class, supposing);
        let mut attempts = Vec::new();
        let owned = engine.devices_of(person);
        for owned in owned {
            let kit = self.kit(owned.kit, supposing);
            self.on(kit, Some(owned.device), (&class, &means), &mut attempts);
        }
        if owned.is_empty() {
            for kit in engine.elsewhere.clone() {
                let kit = self.kit(kit, supposing);
                self.on(kit, None, (&class, &means), &mut attempts);
            }
        }
        let account = engine.tenant.people[person].enabled.known().copied();
        for attempt in &mut attempts {
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
        attempts
    }

    /// Of these passkeys, those that somebody may register and sign in with; by the first of each kind that neither a policy
    /// nor a platform tells apart, with all that are like it.
    #[must_use]
    pub fn registrable(&mut self, person: usize, tokens: &[Token]) -> Rc<Vec<Alike>> {
        let class = self.class(person);
        if let Some(found) = self.registrable.get(&class.passkeys) {
            return Rc::clone(found);
        }
        let mut kinds: Vec<Alike> = Vec::new();
        for token in tokens {
            let (number, cases) = self.token(token);
            let may_register = cases.iter().all(|(case, _)| {
                accepted(&self.engine.passkeys, &class.key, case, Phase::Registration).truth.is_yes()
            });
            if !may_register || !self.accepted(&class, number, &cases).iter().all(|it| it.truth.is_yes()) {
                continue;
            }
            let shows = |cases: &Cases| cases.iter().map(|it| it.1).collect::<Vec<_>>();
            let like = kinds.iter_mut().find(|(it, _)| {
                it.kind() == token.kind()
                    && self.tokens.get(it).is_some_and(|(_, other)| shows(other) == shows(&cases))
            });
            match like {
                Some((_, all)) => all.push(*token),
                None => kinds.push((*token, vec![*token])),
            }
        }
        let kinds = Rc::new(kinds);
        self.registrable.insert(class.passkeys, Rc::clone(&kinds));
        kinds
    }

    /// Whether this would change anything about the devices of somebody.
    #[must_use]
    pub fn would_change(&self, person: usize, supposing: &Supposing) -> bool {
        let kits = &self.engine.kits.all;
        let owned = self.engine.devices_of(person).iter().map(|it| it.kit);
        let mut all = owned.chain(self.engine.elsewhere.iter().copied());
        all.any(|kit| supposing.kit(&kits[kit as usize]) != kits[kit as usize])
    }

    fn class(&mut self, person: usize) -> Rc<Class> {
        let engine = self.engine;
        let key = engine.named.key(&engine.tenant.people[person]);
        if let Some(class) = self.classes.get(&key) {
            return Rc::clone(class);
        }
        let access = self.access_of(&key);
        let next = place(self.access_lists.len());
        let accesses = *self.access_lists.entry(access.clone()).or_insert(next);
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
        let class = Rc::new(Class { key: key.clone(), access, accesses, passkeys, allowed });
        self.classes.insert(key, Rc::clone(&class));
        class
    }

    /// Numbers for what conditional access says of somebody, by the server's own word on the condition on people.
    fn access_of(&mut self, key: &Key) -> Vec<u32> {
        let engine = self.engine;
        let Some(set) = &engine.access else { return vec![0; engine.resources.len()] };
        let facts =
            Facts { person: key.person(), ..Facts::nothing_about(key.person().id, engine.options.at) };
        let said = evaluate(set, &facts).said;
        let about: Vec<_> = said
            .iter()
            .enumerate()
            .filter(|(_, said)| said.is_enforced() && !said.unmatched.has(Condition::Users))
            .map(|(place, said)| (place, said.unknown.has(Condition::Users)))
            .collect();
        let kinds = engine.resources.iter().enumerate();
        let signs = kinds.map(|(at, kind)| {
            let here = about.iter().filter(|(place, _)| kind.policies.contains(place));
            (at, here.copied().collect::<Vec<_>>())
        });
        let signs: Vec<_> = signs.collect();
        let mut number = |sign| {
            let next = place(self.access_signs.len());
            *self.access_signs.entry(sign).or_insert(next)
        };
        signs.into_iter().map(&mut number).collect()
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

    /// Every way on one device.
    fn on(&mut self, kit: u32, device: Option<u32>, who: (&Class, &[Means]), attempts: &mut Vec<Attempt>) {
        for way in Way::ALL {
            let (it, _) = self.kit_at(kit);
            let has = it.has(way);
            let disabled = it.enabled == Some(false) && way == Way::App;
            let platform = it.platform.flatten();
            if has.is_no() {
                continue;
            }
            for means in who.1 {
                let mut attempt = Attempt {
                    device,
                    platform,
                    way,
                    with: means.with(),
                    yes: 0,
                    maybe: 0,
                    protected: 0,
                    perhaps_protected: 0,
                    unbound: 0,
                    whys: Vec::new(),
                };
                if disabled {
                    attempt.whys.push(Why::DeviceDisabled);
                } else {
                    self.one(who.0, kit, means, &mut attempt);
                    if !has.is_yes() {
                        (attempt.yes, attempt.protected) = (0, 0);
                        attempt.note(Why::ProgramUnknown);
                    }
                }
                attempts.push(attempt);
            }
        }
    }

    fn one(&mut self, class: &Class, kit: u32, means: &Means, attempt: &mut Attempt) {
        let everywhere = [(Bits::MAX, Said::YES)];
        match means {
            Means::Home => {
                let shows = self.shows(Shows { methods: None, passkey: Fact::Unknown });
                let row = self.row(class, (kit, attempt.way), shows);
                attempt.count(&[(Said::YES, row)], &everywhere, Some(Why::Guest));
            }
            Means::Some => {
                let methods = Some(Methods::from_modes(&[Mode::Fido2]));
                let shows = self.shows(Shows { methods, passkey: Fact::Unknown });
                let row = self.row(class, (kit, attempt.way), shows);
                let unsure = Said::unsure(Why::PasskeysUnknown);
                attempt.count(&[(unsure, row)], &everywhere, None);
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
                    worlds.push((begins, self.row(class, (kit, attempt.way), shows)));
                }
                attempt.count(&worlds, &everywhere, *why);
            }
            Means::Token(_, token, number, cases) => {
                let accepted = self.accepted(class, *number, cases);
                let mut worlds = Vec::new();
                for (at, (_, shows)) in cases.iter().enumerate() {
                    worlds.push((accepted[at], self.row(class, (kit, attempt.way), *shows)));
                }
                let [mail, others, some] = self.engine.by_mail;
                let usable = [
                    (mail, self.can_use(kit, attempt.way, token, Some(true))),
                    (others, self.can_use(kit, attempt.way, token, Some(false))),
                    (some, self.can_use(kit, attempt.way, token, None)),
                ];
                attempt.count(&worlds, &usable, token.gap());
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
    fn row(&mut self, class: &Class, place_of: (u32, Way), shows: u32) -> Rc<Row> {
        let (situation, number) = self.situation(place_of);
        let key = (class.accesses, number, shows);
        if let Some(found) = self.rows.get(&key) {
            return Rc::clone(found);
        }
        let sample = self.kit_at(place_of.0).1;
        let shown = self.shows[shows as usize];
        let engine = self.engine;
        let mut row = Row::default();
        for (at, (kind, access)) in engine.resources.iter().zip(&class.access).enumerate() {
            let cell = self.cells.entry((*access, number, shows)).or_insert_with(|| {
                Rc::new(engine.ask(&class.key, (&situation, sample), &shown, &kind.resource))
            });
            row.add(at, cell);
        }
        if self.rows.len() >= MAX_ROWS {
            self.rows.clear();
        }
        let row = Rc::new(row);
        self.rows.insert(key, Rc::clone(&row));
        row
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

impl Means {
    const fn with(&self) -> With {
        match self {
            Self::Token(with, ..) => *with,
            Self::Some => With::SomePasskey,
            Self::Others(..) => With::Others,
            Self::Home => With::Home,
        }
    }
}

impl Attempt {
    fn note(&mut self, why: Why) {
        if !self.whys.contains(&why) {
            self.whys.push(why);
        }
    }

    /// Adds up what the worlds come to; `usable` says where the means can be used at all.
    fn count(&mut self, worlds: &[(Said, Rc<Row>)], usable: &[(Bits, Said)], gap: Option<Why>) {
        // Of nothing, nothing is certain.
        let all = if worlds.is_empty() { 0 } else { Bits::MAX };
        let (mut yes, mut protected) = (all, all);
        let mut whys = Vec::new();
        for (accepted, row) in worlds {
            let (mut sure, mut may) = (0, 0);
            for (mask, here) in usable.iter().filter(|(mask, _)| *mask != 0) {
                let head = accepted.and(*here);
                whys.extend(head.why.filter(|_| !head.truth.is_yes()));
                if head.truth.is_no() {
                    continue;
                }
                may |= row.maybe & mask;
                self.unbound |= row.unbound & mask;
                if head.truth.is_yes() {
                    sure |= row.yes & mask;
                }
                whys.extend_from_slice(&row.whys);
            }
            yes &= sure;
            protected &= row.protected;
            self.maybe |= may;
            self.perhaps_protected |= row.perhaps_protected & may;
        }
        self.yes = yes;
        self.protected = yes & protected;
        if yes != self.maybe && worlds.len() > 1 {
            whys.splice(0..0, gap);
        }
        for why in whys {
            self.note(why);
        }
    }
}
