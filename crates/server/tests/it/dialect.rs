//! The server as programs written for Entra ID see it (prt.md §0, §1, §8, §10).

use crate::device::{LOOPBACK, broker_tokens};
use crate::world::{Browser, ORIGIN, Person, Reply, World, encode};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passband_core::change::Change;
use passband_core::directory::App;
use passband_core::rng::SystemRandom;
use passband_core::time::Seconds;
use passband_testkit::authenticator::Quirks;
use passband_wire::b64;
use passband_wire::id::ClientId;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, DRS_RESOURCE, LINUX_BROKER};
use serde_json::{Value, json};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Switches an application on or off.
pub async fn switch(world: &World, id: ClientId, enabled: bool) {
    let app = world.app.store.app(id).await.unwrap().unwrap();
    world.app.commit(vec![Change::UpdateApp(App { enabled, ..(*app).clone() })]).await.unwrap();
}

/// A program: it has no cookies of people and says nothing of where it comes from.
struct Program(Browser);

impl Program {
    fn new(world: &World) -> Self {
        let mut browser = world.browser();
        browser.origin = None;
        Self(browser)
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.0.get(path).await
    }

    async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.0.form(path, fields).await
    }
}

/// The `$Config` block of a page, cut out as libhimmelblau and roadlib cut it.
fn config(page: &str) -> Value {
    let (_, rest) = page.split_once("$Config=").unwrap_or_else(|| panic!("no block: {page}"));
    let end = rest.find("//]]></script>").expect("the end of the block");
    assert_eq!(&rest[end - 2..end], ";\n");
    serde_json::from_str(&rest[..end - 2]).unwrap()
}

fn text<'a>(config: &'a Value, name: &str) -> &'a str {
    config[name].as_str().unwrap_or_else(|| panic!("no {name}: {config}"))
}

fn local(url: &str) -> &str {
    url.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("not absolute: {url}"))
}

/// The first request of libhimmelblau's passkey sign-in.
fn first_request(redirect_uri: &str) -> String {
    format!(
        "/common/oauth2/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&client-request-id=0b9bd0cd-6c8f-4f2a-b7a4-3b8b1cf0aa11&prompt=login&scope={}&response_mode=query&sso_reload=True&resource={}",
        encode(redirect_uri),
        encode("openid profile "),
        encode("https://enrollment.manage.microsoft.com/"),
    )
}

/// Goes through the page as libhimmelblau does, up to the assertion.
struct Flow {
    first: Value,
    second: Value,
}

impl Flow {
    async fn begin(program: &mut Program, person: &Person, address: &str) -> Self {
        let page = program.get(address).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        for trap in ["Working...", "Click Submit to continue", r#"<input type="submit""#] {
            assert!(!page.body.contains(trap), "{trap}");
        }
        let first = config(&page.body);
        let post = text(&first, "urlPost");
        let fields = [
            ("flow", "mfa"),
            ("allowedIdentities", "2"),
            ("canary", text(&first, "sFT")),
            ("serverChallenge", text(&first, "sFT")),
            ("postBackUrl", post),
            ("cancelUrl", text(&first, "urlResume")),
            ("ctx", text(&first, "sCtx")),
            ("username", &person.user.upn),
            ("loginCanary", text(&first, "canary")),
        ];
        let page = program.form(local(text(&first, "urlFidoLogin")), &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let second = config(&page.body);
        assert!(second.get("sErrorCode").is_none(), "{second}");
        Self { first, second }
    }

    /// An assertion over the characters of the challenge, flat as programs send it.
    fn assertion(&self, person: &Person, origin: &str) -> String {
        let options = json!({
            "challenge": b64::encode(text(&self.second, "sFidoChallenge")),
            "rpId": "localhost",
            "allowCredentials": [],
            "userVerification": "preferred",
            "timeout": 1000,
        });
        let full = person.authenticator.get(&options, origin, &SystemRandom).unwrap();
        flat(&full)
    }

    async fn end(&self, program: &mut Program, assertion: &str, change: (&str, &str)) -> Reply {
        let mut fields = vec![
            ("type", "23"),
            ("ps", "23"),
            ("assertion", assertion),
            ("lmcCanary", text(&self.second, "sCrossDomainCanary")),
            ("hpgrequestid", text(&self.second, "sessionId")),
            ("ctx", text(&self.first, "sCtx")),
            ("canary", text(&self.first, "canary")),
            ("flowToken", text(&self.first, "sFT")),
        ];
        for field in &mut fields {
            if field.0 == change.0 {
                field.1 = change.1;
            }
        }
        program.form(local(text(&self.first, "urlPost")), &fields).await
    }
}

fn flat(full: &Value) -> String {
    let response = &full["response"];
    json!({
        "id": full["id"],
        "clientDataJSON": response["clientDataJSON"],
        "authenticatorData": response["authenticatorData"],
        "signature": response["signature"],
        "userHandle": response["userHandle"],
    })
    .to_string()
}

fn code_of(reply: &Reply) -> String {
    let (_, rest) = reply.location().split_once("code=").unwrap_or_else(|| panic!("no code: {}", reply.body));
    rest.split('&').next().unwrap().to_owned()
}

/// The code in the first link of a page, as libhimmelblau takes it out.
pub fn code_of_page(page: &str) -> String {
    let (_, rest) = page.split_once("<a href=\"").unwrap_or_else(|| panic!("no link: {page}"));
    let (_, rest) = rest.split_once("code=").unwrap_or_else(|| panic!("no code: {rest}"));
    rest.split(['&', '"']).next().unwrap().to_owned()
}

/// The tokens of a broker's sign-in through the page.
pub async fn sign_in_of_broker(world: &World, person: &Person) -> Value {
    let mut program = Program::new(world);
    let uri = "ms-aadj-redir://auth/drs";
    let flow = Flow::begin(&mut program, person, &first_request(uri)).await;
    let done = flow.end(&mut program, &flow.assertion(person, ORIGIN), ("", "")).await;
    let client = BROKER_CLIENT.to_string();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code_of(&done)),
        ("redirect_uri", uri),
    ];
    let reply = program.form("/common/oauth2/token", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

#[tokio::test]
async fn a_broker_signs_in_through_the_page_with_a_real_passkey() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    switch(&world, BROKER_PLUGIN, true).await;
    let mut program = Program::new(&world);
    let uri = "ms-aadj-redir://auth/drs";
    let flow = Flow::begin(&mut program, &ada, &first_request(uri)).await;
    let done = flow.end(&mut program, &flow.assertion(&ada, ORIGIN), ("", "")).await;
    assert_eq!(done.status, StatusCode::FOUND, "{}", done.body);
    assert!(done.location().starts_with("ms-aadj-redir://auth/drs?code="), "{}", done.location());
    assert!(done.body.contains(&code_of(&done)), "the code stands in the page too");
    assert!(!done.headers.contains_key(header::SET_COOKIE), "a program gets no session");
    let code = code_of(&done);
    let client = BROKER_CLIENT.to_string();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", uri),
        ("client_info", "1"),
    ];
    let reply = program.form("/Common/oauth2/token", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = reply.json();
    assert_eq!(reply["expires_in"], "900");
    assert_eq!(reply["ext_expires_in"], "900");
    assert_eq!(reply["expires_on"], (world.now() + Seconds(900)).0.to_string());
    assert!(reply["refresh_token"].is_string(), "required even by callers who do not use it");
    let info = b64::decode(reply["client_info"].as_str().unwrap(), 500).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info, json!({ "uid": ada.user.id.to_string(), "utid": world.app.tenant.to_string() }));
    // The refresh token buys a token of the registration service, by its app id as scope.
    let scope = "openid profile offline_access 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default";
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", reply["refresh_token"].as_str().unwrap()),
        ("scope", scope),
    ];
    let reply = program.form("/common/oauth2/v2.0/token", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = reply.json();
    assert_eq!(reply["expires_in"], 900);
    assert!(reply.get("expires_on").is_none() && reply.get("client_info").is_none());
    let token = reply["access_token"].as_str().unwrap();
    let claims = b64::decode(token.split('.').nth(1).unwrap(), 4096).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], DRS_RESOURCE);
}

#[tokio::test]
async fn the_page_takes_nothing_but_its_own_flow_and_our_origin() {
    let world = World::new().await;
    let (mut ada, _) = world.user("Ada").await;
    switch(&world, BROKER_PLUGIN, true).await;
    let mut program = Program::new(&world);
    let address = first_request("msauth://Microsoft.AAD.BrokerPlugin");
    let refused = |reply: Reply, number: &str| {
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.location(), "");
        assert_eq!(config(&reply.body)["sErrorCode"], number, "{}", reply.body);
    };
    let flow = Flow::begin(&mut program, &ada, &address).await;
    let other = Flow::begin(&mut program, &ada, &address).await;
    let assertion = flow.assertion(&ada, ORIGIN);
    // The parts of another flow, an altered one, another type.
    for (name, value) in [
        ("lmcCanary", text(&other.second, "sCrossDomainCanary")),
        ("flowToken", text(&other.first, "sFT")),
        ("canary", text(&other.first, "canary")),
        ("ctx", text(&other.first, "sCtx")),
        ("ctx", "AAAA"),
        ("type", "11"),
        ("assertion", "{}"),
    ] {
        refused(flow.end(&mut program, &assertion, (name, value)).await, "50076");
    }
    // Attack A31: the pair that brokers of Entra ID have built in, and a page of theirs over our relying party.
    for (rp, origin) in
        [(Some("login.microsoft.com"), "https://login.microsoft.com"), (None, "https://login.microsoft.com")]
    {
        let flow = Flow::begin(&mut program, &ada, &address).await;
        let quirks =
            Quirks { rp_id: rp.map(str::to_owned), origin: Some(origin.to_owned()), ..Quirks::default() };
        *ada.authenticator.quirks() = quirks;
        let assertion = flow.assertion(&ada, ORIGIN);
        *ada.authenticator.quirks() = Quirks::default();
        refused(flow.end(&mut program, &assertion, ("", "")).await, "50076");
    }
    // The bytes behind the challenge are not what is signed; a challenge of the browser's page is not either.
    let flow = Flow::begin(&mut program, &ada, &address).await;
    let options = json!({
        "challenge": text(&flow.second, "sFidoChallenge"), "rpId": "localhost", "allowCredentials": [],
        "userVerification": "preferred", "timeout": 1000,
    });
    let bytes = flat(&ada.authenticator.get(&options, ORIGIN, &SystemRandom).unwrap());
    refused(flow.end(&mut program, &bytes, ("", "")).await, "50076");
    // Once, and for ten minutes.
    let flow = Flow::begin(&mut program, &ada, &address).await;
    let assertion = flow.assertion(&ada, ORIGIN);
    assert_eq!(flow.end(&mut program, &assertion, ("", "")).await.status, StatusCode::FOUND);
    refused(flow.end(&mut program, &assertion, ("", "")).await, "50076");
    let flow = Flow::begin(&mut program, &ada, &address).await;
    world.pass(Seconds::minutes(10));
    refused(flow.end(&mut program, &flow.assertion(&ada, ORIGIN), ("", "")).await, "50076");
}

#[tokio::test]
async fn a_page_of_another_site_begins_and_ends_no_flow() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    switch(&world, BROKER_PLUGIN, true).await;
    let mut program = Program::new(&world);
    let flow = Flow::begin(&mut program, &ada, &first_request("msauth://Microsoft.AAD.BrokerPlugin")).await;
    program.0.origin = Some("https://evil.example".to_owned());
    let done = flow.end(&mut program, &flow.assertion(&ada, ORIGIN), ("", "")).await;
    assert_eq!(config(&done.body)["sErrorCode"], "50076");
    let fields = [("serverChallenge", text(&flow.first, "sFT")), ("ctx", text(&flow.first, "sCtx"))];
    let begun = program.form("/common/fido/get", &fields).await;
    assert_eq!(config(&begun.body)["sErrorCode"], "50076");
}

#[tokio::test]
async fn brokers_of_others_are_off_until_they_are_switched_on() {
    let world = World::new().await;
    for id in [BROKER_PLUGIN, LINUX_BROKER] {
        assert!(!world.app.store.app(id).await.unwrap().expect("an administrator sees it").enabled);
    }
    let mut program = Program::new(&world);
    let asked = first_request("ms-aadj-redir://auth/drs");
    let refused = program.get(&asked).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("redirect_uri_unknown"));
    switch(&world, BROKER_PLUGIN, true).await;
    assert_eq!(program.get(&asked).await.status, StatusCode::OK);
    // Only by the dialect's paths, only to these addresses, and our own broker still needs PKCE (attack A23).
    let standard = asked.replace("/common/oauth2/authorize", "/authorize");
    assert_eq!(program.get(&standard).await.status, StatusCode::BAD_REQUEST);
    for uri in ["ms-aadj-redir://auth/DRS", "ms-aadj-redir://evil/drs", "https://evil.example/"] {
        assert_eq!(program.get(&first_request(uri)).await.status, StatusCode::BAD_REQUEST, "{uri}");
    }
    let own = program.get(&first_request(LOOPBACK)).await;
    assert!(own.location().contains("error=invalid_request"), "{} {}", own.status, own.location());
    let half = program.get(&format!("{asked}&code_challenge_method=S256")).await;
    assert!(half.location().contains("error=invalid_request"), "a challenge begun is a challenge made");
}

#[tokio::test]
async fn browsers_get_the_page_of_people_on_the_same_path() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let asked = format!(
        "/localhost/oauth2/v2.0/authorize?client_id={BROKER_CLIENT}&response_type=code&redirect_uri={}&scope=openid&code_challenge={CHALLENGE}&code_challenge_method=S256",
        encode(LOOPBACK)
    );
    let mut browser = world.browser();
    let visit = |path: &str| {
        Request::builder().uri(path).header("sec-fetch-mode", "navigate").body(Body::empty()).unwrap()
    };
    let page = browser.send(visit(&asked)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Sign in with a passkey") && !page.body.contains("$Config"));
    // The block is for programs; the page around it is the same.
    let plain = browser.get(&asked).await;
    assert!(plain.body.contains("Sign in with a passkey") && plain.body.contains("$Config"));
    browser.sign_in(&ada.authenticator).await;
    let done = browser.send(visit(&asked)).await;
    assert_eq!(done.status, StatusCode::FOUND, "{}", done.body);
    let code = code_of(&done);
    let client = BROKER_CLIENT.to_string();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", &code),
        ("redirect_uri", LOOPBACK),
        ("code_verifier", VERIFIER),
    ];
    let reply = browser.form("/localhost/oauth2/v2.0/token", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    // prompt=login comes back to the dialect's path, not to the standard's.
    let again = browser.send(visit(&format!("{asked}&prompt=login"))).await;
    assert!(again.location().starts_with("/localhost/oauth2/v2.0/authorize?"), "{}", again.location());
    // A program whose jar holds a session asks for the page all the same: libhimmelblau does, at each sign-in.
    let again = browser.get(&format!("{asked}&prompt=login")).await;
    assert!(again.body.contains("$Config"), "{} {}", again.status, again.body);
    assert_eq!(browser.get(&asked).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_token_of_the_console_is_not_had_by_its_app_id() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let mut browser = world.sign_in(&ada).await;
    for name in ["8e3d5219-6b1f-4d0c-a754-2f9c61d048b2", "8E3D5219-6B1F-4D0C-A754-2F9C61D048B2"] {
        let reply = broker_tokens(&mut browser, &format!("&resource={name}")).await.unwrap_err();
        assert!(reply.location().contains("error=invalid_target"), "{}", reply.location());
    }
}

#[tokio::test]
async fn paths_bodies_and_ids_are_as_real_clients_send_them() {
    let world = World::new().await;
    let mut program = Program::new(&world);
    for path in ["/common/oauth2/token", "//Common//OAuth2/Token", "/LOCALHOST/oAuth2/v2.0/token"] {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("client-request-id", "d3b6bd19-9f7b-4c6e-bd6f-6c5c0a7d5f55")
            .body(Body::from("grant_type=srv_challenge"))
            .unwrap();
        let reply = program.0.send(request).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.json()["Nonce"].is_string());
        assert_eq!(reply.headers["client-request-id"], "d3b6bd19-9f7b-4c6e-bd6f-6c5c0a7d5f55");
        assert_eq!(reply.headers["x-ms-request-id"].len(), 36);
    }
    // The standard's paths have one name each, and no ids.
    for path in ["//token", "/Token", "/TOKEN"] {
        assert_eq!(program.form(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!program.form("/token", &[]).await.headers.contains_key("x-ms-request-id"));
    // An id that is none goes nowhere.
    let odd = program.get("/common/userrealm/a@b?client-request-id=%0d%0aevil").await;
    assert!(!odd.headers.contains_key("client-request-id"));
}

#[tokio::test]
async fn errors_have_the_whole_shape() {
    let world = World::new().await;
    let mut program = Program::new(&world);
    let form = [("grant_type", "password"), ("username", "root@localhost"), ("password", "x")];
    let path = "/common/oauth2/token?client-request-id=d3b6bd19-9f7b-4c6e-bd6f-6c5c0a7d5f55";
    let reply = program.form(path, &form).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let body = reply.json();
    assert_eq!(body["error"], "unsupported_grant_type");
    assert_eq!(body["error_codes"], json!([70_003]));
    assert!(body["error_description"].as_str().unwrap().starts_with("AADSTS70003: "));
    assert_eq!(body["correlation_id"], "d3b6bd19-9f7b-4c6e-bd6f-6c5c0a7d5f55");
    assert_eq!(body["trace_id"].as_str().unwrap(), reply.headers["x-ms-request-id"]);
    assert_eq!(body["timestamp"], world.now().rfc3339());
    let lost = program.form("/evil.example/oauth2/token", &form).await;
    assert_eq!((lost.status, &lost.json()["error_codes"]), (StatusCode::NOT_FOUND, &json!([90_002])));
}

#[tokio::test]
async fn discovery_says_where_everything_is() {
    let world = World::new().await;
    let id = world.app.tenant.to_string();
    let mut program = Program::new(&world);
    for (named, written) in
        [("localhost", &*id), (&*id, &*id), ("Common", "common"), ("organizations", "organizations")]
    {
        let v1 = program.get(&format!("/{named}/.well-known/openid-configuration")).await.json();
        let v2 = program.get(&format!("/{named}/v2.0/.well-known/openid-configuration")).await.json();
        for (document, prefix) in [(&v1, "oauth2"), (&v2, "oauth2/v2.0")] {
            // The issuer of every token there is (ADR 0015).
            assert_eq!(document["issuer"], ORIGIN);
            assert_eq!(document["token_endpoint"], format!("{ORIGIN}/{written}/{prefix}/token"));
            assert_eq!(document["authorization_endpoint"], format!("{ORIGIN}/{written}/{prefix}/authorize"));
            assert_eq!(
                document["device_authorization_endpoint"],
                format!("{ORIGIN}/{written}/{prefix}/devicecode")
            );
            assert_eq!(document["capabilities"], json!(["kdf_ver2"]));
        }
    }
    assert_eq!(
        program.get("/evil.example/v2.0/.well-known/openid-configuration").await.status,
        StatusCode::NOT_FOUND
    );
    let asked = |host: &str| {
        let at = encode(&format!("https://{host}/common/oauth2/v2.0/authorize"));
        format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={at}")
    };
    let found = program.get(&asked("localhost")).await.json();
    assert_eq!(
        found["tenant_discovery_endpoint"],
        format!("{ORIGIN}/common/v2.0/.well-known/openid-configuration")
    );
    assert_eq!(found["metadata"][0]["preferred_network"], "localhost:8480");
    let strange = program.get(&asked("evil.example")).await;
    assert_eq!(
        (strange.status, &strange.json()["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_instance"))
    );
    let found = program.get("/localhost/discover?api-version=1.9").await.json();
    assert_eq!(found["DeviceJoinService"]["JoinEndpoint"], format!("{ORIGIN}/EnrollmentServer/device/"));
    assert_eq!(found["DeviceJoinService"]["JoinResourceId"], DRS_RESOURCE);
    assert_eq!(found["TenantInfo"]["TenantId"], id);
    let nonce = local(found["NonceService"]["Endpoint"].as_str().unwrap()).to_owned();
    assert!(program.get(&format!("{nonce}?api-version=1.0")).await.json()["Value"].is_string());
    // The online probe of himmelblau asks the host for any 2xx, and goes where it is sent.
    let mut probe = program.get("/").await;
    for _ in 0..5 {
        if probe.status.is_redirection() {
            probe = program.get(probe.location()).await;
        }
    }
    assert_eq!(probe.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_learns_who_exists() {
    let world = World::new().await;
    let (ada, _) = world.user("Ada").await;
    let mut program = Program::new(&world);
    let mut realms = Vec::new();
    for name in ["ada@localhost", "nobody@localhost"] {
        let realm = program.get(&format!("/common/UserRealm/{name}?api-version=1.0")).await.json();
        assert_eq!(realm["account_type"], "Managed");
        realms.push(realm);
    }
    assert_eq!(realms[0], realms[1]);
    let mut answers = Vec::new();
    for name in ["ada@localhost", "nobody@localhost", "Nobody@LOCALHOST "] {
        let body = json!({ "username": name, "isFidoSupported": true });
        let mut answer = program.0.json("/common/getcredentialtype", &body).await.json();
        let list = answer["Credentials"]["FidoParams"]["AllowList"].take();
        let (display, username) = (answer["Display"].take(), answer["Username"].take());
        assert_eq!((display.as_str(), username.as_str()), (Some(name), Some(name)));
        answers.push((answer, list));
    }
    assert_eq!(answers[0].0, answers[1].0);
    assert_eq!(answers[0].0["IfExistsResult"], 0);
    assert_eq!(answers[1].1, answers[2].1, "decoys are stable");
    assert_eq!(answers[0].1.as_array().unwrap().len(), answers[1].1.as_array().unwrap().len());
    let own = world.app.store.passkeys_of(ada.user.id).await.unwrap();
    assert!(answers[0].1.as_array().unwrap().contains(&json!(b64::encode_std(&own[0].id))));
    assert_eq!(program.0.json("/common/GetCredentialType", &json!({})).await.status, StatusCode::BAD_REQUEST);
}
