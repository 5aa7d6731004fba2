//! What is written down of every decision.

pub mod chain;
pub mod noted;
pub mod said;

use crate::policy::signal::{Binding, Factors};
use crate::reason::Reason;
use passband_wire::id::{AuditId, ClientId, DeviceId, SessionId, SignInId, UserId};
use passband_wire::time::Timestamp;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInKind {
    /// A passkey was presented.
    Passkey,
    /// A passkey was registered.
    PasskeyRegistration,
    /// A Temporary Access Pass was presented.
    TemporaryAccessPass,
    /// A recovery code was presented.
    RecoveryCode,
    /// A Hello key was registered.
    HelloKeyRegistration,
    /// A Hello key signed for a PRT.
    HelloKey,
    /// A device was registered or joined.
    DeviceRegistration,
    /// A PRT was asked for.
    PrtIssue,
    /// A PRT was to be renewed.
    PrtRenewal,
    /// A PRT was presented for an app's token.
    PrtToken,
    /// A PRT cookie was presented by a browser.
    PrtCookie,
    /// An app sent its user to be signed in, and a session existed.
    Authorize,
    /// An authorization code was redeemed.
    Code,
    /// A program was let in by its code, or redeemed it.
    DeviceCode,
    /// A refresh token was redeemed.
    Refresh,
    /// A page of ours was opened, and a policy stood in the way.
    Page,
    /// An access token was shown, and a policy stood in the way.
    AccessToken,
}

impl SignInKind {
    /// Each of them, for parsing and documents.
    pub const ALL: [Self; 17] = [
        Self::Passkey,
        Self::PasskeyRegistration,
        Self::TemporaryAccessPass,
        Self::RecoveryCode,
        Self::HelloKeyRegistration,
        Self::HelloKey,
        Self::DeviceRegistration,
        Self::PrtIssue,
        Self::PrtRenewal,
        Self::PrtToken,
        Self::PrtCookie,
        Self::Authorize,
        Self::Code,
        Self::DeviceCode,
        Self::Refresh,
        Self::Page,
        Self::AccessToken,
    ];

    /// The name used in the log and the admin API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::PasskeyRegistration => "passkeyRegistration",
            Self::TemporaryAccessPass => "temporaryAccessPass",
            Self::RecoveryCode => "recoveryCode",
            Self::HelloKeyRegistration => "helloKeyRegistration",
            Self::HelloKey => "helloKey",
            Self::DeviceRegistration => "deviceRegistration",
            Self::PrtIssue => "prtIssue",
            Self::PrtRenewal => "prtRenewal",
            Self::PrtToken => "prtToken",
            Self::PrtCookie => "prtCookie",
            Self::Authorize => "authorize",
            Self::Code => "authorizationCode",
            Self::DeviceCode => "deviceCode",
            Self::Refresh => "refreshToken",
            Self::Page => "page",
            Self::AccessToken => "accessToken",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a person was there (Graph `isInteractive`).
    #[must_use]
    pub const fn is_interactive(self) -> bool {
        matches!(
            self,
            Self::Passkey
                | Self::PasskeyRegistration
                | Self::TemporaryAccessPass
                | Self::RecoveryCode
                | Self::HelloKeyRegistration
                | Self::HelloKey
                | Self::DeviceRegistration
        )
    }
}

/// One line of the sign-in log (Graph `signIn`): a decision and what it rested on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Graph `id`; ordered by time.
    pub id: SignInId,
    /// Graph `createdDateTime`.
    pub at: Timestamp,
    /// What was asked for.
    pub kind: SignInKind,
    /// What was answered.
    pub reason: Reason,
    /// Who, if that was established.
    pub user: Option<UserId>,
    /// Graph `userPrincipalName`, as established; never text a stranger typed.
    pub upn: String,
    /// Graph `appId`.
    pub app: Option<ClientId>,
    /// Graph `appDisplayName`.
    pub app_name: String,
    /// Graph `resourceDisplayName`: the audience asked for.
    pub resource: String,
    /// Graph `deviceDetail.deviceId`.
    pub device: Option<DeviceId>,
    /// Graph `deviceDetail.displayName`.
    pub device_name: String,
    /// The session it belongs to.
    pub session: Option<SessionId>,
    /// What was proved.
    pub factors: Factors,
    /// What the answer is bound to.
    pub binding: Binding,
    /// Graph `ipAddress`.
    pub ip: String,
    /// User agent, cut to 200 characters.
    pub agent: String,
    /// What the reason rests on, such as the passkey profile and its rule; empty if the reason says it all.
    pub detail: String,
    /// What conditional access was told, as [`Noted`](noted::Noted) writes it; empty where it was not asked.
    pub facts: String,
    /// What each policy said, as [`Told`](said::Told) writes it; empty where none was asked.
    pub said: String,
}

/// One line of the directory audit log (Graph `directoryAudit`): who changed what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Graph `id`; ordered by time.
    pub id: AuditId,
    /// Graph `activityDateTime`.
    pub at: Timestamp,
    /// Who: a UPN, `admin token <id>`, or `system`.
    pub actor: String,
    /// Graph `activityDisplayName`, e.g. `Disable device`.
    pub activity: &'static str,
    /// The object's id.
    pub target: String,
    /// One line for a person.
    pub detail: String,
}
