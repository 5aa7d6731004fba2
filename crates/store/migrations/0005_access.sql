-- Conditional access. What is in force is one document in the table of policies, under one generation; here lies
-- every version of every part of it that there ever was, also of those that were deleted, so that one can go back.

CREATE TABLE access_versions (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    -- 1: with this version it was taken out of force, and the document is what it was until then.
    deleted BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
) /* clustered */;
