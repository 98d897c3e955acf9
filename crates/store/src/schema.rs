//! The tables as Diesel sees them, the same for both back ends.
//!
//! A test compares the two databases with each other, so that one description can serve both. What each table is for stands in
//! `migrations/`.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    revision (name) {
        name -> Text,
        number -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    place (place_code) {
        place_code -> Text,
        name -> Text,
        parent_code -> Nullable<Text>,
        level -> Text,
        listed_order -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    place_division (system, code, from_on) {
        system -> Text,
        code -> Text,
        place_code -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    authority (authority_id) {
        authority_id -> Id,
        name -> Text,
        kind -> Text,
        place_code -> Text,
        series -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    employer (employer_id) {
        employer_id -> Id,
        name -> Text,
        credit_code -> Nullable<Text>,
        credit_code_checksum_ok -> Bool,
        kind -> Text,
        place_code -> Text,
        registered_place_code -> Nullable<Text>,
        authority_id -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    employer_credit_code (credit_code) {
        credit_code -> Text,
        employer_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    training_base (base_id) {
        base_id -> Id,
        name -> Text,
        level -> Text,
        place_code -> Text,
        authority_id -> Nullable<Id>,
        recognised_from -> Date,
        recognised_until -> Nullable<Date>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learning_platform (platform_id) {
        platform_id -> Id,
        platform_code -> Text,
        name -> Text,
        level -> Text,
        place_code -> Text,
        base_id -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learning_platform_category (platform_id, category, from_on) {
        platform_id -> Id,
        category -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course (course_id) {
        course_id -> Id,
        course_code -> Text,
        provider_kind -> Text,
        provider_id -> Id,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course_version (course_id, number) {
        course_id -> Id,
        number -> Integer,
        title -> Text,
        category -> Text,
        requirement -> Nullable<Text>,
        subject -> Nullable<Text>,
        hours_hundredths -> BigInt,
        online -> Bool,
        face_to_face -> Bool,
        policy_year -> Nullable<Integer>,
        available_from -> Date,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course_platform (course_id, platform_id) {
        course_id -> Id,
        platform_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    course_filing (course_id, filed_on) {
        course_id -> Id,
        filed_on -> Date,
        reference -> Text,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner (learner_id) {
        learner_id -> Id,
        created_at -> Instant,
        created_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_person (learner_id) {
        learner_id -> Id,
        name -> Text,
        document_kind -> Text,
        document_cipher -> Binary,
        document_mask -> Nullable<Text>,
        key_id -> Text,
        suite_id -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_identifier (identifier_hash) {
        identifier_hash -> Text,
        key_id -> Text,
        learner_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_place (learner_id, fact_id) {
        learner_id -> Id,
        fact_id -> Id,
        place_code -> Text,
        from_on -> Date,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_employer (learner_id, fact_id) {
        learner_id -> Id,
        fact_id -> Id,
        employer_id -> Nullable<Id>,
        from_on -> Date,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    learner_post (learner_id, fact_id) {
        learner_id -> Id,
        fact_id -> Id,
        series -> Nullable<Text>,
        level -> Nullable<Text>,
        employment_kind -> Text,
        from_on -> Date,
        recorded_at -> Instant,
        recorded_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    policy_version (policy_id) {
        policy_id -> Id,
        place_code -> Text,
        year_from -> Integer,
        year_until -> Nullable<Integer>,
        source -> Text,
        source_hash -> Text,
        drafted_at -> Instant,
        drafted_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    policy_publication (policy_id) {
        policy_id -> Id,
        place_code -> Text,
        year_from -> Integer,
        number -> Integer,
        published_at -> Instant,
        published_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    completion_batch (batch_id, attempt) {
        batch_id -> Id,
        attempt -> Integer,
        platform_id -> Id,
        media -> Text,
        received_at -> Instant,
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
        reason -> Text,
        document_cipher -> Nullable<Binary>,
        name_cipher -> Nullable<Binary>,
        key_id -> Nullable<Text>,
        suite_id -> Nullable<Text>,
        held_at -> Instant,
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
        policy_id -> Id,
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
        state -> Text,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::joinable!(policy_publication -> policy_version (policy_id));
diesel::joinable!(employer_credit_code -> employer (employer_id));
diesel::joinable!(learner_employer -> employer (employer_id));
diesel::allow_tables_to_appear_in_same_query!(
    authority,
    completion,
    completion_batch,
    completion_decision,
    completion_hold,
    completion_outcome,
    course,
    course_filing,
    course_platform,
    course_version,
    employer,
    employer_credit_code,
    hour_entry,
    learner,
    learner_employer,
    learner_identifier,
    learner_person,
    learner_place,
    learner_post,
    learning_platform,
    learning_platform_category,
    place,
    place_division,
    policy_publication,
    policy_version,
    revision,
    training_base,
    work,
);
