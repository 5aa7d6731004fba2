//! Changing what is trusted: whom it touches is known before it bites.

use super::{InForce, aaguid, hex};
use crate::app::App;
use crate::attempt::audit;
use aws_lc_rs::digest::{SHA256, digest};
use passband_core::authn::passkey::registration::judge_again;
use passband_core::authn::profile::impact;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{Evidence, Passkey, TrustDocument, TrustKind, User};
use passband_core::manage::entry::{self, Doors};
use passband_core::platform::evidence::Trust;
use passband_core::platform::metadata::{BlobRules, Metadata, MetadataError};
use passband_core::platform::path::TrustAnchor;
use passband_core::platform::revocation::Revocations;
use passband_core::platform::roots::{Root, RootError, Roots, Scope};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use passband_store::{CommitError, StoreError};
use std::sync::Arc;

/// Passkeys that are judged between two looks at other work.
const AT_ONCE: u32 = 200;

/// Most roots an administrator can add.
const MOST_ROOTS: usize = 200;

/// What somebody wants to be trusted, or not any more.
#[derive(Clone, Debug)]
pub enum Wish {
    /// A metadata BLOB.
    Metadata(String),
    /// A list of revoked attestation keys.
    Revocations(String),
    /// A root certificate, in PEM.
    Root {
        /// What it is to vouch for.
        scope: Scope,
        /// The AAGUIDs it is to vouch for, as GUIDs; none for any the metadata do not know.
        models: Vec<String>,
        /// The certificate.
        pem: String,
    },
    /// An added root is to go; SHA-256 of its certificate in hexadecimal, for each scope it stands in.
    NoRoot(String),
}

/// Why a wish is not granted: one variant for each decision.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A model is not named by a GUID.
    #[error("`{0}` is not an AAGUID")]
    Aaguid(String),
    /// Another changed the trust at the same moment.
    #[error("somebody else changed what is trusted at the same moment")]
    Busy,
    /// No administrator could sign in any more.
    #[error("{}", Reason::PolicyLocksOut.meaning())]
    LocksOut,
    /// The list of revoked keys is none.
    #[error("it is {0}")]
    Revocations(#[from] passband_wire::attestation_status::StatusListError),
    /// The BLOB was refused.
    #[error("the metadata are refused ({code}): {0}", code = .0.code())]
    Metadata(#[from] MetadataError),
    /// The certificate is no root.
    #[error("the root is refused: {0}")]
    Root(#[from] RootError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// As many roots as there may be are there.
    #[error("there are {MOST_ROOTS} roots already; remove one that is not used")]
    TooManyRoots,
    /// No such root was added.
    #[error("no root with this SHA-256 was added here")]
    UnknownRoot,
}

/// A change that can be made, and what will be trusted then.
#[derive(Debug)]
pub struct Prepared {
    from: Arc<InForce>,
    trust: Arc<Trust>,
    changes: Vec<Change>,
    activity: &'static str,
    detail: String,
}

impl Prepared {
    /// What will be trusted.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// What it does, in a line.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// A passkey whose evidence changes.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Its owner.
    pub user: User,
    /// It, with its evidence so far.
    pub passkey: Passkey,
    /// Its evidence then.
    pub to: Evidence,
}

impl Effect {
    /// Whether its level changes, and not only what stands behind it.
    pub fn changes_level(&self) -> bool {
        self.passkey.evidence.level != self.to.level
    }
}

/// Checks a wish against what is trusted now.
///
/// # Errors
///
/// [`ChangeError`] says why not.
pub async fn prepare(app: &App, wish: Wish, actor: &str) -> Result<Prepared, ChangeError> {
    let (from, now) = (app.trust(), app.now());
    let kept = match &wish {
        // What the roots that stay say of the rest has to be asked anew.
        Wish::NoRoot(_) => app.store.trust_documents().await?,
        _ => Vec::new(),
    };
    let actor = actor.to_owned();
    let work = move || {
        let mut trust = from.trust.clone();
        let (changes, activity, detail) = match wish {
            Wish::Metadata(blob) => metadata(&mut trust, blob, (&actor, now))?,
            Wish::Revocations(text) => revocations(&mut trust, text, (&actor, now))?,
            Wish::Root { scope, models, pem } => root(&mut trust, (scope, models, &pem), (&actor, now))?,
            Wish::NoRoot(sha256) => no_root(&mut trust, &sha256, &kept)?,
        };
        Ok(Prepared { from, trust: Arc::new(trust), changes, activity, detail })
    };
    // Verifying a BLOB takes longer than a request should hold its thread.
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ChangeError::Store(StoreError::Row("a document of the trust")))?
}

type Made = (Vec<Change>, &'static str, String);

fn document(kind: TrustKind, name: String, body: Vec<u8>, (actor, now): (&str, Timestamp)) -> TrustDocument {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, &body).as_ref());
    let (scope, models, actor) = (String::new(), Vec::new(), actor.to_owned());
    TrustDocument { name, kind, scope, models, edition: None, sha256, added: now, actor, body }
}

fn put(document: TrustDocument) -> Change {
    Change::PutTrust(Box::new(document))
}

fn metadata(trust: &mut Trust, blob: String, by: (&str, Timestamp)) -> Result<Made, ChangeError> {
    let roots = trust.roots.of(Scope::Metadata);
    let loaded = trust.metadata.as_ref().map(Metadata::no);
    let read = Metadata::verify(&blob, &BlobRules { roots: &roots, loaded, now: by.1 })?;
    let detail = format!(
        "edition {}, {} models, next by {}",
        read.no(),
        read.models().len(),
        read.next_update().rfc3339()
    );
    let name = TrustKind::Metadata.name().to_owned();
    let edition = Some(read.no());
    let kept = TrustDocument { edition, ..document(TrustKind::Metadata, name, blob.into_bytes(), by) };
    trust.metadata = Some(read);
    Ok((vec![put(kept)], "Import metadata", detail))
}

fn revocations(trust: &mut Trust, text: String, by: (&str, Timestamp)) -> Result<Made, ChangeError> {
    let read = Revocations::parse(text.as_bytes(), by.1)?;
    let before = trust.revocations.as_ref().map_or(0, Revocations::len);
    let detail = format!("{} revoked keys, {before} before", read.len());
    let name = TrustKind::Revocations.name().to_owned();
    trust.revocations = Some(read);
    Ok((
        vec![put(document(TrustKind::Revocations, name, text.into_bytes(), by))],
        "Import revocations",
        detail,
    ))
}

fn root(
    trust: &mut Trust,
    (scope, models, pem): (Scope, Vec<String>, &str),
    by: (&str, Timestamp),
) -> Result<Made, ChangeError> {
    let anchor = TrustAnchor::from_pem(pem).map_err(RootError::Certificate)?;
    let read: Result<Vec<_>, _> =
        models.iter().map(|text| aaguid(text).ok_or_else(|| ChangeError::Aaguid(text.clone()))).collect();
    let root = Root::added(scope, anchor, read?, by.1)?;
    if trust.roots.iter().count() >= MOST_ROOTS {
        return Err(ChangeError::TooManyRoots);
    }
    let sha256 = hex(&root.anchor().fingerprint());
    let detail = format!("{} for {}, SHA-256 {sha256}", root.name(), scope.id());
    let name = format!("root/{}/{sha256}", scope.id());
    let body = root.anchor().der().to_vec();
    let kept = TrustDocument {
        scope: scope.id().to_owned(),
        models: root.models().iter().map(super::guid).collect(),
        ..document(TrustKind::Root, name, body, by)
    };
    // One that is there already may now be for other models.
    trust.roots.remove(scope, root.anchor());
    trust.roots.add(root);
    Ok((vec![put(kept)], "Add root", detail))
}

fn no_root(trust: &mut Trust, sha256: &str, kept: &[TrustDocument]) -> Result<Made, ChangeError> {
    let (gone, stay): (Vec<_>, Vec<_>) =
        kept.iter().partition(|document| document.kind == TrustKind::Root && hex(&document.sha256) == sha256);
    if gone.is_empty() {
        return Err(ChangeError::UnknownRoot);
    }
    let mut roots = Roots::default();
    for root in stay.iter().filter(|document| document.kind == TrustKind::Root) {
        if let Some(root) = super::kept_root(root) {
            roots.add(root);
        }
    }
    trust.roots = roots;
    // Metadata that were signed under the root go with it.
    let blob = stay.iter().find(|document| document.kind == TrustKind::Metadata);
    trust.metadata = blob.and_then(|document| {
        let text = String::from_utf8_lossy(&document.body);
        Metadata::verify_again(&text, &trust.roots.of(Scope::Metadata), document.added).ok()
    });
    let mut changes: Vec<_> =
        gone.iter().map(|document| Change::DeleteTrust(document.name.clone())).collect();
    if let (Some(document), None) = (blob, &trust.metadata) {
        changes.push(Change::DeleteTrust(document.name.clone()));
    }
    Ok((changes, "Remove root", format!("SHA-256 {sha256}")))
}

/// Judges every passkey by `trust` and returns those whose evidence is another than before.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn effects(app: &App, trust: &Arc<Trust>) -> Result<Vec<Effect>, StoreError> {
    let now = app.now();
    let (mut found, mut after) = (Vec::new(), Vec::new());
    loop {
        let page = app.store.passkeys_after(&after, AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = last.id.clone();
        let trust = Arc::clone(trust);
        let judged = tokio::task::spawn_blocking(move || touched(page, &trust, now)).await;
        found.extend(judged.map_err(|_| StoreError::Row("a passkey's registration"))?);
    }
}

/// Whether some administrator can sign in now and none could with these effects: evidence decides about sign-ins where
/// a passkey profile asks for a level of it.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn locks_out(app: &App, effects: &[Effect]) -> Result<bool, StoreError> {
    let policy = app.newest_methods_policy().await?.policy;
    let now = app.store.administrators().await?;
    let mut then = now.clone();
    for passkey in then.iter_mut().flat_map(|holder| &mut holder.passkeys) {
        if let Some(effect) = effects.iter().find(|effect| effect.passkey.id == passkey.id) {
            passkey.evidence = effect.to.clone();
        }
    }
    let policy = &policy.passkeys;
    // A strength may ask for a level of evidence just as well.
    let access = app.newest_access().await?.set;
    let doors = Doors { passkeys: policy, access: &access, at: app.now() };
    Ok(impact::keeps_an_administrator((policy, &now), (policy, &then)).is_err()
        || entry::keeps_an_administrator((doors, &now), (doors, &then)).is_err())
}

fn touched(page: Vec<(Passkey, User)>, trust: &Trust, now: Timestamp) -> Vec<Effect> {
    let judged = page.into_iter().map(|(passkey, user)| {
        let to = judge_again(&passkey, trust, now);
        Effect { user, passkey, to }
    });
    // When it was judged is no news by itself.
    judged
        .filter(|effect| {
            Evidence { judged: effect.passkey.evidence.judged, ..effect.to.clone() }
                != effect.passkey.evidence
        })
        .collect()
}

/// Makes a prepared change, with the evidence of every passkey whose level it changes and a line in the audit log for
/// each, in one commit.
///
/// # Errors
///
/// [`ChangeError::Busy`] if what is trusted has changed since it was prepared; nothing was changed then.
pub async fn apply(
    app: &App,
    prepared: Prepared,
    effects: Vec<Effect>,
    actor: &str,
) -> Result<(), ChangeError> {
    let Prepared { from, changes, activity, detail, .. } = prepared;
    let mut all = vec![Change::AdvanceTrust { from: from.generation }];
    all.extend(changes);
    all.push(audit(app, actor, activity, "passband_trust", detail));
    for effect in effects.into_iter().filter(Effect::changes_level) {
        all.extend(write(app, effect, actor));
    }
    match app.commit(all).await {
        Ok(()) => {}
        Err(CommitError::Conflict(Conflict::Stale | Conflict::Duplicate | Conflict::Spent)) => {
            return Err(ChangeError::Busy);
        }
        Err(CommitError::Store(error)) => return Err(error.into()),
    }
    app.reload_trust().await?;
    // Whoever registered between the judgement and now, and what only stands behind levels.
    catch_up(app, actor).await?;
    Ok(())
}

/// Writes the evidence of every passkey that was judged by another trust than the one in force; how many.
///
/// # Errors
///
/// [`StoreError`] if the database cannot answer.
pub async fn catch_up(app: &App, actor: &str) -> Result<usize, StoreError> {
    let held = app.trust();
    let trust = Arc::new(held.trust.clone());
    let effects = effects(app, &trust).await?;
    let count = effects.len();
    let changes: Vec<_> = effects.into_iter().flat_map(|effect| write(app, effect, actor)).collect();
    for part in changes.chunks(AT_ONCE as usize) {
        match app.commit(part.to_vec()).await {
            // None of these changes can conflict.
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(error)) => return Err(error),
        }
    }
    Ok(count)
}

fn write(app: &App, effect: Effect, actor: &str) -> Vec<Change> {
    let mut changes = Vec::with_capacity(2);
    if effect.changes_level() {
        let (from, to) = (&effect.passkey.evidence, &effect.to);
        let detail = format!(
            "{}: {} from {} to {} ({})",
            effect.user.upn,
            effect.passkey.name,
            from.level.name(),
            to.level.name(),
            to.proof
        );
        changes.push(audit(app, actor, "Change evidence of passkey", effect.user.id, detail));
    }
    changes.push(Change::SetEvidence { id: effect.passkey.id, evidence: Box::new(effect.to) });
    changes
}
