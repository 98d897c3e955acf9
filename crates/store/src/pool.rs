//! Where connections come from: the address, the settings of each connection, and the pool.

use crate::{
    StoreError, StoreOptions,
    db::{Db, Faults, Tx},
};
use diesel::{
    Connection, PgConnection, SqliteConnection,
    r2d2::{ManageConnection, Pool, PooledConnection},
};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::{fs::OpenOptions, io, path::Path, time::Duration};

/// Which database an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Sqlite(String),
    Postgres(String),
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").unwrap_or(url);
        if path.is_empty() || path == ":memory:" || path.contains("://") {
            return Err(StoreError::Setting(
                "expected a file name, sqlite://FILE or postgres://USER@HOST/DATABASE".to_owned(),
            ));
        }
        match Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) if !folder.is_dir() => {
                Err(StoreError::Setting(format!("the folder {} does not exist", folder.display())))
            }
            _ => Ok(Self::Sqlite(path.to_owned())),
        }
    }
}

/// What a SQLite connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

pub(crate) fn open_sqlite(path: &str, role: Role, busy_timeout: Duration) -> Result<Db, StoreError> {
    let unavailable = |e: &dyn std::fmt::Display| StoreError::Unavailable(e.to_string());
    if role == Role::Writer {
        create_private(path).map_err(|e| unavailable(&e))?;
    }
    let mut db = Db::Sqlite(SqliteConnection::establish(path).map_err(|e| unavailable(&e))?);
    // The timeout comes first: the next pragma may already meet a lock.
    db.execute(&format!("PRAGMA busy_timeout = {}", busy_timeout.as_millis())).map_err(|e| unavailable(&e))?;
    // Readers may not switch the journal: only the writer makes the file.
    let journal = match role {
        Role::Writer => "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 20000;",
        Role::Reader => "PRAGMA query_only = ON;",
    };
    db.execute(&format!(
        "{journal} PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;
         PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -20000; PRAGMA temp_store = MEMORY;"
    ))
    .map_err(|e| unavailable(&e))?;
    Ok(db)
}

/// Makes a missing file that its owner alone can read: it will hold what is known of persons. SQLite gives the files beside
/// it (`-wal`, `-shm`) the same mode. A file that is there keeps the mode that somebody gave it.
fn create_private(path: &str) -> io::Result<()> {
    // A URI is for SQLite to read.
    if path.starts_with("file:") {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn open_postgres(url: &str) -> Result<Db, StoreError> {
    let unavailable = |e: &dyn std::fmt::Display| StoreError::Unavailable(e.to_string());
    let mut db = Db::Pg(PgConnection::establish(url).map_err(|e| unavailable(&e))?);
    // A job that waits for a lock gives up before its caller does; a replica that hangs frees its locks.
    db.execute(
        "SET TIME ZONE 'UTC'; SET client_min_messages = warning; SET lock_timeout = '10s';
         SET idle_in_transaction_session_timeout = '60s'; SET application_name = 'xueshi'",
    )
    .map_err(|e| unavailable(&e))?;
    Ok(db)
}

/// A connection with what was seen to go wrong on it.
pub(crate) struct Pooled {
    pub(crate) db: Db,
    pub(crate) faults: Faults,
}

pub(crate) struct Manager {
    address: Address,
    busy_timeout: Duration,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = StoreError;

    fn connect(&self) -> Result<Pooled, StoreError> {
        let mut db = match &self.address {
            Address::Sqlite(path) => open_sqlite(path, Role::Reader, self.busy_timeout)?,
            Address::Postgres(url) => open_postgres(url)?,
        };
        let faults = Faults::default();
        db.watch(&faults);
        Ok(Pooled { db, faults })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), StoreError> {
        Ok(pooled.db.execute("SELECT 1")?)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.faults.broken() || !matches!(pooled.db.depth(), Ok(0))
    }
}

/// Readers on SQLite, all connections on PostgreSQL.
#[derive(Clone)]
pub(crate) struct Connections {
    pool: Pool<Manager>,
    size: u32,
}

impl Connections {
    pub(crate) fn open(address: Address, options: &StoreOptions) -> Result<Self, StoreError> {
        let size = match address {
            Address::Sqlite(_) => options.sqlite_readers,
            Address::Postgres(_) => options.postgres_pool,
        };
        if size == 0 {
            return Err(StoreError::Setting("a pool needs at least one connection".to_owned()));
        }
        let manager = Manager { address, busy_timeout: options.busy_timeout };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            // BEGIN is the test, see `begin`: a SELECT 1 before each job would be a round trip for nothing.
            .test_on_check_out(false)
            .connection_timeout(options.acquire_timeout)
            .error_handler(Box::new(Complain))
            .build_unchecked(manager);
        Ok(Self { pool, size })
    }

    /// A connection with its transaction begun. One that the server dropped while idle is replaced: nothing was done on
    /// it yet.
    pub(crate) fn begin(&self, kind: Tx) -> Result<PooledConnection<Manager>, StoreError> {
        let mut last = None;
        for _ in 0..=self.size {
            let mut pooled = self.pool.get().map_err(|e| StoreError::Unavailable(e.to_string()))?;
            match pooled.db.begin(kind) {
                Ok(()) => {
                    pooled.faults.start_over();
                    return Ok(pooled);
                }
                Err(error) => {
                    pooled.faults.break_connection();
                    last = Some(error);
                }
            }
        }
        Err(last.map_or_else(|| StoreError::Unavailable("no connection".to_owned()), StoreError::from))
    }
}

#[derive(Debug)]
struct Complain;

impl diesel::r2d2::HandleError<StoreError> for Complain {
    fn handle_error(&self, error: StoreError) {
        log::warn!("a database connection could not be opened: {error}");
    }
}
