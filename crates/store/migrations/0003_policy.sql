-- Groups, and the policies that speak about them.

CREATE TABLE user_groups (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- name in lower case, as in users.
    search_name TEXT NOT NULL,
    description TEXT NOT NULL,
    nickname TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX user_groups_name ON user_groups (search_name, id);

-- group_id as text: a person's groups are read with the person, as one value, and only of texts do both databases
-- make such a value alike.
CREATE TABLE group_members (
    user_id BLOB NOT NULL,
    group_id TEXT NOT NULL,
    PRIMARY KEY (user_id, group_id)
) /* clustered */;
CREATE INDEX group_members_group ON group_members (group_id, user_id);

CREATE TABLE policies (
    name TEXT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    document TEXT NOT NULL,
    changed BIGINT NOT NULL
);

-- How often, and until when, a person has put the registration campaign off.
CREATE TABLE snoozes (
    user_id BLOB NOT NULL PRIMARY KEY,
    times BIGINT NOT NULL,
    until BIGINT NOT NULL
);
