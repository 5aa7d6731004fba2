-- Sign-ins that programs without a browser have begun (RFC 8628): kept till they are redeemed or swept.
CREATE TABLE device_codes (
    id BLOB NOT NULL PRIMARY KEY,
    user_code TEXT NOT NULL UNIQUE,
    client BLOB NOT NULL,
    scope TEXT NOT NULL,
    resource TEXT NOT NULL,
    ip TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    wait BIGINT NOT NULL,
    polled BIGINT,
    state BIGINT NOT NULL,
    session BLOB
);

CREATE INDEX device_codes_expires ON device_codes (expires);
