-- Year verifications (年度验证): the years that employers hand in for their staff, one batch at a time, and what offices did about them. Where
-- the review of each stands is in review_case, under the same case_id. Nothing here names a person or makes an hour.

-- A CHECK of SQLite is part of its table, so the table is made anew with one subject more; its rows stay as they are.
CREATE TABLE review_case_anew (
    case_id BLOB NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL CHECK (subject IN ('recognition', 'provisional_hours', 'file_correction', 'office_exception', 'fraud_finding', 'year_verification')),
    learner_id BLOB NOT NULL,
    employer_id BLOB,
    place_code TEXT,
    opening TEXT NOT NULL CHECK (length(opening) <= 65536),
    opened_at INTEGER NOT NULL,
    number INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('draft', 'waiting', 'returned', 'approved', 'refused', 'withdrawn', 'cancelled', 'revoked')),
    stage INTEGER,
    reach TEXT,
    seat TEXT CHECK (seat IN ('learner', 'employer', 'superior', 'base', 'provider', 'sector_authority', 'county', 'city', 'province', 'same_level', 'place_of_registration', 'platform')),
    arrived_on TEXT,
    due_on TEXT,
    arrived_at INTEGER,
    claimed_by TEXT,
    claim_ends_at INTEGER,
    CHECK ((stage IS NULL) = (reach IS NULL)),
    CHECK ((phase = 'waiting') = (seat IS NOT NULL)),
    CHECK ((seat IS NULL) = (arrived_on IS NULL)),
    CONSTRAINT no_nul CHECK (instr(opening || coalesce(place_code, '') || coalesce(reach, '') || coalesce(claimed_by, ''), char(0)) = 0)
) STRICT;
INSERT INTO review_case_anew (case_id, subject, learner_id, employer_id, place_code, opening, opened_at, number, phase, stage, reach, seat, arrived_on, due_on, arrived_at, claimed_by, claim_ends_at)
SELECT case_id, subject, learner_id, employer_id, place_code, opening, opened_at, number, phase, stage, reach, seat, arrived_on, due_on, arrived_at, claimed_by, claim_ends_at FROM review_case;
DROP TABLE review_case;
ALTER TABLE review_case_anew RENAME TO review_case;
CREATE INDEX review_case_queue ON review_case (reach, due_on, arrived_at, case_id) WHERE phase = 'waiting';
-- What waits in a place, counted, is read from the index alone.
CREATE INDEX review_case_backlog ON review_case (place_code, seat, arrived_on, due_on) WHERE phase = 'waiting';
CREATE TRIGGER review_case_opening_stays BEFORE UPDATE OF case_id, subject, learner_id, place_code, opening, opened_at ON review_case
BEGIN SELECT RAISE(ABORT, 'the opening of a review_case is append-only'); END;
CREATE TRIGGER review_case_unit_stays BEFORE UPDATE OF employer_id ON review_case WHEN OLD.phase <> 'draft'
BEGIN SELECT RAISE(ABORT, 'whose people a review_case concerns is append-only once it is handed in'); END;
CREATE TRIGGER review_case_no_delete BEFORE DELETE ON review_case
BEGIN SELECT RAISE(ABORT, 'review_case is append-only'); END;
CREATE INDEX review_case_learner ON review_case (learner_id, case_id);

-- A batch is found by its id, whomever it is about.
CREATE TABLE verification_batch (
    batch_id BLOB NOT NULL PRIMARY KEY,
    employer_id BLOB NOT NULL,
    year INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL,
    CONSTRAINT no_nul CHECK (instr(recorded_by, char(0)) = 0)
) STRICT;
CREATE TRIGGER verification_batch_no_update BEFORE UPDATE ON verification_batch
BEGIN SELECT RAISE(ABORT, 'verification_batch is append-only'); END;
CREATE TRIGGER verification_batch_no_delete BEFORE DELETE ON verification_batch
BEGIN SELECT RAISE(ABORT, 'verification_batch is append-only'); END;

-- The year of one person, in the file in which it was handed in.
CREATE TABLE verification_case (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    employer_id BLOB NOT NULL,
    year INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (learner_id, case_id)
) STRICT;
CREATE INDEX verification_case_batch ON verification_case (batch_id, case_id);
CREATE TRIGGER verification_case_no_update BEFORE UPDATE ON verification_case
BEGIN SELECT RAISE(ABORT, 'verification_case is append-only'); END;
CREATE TRIGGER verification_case_no_delete BEFORE DELETE ON verification_case
BEGIN SELECT RAISE(ABORT, 'verification_case is append-only'); END;

-- That an office verified it or refused to, and that it took a verification back. A standing asks for these of many people at once, so they stand with the people.
CREATE TABLE verification_step (
    learner_id BLOB NOT NULL REFERENCES learner (learner_id),
    case_id BLOB NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('verified', 'refused', 'annulled')),
    year INTEGER NOT NULL,
    office TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (learner_id, case_id, step),
    CONSTRAINT no_nul CHECK (instr(coalesce(office, ''), char(0)) = 0)
) STRICT;
CREATE TRIGGER verification_step_no_update BEFORE UPDATE ON verification_step
BEGIN SELECT RAISE(ABORT, 'verification_step is append-only'); END;
CREATE TRIGGER verification_step_no_delete BEFORE DELETE ON verification_step
BEGIN SELECT RAISE(ABORT, 'verification_step is append-only'); END;
