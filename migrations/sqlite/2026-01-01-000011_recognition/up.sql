-- Recognitions: what is declared of an achievement, version by version, and the files that prove it. Where its review is stands in
-- review_case, under the same case_id.

-- One version of what is declared. The document may be called by a person's name, so it is emptied when that person is erased; nothing
-- else ever changes.
CREATE TABLE recognition_claim (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    claim TEXT NOT NULL,
    document TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (learner_id, case_id, number),
    CONSTRAINT no_nul CHECK (instr(claim || coalesce(document, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER recognition_claim_no_update BEFORE UPDATE ON recognition_claim
WHEN NOT (
    NEW.document IS NULL AND OLD.document IS NOT NULL
    AND NEW.learner_id IS OLD.learner_id
    AND NEW.case_id IS OLD.case_id
    AND NEW.number IS OLD.number
    AND NEW.claim IS OLD.claim
    AND NEW.recorded_at IS OLD.recorded_at
    AND NEW.recorded_by IS OLD.recorded_by
)
BEGIN SELECT RAISE(ABORT, 'recognition_claim is append-only'); END;
CREATE TRIGGER recognition_claim_no_delete BEFORE DELETE ON recognition_claim
BEGIN SELECT RAISE(ABORT, 'recognition_claim is append-only'); END;

-- One file that proves it, sealed. Its bytes are sealed anew under another key, and go with its name when the person is erased; what it
-- is and the digest of its bytes never change.
CREATE TABLE recognition_evidence (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    evidence_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file_name TEXT,
    key_id TEXT,
    suite_id TEXT,
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    -- Last, as whoever reads what stands behind it would read through it.
    content_cipher BLOB,
    PRIMARY KEY (learner_id, evidence_id),
    CONSTRAINT no_nul CHECK (instr(kind || media_type || sha256 || coalesce(file_name, '') || coalesce(key_id, '') || coalesce(suite_id, '') || added_by, char(0)) = 0)
) STRICT;
CREATE INDEX recognition_evidence_case ON recognition_evidence (learner_id, case_id);
CREATE TRIGGER recognition_evidence_no_delete BEFORE DELETE ON recognition_evidence
BEGIN SELECT RAISE(ABORT, 'recognition_evidence is append-only'); END;
CREATE TRIGGER recognition_evidence_proves_the_same
BEFORE UPDATE OF learner_id, evidence_id, case_id, kind, media_type, size, sha256, added_at, added_by ON recognition_evidence
BEGIN SELECT RAISE(ABORT, 'recognition_evidence is append-only but for its bytes'); END;
