//! One connection of either back end, the macro that writes a query once, and transactions.
//!
//! Not here: where connections come from ([`crate::pool`]) and who may open a transaction ([`crate::Store`]).

use crate::StoreError;
use diesel::{
    Connection, PgConnection, QueryResult, SqliteConnection,
    connection::{
        AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection, TransactionManager,
        TransactionManagerStatus,
    },
    result::{DatabaseErrorKind, Error},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// A connection inside a transaction. Query functions take `&mut Db`; the doors of [`crate::Store`] hand it out.
#[expect(missing_debug_implementations, reason = "connections show nothing worth printing")]
pub enum Db {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The server.
    Pg(PgConnection),
}

/// Writes a query once for both back ends: `on_db!(db, c => query.load(c))`.
macro_rules! on_db {
    ($db:expr, $c:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite($c) => $body,
            $crate::db::Db::Pg($c) => $body,
        }
    };
}
pub(crate) use on_db;

/// What a transaction is for. SQLite takes the write lock at once, so that no write can fail half-way for want of it.
/// A read sees one snapshot on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tx {
    Read,
    Write,
}

impl Db {
    /// A savepoint around a part of the transaction: when `part` fails, only its own writes are undone.
    pub fn savepoint<T, E: From<StoreError>>(&mut self, part: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        on_db!(self, c => AnsiTransactionManager::begin_transaction(c)).map_err(StoreError::from)?;
        let outcome = part(self);
        self.end(outcome)
    }

    /// The whole transaction: begun before, `f` run with its panics caught, committed or rolled back.
    pub(crate) fn run<T, E: From<StoreError>>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let depth = self.depth().map_err(StoreError::from)?;
        let outcome = self.catch(depth, f);
        self.end(outcome)
    }

    /// Runs `f`; a panic becomes an error, and the savepoints it left open are rolled back to `depth`.
    pub(crate) fn catch<T, E: From<StoreError>>(
        &mut self,
        depth: u32,
        f: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| f(self))) {
            return outcome;
        }
        while self.depth().map_err(StoreError::from)? > depth {
            self.rollback().map_err(StoreError::from)?;
        }
        Err(StoreError::Panicked.into())
    }

    /// Commits (or releases the savepoint) after a success, rolls back after a failure.
    fn end<T, E: From<StoreError>>(&mut self, outcome: Result<T, E>) -> Result<T, E> {
        let depth = self.depth().map_err(StoreError::from)?;
        let failure = match outcome {
            Ok(value) => match self.commit() {
                Ok(()) => return Ok(value),
                Err(error) => StoreError::from(error).into(),
            },
            Err(failure) => failure,
        };
        // A COMMIT that fails has rolled back already, the release of a savepoint has not. A rollback that fails has
        // marked the connection broken; the first failure is the news.
        if matches!(self.depth(), Ok(now) if now == depth)
            && let Err(rollback) = self.rollback()
        {
            log::error!("a rollback failed: {rollback}");
        }
        Err(failure)
    }

    /// Before a commit on PostgreSQL: an aborted transaction answers COMMIT with a silent ROLLBACK, so after any error
    /// that the job swallowed it is asked whether it still lives.
    pub(crate) fn refuse_if_aborted(&mut self, faults: &Faults) -> Result<(), StoreError> {
        if faults.seen_error() { Ok(self.execute("SELECT 1")?) } else { Ok(()) }
    }

    /// Makes a connection usable again whose transaction the database has ended by itself.
    pub(crate) fn forget_transaction(&mut self) {
        on_db!(self, c => *status(c) = TransactionManagerStatus::default());
    }

    pub(crate) fn begin(&mut self, kind: Tx) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => {
                let sql = if kind == Tx::Read { "BEGIN" } else { "BEGIN IMMEDIATE" };
                AnsiTransactionManager::begin_transaction_sql(c, sql)
            }
            Self::Pg(c) => {
                let sql = if kind == Tx::Read { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" };
                AnsiTransactionManager::begin_transaction_sql(c, sql)
            }
        }
    }

    pub(crate) fn begin_savepoint(&mut self) -> QueryResult<()> {
        on_db!(self, c => AnsiTransactionManager::begin_transaction(c))
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        on_db!(self, c => AnsiTransactionManager::commit_transaction(c))
    }

    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        on_db!(self, c => AnsiTransactionManager::rollback_transaction(c))
    }

    /// How many transactions and savepoints are open; an error when the connection no longer knows.
    pub(crate) fn depth(&mut self) -> QueryResult<u32> {
        let depth = on_db!(self, c => status(c).transaction_depth())?;
        Ok(depth.map_or(0, std::num::NonZeroU32::get))
    }

    pub(crate) fn execute(&mut self, sql: &str) -> QueryResult<()> {
        on_db!(self, c => c.batch_execute(sql))
    }

    pub(crate) fn watch(&mut self, faults: &Faults) {
        let watcher = Watcher(faults.clone());
        on_db!(self, c => c.set_instrumentation(watcher));
    }
}

fn status<C: Connection<TransactionManager = AnsiTransactionManager>>(c: &mut C) -> &mut TransactionManagerStatus {
    AnsiTransactionManager::transaction_manager_status_mut(c)
}

/// What went wrong on a connection, seen below the caller's error type: whether to try again, whether to keep it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<AtomicU8>);

const CONTENTION: u8 = 1;
const BROKEN: u8 = 2;
const ERROR: u8 = 4;

impl Faults {
    pub(crate) fn contention(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CONTENTION != 0
    }

    pub(crate) fn broken(&self) -> bool {
        self.0.load(Ordering::Relaxed) & BROKEN != 0
    }

    pub(crate) fn break_connection(&self) {
        self.0.fetch_or(BROKEN, Ordering::Relaxed);
    }

    pub(crate) fn seen_error(&self) -> bool {
        self.0.load(Ordering::Relaxed) & ERROR != 0
    }

    /// A new transaction starts with a clean sheet, on a connection that may still be broken.
    pub(crate) fn start_over(&self) {
        self.0.fetch_and(BROKEN, Ordering::Relaxed);
    }

    fn note(&self, error: &Error) {
        let bit = match error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => CONTENTION,
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _)
            | Error::BrokenTransactionManager => BROKEN,
            Error::DatabaseError(_, info) if crate::error::is_contention(info.message()) => CONTENTION,
            Error::DatabaseError(_, info) if crate::error::is_unavailable(info.message()) => BROKEN,
            _ => 0,
        };
        self.0.fetch_or(bit | ERROR, Ordering::Relaxed);
    }
}

struct Watcher(Faults);

impl Instrumentation for Watcher {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event {
            self.0.note(error);
        }
    }
}
