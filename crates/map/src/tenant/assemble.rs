//! Puts together what the files said. The order of files decides nothing but which of two contradicting resources with
//! one id is believed.

use super::gather::{Gathered, Given, Pages};
use super::membership::{self, Places};
use super::notes;
use super::route::Kind;
use crate::model::{AccessPolicy, Device, Edition, Passkey, Person, Source, Tenant};
use passband_core::policy::access::facts::Fact;
use passband_core::policy::access::strength::Mode;
use std::collections::BTreeMap;

/// The tenant that was read from these files.
pub(super) fn tenant(files: Vec<String>, mut gathered: Gathered) -> Tenant {
    let mut tenant = Tenant { files, ..Tenant::default() };
    let gathered = &mut gathered;
    people(gathered, &mut tenant);
    policies(gathered, &mut tenant);
    let places = Places::of(&tenant);
    membership::fill(gathered, &mut tenant, &places);
    credentials(gathered, &mut tenant, &places);
    super::inventory::devices(gathered, &mut tenant, &places);
    notes::write(gathered, &mut tenant);
    tenant.left_out = std::mem::take(&mut gathered.left_out);
    tenant.left_out.sort_by(|a, b| (a.source, &a.field).cmp(&(b.source, &b.field)));
    tenant
}

/// Takes over what is known from another that is the same.
pub(crate) fn fill<T>(into: &mut Fact<T>, from: Fact<T>) {
    if matches!(into, Fact::Unknown) {
        *into = from;
    }
}

fn people(gathered: &mut Gathered, tenant: &mut Tenant) {
    let mut people = std::mem::take(&mut gathered.people);
    people.sort_by(|a, b| (a.id, &a.name, a.source).cmp(&(b.id, &b.name, b.source)));
    people.dedup_by(|later, first| {
        let same = later.id == first.id;
        if same {
            merge(first, later);
        }
        same
    });
    people.shrink_to_fit();
    tenant.people = people;
    gathered.groups.sort_by_key(|(id, _, source)| (*id, *source));
    gathered.groups.dedup_by_key(|(id, ..)| *id);
    let groups = gathered.groups.iter();
    tenant.groups = groups.map(|(id, name, _)| crate::model::Group { id: *id, name: name.clone() }).collect();
}

fn merge(first: &mut Person, later: &mut Person) {
    fill(&mut first.enabled, later.enabled);
    fill(&mut first.guest, later.guest);
    if !first.name.contains('@') && later.name.contains('@') {
        first.name = std::mem::take(&mut later.name);
    }
}

fn policies(gathered: &mut Gathered, tenant: &mut Tenant) {
    let mut access = std::mem::take(&mut gathered.access);
    tell_editions(&mut access, &tenant.files);
    // Of a policy that came through both editions, beta shows more.
    access.sort_by_key(|it| (it.policy.id, it.edition != Edition::Beta, it.source));
    access.dedup_by_key(|it| it.policy.id);
    for it in &mut access {
        let shown = it.raw["sessionControls"].get("secureSignInSession").is_some();
        if it.edition != Edition::Beta && !shown {
            it.policy.unread.token_protection = true;
            gathered.remarks.insert(("token-protection-not-exported", it.policy.name.clone()));
        }
        for path in &it.unread {
            gathered.remarks.insert(("policy-partly-understood", format!("{}: {path}", it.policy.name)));
        }
    }
    let exported = gathered.pages.contains_key(&Kind::Access);
    tenant.access = if exported { Fact::Known(access) } else { Fact::Unknown };
    let mut strengths = std::mem::take(&mut gathered.strengths);
    strengths.sort_by_key(|(it, source)| (it.id, *source));
    let mut embedded = std::mem::take(&mut gathered.embedded_strengths);
    embedded.sort_by_key(|(it, source)| (it.id, *source));
    strengths.extend(embedded);
    strengths.sort_by_key(|(it, _)| it.id);
    strengths.dedup_by_key(|(it, _)| it.id);
    tenant.strengths = strengths.into_iter().map(|(it, _)| it).collect();
    let mut locations = std::mem::take(&mut gathered.locations);
    locations.sort_by_key(|(it, source)| (it.id, *source));
    locations.dedup_by_key(|(it, _)| it.id);
    tenant.locations = locations.into_iter().map(|(it, _)| it).collect();
    let mut methods = std::mem::take(&mut gathered.methods);
    methods.sort_by_cached_key(|(it, source)| (it.name.to_ascii_lowercase(), *source));
    methods.dedup_by(|(later, _), (first, _)| later.name.eq_ignore_ascii_case(&first.name));
    tenant.methods = methods.into_iter().map(|(it, _)| it).collect();
    // One with profiles says more than one without.
    let mut passkeys = std::mem::take(&mut gathered.passkey_methods);
    let without =
        |it: &crate::model::PasskeyMethods| it.raw["passkeyProfiles"].as_array().is_none_or(Vec::is_empty);
    passkeys.sort_by_key(|it| (without(it), it.source));
    tenant.passkeys = passkeys.into_iter().next().map_or(Fact::Unknown, Fact::Known);
}

/// A tool that drops annotations drops the edition. All policies of one folder came the same way: if each that has
/// session controls shows those of beta, it was beta.
fn tell_editions(access: &mut [AccessPolicy], files: &[String]) {
    let folder = |source: Source| -> String {
        let path = files.get(source.file as usize).map(String::as_str).unwrap_or_default();
        // Each resource may lie in a folder of its own: `AccessPolicies/<id>/<id>.json`.
        let parts: Vec<_> = path.split('/').collect();
        let keep = parts.len().saturating_sub(1);
        let own = keep > 0 && parts[keep].strip_suffix(".json") == Some(parts[keep - 1]);
        parts[..keep - usize::from(own)].join("/")
    };
    let mut folders: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for it in access.iter() {
        let (beta, other) = folders.entry(folder(it.source)).or_default();
        *beta |= it.edition == Edition::Beta;
        *other |= it.edition == Edition::V1
            || (it.edition == Edition::Unsaid && it.raw["sessionControls"].is_object());
    }
    for it in access.iter_mut().filter(|it| it.edition == Edition::Unsaid) {
        if folders.get(&folder(it.source)) == Some(&(true, false)) {
            it.edition = Edition::Beta;
        }
    }
}

/// What was given of one person's methods.
#[derive(Clone, Default)]
struct Told {
    all: Pages,
    passkeys: Pages,
    part: bool,
}

fn credentials(gathered: &mut Gathered, tenant: &mut Tenant, places: &Places) {
    let mut told = vec![Told::default(); tenant.people.len()];
    for (whom, given, followed) in &gathered.given {
        let Some(person) = places.of_whom(whom) else { continue };
        let it = &mut told[person as usize];
        match given {
            Given::All => it.all.add(*followed),
            Given::Passkeys => it.passkeys.add(*followed),
            Given::Part => it.part = true,
        }
    }
    let mut passkeys: Vec<Vec<(Option<Box<str>>, Passkey)>> = vec![Vec::new(); tenant.people.len()];
    let mut modes: Vec<Vec<Mode>> = vec![Vec::new(); tenant.people.len()];
    for (whom, id, passkey) in std::mem::take(&mut gathered.passkeys) {
        if let Some(person) = places.of_whom(&whom) {
            passkeys[person as usize].push((id, passkey));
        }
    }
    for (whom, mode) in std::mem::take(&mut gathered.modes) {
        if let Some(person) = places.of_whom(&whom) {
            modes[person as usize].push(mode);
        }
    }
    for (person, ((told, passkeys), modes)) in
        tenant.people.iter_mut().zip(told.iter().zip(passkeys).zip(modes))
    {
        if told.all.are_complete() || told.passkeys.are_complete() {
            person.passkeys = Fact::Known(distinct(passkeys));
        }
        if told.all.are_complete() {
            person.methods = Fact::Known(sorted(modes));
        } else if told.part {
            gathered.remarks.insert(("methods-partly-exported", String::new()));
        }
    }
    let mut reports = std::mem::take(&mut gathered.registrations);
    reports.sort_by(|a, b| a.whom.cmp(&b.whom));
    for report in reports {
        let Some(at) = places.of_whom(&report.whom) else { continue };
        let person = &mut tenant.people[at as usize];
        if matches!(person.passkeys, Fact::Unknown) {
            gathered.remarks.insert(("passkeys-from-report", String::new()));
        }
        fill(&mut person.passkeys, Fact::Known(report.passkeys));
        fill(&mut person.methods, Fact::Known(sorted(report.modes)));
    }
}

fn sorted(mut modes: Vec<Mode>) -> Vec<Mode> {
    modes.sort_unstable_by_key(|it| *it as u32);
    modes.dedup();
    modes.shrink_to_fit();
    modes
}

/// The same passkey may stand under `methods` and under `fido2Methods`; its id tells.
fn distinct(mut listed: Vec<(Option<Box<str>>, Passkey)>) -> Vec<Passkey> {
    listed.sort_by(|(a, x), (b, y)| (a, x.created, &x.name).cmp(&(b, y.created, &y.name)));
    listed.dedup_by(|(later_id, later), (first_id, first)| {
        let same = first_id.is_some() && later_id == first_id;
        if same {
            fill(&mut first.aaguid, later.aaguid);
            fill(&mut first.synced, later.synced);
            fill(&mut first.attested, later.attested);
            first.created = first.created.or(later.created);
            if first.name.is_empty() {
                first.name = std::mem::take(&mut later.name);
            }
        }
        same
    });
    let mut passkeys: Vec<_> = listed.into_iter().map(|(_, it)| it).collect();
    passkeys.shrink_to_fit();
    passkeys
}

/// Fills a device's gaps from another record of it.
pub(crate) fn fill_device(into: &mut Device, from: Device) {
    fill(&mut into.platform, from.platform);
    fill(&mut into.trust, from.trust);
    fill(&mut into.enabled, from.enabled);
    fill(&mut into.compliant, from.compliant);
    fill(&mut into.managed, from.managed);
    into.id = into.id.or(from.id);
    into.os = into.os.take().or(from.os);
    into.os_version = into.os_version.take().or(from.os_version);
    into.ownership = into.ownership.or(from.ownership);
    let (mine, theirs) = (&mut into.filtered, from.filtered);
    mine.manufacturer = mine.manufacturer.take().or(theirs.manufacturer);
    mine.model = mine.model.take().or(theirs.model);
    if into.name.is_empty() {
        into.name = from.name;
    }
}
