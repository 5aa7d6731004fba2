//! `/admin/passkey-policy`: each form makes up a changed policy and shows whom it touches; a second press saves it.

use super::answer::{self, Done, Stop};
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, part, show};
use crate::app::App;
use crate::pages::{self, Choice, Notice, Preview, ProfileForm, TargetRow, TemplateRow, TouchedRow};
use crate::policies::{By, Impact, Unchanged, change, what_if};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::authn::profile::document::{PolicyError, VERIFICATION_METHODS, aaguid_text};
use passband_core::authn::profile::templates::{Template, templates};
use passband_core::authn::profile::{
    KeyRestrictions, PasskeyPolicy, PasskeyProfile, PasskeyTypes, ProfileState, Target, Who, words,
};
use passband_core::id::{GroupId, KeyId, ProfileId};
use passband_core::policy::signal::{Certification, EvidenceLevel};
use passband_store::{MAX_TOP, Page, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// Rows of a preview.
const MOST_ROWS: usize = 100;

/// `GET /admin/passkey-policy`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let newest = app.newest_methods_policy().await?;
    let policy = &newest.policy.passkeys;
    let page = page(&app, &admin, policy, (Query::read(query).done(), None)).await?;
    Ok(show(StatusCode::OK, &page))
}

/// `POST /admin/passkey-policy/{act}`.
pub async fn act(
    State(app): State<Arc<App>>,
    Path(what): Path<String>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let newest = app.newest_methods_policy().await?;
    let now = &newest.policy.passkeys;
    let wanted = match what.as_str() {
        "general" => Ok(PasskeyPolicy {
            enabled: is_ticked(&act, "enabled"),
            self_service: is_ticked(&act, "selfService"),
            ..now.clone()
        }),
        "profile" => with_profile(&app, now, &act),
        "template" => with_template(now, act.get("key")),
        "drop" => Ok(without_profile(now, act.get("id"))),
        "target" => with_target(now, &act),
        "untarget" => Ok(without_target(now, act.get("list"), act.get("place"))),
        "save" => return save(&app, &act).await,
        _ => return Err(answer::not_found(&app).into()),
    };
    // Through the document: what the admin API would refuse, a form cannot make either.
    let checked = wanted
        .and_then(|wanted| PasskeyPolicy::from_graph(&wanted.to_graph()).map_err(|error| error.to_string()));
    match checked {
        Ok(then) => {
            let impact = what_if(&app, now, &then).await?;
            let preview = preview(&impact, then.to_graph().to_string(), newest.generation);
            let page = page(&app, &act, &then, (None, Some(preview))).await?;
            Ok(show(StatusCode::OK, &page))
        }
        Err(text) => refused(&app, &act, &text).await,
    }
}

async fn refused(app: &App, act: &AdminAct, text: &str) -> Result<Response, Stop> {
    let newest = app.newest_methods_policy().await?;
    let notice = Notice::refused(format!("{}.", text.trim_end_matches('.')), "not_changed");
    let page = page(app, act, &newest.policy.passkeys, (Some(notice), None)).await?;
    Ok(show(StatusCode::BAD_REQUEST, &page))
}

/// Saves what a preview showed, if nobody has changed the policy since.
async fn save(app: &App, act: &AdminAct) -> Result<Response, Stop> {
    let document = serde_json::from_str(act.get("document"));
    let wanted = document.map_err(|error| PolicyError::Malformed(error.to_string()));
    let wanted = wanted.and_then(|document| PasskeyPolicy::from_graph(&document));
    let (wanted, seen) = match (wanted, act.get("generation").parse()) {
        (Ok(wanted), Ok(seen)) => (wanted, seen),
        _ => return refused(app, act, "The form was damaged on its way").await,
    };
    let by = By { actor: &act.user().upn, force: is_ticked(act, "force"), seen: Some(seen) };
    let changed = change(app, by, |before| {
        let mut after = before.clone();
        after.passkeys = wanted.clone();
        Ok(after)
    });
    match changed.await {
        Ok(()) => Ok(Done::PolicyChanged.at("/admin/passkey-policy")),
        Err(Unchanged::Store(error)) => Err(error.into()),
        Err(Unchanged::Refused(reason)) => {
            refused(app, act, &format!("{} {}", reason.meaning(), "Tick the box to save it all the same"))
                .await
        }
        Err(other) => refused(app, act, &other.to_string()).await,
    }
}

fn is_ticked(act: &AdminAct, name: &str) -> bool {
    act.get(name) == "yes"
}

/// The policy with a profile changed, or added if the form has no id.
fn with_profile(app: &App, now: &PasskeyPolicy, act: &AdminAct) -> Result<PasskeyPolicy, String> {
    let id = match act.get("id") {
        "" => ProfileId::generate(app.rng()),
        text => text.parse().map_err(|_| "There is no such profile".to_owned())?,
    };
    let lines = act.get("aaguids").split_whitespace();
    let aaguids = lines.map(|line| line.parse::<KeyId>().map(|id| *id.as_bytes()).map_err(|_| line));
    let aaguids = aaguids.collect::<Result<Vec<_>, _>>().map_err(|line| format!("{line:?} is no AAGUID"))?;
    let levels = [EvidenceLevel::E0, EvidenceLevel::E1, EvidenceLevel::E2, EvidenceLevel::E3];
    let level = levels.into_iter().find(|level| level.name() == act.get("evidence"));
    let methods = VERIFICATION_METHODS.iter().filter(|way| is_ticked(act, &format!("verify-{way}")));
    let replaces: Option<ProfileId> = act.get("state").strip_prefix("draft-").and_then(|id| id.parse().ok());
    let profile = PasskeyProfile {
        id,
        name: act.get("name").trim().to_owned(),
        types: PasskeyTypes { device_bound: is_ticked(act, "deviceBound"), synced: is_ticked(act, "synced") },
        attestation: is_ticked(act, "attestation"),
        restrictions: KeyRestrictions {
            enforced: matches!(act.get("restriction"), "allow" | "block"),
            block: act.get("restriction") == "block",
            aaguids,
        },
        minimum_evidence: level.ok_or("The evidence must be E0 to E3")?,
        minimum_certification: Certification::from_name(act.get("certification"))
            .ok_or("The certification is none that there is")?,
        verification_methods: methods.map(|way| (*way).to_owned()).collect(),
        // Anything but a clear wish for a draft is enforced, or a strict profile would be off by a slip.
        state: if act.get("state").starts_with("draft") {
            ProfileState::ReportOnly
        } else {
            ProfileState::Enforced
        },
        replaces,
    };
    let mut then = now.clone();
    match then.profiles.iter_mut().find(|other| other.id == id) {
        Some(slot) => *slot = profile,
        None => then.profiles.push(profile),
    }
    Ok(then)
}

/// The policy with a ready-made profile more.
fn with_template(now: &PasskeyPolicy, key: &str) -> Result<PasskeyPolicy, String> {
    let found = templates().into_iter().find(|template| template.key == key);
    let template = found.ok_or("There is no such ready-made profile")?;
    now.with_template(&template).map_err(|error| error.to_string())
}

/// The ready-made profiles that the policy does not have.
fn template_rows(policy: &PasskeyPolicy) -> Vec<TemplateRow> {
    let is_taken = |id| policy.profiles.iter().any(|profile| profile.id == id);
    let free = templates().into_iter().filter(|template| !is_taken(template.profile.id));
    let row = |template: Template| TemplateRow {
        key: template.key.to_owned(),
        name: template.profile.name.clone(),
        purpose: template.purpose.to_owned(),
        summary: words::summary(&template.profile),
    };
    free.map(row).collect()
}

/// The policy without a profile. A target that named it alone goes with it: without a profile it would mean the default
/// one, and let in whom it did not.
fn without_profile(now: &PasskeyPolicy, id: &str) -> PasskeyPolicy {
    let mut then = now.clone();
    let Ok(id) = id.parse::<ProfileId>() else { return then };
    then.profiles.retain(|profile| profile.id != id && profile.replaces != Some(id));
    let left: Vec<_> = then.profiles.iter().map(|profile| profile.id).collect();
    then.include.retain_mut(|target| {
        let named = !target.profiles.is_empty();
        target.profiles.retain(|id| left.contains(id));
        !named || !target.profiles.is_empty()
    });
    then
}

/// The policy with a target more, or with other profiles for one it has.
fn with_target(now: &PasskeyPolicy, act: &AdminAct) -> Result<PasskeyPolicy, String> {
    let mut then = now.clone();
    let group = act.get("who").parse::<GroupId>().ok();
    if is_ticked(act, "exclude") {
        let group = group.ok_or("Only groups can be excluded; disable passkeys to exclude everybody")?;
        then.exclude.retain(|other| *other != group);
        then.exclude.push(group);
        return Ok(then);
    }
    let who = match (act.get("who"), group) {
        ("all_users", _) => Who::Everyone,
        (_, Some(group)) => Who::Group(group),
        _ => return Err("There is no such group".to_owned()),
    };
    let used =
        now.profiles.iter().map(|profile| profile.id).filter(|id| is_ticked(act, &format!("use-{id}")));
    let profiles: Vec<_> = used.collect();
    if profiles.is_empty() {
        return Err("Tick at least one profile".to_owned());
    }
    // In the place of what they had: beside it, a looser profile would go on letting everything in.
    then.include.retain(|target| target.who != who);
    then.include.push(Target { who, profiles });
    Ok(then)
}

fn without_target(now: &PasskeyPolicy, list: &str, place: &str) -> PasskeyPolicy {
    let mut then = now.clone();
    let place = place.parse::<usize>().ok();
    match (list, place) {
        ("exclude", Some(place)) if place < then.exclude.len() => {
            then.exclude.remove(place);
        }
        ("include", Some(place)) if place < then.include.len() => {
            then.include.remove(place);
        }
        _ => {}
    }
    then
}

async fn page(
    app: &App,
    visitor: &Visitor,
    policy: &PasskeyPolicy,
    (notice, preview): (Option<Notice>, Option<Preview>),
) -> Result<pages::PasskeyPolicy, StoreError> {
    let listed = app.store.groups("", &Page::first(MAX_TOP)).await?.items;
    let names: HashMap<_, _> = listed.iter().map(|group| (group.id, group.name.clone())).collect();
    let everybody = choice("all_users", "Everybody", false);
    let groups = listed.iter().map(|group| choice(group.id.to_string(), &group.name, false));
    let new = PasskeyProfile::open(ProfileId::from_bytes([0; 16]), "");
    let count = policy.profiles.len();
    Ok(pages::PasskeyPolicy {
        admin: part(app, visitor, notice),
        is_enabled: policy.enabled,
        self_service: policy.self_service,
        profiles: policy.profiles.iter().enumerate().map(|(n, it)| profile_form(policy, it, n)).collect(),
        new_profile: ProfileForm { id: String::new(), ..profile_form(policy, &new, count) },
        templates: template_rows(policy),
        targets: target_rows(policy, &names),
        groups: std::iter::once(everybody).chain(groups).collect(),
        preview,
    })
}

fn choice(value: impl Into<String>, text: &str, is_chosen: bool) -> Choice {
    Choice { value: value.into(), text: text.to_owned(), is_chosen }
}

fn profile_form(policy: &PasskeyPolicy, profile: &PasskeyProfile, n: usize) -> ProfileForm {
    let list = &profile.restrictions;
    let restriction = [("any", "All"), ("allow", "Only those below"), ("block", "All but those below")];
    let is_restricted = match (list.enforced, list.block) {
        (false, _) => "any",
        (true, false) => "allow",
        (true, true) => "block",
    };
    let evidence = [
        (EvidenceLevel::E0, "E0: its own word"),
        (EvidenceLevel::E1, "E1: possession shown again and again"),
        (EvidenceLevel::E2, "E2: the maker vouches for the model"),
        (EvidenceLevel::E3, "E3: hardware vouches for the key"),
    ];
    let drafts = policy
        .profiles
        .iter()
        .filter(|other| other.state == ProfileState::Enforced && other.id != profile.id);
    let is_draft = profile.state == ProfileState::ReportOnly;
    let drafts = drafts.map(|other| {
        let text = format!("Report only: what it would do in the place of {}", other.name);
        choice(format!("draft-{}", other.id), &text, is_draft && profile.replaces == Some(other.id))
    });
    let alone = choice(
        "draft",
        "Report only: what it would do beside the others",
        is_draft && profile.replaces.is_none(),
    );
    let state = std::iter::once(choice("enabled", "Enforced", !is_draft)).chain([alone]).chain(drafts);
    let ways = VERIFICATION_METHODS.iter().map(|way| {
        let is_chosen = profile.verification_methods.iter().any(|other| other == way);
        choice(*way, way_text(way), is_chosen)
    });
    ProfileForm {
        id: profile.id.to_string(),
        n,
        name: profile.name.clone(),
        summary: words::summary(profile),
        is_default: profile.id == policy.default_profile,
        device_bound: profile.types.device_bound,
        synced: profile.types.synced,
        attestation: profile.attestation,
        restriction: restriction.map(|(value, text)| choice(value, text, value == is_restricted)).into(),
        aaguids: list.aaguids.iter().map(|id| aaguid_text(*id)).collect::<Vec<_>>().join("\n"),
        evidence: evidence
            .map(|(level, text)| choice(level.name(), text, level == profile.minimum_evidence))
            .into(),
        certification: Certification::ALL
            .map(|level| choice(level.name(), certification(level), level == profile.minimum_certification))
            .into(),
        methods: ways.collect(),
        state: state.collect(),
    }
}

/// A way to check the person (FIDO Registry of Predefined Values §3.1) as people call it.
fn way_text(way: &str) -> &str {
    match way {
        "fingerprint_internal" => "Fingerprint",
        "passcode_internal" => "PIN, typed on the authenticator",
        "voiceprint_internal" => "Voice",
        "faceprint_internal" => "Face",
        "location_internal" => "Place",
        "eyeprint_internal" => "Eye",
        "pattern_internal" => "Pattern, drawn on the authenticator",
        "handprint_internal" => "Hand",
        "passcode_external" => "PIN, typed on the computer",
        "pattern_external" => "Pattern, drawn on the computer",
        other => other,
    }
}

const fn certification(level: Certification) -> &'static str {
    match level {
        Certification::None => "None",
        Certification::L1plus => "L1+",
        Certification::L2plus => "L2+",
        Certification::L3plus => "L3+",
        Certification::L1 | Certification::L2 | Certification::L3 => level.name(),
    }
}

fn target_rows(policy: &PasskeyPolicy, names: &HashMap<GroupId, String>) -> Vec<TargetRow> {
    let group = |id: &GroupId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let profile = |id: &ProfileId| {
        policy
            .profiles
            .iter()
            .find(|other| other.id == *id)
            .map_or_else(|| id.to_string(), |it| it.name.clone())
    };
    let default = [policy.default_profile];
    let included = policy.include.iter().enumerate().map(|(n, target)| TargetRow {
        n,
        is_excluded: false,
        who: match &target.who {
            Who::Everyone => "Everybody".to_owned(),
            Who::Group(id) => group(id),
        },
        profiles: match target.profiles.as_slice() {
            [] => default.iter().map(profile).collect(),
            named => named.iter().map(profile).collect(),
        },
    });
    let excluded = policy.exclude.iter().enumerate().map(|(n, id)| TargetRow {
        n,
        is_excluded: true,
        who: group(id),
        profiles: Vec::new(),
    });
    included.chain(excluded).collect()
}

fn preview(impact: &Impact, document: String, generation: u64) -> Preview {
    let left = |user| impact.stranded.iter().any(|other| other.id == user);
    let refused = impact.refused.iter().map(|hit| {
        let what = if left(hit.user.id) { "Refused, and no other is left" } else { "Refused" };
        (hit, what)
    });
    let allowed = impact.allowed.iter().map(|hit| (hit, "Accepted"));
    let touched = refused.chain(allowed).take(MOST_ROWS).map(|(hit, what)| TouchedRow {
        user_id: hit.user.id.to_string(),
        upn: hit.user.upn.clone(),
        name: hit.user.display_name.clone(),
        passkey: hit.name.clone(),
        what: what.to_owned(),
        code: hit.reason.map_or_else(String::new, |reason| reason.code().to_owned()),
    });
    Preview {
        document,
        generation: generation.to_string(),
        touched: touched.collect(),
        refused: impact.refused_count,
        allowed: impact.allowed_count,
        stranded: impact.stranded_count,
        locks_out: impact.locks_out,
    }
}
