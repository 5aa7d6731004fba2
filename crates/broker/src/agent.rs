//! One device, one server, one state directory: the steps a person asks for, each whole.

use crate::browser::Browser;
use crate::cache;
use crate::enrol::{self, Description, Device, Identity, JoinKind};
use crate::error::Error;
use crate::http::{Http, ServerUrl};
use crate::keys::soft::SoftKeys;
use crate::provider::{self, Provider};
use crate::prt::{self, Prt, PrtSession, TokenRequest};
use crate::secret::Secret;
use crate::signin::{SignInRequest, sign_in};
use crate::state::{StateDir, StateError};
use passband_wire::prt::DRS_RESOURCE;
use passband_wire::prt::message::TokenReply;
use passband_wire::prt::suite::Suite;
use passband_wire::rng::Random;
use passband_wire::time::{Seconds, Timestamp};

const IDENTITY: &str = "device.json";

/// Registering a device and obtaining a PRT want a sign-in no older than this (prt.md A11, A13).
const FRESH: Seconds = Seconds::minutes(10);

/// Where time and randomness come from.
pub struct Surroundings {
    /// The current instant.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Unpredictable bytes.
    pub rng: Box<dyn Random>,
}

/// The broker of one state directory.
pub struct Agent {
    state: StateDir,
    provider: Provider,
    around: Surroundings,
}

/// What [`Agent::local_status`] knows without asking the server.
#[derive(Debug)]
pub struct LocalStatus {
    /// Who the device is.
    pub identity: Identity,
    /// Who is signed in.
    pub signed_in: Option<cache::CachedPrt>,
}

/// The identity a state directory holds; `None` if the device has not joined.
///
/// # Errors
///
/// [`Error::State`].
pub fn identity_of(state: &StateDir) -> Result<Option<Identity>, Error> {
    let Some(bytes) = state.read(IDENTITY)? else { return Ok(None) };
    let identity = serde_json::from_slice(&bytes);
    identity.map(Some).map_err(|_| StateError::Malformed(state.path().join(IDENTITY)).into())
}

/// Throws away identity, keys and PRT without telling the server: only ever because a person asked for it.
///
/// # Errors
///
/// [`Error::State`].
pub fn forget(state: &StateDir) -> Result<(), Error> {
    let _lock = state.lock()?;
    cache::remove(state)?;
    SoftKeys::remove(state)?;
    // Last, so that a forgetting cut short can be asked for again.
    Ok(state.remove(IDENTITY)?)
}

impl Agent {
    /// The broker of `state`, talking to `server`, or to the server it joined if none is named. With `ca` (PEM)
    /// that CA is trusted and no other.
    ///
    /// # Errors
    ///
    /// [`Error::OtherServer`] if the directory belongs to another server, [`Error::NotJoined`] if neither is known.
    pub fn new(
        state: StateDir,
        server: Option<ServerUrl>,
        ca: Option<&[u8]>,
        around: Surroundings,
    ) -> Result<Self, Error> {
        let server = match (identity_of(&state)?, server) {
            (Some(identity), Some(asked)) if identity.server != asked.as_str() => {
                return Err(Error::OtherServer { joined: identity.server, asked: asked.to_string() });
            }
            (_, Some(asked)) => asked,
            (Some(identity), None) => ServerUrl::parse(&identity.server)?,
            (None, None) => return Err(Error::NotJoined),
        };
        Ok(Self { state, provider: Provider::new(Http::new(server, ca)?), around })
    }

    /// The server as this broker sees it.
    #[must_use]
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Where it keeps things.
    #[must_use]
    pub const fn state(&self) -> &StateDir {
        &self.state
    }

    /// Gives the device an identity: sign-in in the browser, fresh keys, certificate. Its keys are P-256, and sign
    /// every use of its PRT themselves.
    ///
    /// # Errors
    ///
    /// As [`join_in`](Self::join_in).
    pub async fn join(
        &self,
        kind: JoinKind,
        description: &Description,
        browser: &dyn Browser,
    ) -> Result<Identity, Error> {
        self.join_in(Suite::DeviceKey, kind, description, browser).await
    }

    /// [`join`](Self::join), with keys for the suite asked for.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyJoined`], or what the sign-in or the server said. Nothing is kept of a join that failed.
    pub async fn join_in(
        &self,
        suite: Suite,
        kind: JoinKind,
        description: &Description,
        browser: &dyn Browser,
    ) -> Result<Identity, Error> {
        self.demand_unjoined()?;
        let request = SignInRequest {
            scope: "openid",
            resource: Some(DRS_RESOURCE),
            max_age: Some(FRESH),
            ..SignInRequest::default()
        };
        let tokens = sign_in(&self.provider, browser, &request, &*self.around.rng).await?;
        let _lock = self.state.lock()?;
        // Again, under the lock: another command may have joined while the person was in the browser.
        self.demand_unjoined()?;
        let keys = SoftKeys::create(&self.state, suite)?;
        let joined = enrol::join(&self.provider, &keys, kind, description, &tokens.access_token).await;
        let joined = joined.inspect_err(|_| {
            // Keys no server knows are of no use; that they stay behind would be no harm either.
            let _ = SoftKeys::remove(&self.state);
        })?;
        let server = self.provider.http().server();
        let identity = joined.identity(server.as_str(), kind, &description.display_name, (self.around.now)());
        let bytes = serde_json::to_vec_pretty(&identity)
            .map_err(|_| Error::Protocol("an identity could not be written as JSON"))?;
        self.state.write(IDENTITY, &bytes)?;
        Ok(identity)
    }

    fn demand_unjoined(&self) -> Result<(), Error> {
        match identity_of(&self.state)? {
            Some(identity) => Err(Error::AlreadyJoined(identity.server)),
            None => Ok(()),
        }
    }

    /// Signs the person in on this device: sign-in in the browser, then a PRT.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`], or what the sign-in or the server said.
    pub async fn login(&self, browser: &dyn Browser, login_hint: Option<&str>) -> Result<Prt, Error> {
        self.login_with(browser, login_hint, None).await
    }

    /// [`login`](Self::login), where the person proves themselves anew, however recent their last sign-in is: for what
    /// takes a sign-in of just now.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`], or what the sign-in or the server said.
    pub async fn login_again(&self, browser: &dyn Browser, login_hint: Option<&str>) -> Result<Prt, Error> {
        self.login_with(browser, login_hint, Some("login")).await
    }

    async fn login_with(
        &self,
        browser: &dyn Browser,
        login_hint: Option<&str>,
        prompt: Option<&str>,
    ) -> Result<Prt, Error> {
        let (identity, keys) = self.device()?;
        let request = SignInRequest {
            scope: "openid offline_access",
            max_age: Some(FRESH),
            login_hint,
            prompt,
            ..SignInRequest::default()
        };
        let tokens = sign_in(&self.provider, browser, &request, &*self.around.rng).await?;
        let refresh_token =
            tokens.refresh_token.ok_or(Error::Protocol("no refresh token in the answer to the code"))?;
        let _lock = self.state.lock()?;
        let device = Device { keys: &keys, certificate: &identity.certificate };
        let prt =
            prt::issue(&self.provider, device, &refresh_token, ((self.around.now)(), &*self.around.rng))
                .await?;
        cache::store(&self.state, &prt)?;
        Ok(prt)
    }

    /// An app's tokens, from the PRT; renews the PRT first when that is due.
    ///
    /// # Errors
    ///
    /// [`Error::NotSignedIn`], or what the server said.
    pub async fn token(&self, request: &TokenRequest<'_>) -> Result<TokenReply, Error> {
        let _lock = self.state.lock()?;
        let (identity, keys) = self.device()?;
        let session = self.session(Device { keys: &keys, certificate: &identity.certificate })?;
        let now = (self.around.now)();
        if session.current().await.is_renewal_due(now) {
            session.renew(now).await?;
            cache::store(&self.state, &session.current().await)?;
        }
        session.token(request, now).await
    }

    /// Renews the PRT now. Success means that person, device and session are all in good standing.
    ///
    /// # Errors
    ///
    /// [`Error::NotSignedIn`], or what the server said.
    pub async fn renew(&self) -> Result<Prt, Error> {
        let _lock = self.state.lock()?;
        let (identity, keys) = self.device()?;
        let session = self.session(Device { keys: &keys, certificate: &identity.certificate })?;
        session.renew((self.around.now)()).await?;
        let prt = session.current().await;
        cache::store(&self.state, &prt)?;
        Ok(prt)
    }

    /// The PRT cookie for `nonce`, or for a fresh one of the server.
    ///
    /// # Errors
    ///
    /// [`Error::NotSignedIn`], or what the server said.
    pub async fn cookie(&self, nonce: Option<&str>) -> Result<Secret, Error> {
        let (identity, keys) = self.device()?;
        let device = Device { keys: &keys, certificate: &identity.certificate };
        let prt = cache::load(&self.state, &keys)?.ok_or(Error::NotSignedIn)?;
        match nonce {
            Some(nonce) => prt::cookie(device, &prt, nonce, &*self.around.rng),
            None => prt::cookie(device, &prt, &self.provider.nonce().await?, &*self.around.rng),
        }
    }

    /// The cached PRT in use on its device.
    fn session<'a>(&'a self, device: Device<'a>) -> Result<PrtSession<'a>, Error> {
        let prt = cache::load(&self.state, device.keys)?.ok_or(Error::NotSignedIn)?;
        Ok(PrtSession::new(&self.provider, device, prt, &*self.around.rng))
    }

    /// The `sso_nonce` of an authorize address on this server (prt.md §7.3); `None` if it carries none.
    ///
    /// # Errors
    ///
    /// [`Error::Http`] if the address is on another server: a cookie made for it would be made for a thief.
    /// [`Error::BadNonce`] if it carries two, or something that is none.
    pub fn nonce_in(&self, url: &str) -> Result<Option<String>, Error> {
        let url = self.provider.http().server().own_text(url)?;
        let mut nonces = url.query_pairs().filter(|(name, _)| name == "sso_nonce");
        let nonce = nonces.next().map(|(_, value)| value.into_owned());
        match (nonce, nonces.next()) {
            (None, _) => Ok(None),
            (Some(nonce), None) => provider::checked(nonce).map(Some).ok_or(Error::BadNonce),
            (Some(_), Some(_)) => Err(Error::BadNonce),
        }
    }

    /// What is known here.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`] or [`Error::State`].
    pub fn local_status(&self) -> Result<LocalStatus, Error> {
        let identity = identity_of(&self.state)?.ok_or(Error::NotJoined)?;
        Ok(LocalStatus { identity, signed_in: cache::peek(&self.state)? })
    }

    /// Takes the device out of the server's directory, then forgets it here.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`], or what the server said; then nothing is forgotten.
    pub async fn leave(&self) -> Result<Identity, Error> {
        let (identity, keys) = self.device()?;
        let device = Device { keys: &keys, certificate: &identity.certificate };
        enrol::leave(&self.provider, device, identity.device_id).await?;
        forget(&self.state)?;
        Ok(identity)
    }

    /// The device as it can prove itself.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`] or [`Error::Keys`].
    pub fn device(&self) -> Result<(Identity, SoftKeys), Error> {
        let identity = identity_of(&self.state)?.ok_or(Error::NotJoined)?;
        Ok((identity, SoftKeys::load(&self.state)?))
    }

    /// The cached PRT, ready for use.
    ///
    /// # Errors
    ///
    /// [`Error::NotJoined`] or [`Error::NotSignedIn`].
    pub fn cached(&self) -> Result<Prt, Error> {
        let (_, keys) = self.device()?;
        cache::load(&self.state, &keys)?.ok_or(Error::NotSignedIn)
    }
}
