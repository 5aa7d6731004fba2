//! What is told of somebody.

use super::answer::{Answer, Reach};
use crate::engine::kit::{Kit, Way};
use crate::engine::memo::{Attempt, With};
use crate::engine::passkey::Token;
use crate::engine::table::Ability;
use crate::engine::why::Why;
use crate::engine::{Bits, Engine, PLATFORMS};
use passband_core::policy::access::facts::{Platform, Truth};
use serde::{Serialize, Serializer};

/// Whether somebody can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// To every application, certainly.
    Yes,
    /// To some, and certainly not to others.
    Partly,
    /// Nobody can tell.
    Unknown,
    /// To none, certainly.
    No,
}

impl Status {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Yes, Self::Partly, Self::Unknown, Self::No];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::Unknown => "unknown",
            Self::No => "no",
        }
    }

    /// The status of who reaches this, of these.
    #[must_use]
    pub const fn of(reach: Reach, wanted: Bits) -> Self {
        let (yes, maybe) = (reach.yes & wanted, (reach.yes | reach.maybe) & wanted);
        if yes == wanted {
            Self::Yes
        } else if maybe == 0 {
            Self::No
        } else if yes == maybe {
            Self::Partly
        } else {
            Self::Unknown
        }
    }
}

/// What a Primary Refresh Token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Prt {
    /// A key that hardware keeps.
    Hardware,
    /// A key that software keeps.
    Software,
    /// Nobody can tell.
    Unknown,
    /// There is none: no registered device with a broker.
    None,
}

impl Prt {
    /// Each of them, the firmest first.
    pub const ALL: [Self; 4] = [Self::Hardware, Self::Software, Self::Unknown, Self::None];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Software => "software",
            Self::Unknown => "unknown",
            Self::None => "none",
        }
    }
}

/// Writes bits as the places of those that are set.
fn places<S: Serializer>(bits: &Bits, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq((0..Bits::BITS).filter(|place| bits & 1 << place != 0))
}

/// One device with one passkey, or with all other methods.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// The device; empty for one that is in no list.
    pub device: Box<str>,
    /// Its platform, as Graph names it.
    pub platform: Option<&'static str>,
    /// The passkey by its name, `other methods`, or `methods of their own organisation`.
    pub with: Box<str>,
    /// Browsers and kinds of app in which it certainly works, for some application.
    pub works: Vec<&'static str>,
    /// Those in which it may.
    pub may_work: Vec<&'static str>,
    /// Those in which it does not.
    pub fails: Vec<&'static str>,
    /// Why not everything works everywhere.
    #[serde(rename = "why")]
    pub whys: Vec<Why>,
}

/// Somebody.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Their name.
    pub name: Box<str>,
    /// Their id.
    pub id: Box<str>,
    /// Whether they can sign in to every application, some way or other.
    pub status: Status,
    /// The same with a passkey.
    pub status_with_passkey: Status,
    /// To what they certainly can, as places in the list of resources.
    #[serde(serialize_with = "places")]
    pub can: Bits,
    /// To what they may.
    #[serde(serialize_with = "places")]
    pub may: Bits,
    /// What their Primary Refresh Token is bound to, on the best of their devices.
    pub prt: Prt,
    /// Where a session is certainly protected against theft.
    #[serde(serialize_with = "places")]
    pub protected: Bits,
    /// Where it may be.
    #[serde(serialize_with = "places")]
    pub may_be_protected: Bits,
    /// Where token protection stands in the way on some device.
    #[serde(serialize_with = "places")]
    pub locked_out_by_token_protection: Bits,
    /// How many passkeys they have; none if nobody said.
    pub passkeys: Option<usize>,
    /// Whether all of their passkeys are synced.
    pub only_synced: bool,
    /// Whether none of their passkeys is attested.
    pub only_unattested: bool,
    /// Whether one of their passkeys certainly stays on its device and is attested.
    pub has_attested: bool,
    /// Whether they have neither a passkey nor another method.
    pub no_method: bool,
    /// Each device with each way to sign in.
    pub tries: Vec<Try>,
    /// What is about them and no device.
    #[serde(rename = "why")]
    pub whys: Vec<Why>,
    #[serde(skip)]
    pub(super) platforms: [Reach; 5],
    #[serde(skip)]
    pub(super) devices_on: u8,
}

impl Line {
    /// What is told of somebody who tried this.
    #[must_use]
    pub fn of(engine: &Engine<'_>, person: usize, answer: &Answer, attempts: &[Attempt]) -> Self {
        let tenant = engine.tenant();
        let it = &tenant.people[person];
        let apps = engine.applications();
        let passkeys = it.passkeys.known();
        let tokens: Vec<_> = passkeys.into_iter().flatten().map(Token::of).collect();
        let all = |of: &dyn Fn(&Token) -> bool| !tokens.is_empty() && tokens.iter().all(of);
        let no_method = passkeys.is_some_and(Vec::is_empty) && it.methods.known().is_some_and(Vec::is_empty);
        let mut devices_on = 0;
        for attempt in attempts.iter().filter(|it| it.device.is_some()) {
            let place = PLATFORMS.iter().position(|platform| Some(*platform) == attempt.platform);
            devices_on |= place.map_or(0, |place| 1 << place);
        }
        Self {
            name: it.name.as_str().into(),
            id: it.id.to_string().into(),
            status: Status::of(answer.any, apps),
            status_with_passkey: Status::of(answer.passkey, apps),
            can: answer.any.yes,
            may: answer.any.maybe & !answer.any.yes,
            prt: prt(engine, person),
            protected: answer.protected.yes,
            may_be_protected: answer.protected.maybe & !answer.protected.yes,
            locked_out_by_token_protection: answer.unbound,
            passkeys: passkeys.map(Vec::len),
            only_synced: all(&|token| token.synced == Some(true)),
            only_unattested: all(&|token| token.attested == Some(false)),
            has_attested: tokens.iter().any(|it| it.attested == Some(true) && it.synced == Some(false)),
            no_method,
            tries: tries(engine, person, attempts),
            whys: if attempts.is_empty() { vec![Why::NoMethod] } else { Vec::new() },
            platforms: answer.platforms,
            devices_on,
        }
    }

    pub(super) fn has_device_on(&self, platform: Platform) -> bool {
        PLATFORMS.iter().position(|it| *it == platform).is_some_and(|at| self.devices_on & 1 << at != 0)
    }

    /// Whether they can sign in to anything on this platform.
    pub(super) const fn on(&self, place: usize, apps: Bits) -> Status {
        let reach = self.platforms[place];
        match (reach.yes & apps != 0, reach.maybe & apps != 0) {
            (true, _) => Status::Yes,
            (false, true) => Status::Unknown,
            (false, false) => Status::No,
        }
    }
}

/// What the Primary Refresh Token of somebody is bound to, on the best of their devices. Where one may be bound to
/// hardware, it is not counted as software.
fn prt(engine: &Engine<'_>, person: usize) -> Prt {
    let all = engine.devices_of(person).iter().map(|it| on_device(engine, &engine.kits.all[it.kit as usize]));
    let rank = |it: &Prt| match it {
        Prt::Hardware => 0,
        Prt::Unknown => 1,
        Prt::Software => 2,
        Prt::None => 3,
    };
    all.min_by_key(rank).unwrap_or(if engine.tenant().devices.is_empty() { Prt::Unknown } else { Prt::None })
}

fn on_device(engine: &Engine<'_>, kit: &Kit) -> Prt {
    let registered = match (kit.trust, kit.enabled) {
        (Some(None), _) | (_, Some(false)) => Truth::No,
        (Some(Some(_)), Some(true)) => Truth::Yes,
        _ => Truth::Unknown,
    };
    let Some(platform) = kit.platform.flatten() else { return Prt::Unknown };
    let hardware = engine.today.of(Ability::HardwarePrt, platform, kit).truth;
    match (registered.and(kit.has(Way::App)), hardware, kit.hardware) {
        (Truth::No, ..) => Prt::None,
        (Truth::Unknown, ..) | (_, Truth::Unknown, _) => Prt::Unknown,
        (_, Truth::No, _) | (.., Some(false)) => Prt::Software,
        (.., Some(true)) => Prt::Hardware,
        (.., None) => Prt::Unknown,
    }
}

/// Tries of one device and one means, put together.
fn tries(engine: &Engine<'_>, person: usize, attempts: &[Attempt]) -> Vec<Try> {
    let apps = engine.applications();
    let tenant = engine.tenant();
    let mut tries: Vec<(Option<u32>, Option<Platform>, With, Try)> = Vec::new();
    for it in attempts {
        let key = (it.device, it.platform, it.with);
        let at = tries.iter().position(|(device, platform, with, _)| (*device, *platform, *with) == key);
        let at = at.unwrap_or_else(|| {
            let device = it.device.and_then(|at| tenant.devices.get(at as usize));
            let line = Try {
                device: device.map_or("", |it| it.name.as_str()).into(),
                platform: it.platform.map(Platform::name),
                with: with_name(engine, person, it.with).into(),
                works: Vec::new(),
                may_work: Vec::new(),
                fails: Vec::new(),
                whys: Vec::new(),
            };
            tries.push((it.device, it.platform, it.with, line));
            tries.len() - 1
        });
        let line = &mut tries[at].3;
        let list = match (it.yes & apps != 0, it.maybe & apps != 0) {
            (true, _) => &mut line.works,
            (false, true) => &mut line.may_work,
            (false, false) => &mut line.fails,
        };
        list.push(Way::name(it.way));
        for why in &it.whys {
            if !line.whys.contains(why) {
                line.whys.push(*why);
            }
        }
    }
    tries.into_iter().map(|it| it.3).collect()
}

fn with_name<'e>(engine: &'e Engine<'_>, person: usize, with: With) -> &'e str {
    match with {
        With::Passkey(at) => {
            let passkeys = engine.tenant().people[person].passkeys.known();
            passkeys.and_then(|all| all.get(at as usize)).map_or("", |it| it.name.as_str())
        }
        With::SomePasskey => "a passkey, if they have one",
        With::Others => "other methods",
        With::Home => "methods of their own organisation",
        With::New(_) => "a new passkey",
    }
}

/// People with too little, as places in the list of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lists {
    /// Who has passkeys, and synced ones alone.
    pub only_synced: Vec<usize>,
    /// Who has passkeys, and none that is attested.
    pub only_unattested: Vec<usize>,
    /// Who has one passkey.
    pub one_passkey: Vec<usize>,
    /// Who has none.
    pub no_passkey: Vec<usize>,
    /// Of whom nobody said.
    pub passkeys_unknown: Vec<usize>,
    /// Who has neither a passkey nor another method.
    pub no_method: Vec<usize>,
}

impl Lists {
    /// The lists of these people.
    #[must_use]
    pub fn of(people: &[Line]) -> Self {
        let all = |of: &dyn Fn(&Line) -> bool| {
            people.iter().enumerate().filter(|(_, it)| of(it)).map(|(at, _)| at).collect()
        };
        Self {
            only_synced: all(&|it| it.only_synced),
            only_unattested: all(&|it| it.only_unattested),
            one_passkey: all(&|it| it.passkeys == Some(1)),
            no_passkey: all(&|it| it.passkeys == Some(0)),
            passkeys_unknown: all(&|it| it.passkeys.is_none()),
            no_method: all(&|it| it.no_method),
        }
    }
}
