-- Year verifications (年度验证): the years that employers hand in for their staff, one batch at a time, and what offices did about them. Where
-- the review of each stands is in review_case, under the same case_id. Nothing here names a person or makes an hour.

ALTER TABLE review_case DROP CONSTRAINT review_case_subject_check;
ALTER TABLE review_case ADD CONSTRAINT review_case_subject_check CHECK (subject IN ('recognition', 'provisional_hours', 'file_correction', 'office_exception', 'fraud_finding', 'year_verification'));

-- A batch is found by its id, whomever it is about.
CREATE TABLE verification_batch (
    batch_id UUID NOT NULL PRIMARY KEY,
    employer_id UUID NOT NULL,
    year INTEGER NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER verification_batch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification_batch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The year of one person, in the file in which it was handed in.
CREATE TABLE verification_case (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    batch_id UUID NOT NULL,
    employer_id UUID NOT NULL,
    year INTEGER NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (learner_id, case_id)
);
CREATE INDEX verification_case_batch ON verification_case (batch_id, case_id);
CREATE TRIGGER verification_case_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification_case
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That an office verified it or refused to, and that it took a verification back. A standing asks for these of many people at once, so they stand with the people.
CREATE TABLE verification_step (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('verified', 'refused', 'annulled')),
    year INTEGER NOT NULL,
    office TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (learner_id, case_id, step)
);
CREATE TRIGGER verification_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
