-- Receivers of security events, and what waits to be told to them and to applications.

CREATE TABLE signal_streams (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    audience TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    push_url TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    method TEXT NOT NULL,
    auth_header BLOB NOT NULL,
    -- Bit n: it wants events of type n.
    events BIGINT NOT NULL,
    description TEXT NOT NULL,
    created BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    verified BIGINT NOT NULL,
    dropped BIGINT NOT NULL,
    delivered BIGINT,
    error TEXT NOT NULL
);

-- Subjects (a person's or a device's id) a receiver does not want to hear of.
CREATE TABLE signal_excluded (
    stream_id BLOB NOT NULL,
    subject BLOB NOT NULL,
    PRIMARY KEY (stream_id, subject)
) /* clustered */;

-- Written in the transaction of the change it tells of, removed when it has been told. target: a stream (id: the
-- event's), or an application (id: the session's that ended).
CREATE TABLE signal_outbox (
    target BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    user_id BLOB,
    at BIGINT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (target, id)
);
CREATE INDEX signal_outbox_due ON signal_outbox (due);

-- Which application got tokens in which session; only those that want to be told of its end.
CREATE TABLE app_sessions (
    session_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    PRIMARY KEY (session_id, app_id)
) /* clustered */;

-- Whoever may send us signals, and what they may say.
CREATE TABLE signal_transmitters (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    audience TEXT NOT NULL,
    jwks TEXT NOT NULL,
    compliance BIGINT NOT NULL,
    sessions BIGINT NOT NULL,
    may_raise BIGINT NOT NULL,
    created BIGINT NOT NULL
);
