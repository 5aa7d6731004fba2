//! Two tiny apps for the demo: relying parties that only speak OpenID Connect, and an API that checks tokens
//! offline. They know the server by its public documents alone.

use crate::extract::Params;
use crate::pages::{self, Band, Claim, Level, SampleApp, SampleKind, SampleSignedIn};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use passband_core::rng::{Random, SystemRandom};
use passband_core::session::claims::{ACCESS_TOKEN_TYP, AccessClaims, ID_TOKEN_TYP, IdClaims};
use passband_wire::jose::jwk::JwkSet;
use passband_wire::jose::jws::{Unverified, VerifyingKey, random_text};
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::message::TokenReply;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

/// A future of the outside world.
pub type Outside<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// How an app reaches the server: two requests.
pub trait Provider: Send + Sync {
    /// `POST /token`.
    fn token(&self, form: Vec<(&'static str, String)>) -> Outside<TokenReply>;
    /// `GET /jwks`.
    fn jwks(&self) -> Outside<JwkSet>;
}

/// What an app is told when it is set up.
pub struct Settings {
    /// Which of the two.
    pub kind: SampleKind,
    /// Its own address, without trailing slash.
    pub url: String,
    /// The other app's.
    pub other: String,
    /// The issuer.
    pub issuer: String,
    /// Its client id.
    pub client_id: String,
    /// The name of its API.
    pub resource: String,
    /// The way to the server.
    pub provider: Box<dyn Provider>,
    /// Now, in seconds.
    pub now: Box<dyn Fn() -> i64 + Send + Sync>,
}

struct Pending {
    state: String,
    nonce: String,
    verifier: String,
}

struct Signed {
    claims: IdClaims,
    id_token: String,
}

#[derive(Default)]
struct Visitors {
    pending: HashMap<String, Pending>,
    signed: HashMap<String, Signed>,
}

struct Sample {
    settings: Settings,
    visitors: Mutex<Visitors>,
}

/// Visitors remembered at most: it is a demo.
const MOST: usize = 1000;

/// The app's routes.
pub fn router(settings: Settings) -> Router {
    let sample = Arc::new(Sample { settings, visitors: Mutex::default() });
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(callback))
        .route("/sign-out", get(sign_out))
        .route("/api/whoami", get(whoami))
        .route("/assets/{name}", get(crate::routes::assets::asset))
        .with_state(sample)
}

impl Sample {
    fn cookie(&self) -> &'static str {
        match self.settings.kind {
            SampleKind::Tasks => "tasks_visitor",
            SampleKind::Notes => "notes_visitor",
        }
    }

    fn visitor<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        crate::cookie::get(headers, self.cookie())
    }

    fn visitors(&self) -> std::sync::MutexGuard<'_, Visitors> {
        self.visitors.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Verifies a token of the server by its published keys, issuer, audience and time: all an app needs.
    async fn verify<T: DeserializeOwned>(&self, text: &str, typ: &str) -> Result<T, String> {
        let token = Unverified::parse(text).map_err(|error| error.to_string())?;
        if token.header.typ.as_deref() != Some(typ) {
            return Err("not a token of this type".to_owned());
        }
        let keys = self.settings.provider.jwks().await?;
        let kid = token.header.kid.clone();
        let key = keys.keys.iter().find(|key| Some(&key.kid) == kid.as_ref()).and_then(|key| key.point());
        let key = key.ok_or("signed by a key the server does not publish")?;
        let key = VerifyingKey::from_point(&key).map_err(|error| error.to_string())?;
        let verified = token.verify_es256(&key).map_err(|error| error.to_string())?;
        verified.claims().map_err(|error| error.to_string())
    }

    fn page(&self, status: StatusCode, signed: Option<&Signed>, problem: Option<String>) -> Response {
        let settings = &self.settings;
        let page = SampleApp {
            app: settings.kind,
            sign_in_href: "/sign-in".to_owned(),
            other_href: settings.other.clone(),
            signed_in: signed.map(told),
            problem,
        };
        pages::reply(status, &page, &pages::csp(&[&settings.issuer]))
    }
}

fn told(signed: &Signed) -> SampleSignedIn {
    let claims = &signed.claims;
    let claim = |name: &str, value: String, meaning: &str| Claim {
        name: name.to_owned(),
        value,
        meaning: meaning.to_owned(),
    };
    let bound = claims.deviceid.is_some();
    let mut rows = vec![
        claim("sub", claims.sub.clone(), "who, the same for ever"),
        claim("preferred_username", claims.preferred_username.clone(), ""),
        claim("acr", claims.acr.clone(), "phr: a sign-in that cannot be phished"),
        claim(
            "amr",
            claims.amr.join(" "),
            "hwk: a key that stays on its device; swk: one that is synced; user: PIN or fingerprint; pop: a device key",
        ),
        claim("auth_time", claims.auth_time.to_string(), "when the person proved it; renewal never moves it"),
        claim("sid", claims.sid.clone(), "the session it lives and dies with"),
    ];
    if let Some(device) = &claims.deviceid {
        rows.push(claim("deviceid", device.clone(), "the device the sign-in came from"));
    }
    SampleSignedIn {
        name: claims.name.clone(),
        claims: rows,
        band: Band {
            platform: if bound { Level::Claimed } else { Level::Unknown },
            device: if bound { Level::Proved } else { Level::Unknown },
            authn: if claims.acr == "phr" { Level::Proved } else { Level::Claimed },
            session: Level::Claimed,
        },
        how: if bound {
            "Without a prompt: the device's Primary Refresh Token signed this browser in.".to_owned()
        } else {
            "With a passkey, in this browser.".to_owned()
        },
        sign_out_href: "/sign-out".to_owned(),
    }
}

fn redirect(to: &str, cookie: Option<String>) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return StatusCode::BAD_REQUEST.into_response() };
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

async fn home(State(app): State<Arc<Sample>>, headers: HeaderMap) -> Response {
    let visitors = app.visitors();
    let signed = app.visitor(&headers).and_then(|id| visitors.signed.get(id));
    app.page(StatusCode::OK, signed, None)
}

async fn sign_in(State(app): State<Arc<Sample>>, RawQuery(query): RawQuery) -> Response {
    let rng: &dyn Random = &SystemRandom;
    let settings = &app.settings;
    let pending = Pending {
        state: random_text::<16>(rng),
        nonce: random_text::<16>(rng),
        verifier: pkce::verifier(rng),
    };
    let visitor = random_text::<32>(rng);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", &settings.client_id)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", &format!("{}/callback", settings.url))
        .append_pair("scope", "openid profile")
        .append_pair("state", &pending.state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &Challenge::of(&pending.verifier).to_string())
        .append_pair("code_challenge_method", "S256");
    if query.as_deref() == Some("prompt=none") {
        form.append_pair("prompt", "none");
    }
    let to = format!("{}/authorize?{}", settings.issuer, form.finish());
    let mut visitors = app.visitors();
    if visitors.pending.len() >= MOST {
        visitors.pending.clear();
    }
    visitors.pending.insert(visitor.clone(), pending);
    drop(visitors);
    redirect(&to, Some(format!("{}={visitor}; Path=/; HttpOnly; SameSite=Lax", app.cookie())))
}

async fn callback(State(app): State<Arc<Sample>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    match finish(&app, &headers, &params).await {
        Ok(signed) => {
            let visitor = random_text::<32>(&SystemRandom);
            let mut visitors = app.visitors();
            if visitors.signed.len() >= MOST {
                visitors.signed.clear();
            }
            visitors.signed.insert(visitor.clone(), signed);
            drop(visitors);
            redirect("/", Some(format!("{}={visitor}; Path=/; HttpOnly; SameSite=Lax", app.cookie())))
        }
        Err(problem) => app.page(StatusCode::BAD_REQUEST, None, Some(problem)),
    }
}

async fn finish(app: &Sample, headers: &HeaderMap, params: &Params) -> Result<Signed, String> {
    let settings = &app.settings;
    let pending = app.visitor(headers).and_then(|id| app.visitors().pending.remove(id));
    let pending = pending.ok_or("This sign-in was not begun in this browser.")?;
    if params.get("state") != pending.state || params.get("iss") != settings.issuer {
        return Err("The answer does not belong to the question.".to_owned());
    }
    if let Some(error) = params.non_empty("error") {
        return Err(format!("The server said: {error}."));
    }
    let form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("client_id", settings.client_id.clone()),
        ("code", params.get("code").to_owned()),
        ("redirect_uri", format!("{}/callback", settings.url)),
        ("code_verifier", pending.verifier),
    ];
    let reply = settings.provider.token(form).await?;
    let id_token = reply.id_token.ok_or("The server sent no ID token.")?;
    let claims: IdClaims = app.verify(&id_token, ID_TOKEN_TYP).await?;
    let good = claims.iss == settings.issuer
        && claims.aud == settings.client_id
        && claims.nonce.as_deref() == Some(&pending.nonce)
        && (settings.now)() < claims.exp;
    if !good {
        return Err("The ID token is not for this sign-in.".to_owned());
    }
    Ok(Signed { claims, id_token })
}

async fn sign_out(State(app): State<Arc<Sample>>, headers: HeaderMap) -> Response {
    let signed = app.visitor(&headers).and_then(|id| app.visitors().signed.remove(id));
    let settings = &app.settings;
    let Some(signed) = signed else { return redirect("/", None) };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", &signed.id_token)
        .append_pair("post_logout_redirect_uri", &format!("{}/", settings.url))
        .finish();
    redirect(&format!("{}/logout?{query}", settings.issuer), None)
}

/// The app's API: who the bearer of an access token is. Checked offline, audience included.
async fn whoami(State(app): State<Arc<Sample>>, headers: HeaderMap) -> Response {
    let refused = |why: String| {
        let body = axum::Json(serde_json::json!({ "error": "invalid_token", "error_description": why }));
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")], body)
            .into_response()
    };
    let Some(token) = crate::extract::bearer(&headers) else { return refused("no token".to_owned()) };
    let claims: AccessClaims = match app.verify(token, ACCESS_TOKEN_TYP).await {
        Ok(claims) => claims,
        Err(why) => return refused(why),
    };
    let settings = &app.settings;
    if claims.iss != settings.issuer || claims.aud != settings.resource {
        return refused(format!("the token is for {}, not for {}", claims.aud, settings.resource));
    }
    if (settings.now)() >= claims.exp {
        return refused("the token has expired".to_owned());
    }
    axum::Json(serde_json::json!({ "upn": claims.upn, "deviceid": claims.deviceid, "acr": claims.acr }))
        .into_response()
}
