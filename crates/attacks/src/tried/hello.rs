//! Keys of Windows Hello: A18, A19, and their part of A17.

use crate::attack::Trouble;
use crate::trial::Trial;

/// Why these wait.
const NOT_YET: &str = "the server has no keys of Windows Hello yet";

/// A18.
pub async fn replay(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    trial.not_tried("an assertion of a Hello key", NOT_YET);
    Ok(())
}

/// A19.
pub async fn provisioning(trial: &mut Trial<'_>) -> Result<(), Trouble> {
    trial.not_tried("registering a Hello key", NOT_YET);
    Ok(())
}

/// A17, its part of Hello keys.
pub async fn cross_binding(_: &mut Trial<'_>) -> Result<(), Trouble> {
    Ok(())
}
