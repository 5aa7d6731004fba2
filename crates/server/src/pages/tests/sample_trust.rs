//! Specimens of the page of what is trusted.

use super::sample::{Words, admin, ago};
use crate::pages::*;

/// What is trusted: everything there is, or nothing but what comes with the program.
pub(super) fn trust(w: Words, is_full: bool) -> Trust {
    let root = |name: &str, scope: &str, is_built_in| RootRow {
        name: name.into(),
        scope: scope.into(),
        expires: ago(-9_000_000),
        is_built_in,
        sha256: "870c7a35ceab3d59979f2c6a524042d404cb71518004350925fb2ced79a999da".into(),
    };
    let verdict = |profile: &str, accepts| ProfileVerdict {
        profile: profile.into(),
        accepts,
        missing: if accepts { String::new() } else { "evidence, certification".into() },
    };
    let model = |name: &str, level, is_disqualified| ModelRow {
        name: name.into(),
        aaguid: if is_disqualified { String::new() } else { "fa2b99dc-9e39-4257-8f92-4a30d23c4118".into() },
        level,
        why: "The model is proved, and its metadata say that hardware keeps its keys.",
        protection: "hardware, secure element".into(),
        verification: if is_disqualified { String::new() } else { "fingerprint internal".into() },
        certification: "L2",
        status: if is_disqualified { "revoked".into() } else { "fido certified l2".into() },
        is_disqualified,
        verdicts: vec![verdict("Default", true), verdict(w.name, !is_disqualified)],
    };
    let metadata = MetadataState {
        edition: 291,
        models: 484,
        due: ago(-20_000),
        is_stale: true,
        added: ago(60),
        by: w.upn.into(),
    };
    let revocations = RevocationState { keys: 2_113, is_current: false, added: ago(60), by: w.upn.into() };
    let mut roots = vec![root("CN=Microsoft TPM Root Certificate Authority 2014", "tpm", true)];
    let (mut models, mut problems) = (vec![], vec![]);
    if is_full {
        roots.push(root(w.name, "packed", false));
        models.extend([model(w.label, "E3", false), model("Old key", "E1", true)]);
        problems.push("The metadata do not hold any more.".to_owned());
    }
    Trust {
        admin: admin(w),
        metadata: is_full.then_some(metadata),
        revocations: is_full.then_some(revocations),
        problems,
        roots,
        models: Models {
            search: if is_full { w.label.into() } else { String::new() },
            level: if is_full { "E3".into() } else { String::new() },
            profiles: vec![Choice { value: "p-0".into(), text: w.name.into(), is_chosen: is_full }],
            refuses: is_full,
            is_narrowed: is_full,
            found: models.len(),
            rows: models,
            next: is_full.then(|| "/admin/trust?q=key&after=25".to_owned()),
        },
    }
}
