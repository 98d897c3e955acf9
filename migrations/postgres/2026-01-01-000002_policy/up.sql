-- The rule book at run time: every version of every rule file, and which of them are published.
--
-- A version is kept with its source text and hash for ever. What is published is never edited: a change is a new version with the
-- next number. A version without a publication is a draft.

-- One text of one rule file.
CREATE TABLE policy_version (
    policy_id UUID NOT NULL PRIMARY KEY,
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    year_from INTEGER NOT NULL,
    year_until INTEGER,
    source TEXT COLLATE "C" NOT NULL,
    source_hash TEXT COLLATE "C" NOT NULL,
    drafted_at TIMESTAMPTZ NOT NULL,
    drafted_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX policy_version_place ON policy_version (place_code, policy_id);
CREATE TRIGGER policy_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The act of publishing a version: once, with the next number of its place and first year.
CREATE TABLE policy_publication (
    policy_id UUID NOT NULL PRIMARY KEY REFERENCES policy_version (policy_id),
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    year_from INTEGER NOT NULL,
    number INTEGER NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    published_by TEXT COLLATE "C" NOT NULL,
    UNIQUE (place_code, year_from, number)
);
CREATE TRIGGER policy_publication_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_publication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
