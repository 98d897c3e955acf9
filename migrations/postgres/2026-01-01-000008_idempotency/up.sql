-- Answers to requests that created something, for whoever sends the same request again with the same Idempotency-Key.
--
-- A row is written in the transaction of the effect that it tells of, so that neither is there without the other. Rows go after a
-- day; nothing refers to them.

-- One answer. Caller and key are one keyed hash; of the request a keyed hash is kept, to know it again. The answer is sealed.
CREATE TABLE idempotency_answer (
    key_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request_hash TEXT COLLATE "C" NOT NULL,
    answer_cipher BYTEA NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    suite_id TEXT COLLATE "C" NOT NULL,
    answered_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_answer_time ON idempotency_answer (answered_at);
