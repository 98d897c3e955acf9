-- Work that outlives its request: one table, one runner, several replicas.
--
-- A row is written in the transaction of its cause, leased by one owner at a time, and safe to run twice.

-- One piece of work. An expired lease makes a running row free again.
CREATE TABLE work (
    work_id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    run_after TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    lease_owner TEXT COLLATE "C",
    attempts INTEGER NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT,
    reached TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    last_error TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX work_next ON work (state, run_after);
CREATE INDEX work_ended ON work (state, updated_at);
