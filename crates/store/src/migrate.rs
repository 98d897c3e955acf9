//! The embedded migrations, one folder a back end.
//!
//! Several processes may start at once: the first migrates, the others wait for it and find nothing to do.

use crate::{
    StoreError,
    db::Db,
    pool::{Address, LOCK_TIMEOUT, Role, open_postgres, open_sqlite},
    writer::BUSY_TRIES,
};
use diesel::{
    PgConnection, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    dsl::sql,
    migration::{MigrationSource, MigrationVersion},
    pg::Pg,
    sql_query,
    sql_types::{Bool, Text},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::time::Duration;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The advisory lock that migrating processes take on PostgreSQL; the number only has to be the same in all of them.
const LOCK: i64 = 5_787_368_105_001;

/// Brings the database to this program's schema; answers the versions that were applied now.
pub(crate) fn migrate(address: &Address, busy_timeout: Duration) -> Result<Vec<String>, StoreError> {
    match open(address, busy_timeout)? {
        Db::Sqlite(mut c) => migrate_sqlite(&mut c),
        Db::Pg(mut c) => {
            // Whoever migrates may take long, so this wait has no end; that for the lock of a table has one.
            c.batch_execute("SET lock_timeout = 0")?;
            sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(&mut c)?;
            c.batch_execute(LOCK_TIMEOUT)?;
            let applied = c.run_pending_migrations(POSTGRES).map(versions).map_err(failed);
            // Closing the connection would free the lock as well.
            sql_query(format!("SELECT pg_advisory_unlock({LOCK})")).execute(&mut c)?;
            applied
        }
    }
}

/// Whether the database is behind this program.
pub(crate) fn is_behind(address: &Address, busy_timeout: Duration) -> Result<bool, StoreError> {
    match open(address, busy_timeout)? {
        Db::Sqlite(mut c) => c.has_pending_migration(SQLITE).map_err(failed),
        Db::Pg(mut c) => is_behind_postgres(&mut c),
    }
}

/// Asked by the service's role, which owns nothing: diesel's own way would first create the table of versions.
fn is_behind_postgres(c: &mut PgConnection) -> Result<bool, StoreError> {
    let found = sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    if !diesel::select(found).get_result::<bool>(c)? {
        return Ok(true);
    }
    let applied = sql::<Text>("SELECT version FROM __diesel_schema_migrations").load::<String>(c)?;
    let ours = MigrationSource::<Pg>::migrations(&POSTGRES).map_err(failed)?;
    Ok(ours.iter().any(|migration| !applied.contains(&migration.name().version().to_string())))
}

fn open(address: &Address, busy_timeout: Duration) -> Result<Db, StoreError> {
    match address {
        Address::Sqlite(path) => open_sqlite(path, Role::Writer, busy_timeout),
        Address::Postgres(url) => open_postgres(url),
    }
}

/// Another process that migrates keeps the file locked; it is waited for as long as the writer would.
fn migrate_sqlite(c: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match migrate_sqlite_once(c) {
            Err(StoreError::Contention(_)) if tries < BUSY_TRIES => {}
            outcome => return outcome,
        }
    }
}

fn migrate_sqlite_once(c: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    // One write lock around all of them, so that two processes cannot both find the same migration missing.
    enum Failure {
        Query(diesel::result::Error),
        Migration(StoreError),
    }
    impl From<diesel::result::Error> for Failure {
        fn from(error: diesel::result::Error) -> Self {
            Self::Query(error)
        }
    }
    c.immediate_transaction(|c| {
        c.run_pending_migrations(SQLITE).map(versions).map_err(|e| Failure::Migration(failed(e)))
    })
    .map_err(|failure| match failure {
        Failure::Query(error) => error.into(),
        Failure::Migration(error) => error,
    })
}

fn versions(applied: Vec<MigrationVersion<'_>>) -> Vec<String> {
    applied.iter().map(ToString::to_string).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migration(error.to_string())
}
