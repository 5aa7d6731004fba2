//! Whole plans.

use super::build::*;
use passband_core::policy::access::facts::{Fact, Platform};
use passband_core::policy::access::strength::Mode;
use passband_map::engine::Options;
use passband_map::plan::change::{ChangeError, Wanted};
use passband_map::plan::person::{Prt, Status};
use passband_map::plan::wave::{Stage, Step};
use passband_map::plan::{Asked, Plan};
use serde_json::json;

fn plan(it: &Tenancy, asked: &Asked) -> Plan {
    Plan::new(&it.0, Options::at(day("2026-11-22")), asked).unwrap()
}

fn plain(it: &Tenancy) -> Plan {
    plan(it, &Asked::default())
}

fn changed(it: &Tenancy, change: Wanted) -> Plan {
    plan(it, &Asked { change: Some(change), wave_size: None })
}

/// Anna: two keys on Windows. Ben: one synced passkey on a Mac. Cleo: a password alone. Dora: nothing. Emil: disabled.
fn five() -> Tenancy {
    Tenancy::new()
        .person("Ben", &[], vec![apple()])
        .device(Platform::MacOs)
        .person("Anna", &[], vec![key(), bare_key()])
        .device(Platform::Windows)
        .person("Cleo", &[], vec![])
        .methods(&[Mode::Password])
        .device(Platform::Android)
        .person("Dora", &[], vec![])
        .device(Platform::Linux)
        .person("Emil", &[], vec![key()])
        .who(|it| it.enabled = Fact::Known(false))
        .device(Platform::Windows)
}

/// Without policies: Anna, Ben and Cleo can sign in, Dora and Emil cannot; with a passkey, Anna and Ben.
#[test]
fn the_counts_add_up() {
    let plan = plain(&five());
    let names: Vec<_> = plan.people.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["Anna", "Ben", "Cleo", "Dora", "Emil"]);
    let count = plan.summary.everything;
    assert_eq!((count.yes, count.unknown, count.no), (3, 0, 2));
    let count = plan.summary.with_passkey;
    assert_eq!((count.yes, count.unknown, count.no), (2, 0, 3));
    assert_eq!(plan.summary.by_status["yes"], 3);
    assert_eq!(plan.summary.by_status["no"], 2);
    // On Windows: Anna can, Emil cannot.
    let windows = &plan.summary.by_platform[0];
    assert_eq!((windows.name.as_str(), windows.count.yes, windows.count.no), ("windows", 1, 1));
}

/// Ben has synced ones alone, none attested; Anna has one that is. One passkey: Ben and Emil. None: Cleo and Dora, of whom
/// Dora has nothing at all.
#[test]
fn the_lists_name_who_has_too_little() {
    let lists = plain(&five()).lists;
    assert_eq!(lists.only_synced, [1]);
    assert_eq!(lists.only_unattested, [1]);
    assert_eq!(lists.one_passkey, [1, 4]);
    assert_eq!(lists.no_passkey, [2, 3]);
    assert_eq!(lists.no_method, [3]);
}

/// A TPM on Windows: hardware. Android and Linux: software, whatever the phone has. iOS: sources disagree. Not registered:
/// none. Windows of which nobody said what keeps its keys: unknown.
#[test]
fn what_a_refresh_token_is_bound_to() {
    let of = |it: Tenancy| plain(&it).people[0].prt;
    let on = |platform| Tenancy::new().person("Anna", &[], vec![key()]).device(platform);
    assert_eq!(of(on(Platform::Windows)), Prt::Hardware);
    assert_eq!(of(on(Platform::MacOs)), Prt::Hardware);
    assert_eq!(of(on(Platform::Ios)), Prt::Unknown);
    assert_eq!(of(on(Platform::Android)), Prt::Software);
    assert_eq!(of(on(Platform::Linux)), Prt::Software);
    assert_eq!(of(on(Platform::Windows).but(|it| it.trust = Fact::Known(None))), Prt::None);
    assert_eq!(of(on(Platform::Windows).but(|it| it.keys = Fact::Unknown)), Prt::Unknown);
}

/// Who has no device is tried on every platform: a security key works on all of them, a passkey of Apple's on some.
#[test]
fn somebody_without_a_device_is_tried_everywhere() {
    let it = Tenancy::new()
        .person("Owner", &[], vec![])
        .device(Platform::Windows)
        .person("Anna", &[], vec![key()])
        .person("Ben", &[], vec![apple()]);
    let plan = plain(&it);
    let status = |name: &str| plan.people.iter().find(|it| &*it.name == name).unwrap().status;
    assert_eq!(status("Anna"), Status::Yes);
    assert_eq!(status("Ben"), Status::Unknown);
}

/// Device-bound alone: Ben loses everything and needs a passkey. Nobody else is touched.
#[test]
fn requiring_device_bound_locks_synced_out() {
    let plan = changed(&five(), Wanted::DeviceBound);
    let change = plan.change.unwrap();
    let losing: Vec<_> = change.losing.iter().map(|it| &*it.name).collect();
    assert_eq!(losing, ["Ben"]);
    assert_eq!(change.losing[0].surely.len(), 5);
    assert!(matches!(change.losing[0].steps[..], [Step::RegisterPasskey { .. }]));
    assert_eq!(change.unchanged, 4);
    assert_eq!((change.before.yes, change.after.yes), (3, 2));
}

/// Attestation: device-bound passkeys keep working, attested or not; synced ones do not.
#[test]
fn requiring_attestation_spares_what_is_bound() {
    let it = five().person("Fred", &[], vec![bare_key()]).device(Platform::Windows);
    let change = changed(&it, Wanted::Attested).change.unwrap();
    let losing: Vec<_> = change.losing.iter().map(|it| &*it.name).collect();
    assert_eq!(losing, ["Ben"]);
    assert_eq!(change.remarks.len(), 1);
}

/// One model alone: Ben's passkey is another. The step names the model, by its AAGUID if the map has no name for it.
#[test]
fn requiring_a_model_names_it() {
    for (aaguid, name) in [(TITAN, "Google Titan v2"), (NOBODYS, NOBODYS)] {
        let model = *aaguid.parse::<passband_core::id::DeviceId>().unwrap().as_bytes();
        let it = Tenancy::new().person("Ben", &[], vec![key()]).device(Platform::Windows);
        let change = changed(&it, Wanted::Aaguid(vec![model])).change.unwrap();
        assert_eq!(change.losing.len(), 1);
        let Step::RegisterPasskey { models } = &change.losing[0].steps[0] else { panic!("{change:?}") };
        assert_eq!(models, &[name.to_owned()]);
    }
}

/// Token protection: on Windows nothing is lost; on Android the browser stays and the apps go. Report-only: nothing.
#[test]
fn requiring_token_protection_costs_apps() {
    let it = Tenancy::new()
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows)
        .person("Ben", &[], vec![key()])
        .device(Platform::Android);
    let plan = changed(&it, Wanted::TokenProtection { report_only: false });
    let change = plan.change.unwrap();
    assert_eq!(change.losing.len(), 1);
    let ben = &change.losing[0];
    assert_eq!(&*ben.name, "Ben");
    assert!(ben.surely.is_empty() && ben.perhaps.is_empty());
    assert_eq!(ben.in_apps, ["Exchange Online", "Microsoft Teams", "SharePoint Online"]);
    let report = changed(&it, Wanted::TokenProtection { report_only: true }).change.unwrap();
    assert_eq!((report.losing.len(), report.unchanged), (0, 2));
}

/// A policy in a file takes the place of the one with its id: that blocked Anna, this does not.
#[test]
fn a_document_replaces_the_policy_with_its_id() {
    let it = Tenancy::new()
        .access(&policy("Block", &grant(&["block"])))
        .person("Anna", &[], vec![key()])
        .device(Platform::Windows);
    let mut document = policy("MFA instead", &grant(&["mfa"]));
    document["id"] = json!(guid(0));
    let change = changed(&it, Wanted::Document(document)).change.unwrap();
    assert_eq!((change.losing.len(), change.gaining.len()), (0, 1));
    assert_eq!(change.gaining[0].surely.len(), 5);
    // Without its id it is one more, and the block stays.
    let more = changed(&it, Wanted::Document(policy("More", &grant(&["mfa"])))).change.unwrap();
    assert_eq!(more.unchanged, 1);
    let wrong = Asked { change: Some(Wanted::Document(json!({}))), wave_size: None };
    let error = Plan::new(&it.0, Options::at(day("2026-11-22")), &wrong).unwrap_err();
    assert!(matches!(error, ChangeError::Document));
}

/// The rollout to device-bound passkeys: Anna is ready (two keys), Ben, Cleo and Dora need one passkey, Emil is disabled.
#[test]
fn waves_put_everybody_once() {
    let plan = changed(&five(), Wanted::DeviceBound);
    let told: Vec<_> = plan
        .waves
        .iter()
        .map(|wave| {
            let names: Vec<_> = wave.people.iter().map(|it| &*plan.people[it.person].name).collect();
            (wave.number, wave.stage, names)
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, Stage::Ready, vec!["Anna"]),
            (2, Stage::OneStep, vec!["Ben", "Cleo", "Dora"]),
            (3, Stage::Disabled, vec!["Emil"]),
        ]
    );
}

/// A compliant device is asked for. Anna's is not: one step. Ben has neither passkey nor compliance: two. Cleo's compliance
/// nobody said: find out first. Dora is blocked: nothing helps. Fred has one passkey: a second.
#[test]
fn steps_are_those_that_help() {
    let users = json!({ "conditions": { "users": { "includeUsers": [], "includeGroups": [guid(9)] } } });
    let it = Tenancy::new()
        .access(&policy("Compliant", &grant(&["compliantDevice"])))
        .access(&policy("Block", &both(&users, &grant(&["block"]))))
        .person("Anna", &[], vec![key(), bare_key()])
        .device(Platform::Windows)
        .but(|it| it.compliant = Fact::Known(false))
        .person("Ben", &[], vec![])
        .device(Platform::Windows)
        .but(|it| it.compliant = Fact::Known(false))
        .person("Cleo", &[], vec![key()])
        .device(Platform::Windows)
        .but(|it| it.compliant = Fact::Unknown)
        .person("Dora", &[9], vec![key()])
        .device(Platform::Windows)
        .person("Fred", &[], vec![key()])
        .device(Platform::Windows);
    let plan = plain(&it);
    let of = |name: &str| {
        let mut all = plan.waves.iter().flat_map(|wave| wave.people.iter().map(move |it| (wave.stage, it)));
        let (stage, member) = all.find(|(_, it)| &*plan.people[it.person].name == name).unwrap();
        (stage, member.steps.clone())
    };
    assert_eq!(of("Anna"), (Stage::OneStep, vec![Step::MakeCompliant]));
    let (stage, steps) = of("Ben");
    assert_eq!(stage, Stage::Steps);
    assert!(matches!(steps[..], [Step::RegisterPasskey { .. }, Step::MakeCompliant]), "{steps:?}");
    assert_eq!(of("Cleo").0, Stage::Prepare);
    assert_eq!(of("Dora"), (Stage::NoWay, vec![]));
    assert_eq!(of("Fred"), (Stage::OneStep, vec![Step::RegisterSecondPasskey]));
    assert_eq!(plan.waves[0].number, 0);
}

/// Waves of at most two people.
#[test]
fn waves_are_bounded() {
    let it = (0..5).fold(Tenancy::new(), |it, n| {
        it.person(&format!("P{n}"), &[], vec![key(), bare_key()]).device(Platform::Windows)
    });
    let plan = plan(&it, &Asked { change: None, wave_size: Some(2) });
    let sizes: Vec<_> = plan.waves.iter().map(|it| (it.number, it.people.len())).collect();
    assert_eq!(sizes, [(1, 2), (2, 2), (3, 1)]);
}

/// An old phone: its apps take a security key from Android 13 on. A new system would do; the browser works as it is.
#[test]
fn an_old_system_is_told() {
    let it = Tenancy::new()
        .person("Anna", &[], vec![key(), key()])
        .device(Platform::Ios)
        .but(|it| it.os_version = Some("14.0".to_owned()));
    let plan = plain(&it);
    assert_eq!(plan.people[0].status, Status::No);
    assert_eq!(plan.waves[0].people[0].steps, [Step::UpdateSystem]);
    let too_old = plan.reasons.iter().find(|it| it.code == "osTooOld").unwrap();
    assert!(too_old.fact.is_some_and(|fact| fact.starts_with("auth.ios.")));
}

/// The order of the people in the export changes nothing, not a byte.
#[test]
fn the_plan_is_the_same_whatever_the_order() {
    let one = five();
    let mut other = five();
    other.0.people.reverse();
    for device in &mut other.0.devices {
        if let Fact::Known(owners) = &mut device.owners {
            owners.iter_mut().for_each(|it| *it = 4 - *it);
        }
    }
    let text = |it: &Tenancy| serde_json::to_string(&changed(it, Wanted::DeviceBound)).unwrap();
    assert_eq!(text(&one), text(&other));
}

/// A reason that only the state after a change knows, that of a policy it adds, is told in words too.
#[test]
fn every_reason_of_the_rollout_is_in_words() {
    let block = serde_json::json!({
        "displayName": "Nobody gets in", "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
        },
        "grantControls": { "operator": "OR", "builtInControls": ["block"] },
    });
    let plan = changed(&five(), Wanted::Document(block));
    let of_waves = plan.waves.iter().flat_map(|it| &it.people).flat_map(|it| &it.whys);
    let told: Vec<_> = of_waves.map(|why| plan.reasons.iter().find(|it| it.key == *why).unwrap()).collect();
    assert!(told.iter().any(|it| it.words == "“Nobody gets in” blocks it."), "{told:?}");
}

/// The names in JSON are an interface: reports and scripts read them.
#[test]
fn names_in_json_do_not_change() {
    let it = serde_json::to_value(changed(&five(), Wanted::DeviceBound)).unwrap();
    let keys = |value: &serde_json::Value| {
        let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(keys(&it), "change day leftOut lists notes people reasons resources summary waves");
    assert_eq!(
        keys(&it["people"][0]),
        "can hasAttested id lockedOutByTokenProtection may mayBeProtected name noMethod onlySynced onlyUnattested passkeys protected \
         prt status statusWithPasskey tries why"
    );
    assert_eq!(keys(&it["people"][0]["tries"][0]), "device fails mayWork platform why with works");
    assert_eq!(
        keys(&it["change"]),
        "after afterWithPasskey before beforeWithPasskey gaining losing remarks unchanged"
    );
    assert_eq!(it["change"]["losing"][0]["steps"][0]["do"], "registerPasskey");
    assert_eq!(it["waves"][0]["stage"], "ready");
    assert_eq!(it["people"][0]["status"], "yes");
    let reasons = it["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|it| it["words"].as_str().is_some_and(|words| !words.is_empty())));
}

/// A policy to try that has a condition nobody knows: nobody can tell whom it blocks, and the plan says why.
#[test]
fn what_is_not_understood_of_a_change_is_told() {
    let it = five();
    let odd = both(&grant(&["block"]), &json!({ "conditions": { "moonPhases": ["full"] } }));
    let change = changed(&it, Wanted::Document(policy("Odd", &odd))).change.unwrap();
    assert_eq!(change.after.yes, 0, "certain of nobody any more");
    let [remark] = &change.remarks[..] else { panic!("{:?}", change.remarks) };
    assert!(remark.ends_with("conditions.moonPhases."), "{remark}");
}

/// Anna's laptop is registered nowhere, Ben's is joined. What would help is the same for both: a device that is only
/// supposed to be joined, or compliant, is judged like one that is.
#[test]
fn a_supposed_device_is_judged_like_a_registered_one() {
    for (control, step) in
        [("compliantDevice", Step::MakeCompliant), ("domainJoinedDevice", Step::JoinDomain)]
    {
        let it = Tenancy::new()
            .access(&policy("Wanted", &grant(&[control])))
            .person("Anna", &[], vec![key(), bare_key()])
            .device(Platform::Windows)
            .but(|it| {
                it.id = None;
                it.trust = Fact::Known(None);
                it.compliant = Fact::Known(false);
            })
            .person("Ben", &[], vec![key(), bare_key()])
            .device(Platform::Windows)
            .but(|it| it.compliant = Fact::Known(false));
        let plan = plain(&it);
        for name in ["Anna", "Ben"] {
            let mut members = plan.waves.iter().flat_map(|it| &it.people);
            let member = members.find(|it| &*plan.people[it.person].name == name).unwrap();
            assert_eq!(member.steps, std::slice::from_ref(&step), "{name}, {control}");
        }
    }
}
