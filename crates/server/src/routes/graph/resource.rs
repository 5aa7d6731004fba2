//! The resources: their properties under Graph's names, and how a record is written as one.
//!
//! One table says what `$select` may name, what `$filter` may compare, and what the OpenAPI document describes.

pub mod access;
pub mod chain;
pub mod conditional;
pub mod hello;
pub mod recovery;
pub mod roles;
pub mod signals;
pub mod trust;

use super::resource_policy::{GROUP, METHOD_CONFIGURATION, METHODS_POLICY, WHAT_IF};
use crate::refusal::WireError;
use passband_core::audit::SignIn;
use passband_core::compliance::{Attribute, Ownership};
use passband_core::device::suite::Suite;
use passband_core::directory::{App as AppRecord, Device, KeyState, Passkey, StoredKey, Tap, User};
use passband_core::manage::app::{is_built_in, is_web};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::AuditLine;
use passband_wire::b64;
use serde_json::{Value, json};

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An id.
    Guid,
    /// A whole number.
    Int,
    /// An object of the form the name says.
    Object,
    /// Objects of the form the name says.
    Objects,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// RFC 3339, UTC.
    Time,
}

impl Kind {
    /// Whether `$filter` can compare it.
    pub const fn is_comparable(self) -> bool {
        !matches!(self, Self::Object | Self::Objects | Self::Texts)
    }
}

/// A property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name; `a/b` is member `b` of member `a`.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether `$filter` may name it.
    pub filterable: bool,
    /// What it means.
    pub doc: &'static str,
}

pub(super) const fn plain(name: &'static str, kind: Kind, doc: &'static str) -> Property {
    Property { name, kind, filterable: false, doc }
}

pub(super) const fn filter(name: &'static str, kind: Kind, doc: &'static str) -> Property {
    Property { name, kind, filterable: true, doc }
}

/// The member of an object in which a property lies.
pub fn top_level(property: &Property) -> &'static str {
    property.name.split('/').next().unwrap_or_default()
}

/// A resource.
#[derive(Debug)]
pub struct Resource {
    /// Its Graph type.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
}

/// Graph `user`.
pub static USER: Resource = Resource {
    name: "user",
    properties: &[
        filter("id", Kind::Guid, "The person's id; claims `sub` and `oid`."),
        filter("userPrincipalName", Kind::Text, "name@domain, lower case."),
        filter("displayName", Kind::Text, "The name people read."),
        filter("accountEnabled", Kind::Bool, "Whether the person can sign in."),
        filter("passband_isAdministrator", Kind::Bool, "Whether the person is a Global Administrator."),
        filter(
            "passband_isBreakGlass",
            Kind::Bool,
            "Whether this is an account for emergencies, whose every sign-in raises an alarm.",
        ),
        filter("createdDateTime", Kind::Time, "When the account was made."),
    ],
};

/// A person as Graph shows one.
pub fn user(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "userPrincipalName": user.upn,
        "displayName": user.display_name,
        "accountEnabled": user.enabled,
        "passband_isAdministrator": user.roles.is_global(),
        "passband_isBreakGlass": user.break_glass,
        "createdDateTime": user.created.rfc3339(),
    })
}

/// Graph `temporaryAccessPassAuthenticationMethod`.
pub static TAP: Resource = Resource {
    name: "temporaryAccessPassAuthenticationMethod",
    properties: &[
        plain("id", Kind::Guid, "The pass's id."),
        plain("createdDateTime", Kind::Time, "When it was made."),
        plain("startDateTime", Kind::Time, "From when it is good."),
        plain("lifetimeInMinutes", Kind::Int, "How long it is good, 10 to 43200."),
        plain("isUsableOnce", Kind::Bool, "Whether it is good for one sign-in only."),
        plain("isUsable", Kind::Bool, "Whether it is good now."),
        plain("methodUsabilityReason", Kind::Text, "EnabledByPolicy, Expired, NotYetValid or OneTimeUsed."),
        plain("temporaryAccessPass", Kind::Text, "The pass: in the answer that makes it, and never again."),
    ],
};

/// A pass as Graph shows one, without its text.
pub fn tap(tap: &Tap, now: Timestamp) -> Value {
    let why = if now >= tap.expires {
        "Expired"
    } else if tap.once && tap.used.is_some() {
        "OneTimeUsed"
    } else if now < tap.starts {
        "NotYetValid"
    } else {
        "EnabledByPolicy"
    };
    json!({
        "id": tap.id.to_string(),
        "createdDateTime": tap.created.rfc3339(),
        "startDateTime": tap.starts.rfc3339(),
        "lifetimeInMinutes": (tap.expires - tap.starts).0 / 60,
        "isUsableOnce": tap.once,
        "isUsable": why == "EnabledByPolicy",
        "methodUsabilityReason": why,
        "temporaryAccessPass": null,
    })
}

/// Graph `fido2AuthenticationMethod`.
pub static PASSKEY: Resource = Resource {
    name: "fido2AuthenticationMethod",
    properties: &[
        plain("id", Kind::Text, "The WebAuthn credential id, base64url."),
        plain("displayName", Kind::Text, "The person's name for it."),
        plain("createdDateTime", Kind::Time, "When it was registered."),
        plain("aaGuid", Kind::Guid, "The authenticator's model, as it says itself."),
        plain("model", Kind::Text, "The model's name, where its AAGUID is known; otherwise null."),
        plain(
            "passband_isModelProved",
            Kind::Bool,
            "Whether evidence proves the model; otherwise it is a claim.",
        ),
        plain("attestationLevel", Kind::Text, "attested or notAttested."),
        plain("attestationCertificates", Kind::Texts, "Certificates that were checked."),
        plain("passkeyType", Kind::Text, "deviceBound or synced."),
        plain("passband_evidence", Kind::Text, "What proves what it says of itself: E0 to E4."),
        plain("passband_evidenceProof", Kind::Text, "What proves that level, or keeps it from being higher."),
        plain("passband_evidenceDateTime", Kind::Time, "When it was judged so."),
        plain("passband_metadataEdition", Kind::Int, "The edition of the FIDO metadata it was judged by."),
        plain("passband_certification", Kind::Text, "Certification of the proved model: none, L1 to L3plus."),
        plain("passband_userVerificationMethods", Kind::Texts, "How the proved model verifies its user."),
        plain(
            "passband_attestationFormat",
            Kind::Text,
            "The statement it came with; believed from level E2 up.",
        ),
        plain("passband_transports", Kind::Texts, "How it is reached, as the browser said."),
        plain(
            "passband_isBackedUp",
            Kind::Bool,
            "Whether a copy exists elsewhere, as it said at its last use.",
        ),
        plain("passband_lastUsedDateTime", Kind::Time, "The last sign-in with it."),
    ],
};

/// A passkey as Graph shows one.
pub fn passkey(passkey: &Passkey) -> Value {
    json!({
        "id": b64::encode(&passkey.id),
        "displayName": passkey.name,
        "createdDateTime": passkey.created.rfc3339(),
        "aaGuid": passband_core::id::KeyId::from_bytes(passkey.aaguid).to_string(),
        "model": null,
        "passband_isModelProved": false,
        "attestationLevel": if passkey.evidence.attested { "attested" } else { "notAttested" },
        "attestationCertificates": [],
        "passkeyType": if passkey.backup_eligible { "synced" } else { "deviceBound" },
        "passband_evidence": passkey.evidence.level.name(),
        "passband_evidenceProof": passkey.evidence.proof,
        "passband_evidenceDateTime": passkey.evidence.judged.rfc3339(),
        "passband_metadataEdition": passkey.evidence.metadata,
        "passband_certification": passkey.evidence.certification.name(),
        "passband_userVerificationMethods": passkey.evidence.verification,
        "passband_attestationFormat": passkey.format,
        "passband_transports": passkey.transports,
        "passband_isBackedUp": passkey.backup_state,
        "passband_lastUsedDateTime": passkey.last_used.map(Timestamp::rfc3339),
    })
}

/// Graph `device`.
pub static DEVICE: Resource = Resource {
    name: "device",
    properties: &[
        filter("id", Kind::Guid, "The device's id; the same as deviceId."),
        filter("deviceId", Kind::Guid, "The device's id; claim `deviceid`, subject of its certificate."),
        filter("displayName", Kind::Text, "The device's name, as it said."),
        filter("accountEnabled", Kind::Bool, "Whether it may be used."),
        filter("operatingSystem", Kind::Text, "As it said."),
        filter("operatingSystemVersion", Kind::Text, "As it said."),
        filter("trustType", Kind::Text, "AzureAd (joined) or Workplace (registered)."),
        filter("registrationDateTime", Kind::Time, "When it was registered."),
        filter("approximateLastSignInDateTime", Kind::Time, "When it was last used."),
        filter("isCompliant", Kind::Bool, "Whether it keeps the rules; null if nobody said, or not lately."),
        filter("isManaged", Kind::Bool, "Whether it is managed; null if nobody said, or not lately."),
        filter(
            "passband_complianceExpirationDateTime",
            Kind::Time,
            "When the two become unknown unless they are said again; null while they are.",
        ),
        filter("deviceOwnership", Kind::Text, "company, personal or unknown."),
        filter("manufacturer", Kind::Text, "Who made it."),
        filter("model", Kind::Text, "What it is."),
        filter("mdmAppId", Kind::Text, "The application that manages it."),
        filter("enrollmentProfileName", Kind::Text, "The profile it was enrolled with."),
        plain("extensionAttributes", Kind::Object, "extensionAttribute1 to extensionAttribute15."),
        filter("passband_ownerId", Kind::Guid, "The person who registered it."),
        filter("passband_evidence", Kind::Text, "What proves its keys: E0 to E4."),
        plain(
            "passband_suite",
            Kind::Text,
            "What signs the uses of its PRT: deviceKey (its key itself) or sessionKey.",
        ),
        plain(
            "passband_clientProfile",
            Kind::Text,
            "What its broker is let off: strict (nothing) or compatible.",
        ),
        plain("passband_certificateThumbprint", Kind::Text, "SHA-256 of its certificate, hexadecimal."),
        filter("passband_certificateExpiryDateTime", Kind::Time, "End of its certificate."),
    ],
};

/// A device as Graph shows one.
pub fn device(device: &Device, now: Timestamp) -> Value {
    let known = device.compliance.as_of(now);
    let until = (known.compliant.is_some() || known.managed.is_some()).then(|| known.until.rfc3339());
    let text = |which| device.details.attributes.get(&which);
    let extensions: serde_json::Map<_, _> = Attribute::all()
        .filter(|which| matches!(which, Attribute::Extension(_)))
        .map(|which| (which.name().to_owned(), json!(text(which))))
        .collect();
    let thumbprint: String = device.thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
    json!({
        "id": device.id.to_string(),
        "deviceId": device.id.to_string(),
        "displayName": device.name,
        "accountEnabled": device.enabled,
        "operatingSystem": device.os,
        "operatingSystemVersion": device.os_version,
        "trustType": device.join.trust_type(),
        "registrationDateTime": device.created.rfc3339(),
        "approximateLastSignInDateTime": device.last_seen.map(Timestamp::rfc3339),
        "isCompliant": known.compliant,
        "isManaged": known.managed,
        "passband_complianceExpirationDateTime": until,
        "deviceOwnership": device.details.ownership.map_or("unknown", Ownership::name),
        "manufacturer": text(Attribute::Manufacturer),
        "model": text(Attribute::Model),
        "mdmAppId": text(Attribute::MdmAppId),
        "enrollmentProfileName": text(Attribute::EnrollmentProfileName),
        "extensionAttributes": extensions,
        "passband_ownerId": device.owner.to_string(),
        "passband_evidence": device.evidence.name(),
        "passband_suite": Suite::of_key(&device.device_key).name(),
        "passband_clientProfile": device.profile.name(),
        "passband_certificateThumbprint": thumbprint,
        "passband_certificateExpiryDateTime": device.certificate_expires.rfc3339(),
    })
}

/// Graph `application`.
pub static APPLICATION: Resource = Resource {
    name: "application",
    properties: &[
        filter("id", Kind::Guid, "The application's id; the same as appId."),
        filter("appId", Kind::Guid, "OAuth `client_id`."),
        filter("displayName", Kind::Text, "The name people read."),
        plain("identifierUris", Kind::Texts, "Names under which tokens for it are asked for."),
        plain("web/redirectUris", Kind::Texts, "https, and http://localhost with a port; matched exactly."),
        plain("web/logoutUrl", Kind::Text, "Where people may be sent after signing out."),
        plain(
            "publicClient/redirectUris",
            Kind::Texts,
            "Loopback addresses, http://localhost for any port, and own schemes.",
        ),
        plain("spa/redirectUris", Kind::Texts, "Always empty: such URIs are under web here."),
        plain("passwordCredentials", Kind::Objects, "Its client secret, without the secret."),
        filter("passband_isConfidential", Kind::Bool, "Whether it must authenticate with its secret."),
        filter("passband_isBuiltIn", Kind::Bool, "Whether the installation rests on it."),
        filter("passband_enabled", Kind::Bool, "Whether it may get tokens."),
        plain(
            "passband_backchannelLogoutUri",
            Kind::Text,
            "Where it is told that a session ended; null for nowhere.",
        ),
        filter("createdDateTime", Kind::Time, "When it was registered."),
    ],
};

/// An application as Graph shows one.
pub fn application(app: &AppRecord) -> Value {
    let (web, native): (Vec<_>, Vec<_>) = app.redirect_uris.iter().partition(|uri| is_web(uri));
    let credentials: Vec<_> =
        secret_id(app).into_iter().map(|id| json!({ "keyId": id.to_string() })).collect();
    json!({
        "id": app.id.to_string(),
        "appId": app.id.to_string(),
        "displayName": app.name,
        "identifierUris": app.identifier_uris,
        "web": { "redirectUris": web, "logoutUrl": app.logout_uris.first() },
        "publicClient": { "redirectUris": native },
        "spa": { "redirectUris": [] },
        "passwordCredentials": credentials,
        "passband_isConfidential": app.secret_hash.is_some(),
        "passband_isBuiltIn": is_built_in(app.id),
        "passband_enabled": app.enabled,
        "passband_backchannelLogoutUri": app.backchannel_logout_uri,
        "createdDateTime": app.created.rfc3339(),
    })
}

/// Graph `passwordCredential.keyId`: names a secret, tells nothing of it.
pub fn secret_id(app: &AppRecord) -> Option<passband_core::id::KeyId> {
    let hash = app.secret_hash?;
    let named = [b"passband client secret id".as_slice(), &hash].concat();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &named);
    passband_core::id::KeyId::from_slice(digest.as_ref().get(..16)?)
}

/// Graph `signIn`.
pub static SIGN_IN: Resource = Resource {
    name: "signIn",
    properties: &[
        filter("id", Kind::Guid, "The line's id; ordered by time."),
        filter("createdDateTime", Kind::Time, "When it was decided."),
        filter("userId", Kind::Guid, "Who, if that was established."),
        filter("userPrincipalName", Kind::Text, "Who, by name."),
        filter("appId", Kind::Guid, "For which application."),
        filter("appDisplayName", Kind::Text, "Its name."),
        filter("resourceDisplayName", Kind::Text, "The audience asked for."),
        filter("ipAddress", Kind::Text, "From where."),
        filter("userAgent", Kind::Text, "What the browser or broker calls itself."),
        filter("isInteractive", Kind::Bool, "Whether a person was there."),
        filter("status/errorCode", Kind::Int, "0, or the AADSTS number of the answer."),
        plain("status/failureReason", Kind::Text, "What the reason means."),
        plain(
            "status/additionalDetails",
            Kind::Text,
            "What it rests on, such as passkey profile and rule; else what to do.",
        ),
        filter("deviceDetail/deviceId", Kind::Guid, "From which device."),
        filter("deviceDetail/displayName", Kind::Text, "Its name."),
        filter("sessionId", Kind::Guid, "The session it begins or uses; claim `sid`."),
        filter("passband_kind", Kind::Text, "What was asked for."),
        filter("passband_reason", Kind::Text, "The reason code; `granted` if let in."),
        plain("passband_factors", Kind::Texts, "What was proved; claim `amr`."),
        filter(
            "passband_binding",
            Kind::Text,
            "What the answer is bound to: none, softwareKey or hardwareKey.",
        ),
        filter("clientAppUsed", Kind::Text, "What kind of program asked, as policies tell them apart."),
        filter(
            "location/countryOrRegion",
            Kind::Text,
            "The country of the address, by the file of countries.",
        ),
        filter("deviceDetail/operatingSystem", Kind::Text, "The platform, as policies were told."),
        plain("deviceDetail/isCompliant", Kind::Bool, "As it was then; null if nobody had said so lately."),
        plain("deviceDetail/isManaged", Kind::Bool, "As it was then; null if nobody had said so lately."),
        plain("passband_isPlatformVerified", Kind::Bool, "Whether a registered device's key vouches for it."),
        filter(
            "passband_keyBinding",
            Kind::Text,
            "What kept the passkey's key: hardware, os, synced, unknown.",
        ),
        filter("passband_evidence", Kind::Text, "What was proved of the passkey: E0 to E4."),
        plain("passband_authenticationDateTime", Kind::Time, "When the person had proved themselves."),
        filter("conditionalAccessStatus", Kind::Text, "success, failure or notApplied."),
        plain("appliedConditionalAccessPolicies", Kind::Objects, "What each policy that applied said."),
        filter("tokenProtectionStatusDetails/signInSessionStatus", Kind::Text, "bound, unbound or none."),
        plain("tokenProtectionStatusDetails/signInSessionStatusCode", Kind::Int, "Why it is unbound."),
    ],
};

/// A line of the sign-in log as Graph shows one.
pub fn sign_in(line: &SignIn) -> Value {
    let id = |id: Option<String>| id.map_or(Value::Null, Value::String);
    let refused = !line.reason.is_granted();
    let mut shown = json!({
        "id": line.id.to_string(),
        "createdDateTime": line.at.rfc3339(),
        "userId": id(line.user.map(String::from)),
        "userPrincipalName": line.upn,
        "appId": id(line.app.map(String::from)),
        "appDisplayName": line.app_name,
        "resourceDisplayName": line.resource,
        "ipAddress": line.ip,
        "userAgent": line.agent,
        "isInteractive": line.kind.is_interactive(),
        "status": {
            "errorCode": error_code(line.reason),
            "failureReason": refused.then(|| line.reason.meaning()),
            "additionalDetails": details(line),
        },
        "deviceDetail": {
            "deviceId": id(line.device.map(String::from)),
            "displayName": line.device_name,
        },
        "sessionId": id(line.session.map(String::from)),
        "passband_kind": line.kind.name(),
        "passband_reason": line.reason.code(),
        "passband_factors": line.factors.amr(),
        "passband_binding": line.binding.name(),
    });
    access::add(line, &mut shown);
    shown
}

/// What the answer rests on, such as a passkey profile and its rule; of a refusal that rests on nothing more than
/// its reason, what to do.
fn details(line: &SignIn) -> Option<&str> {
    let action = (!line.reason.is_granted()).then(|| line.reason.action());
    if line.detail.is_empty() { action } else { Some(&line.detail) }
}

fn error_code(reason: Reason) -> u32 {
    if reason.is_granted() { 0 } else { WireError::from(reason).number }
}

/// Graph `directoryAudit`.
pub static AUDIT: Resource = Resource {
    name: "directoryAudit",
    properties: &[
        filter("id", Kind::Guid, "The line's id; ordered by time."),
        filter("activityDateTime", Kind::Time, "When it was done."),
        filter("activityDisplayName", Kind::Text, "What was done."),
        plain("result", Kind::Text, "Always success: what is not done changes nothing."),
        plain("initiatedBy/user/userPrincipalName", Kind::Text, "The person who did it."),
        plain("initiatedBy/app/displayName", Kind::Text, "What else did it, such as an admin token."),
        plain("targetResources", Kind::Objects, "The object: `id`."),
        filter("passband_actor", Kind::Text, "Who or what did it."),
        filter("passband_target", Kind::Text, "The object's id."),
        plain("passband_detail", Kind::Text, "One line for a person."),
        plain(
            "passband_sequence",
            Kind::Int,
            "The line's number in the chain; 0 if it is older than the chain.",
        ),
        plain("passband_previousHash", Kind::Text, "The hash of the line before."),
        plain("passband_hash", Kind::Text, "Its hash; ARCHITECTURE.md says of what."),
    ],
};

/// A line of the directory audit log as Graph shows one.
pub fn audit(line: &AuditLine) -> Value {
    // Only a userPrincipalName has an `@`; see `passband_core::audit::Audit::actor`.
    let by = if line.actor.contains('@') {
        json!({ "user": { "userPrincipalName": line.actor }, "app": null })
    } else {
        json!({ "user": null, "app": { "displayName": line.actor } })
    };
    json!({
        "id": line.id.to_string(),
        "activityDateTime": line.at.rfc3339(),
        "activityDisplayName": line.activity,
        "result": "success",
        "initiatedBy": by,
        "targetResources": [{ "id": line.target }],
        "passband_actor": line.actor,
        "passband_target": line.target,
        "passband_detail": line.detail,
        "passband_sequence": line.seq,
        "passband_previousHash": line.prev.as_ref().map(chain::hex),
        "passband_hash": line.hash.as_ref().map(chain::hex),
    })
}

/// A key that signs tokens; a resource of ours.
pub static SIGNING_KEY: Resource = Resource {
    name: "passband_signingKey",
    properties: &[
        plain("id", Kind::Guid, "JOSE `kid`."),
        plain("algorithm", Kind::Text, "JOSE `alg`."),
        plain("state", Kind::Text, "pending (published), active (signs) or retired (verifies)."),
        plain("createdDateTime", Kind::Time, "When it was made."),
        plain("stateChangedDateTime", Kind::Time, "Since when it is in its state."),
    ],
};

/// A signing key, without the key.
pub fn signing_key(key: &StoredKey) -> Value {
    let state = match key.state {
        KeyState::Pending => "pending",
        KeyState::Active => "active",
        KeyState::Retired => "retired",
    };
    json!({
        "id": key.id.to_string(),
        "algorithm": "ES256",
        "state": state,
        "createdDateTime": key.created.rfc3339(),
        "stateChangedDateTime": key.since.rfc3339(),
    })
}

/// Graph `organization`.
pub static ORGANIZATION: Resource = Resource {
    name: "organization",
    properties: &[
        plain("id", Kind::Guid, "The tenant's id; claim `tid`."),
        plain("displayName", Kind::Text, "The tenant's domain."),
        plain("verifiedDomains", Kind::Objects, "The tenant's domains: `name`, `isDefault`, `isInitial`."),
        plain("passband_issuer", Kind::Text, "The issuer of tokens."),
    ],
};

/// The tenant as Graph shows it.
pub fn organization(app: &crate::app::App) -> Value {
    json!({
        "id": app.tenant.to_string(),
        "displayName": app.domain,
        "verifiedDomains": [{ "name": app.domain, "isDefault": true, "isInitial": true }],
        "passband_issuer": app.issuer(),
    })
}

/// Each of them.
pub static RESOURCES: [&Resource; 32] = [
    &USER,
    &TAP,
    &PASSKEY,
    &hello::HELLO_KEY,
    &recovery::RECOVERY_CODES,
    &recovery::ALARM,
    &roles::DEFINITION,
    &roles::ASSIGNMENT,
    &DEVICE,
    &APPLICATION,
    &SIGN_IN,
    &AUDIT,
    &chain::HEAD,
    &chain::LOGS,
    &SIGNING_KEY,
    &ORGANIZATION,
    &trust::TRUST,
    &trust::ROOT,
    &trust::MODEL,
    &GROUP,
    &METHODS_POLICY,
    &METHOD_CONFIGURATION,
    &WHAT_IF,
    &super::templates::TEMPLATE,
    &conditional::POLICY,
    &conditional::LOCATION,
    &conditional::STRENGTH,
    &conditional::VERSION,
    &conditional::DELETED,
    &conditional::REPLAY,
    &signals::STREAM,
    &signals::TRANSMITTER,
];
