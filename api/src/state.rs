//! What every handler may ask for: `web::Data<AppState>`.

use crate::{
    access::{Access, KeySource},
    audit::{Journal, sealing::Kept},
    auth::Tokens,
    clock::Clock,
    health::Readiness,
    hour_ledger::LabelBook,
    idempotency::UnderWay,
    keys::DataKeys,
    lane::Lane,
    metrics::Metrics,
    policy::RuleBooks,
    quota::Quotas,
    recognition::Rooms,
};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use store::Store;
use uuid::Uuid;

/// The parts of the running service. One for the whole process, shared by all workers.
#[derive(Debug)]
pub struct AppState {
    /// The database, behind its two doors.
    pub store: Store,
    /// The rule book, as last read.
    pub rule_books: RuleBooks,
    /// What courses and platforms are called, as read so far.
    pub labels: LabelBook,
    /// What time it is.
    pub clock: Clock,
    /// Seals and finds personal fields.
    pub keys: Arc<DataKeys>,
    /// Verifies the service's own tokens.
    pub tokens: Tokens,
    /// Who may call besides: clients, issuers and grants, as last read.
    pub access: Access,
    /// Where keys of issuers are fetched.
    pub(crate) key_source: KeySource,
    /// Where callers reach the service, without a slash at the end.
    pub public_url: String,
    /// Counts.
    pub metrics: Metrics,
    /// The limits bodies are read within.
    pub limits: Limits,
    /// What the database said last when asked whether it answers.
    pub(crate) readiness: Readiness,
    /// What each caller may still ask.
    pub(crate) quotas: Quotas,
    /// Where pushes, and registrations in bulk, take turns.
    pub(crate) lane: Arc<Lane>,
    /// How many files may come in, and go out, at once.
    pub(crate) rooms: Rooms,
    /// Reads of people's files and refused attempts, until they are written to the audit trail.
    pub(crate) journal: Journal,
    /// Creations with a key of their caller's that are being worked on.
    pub(crate) under_way: UnderWay,
    /// How often a day one caller may be shown someone's full name and document.
    pub unmaskings_a_day: i64,
    /// How long events of the audit trail are kept.
    pub audit_retention: time::Duration,
    /// How long it is kept who looked at whose file.
    pub access_retention: time::Duration,
    /// How long answers are kept for repeats of their requests.
    pub repeats_retention: time::Duration,
    /// How long items wait at most.
    pub held_retention: time::Duration,
    /// How long changes are kept for those who follow.
    pub changes_retention: time::Duration,
}

/// The longest bodies that are read, after decompression, and how long they may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For an ordinary body, in bytes.
    pub body_bytes: usize,
    /// For a body that carries up to a thousand items, in bytes.
    pub batch_body_bytes: usize,
    /// How long a body, or a chunk of lines, may take to come in. Without an end, a caller who sends a byte a minute would hold a connection
    /// for as long as they please. No setting of operators; tests shorten it.
    pub body_time: Duration,
}

/// How many pushes go through at once, and how many wait for how long.
#[derive(Clone, Copy, Debug)]
pub struct Width {
    /// Pushes that are decided at once.
    pub at_work: usize,
    /// Pushes of one platform that may be under way besides, arriving or waiting for their turn; at least 1.
    pub waiting: usize,
    /// How long one waits for its turn.
    pub patience: Duration,
}

impl AppState {
    /// How long events of the audit trail are kept.
    pub(crate) const fn kept(&self) -> Kept {
        Kept { reads: self.access_retention, others: self.audit_retention }
    }

    /// A new id. UUIDv7, so that rows made one after the other lie beside each other.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A value that is read from the database rarely, kept for as long as the revision it was read at stands.
#[derive(Debug)]
pub struct Cached<T>(RwLock<Option<(i64, Arc<T>)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(RwLock::new(None))
    }
}

impl<T> Cached<T> {
    /// The value, if it was read at this revision.
    #[must_use]
    pub fn at(&self, revision: i64) -> Option<Arc<T>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(at, _)| *at == revision).map(|(_, value)| Arc::clone(value))
    }

    /// Keeps what was read at a revision, unless something newer is kept already, and hands back what was read.
    pub fn keep(&self, revision: i64, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|(at, _)| *at < revision) {
            *held = Some((revision, Arc::clone(&value)));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_reader_of_an_old_revision_replaces_nothing_newer() {
        let cached = Cached::default();
        assert_eq!(cached.at(1), None);
        cached.keep(2, "two");
        assert_eq!(*cached.keep(1, "one"), "one");
        assert_eq!(cached.at(1), None);
        assert_eq!(cached.at(2).as_deref(), Some(&"two"));
    }
}
