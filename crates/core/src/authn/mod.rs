//! Who is there: credentials, and the ceremonies that prove them.

pub mod passkey;
