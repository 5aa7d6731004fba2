//! The broker's clients that every installation has (prt.md §0, §8.4), and what they are let off.
//!
//! Programs written for Entra ID redirect to schemes of their own, which any program on a machine may claim, and send
//! no PKCE challenge. Together that lets another program on the same machine take a code (RFC 8252 §8.1). So it is off:
//! both applications below are made switched off. Enabling the one of [`BROKER_PLUGIN`] lets the broker use these
//! redirect URIs, and leave PKCE out there; the audit log says who enabled it.

use crate::app::App;
use passband_core::directory::ClientProfile;
use passband_core::id::ClientId;
use passband_core::manage::app::COOKIES_BY_AGE;
use passband_core::session::by_age::Nonces;
use passband_store::StoreError;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, LINUX_BROKER};

/// Redirect URIs of the authentication broker in the dialect.
const BROKER: &[&str] = &[
    "ms-aadj-redir://auth/drs",
    "msauth://Microsoft.AAD.BrokerPlugin",
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/29d9ed98-a469-4536-ade2-f981bc1d605e",
];

/// Redirect URIs of the plug-in.
pub const PLUGIN: &[&str] = &[
    "msauth://Microsoft.AAD.BrokerPlugin",
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/38aa3b87-a06d-4817-b275-7a316988d93b",
];

/// Redirect URIs of the Linux broker.
pub const LINUX: &[&str] = &["companyportal://com.microsoft.CompanyPortal"];

/// What the enrolment sign-in of a broker names as its resource: for us the broker's own sign-in.
const ENROLMENT: [&str; 3] = [
    "https://enrollment.manage.microsoft.com/",
    "https://enrollment.manage.microsoft.com",
    "0000000a-0000-0000-c000-000000000000",
];

/// Whether this client may be answered at this address without PKCE, by the dialect's paths. The client itself is known
/// and enabled.
///
/// # Errors
///
/// [`StoreError`].
pub async fn admits(app: &App, client: ClientId, redirect_uri: &str) -> Result<bool, StoreError> {
    let of_client = match client {
        BROKER_CLIENT => BROKER,
        BROKER_PLUGIN => PLUGIN,
        LINUX_BROKER => LINUX,
        _ => return Ok(false),
    };
    if !of_client.iter().any(|uri| same(uri, redirect_uri)) {
        return Ok(false);
    }
    // The one switch; an application that is not there is not on.
    Ok(profile(app).await? == ClientProfile::Compatible)
}

/// The client profile of devices that register now. One switch for all that such brokers are let off; what a device was
/// given stays with it (ADR 0017).
///
/// # Errors
///
/// [`StoreError`].
pub async fn profile(app: &App) -> Result<ClientProfile, StoreError> {
    let on = app.store.app(BROKER_PLUGIN).await?.is_some_and(|plugin| plugin.enabled);
    Ok(if on { ClientProfile::Compatible } else { ClientProfile::Strict })
}

/// Whether a cookie of a device with the profile `compatible` may do without a nonce: a switch of its own, off unless an
/// administrator wants it (ADR 0019).
///
/// # Errors
///
/// [`StoreError`].
pub async fn nonces(app: &App) -> Result<Nonces, StoreError> {
    let on = app.store.app(COOKIES_BY_AGE).await?.is_some_and(|switch| switch.enabled);
    Ok(if on { Nonces::OrAge } else { Nonces::Demanded })
}

/// Whether this is a broker client: those ask for a refresh token only when they redeem a code (prt.md §6.5).
#[must_use]
pub fn is_broker(client: &str) -> bool {
    client
        .parse()
        .is_ok_and(|client: ClientId| [BROKER_CLIENT, BROKER_PLUGIN, LINUX_BROKER].contains(&client))
}

/// Whether the broker asks to enrol a device.
#[must_use]
pub fn is_enrolment(client: &str, resource: &str) -> bool {
    client.parse() == Ok(BROKER_CLIENT) && ENROLMENT.iter().any(|it| it.eq_ignore_ascii_case(resource))
}

/// Whether two URIs are the same but for the case of scheme and host (attack A23).
fn same(registered: &str, asked: &str) -> bool {
    let parts = |uri: &str| {
        let (scheme, rest) = uri.split_once("://")?;
        let (host, path) =
            rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path.to_owned())));
        Some((scheme.to_ascii_lowercase(), host.to_ascii_lowercase(), path))
    };
    parts(registered).is_some_and(|registered| parts(asked) == Some(registered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_case_of_scheme_and_host_may_differ() {
        let drs = "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS";
        assert!(same(drs, "MS-APPX-WEB://microsoft.aad.brokerplugin/DRS"));
        assert!(same("msauth://Microsoft.AAD.BrokerPlugin", "msauth://microsoft.aad.brokerplugin"));
        for other in [
            "",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/drs",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS/",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS?x=1",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin",
            "ms-appx-web://evil/DRS",
            "https://Microsoft.AAD.BrokerPlugin/DRS",
        ] {
            assert!(!same(drs, other), "{other}");
        }
    }
}
