//! One try: somebody on a device, in a browser or app, with one means.

use super::Bits;
use super::access::{Cell, said};
use super::kit::Way;
use super::platform::Said;
use super::why::Why;
use passband_core::policy::access::facts::Platform;
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

/// Whether reasons are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// They are not.
    Nothing,
    /// They are, before all others that this is not known.
    Why { gap: Option<Why> },
}

impl Tell {
    /// The same with this gap.
    pub(super) const fn gap(self, gap: Option<Why>) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Why { .. } => Self::Why { gap },
        }
    }
}

impl Attempt {
    pub(super) fn note(&mut self, why: Why) {
        if !self.whys.contains(&why) {
            self.whys.push(why);
        }
    }

    /// A try of which nothing is known yet.
    pub(super) const fn new(platform: Option<Platform>, way: Way, with: With) -> Self {
        Self {
            device: None,
            platform,
            way,
            with,
            yes: 0,
            maybe: 0,
            protected: 0,
            perhaps_protected: 0,
            unbound: 0,
            whys: Vec::new(),
        }
    }

    /// Adds another without its reasons.
    pub(super) const fn sum(&mut self, other: &Self) {
        self.yes |= other.yes;
        self.maybe |= other.maybe;
        self.protected |= other.protected;
        self.perhaps_protected |= other.perhaps_protected;
        self.unbound |= other.unbound;
    }

    /// Adds up what the worlds come to, application by application; why, only if that is told.
    pub(super) fn count(
        &mut self,
        worlds: &[(Said, Rc<Vec<Cell>>)],
        usable: &dyn Fn(usize) -> Said,
        tell: Tell,
    ) {
        if let ([(accepted, cells)], Tell::Nothing) = (worlds, tell) {
            self.count_one(*accepted, cells, usable);
            return;
        }
        let kinds = worlds.first().map_or(0, |(_, cells)| cells.len());
        for at in 0..kinds {
            let here = usable(at);
            let (mut yes, mut maybe) = (true, false);
            let (mut protected, mut perhaps) = (true, false);
            let mut told = worlds.iter().map(|(accepted, cells)| {
                let all = accepted.and(here).and(said(&cells[at]));
                yes &= all.truth.is_yes();
                maybe |= !all.truth.is_no();
                protected &= cells[at].protected;
                perhaps |= cells[at].perhaps_protected && !all.truth.is_no();
                self.unbound |= Bits::from(cells[at].unbound && !accepted.and(here).truth.is_no()) << at;
                all
            });
            let mut whys: Vec<_> = Vec::new();
            for all in told.by_ref().filter(|all| !all.truth.is_yes()) {
                whys.extend(all.why.filter(|_| tell != Tell::Nothing));
            }
            drop(told);
            self.yes |= Bits::from(yes) << at;
            self.maybe |= Bits::from(maybe) << at;
            self.protected |= Bits::from(yes && protected) << at;
            self.perhaps_protected |= Bits::from(perhaps) << at;
            let Tell::Why { gap } = tell else { continue };
            if !yes && maybe && worlds.len() > 1 {
                whys.splice(0..0, gap);
            }
            for why in whys {
                self.note(why);
            }
            if !here.truth.is_no() && !worlds.iter().any(|(accepted, _)| accepted.truth.is_no()) {
                for (_, cells) in worlds {
                    for why in &cells[at].whys {
                        self.note(*why);
                    }
                }
            }
        }
    }
    /// The same where there is one world and nobody asks why: so are most tries, and no list is made for them.
    fn count_one(&mut self, accepted: Said, cells: &[Cell], usable: &dyn Fn(usize) -> Said) {
        for (at, cell) in cells.iter().enumerate() {
            let before = accepted.truth.and(usable(at).truth);
            let all = before.and(said(cell).truth);
            let bit = 1 << at;
            let set = |is: bool| if is { bit } else { 0 };
            self.yes |= set(all.is_yes());
            self.maybe |= set(!all.is_no());
            self.protected |= set(all.is_yes() && cell.protected);
            self.perhaps_protected |= set(cell.perhaps_protected && !all.is_no());
            self.unbound |= set(cell.unbound && !before.is_no());
        }
    }
}
