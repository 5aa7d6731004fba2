//! People with everything a signed-in person has, written straight into the store.

use super::{CLIENT, RESOURCE};
use crate::app::App;
use passband_core::change::Change;
use passband_core::compliance::{Compliance, Details};
use passband_core::directory::{
    App as AppRecord, ClientProfile, Device, Evidence, Grant, JoinType, Passkey, Session, SessionKind, User,
};
use passband_core::id::{DeviceId, SessionId, UserId};
use passband_core::policy::signal::{EvidenceLevel, Factors};
use passband_core::reason::Reason;
use passband_core::rng;
use passband_core::session::grant::{LIFETIME, RefreshToken};
use passband_core::session::holder::Holder;
use passband_core::session::prt::{self, Prt};
use passband_core::time::Seconds;
use passband_store::{CommitError, StoreError};
use passband_wire::cose::{Algorithm, CoseKey, Curve, KeyMaterial};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::prt::BROKER_CLIENT;
use std::ops::Range;

/// People to a commit.
const GROUP: usize = 200;

/// Size of a device certificate as this server makes them.
const CERTIFICATE: usize = 560;

/// Why people could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// A commit failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A public key is not one.
    #[error("a passkey has no P-256 public key")]
    Key,
    /// A token could not be sealed.
    #[error("a token could not be sealed: {}", .0.code())]
    Seal(Reason),
    /// A load failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A passkey someone holds.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Credential id.
    pub id: Vec<u8>,
    /// Public P-256 key, an uncompressed point.
    pub point: Vec<u8>,
}

/// Who is to be made.
pub struct Plan<'a> {
    /// Numbers of the people, which are in their names.
    pub numbers: Range<usize>,
    /// Public device key of all, DER `SubjectPublicKeyInfo`.
    pub device_key: &'a [u8],
    /// A public P-256 key, of devices that sign for themselves.
    pub p256: &'a [u8],
    /// The passkey of a person by number and user handle.
    pub passkey: &'a mut dyn FnMut(usize, &[u8]) -> Credential,
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("numbers", &self.numbers).finish_non_exhaustive()
    }
}

/// What a person's device keeps.
#[derive(Clone, Debug)]
pub struct Held {
    /// A PRT.
    pub prt: String,
    /// Its session key.
    pub key: SessionKey,
    /// A PRT of the same session, held by the device's P-256 key: what the server does with one is the same.
    pub bound: String,
    /// A refresh token of [`CLIENT`], of the PRT's session.
    pub refresh: String,
    /// The device's certificate, as far as this server reads one.
    pub certificate: Vec<u8>,
    /// Of the device.
    pub profile: ClientProfile,
    user: UserId,
    passkey: Vec<u8>,
}

/// Whether the installation has nobody yet: a benchmark fills no database that people use.
///
/// # Errors
///
/// [`StoreError`].
pub async fn is_empty(app: &App) -> Result<bool, StoreError> {
    let page = passband_store::Page::first(1);
    Ok(app.store.users("", &page).await?.items.is_empty())
}

/// Registers the app the tokens are for.
///
/// # Errors
///
/// [`CommitError`].
pub async fn register_app(app: &App) -> Result<(), CommitError> {
    let record = AppRecord {
        id: CLIENT,
        name: "Benchmark".to_owned(),
        redirect_uris: vec!["https://bench.passband.invalid/callback".to_owned()],
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: vec![RESOURCE.to_owned()],
        secret_hash: None,
        enabled: true,
        created: app.now(),
    };
    app.commit(vec![Change::InsertApp(record)]).await
}

/// Makes people, each with a passkey, a device, a PRT session and a refresh token.
///
/// # Errors
///
/// [`PeopleError`].
pub async fn make(app: &App, plan: Plan<'_>) -> Result<Vec<Held>, PeopleError> {
    let mut all = Vec::with_capacity(plan.numbers.len());
    let mut changes = Vec::new();
    for number in plan.numbers {
        let user = user(app, number);
        let credential = (plan.passkey)(number, &user.handle);
        let passkey = passkey(app, &user, credential)?;
        // Some for whom the older derivation is measured; nobody else, for who signs the newer way is strict from then on.
        let profile = if number % 8 == 7 { ClientProfile::Compatible } else { ClientProfile::Strict };
        let device = Device { profile, ..device(app, &user, plan.device_key) };
        let session = prt_session(app, &user, &device, &passkey);
        let (held, grant) = held(app, &session, &device, plan.p256)?;
        changes.extend([
            Change::InsertUser(user),
            Change::InsertPasskey(Box::new(passkey)),
            Change::InsertDevice(Box::new(device)),
            Change::InsertSession(Box::new(session)),
            Change::InsertGrant(grant),
        ]);
        all.push(held);
        if all.len().is_multiple_of(GROUP) {
            app.commit(std::mem::take(&mut changes)).await?;
        }
    }
    app.commit(changes).await?;
    Ok(all)
}

/// Signs people in in a browser just now, each with a refresh token of the broker that may become a PRT.
///
/// # Errors
///
/// [`PeopleError`].
pub async fn sign_in(app: &App, people: &[&Held]) -> Result<Vec<String>, PeopleError> {
    let now = app.now();
    let mut tokens = Vec::with_capacity(people.len());
    for group in people.chunks(GROUP) {
        let mut changes = Vec::new();
        for held in group {
            let session = Session {
                id: SessionId::generate(app.rng()),
                user: held.user,
                kind: SessionKind::Browser,
                device: None,
                parent: None,
                credential: Some(held.passkey.clone()),
                factors: Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED),
                auth_time: now,
                created: now,
                expires: now + Seconds::hours(12),
                last_seen: now,
                ended: None,
                generation: 0,
                advanced: now,
                agent: "passband-bench".to_owned(),
                ip: "127.0.0.1".to_owned(),
            };
            let (grant, token) = grant(app, &session, BROKER_CLIENT)?;
            changes.extend([Change::InsertSession(Box::new(session)), Change::InsertGrant(grant)]);
            tokens.push(token);
        }
        app.commit(changes).await?;
    }
    Ok(tokens)
}

fn user(app: &App, number: usize) -> User {
    User {
        id: UserId::generate(app.rng()),
        upn: format!("person{number}@{}", app.domain),
        display_name: format!("Person {number}"),
        enabled: true,
        roles: passband_core::directory::Roles::NONE,
        break_glass: false,
        handle: rng::bytes::<32>(app.rng()).to_vec(),
        created: app.now(),
    }
}

fn passkey(app: &App, user: &User, credential: Credential) -> Result<Passkey, PeopleError> {
    let material = KeyMaterial::Ec2 { curve: Curve::P256, point: credential.point.into() };
    let key = CoseKey::new(Algorithm::Es256, material).map_err(|_| PeopleError::Key)?;
    Ok(Passkey {
        id: credential.id,
        user: user.id,
        public_key: key.to_bytes(),
        sign_count: 0,
        backup_eligible: false,
        backup_state: false,
        aaguid: *b"passband-softkey",
        format: "none".to_owned(),
        // As long as real ones.
        attestation_object: rng::bytes::<194>(app.rng()).to_vec(),
        client_data: rng::bytes::<134>(app.rng()).to_vec(),
        transports: vec!["internal".to_owned()],
        name: "Benchmark".to_owned(),
        rp_id: app.domain.clone(),
        evidence: Evidence::default(),
        created: app.now(),
        last_used: None,
        made_by: String::new(),
    })
}

fn device(app: &App, user: &User, key: &[u8]) -> Device {
    // The server never parses a device's certificate, it only knows them byte for byte.
    let certificate = rng::bytes::<CERTIFICATE>(app.rng()).to_vec();
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &certificate).as_ref());
    Device {
        id: DeviceId::generate(app.rng()),
        owner: user.id,
        name: format!("Device of {}", user.display_name),
        join: JoinType::Registered,
        enabled: true,
        os: "Linux".to_owned(),
        os_version: "6.1".to_owned(),
        device_key: key.to_vec(),
        transport_key: key.to_vec(),
        certificate,
        thumbprint,
        certificate_expires: app.now() + Seconds::days(365),
        evidence: EvidenceLevel::E0,
        compliance: Compliance::default(),
        details: Details::default(),
        profile: ClientProfile::Strict,
        revision: 0,
        created: app.now(),
        last_seen: None,
    }
}

fn prt_session(app: &App, user: &User, device: &Device, passkey: &Passkey) -> Session {
    let now = app.now();
    Session {
        id: SessionId::generate(app.rng()),
        user: user.id,
        kind: SessionKind::Prt,
        device: Some(device.id),
        parent: None,
        credential: Some(passkey.id.clone()),
        factors: Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED).and(Factors::DEVICE_KEY),
        auth_time: now,
        created: now,
        expires: prt::expiry(now, now),
        last_seen: now,
        ended: None,
        generation: 0,
        advanced: now,
        agent: "passband-bench".to_owned(),
        ip: "127.0.0.1".to_owned(),
    }
}

fn held(app: &App, session: &Session, device: &Device, p256: &[u8]) -> Result<(Held, Grant), PeopleError> {
    let key = SessionKey::from_bytes(rng::bytes(app.rng()));
    let by_itself = Device { device_key: p256.to_vec(), transport_key: p256.to_vec(), ..device.clone() };
    let prt = Prt {
        session: session.id,
        user: session.user,
        device: device.id,
        generation: 0,
        holder: Holder::SessionKey(key.clone()),
        factors: session.factors,
        auth_time: session.auth_time,
        issued: session.created,
        expires: session.expires,
    };
    let holder = Prt::holder_of(&by_itself, app.rng()).map_err(PeopleError::Seal)?;
    let bound = Prt { holder, ..prt.clone() };
    let (grant, refresh) = grant(app, session, CLIENT)?;
    let held = Held {
        prt: prt.seal(&app.keys().ring, app.rng()).map_err(PeopleError::Seal)?,
        key,
        bound: bound.seal(&app.keys().ring, app.rng()).map_err(PeopleError::Seal)?,
        refresh,
        certificate: device.certificate.clone(),
        profile: device.profile,
        user: session.user,
        passkey: session.credential.clone().unwrap_or_default(),
    };
    Ok((held, grant))
}

fn grant(
    app: &App,
    session: &Session,
    client: passband_core::id::ClientId,
) -> Result<(Grant, String), PeopleError> {
    let family = rng::bytes::<16>(app.rng());
    let now = app.now();
    let grant = Grant {
        family,
        session: session.id,
        client,
        scope: "offline_access".to_owned(),
        resource: RESOURCE.to_owned(),
        created: now,
        expires: now + LIFETIME,
        generation: 0,
        advanced: now,
        ended: None,
    };
    let token = RefreshToken { family, generation: 0 }.seal(&app.keys().ring, app.rng());
    Ok((grant, token.map_err(PeopleError::Seal)?))
}
