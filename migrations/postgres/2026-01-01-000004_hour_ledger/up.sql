-- The hour ledger: what one item is worth by itself, insert only.
--
-- A mistake is answered by a reversing entry, once: (learner_id, reverses) is unique. A decision credits at most once: (learner_id,
-- completion_id, decision_number) is unique. Whatever depends on other entries is counted when read and never stored.

-- One line of a learner's ledger. Every key holds learner_id, so that the table can be distributed by it.
CREATE TABLE hour_entry (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    entry_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('credit', 'provisional', 'reversal')),
    year INTEGER NOT NULL,
    place_code TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C",
    hours_hundredths BIGINT NOT NULL,
    course_id UUID REFERENCES course (course_id),
    course_version INTEGER,
    platform_id UUID,
    external_id TEXT COLLATE "C",
    completion_id UUID,
    decision_number INTEGER,
    mode TEXT COLLATE "C" CHECK (mode IN ('online', 'face_to_face')),
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ NOT NULL,
    policy_id UUID NOT NULL REFERENCES policy_version (policy_id),
    review_reasons TEXT COLLATE "C",
    reverses UUID,
    reason_code TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, entry_id),
    UNIQUE (learner_id, reverses),
    UNIQUE (learner_id, completion_id, decision_number),
    FOREIGN KEY (learner_id, reverses) REFERENCES hour_entry (learner_id, entry_id),
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL))
);
CREATE INDEX hour_entry_year ON hour_entry (learner_id, year);
CREATE TRIGGER hour_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hour_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
