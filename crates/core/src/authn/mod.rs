//! The authentication floor: passkeys, and the pass that bootstraps the first.

pub mod ceremony;
pub mod passkey;
pub mod sign_in;
pub mod tap;
