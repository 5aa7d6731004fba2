-- Keys that sign a person in on one device (MS-KPP): by SHA-256 of the blob they were brought in.
CREATE TABLE hello_keys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    public_key BLOB NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT
);

CREATE INDEX hello_keys_user ON hello_keys (user_id);
CREATE INDEX hello_keys_device ON hello_keys (device_id);
