-- The registry: places, organisations, courses and learners.
--
-- Conventions of every migration here. Tables are STRICT and ordinary rowid tables: UUIDv7 keys arrive nearly in order, and a
-- rowid table takes them faster. Ids are 16-byte blobs made by the service, instants microseconds since the epoch, civil dates
-- 'YYYY-MM-DD', hours hundredths. Nothing is computed by the database: no defaults, no sequences. U+0000 is refused in free
-- text by `no_nul`, because PostgreSQL cannot keep it. Append-only tables refuse UPDATE and DELETE by triggers, and INSERT OR
-- REPLACE too, as every connection sets recursive_triggers.

-- One number a cache, moved by every write that the cache would miss. Services read again only when it moved.
CREATE TABLE revision (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(name, char(0)) = 0)
) STRICT;

-- By which each key file shows that it belongs to this database: with other keys nobody would be found, and be registered twice.
CREATE TABLE key_proof (
    key_id TEXT NOT NULL PRIMARY KEY,
    proof TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    is_forgotten INTEGER NOT NULL CHECK (is_forgotten IN (0, 1)),
    CONSTRAINT no_nul CHECK (instr(key_id || proof, char(0)) = 0)
) STRICT;

-- The administration tree, which is not the tree of division codes: a node keeps its key when its code dies.
CREATE TABLE place (
    place_code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    parent_code TEXT REFERENCES place (place_code),
    level TEXT NOT NULL CHECK (level IN ('nation', 'province', 'city', 'county', 'zone')),
    listed_order INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(place_code || name, char(0)) = 0)
) STRICT;
CREATE INDEX place_parent ON place (parent_code);

-- Any code of any system, dead or new, leads to its place. A name is one that the place got with the code.
CREATE TABLE place_division (
    system TEXT NOT NULL CHECK (system IN ('gb2260', 'statistical')),
    code TEXT NOT NULL,
    place_code TEXT NOT NULL REFERENCES place (place_code),
    from_on TEXT NOT NULL,
    until_on TEXT,
    name TEXT,
    PRIMARY KEY (system, code, from_on),
    CONSTRAINT no_nul CHECK (instr(code || coalesce(name, ''), char(0)) = 0)
) STRICT;
CREATE INDEX place_division_place ON place_division (place_code);

-- Offices that approve, review or supervise.
CREATE TABLE authority (
    authority_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('human_resources', 'sector', 'personnel', 'other')),
    place_code TEXT NOT NULL REFERENCES place (place_code),
    series TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(name || coalesce(series, ''), char(0)) = 0)
) STRICT;
CREATE INDEX authority_name ON authority (name, authority_id);
CREATE INDEX authority_place ON authority (place_code);

-- Organisations that employ learners. A credit code whose checksum fails is kept and marked, not refused.
CREATE TABLE employer (
    employer_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    credit_code TEXT,
    credit_code_checksum_ok INTEGER NOT NULL CHECK (credit_code_checksum_ok IN (0, 1)),
    place_code TEXT NOT NULL REFERENCES place (place_code),
    registered_place_code TEXT REFERENCES place (place_code),
    authority_id BLOB REFERENCES authority (authority_id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(name || coalesce(credit_code, ''), char(0)) = 0)
) STRICT;
CREATE INDEX employer_name ON employer (name, employer_id);
CREATE INDEX employer_place ON employer (place_code);

-- The uniqueness of a credit code, keyed by the code.
CREATE TABLE employer_credit_code (
    credit_code TEXT NOT NULL PRIMARY KEY,
    employer_id BLOB NOT NULL REFERENCES employer (employer_id),
    CONSTRAINT no_nul CHECK (instr(credit_code, char(0)) = 0)
) STRICT;
CREATE INDEX employer_credit_code_employer ON employer_credit_code (employer_id);

-- What an employer is, dated: rules bind, encourage or leave out by it, so what it was and what was known of it must stay
-- answerable.
CREATE TABLE employer_kind (
    employer_id BLOB NOT NULL REFERENCES employer (employer_id),
    fact_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('state_organ', 'public_institution', 'enterprise', 'private_institution', 'social_organisation', 'central_unit', 'army_kindergarten', 'other')),
    from_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (employer_id, fact_id),
    CONSTRAINT no_nul CHECK (instr(recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER employer_kind_no_update BEFORE UPDATE ON employer_kind
BEGIN SELECT RAISE(ABORT, 'employer_kind is append-only'); END;
CREATE TRIGGER employer_kind_no_delete BEFORE DELETE ON employer_kind
BEGIN SELECT RAISE(ABORT, 'employer_kind is append-only'); END;

-- Continuing education bases and the dates of their recognition.
CREATE TABLE training_base (
    base_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('national', 'provincial', 'city')),
    place_code TEXT NOT NULL REFERENCES place (place_code),
    authority_id BLOB REFERENCES authority (authority_id),
    recognised_from TEXT NOT NULL,
    recognised_until TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(name, char(0)) = 0)
) STRICT;
CREATE INDEX training_base_name ON training_base (name, base_id);
CREATE INDEX training_base_place ON training_base (place_code);

-- Platforms that push completions.
CREATE TABLE learning_platform (
    platform_id BLOB NOT NULL PRIMARY KEY,
    platform_code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('national', 'provincial', 'city')),
    place_code TEXT NOT NULL REFERENCES place (place_code),
    base_id BLOB REFERENCES training_base (base_id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(platform_code || name, char(0)) = 0)
) STRICT;
CREATE INDEX learning_platform_name ON learning_platform (name, platform_id);
CREATE INDEX learning_platform_place ON learning_platform (place_code);

-- The categories of hours that a platform may serve, from and until.
CREATE TABLE learning_platform_category (
    platform_id BLOB NOT NULL REFERENCES learning_platform (platform_id),
    category TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    PRIMARY KEY (platform_id, category, from_on),
    CONSTRAINT no_nul CHECK (instr(category, char(0)) = 0)
) STRICT;

-- A course whatever its version. The provider is a base, an authority or an employer, so it has no foreign key.
CREATE TABLE course (
    course_id BLOB NOT NULL PRIMARY KEY,
    course_code TEXT NOT NULL UNIQUE,
    provider_kind TEXT NOT NULL CHECK (provider_kind IN ('base', 'authority', 'employer')),
    provider_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(course_code, char(0)) = 0)
) STRICT;
CREATE INDEX course_provider ON course (provider_id);

-- What a course says of itself. A change is a new version: credit names the one it was judged by.
CREATE TABLE course_version (
    course_id BLOB NOT NULL REFERENCES course (course_id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    requirement TEXT CHECK (requirement IN ('required', 'elective')),
    subject TEXT,
    hours_hundredths INTEGER NOT NULL CHECK (hours_hundredths >= 0),
    online INTEGER NOT NULL CHECK (online IN (0, 1)),
    face_to_face INTEGER NOT NULL CHECK (face_to_face IN (0, 1)),
    policy_year INTEGER,
    available_from TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (course_id, number),
    CONSTRAINT no_nul CHECK (instr(title || category || coalesce(subject, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE INDEX course_version_title ON course_version (title, course_id);
CREATE TRIGGER course_version_no_update BEFORE UPDATE ON course_version
BEGIN SELECT RAISE(ABORT, 'course_version is append-only'); END;
CREATE TRIGGER course_version_no_delete BEFORE DELETE ON course_version
BEGIN SELECT RAISE(ABORT, 'course_version is append-only'); END;

-- The platforms that carry a course.
CREATE TABLE course_platform (
    course_id BLOB NOT NULL REFERENCES course (course_id),
    platform_id BLOB NOT NULL REFERENCES learning_platform (platform_id),
    PRIMARY KEY (course_id, platform_id)
) STRICT;
CREATE INDEX course_platform_platform ON course_platform (platform_id);

-- What an officer said about the filing of a course's plan: the last statement holds, one without a day says that nothing is
-- filed. An earlier one stays, as what was believed until then.
CREATE TABLE course_filing (
    course_id BLOB NOT NULL REFERENCES course (course_id),
    number INTEGER NOT NULL CHECK (number >= 1),
    filed_on TEXT,
    reference TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (course_id, number),
    CONSTRAINT day_and_reference CHECK ((filed_on IS NULL) = (reference IS NULL)),
    CONSTRAINT no_nul CHECK (instr(coalesce(reference, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER course_filing_no_update BEFORE UPDATE ON course_filing
BEGIN SELECT RAISE(ABORT, 'course_filing is append-only'); END;
CREATE TRIGGER course_filing_no_delete BEFORE DELETE ON course_filing
BEGIN SELECT RAISE(ABORT, 'course_filing is append-only'); END;

-- The root of all that belongs to one person. It holds nothing personal, so it can stay for ever.
CREATE TABLE learner (
    learner_id BLOB NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(created_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER learner_no_update BEFORE UPDATE ON learner
BEGIN SELECT RAISE(ABORT, 'learner is append-only'); END;
CREATE TRIGGER learner_no_delete BEFORE DELETE ON learner
BEGIN SELECT RAISE(ABORT, 'learner is append-only'); END;

-- The only personal row of a learner: it can be corrected and erased. The document is kept encrypted under a named key and
-- suite; it is found through learner_identifier.
CREATE TABLE learner_person (
    learner_id BLOB NOT NULL PRIMARY KEY REFERENCES learner (learner_id),
    name TEXT NOT NULL,
    document_kind TEXT NOT NULL,
    document_cipher BLOB NOT NULL,
    document_mask TEXT,
    key_id TEXT NOT NULL,
    suite_id TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(name || document_kind || coalesce(document_mask, '') || key_id || suite_id, char(0)) = 0)
) STRICT;
CREATE INDEX learner_person_name ON learner_person (name, learner_id);

-- The uniqueness of an identity document, keyed by its keyed hash. No foreign key to the learner: the two are distributed by
-- different keys.
CREATE TABLE learner_identifier (
    identifier_hash TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL,
    learner_id BLOB NOT NULL,
    CONSTRAINT no_nul CHECK (instr(identifier_hash || key_id, char(0)) = 0)
) STRICT;
CREATE INDEX learner_identifier_learner ON learner_identifier (learner_id);

-- The place of a learner by personnel relation: dated facts, never overwritten.
CREATE TABLE learner_place (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    fact_id BLOB NOT NULL,
    place_code TEXT NOT NULL REFERENCES place (place_code),
    from_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, fact_id),
    CONSTRAINT no_nul CHECK (instr(recorded_by, char(0)) = 0)
) STRICT;
CREATE INDEX learner_place_place ON learner_place (place_code, learner_id);
CREATE TRIGGER learner_place_no_update BEFORE UPDATE ON learner_place
BEGIN SELECT RAISE(ABORT, 'learner_place is append-only'); END;
CREATE TRIGGER learner_place_no_delete BEFORE DELETE ON learner_place
BEGIN SELECT RAISE(ABORT, 'learner_place is append-only'); END;

-- Who employs a learner, dated. No employer is a fact too.
CREATE TABLE learner_employer (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    fact_id BLOB NOT NULL,
    employer_id BLOB REFERENCES employer (employer_id),
    from_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, fact_id),
    CONSTRAINT no_nul CHECK (instr(recorded_by, char(0)) = 0)
) STRICT;
CREATE INDEX learner_employer_employer ON learner_employer (employer_id, learner_id);
CREATE TRIGGER learner_employer_no_update BEFORE UPDATE ON learner_employer
BEGIN SELECT RAISE(ABORT, 'learner_employer is append-only'); END;
CREATE TRIGGER learner_employer_no_delete BEFORE DELETE ON learner_employer
BEGIN SELECT RAISE(ABORT, 'learner_employer is append-only'); END;

-- Series, level and kind of employment of a learner, dated.
CREATE TABLE learner_post (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    fact_id BLOB NOT NULL,
    series TEXT,
    level TEXT CHECK (level IN ('member', 'assistant', 'intermediate', 'deputy_senior', 'full_senior')),
    employment_kind TEXT NOT NULL CHECK (employment_kind IN ('permanent', 'contract', 'temporary', 'freelance', 'other')),
    from_on TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, fact_id),
    CONSTRAINT no_nul CHECK (instr(coalesce(series, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER learner_post_no_update BEFORE UPDATE ON learner_post
BEGIN SELECT RAISE(ABORT, 'learner_post is append-only'); END;
CREATE TRIGGER learner_post_no_delete BEFORE DELETE ON learner_post
BEGIN SELECT RAISE(ABORT, 'learner_post is append-only'); END;

-- Two files of one person that were joined: the one that ended and the one that stayed. Both are named, and neither is changed.
CREATE TABLE learner_merge (
    merge_id BLOB NOT NULL PRIMARY KEY,
    ends_id BLOB NOT NULL,
    stays_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    reference TEXT,
    merged_at INTEGER NOT NULL,
    merged_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(reason || coalesce(reference, '') || merged_by, char(0)) = 0)
) STRICT;
CREATE INDEX learner_merge_ends ON learner_merge (ends_id);
CREATE INDEX learner_merge_stays ON learner_merge (stays_id);
CREATE TRIGGER learner_merge_no_update BEFORE UPDATE ON learner_merge
BEGIN SELECT RAISE(ABORT, 'learner_merge is append-only'); END;
CREATE TRIGGER learner_merge_no_delete BEFORE DELETE ON learner_merge
BEGIN SELECT RAISE(ABORT, 'learner_merge is append-only'); END;

-- The items that a merge brought over: an undoing gives back these, whatever their numbers lead to by then.
CREATE TABLE learner_merge_item (
    merge_id BLOB NOT NULL,
    platform_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    PRIMARY KEY (merge_id, platform_id, external_id),
    CONSTRAINT no_nul CHECK (instr(external_id, char(0)) = 0)
) STRICT;
CREATE TRIGGER learner_merge_item_no_update BEFORE UPDATE ON learner_merge_item
BEGIN SELECT RAISE(ABORT, 'learner_merge_item is append-only'); END;
CREATE TRIGGER learner_merge_item_no_delete BEFORE DELETE ON learner_merge_item
BEGIN SELECT RAISE(ABORT, 'learner_merge_item is append-only'); END;

-- That a merge was undone: once.
CREATE TABLE learner_merge_undoing (
    merge_id BLOB NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    undone_at INTEGER NOT NULL,
    undone_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(reason || undone_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER learner_merge_undoing_no_update BEFORE UPDATE ON learner_merge_undoing
BEGIN SELECT RAISE(ABORT, 'learner_merge_undoing is append-only'); END;
CREATE TRIGGER learner_merge_undoing_no_delete BEFORE DELETE ON learner_merge_undoing
BEGIN SELECT RAISE(ABORT, 'learner_merge_undoing is append-only'); END;

-- In which file a file has ended; the row goes when that is undone. A file ends once: of two merges at once the second collides here.
CREATE TABLE learner_successor (
    learner_id BLOB NOT NULL PRIMARY KEY REFERENCES learner (learner_id),
    successor_id BLOB NOT NULL,
    merge_id BLOB NOT NULL
) STRICT;
CREATE INDEX learner_successor_successor ON learner_successor (successor_id);
