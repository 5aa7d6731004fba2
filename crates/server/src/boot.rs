//! From a configuration to a running installation: folder, keys, tenant, built-in applications.

use crate::access;
use crate::access::countries::{self, CountriesError};
use crate::app::{App, Keys};
use crate::attempt::audit;
use crate::ca::{CaAtRest, DeviceCa};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, host_of};
use crate::policies::Kept;
use crate::routes::dialect::clients;
use crate::telemetry;
use crate::throttle::Throttle;
use crate::trust;
use passband_core::authn::passkey::{Framing, RelyingParty};
use passband_core::change::{Change, Conflict};
use passband_core::directory::{App as AppRecord, KeyPurpose, KeyState, Roles, StoredKey};
use passband_core::id::{KeyId, TenantId};
use passband_core::keys::admin_token::AdminToken;
use passband_core::keys::master::MasterKey;
use passband_core::keys::seal::{Purpose, SealRing};
use passband_core::keys::signer::{TokenKey, TokenKeys};
use passband_core::manage::app::{ACCOUNT_APP, CONSOLE_APP, COOKIES_BY_AGE, DRS_APP};
use passband_core::rng::{self, Random, SystemRandom};
use passband_core::time::{Seconds, Timestamp};
use passband_store::{CommitError, Store, StoreError};
use passband_wire::b64;
use passband_wire::jose::jws::SigningKey;
use passband_wire::prt::{ADMIN_RESOURCE, BROKER_CLIENT, BROKER_PLUGIN, DRS_RESOURCE, LINUX_BROKER};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, RwLock};
use tokio::sync::Notify;

/// How long the set-up link works.
pub const SETUP_FOR: Seconds = Seconds::minutes(30);

/// Why an installation cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The data folder cannot be used.
    #[error("cannot use {0}: {1}; check that the folder exists and is yours")]
    Folder(PathBuf, std::io::Error),
    /// The master key is not one.
    #[error("{0} does not hold a master key (43 characters of base64url); restore it from a backup")]
    MasterKey(PathBuf),
    /// The master key does not open what the database holds.
    #[error(
        "the master key in {0} is not the one this database was made with; restore the folder and the database together"
    )]
    WrongMasterKey(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The file of countries.
    #[error(transparent)]
    Countries(#[from] CountriesError),
    /// Key material could not be made.
    #[error("a key could not be made: {0}")]
    Key(String),
}

impl App {
    /// Opens the installation in `config.data`, making it if it is new.
    ///
    /// # Errors
    ///
    /// [`BootError`] says what is wrong and what to do.
    pub async fn open(config: Config) -> Result<Arc<Self>, BootError> {
        Self::open_with(config, Box::new(SystemClock), Box::new(SystemRandom)).await
    }

    /// [`open`](Self::open), with the clock and randomness chosen.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        config: Config,
        clock: Box<dyn Clock>,
        rng: Box<dyn Random>,
    ) -> Result<Arc<Self>, BootError> {
        make_folder(&config.data)?;
        let master = master_key(&config.data, &*rng)?;
        let countries = countries::InForce::open(config.countries.clone())?;
        let store = Store::open(&config.database).await?;
        let tenant = tenant(&store, &*rng).await?;
        let now = clock.now();
        make_missing_keys(&store, &master, tenant, now, &*rng).await?;
        make_missing_apps(&store, now).await?;
        let keys = load_keys(&store, &master, &config.data).await?;
        let trust = trust::load(&store).await?;
        let domain = host_of(&config.public_url).unwrap_or("localhost").to_owned();
        let mut origins = vec![config.public_url.clone()];
        origins.extend(config.related_origins.iter().cloned());
        let party = RelyingParty::new(domain.clone(), origins, Framing::Refused);
        Ok(Arc::new(Self {
            keys: RwLock::new(Arc::new(keys)),
            trust: RwLock::new(Arc::new(trust)),
            count: AtomicU32::new(0),
            policies: Kept::default(),
            access: access::kept::Kept::default(),
            countries,
            outbox: Notify::new(),
            throttle: Throttle::default(),
            metrics: telemetry::recorder(),
            config,
            store,
            tenant,
            domain,
            master,
            party,
            clock,
            rng,
        }))
    }

    /// Loads the keys again after one has changed.
    ///
    /// # Errors
    ///
    /// [`BootError`].
    pub async fn reload_keys(&self) -> Result<(), BootError> {
        let keys = Arc::new(load_keys(&self.store, &self.master, &self.config.data).await?);
        *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Makes the pending signing key active, the active one retired, and a new one pending, with a line in the audit
    /// log that names `actor`.
    ///
    /// # Errors
    ///
    /// [`BootError`]; two rotations at once conflict, and one of them is made.
    pub async fn rotate_token_keys(&self, actor: &str) -> Result<(), BootError> {
        let now = self.now();
        let mut changes = Vec::new();
        for key in self.store.keys().await?.iter().filter(|key| key.purpose == KeyPurpose::Token) {
            let to = match key.state {
                KeyState::Active => KeyState::Retired,
                KeyState::Pending => KeyState::Active,
                KeyState::Retired => continue,
            };
            changes.push(Change::SetKeyState { id: key.id, from: key.state, to, at: now });
        }
        let next = token_key(&self.master, KeyState::Pending, now, self.rng())?;
        changes.push(audit(self, actor, "Rotate signing keys", next.id, "the key named here is pending now"));
        changes.push(Change::InsertKey(next));
        self.commit(changes).await?;
        self.reload_keys().await
    }

    /// The set-up link, while there is no administrator.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn setup_link(&self) -> Result<Option<String>, StoreError> {
        if self.store.count_admins().await? > 0 {
            return Ok(None);
        }
        let mut body = rng::bytes::<16>(self.rng()).to_vec();
        body.extend_from_slice(&(self.now() + SETUP_FOR).0.to_be_bytes());
        let sealed = self.keys().ring.seal(Purpose::SetupLink, &body, self.rng());
        Ok(sealed
            .ok()
            .map(|sealed| format!("{}/setup?token={}", self.config.public_url, b64::encode(sealed))))
    }
}

/// A bearer token of the admin API for whoever can read the data folder.
///
/// # Errors
///
/// [`BootError`] if the folder has no readable master key.
pub fn admin_token(data: &Path) -> Result<String, BootError> {
    admin_token_with(data, Roles::GLOBAL)
}

/// [`admin_token`], which may do what these roles may and no more.
///
/// # Errors
///
/// [`BootError`] if the folder has no readable master key.
pub fn admin_token_with(data: &Path, roles: Roles) -> Result<String, BootError> {
    let path = data.join("master.key");
    let master = read_master_key(&path)?;
    AdminToken::mint_with(roles, &master, SystemClock.now(), &SystemRandom).ok_or(BootError::MasterKey(path))
}

fn make_folder(path: &Path) -> Result<(), BootError> {
    let fail = |error| BootError::Folder(path.to_owned(), error);
    std::fs::create_dir_all(path).map_err(fail)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Others on the machine must not read keys or the database.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(fail)?;
    }
    Ok(())
}

fn master_key(data: &Path, rng: &dyn Random) -> Result<MasterKey, BootError> {
    let path = data.join("master.key");
    if !path.exists() {
        let text = b64::encode(rng::bytes::<32>(rng));
        write_new_secret(&path, text.as_bytes()).map_err(|error| BootError::Folder(path.clone(), error))?;
    }
    read_master_key(&path)
}

fn read_master_key(path: &Path) -> Result<MasterKey, BootError> {
    let text = std::fs::read_to_string(path).map_err(|error| BootError::Folder(path.to_owned(), error))?;
    let bytes = b64::decode_array(text.trim()).map_err(|_| BootError::MasterKey(path.to_owned()))?;
    Ok(MasterKey::from_bytes(bytes))
}

/// Writes a file only its owner reads; fails if it exists, so that two first starts cannot make two keys.
pub(crate) fn write_new_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

async fn tenant(store: &Store, rng: &dyn Random) -> Result<TenantId, BootError> {
    if let Some(id) = store.setting("tenant").await? {
        return id.parse().map_err(|_| BootError::Key("the stored tenant id is not a GUID".to_owned()));
    }
    let id = TenantId::generate(rng);
    store.commit(vec![Change::SetSetting { name: "tenant", value: id.to_string() }]).await?;
    Ok(id)
}

fn at_rest(master: &MasterKey) -> SealRing {
    SealRing::new([*master.derive("keys-at-rest")])
}

fn stored(
    master: &MasterKey,
    (purpose, state): (KeyPurpose, KeyState),
    body: &[u8],
    now: Timestamp,
    rng: &dyn Random,
) -> Result<StoredKey, BootError> {
    let sealed =
        at_rest(master).seal(Purpose::KeyAtRest, body, rng).map_err(|e| BootError::Key(e.to_string()))?;
    Ok(StoredKey { id: KeyId::generate(rng), purpose, state, created: now, since: now, sealed })
}

fn token_key(
    master: &MasterKey,
    state: KeyState,
    now: Timestamp,
    rng: &dyn Random,
) -> Result<StoredKey, BootError> {
    let pkcs8 = SigningKey::generate_pkcs8().map_err(|e| BootError::Key(e.to_string()))?;
    stored(master, (KeyPurpose::Token, state), &pkcs8, now, rng)
}

async fn make_missing_keys(
    store: &Store,
    master: &MasterKey,
    tenant: TenantId,
    now: Timestamp,
    rng: &dyn Random,
) -> Result<(), BootError> {
    let keys = store.keys().await?;
    let has = |purpose, state| keys.iter().any(|key| key.purpose == purpose && key.state == state);
    let mut changes = Vec::new();
    if !has(KeyPurpose::Token, KeyState::Active) {
        changes.push(Change::InsertKey(token_key(master, KeyState::Active, now, rng)?));
    }
    if !has(KeyPurpose::Token, KeyState::Pending) {
        changes.push(Change::InsertKey(token_key(master, KeyState::Pending, now, rng)?));
    }
    if !has(KeyPurpose::Seal, KeyState::Active) {
        let kind = (KeyPurpose::Seal, KeyState::Active);
        changes.push(Change::InsertKey(stored(master, kind, &rng::bytes::<32>(rng), now, rng)?));
    }
    if !has(KeyPurpose::DeviceCa, KeyState::Active) {
        let ca = CaAtRest::generate(tenant).map_err(|e| BootError::Key(e.to_string()))?;
        let body = serde_json::to_vec(&ca).map_err(|e| BootError::Key(e.to_string()))?;
        changes.push(Change::InsertKey(stored(
            master,
            (KeyPurpose::DeviceCa, KeyState::Active),
            &body,
            now,
            rng,
        )?));
    }
    Ok(store.commit(changes).await?)
}

async fn make_missing_apps(store: &Store, now: Timestamp) -> Result<(), BootError> {
    // Off until an administrator wants other brokers than ours: see `routes::dialect::clients`.
    let off = |app: AppRecord| AppRecord { enabled: false, ..app };
    let built_in = |id, name: &str, redirect: &[&str], names: &[&str]| AppRecord {
        id,
        name: name.to_owned(),
        redirect_uris: redirect.iter().map(|&uri| uri.to_owned()).collect(),
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: names.iter().map(|&uri| uri.to_owned()).collect(),
        secret_hash: None,
        enabled: true,
        created: now,
    };
    for app in [
        built_in(BROKER_CLIENT, "Passband broker", &["http://127.0.0.1/", "http://[::1]/"], &[]),
        built_in(DRS_APP, "Device registration", &[], &[DRS_RESOURCE]),
        built_in(CONSOLE_APP, "Passband console", &[], &[ADMIN_RESOURCE]),
        built_in(ACCOUNT_APP, "Passband account pages", &[], &[]),
        off(built_in(BROKER_PLUGIN, "Brokers written for Entra ID", clients::PLUGIN, &[])),
        off(built_in(LINUX_BROKER, "Linux broker", clients::LINUX, &[])),
        off(built_in(COOKIES_BY_AGE, "Cookies without a nonce (weaker single sign-on)", &[], &[])),
    ] {
        if store.app(app.id).await?.is_none() {
            match store.commit(vec![Change::InsertApp(app)]).await {
                Ok(()) | Err(CommitError::Conflict(Conflict::Duplicate)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

async fn load_keys(store: &Store, master: &MasterKey, data: &Path) -> Result<Keys, BootError> {
    let wrong = || BootError::WrongMasterKey(data.join("master.key"));
    let ring = at_rest(master);
    let (mut seal, mut tokens, mut ca) = (Vec::new(), Vec::new(), None);
    for key in store.keys().await? {
        let body = ring.open(Purpose::KeyAtRest, &key.sealed).map_err(|_| wrong())?;
        match key.purpose {
            KeyPurpose::Seal => {
                let bytes: [u8; 32] = body.as_slice().try_into().map_err(|_| wrong())?;
                seal.push((key.state != KeyState::Active, bytes));
            }
            KeyPurpose::Token => {
                tokens.push(TokenKey::new(key.id, key.state, key.since, &body).map_err(|_| wrong())?);
            }
            KeyPurpose::DeviceCa => {
                let at_rest: CaAtRest = serde_json::from_slice(&body).map_err(|_| wrong())?;
                ca = Some(DeviceCa::open(&at_rest).map_err(|e| BootError::Key(e.to_string()))?);
            }
        }
    }
    // The active key writes, so it comes first.
    seal.sort_by_key(|(passive, _)| *passive);
    Ok(Keys {
        ring: SealRing::new(seal.into_iter().map(|(_, key)| key)),
        tokens: TokenKeys::new(tokens).ok_or_else(wrong)?,
        ca: ca.ok_or_else(wrong)?,
    })
}
