//! What every request can reach.

use crate::access;
use crate::access::countries;
use crate::ca::DeviceCa;
use crate::clock::Clock;
use crate::config::Config;
use crate::policies::Kept;
use crate::telemetry;
use crate::throttle::Throttle;
use crate::trust::InForce;
use passband_core::authn::passkey::RelyingParty;
use passband_core::change::Change;
use passband_core::id::TenantId;
use passband_core::keys::master::MasterKey;
use passband_core::keys::seal::SealRing;
use passband_core::keys::signer::TokenKeys;
use passband_core::rng::Random;
use passband_core::signals::{self, Event, Facts};
use passband_core::time::Timestamp;
use passband_store::{CommitError, Store, StoreError};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;
use tokio::sync::Notify;

/// The one object behind all routes.
pub struct App {
    /// The configuration in force.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The tenant.
    pub tenant: TenantId,
    /// Host of the public URL: RP ID and domain of the tenant.
    pub domain: String,
    /// The key at the root.
    pub master: MasterKey,
    /// The relying party of passkeys.
    pub party: RelyingParty,
    /// Counters against guessing.
    pub throttle: Throttle,
    /// Renders `/metrics`.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) rng: Box<dyn Random>,
    pub(crate) keys: RwLock<Arc<Keys>>,
    pub(crate) trust: RwLock<Arc<InForce>>,
    pub(crate) count: AtomicU32,
    pub(crate) policies: Kept,
    pub(crate) access: access::kept::Kept,
    /// Which country an address is of, if an administrator has supplied a file.
    pub countries: countries::InForce,
    /// Wakes who tells of what was committed.
    pub(crate) outbox: Notify,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("public_url", &self.config.public_url).finish_non_exhaustive()
    }
}

/// Keys as they are now; replaced whole when one of them changes.
#[derive(Debug)]
pub struct Keys {
    /// Seals and opens.
    pub ring: SealRing,
    /// Sign tokens.
    pub tokens: TokenKeys,
    /// Signs device certificates.
    pub ca: DeviceCa,
}

impl App {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Randomness.
    pub fn rng(&self) -> &dyn Random {
        &*self.rng
    }

    /// The keys in force.
    pub fn keys(&self) -> Arc<Keys> {
        // A writer only swaps the pointer, so a poisoned lock still holds whole keys.
        Arc::clone(&self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The issuer of tokens (OpenID Connect Core §2).
    pub fn issuer(&self) -> &str {
        &self.config.public_url
    }

    /// Whether cookies travel over TLS only.
    pub fn is_https(&self) -> bool {
        self.config.public_url.starts_with("https://")
    }

    /// A number larger than the last, for the order of log lines within a second.
    pub fn next_count(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes changes durable, and with them, in one transaction, what is to be told of them. Every change passes here,
    /// so none can end a session in silence.
    ///
    /// # Errors
    ///
    /// [`CommitError`].
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), CommitError> {
        let begun = Instant::now();
        let events = self.events(&changes).await?;
        let tells = !events.is_empty();
        let outcome = if tells {
            // First: they find the rows that the changes are about to take away.
            let all = events.into_iter().map(|event| Change::Signal(Box::new(event))).chain(changes);
            self.store.commit(all.collect()).await
        } else {
            self.store.commit(changes).await
        };
        telemetry::committed(begun);
        if tells && outcome.is_ok() {
            self.outbox.notify_one();
        }
        outcome
    }

    async fn events(&self, changes: &[Change]) -> Result<Vec<Event>, StoreError> {
        let asks = signals::asks(changes);
        let facts = if asks.is_empty() { Facts::default() } else { self.store.facts(&asks).await? };
        Ok(signals::of(changes, &facts, self.now(), self.rng()))
    }
}
