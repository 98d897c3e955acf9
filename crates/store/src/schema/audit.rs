//! The audit trail.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    audit_event (event_id) {
        event_id -> Id,
        happened_at -> Instant,
        act -> Text,
        operation -> Text,
        actor -> Text,
        role -> Nullable<Text>,
        on_behalf_of -> Nullable<Text>,
        channel -> Text,
        channel_name -> Nullable<Text>,
        subject_kind -> Nullable<Text>,
        subject_id -> Nullable<Text>,
        purpose -> Nullable<Text>,
        problem -> Nullable<Text>,
        before_json -> Nullable<Text>,
        after_json -> Nullable<Text>,
        request_id -> Nullable<Text>,
        times -> BigInt,
    }
}

diesel::table! {
    use crate::types::Id;

    audit_unsealed (event_id) {
        event_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Instant;

    audit_seal (number) {
        number -> BigInt,
        sealed_at -> Instant,
        members -> BigInt,
        members_fingerprint -> Binary,
        of_reads -> Bool,
        emptied_through -> BigInt,
        reads_emptied_through -> BigInt,
        previous -> Binary,
        fingerprint -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::Id;

    audit_member (event_id) {
        event_id -> Id,
        seal_number -> BigInt,
        fingerprint -> Binary,
    }
}
