-- Three column types only, the same on SQLite and PostgreSQL (there `blob` is a domain over bytea):
-- BIGINT for numbers, flags (0 or 1) and times (seconds since 1970), TEXT, and BLOB for ids, keys and hashes.
-- "clustered" becomes WITHOUT ROWID on SQLite: the row lies in its primary key, one insert less for each.

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE keys (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    created BIGINT NOT NULL,
    since BIGINT NOT NULL,
    sealed BLOB NOT NULL
);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    upn TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    -- display_name in lower case: the two databases disagree on what lower() does beyond ASCII.
    search_name TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    admin BIGINT NOT NULL,
    break_glass BIGINT NOT NULL,
    handle BLOB NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
CREATE INDEX users_admin ON users (id) WHERE admin = 1;

CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    public_key BLOB NOT NULL,
    sign_count BIGINT NOT NULL,
    backup_eligible BIGINT NOT NULL,
    backup_state BIGINT NOT NULL,
    aaguid BLOB NOT NULL,
    format TEXT NOT NULL,
    attestation_object BLOB NOT NULL,
    client_data BLOB NOT NULL,
    transports TEXT NOT NULL,
    name TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    evidence BIGINT NOT NULL,
    proof TEXT NOT NULL,
    judged BIGINT NOT NULL,
    metadata BIGINT,
    attested BIGINT NOT NULL,
    certification TEXT NOT NULL,
    verification TEXT NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT
);
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE taps (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    created BIGINT NOT NULL,
    starts BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    once BIGINT NOT NULL,
    used BIGINT
);
CREATE INDEX taps_user ON taps (user_id);

CREATE TABLE devices (
    id BLOB NOT NULL PRIMARY KEY,
    owner BLOB NOT NULL,
    name TEXT NOT NULL,
    trust_type TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    os TEXT NOT NULL,
    os_version TEXT NOT NULL,
    device_key BLOB NOT NULL,
    transport_key BLOB NOT NULL,
    certificate BLOB NOT NULL,
    thumbprint BLOB NOT NULL UNIQUE,
    certificate_expires BIGINT NOT NULL,
    evidence BIGINT NOT NULL,
    -- What others say about it. The two flags are null while unknown, and count as unknown from compliance_until on.
    compliant BIGINT,
    managed BIGINT,
    compliance_until BIGINT NOT NULL,
    ownership TEXT NOT NULL,
    -- A JSON object of texts, by their Graph names.
    attributes TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT
);
CREATE INDEX devices_owner ON devices (owner);
CREATE INDEX devices_created ON devices (created, id);

CREATE TABLE apps (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    logout_uris TEXT NOT NULL,
    identifier_uris TEXT NOT NULL,
    secret_hash BLOB,
    enabled BIGINT NOT NULL,
    created BIGINT NOT NULL,
    backchannel_logout_uri TEXT
);

-- One application per name of an audience: with two, a token for one would be good at the other.
CREATE TABLE app_uris (
    uri TEXT NOT NULL PRIMARY KEY,
    app_id BLOB NOT NULL
);
CREATE INDEX app_uris_app ON app_uris (app_id);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    device_id BLOB,
    parent_id BLOB,
    credential BLOB,
    factors BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    ended BIGINT,
    generation BIGINT NOT NULL,
    advanced BIGINT NOT NULL,
    agent TEXT NOT NULL,
    ip TEXT NOT NULL,
    -- The earlier of expires and ended: from then on the row is kept for its readers only, and swept in time.
    gone BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_gone ON sessions (gone);

CREATE TABLE grants (
    family BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL,
    client_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    resource TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    advanced BIGINT NOT NULL,
    ended BIGINT,
    gone BIGINT NOT NULL
);
CREATE INDEX grants_session ON grants (session_id);
CREATE INDEX grants_gone ON grants (gone);

CREATE TABLE spent (
    id BLOB NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
) /* clustered */;
CREATE INDEX spent_expires ON spent (expires);

-- The hottest insert: every further index is paid at every request.
CREATE TABLE sign_ins (
    at BIGINT NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_id BLOB,
    upn TEXT NOT NULL,
    app_id BLOB,
    app_name TEXT NOT NULL,
    resource TEXT NOT NULL,
    device_id BLOB,
    device_name TEXT NOT NULL,
    session_id BLOB,
    factors BIGINT NOT NULL,
    binding TEXT NOT NULL,
    ip TEXT NOT NULL,
    agent TEXT NOT NULL,
    -- What the reason rests on, such as the passkey profile and its rule; mostly empty.
    detail TEXT NOT NULL,
    -- What conditional access was told, and what each policy said to it; empty where none was asked.
    facts TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (at, id)
) /* clustered */;
CREATE INDEX sign_ins_user ON sign_ins (user_id, at);

CREATE TABLE audits (
    at BIGINT NOT NULL,
    id BLOB NOT NULL,
    actor TEXT NOT NULL,
    activity TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (at, id)
);
