//! The export of a tenant: files one after the other, each a line with its name and then its text, a NUL between.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::policy::access::facts::Fact;
use passband_map::model::{Edition, Tenant};
use passband_map::tenant::parse;
use std::collections::BTreeSet;

fuzz_target!(|data: &[u8]| {
    let mut files: Vec<(&str, &[u8])> = Vec::new();
    for file in data.split(|byte| *byte == 0).take(32) {
        let end = file.iter().position(|byte| *byte == b'\n').unwrap_or(file.len());
        let Ok(name) = std::str::from_utf8(&file[..end]) else { continue };
        files.push((name, file.get(end + 1..).unwrap_or_default()));
    }
    let tenant = parse(files.iter().copied());
    hold(&tenant, &files);
    files.reverse();
    let turned = parse(files.iter().copied());
    hold(&turned, &files);
    assert_eq!(ids(&tenant), ids(&turned), "the order of files decides who is there");
    assert_eq!(tenant.left_out.len(), turned.left_out.len(), "the order of files decides what is told");
});

fn ids(tenant: &Tenant) -> BTreeSet<String> {
    let people = tenant.people.iter().map(|it| format!("{:?}", it.id));
    let policies = tenant.access.known().into_iter().flatten().map(|it| format!("{:?}", it.policy.id));
    people.chain(policies).collect()
}

fn hold(tenant: &Tenant, files: &[(&str, &[u8])]) {
    assert!(tenant.people.is_sorted_by(|a, b| a.id < b.id), "somebody is there twice");
    for it in &tenant.left_out {
        assert!((it.source.file as usize) < files.len() && !it.expected.is_empty());
    }
    for person in &tenant.people {
        if let Fact::Known(groups) = &person.groups {
            assert!(groups.is_sorted_by(|a, b| a < b), "a group counts twice");
        }
    }
    for device in &tenant.devices {
        if let Fact::Known(owners) = &device.owners {
            assert!(
                owners.iter().all(|it| (*it as usize) < tenant.people.len()),
                "an owner who is not there"
            );
        }
    }
    for it in tenant.access.known().into_iter().flatten() {
        let shown = it.raw["sessionControls"].get("secureSignInSession").is_some();
        let unknown = it.policy.unread.token_protection;
        assert!(shown || unknown || it.edition == Edition::Beta, "token protection was read as off");
    }
}
