-- Told what happened: what callers follow by number. Ids and kinds alone.
--
-- A change is written in the transaction of its cause, without a number, together with its place in a queue. One numberer at a
-- time gives numbers to what is committed, so that what commits late comes later and is skipped by nobody who has read on. Changes
-- go after a time, the oldest first.

-- One change. To whom it belongs is kept as it was then: the person's place, series and employer on the day of the change, and on
-- the day of completion.
CREATE TABLE change (
    change_id UUID NOT NULL PRIMARY KEY,
    happened_at TIMESTAMPTZ NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('decided', 'expiring', 'reversed', 'published', 'merged', 'merge_undone')),
    learner_id UUID,
    successor_id UUID,
    platform_id UUID,
    external_id TEXT COLLATE "C",
    outcome TEXT COLLATE "C",
    year INTEGER,
    entry_id UUID,
    policy_id UUID,
    place_code TEXT COLLATE "C",
    series TEXT COLLATE "C",
    employer_id UUID,
    then_place_code TEXT COLLATE "C",
    then_series TEXT COLLATE "C",
    then_employer_id UUID
);
CREATE TRIGGER change_no_update BEFORE UPDATE OR TRUNCATE ON change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Changes that wait for their number: a queue, not a record. Written with the change, gone with the number. The place in the queue is
-- the database's to give, since replicas' clocks differ: what was written after another change had been committed stands behind it.
CREATE TABLE change_unnumbered (
    position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id UUID NOT NULL UNIQUE
);

-- The number of a change, from 1 without a gap. It is unique, so of two numberers at once only one succeeds.
CREATE TABLE change_number (
    number BIGINT NOT NULL PRIMARY KEY,
    change_id UUID NOT NULL UNIQUE,
    numbered_at TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER change_number_no_update BEFORE UPDATE OR TRUNCATE ON change_number
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
