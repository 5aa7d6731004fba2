//! The broker protocol as clients speak it (MS-OAPXBC and its successors), in two suites: requests signed by the
//! device's key itself ([`bound`]), or with a session key ([`signed`]). Real A256GCM for every reply, a nonce always.

pub mod bound;
pub mod hello;
pub mod join;
pub mod message;
pub mod signed;
pub mod suite;

use crate::id::ClientId;

/// The authentication broker: the client that registers devices and obtains PRTs.
pub const BROKER_CLIENT: ClientId = ClientId::from_bytes([
    0x29, 0xd9, 0xed, 0x98, 0xa4, 0x69, 0x45, 0x36, 0xad, 0xe2, 0xf9, 0x81, 0xbc, 0x1d, 0x60, 0x5e,
]);

/// The client id inside renewal requests.
pub const BROKER_PLUGIN: ClientId = ClientId::from_bytes([
    0x38, 0xaa, 0x3b, 0x87, 0xa0, 0x6d, 0x48, 0x17, 0xb2, 0x75, 0x7a, 0x31, 0x69, 0x88, 0xd9, 0x3b,
]);

/// The broker of Linux and the Company Portal: a client of scopes, where the authentication broker is one of resources.
pub const LINUX_BROKER: ClientId = ClientId::from_bytes([
    0xb7, 0x43, 0xa2, 0x2d, 0x67, 0x05, 0x41, 0x47, 0x86, 0x70, 0xd9, 0x2f, 0xa5, 0x15, 0xee, 0x2b,
]);

/// The audience of a token for the device registration service.
pub const DRS_RESOURCE: &str = "urn:ms-drs:enterpriseregistration.windows.net";

/// The audience of a person's token for the admin API. The same in every installation: whose it is, `iss` says.
pub const ADMIN_RESOURCE: &str = "urn:passband:admin-api";

/// The header or cookie that carries a PRT into `/authorize` (MS-OAPXBC §2.2.1.1).
pub const CREDENTIAL_NAME: &str = "x-ms-RefreshTokenCredential";

/// Answers that make work for a client carry the nonce for its next request in this header.
pub const NONCE_HEADER: &str = "passband-nonce";

/// `grant_type` of every signed request at the token endpoint.
pub const GRANT_JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The scope that asks for a PRT.
pub const SCOPE_PRT: &str = "aza";
