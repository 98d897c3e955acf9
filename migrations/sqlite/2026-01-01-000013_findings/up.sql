-- Findings: what an office says was found of a person's hours (查实), and what followed. Where its review is stands in review_case, under
-- the same case_id; it takes effect with the last approval, and is annulled when that is taken back.

-- What is found. The document may be called by a person's name, so it is emptied when that person is erased; nothing else ever changes.
CREATE TABLE finding (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('year_missed', 'fraud', 'abuse_of_office', 'certificate_abuse', 'late')),
    decided_on TEXT NOT NULL,
    document TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, case_id),
    CONSTRAINT no_nul CHECK (instr(coalesce(document, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER finding_no_update BEFORE UPDATE ON finding
WHEN NOT (
    NEW.document IS NULL AND OLD.document IS NOT NULL
    AND NEW.learner_id IS OLD.learner_id
    AND NEW.case_id IS OLD.case_id
    AND NEW.cause IS OLD.cause
    AND NEW.decided_on IS OLD.decided_on
    AND NEW.recorded_at IS OLD.recorded_at
    AND NEW.recorded_by IS OLD.recorded_by
)
BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;
CREATE TRIGGER finding_no_delete BEFORE DELETE ON finding
BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;

-- A line of the ledger that it concerns: as it was named, or where that had gone over into another file of the person when it took
-- effect, the one that stood in its place.
CREATE TABLE finding_line (
    learner_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    PRIMARY KEY (learner_id, case_id, entry_id),
    FOREIGN KEY (learner_id, case_id) REFERENCES finding (learner_id, case_id)
) STRICT;
CREATE TRIGGER finding_line_no_update BEFORE UPDATE ON finding_line
BEGIN SELECT RAISE(ABORT, 'finding_line is append-only'); END;
CREATE TRIGGER finding_line_no_delete BEFORE DELETE ON finding_line
BEGIN SELECT RAISE(ABORT, 'finding_line is append-only'); END;

-- That it took effect, with the sanctions as they were computed then, and that it was annulled: each once.
CREATE TABLE finding_step (
    learner_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('decided', 'annulled')),
    sanctions TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, case_id, step),
    FOREIGN KEY (learner_id, case_id) REFERENCES finding (learner_id, case_id),
    CHECK ((step = 'decided') = (sanctions IS NOT NULL)),
    CONSTRAINT no_nul CHECK (instr(coalesce(sanctions, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER finding_step_no_update BEFORE UPDATE ON finding_step
BEGIN SELECT RAISE(ABORT, 'finding_step is append-only'); END;
CREATE TRIGGER finding_step_no_delete BEFORE DELETE ON finding_step
BEGIN SELECT RAISE(ABORT, 'finding_step is append-only'); END;
