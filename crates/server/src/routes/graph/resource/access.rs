//! What conditional access was told and said, as Graph's `signIn` shows it.

use passband_core::audit::SignIn;
use passband_core::audit::noted::Noted;
use passband_core::audit::said::{Told, ToldPolicy};
use passband_core::policy::access::facts::ClientApp;
use passband_core::policy::access::verdict::{Condition, Conditions, Control};
use serde_json::{Value, json};

/// The members of a `signIn` that conditional access has a part in. Where it was not asked they are null, and the
/// status is `notApplied`.
pub fn add(line: &SignIn, shown: &mut Value) {
    let noted = Noted::from_text(&line.facts);
    let told = Told::from_text(&line.said);
    let noted = noted.as_ref();
    shown["clientAppUsed"] = noted.and_then(Noted::client_app).map(client_app).into();
    shown["location"] = json!({ "countryOrRegion": noted.and_then(Noted::country) });
    let (compliant, managed) = noted.map_or((None, None), Noted::compliance);
    shown["deviceDetail"]["isCompliant"] = compliant.into();
    shown["deviceDetail"]["isManaged"] = managed.into();
    let platform = noted.and_then(Noted::platform);
    shown["deviceDetail"]["operatingSystem"] = platform.map(|(platform, _)| platform.name()).into();
    shown["passband_isPlatformVerified"] = platform.map(|(_, verified)| verified).into();
    let passkey = noted.and_then(Noted::passkey);
    shown["passband_keyBinding"] = passkey.map(|passkey| passkey.binding.name()).into();
    shown["passband_evidence"] = passkey.map(|passkey| passkey.evidence.name()).into();
    shown["passband_authenticationDateTime"] =
        noted.and_then(Noted::auth_time).map(passband_core::time::Timestamp::rfc3339).into();
    shown["conditionalAccessStatus"] = told.as_ref().map_or("notApplied", Told::status).into();
    shown["appliedConditionalAccessPolicies"] =
        told.iter().flat_map(|told| &told.policies).map(policy).collect::<Vec<_>>().into();
    let protection = told.as_ref().map(Told::protection);
    shown["tokenProtectionStatusDetails"] = json!({
        "signInSessionStatus": protection.map_or("none", |it| it.status),
        "signInSessionStatusCode": protection.and_then(|it| it.code),
    });
}

/// Graph `clientAppUsed` has words of its own for the first two.
const fn client_app(app: ClientApp) -> &'static str {
    match app {
        ClientApp::Browser => "Browser",
        ClientApp::MobileAndDesktop => "Mobile Apps and Desktop clients",
        ClientApp::ExchangeActiveSync => "Exchange ActiveSync",
        ClientApp::Other => "Other clients",
    }
}

fn names(conditions: Conditions) -> String {
    conditions.iter().map(Condition::name).collect::<Vec<_>>().join(",")
}

/// Graph `appliedConditionalAccessPolicy`.
fn policy(policy: &ToldPolicy) -> Value {
    json!({
        "id": policy.id.to_string(),
        "displayName": policy.name,
        "result": policy.result().graph_name(),
        "enforcedGrantControls": policy.grant_controls(),
        "enforcedSessionControls": policy.session_controls(),
        "conditionsSatisfied": names(policy.conditions()),
        "conditionsNotSatisfied": "none",
        "passband_missing": policy.missing().iter().map(Control::name).collect::<Vec<_>>(),
        "passband_unverified": names(policy.hinted()),
        "passband_strength": policy.strength,
    })
}
