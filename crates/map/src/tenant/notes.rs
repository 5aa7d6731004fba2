//! What a reader has to know of an export before believing what is made of it (the checklist of the policy vocabulary).

use super::gather::Gathered;
use super::route::Kind;
use crate::model::{Note, Tenant};
use passband_core::policy::access::facts::Fact;
use passband_core::policy::access::model::{Applications, Places, Policy};
use passband_core::policy::access::strength::Strength;
use std::collections::BTreeMap;

/// Most names that one note repeats.
const MAX_ABOUT: usize = 100;

/// The codes and what they say, in the order they are told.
const TEXTS: [(&str, &str); 25] = [
    (
        "token-protection-not-exported",
        "Graph v1.0 does not show token protection, and nothing says that these policies came through \
         beta. Whether they ask for it is unknown; export them through beta.",
    ),
    (
        "old-passkey-properties",
        "The passkey policy has no profiles, only the properties of before March 2026. One profile was \
         made of them.",
    ),
    (
        "passkeys-maybe-opened",
        "The automatic migration of April to June 2026 allowed synced passkeys where attestation was \
         not enforced. If this export is from before it, they may be allowed by now without anybody \
         having said so; export the policy again.",
    ),
    (
        "target-without-profiles",
        "These targets name no passkey profile. They were given the default profile, which is what the \
         documents suggest but do not say.",
    ),
    ("target-names-no-profile", "These targets name a profile that the policy does not have."),
    ("no-default-profile", "The passkey policy names no default profile that it has."),
    (
        "legacy-methods-count",
        "The migration of the methods policy is not complete: the old policies for multifactor \
         authentication and for password reset allow methods too, and are not exported.",
    ),
    (
        "policy-partly-understood",
        "These parts of policies are not understood. Whether the policies apply or are satisfied is \
         unknown where it hangs on them.",
    ),
    (
        "policy-contradicts-itself",
        "These parts of policies contradict another part (All beside a group, block beside another \
         control). They were read as they stand; look whether they say what was meant.",
    ),
    ("unknown-value", "These values are not known here. They were kept, and decide nothing."),
    (
        "strength-not-exported",
        "These policies ask for an authentication strength that is not in the export. Nothing satisfies \
         it for certain.",
    ),
    ("location-not-exported", "These policies name a location that is not in the export."),
    (
        "app-groups-change",
        "These policies name a group of applications whose content Microsoft changes (Office365, \
         MicrosoftAdminPortals). A dated list stands for it.",
    ),
    (
        "access-not-exported",
        "No conditional access policies are in the export. Whether there are any is unknown.",
    ),
    (
        "passkey-policy-not-exported",
        "The passkey policy is not in the export. Whether a passkey is accepted is unknown.",
    ),
    ("people-not-exported", "There are no people in the export."),
    (
        "membership-not-exported",
        "Policies name these groups, and the export has no members of any group. Who is in them is \
         unknown.",
    ),
    (
        "membership-partly-exported",
        "Policies name these groups, and the export does not have all their members. Who is in them is \
         unknown. The members of dynamic groups have to be exported as well.",
    ),
    ("roles-not-exported", "These policies name roles, and the export does not say who holds which."),
    ("passkeys-not-exported", "The export does not say which passkeys these people have."),
    (
        "passkeys-from-report",
        "Passkeys of some people are known from the report on registrations alone: it says which kinds \
         they have, not how many nor which models. Export their fido2Methods.",
    ),
    (
        "passkey-type-not-exported",
        "These passkeys do not say whether they are synced, as in exports of before 2026.",
    ),
    (
        "methods-partly-exported",
        "Of some people only some kinds of methods are in the export. Their other methods are unknown.",
    ),
    ("devices-not-exported", "There are no devices in the export."),
    (
        "device-owners-not-exported",
        "The export does not say whose these devices are: expand registeredOwners, or export each \
         person's ownedDevices.",
    ),
];

/// Codes that name files, told last.
const FILES: [(&str, &str); 2] = [
    ("pages-missing", "Every page of these collections says that another follows: the last one is missing."),
    ("files-not-used", "These files hold nothing that a plan asks for, or nothing that is recognised."),
];

/// Writes the notes.
pub(super) fn write(gathered: &mut Gathered, tenant: &mut Tenant) {
    policies(gathered, tenant);
    people(gathered, tenant);
    for (kind, pages) in gathered.pages.clone() {
        if pages.followed > 0 && !pages.are_complete() {
            gathered.remark("pages-missing", format!("{kind:?}"));
        }
    }
    gathered.unused.sort_unstable();
    for file in &gathered.unused {
        if let Some(path) = tenant.files.get(*file as usize) {
            gathered.remarks.insert(("files-not-used", path.clone()));
        }
    }
    let mut about: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (code, it) in std::mem::take(&mut gathered.remarks) {
        about.entry(code).or_default().push(it);
    }
    for (code, text) in TEXTS.into_iter().chain(FILES) {
        let Some(mut about) = about.remove(code) else { continue };
        about.retain(|it| !it.is_empty());
        let more = about.len().saturating_sub(MAX_ABOUT);
        about.truncate(MAX_ABOUT);
        if more > 0 {
            about.push(format!("and {more} more"));
        }
        tenant.notes.push(Note { code, text: text.to_owned(), about });
    }
}

fn policies(gathered: &mut Gathered, tenant: &Tenant) {
    match &tenant.access {
        Fact::Unknown => gathered.remark("access-not-exported", ""),
        Fact::Known(policies) => {
            for it in policies {
                policy(gathered, tenant, &it.policy);
            }
        }
    }
    match &tenant.passkeys {
        Fact::Unknown => gathered.remark("passkey-policy-not-exported", ""),
        Fact::Known(it) if it.opened.is_some() => gathered.remark("passkeys-maybe-opened", ""),
        Fact::Known(_) => {}
    }
}

fn policy(gathered: &mut Gathered, tenant: &Tenant, policy: &Policy) {
    let suites = |it: &Applications| !it.suites.is_empty();
    if suites(&policy.conditions.include_apps) || suites(&policy.conditions.exclude_apps) {
        gathered.remark("app-groups-change", policy.name.clone());
    }
    if let Some(id) = policy.grant.strength
        && !Strength::is_built_in(id)
        && !tenant.strengths.iter().any(|it| it.id == id)
    {
        gathered.remark("strength-not-exported", format!("{}: {id}", policy.name));
    }
    let missing = |it: &Places| {
        let mut named = it.named.iter();
        named.find(|id| !tenant.locations.iter().any(|it| it.id == **id)).copied()
    };
    if let Some((include, exclude)) = &policy.conditions.locations
        && let Some(id) = missing(include).or_else(|| missing(exclude))
    {
        gathered.remark("location-not-exported", format!("{}: {id}", policy.name));
    }
}

fn people(gathered: &mut Gathered, tenant: &Tenant) {
    let all = tenant.people.len();
    if all == 0 && !gathered.pages.contains_key(&Kind::Users) {
        gathered.remark("people-not-exported", "");
    }
    let without = tenant.people.iter().filter(|it| it.passkeys.known().is_none()).count();
    if without > 0 {
        gathered.remark("passkeys-not-exported", format!("{without} of {all} people"));
    }
    let passkeys = tenant.people.iter().flat_map(|it| it.passkeys.known()).flatten();
    let untold = passkeys.filter(|it| it.synced.known().is_none()).count();
    if untold > 0 {
        gathered.remark("passkey-type-not-exported", format!("{untold} passkeys"));
    }
}
