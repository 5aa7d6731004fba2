//! Redirect URIs: exact match, with the one exception RFC 8252 §7.3 makes for loopback ports.

/// Whether `asked` is `registered`: byte for byte (RFC 9700 §2.1), except that the port of a registered
/// `http://127.0.0.1` or `http://[::1]` may be any, since a native app cannot know which it will get; and that of an
/// `http://localhost` that was registered as [`is_native_localhost`].
#[must_use]
pub fn matches(registered: &str, asked: &str) -> bool {
    registered == asked || of_any_port(registered).is_some_and(|r| loopback(asked) == Some(r))
}

/// Whether a URI is `http://localhost` without a port: that of a native app, which MSAL for one asks for by this name.
/// With a port it is that of a website in the making, and is compared as it stands.
///
/// RFC 8252 §8.3 does not recommend the name: a resolver may take it elsewhere, and an app may listen on more than the
/// loopback interface. What is lost so is a code, of which PKCE makes nothing; so it counts where it was registered, and
/// never in the place of an address.
#[must_use]
pub fn is_native_localhost(uri: &str) -> bool {
    uri.strip_prefix("http://localhost").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Host and path of a registered URI whose port may be any.
fn of_any_port(registered: &str) -> Option<(&str, &str)> {
    loopback(registered).filter(|(host, _)| *host != LOCALHOST || is_native_localhost(registered))
}

const LOCALHOST: &str = "localhost";

/// Host and path of a loopback URI, its port left out.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", LOCALHOST].into_iter().find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let Some(port_on) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with('/')).then_some((host, rest));
    };
    let digits = port_on.bytes().take_while(u8::is_ascii_digit).count();
    let path = &port_on[digits..];
    // What follows the port must be a path: `:1@evil.example/` is another host altogether.
    ((1..=5).contains(&digits) && (path.is_empty() || path.starts_with('/'))).then_some((host, path))
}

/// Whether a URI may be registered: absolute, no fragment (RFC 6749 §3.1.2), no wildcard, https unless loopback
/// or an app's own scheme.
#[must_use]
pub fn may_register(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    let plain = uri.len() <= 2048
        && uri.bytes().all(|b| (0x21..0x7f).contains(&b))
        && !uri.contains(['#', '*', '\\']);
    let local = ["//localhost/", "//localhost:", "//127.0.0.1/", "//127.0.0.1:", "//[::1]/", "//[::1]:"];
    let place_ok = match scheme {
        "https" => rest.starts_with("//") && rest.len() > 3 && !rest[2..].contains('@'),
        "http" => {
            let bare = local.iter().any(|prefix| prefix.strip_suffix('/') == Some(rest));
            (bare || local.iter().any(|prefix| rest.starts_with(prefix))) && !rest.contains('@')
        }
        // Schemes a browser runs or reads by itself would turn a code into a script's input.
        "javascript" | "data" | "file" | "blob" | "about" | "vbscript" | "ws" | "wss" => false,
        _ => rest.len() > 2,
    };
    scheme_ok && plain && place_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_port_may_differ() {
        assert!(matches("https://app.example/cb", "https://app.example/cb"));
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"));
        assert!(matches("http://[::1]:1/cb", "http://[::1]:2/cb"));
        for (registered, asked) in [
            ("https://app.example/cb", "https://app.example/cb/"),
            ("https://app.example/cb", "https://app.example/cb?x=1"),
            ("https://app.example/cb", "https://app.example:8443/cb"),
            ("https://app.example/cb", "https://APP.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
            ("http://127.0.0.1/cb", "http://[::1]/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1", "http://127.0.0.1evil.example"),
        ] {
            assert!(!matches(registered, asked), "{registered} {asked}");
        }
    }

    #[test]
    fn localhost_is_of_any_port_where_it_was_registered_without_one() {
        assert!(matches("http://localhost", "http://localhost:49152"));
        assert!(matches("http://localhost/cb", "http://localhost:81/cb"));
        assert!(matches("http://localhost/", "http://localhost/"));
        for (registered, asked) in [
            ("http://localhost:80/cb", "http://localhost:81/cb"),
            ("http://localhost:80/cb", "http://localhost/cb"),
            ("http://localhost", "http://localhost:1/"),
            ("http://localhost/cb", "http://localhost:1/cb/x"),
            ("http://localhost", "https://localhost:1"),
            ("http://localhost", "http://localhost:1@evil.example"),
            ("http://localhost", "http://localhost.evil.example"),
            ("http://localhost", "http://localhost:1.evil.example"),
            ("http://localhost", "http://localhostevil.example"),
            ("http://localhost", "http://localhost:"),
            ("http://localhost", "http://LOCALHOST:1"),
            // The name never stands for an address, nor an address for the name.
            ("http://localhost", "http://127.0.0.1:1"),
            ("http://127.0.0.1/", "http://localhost:1/"),
        ] {
            assert!(!matches(registered, asked), "{registered} {asked}");
        }
    }

    #[test]
    fn dangerous_uris_are_not_registered() {
        for good in [
            "https://a.example/cb",
            "http://localhost:8480/cb",
            "http://127.0.0.1/",
            "http://localhost",
            "msauth://x/y",
            "com.example.app:/cb",
        ] {
            assert!(may_register(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "javascript:alert(1)//",
            "data:text/html,x",
            "https://*.example/cb",
            "https://a.example/#x",
            "http://a.example/cb",
            "https://user@a.example/",
            "https:a",
            "http://localhost@evil.example/",
            "http://localhost.evil.example",
            "http://localhost?x",
            "https://a.example/\n",
            "JAVASCRIPT:x//y",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(!may_register(bad), "{bad}");
        }
    }
}
