//! Passkey profiles at real ceremonies: each rule at registration and at sign-in, and what is said of it to whom.

use crate::graph::{Api, with_api};
use crate::world::{Person, Reply};
use axum::http::StatusCode;
use passband_core::audit::{SignIn, SignInKind};
use passband_core::change::Change;
use passband_core::directory::Evidence;
use passband_core::policy::signal::{Certification, EvidenceLevel};
use passband_core::reason::Reason;
use passband_store::{Page, SignInFilter};
use passband_testkit::authenticator::{Model, Quirks, SoftAuthenticator};
use serde_json::{Value, json};

pub const METHODS: &str = "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations";
pub const FIRST: &str = "00000000-0000-0000-0000-000000000001";

/// Changes the passkey policy.
pub async fn set(api: &Api, patch: &Value) {
    api.done("PATCH", &format!("{METHODS}/fido2"), &patch.to_string()).await;
}

/// The one profile of a new installation, with these properties.
pub fn only(changed: &Value) -> Value {
    let mut profile = json!({
        "id": FIRST, "name": "Default", "passkeyTypes": "deviceBound,synced",
        "attestationEnforcement": "disabled",
    });
    for (name, value) in changed.as_object().unwrap() {
        profile[name] = value.clone();
    }
    json!({ "passkeyProfiles": [profile] })
}

async fn last(api: &Api) -> SignIn {
    let log = api.world.app.store.sign_ins(&SignInFilter::default(), &Page::first(1)).await.unwrap();
    log.items.into_iter().next().unwrap()
}

/// Somebody new, who registers a passkey of this model behind a pass.
async fn register(api: &Api, name: &str, model: Model) -> (Person, Reply) {
    let user = api.world.newcomer(name).await;
    let (_, pass) = api.world.pass_for(&user, true).await;
    let mut browser = api.world.browser();
    browser.enter_pass(&user.upn, &pass, None).await;
    let mut authenticator = SoftAuthenticator::new(model);
    let reply = browser.register(&mut authenticator, "Key").await;
    (Person { user, authenticator }, reply)
}

async fn registered(api: &Api, name: &str, model: Model) -> Person {
    let (person, reply) = register(api, name, model).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    person
}

async fn sign_in(api: &Api, person: &Person) -> Reply {
    api.world.browser().sign_in(&person.authenticator).await
}

async fn may_sign_in(api: &Api, person: &Person) {
    let reply = sign_in(api, person).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// A refusal with this reason: said to the person with the code, and in the log with what it rests on.
async fn refused(api: &Api, reply: &Reply, reason: Reason) -> (String, SignIn) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    let error = reply.json()["error"].clone();
    assert_eq!(error["code"], reason.code(), "{error}");
    let line = last(api).await;
    assert_eq!(line.reason, reason);
    (error["message"].as_str().unwrap().to_owned(), line)
}

/// Both phases refuse: somebody's passkey from before, and somebody's new one. Each time profile and rule are named.
async fn both_refuse(api: &Api, before: &Person, model: Model, reason: Reason, property: &str) {
    let reply = sign_in(api, before).await;
    let (told, line) = refused(api, &reply, reason).await;
    assert!(told.contains("“Default”"), "{told}");
    assert_eq!(line.detail, format!("profile \"Default\": {property}"));
    assert_eq!((line.kind, line.user), (SignInKind::Passkey, Some(before.user.id)));
    let (person, reply) = register(api, "Late", model).await;
    let (told, line) = refused(api, &reply, reason).await;
    assert!(told.contains("“Default”"), "{told}");
    assert_eq!(line.detail, format!("profile \"Default\": {property}"));
    assert_eq!(line.kind, SignInKind::PasskeyRegistration);
    let have = api.world.app.store.passkeys_of(person.user.id).await.unwrap();
    assert!(have.is_empty(), "a refused passkey was kept");
    api.world.app.commit(vec![Change::DeleteUser(person.user.id)]).await.unwrap();
}

/// What the directory believes of somebody's one passkey from now on.
async fn judge(api: &Api, person: &Person, evidence: Evidence) {
    let mut have = api.world.app.store.passkeys_of(person.user.id).await.unwrap();
    let mut passkey = have.remove(0);
    passkey.evidence = evidence;
    let delete = Change::DeletePasskey { id: passkey.id.clone(), user: passkey.user };
    api.world.app.commit(vec![delete, Change::InsertPasskey(Box::new(passkey))]).await.unwrap();
}

#[test]
fn the_type_is_asked_at_registration_and_at_every_sign_in() {
    with_api(async |api| {
        let phone = registered(api, "Ada", Model::synced()).await;
        let key = registered(api, "Bob", Model::device_bound()).await;
        set(api, &only(&json!({ "passkeyTypes": "deviceBound" }))).await;
        both_refuse(api, &phone, Model::synced(), Reason::PasskeyProfileType, "passkeyTypes").await;
        may_sign_in(api, &key).await;
        registered(api, "Cid", Model::device_bound()).await;
        set(api, &only(&json!({ "passkeyTypes": "synced" }))).await;
        both_refuse(api, &key, Model::device_bound(), Reason::PasskeyProfileType, "passkeyTypes").await;
        may_sign_in(api, &phone).await;
    });
}

#[test]
fn the_aaguid_is_asked_at_registration_and_at_every_sign_in() {
    with_api(async |api| {
        let key = registered(api, "Ada", Model::device_bound()).await;
        let path = format!("/v1.0/users/{}/authentication/fido2Methods", key.user.id);
        let aaguid = api.list(&path).await[0]["aaGuid"].clone();
        let rule = |kind: &str, listed: Value| {
            let list = json!({ "isEnforced": true, "enforcementType": kind, "aaGuids": [listed] });
            only(&json!({ "keyRestrictions": list }))
        };
        let other = json!("cb69481e-8ff7-4039-93ec-0a2729a154a8");
        for refusing in [rule("allow", other.clone()), rule("block", aaguid.clone())] {
            set(api, &refusing).await;
            let reason = Reason::PasskeyProfileAaguid;
            both_refuse(api, &key, Model::device_bound(), reason, "keyRestrictions").await;
            let reply = sign_in(api, &key).await;
            assert!(!reply.body.contains("cb69481e"), "which models are listed is nobody's business");
        }
        for accepting in [rule("allow", aaguid), rule("block", other)] {
            set(api, &accepting).await;
            may_sign_in(api, &key).await;
        }
        registered(api, "Bob", Model::device_bound()).await;
    });
}

#[test]
fn attestation_is_asked_at_registration_only() {
    with_api(async |api| {
        let key = registered(api, "Ada", Model::device_bound()).await;
        let rule = json!({ "attestationEnforcement": "registrationOnly", "passkeyTypes": "deviceBound" });
        set(api, &only(&rule)).await;
        may_sign_in(api, &key).await;
        let (_, reply) = register(api, "Bob", Model::device_bound()).await;
        let (told, line) = refused(api, &reply, Reason::PasskeyProfileAttestation).await;
        assert!(told.contains("whose maker vouches for it"), "{told}");
        assert_eq!(line.detail, "profile \"Default\": attestationEnforcement");
    });
}

#[test]
fn evidence_certification_and_verification_are_asked_of_what_is_known_now() {
    with_api(async |api| {
        let key = registered(api, "Ada", Model::device_bound()).await;
        let believed = Evidence {
            level: EvidenceLevel::E2,
            certification: Certification::L2,
            verification: vec!["fingerprint_internal".to_owned(), "presence_internal".to_owned()],
            ..Evidence::default()
        };
        for (property, value, reason) in [
            ("passband_minimumEvidence", json!("E2"), Reason::PasskeyProfileEvidence),
            ("passband_minimumCertification", json!("L2"), Reason::PasskeyProfileCertification),
            (
                "passband_userVerificationMethods",
                json!(["fingerprint_internal"]),
                Reason::PasskeyProfileVerification,
            ),
        ] {
            let mut rule = json!({});
            rule[property] = value;
            set(api, &only(&rule)).await;
            both_refuse(api, &key, Model::device_bound(), reason, property).await;
            judge(api, &key, believed.clone()).await;
            may_sign_in(api, &key).await;
            // What is known becomes less, and the next sign-in notices.
            judge(api, &key, Evidence::default()).await;
            let reply = sign_in(api, &key).await;
            refused(api, &reply, reason).await;
        }
    });
}

#[test]
fn disabled_excluded_and_out_of_scope_are_refused_at_both() {
    with_api(async |api| {
        let ada = registered(api, "Ada", Model::synced()).await;
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Kiosks" })).await;
        let id = group["id"].as_str().unwrap();
        let target = json!([{ "id": id, "targetType": "group" }]);
        let everyone = json!([{ "id": "all_users", "targetType": "group" }]);
        let me = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{}", ada.user.id) });

        set(api, &json!({ "includeTargets": target })).await;
        let reply = sign_in(api, &ada).await;
        refused(api, &reply, Reason::PasskeyPolicyNotInScope).await;
        let (_, reply) = register(api, "Bob", Model::synced()).await;
        refused(api, &reply, Reason::PasskeyPolicyNotInScope).await;
        api.done("POST", &format!("/v1.0/groups/{id}/members/$ref"), &me.to_string()).await;
        may_sign_in(api, &ada).await;

        set(api, &json!({ "includeTargets": everyone, "excludeTargets": target })).await;
        let reply = sign_in(api, &ada).await;
        let (told, _) = refused(api, &reply, Reason::PasskeyPolicyExcluded).await;
        assert!(told.contains("Ask your administrator"), "{told}");
        registered(api, "Cid", Model::synced()).await;
        api.done("DELETE", &format!("/v1.0/groups/{id}/members/{}/$ref", ada.user.id), "").await;
        may_sign_in(api, &ada).await;

        set(api, &json!({ "state": "disabled" })).await;
        let reply = sign_in(api, &ada).await;
        refused(api, &reply, Reason::PasskeyPolicyDisabled).await;
        let (_, reply) = register(api, "Dan", Model::synced()).await;
        refused(api, &reply, Reason::PasskeyPolicyDisabled).await;
    });
}

#[test]
fn any_one_profile_of_the_persons_groups_is_enough() {
    with_api(async |api| {
        let ada = registered(api, "Ada", Model::synced()).await;
        let group = api.made("/v1.0/groups", &json!({ "displayName": "Phones" })).await;
        let phones = "00000000-0000-0000-0000-0000000000b2";
        let profile = |id: &str, name: &str, types: &str| json!({ "id": id, "name": name, "passkeyTypes": types, "attestationEnforcement": "disabled" });
        let patch = json!({
            "passkeyProfiles": [profile(FIRST, "Keys", "deviceBound"), profile(phones, "Phones", "synced")],
            "includeTargets": [
                { "id": "all_users", "targetType": "group", "allowedPasskeyProfiles": [FIRST] },
                { "id": group["id"], "targetType": "group", "allowedPasskeyProfiles": [phones] },
            ],
        });
        set(api, &patch).await;
        let reply = sign_in(api, &ada).await;
        let (told, _) = refused(api, &reply, Reason::PasskeyProfileType).await;
        assert!(told.contains("“Keys”") && !told.contains("“Phones”"), "only what they can reach: {told}");
        let member = json!({ "@odata.id": format!("directoryObjects/{}", ada.user.id) });
        let path = format!("/v1.0/groups/{}/members/$ref", group["id"].as_str().unwrap());
        api.done("POST", &path, &member.to_string()).await;
        may_sign_in(api, &ada).await;
        assert_eq!(last(api).await.detail, "profile \"Phones\" satisfied");
    });
}

#[test]
fn a_report_only_profile_refuses_nobody_and_says_whom_it_would() {
    with_api(async |api| {
        let ada = registered(api, "Ada", Model::synced()).await;
        let draft = json!({
            "id": "00000000-0000-0000-0000-0000000000d1", "name": "Stricter",
            "passkeyTypes": "deviceBound", "attestationEnforcement": "disabled",
            "passband_state": "enabledForReportingButNotEnforced", "passband_replaces": FIRST,
        });
        let mut patch = only(&json!({}));
        patch["passkeyProfiles"].as_array_mut().unwrap().push(draft);
        set(api, &patch).await;
        may_sign_in(api, &ada).await;
        let wanted = "profile \"Default\" satisfied; report-only would refuse: \"Stricter\": passkeyTypes";
        assert_eq!(last(api).await.detail, wanted);
        let listed = api.list("/v1.0/auditLogs/signIns?$top=1").await.remove(0);
        assert_eq!(listed["status"]["additionalDetails"], wanted);
        registered(api, "Bob", Model::device_bound()).await;
        assert_eq!(
            last(api).await.detail,
            "profile \"Default\" satisfied; report-only would allow: \"Stricter\""
        );
    });
}

#[test]
fn a_stranger_learns_nothing_of_the_policy() {
    with_api(async |api| {
        let mut ada = registered(api, "Ada", Model::synced()).await;
        set(api, &json!({ "state": "disabled" })).await;
        // Her passkey, but the answer is not good: the policy is not even asked.
        *ada.authenticator.quirks() =
            Quirks { origin: Some("https://evil.example".into()), ..Quirks::default() };
        let reply = sign_in(api, &ada).await;
        assert_eq!(reply.json()["error"]["code"], "sign_in_refused");
        assert_eq!(last(api).await.reason, Reason::PasskeyOrigin);
        assert_eq!(last(api).await.detail, "");
        let options = api.world.browser().json("/ceremony/sign-in/options", &json!({})).await;
        assert_eq!(options.json()["publicKey"]["allowCredentials"], json!([]));
    });
}

#[test]
fn attestation_is_asked_for_where_a_profile_looks_at_it() {
    with_api(async |api| {
        let (_, mut browser) = api.world.user("Ada").await;
        let asked = async |browser: &mut crate::world::Browser| {
            let options = browser.json("/ceremony/register/options", &json!({})).await;
            options.json()["publicKey"]["attestation"].as_str().unwrap().to_owned()
        };
        assert_eq!(asked(&mut browser).await, "none");
        set(api, &only(&json!({ "passband_minimumEvidence": "E2" }))).await;
        assert_eq!(asked(&mut browser).await, "direct");
    });
}

#[test]
fn with_self_service_off_nobody_registers_for_themselves() {
    with_api(async |api| {
        let (ada, mut browser) = api.world.user("Ada").await;
        let mut second = SoftAuthenticator::new(Model::device_bound());
        // A ceremony that began before ends no other way.
        let options = browser.json("/ceremony/register/options", &json!({})).await.json();
        let credential =
            second.create(&options["publicKey"], crate::world::ORIGIN, &passband_core::rng::SystemRandom);
        set(api, &json!({ "isSelfServiceRegistrationAllowed": false })).await;
        let answer = json!({ "ceremony": options["ceremony"], "credential": credential.unwrap() });
        let reply = browser.json("/ceremony/register", &answer).await;
        refused(api, &reply, Reason::SelfServiceOff).await;
        let reply = browser.json("/ceremony/register/options", &json!({})).await;
        assert_eq!(reply.json()["error"]["code"], "self_service_off");
        assert_eq!(api.world.app.store.passkeys_of(ada.user.id).await.unwrap().len(), 1);
        // The first administrator is made by the set-up link, which is no self-service.
        api.world.founder().await;
        may_sign_in(api, &ada).await;
    });
}

#[test]
fn passes_follow_their_policy_where_they_are_made_and_where_they_are_used() {
    with_api(async |api| {
        let ada = api.world.newcomer("Ada").await;
        let path = format!("/v1.0/users/{}/authentication/temporaryAccessPassMethods", ada.id);
        let policy = format!("{METHODS}/temporaryAccessPass");
        let patch = json!({ "minimumLifetimeInMinutes": 30, "maximumLifetimeInMinutes": 120,
            "defaultLifetimeInMinutes": 45, "defaultLength": 16, "isUsableOnce": true });
        api.done("PATCH", &policy, &patch.to_string()).await;
        for minutes in [29, 121] {
            let body = json!({ "lifetimeInMinutes": minutes }).to_string();
            let told = api.refused(("POST", &path, &body), 400, "Request_BadRequest").await;
            assert!(told.contains("lifetimeInMinutes"), "{told}");
        }
        let made = api.made(&path, &json!({ "isUsableOnce": false })).await;
        assert_eq!((&made["lifetimeInMinutes"], &made["isUsableOnce"]), (&json!(45), &json!(true)));
        let pass = made["temporaryAccessPass"].as_str().unwrap();
        assert_eq!(pass.len(), 16);

        let group = api.made("/v1.0/groups", &json!({ "displayName": "Nobody" })).await;
        let target = json!([{ "id": group["id"], "targetType": "group" }]);
        api.done("PATCH", &policy, &json!({ "includeTargets": target }).to_string()).await;
        let wrong = api.world.browser().enter_pass(&ada.upn, "WRONG", None).await;
        let reply = api.world.browser().enter_pass(&ada.upn, pass, None).await;
        assert_eq!(last(api).await.reason, Reason::TapPolicy);
        // To whoever types it a forbidden pass looks like a wrong one.
        let said =
            |reply: &Reply| reply.body.split("notice-refused").nth(1).map(|rest| rest[..200].to_owned());
        assert_eq!((reply.status, said(&reply)), (wrong.status, said(&wrong)));
        let everyone = json!([{ "id": "all_users", "targetType": "group" }]);
        api.done("PATCH", &policy, &json!({ "includeTargets": everyone }).to_string()).await;
        let reply = api.world.browser().enter_pass(&ada.upn, pass, None).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
    });
}
