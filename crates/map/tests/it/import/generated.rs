//! Tenants that were made, and what comes back of them.

use passband_core::policy::access::facts::Fact;
use passband_map::fleet;
use passband_map::generate::{Made, Size, SplitMix, tenant};
use passband_map::model::{LeftOut, Tenant};
use passband_map::tenant::parse;
use proptest::prelude::*;

type Files = Vec<(String, Vec<u8>)>;

fn files(seed: u64, size: Size) -> (Made, Files) {
    let mut files = Vec::new();
    let made = tenant(seed, size, &mut |name, bytes| files.push((name.to_owned(), bytes.to_vec())));
    (made, files)
}

fn read(files: &Files) -> Tenant {
    parse(files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])))
}

fn sum<T>(tenant: &Tenant, of: impl Fn(&passband_map::model::Person) -> &Fact<Vec<T>>) -> usize {
    tenant.people.iter().map(|it| of(it).known().map_or(0, Vec::len)).sum()
}

/// What a tenant holds, counted the way its maker counted.
fn count(tenant: &Tenant) -> Made {
    let passkeys = || tenant.people.iter().flat_map(|it| it.passkeys.known()).flatten();
    let policies = || tenant.access.known().into_iter().flatten();
    Made {
        people: tenant.people.len(),
        guests: tenant.people.iter().filter(|it| it.guest.ask(Option::is_some).is_yes()).count(),
        disabled: tenant.people.iter().filter(|it| it.enabled == Fact::Known(false)).count(),
        passkeys: passkeys().count(),
        synced: passkeys().filter(|it| it.synced == Fact::Known(true)).count(),
        attested: passkeys().filter(|it| it.attested == Fact::Known(true)).count(),
        methods: sum(tenant, |it| &it.methods),
        groups: tenant.groups.len(),
        memberships: sum(tenant, |it| &it.groups),
        roles: sum(tenant, |it| &it.roles),
        devices: tenant.devices.iter().filter(|it| it.owners.known().is_some_and(|it| it.len() == 1)).count(),
        compliant: tenant.devices.iter().filter(|it| it.compliant == Fact::Known(true)).count(),
        policies: policies().count(),
        without_token_protection: policies().filter(|it| it.policy.unread.token_protection).count(),
        profiles: tenant.passkeys.known().map_or(0, |it| it.policy.profiles.len()),
    }
}

#[test]
fn what_was_made_comes_back() {
    for (seed, users) in [(7, 2500), (8, 30), (9, 1000)] {
        let (made, files) = files(seed, Size::of_users(users));
        let tenant = read(&files);
        assert_eq!(tenant.left_out, [], "{seed}");
        assert_eq!(count(&tenant), made, "{seed}");
        let codes: Vec<_> = tenant.notes.iter().map(|it| it.code).collect();
        let odd =
            ["policy-partly-understood", "policy-contradicts-itself", "unknown-value", "files-not-used"];
        assert!(codes.iter().all(|it| !odd.contains(it)), "{seed}: {:?}", tenant.notes);
        assert!(tenant.people.iter().all(|it| it.groups.known().is_some() && it.roles.known().is_some()));
        assert_eq!((tenant.strengths.len(), tenant.locations.len(), tenant.methods.len()), (4, 8, 3));
    }
}

#[test]
fn a_seed_makes_one_tenant() {
    let size = Size::of_users(50);
    assert_eq!(files(3, size), files(3, size));
    assert_ne!(files(3, size).1, files(4, size).1);
}

/// A tenant without the places where things were read.
fn told(tenant: &Tenant) -> String {
    let mut tenant = tenant.clone();
    tenant.files.clear();
    for it in &mut tenant.people {
        it.source = Default::default();
    }
    for it in &mut tenant.devices {
        it.source = Default::default();
    }
    if let Fact::Known(policies) = &mut tenant.access {
        policies.iter_mut().for_each(|it| it.source = Default::default());
    }
    if let Fact::Known(it) = &mut tenant.passkeys {
        it.source = Default::default();
    }
    format!("{tenant:?}")
}

fn shuffle(files: &mut Files, seed: u64) {
    let mut rng = SplitMix::new(seed);
    for at in (1..files.len()).rev() {
        files.swap(at, (rng.below(at as u64 + 1)) as usize);
    }
}

/// A file as somebody broke it.
fn bend(bytes: &mut Vec<u8>, bends: &[(u16, u8, u8)]) {
    const WORDS: [&[u8]; 8] =
        [b"null", b"[]", b"{}", b"\"\"", b"1e9", b"[[{\"value\":[", b"\"@odata.type\"", b"}"];
    for (at, kind, with) in bends {
        if bytes.is_empty() {
            return;
        }
        let at = usize::from(*at) % bytes.len();
        match kind % 5 {
            0 => bytes[at] = *with,
            1 => bytes.truncate(at),
            2 => {
                bytes.splice(at..at, WORDS[usize::from(*with) % WORDS.len()].iter().copied());
            }
            3 => {
                let end = bytes.len().min(at + usize::from(*with));
                bytes.drain(at..end);
            }
            _ => {
                let end = bytes.len().min(at + usize::from(*with));
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_files_does_not_matter(seed: u64, order: u64) {
        let (_, mut files) = files(seed, Size { users: 20, devices: 20, groups: 6, policies: 6, profiles: 3 });
        let before = told(&read(&files));
        shuffle(&mut files, order);
        prop_assert_eq!(told(&read(&files)), before);
    }

    #[test]
    fn whatever_is_in_the_files_is_read_or_told(
        seed in 0_u64..4,
        bends in prop::collection::vec((any::<u8>(), prop::collection::vec((any::<u16>(), any::<u8>(), any::<u8>()), 1..6)), 1..6),
    ) {
        let (_, mut files) = files(seed, Size { users: 6, devices: 5, groups: 3, policies: 4, profiles: 3 });
        for (which, bends) in &bends {
            let at = usize::from(*which) % files.len();
            bend(&mut files[at].1, bends);
        }
        let tenant = read(&files);
        for LeftOut { source, .. } in &tenant.left_out {
            let lines = files[source.file as usize].1.iter().filter(|it| **it == b'\n').count();
            prop_assert!(source.line as usize <= lines + 1, "a line that there is");
        }
        // A file that is no JSON is told, whatever else.
        for (at, (name, bytes)) in files.iter().enumerate() {
            if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err() {
                prop_assert!(tenant.left_out.iter().any(|it| it.source.file as usize == at), "{} is read over", name);
            }
        }
    }

    #[test]
    fn so_is_whatever_is_in_a_list(text in "[a-z,;\"\t\n\r{}\\[\\]: ]{0,200}", rows in "(name|,|;|platform|owner|\"|\n|A|Linux){0,40}") {
        for text in [text, rows.clone(), format!("name,platform,owner\n{rows}")] {
            let mut tenant = Tenant::default();
            fleet::read(text.as_bytes(), "fleet.csv", &mut tenant);
            let lines = text.bytes().filter(|it| *it == b'\n').count();
            prop_assert!(tenant.left_out.iter().all(|it| it.source.line as usize <= lines + 1));
            prop_assert!(tenant.devices.iter().all(|it| it.id.is_some() || !it.name.is_empty()));
        }
    }
}
