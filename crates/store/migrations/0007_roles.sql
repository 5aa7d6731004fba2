-- What somebody may administer: a bit for each role (passband_core::directory::Role). The first, Global
-- Administrator, is what `admin` was.
DROP INDEX users_admin;
ALTER TABLE users RENAME COLUMN admin TO roles;
CREATE INDEX users_roles ON users (id) WHERE roles <> 0;

-- Who registered a passkey for its owner; empty if the owner did.
ALTER TABLE passkeys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';

-- The audit log as a chain: seq numbers the lines without a gap, hash is that of the line, prev that of the line
-- before. Lines from before have no place in it.
ALTER TABLE audits ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audits ADD COLUMN prev BLOB;
ALTER TABLE audits ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX audits_seq ON audits (seq) WHERE seq > 0;
CREATE TABLE audit_head (
    one BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BLOB NOT NULL,
    -- The last line that was cut off because it was old: what the first line that is kept follows.
    base_seq BIGINT NOT NULL,
    base_hash BLOB NOT NULL
);
