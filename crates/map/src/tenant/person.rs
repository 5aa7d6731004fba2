//! People and what they sign in with.

use super::file::Document;
use super::gather::{Gathered, Given, Registration};
use super::group;
use super::json::{Object, Wrong};
use super::route::{Route, Whom};
use crate::model::{Passkey, Person};
use passband_core::id::{KeyId, UserId};
use passband_core::policy::access::facts::{Fact, Guest};
use passband_core::policy::access::strength::Mode;

/// A person (Graph `user`).
pub(super) fn user<'a>(
    document: &Document<'a, '_>,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let id: UserId = object.need_id("id")?;
    let principal = object.owned("userPrincipalName")?;
    let guest = guest(object, principal.as_deref())?;
    let name = match principal {
        Some(name) => name,
        None => object.owned("displayName")?.unwrap_or_else(|| id.to_string()),
    };
    out.people.push(Person {
        id,
        name,
        enabled: object.flag("accountEnabled")?.map_or(Fact::Unknown, Fact::Known),
        guest,
        groups: Fact::Unknown,
        roles: Fact::Unknown,
        passkeys: Fact::Unknown,
        methods: Fact::Unknown,
        source: document.text.place(object.raw),
    });
    expanded(id, object, out)
}

/// What `$expand` brought along.
fn expanded<'a>(id: UserId, object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    for (name, transitive) in [("memberOf", false), ("transitiveMemberOf", true)] {
        let Some(groups) = object.list(name)? else { continue };
        let whole = group::is_whole(groups.len());
        out.member_of_given.entry((Whom::Id(id), transitive)).or_default().add(!whole);
        for item in groups {
            let item = Object::read(item).map_err(|wrong| wrong.within(name))?;
            group::member_of(&Whom::Id(id), &item, out).map_err(|wrong| wrong.within(name))?;
        }
    }
    let holders = [Some("authentication"), None];
    for holder in holders {
        let inner = match holder {
            Some(name) => object.object(name)?,
            None => None,
        };
        let within = if holder.is_some() { inner.as_ref() } else { Some(object) };
        let Some(within) = within else { continue };
        for word in ["methods", "fido2Methods"] {
            let Some(list) = within.list(word)? else { continue };
            let given = if word == "methods" { Given::All } else { Given::Passkeys };
            out.given.push((Whom::Id(id), given, false));
            for item in list {
                let read = Object::read(item)
                    .and_then(|it| method(&Whom::Id(id), &word.to_ascii_lowercase(), &it, out));
                read.map_err(|wrong| wrong.within(word))?;
            }
        }
    }
    Ok(())
}

/// Whether they are from outside: the kind is told by the `#EXT#` in the name of those who sign in elsewhere.
fn guest<'a>(object: &Object<'a>, principal: Option<&str>) -> Result<Fact<Option<Guest>>, Wrong<'a>> {
    let external = principal.map(|it| it.to_ascii_uppercase().contains("#EXT#"));
    let kind = object.text("userType")?;
    Ok(match (kind.as_deref(), external) {
        (Some("Guest"), Some(true)) => Fact::Known(Some(Guest::CollaborationGuest)),
        (Some("Guest"), Some(false)) => Fact::Known(Some(Guest::Internal)),
        (Some("Member"), Some(true)) => Fact::Known(Some(Guest::CollaborationMember)),
        (Some("Member"), Some(false)) => Fact::Known(None),
        // Accounts of before there were guests have null; one that was not selected says nothing.
        (None, Some(false)) if object.has("userType") => Fact::Known(None),
        _ => Fact::Unknown,
    })
}

/// Takes down that somebody's methods are given.
pub(super) fn begin(route: &Route, followed: bool, out: &mut Gathered) {
    let given = match route.word.as_str() {
        "methods" => Given::All,
        "fido2methods" => Given::Passkeys,
        _ => Given::Part,
    };
    if let Some(whom) = &route.owner {
        out.given.push((whom.clone(), given, followed));
    }
}

/// One method (Graph `authenticationMethod` and what derives from it); `word` names the collection.
pub(super) fn method<'a>(
    whom: &Whom,
    word: &str,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let told = object.type_name().map(|it| it.to_ascii_lowercase());
    let kind = match &told {
        Some(name) => name.strip_suffix("authenticationmethod").unwrap_or(name),
        None => word.strip_suffix("methods").unwrap_or(word),
    };
    let modes: &[Mode] = match kind {
        "fido2" => {
            let id = object.owned("id")?.map(String::into_boxed_str);
            out.passkeys.push((whom.clone(), id, passkey(object)?));
            &[Mode::Fido2]
        }
        // A strength takes a platform credential for Windows Hello.
        "windowshelloforbusiness" | "platformcredential" => &[Mode::WindowsHelloForBusiness],
        "password" => &[Mode::Password],
        "phone" if object.text("phoneType")?.is_some_and(|it| it == "office") => &[Mode::Voice],
        "phone" => &[Mode::Sms, Mode::Voice],
        // Whether it also signs in without a password, only its own older type says.
        "microsoftauthenticator" => &[Mode::MicrosoftAuthenticatorPush],
        "passwordlessmicrosoftauthenticator" => &[Mode::DeviceBasedPush],
        "temporaryaccesspass" if object.flag("isUsable")? == Some(false) => &[],
        "temporaryaccesspass" if object.flag("isUsableOnce")? == Some(true) => {
            &[Mode::TemporaryAccessPassOneTime]
        }
        "temporaryaccesspass" => &[Mode::TemporaryAccessPassMultiUse],
        "softwareoath" => &[Mode::SoftwareOath],
        "hardwareoath" => &[Mode::HardwareOath],
        "email" => &[Mode::Email],
        "x509certificate" => &[Mode::X509CertificateSingleFactor, Mode::X509CertificateMultiFactor],
        "qrcodepin" | "qrcode" => &[Mode::QrCodePin],
        other => {
            out.remark("unknown-value", format!("authentication method {other}"));
            &[]
        }
    };
    out.modes.extend(modes.iter().filter(|it| **it != Mode::Fido2).map(|it| (whom.clone(), *it)));
    Ok(())
}

fn passkey<'a>(object: &Object<'a>) -> Result<Passkey, Wrong<'a>> {
    let name = match object.owned("displayName")? {
        Some(name) => name,
        None => object.owned("model")?.unwrap_or_default(),
    };
    let aaguid = object.id::<KeyId>("aaGuid")?;
    // What is neither is unknown: more kinds may come.
    let either = |name: &str, yes: &str, no: &str| {
        let said = object.text(name)?;
        Ok(match said.as_deref() {
            Some(it) if it == yes => Fact::Known(true),
            Some(it) if it == no => Fact::Known(false),
            _ => Fact::Unknown,
        })
    };
    Ok(Passkey {
        name,
        aaguid: aaguid.map_or(Fact::Unknown, |it| Fact::Known(*it.as_bytes())),
        synced: either("passkeyType", "synced", "deviceBound")?,
        attested: either("attestationLevel", "attested", "notAttested")?,
        created: object.time("createdDateTime")?,
    })
}

/// What the report on registrations says of somebody (Graph `userRegistrationDetails`): kinds, no models, no counts.
pub(super) fn registration<'a>(object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    let whom = match object.id::<UserId>("id")? {
        Some(id) => Whom::Id(id),
        None => {
            let name = object.text("userPrincipalName")?;
            let whom = name.as_deref().and_then(Whom::of);
            whom.ok_or_else(|| object.wrong("id", "the id of a person"))?
        }
    };
    let (mut modes, mut passkeys) = (vec![Mode::Password], Vec::new());
    for word in object.texts("methodsRegistered")? {
        let synced = match word.as_str() {
            "fido2" | "fido2SecurityKey" => Some(Fact::Unknown),
            "passKeySynced" => Some(Fact::Known(true)),
            _ if word.starts_with("passKeyDeviceBound") => Some(Fact::Known(false)),
            _ => None,
        };
        if let Some(synced) = synced {
            let name = word.clone();
            passkeys.push(Passkey {
                name,
                aaguid: Fact::Unknown,
                synced,
                attested: Fact::Unknown,
                created: None,
            });
            continue;
        }
        modes.extend_from_slice(match word.as_str() {
            "windowsHelloForBusiness" | "macOsSecureEnclaveKey" => &[Mode::WindowsHelloForBusiness],
            "mobilePhone" | "alternateMobilePhone" => &[Mode::Sms, Mode::Voice],
            "officePhone" => &[Mode::Voice],
            "microsoftAuthenticatorPush" => &[Mode::MicrosoftAuthenticatorPush],
            "microsoftAuthenticatorPasswordless" => &[Mode::DeviceBasedPush],
            "softwareOneTimePasscode" => &[Mode::SoftwareOath],
            "hardwareOneTimePasscode" => &[Mode::HardwareOath],
            "temporaryAccessPass" => &[Mode::TemporaryAccessPassMultiUse],
            "email" => &[Mode::Email],
            "certificate" | "x509Certificate" => &[Mode::X509CertificateMultiFactor],
            "securityQuestion" => &[],
            other => {
                out.remark("unknown-value", format!("methodsRegistered {other}"));
                &[]
            }
        });
    }
    out.registrations.push(Registration { whom, passkeys, modes });
    Ok(())
}
