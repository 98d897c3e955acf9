//! The one SQLite writer: a thread, a queue, and group commit.
//!
//! Many small writes share one fsync: up to 64 waiting jobs run in one transaction, each in a savepoint of its own, and are
//! answered after the COMMIT. A job that fails or panics is undone alone. Another process may hold the file's write lock;
//! then the thread waits for it, longer than SQLite's own busy timeout.

use crate::{
    StoreError,
    db::{Db, Tx},
    pool::{Role, open_sqlite},
};
use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

const QUEUE: usize = 1024;
const GROUP: usize = 64;
/// A group that holds large jobs is committed sooner, so that the first of them is not answered late.
const GROUP_TIME: Duration = Duration::from_millis(25);
pub(crate) const BUSY_TRIES: u32 = 6;

/// A queued write: run once in its savepoint, answered once after the COMMIT.
pub(crate) trait Job: Send {
    fn run(&mut self, db: &mut Db) -> Ran;
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

/// Whether a job's writes are to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Keep,
    Undo,
}

/// A closure with its outcome and the way to answer it.
pub(crate) struct Task<T, E, F, A> {
    pub(crate) work: F,
    pub(crate) outcome: Option<Result<T, E>>,
    pub(crate) answer: A,
}

impl<T, E, F, A> Job for Task<T, E, F, A>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut Db) -> Result<T, E> + Send,
    A: FnOnce(Result<T, E>) + Send,
{
    fn run(&mut self, db: &mut Db) -> Ran {
        let outcome = match db.depth() {
            Ok(depth) => db.catch(depth, |db| (self.work)(db)),
            Err(error) => Err(StoreError::from(error).into()),
        };
        let ran = if outcome.is_ok() { Ran::Keep } else { Ran::Undo };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let outcome = match (commit, self.outcome) {
            // A job that failed by itself has said why already.
            (_, Some(Err(failure))) => Err(failure),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Unavailable("the job did not run".to_owned()).into()),
        };
        (self.answer)(outcome);
    }
}

/// The sending side. Dropping it lets the queue run empty and waits for the thread.
pub(crate) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What became of a job that was not queued.
pub(crate) enum NotQueued {
    Full(SyncSender<Box<dyn Job>>, Box<dyn Job>),
    Closed,
}

impl Writer {
    pub(crate) fn start(path: &str, busy_timeout: Duration) -> Result<Self, StoreError> {
        let db = open_sqlite(path, Role::Writer, busy_timeout)?;
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_until_closed(db, &jobs))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a job without waiting. A full queue gives it back with the sender on which to wait.
    pub(crate) fn queue(&self, job: Box<dyn Job>) -> Result<(), NotQueued> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(queue) = queue else { return Err(NotQueued::Closed) };
        match queue.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => Err(NotQueued::Full(queue, job)),
            Err(TrySendError::Disconnected(_)) => Err(NotQueued::Closed),
        }
    }

    /// Takes no more jobs, and returns when those queued are written.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id())
            && thread.join().is_err()
        {
            log::error!("the SQLite writer thread panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn write_until_closed(mut db: Db, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        write_group(&mut db, first, jobs);
    }
}

fn write_group(db: &mut Db, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    let mut commit = begin(db);
    if commit.is_ok() {
        commit = run_all(db, first, jobs, &mut group).and_then(|()| Ok(db.commit()?));
        if let Err(error) = &commit {
            log::error!("a group of {} writes was rolled back: {error}", group.len());
            abandon(db);
        }
    } else {
        // Who waits behind the first would wait for the same lock: all of them are told now.
        group.push(first);
        group.extend(jobs.try_iter().take(GROUP - 1));
    }
    let message = commit.err().map(|e| e.to_string());
    for job in group {
        job.answer(message.clone().map_or(Ok(()), |m| Err(StoreError::Unavailable(m))));
    }
}

/// Runs the first job and those that are waiting by then, each in its savepoint. An error here is of the transaction itself,
/// and fails the whole group.
fn run_all(
    db: &mut Db,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    let started = Instant::now();
    let mut next = Some(first);
    while let Some(mut job) = next {
        let ran = db.begin_savepoint().map(|()| job.run(db));
        // In the group before any error is looked at, so that it is answered in any case.
        group.push(job);
        match ran? {
            Ran::Keep => db.commit()?,
            Ran::Undo => db.rollback()?,
        }
        let room = group.len() < GROUP && started.elapsed() < GROUP_TIME;
        next = room.then(|| jobs.try_recv().ok()).flatten();
    }
    Ok(())
}

/// Another process may be writing: its transactions are short, so trying for half a minute is enough.
fn begin(db: &mut Db) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match db.begin(Tx::Write).map_err(StoreError::from) {
            Err(StoreError::Contention(_)) if tries < BUSY_TRIES => {}
            outcome => return outcome,
        }
    }
}

/// Ends a transaction that SQLite may or may not have ended itself, and makes the connection usable again.
fn abandon(db: &mut Db) {
    while matches!(db.depth(), Ok(depth) if depth > 0) {
        if db.rollback().is_err() {
            break;
        }
    }
    if !matches!(db.depth(), Ok(0)) {
        // SQLite rolls back by itself on a full disk; then there is nothing to end.
        let _ = db.execute("ROLLBACK");
        db.forget_transaction();
    }
}
