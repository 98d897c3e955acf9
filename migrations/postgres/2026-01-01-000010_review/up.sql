-- Reviews: the cases that offices decide, and everything that happened to them.
--
-- What happened stands in review_event, insert only; a case is the fold of its events. Two officers at once write the same number, and
-- one of them learns who was first. Where a case is, is kept beside it for the queues alone, written with each event; what it was opened
-- as never changes, and whose people it concerns no more once it is handed in. Cases are found and decided by their id, whomever they are
-- about, so both tables are distributed by it.

-- A case: whom it is about, who opened it, and where its events brought it. Whose grants decide it now is `reach`.
CREATE TABLE review_case (
    case_id UUID NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL CHECK (subject IN ('recognition', 'provisional_hours', 'file_correction', 'office_exception', 'fraud_finding')),
    learner_id UUID NOT NULL,
    employer_id UUID,
    place_code TEXT COLLATE "C",
    opening TEXT COLLATE "C" NOT NULL CHECK (char_length(opening) <= 65536),
    opened_at TIMESTAMPTZ NOT NULL,
    number INTEGER NOT NULL,
    phase TEXT COLLATE "C" NOT NULL CHECK (phase IN ('draft', 'waiting', 'returned', 'approved', 'refused', 'withdrawn', 'cancelled', 'revoked')),
    stage INTEGER,
    reach TEXT COLLATE "C",
    seat TEXT COLLATE "C" CHECK (seat IN ('learner', 'employer', 'superior', 'base', 'provider', 'sector_authority', 'county', 'city', 'province', 'same_level', 'place_of_registration', 'platform')),
    arrived_on DATE,
    due_on DATE,
    arrived_at TIMESTAMPTZ,
    claimed_by TEXT COLLATE "C",
    claim_ends_at TIMESTAMPTZ,
    CHECK ((stage IS NULL) = (reach IS NULL)),
    CHECK ((phase = 'waiting') = (seat IS NOT NULL)),
    CHECK ((seat IS NULL) = (arrived_on IS NULL))
);
CREATE INDEX review_case_queue ON review_case (reach, due_on, arrived_at, case_id) WHERE phase = 'waiting';
-- What waits in a place, counted, is read from the index alone.
CREATE INDEX review_case_backlog ON review_case (place_code, seat, arrived_on, due_on) WHERE phase = 'waiting';
CREATE TRIGGER review_case_opening_stays BEFORE UPDATE OF case_id, subject, learner_id, place_code, opening, opened_at
    ON review_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_case_unit_stays BEFORE UPDATE OF employer_id ON review_case
    FOR EACH ROW WHEN (OLD.phase <> 'draft') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_case_stays BEFORE DELETE OR TRUNCATE ON review_case
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX review_case_learner ON review_case (learner_id, case_id);

-- One event of a case, from 1 without a gap; with the desk that the case left by it, and the one it came to.
CREATE TABLE review_event (
    case_id UUID NOT NULL,
    number INTEGER NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    happened_by TEXT COLLATE "C" NOT NULL,
    by_learner_id UUID,
    action TEXT COLLATE "C" NOT NULL CHECK (action IN ('submit', 'claim', 'release', 'approve', 'return_for_completion', 'refuse', 'withdraw', 'resubmit', 'delegate', 'cancel', 'revoke')),
    left_seat TEXT COLLATE "C" CHECK (left_seat IN ('learner', 'employer', 'superior', 'base', 'provider', 'sector_authority', 'county', 'city', 'province', 'same_level', 'place_of_registration', 'platform')),
    came_to TEXT COLLATE "C" CHECK (came_to IN ('learner', 'employer', 'superior', 'base', 'provider', 'sector_authority', 'county', 'city', 'province', 'same_level', 'place_of_registration', 'platform')),
    what TEXT COLLATE "C" NOT NULL CHECK (char_length(what) <= 65536),
    PRIMARY KEY (case_id, number)
);
CREATE TRIGGER review_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- How fast cases come and go: few events move one, and only the last weeks are asked for.
CREATE INDEX review_event_pace ON review_event (happened_at) WHERE left_seat IS NOT NULL OR came_to IS NOT NULL;
