//! `passband serve` as an administrator meets it: health, figures, logs, a second start, a stop.

use super::{Scratch, command, passband};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server; hands back the link it printed.
fn start(data: &str, port: u16) -> (Running, String) {
    start_with(data, port, &[])
}

/// [`start`], with these options too.
fn start_with(data: &str, port: u16, options: &[&str]) -> (Running, String) {
    let listen = format!("127.0.0.1:{port}");
    let mut serve = command(&[&["serve", "--data", data, "--listen", &listen], options].concat());
    serve.env("PASSBAND_LOG", "debug");
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let link = lines.map_while(Result::ok).find(|line| line.contains("/setup?token="));
    (Running(child), link.expect("the first start prints a link").trim().to_owned())
}

/// Reads the log away: a server that nobody reads stops at a full pipe, as soon as its log is longer than that.
fn unread(server: &mut Running) {
    let mut log = server.0.stderr.take().unwrap();
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
}

async fn get(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_server_is_healthy_counts_and_stops_when_asked() {
    let scratch = Scratch::new("serve");
    let (data, port) = (scratch.path("data"), free_port());
    let (mut server, link) = start(&data, port);
    let at = |path: &str| format!("http://localhost:{port}{path}");
    assert_eq!(get(&at("/healthz")).await, (200, "ok\n".to_owned()));
    assert_eq!(get(&at("/readyz")).await, (200, "ready\n".to_owned()));
    let token = link.split_once("token=").unwrap().1.to_owned();
    assert_eq!(get(&link).await.0, 200, "the link opens a page");
    // A refused request counts.
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("code", "x"),
    ];
    assert_eq!(client.post(at("/token")).form(&form).send().await.unwrap().status().as_u16(), 400);
    let (status, figures) = get(&at("/metrics")).await;
    assert_eq!(status, 200);
    let line = r#"passband_decisions_total{kind="authorizationCode",reason="code_invalid"} 1"#;
    assert!(figures.contains(line), "{figures}");
    // By the pattern of the route, never by what a stranger wrote: each label is memory for good.
    assert_eq!(get(&at("/a/path/of/a/stranger")).await.0, 404);
    let (_, figures) = get(&at("/metrics")).await;
    for line in [
        r#"passband_http_request_duration_seconds_count{route="/token",method="POST",status="4xx"} 1"#,
        r#"passband_http_request_duration_seconds_count{route="none",method="GET",status="4xx"} 1"#,
        r#"passband_http_request_duration_seconds_bucket{route="/healthz",method="GET",status="2xx",le="+Inf"} 1"#,
        concat!("passband_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "passband_commit_duration_seconds_count ",
        "passband_connections ",
        "process_resident_memory_bytes ",
        "process_start_time_seconds ",
    ] {
        assert!(figures.contains(line), "{line} in {figures}");
    }
    assert!(!figures.contains("stranger"), "{figures}");

    // A second server on the same folder would be a second writer: refused, and told who holds it.
    let second =
        super::passband(&["serve", "--data", &data, "--listen", &format!("127.0.0.1:{}", free_port())]);
    assert_eq!(second.exit, 3, "{}", second.stderr);
    assert!(second.stderr.contains("stop that one first"), "{}", second.stderr);

    let asked = Instant::now();
    let pid = rustix::process::Pid::from_child(&server.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = server.0.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(asked.elapsed() < Duration::from_secs(9), "no request was under way");
    let mut log = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("each line of the log is JSON");
        assert!(entry["timestamp"].is_string() && entry["level"].is_string());
    }
    let master = std::fs::read_to_string(format!("{data}/master.key")).unwrap();
    for secret in [token.as_str(), master.trim()] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[cfg(unix)]
#[test]
fn keys_and_records_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("serve-rights");
    let data = scratch.path("data");
    let (_server, _) = start(&data, free_port());
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&format!("{data}/master.key")), 0o600);
}

#[test]
fn a_wrong_configuration_is_exit_2_and_says_what_to_do() {
    let scratch = Scratch::new("serve-config");
    let file = scratch.path("passband.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();
    for (args, word) in [
        (vec!["serve", "--config", &file], "lisen"),
        (vec!["serve", "--config", "/nowhere.toml"], "--config"),
        (vec!["serve", "--public-url", "http://id.example.org"], "https://"),
        (vec!["serve", "--tls-dev", "--tls-cert", "x", "--tls-key", "y"], "--tls"),
        (vec!["serve", "--tls-dev", "--tls-dev-name", "*.example.test"], "--tls-dev-name"),
        (vec!["serve", "--tls-dev-name", "login.example.test"], "--tls-dev"),
    ] {
        let run = super::passband(&args);
        assert_eq!(run.exit, 2, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(word), "{args:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn the_audit_log_is_verified_exported_and_found_out_when_it_was_changed() {
    let scratch = Scratch::new("audit");
    let (data, port) = (scratch.path("data"), free_port());
    let (mut server, _) = start(&data, port);
    unread(&mut server);
    let url = format!("http://localhost:{port}");
    let admin = |args: &[&str]| passband(&[&["admin", "--url", &url, "--data", &data], args].concat());
    let made = admin(&["user", "create", "ada@localhost", "--name", "Ada"]);
    assert_eq!(made.exit, 0, "{}", made.stderr);
    let given = admin(&["role", "assign", "ada@localhost", "helpdesk administrator"]);
    assert_eq!(given.exit, 0, "{}", given.stderr);
    assert!(admin(&["role", "list"]).stdout.contains("Helpdesk Administrator"));
    let verified = admin(&["audit", "verify"]);
    assert_eq!(verified.exit, 0, "{}", verified.stderr);
    let head = verified.stdout.trim().rsplit_once(' ').unwrap().1.to_owned();
    assert_eq!(admin(&["audit", "verify", "--head", &head]).exit, 0);
    let lines = admin(&["audit", "export"]).stdout;
    assert!(lines.lines().count() >= 2 && lines.lines().all(|line| line.starts_with('{')), "{lines}");
    assert_eq!(admin(&["audit", "export", "--until", "2020-01-01T00:00:00Z"]).stdout, "");
    assert_eq!(admin(&["signin", "export"]).exit, 0);
    let removed = admin(&["role", "remove", "ada@localhost", "Helpdesk Administrator"]);
    assert_eq!(removed.exit, 0, "{} {}", removed.stderr, removed.stdout);
    // A token of a narrow role is refused by the same server.
    let narrow = passband(&["admin", "token", "--data", &data, "--role", "Global Reader"]).stdout;
    let narrow =
        ["admin", "--url", &url, "--token", narrow.trim(), "user", "create", "b@localhost", "--name", "B"];
    let refused = passband(&narrow);
    assert_eq!(refused.exit, 1, "{}", refused.stdout);
    drop(server);

    let offline = |args: &[&str]| {
        passband(&[&["admin", "--data", &data, "audit", "verify", "--offline"], args].concat())
    };
    let verified = offline(&["--head", &head]);
    assert_eq!(verified.exit, 0, "{}", verified.stderr);
    let (hash, seq) = head.split_once(':').unwrap();
    let other = format!("{}:{seq}", hash.chars().rev().collect::<String>());
    let found = offline(&["--head", &other]);
    assert_eq!(found.exit, 1);
    assert!(found.stderr.contains("written anew"), "{}", found.stderr);
    assert_eq!(offline(&["--head", "x"]).exit, 2);
}

/// With `--metrics-listen` the figures are behind that socket, which has nothing else, and behind the main one no more.
#[tokio::test]
async fn figures_have_a_socket_of_their_own() {
    let scratch = Scratch::new("serve-figures");
    let (data, port, own) = (scratch.path("data"), free_port(), free_port());
    let (_server, _) = start_with(&data, port, &["--metrics-listen", &format!("127.0.0.1:{own}")]);
    let there = |path: &str| format!("http://127.0.0.1:{own}{path}");
    let (status, figures) = get(&there("/metrics")).await;
    assert_eq!(status, 200);
    assert!(figures.contains("passband_build_info{"), "{figures}");
    for path in ["/", "/healthz", "/v1.0/users", "/.well-known/openid-configuration", "/token", "/admin"] {
        assert_eq!(get(&there(path)).await.0, 404, "{path}");
    }
    assert_eq!(get(&format!("http://localhost:{port}/metrics")).await.0, 404);
    assert_eq!(get(&format!("http://localhost:{port}/healthz")).await.0, 200);
    // The address is taken: said, and not passed over.
    let other = scratch.path("other");
    let listen = format!("127.0.0.1:{}", free_port());
    let second = passband(&[
        "serve",
        "--data",
        &other,
        "--listen",
        &listen,
        "--metrics-listen",
        &format!("127.0.0.1:{own}"),
    ]);
    assert_eq!(second.exit, 3, "{}", second.stderr);
    assert!(second.stderr.contains("--metrics-listen"), "{}", second.stderr);
}

/// Lines of the log that say something of the file of countries, as they come.
fn told_of_countries(server: &mut Running) -> std::sync::mpsc::Receiver<(String, String)> {
    let log = BufReader::new(server.0.stderr.take().unwrap());
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let message = text(&entry["fields"]["message"]);
            if message.contains("file of countries") {
                let _ = send.send((text(&entry["level"]), message));
            }
        }
    });
    receive
}

#[tokio::test]
async fn the_file_of_countries_is_read_again_when_the_process_is_told_to() {
    let scratch = Scratch::new("serve-countries");
    let (data, port, file) = (scratch.path("data"), free_port(), scratch.path("countries.csv"));
    std::fs::write(&file, "192.0.2.0/24,DE\n").unwrap();
    let (mut server, _) = start_with(&data, port, &["--countries", &file]);
    let told = told_of_countries(&mut server);
    assert_eq!(get(&format!("http://localhost:{port}/healthz")).await.0, 200);
    for (text, level, words) in [
        ("192.0.2.0/24,FR\n", "INFO", "read again"),
        ("192.0.2.0/24", "ERROR", "the one read before stays in force"),
        ("192.0.2.0/24,DE\n", "INFO", "read again"),
    ] {
        std::fs::write(&file, text).unwrap();
        let pid = rustix::process::Pid::from_child(&server.0);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
        let (is, says) = told.recv_timeout(Duration::from_secs(10)).expect("the log says so");
        assert_eq!(is, level, "{says}");
        assert!(says.contains(words), "{says}");
    }
    assert_eq!(get(&format!("http://localhost:{port}/healthz")).await.0, 200, "and it still runs");
}
