//! Evidence, the ledger and work: what comes in and what is made of it.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion_batch (batch_id, attempt) {
        batch_id -> Id,
        attempt -> Integer,
        platform_id -> Id,
        media -> Text,
        received_at -> Instant,
        updated_at -> Instant,
        finished_at -> Nullable<Instant>,
        state -> Text,
        lines -> Integer,
        counts -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion (platform_id, external_id) {
        platform_id -> Id,
        external_id -> Text,
        completion_id -> Id,
        person_hash -> Nullable<Text>,
        name_hash -> Nullable<Text>,
        learner_ref -> Nullable<Id>,
        course_ref -> Text,
        course_ref_kind -> Text,
        mode -> Text,
        hours_hundredths -> Nullable<BigInt>,
        started_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        score_hundredths -> Nullable<BigInt>,
        passed -> Nullable<Bool>,
        completed_at -> Instant,
        replaces -> Nullable<Text>,
        evidence -> Nullable<Text>,
        received_at -> Instant,
        batch_id -> Id,
        attempt -> Integer,
        line -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion_decision (platform_id, external_id, number) {
        platform_id -> Id,
        external_id -> Text,
        number -> Integer,
        batch_id -> Nullable<Id>,
        attempt -> Nullable<Integer>,
        line -> Nullable<Integer>,
        outcome -> Text,
        reasons -> Text,
        learner_id -> Nullable<Id>,
        course_id -> Nullable<Id>,
        year -> Nullable<Integer>,
        category -> Nullable<Text>,
        policy_id -> Nullable<Id>,
        entry_id -> Nullable<Id>,
        decided_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion_outcome (batch_id, attempt, line) {
        batch_id -> Id,
        attempt -> Integer,
        line -> Integer,
        external_id -> Nullable<Text>,
        outcome -> Text,
        detail -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion_hold (platform_id, external_id) {
        platform_id -> Id,
        external_id -> Text,
        waits_for -> Text,
        learner_id -> Nullable<Id>,
        reason -> Text,
        document_cipher -> Nullable<Binary>,
        name_cipher -> Nullable<Binary>,
        key_id -> Nullable<Text>,
        suite_id -> Nullable<Text>,
        held_at -> Instant,
        said_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    hour_entry (learner_id, entry_id) {
        learner_id -> Id,
        entry_id -> Id,
        kind -> Text,
        year -> Integer,
        place_code -> Text,
        category -> Text,
        subject -> Nullable<Text>,
        hours_hundredths -> BigInt,
        course_id -> Nullable<Id>,
        course_version -> Nullable<Integer>,
        platform_id -> Nullable<Id>,
        external_id -> Nullable<Text>,
        completion_id -> Nullable<Id>,
        decision_number -> Nullable<Integer>,
        mode -> Nullable<Text>,
        started_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        completed_at -> Instant,
        basis -> Nullable<Text>,
        case_id -> Nullable<Id>,
        achievement -> Nullable<Text>,
        fulfils -> Nullable<Text>,
        surplus_of -> Nullable<Integer>,
        surplus_line -> Nullable<Id>,
        policy_id -> Nullable<Id>,
        review_reasons -> Nullable<Text>,
        reverses -> Nullable<Id>,
        reason_code -> Nullable<Text>,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    work (work_id) {
        work_id -> Id,
        kind -> Text,
        payload -> Text,
        run_after -> Instant,
        lease_until -> Nullable<Instant>,
        lease_owner -> Nullable<Text>,
        attempts -> Integer,
        done -> BigInt,
        total -> Nullable<BigInt>,
        reached -> Nullable<Text>,
        state -> Text,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}
