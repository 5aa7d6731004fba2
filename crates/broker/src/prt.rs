//! Getting, renewing and using a PRT (prt.md §4 to §7), strict suite.

use crate::cache::CachedPrt;
use crate::enrol::Device;
use crate::error::Error;
use crate::http::Reply;
use crate::keys::DeviceKeys;
use crate::provider::Provider;
use crate::secret::Secret;
use passband_wire::jose::jwe::{open_reply, unwrap_session_key};
use passband_wire::jose::jws::Unverified;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::message::{CookieClaims, PrtReply, PrtRequestClaims, PrtUseClaims, TokenReply};
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, signed};
use passband_wire::rng::Random;
use passband_wire::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// A PRT is renewed when it is used at this age (§6.3: what Windows does).
const RENEW_AFTER: Seconds = Seconds::hours(4);

/// A PRT and the key that alone makes it useful.
#[derive(Clone, Debug)]
pub struct Prt {
    token: Secret,
    session_key: SessionKey,
    /// The session key as the server sent it, encrypted to the transport key: the form it is stored in.
    envelope: String,
    user: String,
    obtained: Timestamp,
    expires: Timestamp,
}

impl Prt {
    /// Who it is for, as the server named them; empty if it named nobody.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// When its lifetime ends, by this device's clock.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// When it was issued or last renewed, by this device's clock.
    #[must_use]
    pub const fn obtained(&self) -> Timestamp {
        self.obtained
    }

    /// Whether it should be renewed before it is used.
    #[must_use]
    pub fn is_renewal_due(&self, now: Timestamp) -> bool {
        now - self.obtained >= RENEW_AFTER
    }

    /// The PRT itself: worthless without the session key, and that is worth demonstrating.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// The key its requests are signed with. For tests and demonstrations of theft; the broker itself never
    /// hands it out.
    #[must_use]
    pub const fn session_key(&self) -> &SessionKey {
        &self.session_key
    }

    /// The form for the cache file.
    #[must_use]
    pub fn to_cached(&self) -> CachedPrt {
        CachedPrt {
            prt: self.token.expose().to_owned(),
            session_key_jwe: self.envelope.clone(),
            user: self.user.clone(),
            obtained: self.obtained,
            expires: self.expires,
        }
    }

    /// The PRT of a cache file, its session key unwrapped by the transport key.
    ///
    /// # Errors
    ///
    /// [`Error::Keys`] if the transport key does not open it.
    pub fn from_cached(cached: &CachedPrt, keys: &dyn DeviceKeys) -> Result<Self, Error> {
        let session_key = unwrap_session_key(&cached.session_key_jwe, keys.transport())
            .map_err(|_| crate::keys::KeyError::Rsa(passband_wire::jose::rsa::RsaError))?;
        Ok(Self {
            token: Secret::new(cached.prt.clone()),
            session_key,
            envelope: cached.session_key_jwe.clone(),
            user: cached.user.clone(),
            obtained: cached.obtained,
            expires: cached.expires,
        })
    }

    /// Claims that use this PRT at the token endpoint.
    fn use_claims(&self, client_id: &str, scope: &str, resource: Option<&str>, nonce: &str) -> PrtUseClaims {
        PrtUseClaims {
            refresh_token: self.token.expose().to_owned(),
            grant_type: "refresh_token".to_owned(),
            client_id: client_id.to_owned(),
            scope: scope.to_owned(),
            resource: resource.map(str::to_owned),
            request_nonce: Some(nonce.to_owned()),
        }
    }
}

/// Trades a refresh token of the broker for a PRT, signed by the device key.
///
/// # Errors
///
/// [`Error::Refused`] if the server says no, [`Error::Protocol`] if the session key does not arrive.
pub async fn issue(
    provider: &Provider,
    device: Device<'_>,
    refresh_token: &Secret,
    now: Timestamp,
) -> Result<Prt, Error> {
    let reply = provider
        .post_signed(|nonce| {
            device.sign(&PrtRequestClaims {
                client_id: BROKER_CLIENT.to_string(),
                request_nonce: nonce.to_owned(),
                scope: "openid aza".to_owned(),
                grant_type: "refresh_token".to_owned(),
                refresh_token: Some(refresh_token.expose().to_owned()),
                assertion: None,
            })
        })
        .await?;
    let reply: PrtReply = reply.json().ok_or(Error::Protocol("no PRT in the answer"))?;
    let envelope = reply.session_key_jwe.ok_or(Error::Protocol("no session key came with the PRT"))?;
    let session_key = unwrap_session_key(&envelope, device.keys.transport())
        .map_err(|_| Error::Protocol("the session key is not encrypted to this device's transport key"))?;
    Ok(Prt {
        token: Secret::new(reply.refresh_token),
        session_key,
        envelope,
        user: user_of(&reply.id_token),
        obtained: now,
        expires: now + Seconds(reply.refresh_token_expires_in.max(0)),
    })
}

/// What an app wants.
#[derive(Clone, Debug)]
pub struct TokenRequest<'a> {
    /// The app.
    pub client_id: &'a str,
    /// Scope.
    pub scope: &'a str,
    /// Audience, if not the default.
    pub resource: Option<&'a str>,
}

/// A PRT in use, one request at a time: an honest race must not look like a replay to the server.
pub struct PrtSession<'a> {
    provider: &'a Provider,
    rng: &'a dyn Random,
    prt: tokio::sync::Mutex<Prt>,
}

impl<'a> PrtSession<'a> {
    /// Uses `prt` with the server it came from.
    #[must_use]
    pub fn new(provider: &'a Provider, prt: Prt, rng: &'a dyn Random) -> Self {
        Self { provider, rng, prt: tokio::sync::Mutex::new(prt) }
    }

    /// The PRT as it now is, to be stored.
    pub async fn current(&self) -> Prt {
        self.prt.lock().await.clone()
    }

    /// Renews the PRT. The session key stays; factors and time of sign-in do too, by the server's rule.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server says no. The old PRT is kept.
    pub async fn renew(&self, now: Timestamp) -> Result<(), Error> {
        let mut prt = self.prt.lock().await;
        let reply = self.post(&prt, &BROKER_PLUGIN.to_string(), "openid aza", None).await?;
        let reply: PrtReply = opened(&prt, &reply)?;
        prt.token = Secret::new(reply.refresh_token);
        prt.obtained = now;
        prt.expires = now + Seconds(reply.refresh_token_expires_in.max(0));
        Ok(())
    }

    /// Trades the PRT for an app's tokens.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server says no; [`Error::PrtExpired`] without asking it.
    pub async fn token(&self, request: &TokenRequest<'_>, now: Timestamp) -> Result<TokenReply, Error> {
        let prt = self.prt.lock().await;
        if now >= prt.expires {
            return Err(Error::PrtExpired);
        }
        let reply = self.post(&prt, request.client_id, request.scope, request.resource).await?;
        opened(&prt, &reply)
    }

    async fn post(
        &self,
        prt: &Prt,
        client_id: &str,
        scope: &str,
        resource: Option<&str>,
    ) -> Result<Reply, Error> {
        let sign = |nonce: &str| {
            let claims = prt.use_claims(client_id, scope, resource, nonce);
            signed::sign(&prt.session_key, &claims, self.rng)
                .map_err(|_| Error::Protocol("a request could not be written as JSON"))
        };
        self.provider.post_signed(sign).await
    }
}

/// The PRT cookie for one nonce: value of the header or cookie `x-ms-RefreshTokenCredential` (§7.2).
///
/// # Errors
///
/// [`Error::BadNonce`] if the nonce has characters no nonce has.
pub fn cookie(prt: &Prt, nonce: &str, rng: &dyn Random) -> Result<Secret, Error> {
    let nonce = crate::provider::checked(nonce.to_owned()).ok_or(Error::BadNonce)?;
    let claims = CookieClaims::new(prt.token.expose(), &nonce);
    let text = signed::sign(&prt.session_key, &claims, rng)
        .map_err(|_| Error::Protocol("a cookie could not be written as JSON"))?;
    Ok(Secret::new(text))
}

/// Decrypts an answer. One that is not encrypted under the session key is not an answer to this request.
fn opened<T: for<'de> Deserialize<'de>>(prt: &Prt, reply: &Reply) -> Result<T, Error> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| Error::Protocol("an answer is not text"))?;
    let plain = zeroize::Zeroizing::new(
        open_reply(&prt.session_key, text)
            .map_err(|_| Error::Protocol("an answer is not encrypted under this PRT's session key"))?,
    );
    serde_json::from_slice(&plain).map_err(|_| Error::Protocol("an answer lacks the tokens asked for"))
}

#[derive(Default, Deserialize, Serialize)]
struct Names {
    #[serde(default)]
    upn: String,
    #[serde(default)]
    preferred_username: String,
}

/// Who an ID token names. It is shown to the person and decides nothing, and it came over TLS from its issuer
/// (OpenID Connect Core §3.1.3.7 item 6), so its signature is not looked at.
fn user_of(id_token: &str) -> String {
    let names: Names =
        Unverified::parse(id_token).and_then(|jws| jws.claims_unverified()).unwrap_or_default();
    let name = if names.upn.is_empty() { names.preferred_username } else { names.upn };
    crate::error::printable(&name, 256)
}
