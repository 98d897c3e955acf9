//! Reassessments, and the decisions that each of them made.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    reassessment (reassessment_id) {
        reassessment_id -> Id,
        policy_id -> Id,
        place_code -> Text,
        reason -> Text,
        recorded_at -> Instant,
        recorded_by -> Text,
        work_id -> Id,
        ended_at -> Nullable<Instant>,
        people -> Nullable<BigInt>,
        items -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Id;

    reassessment_item (platform_id, external_id, number) {
        platform_id -> Id,
        external_id -> Text,
        number -> Integer,
        reassessment_id -> Id,
        learner_id -> Id,
        outcome_before -> Text,
        outcome_after -> Text,
        hundredths_before -> Integer,
        hundredths_after -> Integer,
    }
}
