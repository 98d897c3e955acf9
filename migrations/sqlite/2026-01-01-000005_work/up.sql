-- Work that outlives its request: one table, one runner, several replicas.
--
-- A row is written in the transaction of its cause, leased by one owner at a time, and safe to run twice.

-- One piece of work. An expired lease makes a running row free again.
CREATE TABLE work (
    work_id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_after INTEGER NOT NULL,
    lease_until INTEGER,
    lease_owner TEXT,
    attempts INTEGER NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER,
    reached TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    last_error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(kind || payload || coalesce(reached, '') || coalesce(lease_owner, '') || coalesce(last_error, ''), char(0)) = 0)
) STRICT;
CREATE INDEX work_next ON work (state, run_after);
CREATE INDEX work_ended ON work (state, updated_at);
