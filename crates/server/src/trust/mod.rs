//! What is trusted, kept in the process and judged by: read from the database, verified again each time.
//!
//! 1. At the start, [`load`] reads every document and verifies it. One that does not hold is left out, and told in
//!    [`InForce::problems`]: less is trusted, never more.
//! 2. A change is prepared ([`change::prepare`]), and whom it touches is known before it bites ([`change::effects`]).
//! 3. Applying it writes document, evidence and audit lines in one commit, and moves the generation on.
//! 4. Other processes see the new generation ([`watch`]), load, and judge what was registered meanwhile.

pub mod change;
pub mod models;
pub mod naming;
pub mod refresh;

use crate::app::App;
use passband_core::directory::{TrustDocument, TrustKind};
use passband_core::id::KeyId;
use passband_core::platform::evidence::Trust;
use passband_core::platform::metadata::Metadata;
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::revocation::Revocations;
use passband_core::platform::roots::{Root, Scope};
use passband_core::time::Timestamp;
use passband_store::{Caching, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks at the generation.
const EVERY: Duration = Duration::from_secs(3);

/// Everything that is trusted, and where it comes from. Replaced whole when a document changes.
#[derive(Debug, Default)]
pub struct InForce {
    /// Grows with every change.
    pub generation: u32,
    /// What evidence is judged by.
    pub trust: Trust,
    /// The documents behind it.
    pub documents: Vec<Origin>,
    /// Documents that do not hold any more, in a sentence each.
    pub problems: Vec<String>,
}

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its name, see [`TrustDocument`].
    pub name: String,
    /// What it is.
    pub kind: TrustKind,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// When it was given.
    pub added: Timestamp,
    /// By whom.
    pub actor: String,
}

impl InForce {
    /// The document of this kind, where there is at most one.
    pub fn origin(&self, kind: TrustKind) -> Option<&Origin> {
        self.documents.iter().find(|origin| origin.kind == kind)
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An AAGUID as people write it.
pub fn guid(aaguid: &[u8; 16]) -> String {
    KeyId::from_bytes(*aaguid).to_string()
}

/// The AAGUID of a text.
pub fn aaguid(text: &str) -> Option<[u8; 16]> {
    text.parse::<KeyId>().ok().map(|id| *id.as_bytes())
}

/// Reads and verifies everything.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn load(store: &Store) -> Result<InForce, StoreError> {
    // The generation first: a change in between is then seen at the next look.
    let generation = store.trust_generation().await?;
    let documents = store.trust_documents().await?;
    // Megabytes of JSON and signatures: not on a thread that answers requests.
    let read = tokio::task::spawn_blocking(move || verified(&documents)).await;
    let read = read.map_err(|_| StoreError::Row("a document of the trust"))?;
    for problem in &read.problems {
        tracing::error!(problem, "a document of the trust does not hold and is left out");
    }
    Ok(InForce { generation, ..read })
}

fn verified(documents: &[TrustDocument]) -> InForce {
    let mut read = InForce::default();
    // Roots first: metadata may be signed under one of them.
    let order = |kind| documents.iter().filter(move |document| document.kind == kind);
    for document in order(TrustKind::Root) {
        match kept_root(document) {
            Some(root) => read.trust.roots.add(root),
            None => read.problems.push(format!("The root {} cannot be read.", document.name)),
        }
    }
    for document in order(TrustKind::Metadata) {
        let roots = read.trust.roots.of(Scope::Metadata);
        let blob = String::from_utf8_lossy(&document.body);
        match Metadata::verify_again(&blob, &roots, document.added) {
            Ok(metadata) => read.trust.metadata = Some(metadata),
            Err(error) => read.problems.push(format!("The metadata do not hold any more: {error}.")),
        }
    }
    for document in order(TrustKind::Revocations) {
        match Revocations::parse(&document.body, document.added) {
            Ok(list) => read.trust.revocations = Some(list),
            Err(error) => read.problems.push(format!("The list of revoked keys cannot be read: {error}.")),
        }
    }
    read.documents = documents.iter().map(origin).collect();
    read
}

/// Where a document comes from.
pub fn origin(document: &TrustDocument) -> Origin {
    Origin {
        name: document.name.clone(),
        kind: document.kind,
        sha256: hex(&document.sha256),
        added: document.added,
        actor: document.actor.clone(),
    }
}

fn kept_root(document: &TrustDocument) -> Option<Root> {
    let scope = Scope::from_id(&document.scope)?;
    let anchor = TrustAnchor::from_der(document.body.clone()).ok()?;
    let models: Option<Vec<_>> = document.models.iter().map(|text| aaguid(text)).collect();
    Root::kept(scope, anchor, models?).ok()
}

impl App {
    /// What is trusted now.
    pub fn trust(&self) -> Arc<InForce> {
        // A writer only swaps the pointer, so a poisoned lock still holds whole trust.
        Arc::clone(&self.trust.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Reads what is trusted again.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn reload_trust(&self) -> Result<(), StoreError> {
        let read = Arc::new(load(&self.store).await?);
        let mut held = self.trust.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Two loads at once may end in either order.
        if read.generation >= held.generation {
            *held = read;
        }
        Ok(())
    }

    /// The conveyance that registrations ask for (WebAuthn L3 §5.4.7) where no profile asks for more: who can judge an
    /// attestation asks for it. Browsers show their user a question then, so it is not asked for nothing.
    pub fn attestation_conveyance(&self) -> &'static str {
        let held = self.trust();
        let added = held.trust.roots.iter().any(|root| !root.is_built_in());
        if added || held.trust.metadata.is_some() { "direct" } else { "none" }
    }
}

/// Follows changes that other processes make, until the task is dropped.
pub async fn watch(app: Arc<App>) {
    if app.store.caching() == Caching::InProcess {
        // No other process writes here.
        return;
    }
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = look(&app).await {
            tracing::error!(%error, "what is trusted could not be read again");
        }
    }
}

/// Reads what is trusted again if another process has changed it, and judges what was registered meanwhile.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn look(app: &App) -> Result<(), StoreError> {
    if app.store.trust_generation().await? == app.trust().generation {
        return Ok(());
    }
    app.reload_trust().await?;
    let touched = change::catch_up(app, "system").await?;
    tracing::info!(touched, "what is trusted was changed by another process");
    Ok(())
}
