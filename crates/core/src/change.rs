//! Every write there is. The core decides which, the store executes them, all or none.

use crate::audit::chain::Place;
use crate::audit::{Audit, SignIn};
use crate::directory::device_code::DeviceCodeChange;
use crate::directory::hello::HelloKeyChange;
use crate::directory::{
    AccessVersion, Alarm, AlarmKind, App, Device, Evidence, Grant, Group, KeyState, Passkey, Session,
    Snoozed, StoredKey, Tap, Told, TrustDocument, User,
};
use crate::signals::Event;
use crate::signals::receive::Transmitter;
use crate::signals::stream::{Stream, Target, Waiting};
use passband_wire::id::{
    ClientId, DeviceId, GroupId, KeyId, SessionId, StreamId, TapId, TransmitterId, UserId,
};
use passband_wire::time::Timestamp;

/// One write. A list of them is one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Take an alarm away; [`Conflict::Stale`] if it was raised again since, or is gone.
    AcknowledgeAlarm {
        /// Whose account it is about.
        user: UserId,
        /// Which.
        kind: AlarmKind,
        /// How often it had been raised when it was seen.
        seen: u32,
    },
    /// Put a person into a group; [`Conflict::Duplicate`] if they are in it, or either is gone.
    AddMember {
        /// Into which.
        group: GroupId,
        /// Whom.
        user: UserId,
    },
    /// Write a device code; [`Conflict`] as its kind says.
    DeviceCode(DeviceCodeChange),
    /// Write a Hello key; [`Conflict`] as its kind says.
    HelloKey(HelloKeyChange),
    /// Move a grant from generation `from` to the next; [`Conflict::Stale`] if it is not there.
    AdvanceGrant {
        /// Which.
        family: [u8; 16],
        /// The generation that was seen.
        from: u32,
        /// Now.
        at: Timestamp,
    },
    /// Move a PRT session from generation `from` to the next; [`Conflict::Stale`] if it is not there.
    AdvanceSession {
        /// Which.
        id: SessionId,
        /// The generation that was seen.
        from: u32,
        /// Now.
        at: Timestamp,
        /// Its new end.
        expires: Timestamp,
    },
    /// Move the trust from generation `from` to the next; [`Conflict::Stale`] if it is not there.
    AdvanceTrust {
        /// The generation that was seen.
        from: u32,
    },
    /// Claim a try to tell something; [`Conflict::Stale`] if it was told, or another has claimed it.
    ClaimSignal {
        /// What, as it was seen.
        waiting: Box<Waiting>,
        /// When it is tried next unless it is told.
        until: Timestamp,
    },
    /// Cut the oldest lines off the audit log, up to and with `to`; [`Conflict::Stale`] if it does not begin behind
    /// line `from`.
    CutAudits {
        /// The last line that was cut off before.
        from: u64,
        /// The last line to cut off: the first that is kept follows it.
        to: Place,
    },
    /// Remove an application.
    DeleteApp(ClientId),
    /// Remove a device.
    DeleteDevice(DeviceId),
    /// Remove a group with its list of members.
    DeleteGroup(GroupId),
    /// Remove a passkey; [`Conflict::Stale`] if this user has none such.
    DeletePasskey {
        /// Credential id.
        id: Vec<u8>,
        /// Its owner.
        user: UserId,
    },
    /// Remove a receiver of signals with all that waits for it.
    DeleteStream(StreamId),
    /// Remove a pass; [`Conflict::Stale`] if this user has none such.
    DeleteTap {
        /// Which.
        id: TapId,
        /// Whose.
        user: UserId,
    },
    /// Remove a document of the trust, by its name; [`Conflict::Stale`] if there is none such.
    DeleteTrust(String),
    /// Take away whoever sent us signals.
    DeleteTransmitter(TransmitterId),
    /// Remove a person with passkeys, passes, sessions and devices.
    DeleteUser(UserId),
    /// End a grant. Ending twice is no error.
    EndGrant {
        /// Which.
        family: [u8; 16],
        /// Now.
        at: Timestamp,
    },
    /// End a session. Ending twice is no error.
    EndSession {
        /// Which.
        id: SessionId,
        /// Now.
        at: Timestamp,
    },
    /// End every session of a person.
    EndSessionsOf {
        /// Whose.
        user: UserId,
        /// Now.
        at: Timestamp,
    },
    /// Let a subject's events be told to a stream, or not.
    ExcludeSubject {
        /// To which.
        stream: StreamId,
        /// A person's or device's id.
        subject: [u8; 16],
        /// Whether they are kept from it.
        excluded: bool,
    },
    /// Forget what waits for a receiver, and whom it does not want to hear of.
    ForgetWaiting(StreamId),
    /// Keep a version of a part of conditional access; [`Conflict::Duplicate`] if there is one of its number.
    InsertAccessVersion(Box<AccessVersion>),
    /// Add an application; [`Conflict::Duplicate`] if the id exists.
    InsertApp(App),
    /// Add a device; [`Conflict::Duplicate`] if the id exists.
    InsertDevice(Box<Device>),
    /// Begin a refresh-token family; [`Conflict::Duplicate`] if the family exists.
    InsertGrant(Grant),
    /// Add a group; [`Conflict::Duplicate`] if the id exists.
    InsertGroup(Group),
    /// Add a key; [`Conflict::Duplicate`] if the id exists.
    InsertKey(StoredKey),
    /// Add a passkey; [`Conflict::Duplicate`] if anyone has registered this credential id.
    InsertPasskey(Box<Passkey>),
    /// Begin a session; [`Conflict::Duplicate`] if the id exists.
    InsertSession(Box<Session>),
    /// Add a receiver of signals; [`Conflict::Duplicate`] if the id exists.
    InsertStream(Box<Stream>),
    /// Add a pass.
    InsertTap(Tap),
    /// Register whoever may send us signals; [`Conflict::Duplicate`] if the id exists.
    InsertTransmitter(Box<Transmitter>),
    /// Add a person; [`Conflict::Duplicate`] if the id, UPN or handle exists.
    InsertUser(User),
    /// Add a line to the directory audit log.
    LogAudit(Box<Audit>),
    /// Add a line to the sign-in log.
    LogSignIn(Box<SignIn>),
    /// Note that an application got tokens in a session, to be told when that ends.
    NoteAppSession {
        /// The application.
        app: ClientId,
        /// The session.
        session: SessionId,
    },
    /// Put off all that waits for somebody who could not be told.
    PutOffSignals {
        /// For whom.
        target: Target,
        /// Until when.
        until: Timestamp,
        /// Why.
        error: String,
    },
    /// Add a document of the trust, or replace the one of its name.
    PutTrust(Box<TrustDocument>),
    /// Raise an alarm. Until it is acknowledged another of its person and kind adds to its count.
    RaiseAlarm(Box<Alarm>),
    /// Put something where it waits to be told. There already is no error.
    QueueSignal(Box<Waiting>),
    /// Take a person out of a group; [`Conflict::Stale`] if they are not in it.
    RemoveMember {
        /// Out of which.
        group: GroupId,
        /// Whom.
        user: UserId,
    },
    /// Rename a passkey; [`Conflict::Stale`] if this user has none such.
    RenamePasskey {
        /// Credential id.
        id: Vec<u8>,
        /// Its owner.
        user: UserId,
        /// The new name.
        name: String,
    },
    /// Replace a person's recovery codes, used and unused, by a new set.
    ReplaceRecoveryCodes {
        /// Whose.
        user: UserId,
        /// The stored forms of the new ones; none takes them all away.
        hashes: Vec<[u8; 32]>,
        /// Now.
        at: Timestamp,
    },
    /// Make the rest only while this trust is in force; [`Conflict::Stale`] if it has moved on.
    RequireTrust {
        /// The generation that something was judged under.
        generation: u32,
    },
    /// Note that a device was used. No row is no error.
    SeenDevice {
        /// Which.
        id: DeviceId,
        /// Now.
        at: Timestamp,
    },
    /// Hold a device to the strict client profile from now on. No row is no error, and there is no way back.
    RaiseDevice(DeviceId),
    /// Enable or disable a device; [`Conflict::Stale`] if it does not exist.
    SetDeviceEnabled {
        /// Which.
        id: DeviceId,
        /// To what.
        enabled: bool,
    },
    /// Note how far a passkey is believed. No row is no error.
    SetEvidence {
        /// Credential id.
        id: Vec<u8>,
        /// The evidence now.
        evidence: Box<Evidence>,
    },
    /// Move a key to another state; [`Conflict::Stale`] if it is not in state `from`.
    SetKeyState {
        /// Which.
        id: KeyId,
        /// The state that was seen.
        from: KeyState,
        /// To what.
        to: KeyState,
        /// Now.
        at: Timestamp,
    },
    /// Replace a policy whole; [`Conflict::Stale`] if it is not at generation `from` (0: never set).
    SetPolicy {
        /// Its name.
        name: &'static str,
        /// The generation that was seen.
        from: u64,
        /// The policy as JSON.
        document: String,
        /// Now.
        at: Timestamp,
    },
    /// Set a named setting of the installation.
    SetSetting {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// Tell of what the changes after it do: into the box of each stream and application that it concerns.
    Signal(Box<Event>),
    /// Note what was told, or, with an error, given up.
    SignalTold {
        /// To whom.
        target: Target,
        /// What.
        ids: Vec<[u8; 16]>,
        /// Now.
        at: Timestamp,
        /// Why it was given up; empty if it was told.
        error: String,
    },
    /// Note that a person put the registration campaign off; [`Conflict::Stale`] if they had not put it off `seen` times.
    Snooze {
        /// Who.
        user: UserId,
        /// How often they had.
        seen: u32,
        /// How often they have now, and until when.
        now: Snoozed,
    },
    /// Use something that may be used once, by its unguessable id; [`Conflict::Spent`] if it was.
    Spend {
        /// Its id or hash.
        id: [u8; 32],
        /// After this nobody could use it anyway, and the row may go.
        until: Timestamp,
    },
    /// Replace what is said about a device by others; [`Conflict::Stale`] if it is gone, or something was said meanwhile.
    TellDevice {
        /// Which.
        id: DeviceId,
        /// The revision that was seen.
        seen: u32,
        /// What is said from now on.
        told: Box<Told>,
    },
    /// Replace an application's row; [`Conflict::Stale`] if it does not exist.
    UpdateApp(App),
    /// Replace a group's names; [`Conflict::Stale`] if it does not exist.
    UpdateGroup(Group),
    /// Replace a receiver's row; [`Conflict::Stale`] if it is gone or of another revision.
    UpdateStream(Box<Stream>),
    /// Replace a person's name, UPN, enabled, admin and break-glass mark; [`Conflict::Stale`] if absent, [`Conflict::Duplicate`] if the UPN is taken.
    UpdateUser(User),
    /// Note a sign-in with a passkey; [`Conflict::Stale`] if it is gone or its counter is not `seen`.
    UsePasskey {
        /// Credential id.
        id: Vec<u8>,
        /// The counter that was checked against.
        seen: u32,
        /// The counter it sent.
        sign_count: u32,
        /// The BS flag it sent.
        backup_state: bool,
        /// Now.
        at: Timestamp,
    },
    /// Use a recovery code; [`Conflict::Spent`] if it is gone or was used.
    UseRecoveryCode {
        /// Whose.
        user: UserId,
        /// Its stored form.
        hash: [u8; 32],
        /// Now.
        at: Timestamp,
    },
    /// Use a pass; [`Conflict::Spent`] if it is gone, or usable once and used.
    UseTap {
        /// Which.
        id: TapId,
        /// Now.
        at: Timestamp,
    },
}

/// Why a list of changes was not made: another got there first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Something unique exists already.
    #[error("it exists already")]
    Duplicate,
    /// What may be used once was used.
    #[error("it was used already")]
    Spent,
    /// The row is gone or no longer as it was seen.
    #[error("it has changed meanwhile")]
    Stale,
}
