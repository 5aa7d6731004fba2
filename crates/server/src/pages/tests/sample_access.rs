//! Conditional access: the list, a policy with all that can be said of a change, and a question with its answer.

use super::sample::{Words, admin, ago};
use crate::pages::*;

const ID: &str = "472ca0ff-8d45-4e9a-a9e9-5711b189eccb";

/// A policy in each state, or none.
pub(super) fn access(w: Words, is_full: bool) -> Access {
    let policy = |name: &str, state| AccessRow {
        name: name.into(),
        id: ID.into(),
        state,
        whom: "all; not 1 group".into(),
        what: "administration".into(),
        when: if state == AccessState::On { String::new() } else { "Only for some networks".into() },
        asks: "two factors; a session bound to a device".into(),
        version: 2,
    };
    let states = [AccessState::On, AccessState::ReportOnly, AccessState::Off];
    let policies = states.map(|state| policy(w.name, state)).to_vec();
    let deleted =
        vec![DeletedRow { name: w.label.into(), id: ID.into(), number: 4, at: ago(3), by: w.upn.into() }];
    Access {
        admin: admin(w),
        policies: if is_full { policies } else { Vec::new() },
        deleted: if is_full { deleted } else { Vec::new() },
    }
}

/// One with everything that can go wrong, or a new one.
pub(super) fn policy(w: Words, is_full: bool) -> AccessPolicy {
    let version = |number, differences| AccessVersionRow {
        number,
        at: ago(90),
        by: w.upn.into(),
        differences,
        is_in_force: number == 2,
    };
    let changed = vec![format!("state: \"disabled\" -> \"{}\"", w.label)];
    let versions = vec![version(2, changed.clone()), version(1, Vec::new())];
    let start = StartRow { key: "all", name: w.name.into(), purpose: "Everybody uses a passkey." };
    AccessPolicy {
        admin: admin(w),
        id: if is_full { ID.into() } else { "new".into() },
        name: if is_full { w.name.into() } else { String::new() },
        state: is_full.then_some(AccessState::ReportOnly),
        words: is_full.then(|| AccessWords {
            whom: "all; not 1 group".into(),
            what: "administration".into(),
            when: "Only for some networks".into(),
            asks: "two factors".into(),
        }),
        version: 2,
        document: format!("{{\n  \"displayName\": \"{}\"\n}}", w.name),
        days: 7,
        problems: if is_full {
            vec![ProblemRow { path: w.upn.into(), message: w.label.into() }]
        } else {
            Vec::new()
        },
        newer: is_full.then(|| Newer {
            version: version(2, changed),
            is_deleted: true,
            document: w.name.into(),
        }),
        tried: is_full.then(|| tried(w)),
        back_to: None,
        versions: if is_full { versions } else { Vec::new() },
        starts: if is_full { Vec::new() } else { vec![start] },
    }
}

fn tried(w: Words) -> Tried {
    let row = |what, count| ReplayRow {
        user_id: if count == 1 { String::new() } else { ID.into() },
        upn: w.upn.into(),
        what,
        count,
        last: ago(12),
        app: w.name.into(),
        because: w.label.into(),
    };
    Tried {
        differences: vec![DifferenceRow {
            property: "conditions.users.excludeGroups".into(),
            from: "nothing".into(),
            to: w.label.into(),
        }],
        locked_out: vec![w.upn.into()],
        locks_out: true,
        as_if_on: false,
        days: 7,
        sign_ins: 1200,
        refused: 12,
        prompted: 1,
        allowed: 0,
        people: 2,
        is_complete: false,
        rows: vec![row("Refused", 12), row("Asked to sign in", 1)],
        may_save: true,
    }
}

/// A question, with its answer or without.
pub(super) fn what_if(w: Words, is_full: bool) -> WhatIf {
    let choice = |value: &str, is_chosen| Choice { value: value.into(), text: w.label.into(), is_chosen };
    let picker =
        |name| Picker { name, label: "Something", choices: vec![choice("", false), choice("a", true)] };
    let row = |key, best| WhatIfRow {
        id: ID.into(),
        name: w.name.into(),
        worst: "Refuses",
        key,
        best,
        why: w.label.into(),
    };
    WhatIf {
        admin: admin(w),
        person: w.upn.into(),
        ip: w.label.into(),
        country: "CH".into(),
        aaguid: w.label.into(),
        age: "5".into(),
        target: picker("target"),
        request: vec![picker("platform")],
        proof: vec![picker("passkey")],
        problems: if is_full { Vec::new() } else { vec![w.label.into()] },
        answer: is_full.then(|| WhatIfAnswer {
            worst: "Refused",
            is_granted: false,
            best: "Let in",
            unknown: vec!["conditions.locations".into()],
            story: vec![Step { text: w.name.into(), held: false }, Step { text: w.label.into(), held: true }],
            remedies: vec![w.label.into()],
            told: w.label.into(),
            rows: vec![row("bad", "Satisfied"), row("good", "")],
        }),
    }
}
