//! Keys of the installation: what seals, what signs, and how one replaces another.

pub mod admin_token;
pub mod master;
pub mod nonce;
pub mod seal;
pub mod signer;
