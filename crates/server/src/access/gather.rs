//! From a session, a program and a caller to the facts that policies ask about. The only place that decides whose word
//! counts for what.

use crate::app::App;
use crate::extract::Caller;
use passband_core::directory::{
    self, App as AppRecord, Attribute, DeviceStanding, JoinType, PasskeyStanding, User,
};
use passband_core::id::{ClientId, RoleId};
use passband_core::manage::app::{ACCOUNT_APP, CONSOLE_APP, is_web};
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Facts, Flow, Network, Ownership, PasskeyProof, Person, Platform,
    PlatformFact, Presented, Proof, Shown, Suite, Target, TrustType, UserAction,
};
use passband_core::policy::access::strength::{KeyBinding, Methods};
use passband_core::policy::signal::{Binding, EvidenceLevel, Factors};
use passband_core::session::standing::Live;
use passband_core::time::Timestamp;
use std::net::IpAddr;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Something of this application: of a resource, or of the client itself.
    App(ClientId),
    /// A page of the console.
    Console,
    /// A page of a person's own.
    Account,
    /// To do this.
    Action(UserAction),
}

/// What asks.
#[derive(Clone, Copy, Debug)]
pub enum Program<'a> {
    /// A page of this server, in a browser.
    Page,
    /// A registered client; in a browser if its redirect URIs are those of a web application.
    Client(&'a AppRecord),
    /// A registered client that has no browser, let in by a code that somebody typed elsewhere.
    DeviceCode(&'a AppRecord),
    /// A program on a device, through its broker.
    Native,
}

/// Who asks for what, with what, from where.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The session in good standing.
    pub live: Live<'a>,
    /// The program.
    pub program: Program<'a>,
    /// Who calls.
    pub caller: &'a Caller,
    /// What is asked for.
    pub wants: Wants,
    /// How it is shown that somebody has signed in, and what holds that.
    pub shown: (Shown, Binding),
    /// Now.
    pub at: Timestamp,
}

impl<'a> Asking<'a> {
    /// A request by a cookie to a page of this server.
    pub fn by_cookie(live: Live<'a>, caller: &'a Caller, wants: Wants, at: Timestamp) -> Self {
        Self { live, program: Program::Page, caller, wants, shown: (cookie(live), Binding::None), at }
    }

    /// Whose address and user agent count. A confidential client calls from its own servers, so of the person it serves
    /// no more is known than where and with what they signed in.
    fn origin(&self) -> (&'a str, &'a str) {
        let session = self.live.session();
        match self.program {
            Program::Client(client) if client.secret_hash.is_some() && self.is_behind_the_client() => {
                (&session.ip, &session.agent)
            }
            _ => (&self.caller.ip, &self.caller.agent),
        }
    }

    /// Whether the client sends this itself, rather than the person's browser.
    const fn is_behind_the_client(&self) -> bool {
        match self.shown.0 {
            Shown::Code | Shown::RefreshToken | Shown::AccessToken => true,
            Shown::SignIn | Shown::SessionKey | Shown::DeviceKey | Shown::CookieFromPrt | Shown::Cookie => {
                false
            }
        }
    }

    fn client_app(&self) -> ClientApp {
        match self.program {
            Program::Page => ClientApp::Browser,
            Program::Client(client) if client.redirect_uris.iter().any(|uri| is_web(uri)) => {
                ClientApp::Browser
            }
            Program::Client(_) | Program::DeviceCode(_) | Program::Native => ClientApp::MobileAndDesktop,
        }
    }

    /// The way the sign-in travels.
    const fn flow(&self) -> Flow {
        match self.program {
            Program::DeviceCode(_) => Flow::DeviceCode,
            Program::Page | Program::Client(_) | Program::Native => Flow::None,
        }
    }

    /// What the device says of itself if one stands behind the session, verified if its key signed this request;
    /// otherwise the word of the user agent.
    fn platform(&self, agent: &str) -> PlatformFact {
        match self.live.device() {
            Some(device) => {
                PlatformFact { platform: platform_of(&device.os), verified: self.shown.0.is_signed() }
            }
            None => PlatformFact { platform: platform_hint(agent), verified: false },
        }
    }
}

/// How a browser's cookie shows that somebody has signed in.
pub fn cookie(live: Live<'_>) -> Shown {
    if live.session().parent.is_some() { Shown::CookieFromPrt } else { Shown::Cookie }
}

/// Hands the facts of a request to `decide`.
pub fn with_facts<T>(app: &App, asking: &Asking<'_>, decide: impl FnOnce(&Facts<'_>) -> T) -> T {
    let live = asking.live;
    let (ip, agent) = asking.origin();
    let (own, suites, action): ([ClientId; 1], &[Suite], _) = match asking.wants {
        Wants::App(CONSOLE_APP) | Wants::Console => ([CONSOLE_APP], &[Suite::AdminPortals], None),
        Wants::App(id) => ([id], &[], None),
        Wants::Account => ([ACCOUNT_APP], &[], None),
        Wants::Action(action) => ([ClientId::from_bytes([0; 16])], &[], Some(action)),
    };
    let extensions = live.device().map(extension_attributes).unwrap_or_default();
    let device = live.device().map(|device| device_facts(device, &extensions, asking.at));
    let roles = roles(live.user());
    let (shown, binding) = asking.shown;
    decide(&Facts {
        person: Person {
            id: live.user().id,
            groups: Fact::Known(live.groups()),
            roles: Fact::Known(&roles),
            // Nobody here is from elsewhere.
            guest: Fact::Known(None),
        },
        target: Target { apps: if action.is_some() { &[] } else { &own }, suites, action },
        client_app: Fact::Known(asking.client_app()),
        platform: Fact::Known(asking.platform(agent)),
        device: Fact::Known(device),
        network: network(app, ip),
        flow: Fact::Known(asking.flow()),
        proof: proof(live),
        presented: Presented {
            shown,
            binding: Fact::Known(binding),
            evidence: device.map_or(EvidenceLevel::E0, |device| device.evidence),
        },
        at: asking.at,
    })
}

fn network(app: &App, ip: &str) -> Network {
    let ip: Option<IpAddr> = ip.parse().ok();
    let country = ip.map_or(Fact::Unknown, |ip| app.countries.of(ip));
    Network { ip: ip.map_or(Fact::Unknown, Fact::Known), country }
}

fn proof(live: Live<'_>) -> Proof {
    let factors = live.factors();
    Proof {
        methods: Fact::Known(Methods::of(factors, None)),
        passkey: Fact::Known(live.passkey().map(|passkey| passkey_proof(passkey, factors))),
        at: Fact::Known(live.session().auth_time),
    }
}

fn passkey_proof(passkey: &PasskeyStanding, factors: Factors) -> PasskeyProof {
    PasskeyProof {
        aaguid: passkey.aaguid,
        binding: KeyBinding::of(factors.contains(Factors::PASSKEY_SYNCED), passkey.evidence),
        evidence: passkey.evidence,
        attested: passkey.attested,
        certification: passkey.certification,
    }
}

/// What policies may ask about a device. The one place that says which record answers which property.
fn device_facts<'a>(
    device: &'a DeviceStanding,
    extension_attributes: &'a [Option<String>],
    at: Timestamp,
) -> DeviceFacts<'a> {
    // What nobody has renewed in time is unknown.
    let compliance = device.compliance.as_of(at);
    let text = |attribute| device.details.attributes.get(&attribute).map(String::as_str);
    DeviceFacts {
        enabled: device.enabled,
        display_name: Some(&device.name),
        ownership: device.details.ownership.map(|whose| match whose {
            directory::Ownership::Company => Ownership::Company,
            directory::Ownership::Personal => Ownership::Personal,
        }),
        enrollment_profile_name: text(Attribute::EnrollmentProfileName),
        is_compliant: compliance.compliant,
        is_managed: compliance.managed,
        manufacturer: text(Attribute::Manufacturer),
        mdm_app_id: text(Attribute::MdmAppId),
        model: text(Attribute::Model),
        operating_system: Some(&device.os),
        operating_system_version: Some(&device.os_version),
        trust_type: Some(match device.join {
            JoinType::Joined => TrustType::AzureAd,
            JoinType::Registered => TrustType::Workplace,
        }),
        extension_attributes,
        evidence: device.evidence,
        ..DeviceFacts::bare(device.id)
    }
}

/// The extension attributes of a device by number, the first at 0; none for a device without any.
fn extension_attributes(device: &DeviceStanding) -> Vec<Option<String>> {
    let set = &device.details.attributes;
    if !set.keys().any(|attribute| matches!(attribute, Attribute::Extension(_))) {
        return Vec::new();
    }
    (1..=15).map(|n| set.get(&Attribute::Extension(n)).cloned()).collect()
}

/// The roles of a person, by template.
fn roles(user: &User) -> Vec<RoleId> {
    user.roles.iter().filter_map(|role| role.id().parse().ok()).collect()
}

/// The platform of what a device calls its operating system.
pub fn platform_of(os: &str) -> Option<Platform> {
    let begins = |with: &str| os.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    let table = [
        ("Windows", Platform::Windows),
        ("Linux", Platform::Linux),
        ("macOS", Platform::MacOs),
        ("Mac", Platform::MacOs),
        ("iOS", Platform::Ios),
        ("iPad", Platform::Ios),
        ("iPhone", Platform::Ios),
        ("Android", Platform::Android),
    ];
    table.into_iter().find(|(name, _)| begins(name)).map(|(_, platform)| platform)
}

/// The platform that a user agent hints at. Whoever writes the request chooses it.
fn platform_hint(agent: &str) -> Option<Platform> {
    // In this order: those further down are named by those further up too.
    let table = [
        ("Windows Phone", Platform::WindowsPhone),
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("Windows", Platform::Windows),
        ("Macintosh", Platform::MacOs),
        ("Mac OS X", Platform::MacOs),
        ("Linux", Platform::Linux),
        ("X11", Platform::Linux),
    ];
    table.into_iter().find(|(name, _)| agent.contains(name)).map(|(_, platform)| platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_what_the_device_or_the_browser_says() {
        for (os, platform) in [
            ("Linux", Some(Platform::Linux)),
            ("windows 11", Some(Platform::Windows)),
            ("MacMDM", Some(Platform::MacOs)),
            ("iOS", Some(Platform::Ios)),
            ("Plan 9", None),
            ("", None),
        ] {
            assert_eq!(platform_of(os), platform, "{os}");
        }
        for (agent, platform) in [
            ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0", Some(Platform::Android)),
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0", Some(Platform::Linux)),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X)", Some(Platform::Ios)),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", Some(Platform::MacOs)),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Some(Platform::Windows)),
            ("curl/8.9", None),
        ] {
            assert_eq!(platform_hint(agent), platform, "{agent}");
        }
    }
}
