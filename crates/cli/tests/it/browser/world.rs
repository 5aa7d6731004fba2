//! The real server, the real commands, and an app to sign in to.

use crate::{Run, command, finish};
use passband_testkit::browser::{
    Authenticator, BrowserError, Chromium, Navigation, Page, ProblemKind, VirtualKind, Window,
};
use passband_wire::jose::jwk::JwkSet;
use passband_wire::jose::jws::{Unverified, VerifyingKey, random_text};
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::rng::SystemRandom;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// What a test ends with.
pub(super) type Outcome = Result<(), BrowserError>;

/// A folder of its own, removed at the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("passband-e2e-{}", random_text::<9>(&SystemRandom)));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive its test.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `passband serve`, with nobody in it yet.
pub(super) struct Installation {
    _server: Running,
    pub(super) folder: Folder,
    pub(super) url: String,
    /// The link for the first administrator.
    pub(super) setup: String,
    /// When the command was given.
    pub(super) begun: Instant,
    tls: bool,
}

impl Installation {
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(super) fn start_with(further: &[&str]) -> Self {
        let (folder, begun) = (Folder::new(), Instant::now());
        let tls = further.contains(&"--tls-dev");
        // Free a moment ago: nothing else on the machine asks for this very port.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("{}://localhost:{port}", if tls { "https" } else { "http" });
        let (data, listen) = (folder.0.join("data"), format!("127.0.0.1:{port}"));
        let log = std::fs::File::create(folder.0.join("server.log")).unwrap();
        let mut serve = command(&["serve", "--listen", &listen, "--public-url", &url, "--data"]);
        serve.arg(data).args(further).stdout(Stdio::piped()).stderr(log);
        let mut server = Running(serve.spawn().unwrap());
        let said = BufReader::new(server.0.stdout.take().unwrap());
        let link = said.lines().map_while(Result::ok).find(|line| line.contains("/setup?token="));
        let Some(link) = link else {
            panic!("{}", std::fs::read_to_string(folder.0.join("server.log")).unwrap())
        };
        Self { _server: server, folder, url, setup: link.trim().to_owned(), begun, tls }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    /// The CA of `--tls-dev`.
    pub(super) fn ca(&self) -> PathBuf {
        self.data().join("tls-dev-ca.pem")
    }

    /// A token for the admin API, made by `passband admin token`.
    pub(super) fn token(&self) -> String {
        let mut token = command(&["admin", "token", "--data"]);
        token.arg(self.data());
        let token = finish(token);
        assert_eq!(token.exit, 0, "{}", token.stderr);
        token.stdout.trim().to_owned()
    }

    /// `passband admin …`, with a token made by `passband admin token`.
    pub(super) fn try_admin(&self, arguments: &[&str]) -> Run {
        self.admin_as(&self.token(), arguments)
    }

    /// `passband admin …`, with this token.
    pub(super) fn admin_as(&self, token: &str, arguments: &[&str]) -> Run {
        let mut asked = command(&[&["admin", "--output", "json"], arguments].concat());
        asked.env("PASSBAND_URL", &self.url).env("PASSBAND_TOKEN", token);
        if self.tls {
            asked.arg("--ca").arg(self.ca());
        }
        finish(asked)
    }

    /// Changes something by the admin API itself.
    pub(super) async fn patch(&self, path: &str, body: &Value) {
        self.ask(&self.token(), (reqwest::Method::PATCH, path), Some(body)).await;
    }

    /// Asks the admin API itself; its JSON, if it answers with any.
    pub(super) async fn ask(
        &self,
        token: &str,
        (method, path): (reqwest::Method, &str),
        body: Option<&Value>,
    ) -> Value {
        let asked = reqwest::Client::new().request(method, format!("{}{path}", self.url));
        let mut asked = asked.bearer_auth(token);
        if let Some(body) = body {
            asked = asked.header("Content-Type", "application/json").body(body.to_string());
        }
        let answer = asked.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// [`try_admin`](Self::try_admin), which must work; its JSON.
    pub(super) fn admin(&self, arguments: &[&str]) -> Value {
        let run = self.try_admin(arguments);
        assert_eq!(run.exit, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
        serde_json::from_str(&run.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: not JSON: {}", run.stdout))
    }

    /// Kind and reason of the newest lines of the sign-in log, newest first.
    pub(super) fn log(&self, top: &str) -> Vec<(String, String)> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = self.admin(&["signin", "list", "--top", top]);
        let rows = rows["value"].as_array().unwrap().clone();
        rows.iter().map(|row| (text(row, "passband_kind"), text(row, "passband_reason"))).collect()
    }

    /// Registers an app, public or with a secret.
    pub(super) fn app(&self, name: &str, further: &[&str]) -> AppClient {
        // A native app's address is the machine's own, a web app's has a name.
        let host = if further.contains(&"--public") { "127.0.0.1" } else { "localhost" };
        let redirect = format!("http://{host}:{}/cb", landing());
        let create = ["app", "create", name, "--redirect-uri", &redirect];
        let made = self.admin(&[&create, further].concat());
        AppClient {
            issuer: self.url.clone(),
            id: made["appId"].as_str().unwrap().to_owned(),
            secret: made["secretText"].as_str().map(str::to_owned),
            verifier: pkce::verifier(&SystemRandom),
            redirect,
        }
    }

    /// The device side of the command line, with a state folder of its own.
    pub(super) fn device(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.arg("--state").arg(self.folder.0.join(name)).env("HOME", &self.folder.0);
        if self.tls {
            command.arg("--ca").arg(self.ca());
        }
        command
    }
}

/// A virtual authenticator answers the page's offer in its field (autofill) as soon as it is made. A person does not:
/// the offer reaches the browser when they pick a passkey, or ends when the page withdraws it.
const PICK: &str = "(() => {
    const credentials = navigator.credentials;
    if (!credentials) return;
    const get = credentials.get.bind(credentials);
    credentials.get = (options) => options.mediation !== 'conditional' ? get(options) :
        new Promise((resolve, reject) => {
            window.pickPasskey = () => { resolve(get(options)); };
            options.signal.addEventListener('abort', () => reject(options.signal.reason));
        });
})()";

/// Somebody at a page, with what holds their passkeys.
pub(super) struct Person {
    pub(super) page: Page,
    pub(super) key: Authenticator,
}

impl Person {
    /// Somebody new, in a window of their own.
    pub(super) async fn arrive(browser: &Arc<Chromium>, kind: VirtualKind) -> Result<Self, BrowserError> {
        let page = Window::open(browser).await?.page().await?;
        page.on_new_document(PICK).await?;
        let key = page.authenticator(kind).await?;
        Ok(Self { page, key })
    }

    /// Becomes the first administrator behind the set-up link.
    pub(super) async fn found(&self, installation: &Installation) -> Outcome {
        self.page.goto(&installation.setup).await?;
        self.page.fill("#display-name", "Rosa Root").await?;
        self.page.fill("#upn", "rosa@localhost").await?;
        // One that lives on one device alone has its owner asked for a second way in, before the console.
        let url = &installation.url;
        let landed = self.page.led_to(&format!("{url}/a"), self.page.click("[data-act]")).await?;
        assert_eq!(landed.status, 200, "{landed:?}");
        if self.page.url().await?.contains("/account/passkeys/second") {
            self.page.led_to(&format!("{url}/admin"), self.page.click("a[href='/admin']")).await?;
        }
        Ok(())
    }

    /// Somebody an administrator has just made, who came in with a pass: at the page of their first passkey.
    pub(super) async fn newcomer(
        installation: &Installation,
        name: &str,
        kind: VirtualKind,
    ) -> Result<Self, BrowserError> {
        let upn = format!("{}@localhost", name.to_lowercase());
        installation.admin(&["user", "create", &upn, "--name", name]);
        let pass = installation.admin(&["tap", "create", &upn, "--once"]);
        let person = Self::arrive(&Chromium::shared()?, kind).await?;
        let page = &person.page;
        page.goto(&format!("{}/tap", installation.url)).await?;
        page.fill("#upn", &upn).await?;
        page.fill("#pass", pass["temporaryAccessPass"].as_str().unwrap()).await?;
        let made = format!("{}/account/passkeys/new", installation.url);
        page.led_to(&made, page.click("form [type=submit]")).await?;
        Ok(person)
    }

    /// Makes the passkey of the page that is open, and goes where it leads.
    pub(super) async fn register(&self, name: &str, prefix: &str) -> Result<Navigation, BrowserError> {
        self.page.fill("#passkey-name", name).await?;
        self.page.led_to(prefix, self.page.click("[data-act]")).await
    }

    /// Presses the sign-in button of the page that is open, and goes where it leads.
    pub(super) async fn press_sign_in(&self, prefix: &str) -> Result<Navigation, BrowserError> {
        self.page.led_to(prefix, self.page.click("[data-act]")).await
    }

    /// Presses the button where the sign-in must be refused, with a reason on the page.
    pub(super) async fn press_in_vain(&self, code: &str) -> Outcome {
        self.page.click("[data-act]").await?;
        self.page.until_text(code).await
    }

    /// Picks the passkey that the page's field lists; nothing is pressed.
    pub(super) async fn autofill(&self, prefix: &str) -> Result<Navigation, BrowserError> {
        self.page.until("window.pickPasskey").await?;
        self.page.led_to(prefix, self.page.eval("pickPasskey()")).await
    }

    /// Nothing went wrong unseen: no exception, no console error, nothing against the content policy. Refusals
    /// show as failed requests; they are counted, so that none comes unexpected.
    pub(super) async fn expect_clean(&self, refusals: usize) -> Outcome {
        clean(&self.page, refusals).await
    }
}

/// [`Person::expect_clean`], for a page alone.
pub(super) async fn clean(page: &Page, refusals: usize) -> Outcome {
    let (network, other): (Vec<_>, Vec<_>) =
        page.problems().await?.into_iter().partition(|problem| problem.kind == ProblemKind::Network);
    assert!(other.is_empty(), "{other:?}");
    assert_eq!(network.len(), refusals, "{network:?}");
    Ok(())
}

/// An application that people sign in to.
pub(super) struct AppClient {
    issuer: String,
    pub(super) id: String,
    secret: Option<String>,
    verifier: String,
    pub(super) redirect: String,
}

impl AppClient {
    /// Where it sends people; `further` begins with `&` or is empty.
    pub(super) fn authorize(&self, further: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", "openid profile offline_access")
            .append_pair("state", "as it was")
            .append_pair("nonce", "n-0S6")
            .append_pair("code_challenge", &Challenge::of(&self.verifier).to_string())
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("{}/authorize?{query}{further}", self.issuer)
    }

    /// The members of the answer that came to the redirect URI; state and issuer are checked.
    pub(super) fn answer(&self, navigation: &Navigation) -> HashMap<String, String> {
        let query = navigation.url.strip_prefix(&format!("{}?", self.redirect)).expect("the redirect URI");
        let members: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!((members["state"].as_str(), &members["iss"]), ("as it was", &self.issuer));
        members
    }

    /// Redeems the code that came.
    pub(super) async fn redeem(&self, navigation: &Navigation) -> Result<Tokens, Value> {
        let answer = self.answer(navigation);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect),
            ("code", answer.get("code").map_or("", String::as_str)),
            ("code_verifier", &self.verifier),
        ];
        form.extend(self.secret.as_ref().map(|secret| ("client_secret", secret.as_str())));
        self.tokens(&form).await
    }

    /// Uses a refresh token.
    pub(super) async fn refresh(&self, token: &str) -> Result<Tokens, Value> {
        self.tokens(&[("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)])
            .await
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Result<Tokens, Value> {
        let client = reqwest::Client::new();
        let answer = client.post(format!("{}/token", self.issuer)).form(form).send().await.unwrap();
        let good = answer.status().is_success();
        let body: Value = answer.json().await.unwrap();
        if !good {
            return Err(body);
        }
        let keys = client.get(format!("{}/jwks", self.issuer)).send().await.unwrap().json().await.unwrap();
        Ok(Tokens::read(&body, &keys))
    }
}

/// Tokens whose signatures were verified with the published keys.
pub(super) struct Tokens {
    pub(super) id: Value,
    pub(super) access: Value,
    pub(super) refresh: String,
}

impl Tokens {
    fn read(body: &Value, keys: &JwkSet) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        Self {
            id: verify(text("id_token"), "JWT", keys),
            access: verify(text("access_token"), "at+jwt", keys),
            refresh: text("refresh_token").to_owned(),
        }
    }
}

/// Claims of a token (RFC 7515 §5.2, RFC 9068 §4), as a resource server checks it.
pub(super) fn verify(token: &str, typ: &str, keys: &JwkSet) -> Value {
    let parsed = Unverified::parse(token).unwrap();
    assert_eq!((parsed.header.alg.as_str(), parsed.header.typ.as_deref()), ("ES256", Some(typ)));
    let key =
        keys.keys.iter().find(|key| Some(&key.kid) == parsed.header.kid.as_ref()).expect("a published key");
    let key = VerifyingKey::from_point(&key.point().unwrap()).unwrap();
    parsed.verify_es256(&key).unwrap().claims().unwrap()
}

/// Port of 127.0.0.1 where an app receives people: any request is answered with the same page.
fn landing() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let mut head = [0; 16 * 1024];
                let mut filled = 0;
                while !head[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut head[filled..]) {
                        Ok(more) if more > 0 => filled += more,
                        _ => return,
                    }
                }
                let page = "<!doctype html><title>App</title><p>Back at the app";
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                    page.len()
                );
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    port
}

/// SHA-256 of the public key of a certificate, as Chromium's command line names it.
pub(super) fn spki_hash(certificate: &Path) -> String {
    use x509_cert::der::{DecodePem as _, Encode as _};
    let certificate = x509_cert::Certificate::from_pem(std::fs::read(certificate).unwrap()).unwrap();
    let spki = certificate.tbs_certificate().subject_public_key_info().to_der().unwrap();
    passband_wire::b64::encode_std(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &spki))
}
