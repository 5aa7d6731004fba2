//! Everything that a policy may ask about one request.

use super::location::Country;
use super::strength::{KeyBinding, Methods};
use crate::policy::signal::{Binding, Certification, EvidenceLevel};
use passband_wire::id::{ClientId, DeviceId, GroupId, RoleId, UserId};
use passband_wire::time::Timestamp;
use std::net::IpAddr;

/// A fact, or that it is not known. The server knows everything it is asked about; a planner may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// It is so.
    Known(T),
    /// Nobody said. The worst case decides.
    Unknown,
}

// Derived, it would ask for `T: Default`.
#[expect(clippy::derivable_impls, reason = "the derived one would bound T")]
impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::Unknown
    }
}

impl<T> Fact<T> {
    /// The fact, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(it) => Some(it),
            Self::Unknown => None,
        }
    }

    /// What a question about the fact comes to; unknown if the fact is.
    pub fn ask(&self, question: impl FnOnce(&T) -> bool) -> Truth {
        self.known().map_or(Truth::Unknown, |it| Truth::of(question(it)))
    }
}

/// Yes, no, or nobody can tell (Kleene's strong logic of three values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It is not so.
    No,
    /// It cannot be told.
    Unknown,
    /// It is so.
    Yes,
}

impl Truth {
    /// Of something that is known.
    #[must_use]
    pub const fn of(it: bool) -> Self {
        if it { Self::Yes } else { Self::No }
    }

    /// Both: a no decides, whatever the other may be.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// Either: a yes decides, whatever the other may be.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// The opposite; of the unknown, the unknown.
    #[must_use]
    pub const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// Whether it is certainly so.
    #[must_use]
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether it is certainly not so.
    #[must_use]
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }
}

/// Kinds of people from outside (Graph `conditionalAccessGuestOrExternalUserTypes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guest {
    /// `internalGuest`
    Internal,
    /// `b2bCollaborationGuest`
    CollaborationGuest,
    /// `b2bCollaborationMember`
    CollaborationMember,
    /// `b2bDirectConnectUser`
    DirectConnect,
    /// `otherExternalUser`
    Other,
    /// `serviceProvider`
    ServiceProvider,
}

impl Guest {
    /// Each of them, in Graph's order.
    pub const ALL: [Self; 6] = [
        Self::Internal,
        Self::CollaborationGuest,
        Self::CollaborationMember,
        Self::DirectConnect,
        Self::Other,
        Self::ServiceProvider,
    ];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internalGuest",
            Self::CollaborationGuest => "b2bCollaborationGuest",
            Self::CollaborationMember => "b2bCollaborationMember",
            Self::DirectConnect => "b2bDirectConnectUser",
            Self::Other => "otherExternalUser",
            Self::ServiceProvider => "serviceProvider",
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Who.
    pub id: UserId,
    /// The groups they are in, in no order.
    pub groups: Fact<&'a [GroupId]>,
    /// The roles they hold, by template.
    pub roles: Fact<&'a [RoleId]>,
    /// Whether, and how, they are from outside. This server has nobody from outside: `Known(None)`.
    pub guest: Fact<Option<Guest>>,
}

/// A named set of applications (a value of Graph `includeApplications` that is no id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// `Office365`: none of this server's applications; a planner resolves it by a dated list.
    Office365,
    /// `MicrosoftAdminPortals`: here the console and the admin API.
    AdminPortals,
}

impl Suite {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Office365, Self::AdminPortals];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Office365 => "Office365",
            Self::AdminPortals => "MicrosoftAdminPortals",
        }
    }
}

/// Something a person does that is no application (Graph `includeUserActions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserAction {
    /// `urn:user:registersecurityinfo`: make a passkey or recovery codes.
    RegisterSecurityInfo,
    /// `urn:user:registerdevice`
    RegisterDevice,
}

impl UserAction {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::RegisterSecurityInfo, Self::RegisterDevice];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegisterSecurityInfo => "urn:user:registersecurityinfo",
            Self::RegisterDevice => "urn:user:registerdevice",
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// The ids under which it counts: that of the resource; for a plain sign-in, whose audience is this server, that of
    /// the client.
    pub apps: &'a [ClientId],
    /// The sets of applications it belongs to.
    pub suites: &'a [Suite],
    /// The action, if it is one. A policy for all applications speaks about actions too.
    pub action: Option<UserAction>,
}

/// What kind of program asks (Graph `conditionalAccessClientApp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientApp {
    /// `browser`
    Browser,
    /// `mobileAppsAndDesktopClients`
    MobileAndDesktop,
    /// `exchangeActiveSync`; never at this server.
    ExchangeActiveSync,
    /// `other`: protocols without interaction; never at this server.
    Other,
}

impl ClientApp {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Browser, Self::MobileAndDesktop, Self::ExchangeActiveSync, Self::Other];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::MobileAndDesktop => "mobileAppsAndDesktopClients",
            Self::ExchangeActiveSync => "exchangeActiveSync",
            Self::Other => "other",
        }
    }
}

/// An operating system (Graph `conditionalAccessDevicePlatform`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `android`
    Android,
    /// `iOS`
    Ios,
    /// `windows`
    Windows,
    /// `windowsPhone`
    WindowsPhone,
    /// `macOS`
    MacOs,
    /// `linux`
    Linux,
}

impl Platform {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Android, Self::Ios, Self::Windows, Self::WindowsPhone, Self::MacOs, Self::Linux];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Ios => "iOS",
            Self::Windows => "windows",
            Self::WindowsPhone => "windowsPhone",
            Self::MacOs => "macOS",
            Self::Linux => "linux",
        }
    }

    /// The platform of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(name))
    }
}

/// The platform of a request, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformFact {
    /// Which; `None` if it is none of those that policies name. Only a rule for all platforms covers that.
    pub platform: Option<Platform>,
    /// Whether the registered device that proved itself in this request says so. Otherwise it is the user agent's
    /// word, which whoever writes the request may choose.
    pub verified: bool,
}

/// Whom a device belongs to (Graph `deviceOwnership`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The organisation.
    Company,
    /// A person.
    Personal,
}

impl Ownership {
    /// `Company` or `Personal`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "Company",
            Self::Personal => "Personal",
        }
    }
}

/// How a device is known (Graph `trustType`, as filter rules write it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrustType {
    /// Joined.
    AzureAd,
    /// Joined to a domain on premises as well: hybrid.
    ServerAd,
    /// Registered.
    Workplace,
}

impl TrustType {
    /// `AzureAD`, `ServerAD` or `Workplace`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AzureAd => "AzureAD",
            Self::ServerAd => "ServerAD",
            Self::Workplace => "Workplace",
        }
    }
}

/// A registered device that proved itself in the request, or stands behind what was presented.
///
/// A property that nobody set is `None`; so is one whose report has gone stale. Names are those of filter rules.
#[derive(Clone, Copy, Debug)]
pub struct DeviceFacts<'a> {
    /// `deviceId`
    pub id: DeviceId,
    /// Whether it is enabled. A disabled one satisfies no control.
    pub enabled: bool,
    /// `displayName`
    pub display_name: Option<&'a str>,
    /// `deviceOwnership`
    pub ownership: Option<Ownership>,
    /// `enrollmentProfileName`
    pub enrollment_profile_name: Option<&'a str>,
    /// `isCompliant`, while the report is fresh.
    pub is_compliant: Option<bool>,
    /// Whether a device management manages it, while the report is fresh.
    pub is_managed: Option<bool>,
    /// `manufacturer`
    pub manufacturer: Option<&'a str>,
    /// `mdmAppId`
    pub mdm_app_id: Option<&'a str>,
    /// `model`
    pub model: Option<&'a str>,
    /// `operatingSystem`
    pub operating_system: Option<&'a str>,
    /// `operatingSystemVersion`
    pub operating_system_version: Option<&'a str>,
    /// `physicalIds`
    pub physical_ids: &'a [String],
    /// `profileType`
    pub profile_type: Option<&'a str>,
    /// `systemLabels`
    pub system_labels: &'a [String],
    /// `trustType`
    pub trust_type: Option<TrustType>,
    /// `extensionAttribute1` and on, the first at place 0; places that are missing were not set.
    pub extension_attributes: &'a [Option<String>],
    /// What proves its keys.
    pub evidence: EvidenceLevel,
}

impl DeviceFacts<'_> {
    /// A device of which nothing is known but that it exists and is enabled.
    #[must_use]
    pub const fn bare(id: DeviceId) -> Self {
        Self {
            id,
            enabled: true,
            display_name: None,
            ownership: None,
            enrollment_profile_name: None,
            is_compliant: None,
            is_managed: None,
            manufacturer: None,
            mdm_app_id: None,
            model: None,
            operating_system: None,
            operating_system_version: None,
            physical_ids: &[],
            profile_type: None,
            system_labels: &[],
            trust_type: None,
            extension_attributes: &[],
            evidence: EvidenceLevel::E0,
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network {
    /// The address, behind the proxies that are believed.
    pub ip: Fact<IpAddr>,
    /// The country of the address. `Known(None)`: the file of countries has no such address. `Unknown`: there is no
    /// file; what a country would decide is then decided by the worst case.
    pub country: Fact<Option<Country>>,
}

/// By which flow a sign-in is carried from one device to another (Graph `conditionalAccessTransferMethods`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flow {
    /// None of these.
    #[default]
    None,
    /// `deviceCodeFlow` (RFC 8628)
    DeviceCode,
    /// `authenticationTransfer`
    AuthenticationTransfer,
}

/// What is known of the passkey that was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasskeyProof {
    /// Its model, as it says; proved only if `attested`, or by its evidence.
    pub aaguid: [u8; 16],
    /// What keeps its key.
    pub binding: KeyBinding,
    /// What is proved of it now.
    pub evidence: EvidenceLevel,
    /// Whether a statement led to a trusted root.
    pub attested: bool,
    /// The certification of its proved model now.
    pub certification: Certification,
}

/// What the person proved when they signed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proof {
    /// The methods, as strengths name them; see [`Methods::of`].
    pub methods: Fact<Methods>,
    /// The passkey; `Known(None)` if none was used.
    pub passkey: Fact<Option<PasskeyProof>>,
    /// When: the claim `auth_time`.
    pub at: Fact<Timestamp>,
}

/// How somebody shows that they have signed in before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shown {
    /// They do not: the passkey answers in this very request.
    #[default]
    SignIn,
    /// The request is signed by the session key of a PRT, or carries a PRT cookie that is.
    SessionKey,
    /// The cookie of a browser session that was begun with a PRT.
    CookieFromPrt,
    /// The cookie of a browser session that was begun with a passkey.
    Cookie,
    /// An authorization code.
    Code,
    /// A refresh token.
    RefreshToken,
    /// An access token, at introspection or `userinfo`.
    AccessToken,
    /// The request is signed by the device's key itself, or carries a PRT cookie that is: no key that could be copied
    /// out of a session holds the PRT.
    DeviceKey,
}

impl Shown {
    /// Whether this very request is signed by what holds a PRT.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::SessionKey | Self::DeviceKey)
    }
}

/// What was presented, and what holds it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presented {
    /// How.
    pub shown: Shown,
    /// What the session behind it is bound to. A browser session that was made from a PRT is held by a cookie: `None`.
    pub binding: Fact<Binding>,
    /// The evidence of the device behind a bound session; the lowest if there is none.
    pub evidence: EvidenceLevel,
}

/// Everything that a policy may ask about one request.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who asks.
    pub person: Person<'a>,
    /// For what.
    pub target: Target<'a>,
    /// With what kind of program.
    pub client_app: Fact<ClientApp>,
    /// On which platform.
    pub platform: Fact<PlatformFact>,
    /// On which device; `Known(None)` is one that is not registered, or did not prove itself.
    pub device: Fact<Option<DeviceFacts<'a>>>,
    /// From where.
    pub network: Network,
    /// By which flow.
    pub flow: Fact<Flow>,
    /// What they proved, and when.
    pub proof: Proof,
    /// What the session is bound to.
    pub presented: Presented,
    /// Now.
    pub at: Timestamp,
}

impl Facts<'_> {
    /// Of somebody of whom nothing else is known, at an instant: every question about them has the worst answer.
    #[must_use]
    pub fn nothing_about(id: UserId, at: Timestamp) -> Self {
        Self {
            person: Person { id, groups: Fact::Unknown, roles: Fact::Unknown, guest: Fact::Unknown },
            target: Target::default(),
            client_app: Fact::Unknown,
            platform: Fact::Unknown,
            device: Fact::Unknown,
            network: Network::default(),
            flow: Fact::Unknown,
            proof: Proof::default(),
            presented: Presented::default(),
            at,
        }
    }
}
