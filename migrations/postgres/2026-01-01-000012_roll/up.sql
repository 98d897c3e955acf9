-- Rolls: an office's word about many people at once. Who stands on one, and what it says of them, are lines of the hour ledger, whose
-- case_id is the roll's: there is no second account of it.

-- What an office of some place (office_place_code) says: a list of exemptions of a year, or what it attests of past years, with the document that says so. Nothing of it
-- ever changes, but that the whole of it is taken back, once: nothing is added to it from then on, and a piece of work reverses its lines.
CREATE TABLE roll (
    roll_id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('exemption', 'past_years')),
    place_code TEXT COLLATE "C" NOT NULL,
    office_place_code TEXT COLLATE "C" NOT NULL,
    series TEXT COLLATE "C",
    exemption TEXT COLLATE "C",
    year INTEGER,
    document TEXT COLLATE "C" NOT NULL,
    attested_by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    reversed_at TIMESTAMPTZ,
    reversed_by TEXT COLLATE "C",
    reversal_reason TEXT COLLATE "C",
    work_id UUID,
    CHECK ((kind = 'exemption') = (exemption IS NOT NULL)),
    CHECK ((exemption IS NULL) = (year IS NULL)),
    CHECK ((reversed_at IS NULL) = (reversed_by IS NULL)),
    CHECK ((reversed_at IS NULL) = (reversal_reason IS NULL)),
    CHECK ((reversed_at IS NULL) = (work_id IS NULL))
);
CREATE INDEX roll_place ON roll (place_code, roll_id);
CREATE TRIGGER roll_stays
    BEFORE UPDATE OF roll_id, kind, place_code, office_place_code, series, exemption, year, document, attested_by, reason, recorded_at, recorded_by ON roll
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER roll_reversed_once BEFORE UPDATE ON roll
    FOR EACH ROW WHEN (OLD.reversed_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER roll_kept BEFORE DELETE OR TRUNCATE ON roll
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The people of a roll, in the order in which they are listed and taken back.
CREATE INDEX hour_entry_case ON hour_entry (case_id, learner_id, year, decision_number) WHERE case_id IS NOT NULL;
