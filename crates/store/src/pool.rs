//! Where connections come from: the address, the settings of each connection, and the pool.

use crate::{
    StoreError, StoreOptions,
    db::{Db, Faults, Tx},
};
use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    dsl::sql,
    r2d2::{ManageConnection, Pool, PooledConnection},
    sql_types::Text,
};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::{fs::OpenOptions, io, path::Path, time::Duration};

/// How long a statement on PostgreSQL waits for a lock.
pub(crate) const LOCK_TIMEOUT: &str = "SET lock_timeout = '10s'";

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
        Role::Writer => "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 20000; PRAGMA secure_delete = FAST;",
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

/// What libpq is told of a server that says nothing: it is given up, so that whoever waits for it is let go. Seconds, but for the
/// last, which is milliseconds.
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "15"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
];

/// The address with all of that which it does not say itself.
fn patient(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in PATIENCE {
        let query = url.split_once('?').map(|(_, query)| query);
        let said = query.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some(name)));
        if !said {
            let joint = if query.is_none() { '?' } else { '&' };
            url = format!("{url}{joint}{name}={value}");
        }
    }
    url
}

pub(crate) fn open_postgres(url: &str) -> Result<Db, StoreError> {
    let unavailable = |e: &dyn std::fmt::Display| StoreError::Unavailable(e.to_string());
    let mut db = Db::Pg(PgConnection::establish(&patient(url)).map_err(|e| unavailable(&e))?);
    // A job that waits for a lock gives up before its caller does; a replica that hangs frees its locks.
    db.execute(&format!(
        "SET TIME ZONE 'UTC'; SET client_min_messages = warning; {LOCK_TIMEOUT};
         SET idle_in_transaction_session_timeout = '60s'; SET application_name = 'xueshi'",
    ))
    .map_err(|e| unavailable(&e))?;
    if let Db::Pg(c) = &mut db {
        speak_english(c)?;
    }
    Ok(db)
}

/// Diesel tells no SQLSTATE, so deadlocks, lock timeouts and a server that shuts down are known by their messages. A server
/// that writes them in another language would have each taken for a fault of the program, so it is refused.
fn speak_english(c: &mut PgConnection) -> Result<(), StoreError> {
    let unavailable = |e: diesel::result::Error| StoreError::Unavailable(e.to_string());
    let language = |c: &mut PgConnection| {
        diesel::select(sql::<Text>("current_setting('lc_messages')")).get_result::<String>(c).map_err(unavailable)
    };
    let found = language(c)?;
    if is_english(&found) {
        return Ok(());
    }
    // Only a superuser, or a role that was granted it, may set it for itself.
    match c.batch_execute("SET lc_messages = 'C'") {
        Ok(()) => Ok(()),
        Err(_) => Err(StoreError::Setting(format!(
            "the server's messages are in the language \"{found}\" and must be in English; as a superuser: \
             ALTER ROLE {} SET lc_messages = 'C'",
            diesel::select(sql::<Text>("quote_ident(current_user)")).get_result::<String>(c).map_err(unavailable)?
        ))),
    }
}

/// Whether messages under this locale are English. An empty name means that of the server's environment, which cannot be seen.
fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
    ["C", "POSIX", "en", "English"].contains(&language)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_of_patience_stands() {
        let all =
            "connect_timeout=5&keepalives_idle=15&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=30000";
        assert_eq!(patient("postgres://u@h/d"), format!("postgres://u@h/d?{all}"));
        let own = patient("postgres://u@h/d?sslmode=verify-full&connect_timeout=60");
        assert!(
            own.starts_with("postgres://u@h/d?sslmode=verify-full&connect_timeout=60&keepalives_idle=15&"),
            "{own}"
        );
        assert_eq!(own.matches("connect_timeout").count(), 1, "{own}");
    }

    #[test]
    fn only_messages_in_english_are_understood() {
        for locale in ["C", "POSIX", "C.UTF-8", "en_US.utf8", "en_GB", "English_United States.1252"] {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["", "zh_CN.UTF-8", "de_DE@euro", "Chinese (Simplified)_China.936"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
