-- The rule book at run time: every version of every rule file, and which of them are published.
--
-- A version is kept with its source text and hash for ever. What is published is never edited: a change is a new version with the
-- next number. A version without a publication is a draft.

-- One text of one rule file.
CREATE TABLE policy_version (
    policy_id BLOB NOT NULL PRIMARY KEY,
    place_code TEXT NOT NULL REFERENCES place (place_code),
    year_from INTEGER NOT NULL,
    year_until INTEGER,
    source TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    drafted_at INTEGER NOT NULL,
    drafted_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(source || source_hash || drafted_by, char(0)) = 0)
) STRICT;
CREATE INDEX policy_version_place ON policy_version (place_code, policy_id);
CREATE TRIGGER policy_version_no_update BEFORE UPDATE ON policy_version
BEGIN SELECT RAISE(ABORT, 'policy_version is append-only'); END;
CREATE TRIGGER policy_version_no_delete BEFORE DELETE ON policy_version
BEGIN SELECT RAISE(ABORT, 'policy_version is append-only'); END;

-- The act of publishing a version: once, with the next number of its place and first year.
CREATE TABLE policy_publication (
    policy_id BLOB NOT NULL PRIMARY KEY REFERENCES policy_version (policy_id),
    place_code TEXT NOT NULL REFERENCES place (place_code),
    year_from INTEGER NOT NULL,
    number INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    UNIQUE (place_code, year_from, number),
    CONSTRAINT no_nul CHECK (instr(published_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER policy_publication_no_update BEFORE UPDATE ON policy_publication
BEGIN SELECT RAISE(ABORT, 'policy_publication is append-only'); END;
CREATE TRIGGER policy_publication_no_delete BEFORE DELETE ON policy_publication
BEGIN SELECT RAISE(ABORT, 'policy_publication is append-only'); END;
