//! The only SQL: an embedded SQLite file or a PostgreSQL server behind two doors.
//!
//! [`Store::read`] and [`Store::write`] are the only ways in. Each is one transaction, run off the async threads, and hands a
//! [`Db`] to a closure that calls the query functions of the rooms ([`policy`], [`registry`], [`completions`],
//! [`hour_ledger`], [`access`], [`audit`], [`changes`], [`reassessment`], [`recognition`], [`review`], [`work`]). A query is written once for both back ends. Choices do not live here: rows come in and go
//! out, `domain` decides. Start at [`db`] for how one query serves two databases, then at the room you need.

pub mod access;
pub mod audit;
mod bulk;
pub mod changes;
pub mod completions;
pub mod corrections;
mod db;
mod error;
pub mod exceptions;
pub mod findings;
pub mod hour_ledger;
pub mod idempotency;
pub mod key_proofs;
mod migrate;
pub mod policy;
mod pool;
pub mod reassessment;
pub mod recognition;
pub mod registry;
pub mod review;
pub mod roll;
mod schema;
pub mod sealed;
mod types;
pub mod verification;
pub mod work;
mod writer;

pub use db::Db;
pub use error::StoreError;
pub use types::whole_micros;

use db::Tx;
use pool::{Address, Connections};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;
use writer::{Job, NotQueued, Task, Writer};

/// How often a write on PostgreSQL is run when another transaction gets in its way.
const WRITE_TRIES: u32 = 4;

/// Whether connections to PostgreSQL can be encrypted at all: the feature `postgres-tls`.
pub const SPEAKS_TLS_TO_POSTGRES: bool = cfg!(feature = "postgres-tls");

/// What can be set about the connections.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections to PostgreSQL: two to four a core of the server, shared by all replicas.
    pub postgres_pool: u32,
    /// Connections that read SQLite; writes have one of their own.
    pub sqlite_readers: u32,
    /// How long a job may wait for a connection.
    pub acquire_timeout: Duration,
    /// How long whoever asks for a transaction waits for its end. It may end well all the same, later.
    pub answer_timeout: Duration,
    /// How long SQLite waits for another process that holds the file's lock.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            postgres_pool: 8,
            sqlite_readers: 4,
            acquire_timeout: Duration::from_secs(3),
            answer_timeout: Duration::from_secs(30),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// Which database stands behind a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded file.
    Sqlite,
    /// The server.
    Postgres,
}

/// The database. Cloning is cheap; the last clone to go lets queued writes finish.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    address: Address,
    options: StoreOptions,
    connections: Connections,
    /// Only on SQLite.
    writer: Option<Writer>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_tuple("Store").field(&self.backend()).finish()
    }
}

impl Store {
    /// Opens a database: a file name or `sqlite://FILE` (created when missing), or `postgres://..`. Fails when it cannot be
    /// reached now.
    pub fn connect(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let address = Address::parse(url)?;
        // The writer first: it creates the file and sets its journal.
        let writer = match &address {
            Address::Sqlite(path) => Some(Writer::start(path, options.busy_timeout)?),
            Address::Postgres(_) => None,
        };
        if let Address::Postgres(url) = &address {
            // A wrong password or name is told as it is, not as a timeout of the pool.
            pool::open_postgres(url)?;
        }
        let connections = Connections::open(address.clone(), options)?;
        let store = Self(Arc::new(Inner { address, options: options.clone(), connections, writer }));
        Ok(store)
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        if self.0.writer.is_some() { Backend::Sqlite } else { Backend::Postgres }
    }

    /// Brings the schema up to this program's; answers the versions applied now. Blocks. Safe in several processes at once.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        migrate::migrate(&self.0.address, self.0.options.busy_timeout)
    }

    /// Whether the schema is behind this program's. Blocks.
    pub fn is_behind(&self) -> Result<bool, StoreError> {
        migrate::is_behind(&self.0.address, self.0.options.busy_timeout)
    }

    /// One reading transaction on one snapshot, off the async threads. What it writes is refused by the database.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Db) -> Result<T, E> + Send + 'static,
    {
        let connections = self.0.connections.clone();
        self.in_time(off_thread(move || read_on(&connections, f))).await
    }

    /// One writing transaction, off the async threads. It is answered after the COMMIT. The closure may run more than once
    /// (PostgreSQL, when another transaction gets in its way), so it must not act outside the database.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Db) -> Result<T, E> + Send + 'static,
    {
        let Some(writer) = &self.0.writer else {
            let connections = self.0.connections.clone();
            return self.in_time(off_thread(move || write_on(&connections, f))).await;
        };
        let (reply, answer) = oneshot::channel();
        // A caller that is gone needs no answer: its write stands all the same.
        let answer_to = move |outcome| drop(reply.send(outcome));
        let job = Box::new(Task { work: f, outcome: None, answer: answer_to });
        match writer.queue(job) {
            Ok(()) => {}
            Err(NotQueued::Closed) => return Err(closed().into()),
            Err(NotQueued::Full(queue, job)) => {
                self.in_time(off_thread(move || queue.send(job).map_err(|_| E::from(closed())))).await?;
            }
        }
        self.in_time(async { answer.await.unwrap_or_else(|_| Err(closed().into())) }).await
    }

    /// What a transaction answers, if it does in time. A server that went away without a word, or a lock that nobody lets go of,
    /// holds up a thread until the system notices; who asked is told before.
    async fn in_time<T, E: From<StoreError>>(&self, job: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let late = |_| Err(StoreError::Unavailable("no answer in time".to_owned()).into());
        tokio::time::timeout(self.0.options.answer_timeout, job).await.unwrap_or_else(late)
    }

    /// [`Store::read`] for callers without an async runtime. Blocks.
    pub fn read_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut Db) -> Result<T, E>,
    {
        read_on(&self.0.connections, f)
    }

    /// [`Store::write`] for callers without an async runtime. Blocks.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut Db) -> Result<T, E> + Send + 'static,
    {
        let Some(writer) = &self.0.writer else { return write_on(&self.0.connections, f) };
        let (reply, answer) = std::sync::mpsc::channel();
        let job: Box<dyn Job> =
            Box::new(Task { work: f, outcome: None, answer: move |outcome| drop(reply.send(outcome)) });
        match writer.queue(job) {
            Ok(()) => {}
            Err(NotQueued::Closed) => return Err(closed().into()),
            Err(NotQueued::Full(queue, job)) => queue.send(job).map_err(|_| closed())?,
        }
        answer.recv().unwrap_or_else(|_| Err(closed().into()))
    }

    /// Whether the database answers soon, and lets itself be written to.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let late = || StoreError::Unavailable("no answer in time".to_owned());
        let asked = async {
            self.read(|db| Ok::<_, StoreError>(db.execute("SELECT 1")?)).await?;
            // Readers of SQLite do not notice that its one writer waits for another process.
            if self.0.writer.is_some() { self.write(|_| Ok(())).await } else { Ok(()) }
        };
        tokio::time::timeout(self.0.options.acquire_timeout, asked).await.map_err(|_| late())?
    }

    /// Takes no more writes (on SQLite) and returns when those queued are committed. Blocks. Reads still work.
    pub fn shutdown(&self) {
        if let Some(writer) = &self.0.writer {
            writer.close();
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is shut down".to_owned())
}

/// Runs a blocking job on the runtime's blocking threads.
async fn off_thread<T, E, F>(job: F) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce() -> Result<T, E> + Send + 'static,
{
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => Err(StoreError::Panicked.into()),
        Err(_) => Err(closed().into()),
    }
}

fn read_on<T, E, F>(connections: &Connections, f: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: FnOnce(&mut Db) -> Result<T, E>,
{
    connections.begin(Tx::Read)?.db.run(f)
}

fn write_on<T, E, F>(connections: &Connections, f: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: Fn(&mut Db) -> Result<T, E>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let mut pooled = connections.begin(Tx::Write)?;
        let faults = pooled.faults.clone();
        let outcome = pooled.db.run(|db| {
            let value = f(db)?;
            db.refuse_if_aborted(&faults)?;
            Ok(value)
        });
        if outcome.is_ok() || !faults.contention() || tries == WRITE_TRIES {
            return outcome;
        }
        // The other transaction has won; a short and uneven wait keeps the two from meeting again.
        let jitter = u64::from(uuid::Uuid::now_v7().as_bytes()[15] % 16);
        std::thread::sleep(Duration::from_millis(jitter * u64::from(tries)));
    }
}
