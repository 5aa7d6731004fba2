//! What `--help` says: the surface that scripts and people rely on.

use crate::passband;

#[test]
fn the_top_names_the_commands_and_the_exit_codes() {
    let run = passband(&["--help"]);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    for name in ["admin", "device", "login", "token", "cookie", "--output"] {
        assert!(run.stdout.contains(name), "{name}: {}", run.stdout);
    }
    let codes = "Exit codes: 0 ok, 1 the answer is no (check failed, refused), 2 usage, \
                 3 could not reach or use something.";
    assert!(run.stdout.contains(codes), "{}", run.stdout);
    assert!(passband(&["--version"]).stdout.starts_with("passband "));
}

#[test]
fn examples_are_shown_and_parse() {
    for (command, examples) in [
        ("device join", &["device join --server https://id.example.com"][..]),
        (
            "device register",
            &["device register --server http://localhost:8480 --name 'my laptop' --no-browser"],
        ),
        ("device status", &["device status", "device status --check --output json"]),
        ("device leave", &["device leave", "device leave --forget"]),
        ("login", &["login", "login --hint ada@example.com --no-browser"]),
        ("token", &["token --client-id 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11"]),
        ("cookie", &["cookie"]),
        (
            "map show",
            &[
                "map show --section session --platform macos",
                "map show --subject token-protection.sign-in-session --at 2026-03-01",
            ],
        ),
        (
            "map diff",
            &["map diff --from 2025-06-01 --to 2026-11-22", "map diff --from 2026-01-01 --format md"],
        ),
        (
            "map check",
            &["map check --max-age 180d", "map check --max-age 365d --at 2026-11-22 --output json"],
        ),
        (
            "plan",
            &[
                "plan --tenant export --fleet devices.csv",
                "plan --tenant export --require token-protection --at 2026-08-01",
            ],
        ),
        ("admin", &["admin token --data ./passband-data", "admin --data ./passband-data signin tail"]),
        ("admin user create", &["admin user create ada@example.com --name 'Ada Lovelace'"]),
        (
            "admin tap create",
            &[
                "admin tap create ada@example.com --once",
                "admin tap create ada@example.com --minutes 480 --output json",
            ],
        ),
        ("admin passkey list", &["admin passkey list ada@example.com"]),
        ("admin recovery show", &["admin recovery show ada@example.com"]),
        ("admin recovery delete", &["admin recovery delete ada@example.com"]),
        ("admin alarm list", &["admin alarm list --output json"]),
        (
            "admin alarm acknowledge",
            &["admin alarm acknowledge 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11_breakGlassUsed --count 1"],
        ),
        ("admin group create", &["admin group create Admins --description 'Who runs this server'"]),
        ("admin group add", &["admin group add Admins ada@example.com"]),
        ("admin policy access list", &["admin policy access list", "admin policy access list --deleted"]),
        ("admin policy access create", &["admin policy access create admins.json"]),
        ("admin policy access replay", &["admin policy access replay admins.json --days 30"]),
        ("admin policy access rollback", &["admin policy access rollback 'Admins: phishing-resistant' 3"]),
        ("admin policy passkeys check", &["admin policy passkeys check passkeys.json"]),
        ("admin policy passkeys set", &["admin policy passkeys set passkeys.json"]),
        (
            "admin policy passkeys templates",
            &["admin policy passkeys templates", "admin policy passkeys templates --add attested-hardware"],
        ),
        (
            "admin signal transmitter add",
            &[
                "admin signal transmitter add EDR --issuer https://edr.example.com --jwks keys.json --session-revocation",
            ],
        ),
        (
            "admin app create",
            &[
                "admin app create 'Wiki' --redirect-uri https://wiki.example.com/cb --secret",
                "admin app create 'Mail on the desk' --public --redirect-uri http://127.0.0.1/",
                "admin app create 'Orders API' --identifier-uri https://api.example.com",
            ],
        ),
        (
            "admin app update",
            &["admin app update 6f7b6a3c-0d0e-4a53-9d26-4a2f1c7d7e11 --name 'Wiki of the office'"],
        ),
        (
            "admin user update",
            &[
                "admin user update ada@example.com --name 'Ada King'",
                "admin user update ada@example.com --admin",
            ],
        ),
        (
            "admin trust import-metadata",
            &["admin trust import-metadata blob.jwt --dry-run", "admin trust import-metadata blob.jwt"],
        ),
        ("admin trust add-root", &["admin trust add-root maker.pem --format packed --dry-run"]),
        (
            "admin trust models",
            &[
                "admin trust models --name YubiKey",
                "admin trust models --evidence E3 --output json",
                "admin trust models --profile attested-hardware --refused",
            ],
        ),
        ("admin signin list", &["admin signin list --user ada@example.com --result failure"]),
        ("admin signin tail", &["admin signin tail"]),
    ] {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let help = passband(&words);
        assert_eq!(help.exit, 0, "{command}");
        for example in examples {
            assert!(help.stdout.contains(&format!("passband {example}")), "{command}: {}", help.stdout);
            // With --help at the end clap parses what comes before it and stops there.
            let mut words = split(example);
            words.push("--help".to_owned());
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            assert_eq!(passband(&words).exit, 0, "{example}");
        }
    }
}

/// Words of an example, with its single quotes as a shell reads them.
fn split(example: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (n, part) in example.split('\'').enumerate() {
        if n % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "admin user list",
        "admin user show",
        "admin user enable",
        "admin user disable",
        "admin user delete",
        "admin user revoke-sessions",
        "admin tap list",
        "admin tap delete",
        "admin passkey delete",
        "admin app list",
        "admin app show",
        "admin app disable",
        "admin app enable",
        "admin app new-secret",
        "admin app delete",
        "admin device list",
        "admin device show",
        "admin device disable",
        "admin device enable",
        "admin device delete",
        "admin audit list",
        "admin key list",
        "admin key rotate",
        "admin token",
    ] {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let help = passband(&words);
        assert_eq!(help.exit, 0, "{command}");
        assert!(
            help.stdout.contains(&format!("Usage: passband {}", words[..words.len() - 1].join(" "))),
            "{}",
            help.stdout
        );
    }
}
