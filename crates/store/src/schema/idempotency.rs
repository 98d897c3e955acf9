//! Answers that are kept for repeats.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Instant;

    idempotency_answer (key_hash) {
        key_hash -> Text,
        request_hash -> Text,
        answer_cipher -> Binary,
        key_id -> Text,
        suite_id -> Text,
        answered_at -> Instant,
    }
}
