//! The columns of a list of devices, under the names that spreadsheets and device managements give them.

use crate::model::{Browser, Device, KeyStore};
use crate::tenant::device::platform;
use passband_core::policy::access::facts::{Fact, Ownership, TrustType};

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Browsers,
    Compliant,
    DeviceId,
    Keys,
    Managed,
    Manufacturer,
    Model,
    Name,
    OsVersion,
    Owner,
    Ownership,
    Platform,
    Sso,
    State,
}

/// Names without anything but letters and digits, in small letters. Of two columns for one thing the name that comes
/// first here counts: Intune's own `Device ID` is not the directory's.
const NAMES: [(Column, &[&str]); 14] = [
    (Column::Browsers, &["browsers", "browser", "defaultbrowser"]),
    (Column::Compliant, &["compliant", "compliance", "iscompliant", "compliancestate"]),
    (Column::DeviceId, &["azureaddeviceid", "entradeviceid", "microsoftentradeviceid", "deviceid"]),
    (Column::Keys, &["keys", "keystore"]),
    (Column::Managed, &["managed", "ismanaged"]),
    (Column::Manufacturer, &["manufacturer", "devicemanufacturer", "vendor", "make"]),
    (Column::Model, &["model", "devicemodel"]),
    (Column::Name, &["name", "devicename", "displayname", "computername", "hostname", "device"]),
    (Column::OsVersion, &["osversion", "operatingsystemversion", "version"]),
    (
        Column::Owner,
        &[
            "owner",
            "owners",
            "primaryuserupn",
            "userprincipalname",
            "upn",
            "user",
            "primaryuser",
            "registeredowners",
        ],
    ),
    (Column::Ownership, &["ownership", "deviceownership"]),
    (Column::Platform, &["platform", "os", "operatingsystem"]),
    (Column::Sso, &["sso"]),
    (Column::State, &["state", "jointype", "trusttype", "joinstate"]),
];

impl Column {
    /// The name it is documented under.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DeviceId => "deviceId",
            Self::OsVersion => "os_version",
            _ => NAMES.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[0]),
        }
    }
}

/// Which column stands where.
pub(super) struct Columns(Vec<Option<Column>>);

impl Columns {
    pub(super) fn of<'a>(header: impl Iterator<Item = &'a str>) -> Self {
        let mut found: Vec<Option<(Column, usize)>> = Vec::new();
        for name in header {
            let plain: String =
                name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            found.push(
                NAMES
                    .iter()
                    .find_map(|(column, names)| Some((*column, names.iter().position(|it| *it == plain)?))),
            );
        }
        let best = |column| found.iter().flatten().filter(|it| it.0 == column).map(|it| it.1).min();
        let keep: Vec<_> = found
            .iter()
            .map(|it| it.filter(|(column, rank)| best(*column) == Some(*rank)).map(|it| it.0))
            .collect();
        Self(keep)
    }

    pub(super) fn at(&self, place: usize) -> Option<Column> {
        self.0.get(place).copied().flatten()
    }

    /// Whether a row can say which device it is, and what it runs.
    pub(super) fn are_enough(&self) -> bool {
        let has = |column| self.0.contains(&Some(column));
        (has(Column::Name) || has(Column::DeviceId)) && has(Column::Platform)
    }
}

/// Puts a cell that is not empty into a device, or says what was expected.
pub(super) fn set(column: Column, cell: &str, device: &mut Device) -> Result<(), &'static str> {
    match column {
        Column::Browsers => device.browsers = Fact::Known(browsers(cell)?),
        Column::Compliant => device.compliant = answer(cell)?,
        Column::DeviceId => device.id = Some(cell.parse().map_err(|_| "a GUID")?),
        Column::Keys => device.keys = Fact::Known(keys(cell)?),
        Column::Managed => device.managed = answer(cell)?,
        Column::Manufacturer => device.filtered.manufacturer = Some(cell.to_owned()),
        Column::Model => device.filtered.model = Some(cell.to_owned()),
        Column::Name => device.name = cell.to_owned(),
        Column::OsVersion => device.os_version = Some(cell.to_owned()),
        Column::Owner => {}
        Column::Ownership => device.ownership = ownership(cell)?,
        Column::Platform => {
            device.platform = platform(cell);
            device.os = Some(cell.to_owned());
        }
        Column::Sso => device.sso = answer(cell)?,
        Column::State => device.trust = state(cell)?,
    }
    Ok(())
}

fn plain(cell: &str) -> String {
    cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn answer(cell: &str) -> Result<Fact<bool>, &'static str> {
    Ok(match plain(cell).as_str() {
        // Microsoft counts a device in its grace period as compliant.
        "yes" | "true" | "1" | "compliant" | "ingraceperiod" => Fact::Known(true),
        "no" | "false" | "0" | "noncompliant" | "notcompliant" => Fact::Known(false),
        "unknown" | "notevaluated" | "na" | "null" => Fact::Unknown,
        _ => return Err("yes, no or unknown"),
    })
}

fn state(cell: &str) -> Result<Fact<Option<TrustType>>, &'static str> {
    Ok(match plain(cell).as_str() {
        "registered" | "workplace" | "azureadregistered" | "entraregistered" | "microsoftentraregistered" => {
            Fact::Known(Some(TrustType::Workplace))
        }
        "joined" | "azuread" | "azureadjoined" | "entrajoined" | "microsoftentrajoined" => {
            Fact::Known(Some(TrustType::AzureAd))
        }
        "hybrid"
        | "serverad"
        | "hybridazureadjoined"
        | "entrahybridjoined"
        | "microsoftentrahybridjoined" => Fact::Known(Some(TrustType::ServerAd)),
        "none" | "unregistered" | "notregistered" => Fact::Known(None),
        "unknown" => Fact::Unknown,
        _ => return Err("registered, joined, hybrid, none or unknown"),
    })
}

fn ownership(cell: &str) -> Result<Option<Ownership>, &'static str> {
    match plain(cell).as_str() {
        "company" | "corporate" => Ok(Some(Ownership::Company)),
        "personal" => Ok(Some(Ownership::Personal)),
        "unknown" => Ok(None),
        _ => Err("company, personal or unknown"),
    }
}

fn keys(cell: &str) -> Result<KeyStore, &'static str> {
    match plain(cell).as_str() {
        "hardware" | "tpm" | "secureenclave" | "strongbox" | "tee" => Ok(KeyStore::Hardware),
        "software" => Ok(KeyStore::Software),
        _ => Err("hardware or software"),
    }
}

fn browsers(cell: &str) -> Result<Vec<Browser>, &'static str> {
    let mut found = Vec::new();
    for word in cell.split([';', ',', '/']).map(str::trim).filter(|it| !it.is_empty()) {
        let word = word.to_ascii_lowercase();
        let browser = Browser::ALL.into_iter().find(|it| word.split(' ').any(|part| part == it.name()));
        found.push(browser.ok_or("chrome, edge, firefox or safari")?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
