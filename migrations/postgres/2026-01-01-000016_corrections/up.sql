-- Corrections: what a learner asks to have put right in the own file, one thing by each request. Where its review is stands in
-- review_case, under the same case_id.

-- What is asked. A name and the number of a document are sealed; they are sealed anew under another key, and go with what was written
-- about them when the person is erased. Nothing else ever changes.
CREATE TABLE correction (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('name', 'document', 'employment', 'placement', 'merge')),
    document_kind TEXT COLLATE "C",
    document_was TEXT COLLATE "C" CHECK (document_was IN ('wrong', 'former')),
    employer_id UUID REFERENCES employer (employer_id),
    place_code TEXT COLLATE "C" REFERENCES place (place_code),
    from_on DATE,
    reason TEXT COLLATE "C",
    proofs TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    name_cipher BYTEA,
    document_cipher BYTEA,
    key_id TEXT COLLATE "C",
    suite_id TEXT COLLATE "C",
    PRIMARY KEY (learner_id, case_id),
    CHECK ((document_kind IS NULL) = (kind NOT IN ('document', 'merge'))),
    CHECK ((document_was IS NULL) = (kind <> 'document')),
    CHECK ((place_code IS NULL) = (kind <> 'placement')),
    CHECK (employer_id IS NULL OR kind = 'employment'),
    CHECK ((key_id IS NULL) = (coalesce(name_cipher, document_cipher) IS NULL)),
    CHECK ((key_id IS NULL) = (suite_id IS NULL))
);
CREATE TRIGGER correction_append_only BEFORE DELETE OR TRUNCATE ON correction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER correction_asks_the_same
    BEFORE UPDATE OF learner_id, case_id, kind, document_kind, document_was, employer_id, place_code, from_on, recorded_at, recorded_by
    ON correction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER correction_only_emptied BEFORE UPDATE OF reason, proofs ON correction
    FOR EACH ROW WHEN (NEW.reason IS NOT NULL OR NEW.proofs IS NOT NULL) EXECUTE FUNCTION refuse_change();
-- What was emptied stays so, and nothing is sealed that was not.
CREATE TRIGGER correction_sealed_only_anew BEFORE UPDATE OF name_cipher, document_cipher ON correction
    FOR EACH ROW WHEN (
        (OLD.name_cipher IS NULL AND NEW.name_cipher IS NOT NULL) OR (OLD.document_cipher IS NULL AND NEW.document_cipher IS NOT NULL)
    ) EXECUTE FUNCTION refuse_change();
