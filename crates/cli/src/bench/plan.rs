//! What is to be measured, from the arguments.

use super::BenchArgs;
use crate::failure::Failure;
use std::path::PathBuf;
use std::time::Duration;

/// A thing the server does, measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// A PRT to an access token for an app
    Exchange,
    /// The same with a PRT that the device's own key signs for
    Bound,
    /// The same from a device with the client profile `compatible`: KDFv1, its context spent, the answer in the CBC form
    Compatible,
    /// A nonce, for which nothing is stored
    Nonce,
    /// The cryptography of an exchange behind a bare handler: its limit
    Bare,
    /// A passkey to a browser session, both requests of it
    Passkey,
    /// A refresh token to the next, with an access token
    Refresh,
    /// A sign-in and a device key to a PRT
    Issue,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Bare,
        Self::Exchange,
        Self::Bound,
        Self::Compatible,
        Self::Nonce,
        Self::Passkey,
        Self::Refresh,
        Self::Issue,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Exchange => "PRT -> token",
            Self::Bound => "PRT -> token, device key",
            Self::Compatible => "PRT -> token, compatible",
            Self::Nonce => "nonce",
            Self::Bare => "the same, bare handler",
            Self::Passkey => "passkey sign-in",
            Self::Refresh => "refresh, rotating",
            Self::Issue => "PRT issue",
        }
    }
}

/// The arguments, found to make sense.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) users: Vec<usize>,
    pub(super) connections: Vec<usize>,
    pub(super) works: Vec<Kind>,
    pub(super) rounds: usize,
    pub(super) round: Duration,
    /// For each limit of the machine.
    pub(super) limit: Duration,
    /// Cold starts.
    pub(super) starts: usize,
    /// PRTs issued in a turn: each takes a sign-in prepared for it.
    pub(super) issues: usize,
    /// People whose passkeys are at hand.
    pub(super) holders: usize,
    pub(super) folder: PathBuf,
    pub(super) database: Option<String>,
}

/// Most connections: each is a task here and in the server.
const MOST_CONNECTIONS: usize = 1024;

impl Plan {
    pub(super) fn of(args: BenchArgs) -> Result<Self, Failure> {
        let no = |text: &str| Err(Failure::usage(text));
        let mut users = if args.quick { vec![8] } else { args.users };
        users.sort_unstable();
        users.dedup();
        let connections = if args.quick { vec![1, 4] } else { args.connections };
        let seconds = if args.quick { 0.1 } else { args.seconds };
        if !users.iter().all(|n| (1..=1_000_000).contains(n)) {
            return no("--users takes numbers from 1 to 1000000");
        }
        if !connections.iter().all(|n| (1..=MOST_CONNECTIONS).contains(n)) {
            return no("--connections takes numbers from 1 to 1024");
        }
        let least = users.first().copied().unwrap_or_default();
        if connections.iter().any(|n| *n > least) {
            return no(
                "--connections may not be more than the fewest --users: each speaks for people of its own",
            );
        }
        if !(0.01..=600.0).contains(&seconds) || !(1..=99).contains(&args.rounds) {
            return no("--seconds takes 0.01 to 600, --rounds 1 to 99");
        }
        if args.database.as_deref().is_some_and(|url| !url.starts_with("postgres")) {
            return no("--database takes postgres://USER@HOST/NAME; without it the database is SQLite");
        }
        Ok(Self {
            users,
            connections,
            works: if args.work.is_empty() { Kind::ALL.to_vec() } else { args.work },
            rounds: if args.quick { 1 } else { args.rounds },
            round: Duration::from_secs_f64(seconds),
            limit: Duration::from_secs_f64(if args.quick { 0.02 } else { 0.5 }),
            starts: if args.quick { 1 } else { 5 },
            issues: if args.quick { 4 } else { 600 },
            holders: 1000,
            folder: args.folder.unwrap_or_else(std::env::temp_dir),
            database: args.database,
        })
    }
}
