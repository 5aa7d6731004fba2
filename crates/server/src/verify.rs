//! Checks the chain of the audit log in a database that no server has open.

use passband_core::audit::chain::{Broken, Ends, Place, Verifier};
use passband_store::{Store, StoreError};

/// Lines read at a time.
const STEP: u32 = 1000;

/// Why a chain could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum Unverified {
    /// It is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The database cannot answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many lines of the audit log in the database at `url` hold, and the ends of their chain. `anchor` is a head
/// that somebody wrote down.
///
/// # Errors
///
/// [`Unverified`] names the first line that is not as it was written.
pub async fn verify_audit(url: &str, anchor: Option<Place>) -> Result<(u64, Ends), Unverified> {
    let store = Store::open(url).await?;
    let outcome = walk(&store, anchor).await;
    store.close().await;
    outcome
}

async fn walk(store: &Store, anchor: Option<Place>) -> Result<(u64, Ends), Unverified> {
    let ends = store.audit_ends().await?;
    let mut verifier = Verifier::new(ends, anchor);
    let mut after = ends.base.seq;
    loop {
        let lines = store.audit_chain(after, STEP).await?;
        let Some(last) = lines.last() else { return Ok((verifier.finish()?, ends)) };
        after = last.seq;
        for line in &lines {
            let (link, hash) = line.link().ok_or(Broken::Altered(line.seq))?;
            verifier.step(&link, hash)?;
        }
    }
}
