//! What conditional access was told, in a few characters: each line of the sign-in log keeps it, so that a changed
//! policy can be tried on the sign-ins of last week.
//!
//! Who, what for, from which address and with which factors are columns of their own. What is missing in the text has
//! its default, and ten thousand lines a second are written, so names have one letter.

use super::SignIn;
use crate::id::{ClientId, DeviceId, GroupId, RoleId};
use crate::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Facts, Flow, Network, Ownership, PasskeyProof, Person, Platform,
    PlatformFact, Presented, Proof, Shown, Suite, Target, TrustType, UserAction,
};
use crate::policy::access::location::Country;
use crate::policy::access::strength::{KeyBinding, Methods};
use crate::policy::signal::{Binding, Certification, EvidenceLevel};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A registered device, as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct NotedDevice {
    #[serde(rename = "e", default, skip_serializing_if = "is_zero")]
    evidence: u8,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    compliant: Option<bool>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    ownership: Option<u8>,
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    trust: Option<u8>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    os_version: Option<String>,
}

/// The passkey, as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NotedPasskey {
    #[serde(rename = "g")]
    aaguid: ClientId,
    #[serde(rename = "b", default, skip_serializing_if = "is_zero")]
    binding: u8,
    #[serde(rename = "e", default, skip_serializing_if = "is_zero")]
    evidence: u8,
    #[serde(rename = "t", default, skip_serializing_if = "is_false")]
    attested: bool,
    #[serde(rename = "f", default, skip_serializing_if = "is_zero")]
    certification: u8,
}

/// What conditional access was told of a request, beside what the line of the log has anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    client_app: u8,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    platform: Option<u8>,
    #[serde(rename = "v", default, skip_serializing_if = "is_false")]
    verified: bool,
    /// Empty: the file of countries does not have the address. Absent: there was no file.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// Only where it is not the line's own app.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    apps: Vec<ClientId>,
    #[serde(rename = "s", default, skip_serializing_if = "is_false")]
    is_portal: bool,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    action: Option<u8>,
    #[serde(rename = "k2", default, skip_serializing_if = "Option::is_none")]
    passkey: Option<NotedPasskey>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(rename = "w", default, skip_serializing_if = "is_zero")]
    shown: u8,
    #[serde(rename = "b", default, skip_serializing_if = "is_zero")]
    binding: u8,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    device: Option<NotedDevice>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(n: &u8) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(it: &bool) -> bool {
    !*it
}

const SHOWN: [Shown; 8] = [
    Shown::SignIn,
    Shown::SessionKey,
    Shown::CookieFromPrt,
    Shown::Cookie,
    Shown::Code,
    Shown::RefreshToken,
    Shown::AccessToken,
    Shown::DeviceKey,
];
const BINDINGS: [Binding; 3] = [Binding::None, Binding::SoftwareKey, Binding::HardwareKey];
const OWNERS: [Ownership; 2] = [Ownership::Company, Ownership::Personal];
const TRUSTS: [TrustType; 3] = [TrustType::AzureAd, TrustType::ServerAd, TrustType::Workplace];

/// The place of a value in the list of its kind. The lists only ever grow at their end.
fn place<T: PartialEq>(all: &[T], it: &T) -> u8 {
    all.iter().position(|other| other == it).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

fn at<T: Copy>(all: &[T], place: u8) -> Option<T> {
    all.get(usize::from(place)).copied()
}

const fn level(level: EvidenceLevel) -> u8 {
    level as u8
}

impl NotedDevice {
    fn of(device: &DeviceFacts<'_>) -> Self {
        Self {
            evidence: level(device.evidence),
            compliant: device.is_compliant,
            managed: device.is_managed,
            ownership: device.ownership.map(|it| place(&OWNERS, &it)),
            trust: device.trust_type.map(|it| place(&TRUSTS, &it)),
            os: device.operating_system.map(str::to_owned),
            os_version: device.operating_system_version.map(str::to_owned),
        }
    }

    fn facts<'a>(&'a self, id: DeviceId, name: &'a str) -> DeviceFacts<'a> {
        DeviceFacts {
            display_name: Some(name),
            ownership: self.ownership.and_then(|it| at(&OWNERS, it)),
            is_compliant: self.compliant,
            is_managed: self.managed,
            operating_system: self.os.as_deref(),
            operating_system_version: self.os_version.as_deref(),
            trust_type: self.trust.and_then(|it| at(&TRUSTS, it)),
            evidence: EvidenceLevel::from_i64(i64::from(self.evidence)),
            ..DeviceFacts::bare(id)
        }
    }
}

impl NotedPasskey {
    fn of(passkey: &PasskeyProof) -> Self {
        Self {
            aaguid: ClientId::from_bytes(passkey.aaguid),
            binding: place(&KeyBinding::ALL, &passkey.binding),
            evidence: level(passkey.evidence),
            attested: passkey.attested,
            certification: place(&Certification::ALL, &passkey.certification),
        }
    }

    fn proof(self) -> PasskeyProof {
        PasskeyProof {
            aaguid: *self.aaguid.as_bytes(),
            binding: at(&KeyBinding::ALL, self.binding).unwrap_or_default(),
            evidence: EvidenceLevel::from_i64(i64::from(self.evidence)),
            attested: self.attested,
            certification: at(&Certification::ALL, self.certification).unwrap_or_default(),
        }
    }
}

/// Who a line of the log is about, as the directory knows them when the line is read.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The groups they are in.
    pub groups: &'a [GroupId],
    /// The roles they hold.
    pub roles: &'a [RoleId],
}

impl Noted {
    /// What is noted of these facts, for a line whose app is `app`.
    #[must_use]
    pub fn of(facts: &Facts<'_>, app: Option<ClientId>) -> Self {
        let own = app.as_slice() == facts.target.apps;
        let country = facts.network.country.known();
        Self {
            client_app: facts.client_app.known().map_or(u8::MAX, |it| place(&ClientApp::ALL, it)),
            platform: facts.platform.known().and_then(|it| it.platform).map(|it| place(&Platform::ALL, &it)),
            verified: facts.platform.known().is_some_and(|it| it.verified),
            country: country.map(|it| it.as_ref().map_or_else(String::new, |it| it.code().to_owned())),
            apps: if own { Vec::new() } else { facts.target.apps.to_vec() },
            is_portal: facts.target.suites.contains(&Suite::AdminPortals),
            action: facts.target.action.map(|it| place(&UserAction::ALL, &it)),
            passkey: facts.proof.passkey.known().and_then(|it| it.as_ref()).map(NotedPasskey::of),
            auth_time: facts.proof.at.known().map(|at| at.0),
            shown: place(&SHOWN, &facts.presented.shown),
            binding: facts.presented.binding.known().map_or(u8::MAX, |it| place(&BINDINGS, it)),
            device: facts.device.known().and_then(|it| it.as_ref()).map(NotedDevice::of),
        }
    }

    /// The text of a column.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the text of a column; `None` where conditional access was not asked.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// What kind of program it was (Graph `clientAppUsed`).
    #[must_use]
    pub fn client_app(&self) -> Option<ClientApp> {
        at(&ClientApp::ALL, self.client_app)
    }

    /// The platform, and whether the registered device said so.
    #[must_use]
    pub fn platform(&self) -> Option<(Platform, bool)> {
        Some((at(&Platform::ALL, self.platform?)?, self.verified))
    }

    /// The country of the address, if it was known.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref().filter(|it| !it.is_empty())
    }

    /// The passkey's model, what kept its key and what proved that.
    #[must_use]
    pub fn passkey(&self) -> Option<PasskeyProof> {
        self.passkey.map(NotedPasskey::proof)
    }

    /// When the person had proved themselves.
    #[must_use]
    pub fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time.map(Timestamp)
    }

    /// How it was shown that somebody had signed in before, and what held that.
    #[must_use]
    pub fn presented(&self) -> (Shown, Binding) {
        (at(&SHOWN, self.shown).unwrap_or_default(), at(&BINDINGS, self.binding).unwrap_or_default())
    }

    /// Whether the device was compliant, managed; neither if nobody had said so lately.
    #[must_use]
    pub fn compliance(&self) -> (Option<bool>, Option<bool>) {
        self.device.as_ref().map_or((None, None), |it| (it.compliant, it.managed))
    }

    /// The ids under which what was asked for counts, given those of the line.
    fn apps<'a>(&'a self, line: &'a SignIn) -> &'a [ClientId] {
        if self.apps.is_empty() && self.action.is_none() { line.app.as_slice() } else { &self.apps }
    }

    /// The facts of a line as they were; of groups and roles, as they are. `None` for a line about nobody.
    #[must_use]
    pub fn facts<'a>(&'a self, line: &'a SignIn, about: About<'a>) -> Option<Facts<'a>> {
        const PORTALS: &[Suite] = &[Suite::AdminPortals];
        let device = || Some(self.device.as_ref()?.facts(line.device?, &line.device_name));
        let (shown, binding) = self.presented();
        let country = |text: &String| Fact::Known(Country::from_code(text));
        Some(Facts {
            person: Person {
                id: line.user?,
                groups: Fact::Known(about.groups),
                roles: Fact::Known(about.roles),
                guest: Fact::Known(None),
            },
            target: Target {
                apps: self.apps(line),
                suites: if self.is_portal { PORTALS } else { &[] },
                action: self.action.and_then(|it| at(&UserAction::ALL, it)),
            },
            client_app: self.client_app().map_or(Fact::Unknown, Fact::Known),
            platform: Fact::Known(PlatformFact {
                platform: self.platform.and_then(|it| at(&Platform::ALL, it)),
                verified: self.verified,
            }),
            device: Fact::Known(device()),
            network: Network {
                ip: line.ip.parse().map_or(Fact::Unknown, Fact::Known),
                country: self.country.as_ref().map_or(Fact::Unknown, country),
            },
            flow: Fact::Known(Flow::None),
            proof: Proof {
                methods: Fact::Known(Methods::of(line.factors, None)),
                passkey: Fact::Known(self.passkey()),
                at: self.auth_time().map_or(Fact::Unknown, Fact::Known),
            },
            presented: Presented {
                shown,
                binding: Fact::Known(binding),
                evidence: self
                    .device
                    .as_ref()
                    .map_or(EvidenceLevel::E0, |device| EvidenceLevel::from_i64(i64::from(device.evidence))),
            },
            at: line.at,
        })
    }
}
