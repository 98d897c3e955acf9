-- Exceptions: what an office asks to grant somebody for a year that was missed (例外认定). Where its review is stands in review_case, under
-- the same case_id; what it granted are lines of hour_entry that name the case.

-- What is to be granted: hours by category as JSON, or where there are none, that the year is met. Reason and document may name a person,
-- so they are emptied when that person is erased; nothing else ever changes.
CREATE TABLE office_exception (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    year INTEGER NOT NULL,
    hours TEXT COLLATE "C" CHECK (length(hours) <= 65536),
    decided_on DATE NOT NULL,
    reason TEXT COLLATE "C",
    document TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, case_id)
);
CREATE TRIGGER office_exception_append_only BEFORE DELETE OR TRUNCATE ON office_exception
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER office_exception_grants_the_same
    BEFORE UPDATE OF learner_id, case_id, year, hours, decided_on, recorded_at, recorded_by ON office_exception
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER office_exception_only_emptied BEFORE UPDATE OF reason, document ON office_exception
    FOR EACH ROW WHEN (NEW.reason IS NOT NULL OR NEW.document IS NOT NULL) EXECUTE FUNCTION refuse_change();
