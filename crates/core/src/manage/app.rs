//! Applications: registering, changing, secrets.

use super::{Generation, Invalid, display_name};
use crate::change::Change;
use crate::directory::App;
use crate::id::ClientId;
use crate::rng::{self, Random};
use crate::signals::stream::may_send_to;
use crate::time::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use passband_wire::b64;
use passband_wire::oauth::redirect;
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT, BROKER_PLUGIN, DRS_RESOURCE, LINUX_BROKER};
use zeroize::Zeroizing;

/// The device registration service, as a resource.
pub const DRS_APP: ClientId = ClientId::from_bytes([
    0x01, 0xcb, 0x28, 0x76, 0x7e, 0xbd, 0x4a, 0xa4, 0x9c, 0xc9, 0xd2, 0x8b, 0xd4, 0xd3, 0x59, 0xa9,
]);

/// The console and the admin API, for policies: one of `MicrosoftAdminPortals`.
pub const CONSOLE_APP: ClientId = ClientId::from_bytes([
    0x8e, 0x3d, 0x52, 0x19, 0x6b, 0x1f, 0x4d, 0x0c, 0xa7, 0x54, 0x2f, 0x9c, 0x61, 0xd0, 0x48, 0xb2,
]);

/// People's own pages, for policies.
pub const ACCOUNT_APP: ClientId = ClientId::from_bytes([
    0x1c, 0x97, 0xe4, 0x65, 0x30, 0xda, 0x4b, 0x8e, 0x92, 0x0b, 0x76, 0x5e, 0xf3, 0x1a, 0xc8, 0x4d,
]);

/// No client but a switch (ADR 0019): while it is enabled, devices with the profile `compatible` may sign a browser in
/// with a cookie that carries a time in place of a nonce.
pub const COOKIES_BY_AGE: ClientId = ClientId::from_bytes([
    0x6b, 0x0e, 0x93, 0x5a, 0x47, 0xd8, 0x4c, 0x1f, 0x8a, 0x36, 0xe2, 0x70, 0x1d, 0xc4, 0x59, 0xbf,
]);

/// Redirect URIs one application may have.
pub const MAX_REDIRECTS: usize = 100;

/// Identifier URIs one application may have.
pub const MAX_IDENTIFIERS: usize = 20;

/// What is wanted of an application; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppWish {
    /// Graph `displayName`.
    pub name: Option<String>,
    /// Graph `web.redirectUris`: https, and `http://localhost:port` while an application is being made.
    pub web_redirects: Option<Vec<String>>,
    /// Graph `publicClient.redirectUris`: loopback addresses, `http://localhost` for any port, and an application's own
    /// schemes.
    pub native_redirects: Option<Vec<String>>,
    /// Graph `web.logoutUrl`; `Some(None)` takes it away.
    pub logout: Option<Option<String>>,
    /// Graph `identifierUris`.
    pub identifiers: Option<Vec<String>>,
    /// Whether it may get tokens.
    pub enabled: Option<bool>,
    /// Where to tell that a session ended; `Some(None)` takes it away.
    pub backchannel_logout: Option<Option<String>>,
}

/// Whether the installation itself rests on this application.
#[must_use]
pub fn is_built_in(id: ClientId) -> bool {
    [BROKER_CLIENT, BROKER_PLUGIN, LINUX_BROKER, DRS_APP, CONSOLE_APP, ACCOUNT_APP, COOKIES_BY_AGE]
        .contains(&id)
}

/// Whether a redirect URI is one of the `web` group; the others are of the `publicClient` group.
#[must_use]
pub fn is_web(uri: &str) -> bool {
    uri.starts_with("https:") || uri.starts_with("http://localhost:")
}

/// A new application, a public client until it is given a secret.
///
/// # Errors
///
/// [`Invalid`] names what is missing or wrong.
pub fn create(wish: &AppWish, issuer: &str, now: Timestamp, rng: &dyn Random) -> Result<App, Invalid> {
    if wish.name.is_none() {
        return Err(Invalid::new("displayName", "is required"));
    }
    let blank = App {
        id: ClientId::generate(rng),
        name: String::new(),
        redirect_uris: Vec::new(),
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: Vec::new(),
        secret_hash: None,
        enabled: true,
        created: now,
    };
    apply(&blank, wish, issuer)
}

/// The application as the wish has it.
///
/// # Errors
///
/// [`Invalid`] names what is wrong.
pub fn apply(before: &App, wish: &AppWish, issuer: &str) -> Result<App, Invalid> {
    let only_switch = AppWish { enabled: wish.enabled, ..AppWish::default() };
    if is_built_in(before.id) && *wish != only_switch {
        return Err(Invalid::new("passband_enabled", "is all that can be changed of a built-in application"));
    }
    let mut after = before.clone();
    if let Some(name) = &wish.name {
        after.name = display_name(name)?;
    }
    let (mut web, mut native): (Vec<_>, Vec<_>) =
        before.redirect_uris.iter().cloned().partition(|uri| is_web(uri));
    if let Some(uris) = &wish.web_redirects {
        web = redirects(uris, true)?;
    }
    if let Some(uris) = &wish.native_redirects {
        native = redirects(uris, false)?;
    }
    web.append(&mut native);
    if web.len() > MAX_REDIRECTS {
        return Err(Invalid::new("redirectUris", "must not be more than 100 in all"));
    }
    after.redirect_uris = web;
    if let Some(logout) = &wish.logout {
        after.logout_uris = logout_uris(logout.as_deref())?;
    }
    if let Some(uris) = &wish.identifiers {
        after.identifier_uris = identifiers(uris, issuer)?;
    }
    if let Some(uri) = &wish.backchannel_logout {
        if uri.as_ref().is_some_and(|uri| !may_send_to(uri)) {
            return Err(Invalid::new(
                "passband_backchannelLogoutUri",
                "must be https://, or http:// on this machine; without user, password and fragment; or null",
            ));
        }
        after.backchannel_logout_uri = uri.clone();
    }
    after.enabled = wish.enabled.unwrap_or(before.enabled);
    Ok(after)
}

/// The writes that replace an application.
#[must_use]
pub fn update(after: App, seen: Generation, now: Timestamp) -> Vec<Change> {
    let mut changes = seen.advance(now);
    changes.push(Change::UpdateApp(after));
    changes
}

/// The writes that delete an application. They spend the generation too: a policy that names it at the same moment comes
/// before, and is seen, or after, and finds it gone.
#[must_use]
pub fn delete(id: ClientId, seen: Generation, now: Timestamp) -> Vec<Change> {
    let mut changes = seen.advance(now);
    changes.push(Change::DeleteApp(id));
    changes
}

fn redirects(uris: &[String], web: bool) -> Result<Vec<String>, Invalid> {
    let property = if web { "web.redirectUris" } else { "publicClient.redirectUris" };
    if !uris.iter().all(|uri| redirect::may_register(uri)) {
        return Err(Invalid::new(
            property,
            "must be absolute URIs without fragment or wildcard: https, http on this machine, or an app's own scheme",
        ));
    }
    if !uris.iter().all(|uri| is_web(uri) == web) {
        let why = if web {
            "take https and http://localhost with a port; localhost without one, 127.0.0.1, [::1] and an app's own scheme go to publicClient.redirectUris"
        } else {
            "take 127.0.0.1, [::1], http://localhost without a port and an app's own scheme; https and http://localhost with a port go to web.redirectUris"
        };
        return Err(Invalid::new(property, why));
    }
    if has_twins(uris) { Err(Invalid::new(property, "has the same URI twice")) } else { Ok(uris.to_vec()) }
}

fn logout_uris(uri: Option<&str>) -> Result<Vec<String>, Invalid> {
    match uri {
        Some(uri) if redirect::may_register(uri) => Ok(vec![uri.to_owned()]),
        Some(_) => Err(Invalid::new("web.logoutUrl", "must be an https URI, or null")),
        None => Ok(Vec::new()),
    }
}

/// Names under which tokens for an application are asked for.
fn identifiers(uris: &[String], issuer: &str) -> Result<Vec<String>, Invalid> {
    let wrong = |why| Err(Invalid::new("identifierUris", why));
    if uris.len() > MAX_IDENTIFIERS || has_twins(uris) {
        return wrong("must not be more than 20, and each only once");
    }
    for uri in uris {
        let absolute = uri.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_lowercase())
                && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
                && !rest.is_empty()
        });
        if !absolute || uri.len() > 255 || !uri.bytes().all(|b| (0x21..0x7f).contains(&b)) {
            return wrong("must be absolute URIs of at most 255 characters, such as api://orders");
        }
        // A token for the issuer is good at /userinfo, one for the registration service makes a device, one for the
        // admin API administers: an application that bore their names would be handed such tokens (failure class:
        // audience confusion).
        let ours = |name: &str| uri.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest == "/");
        if ours(issuer) || [DRS_RESOURCE, ADMIN_RESOURCE].iter().any(|name| uri.eq_ignore_ascii_case(name)) {
            return wrong("must not be a name of this server");
        }
    }
    Ok(uris.to_vec())
}

fn has_twins(texts: &[String]) -> bool {
    let mut sorted: Vec<_> = texts.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// A new client secret of 256 bits. It is shown once; only its hash is kept.
#[must_use]
pub fn new_secret(rng: &dyn Random) -> Zeroizing<String> {
    Zeroizing::new(b64::encode(Zeroizing::new(rng::bytes::<32>(rng))))
}

/// SHA-256 of a client secret: 256 bits of randomness need no slow hash.
#[must_use]
pub fn secret_hash(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const ISSUER: &str = "https://id.example.org";

    fn list(uris: &[&str]) -> Option<Vec<String>> {
        Some(uris.iter().map(|&uri| uri.to_owned()).collect())
    }

    fn named() -> AppWish {
        AppWish { name: Some("Wiki".to_owned()), ..AppWish::default() }
    }

    fn refused(wish: AppWish) -> &'static str {
        create(&wish, ISSUER, NOW, &SystemRandom).unwrap_err().property
    }

    #[test]
    fn each_redirect_group_replaces_its_own() {
        let both = AppWish {
            web_redirects: list(&["https://a.example/cb", "http://localhost:3000/cb"]),
            native_redirects: list(&["http://localhost", "com.example.app:/cb"]),
            ..named()
        };
        let app = create(&both, ISSUER, NOW, &SystemRandom).unwrap();
        assert_eq!(app.redirect_uris.len(), 4);
        let wish = AppWish { web_redirects: list(&["https://b.example/cb"]), ..AppWish::default() };
        let after = apply(&app, &wish, ISSUER).unwrap();
        assert_eq!(after.redirect_uris, ["https://b.example/cb", "http://localhost", "com.example.app:/cb"]);
    }

    #[test]
    fn what_may_not_be_registered_is_named() {
        assert_eq!(refused(AppWish::default()), "displayName");
        for bad in [
            "javascript:alert(1)//",
            "https://*.example/",
            "http://a.example/",
            "http://127.0.0.1/",
            "http://localhost",
        ] {
            assert_eq!(refused(AppWish { web_redirects: list(&[bad]), ..named() }), "web.redirectUris");
        }
        let twice = list(&["https://a.example/", "https://a.example/"]);
        assert_eq!(refused(AppWish { web_redirects: twice, ..named() }), "web.redirectUris");
        for bad in ["https://a.example/", "http://localhost:3000/cb"] {
            let wish = AppWish { native_redirects: list(&[bad]), ..named() };
            assert_eq!(refused(wish), "publicClient.redirectUris", "{bad}");
        }
        let backchannel_logout = Some(Some("http://10.0.0.1/".to_owned()));
        let wish = AppWish { backchannel_logout, ..named() };
        assert_eq!(refused(wish), "passband_backchannelLogoutUri");
        let logout = Some(Some("javascript:x//".to_owned()));
        assert_eq!(refused(AppWish { logout, ..named() }), "web.logoutUrl");
        let many: Vec<_> = (0..101).map(|n| format!("https://a.example/{n}")).collect();
        assert_eq!(refused(AppWish { web_redirects: Some(many), ..named() }), "redirectUris");
    }

    #[test]
    fn no_application_bears_a_name_of_the_server() {
        for bad in [
            ISSUER,
            "https://id.example.org/",
            DRS_RESOURCE,
            ADMIN_RESOURCE,
            "URN:ms-drs:enterpriseregistration.windows.net",
            "urn:ms-drs:EnterpriseRegistration.windows.net",
            "orders",
            "api://a b",
            "",
            "29d9ed98-a469-4536-ade2-f981bc1d605e",
        ] {
            assert_eq!(refused(AppWish { identifiers: list(&[bad]), ..named() }), "identifierUris", "{bad}");
        }
        let good = AppWish { identifiers: list(&["api://orders", "https://api.example.org"]), ..named() };
        assert!(create(&good, ISSUER, NOW, &SystemRandom).is_ok());
    }

    #[test]
    fn of_a_built_in_application_only_the_switch_moves() {
        let app = create(&named(), ISSUER, NOW, &SystemRandom).unwrap();
        let broker = App { id: BROKER_CLIENT, ..app };
        let off = AppWish { enabled: Some(false), ..AppWish::default() };
        assert!(!apply(&broker, &off, ISSUER).unwrap().enabled);
        assert!(apply(&broker, &named(), ISSUER).is_err());
        let wish = AppWish { native_redirects: list(&["http://127.0.0.1/"]), ..off };
        assert!(apply(&broker, &wish, ISSUER).is_err());
    }

    #[test]
    fn secrets_have_256_bits() {
        let (a, b) = (new_secret(&SystemRandom), new_secret(&SystemRandom));
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
        assert_ne!(secret_hash(&a), secret_hash(&b));
    }
}
