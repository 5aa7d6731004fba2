//! The authentication floor: passkeys, the pass that bootstraps the first, and the codes for when all are lost.

pub mod ceremony;
pub mod on_behalf;
pub mod passkey;
pub mod recovery;
pub mod sign_in;
pub mod tap;
