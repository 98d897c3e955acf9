//! The rule book and the registry: what stands before anything is learned.

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

    key_proof (key_id) {
        key_id -> Text,
        proof -> Text,
        recorded_at -> Instant,
        is_forgotten -> Bool,
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
        name -> Nullable<Text>,
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

    employer_kind (employer_id, fact_id) {
        employer_id -> Id,
        fact_id -> Id,
        kind -> Text,
        from_on -> Date,
        recorded_at -> Instant,
        recorded_by -> Text,
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

    course_filing (course_id, number) {
        course_id -> Id,
        number -> Integer,
        filed_on -> Nullable<Date>,
        reference -> Nullable<Text>,
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
