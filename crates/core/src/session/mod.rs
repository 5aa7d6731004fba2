//! The session floor: PRTs, their use and renewal, codes and refresh tokens, the claims that say how.

pub mod by_age;
pub mod claims;
pub mod code;
pub mod device_code;
pub mod enrol;
pub mod grant;
pub mod hello;
pub mod holder;
pub mod issue;
pub mod prt;
pub mod redeem;
pub mod standing;
