-- Evidence: what platforms pushed, what was decided on it, and what still waits.
--
-- The key of evidence is what the platform calls it. No table here has a foreign key to a learner, as they are keyed by other
-- values, and none holds a personal field: persons are compared by keyed hashes. Only the queue of held items keeps ciphers, and
-- its rows are deleted on release.

-- One attempt at one batch. The caller may name the batch, so that a cut connection can be asked about; sending it again is
-- the next attempt.
CREATE TABLE completion_batch (
    batch_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    platform_id BLOB NOT NULL REFERENCES learning_platform (platform_id),
    media TEXT NOT NULL CHECK (media IN ('json', 'ndjson')),
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('receiving', 'complete', 'cut')),
    lines INTEGER NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (batch_id, attempt),
    CONSTRAINT no_nul CHECK (instr(counts, char(0)) = 0)
) STRICT;

-- One pushed item as it came. Held and refused items are kept too.
CREATE TABLE completion (
    platform_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    completion_id BLOB NOT NULL,
    person_hash TEXT,
    name_hash TEXT,
    learner_ref BLOB,
    course_ref TEXT NOT NULL,
    course_ref_kind TEXT NOT NULL CHECK (course_ref_kind IN ('code', 'id')),
    mode TEXT NOT NULL CHECK (mode IN ('online', 'face_to_face')),
    hours_hundredths INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    score_hundredths INTEGER,
    passed INTEGER CHECK (passed IN (0, 1)),
    completed_at INTEGER NOT NULL,
    replaces TEXT,
    evidence TEXT,
    received_at INTEGER NOT NULL,
    batch_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (platform_id, external_id),
    CONSTRAINT no_nul CHECK (instr(external_id || coalesce(person_hash, '') || coalesce(name_hash, '') || course_ref || coalesce(replaces, '') || coalesce(evidence, ''), char(0)) = 0)
) STRICT;
CREATE INDEX completion_by_id ON completion (completion_id);
CREATE INDEX completion_replaces ON completion (platform_id, replaces) WHERE replaces IS NOT NULL;
-- Whoever erases a person finds by it every item that came under the number, also those that no decision names anyone for.
CREATE INDEX completion_person ON completion (person_hash) WHERE person_hash IS NOT NULL;
-- What names a person can be emptied, when that person is erased; nothing else is ever changed.
CREATE TRIGGER completion_no_update BEFORE UPDATE ON completion
WHEN NOT (
    NEW.person_hash IS NULL AND NEW.name_hash IS NULL AND NEW.evidence IS NULL
    AND coalesce(OLD.person_hash, OLD.name_hash, OLD.evidence) IS NOT NULL
    AND NEW.platform_id IS OLD.platform_id
    AND NEW.external_id IS OLD.external_id
    AND NEW.completion_id IS OLD.completion_id
    AND NEW.learner_ref IS OLD.learner_ref
    AND NEW.course_ref IS OLD.course_ref
    AND NEW.course_ref_kind IS OLD.course_ref_kind
    AND NEW.mode IS OLD.mode
    AND NEW.hours_hundredths IS OLD.hours_hundredths
    AND NEW.started_at IS OLD.started_at
    AND NEW.ended_at IS OLD.ended_at
    AND NEW.score_hundredths IS OLD.score_hundredths
    AND NEW.passed IS OLD.passed
    AND NEW.completed_at IS OLD.completed_at
    AND NEW.replaces IS OLD.replaces
    AND NEW.received_at IS OLD.received_at
    AND NEW.batch_id IS OLD.batch_id
    AND NEW.attempt IS OLD.attempt
    AND NEW.line IS OLD.line
)
BEGIN SELECT RAISE(ABORT, 'completion is append-only'); END;
CREATE TRIGGER completion_no_delete BEFORE DELETE ON completion
BEGIN SELECT RAISE(ABORT, 'completion is append-only'); END;

-- Each decision on an item is a row of its own, so what was answered when stays known. The first has number 1 and carries the
-- line of the batch that brought the item.
CREATE TABLE completion_decision (
    platform_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    batch_id BLOB,
    attempt INTEGER,
    line INTEGER,
    outcome TEXT NOT NULL CHECK (outcome IN ('credited', 'refused', 'held', 'not_counted', 'needs_review')),
    reasons TEXT NOT NULL,
    learner_id BLOB,
    course_id BLOB,
    year INTEGER,
    category TEXT,
    policy_id BLOB,
    entry_id BLOB,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (platform_id, external_id, number),
    CONSTRAINT no_nul CHECK (instr(external_id || reasons || coalesce(category, ''), char(0)) = 0)
) STRICT;
CREATE INDEX completion_decision_line ON completion_decision (batch_id, attempt, line);
CREATE INDEX completion_decision_learner ON completion_decision (learner_id, platform_id, external_id) WHERE learner_id IS NOT NULL;
CREATE TRIGGER completion_decision_no_update BEFORE UPDATE ON completion_decision
BEGIN SELECT RAISE(ABORT, 'completion_decision is append-only'); END;
CREATE TRIGGER completion_decision_no_delete BEFORE DELETE ON completion_decision
BEGIN SELECT RAISE(ABORT, 'completion_decision is append-only'); END;

-- What was answered for lines that made no decision: repeats, and what was sent again and is what it was. All outcomes of a batch are its decisions and these, by line.
CREATE TABLE completion_outcome (
    batch_id BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    external_id TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('already_recorded', 'conflict', 'malformed', 'held', 'refused', 'not_counted')),
    detail TEXT NOT NULL,
    PRIMARY KEY (batch_id, attempt, line),
    CONSTRAINT no_nul CHECK (instr(coalesce(external_id, '') || detail, char(0)) = 0)
) STRICT;
CREATE TRIGGER completion_outcome_no_update BEFORE UPDATE ON completion_outcome
BEGIN SELECT RAISE(ABORT, 'completion_outcome is append-only'); END;
CREATE TRIGGER completion_outcome_no_delete BEFORE DELETE ON completion_outcome
BEGIN SELECT RAISE(ABORT, 'completion_outcome is append-only'); END;

-- Items that wait for something to appear: a queue, not a record. Of one that has waited long it is said that it ends soon (`said_at`). What was decided stands in completion_decision. The learner is
-- named where one has that number and that name.
CREATE TABLE completion_hold (
    platform_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    learner_id BLOB,
    reason TEXT NOT NULL,
    document_cipher BLOB,
    name_cipher BLOB,
    key_id TEXT,
    suite_id TEXT,
    held_at INTEGER NOT NULL,
    said_at INTEGER,
    PRIMARY KEY (platform_id, external_id),
    CONSTRAINT no_nul CHECK (instr(external_id || waits_for || reason || coalesce(key_id, '') || coalesce(suite_id, ''), char(0)) = 0)
) STRICT;
CREATE INDEX completion_hold_waits ON completion_hold (waits_for, platform_id, external_id);
CREATE INDEX completion_hold_time ON completion_hold (held_at);
CREATE INDEX completion_hold_learner ON completion_hold (learner_id, waits_for) WHERE learner_id IS NOT NULL;
