//! The PRT between two runs of the broker: one file in the state directory.
//!
//! Of a device whose own key signs there is nothing else: the file holds the PRT, which that key alone can use. With a
//! session key, that is stored as the server sent it, encrypted to the transport key. What that protects depends on
//! where the transport key lives. In a TPM: a copy of this file is worth nothing on another machine. In a file
//! beside it (software keys): whoever can read one can read both, and nothing but the file modes protects them.

use crate::error::Error;
use crate::keys::DeviceKeys;
use crate::prt::Prt;
use crate::state::{StateDir, StateError};
use passband_wire::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const FILE: &str = "prt.json";

/// A PRT at rest.
#[derive(Clone, Serialize, Deserialize)]
pub struct CachedPrt {
    pub(crate) prt: String,
    /// The session key, still wrapped; absent where the device's key signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session_key_jwe: Option<String>,
    pub(crate) user: String,
    pub(crate) obtained: Timestamp,
    pub(crate) expires: Timestamp,
}

impl std::fmt::Debug for CachedPrt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedPrt").field("user", &self.user).field("expires", &self.expires).finish()
    }
}

impl CachedPrt {
    /// Who it is for.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// When its lifetime ends.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// What is cached, its session key still wrapped; `None` if nobody is signed in.
///
/// # Errors
///
/// [`Error::State`].
pub fn peek(state: &StateDir) -> Result<Option<CachedPrt>, Error> {
    let Some(bytes) = state.read(FILE)? else { return Ok(None) };
    let cached = serde_json::from_slice(&bytes);
    cached.map(Some).map_err(|_| StateError::Malformed(state.path().join(FILE)).into())
}

/// The cached PRT, ready for use; `None` if nobody is signed in.
///
/// # Errors
///
/// [`Error::State`], or [`Error::Keys`] if the transport key does not open it.
pub fn load(state: &StateDir, keys: &dyn DeviceKeys) -> Result<Option<Prt>, Error> {
    peek(state)?.map(|cached| Prt::from_cached(&cached, keys)).transpose()
}

/// Keeps `prt`, replacing what was cached.
///
/// # Errors
///
/// [`Error::State`].
pub fn store(state: &StateDir, prt: &Prt) -> Result<(), Error> {
    let bytes = serde_json::to_vec(&prt.to_cached())
        .map_err(|_| Error::Protocol("a PRT could not be written as JSON"))?;
    Ok(state.write(FILE, &Zeroizing::new(bytes))?)
}

/// Forgets the cached PRT.
///
/// # Errors
///
/// [`Error::State`].
pub fn remove(state: &StateDir) -> Result<(), Error> {
    Ok(state.remove(FILE)?)
}
