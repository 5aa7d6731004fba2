//! One policy: its document to change, what a change would do before it is saved, its history. Everything here asks; the
//! forms that change something are in [`act`](super::act).

use super::super::answer::{self, Stop};
use super::super::visit::{Admin, AdminAsk, Visitor};
use super::super::{Query, part, show};
use super::{name, version, words};
use crate::access::change::{ETAG, Unchanged, date};
use crate::access::kept::Versioned;
use crate::access::replay::{DEFAULT_DAYS, Hit, MAX_DAYS, Replayed};
use crate::access::trial::{Trial, look_at};
use crate::app::App;
use crate::pages::{
    AccessPolicy, AccessState, AccessVersionRow, DifferenceRow, Newer, ProblemRow, ReplayRow, StartRow,
    Tried, When,
};
use crate::routes::graph::access::history::as_today;
use crate::routes::graph::access::part::{Part as _, Policies};
use crate::routes::graph::members::Members;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::directory::{AccessKind, AccessVersion};
use passband_core::id::UserId;
use passband_core::manage::access::Edit;
use passband_core::manage::difference::between;
use passband_core::policy::access::document::DocumentError;
use passband_core::policy::access::templates::templates;
use passband_core::policy::access::verdict::Kind;
use passband_store::{Page, StoreError};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Versions of a policy that are shown.
const SHOWN: u32 = 12;

/// People whom a change touches that are shown.
const PEOPLE: usize = 25;

/// What is said in the place of an id about a policy that is not there yet.
pub const NEW: &str = "new";

/// What somebody wants a policy to say, and what they made it up from.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which policy; none for a new one.
    pub id: Option<String>,
    /// The version they saw; 0 for none.
    pub seen: u32,
    /// The document as they wrote it.
    pub text: String,
    /// Days to try it on.
    pub days: i64,
}

/// A place of a document and what is wrong there.
pub type Problems = Vec<ProblemRow>;

impl Draft {
    /// Of a form of the policy's page.
    pub fn read(id: Option<String>, form: &AdminAsk) -> Self {
        let days = form.get("days").parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
        Self {
            id,
            seen: form.get("version").parse().unwrap_or_default(),
            text: form.get("document").to_owned(),
            days: days.unwrap_or(DEFAULT_DAYS),
        }
    }

    /// The document as it would be stored: read as strictly as the admin API reads one.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn document(&self, app: &App, before: Option<&Value>) -> Result<Value, Problems> {
        let sent: Members = serde_json::from_str(&self.text)
            .map_err(|error| vec![problem("The document", format!("is not JSON of one object: {error}"))])?;
        let id = self.id.clone().unwrap_or_else(|| Policies::fresh(app.rng()));
        let mut document = Policies::read(&Value::Object(sent.0), &id).map_err(|error| problems(&error))?;
        date(&mut document, before, app.now());
        Ok(document)
    }
}

fn problem(path: impl Into<String>, message: impl Into<String>) -> ProblemRow {
    ProblemRow { path: path.into(), message: message.into() }
}

/// What is wrong with a document, for the page.
pub fn problems(error: &DocumentError) -> Problems {
    error.problems.iter().map(|it| problem(&it.path, it.flaw.to_string())).collect()
}

/// The policy an address names: none for a new one.
pub fn id(app: &App, text: &str) -> Result<Option<String>, Stop> {
    match text {
        NEW => Ok(None),
        text => Policies::id(text).map(Some).ok_or_else(|| answer::not_found(app).into()),
    }
}

/// `GET /admin/access/{id}`: with `state`, what switching it would do; for a new one with `start`, begun from a template.
pub async fn get(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path(text): Path<String>,
    query: RawQuery,
) -> Result<Response, Stop> {
    let query = Query::read(query);
    let before = app.newest_access().await?;
    let Some(id) = id(&app, &text)? else {
        let found = templates().into_iter().find(|start| start.key == query.get("start"));
        let text = found.map_or_else(String::new, |start| pretty(&start.document));
        let draft = Draft { id: None, seen: 0, text, days: DEFAULT_DAYS };
        return Ok(show(StatusCode::OK, &page(&app, &admin, (&before, &draft)).await?));
    };
    let Some(document) = before.documents.of(AccessKind::Policy).get(&id) else {
        return Err(answer::not_found(&app).into());
    };
    let switch = json!({ "state": query.get("state") });
    let switch = switch.as_object().filter(|_| !query.get("state").is_empty());
    let switched = switch.and_then(|patch| Policies::patched(document, patch, &id).ok());
    let Some(switched) = switched else {
        let mut shown = as_it_is(&app, &admin, (&before, &id)).await?;
        shown.admin.notice = query.done();
        return Ok(show(StatusCode::OK, &shown));
    };
    let draft =
        Draft { seen: version(document), text: readable(&switched, &id), days: DEFAULT_DAYS, id: Some(id) };
    Ok(show(StatusCode::OK, &examined(&app, &admin, (&before, &draft)).await?))
}

/// The page of a policy that is in force.
///
/// # Errors
///
/// [`StoreError`].
pub async fn as_it_is(
    app: &App,
    viewer: &Visitor,
    (before, id): (&Versioned, &str),
) -> Result<AccessPolicy, StoreError> {
    let nothing = Value::Null;
    let document = before.documents.of(AccessKind::Policy).get(id).unwrap_or(&nothing);
    let (id, seen, text) = (Some(id.to_owned()), version(document), readable(document, id));
    page(app, viewer, (before, &Draft { id, seen, text, days: DEFAULT_DAYS })).await
}

/// `POST /admin/access/{id}/check`: what a change would do.
pub async fn check(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    form: AdminAsk,
) -> Result<Response, Stop> {
    let draft = Draft::read(id(&app, &text)?, &form);
    let before = app.newest_access().await?;
    Ok(show(StatusCode::OK, &examined(&app, &form, (&before, &draft)).await?))
}

/// `GET /admin/access/{id}/versions/{number}`: what going back to a version would do.
pub async fn at_version(
    State(app): State<Arc<App>>,
    admin: Admin,
    Path((text, number)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let id = id(&app, &text)?.unwrap_or_default();
    let number = super::super::id(&app, &number)?;
    Ok(show(StatusCode::OK, &going_back(&app, &admin, (&id, number)).await?))
}

/// The page about going back to a version.
///
/// # Errors
///
/// That there is no such version, or [`StoreError`].
pub async fn going_back(
    app: &App,
    viewer: &Visitor,
    (id, number): (&str, u32),
) -> Result<AccessPolicy, Stop> {
    let found = if number == 0 {
        None
    } else {
        app.store.access_version(AccessKind::Policy, id, Some(number)).await?
    };
    let Some(found) = found else { return Err(answer::not_found(app).into()) };
    let before = app.newest_access().await?;
    let newest = app.store.access_version(AccessKind::Policy, id, None).await?;
    let seen = newest.map_or(0, |newest| newest.number);
    let document = as_today::<Policies>(app, &found);
    let text = readable(&serde_json::from_str(&found.document).unwrap_or_default(), id);
    let draft = Draft { id: Some(id.to_owned()), seen, text, days: DEFAULT_DAYS };
    let mut page = page(app, viewer, (&before, &draft)).await?;
    page.back_to = Some(number);
    match document {
        Ok(document) => try_out(app, (&before, &draft), document, &mut page).await?,
        Err(error) => page.problems = problems(&error),
    }
    Ok(page)
}

/// The page about a draft, with what is wrong with it or what it would do.
///
/// # Errors
///
/// [`StoreError`].
pub async fn examined(
    app: &App,
    viewer: &Visitor,
    (before, draft): (&Versioned, &Draft),
) -> Result<AccessPolicy, Stop> {
    let mut page = page(app, viewer, (before, draft)).await?;
    let was = draft.id.as_ref().and_then(|id| before.documents.of(AccessKind::Policy).get(id));
    match draft.document(app, was) {
        Ok(document) => try_out(app, (before, draft), document, &mut page).await?,
        Err(problems) => page.problems = problems,
    }
    Ok(page)
}

async fn try_out(
    app: &App,
    (before, draft): (&Versioned, &Draft),
    document: Value,
    page: &mut AccessPolicy,
) -> Result<(), Stop> {
    let id = draft.id.clone().unwrap_or_else(|| document["id"].as_str().unwrap_or_default().to_owned());
    let wanted = Edit { kind: AccessKind::Policy, id, document: Some(document) };
    match look_at(app, before, &wanted, draft.days).await {
        Ok(trial) => {
            page.problems = trial.unknown.iter().map(|it| problem(it.property, it.to_string())).collect();
            page.tried = Some(tried(trial, draft.days));
        }
        Err(Unchanged::Store(error)) => return Err(error.into()),
        Err(other) => page.problems = vec![problem("The document", other.to_string())],
    }
    Ok(())
}

fn tried(trial: Trial, days: i64) -> Tried {
    let Trial { differences, unknown, locked_out, locks_out, replayed, as_if_on } = trial;
    let row = |it: &passband_core::manage::difference::Difference| {
        let (from, to) = it.in_words();
        DifferenceRow { property: it.property.clone(), from, to }
    };
    Tried {
        may_save: unknown.is_empty() && !differences.is_empty(),
        differences: differences.iter().map(row).collect(),
        locked_out,
        locks_out,
        as_if_on,
        days,
        sign_ins: replayed.tried,
        refused: replayed.refused.0,
        prompted: replayed.prompted.0,
        allowed: replayed.allowed.0,
        people: replayed.people,
        is_complete: replayed.complete,
        rows: people(&replayed),
    }
}

/// The people a change touches, those refused first and of them those touched most often.
fn people(replayed: &Replayed) -> Vec<ReplayRow> {
    let mut rows = Vec::new();
    for list in [&replayed.refused.1, &replayed.prompted.1, &replayed.allowed.1] {
        let mut of: HashMap<Option<UserId>, (usize, &Hit)> = HashMap::new();
        for hit in list {
            // The newest comes first, and stays.
            of.entry(hit.line.user).or_insert((0, hit)).0 += 1;
        }
        let mut touched: Vec<_> = of.into_values().map(|(count, hit)| person(count, hit)).collect();
        touched.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.upn.cmp(&b.upn)));
        rows.append(&mut touched);
    }
    rows.truncate(PEOPLE);
    rows
}

fn person(count: usize, hit: &Hit) -> ReplayRow {
    let line = &hit.line;
    ReplayRow {
        user_id: line.user.map(String::from).unwrap_or_default(),
        upn: line.upn.clone(),
        what: match hit.otherwise.then {
            Kind::Refused => "Refused",
            Kind::Prompt => "Asked to sign in",
            Kind::Permit => "Let in",
        },
        count,
        last: When(line.at),
        app: if line.app_name.is_empty() { "Passband".to_owned() } else { line.app_name.clone() },
        because: hit.otherwise.because.join(" "),
    }
}

/// The page about a draft, before it is looked at.
async fn page(
    app: &App,
    viewer: &Visitor,
    (before, draft): (&Versioned, &Draft),
) -> Result<AccessPolicy, StoreError> {
    let id = draft.id.as_deref().unwrap_or(NEW);
    let document = before.documents.of(AccessKind::Policy).get(id);
    let history = app.store.access_history(AccessKind::Policy, id, &Page::first(SHOWN + 1)).await?.items;
    let versions = version_rows(&history, document.is_some());
    let newest = history.first();
    let newer = newest.filter(|it| draft.id.is_some() && it.number != draft.seen).zip(versions.first());
    let newer = newer.map(|(it, row)| Newer {
        version: row.clone(),
        is_deleted: it.deleted,
        document: readable(&serde_json::from_str(&it.document).unwrap_or_default(), id),
    });
    let last: Option<Value> = newest.and_then(|it| serde_json::from_str(&it.document).ok());
    let start = |it: passband_core::policy::access::templates::Template| StartRow {
        key: it.key,
        name: name(&it.document),
        purpose: it.purpose,
    };
    Ok(AccessPolicy {
        admin: part(app, viewer, None),
        id: id.to_owned(),
        name: last.as_ref().map(name).unwrap_or_default(),
        state: document.map(|it| AccessState::of(it["state"].as_str().unwrap_or_default())),
        words: document.map(words::words),
        // What is saved next was made up with the newest in sight: a page that finds a newer one shows it.
        version: newest.map_or(0, |it| it.number),
        document: draft.text.clone(),
        days: draft.days,
        problems: Vec::new(),
        newer,
        tried: None,
        back_to: None,
        versions,
        starts: if draft.id.is_none() { templates().into_iter().map(start).collect() } else { Vec::new() },
    })
}

/// The newest versions, each with what differs from the one before it.
fn version_rows(history: &[AccessVersion], is_in_force: bool) -> Vec<AccessVersionRow> {
    let read = |version: &AccessVersion| serde_json::from_str(&version.document).unwrap_or(Value::Null);
    let shown = history.iter().take(SHOWN as usize).enumerate();
    let rows = shown.map(|(at, version)| {
        let before = history.get(at + 1);
        let mut differences: Vec<_> = match before {
            Some(before) => between(&read(before), &read(version)).iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        };
        if version.deleted {
            differences.push("deleted".to_owned());
        } else if before.is_some_and(|before| before.deleted) {
            differences.push("restored".to_owned());
        } else if version.number == 1 {
            differences.push("made".to_owned());
        }
        AccessVersionRow {
            number: version.number,
            at: When(version.at),
            by: version.actor.clone(),
            differences,
            is_in_force: at == 0 && is_in_force,
        }
    });
    rows.collect()
}

/// A document as people read and change it: without what the server sets, and without what says nothing.
fn readable(document: &Value, id: &str) -> String {
    let mut own = document.clone();
    if let Some(members) = own.as_object_mut() {
        for name in ["id", "createdDateTime", "modifiedDateTime", ETAG] {
            members.remove(name);
        }
    }
    let short = said(&own);
    // An empty list may mean something to a reader to come: only what reads the same is left out.
    let same = matches!((Policies::read(&short, id), Policies::read(&own, id)), (Ok(a), Ok(b)) if a == b);
    pretty(if same { &short } else { &own })
}

/// The parts of a document that say something.
fn said(value: &Value) -> Value {
    let Some(members) = value.as_object() else { return value.clone() };
    let kept = members.iter().map(|(name, value)| (name.clone(), said(value)));
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    Value::Object(kept.filter(|(_, value)| says(value)).collect::<Map<_, _>>())
}

/// A document, a member a line.
fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
