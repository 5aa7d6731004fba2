//! Many commits in one transaction, each all or none.
//!
//! 1. The single-use ids of all commits are inserted together. If one of them was spent, which is rare, the
//!    transaction begins again, asks for each id, and refuses who finds his spent.
//! 2. The other changes run commit by commit. One that could be refused halfway runs under a savepoint.
//! 3. The log lines of all commits that stand are inserted together; those of the audit log in a chain.
//! 4. One COMMIT makes all of it durable.
//!
//! Where no commit has anything for step 2, SQLite takes all of it in one trip.
//!
//! Step 1 may come before anything else because nothing but [`Change::Spend`] and the sweep touches its
//! table. It makes `Spent` the conflict that is told where a commit would meet two.

use crate::bulk;
use crate::chain;
use crate::statement::{Statement, statements};
use passband_core::audit::{Audit, SignIn};
use passband_core::change::{Change, Conflict};
use passband_core::time::Timestamp;
use sqlx::AnyConnection;
use sqlx::{Connection, Executor};
use std::collections::HashSet;

/// What became of one commit of a batch whose transaction was made.
pub(crate) type Verdict = Result<(), Conflict>;

/// Why a batch was not made.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Nothing was sent: the transaction could not begin.
    Begin(sqlx::Error),
    /// The time was up; whether the transaction was made is not known.
    Silent,
    /// A statement failed; nothing was made.
    Statement(sqlx::Error),
    /// COMMIT failed; whether the transaction was made is not known.
    Commit(sqlx::Error),
}

/// How step 1 asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Whether all ids were fresh.
    All,
    /// Which were.
    Each,
}

/// Runs the commits in one transaction and answers for each, in order.
pub(crate) async fn run(
    conn: &mut AnyConnection,
    begin: &'static str,
    commits: &[&[Change]],
) -> Result<Vec<Verdict>, Failed> {
    let done = match plain(conn, commits) {
        Some((ids, lines)) => run_plain(conn, &ids, &lines).await?.then(|| vec![Ok(()); commits.len()]),
        None => run_asking(conn, begin, commits, Ask::All).await?,
    };
    match done {
        Some(verdicts) => Ok(verdicts),
        None => Ok(run_asking(conn, begin, commits, Ask::Each).await?.unwrap_or_default()),
    }
}

/// The ids and lines of commits that have nothing else, as most requests make them, where one trip does.
type Plain<'a> = (Vec<([u8; 32], Timestamp)>, Vec<&'a SignIn>);

fn plain<'a>(conn: &AnyConnection, commits: &[&'a [Change]]) -> Option<Plain<'a>> {
    let changes = || commits.iter().flat_map(|changes| changes.iter());
    let others = |change: &Change| !matches!(change, Change::Spend { .. } | Change::LogSignIn(_));
    if changes().any(others) {
        return None;
    }
    let ids: Vec<_> = commits.iter().flat_map(|changes| spends(changes)).collect();
    let lines: Vec<_> = changes().filter_map(line).collect();
    bulk::fit_one_trip(conn, ids.len(), lines.len()).then_some((ids, lines))
}

/// The whole of such a transaction; `false` if it was undone because an id had been spent.
async fn run_plain(
    conn: &mut AnyConnection,
    ids: &[([u8; 32], Timestamp)],
    lines: &[&SignIn],
) -> Result<bool, Failed> {
    let Err(error) = bulk::in_one_trip(conn, ids, lines).await else { return Ok(true) };
    // It can be rolled back as long as it is open, and then nothing was made.
    match conn.execute("ROLLBACK").await {
        Ok(_) if is_unique_violation(&error) => Ok(false),
        Ok(_) => Err(Failed::Statement(error)),
        Err(_) => Err(Failed::Commit(error)),
    }
}

/// One transaction; `None` if it was undone because each id must be asked for.
async fn run_asking(
    conn: &mut AnyConnection,
    begin: &'static str,
    commits: &[&[Change]],
    ask: Ask,
) -> Result<Option<Vec<Verdict>>, Failed> {
    let mut transaction = conn.begin_with(begin).await.map_err(Failed::Begin)?;
    let outcome = write(&mut transaction, commits, ask).await;
    let verdicts = match outcome {
        Ok(Some(verdicts)) => verdicts,
        Ok(None) => {
            transaction.rollback().await.map_err(Failed::Statement)?;
            return Ok(None);
        }
        Err(error) => {
            // A rollback that fails leaves a connection that fails next time, and is replaced then.
            let _ = transaction.rollback().await;
            return Err(Failed::Statement(error));
        }
    };
    if verdicts.iter().any(Result::is_ok) {
        transaction.commit().await.map_err(Failed::Commit)?;
    } else {
        transaction.rollback().await.map_err(Failed::Statement)?;
    }
    Ok(Some(verdicts))
}

async fn write(
    conn: &mut AnyConnection,
    commits: &[&[Change]],
    ask: Ask,
) -> Result<Option<Vec<Verdict>>, sqlx::Error> {
    let Some(mut verdicts) = spend_all(conn, commits, ask).await? else { return Ok(None) };
    for (changes, verdict) in commits.iter().zip(&mut verdicts) {
        if verdict.is_ok() {
            *verdict = run_one(conn, changes, commits.len() > 1).await?;
            if verdict.is_err() && commits.len() > 1 {
                let ids: Vec<_> = spends(changes).map(|(id, _)| id).collect();
                bulk::unspend(conn, &ids).await?;
            }
        }
    }
    let standing = commits.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_ok());
    let lines: Vec<&SignIn> = standing.flat_map(|(changes, _)| changes.iter().filter_map(line)).collect();
    bulk::log(conn, &lines).await?;
    // Last of all: the row they queue at is held until the commit.
    let standing = commits.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_ok());
    let audits: Vec<&Audit> = standing.flat_map(|(changes, _)| changes.iter().filter_map(deed)).collect();
    chain::append(conn, &audits).await?;
    Ok(Some(verdicts))
}

/// Step 1.
async fn spend_all(
    conn: &mut AnyConnection,
    commits: &[&[Change]],
    ask: Ask,
) -> Result<Option<Vec<Verdict>>, sqlx::Error> {
    let mut rows = Vec::with_capacity(commits.len());
    let mut seen = HashSet::with_capacity(commits.len());
    let mut verdicts = Vec::with_capacity(commits.len());
    for changes in commits {
        let start = rows.len();
        rows.extend(spends(changes));
        // Twice in one batch: the first has it. Where the first is refused later for another reason, the
        // second was refused too much, never too little; it was a replay all the same.
        let fresh = rows[start..].iter().all(|(id, _)| seen.insert(*id));
        if !fresh {
            rows.truncate(start);
        }
        verdicts.push(if fresh { Ok(()) } else { Err(Conflict::Spent) });
    }
    // In one order everywhere, so that two writers of one PostgreSQL do not wait for each other in a circle.
    rows.sort_unstable();
    if ask == Ask::All {
        return Ok(bulk::spend(conn, &rows).await?.then_some(verdicts));
    }
    let written = bulk::spend_each(conn, &rows).await?;
    let mut undo = Vec::new();
    for (changes, verdict) in commits.iter().zip(&mut verdicts) {
        if verdict.is_ok() && spends(changes).any(|(id, _)| !written.contains(&id)) {
            *verdict = Err(Conflict::Spent);
            undo.extend(spends(changes).map(|(id, _)| id).filter(|id| written.contains(id)));
        }
    }
    bulk::unspend(conn, &undo).await?;
    Ok(Some(verdicts))
}

/// Step 2 for one commit.
async fn run_one(conn: &mut AnyConnection, changes: &[Change], shared: bool) -> Result<Verdict, sqlx::Error> {
    let list: Vec<Statement> = changes.iter().flat_map(statements).collect();
    if !(shared && needs_savepoint(&list)) {
        return run_list(conn, list).await;
    }
    conn.execute("SAVEPOINT one").await?;
    let verdict = run_list(conn, list).await?;
    if verdict.is_err() {
        conn.execute("ROLLBACK TO SAVEPOINT one").await?;
    }
    conn.execute("RELEASE SAVEPOINT one").await?;
    Ok(verdict)
}

/// Whether a refusal could leave something of the commit behind, or end a PostgreSQL transaction.
fn needs_savepoint(list: &[Statement]) -> bool {
    list.iter().skip(1).any(|s| s.untouched.is_some()) || list.iter().any(|s| s.unique)
}

async fn run_list(conn: &mut AnyConnection, list: Vec<Statement>) -> Result<Verdict, sqlx::Error> {
    for Statement { sql, args, untouched, unique } in list {
        let done = match sqlx::query_with(sql, args.into_inner()).execute(&mut *conn).await {
            Ok(done) => done,
            Err(error) if unique && is_unique_violation(&error) => return Ok(Err(Conflict::Duplicate)),
            Err(error) => return Err(error),
        };
        if let Some(conflict) = untouched
            && done.rows_affected() == 0
        {
            return Ok(Err(conflict));
        }
    }
    Ok(Ok(()))
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.is_unique_violation())
}

fn spends(changes: &[Change]) -> impl Iterator<Item = ([u8; 32], Timestamp)> {
    changes.iter().filter_map(|change| match change {
        Change::Spend { id, until } => Some((*id, *until)),
        _ => None,
    })
}

fn line(change: &Change) -> Option<&SignIn> {
    match change {
        Change::LogSignIn(line) => Some(line),
        _ => None,
    }
}

fn deed(change: &Change) -> Option<&Audit> {
    match change {
        Change::LogAudit(line) => Some(line),
        _ => None,
    }
}
