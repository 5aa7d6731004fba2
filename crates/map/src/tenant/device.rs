//! Devices, as the directory and as Intune know them.

use super::file::Document;
use super::gather::{Any, DeviceRecord, Gathered, ManagedRecord, device_id};
use super::json::{Object, Wrong};
use super::route::Whom;
use crate::model::{Device, Filtered};
use passband_core::id::{DeviceId, GroupId, UserId};
use passband_core::policy::access::facts::{Fact, Ownership, Platform, TrustType};

fn known<T>(it: Option<T>) -> Fact<T> {
    it.map_or(Fact::Unknown, Fact::Known)
}

/// The platform of an operating system's name, as policies know platforms.
pub(crate) fn platform(os: &str) -> Fact<Option<Platform>> {
    let os = os.to_ascii_lowercase();
    let has = |word: &str| os.contains(word);
    Fact::Known(if os.is_empty() || os == "unknown" {
        return Fact::Unknown;
    } else if has("windowsphone") || has("windows phone") || has("windowsmobile") {
        Some(Platform::WindowsPhone)
    } else if has("windows") || os.starts_with("win") {
        Some(Platform::Windows)
    } else if has("iphone") || has("ipad") || os.starts_with("ios") || has("ipod") {
        Some(Platform::Ios)
    } else if os.starts_with("mac") || has("os x") || has("osx") {
        Some(Platform::MacOs)
    } else if has("android") {
        Some(Platform::Android)
    } else if has("linux") || has("ubuntu") || has("rhel") || has("redhat") {
        Some(Platform::Linux)
    } else {
        None
    })
}

fn trust(text: &str) -> Option<TrustType> {
    [TrustType::AzureAd, TrustType::ServerAd, TrustType::Workplace]
        .into_iter()
        .find(|it| it.name().eq_ignore_ascii_case(text))
}

fn ownership(text: &str) -> Option<Ownership> {
    [Ownership::Company, Ownership::Personal].into_iter().find(|it| it.name().eq_ignore_ascii_case(text))
}

/// A device (Graph `device`). Returns its `id`.
pub(super) fn device<'a>(
    document: &Document<'a, '_>,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<Option<Any>, Wrong<'a>> {
    let id = device_id(Some(object.need_id::<DeviceId>("deviceId")?));
    let object_id = object.id::<GroupId>("id")?.map(|it| *it.as_bytes());
    let os = object.owned("operatingSystem")?;
    let said = object.text("trustType")?;
    let trusted = said.as_deref().map(|text| (text, trust(text)));
    if let Some((text, None)) = trusted {
        out.remark("unknown-value", format!("trustType {text}"));
    }
    let (mut owners, mut owners_given) = (Vec::new(), false);
    for name in ["registeredOwners", "registeredUsers"] {
        let Some(people) = object.list(name)? else { continue };
        owners_given = true;
        for person in people {
            let id = Object::read(person).and_then(|it| it.need_id::<UserId>("id"));
            owners.push(Whom::Id(id.map_err(|wrong| wrong.within(name))?));
        }
    }
    let device = Device {
        id,
        name: object.owned("displayName")?.unwrap_or_default(),
        owners: Fact::Unknown,
        platform: os.as_deref().map_or(Fact::Unknown, platform),
        os_version: object.owned("operatingSystemVersion")?,
        trust: trusted.and_then(|(_, it)| it).map_or(Fact::Unknown, |it| Fact::Known(Some(it))),
        enabled: known(object.flag("accountEnabled")?),
        compliant: known(object.flag("isCompliant")?),
        managed: known(object.flag("isManaged")?),
        ownership: object.text("deviceOwnership")?.as_deref().and_then(ownership),
        keys: Fact::Unknown,
        sso: Fact::Unknown,
        browsers: Fact::Unknown,
        filtered: Box::new(filtered(object)?),
        source: document.text.place(object.raw),
        os,
    };
    out.devices.push(DeviceRecord { object: object_id, device, owners, owners_given });
    Ok(object_id)
}

fn filtered<'a>(object: &Object<'a>) -> Result<Filtered, Wrong<'a>> {
    let mut extension_attributes = Vec::new();
    if let Some(attributes) = object.object("extensionAttributes")? {
        for number in 1..=15 {
            extension_attributes.push(attributes.owned(&format!("extensionAttribute{number}"))?);
        }
        if extension_attributes.iter().all(Option::is_none) {
            extension_attributes = Vec::new();
        }
    }
    Ok(Filtered {
        manufacturer: object.owned("manufacturer")?,
        model: object.owned("model")?,
        mdm_app_id: object.owned("mdmAppId")?,
        enrollment_profile_name: object.owned("enrollmentProfileName")?,
        profile_type: object.owned("profileType")?,
        physical_ids: object.texts("physicalIds")?,
        system_labels: object.texts("systemLabels")?,
        extension_attributes,
    })
}

/// A device in Intune (Graph `managedDevice`).
pub(super) fn managed<'a>(
    document: &Document<'a, '_>,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let os = object.owned("operatingSystem")?;
    let state = object.text("complianceState")?;
    let compliant = match state.as_deref() {
        Some("compliant" | "inGracePeriod") => Fact::Known(true),
        Some("noncompliant" | "conflict" | "error") => Fact::Known(false),
        _ => Fact::Unknown,
    };
    let join = object.text("joinType")?;
    let trust = match join.as_deref() {
        Some("azureADJoined") => Fact::Known(Some(TrustType::AzureAd)),
        Some("azureADRegistered") => Fact::Known(Some(TrustType::Workplace)),
        Some("hybridAzureADJoined") => Fact::Known(Some(TrustType::ServerAd)),
        _ => Fact::Unknown,
    };
    let owner = match object.id::<UserId>("userId")? {
        Some(id) => Some(Whom::Id(id)),
        None => object.text("userPrincipalName")?.as_deref().and_then(Whom::of),
    };
    let device = Device {
        id: device_id(object.id("azureADDeviceId")?),
        name: object.owned("deviceName")?.unwrap_or_default(),
        owners: Fact::Unknown,
        platform: os.as_deref().map_or(Fact::Unknown, platform),
        os_version: object.owned("osVersion")?,
        trust,
        enabled: Fact::Unknown,
        compliant,
        managed: Fact::Known(true),
        ownership: object.text("managedDeviceOwnerType")?.as_deref().and_then(ownership),
        keys: Fact::Unknown,
        sso: Fact::Unknown,
        browsers: Fact::Unknown,
        filtered: Box::new(Filtered {
            manufacturer: object.owned("manufacturer")?,
            model: object.owned("model")?,
            ..Filtered::default()
        }),
        source: document.text.place(object.raw),
        os,
    };
    out.managed.push(ManagedRecord { device, owner });
    Ok(())
}
