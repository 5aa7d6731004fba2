-- What evidence of passkeys rests on, as it was given to us: the FIDO metadata, lists of revoked keys, roots.

CREATE TABLE trust (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    models TEXT NOT NULL,
    edition BIGINT,
    sha256 BLOB NOT NULL,
    added BIGINT NOT NULL,
    actor TEXT NOT NULL,
    body BLOB NOT NULL
);

-- One row. It grows with each change of the table above, so that every process sees that it has to read it again.
CREATE TABLE trust_generation (
    generation BIGINT NOT NULL PRIMARY KEY
);
INSERT INTO trust_generation (generation) VALUES (0);
