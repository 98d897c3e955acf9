-- Findings about a version of a course: all hours that it gave to the people of a place were false. A piece of work takes them back, and
-- another one says them anew where the finding is annulled.

-- What is found. Nothing of it ever changes, but that it takes effect, once, and that it is annulled, once.
CREATE TABLE course_finding (
    finding_id UUID NOT NULL PRIMARY KEY,
    course_id UUID NOT NULL,
    course_version INTEGER NOT NULL,
    place_code TEXT COLLATE "C" NOT NULL,
    found_on DATE NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by TEXT COLLATE "C",
    work_id UUID,
    annulled_at TIMESTAMPTZ,
    annulled_by TEXT COLLATE "C",
    annulment_reason TEXT COLLATE "C",
    annulment_work_id UUID,
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (work_id IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulled_by IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulment_reason IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulment_work_id IS NULL)),
    CHECK (annulled_at IS NULL OR decided_at IS NOT NULL)
);
CREATE TRIGGER course_finding_stays
    BEFORE UPDATE OF finding_id, course_id, course_version, place_code, found_on, document, recorded_at, recorded_by ON course_finding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER course_finding_decided_once BEFORE UPDATE OF decided_at, decided_by, work_id ON course_finding
    FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER course_finding_annulled_once
    BEFORE UPDATE OF annulled_at, annulled_by, annulment_reason, annulment_work_id ON course_finding
    FOR EACH ROW WHEN (OLD.annulled_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER course_finding_kept BEFORE DELETE OR TRUNCATE ON course_finding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A line that such a finding took back, written in the transaction that did.
CREATE TABLE course_finding_line (
    learner_id UUID NOT NULL,
    finding_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (learner_id, finding_id, entry_id),
    FOREIGN KEY (learner_id, entry_id) REFERENCES hour_entry (learner_id, entry_id)
);
CREATE INDEX course_finding_line_finding ON course_finding_line (finding_id, learner_id);
CREATE TRIGGER course_finding_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON course_finding_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The people to whom a version of a course gave hours, in the order in which these are taken back.
CREATE INDEX hour_entry_course ON hour_entry (course_id, course_version, learner_id) WHERE course_id IS NOT NULL;
