//! What others say about a device, as it is kept.

use super::Device;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Whether a device keeps the rules and is managed, and how long that is to be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compliance {
    /// Graph `isCompliant`; `None` if nobody has said.
    pub compliant: Option<bool>,
    /// Graph `isManaged`; `None` if nobody has said.
    pub managed: Option<bool>,
    /// From then on both are unknown.
    pub until: Timestamp,
}

impl Compliance {
    /// What is known at `now`: all of it, or, once it is stale, nothing. Decisions ask here and nowhere else.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        if now < self.until { self } else { Self { compliant: None, managed: None, until: self.until } }
    }
}

/// Whose a device is (Graph `deviceOwnership`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The organisation's.
    Company,
    /// A person's own.
    Personal,
}

impl Ownership {
    /// Graph `deviceOwnership`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Personal => "personal",
        }
    }

    /// The ownership of a Graph or stored name. Device filter rules write it with a capital.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Company, Self::Personal].into_iter().find(|which| which.name().eq_ignore_ascii_case(name))
    }
}

/// A text about a device that rules may speak about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// Graph `enrollmentProfileName`.
    EnrollmentProfileName,
    /// Graph `extensionAttributes.extensionAttribute1` to `…15`: the number.
    Extension(u8),
    /// Graph `manufacturer`.
    Manufacturer,
    /// Graph `mdmAppId`.
    MdmAppId,
    /// Graph `model`.
    Model,
}

/// Graph's names of the extension attributes, the first at 0.
const EXTENSIONS: [&str; 15] = [
    "extensionAttribute1",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
];

impl Attribute {
    /// Each of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let named = [Self::EnrollmentProfileName, Self::Manufacturer, Self::MdmAppId, Self::Model];
        named.into_iter().chain((1..=15).map(Self::Extension))
    }

    /// The Graph name, without the object it lies in.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EnrollmentProfileName => "enrollmentProfileName",
            Self::Extension(n) => {
                usize::from(n).checked_sub(1).and_then(|at| EXTENSIONS.get(at)).copied().unwrap_or_default()
            }
            Self::Manufacturer => "manufacturer",
            Self::MdmAppId => "mdmAppId",
            Self::Model => "model",
        }
    }

    /// The attribute of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|attribute| attribute.name() == name)
    }
}

/// What is said about a device beside its compliance. None of it goes stale: it describes, it vouches for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Graph `deviceOwnership`; `None` is `unknown`.
    pub ownership: Option<Ownership>,
    /// Texts that are set; none is empty.
    pub attributes: BTreeMap<Attribute, String>,
}

/// All that can be said about a device by others, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Graph `operatingSystemVersion`.
    pub os_version: String,
    /// Compliance, with its end.
    pub compliance: Compliance,
    /// The rest.
    pub details: Details,
}

impl Told {
    /// What is said about a device now.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        Self {
            os_version: device.os_version.clone(),
            compliance: device.compliance,
            details: device.details.clone(),
        }
    }
}
