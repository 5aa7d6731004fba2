//! A change of conditional access tried on the sign-ins that were: whom would it have touched?
//!
//! The log is read page by page and each page is judged off the threads that answer requests, so that neither the
//! memory nor others' requests pay for a long log.

use super::change::guard;
use super::kept::{CompileError, compile};
use crate::app::App;
use passband_core::audit::SignIn;
use passband_core::audit::noted::About;
use passband_core::directory::AccessKind;
use passband_core::id::{GroupId, RoleId, UserId};
use passband_core::manage::access::{Edit, InForce};
use passband_core::manage::replay::{Otherwise, Tried, try_line};
use passband_core::policy::access::PolicySet;
use passband_core::policy::access::verdict::Kind;
use passband_core::time::Timestamp;
use passband_store::{MAX_TOP, Page, SignInFilter, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Days that are looked at if nothing is said.
pub const DEFAULT_DAYS: i64 = 7;
/// Most days.
pub const MAX_DAYS: i64 = 365;

/// Most lines that one question looks at.
pub const MOST_LINES: usize = 1_000_000;

/// Most sign-ins that each list names; the counts are of all.
const MOST_NAMED: usize = 500;

/// Most people whose groups are remembered at once, and who are counted.
const MOST_PEOPLE: usize = 50_000;

/// A sign-in that would have ended otherwise.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The line of the log.
    pub line: SignIn,
    /// How.
    pub otherwise: Otherwise,
}

/// What a change would have made of the sign-ins of some time.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Lines that were tried.
    pub tried: usize,
    /// Lines at which policies were not asked.
    pub not_asked: usize,
    /// Whether all lines of that time were looked at.
    pub complete: bool,
    /// Those that end as they do now.
    pub same: usize,
    /// How many would be refused, and the newest of them.
    pub refused: (usize, Vec<Hit>),
    /// How many would ask the person to sign in, and the newest of them.
    pub prompted: (usize, Vec<Hit>),
    /// How many would be allowed, and the newest of them.
    pub allowed: (usize, Vec<Hit>),
    /// How many people are touched; [`MOST_PEOPLE`] at most.
    pub people: usize,
    /// Whether the change would be refused, since no Global Administrator would get in.
    pub locks_out: bool,
}

/// Tries what would be in force on the sign-ins from `since` to before `until`.
///
/// # Errors
///
/// [`StoreError`]; inside it [`CompileError`] if what would be in force cannot be read.
pub async fn replay(
    app: &App,
    (now, then): (&Arc<PolicySet>, &InForce),
    (since, until): (Timestamp, Timestamp),
) -> Result<Result<Replayed, CompileError>, StoreError> {
    let then = match compile(then) {
        Ok(set) => Arc::new(set),
        Err(error) => return Ok(Err(error)),
    };
    let methods = app.newest_methods_policy().await?.policy;
    let holders = app.store.administrators().await?;
    let locks_out = guard(app, (&methods, &holders), (now, &then)).is_err();
    let mut found = Replayed { locks_out, ..Replayed::default() };
    let (mut people, mut touched) = (People::default(), HashSet::new());
    let filter = SignInFilter { from: Some(since), to: Some(until), ..SignInFilter::default() };
    let mut page = Page::first(MAX_TOP);
    while found.tried + found.not_asked < MOST_LINES {
        let listed = app.store.sign_ins(&filter, &page).await?;
        people.load(app, &listed.items).await?;
        let (before, after) = (Arc::clone(now), Arc::clone(&then));
        let judged = tokio::task::spawn_blocking(move || {
            let tried = listed.items.into_iter().map(|line| people.try_one(line, &before, &after));
            let tried: Vec<_> = tried.collect();
            (people, tried)
        });
        let (back, tried) = judged.await.map_err(|_| StoreError::Row("a sign-in's facts"))?;
        people = back;
        for (line, tried) in tried {
            if matches!(tried, Tried::Otherwise(_)) && touched.len() < MOST_PEOPLE {
                touched.extend(line.user);
            }
            found.add(line, tried);
        }
        page.after = listed.next;
        if page.after.is_none() {
            found.complete = true;
            break;
        }
    }
    found.people = touched.len();
    Ok(Ok(found))
}

impl Replayed {
    fn add(&mut self, line: SignIn, tried: Tried) {
        let otherwise = match tried {
            Tried::NotAsked => {
                self.not_asked += 1;
                return;
            }
            Tried::Same => {
                self.tried += 1;
                self.same += 1;
                return;
            }
            Tried::Otherwise(otherwise) => *otherwise,
        };
        self.tried += 1;
        let (count, list) = match otherwise.then {
            Kind::Refused => &mut self.refused,
            Kind::Prompt => &mut self.prompted,
            Kind::Permit => &mut self.allowed,
        };
        *count += 1;
        if list.len() < MOST_NAMED {
            list.push(Hit { line, otherwise });
        }
    }
}

/// Groups and roles of the people in the log, as they are now.
#[derive(Debug, Default)]
struct People(HashMap<UserId, (Vec<GroupId>, Vec<RoleId>)>);

impl People {
    async fn load(&mut self, app: &App, lines: &[SignIn]) -> Result<(), StoreError> {
        if self.0.len() > MOST_PEOPLE {
            self.0.clear();
        }
        for line in lines.iter().filter(|line| !line.facts.is_empty()) {
            let Some(id) = line.user else { continue };
            if self.0.contains_key(&id) {
                continue;
            }
            let groups = app.store.scope_of(id).await?.groups;
            // Somebody who is gone holds nothing any more.
            let roles = app.store.user(id).await?.map(|user| user.roles);
            let roles = roles.iter().flat_map(|roles| roles.iter());
            let roles = roles.filter_map(|role| role.id().parse().ok()).collect();
            self.0.insert(id, (groups, roles));
        }
        Ok(())
    }

    fn try_one(&self, line: SignIn, now: &PolicySet, then: &PolicySet) -> (SignIn, Tried) {
        let none = (Vec::new(), Vec::new());
        let (groups, roles) = line.user.and_then(|id| self.0.get(&id)).unwrap_or(&none);
        let tried = try_line(&line, About { groups, roles }, (now, then));
        (line, tried)
    }
}

/// What would be in force with this policy, and without those. `None` if one that is to go is not there, or there
/// would be too many.
#[must_use]
pub fn changed(
    before: &InForce,
    put: Option<(String, serde_json::Value)>,
    remove: &[String],
) -> Option<InForce> {
    let edit = |id: &str, document| Edit { kind: AccessKind::Policy, id: id.to_owned(), document };
    let removed = remove.iter().try_fold(before.clone(), |set, id| set.after(&edit(id, None)).ok())?;
    match put {
        Some((id, document)) => removed.after(&edit(&id, Some(document))).ok(),
        None => Some(removed),
    }
}
