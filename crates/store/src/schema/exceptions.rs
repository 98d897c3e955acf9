//! What offices ask to grant by exception.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    office_exception (learner_id, case_id) {
        learner_id -> Id,
        case_id -> Id,
        year -> Integer,
        hours -> Nullable<Text>,
        decided_on -> Date,
        reason -> Nullable<Text>,
        document -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}
