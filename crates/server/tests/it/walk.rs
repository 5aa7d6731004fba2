//! Every operation of the admin API and every form of the console that changes something, once each: whoever adds one
//! adds it here, and what it changes has its line in the audit log, with who did it.

use crate::console::{device_of, passkey_ids};
use crate::graph::conditional::policy;
use crate::graph::{Api, with_api};
use crate::hello::hello_key_of;
use crate::profiles::{METHODS, only};
use crate::recovery::{break_glass, make_codes};
use crate::world::{Browser, ORIGIN, Person, Reply};
use axum::http::StatusCode;
use passband_core::directory::{Role, User};
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_server::routes::permissions::{self, Row};
use passband_store::Page;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_testkit::maker::{publisher, security_key_entry};
use passband_wire::jose::jwk::{Jwk, JwkSet};
use passband_wire::jose::jws::SigningKey;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is sent like a change and only asks.
const ONLY_ASKS: &[&str] = &[
    "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}/passband_whatIf",
    "/identity/conditionalAccess/evaluate",
    "/identity/conditionalAccess/policies/passband_replay",
    // The console's first press of two: it shows whom a change would touch.
    "/admin/passkey-policy/{act}",
    "/admin/access/{id}/check",
];

/// The rows that change something.
fn changing(table: &'static [Row]) -> BTreeSet<(&'static str, &'static str)> {
    let rows = table.iter().filter(|row| row.method != "get" && !ONLY_ASKS.contains(&row.path));
    rows.map(|row| (row.method, row.path)).collect()
}

/// A path as the router has it, with these in the place of its names.
fn fill(template: &str, ids: &[&str]) -> String {
    let mut ids = ids.iter();
    let part = |part: &str| {
        if part.starts_with('{') {
            (*ids.next().expect("as many as there are names")).to_owned()
        } else {
            part.to_owned()
        }
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The walk, and where it has been.
struct Walk<'a> {
    api: &'a Api,
    been: BTreeSet<(&'static str, &'static str)>,
}

impl Walk<'_> {
    async fn lines(&self) -> u64 {
        self.api.world.app.store.audit_ends().await.unwrap().head.seq
    }

    /// Checks that a change left a line since `before`, and that this is who made it.
    async fn has_line(&self, before: u64, actor: &str, what: &str) {
        let new = self.api.world.app.store.audit_chain(before, 99).await.unwrap();
        assert!(
            new.iter().any(|line| line.actor.starts_with(actor)),
            "no line of {actor} for {what}: {new:?}"
        );
    }

    /// Sends a change over the API; the query, if any, is behind the last id.
    async fn ask(&mut self, row: (&'static str, &'static str), ids: &[&str], body: Value) -> Value {
        self.ask_with(row, ids, "", body).await
    }

    async fn ask_with(
        &mut self,
        row: (&'static str, &'static str),
        ids: &[&str],
        query: &str,
        body: Value,
    ) -> Value {
        assert!(changing(permissions::API).contains(&row), "{row:?} is in no table");
        let path = format!("/v1.0{}{query}", fill(row.1, ids));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let before = self.lines().await;
        let reply = self.api.text(&row.0.to_uppercase(), &path, &body).await;
        assert!(reply.status.is_success(), "{row:?} {} {}", reply.status, reply.body);
        self.has_line(before, "admin token ", row.1).await;
        self.been.insert(row);
        serde_json::from_str(&reply.body).unwrap_or_default()
    }

    /// Presses a button of the console.
    async fn press(
        &mut self,
        browser: &mut Browser,
        (page, template): (&str, &'static str),
        ids: &[&str],
        fields: &[(&str, &str)],
    ) -> Reply {
        assert!(changing(permissions::CONSOLE).contains(&("post", template)), "{template} is in no table");
        let before = self.lines().await;
        let reply = browser.press(page, &fill(template, ids), fields).await;
        let done = reply.status == StatusCode::OK
            || reply.location().contains("done=")
            || reply.location().ends_with("#tap");
        assert!(done, "{template} {} {} {}", reply.status, reply.location(), reply.body);
        self.has_line(before, "root@localhost", template).await;
        self.been.insert(("post", template));
        reply
    }

    fn end(self, table: &'static [Row]) {
        let rows = changing(table);
        let left: Vec<_> = rows.difference(&self.been).collect();
        assert!(left.is_empty(), "nothing here shows that these leave a line in the audit log: {left:?}");
    }
}

fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("no id: {of}")).to_owned()
}

#[test]
fn every_change_over_the_api_leaves_its_line() {
    with_api(async |api| {
        let mut walk = Walk { api, been: BTreeSet::new() };
        people(&mut walk).await;
        ways_in(&mut walk).await;
        groups_and_policies(&mut walk).await;
        devices_and_apps(&mut walk).await;
        installation(&mut walk).await;
        access(&mut walk).await;
        signals(&mut walk).await;
        walk.end(permissions::API);
    });
}

async fn people(walk: &mut Walk<'_>) {
    let wish = json!({ "userPrincipalName": "grace@example.org", "displayName": "Grace" });
    let grace = id(&walk.ask(("post", "/users"), &[], wish).await);
    walk.ask(("patch", "/users/{id}"), &[&grace], json!({ "accountEnabled": false })).await;
    walk.ask(("post", "/users/{id}/revokeSignInSessions"), &[&grace], Value::Null).await;
    let wish = json!({ "principalId": grace, "roleDefinitionId": Role::GlobalReader.id() });
    let given = id(&walk.ask(("post", "/roleManagement/directory/roleAssignments"), &[], wish).await);
    let gone = ("delete", "/roleManagement/directory/roleAssignments/{id}");
    walk.ask(gone, &[&given], Value::Null).await;
    walk.ask(("delete", "/users/{id}"), &[&grace], Value::Null).await;
}

async fn ways_in(walk: &mut Walk<'_>) {
    let api = walk.api;
    let ada = api.world.newcomer("Ada").await;
    let user = ada.id.to_string();
    let passes = "/users/{id}/authentication/temporaryAccessPassMethods";
    let pass = id(&walk.ask(("post", passes), &[&user], json!({})).await);
    let one = ("delete", "/users/{id}/authentication/temporaryAccessPassMethods/{methodId}");
    walk.ask(one, &[&user, &pass], Value::Null).await;
    let options = format!("/v1.0/users/{user}/authentication/fido2Methods/creationOptions");
    let options = api.get(&options).await;
    let mut key = SoftAuthenticator::new(Model::device_bound());
    let made = key.create(&options["publicKey"], ORIGIN, &SystemRandom).unwrap();
    let made = serde_json::to_value(made).unwrap();
    let wish = json!({ "displayName": "Key", "publicKeyCredential": made });
    let passkey = id(&walk.ask(("post", "/users/{id}/authentication/fido2Methods"), &[&user], wish).await);
    let mut browser = api.world.browser();
    browser.sign_in(&key).await;
    make_codes(&mut browser).await;
    let key = hello_key_of(&api.world, ada.id).await;
    let one = ("delete", "/users/{id}/authentication/windowsHelloForBusinessMethods/{methodId}");
    walk.ask(one, &[&user, &key], Value::Null).await;
    let codes = ("delete", "/users/{id}/authentication/passband_recoveryCodes");
    walk.ask(codes, &[&user], Value::Null).await;
    let one = ("delete", "/users/{id}/authentication/fido2Methods/{methodId}");
    walk.ask_with(one, &[&user, &passkey], "?passband_force=true", Value::Null).await;
}

async fn groups_and_policies(walk: &mut Walk<'_>) {
    let ada = walk.api.person("Pilot", false).await;
    let group = id(&walk.ask(("post", "/groups"), &[], json!({ "displayName": "Pilots" })).await);
    walk.ask(("patch", "/groups/{id}"), &[&group], json!({ "displayName": "Crew" })).await;
    let reference = json!({ "@odata.id": format!("{ORIGIN}/v1.0/users/{ada}") });
    walk.ask(("post", "/groups/{id}/members/$ref"), &[&group], reference).await;
    let one = ("delete", "/groups/{id}/members/{memberId}/$ref");
    walk.ask(one, &[&group, &ada], Value::Null).await;
    walk.ask(("delete", "/groups/{id}"), &[&group], Value::Null).await;
    let campaign = json!({ "registrationEnforcement": { "authenticationMethodsRegistrationCampaign": { "snoozeDurationInDays": 3 } } });
    walk.ask(("patch", "/policies/authenticationMethodsPolicy"), &[], campaign).await;
    let one = ("patch", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}");
    walk.ask(one, &["fido2"], only(&json!({ "name": "Named" }))).await;
    let add = "/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates/{id}/passband_add";
    walk.ask(("post", add), &["device-bound"], Value::Null).await;
    assert!(
        walk.api.get(&format!("{METHODS}/fido2")).await["passkeyProfiles"].as_array().unwrap().len() == 2
    );
}

async fn devices_and_apps(walk: &mut Walk<'_>) {
    let owner = walk.api.world.newcomer("Owner").await;
    let device = walk.api.device(owner.id, "Blue-Box").await.to_string();
    walk.ask(("patch", "/devices/{id}"), &[&device], json!({ "accountEnabled": false })).await;
    walk.ask(("delete", "/devices/{id}"), &[&device], Value::Null).await;
    let wish = json!({ "displayName": "Wiki", "web": { "redirectUris": ["https://wiki.example/cb"] } });
    let app = id(&walk.ask(("post", "/applications"), &[], wish).await);
    walk.ask(("patch", "/applications/{id}"), &[&app], json!({ "displayName": "Wiki 2" })).await;
    let secret = walk.ask(("post", "/applications/{id}/addPassword"), &[&app], json!({})).await;
    let key = json!({ "keyId": secret["keyId"] });
    walk.ask(("post", "/applications/{id}/removePassword"), &[&app], key).await;
    walk.ask(("delete", "/applications/{id}"), &[&app], Value::Null).await;
}

async fn installation(walk: &mut Walk<'_>) {
    let emergency = break_glass(&walk.api.world).await;
    walk.api.world.sign_in(&emergency).await;
    let alarm = format!("{}_breakGlassUsed", emergency.user.id);
    walk.ask(("post", "/passband_alarms/{id}/acknowledge"), &[&alarm], json!({ "count": 1 })).await;
    walk.ask(("patch", "/passband_logs"), &[], json!({ "signInRetentionDays": 60 })).await;
    walk.ask(("post", "/passband_signingKeys/rotate"), &[], Value::Null).await;
    let root = json!({ "certificate": publisher().root, "format": "metadata" });
    walk.ask(("post", "/passband_trust/roots"), &[], root).await;
    let statuses: &[(&str, &str)] = &[("FIDO_CERTIFIED_L2", "2025-05-01")];
    let blob = publisher().blob(7, "2026-12-01", &[security_key_entry(statuses)]);
    walk.ask(("post", "/passband_trust/metadata"), &[], json!({ "document": blob })).await;
    let list = json!({ "entries": { "00": { "status": "REVOKED" } } }).to_string();
    walk.ask(("post", "/passband_trust/revocations"), &[], json!({ "document": list })).await;
    let ours = walk.api.list("/v1.0/passband_trust/roots?$filter=isBuiltIn%20eq%20false").await;
    walk.ask(("delete", "/passband_trust/roots/{id}"), &[&id(&ours[0])], Value::Null).await;
}

async fn access(walk: &mut Walk<'_>) {
    let policies = "/identity/conditionalAccess/policies";
    let wish = policy("Strong", &["mfa"]);
    let made = id(&walk.ask(("post", policies), &[], wish).await);
    let one = "/identity/conditionalAccess/policies/{id}";
    walk.ask(("patch", one), &[&made], json!({ "displayName": "Stronger" })).await;
    let back = "/identity/conditionalAccess/policies/{id}/passband_rollback";
    walk.ask(("post", back), &[&made], json!({ "version": 1 })).await;
    walk.ask(("delete", one), &[&made], Value::Null).await;
    let restore = "/identity/conditionalAccess/deletedItems/policies/{id}/restore";
    walk.ask(("post", restore), &[&made], Value::Null).await;

    let locations = "/identity/conditionalAccess/namedLocations";
    let wish = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
        "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24" }],
    });
    let made = id(&walk.ask(("post", locations), &[], wish).await);
    let one = "/identity/conditionalAccess/namedLocations/{id}";
    let type_ = "#microsoft.graph.ipNamedLocation";
    walk.ask(("patch", one), &[&made], json!({ "@odata.type": type_, "displayName": "Branch" })).await;
    let back = "/identity/conditionalAccess/namedLocations/{id}/passband_rollback";
    walk.ask(("post", back), &[&made], json!({ "version": 1 })).await;
    walk.ask(("delete", one), &[&made], Value::Null).await;

    let wish = json!({ "displayName": "Keys", "allowedCombinations": ["fido2"] });
    let strengths = "/identity/conditionalAccess/authenticationStrength/policies";
    let made = id(&walk.ask(("post", strengths), &[], wish.clone()).await);
    let one = "/identity/conditionalAccess/authenticationStrength/policies/{id}";
    walk.ask(("patch", one), &[&made], json!({ "displayName": "Hard keys" })).await;
    let back = "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_rollback";
    walk.ask(("post", back), &[&made], json!({ "version": 1 })).await;
    walk.ask(("delete", one), &[&made], Value::Null).await;
    let made = id(&walk.ask(("post", "/policies/authenticationStrengthPolicies"), &[], wish).await);
    let one = "/policies/authenticationStrengthPolicies/{id}";
    walk.ask(("patch", one), &[&made], json!({ "displayName": "Hard keys" })).await;
    walk.ask(("delete", one), &[&made], Value::Null).await;
}

/// The public keys of somebody who sends signals.
fn key_set() -> Value {
    let key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
    serde_json::to_value(JwkSet { keys: vec![Jwk::from_point(key.public_point(), "k1").unwrap()] }).unwrap()
}

async fn signals(walk: &mut Walk<'_>) {
    let wish = json!({ "displayName": "SIEM", "audience": "https://siem.example" });
    let made = id(&walk.ask(("post", "/passband_signals/streams"), &[], wish).await);
    let one = "/passband_signals/streams/{id}";
    walk.ask(("patch", one), &[&made], json!({ "displayName": "SIEM 2" })).await;
    walk.ask(("post", "/passband_signals/streams/{id}/newCredential"), &[&made], Value::Null).await;
    walk.ask(("delete", one), &[&made], Value::Null).await;
    let wish = json!({
        "displayName": "MDM", "issuer": "https://mdm.example", "jwks": key_set(), "deviceCompliance": true,
    });
    let made = id(&walk.ask(("post", "/passband_signals/transmitters"), &[], wish).await);
    walk.ask(("delete", "/passband_signals/transmitters/{id}"), &[&made], Value::Null).await;
}

#[test]
fn every_form_of_the_console_leaves_its_line() {
    with_api(async |api| {
        let mut walk = Walk { api, been: BTreeSet::new() };
        let (root, mut browser) = api.world.founder().await;
        forms_about_people(&mut walk, &mut browser).await;
        // The sign-in of a moment ago is a moment ago again.
        api.world.pass(Seconds(1));
        browser.sign_in(&root.authenticator).await;
        forms_about_the_rest(&mut walk, (&mut browser, &root)).await;
        forms_about_signals(&mut walk, &mut browser).await;
        forms_about_access(&mut walk, &mut browser).await;
        walk.end(permissions::CONSOLE);
    });
}

async fn forms_about_people(walk: &mut Walk<'_>, root: &mut Browser) {
    let list = "/admin/users";
    let fields = [("displayName", "Grace"), ("userPrincipalName", "grace@localhost")];
    walk.press(root, (list, list), &[], &fields).await;
    let grace =
        walk.api.world.app.store.user_by_upn("grace@localhost").await.unwrap().unwrap().id.to_string();
    let page = format!("{list}/{grace}");
    let one = &[grace.as_str()][..];
    let wish = [("lifetimeInMinutes", "60"), ("isUsableOnce", "true")];
    let role = [("wish", "give"), ("role", Role::GlobalReader.id())];
    walk.press(root, (&page, "/admin/users/{id}/tap"), one, &wish).await;
    walk.press(root, (&page, "/admin/users/{id}/role"), one, &role).await;
    walk.press(root, (&page, "/admin/users/{id}/revoke"), one, &[]).await;
    walk.press(root, (&page, "/admin/users/{id}/break-glass"), one, &[]).await;
    walk.press(root, (&page, "/admin/users/{id}/ordinary"), one, &[]).await;
    walk.press(root, (&page, "/admin/users/{id}/disable"), one, &[]).await;
    walk.press(root, (&page, "/admin/users/{id}/enable"), one, &[]).await;
    walk.press(root, (&page, "/admin/users/{id}/delete"), one, &[]).await;
    let (ada, _) = walk.api.world.user("Ada").await;
    let passkey = passkey_ids(&walk.api.world, &ada.user).await.remove(0);
    let user = ada.user.id.to_string();
    let gone = "/admin/users/{id}/passkeys/{passkey}/delete";
    let page = format!("{list}/{user}");
    walk.press(root, (&page, gone), &[&user, &passkey], &[("confirmed", "yes")]).await;
    let key = hello_key_of(&walk.api.world, ada.user.id).await;
    let gone = "/admin/users/{id}/hello-keys/{key}/delete";
    walk.press(root, (&page, gone), &[&user, &key], &[]).await;
}

async fn forms_about_the_rest(walk: &mut Walk<'_>, (root, person): (&mut Browser, &Person)) {
    let store = &walk.api.world.app.store;
    let device = device_of(&walk.api.world, &person.user, "Blue-Box").await.to_string();
    let list = "/admin/devices";
    walk.press(root, (list, "/admin/devices/{id}/disable"), &[&device], &[]).await;
    walk.press(root, (list, "/admin/devices/{id}/enable"), &[&device], &[]).await;
    walk.press(root, (list, "/admin/devices/{id}/delete"), &[&device], &[]).await;
    let list = "/admin/apps";
    let fields =
        [("displayName", "Tasks"), ("redirectUris", "https://tasks.example/cb"), ("clientType", "public")];
    walk.press(root, (list, list), &[], &fields).await;
    let apps = store.apps(&Page::first(50)).await.unwrap().items;
    let app = apps.iter().find(|app| app.name == "Tasks").unwrap().id.to_string();
    walk.press(root, (list, "/admin/apps/{id}/disable"), &[&app], &[]).await;
    walk.press(root, (list, "/admin/apps/{id}/enable"), &[&app], &[]).await;
    walk.press(root, (list, "/admin/apps/{id}/delete"), &[&app], &[]).await;
    walk.press(root, ("/admin/keys", "/admin/keys/rotate"), &[], &[]).await;
    let emergency: User = break_glass(&walk.api.world).await.user;
    // A pass that is not its, once: an alarm.
    walk.api.world.browser().enter_pass(&emergency.upn, "WRONG", None).await;
    let ids = [emergency.id.to_string(), "breakGlassRefused".to_owned()];
    let form = "/admin/alarms/{id}/{kind}";
    walk.press(root, ("/admin", form), &[&ids[0], &ids[1]], &[("seen", "1")]).await;
}

async fn forms_about_signals(walk: &mut Walk<'_>, root: &mut Browser) {
    let store = &walk.api.world.app.store;
    let page = "/admin/signals";
    let fields = [("displayName", "SIEM"), ("audience", "https://siem.example")];
    walk.press(root, (page, "/admin/signals/receivers"), &[], &fields).await;
    let stream = store.streams().await.unwrap()[0].0.id.to_string();
    walk.press(root, (page, "/admin/signals/receivers/{id}/renew"), &[&stream], &[]).await;
    walk.press(root, (page, "/admin/signals/receivers/{id}/delete"), &[&stream], &[]).await;
    let keys = key_set().to_string();
    let fields = [
        ("displayName", "MDM"),
        ("issuer", "https://mdm.example"),
        ("jwks", keys.as_str()),
        ("deviceCompliance", "yes"),
    ];
    walk.press(root, (page, "/admin/signals/transmitters"), &[], &fields).await;
    let made = store.transmitters().await.unwrap()[0].id.to_string();
    walk.press(root, (page, "/admin/signals/transmitters/{id}/delete"), &[&made], &[]).await;
}

async fn forms_about_access(walk: &mut Walk<'_>, root: &mut Browser) {
    let document = policy("Strong", &["mfa"]).to_string();
    let fields = [("version", "0"), ("document", document.as_str())];
    let save = "/admin/access/{id}/save";
    let made = walk.press(root, ("/admin/access/new", save), &["new"], &fields).await;
    let page = made.location().split('?').next().unwrap().to_owned();
    let id = page.rsplit('/').next().unwrap();
    let off = [("version", "1"), ("state", "disabled")];
    walk.press(root, (&page, "/admin/access/{id}/switch"), &[id], &off).await;
    let back = [("version", "2"), ("number", "1")];
    walk.press(root, (&page, "/admin/access/{id}/rollback"), &[id], &back).await;
    walk.press(root, (&page, "/admin/access/{id}/delete"), &[id], &[("version", "3")]).await;
}

/// The forms of the passkey policy's page show first whom they touch; the one that saves leaves its line.
#[test]
fn the_form_that_saves_the_passkey_policy_leaves_its_line() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let before = api.world.app.store.audit_ends().await.unwrap().head.seq;
        crate::policy_page::change_the_policy(&mut browser).await;
        let new = api.world.app.store.audit_chain(before, 9).await.unwrap();
        assert!(new.iter().any(|line| line.actor == "root@localhost"), "{new:?}");
    });
}
