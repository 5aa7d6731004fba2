//! The authentication floor: passkeys, which of them are accepted from whom, the pass that bootstraps the first, and the
//! codes for when all are lost.

pub mod campaign;
pub mod ceremony;
pub mod methods;
pub mod on_behalf;
pub mod passkey;
pub mod profile;
pub mod recovery;
pub mod sign_in;
pub mod tap;
