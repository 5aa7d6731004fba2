//! Specimens of the pages of policies.

use super::sample::{CHAIN, PLAIN, Words, admin, csrf, viewer};
use crate::pages::*;

pub(super) fn campaign(w: Words) -> Campaign {
    Campaign {
        viewer: viewer(w),
        csrf: csrf(),
        is_only_one: w.name == PLAIN.name,
        left: Some(2),
        days: 1,
        next: w.url.into(),
        register_href: "/account/passkeys/new".into(),
        band: CHAIN,
    }
}

pub(super) fn passkey_policy(w: Words, is_full: bool) -> PasskeyPolicy {
    let choice =
        |value: &str, text: &str| Choice { value: value.into(), text: text.into(), is_chosen: value == "E2" };
    let form = |n: usize, id: &str| ProfileForm {
        id: id.into(),
        n,
        name: w.name.into(),
        summary: w.label.into(),
        is_default: n == 0,
        device_bound: true,
        synced: false,
        attestation: true,
        restriction: vec![choice("any", "All"), choice("allow", "Only those below")],
        aaguids: w.label.into(),
        evidence: vec![choice("E0", "E0: its own word"), choice("E2", "E2: the maker vouches for the model")],
        certification: vec![choice("none", "none"), choice("L1", "L1")],
        methods: vec![choice("fingerprint_internal", "fingerprint, internal")],
        state: vec![choice("enabled", "Enforced"), choice("draft-1", w.name)],
    };
    let template = |key: &str| TemplateRow {
        key: key.into(),
        name: w.name.into(),
        purpose: w.label.into(),
        summary: w.label.into(),
    };
    let target = |n, is_excluded| TargetRow {
        n,
        is_excluded,
        who: w.name.into(),
        profiles: vec![w.label.into(), w.name.into()],
    };
    let touched = |code: &str| TouchedRow {
        user_id: "1f0c9a6e-52c3".into(),
        upn: w.upn.into(),
        name: w.name.into(),
        passkey: w.label.into(),
        what: "Refused".into(),
        code: code.into(),
    };
    PasskeyPolicy {
        admin: admin(w),
        is_enabled: true,
        self_service: is_full,
        profiles: if is_full { vec![form(0, "p-0"), form(1, "p-1")] } else { vec![form(0, "p-0")] },
        new_profile: form(2, ""),
        templates: if is_full { vec![template("any"), template("device-bound")] } else { vec![] },
        targets: if is_full { vec![target(0, false), target(0, true)] } else { vec![] },
        groups: vec![choice("all_users", "Everybody"), choice("g-1", w.name)],
        preview: is_full.then(|| Preview {
            document: w.label.into(),
            generation: "7".into(),
            touched: vec![touched("passkey_profile_type"), touched("")],
            refused: 2,
            allowed: 1,
            stranded: 1,
            locks_out: true,
        }),
    }
}
