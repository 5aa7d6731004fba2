//! The binary as a script meets it: arguments, streams, exit codes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access;
mod bench;
mod browser;
mod crash;
mod fake;
mod help;
mod map;
mod plan;
mod policy;
mod serve;
mod signal;

use fake::Fake;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a run of the binary came to.
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The error it printed for programs.
    fn error(&self) -> (String, String) {
        let value: serde_json::Value = serde_json::from_str(&self.stderr).unwrap();
        let text = |name: &str| value["error"][name].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    }
}

/// A command with nothing of this machine's settings in it.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passband"));
    command.args(args).stdin(Stdio::null()).env_clear();
    command
}

pub(crate) fn passband(args: &[&str]) -> Run {
    finish(command(args))
}

fn admin(fake: &Fake, args: &[&str]) -> Run {
    let mut command = command(&[&["admin"], args].concat());
    finish({
        command.env("PASSBAND_URL", &fake.url).env("PASSBAND_TOKEN", "pbadm_secret");
        command
    })
}

fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        exit: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("passband-cli-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_wrong_command_line_is_exit_2() {
    let scratch = Scratch::new("usage");
    let state = scratch.path("state");
    for args in [
        &["frobnicate"][..],
        &[],
        &["device"],
        &["device", "join", "--keys", "paper"],
        &["token"],
        &["cookie", "--nonce", "a", "--url", "b"],
        &["admin", "user", "list", "--top", "many"],
        &["admin", "user", "list"],
        &["admin", "token"],
        &["admin", "--token", "t", "user", "show", ".."],
        &["admin", "--token", "t", "--url", "http://id.example.com", "user", "list"],
        &["login", "--state", &state, "--server", "id.example.com"],
        &["login", "--state", &state, "--server", "http://id.example.com"],
        &["login"],
    ] {
        let run = passband(args);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty(), "{args:?}");
    }
    for args in [&["--output", "json", "frobnicate"][..], &["token", "--output=json"]] {
        let run = passband(args);
        assert_eq!((run.exit, run.error().0.as_str()), (2, "usage"), "{args:?}");
    }
}

#[test]
fn a_no_is_exit_1_and_an_unreachable_server_exit_3() {
    let scratch = Scratch::new("exits");
    let state = scratch.path("state");
    for (args, exit, code) in [
        (&["device", "status"][..], 1, "notJoined"),
        (&["device", "leave", "--server", "http://127.0.0.1:9"], 1, "notJoined"),
        (&["login", "--server", "http://127.0.0.1:9"], 1, "notJoined"),
        (&["token", "--client-id", "x"], 1, "notJoined"),
        (&["cookie"], 1, "notJoined"),
        (&["device", "join", "--no-browser", "--server", "http://127.0.0.1:9"], 3, "unreachable"),
        (&["device", "join", "--keys", "tpm", "--server", "http://127.0.0.1:9"], 3, "tpmNotSupported"),
        (&["device", "register", "--server", "https://127.0.0.1:9", "--ca", "/nonexistent"], 3, "ca"),
        (&["device", "register", "--server", "https://127.0.0.1:9", "--ca", "/dev/null"], 3, "ca"),
    ] {
        let run = passband(&[args, &["--state", &state, "--output", "json"]].concat());
        let (found, message) = run.error();
        assert_eq!((run.exit, found.as_str()), (exit, code), "{args:?}: {message}");
    }
    let run = passband(&["admin", "--token", "t", "--url", "http://127.0.0.1:9", "user", "list"]);
    assert_eq!(run.exit, 3);
    assert!(run.stderr.starts_with("passband: cannot reach http://127.0.0.1:9: "), "{}", run.stderr);
    let run = passband(&["admin", "token", "--data", &scratch.path("nothing"), "--output", "json"]);
    assert_eq!((run.exit, run.error().0.as_str()), (3, "dataUnusable"));
}

#[test]
fn a_state_folder_others_can_enter_is_exit_3() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new("open");
    std::fs::set_permissions(&scratch.0, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = passband(&["device", "status", "--output", "json", "--state", scratch.0.to_str().unwrap()]);
    let (code, message) = run.error();
    assert_eq!((run.exit, code.as_str()), (3, "stateUnusable"));
    assert!(message.contains("chmod go-rwx"), "{message}");
}

#[test]
fn a_list_is_a_table_or_a_collection_over_all_its_pages() {
    let pages = || {
        Fake::start(vec![
            (
                200,
                r#"{"value":[{"id":"1","userPrincipalName":"ada@example.com","displayName":"Ada",
                "accountEnabled":true}],"@odata.nextLink":"URL/v1.0/users?$skiptoken=a%20b"}"#,
            ),
            (
                200,
                r#"{"value":[{"id":"2","userPrincipalName":"bob@example.com","displayName":"Bob\u001b[2J",
                "accountEnabled":false}]}"#,
            ),
        ])
    };
    let fake = pages();
    let run = admin(&fake, &["user", "list"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let expected = "ID  USER             NAME    ENABLED  ADMIN  CREATED\n\
                    1   ada@example.com  Ada     yes      -      -\n\
                    2   bob@example.com  Bob[2J  no       -      -\n";
    assert_eq!(run.stdout, expected);
    let seen = fake.seen();
    assert!(seen[0].starts_with("GET /v1.0/users?%24top=100 "), "{}", seen[0]);
    assert!(seen[1].starts_with("GET /v1.0/users?$skiptoken=a%20b "), "{}", seen[1]);
    assert!(seen.iter().all(|request| request.contains("authorization: Bearer pbadm_secret\r\n")));

    let run = admin(&pages(), &["user", "list", "--output", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(value["value"].as_array().unwrap().len(), 2);
}

#[test]
fn the_token_does_not_follow_a_link_to_another_server() {
    let fake = Fake::start(vec![(200, r#"{"value":[],"@odata.nextLink":"http://127.0.0.1:9/v1.0/users"}"#)]);
    let run = admin(&fake, &["user", "list"]);
    assert_eq!(run.exit, 3);
    assert!(run.stderr.contains("not on the server"), "{}", run.stderr);
}

#[test]
fn a_refusal_of_the_server_is_told_in_its_words() {
    let refused = r#"{"error":{"code":"Request_ResourceNotFound","message":"No such person."}}"#;
    let fake = Fake::start(vec![(404, refused), (404, refused), (503, ""), (401, "")]);
    let run = admin(&fake, &["user", "show", "nobody@example.com"]);
    assert_eq!((run.exit, run.stderr.as_str()), (1, "passband: No such person\n"));
    let run = admin(&fake, &["user", "show", "nobody@example.com", "--output", "json"]);
    assert_eq!((run.exit, run.error().0.as_str()), (1, "Request_ResourceNotFound"));
    assert_eq!(admin(&fake, &["device", "list"]).exit, 3);
    let run = admin(&fake, &["app", "list"]);
    assert_eq!(run.exit, 1);
    assert!(run.stderr.contains("passband admin token"), "{}", run.stderr);
}

#[test]
fn commands_ask_what_the_admin_api_expects() {
    let object = r#"{"id":"7","appId":"7","temporaryAccessPass":"abc","secretText":"s3"}"#;
    for (args, line, body) in [
        (
            &["user", "create", "ada@example.com", "--name", "Ada", "--admin"][..],
            "POST /v1.0/users ",
            r#"{"accountEnabled":true,"displayName":"Ada","passband_isAdministrator":true,"passband_isBreakGlass":false,"userPrincipalName":"ada@example.com"}"#,
        ),
        (&["user", "disable", "a/b"], "PATCH /v1.0/users/a%2Fb ", r#"{"accountEnabled":false}"#),
        (&["user", "revoke-sessions", "ada"], "POST /v1.0/users/ada/revokeSignInSessions ", "{}"),
        (
            &["tap", "create", "ada", "--minutes", "30", "--once"],
            "POST /v1.0/users/ada/authentication/temporaryAccessPassMethods ",
            r#"{"isUsableOnce":true,"lifetimeInMinutes":30}"#,
        ),
        (
            &["tap", "delete", "ada", "9"],
            "DELETE /v1.0/users/ada/authentication/temporaryAccessPassMethods/9 ",
            "",
        ),
        (&["passkey", "delete", "ada", "k"], "DELETE /v1.0/users/ada/authentication/fido2Methods/k ", ""),
        (&["recovery", "show", "ada"], "GET /v1.0/users/ada/authentication/passband_recoveryCodes ", ""),
        (&["recovery", "delete", "ada"], "DELETE /v1.0/users/ada/authentication/passband_recoveryCodes ", ""),
        (&["alarm", "list"], "GET /v1.0/passband_alarms?%24top=100 ", ""),
        (
            &["alarm", "acknowledge", "7_breakGlassUsed", "--count", "2"],
            "POST /v1.0/passband_alarms/7_breakGlassUsed/acknowledge ",
            r#"{"count":2}"#,
        ),
        (
            &["app", "create", "Desk", "--public", "--redirect-uri", "http://127.0.0.1/"],
            "POST /v1.0/applications ",
            r#"{"displayName":"Desk","identifierUris":[],"publicClient":{"redirectUris":["http://127.0.0.1/"]}}"#,
        ),
        (
            &["app", "update", "7", "--redirect-uri", "https://a.example/cb", "--logout-url", ""],
            "PATCH /v1.0/applications/7 ",
            r#"{"web":{"logoutUrl":null,"redirectUris":["https://a.example/cb"]}}"#,
        ),
        (&["app", "disable", "7"], "PATCH /v1.0/applications/7 ", r#"{"passband_enabled":false}"#),
        (&["app", "new-secret", "7"], "POST /v1.0/applications/7/addPassword ", "{}"),
        (
            &["user", "update", "ada", "--name", "Ada King", "--no-admin"],
            "PATCH /v1.0/users/ada ",
            r#"{"displayName":"Ada King","passband_isAdministrator":false}"#,
        ),
        (&["device", "enable", "7"], "PATCH /v1.0/devices/7 ", r#"{"accountEnabled":true}"#),
        (&["device", "delete", "7"], "DELETE /v1.0/devices/7 ", ""),
        (
            &["signin", "list", "--user", "o'hara@example.com", "--top", "5"],
            "GET /v1.0/auditLogs/signIns?%24top=5&%24filter=userPrincipalName+eq+%27o%27%27hara%40example.com%27 ",
            "",
        ),
    ] {
        let answer = if args[1] == "list" { r#"{"value":[]}"# } else { object };
        let fake = Fake::start(vec![(200, answer), (200, answer)]);
        let run = admin(&fake, args);
        assert_eq!(run.exit, 0, "{args:?}: {}", run.stderr);
        let request = fake.seen().remove(0);
        assert!(request.starts_with(line), "{args:?}: {request}");
        assert_eq!(request.split("\r\n\r\n").nth(1).unwrap(), body, "{args:?}");
    }
}

#[test]
fn a_secret_is_made_on_request_and_printed_once() {
    let replies = vec![
        (201, r#"{"id":"7","appId":"7"}"#),
        (200, r#"{"secretText":"s3cret"}"#),
        (200, r#"{"id":"7","appId":"7","displayName":"Wiki"}"#),
    ];
    let fake = Fake::start(replies);
    let run =
        admin(&fake, &["app", "create", "Wiki", "--secret", "--redirect-uri", "https://wiki.example.com/cb"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    assert!(fake.seen()[1].starts_with("POST /v1.0/applications/7/addPassword "));
    assert_eq!(run.stdout.matches("s3cret").count(), 1, "{}", run.stdout);
}

#[test]
fn tail_prints_each_line_once_and_ends_when_interrupted() {
    use std::io::{BufRead as _, BufReader};
    let fake = Fake::start(vec![
        (200, r#"{"value":[{"id":"2","ipAddress":"b"},{"id":"1","ipAddress":"a"}]}"#),
        (200, r#"{"value":[{"id":"3","ipAddress":"c"},{"id":"2"},{"id":"1"}]}"#),
        (200, r#"{"value":[{"id":"3"},{"id":"2"}]}"#),
        (200, r#"{"value":[{"id":"4","ipAddress":"d"},{"id":"3"}]}"#),
    ]);
    let mut command = command(&["admin", "signin", "tail", "--output", "json"]);
    command.env("PASSBAND_URL", &fake.url).env("PASSBAND_TOKEN", "t").stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ids = Vec::new();
    while ids.len() < 4 {
        let row: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        ids.push(row["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids, ["1", "2", "3", "4"]);
    let child_id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(child_id, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
