//! The properties of a device that a rule may ask for, and which operators each takes.

use super::Compare;
use crate::policy::access::facts::{DeviceFacts, TrustType};
use passband_wire::id::DeviceId;

/// A property of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy::access) enum Property {
    DeviceId,
    DeviceOwnership,
    DisplayName,
    EnrollmentProfileName,
    /// `extensionAttribute1` is 0.
    ExtensionAttribute(usize),
    IsCompliant,
    Manufacturer,
    MdmAppId,
    Model,
    OperatingSystem,
    OperatingSystemVersion,
    PhysicalIds,
    ProfileType,
    SystemLabels,
    TrustType,
}

/// What kind of value a property has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `True` or `False`, with or without quotes.
    Bool,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A GUID.
    Id,
    /// Whole strings; `-contains` asks for one of them.
    List,
    /// Any string; `-contains` asks for a part of it.
    Text,
}

/// What is seen of a property of a device.
pub(super) enum Seen<'a> {
    /// Nobody can tell: a report has gone stale, or the device is not registered.
    Unknown,
    /// It is not set.
    Null,
    /// A text.
    Text(&'a str),
    /// A GUID.
    Id(DeviceId),
    /// Texts.
    List(&'a [String]),
}

/// Names in rules, in lower case; `devicePhysicalIds` is an older spelling in Microsoft's own example.
const NAMES: [(&str, Property); 15] = [
    ("deviceid", Property::DeviceId),
    ("deviceownership", Property::DeviceOwnership),
    ("devicephysicalids", Property::PhysicalIds),
    ("displayname", Property::DisplayName),
    ("enrollmentprofilename", Property::EnrollmentProfileName),
    ("iscompliant", Property::IsCompliant),
    ("manufacturer", Property::Manufacturer),
    ("mdmappid", Property::MdmAppId),
    ("model", Property::Model),
    ("operatingsystem", Property::OperatingSystem),
    ("operatingsystemversion", Property::OperatingSystemVersion),
    ("physicalids", Property::PhysicalIds),
    ("profiletype", Property::ProfileType),
    ("systemlabels", Property::SystemLabels),
    ("trusttype", Property::TrustType),
];

/// The names for a message, as Microsoft writes them.
pub(super) const EXPECTED: &str = "deviceId, displayName, deviceOwnership, enrollmentProfileName, isCompliant, \
    manufacturer, mdmAppId, model, operatingSystem, operatingSystemVersion, physicalIds, profileType, systemLabels, \
    trustType or extensionAttribute1 to extensionAttribute15";

/// How many `extensionAttribute`s there are.
pub const EXTENSION_ATTRIBUTES: usize = 15;

impl Property {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if let Some(number) = name.strip_prefix("extensionattribute") {
            // One spelling for each: not `01`, not `+1`.
            let at = (1..=EXTENSION_ATTRIBUTES).find(|n| n.to_string() == number)?;
            return Some(Self::ExtensionAttribute(at - 1));
        }
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, property)| *property)
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::DeviceId | Self::MdmAppId => Kind::Id,
            Self::DeviceOwnership => Kind::Choice(&["Company", "Personal"]),
            Self::IsCompliant => Kind::Bool,
            Self::PhysicalIds | Self::SystemLabels => Kind::List,
            Self::ProfileType => Kind::Choice(&["RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"]),
            Self::TrustType => Kind::Choice(&["AzureAD", "ServerAD", "Workplace"]),
            Self::DisplayName
            | Self::EnrollmentProfileName
            | Self::ExtensionAttribute(_)
            | Self::Manufacturer
            | Self::Model
            | Self::OperatingSystem
            | Self::OperatingSystemVersion => Kind::Text,
        }
    }

    pub(super) fn of<'a>(self, device: &DeviceFacts<'a>) -> Seen<'a> {
        let text = |text: Option<&'a str>| text.map_or(Seen::Null, Seen::Text);
        match self {
            Self::DeviceId => Seen::Id(device.id),
            Self::DeviceOwnership => text(device.ownership.map(|it| it.name())),
            Self::DisplayName => text(device.display_name),
            Self::EnrollmentProfileName => text(device.enrollment_profile_name),
            Self::ExtensionAttribute(at) => extension(device, at),
            Self::IsCompliant => match device.is_compliant {
                None => Seen::Unknown,
                Some(true) => Seen::Text("true"),
                Some(false) => Seen::Text("false"),
            },
            Self::Manufacturer => text(device.manufacturer),
            Self::MdmAppId => match device.mdm_app_id.map(str::parse) {
                Some(Ok(id)) => Seen::Id(id),
                _ => Seen::Null,
            },
            Self::Model => text(device.model),
            Self::OperatingSystem => text(device.operating_system),
            Self::OperatingSystemVersion => text(device.operating_system_version),
            Self::PhysicalIds => Seen::List(device.physical_ids),
            Self::ProfileType => text(device.profile_type),
            Self::SystemLabels => Seen::List(device.system_labels),
            Self::TrustType => text(device.trust_type.map(|it| it.name())),
        }
    }
}

/// An extension attribute is seen of a device only that is managed, compliant or hybrid joined, as documented: of any
/// other, whoever registered it might have had it set.
fn extension<'a>(device: &DeviceFacts<'a>, at: usize) -> Seen<'a> {
    let Some(value) = device.extension_attributes.get(at).and_then(Option::as_deref) else {
        return Seen::Null;
    };
    let hybrid = device.trust_type == Some(TrustType::ServerAd);
    match (device.is_managed, device.is_compliant) {
        _ if hybrid => Seen::Text(value),
        (Some(true), _) | (_, Some(true)) => Seen::Text(value),
        (Some(false), Some(false)) => Seen::Null,
        // A report is missing or stale: it might be managed, it might not.
        (None, _) | (_, None) => Seen::Unknown,
    }
}

impl Kind {
    /// Whether a property of this kind takes an operator, as Microsoft's table has it, with two additions from its own
    /// examples: `-in` on words (`profileType -notIn [...]`) and `-eq` on lists (`systemLabels -eq "CloudPC"`).
    pub(super) const fn takes(self, compare: Compare) -> bool {
        match self {
            Self::Bool => matches!(compare, Compare::Equals),
            Self::Choice(_) | Self::Id => matches!(compare, Compare::Equals | Compare::In),
            Self::List => matches!(compare, Compare::Equals | Compare::Contains),
            Self::Text => true,
        }
    }

    /// The operators, for a message.
    pub(super) const fn operators(self) -> &'static str {
        match self {
            Self::Bool => "-eq or -ne",
            Self::Choice(_) | Self::Id => "-eq, -ne, -in or -notIn",
            Self::List => "-contains or -notContains",
            Self::Text => {
                "-eq, -ne, -startsWith, -notStartsWith, -endsWith, -notEndsWith, -contains, -notContains, -in or -notIn"
            }
        }
    }

    /// What a value has to be, for a message; `None` if this one, in lower case, is right.
    pub(super) fn wants(self, value: &str) -> Option<String> {
        match self {
            Self::Bool if matches!(value, "true" | "false") => None,
            Self::Bool => Some("True or False".to_owned()),
            Self::Choice(words) if words.iter().any(|word| word.eq_ignore_ascii_case(value)) => None,
            Self::Choice(words) => Some(words.join(", ")),
            Self::Id if value.parse::<DeviceId>().is_ok() => None,
            Self::Id => Some("a GUID".to_owned()),
            Self::List | Self::Text if value.is_empty() => Some("a string that is not empty".to_owned()),
            Self::List | Self::Text => None,
        }
    }
}
