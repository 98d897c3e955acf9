-- Findings: what an office says was found of a person's hours (查实), and what followed. Where its review is stands in review_case, under
-- the same case_id; it takes effect with the last approval, and is annulled when that is taken back.

-- What is found. The document may be called by a person's name, so it is emptied when that person is erased; nothing else ever changes.
CREATE TABLE finding (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    cause TEXT COLLATE "C" NOT NULL CHECK (cause IN ('year_missed', 'fraud', 'abuse_of_office', 'certificate_abuse', 'late')),
    decided_on DATE NOT NULL,
    document TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, case_id)
);
CREATE TRIGGER finding_append_only BEFORE DELETE OR TRUNCATE ON finding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER finding_only_emptied BEFORE UPDATE ON finding
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_emptied_document();

-- A line of the ledger that it concerns: as it was named, or where that had gone over into another file of the person when it took
-- effect, the one that stood in its place.
CREATE TABLE finding_line (
    learner_id UUID NOT NULL,
    case_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (learner_id, case_id, entry_id),
    FOREIGN KEY (learner_id, case_id) REFERENCES finding (learner_id, case_id)
);
CREATE TRIGGER finding_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That it took effect, with the sanctions as they were computed then, and that it was annulled: each once.
CREATE TABLE finding_step (
    learner_id UUID NOT NULL,
    case_id UUID NOT NULL,
    step TEXT COLLATE "C" NOT NULL CHECK (step IN ('decided', 'annulled')),
    sanctions TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (learner_id, case_id, step),
    FOREIGN KEY (learner_id, case_id) REFERENCES finding (learner_id, case_id),
    CHECK ((step = 'decided') = (sanctions IS NOT NULL))
);
CREATE TRIGGER finding_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
