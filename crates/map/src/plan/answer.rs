//! Everybody asked, on every processor.

use crate::engine::kit::Way;
use crate::engine::memo::{Attempt, Memo, With};
use crate::engine::{Bits, Engine, PLATFORMS};

/// What somebody can do, all their devices and ways together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// To what they certainly can sign in.
    pub yes: Bits,
    /// To what they can if all that is unknown turns out well.
    pub maybe: Bits,
}

/// The same, told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// In any way.
    pub any: Reach,
    /// With a passkey, one they were supposed to have included.
    pub passkey: Reach,
    /// In native apps.
    pub apps: Reach,
    /// By platform, in the order of [`PLATFORMS`].
    pub platforms: [Reach; 5],
    /// Where a session of theirs is certainly protected against theft, and where it may be.
    pub protected: Reach,
    /// Where token protection stands in the way of a try.
    pub unbound: Bits,
}

impl Reach {
    const fn add(&mut self, yes: Bits, maybe: Bits) {
        self.yes |= yes;
        self.maybe |= maybe;
    }

    /// Of one of several platforms, nobody knows which.
    fn one_of(all: &[Self; 5]) -> Self {
        all.iter().fold(Self { yes: Bits::MAX, maybe: 0 }, |so_far, it| Self {
            yes: so_far.yes & it.yes,
            maybe: so_far.maybe | it.maybe,
        })
    }
}

impl Answer {
    /// Adds up what somebody tried.
    #[must_use]
    pub fn of(attempts: &[Attempt]) -> Self {
        let mut answer = Self::default();
        let mut elsewhere = [[Reach::default(); 5]; 3];
        for it in attempts {
            let place = PLATFORMS.iter().position(|platform| Some(*platform) == it.platform);
            answer.unbound |= it.unbound;
            answer.protected.add(it.protected, it.perhaps_protected);
            let passkey = matches!(it.with, With::Passkey(_) | With::SomePasskey | With::New(_));
            let app = matches!(it.way, Way::App | Way::AppAlone);
            match (it.device, place) {
                (None, Some(place)) => {
                    for (reach, counts) in elsewhere.iter_mut().zip([true, passkey, app]) {
                        if counts {
                            reach[place].add(it.yes, it.maybe);
                        }
                    }
                    // On that platform they can, if they have one.
                    answer.platforms[place].add(0, it.maybe);
                }
                _ => {
                    answer.any.add(it.yes, it.maybe);
                    if passkey {
                        answer.passkey.add(it.yes, it.maybe);
                    }
                    if app {
                        answer.apps.add(it.yes, it.maybe);
                    }
                    if let Some(place) = place {
                        answer.platforms[place].add(it.yes, it.maybe);
                    }
                }
            }
        }
        if attempts.iter().any(|it| it.device.is_none()) {
            let [any, passkey, apps] = elsewhere.map(|it| Reach::one_of(&it));
            answer.any.add(any.yes, any.maybe);
            answer.passkey.add(passkey.yes, passkey.maybe);
            answer.apps.add(apps.yes, apps.maybe);
            // Which session it will be, nobody knows.
            answer.protected.yes = 0;
        }
        answer
    }
}

/// Asks about everybody, on so many threads; the answers are in the order of the tenant's people.
pub fn everybody<'t, T: Send>(
    engine: &Engine<'t>,
    threads: usize,
    ask: impl Fn(&mut Memo<'_, 't>, usize) -> T + Sync,
) -> Vec<T> {
    let people = engine.tenant().people.len();
    let chunk = people.div_ceil(threads.max(1)).max(1);
    let starts: Vec<_> = (0..people).step_by(chunk).collect();
    let ask = &ask;
    std::thread::scope(|scope| {
        let threads: Vec<_> = starts
            .into_iter()
            .map(|start| {
                scope.spawn(move || {
                    let mut memo = Memo::new(engine);
                    (start..(start + chunk).min(people)).map(|at| ask(&mut memo, at)).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut all = Vec::with_capacity(people);
        for thread in threads {
            match thread.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// As many threads as there are processors.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
