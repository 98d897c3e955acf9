-- Findings about a version of a course: all hours that it gave to the people of a place were false. A piece of work takes them back, and
-- another one says them anew where the finding is annulled.

-- What is found. Nothing of it ever changes, but that it takes effect, once, and that it is annulled, once.
CREATE TABLE course_finding (
    finding_id BLOB NOT NULL PRIMARY KEY,
    course_id BLOB NOT NULL,
    course_version INTEGER NOT NULL,
    place_code TEXT NOT NULL,
    found_on TEXT NOT NULL,
    document TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    work_id BLOB,
    annulled_at INTEGER,
    annulled_by TEXT,
    annulment_reason TEXT,
    annulment_work_id BLOB,
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (work_id IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulled_by IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulment_reason IS NULL)),
    CHECK ((annulled_at IS NULL) = (annulment_work_id IS NULL)),
    CHECK (annulled_at IS NULL OR decided_at IS NOT NULL),
    CONSTRAINT no_nul CHECK (instr(place_code || document || recorded_by || coalesce(decided_by, '') || coalesce(annulled_by, '') || coalesce(annulment_reason, ''), char(0)) = 0)
) STRICT;
CREATE TRIGGER course_finding_stays BEFORE UPDATE OF finding_id, course_id, course_version, place_code, found_on, document, recorded_at, recorded_by ON course_finding
BEGIN SELECT RAISE(ABORT, 'course_finding is append-only but for what becomes of it'); END;
CREATE TRIGGER course_finding_decided_once BEFORE UPDATE OF decided_at, decided_by, work_id ON course_finding WHEN OLD.decided_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the decision of a course_finding is append-only'); END;
CREATE TRIGGER course_finding_annulled_once BEFORE UPDATE OF annulled_at, annulled_by, annulment_reason, annulment_work_id ON course_finding WHEN OLD.annulled_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the annulment of a course_finding is append-only'); END;
CREATE TRIGGER course_finding_no_delete BEFORE DELETE ON course_finding
BEGIN SELECT RAISE(ABORT, 'course_finding is append-only'); END;

-- A line that such a finding took back, written in the transaction that did.
CREATE TABLE course_finding_line (
    learner_id BLOB NOT NULL,
    finding_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    PRIMARY KEY (learner_id, finding_id, entry_id),
    FOREIGN KEY (learner_id, entry_id) REFERENCES hour_entry (learner_id, entry_id)
) STRICT;
CREATE INDEX course_finding_line_finding ON course_finding_line (finding_id, learner_id);
CREATE TRIGGER course_finding_line_no_update BEFORE UPDATE ON course_finding_line
BEGIN SELECT RAISE(ABORT, 'course_finding_line is append-only'); END;
CREATE TRIGGER course_finding_line_no_delete BEFORE DELETE ON course_finding_line
BEGIN SELECT RAISE(ABORT, 'course_finding_line is append-only'); END;

-- The people to whom a version of a course gave hours, in the order in which these are taken back.
CREATE INDEX hour_entry_course ON hour_entry (course_id, course_version, learner_id) WHERE course_id IS NOT NULL;
