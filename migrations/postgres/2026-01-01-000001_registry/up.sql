-- The registry: places, organisations, courses and learners.
--
-- Conventions of every migration here. Every text is COLLATE "C", so that sorting and prefixes mean the same as on SQLite. Ids
-- are UUIDv7 made by the service, hours hundredths. Nothing is computed by the database: no defaults, no sequences, so that the
-- tables can be distributed later unchanged. Append-only tables refuse UPDATE, DELETE and TRUNCATE by triggers.

-- Append-only tables call this. Where triggers cannot be kept (distributed tables), grants take its place.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;

-- One number a cache, moved by every write that the cache would miss. Services read again only when it moved.
CREATE TABLE revision (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);

-- By which each key file shows that it belongs to this database: with other keys nobody would be found, and be registered twice.
CREATE TABLE key_proof (
    key_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    proof TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    is_forgotten BOOLEAN NOT NULL
);

-- The administration tree, which is not the tree of division codes: a node keeps its key when its code dies.
CREATE TABLE place (
    place_code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    parent_code TEXT COLLATE "C" REFERENCES place (place_code),
    level TEXT COLLATE "C" NOT NULL CHECK (level IN ('nation', 'province', 'city', 'county', 'zone')),
    listed_order INTEGER NOT NULL
);
CREATE INDEX place_parent ON place (parent_code);

-- Any code of any system, dead or new, leads to its place. A name is one that the place got with the code.
CREATE TABLE place_division (
    system TEXT COLLATE "C" NOT NULL CHECK (system IN ('gb2260', 'statistical')),
    code TEXT COLLATE "C" NOT NULL,
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    from_on DATE NOT NULL,
    until_on DATE,
    name TEXT COLLATE "C",
    PRIMARY KEY (system, code, from_on)
);
CREATE INDEX place_division_place ON place_division (place_code);

-- Offices that approve, review or supervise.
CREATE TABLE authority (
    authority_id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('human_resources', 'sector', 'personnel', 'other')),
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    series TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX authority_name ON authority (name, authority_id);
CREATE INDEX authority_place ON authority (place_code);

-- Organisations that employ learners. A credit code whose checksum fails is kept and marked, not refused.
CREATE TABLE employer (
    employer_id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    credit_code TEXT COLLATE "C",
    credit_code_checksum_ok BOOLEAN NOT NULL,
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    registered_place_code TEXT COLLATE "C" REFERENCES place (place_code),
    authority_id UUID REFERENCES authority (authority_id),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX employer_name ON employer (name, employer_id);
CREATE INDEX employer_place ON employer (place_code);

-- The uniqueness of a credit code, keyed by the code.
CREATE TABLE employer_credit_code (
    credit_code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    employer_id UUID NOT NULL REFERENCES employer (employer_id)
);
CREATE INDEX employer_credit_code_employer ON employer_credit_code (employer_id);

-- What an employer is, dated: rules bind, encourage or leave out by it, so what it was and what was known of it must stay
-- answerable.
CREATE TABLE employer_kind (
    employer_id UUID NOT NULL REFERENCES employer (employer_id),
    fact_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('state_organ', 'public_institution', 'enterprise', 'private_institution', 'social_organisation', 'central_unit', 'army_kindergarten', 'other')),
    from_on DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (employer_id, fact_id)
);
CREATE TRIGGER employer_kind_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON employer_kind
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Continuing education bases and the dates of their recognition.
CREATE TABLE training_base (
    base_id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL CHECK (level IN ('national', 'provincial', 'city')),
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    authority_id UUID REFERENCES authority (authority_id),
    recognised_from DATE NOT NULL,
    recognised_until DATE,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX training_base_name ON training_base (name, base_id);
CREATE INDEX training_base_place ON training_base (place_code);

-- Platforms that push completions.
CREATE TABLE learning_platform (
    platform_id UUID NOT NULL PRIMARY KEY,
    platform_code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL CHECK (level IN ('national', 'provincial', 'city')),
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    base_id UUID REFERENCES training_base (base_id),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX learning_platform_name ON learning_platform (name, platform_id);
CREATE INDEX learning_platform_place ON learning_platform (place_code);

-- The categories of hours that a platform may serve, from and until.
CREATE TABLE learning_platform_category (
    platform_id UUID NOT NULL REFERENCES learning_platform (platform_id),
    category TEXT COLLATE "C" NOT NULL,
    from_on DATE NOT NULL,
    until_on DATE,
    PRIMARY KEY (platform_id, category, from_on)
);

-- A course whatever its version. The provider is a base, an authority or an employer, so it has no foreign key.
CREATE TABLE course (
    course_id UUID NOT NULL PRIMARY KEY,
    course_code TEXT COLLATE "C" NOT NULL UNIQUE,
    provider_kind TEXT COLLATE "C" NOT NULL CHECK (provider_kind IN ('base', 'authority', 'employer')),
    provider_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX course_provider ON course (provider_id);

-- What a course says of itself. A change is a new version: credit names the one it was judged by.
CREATE TABLE course_version (
    course_id UUID NOT NULL REFERENCES course (course_id),
    number INTEGER NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    requirement TEXT COLLATE "C" CHECK (requirement IN ('required', 'elective')),
    subject TEXT COLLATE "C",
    hours_hundredths BIGINT NOT NULL CHECK (hours_hundredths >= 0),
    online BOOLEAN NOT NULL,
    face_to_face BOOLEAN NOT NULL,
    policy_year INTEGER,
    available_from DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (course_id, number)
);
CREATE INDEX course_version_title ON course_version (title, course_id);
CREATE TRIGGER course_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON course_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The platforms that carry a course.
CREATE TABLE course_platform (
    course_id UUID NOT NULL REFERENCES course (course_id),
    platform_id UUID NOT NULL REFERENCES learning_platform (platform_id),
    PRIMARY KEY (course_id, platform_id)
);
CREATE INDEX course_platform_platform ON course_platform (platform_id);

-- What an officer said about the filing of a course's plan: the last statement holds, one without a day says that nothing is
-- filed. An earlier one stays, as what was believed until then.
CREATE TABLE course_filing (
    course_id UUID NOT NULL REFERENCES course (course_id),
    number INTEGER NOT NULL CHECK (number >= 1),
    filed_on DATE,
    reference TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (course_id, number),
    CONSTRAINT day_and_reference CHECK ((filed_on IS NULL) = (reference IS NULL))
);
CREATE TRIGGER course_filing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON course_filing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The root of all that belongs to one person. It holds nothing personal, so it can stay for ever.
CREATE TABLE learner (
    learner_id UUID NOT NULL PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER learner_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The only personal row of a learner: it can be corrected and erased. The document is kept encrypted under a named key and
-- suite; it is found through learner_identifier.
CREATE TABLE learner_person (
    learner_id UUID NOT NULL PRIMARY KEY REFERENCES learner (learner_id),
    name TEXT COLLATE "C" NOT NULL,
    document_kind TEXT COLLATE "C" NOT NULL,
    document_cipher BYTEA NOT NULL,
    document_mask TEXT COLLATE "C",
    key_id TEXT COLLATE "C" NOT NULL,
    suite_id TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX learner_person_name ON learner_person (name, learner_id);

-- The uniqueness of an identity document, keyed by its keyed hash. No foreign key to the learner: the two are distributed by
-- different keys.
CREATE TABLE learner_identifier (
    identifier_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key_id TEXT COLLATE "C" NOT NULL,
    learner_id UUID NOT NULL
);
CREATE INDEX learner_identifier_learner ON learner_identifier (learner_id);

-- The place of a learner by personnel relation: dated facts, never overwritten.
CREATE TABLE learner_place (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    fact_id UUID NOT NULL,
    place_code TEXT COLLATE "C" NOT NULL REFERENCES place (place_code),
    from_on DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, fact_id)
);
CREATE INDEX learner_place_place ON learner_place (place_code, learner_id);
CREATE TRIGGER learner_place_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_place
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who employs a learner, dated. No employer is a fact too.
CREATE TABLE learner_employer (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    fact_id UUID NOT NULL,
    employer_id UUID REFERENCES employer (employer_id),
    from_on DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, fact_id)
);
CREATE INDEX learner_employer_employer ON learner_employer (employer_id, learner_id);
CREATE TRIGGER learner_employer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_employer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Series, level and kind of employment of a learner, dated.
CREATE TABLE learner_post (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    fact_id UUID NOT NULL,
    series TEXT COLLATE "C",
    level TEXT COLLATE "C" CHECK (level IN ('member', 'assistant', 'intermediate', 'deputy_senior', 'full_senior')),
    employment_kind TEXT COLLATE "C" NOT NULL CHECK (employment_kind IN ('permanent', 'contract', 'temporary', 'freelance', 'other')),
    from_on DATE NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, fact_id)
);
CREATE TRIGGER learner_post_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_post
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Two files of one person that were joined: the one that ended and the one that stayed. Both are named, and neither is changed.
CREATE TABLE learner_merge (
    merge_id UUID NOT NULL PRIMARY KEY,
    ends_id UUID NOT NULL,
    stays_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C",
    merged_at TIMESTAMPTZ NOT NULL,
    merged_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX learner_merge_ends ON learner_merge (ends_id);
CREATE INDEX learner_merge_stays ON learner_merge (stays_id);
CREATE TRIGGER learner_merge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_merge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The items that a merge brought over: an undoing gives back these, whatever their numbers lead to by then.
CREATE TABLE learner_merge_item (
    merge_id UUID NOT NULL,
    platform_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (merge_id, platform_id, external_id)
);
CREATE TRIGGER learner_merge_item_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_merge_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That a merge was undone: once.
CREATE TABLE learner_merge_undoing (
    merge_id UUID NOT NULL PRIMARY KEY,
    reason TEXT COLLATE "C" NOT NULL,
    undone_at TIMESTAMPTZ NOT NULL,
    undone_by TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER learner_merge_undoing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON learner_merge_undoing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- In which file a file has ended; the row goes when that is undone. A file ends once: of two merges at once the second collides here.
CREATE TABLE learner_successor (
    learner_id UUID NOT NULL PRIMARY KEY REFERENCES learner (learner_id),
    successor_id UUID NOT NULL,
    merge_id UUID NOT NULL
);
CREATE INDEX learner_successor_successor ON learner_successor (successor_id);
