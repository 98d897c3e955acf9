-- Hours that wait for an office's word (kind 'provisional'): each is put before the office by a case of the review machine.

-- Lines that came or went since the runner last looked: provisional ones, and what took such a one back. A row goes once it was looked at.
CREATE TABLE provisional_unlooked (
    learner_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (learner_id, entry_id),
    FOREIGN KEY (learner_id, entry_id) REFERENCES hour_entry (learner_id, entry_id)
);

-- Which item a case is about: what stands of it when the case is decided is what the office decides about, in whatever file it stands then.
CREATE TABLE provisional_case (
    learner_id UUID NOT NULL REFERENCES learner (learner_id),
    case_id UUID NOT NULL,
    completion_id UUID NOT NULL,
    PRIMARY KEY (learner_id, case_id)
);
CREATE INDEX provisional_case_item ON provisional_case (completion_id);
CREATE TRIGGER provisional_case_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provisional_case
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What waits already.
INSERT INTO provisional_unlooked (learner_id, entry_id)
SELECT line.learner_id, line.entry_id FROM hour_entry AS line
WHERE line.kind = 'provisional'
AND NOT EXISTS (SELECT 1 FROM hour_entry AS back WHERE back.learner_id = line.learner_id AND back.reverses = line.entry_id);
