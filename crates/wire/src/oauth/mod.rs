//! OAuth 2.0 values (RFC 6749, 7636, 8252): scope, PKCE, redirect URIs.

pub mod pkce;
pub mod pop;
pub mod redirect;
pub mod scope;
