//! Documents that say where everything is (prt.md §1).

use super::Tenant;
use crate::app::App;
use crate::extract::Params;
use crate::refusal::WireError;
use crate::routes::well_known::{self, public};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use passband_core::keys::nonce;
use passband_wire::id::EventId;
use passband_wire::prt::DRS_RESOURCE;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// An address that names another server.
const NOT_OURS: WireError = WireError::new("invalid_instance", 50_049, "This server is not that instance.");

/// `GET /{tenant}/.well-known/openid-configuration` and `GET /{tenant}/v2.0/.well-known/openid-configuration`: what the
/// standard's document says, with the endpoints of the version. One issuer, whatever the path: tokens have one.
pub async fn configuration(State(app): State<Arc<App>>, tenant: Tenant) -> Response {
    let mut body = well_known::document(&app);
    let at = |end: &str| format!("{}/{}/{}/{end}", app.issuer(), tenant.name, tenant.version.prefix());
    body["authorization_endpoint"] = at("authorize").into();
    body["token_endpoint"] = at("token").into();
    body["device_authorization_endpoint"] = at("devicecode").into();
    // A refresh token is for one resource, the broker's own apart (MS-OIDCE §2.2.3.2).
    body["microsoft_multi_refresh_token"] = false.into();
    body["access_token_issuer"] = app.issuer().into();
    public(Json(body))
}

/// `GET /{tenant}/discovery/instance`: whether an address is one of this installation.
pub async fn instance(
    State(app): State<Arc<App>>,
    _: Tenant,
    RawQuery(query): RawQuery,
) -> Result<Response, WireError> {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(|_| NOT_OURS)?;
    let asked = params.get("authorization_endpoint");
    let (authority, path) =
        asked.split_once("://").map_or(("", ""), |(_, rest)| rest.split_once('/').unwrap_or((rest, "")));
    // Clients leave the port out, so hosts are compared without it.
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    if !host.eq_ignore_ascii_case(&app.domain) {
        return Err(NOT_OURS);
    }
    let named = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    let tenant = Tenant::named(&app, named).ok_or(NOT_OURS)?;
    let host = app.issuer().split_once("://").map_or("", |(_, host)| host);
    let mut aliases = vec![host];
    if host != app.domain {
        aliases.push(&app.domain);
    }
    let version = match params.get("api-version") {
        "1.0" => "1.0",
        _ => "1.1",
    };
    Ok(public(Json(json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", app.issuer()),
        "api-version": version,
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": aliases }],
    }))))
}

/// `GET /{tenant}/userrealm/{upn}`: nobody here is of another server. It asks the database nothing, so it can tell
/// nothing of who exists (attack A27).
pub async fn user_realm(
    State(app): State<Arc<App>>,
    _: Tenant,
    Path(names): Path<HashMap<String, String>>,
    RawQuery(query): RawQuery,
) -> Response {
    let name = names.get("upn").map_or("", String::as_str);
    let domain = name.rsplit_once('@').map_or(app.domain.as_str(), |(_, domain)| domain).to_lowercase();
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let body = match params.get("api-version") {
        "2.0" => json!({
            "NameSpaceType": "Managed", "DomainName": domain, "Login": name, "FederationBrandName": domain,
            "CloudInstanceName": app.domain,
        }),
        _ => json!({
            "ver": "1.0", "account_type": "Managed", "domain_name": domain, "cloud_instance_name": app.domain,
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /{tenant}/Discover`: where devices register (MS-DVRD §2.2, prt.md §1.6). Clients take what is missing here from
/// another company's servers, so what they need is all here.
pub async fn registration(State(app): State<Arc<App>>, tenant: Tenant) -> Response {
    let at = |path: &str| format!("{}{path}", app.issuer());
    let service = |endpoint: &str, resource: &str, version: &str, path: String| -> Value {
        json!({ endpoint: path, resource: DRS_RESOURCE, "ServiceVersion": version })
    };
    let id = app.tenant.to_string();
    let sign_in = |end| format!("{}/{}/oauth2/{end}", app.issuer(), tenant.name);
    let join = at("/EnrollmentServer/device/");
    public(Json(json!({
        "DiscoveryService": { "DiscoveryEndpoint": at("/"), "ServiceVersion": "1.9" },
        "DeviceRegistrationService":
            service("RegistrationEndpoint", "RegistrationResourceId", "2.0", join.clone()),
        "DeviceJoinService": service("JoinEndpoint", "JoinResourceId", "2.0", join),
        "KeyProvisioningService":
            service("KeyProvisionEndpoint", "KeyProvisionResourceId", "1.0", at("/EnrollmentServer/key/")),
        "NonceService":
            service("Endpoint", "ResourceId", "1.0", format!("{}/EnrollmentServer/nonce/{id}/", app.issuer())),
        "AuthenticationService":
            { "OAuth2": { "AuthCodeEndpoint": sign_in("authorize"), "TokenEndpoint": sign_in("token") } },
        "IdentityProviderService": { "Federated": false },
        "TenantInfo": { "DisplayName": app.domain, "TenantId": id, "TenantName": app.domain },
    })))
}

/// `GET /EnrollmentServer/nonce/{tenant}/` (prt.md §2.2). The misspelling is on the wire.
pub async fn nonce(State(app): State<Arc<App>>, _: Tenant) -> Response {
    let now = app.now();
    let body = json!({
        "ReponseStatus": {
            "message": "", "traceId": EventId::generate(app.rng()).to_string(), "time": now.rfc3339(),
        },
        "Value": nonce::issue(&app.keys().ring, now, app.rng()),
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
