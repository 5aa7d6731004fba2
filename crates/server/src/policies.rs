//! The authentication methods policy, kept in memory under its generation.
//!
//! Whoever asks says which generation the database has; a load of a person's groups brings it along. So another
//! process's change is seen at the next request, and no request asks for a policy that has not changed.

use crate::access;
use crate::app::App;
use crate::attempt::audit;
use crate::seen;
use passband_core::authn::methods::{self, MethodsPolicy};
use passband_core::authn::profile::document::PolicyError;
use passband_core::authn::profile::{PasskeyPolicy, impact};
use passband_core::directory::{Holder, Scope, User};
use passband_core::id::{GroupId, UserId};
use passband_core::manage::entry::{self, Doors};
use passband_core::manage::methods::{Membership, groups_named, replace};
use passband_core::reason::Reason;
use passband_store::{CommitError, MAX_TOP, Page, StoreError};
use std::sync::{Arc, PoisonError, RwLock};

/// The policy that was loaded last.
#[derive(Debug, Default)]
pub struct Kept(RwLock<Versioned>);

/// A policy and its generation; generation 0 is the policy of a new installation.
#[derive(Clone, Debug, Default)]
pub struct Versioned {
    /// Its generation, to be named when it is replaced.
    pub generation: u64,
    /// The policy.
    pub policy: Arc<MethodsPolicy>,
}

impl App {
    /// The policy of this generation, or of a later one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer, or holds a policy that this version cannot read: then nobody is
    /// let in by a guess.
    pub async fn methods_policy(&self, generation: u64) -> Result<Arc<MethodsPolicy>, StoreError> {
        let kept = self.policies.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if kept.generation >= generation {
            return Ok(kept.policy);
        }
        Ok(self.newest_methods_policy().await?.policy)
    }

    /// The policy as the database has it now, with its generation: what a change begins with.
    ///
    /// # Errors
    ///
    /// As [`methods_policy`](Self::methods_policy).
    pub async fn newest_methods_policy(&self) -> Result<Versioned, StoreError> {
        let Some((generation, document)) = self.store.policy(methods::NAME).await? else {
            return Ok(Versioned::default());
        };
        let policy = MethodsPolicy::from_document(&document).map_err(|error| {
            tracing::error!(%error, "the stored authentication methods policy cannot be read");
            StoreError::Row("authentication methods policy")
        })?;
        let newest = Versioned { generation, policy: Arc::new(policy) };
        let mut kept = self.policies.0.write().unwrap_or_else(PoisonError::into_inner);
        // Of two loads at once, the older must not replace the newer.
        if kept.generation < generation {
            *kept = newest.clone();
        }
        Ok(newest)
    }

    /// A person's groups, and the policy that speaks about them.
    ///
    /// # Errors
    ///
    /// As [`methods_policy`](Self::methods_policy).
    pub async fn scope_of(&self, user: UserId) -> Result<(Scope, Arc<MethodsPolicy>), StoreError> {
        let scope = self.store.scope_of(user).await?;
        let policy = self.methods_policy(scope.policy).await?;
        Ok((scope, policy))
    }
}

/// How often a change is decided anew because another was made meanwhile.
const TRIES: usize = 16;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// Others were faster, again and again.
    #[error("others are changing this; try again")]
    Busy,
    /// The wanted policy is none, or names what is not there.
    #[error("{0}")]
    Invalid(String),
    /// It is there already, or not there.
    #[error("{0}")]
    Member(&'static str),
    /// A rule forbids it.
    #[error("{}", .0.meaning())]
    Refused(Reason),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PolicyError> for Unchanged {
    fn from(error: PolicyError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Who changes something, for the audit log, and how sure they are.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// How the audit log names them.
    pub actor: &'a str,
    /// Whether the change may lock every administrator out.
    pub force: bool,
    /// The generation they saw, if the change was made up from it: another since then is not overwritten.
    pub seen: Option<u64>,
}

/// Replaces the policy by what `edit` makes of the newest one.
///
/// # Errors
///
/// [`Unchanged`]; then nothing was changed.
pub async fn change(
    app: &App,
    by: By<'_>,
    edit: impl Fn(&MethodsPolicy) -> Result<MethodsPolicy, PolicyError>,
) -> Result<(), Unchanged> {
    for _ in 0..TRIES {
        let people = seen::people(app).await?;
        let before = app.newest_methods_policy().await?;
        if by.seen.is_some_and(|seen| seen != before.generation) {
            return Err(Unchanged::Member(
                "Somebody else has changed the policy meanwhile. Load the page again.",
            ));
        }
        let after = edit(&before.policy)?;
        for group in groups_named(&after) {
            if app.store.group(group).await?.is_none() {
                return Err(Unchanged::Invalid(format!(
                    "a target names the group {group}, which does not exist"
                )));
            }
        }
        if !by.force {
            let admins = app.store.administrators().await?;
            let (now, then) = (&before.policy.passkeys, &after.passkeys);
            impact::keeps_an_administrator((now, &admins), (then, &admins)).map_err(Unchanged::Refused)?;
            let access = app.newest_access().await?.set;
            let doors = |passkeys| Doors { passkeys, access: &access, at: app.now() };
            entry::keeps_an_administrator((doors(now), &admins), (doors(then), &admins))
                .map_err(Unchanged::Refused)?;
        }
        let mut changes = replace(&after, (people, before.generation), app.now());
        let detail = difference(&before.policy, &after);
        changes.push(audit(app, by.actor, "Update authentication methods policy", methods::NAME, detail));
        match app.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Unchanged::Busy)
}

/// The properties that changed, for the audit log.
fn difference(before: &MethodsPolicy, after: &MethodsPolicy) -> String {
    let parts = [
        ("fido2", before.passkeys.to_graph(), after.passkeys.to_graph()),
        ("temporaryAccessPass", before.passes.to_graph(), after.passes.to_graph()),
        ("registrationEnforcement", before.campaign.to_graph(), after.campaign.to_graph()),
    ];
    let changed = parts.iter().flat_map(|(part, before, after)| {
        let members = after.as_object().into_iter().flatten();
        members
            .filter(|(name, value)| before.get(name.as_str()) != Some(value))
            .map(move |(name, _)| format!("{part}.{name}"))
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() { "nothing changed".to_owned() } else { changed.join(", ") }
}

/// Changes who is in a group, or ends it.
///
/// # Errors
///
/// [`Unchanged`]; then nothing was changed.
pub async fn change_members(
    app: &App,
    actor: &str,
    group: GroupId,
    what: Membership,
) -> Result<(), Unchanged> {
    for _ in 0..TRIES {
        let people = seen::people(app).await?;
        let methods = app.newest_methods_policy().await?.policy;
        if what == Membership::Dissolve && groups_named(&methods).contains(&group) {
            // Without its members an exclusion would let them all in.
            return Err(Unchanged::Member(
                "The authentication methods policy names this group; take it out there first.",
            ));
        }
        let access = app.newest_access().await?.set;
        if what == Membership::Dissolve && access::kept::names_group(&access, group) {
            return Err(Unchanged::Member(
                "A conditional access policy names this group; take it out there first.",
            ));
        }
        let now = app.store.administrators().await?;
        let then: Vec<_> = now.iter().map(|holder| moved(holder, what, group)).collect();
        let policy = &methods.passkeys;
        impact::keeps_an_administrator((policy, &now), (policy, &then)).map_err(Unchanged::Refused)?;
        let doors = Doors { passkeys: policy, access: &access, at: app.now() };
        entry::keeps_an_administrator((doors, &now), (doors, &then)).map_err(Unchanged::Refused)?;
        let mut changes = what.changes(group, people, app.now());
        let (activity, detail) = match what {
            Membership::Add(user) => ("Add member to group", user.to_string()),
            Membership::Remove(user) => ("Remove member from group", user.to_string()),
            Membership::Dissolve => ("Delete group", String::new()),
        };
        changes.push(audit(app, actor, activity, group, detail));
        match app.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(conflict)) => {
                if let Some(why) = settled(app, group, what).await? {
                    tracing::debug!(%conflict, "a group was not changed");
                    return Err(Unchanged::Member(why));
                }
            }
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Unchanged::Busy)
}

/// Somebody after a change of a group.
fn moved(holder: &Holder, what: Membership, group: GroupId) -> Holder {
    let groups = what.after(group, holder.user.id, holder.groups.clone());
    Holder { groups, ..holder.clone() }
}

/// What there is to say if trying again cannot help.
async fn settled(app: &App, group: GroupId, what: Membership) -> Result<Option<&'static str>, StoreError> {
    let is_in = async |user| Ok::<_, StoreError>(app.store.scope_of(user).await?.groups.contains(&group));
    Ok(match what {
        Membership::Add(user) if is_in(user).await? => Some("The person is in this group already."),
        Membership::Remove(user) if !is_in(user).await? => Some("The person is not in this group."),
        _ => None,
    })
}

/// Most people and passkeys that are named in each list of an [`Impact`].
const MOST_NAMED: usize = 500;

/// A passkey a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Whose.
    pub user: User,
    /// Its credential id.
    pub id: Vec<u8>,
    /// Its owner's name for it.
    pub name: String,
    /// Why it will be refused; `None` if it will be accepted.
    pub reason: Option<Reason>,
}

/// Whom a change touches at the next sign-in. The counts are of all, the lists name the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// People looked at.
    pub people: usize,
    /// Passkeys looked at.
    pub passkeys: usize,
    /// How many passkeys sign in now and would not.
    pub refused_count: usize,
    /// Those passkeys.
    pub refused: Vec<Hit>,
    /// How many do not sign in now and would.
    pub allowed_count: usize,
    /// Those passkeys.
    pub allowed: Vec<Hit>,
    /// How many people would lose their last usable passkey.
    pub stranded_count: usize,
    /// Those people.
    pub stranded: Vec<User>,
    /// Whether no administrator could sign in any more.
    pub locks_out: bool,
}

/// Looks at everybody's passkeys under another policy.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn what_if(app: &App, now: &PasskeyPolicy, then: &PasskeyPolicy) -> Result<Impact, StoreError> {
    let mut impact = Impact::default();
    let admins = app.store.administrators().await?;
    let access = app.newest_access().await?.set;
    let doors = |passkeys| Doors { passkeys, access: &access, at: app.now() };
    impact.locks_out = impact::keeps_an_administrator((now, &admins), (then, &admins)).is_err()
        || entry::keeps_an_administrator((doors(now), &admins), (doors(then), &admins)).is_err();
    let mut page = Page::first(MAX_TOP);
    loop {
        let listed = app.store.holders(&page).await?;
        for holder in &listed.items {
            impact.people += 1;
            impact.passkeys += holder.passkeys.len();
            if let Some(touched) = impact::compare(now, then, holder) {
                impact.add(&touched);
            }
        }
        page.after = listed.next;
        if page.after.is_none() {
            return Ok(impact);
        }
    }
}

impl Impact {
    fn add(&mut self, touched: &impact::Touched<'_>) {
        let hit = |passkey: &passband_core::directory::Passkey, reason| Hit {
            user: touched.user.clone(),
            id: passkey.id.clone(),
            name: passkey.name.clone(),
            reason,
        };
        self.refused_count += touched.refused.len();
        self.allowed_count += touched.allowed.len();
        self.stranded_count += usize::from(touched.stranded);
        self.refused.extend(touched.refused.iter().map(|(passkey, reason)| hit(passkey, Some(*reason))));
        self.refused.truncate(MOST_NAMED);
        self.allowed.extend(touched.allowed.iter().map(|passkey| hit(passkey, None)));
        self.allowed.truncate(MOST_NAMED);
        if touched.stranded && self.stranded.len() < MOST_NAMED {
            self.stranded.push(touched.user.clone());
        }
    }
}
