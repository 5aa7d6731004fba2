//! Devices: writing them, and reading them back.

use crate::error::StoreError;
use crate::row::{Args, Reader};
use crate::statement::{Statement, any, one};
use passband_core::change::Conflict;
use passband_core::compliance::{Attribute, Compliance, Details, Ownership, Told};
use passband_core::directory::{ClientProfile, Device, DeviceStanding, JoinType};
use passband_core::id::{DeviceId, UserId};
use passband_core::policy::signal::EvidenceLevel;
use std::collections::BTreeMap;

pub(crate) fn insert(device: &Device) -> Statement {
    let args = Args::new()
        .blob(device.id.as_bytes())
        .blob(device.owner.as_bytes())
        .text(&device.name)
        .text(device.join.trust_type())
        .int(device.enabled)
        .text(&device.os)
        .text(&device.os_version)
        .blob(&device.device_key)
        .blob(&device.transport_key)
        .blob(&device.certificate)
        .blob(&device.thumbprint)
        .at(device.certificate_expires)
        .int(device.evidence.to_i64());
    one(
        "INSERT INTO devices (id, owner, name, trust_type, enabled, os, os_version, device_key, transport_key, \
         certificate, thumbprint, certificate_expires, evidence, compliant, managed, compliance_until, ownership, \
         attributes, revision, created, last_seen, profile) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) \
         ON CONFLICT DO NOTHING",
        told(args, device.compliance, &device.details)
            .int(device.revision)
            .at(device.created)
            .opt_at(device.last_seen)
            .text(device.profile.name()),
        Conflict::Duplicate,
    )
}

/// Replaces what is said about a device, if nobody else has meanwhile: of two that say something at once the later must
/// not put back what the earlier took away.
pub(crate) fn tell(id: DeviceId, seen: u32, now: &Told) -> Statement {
    one(
        "UPDATE devices SET os_version = $1, compliant = $2, managed = $3, compliance_until = $4, ownership = $5, \
         attributes = $6, revision = revision + 1 WHERE id = $7 AND revision = $8",
        told(Args::new().text(&now.os_version), now.compliance, &now.details).blob(id.as_bytes()).int(seen),
        Conflict::Stale,
    )
}

/// The values of `compliant`, `managed`, `compliance_until`, `ownership` and `attributes`.
fn told(args: Args, compliance: Compliance, details: &Details) -> Args {
    let attributes: serde_json::Map<String, serde_json::Value> = details
        .attributes
        .iter()
        .map(|(which, text)| (which.name().to_owned(), text.clone().into()))
        .collect();
    args.opt_int(compliance.compliant)
        .opt_int(compliance.managed)
        .at(compliance.until)
        .text(details.ownership.map_or("", Ownership::name))
        .text(serde_json::Value::from(attributes).to_string())
}

/// Reads `columns!(device)`.
pub(crate) fn device(r: &mut Reader<'_>) -> Result<Device, StoreError> {
    Ok(Device {
        id: r.id(DeviceId::from_bytes)?,
        owner: r.id(UserId::from_bytes)?,
        name: r.text()?,
        join: r.named(JoinType::from_trust_type, "trust type")?,
        enabled: r.flag()?,
        os: r.text()?,
        os_version: r.text()?,
        device_key: r.blob()?,
        transport_key: r.blob()?,
        certificate: r.blob()?,
        thumbprint: r.array()?,
        certificate_expires: r.at()?,
        evidence: EvidenceLevel::from_i64(r.int()?),
        compliance: compliance(r)?,
        details: details(r)?,
        revision: r.count()?,
        created: r.at()?,
        last_seen: r.opt_at()?,
        profile: profile(r)?,
    })
}

/// Columns of `columns!(device_standing)`.
pub(crate) const STANDING_WIDTH: usize = 13;

/// Reads `columns!(device_standing)`.
pub(crate) fn standing(r: &mut Reader<'_>) -> Result<DeviceStanding, StoreError> {
    Ok(DeviceStanding {
        id: r.id(DeviceId::from_bytes)?,
        enabled: r.flag()?,
        name: r.text()?,
        evidence: EvidenceLevel::from_i64(r.int()?),
        join: r.named(JoinType::from_trust_type, "trust type")?,
        os: r.text()?,
        os_version: r.text()?,
        compliance: compliance(r)?,
        details: details(r)?,
        profile: profile(r)?,
    })
}

fn profile(r: &mut Reader<'_>) -> Result<ClientProfile, StoreError> {
    r.named(ClientProfile::from_name, "client profile")
}

/// Holds a device to the strict profile: there is no statement for the other direction.
pub(crate) fn raise(id: DeviceId) -> Statement {
    any("UPDATE devices SET profile = 'strict' WHERE id = $1", Args::new().blob(id.as_bytes()))
}

fn compliance(r: &mut Reader<'_>) -> Result<Compliance, StoreError> {
    Ok(Compliance { compliant: r.opt_flag()?, managed: r.opt_flag()?, until: r.at()? })
}

fn details(r: &mut Reader<'_>) -> Result<Details, StoreError> {
    let wrong = StoreError::Row;
    let ownership = match r.text()?.as_str() {
        "" => None,
        name => Some(Ownership::from_name(name).ok_or(wrong("device ownership"))?),
    };
    let text = r.text()?;
    // Nearly every device has none, and this is read at every request.
    if text == "{}" {
        return Ok(Details { ownership, attributes: BTreeMap::new() });
    }
    let named: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|_| wrong("device attributes"))?;
    let attributes = named
        .into_iter()
        .map(|(name, text)| Ok((Attribute::from_name(&name).ok_or(wrong("device attribute"))?, text)))
        .collect::<Result<_, StoreError>>()?;
    Ok(Details { ownership, attributes })
}
