//! What the last loads said, kept in memory while no commit contradicts it.
//!
//! Every entry names what it was made of (session, user, device, passkey, parent) as numbers of slots; a
//! commit that touches one of these stamps its slot with the next tick. An entry is good while none of its
//! stamps is later than the tick at which its load *began*. So a load that was under way when a commit was
//! made puts in an entry that is already void, whichever of the two finishes first. The stamp is set after
//! the commit is durable and before its caller hears of it: who has been told of a revocation sees it.

use passband_core::change::Change;
use passband_core::directory::hello::HelloKeyChange;
use passband_core::directory::{App, Session, Standing};
use passband_core::id::{ClientId, DeviceId, SessionId, UserId};
use passband_core::manage::access;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, PoisonError, RwLock};

/// Entries of standings, in each of two generations. An entry takes about 1000 bytes, once it is used.
const STANDINGS: usize = 65_536;
/// Entries of applications, in each of two generations.
const APPS: usize = 1024;
/// Two things may share a slot: that voids an entry too many, never one too few.
const SLOTS: usize = 65_536;

/// A thing an entry can be made of.
#[derive(Hash)]
enum Part<'a> {
    Apps,
    Device(DeviceId),
    Passkey(&'a [u8]),
    Session(SessionId),
    User(UserId),
}

/// Under which name an application was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AppName {
    Id(ClientId),
    Uri(String),
}

/// The moment a load began.
#[derive(Clone, Copy)]
pub(crate) struct Tick(u64);

pub(crate) struct Cache {
    tick: AtomicU64,
    /// Everything loaded before this tick is void.
    floor: AtomicU64,
    stamps: Box<[AtomicU64]>,
    /// Keyed, so that who chooses a credential id cannot aim at another's slot.
    hasher: RandomState,
    standings: Shelf<SessionId, Standing>,
    apps: Shelf<AppName, App>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            tick: AtomicU64::new(1),
            floor: AtomicU64::new(0),
            stamps: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            standings: Shelf::new(STANDINGS),
            apps: Shelf::new(APPS),
        }
    }

    /// To be taken before the query is sent.
    pub(crate) fn begin(&self) -> Tick {
        Tick(self.tick.load(SeqCst))
    }

    pub(crate) fn standing(&self, id: SessionId) -> Option<Arc<Standing>> {
        self.standings.get(&id, |entry| self.is_good(entry))
    }

    pub(crate) fn put_standing(&self, began: Tick, standing: &Arc<Standing>) {
        let parts = self.parts_of(&standing.session);
        self.standings.put(standing.session.id, Entry { value: Arc::clone(standing), began, parts });
    }

    pub(crate) fn app(&self, name: &AppName) -> Option<Arc<App>> {
        self.apps.get(name, |entry| self.is_good(entry))
    }

    pub(crate) fn put_app(&self, began: Tick, name: AppName, app: &Arc<App>) {
        let parts = [self.slot(&Part::Apps); 5];
        self.apps.put(name, Entry { value: Arc::clone(app), began, parts });
    }

    /// Voids what these changes contradict. Call when they are durable, before anyone is told.
    pub(crate) fn touch(&self, changes: &[Change]) {
        for change in changes {
            match touched(change) {
                Touched::Nothing => {}
                Touched::Everything => self.clear(),
                Touched::Part(part) => {
                    let now = self.tick.fetch_add(1, SeqCst) + 1;
                    self.stamps[self.slot(&part) as usize].fetch_max(now, SeqCst);
                }
            }
        }
    }

    /// Voids everything, also what is being loaded.
    pub(crate) fn clear(&self) {
        let now = self.tick.fetch_add(1, SeqCst) + 1;
        self.floor.fetch_max(now, SeqCst);
    }

    fn is_good<T>(&self, entry: &Entry<T>) -> bool {
        let began = entry.began.0;
        self.floor.load(SeqCst) <= began
            && entry.parts.iter().all(|slot| self.stamps[*slot as usize].load(SeqCst) <= began)
    }

    fn slot(&self, part: &Part<'_>) -> u32 {
        (self.hasher.hash_one(part) % SLOTS as u64) as u32
    }

    fn parts_of(&self, session: &Session) -> [u32; 5] {
        let own = self.slot(&Part::Session(session.id));
        [
            own,
            self.slot(&Part::User(session.user)),
            session.device.map_or(own, |id| self.slot(&Part::Device(id))),
            session.credential.as_deref().map_or(own, |id| self.slot(&Part::Passkey(id))),
            session.parent.map_or(own, |id| self.slot(&Part::Session(id))),
        ]
    }
}

enum Touched<'a> {
    Nothing,
    Everything,
    Part(Part<'a>),
}

/// What a change contradicts. No wildcard: a new change must be placed.
fn touched(change: &Change) -> Touched<'_> {
    use Touched::{Everything, Nothing, Part as One};
    match change {
        Change::AdvanceSession { id, .. } | Change::EndSession { id, .. } => One(Part::Session(*id)),
        Change::DeleteApp(_) | Change::InsertApp(_) | Change::UpdateApp(_) => One(Part::Apps),
        Change::DeleteDevice(id)
        | Change::RaiseDevice(id)
        | Change::SetDeviceEnabled { id, .. }
        | Change::TellDevice { id, .. } => One(Part::Device(*id)),
        Change::DeletePasskey { id, .. } | Change::SetEvidence { id, .. } => One(Part::Passkey(id)),
        Change::HelloKey(HelloKeyChange::Insert(key)) => One(Part::Passkey(&key.id)),
        Change::HelloKey(HelloKeyChange::Delete { id, .. }) => One(Part::Passkey(id)),
        Change::AddMember { user, .. } | Change::RemoveMember { user, .. } => One(Part::User(*user)),
        // A standing says of which generation conditional access was, and who is in which group.
        Change::SetPolicy { name: access::NAME, .. } | Change::DeleteGroup(_) => Everything,
        // Others' sessions may run on the devices that go with the person.
        Change::DeleteUser(_) => Everything,
        Change::EndSessionsOf { user, .. } => One(Part::User(*user)),
        Change::InsertDevice(device) => One(Part::Device(device.id)),
        Change::InsertPasskey(passkey) => One(Part::Passkey(&passkey.id)),
        Change::InsertSession(session) => One(Part::Session(session.id)),
        Change::InsertUser(user) | Change::UpdateUser(user) => One(Part::User(user.id)),
        // What these touch is in no entry, or no decision rests on it (last use, counter, name).
        Change::AcknowledgeAlarm { .. }
        | Change::AdvanceGrant { .. }
        | Change::AdvanceTrust { .. }
        | Change::CutAudits { .. }
        | Change::DeleteTap { .. }
        | Change::DeleteTrust(_)
        | Change::EndGrant { .. }
        | Change::InsertAccessVersion(_)
        | Change::InsertGrant(_)
        | Change::InsertGroup(_)
        | Change::InsertKey(_)
        | Change::InsertTap(_)
        | Change::LogAudit(_)
        | Change::LogSignIn(_)
        | Change::PutTrust(_)
        | Change::RaiseAlarm(_)
        | Change::ReplaceRecoveryCodes { .. }
        | Change::RenamePasskey { .. }
        | Change::RequireTrust { .. }
        | Change::SeenDevice { .. }
        | Change::SetKeyState { .. }
        | Change::SetPolicy { .. }
        | Change::SetSetting { .. }
        | Change::ClaimSignal { .. }
        | Change::DeleteStream(_)
        | Change::DeleteTransmitter(_)
        | Change::InsertTransmitter(_)
        | Change::ExcludeSubject { .. }
        | Change::ForgetWaiting(_)
        | Change::HelloKey(HelloKeyChange::Use { .. })
        | Change::InsertStream(_)
        | Change::NoteAppSession { .. }
        | Change::PutOffSignals { .. }
        | Change::QueueSignal(_)
        | Change::Signal(_)
        | Change::SignalTold { .. }
        | Change::UpdateStream(_)
        | Change::Snooze { .. }
        | Change::DeviceCode(_)
        | Change::Spend { .. }
        | Change::UpdateGroup(_)
        | Change::UsePasskey { .. }
        | Change::UseRecoveryCode { .. }
        | Change::UseTap { .. } => Nothing,
    }
}

struct Entry<T> {
    value: Arc<T>,
    began: Tick,
    parts: [u32; 5],
}

/// A bounded map: when the young generation is full it becomes the old one, and what was old is forgotten.
struct Shelf<K, T> {
    limit: usize,
    generations: RwLock<Generations<K, T>>,
}

struct Generations<K, T> {
    young: HashMap<K, Entry<T>>,
    old: HashMap<K, Entry<T>>,
}

impl<K: Hash + Eq + Clone, T> Shelf<K, T> {
    fn new(limit: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new() };
        Self { limit, generations: RwLock::new(generations) }
    }

    fn get(&self, key: &K, is_good: impl Fn(&Entry<T>) -> bool) -> Option<Arc<T>> {
        let read = self.generations.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = read.young.get(key) {
            return is_good(entry).then(|| Arc::clone(&entry.value));
        }
        if !read.old.contains_key(key) {
            return None;
        }
        drop(read);
        let mut write = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        let entry = write.old.remove(key)?;
        if !is_good(&entry) {
            return None;
        }
        let value = Arc::clone(&entry.value);
        write.insert(self.limit, key.clone(), entry);
        Some(value)
    }

    fn put(&self, key: K, entry: Entry<T>) {
        let mut write = self.generations.write().unwrap_or_else(PoisonError::into_inner);
        write.old.remove(&key);
        // Of two loads that overlapped, the one that began later has seen more.
        if write.young.get(&key).is_none_or(|there| there.began.0 <= entry.began.0) {
            write.insert(self.limit, key, entry);
        }
    }
}

impl<K: Hash + Eq, T> Generations<K, T> {
    fn insert(&mut self, limit: usize, key: K, entry: Entry<T>) {
        if self.young.len() >= limit && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_core::time::Timestamp;

    fn app(n: u8) -> Arc<App> {
        Arc::new(App {
            id: ClientId::from_bytes([n; 16]),
            name: String::new(),
            redirect_uris: Vec::new(),
            logout_uris: Vec::new(),
            backchannel_logout_uri: None,
            identifier_uris: Vec::new(),
            secret_hash: None,
            enabled: true,
            created: Timestamp(0),
        })
    }

    fn name(n: u8) -> AppName {
        AppName::Id(ClientId::from_bytes([n; 16]))
    }

    #[test]
    fn a_load_that_a_commit_overtook_puts_nothing_in() {
        let cache = Cache::new();
        let began = cache.begin();
        cache.touch(&[Change::DeleteApp(ClientId::from_bytes([1; 16]))]);
        cache.put_app(began, name(1), &app(1));
        assert!(cache.app(&name(1)).is_none());
        cache.put_app(cache.begin(), name(1), &app(1));
        assert!(cache.app(&name(1)).is_some());
        // Nor does one that began earlier still, and ends last.
        cache.put_app(began, name(1), &app(2));
        assert_eq!(cache.app(&name(1)), Some(app(1)));
        let began = cache.begin();
        cache.clear();
        cache.put_app(began, name(1), &app(1));
        assert!(cache.app(&name(1)).is_none());
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let shelf: Shelf<u32, u32> = Shelf::new(10);
        let entry = |n| Entry { value: Arc::new(n), began: Tick(1), parts: [0; 5] };
        for n in 0..1000 {
            shelf.put(n, entry(n));
            assert_eq!(shelf.get(&0, |_| true).as_deref(), Some(&0), "{n}");
        }
        let held = shelf.generations.read().unwrap();
        assert!(held.young.len() <= 10 && held.old.len() <= 10);
        drop(held);
        assert_eq!(shelf.get(&1, |_| true), None);
        assert_eq!(shelf.get(&999, |_| false), None);
    }
}
