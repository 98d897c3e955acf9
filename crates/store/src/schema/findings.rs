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

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course_finding (finding_id) {
        finding_id -> Id,
        course_id -> Id,
        course_version -> Integer,
        place_code -> Text,
        found_on -> Date,
        document -> Text,
        recorded_at -> Instant,
        recorded_by -> Text,
        decided_at -> Nullable<Instant>,
        decided_by -> Nullable<Text>,
        work_id -> Nullable<Id>,
        annulled_at -> Nullable<Instant>,
        annulled_by -> Nullable<Text>,
        annulment_reason -> Nullable<Text>,
        annulment_work_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course_finding_line (learner_id, finding_id, entry_id) {
        learner_id -> Id,
        finding_id -> Id,
        entry_id -> Id,
    }
}
