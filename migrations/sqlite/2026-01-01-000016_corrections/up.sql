-- Corrections: what a learner asks to have put right in the own file, one thing by each request. Where its review is stands in
-- review_case, under the same case_id.

-- What is asked. A name and the number of a document are sealed; they are sealed anew under another key, and go with what was written
-- about them when the person is erased. Nothing else ever changes.
CREATE TABLE correction (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('name', 'document', 'employment', 'placement', 'merge')),
    document_kind TEXT,
    document_was TEXT CHECK (document_was IN ('wrong', 'former')),
    employer_id BLOB REFERENCES employer (employer_id),
    place_code TEXT REFERENCES place (place_code),
    from_on TEXT,
    reason TEXT,
    proofs TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    name_cipher BLOB,
    document_cipher BLOB,
    key_id TEXT,
    suite_id TEXT,
    PRIMARY KEY (learner_id, case_id),
    CHECK ((document_kind IS NULL) = (kind NOT IN ('document', 'merge'))),
    CHECK ((document_was IS NULL) = (kind <> 'document')),
    CHECK ((place_code IS NULL) = (kind <> 'placement')),
    CHECK (employer_id IS NULL OR kind = 'employment'),
    CHECK ((key_id IS NULL) = (coalesce(name_cipher, document_cipher) IS NULL)),
    CHECK ((key_id IS NULL) = (suite_id IS NULL)),
    CONSTRAINT no_nul CHECK (instr(coalesce(document_kind, '') || coalesce(reason, '') || coalesce(proofs, '') || coalesce(key_id, '') || coalesce(suite_id, '') || recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER correction_no_delete BEFORE DELETE ON correction
BEGIN SELECT RAISE(ABORT, 'correction is append-only'); END;
CREATE TRIGGER correction_asks_the_same
BEFORE UPDATE OF learner_id, case_id, kind, document_kind, document_was, employer_id, place_code, from_on, recorded_at, recorded_by ON correction
BEGIN SELECT RAISE(ABORT, 'correction is append-only but for what is personal'); END;
CREATE TRIGGER correction_only_emptied BEFORE UPDATE OF reason, proofs ON correction
WHEN NEW.reason IS NOT NULL OR NEW.proofs IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'correction is append-only but for its emptying'); END;
-- What was emptied stays so, and nothing is sealed that was not.
CREATE TRIGGER correction_sealed_only_anew BEFORE UPDATE OF name_cipher, document_cipher ON correction
WHEN (OLD.name_cipher IS NULL AND NEW.name_cipher IS NOT NULL) OR (OLD.document_cipher IS NULL AND NEW.document_cipher IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'correction is append-only but for its sealing anew'); END;
