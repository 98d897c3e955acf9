-- Rolls: an office's word about many people at once. Who stands on one, and what it says of them, are lines of the hour ledger, whose
-- case_id is the roll's: there is no second account of it.

-- What an office of some place (office_place_code) says: a list of exemptions of a year, or what it attests of past years, with the document that says so. Nothing of it
-- ever changes, but that the whole of it is taken back, once: nothing is added to it from then on, and a piece of work reverses its lines.
CREATE TABLE roll (
    roll_id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('exemption', 'past_years')),
    place_code TEXT NOT NULL,
    office_place_code TEXT NOT NULL,
    series TEXT,
    exemption TEXT,
    year INTEGER,
    document TEXT NOT NULL,
    attested_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    reversed_at INTEGER,
    reversed_by TEXT,
    reversal_reason TEXT,
    work_id BLOB,
    CHECK ((kind = 'exemption') = (exemption IS NOT NULL)),
    CHECK ((exemption IS NULL) = (year IS NULL)),
    CHECK ((reversed_at IS NULL) = (reversed_by IS NULL)),
    CHECK ((reversed_at IS NULL) = (reversal_reason IS NULL)),
    CHECK ((reversed_at IS NULL) = (work_id IS NULL)),
    CONSTRAINT no_nul CHECK (instr(place_code || office_place_code || coalesce(series, '') || coalesce(exemption, '') || document || attested_by || reason || recorded_by || coalesce(reversed_by, '') || coalesce(reversal_reason, ''), char(0)) = 0)
) STRICT;
CREATE INDEX roll_place ON roll (place_code, roll_id);
CREATE TRIGGER roll_stays BEFORE UPDATE OF roll_id, kind, place_code, office_place_code, series, exemption, year, document, attested_by, reason, recorded_at, recorded_by ON roll
BEGIN SELECT RAISE(ABORT, 'roll is append-only but for its reversal'); END;
CREATE TRIGGER roll_reversed_once BEFORE UPDATE ON roll WHEN OLD.reversed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the reversal of a roll is append-only'); END;
CREATE TRIGGER roll_no_delete BEFORE DELETE ON roll
BEGIN SELECT RAISE(ABORT, 'roll is append-only'); END;

-- The people of a roll, in the order in which they are listed and taken back.
CREATE INDEX hour_entry_case ON hour_entry (case_id, learner_id, year, decision_number) WHERE case_id IS NOT NULL;
