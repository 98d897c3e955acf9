//! Files that were joined: the tables of `store::registry::merges`.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_merge (merge_id) {
        merge_id -> Id,
        ends_id -> Id,
        stays_id -> Id,
        reason -> Text,
        reference -> Nullable<Text>,
        merged_at -> Instant,
        merged_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Id;

    learner_merge_item (merge_id, platform_id, external_id) {
        merge_id -> Id,
        platform_id -> Id,
        external_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_merge_undoing (merge_id) {
        merge_id -> Id,
        reason -> Text,
        undone_at -> Instant,
        undone_by -> Text,
    }
}

diesel::table! {
    use crate::types::Id;

    learner_successor (learner_id) {
        learner_id -> Id,
        successor_id -> Id,
        merge_id -> Id,
    }
}
