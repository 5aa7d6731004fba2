//! From the parameters of either version to those of OpenID Connect.

use super::{Version, clients};
use crate::extract::Params;
use crate::routes::device_code;

/// What the first version always gives, and the second to a broker client, whether it was asked for or not: its replies
/// have a refresh token and say who somebody is.
const FIRST: [&str; 2] = ["offline_access", "openid"];

/// The parameters of `/authorize`, or of a token request with `grant_type=refresh_token`, in the standard's words.
#[must_use]
pub fn translated(version: Version, params: &Params) -> Params {
    let mut out = params.clone();
    // Clients leave spaces at either end, and two between.
    let mut scope: Vec<&str> = params.get("scope").split_ascii_whitespace().collect();
    let always = version == Version::V1 || clients::is_broker(params.get("client_id"));
    if always && !params.has("grant_type") {
        scope.extend(FIRST);
    }
    out.set("scope", scope.join(" "));
    // MSAL for JavaScript has its own name for RFC 8628's grant, and asks for it alone.
    if params.get("grant_type") == "device_code" {
        out.set("grant_type", device_code::GRANT.to_owned());
    }
    if clients::is_enrolment(params.get("client_id"), params.get("resource")) {
        out.set("resource", String::new());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_real_clients_become_standard_ones() {
        let read = |version, text: &str| translated(version, &Params::parse(text.as_bytes()).unwrap());
        let first = read(
            Version::V1,
            "client_id=29d9ed98-a469-4536-ade2-f981bc1d605e&scope=openid+profile+&resource=https%3A%2F%2Fenrollment.manage.microsoft.com%2F",
        );
        assert_eq!(first.get("scope"), "openid profile offline_access openid");
        assert_eq!(first.get("resource"), "");
        let other =
            read(Version::V1, "client_id=x&resource=https%3A%2F%2Fenrollment.manage.microsoft.com%2F");
        assert_eq!(other.get("resource"), "https://enrollment.manage.microsoft.com/");
        assert_eq!(read(Version::V2, "scope=+openid++a%2F.default").get("scope"), "openid a/.default");
        assert_eq!(read(Version::V2, "state=s").get("scope"), "");
        assert_eq!(
            read(Version::V2, "grant_type=device_code&device_code=c").get("grant_type"),
            device_code::GRANT
        );
        assert_eq!(read(Version::V2, "grant_type=refresh_token").get("grant_type"), "refresh_token");
    }
}
