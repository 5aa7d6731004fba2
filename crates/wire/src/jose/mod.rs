//! The part of JOSE the chain needs, and no more: JWS compact (RFC 7515) with ES256, RS256 and HS256, JWE
//! compact (RFC 7516) with `dir` or ECDH-ES, both with A256GCM, and the session-key envelope, JWK (RFC 7517) for P-256.
//!
//! Algorithms are chosen by the caller, never by the header: the header may only agree.

pub mod ec;
pub mod ecdh;
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod kdf;
pub mod rsa;
