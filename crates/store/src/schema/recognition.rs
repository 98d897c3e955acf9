//! What is declared of achievements, and what proves it.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    recognition_claim (learner_id, case_id, number) {
        learner_id -> Id,
        case_id -> Id,
        number -> Integer,
        claim -> Text,
        document -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    recognition_evidence (learner_id, evidence_id) {
        learner_id -> Id,
        evidence_id -> Id,
        case_id -> Id,
        kind -> Text,
        media_type -> Text,
        size -> Integer,
        sha256 -> Text,
        file_name -> Nullable<Text>,
        key_id -> Nullable<Text>,
        suite_id -> Nullable<Text>,
        added_at -> Instant,
        added_by -> Text,
        content_cipher -> Nullable<Binary>,
    }
}
