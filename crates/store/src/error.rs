//! What can go wrong below the doors, in the few kinds that a caller treats differently.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use thiserror::Error as ThisError;

/// A failure of the store. Messages may quote the database: they are for the log, never for an answer.
#[derive(Debug, ThisError)]
pub enum StoreError {
    /// A unique or primary key already holds this value.
    #[error("conflict in {table:?}: {detail}")]
    Conflict {
        /// The table whose key it is, where the database says it.
        table: Option<String>,
        /// The constraint (PostgreSQL) or the columns (SQLite).
        detail: String,
    },
    /// A foreign key leads nowhere.
    #[error("a referenced row is missing: {0}")]
    MissingReference(String),
    /// A CHECK, NOT NULL or append-only rule refused the row.
    #[error("refused by a rule of the table: {0}")]
    RuleViolated(String),
    /// A text holds U+0000.
    #[error("a text holds U+0000")]
    NulCharacter,
    /// Another transaction was in the way, also after the retries. Doing it again may work.
    #[error("too much contention: {0}")]
    Contention(String),
    /// No connection, no disk, or the store is shutting down.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A job panicked; its transaction was rolled back.
    #[error("a database job panicked")]
    Panicked,
    /// The address or an option is unusable.
    #[error("unusable database setting: {0}")]
    Setting(String),
    /// A migration failed.
    #[error("migration failed: {0}")]
    Migration(String),
    /// What was kept cannot be read back.
    #[error("what was kept cannot be read: {0}")]
    Unreadable(String),
    /// Anything else Diesel says.
    #[error(transparent)]
    Database(Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(kind, info) => from_database(kind, info),
            Error::BrokenTransactionManager => Self::Unavailable("the connection is broken".to_owned()),
            // Neither the COMMIT nor the ROLLBACK after it came through: the connection went away, as with a killed server.
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::Unavailable(commit_error.to_string()),
            other => Self::Database(other),
        }
    }
}

fn from_database(kind: DatabaseErrorKind, info: Box<dyn DatabaseErrorInformation + Send + Sync>) -> StoreError {
    let message = info.message().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation => conflict(info.as_ref()),
        DatabaseErrorKind::ForeignKeyViolation => {
            StoreError::MissingReference(info.constraint_name().unwrap_or(&message).to_owned())
        }
        DatabaseErrorKind::CheckViolation if message.contains("no_nul") => StoreError::NulCharacter,
        DatabaseErrorKind::CheckViolation | DatabaseErrorKind::NotNullViolation => StoreError::RuleViolated(message),
        DatabaseErrorKind::SerializationFailure => StoreError::Contention(message),
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            StoreError::Unavailable(message)
        }
        kind => from_message(kind, info, &message),
    }
}

/// The rest has no kind of its own in Diesel, so the message decides.
fn from_message(
    kind: DatabaseErrorKind,
    info: Box<dyn DatabaseErrorInformation + Send + Sync>,
    message: &str,
) -> StoreError {
    if message.contains("is append-only") {
        StoreError::RuleViolated(message.to_owned())
    } else if message.contains("0x00") {
        StoreError::NulCharacter
    } else if is_contention(message) {
        StoreError::Contention(message.to_owned())
    } else if is_unavailable(message) {
        StoreError::Unavailable(message.to_owned())
    } else {
        StoreError::Database(Error::DatabaseError(kind, info))
    }
}

fn conflict(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    // SQLite says "UNIQUE constraint failed: course.course_code", PostgreSQL has fields for it.
    let columns = info.message().rsplit(": ").next().unwrap_or_default();
    let table = info.table_name().or_else(|| columns.split_once('.').map(|(table, _)| table));
    StoreError::Conflict {
        table: table.map(str::to_owned),
        detail: info.constraint_name().unwrap_or(columns).to_owned(),
    }
}

/// Deadlocks and locks that were not granted in time.
pub(crate) fn is_contention(message: &str) -> bool {
    ["deadlock detected", "database is locked", "database table is locked", "lock timeout"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// A server that went away, or a disk that is full.
pub(crate) fn is_unavailable(message: &str) -> bool {
    [
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "no connection to the server",
        "the database system is",
        "could not receive data",
        "could not send data",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}
