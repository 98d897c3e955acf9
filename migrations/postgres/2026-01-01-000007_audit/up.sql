-- The audit trail: who did what, and the chain of seals that holds it.
--
-- Events are never changed. They are removed only together with whole seals whose time is over: the last seal says up to which one
-- (`emptied_through`; of seals of reads, which have a retention of their own, `reads_emptied_through`), and a trigger lets nothing else go.

-- One event, written in the transaction of its effect. No personal field in clear: persons are ids, what changed is masked.
CREATE TABLE audit_event (
    event_id UUID NOT NULL PRIMARY KEY,
    happened_at TIMESTAMPTZ NOT NULL,
    act TEXT COLLATE "C" NOT NULL CHECK (act IN ('write', 'read', 'refusal')),
    operation TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C",
    on_behalf_of TEXT COLLATE "C",
    channel TEXT COLLATE "C" NOT NULL CHECK (channel IN ('own_token', 'client', 'issuer', 'unproven', 'inside')),
    channel_name TEXT COLLATE "C",
    subject_kind TEXT COLLATE "C",
    subject_id TEXT COLLATE "C",
    purpose TEXT COLLATE "C",
    problem TEXT COLLATE "C",
    before_json TEXT COLLATE "C",
    after_json TEXT COLLATE "C",
    request_id TEXT COLLATE "C",
    times BIGINT NOT NULL
);
CREATE INDEX audit_event_time ON audit_event (happened_at, event_id);
CREATE INDEX audit_event_actor ON audit_event (actor, happened_at, event_id);
CREATE INDEX audit_event_behalf ON audit_event (on_behalf_of, happened_at, event_id) WHERE on_behalf_of IS NOT NULL;
CREATE INDEX audit_event_subject ON audit_event (subject_id, happened_at, event_id) WHERE subject_id IS NOT NULL;

-- Events that wait for their seal: a queue, not a record. Written with the event, gone with the seal.
CREATE TABLE audit_unsealed (
    event_id UUID NOT NULL PRIMARY KEY
);

-- One link of the chain. Its number is unique, so of two sealers at once only one succeeds.
CREATE TABLE audit_seal (
    number BIGINT NOT NULL PRIMARY KEY,
    sealed_at TIMESTAMPTZ NOT NULL,
    members BIGINT NOT NULL,
    members_fingerprint BYTEA NOT NULL,
    of_reads BOOLEAN NOT NULL,
    emptied_through BIGINT NOT NULL,
    reads_emptied_through BIGINT NOT NULL,
    previous BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL
);
CREATE INDEX audit_seal_kind ON audit_seal (of_reads, number);

-- Which events a seal covers, and what they were then.
CREATE TABLE audit_member (
    event_id UUID NOT NULL PRIMARY KEY,
    seal_number BIGINT NOT NULL REFERENCES audit_seal (number),
    fingerprint BYTEA NOT NULL
);
CREATE INDEX audit_member_seal ON audit_member (seal_number);

CREATE FUNCTION refuse_early_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM audit_member m JOIN audit_seal s ON s.number = m.seal_number WHERE m.event_id = OLD.event_id
        AND s.number <= (
            SELECT CASE WHEN s.of_reads THEN l.reads_emptied_through ELSE l.emptied_through END
            FROM audit_seal l ORDER BY l.number DESC LIMIT 1
        )
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_no_early_delete BEFORE DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_early_removal();
CREATE TRIGGER audit_member_no_update BEFORE UPDATE OR TRUNCATE ON audit_member
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_member_no_early_delete BEFORE DELETE ON audit_member
    FOR EACH ROW EXECUTE FUNCTION refuse_early_removal();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
