-- Reassessments: recorded items are decided anew by a later version of the rules, because an office asks for it.

-- What is asked for. Nothing of it ever changes, but that it ends, once, with how many people and items were looked at. Of one version one
-- runs at a time. A piece of work (work_id) does it.
CREATE TABLE reassessment (
    reassessment_id BLOB NOT NULL PRIMARY KEY,
    policy_id BLOB NOT NULL REFERENCES policy_version (policy_id),
    place_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    work_id BLOB NOT NULL,
    ended_at INTEGER,
    people INTEGER,
    items INTEGER,
    CHECK ((ended_at IS NULL) = (people IS NULL)),
    CHECK ((ended_at IS NULL) = (items IS NULL)),
    CONSTRAINT no_nul CHECK (instr(place_code || reason || recorded_by, char(0)) = 0)
) STRICT;
CREATE UNIQUE INDEX reassessment_running ON reassessment (policy_id) WHERE ended_at IS NULL;
CREATE INDEX reassessment_policy ON reassessment (policy_id, reassessment_id);
CREATE TRIGGER reassessment_stays BEFORE UPDATE OF reassessment_id, policy_id, place_code, reason, recorded_at, recorded_by, work_id ON reassessment
BEGIN SELECT RAISE(ABORT, 'reassessment is append-only but for its end'); END;
CREATE TRIGGER reassessment_ended_once BEFORE UPDATE ON reassessment WHEN OLD.ended_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the end of a reassessment is append-only'); END;
CREATE TRIGGER reassessment_no_delete BEFORE DELETE ON reassessment
BEGIN SELECT RAISE(ABORT, 'reassessment is append-only'); END;

-- A decision that one made, written with it: what the item was and came to be. Hours are those that count by themselves.
CREATE TABLE reassessment_item (
    platform_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    reassessment_id BLOB NOT NULL,
    learner_id BLOB NOT NULL,
    outcome_before TEXT NOT NULL CHECK (outcome_before IN ('credited', 'needs_review', 'not_counted', 'refused')),
    outcome_after TEXT NOT NULL CHECK (outcome_after IN ('credited', 'needs_review', 'not_counted', 'refused')),
    hundredths_before INTEGER NOT NULL,
    hundredths_after INTEGER NOT NULL,
    PRIMARY KEY (platform_id, external_id, number),
    CONSTRAINT no_nul CHECK (instr(external_id, char(0)) = 0)
) STRICT;
CREATE INDEX reassessment_item_of ON reassessment_item (reassessment_id, outcome_before, outcome_after);
CREATE TRIGGER reassessment_item_no_update BEFORE UPDATE ON reassessment_item
BEGIN SELECT RAISE(ABORT, 'reassessment_item is append-only'); END;
CREATE TRIGGER reassessment_item_no_delete BEFORE DELETE ON reassessment_item
BEGIN SELECT RAISE(ABORT, 'reassessment_item is append-only'); END;
