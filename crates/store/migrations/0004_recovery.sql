-- A person's recovery codes: one set at a time, each code as a keyed hash. A used one stays until the set is replaced,
-- so that using it again can be told from guessing.
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL,
    hash BLOB NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT,
    PRIMARY KEY (user_id, hash)
) /* clustered */;

-- What somebody has to be told. One row for a person and kind, however often it happens; acknowledging deletes it.
CREATE TABLE alarms (
    user_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    count BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (user_id, kind)
) /* clustered */;
