//! What learners ask to have corrected.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    correction (learner_id, case_id) {
        learner_id -> Id,
        case_id -> Id,
        kind -> Text,
        document_kind -> Nullable<Text>,
        document_was -> Nullable<Text>,
        employer_id -> Nullable<Id>,
        place_code -> Nullable<Text>,
        from_on -> Nullable<Date>,
        reason -> Nullable<Text>,
        proofs -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
        name_cipher -> Nullable<Binary>,
        document_cipher -> Nullable<Binary>,
        key_id -> Nullable<Text>,
        suite_id -> Nullable<Text>,
    }
}
