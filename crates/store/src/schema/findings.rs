//! Findings: what was found of somebody's hours, which lines that concerns, and what became of it.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    finding (learner_id, case_id) {
        learner_id -> Id,
        case_id -> Id,
        cause -> Text,
        decided_on -> Date,
        document -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    finding_line (learner_id, case_id, entry_id) {
        learner_id -> Id,
        case_id -> Id,
        entry_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    finding_step (learner_id, case_id, step) {
        learner_id -> Id,
        case_id -> Id,
        step -> Text,
        sanctions -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}
