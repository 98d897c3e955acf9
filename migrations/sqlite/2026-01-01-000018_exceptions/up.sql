-- Exceptions: what an office asks to grant somebody for a year that was missed (例外认定). Where its review is stands in review_case, under
-- the same case_id; what it granted are lines of hour_entry that name the case.

-- What is to be granted: hours by category as JSON, or where there are none, that the year is met. Reason and document may name a person,
-- so they are emptied when that person is erased; nothing else ever changes.
CREATE TABLE office_exception (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    year INTEGER NOT NULL,
    hours TEXT CHECK (length(hours) <= 65536),
    decided_on TEXT NOT NULL,
    reason TEXT,
    document TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, case_id),
    CONSTRAINT no_nul CHECK (instr(coalesce(hours, '') || coalesce(reason, '') || coalesce(document, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER office_exception_no_delete BEFORE DELETE ON office_exception
BEGIN SELECT RAISE(ABORT, 'office_exception is append-only'); END;
CREATE TRIGGER office_exception_grants_the_same
BEFORE UPDATE OF learner_id, case_id, year, hours, decided_on, recorded_at, recorded_by ON office_exception
BEGIN SELECT RAISE(ABORT, 'office_exception is append-only but for what may name a person'); END;
CREATE TRIGGER office_exception_only_emptied BEFORE UPDATE OF reason, document ON office_exception
WHEN NEW.reason IS NOT NULL OR NEW.document IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'office_exception is append-only but for its emptying'); END;
