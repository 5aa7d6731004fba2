//! What evidence rests on: imports, rehearsals, and the passkeys they touch.

use super::{Api, next, with_api};
use crate::profiles::{only, set};
use axum::http::StatusCode;
use passband_core::change::Change;
use passband_core::directory::{TrustDocument, TrustKind, User};
use passband_server::trust;
use passband_testkit::authenticator::{Model, SoftAuthenticator};
use passband_testkit::maker::{maker, publisher, security_key_entry};
use serde_json::{Value, json};

const METADATA: &str = "/v1.0/passband_trust/metadata";
const GOOD: &[(&str, &str)] = &[("FIDO_CERTIFIED_L2", "2025-05-01")];
const BROKEN: &[(&str, &str)] =
    &[("USER_KEY_REMOTE_COMPROMISE", "2026-11-20"), ("FIDO_CERTIFIED_L2", "2025-05-01")];

/// What a change answers.
async fn change(api: &Api, path: &str, body: &Value) -> Value {
    let reply = api.text("POST", path, &body.to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.body);
    reply.json()
}

fn edition(no: u32, statuses: &[(&str, &str)]) -> Value {
    json!({ "document": publisher().blob(no, "2026-12-01", &[security_key_entry(statuses)]) })
}

/// An installation that has metadata of the security key, of edition 7.
async fn with_metadata(api: &Api) {
    let root = json!({ "certificate": publisher().root, "format": "metadata" });
    change(api, "/v1.0/passband_trust/roots", &root).await;
    change(api, METADATA, &edition(7, GOOD)).await;
}

/// Somebody with a passkey of this model.
async fn person(api: &Api, name: &str, model: Model) -> User {
    let user = api.world.newcomer(name).await;
    let (_, pass) = api.world.pass_for(&user, true).await;
    let mut browser = api.world.browser();
    browser.enter_pass(&user.upn, &pass, None).await;
    let done = browser.register(&mut SoftAuthenticator::new(model), "Key").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    user
}

async fn passkey(api: &Api, user: &User) -> Value {
    api.list(&format!("/v1.0/users/{}/authentication/fido2Methods", user.id)).await.remove(0)
}

#[test]
fn a_passkey_is_judged_at_registration() {
    with_api(async |api| {
        // Nothing is loaded: nobody is asked for what cannot be judged.
        let before = person(api, "Ada", Model::security_key()).await;
        let shown = passkey(api, &before).await;
        assert_eq!(shown["passband_attestationFormat"], "none");
        assert_eq!(
            (&shown["passband_evidence"], &shown["passband_evidenceProof"]),
            (&json!("E1"), &json!("no_attestation"))
        );
        with_metadata(api).await;
        assert_eq!(api.get("/v1.0/passband_trust").await["attestationConveyance"], "direct");

        let shown = passkey(api, &person(api, "Bea", Model::security_key()).await).await;
        assert_eq!(shown["passband_evidence"], "E3");
        assert_eq!(shown["passband_evidenceProof"], "model_hardware");
        assert_eq!(shown["attestationLevel"], "attested");
        assert_eq!(
            (&shown["model"], &shown["passband_isModelProved"]),
            (&json!("Test Security Key"), &json!(true))
        );
        assert_eq!(shown["passband_metadataEdition"], 7);
        assert_eq!(shown["passband_certification"], "L2");
        assert_eq!(shown["passband_userVerificationMethods"], json!(["passcode_external"]));

        // The same AAGUID without a maker who vouches is a claim (failure class 4).
        let own = Model {
            attestation: passband_testkit::authenticator::Attestation::PackedSelf,
            ..Model::security_key()
        };
        let shown = passkey(api, &person(api, "Cat", own).await).await;
        assert_eq!((&shown["passband_evidence"], &shown["model"]), (&json!("E1"), &Value::Null));
        assert_eq!(shown["attestationLevel"], "notAttested");
        let shown = passkey(api, &person(api, "Dan", Model::synced()).await).await;
        assert_eq!(shown["passband_evidence"], "E0");
        // One of a well-known name has it, as a claim.
        let aaguid = 0xbada_5566_a7aa_401f_bd96_4561_9a55_120d_u128.to_be_bytes();
        let shown = passkey(api, &person(api, "Eve", Model { aaguid, ..Model::synced() }).await).await;
        assert_eq!((&shown["model"], &shown["passband_isModelProved"]), (&json!("1Password"), &json!(false)));
    });
}

#[test]
fn whom_a_change_touches_is_known_before_it_bites() {
    with_api(async |api| {
        with_metadata(api).await;
        let ada = person(api, "Ada", Model::security_key()).await;
        person(api, "Dan", Model::synced()).await;
        let (generation, deeds) =
            (api.get("/v1.0/passband_trust").await["generation"].clone(), api.deeds().await);

        let told = change(api, &format!("{METADATA}?passband_dryRun=true"), &edition(8, BROKEN)).await;
        assert_eq!((&told["applied"], &told["changeCount"]), (&json!(false), &json!(1)));
        let line = &told["changes"][0];
        assert_eq!(
            (&line["from"], &line["to"], &line["reason"]),
            (&json!("E3"), &json!("E1"), &json!("model_disqualified"))
        );
        assert_eq!((&line["userPrincipalName"], &line["displayName"]), (&json!(ada.upn), &json!("Key")));
        assert!(line["explanation"].as_str().unwrap().contains("broken"));
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E3");
        assert_eq!(api.get("/v1.0/passband_trust").await["generation"], generation);
        assert_eq!(api.deeds().await, deeds);

        let done = change(api, METADATA, &edition(8, BROKEN)).await;
        assert_eq!((&done["applied"], &done["changes"]), (&json!(true), &told["changes"]));
        let shown = passkey(api, &ada).await;
        assert_eq!(
            (&shown["passband_evidence"], &shown["attestationLevel"]),
            (&json!("E1"), &json!("notAttested"))
        );
        assert_eq!(shown["passband_metadataEdition"], 8);
        // One line for the import, one for the passkey whose level moved, none for the other.
        assert_eq!(api.deeds().await, deeds + 2);
        let lines = api.list("/v1.0/auditLogs/directoryAudits?$top=2").await;
        let line = lines.iter().find(|l| l["activityDisplayName"] == "Change evidence of passkey").unwrap();
        assert_eq!(line["passband_detail"], "ada@localhost: Key from E3 to E1 (model_disqualified)");
        // Somebody who registers now is judged by the new edition.
        let shown = passkey(api, &person(api, "Bea", Model::security_key()).await).await;
        assert_eq!(shown["passband_evidenceProof"], "model_disqualified");
        // A level may rise again.
        assert_eq!(change(api, METADATA, &edition(9, GOOD)).await["changeCount"], 2);
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E3");
    });
}

#[test]
fn no_change_of_trust_locks_every_administrator_out_unless_forced() {
    with_api(async |api| {
        with_metadata(api).await;
        let ada = person(api, "Ada", Model::security_key()).await;
        set(api, &only(&json!({ "passband_minimumEvidence": "E3" }))).await;
        // Ada is nobody's administrator yet, so nobody is lost.
        let told = change(api, &format!("{METADATA}?passband_dryRun=true"), &edition(8, BROKEN)).await;
        assert_eq!(told["leavesNoAdministrator"], false);
        api.done("PATCH", &format!("/v1.0/users/{}", ada.id), r#"{"passband_isAdministrator":true}"#).await;

        let told = change(api, &format!("{METADATA}?passband_dryRun=true"), &edition(8, BROKEN)).await;
        assert_eq!((&told["leavesNoAdministrator"], &told["applied"]), (&json!(true), &json!(false)));
        let reply = api.text("POST", METADATA, &edition(8, BROKEN).to_string()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
        assert_eq!(reply.json()["error"]["innerError"]["passband_reason"], "policy_locks_out");
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E3");

        let done = change(api, &format!("{METADATA}?passband_force=true"), &edition(8, BROKEN)).await;
        assert_eq!((&done["leavesNoAdministrator"], &done["applied"]), (&json!(true), &json!(true)));
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E1");
    });
}

#[test]
fn what_is_not_signed_or_older_is_refused_and_changes_nothing() {
    with_api(async |api| {
        let unknown = edition(7, GOOD);
        let message = api.refused(("POST", METADATA, &unknown.to_string()), 400, "Request_BadRequest").await;
        assert!(message.contains("metadata_path"), "{message}");
        with_metadata(api).await;
        let state = api.get("/v1.0/passband_trust").await;
        let stale = json!({ "document": publisher().blob(8, "2026-10-01", &[]) });
        for (path, body, says) in [
            (METADATA, edition(6, GOOD), "metadata_rollback"),
            (METADATA, stale, "metadata_stale"),
            (METADATA, json!({ "document": "a.b.c" }), "metadata_signature"),
            (METADATA, json!({ "blob": "" }), "blob"),
            ("/v1.0/passband_trust/revocations", json!({ "document": "[]" }), "status list"),
            (
                "/v1.0/passband_trust/roots",
                json!({ "certificate": "", "format": "packed" }),
                "root is refused",
            ),
            (
                "/v1.0/passband_trust/roots",
                json!({ "certificate": publisher().root, "format": "none" }),
                "format must be",
            ),
            (
                "/v1.0/passband_trust/roots",
                json!({ "certificate": publisher().root, "format": "packed", "aaGuids": ["x"] }),
                "not an AAGUID",
            ),
        ] {
            let message = api.refused(("POST", path, &body.to_string()), 400, "Request_BadRequest").await;
            assert!(message.contains(says), "{says}: {message}");
        }
        let asked = format!("{METADATA}?passband_dryRun=perhaps");
        api.refused(("POST", &asked, &edition(8, GOOD).to_string()), 400, "Request_UnsupportedQuery").await;
        let asked = format!("{METADATA}?dryRun=true");
        api.refused(("POST", &asked, &edition(8, GOOD).to_string()), 400, "Request_UnsupportedQuery").await;
        // What comes with the program cannot be taken away, nor what is not there.
        let roots = api.list("/v1.0/passband_trust/roots").await;
        let apple =
            roots.iter().find(|root| root["format"] == "apple").unwrap()["id"].as_str().unwrap().to_owned();
        for id in [apple.as_str(), "00"] {
            let path = format!("/v1.0/passband_trust/roots/{id}");
            api.refused(("DELETE", &path, ""), 404, "Request_ResourceNotFound").await;
        }
        assert_eq!(api.get("/v1.0/passband_trust").await, state);
    });
}

#[test]
fn a_root_goes_with_what_was_signed_under_it() {
    with_api(async |api| {
        with_metadata(api).await;
        let ada = person(api, "Ada", Model::security_key()).await;
        let roots = api
            .list("/v1.0/passband_trust/roots?$filter=isBuiltIn eq false".replace(' ', "%20").as_str())
            .await;
        assert_eq!(roots.len(), 1);
        let path = format!("/v1.0/passband_trust/roots/{}", roots[0]["id"].as_str().unwrap());
        let told = api.text("DELETE", &format!("{path}?passband_dryRun=true"), "").await.json();
        assert_eq!(
            (&told["changes"][0]["to"], &told["changes"][0]["reason"]),
            (&json!("E1"), &json!("no_root_for_model"))
        );
        assert!(api.get("/v1.0/passband_trust").await["metadata"].is_object());
        assert_eq!(api.text("DELETE", &path, "").await.status, StatusCode::OK);
        assert!(api.get("/v1.0/passband_trust").await["metadata"].is_null());
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E1");

        // The maker's own root, added for its model alone: the model is proved, and nothing is known of it.
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            passband_wire::b64::encode_std(&maker().root)
        );
        let body = json!({ "certificate": pem, "format": "packed", "aaGuids": ["70617373-6261-6e64-2d68-6172646b6579"] });
        let done = change(api, "/v1.0/passband_trust/roots", &body).await;
        assert_eq!(
            (&done["changes"][0]["to"], &done["changes"][0]["reason"]),
            (&json!("E2"), &json!("model_unknown"))
        );
        assert_eq!(passkey(api, &ada).await["attestationLevel"], "attested");
        // Every certificate of a chain is looked up: rcgen's serial numbers are the hash of their key.
        let list = json!({ "document": json!({ "entries": { "00": { "status": "REVOKED" } } }).to_string() });
        let done = change(api, "/v1.0/passband_trust/revocations", &list).await;
        assert_eq!(done["changeCount"], 0);
        assert_eq!(api.get("/v1.0/passband_trust").await["revocations"]["keyCount"], 1);
    });
}

#[test]
fn models_are_listed_filtered_and_paged() {
    with_api(async |api| {
        assert!(api.list("/v1.0/passband_trust/models").await.is_empty());
        with_metadata(api).await;
        // More than the 64 KiB that other bodies may have.
        let mut entries = vec![security_key_entry(GOOD)];
        for n in 0..300 {
            let mut entry = security_key_entry(&[("REVOKED", "2025-01-01")]);
            entry["aaguid"] = format!("00000000-0000-0000-0001-{n:012}").into();
            entry["metadataStatement"]["description"] = format!("Old Key {n:03}").into();
            entries.push(entry);
        }
        let blob = publisher().blob(8, "2026-12-01", &entries);
        assert!(blob.len() > 256 * 1024, "{}", blob.len());
        change(api, METADATA, &json!({ "document": blob })).await;

        let page = api.get("/v1.0/passband_trust/models?$top=200").await;
        assert_eq!(page["value"].as_array().unwrap().len(), 200);
        let rest = api.get(&next(&page).unwrap()).await;
        assert_eq!(rest["value"].as_array().unwrap().len(), 101);
        let asked = "/v1.0/passband_trust/models?$filter=startswith(displayName,'test')";
        let found = api.list(asked).await;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[0]["evidence"], &found[0]["evidenceProof"], &found[0]["certification"]),
            (&json!("E3"), &json!("model_hardware"), &json!("L2"))
        );
        let asked =
            "/v1.0/passband_trust/models?$filter=aaGuid%20eq%20'00000000-0000-0000-0001-000000000007'";
        let found = api.list(asked).await;
        assert_eq!((&found[0]["displayName"], &found[0]["evidence"]), (&json!("Old Key 007"), &json!("E1")));
        assert_eq!(found[0]["status"], "REVOKED");
        // Only these addresses take so much.
        let large = json!({ "certificate": "x".repeat(70_000), "format": "packed" });
        let reply = api.text("POST", "/v1.0/passband_trust/roots", &large.to_string()).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    });
}

/// A document as another process, or somebody with the database, has put it there.
async fn put_by_another(api: &Api, body: &str) {
    let document = TrustDocument {
        name: "metadata".to_owned(),
        kind: TrustKind::Metadata,
        scope: String::new(),
        models: vec![],
        edition: Some(8),
        sha256: [0; 32],
        added: api.world.now(),
        actor: "another".to_owned(),
        body: body.as_bytes().to_vec(),
    };
    let from = api.world.app.trust().generation;
    let changes = vec![Change::PutTrust(Box::new(document)), Change::AdvanceTrust { from }];
    api.world.app.commit(changes).await.unwrap();
}

#[test]
fn another_process_changes_what_is_trusted_here() {
    with_api(async |api| {
        with_metadata(api).await;
        let ada = person(api, "Ada", Model::security_key()).await;
        put_by_another(api, &publisher().blob(8, "2026-12-01", &[security_key_entry(BROKEN)])).await;
        assert_eq!(api.get("/v1.0/passband_trust").await["metadata"]["edition"], 7);
        trust::look(&api.world.app).await.unwrap();
        assert_eq!(api.get("/v1.0/passband_trust").await["metadata"]["edition"], 8);
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E1");
        // What was altered in the database is not believed, and told.
        put_by_another(api, "e30.e30.AA").await;
        trust::look(&api.world.app).await.unwrap();
        let state = api.get("/v1.0/passband_trust").await;
        assert!(state["metadata"].is_null());
        assert!(state["problems"][0].as_str().unwrap().contains("do not hold"), "{state}");
    });
}

#[test]
fn nobody_registers_by_the_trust_of_a_moment_ago() {
    with_api(async |api| {
        with_metadata(api).await;
        let held = api.world.app.trust().generation;
        // Another process disqualifies the model, and this one has not looked since.
        put_by_another(api, &publisher().blob(8, "2026-12-01", &[security_key_entry(BROKEN)])).await;
        let shown = passkey(api, &person(api, "Ada", Model::security_key()).await).await;
        assert_eq!(
            (&shown["passband_evidence"], &shown["passband_evidenceProof"]),
            (&json!("E1"), &json!("model_disqualified"))
        );
        assert_eq!(api.world.app.trust().generation, held + 1);
    });
}

#[test]
fn models_are_held_against_every_profile() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        with_metadata(api).await;
        let mut entries = vec![security_key_entry(GOOD)];
        for n in 0..3 {
            let mut entry = security_key_entry(&[("REVOKED", "2025-01-01")]);
            entry["aaguid"] = format!("00000000-0000-0000-0001-{n:012}").into();
            entry["metadataStatement"]["description"] = format!("Old Key {n}").into();
            entries.push(entry);
        }
        let blob = publisher().blob(8, "2026-12-01", &entries);
        change(api, METADATA, &json!({ "document": blob })).await;
        let models = "/v1.0/passband_trust/models";
        let listed = api.list(models).await;
        let said = |model: &Value| -> Vec<(String, bool, Value)> {
            let profiles = model["profiles"].as_array().unwrap().iter();
            let said = profiles.map(|p| {
                (p["name"].as_str().unwrap().to_owned(), p["accepts"].as_bool().unwrap(), p["failed"].clone())
            });
            said.collect()
        };
        let names = ["Default", "Any passkey", "Device-bound", "Attested hardware", "Certified L2 hardware"];
        assert_eq!(said(&listed[0]), names.map(|name| (name.to_owned(), true, json!([]))));
        let hard = json!(["passkey_profile_attestation", "passkey_profile_evidence"]);
        let old = said(&listed[1]);
        assert_eq!(old[3], ("Attested hardware".to_owned(), false, hard));
        assert_eq!((old[2].1, old[4].2.as_array().unwrap().len()), (true, 3));
        let marks: Vec<_> =
            listed[0]["profiles"].as_array().unwrap().iter().map(|p| &p["isTemplate"]).collect();
        assert_eq!(marks, [false, true, true, true, true]);

        // By key, by name in any case, by id; those that it accepts, and the others.
        for named in ["attested-hardware", "attested%20HARDWARE", "00000000-0000-0001-0000-000000000003"] {
            assert_eq!(api.list(&format!("{models}?passband_acceptedBy={named}")).await.len(), 1, "{named}");
            assert_eq!(api.list(&format!("{models}?passband_refusedBy={named}")).await.len(), 3, "{named}");
        }
        let both =
            format!("{models}?passband_acceptedBy=Default&passband_refusedBy=attested-hardware&$top=2");
        let page = api.get(&both).await;
        assert_eq!(page["value"].as_array().unwrap().len(), 2);
        assert_eq!(api.list(&next(&page).unwrap()).await.len(), 1, "the next page is of the same");
        let none = format!("{models}?passband_acceptedBy=nobody");
        api.refused(("GET", &none, ""), 400, "Request_UnsupportedQuery").await;

        let page = browser.get("/admin/trust").await.body;
        assert!(page.contains("Attested hardware: accepted"), "{page}");
        assert!(page.contains("Attested hardware: refused (attestation, evidence)"), "{page}");
        let id = "00000000-0000-0001-0000-000000000003";
        let page = browser.get(&format!("/admin/trust?profile={id}&verdict=refuses")).await.body;
        assert!(page.contains("3 models.") && !page.contains("<b>Test Security Key"), "{page}");
        let page = browser.get(&format!("/admin/trust?profile={id}")).await.body;
        assert!(page.contains("1 model.") && page.contains("<b>Test Security Key"), "{page}");

        // Metadata that are long overdue prove nothing of any model.
        api.world.pass(passband_core::time::Seconds::days(60));
        let token = passband_core::keys::admin_token::AdminToken::mint(
            &api.world.app.master,
            api.world.now(),
            &passband_core::rng::SystemRandom,
        );
        let later = format!("Bearer {}", token.unwrap());
        let reply = api.raw("GET", models, &[("authorization", &later)], "").await.json();
        assert_eq!(reply["value"][0]["evidenceProof"], "metadata_stale");
        assert_eq!(reply["value"][0]["profiles"][3]["accepts"], false);
    });
}

#[test]
fn two_changes_at_once_are_made_one_after_the_other() {
    with_api(async |api| {
        use passband_server::trust::change::{ChangeError, Wish, apply, prepare};
        with_metadata(api).await;
        let app = &api.world.app;
        let wish = |no| Wish::Metadata(publisher().blob(no, "2026-12-01", &[security_key_entry(GOOD)]));
        let (first, second) =
            (prepare(app, wish(8), "a").await.unwrap(), prepare(app, wish(9), "b").await.unwrap());
        apply(app, second, vec![], "b").await.unwrap();
        // Or the older edition would come back.
        assert!(matches!(apply(app, first, vec![], "a").await, Err(ChangeError::Busy)));
        assert_eq!(api.get("/v1.0/passband_trust").await["metadata"]["edition"], 9);
    });
}

#[test]
fn the_console_shows_what_is_trusted_and_finds_models() {
    with_api(async |api| {
        let (_, mut browser) = api.world.founder().await;
        let page = browser.get("/admin/trust").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains("No metadata yet") && page.body.contains("Microsoft TPM Root"),
            "{}",
            page.body
        );
        with_metadata(api).await;
        let mut entries = vec![security_key_entry(GOOD)];
        for n in 0..30 {
            let mut entry = security_key_entry(&[("REVOKED", "2025-01-01")]);
            entry["aaguid"] = format!("00000000-0000-0000-0001-{n:012}").into();
            entry["metadataStatement"]["description"] = format!("Old Key {n:03}").into();
            entries.push(entry);
        }
        let blob = publisher().blob(8, "2026-12-01", &entries);
        change(api, METADATA, &json!({ "document": blob })).await;
        let shown = |body: &str, text: &str| body.matches(&format!("<b>{text}")).count();

        let page = browser.get("/admin/trust").await.body;
        assert!(page.contains("31 models.") && page.contains("8, 31 passkey models"), "{page}");
        assert_eq!(shown(&page, "Old Key "), 25);
        let (_, rest) = page.split_once("href=\"/admin/trust?").unwrap();
        let next = rest.split_once('"').unwrap().0.replace("&amp;", "&").replace("&#38;", "&");
        let page = browser.get(&format!("/admin/trust?{next}")).await.body;
        assert_eq!((shown(&page, "Old Key "), shown(&page, "Test Security Key")), (5, 1));

        let page = browser.get("/admin/trust?q=SECURITY+key").await.body;
        assert_eq!((shown(&page, "Old Key "), shown(&page, "Test Security Key")), (0, 1));
        let page = browser.get("/admin/trust?q=0001-000000000007&level=E1").await.body;
        assert_eq!(shown(&page, "Old Key 007"), 1);
        let page = browser.get("/admin/trust?level=E0").await.body;
        assert!(page.contains("No model matches"), "{page}");
        assert_eq!(browser.get("/admin/trust?after=x").await.status, StatusCode::BAD_REQUEST);
    });
}

/// Answers every request to this machine with the same bytes; the address.
async fn serve(answer: Vec<u8>) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/blob.jwt", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    url
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

#[test]
fn metadata_are_fetched_from_the_one_address_and_nowhere_else() {
    use passband_server::trust::refresh::{FetchError, fetch};
    with_api(async |api| {
        with_metadata(api).await;
        let app = &api.world.app;
        let ada = person(api, "Ada", Model::security_key()).await;
        let blob = publisher().blob(8, "2026-12-01", &[security_key_entry(BROKEN)]);
        let here = serve(answer("200 OK", "", &blob)).await;
        assert!(fetch(app, &here).await.unwrap());
        assert_eq!(api.get("/v1.0/passband_trust").await["metadata"]["addedBy"], "system");
        assert_eq!(passkey(api, &ada).await["passband_evidence"], "E1");
        // The same again is no news.
        assert!(!fetch(app, &here).await.unwrap());
        let before = api.get("/v1.0/passband_trust").await;
        // An answer that leads elsewhere is not followed: it could lead into the network (SSRF).
        let newer = serve(answer("200 OK", "", &publisher().blob(9, "2026-12-01", &[]))).await;
        let away = serve(answer("302 Found", &format!("location: {newer}\r\n"), "")).await;
        assert!(matches!(fetch(app, &away).await, Err(FetchError::Answer(status)) if status == 302));
        let gone = serve(answer("404 Not Found", "", "")).await;
        assert!(matches!(fetch(app, &gone).await, Err(FetchError::Answer(status)) if status == 404));
        let forged = serve(answer("200 OK", "", "a.b.c")).await;
        assert!(matches!(fetch(app, &forged).await, Err(FetchError::Change(_))));
        assert_eq!(api.get("/v1.0/passband_trust").await, before);
    });
}
