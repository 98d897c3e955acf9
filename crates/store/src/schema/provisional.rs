//! Hours that wait for an office's word, and the cases by which they are put before it.

diesel::table! {
    use crate::types::Id;

    provisional_unlooked (learner_id, entry_id) {
        learner_id -> Id,
        entry_id -> Id,
    }
}

diesel::table! {
    use crate::types::Id;

    provisional_case (learner_id, case_id) {
        learner_id -> Id,
        case_id -> Id,
        completion_id -> Id,
    }
}
