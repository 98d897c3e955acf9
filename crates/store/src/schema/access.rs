//! Who may call: clients, issuers and grants.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    client (client_id) {
        client_id -> Id,
        kind -> Text,
        platform_id -> Nullable<Id>,
        name -> Text,
        scopes -> Text,
        jwks -> Nullable<Text>,
        created_at -> Instant,
        created_by -> Text,
        updated_at -> Instant,
        disabled_at -> Nullable<Instant>,
        tokens_from_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    client_secret (secret_id) {
        secret_id -> Id,
        client_id -> Id,
        secret_hash -> Binary,
        from_at -> Instant,
        until_at -> Nullable<Instant>,
        created_at -> Instant,
        created_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    client_assertion (client_id, jti) {
        client_id -> Id,
        jti -> Text,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    token_issuer (issuer_id) {
        issuer_id -> Id,
        iss -> Text,
        name -> Text,
        audience -> Text,
        names_learners -> Bool,
        names_officials -> Bool,
        algorithms -> Text,
        jwks -> Nullable<Text>,
        jwks_uri -> Nullable<Text>,
        jwks_fetched_at -> Nullable<Instant>,
        jwks_failed_at -> Nullable<Instant>,
        jwks_failure -> Nullable<Text>,
        jwks_failures -> Integer,
        jwks_due_at -> Nullable<Instant>,
        longest_token_seconds -> Integer,
        created_at -> Instant,
        created_by -> Text,
        updated_at -> Instant,
        disabled_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    access_grant (grant_id) {
        grant_id -> Id,
        issuer_id -> Id,
        subject -> Text,
        role -> Text,
        place_code -> Nullable<Text>,
        employer_id -> Nullable<Id>,
        base_id -> Nullable<Id>,
        series -> Nullable<Text>,
        from_on -> Date,
        until_on -> Nullable<Date>,
        given_at -> Instant,
        given_by -> Text,
        reason -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{Id, Instant};

    access_grant_withdrawal (grant_id) {
        grant_id -> Id,
        withdrawn_at -> Instant,
        withdrawn_by -> Text,
        reason -> Text,
    }
}
