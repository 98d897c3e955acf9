//! The years that employers hand in to be verified.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    verification_batch (batch_id) {
        batch_id -> Id,
        employer_id -> Id,
        year -> Integer,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    verification_case (learner_id, case_id) {
        learner_id -> Id,
        case_id -> Id,
        batch_id -> Id,
        employer_id -> Id,
        year -> Integer,
        recorded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    verification_step (learner_id, case_id, step) {
        learner_id -> Id,
        case_id -> Id,
        step -> Text,
        year -> Integer,
        office -> Nullable<Text>,
        recorded_at -> Instant,
    }
}
