//! Hello keys, on the page of a person's own and in the console.

use super::{Band, When};

/// A Hello key.
#[derive(Clone, Debug)]
pub struct HelloKeyRow {
    /// Safe in a path.
    pub id: String,
    /// The name of its device.
    pub device: String,
    /// When it was registered.
    pub created: When,
    /// When it last signed its owner in.
    pub last_used: Option<When>,
    /// Platform and sign-in floors.
    pub band: Band,
}
