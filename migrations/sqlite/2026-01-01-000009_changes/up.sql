-- Told what happened: what callers follow by number. Ids and kinds alone.
--
-- A change is written in the transaction of its cause, without a number, together with its place in a queue. One numberer at a
-- time gives numbers to what is committed, so that what commits late comes later and is skipped by nobody who has read on. Changes
-- go after a time, the oldest first.

-- One change. To whom it belongs is kept as it was then: the person's place, series and employer on the day of the change, and on
-- the day of completion.
CREATE TABLE change (
    change_id BLOB NOT NULL PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('decided', 'expiring', 'reversed', 'published', 'merged', 'merge_undone')),
    learner_id BLOB,
    successor_id BLOB,
    platform_id BLOB,
    external_id TEXT,
    outcome TEXT,
    year INTEGER,
    entry_id BLOB,
    policy_id BLOB,
    place_code TEXT,
    series TEXT,
    employer_id BLOB,
    then_place_code TEXT,
    then_series TEXT,
    then_employer_id BLOB,
    CONSTRAINT no_nul CHECK (instr(coalesce(external_id, '') || coalesce(outcome, '') || coalesce(place_code, '') || coalesce(series, '') || coalesce(then_place_code, '') || coalesce(then_series, ''), char(0)) = 0)
) STRICT;
CREATE TRIGGER change_no_update BEFORE UPDATE ON change
BEGIN SELECT RAISE(ABORT, 'change is never changed'); END;

-- Changes that wait for their number: a queue, not a record. Written with the change, gone with the number. The place in the queue is
-- the database's to give, since replicas' clocks differ: what was written after another change had been committed stands behind it.
CREATE TABLE change_unnumbered (
    position INTEGER NOT NULL PRIMARY KEY,
    change_id BLOB NOT NULL UNIQUE
) STRICT;

-- The number of a change, from 1 without a gap. It is unique, so of two numberers at once only one succeeds.
CREATE TABLE change_number (
    number INTEGER NOT NULL PRIMARY KEY,
    change_id BLOB NOT NULL UNIQUE,
    numbered_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER change_number_no_update BEFORE UPDATE ON change_number
BEGIN SELECT RAISE(ABORT, 'change_number is never changed'); END;
