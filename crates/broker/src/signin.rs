//! Signing the person in through the system browser: code flow with PKCE and a loopback redirect (RFC 8252).

use crate::browser::Browser;
use crate::error::Error;
use crate::loopback::{Expected, Loopback};
use crate::provider::{Metadata, Provider};
use crate::secret::Secret;
use passband_wire::jose::jws::random_text;
use passband_wire::oauth::pkce::{self, Challenge};
use passband_wire::prt::BROKER_CLIENT;
use passband_wire::prt::message::TokenReply;
use passband_wire::rng::Random;
use passband_wire::time::Seconds;
use std::time::Duration;

/// How long a person has in the browser.
const PATIENCE: Duration = Duration::from_secs(300);

/// What the broker wants of a sign-in.
#[derive(Clone, Debug, Default)]
pub struct SignInRequest<'a> {
    /// Scope.
    pub scope: &'a str,
    /// Audience of the access token (RFC 8707), if not the default.
    pub resource: Option<&'a str>,
    /// The oldest sign-in that will do; an older one makes the server ask again.
    pub max_age: Option<Seconds>,
    /// OpenID Connect `prompt`.
    pub prompt: Option<&'a str>,
    /// Who is likely to sign in.
    pub login_hint: Option<&'a str>,
}

/// The broker's own tokens.
#[derive(Debug)]
pub struct BrokerTokens {
    /// For the resource asked for.
    pub access_token: Secret,
    /// With `offline_access`.
    pub refresh_token: Option<Secret>,
}

/// Sends the person to sign in and redeems the code that comes back.
///
/// # Errors
///
/// [`Error::SignIn`] if the browser brought no code, [`Error::Refused`] if the code was not accepted.
pub async fn sign_in(
    provider: &Provider,
    browser: &dyn Browser,
    request: &SignInRequest<'_>,
    rng: &dyn Random,
) -> Result<BrokerTokens, Error> {
    let metadata = provider.metadata().await?;
    let loopback = Loopback::bind().await?;
    let redirect_uri = loopback.redirect_uri();
    let trip =
        Trip { redirect_uri, verifier: Secret::new(pkce::verifier(rng)), state: random_text::<32>(rng) };
    browser.open(&trip.authorize_url(&metadata, request))?;
    let expected = Expected { state: trip.state.clone(), issuer: metadata.issuer.clone() };
    let code = loopback.wait(expected, PATIENCE).await?;
    trip.redeem(provider, &metadata, request.resource, &code).await
}

/// One round through the browser: what is known before it and needed after.
struct Trip {
    redirect_uri: String,
    verifier: Secret,
    state: String,
}

impl Trip {
    fn authorize_url(&self, metadata: &Metadata, request: &SignInRequest<'_>) -> String {
        let mut url = metadata.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &BROKER_CLIENT.to_string())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", request.scope)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &Challenge::of(self.verifier.expose()).to_string())
            .append_pair("code_challenge_method", "S256");
        if let Some(max_age) = request.max_age {
            query.append_pair("max_age", &max_age.0.to_string());
        }
        let optional =
            [("resource", request.resource), ("prompt", request.prompt), ("login_hint", request.login_hint)];
        for (name, value) in optional {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        drop(query);
        url.into()
    }

    async fn redeem(
        &self,
        provider: &Provider,
        metadata: &Metadata,
        resource: Option<&str>,
        code: &Secret,
    ) -> Result<BrokerTokens, Error> {
        let client_id = BROKER_CLIENT.to_string();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &client_id),
            ("code", code.expose()),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", self.verifier.expose()),
        ];
        form.extend(resource.map(|resource| ("resource", resource)));
        let reply = provider.post_form(metadata.token_endpoint.path(), &form).await?;
        let reply: TokenReply = reply.json().ok_or(Error::Protocol("no tokens in the answer to the code"))?;
        Ok(BrokerTokens {
            access_token: Secret::new(reply.access_token),
            refresh_token: reply.refresh_token.map(Secret::new),
        })
    }
}
