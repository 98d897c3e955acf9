-- Recognitions: what is declared of an achievement, version by version, and the files that prove it. Where its review is stands in
-- review_case, under the same case_id.

-- One version of what is declared. The document may be called by a person's name, so it is emptied when that person is erased; nothing
-- else ever changes.
CREATE TABLE recognition_claim (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    number INTEGER NOT NULL,
    claim TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, case_id, number)
);
CREATE TRIGGER recognition_claim_append_only BEFORE DELETE OR TRUNCATE ON recognition_claim
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_all_but_emptied_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.document IS NULL AND OLD.document IS NOT NULL AND to_jsonb(NEW) - 'document' = to_jsonb(OLD) - 'document' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER recognition_claim_only_emptied BEFORE UPDATE ON recognition_claim
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_emptied_document();

-- One file that proves it, sealed. Its bytes are sealed anew under another key, and go with its name when the person is erased; what it
-- is and the digest of its bytes never change.
CREATE TABLE recognition_evidence (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    evidence_id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    file_name TEXT COLLATE "C",
    key_id TEXT COLLATE "C",
    suite_id TEXT COLLATE "C",
    added_at TIMESTAMPTZ NOT NULL,
    added_by TEXT COLLATE "C" NOT NULL,
    -- Last, as whoever reads what stands behind it would read through it.
    content_cipher BYTEA,
    PRIMARY KEY (learner_id, evidence_id)
);
CREATE INDEX recognition_evidence_case ON recognition_evidence (learner_id, case_id);
CREATE TRIGGER recognition_evidence_stays BEFORE DELETE OR TRUNCATE ON recognition_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recognition_evidence_proves_the_same
    BEFORE UPDATE OF learner_id, evidence_id, case_id, kind, media_type, size, sha256, added_at, added_by ON recognition_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
