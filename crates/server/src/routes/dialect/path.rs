//! Which paths are the dialect's (prt.md §0.1, §10.3): clients write them in several cases and join them with doubled
//! slashes. They are put into the one form the routes have. Every other path stays as it came.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// No path of the dialect has more parts, or more characters.
const MOST: (usize, usize) = (5, 1024);

/// The path as the routes have it, if it is one of the dialect's.
#[must_use]
pub fn canonical(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).take(MOST.0 + 1).collect();
    if parts.len() > MOST.0 || path.len() > MOST.1 {
        return None;
    }
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    Some(match lower.as_slice() {
        ["enrollmentserver", "device"] => "/EnrollmentServer/device/".to_owned(),
        ["enrollmentserver", "device", id] => format!("/EnrollmentServer/device/{id}"),
        ["enrollmentserver", "key"] => "/EnrollmentServer/key/".to_owned(),
        ["enrollmentserver", "nonce", t] => format!("/EnrollmentServer/nonce/{t}"),
        [t, "oauth2", end] if is_endpoint(end) => format!("/{t}/oauth2/{end}"),
        [t, "oauth2", "v2.0", end] if is_endpoint(end) => format!("/{t}/oauth2/v2.0/{end}"),
        [t, ".well-known", end @ "openid-configuration"] => format!("/{t}/.well-known/{end}"),
        [t, "v2.0", ".well-known", end @ "openid-configuration"] => format!("/{t}/v2.0/.well-known/{end}"),
        [t, "discovery", "instance"] => format!("/{t}/discovery/instance"),
        // The name of a person is theirs to write.
        [t, "userrealm", _] => format!("/{t}/userrealm/{}", parts.last()?),
        [t, "getcredentialtype"] => format!("/{t}/GetCredentialType"),
        [t, "discover"] => format!("/{t}/Discover"),
        [t, "fido", "get"] => format!("/{t}/fido/get"),
        [t, "login"] => format!("/{t}/login"),
        _ => return None,
    })
}

fn is_endpoint(name: &str) -> bool {
    matches!(name, "token" | "authorize" | "devicecode")
}

/// The address with this path in the place of its own.
#[must_use]
pub fn put(uri: &Uri, path: &str) -> Option<Uri> {
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_real_clients_write_them_become_one() {
        for (asked, routed) in [
            ("/Common/OAuth2/Token", "/common/oauth2/token"),
            ("//common//oAuth2/v2.0/authorize", "/common/oauth2/v2.0/authorize"),
            ("/common/UserRealm/Ada%40localhost", "/common/userrealm/Ada%40localhost"),
            (
                "/Localhost/v2.0/.Well-Known/openid-configuration",
                "/localhost/v2.0/.well-known/openid-configuration",
            ),
            ("/enrollmentserver/device", "/EnrollmentServer/device/"),
            ("/EnrollmentServer//Device/ABC", "/EnrollmentServer/device/abc"),
            ("/EnrollmentServer/nonce/common/", "/EnrollmentServer/nonce/common"),
            ("//common/login", "/common/login"),
            ("/x/discover", "/x/Discover"),
        ] {
            assert_eq!(canonical(asked).as_deref(), Some(routed), "{asked}");
        }
    }

    #[test]
    fn standard_paths_stay_as_they_came() {
        for path in [
            "/",
            "/token",
            "/Token",
            "//token",
            "/authorize",
            "//authorize",
            "/.well-known/openid-configuration",
            "/account",
            "/Account",
            "/v1.0/users",
            "/common/oauth2/token/more",
            "/a/b/c/d/e/f",
        ] {
            assert_eq!(canonical(path), None, "{path}");
        }
        assert_eq!(canonical(&format!("/{}/oauth2/token", "a".repeat(2000))), None);
    }

    #[test]
    fn the_query_stays() {
        let put = |uri: &str, path| put(&uri.parse().unwrap(), path).unwrap().to_string();
        assert_eq!(put("//COMMON/x?a=B&c=//d", "/common/x"), "/common/x?a=B&c=//d");
        assert_eq!(put("http://h:1/COMMON/x", "/common/x"), "http://h:1/common/x");
    }
}
