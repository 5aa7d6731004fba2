//! The models of the metadata on `/admin/trust`: each against every profile, to narrow and to page through.

use super::{Query, ROWS, next};
use crate::app::App;
use crate::pages::{Choice, ModelRow, Models, ProfileVerdict};
use crate::trust::guid;
use crate::trust::models::{Judged, Only, Profiles};
use passband_core::authn::profile::Rule;
use passband_core::platform::evidence::Proof;
use passband_store::StoreError;

/// The page of models that `?q=…&level=…&profile=…&verdict=…&after=…` asks for.
pub(super) async fn models(app: &App, query: &Query) -> Result<Models, StoreError> {
    let profiles = Profiles::load(app).await?;
    let (search, level) = (query.get("q"), query.get("level"));
    let (profile, verdict) = (query.get("profile"), query.get("verdict"));
    let place = profiles.place(profile);
    let only = place.map(|profile| Only { profile, accepted: verdict != "refuses" });
    let found = matching(app, &profiles, (&search.to_lowercase(), level, only));
    let after = query.page().after.map_or(Ok(0), |after| after.parse::<usize>());
    let after = after.map_err(|_| StoreError::Cursor)?;
    let rows = ROWS as usize;
    let more = (found.len() > after.saturating_add(rows)).then(|| (after + rows).to_string());
    let asked = [("q", search), ("level", level), ("profile", profile), ("verdict", verdict)];
    Ok(Models {
        search: search.to_owned(),
        level: level.to_owned(),
        profiles: profiles.iter().enumerate().map(|(at, it)| choice(it, place == Some(at))).collect(),
        refuses: verdict == "refuses",
        is_narrowed: asked.iter().any(|(name, value)| *name != "verdict" && !value.is_empty()),
        found: found.len(),
        rows: found.iter().skip(after).take(rows).map(|model| row(model, &profiles)).collect(),
        next: next("/admin/trust", &asked, more),
    })
}

fn choice(
    (profile, is_template): (&passband_core::authn::profile::PasskeyProfile, bool),
    is_chosen: bool,
) -> Choice {
    let text = if is_template { format!("{} (ready-made)", profile.name) } else { profile.name.clone() };
    Choice { value: profile.id.to_string(), text, is_chosen }
}

/// The models whose name or AAGUID has this text in it, in whatever case, that reach this level, and that the profile
/// accepts or refuses; by name.
fn matching(
    app: &App,
    profiles: &Profiles,
    (search, level, only): (&str, &str, Option<Only>),
) -> Vec<Judged> {
    let mut found = profiles.judge(&app.trust(), app.now());
    found.retain(|model| {
        let facts = &model.facts;
        let named = facts.name.to_lowercase().contains(search)
            || facts.aaguid.is_some_and(|aaguid| guid(&aaguid).contains(search));
        let levelled = level.is_empty() || facts.level.name() == level;
        named && levelled && only.is_none_or(|only| only.takes(model))
    });
    found.sort_by_cached_key(|model| (model.facts.name.to_lowercase(), model.facts.aaguid));
    found
}

fn row(model: &Judged, profiles: &Profiles) -> ModelRow {
    let facts = &model.facts;
    let verdicts = profiles.iter().zip(&model.broken).map(|((profile, _), broken)| ProfileVerdict {
        profile: profile.name.clone(),
        accepts: broken.is_empty(),
        missing: broken.iter().map(|rule| missing(*rule)).collect::<Vec<_>>().join(", "),
    });
    ModelRow {
        name: facts.name.clone(),
        aaguid: facts.aaguid.as_ref().map(guid).unwrap_or_default(),
        level: facts.level.name(),
        why: facts.proof.meaning(),
        protection: words(&facts.protection),
        verification: words(&facts.verification),
        certification: facts.certification.name(),
        status: facts.status.replace('_', " ").to_lowercase(),
        is_disqualified: facts.proof == Proof::ModelDisqualified,
        verdicts: verdicts.collect(),
    }
}

/// What a model that breaks this rule is short of.
const fn missing(rule: Rule) -> &'static str {
    match rule {
        Rule::Type => "kind of passkey",
        Rule::Aaguid => "list of models",
        Rule::Attestation => "attestation",
        Rule::Evidence => "evidence",
        Rule::Certification => "certification",
        Rule::Verification => "way of checking the person",
    }
}

/// Names of the FIDO Registry, as people read them.
fn words(names: &[String]) -> String {
    names.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ")
}
