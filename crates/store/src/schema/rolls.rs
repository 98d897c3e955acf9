//! Rolls: what an office says about many people at once. Who they are, the ledger says.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    roll (roll_id) {
        roll_id -> Id,
        kind -> Text,
        place_code -> Text,
        office_place_code -> Text,
        series -> Nullable<Text>,
        exemption -> Nullable<Text>,
        year -> Nullable<Integer>,
        document -> Text,
        attested_by -> Text,
        reason -> Text,
        recorded_at -> Instant,
        recorded_by -> Text,
        reversed_at -> Nullable<Instant>,
        reversed_by -> Nullable<Text>,
        reversal_reason -> Nullable<Text>,
        work_id -> Nullable<Id>,
    }
}
