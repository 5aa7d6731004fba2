//! The authentication floor: passkeys, which of them are accepted from whom, and the pass that bootstraps the first.

pub mod campaign;
pub mod ceremony;
pub mod methods;
pub mod passkey;
pub mod profile;
pub mod sign_in;
pub mod tap;
