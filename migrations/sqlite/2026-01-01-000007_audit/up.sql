-- The audit trail: who did what, and the chain of seals that holds it.
--
-- Events are never changed. They are removed only together with whole seals whose time is over: the last seal says up to which one
-- (`emptied_through`; of seals of reads, which have a retention of their own, `reads_emptied_through`), and a trigger lets nothing else go.

-- One event, written in the transaction of its effect. No personal field in clear: persons are ids, what changed is masked.
CREATE TABLE audit_event (
    event_id BLOB NOT NULL PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('write', 'read', 'refusal')),
    operation TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT,
    on_behalf_of TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('own_token', 'client', 'issuer', 'unproven', 'inside')),
    channel_name TEXT,
    subject_kind TEXT,
    subject_id TEXT,
    purpose TEXT,
    problem TEXT,
    before_json TEXT,
    after_json TEXT,
    request_id TEXT,
    times INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(operation || actor || coalesce(role, '') || coalesce(on_behalf_of, '') || coalesce(channel_name, '') || coalesce(subject_kind, '') || coalesce(subject_id, '') || coalesce(purpose, '') || coalesce(problem, '') || coalesce(before_json, '') || coalesce(after_json, '') || coalesce(request_id, ''), char(0)) = 0)
) STRICT;
CREATE INDEX audit_event_time ON audit_event (happened_at, event_id);
CREATE INDEX audit_event_actor ON audit_event (actor, happened_at, event_id);
CREATE INDEX audit_event_behalf ON audit_event (on_behalf_of, happened_at, event_id) WHERE on_behalf_of IS NOT NULL;
CREATE INDEX audit_event_subject ON audit_event (subject_id, happened_at, event_id) WHERE subject_id IS NOT NULL;

-- Events that wait for their seal: a queue, not a record. Written with the event, gone with the seal.
CREATE TABLE audit_unsealed (
    event_id BLOB NOT NULL PRIMARY KEY
) STRICT;

-- One link of the chain. Its number is unique, so of two sealers at once only one succeeds.
CREATE TABLE audit_seal (
    number INTEGER NOT NULL PRIMARY KEY,
    sealed_at INTEGER NOT NULL,
    members INTEGER NOT NULL,
    members_fingerprint BLOB NOT NULL,
    of_reads INTEGER NOT NULL CHECK (of_reads IN (0, 1)),
    emptied_through INTEGER NOT NULL,
    reads_emptied_through INTEGER NOT NULL,
    previous BLOB NOT NULL,
    fingerprint BLOB NOT NULL
) STRICT;
CREATE INDEX audit_seal_kind ON audit_seal (of_reads, number);

-- Which events a seal covers, and what they were then.
CREATE TABLE audit_member (
    event_id BLOB NOT NULL PRIMARY KEY,
    seal_number INTEGER NOT NULL REFERENCES audit_seal (number),
    fingerprint BLOB NOT NULL
) STRICT;
CREATE INDEX audit_member_seal ON audit_member (seal_number);

CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_event_no_early_delete BEFORE DELETE ON audit_event
WHEN NOT EXISTS (
    SELECT 1 FROM audit_member m JOIN audit_seal s ON s.number = m.seal_number WHERE m.event_id = OLD.event_id
    AND s.number <= (SELECT iif(s.of_reads, reads_emptied_through, emptied_through) FROM audit_seal ORDER BY number DESC LIMIT 1)
)
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_member_no_update BEFORE UPDATE ON audit_member
BEGIN SELECT RAISE(ABORT, 'audit_member is append-only'); END;
CREATE TRIGGER audit_member_no_early_delete BEFORE DELETE ON audit_member
WHEN NOT EXISTS (
    SELECT 1 FROM audit_seal s WHERE s.number = OLD.seal_number
    AND s.number <= (SELECT iif(s.of_reads, reads_emptied_through, emptied_through) FROM audit_seal ORDER BY number DESC LIMIT 1)
)
BEGIN SELECT RAISE(ABORT, 'audit_member is append-only'); END;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal
BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal
BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END;
