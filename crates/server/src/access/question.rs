//! A sign-in that nobody has made, as an administrator describes it: Graph's `signInIdentity`, `signInContext` and
//! `signInConditions`, with inputs of ours. What is not told stays unknown.

use crate::app::App;
use crate::routes::graph::error::{GraphError, Problem};
use passband_core::id::{ClientId, DeviceId, GroupId, RoleId, UserId};
use passband_core::manage::app::CONSOLE_APP;
use passband_core::policy::access::facts::{
    ClientApp, DeviceFacts, Fact, Facts, Flow, Network, Ownership, PasskeyProof, Person, Platform,
    PlatformFact, Presented, Proof, Shown, Suite, Target, TrustType, UserAction,
};
use passband_core::policy::access::location::Country;
use passband_core::policy::access::strength::{KeyBinding, Methods, Mode};
use passband_core::policy::signal::{Binding, Certification, EvidenceLevel};
use passband_core::time::{Seconds, Timestamp};
use passband_wire::b64;
use serde::Deserialize;
use std::net::IpAddr;

/// The body of `evaluate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct QuestionBody {
    sign_in_identity: Identity,
    sign_in_context: Context,
    sign_in_conditions: Option<Conditions>,
    /// Whether only policies that apply, or may, are wanted.
    pub applied_policies_only: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    user_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Context {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    include_applications: Option<Vec<String>>,
    user_action: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Conditions {
    #[serde(rename = "@odata.type")]
    _kind: Option<String>,
    device_platform: Option<String>,
    client_app_type: Option<String>,
    sign_in_risk_level: Option<String>,
    user_risk_level: Option<String>,
    service_principal_risk_level: Option<String>,
    insider_risk_level: Option<String>,
    country: Option<String>,
    ip_address: Option<String>,
    authentication_flow: Option<FlowBody>,
    device_info: Option<DeviceBody>,
    #[serde(rename = "passband_isDeviceRegistered")]
    is_registered: Option<bool>,
    #[serde(rename = "passband_deviceEvidence")]
    device_evidence: Option<String>,
    #[serde(rename = "passband_passkeyId")]
    passkey_id: Option<String>,
    #[serde(rename = "passband_passkeyType")]
    passkey_type: Option<String>,
    #[serde(rename = "passband_aaGuid")]
    aaguid: Option<String>,
    #[serde(rename = "passband_evidence")]
    evidence: Option<String>,
    #[serde(rename = "passband_keyBinding")]
    key_binding: Option<String>,
    #[serde(rename = "passband_attested")]
    attested: Option<bool>,
    #[serde(rename = "passband_method")]
    method: Option<String>,
    #[serde(rename = "passband_signInAgeMinutes")]
    age_minutes: Option<u32>,
    #[serde(rename = "passband_sessionBinding")]
    session_binding: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FlowBody {
    transfer_method: Option<String>,
}

/// Graph `deviceInfo`. What is left over are extension attributes, or refused; see [`extensions`].
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceBody {
    #[serde(rename = "@odata.type")]
    _kind: Option<String>,
    device_id: Option<String>,
    display_name: Option<String>,
    enrollment_profile_name: Option<String>,
    is_compliant: Option<bool>,
    manufacturer: Option<String>,
    mdm_app_id: Option<String>,
    model: Option<String>,
    operating_system: Option<String>,
    operating_system_version: Option<String>,
    ownership: Option<String>,
    #[serde(default)]
    physical_ids: Vec<String>,
    profile_type: Option<String>,
    #[serde(default)]
    system_labels: Vec<String>,
    trust_type: Option<String>,
    #[serde(flatten)]
    extensions: serde_json::Map<String, serde_json::Value>,
}

/// A described sign-in, with what the directory knows of the person.
#[derive(Debug)]
pub struct Question {
    user: UserId,
    groups: Vec<GroupId>,
    roles: Vec<RoleId>,
    apps: Vec<ClientId>,
    suites: Vec<Suite>,
    action: Option<UserAction>,
    client_app: Fact<ClientApp>,
    platform: Fact<PlatformFact>,
    device: Fact<Option<DeviceBody>>,
    device_id: DeviceId,
    ownership: Option<Ownership>,
    trust_type: Option<TrustType>,
    extensions: Vec<Option<String>>,
    network: Network,
    flow: Fact<Flow>,
    methods: Fact<Methods>,
    passkey: Fact<Option<PasskeyProof>>,
    age: Fact<Seconds>,
    presented: Presented,
}

fn wrong(path: &str, message: impl Into<String>) -> GraphError {
    let path = path.to_owned();
    GraphError::document(vec![Problem { path, message: message.into() }])
}

/// One of a few words, if it is there.
fn choice<T: Copy>(
    sent: Option<&String>,
    path: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Option<T>, GraphError> {
    let Some(text) = sent else { return Ok(None) };
    let found = all.iter().copied().find(|it| name(*it) == text);
    let words = || all.iter().map(|it| name(*it)).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| wrong(path, format!("must be one of {}", words())))
}

fn fact<T>(known: Option<T>) -> Fact<T> {
    known.map_or(Fact::Unknown, Fact::Known)
}

const BINDINGS: [Binding; 3] = [Binding::None, Binding::SoftwareKey, Binding::HardwareKey];
const LEVELS: [EvidenceLevel; 5] =
    [EvidenceLevel::E0, EvidenceLevel::E1, EvidenceLevel::E2, EvidenceLevel::E3, EvidenceLevel::E4];
/// Attributes a device may have.
const EXTENSIONS: usize = 15;

impl Question {
    /// Reads a description.
    ///
    /// # Errors
    ///
    /// [`GraphError`] with the place of what is wrong, or that there is no such person.
    pub async fn load(app: &App, body: QuestionBody) -> Result<Self, GraphError> {
        let user = person(&body.sign_in_identity)?;
        let found = app.store.user(user).await?;
        let found = found.ok_or_else(|| {
            wrong("signInIdentity.userId", format!("there is no person with the id {user}"))
        })?;
        let scope = app.store.scope_of(user).await?;
        let it = body.sign_in_conditions.unwrap_or_default();
        rates_nothing(&it)?;
        let (methods, passkey) = proof(app, user, &it).await?;
        let (apps, suites, action) = target(app, body.sign_in_context).await?;
        let device = it.device_info.as_ref();
        let device_id = device.and_then(|device| device.device_id.as_ref()?.parse().ok());
        let question = Self {
            user,
            groups: scope.groups,
            roles: found.roles.iter().filter_map(|role| role.id().parse().ok()).collect(),
            apps,
            suites,
            action,
            client_app: fact(choice(
                it.client_app_type.as_ref(),
                "signInConditions.clientAppType",
                &ClientApp::ALL,
                ClientApp::name,
            )?),
            platform: fact(
                choice(
                    it.device_platform.as_ref(),
                    "signInConditions.devicePlatform",
                    &Platform::ALL,
                    Platform::name,
                )?
                .map(|platform| PlatformFact { platform: Some(platform), verified: device.is_some() }),
            ),
            device_id: device_id.unwrap_or(DeviceId::from_bytes([0; 16])),
            ownership: choice(
                device.and_then(|it| it.ownership.as_ref()),
                "signInConditions.deviceInfo.ownership",
                &[Ownership::Company, Ownership::Personal],
                Ownership::name,
            )?,
            trust_type: choice(
                device.and_then(|it| it.trust_type.as_ref()),
                "signInConditions.deviceInfo.trustType",
                &[TrustType::AzureAd, TrustType::ServerAd, TrustType::Workplace],
                TrustType::name,
            )?,
            extensions: extensions(device)?,
            network: network(app, &it)?,
            flow: flow(it.authentication_flow.as_ref())?,
            methods,
            passkey,
            age: fact(it.age_minutes.map(|minutes| Seconds::minutes(i64::from(minutes)))),
            presented: presented(&it)?,
            device: match (it.device_info, it.is_registered) {
                (Some(_), Some(false)) => {
                    return Err(wrong(
                        "signInConditions.deviceInfo",
                        "contradicts passband_isDeviceRegistered",
                    ));
                }
                (Some(device), _) => Fact::Known(Some(device)),
                (None, Some(false)) => Fact::Known(None),
                (None, _) => Fact::Unknown,
            },
        };
        Ok(question)
    }

    /// Hands the facts to `decide`.
    pub fn with_facts<T>(&self, at: Timestamp, decide: impl FnOnce(&Facts<'_>) -> T) -> T {
        let device = match &self.device {
            Fact::Unknown => Fact::Unknown,
            Fact::Known(device) => Fact::Known(device.as_ref().map(|device| self.device(device))),
        };
        let proved = self.age.known().map(|age| Timestamp(at.0.saturating_sub(age.0)));
        decide(&Facts {
            person: Person {
                id: self.user,
                groups: Fact::Known(&self.groups),
                roles: Fact::Known(&self.roles),
                guest: Fact::Known(None),
            },
            target: Target { apps: &self.apps, suites: &self.suites, action: self.action },
            client_app: self.client_app,
            platform: self.platform,
            device,
            network: self.network,
            flow: self.flow,
            proof: Proof { methods: self.methods, passkey: self.passkey, at: fact(proved) },
            presented: self.presented,
            at,
        })
    }

    fn device<'a>(&'a self, device: &'a DeviceBody) -> DeviceFacts<'a> {
        DeviceFacts {
            display_name: device.display_name.as_deref(),
            ownership: self.ownership,
            enrollment_profile_name: device.enrollment_profile_name.as_deref(),
            is_compliant: device.is_compliant,
            // What a management says of a device it says as its manager.
            is_managed: device.is_compliant,
            manufacturer: device.manufacturer.as_deref(),
            mdm_app_id: device.mdm_app_id.as_deref(),
            model: device.model.as_deref(),
            operating_system: device.operating_system.as_deref(),
            operating_system_version: device.operating_system_version.as_deref(),
            physical_ids: &device.physical_ids,
            profile_type: device.profile_type.as_deref(),
            system_labels: &device.system_labels,
            trust_type: self.trust_type,
            extension_attributes: &self.extensions,
            evidence: self.presented.evidence,
            ..DeviceFacts::bare(self.device_id)
        }
    }
}

fn person(identity: &Identity) -> Result<UserId, GraphError> {
    if identity.kind.as_deref().is_some_and(|it| it != "#microsoft.graph.userSignIn") {
        let path = "signInIdentity.@odata.type";
        return Err(wrong(path, "must be #microsoft.graph.userSignIn: only people are judged here"));
    }
    identity.user_id.parse().map_err(|_| wrong("signInIdentity.userId", "must be the id of a person"))
}

fn rates_nothing(it: &Conditions) -> Result<(), GraphError> {
    let levels = [
        ("signInRiskLevel", &it.sign_in_risk_level),
        ("userRiskLevel", &it.user_risk_level),
        ("servicePrincipalRiskLevel", &it.service_principal_risk_level),
        ("insiderRiskLevel", &it.insider_risk_level),
    ];
    match levels.iter().find(|(_, level)| level.as_ref().is_some_and(|it| it != "none")) {
        Some((name, _)) => Err(wrong(
            &format!("signInConditions.{name}"),
            "nothing here rates a risk; leave it out, or say none",
        )),
        None => Ok(()),
    }
}

async fn target(
    app: &App,
    context: Context,
) -> Result<(Vec<ClientId>, Vec<Suite>, Option<UserAction>), GraphError> {
    let kind = context.kind.unwrap_or_default();
    if kind.ends_with("authContext") {
        let why = "is not enforced by this server: applications here cannot ask for a context";
        return Err(wrong("signInContext", why));
    }
    match (context.include_applications.as_deref(), context.user_action.as_deref()) {
        (None, Some("registerSecurityInformation" | "urn:user:registersecurityinfo")) => {
            Ok((Vec::new(), Vec::new(), Some(UserAction::RegisterSecurityInfo)))
        }
        (None, Some("registerOrJoinDevices" | "urn:user:registerdevice")) => {
            Ok((Vec::new(), Vec::new(), Some(UserAction::RegisterDevice)))
        }
        (None, Some(_)) => Err(wrong(
            "signInContext.userAction",
            "must be registerSecurityInformation or registerOrJoinDevices",
        )),
        (Some([one]), None) => {
            if let Some(suite) = Suite::ALL.into_iter().find(|suite| suite.name() == one) {
                return Ok((Vec::new(), vec![suite], None));
            }
            let path = "signInContext.includeApplications[0]";
            let id: ClientId = one.parse().map_err(|_| wrong(path, "must be the id of an application"))?;
            if app.store.app(id).await?.is_none() {
                return Err(wrong(path, format!("there is no application with the id {id}")));
            }
            let suites = if id == CONSOLE_APP { vec![Suite::AdminPortals] } else { Vec::new() };
            Ok((vec![id], suites, None))
        }
        _ => Err(wrong("signInContext", "must have includeApplications with one application, or userAction")),
    }
}

fn network(app: &App, it: &Conditions) -> Result<Network, GraphError> {
    let ip: Option<IpAddr> = match &it.ip_address {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| wrong("signInConditions.ipAddress", "must be an IPv4 or IPv6 address"))?,
        ),
    };
    let country = match (&it.country, ip) {
        (Some(code), ..) => Fact::Known(Some(Country::from_code(code).ok_or_else(|| {
            wrong("signInConditions.country", "must be two letters of ISO 3166-1, such as CH")
        })?)),
        (None, Some(ip)) => app.countries.of(ip),
        _ => Fact::Unknown,
    };
    Ok(Network { ip: fact(ip), country })
}

fn flow(sent: Option<&FlowBody>) -> Result<Fact<Flow>, GraphError> {
    let method = sent.and_then(|it| it.transfer_method.as_deref());
    match method {
        // No such flow exists here, so that none was used is no guess.
        None | Some("none") => Ok(Fact::Known(Flow::None)),
        Some("deviceCodeFlow") => Ok(Fact::Known(Flow::DeviceCode)),
        Some("authenticationTransfer") => Ok(Fact::Known(Flow::AuthenticationTransfer)),
        Some(_) => Err(wrong(
            "signInConditions.authenticationFlow.transferMethod",
            "must be none, deviceCodeFlow or authenticationTransfer",
        )),
    }
}

fn presented(it: &Conditions) -> Result<Presented, GraphError> {
    let at = "signInConditions.passband_sessionBinding";
    let binding = choice(it.session_binding.as_ref(), at, &BINDINGS, Binding::name)?;
    let at = "signInConditions.passband_deviceEvidence";
    let evidence = choice(it.device_evidence.as_ref(), at, &LEVELS, EvidenceLevel::name)?;
    // Whether the session's key signs is what the binding decides; where that is unknown, so is the rest.
    let shown = if binding == Some(Binding::None) { Shown::Cookie } else { Shown::SessionKey };
    Ok(Presented { shown, binding: fact(binding), evidence: evidence.unwrap_or_default() })
}

fn extensions(device: Option<&DeviceBody>) -> Result<Vec<Option<String>>, GraphError> {
    let mut all = vec![None; EXTENSIONS];
    for (name, value) in device.into_iter().flat_map(|device| &device.extensions) {
        let path = || format!("signInConditions.deviceInfo.{}", name.chars().take(80).collect::<String>());
        let number = name.strip_prefix("extensionAttribute").and_then(|n| n.parse::<usize>().ok());
        let slot = number.and_then(|n| all.get_mut(n.checked_sub(1)?));
        match (slot, value) {
            (Some(slot), serde_json::Value::String(text)) => *slot = Some(text.clone()),
            (Some(_), serde_json::Value::Null) => {}
            (Some(_), _) => return Err(wrong(&path(), "must be a string")),
            (None, _) => return Err(wrong(&path(), "is no property that this server knows")),
        }
    }
    Ok(all)
}

/// How the person signs in: with a passkey of theirs, with a described one, or otherwise.
async fn proof(
    app: &App,
    user: UserId,
    it: &Conditions,
) -> Result<(Fact<Methods>, Fact<Option<PasskeyProof>>), GraphError> {
    let fido2 = Fact::Known(Methods::from_modes(&[Mode::Fido2]));
    if let Some(text) = &it.passkey_id {
        let passkeys = app.store.passkeys_of(user).await?;
        let found = passkeys.iter().find(|passkey| b64::encode(&passkey.id) == *text);
        let passkey = found
            .ok_or_else(|| wrong("signInConditions.passband_passkeyId", "the person has no such passkey"))?;
        let evidence = &passkey.evidence;
        let proof = PasskeyProof {
            aaguid: passkey.aaguid,
            binding: KeyBinding::of(passkey.backup_eligible, evidence.level),
            evidence: evidence.level,
            attested: evidence.attested,
            certification: evidence.certification,
        };
        return Ok((fido2, Fact::Known(Some(proof))));
    }
    let at = |name: &str| format!("signInConditions.passband_{name}");
    let synced = choice(it.passkey_type.as_ref(), &at("passkeyType"), &[false, true], |synced| {
        if synced { "synced" } else { "deviceBound" }
    })?;
    let evidence = choice(it.evidence.as_ref(), &at("evidence"), &LEVELS, EvidenceLevel::name)?;
    let stated = choice(it.key_binding.as_ref(), &at("keyBinding"), &KeyBinding::ALL, KeyBinding::name)?;
    let derived = synced.zip(evidence).map(|(synced, evidence)| KeyBinding::of(synced, evidence));
    let binding = stated.or(derived);
    let model: Option<ClientId> = match &it.aaguid {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| wrong(&at("aaGuid"), "must be a GUID"))?),
    };
    let method = match &it.method {
        None => None,
        Some(text) => Some(Methods::from_graph(text).ok_or_else(|| {
            wrong(&at("method"), "must be a name of authenticationMethodModes, such as fido2")
        })?),
    };
    let is_passkey = synced.is_some() || evidence.is_some() || binding.is_some() || model.is_some();
    let is_passkey = is_passkey || it.attested.is_some();
    match (method, is_passkey) {
        (Some(method), true) if !method.has(Mode::Fido2) => {
            Err(wrong(&at("method"), "contradicts what is said of a passkey"))
        }
        (Some(method), false) if !method.has(Mode::Fido2) => Ok((Fact::Known(method), Fact::Known(None))),
        (None, false) => Ok((Fact::Unknown, Fact::Unknown)),
        // Of a passkey of which not everything is told, nobody can say what a strength makes of it.
        _ => Ok((
            fido2,
            match (binding, evidence, model, it.attested) {
                (Some(binding), Some(evidence), Some(model), Some(attested)) => {
                    Fact::Known(Some(PasskeyProof {
                        aaguid: *model.as_bytes(),
                        binding,
                        evidence,
                        attested,
                        certification: Certification::None,
                    }))
                }
                _ => Fact::Unknown,
            },
        )),
    }
}
