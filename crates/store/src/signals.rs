//! Security events: who receives them, what waits to be told, and what has to be known before a change is made.

use crate::error::StoreError;
use crate::row::{Args, Reader};
use crate::statement::{Statement, any, one};
use crate::{Store, read_all, read_one};
use passband_core::change::Conflict;
use passband_core::id::{ClientId, SessionId, StreamId, UserId};
use passband_core::signals::stream::{Fared, MOST_WAITING, Method, Stream, StreamStatus, Target, Waiting};
use passband_core::signals::{Ask, Ends, Event, Facts};
use passband_core::time::Timestamp;

const STREAM: &str = "stream";
const APP: &str = "app";

macro_rules! stream_columns {
    () => {
        "s.id, s.name, s.audience, s.secret_hash, s.push_url, s.status, s.reason, s.method, s.auth_header, \
         s.events, s.description, s.created, s.revision, s.verified"
    };
}

macro_rules! waiting_columns {
    () => {
        "o.kind, o.target, o.id, o.body, o.user_id, o.at, o.due, o.attempts"
    };
}

/// Puts an event into the box of each stream that wants it and has room, and the end of sessions into that of each
/// application that got tokens in them. Runs before the change it tells of, whose rows it still finds.
pub(crate) fn signal(event: &Event) -> Vec<Statement> {
    let mut list = vec![count_dropped(event), put_event(event)];
    if let Some(ends) = &event.ends {
        list.extend(put_logouts(ends, event.at));
    }
    list
}

fn count_dropped(event: &Event) -> Statement {
    any(
        "UPDATE signal_streams SET dropped = dropped + 1 WHERE status IN ('enabled', 'paused') \
         AND (events & $1) <> 0 \
         AND (SELECT COUNT(*) FROM signal_outbox o WHERE o.target = signal_streams.id) >= $2",
        Args::new().int(1_i64 << event.kind.number()).int(MOST_WAITING),
    )
}

fn put_event(event: &Event) -> Statement {
    let id = |id: Option<[u8; 16]>| id.unwrap_or_default();
    any(
        "INSERT INTO signal_outbox (target, id, kind, body, user_id, at, due, attempts) \
         SELECT s.id, $1, 'stream', $2, NULL, $3, $3, 0 FROM signal_streams s \
         WHERE s.status IN ('enabled', 'paused') AND (s.events & $4) <> 0 \
         AND (SELECT COUNT(*) FROM signal_outbox o WHERE o.target = s.id) < $5 \
         AND NOT EXISTS (SELECT 1 FROM signal_excluded x WHERE x.stream_id = s.id AND x.subject IN ($6, $7)) \
         ON CONFLICT DO NOTHING",
        Args::new()
            .blob(event.id.as_bytes())
            .text(event.body())
            .at(event.at)
            .int(1_i64 << event.kind.number())
            .int(MOST_WAITING)
            .blob(&id(event.subject.user.map(|id| *id.as_bytes())))
            .blob(&id(event.subject.device.map(|id| *id.as_bytes()))),
    )
}

/// The sessions of `ends`, and those made from them.
macro_rules! logouts {
    ($which:literal) => {
        (
            concat!(
                "INSERT INTO signal_outbox (target, id, kind, body, user_id, at, due, attempts) \
                 SELECT l.app_id, s.id, 'app', '', s.user_id, $1, $1, 0 FROM sessions s \
                 JOIN app_sessions l ON l.session_id = s.id WHERE ",
                $which,
                " ON CONFLICT DO NOTHING"
            ),
            concat!(
                "DELETE FROM app_sessions WHERE session_id IN (SELECT s.id FROM sessions s WHERE s.created <= $1 AND ",
                $which,
                ")"
            ),
        )
    };
}

fn put_logouts(ends: &Ends, at: Timestamp) -> [Statement; 2] {
    let (sql, id, more): (_, &[u8], Option<&[u8]>) = match ends {
        Ends::Session(id) => (logouts!("(s.id = $2 OR s.parent_id = $2)"), id.as_bytes(), None),
        Ends::SessionsOf(user) => (logouts!("s.user_id = $2"), user.as_bytes(), None),
        Ends::On(device) => (logouts!("s.device_id = $2"), device.as_bytes(), None),
        Ends::BegunWith(passkey, user) => {
            (logouts!("s.credential = $2 AND s.user_id = $3"), passkey.as_slice(), Some(user.as_bytes()))
        }
    };
    let args = || {
        let args = Args::new().at(at).blob(id);
        match more {
            Some(more) => args.blob(more),
            None => args,
        }
    };
    [any(sql.0, args()), any(sql.1, args())]
}

/// Remembers that an application got tokens in a session.
pub(crate) fn note_app(session: SessionId, app: ClientId) -> Statement {
    any(
        "INSERT INTO app_sessions (session_id, app_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        Args::new().blob(session.as_bytes()).blob(app.as_bytes()),
    )
}

pub(crate) fn insert_stream(stream: &Stream) -> Statement {
    one(
        "INSERT INTO signal_streams (id, name, audience, secret_hash, push_url, status, reason, method, auth_header, \
         events, description, created, revision, verified, dropped, delivered, error) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, NULL, '') ON CONFLICT DO NOTHING",
        Args::new()
            .blob(stream.id.as_bytes())
            .text(&stream.name)
            .text(&stream.audience)
            .blob(&stream.secret_hash)
            .text(&stream.push_url)
            .text(stream.status.name())
            .text(&stream.reason)
            .text(stream.method.urn())
            .blob(&stream.authorization)
            .int(stream.events)
            .text(&stream.description)
            .at(stream.created)
            .int(stream.revision)
            .at(stream.verified),
        Conflict::Duplicate,
    )
}

/// Replaces a stream's row, of the revision that was seen.
pub(crate) fn update_stream(stream: &Stream) -> Statement {
    one(
        "UPDATE signal_streams SET name = $1, audience = $2, secret_hash = $3, push_url = $4, status = $5, \
         reason = $6, method = $7, auth_header = $8, events = $9, description = $10, verified = $11, \
         revision = revision + 1 WHERE id = $12 AND revision = $13",
        Args::new()
            .text(&stream.name)
            .text(&stream.audience)
            .blob(&stream.secret_hash)
            .text(&stream.push_url)
            .text(stream.status.name())
            .text(&stream.reason)
            .text(stream.method.urn())
            .blob(&stream.authorization)
            .int(stream.events)
            .text(&stream.description)
            .at(stream.verified)
            .blob(stream.id.as_bytes())
            .int(stream.revision),
        Conflict::Stale,
    )
}

/// Takes away all that waits for a stream and whom it does not want to hear of; with `whole` the receiver too.
pub(crate) fn forget_stream(id: StreamId, whole: bool) -> Vec<Statement> {
    let id = || Args::new().blob(id.as_bytes());
    let mut list = vec![
        any("DELETE FROM signal_outbox WHERE target = $1", id()),
        any("DELETE FROM signal_excluded WHERE stream_id = $1", id()),
    ];
    if whole {
        list.push(any("DELETE FROM signal_streams WHERE id = $1", id()));
    }
    list
}

pub(crate) fn exclude(stream: StreamId, subject: &[u8; 16], excluded: bool) -> Statement {
    let args = Args::new().blob(stream.as_bytes()).blob(subject);
    if excluded {
        any("INSERT INTO signal_excluded (stream_id, subject) VALUES ($1, $2) ON CONFLICT DO NOTHING", args)
    } else {
        any("DELETE FROM signal_excluded WHERE stream_id = $1 AND subject = $2", args)
    }
}

pub(crate) fn enqueue(waiting: &Waiting) -> Statement {
    let kind = match waiting.target {
        Target::App(_) => APP,
        Target::Stream(_) => STREAM,
    };
    any(
        "INSERT INTO signal_outbox (target, id, kind, body, user_id, at, due, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(waiting.target.as_bytes())
            .blob(&waiting.id)
            .text(kind)
            .text(&waiting.body)
            .opt_blob(waiting.user.as_ref().map(|id| id.as_bytes().as_slice()))
            .at(waiting.at)
            .at(waiting.due)
            .int(waiting.attempts),
    )
}

/// Claims a try: of two processes one wins. If it comes to nothing, or the process dies, the next is at `until`.
pub(crate) fn claim(waiting: &Waiting, until: Timestamp) -> Statement {
    one(
        "UPDATE signal_outbox SET due = $1, attempts = attempts + 1 WHERE target = $2 AND id = $3 AND due = $4",
        Args::new().at(until).blob(waiting.target.as_bytes()).blob(&waiting.id).at(waiting.due),
        Conflict::Stale,
    )
}

/// It was told, or, with an error, given up.
pub(crate) fn told(target: Target, ids: &[[u8; 16]], at: Timestamp, error: &str) -> Vec<Statement> {
    let removed = ids.iter().map(|id| {
        let args = Args::new().blob(target.as_bytes()).blob(id);
        any("DELETE FROM signal_outbox WHERE target = $1 AND id = $2", args)
    });
    let error = crate::statement::clean(error);
    let note = any(
        "UPDATE signal_streams SET delivered = CASE WHEN $1 = '' THEN $2 ELSE delivered END, error = $1 WHERE id = $3",
        Args::new().text(error).at(at).blob(target.as_bytes()),
    );
    removed.chain([note]).collect()
}

/// Nobody is tried more often than the last failure allows: what is due sooner waits with the rest.
pub(crate) fn put_off(target: Target, until: Timestamp, error: &str) -> Vec<Statement> {
    let id = target.as_bytes();
    vec![
        any(
            "UPDATE signal_outbox SET due = $1 WHERE target = $2 AND due < $1",
            Args::new().at(until).blob(id),
        ),
        any(
            "UPDATE signal_streams SET error = $1 WHERE id = $2",
            Args::new().text(crate::statement::clean(error)).blob(id),
        ),
    ]
}

/// Whether every text of a receiver can be stored on both databases.
pub(crate) fn is_storable(stream: &Stream) -> bool {
    let texts = [&stream.name, &stream.audience, &stream.push_url, &stream.reason, &stream.description];
    texts.into_iter().all(|text| !text.contains('\0'))
}

fn stream(r: &mut Reader<'_>) -> Result<Stream, StoreError> {
    Ok(Stream {
        id: r.id(StreamId::from_bytes)?,
        name: r.text()?,
        audience: r.text()?,
        secret_hash: r.array()?,
        push_url: r.text()?,
        status: r.named(StreamStatus::from_name, "status of a stream")?,
        reason: r.text()?,
        method: r.named(Method::from_urn, "method of a stream")?,
        authorization: r.blob()?,
        events: r.count()?,
        description: r.text()?,
        created: r.at()?,
        revision: r.count()?,
        verified: r.at()?,
    })
}

fn target(r: &mut Reader<'_>) -> Result<Target, StoreError> {
    match r.text()?.as_str() {
        STREAM => r.array().map(|id| Target::Stream(StreamId::from_bytes(id))),
        APP => r.array().map(|id| Target::App(ClientId::from_bytes(id))),
        _ => Err(StoreError::Row("kind of what waits")),
    }
}

fn waiting(r: &mut Reader<'_>) -> Result<Waiting, StoreError> {
    Ok(Waiting {
        target: target(r)?,
        id: r.array()?,
        body: r.text()?,
        user: r.opt_id(UserId::from_bytes)?,
        at: r.at()?,
        due: r.at()?,
        attempts: r.count()?,
    })
}

impl Store {
    /// What is known now of these things; those that are not there are left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn facts(&self, asks: &[Ask]) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        for ask in asks {
            match ask {
                Ask::App(id) => facts.apps.extend(self.app(*id).await?.map(|app| (*app).clone())),
                Ask::Device(id) => facts.devices.extend(self.device(*id).await?),
                Ask::Passkey(id, user) => {
                    let all = self.passkeys_of(*user).await?;
                    facts.passkeys.extend(all.into_iter().filter(|passkey| passkey.id == *id));
                }
                Ask::Session(id) => {
                    facts.sessions.extend(self.standing(*id).await?.map(|standing| standing.session.clone()));
                }
                Ask::User(id) => facts.users.extend(self.user(*id).await?),
            }
        }
        Ok(facts)
    }

    /// Every receiver, the newest first, and how it has fared.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn streams(&self) -> Result<Vec<(Stream, Fared)>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            stream_columns!(),
            ", (SELECT COUNT(*) FROM signal_outbox o WHERE o.target = s.id), s.dropped, s.delivered, s.error \
             FROM signal_streams s ORDER BY s.created DESC, s.id"
        );
        read_all(&self.all(SQL, Args::new).await?, |r| {
            let number = |n| u64::try_from(n).map_err(|_| StoreError::Row("counter"));
            let (stream, waiting) = (stream(r)?, number(r.int()?)?);
            let fared =
                Fared { waiting, dropped: number(r.int()?)?, delivered: r.opt_at()?, error: r.text()? };
            Ok((stream, fared))
        })
    }

    /// The receiver whose credential has this SHA-256.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn stream_by_secret(&self, hash: &[u8; 32]) -> Result<Option<Stream>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", stream_columns!(), " FROM signal_streams s WHERE s.secret_hash = $1");
        read_one(self.one(SQL, || Args::new().blob(hash)).await?, stream)
    }

    /// A receiver.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn stream(&self, id: StreamId) -> Result<Option<Stream>, StoreError> {
        const SQL: &str = concat!("SELECT ", stream_columns!(), " FROM signal_streams s WHERE s.id = $1");
        read_one(self.one(SQL, || Args::new().blob(id.as_bytes())).await?, stream)
    }

    /// What waits for a stream, the oldest first, at most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn waiting_for(&self, id: StreamId, most: u32) -> Result<Vec<Waiting>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            waiting_columns!(),
            " FROM signal_outbox o WHERE o.target = $1 ORDER BY o.at, o.id LIMIT $2"
        );
        read_all(&self.all(SQL, || Args::new().blob(id.as_bytes()).int(most)).await?, waiting)
    }

    /// Whom we are to send to now: applications, and streams that run and are pushed to. At most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn due_targets(&self, now: Timestamp, most: u32) -> Result<Vec<Target>, StoreError> {
        const SQL: &str = "SELECT DISTINCT o.kind, o.target FROM signal_outbox o \
            LEFT JOIN signal_streams s ON s.id = o.target WHERE o.due <= $1 \
            AND (o.kind = 'app' OR (s.status = 'enabled' AND s.method = 'urn:ietf:rfc:8935')) LIMIT $2";
        read_all(&self.all(SQL, || Args::new().at(now).int(most)).await?, target)
    }

    /// What we are to send to one of them now, the oldest first. At most `most`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn due(&self, target: Target, now: Timestamp, most: u32) -> Result<Vec<Waiting>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            waiting_columns!(),
            " FROM signal_outbox o WHERE o.target = $1 AND o.due <= $2 ORDER BY o.at, o.id LIMIT $3"
        );
        read_all(&self.all(SQL, || Args::new().blob(target.as_bytes()).at(now).int(most)).await?, waiting)
    }
}
