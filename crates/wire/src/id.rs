//! Ids with a kind: a device id does not pass where a user id is wanted.

use crate::rng::{self, Random};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Text that is not the 36-character form of a GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh random id (RFC 9562 version 4).
            #[must_use]
            pub fn generate(rng: &dyn Random) -> Self {
                Self(uuid::Builder::from_random_bytes(rng::bytes(rng)).into_uuid())
            }

            /// The id of these 16 bytes, in network order.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id of a slice, if it is 16 bytes long.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self(Uuid::from_bytes(bytes.try_into().ok()?)))
            }

            /// Its 16 bytes, in network order.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Its 16 bytes in the order Microsoft stores a GUID: first three fields little-endian.
            #[must_use]
            pub fn to_guid_bytes(&self) -> [u8; 16] {
                self.0.to_bytes_le()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // The uuid crate also reads braces, URNs and bare hex, which no client sends. Case may differ: Windows
                // writes capitals.
                if text.len() != 36 { return Err(IdError); }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> { text.parse() }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self { id.to_string() }
        }
    )*};
}

ids! {
    /// The installation's tenant (Graph `tenantId`, claim `tid`).
    TenantId;
    /// A person (Graph `user.id`, claims `sub` and `oid`).
    UserId;
    /// A device (Graph `device.deviceId`, claim `deviceid`).
    DeviceId;
    /// An application (Graph `application.appId`, OAuth `client_id`).
    ClientId;
    /// A sign-in and everything born of it (claim `sid`).
    SessionId;
    /// A Temporary Access Pass (Graph `temporaryAccessPassAuthenticationMethod.id`).
    TapId;
    /// A group of people (Graph `group.id`).
    GroupId;
    /// A passkey profile (Graph `passkeyProfile.id`).
    ProfileId;
    /// A conditional access policy (Graph `conditionalAccessPolicy.id`).
    AccessPolicyId;
    /// An authentication strength (Graph `authenticationStrengthPolicy.id`).
    StrengthId;
    /// A named location (Graph `namedLocation.id`).
    LocationId;
    /// A role of administrators by its template (Graph `unifiedRoleDefinition.templateId`).
    RoleId;
    /// A signing or sealing key of the server (JOSE `kid`).
    KeyId;
    /// A line of the sign-in log (Graph `signIn.id`).
    SignInId;
    /// A security event, told to receivers (claim `jti`).
    EventId;
    /// Whoever sends us signals.
    TransmitterId;
    /// A receiver of signals, and its stream (SSF `stream_id`).
    StreamId;
    /// A line of the directory audit log (Graph `directoryAudit.id`).
    AuditId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        let text = "29d9ed98-a469-4536-ade2-f981bc1d605e";
        assert_eq!(text.parse::<ClientId>().unwrap().to_string(), text);
        for bad in ["", "29d9ed98a4694536ade2f981bc1d605e", "{29d9ed98-a469-4536-ade2-f981bc1d605e}"] {
            assert_eq!(bad.parse::<ClientId>(), Err(IdError), "{bad}");
        }
    }

    #[test]
    fn guid_bytes_swap_the_first_three_fields() {
        let id: DeviceId = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        assert_eq!(id.to_guid_bytes()[..8], [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
    }
}
