-- The hour ledger: what one item is worth by itself, insert only.
--
-- A mistake is answered by a reversing entry, once: (learner_id, reverses) is unique. A decision credits at most once: (learner_id,
-- completion_id, decision_number) is unique. So is, where a line rests on no pushed item but on an achievement, an exemption, an attested
-- year or an exception, (learner_id, case_id, decision_number, year, category), and of surplus the line that is drawn from in the place
-- of the category: one transfer may draw on several lines of one category. What fulfils has no hours. Whatever depends on other entries
-- is counted when read and never stored.

-- One line of a learner's ledger. Every key holds learner_id, so that the table can be distributed by it.
CREATE TABLE hour_entry (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    entry_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('credit', 'provisional', 'reversal')),
    year INTEGER NOT NULL,
    place_code TEXT NOT NULL,
    category TEXT NOT NULL,
    subject TEXT,
    hours_hundredths INTEGER NOT NULL,
    course_id BLOB REFERENCES course (course_id),
    course_version INTEGER,
    platform_id BLOB,
    external_id TEXT,
    completion_id BLOB,
    decision_number INTEGER,
    mode TEXT CHECK (mode IN ('online', 'face_to_face')),
    started_at INTEGER,
    ended_at INTEGER,
    completed_at INTEGER NOT NULL,
    basis TEXT CHECK (basis IN ('recognition', 'exemption', 'attestation', 'surplus', 'exception')),
    case_id BLOB,
    achievement TEXT,
    fulfils TEXT CHECK (fulfils IN ('category_year', 'everything_year', 'category_tenure')),
    surplus_of INTEGER,
    surplus_line BLOB,
    policy_id BLOB REFERENCES policy_version (policy_id),
    review_reasons TEXT,
    reverses BLOB,
    reason_code TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, entry_id),
    UNIQUE (learner_id, reverses),
    UNIQUE (learner_id, completion_id, decision_number),
    FOREIGN KEY (learner_id, reverses) REFERENCES hour_entry (learner_id, entry_id),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CHECK ((basis IS NULL) = (case_id IS NULL)),
    CHECK (case_id IS NULL OR kind = 'reversal' OR decision_number IS NOT NULL),
    CHECK (basis IS NOT NULL OR (achievement IS NULL AND fulfils IS NULL)),
    CHECK ((basis IS NOT NULL AND basis = 'surplus') = (surplus_of IS NOT NULL)),
    CHECK ((surplus_of IS NULL) = (surplus_line IS NULL)),
    CHECK (fulfils IS NULL OR hours_hundredths = 0),
    CHECK (policy_id IS NOT NULL OR (basis IS NOT NULL AND (basis = 'attestation' OR basis = 'exception'))),
    CONSTRAINT no_nul CHECK (instr(place_code || category || coalesce(subject, '') || coalesce(external_id, '') || coalesce(review_reasons, '') || coalesce(achievement, '') || coalesce(reason_code, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE UNIQUE INDEX hour_entry_granted_once ON hour_entry (learner_id, case_id, decision_number, year, category)
    WHERE case_id IS NOT NULL AND kind <> 'reversal' AND surplus_line IS NULL;
CREATE UNIQUE INDEX hour_entry_drawn_once ON hour_entry (learner_id, case_id, decision_number, year, surplus_line)
    WHERE surplus_line IS NOT NULL AND kind <> 'reversal';
CREATE INDEX hour_entry_year ON hour_entry (learner_id, year);
CREATE INDEX hour_entry_surplus ON hour_entry (learner_id, surplus_of) WHERE surplus_of IS NOT NULL;
CREATE TRIGGER hour_entry_no_update BEFORE UPDATE ON hour_entry
BEGIN SELECT RAISE(ABORT, 'hour_entry is append-only'); END;
CREATE TRIGGER hour_entry_no_delete BEFORE DELETE ON hour_entry
BEGIN SELECT RAISE(ABORT, 'hour_entry is append-only'); END;
