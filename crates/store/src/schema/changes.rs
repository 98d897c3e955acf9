//! What callers follow.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    change (change_id) {
        change_id -> Id,
        happened_at -> Instant,
        kind -> Text,
        learner_id -> Nullable<Id>,
        successor_id -> Nullable<Id>,
        platform_id -> Nullable<Id>,
        external_id -> Nullable<Text>,
        outcome -> Nullable<Text>,
        year -> Nullable<Integer>,
        entry_id -> Nullable<Id>,
        policy_id -> Nullable<Id>,
        place_code -> Nullable<Text>,
        series -> Nullable<Text>,
        employer_id -> Nullable<Id>,
        then_place_code -> Nullable<Text>,
        then_series -> Nullable<Text>,
        then_employer_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Id;

    change_unnumbered (position) {
        position -> BigInt,
        change_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    change_number (number) {
        number -> BigInt,
        change_id -> Id,
        numbered_at -> Instant,
    }
}
