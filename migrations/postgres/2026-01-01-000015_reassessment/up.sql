-- Reassessments: recorded items are decided anew by a later version of the rules, because an office asks for it.

-- What is asked for. Nothing of it ever changes, but that it ends, once, with how many people and items were looked at. Of one version one
-- runs at a time. A piece of work (work_id) does it.
CREATE TABLE reassessment (
    reassessment_id UUID NOT NULL PRIMARY KEY,
    policy_id UUID NOT NULL REFERENCES policy_version (policy_id),
    place_code TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    work_id UUID NOT NULL,
    ended_at TIMESTAMPTZ,
    people BIGINT,
    items BIGINT,
    CHECK ((ended_at IS NULL) = (people IS NULL)),
    CHECK ((ended_at IS NULL) = (items IS NULL))
);
CREATE UNIQUE INDEX reassessment_running ON reassessment (policy_id) WHERE ended_at IS NULL;
CREATE INDEX reassessment_policy ON reassessment (policy_id, reassessment_id);
CREATE TRIGGER reassessment_stays
    BEFORE UPDATE OF reassessment_id, policy_id, place_code, reason, recorded_at, recorded_by, work_id ON reassessment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reassessment_ended_once BEFORE UPDATE ON reassessment
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reassessment_kept BEFORE DELETE OR TRUNCATE ON reassessment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A decision that one made, written with it: what the item was and came to be. Hours are those that count by themselves.
CREATE TABLE reassessment_item (
    platform_id UUID NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    reassessment_id UUID NOT NULL,
    learner_id UUID NOT NULL,
    outcome_before TEXT COLLATE "C" NOT NULL CHECK (outcome_before IN ('credited', 'needs_review', 'not_counted', 'refused')),
    outcome_after TEXT COLLATE "C" NOT NULL CHECK (outcome_after IN ('credited', 'needs_review', 'not_counted', 'refused')),
    hundredths_before INTEGER NOT NULL,
    hundredths_after INTEGER NOT NULL,
    PRIMARY KEY (platform_id, external_id, number)
);
CREATE INDEX reassessment_item_of ON reassessment_item (reassessment_id, outcome_before, outcome_after);
CREATE TRIGGER reassessment_item_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reassessment_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
