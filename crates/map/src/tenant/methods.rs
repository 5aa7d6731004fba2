//! The authentication methods policy: passkey profiles, or what there was before them, and the other methods.

use super::file::Document;
use super::gather::Gathered;
use super::json::{Object, Wrong};
use super::policy::tree;
use crate::model::{Method, PasskeyMethods};
use passband_core::authn::profile::{
    FIRST_PROFILE, KeyRestrictions, PasskeyPolicy, PasskeyProfile, PasskeyTypes, Target, Who,
};
use passband_core::id::{GroupId, KeyId, ProfileId};
use passband_core::policy::access::strength::Mode;
use serde_json::value::RawValue;

/// The policy over all methods (Graph `authenticationMethodsPolicy`).
pub(super) fn policy<'a>(
    document: &Document<'a, '_>,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    // Until the migration is over, the old policies for multifactor authentication and for resets allow methods too.
    if let Some(state) = object.text("policyMigrationState")?.filter(|it| it != "migrationComplete") {
        out.remark("legacy-methods-count", state);
    }
    for raw in object.list("authenticationMethodConfigurations")?.unwrap_or_default() {
        // Each for itself: one that is wrong does not take the others with it.
        if let Err(wrong) = configuration(document, raw, out) {
            out.left_out.push(document.text.left_out(&wrong.within("authenticationMethodConfigurations")));
        }
    }
    Ok(())
}

/// One method's configuration (Graph `authenticationMethodConfiguration`).
pub(super) fn configuration<'a>(
    document: &Document<'a, '_>,
    raw: &'a RawValue,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let object = Object::read(raw)?;
    let Some(id) = object.owned("id")? else { return Err(object.wrong("id", "the name of a method")) };
    let enabled = match object.text("state")?.as_deref() {
        Some("enabled") => true,
        Some("disabled") => false,
        _ => return Err(object.wrong("state", "enabled or disabled")),
    };
    if id.eq_ignore_ascii_case("fido2") {
        let policy = passkeys(&object, enabled, out)?;
        let source = document.text.place(object.raw);
        let opened = opened(&object, &policy);
        out.passkey_methods.push(PasskeyMethods { policy, opened, raw: tree(raw)?, source });
        return Ok(());
    }
    let include = targets(&object, "includeTargets", out)?;
    let exclude = targets(&object, "excludeTargets", out)?;
    let group = |it: &Given| match it.who {
        Who::Group(id) => Some(id),
        Who::Everyone => None,
    };
    let method = Method {
        modes: modes(&id, &object)?,
        enabled,
        everyone: include.iter().any(|it| it.who == Who::Everyone),
        include: include.iter().filter_map(group).collect(),
        exclude: exclude.iter().filter_map(group).collect(),
        raw: tree(raw)?,
        name: id,
    };
    out.methods.push((method, document.text.place(object.raw)));
    Ok(())
}

/// The ways of signing in that a method gives.
fn modes<'a>(name: &str, object: &Object<'a>) -> Result<Vec<Mode>, Wrong<'a>> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    Ok(if is("TemporaryAccessPass") {
        match object.flag("isUsableOnce")? {
            Some(true) => vec![Mode::TemporaryAccessPassOneTime],
            _ => vec![Mode::TemporaryAccessPassOneTime, Mode::TemporaryAccessPassMultiUse],
        }
    } else if is("MicrosoftAuthenticator") {
        vec![Mode::MicrosoftAuthenticatorPush, Mode::DeviceBasedPush]
    } else if is("X509Certificate") {
        vec![Mode::X509CertificateSingleFactor, Mode::X509CertificateMultiFactor]
    } else {
        let names = [
            ("SoftwareOath", Mode::SoftwareOath),
            ("HardwareOath", Mode::HardwareOath),
            ("Sms", Mode::Sms),
            ("Voice", Mode::Voice),
            ("Email", Mode::Email),
            ("QRCodePin", Mode::QrCodePin),
        ];
        names.into_iter().filter(|(other, _)| is(other)).map(|(_, mode)| mode).collect()
    })
}

/// A target and the profiles it names.
struct Given {
    who: Who,
    profiles: Vec<ProfileId>,
}

fn targets<'a>(object: &Object<'a>, name: &'static str, out: &mut Gathered) -> Result<Vec<Given>, Wrong<'a>> {
    let mut targets = Vec::new();
    for raw in object.list(name)?.unwrap_or_default() {
        let target = Object::read(raw).map_err(|wrong| wrong.within(name))?;
        let within = |wrong: Wrong<'a>| wrong.within(name);
        if let Some(kind) = target.text("targetType").map_err(within)?.filter(|it| it != "group") {
            out.remark("unknown-value", format!("{name}: targetType {kind}"));
        }
        let id = target.text("id").map_err(within)?;
        let who = match id.as_deref() {
            Some("all_users") => Some(Who::Everyone),
            Some(text) => text.parse().ok().map(Who::Group),
            None => None,
        };
        // A target that is read over would shut people out, or let them in: the whole configuration is left out.
        let who = who.ok_or_else(|| target.wrong("id", "all_users or the id of a group").within(name))?;
        let mut profiles = Vec::new();
        for text in target.texts("allowedPasskeyProfiles").map_err(within)? {
            let wrong = || target.wrong("allowedPasskeyProfiles", "ids of profiles").within(name);
            profiles.push(text.parse().map_err(|_| wrong())?);
        }
        targets.push(Given { who, profiles });
    }
    Ok(targets)
}

/// The passkey policy (Graph `fido2AuthenticationMethodConfiguration`), with or without profiles.
fn passkeys<'a>(object: &Object<'a>, enabled: bool, out: &mut Gathered) -> Result<PasskeyPolicy, Wrong<'a>> {
    let mut profiles = Vec::new();
    for raw in object.list("passkeyProfiles")?.unwrap_or_default() {
        let read = Object::read(raw).and_then(|it| profile(&it, out));
        profiles.push(read.map_err(|wrong| wrong.within("passkeyProfiles"))?);
    }
    let named: Option<ProfileId> = object.id("defaultPasskeyProfile")?;
    let old = profiles.is_empty();
    if old {
        out.remark("old-passkey-properties", "authenticationMethodConfigurations/fido2");
        profiles.push(old_profile(object, named.unwrap_or(FIRST_PROFILE), out)?);
    }
    let default = named.filter(|it| profiles.iter().any(|profile| profile.id == *it));
    if default.is_none() && !old {
        out.remark("no-default-profile", "authenticationMethodConfigurations/fido2");
    }
    let include: Vec<_> = targets(object, "includeTargets", out)?
        .into_iter()
        .map(|it| Target { who: it.who, profiles: it.profiles })
        .collect();
    for target in include.iter().filter(|_| !old) {
        let who = match target.who {
            Who::Everyone => "all_users".to_owned(),
            Who::Group(id) => id.to_string(),
        };
        if target.profiles.is_empty() {
            out.remark("target-without-profiles", who.clone());
        }
        for id in target.profiles.iter().filter(|id| !profiles.iter().any(|it| it.id == **id)) {
            out.remark("target-names-no-profile", format!("{who}: {id}"));
        }
    }
    let group = |it: Given| match it.who {
        Who::Group(id) => Ok(id),
        Who::Everyone => Err(object.wrong("excludeTargets", "ids of groups")),
    };
    let exclude = targets(object, "excludeTargets", out)?.into_iter().map(group);
    Ok(PasskeyPolicy {
        enabled,
        self_service: object.flag("isSelfServiceRegistrationAllowed")?.unwrap_or(true),
        include,
        exclude: exclude.collect::<Result<Vec<GroupId>, _>>()?,
        default_profile: default
            .or(profiles.first().map(|it| it.id).filter(|_| old))
            .unwrap_or(FIRST_PROFILE),
        profiles,
    })
}

fn profile<'a>(object: &Object<'a>, out: &mut Gathered) -> Result<PasskeyProfile, Wrong<'a>> {
    let id: ProfileId = object.need_id("id")?;
    let name = object.owned("name")?.unwrap_or_else(|| id.to_string());
    let Some(types) = object.text("passkeyTypes")? else {
        return Err(object.wrong("passkeyTypes", "deviceBound, synced, or both with a comma between"));
    };
    let mut read = PasskeyTypes { device_bound: false, synced: false };
    for word in types.split(',').map(str::trim) {
        match word {
            "deviceBound" => read.device_bound = true,
            "synced" => read.synced = true,
            other => out.remark("unknown-value", format!("passkeyTypes of {name}: {other}")),
        }
    }
    let attestation = match object.text("attestationEnforcement")?.as_deref() {
        Some("disabled") | None => false,
        Some("registrationOnly") => true,
        // Something stricter than nothing, most likely; the worst case is that it has to be attested.
        Some(other) => {
            out.remark("unknown-value", format!("attestationEnforcement of {name}: {other}"));
            true
        }
    };
    // Nothing can attest a key that is copied.
    read.synced &= !attestation;
    let restrictions = match object.object("keyRestrictions")? {
        Some(it) => restrictions(&it, out).map_err(|wrong| wrong.within("keyRestrictions"))?,
        None => KeyRestrictions::default(),
    };
    Ok(PasskeyProfile { types: read, attestation, restrictions, ..PasskeyProfile::open(id, &name) })
}

fn restrictions<'a>(object: &Object<'a>, out: &mut Gathered) -> Result<KeyRestrictions, Wrong<'a>> {
    let block = match object.text("enforcementType")?.as_deref() {
        Some("block") => true,
        Some("allow") | None => false,
        Some(other) => {
            out.remark("unknown-value", format!("enforcementType: {other}"));
            false
        }
    };
    let mut aaguids = Vec::new();
    for text in object.texts("aaGuids")? {
        let id = text.parse::<KeyId>().map_err(|_| object.wrong("aaGuids", "a list of GUIDs"))?;
        aaguids.push(*id.as_bytes());
    }
    Ok(KeyRestrictions { enforced: object.flag("isEnforced")?.unwrap_or(false), block, aaguids })
}

/// The one profile that the properties of before there were profiles come to: device-bound passkeys alone, since there
/// were no others.
fn old_profile<'a>(
    object: &Object<'a>,
    id: ProfileId,
    out: &mut Gathered,
) -> Result<PasskeyProfile, Wrong<'a>> {
    let restrictions = match object.object("keyRestrictions")? {
        Some(it) => restrictions(&it, out).map_err(|wrong| wrong.within("keyRestrictions"))?,
        None => KeyRestrictions::default(),
    };
    Ok(PasskeyProfile {
        types: PasskeyTypes { device_bound: true, synced: false },
        attestation: object.flag("isAttestationEnforced")?.unwrap_or(false),
        restrictions,
        ..PasskeyProfile::open(id, "Default")
    })
}

/// What the automatic migration of April to June 2026 may have made of a policy without profiles: where attestation was
/// not enforced, synced passkeys are allowed, without anybody having said so.
fn opened(object: &Object<'_>, policy: &PasskeyPolicy) -> Option<PasskeyPolicy> {
    let has_profiles = object.list("passkeyProfiles").ok().flatten().is_some_and(|it| !it.is_empty());
    let profile = policy.profiles.first().filter(|it| !has_profiles && !it.attestation)?;
    let types = PasskeyTypes { device_bound: true, synced: true };
    let profiles = vec![PasskeyProfile { types, ..profile.clone() }];
    Some(PasskeyPolicy { profiles, ..policy.clone() })
}
