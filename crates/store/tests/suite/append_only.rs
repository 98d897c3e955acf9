//! What is recorded stays: append-only tables refuse every way to change a row.

use crate::{
    catalogue,
    databases::on_each,
    evidence::fill_evidence,
    sample::{self, AT, Sample, fill},
};
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use domain::{
    access::Role,
    kernel::{GrantId, IssuerId, LearnerId, PlatformId},
};
use std::collections::BTreeSet;
use store::{
    Db, Store, StoreError,
    access::{self, AccessGrant, AccessGrantWithdrawal, TokenIssuer},
    policy, registry,
};
use time::macros::date;
use uuid::Uuid;

const APPEND_ONLY: [&str; 32] = [
    "access_grant",
    "access_grant_withdrawal",
    "audit_event",
    "audit_member",
    "audit_seal",
    "completion",
    "completion_decision",
    "completion_outcome",
    "course_filing",
    "course_finding_line",
    "course_version",
    "employer_kind",
    "finding",
    "finding_line",
    "finding_step",
    "hour_entry",
    "learner",
    "learner_employer",
    "learner_merge",
    "learner_merge_item",
    "learner_merge_undoing",
    "learner_place",
    "learner_post",
    "policy_publication",
    "policy_version",
    "provisional_case",
    "reassessment_item",
    "recognition_claim",
    "review_event",
    "verification_batch",
    "verification_case",
    "verification_step",
];

/// Tables of which a part stays as it was written and the rest may change, or whose rows go when their time is over.
const IN_PART: [&str; 9] = [
    "change",
    "change_number",
    "correction",
    "course_finding",
    "office_exception",
    "reassessment",
    "recognition_evidence",
    "review_case",
    "roll",
];

#[test]
fn every_table_that_refuses_a_change_is_tried_here() {
    on_each(|database| {
        let named: BTreeSet<&str> = APPEND_ONLY.into_iter().chain(IN_PART).collect();
        let found = catalogue::guarded_tables(database.store());
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), named);
    });
}

pub(crate) fn execute(store: &Store, sql: String) -> Result<(), StoreError> {
    store.write_blocking(move |db| {
        match db {
            Db::Sqlite(c) => c.batch_execute(&sql)?,
            Db::Pg(c) => c.batch_execute(&sql)?,
        }
        Ok(())
    })
}

fn count(store: &Store, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    let query = format!("SELECT count(*) AS rows FROM {table}");
    let found: Result<Count, StoreError> = store.read_blocking(|db| match db {
        Db::Sqlite(c) => Ok(sql_query(query).get_result(c)?),
        Db::Pg(c) => Ok(sql_query(query).get_result(c)?),
    });
    found.unwrap().rows
}

#[test]
fn append_only_tables_refuse_update_delete_replace_and_truncate() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        fill_evidence(store, &sample);
        let Sample { course, policy, .. } = sample;
        fill_access(store);
        fill_merge(store, sample.learner);
        crate::review::fill_review(store, sample.learner);
        crate::recognition::fill_claim(store, sample.learner);
        crate::findings::fill_finding(store, sample.learner);
        crate::provisional::fill_case(store, sample.learner);
        crate::verification::fill_verification(store, sample.learner);
        crate::course_findings::fill_course_finding(store, &sample);
        crate::reassessment::fill_reassessment(store, policy);
        crate::audit::fill_sealed(store);
        store
            .write_blocking(move |db| {
                registry::insert_filing(db, course, Some(&(date!(2021 - 02 - 01), "备案1号".into())), AT, "officer")?;
                policy::publish(db, policy, AT, "administrator")
            })
            .unwrap();
        let last = match store.backend() {
            store::Backend::Sqlite => "INSERT OR REPLACE INTO {} SELECT * FROM {}",
            store::Backend::Postgres => "TRUNCATE {} CASCADE",
        };
        for table in APPEND_ONLY {
            let rows = count(store, table);
            assert!(rows > 0, "{table} must hold a row for this test to mean something");
            let key = if table.starts_with("completion_o") { "attempt" } else { key_of(table) };
            for sql in
                [format!("UPDATE {table} SET {key} = {key}"), format!("DELETE FROM {table}"), last.replace("{}", table)]
            {
                let refused = execute(store, sql.clone());
                let Err(StoreError::RuleViolated(message)) = &refused else { panic!("{sql}: {refused:?}") };
                assert!(message.contains("append-only"), "{sql}: {message}");
            }
            assert_eq!(count(store, table), rows);
        }
    });
}

/// A merge that was undone.
fn fill_merge(store: &Store, ends: LearnerId) {
    let (merge, undoing) = sample::undone_merge(ends, LearnerId::from_uuid(Uuid::now_v7()));
    let filled: Result<(), StoreError> = store.write_blocking(move |db| {
        registry::insert_merge(db, &merge)?;
        let item = (PlatformId::from_uuid(Uuid::now_v7()), "E-1".to_owned());
        registry::insert_merge_items(db, merge.merge_id, &[item])?;
        registry::insert_undoing(db, &undoing)
    });
    filled.unwrap();
}

/// A grant that was withdrawn.
fn fill_access(store: &Store) {
    let issuer_id = IssuerId::from_uuid(Uuid::now_v7());
    let issuer = TokenIssuer {
        issuer_id,
        iss: "https://portal.test".to_owned(),
        name: "示例门户".to_owned(),
        audience: "xueshi-api".to_owned(),
        names_learners: false,
        names_officials: true,
        algorithms: "EdDSA".to_owned(),
        jwks: Some("{}".to_owned()),
        jwks_uri: None,
        jwks_fetched_at: None,
        jwks_failed_at: None,
        jwks_failure: None,
        jwks_failures: 0,
        jwks_due_at: None,
        longest_token_seconds: 43_200,
        created_at: AT,
        created_by: "administrator".to_owned(),
        updated_at: AT,
        disabled_at: None,
    };
    let grant = AccessGrant {
        grant_id: GrantId::from_uuid(Uuid::now_v7()),
        issuer_id,
        subject: "li".to_owned(),
        role: Role::SecurityAdministrator,
        place_code: None,
        employer_id: None,
        base_id: None,
        series: None,
        from_on: date!(2021 - 03 - 01),
        until_on: None,
        given_at: AT,
        given_by: "administrator".to_owned(),
        reason: "任命".to_owned(),
    };
    let end = AccessGrantWithdrawal {
        grant_id: grant.grant_id,
        withdrawn_at: AT,
        withdrawn_by: "administrator".to_owned(),
        reason: "调离".to_owned(),
    };
    let filled: Result<(), StoreError> = store.write_blocking(move |db| {
        access::insert_issuer(db, &issuer)?;
        access::insert_grant(db, &grant)?;
        access::insert_withdrawal(db, &end)
    });
    filled.unwrap();
}

fn key_of(table: &str) -> &'static str {
    match table {
        "access_grant" | "access_grant_withdrawal" => "grant_id",
        "audit_event" | "audit_member" => "event_id",
        "audit_seal" => "number",
        "completion" | "completion_decision" => "external_id",
        "course_filing" | "course_version" => "course_id",
        "employer_kind" => "employer_id",
        "learner_merge" | "learner_merge_item" | "learner_merge_undoing" => "merge_id",
        "policy_publication" | "policy_version" => "policy_id",
        "review_event" => "case_id",
        "verification_batch" => "batch_id",
        _ => "learner_id",
    }
}
