//! Getting, renewing and using a PRT (prt.md §4 to §7): signed by the device's key itself (§5.6), or by a session key
//! with KDFv2. The suite follows from the device's keys.

use crate::cache::CachedPrt;
use crate::enrol::Device;
use crate::error::Error;
use crate::http::Reply;
use crate::keys::{DeviceKeys, KeyError, Transport};
use crate::provider::Provider;
use crate::secret::Secret;
use passband_wire::jose::ecdh::open_with;
use passband_wire::jose::jwe::{JweError, open_reply, unwrap_session_key};
use passband_wire::jose::jws::Unverified;
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::RsaError;
use passband_wire::prt::bound::{Bound, fresh_apv};
use passband_wire::prt::message::{CookieClaims, PrtReply, PrtRequestClaims, PrtUseClaims, TokenReply};
use passband_wire::prt::suite::Suite;
use passband_wire::prt::{BROKER_CLIENT, BROKER_PLUGIN, signed};
use passband_wire::rng::Random;
use passband_wire::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// A PRT is renewed when it is used at this age (§6.3: what Windows does).
const RENEW_AFTER: Seconds = Seconds::hours(4);

/// A PRT, and what besides the device's keys it takes to use it.
#[derive(Clone, Debug)]
pub struct Prt {
    token: Secret,
    hold: Hold,
    user: String,
    obtained: Timestamp,
    expires: Timestamp,
}

/// What signs for a PRT.
#[derive(Clone, Debug)]
enum Hold {
    /// The device's key, each time. There is nothing here to copy.
    DeviceKey,
    /// A key that is in this process, and in the store under the transport key.
    SessionKey {
        key: SessionKey,
        /// The same as the server sent it, encrypted to the transport key: the form it is stored in.
        envelope: String,
    },
}

impl Hold {
    fn unwrapped(envelope: String, transport: Transport<'_>) -> Option<Self> {
        let Transport::Unwrap(transport) = transport else { return None };
        let key = unwrap_session_key(&envelope, transport).ok()?;
        Some(Self::SessionKey { key, envelope })
    }
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

    /// The PRT itself: worthless without the key it is bound to, and that is worth demonstrating.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// The session key its requests are signed with; `None` where the device's own key signs. For tests and
    /// demonstrations of theft; the broker itself never hands it out.
    #[must_use]
    pub const fn session_key(&self) -> Option<&SessionKey> {
        match &self.hold {
            Hold::DeviceKey => None,
            Hold::SessionKey { key, .. } => Some(key),
        }
    }

    /// What signs for it.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match &self.hold {
            Hold::DeviceKey => Suite::DeviceKey,
            Hold::SessionKey { .. } => Suite::SessionKey,
        }
    }

    /// The form for the cache file.
    #[must_use]
    pub fn to_cached(&self) -> CachedPrt {
        CachedPrt {
            prt: self.token.expose().to_owned(),
            session_key_jwe: match &self.hold {
                Hold::DeviceKey => None,
                Hold::SessionKey { envelope, .. } => Some(envelope.clone()),
            },
            user: self.user.clone(),
            obtained: self.obtained,
            expires: self.expires,
        }
    }

    /// The PRT of a cache file, its session key, if it has one, unwrapped by the transport key.
    ///
    /// # Errors
    ///
    /// [`Error::Keys`] if the transport key does not open it, or the file is of another suite than the keys.
    pub fn from_cached(cached: &CachedPrt, keys: &dyn DeviceKeys) -> Result<Self, Error> {
        let hold = match (keys.suite(), cached.session_key_jwe.clone()) {
            (Suite::DeviceKey, None) => Some(Hold::DeviceKey),
            (Suite::SessionKey, Some(envelope)) => Hold::unwrapped(envelope, keys.transport()),
            _ => None,
        };
        Ok(Self {
            token: Secret::new(cached.prt.clone()),
            hold: hold.ok_or(KeyError::Rsa(RsaError))?,
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
    (now, rng): (Timestamp, &dyn Random),
) -> Result<Prt, Error> {
    let suite = device.keys.suite();
    let apv = fresh_apv(rng);
    let sign = |nonce: &str| {
        let claims = PrtRequestClaims {
            client_id: BROKER_CLIENT.to_string(),
            request_nonce: nonce.to_owned(),
            scope: "openid aza".to_owned(),
            grant_type: "refresh_token".to_owned(),
            refresh_token: Some(refresh_token.expose().to_owned()),
            assertion: None,
        };
        match suite {
            Suite::DeviceKey => device.sign(&Bound::issue(claims, &apv)),
            Suite::SessionKey => device.sign(&claims),
        }
    };
    let reply = provider.post_signed(suite, sign).await?;
    let (reply, hold) = match suite {
        Suite::DeviceKey => (opened(&Hold::DeviceKey, device, &apv, &reply)?, Hold::DeviceKey),
        Suite::SessionKey => {
            let mut reply: PrtReply = reply.json().ok_or(Error::Protocol("no PRT in the answer"))?;
            let envelope =
                reply.session_key_jwe.take().ok_or(Error::Protocol("no session key came with the PRT"))?;
            let hold = Hold::unwrapped(envelope, device.keys.transport());
            let told = "the session key is not encrypted to this device's transport key";
            (reply, hold.ok_or(Error::Protocol(told))?)
        }
    };
    Ok(Prt {
        token: Secret::new(reply.refresh_token),
        hold,
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
    device: Device<'a>,
    rng: &'a dyn Random,
    prt: tokio::sync::Mutex<Prt>,
}

impl<'a> PrtSession<'a> {
    /// Uses `prt` with the server it came from, on the device it is bound to.
    #[must_use]
    pub fn new(provider: &'a Provider, device: Device<'a>, prt: Prt, rng: &'a dyn Random) -> Self {
        Self { provider, device, rng, prt: tokio::sync::Mutex::new(prt) }
    }

    /// The PRT as it now is, to be stored.
    pub async fn current(&self) -> Prt {
        self.prt.lock().await.clone()
    }

    /// Renews the PRT. What signs for it stays; factors and time of sign-in do too, by the server's rule.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server says no. The old PRT is kept.
    pub async fn renew(&self, now: Timestamp) -> Result<(), Error> {
        let mut prt = self.prt.lock().await;
        let request =
            TokenRequest { client_id: &BROKER_PLUGIN.to_string(), scope: "openid aza", resource: None };
        let reply: PrtReply = self.post(&prt, &request).await?;
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
        self.post(&prt, request).await
    }

    /// Sends one use of the PRT, and reads the answer that is for it alone.
    async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        prt: &Prt,
        request: &TokenRequest<'_>,
    ) -> Result<T, Error> {
        let apv = fresh_apv(self.rng);
        let sign = |nonce: &str| {
            let claims = prt.use_claims(request.client_id, request.scope, request.resource, nonce);
            match &prt.hold {
                Hold::DeviceKey => self.device.sign(&Bound::usage(claims, &apv)),
                Hold::SessionKey { key, .. } => signed::sign(key, &claims, self.rng)
                    .map_err(|_| Error::Protocol("a request could not be written as JSON")),
            }
        };
        let reply = self.provider.post_signed(prt.suite(), sign).await?;
        opened(&prt.hold, self.device, &apv, &reply)
    }
}

/// The PRT cookie for one nonce: value of the header or cookie `x-ms-RefreshTokenCredential` (§7.2).
///
/// # Errors
///
/// [`Error::BadNonce`] if the nonce has characters no nonce has.
pub fn cookie(device: Device<'_>, prt: &Prt, nonce: &str, rng: &dyn Random) -> Result<Secret, Error> {
    let nonce = crate::provider::checked(nonce.to_owned()).ok_or(Error::BadNonce)?;
    let claims = CookieClaims::new(prt.token.expose(), &nonce);
    let text = match &prt.hold {
        Hold::DeviceKey => device.sign(&Bound::cookie(claims))?,
        Hold::SessionKey { key, .. } => signed::sign(key, &claims, rng)
            .map_err(|_| Error::Protocol("a cookie could not be written as JSON"))?,
    };
    Ok(Secret::new(text))
}

/// Decrypts an answer. One that is not encrypted for this PRT's holder, and for this request where the device agreed on
/// its key, is not an answer to it.
fn opened<T: for<'de> Deserialize<'de>>(
    hold: &Hold,
    device: Device<'_>,
    apv: &[u8],
    reply: &Reply,
) -> Result<T, Error> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| Error::Protocol("an answer is not text"))?;
    let plain = match (hold, device.keys.transport()) {
        (Hold::DeviceKey, Transport::Agree(key)) => open_with(key, apv, text),
        (Hold::SessionKey { key, .. }, _) => open_reply(key, text),
        (Hold::DeviceKey, Transport::Unwrap(_)) => Err(JweError::Key),
    };
    let plain = zeroize::Zeroizing::new(
        plain.map_err(|_| Error::Protocol("an answer is not encrypted for this request of this device"))?,
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
