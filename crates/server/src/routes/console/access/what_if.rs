//! `/admin/access/what-if`: a sign-in that nobody has made, described in a form. The form says what `evaluate` of the
//! admin API is sent, and is read as strictly.

use super::super::answer::Stop;
use super::super::visit::Admin;
use super::super::{Query, part, policies, show};
use crate::access::platform_of;
use crate::access::question::{Question, QuestionBody};
use crate::app::App;
use crate::pages::{Choice, Picker, WhatIf, WhatIfAnswer, WhatIfRow};
use crate::routes::graph::error::GraphError;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::audit::said::Told;
use passband_core::directory::{Attribute, Device, JoinType, Passkey, User};
use passband_core::id::{DeviceId, UserId};
use passband_core::policy::access::facts::{ClientApp, Platform, Suite, Truth};
use passband_core::policy::access::strength::KeyBinding;
use passband_core::policy::access::verdict::{Condition, Kind, PolicyResult, Said};
use passband_core::policy::access::{Policy, PolicySet, Verdict, evaluate, words};
use passband_core::policy::signal::EvidenceLevel;
use passband_core::time::Timestamp;
use passband_store::{MAX_TOP, Page, StoreError};
use passband_wire::b64;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What the device is, where it is none of the person's.
const NO_DEVICE: &str = "none";
const COMPLIANT: &str = "compliant";
const NOT_COMPLIANT: &str = "notCompliant";

/// The person the question is about, with what they have.
struct Subject {
    user: User,
    devices: Vec<Device>,
    passkeys: Vec<Passkey>,
}

/// `GET /admin/access/what-if`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let query = Query::read(query);
    let subject = subject(&app, query.get("person")).await?;
    let mut page = form(&app, &admin, (&query, subject.as_ref())).await?;
    let mut status = StatusCode::OK;
    if !query.get("person").is_empty() {
        match answer(&app, &query, subject.as_ref()).await {
            Ok(answer) => page.answer = Some(answer),
            Err(problems) => {
                page.problems = problems;
                status = StatusCode::BAD_REQUEST;
            }
        }
    }
    Ok(show(status, &page))
}

async fn subject(app: &App, named: &str) -> Result<Option<Subject>, StoreError> {
    let found = match named.parse::<UserId>() {
        _ if named.is_empty() => None,
        Ok(id) => app.store.user(id).await?,
        Err(_) => app.store.user_by_upn(named).await?,
    };
    let Some(user) = found else { return Ok(None) };
    let devices = app.store.devices(&Page::first(MAX_TOP), Some(user.id)).await?.items;
    let passkeys = app.store.passkeys_of(user.id).await?;
    Ok(Some(Subject { user, devices, passkeys }))
}

async fn answer(app: &App, query: &Query, subject: Option<&Subject>) -> Result<WhatIfAnswer, Vec<String>> {
    let Some(subject) = subject else { return Err(vec!["There is no such person.".to_owned()]) };
    let body = serde_json::from_value::<QuestionBody>(body(query, subject, app.now()));
    let body = body.map_err(|error| vec![format!("The question could not be read: {error}.")])?;
    let question = Question::load(app, body).await.map_err(|error| problems(&error))?;
    let newest = app.newest_access().await.map_err(|_| vec!["The policies could not be read.".to_owned()])?;
    Ok(question.with_facts(app.now(), |facts| told(&newest.set, &evaluate(&newest.set, facts))))
}

fn problems(error: &GraphError) -> Vec<String> {
    match error.problems() {
        [] => vec![error.message().to_owned()],
        some => some.iter().map(|it| format!("{}: {}", it.path, it.message)).collect(),
    }
}

/// What `evaluate` would be sent.
fn body(query: &Query, subject: &Subject, now: Timestamp) -> Value {
    let mut conditions = Map::new();
    let names = [
        ("platform", "devicePlatform"),
        ("clientApp", "clientAppType"),
        ("ip", "ipAddress"),
        ("country", "country"),
        ("passkeyType", "passband_passkeyType"),
        ("aaguid", "passband_aaGuid"),
        ("evidence", "passband_evidence"),
        ("keyBinding", "passband_keyBinding"),
        ("method", "passband_method"),
        ("binding", "passband_sessionBinding"),
    ];
    for (field, name) in names {
        if !query.get(field).is_empty() {
            conditions.insert(name.to_owned(), query.get(field).into());
        }
    }
    let yes_or_no = |text: &str| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    if let Some(attested) = yes_or_no(query.get("attested")) {
        conditions.insert("passband_attested".to_owned(), attested.into());
    }
    if !query.get("flow").is_empty() {
        let flow = json!({ "transferMethod": query.get("flow") });
        conditions.insert("authenticationFlow".to_owned(), flow);
    }
    if !query.get("age").is_empty() {
        // What is no number goes on as it was typed, to be refused with its place.
        let age = query.get("age").parse::<u32>().map_or_else(|_| query.get("age").into(), Value::from);
        conditions.insert("passband_signInAgeMinutes".to_owned(), age);
    }
    if !query.get("passkey").is_empty() {
        conditions.insert("passband_passkeyId".to_owned(), query.get("passkey").into());
    }
    match query.get("device") {
        "" => {}
        NO_DEVICE => {
            conditions.insert("passband_isDeviceRegistered".to_owned(), false.into());
        }
        COMPLIANT | NOT_COMPLIANT => {
            let info = json!({ "isCompliant": query.get("device") == COMPLIANT });
            conditions.insert("deviceInfo".to_owned(), info);
        }
        id => {
            let found =
                id.parse().ok().and_then(|id: DeviceId| subject.devices.iter().find(|it| it.id == id));
            let info = found.map_or_else(|| json!({ "deviceId": id }), |device| info(device, now));
            conditions.insert("deviceInfo".to_owned(), info);
            if let Some(device) = found {
                conditions.insert("passband_deviceEvidence".to_owned(), device.evidence.name().into());
                if let (None, Some(platform)) = (conditions.get("devicePlatform"), platform_of(&device.os)) {
                    conditions.insert("devicePlatform".to_owned(), platform.name().into());
                }
            }
        }
    }
    let context = match query.get("target").split_once(':') {
        Some(("action", action)) => json!({ "userAction": action }),
        Some((_, target)) => json!({ "includeApplications": [target] }),
        None => json!({ "includeApplications": [query.get("target")] }),
    };
    json!({
        "signInIdentity": { "userId": subject.user.id.to_string() },
        "signInContext": context,
        "signInConditions": conditions,
    })
}

/// A device of the directory as Graph `deviceInfo`.
fn info(device: &Device, now: Timestamp) -> Value {
    let text = |attribute| device.details.attributes.get(&attribute);
    let mut info = json!({
        "deviceId": device.id.to_string(),
        "displayName": device.name,
        "isCompliant": device.compliance.as_of(now).compliant,
        "operatingSystem": device.os,
        "operatingSystemVersion": device.os_version,
        "manufacturer": text(Attribute::Manufacturer),
        "model": text(Attribute::Model),
        "mdmAppId": text(Attribute::MdmAppId),
        "enrollmentProfileName": text(Attribute::EnrollmentProfileName),
        "ownership": device.details.ownership.map(|whose| match whose {
            passband_core::directory::Ownership::Company => "Company",
            passband_core::directory::Ownership::Personal => "Personal",
        }),
        "trustType": match device.join {
            JoinType::Joined => "AzureAD",
            JoinType::Registered => "Workplace",
        },
    });
    for n in 1..=15 {
        if let Some(value) = text(Attribute::Extension(n)) {
            info[format!("extensionAttribute{n}")] = value.as_str().into();
        }
    }
    info
}

fn told(set: &PolicySet, verdict: &Verdict<'_>) -> WhatIfAnswer {
    let kind = verdict.outcome.kind();
    let of = |policy: &Policy| verdict.said.iter().find(|said| said.policy.id == policy.id);
    let unknown = Condition::ALL
        .into_iter()
        .filter(|it| verdict.said.iter().any(|said| !said.applies.is_no() && said.unknown.has(*it)));
    let unsure = verdict.said.iter().filter(|said| !said.applies.is_no()).flat_map(|said| said.unsure.iter());
    let mut unknown: Vec<_> = unknown.map(|it| it.property().to_owned()).collect();
    for control in unsure.map(|control| control.name().to_owned()) {
        if !unknown.contains(&control) {
            unknown.push(control);
        }
    }
    WhatIfAnswer {
        worst: outcome(kind),
        is_granted: kind == Kind::Permit,
        best: if verdict.best == kind { "" } else { outcome(verdict.best) },
        unknown,
        story: policies::told(&Told::of(verdict)),
        remedies: verdict
            .in_the_way()
            .map(|said| format!("{}: {}", said.policy.name, said.remedy()))
            .collect(),
        told: words::for_person(verdict),
        rows: set.policies().iter().map(|policy| row(policy, of(policy))).collect(),
    }
}

const fn outcome(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "Refused",
        Kind::Prompt => "Asked to sign in",
        Kind::Permit => "Let in",
    }
}

fn row(policy: &Policy, said: Option<&Said<'_>>) -> WhatIfRow {
    let (id, name) = (policy.id.to_string(), policy.name.clone());
    let Some(said) = said else {
        let why = "It is switched off.".to_owned();
        return WhatIfRow { id, name, worst: "Off", key: "calm", best: "", why };
    };
    let (worst, key) = result(said.result);
    let best = if said.best == said.result { "" } else { result(said.best).0 };
    let mut why = said.explanation();
    if said.applies == Truth::Yes && !said.unsure.is_empty() {
        why.push_str(" Whether it is satisfied was not told.");
    }
    WhatIfRow { id, name, worst, key, best, why }
}

const fn result(result: PolicyResult) -> (&'static str, &'static str) {
    match result {
        PolicyResult::Success => ("Satisfied", "good"),
        PolicyResult::Failure => ("Refuses", "bad"),
        PolicyResult::UserActionRequired => ("Asks to sign in", "warn"),
        PolicyResult::NotApplied | PolicyResult::ReportOnlyNotApplied => ("Does not apply", "calm"),
        PolicyResult::ReportOnlySuccess => ("Report-only: satisfied", "good"),
        PolicyResult::ReportOnlyFailure => ("Report-only: would refuse", "warn"),
        PolicyResult::ReportOnlyInterrupted => ("Report-only: would ask to sign in", "warn"),
    }
}

async fn form(
    app: &App,
    admin: &Admin,
    (query, subject): (&Query, Option<&Subject>),
) -> Result<WhatIf, StoreError> {
    let text = |name: &str| query.get(name).to_owned();
    let given = subject.map_or_else(|| text("person"), |it| it.user.upn.clone());
    Ok(WhatIf {
        admin: part(app, admin, None),
        person: given,
        ip: text("ip"),
        country: text("country"),
        aaguid: text("aaguid"),
        age: text("age"),
        target: target(app, query).await?,
        request: request(query, subject),
        proof: proof(query, subject),
        problems: Vec::new(),
        answer: None,
    })
}

/// A list to choose from; the first choice is that nothing is told.
fn picker(
    query: &Query,
    (name, label): (&'static str, &'static str),
    choices: impl IntoIterator<Item = (String, String)>,
) -> Picker {
    let unsaid = ("".to_owned(), "Not told".to_owned());
    let choice = |(value, text): (String, String)| {
        let is_chosen = value == query.get(name);
        Choice { value, text, is_chosen }
    };
    Picker { name, label, choices: std::iter::once(unsaid).chain(choices).map(choice).collect() }
}

fn pairs<const N: usize>(of: [(&str, &str); N]) -> [(String, String); N] {
    of.map(|(value, text)| (value.to_owned(), text.to_owned()))
}

async fn target(app: &App, query: &Query) -> Result<Picker, StoreError> {
    let apps = app.store.apps(&Page::first(MAX_TOP)).await?.items;
    let suites = [(Suite::AdminPortals, "Administration"), (Suite::Office365, "Office 365")];
    let suites = suites.map(|(suite, text)| (format!("suite:{}", suite.name()), text.to_owned()));
    let actions = pairs([
        ("action:registerSecurityInformation", "To register a passkey"),
        ("action:registerOrJoinDevices", "To register a device"),
    ]);
    let apps = apps.into_iter().map(|app| (format!("app:{}", app.id), app.name));
    let mut picker = picker(query, ("target", "What for"), suites.into_iter().chain(actions).chain(apps));
    // There is always something that is asked for.
    picker.choices.remove(0);
    Ok(picker)
}

fn request(query: &Query, subject: Option<&Subject>) -> Vec<Picker> {
    let platforms = Platform::ALL.map(|it| (it.name().to_owned(), it.name().to_owned()));
    let programs = ClientApp::ALL.map(|it| {
        let text = match it {
            ClientApp::Browser => "A browser",
            ClientApp::MobileAndDesktop => "A program on a device",
            ClientApp::ExchangeActiveSync => "Exchange ActiveSync",
            ClientApp::Other => "Another program",
        };
        (it.name().to_owned(), text.to_owned())
    });
    let devices = pairs([
        (NO_DEVICE, "None that is registered"),
        (COMPLIANT, "A registered one, compliant"),
        (NOT_COMPLIANT, "A registered one, not compliant"),
    ]);
    let own = subject.iter().flat_map(|it| &it.devices).map(|it| (it.id.to_string(), it.name.clone()));
    let flows = pairs([
        ("none", "None"),
        ("deviceCodeFlow", "Device code"),
        ("authenticationTransfer", "Authentication transfer"),
    ]);
    vec![
        picker(query, ("clientApp", "Program"), programs),
        picker(query, ("platform", "Platform"), platforms),
        picker(query, ("device", "Device"), devices.into_iter().chain(own)),
        picker(query, ("flow", "Transfer of the sign-in"), flows),
    ]
}

fn proof(query: &Query, subject: Option<&Subject>) -> Vec<Picker> {
    let own = subject.iter().flat_map(|it| &it.passkeys).map(|it| (b64::encode(&it.id), it.name.clone()));
    let levels = [
        (EvidenceLevel::E0, "its own word"),
        (EvidenceLevel::E1, "possession shown again and again"),
        (EvidenceLevel::E2, "the maker vouches for the model"),
        (EvidenceLevel::E3, "hardware vouches for the key"),
    ];
    let levels = levels.map(|(level, text)| (level.name().to_owned(), format!("{}: {text}", level.name())));
    let bindings = KeyBinding::ALL.map(|it| (it.name().to_owned(), it.name().to_owned()));
    vec![
        picker(query, ("passkey", "Passkey of theirs"), own),
        picker(
            query,
            ("passkeyType", "Kind of passkey"),
            pairs([("deviceBound", "Device-bound"), ("synced", "Synced")]),
        ),
        picker(query, ("evidence", "Evidence of the passkey"), levels),
        picker(query, ("keyBinding", "Key of the passkey"), bindings),
        picker(query, ("attested", "Attested"), pairs([("yes", "Yes"), ("no", "No")])),
        picker(
            query,
            ("method", "Way of signing in"),
            pairs([("fido2", "Passkey"), ("temporaryAccessPassOneTime", "Temporary Access Pass")]),
        ),
        picker(
            query,
            ("binding", "Session bound to"),
            pairs([
                ("none", "Nothing"),
                ("softwareKey", "A key in software"),
                ("hardwareKey", "A key in hardware"),
            ]),
        ),
    ]
}
