//! The same things in the shapes that tools write them.

use super::{
    ADA, BOB, NORTH, SALES, access, collection, graph, group, note, people, person, policy, tenant, user,
};
use passband_core::policy::access::facts::{Fact, Guest};
use passband_core::policy::access::strength::Mode;
use passband_map::model::Edition;
use passband_map::tenant::parse;
use serde_json::{Value, json};

const KEY: &str = "cb69481e-8ff7-4039-93ec-0a2729a154a8";

fn key(id: &str) -> Value {
    json!({
        "id": id, "displayName": "Key", "aaGuid": KEY, "passkeyType": "deviceBound", "attestationLevel": "attested",
        "createdDateTime": "2026-01-02T03:04:05Z",
    })
}

fn typed(mut value: Value, name: &str) -> Value {
    value["@odata.type"] = format!("#microsoft.graph.{name}").into();
    value
}

#[test]
fn a_passkey_is_the_same_however_it_was_exported() {
    let of_ada = format!("users('{ADA}')/authentication/fido2Methods");
    let all = format!("users('{ADA}')/authentication/methods");
    let path = format!("users/{ADA}/authentication/fido2Methods.json");
    let flat = format!("users_{ADA}_fido2Methods.json");
    let folders = format!("Users/{ADA}/Authentication/Fido2Methods/k1/k1.json");
    let typed_key = typed(key("k1"), "fido2AuthenticationMethod");
    let mut expanded = user(ADA, "ada@x.example");
    expanded["authentication"] = json!({ "methods": [typed_key] });
    let ways: Vec<(&str, Value)> = vec![
        ("a.json", collection("beta", &of_ada, json!([key("k1")]))),
        ("a.json", collection("v1.0", &all, json!([typed_key]))),
        (&path, json!({ "value": [key("k1")] })),
        (&flat, json!([key("k1")])),
        (&folders, key("k1")),
        ("pages.json", json!([collection("beta", &of_ada, json!([key("k1")]))])),
        (
            "batch.json",
            json!({ "responses": [{ "id": "1", "status": 200, "body": collection("beta", &of_ada, json!([key("k1")])) }] }),
        ),
        ("users_ada@x.example_fido2Methods.json", json!({ "value": [key("k1")] })),
        ("ada.json", expanded),
    ];
    for (name, document) in &ways {
        let read = tenant(&[people(), (name, document.clone())]);
        assert_eq!(read.left_out, [], "{name}");
        let Fact::Known(passkeys) = &person(&read, ADA).passkeys else { panic!("{name}: {document}") };
        let [passkey] = &passkeys[..] else { panic!("{name}: {passkeys:?}") };
        assert_eq!(passkey.aaguid, Fact::Known(*KEY.parse::<passband_core::id::KeyId>().unwrap().as_bytes()));
        assert_eq!((passkey.synced, passkey.attested), (Fact::Known(false), Fact::Known(true)), "{name}");
        assert!(passkey.created.is_some());
        assert_eq!(person(&read, BOB).passkeys, Fact::Unknown, "{name}: nobody said anything of Bob");
    }
    // The same passkey in two places is one; two passkeys alike are two.
    let twice = [people(), ways[0].clone(), ways[1].clone()];
    assert_eq!(person(&tenant(&twice), ADA).passkeys.known().map(Vec::len), Some(1));
    let two = tenant(&[people(), ("a.json", collection("beta", &of_ada, json!([key("k1"), key("k2")])))]);
    assert_eq!(person(&two, ADA).passkeys.known().map(Vec::len), Some(2));
    let none = tenant(&[people(), ("a.json", collection("beta", &of_ada, json!([])))]);
    assert_eq!(person(&none, ADA).passkeys, Fact::Known(Vec::new()), "none is known, not unknown");
}

/// What one file leaves out of a passkey, another may say: together they say all, in whatever order they were written.
#[test]
fn two_files_about_one_passkey_fill_each_others_gaps() {
    let without = |names: &[&str]| {
        let mut it = key("k1");
        names.iter().for_each(|name| _ = it.as_object_mut().unwrap().remove(*name));
        it
    };
    let of = |word: &str, it: Value| {
        collection("beta", &format!("users('{ADA}')/authentication/{word}"), json!([it]))
    };
    let whole = tenant(&[people(), ("a.json", of("fido2Methods", key("k1")))]);
    let whole = person(&whole, ADA).passkeys.clone();
    assert!(whole.known().is_some_and(|it| it.len() == 1));
    for (one, other) in [
        (["passkeyType", "attestationLevel", "displayName", "model"], ["aaGuid", "createdDateTime", "", ""]),
        (["passkeyType", "attestationLevel", "displayName", "createdDateTime"], ["aaGuid", "", "", ""]),
    ] {
        let methods = of("methods", typed(without(&one), "fido2AuthenticationMethod"));
        let fido2 = of("fido2Methods", without(&other));
        for (first, second) in [(&methods, &fido2), (&fido2, &methods)] {
            let read = tenant(&[people(), ("a.json", first.clone()), ("b.json", second.clone())]);
            assert_eq!(read.left_out, []);
            assert_eq!(person(&read, ADA).passkeys, whole, "without {one:?} and without {other:?}");
        }
    }
}

/// What contradicts itself is told as that, and not as if it had not been understood.
#[test]
fn a_contradiction_is_no_gap() {
    let mut document = policy(1, "Odd", SALES);
    document["conditions"]["users"]["includeUsers"] = json!(["All"]);
    let read = tenant(&[people(), access("beta", json!([document]))]);
    assert_eq!(note(&read, "policy-partly-understood"), None);
    let told = note(&read, "policy-contradicts-itself").expect("a note").about.join(" ");
    assert!(told.starts_with("Odd: conditions.users.includeUsers"), "{told}");
    document["conditions"]["moonPhases"] = json!(["full"]);
    let read = tenant(&[people(), access("beta", json!([document]))]);
    let told = note(&read, "policy-partly-understood").expect("a note").about.join(" ");
    assert_eq!(told, "Odd: conditions.moonPhases");
}

#[test]
fn methods_are_named_as_strengths_name_them() {
    let kinds =
        ["password", "windowsHelloForBusiness", "platformCredential", "softwareOath", "carrierPigeon"];
    let mut list: Vec<_> =
        kinds.iter().map(|it| typed(json!({ "id": it }), &format!("{it}AuthenticationMethod"))).collect();
    list.push(typed(json!({ "id": "t", "isUsableOnce": true }), "temporaryAccessPassAuthenticationMethod"));
    list.push(typed(json!({ "id": "p", "phoneType": "mobile" }), "phoneAuthenticationMethod"));
    let read = tenant(&[
        people(),
        ("m.json", collection("beta", &format!("users('{ADA}')/authentication/methods"), json!(list))),
    ]);
    let wanted = [
        Mode::Password,
        Mode::Voice,
        Mode::SoftwareOath,
        Mode::Sms,
        Mode::WindowsHelloForBusiness,
        Mode::TemporaryAccessPassOneTime,
    ];
    assert_eq!(person(&read, ADA).methods, Fact::Known(wanted.to_vec()));
    let about = &note(&read, "unknown-value").expect("a note").about;
    assert_eq!(about, &["authentication method carrierpigeon"]);
}

#[test]
fn the_report_is_believed_last() {
    let report = |words: Value| {
        let row = json!({ "id": ADA, "userPrincipalName": "ada@x.example", "methodsRegistered": words });
        collection("v1.0", "reports/authenticationMethods/userRegistrationDetails", json!([row]))
    };
    let words = json!(["passKeyDeviceBound", "passKeySynced", "mobilePhone"]);
    let read = tenant(&[people(), ("report.json", report(words.clone()))]);
    let passkeys = person(&read, ADA).passkeys.known().expect("known");
    let synced: Vec<_> = passkeys.iter().map(|it| it.synced).collect();
    assert_eq!(synced, [Fact::Known(false), Fact::Known(true)]);
    assert!(passkeys.iter().all(|it| it.aaguid == Fact::Unknown));
    assert!(note(&read, "passkeys-from-report").is_some());
    let of_ada = format!("users('{ADA}')/authentication/methods");
    let both = [people(), ("report.json", report(words)), ("m.json", collection("beta", &of_ada, json!([])))];
    assert_eq!(person(&tenant(&both), ADA).passkeys, Fact::Known(Vec::new()));
}

#[test]
fn people_are_in_groups_by_way_of_groups_even_in_circles() {
    let typed_id = |id: &str, name: &str| typed(json!({ "id": id }), name);
    let read = tenant(&[
        people(),
        access("beta", json!([policy(1, "P", SALES)])),
        (&format!("groups/{SALES}/members.json"), json!({ "value": [typed_id(NORTH, "group")] })),
        // As EntraExporter writes: each member in a folder of its own.
        (&format!("Groups/{NORTH}/Members/{ADA}/{ADA}.json"), typed_id(ADA, "user")),
        (&format!("Groups/{NORTH}/Members/{SALES}/{SALES}.json"), typed_id(SALES, "group")),
    ]);
    assert_eq!(person(&read, ADA).groups, Fact::Known(vec![group(SALES), group(NORTH)]));
    assert_eq!(person(&read, BOB).groups, Fact::Known(Vec::new()));
    assert_eq!(note(&read, "membership-not-exported"), None);
}

#[test]
fn membership_that_is_not_there_is_unknown() {
    let policies = || access("beta", json!([policy(1, "P", SALES)]));
    let read = tenant(&[people(), policies()]);
    assert_eq!(person(&read, ADA).groups, Fact::Unknown);
    assert_eq!(
        note(&read, "membership-not-exported").map(|it| it.about.clone()),
        Some(vec![SALES.to_owned()])
    );
    let members = |of: &str, list: Value| (format!("groups/{of}/members.json"), json!({ "value": list }));
    let (name, document) = members(NORTH, json!([{ "id": ADA }]));
    let other = tenant(&[people(), policies(), (&name, document)]);
    assert_eq!(person(&other, ADA).groups, Fact::Unknown, "another group's members do not help");
    assert!(note(&other, "membership-partly-exported").is_some());
    // A group in the group whose members are not there.
    let nested = typed(json!({ "id": NORTH }), "group");
    let (name, document) = members(SALES, json!([nested, { "id": ADA }]));
    let half = tenant(&[people(), policies(), (&name, document)]);
    assert_eq!(person(&half, ADA).groups, Fact::Unknown);
    // A page that says another follows, and none does.
    let (name, mut document) = members(SALES, json!([{ "id": ADA }]));
    document["@odata.nextLink"] =
        format!("https://graph.microsoft.com/v1.0/groups/{SALES}/members?$skiptoken=2").into();
    let first = tenant(&[people(), policies(), (&name, document)]);
    assert_eq!(person(&first, ADA).groups, Fact::Unknown);
    // With one person's own list that person is known.
    let mine = collection(
        "beta",
        &format!("users('{ADA}')/transitiveMemberOf"),
        json!([typed(json!({ "id": SALES }), "group")]),
    );
    let one = tenant(&[people(), policies(), ("mine.json", mine)]);
    assert_eq!(person(&one, ADA).groups, Fact::Known(vec![group(SALES)]));
    assert_eq!(person(&one, BOB).groups, Fact::Unknown);
    // Twenty are all that `$expand` brings.
    let many: Vec<_> =
        (0..20).map(|it| json!({ "id": format!("00000000-0000-0000-0000-{it:012}") })).collect();
    let expanded = json!([{ "id": SALES, "groupTypes": [], "members": many }]);
    let twenty =
        tenant(&[people(), policies(), ("groups.json", collection("beta", "groups(members())", expanded))]);
    assert_eq!(person(&twenty, ADA).groups, Fact::Unknown);
    // Of nineteen there is no more.
    let expanded = json!([{ "id": SALES, "groupTypes": [], "members": &many[1..] }]);
    let nineteen =
        tenant(&[people(), policies(), ("groups.json", collection("beta", "groups(members())", expanded))]);
    assert_eq!(person(&nineteen, ADA).groups, Fact::Known(Vec::new()));
    assert!(note(&nineteen, "membership-partly-exported").is_none());
}

#[test]
fn an_export_through_v1_says_nothing_of_token_protection() {
    let unread = |edition: &str, session: Value| {
        let mut document = policy(1, "P", SALES);
        document["sessionControls"] = session;
        let read = tenant(&[access(edition, json!([document]))]);
        let policies = read.access.known().expect("policies").clone();
        (policies[0].policy.unread.token_protection, note(&read, "token-protection-not-exported").is_some())
    };
    assert_eq!(unread("v1.0", Value::Null), (true, true));
    assert_eq!(unread("v1.0", json!({ "signInFrequency": null })), (true, true));
    assert_eq!(unread("beta", Value::Null), (false, false));
    assert_eq!(unread("beta", json!({ "secureSignInSession": { "isEnabled": true } })), (false, false));
    // Without a context, the properties tell; the policies of one folder came the same way.
    let single = |number: u8, session: Value| {
        let mut document = policy(number, "P", SALES);
        document["sessionControls"] = session;
        let id = document["id"].as_str().unwrap().to_owned();
        (format!("Identity/Conditional/AccessPolicies/{id}/{id}.json"), document)
    };
    let editions = |all: &[(String, Value)]| -> Vec<Edition> {
        let files: Vec<_> = all.iter().map(|(name, it)| (name.as_str(), it.clone())).collect();
        tenant(&files).access.known().expect("policies").iter().map(|it| it.edition).collect()
    };
    let beta = single(1, json!({ "secureSignInSession": null }));
    let silent = single(2, Value::Null);
    let other = single(3, json!({ "signInFrequency": null }));
    assert_eq!(editions(std::slice::from_ref(&silent)), [Edition::Unsaid]);
    assert_eq!(editions(&[beta.clone(), silent.clone()]), [Edition::Beta, Edition::Beta]);
    assert_eq!(editions(&[beta, silent, other]), [Edition::Beta, Edition::Unsaid, Edition::Unsaid]);
}

#[test]
fn a_passkey_policy_of_before_there_were_profiles_has_two_readings() {
    let read = |attested: bool| {
        let document = json!({
            "id": "Fido2", "state": "enabled", "isAttestationEnforced": attested,
            "keyRestrictions": { "isEnforced": true, "enforcementType": "allow", "aaGuids": [KEY] },
            "includeTargets": [{ "id": "all_users", "targetType": "group" }], "excludeTargets": [],
        });
        let name = "Policies/AuthenticationMethodsPolicy/AuthenticationMethodConfigurations/FIDO2.json";
        tenant(&[(name, document)])
    };
    let plain = read(false);
    let passkeys = plain.passkeys.known().expect("a policy");
    let profile = &passkeys.policy.profiles[0];
    assert!(profile.types.device_bound && !profile.types.synced && !profile.attestation);
    assert_eq!(profile.restrictions.aaguids.len(), 1);
    assert_eq!(passkeys.policy.default_profile, profile.id);
    assert!(passkeys.opened.as_ref().expect("the best case").profiles[0].types.synced);
    assert!(
        note(&plain, "passkeys-maybe-opened").is_some() && note(&plain, "old-passkey-properties").is_some()
    );
    let attested = read(true);
    let passkeys = attested.passkeys.known().expect("a policy");
    assert!(passkeys.policy.profiles[0].attestation && passkeys.opened.is_none());
    assert_eq!(note(&attested, "passkeys-maybe-opened"), None);
}

#[test]
fn profiles_are_kept_whatever_is_new_in_them() {
    let profile = |id: u8, types: &str| {
        json!({
            "id": format!("00000000-0000-0000-0000-0000000000{id:02x}"), "name": format!("Profile {id}"),
            "passkeyTypes": types, "attestationEnforcement": "disabled",
            "keyRestrictions": null, "somethingNew": { "a": 1 },
        })
    };
    let mut document = json!({
        "id": "Fido2", "state": "enabled", "defaultPasskeyProfile": "00000000-0000-0000-0000-000000000001",
        "includeTargets": [{ "id": SALES, "targetType": "group" }], "excludeTargets": [],
    });
    let profiles: Vec<_> = (1..=40).map(|id| profile(id, "deviceBound,hologram")).collect();
    document["passkeyProfiles"] = json!(profiles);
    let read = tenant(&[(
        "fido2.json",
        graph("beta", "authenticationMethodConfigurations/$entity", document.clone()),
    )]);
    let passkeys = read.passkeys.known().expect("a policy");
    assert_eq!(passkeys.policy.profiles.len(), 40);
    assert!(passkeys.policy.profiles.iter().all(|it| it.types.device_bound && !it.types.synced));
    assert!(passkeys.opened.is_none());
    assert_eq!(
        passkeys.raw["passkeyProfiles"], document["passkeyProfiles"],
        "the document is kept as it was"
    );
    assert!(note(&read, "unknown-value").expect("a note").about[0].contains("hologram"));
    assert_eq!(
        note(&read, "target-without-profiles").map(|it| it.about.clone()),
        Some(vec![SALES.to_owned()])
    );
}

#[test]
fn devices_are_joined_from_directory_and_intune() {
    let device = "00000000-0000-0000-0000-0000000000d1";
    let read = tenant(&[
        people(),
        (
            "devices.json",
            collection(
                "v1.0",
                "devices(registeredOwners())",
                json!([{
                    "id": "00000000-0000-0000-0000-0000000000e1", "deviceId": device, "displayName": "LAPTOP",
                    "operatingSystem": "Windows", "trustType": "AzureAd", "isCompliant": null, "accountEnabled": true,
                    "registeredOwners": [{ "id": ADA }],
                }]),
            ),
        ),
        (
            "managed.json",
            collection(
                "v1.0",
                "deviceManagement/managedDevices",
                json!([
                    {
                        "id": "i1", "azureADDeviceId": device, "complianceState": "noncompliant",
                        "osVersion": "10.0.22631.1", "userPrincipalName": "BOB@x.example", "deviceName": "laptop",
                    },
                    {
                        "id": "i2", "azureADDeviceId": "00000000-0000-0000-0000-000000000000", "deviceName": "TABLET",
                        "operatingSystem": "iPadOS", "complianceState": "inGracePeriod",
                    },
                ]),
            ),
        ),
    ]);
    assert_eq!(read.left_out, []);
    let [laptop, tablet] = &read.devices[..] else { panic!("{:?}", read.devices) };
    assert_eq!(laptop.compliant, Fact::Known(false), "the directory did not say");
    assert_eq!(laptop.os_version.as_deref(), Some("10.0.22631.1"));
    assert_eq!(laptop.owners, Fact::Known(vec![0, 1]));
    assert_eq!(
        (tablet.id, tablet.compliant, tablet.owners.clone()),
        (None, Fact::Known(true), Fact::Unknown)
    );
}

#[test]
fn guests_are_told_by_type_and_name() {
    let of = |name: &str, kind: Value| {
        let mut document = user(ADA, name);
        document["userType"] = kind;
        tenant(&[("u.json", document)]).people[0].guest
    };
    assert_eq!(of("a@x.example", json!("Member")), Fact::Known(None));
    assert_eq!(of("a@x.example", Value::Null), Fact::Known(None));
    assert_eq!(of("a_y#EXT#@x.example", json!("Guest")), Fact::Known(Some(Guest::CollaborationGuest)));
    assert_eq!(of("a@x.example", json!("Guest")), Fact::Known(Some(Guest::Internal)));
    assert_eq!(of("a_y#EXT#@x.example", json!("Member")), Fact::Known(Some(Guest::CollaborationMember)));
    assert_eq!(of("a@x.example", json!("unknownFutureValue")), Fact::Unknown);
}

#[test]
fn windows_power_shell_writes_utf16() {
    let text = people().1.to_string();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(text.as_bytes());
    for bytes in [&wide, &marked] {
        let read = parse([("users.json", &bytes[..])]);
        assert_eq!((read.people.len(), read.left_out.len()), (2, 0));
    }
}
