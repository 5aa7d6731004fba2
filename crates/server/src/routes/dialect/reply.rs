//! What every answer on a path of the dialect carries (prt.md §0.4, §0.7, §0.8).

use super::Version;
use crate::app::App;
use crate::extract::Params;
use crate::refusal::WireError;
use crate::routes::tokens::Minted;
use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use passband_core::time::Seconds;
use passband_wire::b64;
use passband_wire::id::EventId;
use passband_wire::prt::message::{Count, DialectReply, ErrorReply};

const CLIENT_ID: &str = "client-request-id";
const SERVER_ID: &str = "x-ms-request-id";

/// What a request is called.
#[derive(Clone, Debug)]
pub struct Ids {
    /// By its client; a GUID by custom.
    client: Option<String>,
    /// By us.
    server: String,
}

impl Ids {
    /// The ids of a request: the client's from its header, or else from its query.
    pub fn of(app: &App, request: &Request) -> Self {
        let by_header = request.headers().get(CLIENT_ID).and_then(|value| value.to_str().ok());
        let query = request.uri().query().unwrap_or_default();
        let by_query = || {
            let params = Params::parse(query.as_bytes()).ok()?;
            params.non_empty(CLIENT_ID).map(str::to_owned)
        };
        let client = by_header.map(str::to_owned).or_else(by_query);
        // It goes back in a header and a body: nothing but what a GUID is made of.
        let plain =
            |id: &String| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        Self { client: client.filter(plain), server: EventId::generate(app.rng()).to_string() }
    }
}

/// Adds the ids of the request, and writes an error out in full.
pub fn dress(app: &App, ids: &Ids, mut answer: Response) -> Response {
    if let Some(error) = answer.extensions_mut().remove::<WireError>() {
        let body = ErrorReply {
            timestamp: app.now().rfc3339(),
            trace_id: ids.server.clone(),
            correlation_id: ids.client.clone().unwrap_or_else(|| ids.server.clone()),
            ..error.body()
        };
        let (mut parts, _) = answer.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        answer = Response::from_parts(parts, Json(body).into_response().into_body());
    }
    let mut put = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    put(SERVER_ID, &ids.server);
    if let Some(client) = &ids.client {
        put(CLIENT_ID, client);
    }
    answer
}

/// An ordinary token answer in the words of a version (prt.md §0.4).
pub fn ordinary(app: &App, version: Version, form: &Params, minted: Minted) -> Response {
    let body = in_words_of(app, version, form, minted);
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The same before it is sent.
pub fn in_words_of(app: &App, version: Version, form: &Params, minted: Minted) -> DialectReply {
    let Minted { reply, audience, person, at } = minted;
    let count = |number: i64| match version {
        Version::V1 => Count::Text(number.to_string()),
        Version::V2 => Count::Number(number),
    };
    let first = version == Version::V1;
    let info = || b64::encode(format!(r#"{{"uid":"{person}","utid":"{}"}}"#, app.tenant));
    DialectReply {
        token_type: reply.token_type,
        expires_in: count(reply.expires_in),
        ext_expires_in: count(reply.expires_in),
        expires_on: first.then(|| count((at + Seconds(reply.expires_in)).0)),
        not_before: first.then(|| count(at.0)),
        resource: first.then_some(audience),
        access_token: reply.access_token,
        scope: reply.scope,
        refresh_token: reply.refresh_token,
        id_token: reply.id_token,
        client_info: (form.get("client_info") == "1").then(info),
    }
}

/// Puts the target of a redirection into its body too: libhimmelblau reads the code there (clients.md §1.3).
pub fn with_link(answer: Response) -> Response {
    if answer.status() != StatusCode::FOUND {
        return answer;
    }
    let Some(to) = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()) else {
        return answer;
    };
    let to = to.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>Continue</title></head><body><a href=\"{to}\">Continue</a></body></html>\n"
    );
    let (mut parts, _) = answer.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    parts.headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    );
    parts.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Response::from_parts(parts, Body::from(page))
}
