-- Evidence: what platforms pushed, what was decided on it, and what still waits.
--
-- The key of evidence is what the platform calls it. No table here has a foreign key to a learner, as they are keyed by other
-- values, and none holds a personal field: persons are compared by keyed hashes. Only the queue of held items keeps ciphers, and
-- its rows are deleted on release.

-- One attempt at one batch. The caller may name the batch, so that a cut connection can be asked about; sending it again is
-- the next attempt.
CREATE TABLE completion_batch (
    batch_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    platform_id UUID NOT NULL REFERENCES learning_platform (platform_id),
    media TEXT COLLATE "C" NOT NULL CHECK (media IN ('json', 'ndjson')),
    received_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('receiving', 'complete', 'cut')),
    lines INTEGER NOT NULL,
    counts TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (batch_id, attempt)
);

-- One pushed item as it came. Held and refused items are kept too.
CREATE TABLE completion (
    platform_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    completion_id UUID NOT NULL,
    person_hash TEXT COLLATE "C",
    name_hash TEXT COLLATE "C",
    learner_ref UUID,
    course_ref TEXT COLLATE "C" NOT NULL,
    course_ref_kind TEXT COLLATE "C" NOT NULL CHECK (course_ref_kind IN ('code', 'id')),
    mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('online', 'face_to_face')),
    hours_hundredths BIGINT,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    score_hundredths BIGINT,
    passed BOOLEAN,
    completed_at TIMESTAMPTZ NOT NULL,
    replaces TEXT COLLATE "C",
    evidence TEXT COLLATE "C",
    received_at TIMESTAMPTZ NOT NULL,
    batch_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (platform_id, external_id)
);
CREATE INDEX completion_by_id ON completion (completion_id);
CREATE INDEX completion_replaces ON completion (platform_id, replaces) WHERE replaces IS NOT NULL;
-- Whoever erases a person finds by it every item that came under the number, also those that no decision names anyone for.
CREATE INDEX completion_person ON completion (person_hash) WHERE person_hash IS NOT NULL;
CREATE TRIGGER completion_append_only BEFORE DELETE OR TRUNCATE ON completion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What names a person can be emptied, when that person is erased; nothing else is ever changed.
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF num_nonnulls(NEW.person_hash, NEW.name_hash, NEW.evidence) = 0
        AND num_nonnulls(OLD.person_hash, OLD.name_hash, OLD.evidence) > 0
        AND to_jsonb(NEW) - ARRAY['person_hash', 'name_hash', 'evidence']
            = to_jsonb(OLD) - ARRAY['person_hash', 'name_hash', 'evidence'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER completion_only_emptied BEFORE UPDATE ON completion
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure();

-- Each decision on an item is a row of its own, so what was answered when stays known. The first has number 1 and carries the
-- line of the batch that brought the item.
CREATE TABLE completion_decision (
    platform_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    batch_id UUID,
    attempt INTEGER,
    line INTEGER,
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('credited', 'refused', 'held', 'not_counted', 'needs_review')),
    reasons TEXT COLLATE "C" NOT NULL,
    learner_id UUID,
    course_id UUID,
    year INTEGER,
    category TEXT COLLATE "C",
    policy_id UUID,
    entry_id UUID,
    decided_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (platform_id, external_id, number)
);
CREATE INDEX completion_decision_line ON completion_decision (batch_id, attempt, line);
CREATE INDEX completion_decision_learner ON completion_decision (learner_id, platform_id, external_id) WHERE learner_id IS NOT NULL;
CREATE TRIGGER completion_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON completion_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was answered for lines that made no decision: repeats, and what was sent again and is what it was. All outcomes of a batch are its decisions and these, by line.
CREATE TABLE completion_outcome (
    batch_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    external_id TEXT COLLATE "C",
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('already_recorded', 'conflict', 'malformed', 'held', 'refused', 'not_counted')),
    detail TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (batch_id, attempt, line)
);
CREATE TRIGGER completion_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON completion_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Items that wait for something to appear: a queue, not a record. Of one that has waited long it is said that it ends soon (`said_at`). What was decided stands in completion_decision. The learner is
-- named where one has that number and that name.
CREATE TABLE completion_hold (
    platform_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    waits_for TEXT COLLATE "C" NOT NULL,
    learner_id UUID,
    reason TEXT COLLATE "C" NOT NULL,
    document_cipher BYTEA,
    name_cipher BYTEA,
    key_id TEXT COLLATE "C",
    suite_id TEXT COLLATE "C",
    held_at TIMESTAMPTZ NOT NULL,
    said_at TIMESTAMPTZ,
    PRIMARY KEY (platform_id, external_id)
);
CREATE INDEX completion_hold_waits ON completion_hold (waits_for, platform_id, external_id);
CREATE INDEX completion_hold_time ON completion_hold (held_at);
CREATE INDEX completion_hold_learner ON completion_hold (learner_id, waits_for) WHERE learner_id IS NOT NULL;
