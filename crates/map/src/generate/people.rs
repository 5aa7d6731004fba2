//! People, their methods, groups, roles and devices.

use super::{DEVICE, GROUP, METHOD, Made, OBJECT, PAGE, Paged, Size, SplitMix, USER, id, url};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Models of security keys and passkey providers by AAGUID, most of them as their makers publish them; the last is made
/// up.
const HARDWARE: [(&str, &str); 4] = [
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey 5 Series"),
    ("de1e552d-db1d-4423-a619-566b625cdc84", "Microsoft Authenticator for Android"),
    ("90a3ccdf-635c-4729-a248-9b709135078f", "Microsoft Authenticator for iOS"),
    ("00000000-1111-4222-8333-444444444444", "Another security key"),
];
const SYNCED: [(&str, &str); 2] = [
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "iCloud Keychain"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
];

pub(super) fn principal(number: u32) -> String {
    format!("user{number}@contoso.example")
}

/// People, and beside each page of them one of their methods.
pub(super) fn users(seed: u64, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    let mut rng = SplitMix::new(seed ^ 1);
    let mut answers = Vec::new();
    let mut page = 1;
    for number in 0..size.users {
        answers.push(methods(&mut rng, number, made));
        if answers.len() == PAGE || number + 1 == size.users {
            let body = Value::Array(std::mem::take(&mut answers));
            out(&format!("authentication/methods-{page}.json"), body.to_string().as_bytes());
            page += 1;
        }
    }
    let mut pages = Paged::new("users", &url("beta", "users"), "https://graph.microsoft.com/beta/users", out);
    for number in 0..size.users {
        let (guest, enabled) = (rng.percent(3), !rng.percent(4));
        made.people += 1;
        made.guests += usize::from(guest);
        made.disabled += usize::from(!enabled);
        let name = match guest {
            true => format!("guest{number}_fabrikam.example#EXT#@contoso.example"),
            false => principal(number),
        };
        pages.push(json!({
            "id": id(USER, number), "userPrincipalName": name, "displayName": format!("Person {number}"),
            "accountEnabled": enabled, "userType": if guest { "Guest" } else { "Member" },
            "mail": principal(number), "department": rng.one_of(&["Sales", "Works", "Research", "Desk"]),
            "createdDateTime": "2024-02-03T04:05:06Z", "businessPhones": [], "usageLocation": "DE",
        }));
    }
    pages.write(false);
}

/// One person's `authentication/methods`.
fn methods(rng: &mut SplitMix, number: u32, made: &mut Made) -> Value {
    let kind = |name: &str| format!("#microsoft.graph.{name}AuthenticationMethod");
    let mut list = vec![json!({ "@odata.type": kind("password"), "id": id(METHOD, 0) })];
    made.methods += 1;
    if rng.percent(70) {
        made.methods += 1;
        list.push(json!({ "@odata.type": kind("microsoftAuthenticator"), "id": id(METHOD, number) }));
    }
    if rng.percent(40) {
        made.methods += 1;
        list.push(json!({ "@odata.type": kind("windowsHelloForBusiness"), "id": id(METHOD, number) }));
    }
    let count = rng.one_of(&[0, 0, 1, 1, 1, 2, 3]);
    for key in 0..count {
        let synced = rng.percent(25);
        let attested = !synced && rng.percent(60);
        let (aaguid, model) = if synced { rng.one_of(&SYNCED) } else { rng.one_of(&HARDWARE) };
        made.passkeys += 1;
        made.synced += usize::from(synced);
        made.attested += usize::from(attested);
        list.push(json!({
            "@odata.type": kind("fido2"), "id": format!("key-{number}-{key}"), "displayName": format!("{model} {key}"),
            "aaGuid": aaguid, "model": model, "createdDateTime": format!("2026-0{}-11T09:00:00Z", 1 + rng.below(9)),
            "attestationLevel": if attested { "attested" } else { "notAttested" },
            "passkeyType": if synced { "synced" } else { "deviceBound" }, "attestationCertificates": [],
        }));
    }
    json!({
        "@odata.context": url("beta", &format!("users('{}')/authentication/methods", id(USER, number))),
        "value": list,
    })
}

/// Groups and their members, about ten groups for each person however many there are. Every fifth group holds the one
/// after it, and the first two hold each other: a circle.
pub(super) fn groups(rng: &mut SplitMix, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    let mut pages =
        Paged::new("groups", &url("beta", "groups"), "https://graph.microsoft.com/beta/groups", out);
    for group in 0..size.groups {
        pages.push(json!({
            "id": id(GROUP, group), "displayName": format!("Group {group}"), "groupTypes": [],
            "securityEnabled": true, "mailEnabled": false,
        }));
    }
    pages.write(false);
    made.groups = size.groups as usize;
    let holds = |group: u32| match group {
        1 => Some(0),
        _ => Some(group + 1).filter(|next| group.is_multiple_of(5) && *next < size.groups),
    };
    let most = (u64::from(size.users) * 20 / u64::from(size.groups.max(1))).max(3);
    let mut direct: Vec<BTreeSet<u32>> = Vec::new();
    for group in 0..size.groups {
        let count = (1 + rng.below(most)).min(u64::from(size.users));
        let members: BTreeSet<u32> = (0..count)
            .filter_map(|_| u32::try_from(rng.below(u64::from(size.users.max(1)))).ok())
            .filter(|it| *it < size.users)
            .collect();
        let name = format!("groups/{}/members", id(GROUP, group));
        let next = format!("https://graph.microsoft.com/v1.0/{name}");
        let mut pages = Paged::new(&name, &url("v1.0", "directoryObjects"), &next, out);
        if let Some(nested) = holds(group) {
            pages.push(json!({ "@odata.type": "#microsoft.graph.group", "id": id(GROUP, nested) }));
        }
        for member in &members {
            pages.push(json!({ "@odata.type": "#microsoft.graph.user", "id": id(USER, *member) }));
        }
        pages.write(false);
        direct.push(members);
    }
    let people_of = |group: u32| {
        let mut groups = vec![group];
        groups.extend(holds(group));
        let members = groups.iter().filter_map(|it| direct.get(*it as usize)).flatten();
        members.collect::<BTreeSet<_>>().len()
    };
    made.memberships = (0..size.groups).map(people_of).sum();
}

/// Roles, given to people.
pub(super) fn roles(rng: &mut SplitMix, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    let templates = ["62e90394-69f5-4237-9190-012177145e10", "194ae4cb-b126-40b2-bd5b-6091b380977d"];
    let next = "https://graph.microsoft.com/beta/roleManagement/directory/roleAssignments";
    let context = url("beta", "roleManagement/directory/roleAssignments");
    let mut pages = Paged::new("roleAssignments", &context, next, out);
    let mut held = BTreeSet::new();
    for number in 0..(size.users / 100).max(1) {
        let holder = u32::try_from(rng.below(u64::from(size.users.max(1)))).unwrap_or_default();
        let role = rng.one_of(&templates);
        if holder < size.users && held.insert((holder, role)) {
            pages.push(json!({
                "id": format!("assignment-{number}"), "principalId": id(USER, holder), "roleDefinitionId": role,
                "directoryScopeId": "/",
            }));
        }
    }
    pages.write(false);
    made.roles = held.len();
}

/// Devices with their owners.
pub(super) fn devices(rng: &mut SplitMix, size: Size, made: &mut Made, out: &mut dyn FnMut(&str, &[u8])) {
    const KINDS: [(&str, &str, &str); 7] = [
        ("Windows", "10.0.22631.4317", "AzureAd"),
        ("Windows", "10.0.26100.2033", "ServerAd"),
        ("Windows", "10.0.19045.5011", "ServerAd"),
        ("MacMDM", "15.1", "AzureAd"),
        ("IPhone", "18.1", "Workplace"),
        ("AndroidForWork", "14", "Workplace"),
        ("Linux", "24.04", "Workplace"),
    ];
    let next = "https://graph.microsoft.com/v1.0/devices";
    let mut pages = Paged::new("devices", &url("v1.0", "devices(registeredOwners())"), next, out);
    for number in 0..size.devices {
        let (os, version, trust) = rng.one_of(&KINDS);
        let compliant = rng.percent(80);
        made.devices += 1;
        made.compliant += usize::from(compliant);
        let owners = match size.users {
            0 => Vec::new(),
            users => vec![json!({ "@odata.type": "#microsoft.graph.user", "id": id(USER, number % users) })],
        };
        pages.push(json!({
            "id": id(OBJECT, number), "deviceId": id(DEVICE, number), "displayName": format!("DEV-{number}"),
            "operatingSystem": os, "operatingSystemVersion": version, "trustType": trust, "accountEnabled": true,
            "isCompliant": compliant, "isManaged": true, "deviceOwnership": "Company", "manufacturer": "Contoso",
            "model": format!("Model {}", number % 9), "physicalIds": [], "systemLabels": [], "registeredOwners": owners,
            "approximateLastSignInDateTime": "2026-11-20T08:00:00Z", "profileType": "RegisteredDevice",
        }));
    }
    pages.write(false);
}
