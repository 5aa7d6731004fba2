//! Forms and queries, and the parameters in them that have a syntax of their own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_server::extract::Params;
use passband_wire::id::ClientId;
use passband_wire::oauth::pkce::Challenge;
use passband_wire::oauth::redirect;
use passband_wire::oauth::scope::Scope;
use passband_wire::time::Timestamp;

const REGISTERED: &[&str] =
    &["https://app.example/cb", "http://127.0.0.1/cb", "http://[::1]:1/", "com.example.app:/cb"];

fuzz_target!(|data: &[u8]| {
    let Ok(params) = Params::parse(data) else { return };
    let again = Params::parse(params.encode().as_bytes()).ok();
    for name in ["client_id", "redirect_uri", "scope", "state", "at", "post_logout_redirect_uri", ""] {
        let value = params.get(name);
        // Percent-encoding may pass the limit that the plain form kept.
        if let Some(again) = &again {
            assert_eq!(again.get(name), value);
        }
        assert_eq!(params.non_empty(name).is_some(), !value.is_empty());
    }
    client(params.get("client_id"));
    redirects(params.get("redirect_uri"));
    scope(params.get("scope"));
    instant(params.get("at"));
    let challenge = params.get("code_challenge");
    if let Ok(read) = Challenge::parse(challenge, params.get("code_challenge_method")) {
        assert_eq!(passband_wire::b64::encode(read.as_bytes()), challenge);
        let _ = read.is_met_by(params.get("code_verifier"));
    }
});

fn client(text: &str) {
    if let Ok(id) = text.parse::<ClientId>() {
        assert!(id.to_string().eq_ignore_ascii_case(text));
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

fn redirects(asked: &str) {
    for registered in REGISTERED.iter().copied().filter(|registered| redirect::matches(registered, asked)) {
        if registered == asked {
            continue;
        }
        // Only a port differs: the same scheme, host and path for whoever reads the URI as RFC 3986 has it.
        let rest = asked.strip_prefix("http://").expect("only loopback is matched loosely");
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let port = ["127.0.0.1", "[::1]"].iter().find_map(|host| authority.strip_prefix(host));
        let port = port.expect("the host is loopback");
        let digits = port.strip_prefix(':').unwrap_or(port);
        assert!(digits.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(registered.ends_with(path) && path.starts_with('/'));
    }
    if redirect::may_register(asked) {
        assert!(redirect::matches(asked, asked));
        assert!(!asked.contains(['#', '*', '\\', ' ', '\n']) && asked.is_ascii());
    }
}

fn scope(text: &str) {
    let Ok(scope) = text.parse::<Scope>() else { return };
    assert_eq!(scope.to_string().parse(), Ok(scope.clone()));
    assert!(scope.is_within(&scope));
    assert_eq!(scope.is_empty(), text.is_empty());
    assert!(text.is_empty() || text.split(' ').all(|token| scope.has(token)));
}

fn instant(text: &str) {
    let Some(at) = Timestamp::from_rfc3339(text) else { return };
    let printed = at.rfc3339();
    assert_eq!(Timestamp::from_rfc3339(&printed), Some(at));
    assert_eq!(printed[..19], text[..19]);
}
