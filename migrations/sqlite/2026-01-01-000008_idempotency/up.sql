-- Answers to requests that created something, for whoever sends the same request again with the same Idempotency-Key.
--
-- A row is written in the transaction of the effect that it tells of, so that neither is there without the other. Rows go after a
-- day; nothing refers to them.

-- One answer. Caller and key are one keyed hash; of the request a keyed hash is kept, to know it again. The answer is sealed.
CREATE TABLE idempotency_answer (
    key_hash TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    answer_cipher BLOB NOT NULL,
    key_id TEXT NOT NULL,
    suite_id TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    CONSTRAINT no_nul CHECK (instr(key_hash || request_hash || key_id || suite_id, char(0)) = 0)
) STRICT;
CREATE INDEX idempotency_answer_time ON idempotency_answer (answered_at);
