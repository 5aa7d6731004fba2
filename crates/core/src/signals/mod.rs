//! What changes mean to those who rely on us: security events, told to receivers of shared signals and to applications.
//!
//! 1. [`asks`] says what has to be known of the things a list of changes touches, before they are made.
//! 2. [`of`] makes the events of it. Every commit passes here, so no path can end a session in silence; and a new
//!    [`Change`] must be placed, for neither match has a wildcard.
//! 3. The events are written in the transaction of the changes. What was made was told, or will be: at least once.

mod event;
pub mod receive;
pub mod stream;

pub use event::{Credential, CredentialKind, Ends, Event, EventKind, Subject, TYPES};

use crate::change::Change;
use crate::directory::{App, Device, Passkey, Session, User};
use crate::id::{ClientId, DeviceId, EventId, SessionId, UserId};
use crate::rng::Random;
use crate::time::Timestamp;

/// Something that has to be known before a change is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An application.
    App(ClientId),
    /// A device.
    Device(DeviceId),
    /// A passkey, if it is this person's.
    Passkey(Vec<u8>, UserId),
    /// A session.
    Session(SessionId),
    /// A person.
    User(UserId),
}

/// What was known of the things that changes touch, before they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Applications.
    pub apps: Vec<App>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// People.
    pub users: Vec<User>,
}

impl Facts {
    fn app(&self, id: ClientId) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    fn user(&self, id: UserId) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }
}

/// What has to be known before these changes are made; nothing for nearly every list, and then nothing is loaded.
#[must_use]
pub fn asks(changes: &[Change]) -> Vec<Ask> {
    changes.iter().filter_map(ask).collect()
}

fn ask(change: &Change) -> Option<Ask> {
    match change {
        Change::UpdateUser(user) => Some(Ask::User(user.id)),
        Change::EndSession { id, .. } => Some(Ask::Session(*id)),
        Change::DeletePasskey { id, user } => Some(Ask::Passkey(id.clone(), *user)),
        Change::DeleteDevice(id) | Change::SetDeviceEnabled { id, .. } | Change::TellDevice { id, .. } => {
            Some(Ask::Device(*id))
        }
        Change::DeleteApp(id) => Some(Ask::App(*id)),
        Change::UpdateApp(app) => Some(Ask::App(app.id)),
        Change::AcknowledgeAlarm { .. }
        | Change::AddMember { .. }
        | Change::AdvanceGrant { .. }
        | Change::AdvanceSession { .. }
        | Change::AdvanceTrust { .. }
        | Change::CutAudits { .. }
        | Change::DeviceCode(_)
        | Change::HelloKey(_)
        | Change::InsertAccessVersion(_)
        | Change::DeleteGroup(_)
        | Change::DeleteTap { .. }
        | Change::DeleteTrust(_)
        | Change::DeleteUser(_)
        | Change::EndGrant { .. }
        | Change::EndSessionsOf { .. }
        | Change::InsertApp(_)
        | Change::InsertDevice(_)
        | Change::InsertGrant(_)
        | Change::InsertGroup(_)
        | Change::InsertKey(_)
        | Change::InsertPasskey(_)
        | Change::InsertSession(_)
        | Change::InsertTap(_)
        | Change::InsertUser(_)
        | Change::LogAudit(_)
        | Change::LogSignIn(_)
        | Change::PutTrust(_)
        | Change::RaiseAlarm(_)
        | Change::RaiseDevice(_)
        | Change::RemoveMember { .. }
        | Change::RenamePasskey { .. }
        | Change::ReplaceRecoveryCodes { .. }
        | Change::RequireTrust { .. }
        | Change::SeenDevice { .. }
        | Change::SetEvidence { .. }
        | Change::SetKeyState { .. }
        | Change::SetPolicy { .. }
        | Change::SetSetting { .. }
        | Change::ClaimSignal { .. }
        | Change::DeleteStream(_)
        | Change::DeleteTransmitter(_)
        | Change::InsertTransmitter(_)
        | Change::ExcludeSubject { .. }
        | Change::ForgetWaiting(_)
        | Change::InsertStream(_)
        | Change::NoteAppSession { .. }
        | Change::PutOffSignals { .. }
        | Change::QueueSignal(_)
        | Change::Signal(_)
        | Change::SignalTold { .. }
        | Change::UpdateStream(_)
        | Change::Snooze { .. }
        | Change::Spend { .. }
        | Change::UpdateGroup(_)
        | Change::UsePasskey { .. }
        | Change::UseRecoveryCode { .. }
        | Change::UseTap { .. } => None,
    }
}

/// The events of these changes, in their order.
#[must_use]
pub fn of(changes: &[Change], facts: &Facts, at: Timestamp, rng: &dyn Random) -> Vec<Event> {
    let event = |(kind, subject, ends)| Event { id: EventId::generate(rng), at, kind, subject, ends };
    changes.iter().filter_map(|change| meaning(change, facts, at)).map(event).collect()
}

type Meaning = (EventKind, Subject, Option<Ends>);

fn meaning(change: &Change, facts: &Facts, at: Timestamp) -> Option<Meaning> {
    match change {
        Change::UpdateUser(after) => user_switched(facts.user(after.id)?.enabled, after),
        Change::DeleteUser(id) => {
            Some((EventKind::AccountPurged, Subject::of_user(*id), Some(Ends::SessionsOf(*id))))
        }
        Change::EndSessionsOf { user, .. } => {
            Some((EventKind::SessionRevoked, Subject::of_user(*user), Some(Ends::SessionsOf(*user))))
        }
        Change::EndSession { id, .. } => session_ended(facts.session(*id)?, at),
        Change::InsertPasskey(passkey) => {
            let kind = EventKind::CredentialCreated(Credential::of(passkey));
            Some((kind, Subject::of_user(passkey.user), None))
        }
        Change::DeletePasskey { id, user } => {
            let passkey = facts.passkeys.iter().find(|passkey| passkey.id == *id)?;
            let kind = EventKind::CredentialDeleted(Credential::of(passkey));
            Some((kind, Subject::of_user(*user), Some(Ends::BegunWith(id.clone(), *user))))
        }
        Change::SetDeviceEnabled { enabled: true, .. } => None,
        // Said again of one that is disabled already: a receiver that missed the first hears the second.
        Change::SetDeviceEnabled { id, enabled: false } | Change::DeleteDevice(id) => {
            let subject = Subject::of_device(facts.device(*id)?);
            Some((EventKind::SessionRevoked, subject, Some(Ends::On(*id))))
        }
        Change::TellDevice { id, told, .. } => {
            let device = facts.device(*id)?;
            // What is unknown is not compliant to whoever asks. What was told of before is what is kept: a fact that has
            // become stale is told of when it is taken away for that, by the sweep.
            let before = device.compliance.compliant == Some(true);
            let now = told.compliance.as_of(at).compliant == Some(true);
            let kind = EventKind::ComplianceChanged { compliant: now };
            (before != now).then(|| (kind, Subject::of_device(device), None))
        }
        Change::UpdateApp(after) => {
            let off = facts.app(after.id)?.enabled && !after.enabled;
            off.then(|| (EventKind::ApplicationDisabled, Subject::of_app(after.id), None))
        }
        Change::DeleteApp(id) => {
            facts.app(*id).map(|app| (EventKind::ApplicationDisabled, Subject::of_app(app.id), None))
        }
        Change::SetPolicy { .. } => Some((EventKind::PolicyChanged, Subject::default(), None)),
        // None of these takes anything away from anybody: they add, rename, count, log, or move what is current. An
        // ended grant leaves its session; the application that had it asked for the end or misused it.
        Change::AcknowledgeAlarm { .. }
        | Change::AddMember { .. }
        | Change::AdvanceGrant { .. }
        | Change::AdvanceSession { .. }
        | Change::AdvanceTrust { .. }
        | Change::CutAudits { .. }
        | Change::DeviceCode(_)
        | Change::HelloKey(_)
        | Change::InsertAccessVersion(_)
        | Change::DeleteGroup(_)
        | Change::DeleteTap { .. }
        | Change::DeleteTrust(_)
        | Change::EndGrant { .. }
        | Change::InsertApp(_)
        | Change::InsertDevice(_)
        | Change::InsertGrant(_)
        | Change::InsertGroup(_)
        | Change::InsertKey(_)
        | Change::InsertSession(_)
        | Change::InsertTap(_)
        | Change::InsertUser(_)
        | Change::LogAudit(_)
        | Change::LogSignIn(_)
        | Change::PutTrust(_)
        | Change::RaiseAlarm(_)
        | Change::RaiseDevice(_)
        | Change::RemoveMember { .. }
        | Change::RenamePasskey { .. }
        | Change::ReplaceRecoveryCodes { .. }
        | Change::RequireTrust { .. }
        | Change::SeenDevice { .. }
        | Change::SetEvidence { .. }
        | Change::SetKeyState { .. }
        | Change::SetSetting { .. }
        | Change::ClaimSignal { .. }
        | Change::DeleteStream(_)
        | Change::DeleteTransmitter(_)
        | Change::InsertTransmitter(_)
        | Change::ExcludeSubject { .. }
        | Change::ForgetWaiting(_)
        | Change::InsertStream(_)
        | Change::NoteAppSession { .. }
        | Change::PutOffSignals { .. }
        | Change::QueueSignal(_)
        | Change::Signal(_)
        | Change::SignalTold { .. }
        | Change::UpdateStream(_)
        | Change::Snooze { .. }
        | Change::Spend { .. }
        | Change::UpdateGroup(_)
        | Change::UsePasskey { .. }
        | Change::UseRecoveryCode { .. }
        | Change::UseTap { .. } => None,
    }
}

fn user_switched(was_enabled: bool, after: &User) -> Option<Meaning> {
    let subject = Subject::of_user(after.id);
    match (was_enabled, after.enabled) {
        (true, false) => Some((EventKind::AccountDisabled, subject, Some(Ends::SessionsOf(after.id)))),
        (false, true) => Some((EventKind::AccountEnabled, subject, None)),
        _ => None,
    }
}

/// Ending what has ended is no news.
fn session_ended(session: &Session, at: Timestamp) -> Option<Meaning> {
    let lives = session.ended.is_none() && at < session.expires;
    let subject =
        Subject { user: Some(session.user), device: session.device, session: Some(session.id), app: None };
    lives.then_some((EventKind::SessionRevoked, subject, Some(Ends::Session(session.id))))
}

#[cfg(test)]
mod tests;
