//! A database that holds rows becomes one of this program's schema, and keeps them.

use crate::{
    append_only::execute,
    databases::on_each_empty,
    review::fill_cases,
    sample::{AT, fill},
};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use domain::{
    kernel::{CaseId, LearnerId},
    policy::shape::Seat,
    review::{Case, Filing, HoursLeft, Opening, Subject},
};
use std::path::Path;
use store::{
    Db, Store, StoreError,
    review::{find_case, open_case},
};
use uuid::Uuid;

/// How many migrations there are before the one that makes `review_case` anew on SQLite.
const BEFORE_VERIFICATION: usize = 18;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Brings an empty database to an earlier schema.
fn migrate_to(store: &Store, number: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let of = |back_end: &str| FileBasedMigrations::from_path(folder.join(back_end)).unwrap();
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    let run = move |db: &mut Db| {
        for _ in 0..number {
            match db {
                Db::Sqlite(c) => drop(c.run_next_migration(sqlite.clone()).unwrap()),
                Db::Pg(c) => drop(c.run_next_migration(postgres.clone()).unwrap()),
            }
        }
        Ok::<_, StoreError>(())
    };
    store.write_blocking(run).unwrap();
}

/// Every column of every case.
fn rows(store: &Store) -> Vec<String> {
    let read = |db: &mut Db| {
        let lines: Vec<Line> = match db {
            Db::Sqlite(c) => sql_query(
                "SELECT json_array(hex(case_id), subject, hex(learner_id), hex(employer_id), place_code, opening, opened_at, number, \
                 phase, stage, reach, seat, arrived_on, due_on, arrived_at, claimed_by, claim_ends_at) AS line \
                 FROM review_case ORDER BY case_id",
            )
            .load(c)?,
            Db::Pg(c) => {
                sql_query("SELECT to_jsonb(review_case)::text AS line FROM review_case ORDER BY case_id").load(c)?
            }
        };
        Ok::<_, StoreError>(lines.into_iter().map(|line| line.line).collect())
    };
    store.read_blocking(read).unwrap()
}

/// Opens a case about somebody's year.
fn open_verification(store: &Store, learner: LearnerId) -> Result<CaseId, StoreError> {
    let filed_by = Filing { name: "employer".to_owned(), learner: None, seat: Seat::Employer, reach: None };
    let (id, subject) = (CaseId::from_uuid(Uuid::now_v7()), Subject::YearVerification);
    let opening = Opening { id, subject, learner, filed_by, hours: HoursLeft::Computed };
    store.write_blocking(move |db| open_case(db, &opening, (None, None), AT))?;
    Ok(id)
}

#[test]
fn cases_of_before_years_were_verified_stay_as_they_are_and_are_guarded_as_they_were() {
    on_each_empty(|database| {
        let store = database.store();
        migrate_to(store, BEFORE_VERIFICATION);
        let sample = fill(store);
        fill_cases(store, sample.learner, sample.employer);
        let before = rows(store);
        assert_eq!(before.len(), 4);
        let refused = open_verification(store, sample.learner);
        assert!(matches!(refused, Err(StoreError::RuleViolated(_))), "{refused:?}");

        assert!(store.is_behind().unwrap());
        let applied = store.migrate().unwrap();
        assert!(!applied.is_empty() && !store.is_behind().unwrap(), "{applied:?}");
        assert_eq!(rows(store), before);
        let id = open_verification(store, sample.learner).unwrap();
        let found: Case = store.read_blocking(move |db| find_case(db, id)).unwrap().unwrap();
        assert_eq!(found.opening().subject, Subject::YearVerification);
        for change in [
            "UPDATE review_case SET subject = 'recognition'",
            "UPDATE review_case SET employer_id = NULL WHERE phase <> 'draft'",
            "DELETE FROM review_case",
            "DELETE FROM review_event",
        ] {
            assert!(matches!(execute(store, change.to_owned()), Err(StoreError::RuleViolated(_))), "{change}");
        }
        assert_eq!(rows(store).len(), 5);
    });
}
