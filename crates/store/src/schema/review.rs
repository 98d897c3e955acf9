//! Cases that offices decide.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    review_case (case_id) {
        case_id -> Id,
        subject -> Text,
        learner_id -> Id,
        employer_id -> Nullable<Id>,
        place_code -> Nullable<Text>,
        opening -> Text,
        opened_at -> Instant,
        number -> Integer,
        phase -> Text,
        stage -> Nullable<Integer>,
        reach -> Nullable<Text>,
        seat -> Nullable<Text>,
        arrived_on -> Nullable<Date>,
        due_on -> Nullable<Date>,
        arrived_at -> Nullable<Instant>,
        claimed_by -> Nullable<Text>,
        claim_ends_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    review_event (case_id, number) {
        case_id -> Id,
        number -> Integer,
        happened_at -> Instant,
        happened_by -> Text,
        by_learner_id -> Nullable<Id>,
        action -> Text,
        left_seat -> Nullable<Text>,
        came_to -> Nullable<Text>,
        what -> Text,
    }
}
