//! The runner of work that outlives its request: one thread a process, safe on several replicas, because work is leased.
//!
//! A piece of work is done in steps of one transaction each, and how far it has come is kept in the same transaction. A process
//! that is stopped gives it back after the step in hand; one that dies in between leaves the lease to run out. Whoever takes it
//! next goes on where it was. Every step can run twice.

mod step;

pub(crate) use step::{Reached, in_step};

use crate::{
    access::refresh,
    audit::sealing,
    changes::numbering,
    completions::{expiry, release},
    findings::courses,
    problem::Problem,
    provisional, reassessment, resealing, roll,
    state::AppState,
};
use actix_web::web::Data;
use domain::kernel::Words;
use serde::{Deserialize, Serialize};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration as Wait, Instant},
};
use store::{
    Db, StoreError,
    changes::remove_old as remove_changes,
    idempotency::remove_old as remove_answers,
    work::{Lease, Work, WorkState, count_by_state, fail, finish, give_back, lease_next, remove_done},
};
use time::{Duration, OffsetDateTime};

/// How long a step may take before another process may take the work over.
pub(crate) const LEASE: Duration = Duration::seconds(60);

/// How often an idle runner looks for work.
const IDLE: Wait = Wait::from_millis(500);

/// How often the queue is counted, and cleared of what was done long ago.
const TIDY: Wait = Wait::from_secs(15);

/// How long work stays in the table after it was done, for whoever looks into what happened.
const KEPT: Duration = Duration::days(7);

/// How many rows go at a time.
const REMOVED_AT_ONCE: usize = 1000;

/// How long a release goes on before sealing has its turn. It is taken up again right after, where it was.
const TURN: Wait = Wait::from_secs(5);

/// What this runner can do.
const KINDS: &[&str] = &[
    sealing::SEAL,
    numbering::NUMBER,
    refresh::FETCH,
    provisional::OPEN,
    release::RELEASE,
    roll::REVERSE,
    courses::FOLLOW,
    reassessment::REASSESS,
    resealing::RESEAL,
];

/// Whose turn it is after whose: each kind has its own however much there is of another, and what is sealed and numbered waits for
/// no more than one turn of what takes long.
const TURNS: &[&str] = &[
    sealing::SEAL,
    numbering::NUMBER,
    refresh::FETCH,
    provisional::OPEN,
    sealing::SEAL,
    numbering::NUMBER,
    release::RELEASE,
    sealing::SEAL,
    numbering::NUMBER,
    roll::REVERSE,
    sealing::SEAL,
    numbering::NUMBER,
    courses::FOLLOW,
    sealing::SEAL,
    numbering::NUMBER,
    reassessment::REASSESS,
    sealing::SEAL,
    numbering::NUMBER,
    resealing::RESEAL,
];

/// What is done every so often, as `/metrics` counts where it fails.
const TIDIED: &[&str] = &["work", "answers", "changes", "audit", "holds", "counting"];

/// The runner; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Runner {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Runner {
    /// Starts the runner in a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(state: Data<AppState>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, owner) = (Arc::clone(&stop), uuid::Uuid::now_v7().to_string());
        let thread = thread::Builder::new().name("xueshi-work".into()).spawn(move || {
            // Who holds a lease in the table is found by this line.
            log::info!(target: "xueshi::work", owner = owner.as_str(); "looking for work");
            TIDIED.iter().for_each(|what| state.metrics.tidies(what));
            let (mut tidied, mut at) = (None, 0);
            while !told.load(Ordering::SeqCst) {
                if tidied.is_none_or(|at: Instant| at.elapsed() >= TIDY) {
                    tidied = Some(Instant::now());
                    if catch_unwind(AssertUnwindSafe(|| look_after(&state, &told))).is_err() {
                        log::error!(target: "xueshi::work", "tidying panicked");
                    }
                }
                match next(&state, &owner, &told, TURN, &mut at) {
                    Ok(true) => {}
                    Ok(false) => thread::park_timeout(IDLE),
                    Err(problem) => {
                        let cause = problem.cause().unwrap_or("refused");
                        log::warn!(target: "xueshi::work", "looking for work failed: {problem}: {cause}");
                        thread::park_timeout(IDLE * 4);
                    }
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A runner that panicked has nothing more to finish.
            let _ = thread.join();
        }
    }
}

/// Removes what was done long ago, and answers and changes whose time is over, wakes the sealer of the audit trail, and counts the queue for `/metrics`.
pub(crate) fn look_after(state: &Data<AppState>, stop: &AtomicBool) {
    let (now, kept, longest) = (state.clock.now(), state.kept(), state.held_retention);
    let since = |kept: Duration| now.checked_sub(kept).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (answers, changes) = (since(state.repeats_retention), since(state.changes_retention));
    // Each by itself: one that fails keeps none of the others from being done.
    tidied(state, "work", remove_all(state, stop, move |db, most| remove_done(db, now - KEPT, most)));
    tidied(state, "answers", remove_all(state, stop, move |db, most| remove_answers(db, answers, most)));
    tidied(state, "changes", remove_all(state, stop, move |db, most| remove_changes(db, changes, most)));
    tidied(state, "audit", state.store.write_blocking(move |db| sealing::wake_if_needed(db, now, kept)));
    tidied(state, "holds", state.store.write_blocking(move |db| expiry::wake_if_needed(db, now, longest)));
    let counts = state.store.read_blocking(count_by_state).map_err(Problem::from);
    if let Some(counts) = tidied(state, "counting", counts) {
        for (kind, at) in KINDS.iter().flat_map(|kind| WorkState::ALL.iter().map(move |at| (*kind, *at))) {
            let pieces = counts.iter().find(|(of, other, _)| of == kind && *other == at).map_or(0, |(_, _, n)| *n);
            state.metrics.work(kind, at.as_str(), pieces);
        }
    }
}

/// What was done, unless it failed: then that is told and counted.
fn tidied<T>(state: &AppState, what: &'static str, done: Result<T, Problem>) -> Option<T> {
    let told = |problem: &Problem| {
        let cause = problem.cause().unwrap_or("refused");
        log::warn!(target: "xueshi::work", what; "tidying failed: {problem}: {cause}");
        state.metrics.tidying_failed(what);
    };
    done.inspect_err(told).ok()
}

/// Removes so much at a time that other writes need not wait long.
fn remove_all(
    state: &Data<AppState>,
    stop: &AtomicBool,
    some: impl Fn(&mut Db, i64) -> Result<usize, StoreError> + Copy + Send + 'static,
) -> Result<(), Problem> {
    let most = i64::try_from(REMOVED_AT_ONCE).unwrap_or(i64::MAX);
    while !stop.load(Ordering::SeqCst) {
        let removed = state.store.write_blocking(move |db| some(db, most).map_err(Problem::from))?;
        if removed < REMOVED_AT_ONCE {
            break;
        }
    }
    Ok(())
}

/// Does the next piece of work, or a part of it that takes about one turn; `false` when there is none. Where it stands in [`TURNS`] is
/// kept `at`.
fn next(state: &Data<AppState>, owner: &str, stop: &AtomicBool, turn: Wait, at: &mut usize) -> Result<bool, Problem> {
    let (now, held_by, first) = (state.clock.now(), owner.to_owned(), *at);
    let leased = state.store.write_blocking(move |db| {
        // Whoever follows should hear within a second, and whoever came with a new key be let in soon, so this is not left to the tidying.
        numbering::wake_if_needed(db, now)?;
        refresh::wake_if_needed(db, now)?;
        provisional::wake_if_needed(db, now)?;
        let lease = Lease { owner: &held_by, now, lasts: LEASE };
        let mut asked = Vec::with_capacity(KINDS.len());
        for place in (first..first + TURNS.len()).map(|place| place % TURNS.len()) {
            let kind = TURNS[place];
            if asked.contains(&kind) {
                continue;
            }
            if let Some(work) = lease_next(db, &[kind], lease)? {
                return Ok::<_, Problem>(Some((work, place)));
            }
            asked.push(kind);
        }
        Ok(None)
    })?;
    let Some((work, place)) = leased else { return Ok(false) };
    *at = (place + 1) % TURNS.len();
    let begun = Turn::begin(turn, stop);
    let standing = Standing { owner, work: &work, turn: &begun };
    let work_on = || match work.kind.as_str() {
        release::RELEASE => release_for(turn, state, owner, &work, stop),
        refresh::FETCH => refresh::run(state),
        numbering::NUMBER => numbering::run(state, standing),
        provisional::OPEN => provisional::run(state, standing),
        resealing::RESEAL => resealing::run(&begun, state, owner, &work),
        courses::FOLLOW => courses::run(&begun, state, owner, &work),
        reassessment::REASSESS => reassessment::run(&begun, state, owner, &work),
        roll::REVERSE => roll::run(&begun, state, owner, &work),
        sealing::SEAL => sealing::run(state, standing),
        other => Err(Problem::internal(format!("no runner for work of kind {other}"))),
    };
    end(state, owner, &work, work_on)?;
    Ok(true)
}

/// Works on a piece that is leased, and keeps how that ended. A panic is a failure of this piece: the runner goes on.
fn end(
    state: &AppState,
    owner: &str,
    work: &Work,
    work_on: impl FnOnce() -> Result<End, Problem>,
) -> Result<(), Problem> {
    let done = catch_unwind(AssertUnwindSafe(work_on)).unwrap_or_else(|_| Err(Problem::internal("it panicked")));
    let (now, owner, id) = (state.clock.now(), owner.to_owned(), work.work_id);
    match done {
        Ok(End::Lost) => {}
        Ok(End::Paused) => {
            state.store.write_blocking(move |db| give_back(db, id, &owner, now).map_err(Problem::from))?;
        }
        Ok(End::Done) => {
            state.store.write_blocking(move |db| finish(db, id, &owner, now).map_err(Problem::from))?;
        }
        Err(problem) => {
            let error = problem.cause().map_or_else(|| problem.to_string(), str::to_owned);
            log::warn!(target: "xueshi::work", "{} {id} failed: {error}", work.kind);
            state.store.write_blocking(move |db| fail(db, id, &owner, &error, now).map_err(Problem::from))?;
        }
    }
    Ok(())
}

/// The time that a long piece of work has until others have their turn.
pub(crate) struct Turn<'s> {
    begun: Instant,
    lasts: Wait,
    stop: &'s AtomicBool,
}

impl<'s> Turn<'s> {
    pub(crate) fn begin(lasts: Wait, stop: &'s AtomicBool) -> Self {
        Self { begun: Instant::now(), lasts, stop }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.begun.elapsed() >= self.lasts
    }
}

/// How a piece of work ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing is left to do.
    Done,
    /// The process is to stop, or other work has its turn: whoever takes it next goes on where it was.
    Paused,
    /// Another process has taken the work over and goes on with it.
    Lost,
}

/// A standing piece of work that is leased: it is done in steps, each of which begins where the last one ended.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'s> {
    pub(crate) owner: &'s str,
    pub(crate) work: &'s Work,
    pub(crate) turn: &'s Turn<'s>,
}

impl Standing<'_> {
    /// Does it until a step does less than `whole`, its turn is over or the process is to stop, or the work is someone else's; a step at least,
    /// unless the process is to stop. What comes in meanwhile is left for the next time: one who waits for a moment without any would never
    /// end.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn in_steps<F>(self, state: &Data<AppState>, whole: i64, step: F) -> Result<End, Problem>
    where
        F: Fn(&mut Db, &AppState, OffsetDateTime) -> Result<i64, Problem> + Copy + Send + 'static,
    {
        let Self { owner, work, turn } = self;
        let mut done = work.done;
        while !turn.stop.load(Ordering::SeqCst) {
            let shared = state.clone();
            let moved = in_step(state, (work.work_id, owner), move |db, now| {
                let moved = step(db, &shared, now)?;
                Ok((moved, Reached { done: done + moved, total: None, at: "{}".to_owned() }))
            })?;
            match moved {
                None => return Ok(End::Lost),
                Some(moved) if moved < whole => return Ok(End::Done),
                Some(moved) => done += moved,
            }
            if turn.is_over() {
                break;
            }
        }
        Ok(End::Paused)
    }
}

/// Where a release goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    /// Which of its passes.
    pass: usize,
    /// How far that one has come.
    after: Option<release::Reached>,
}

/// Releases for one turn, and one step at least.
fn release_for(
    turn: Wait,
    state: &Data<AppState>,
    owner: &str,
    work: &Work,
    stop: &AtomicBool,
) -> Result<End, Problem> {
    let mut begun = None;
    let payload: release::Payload = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let reached = work.reached.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let (mut at, mut done): (Position, i64) = (reached.unwrap_or_default(), work.done);
    while let Some(pass) = payload.passes.get(at.pass) {
        if stop.load(Ordering::SeqCst) || begun.is_some_and(|at: Instant| at.elapsed() >= turn) {
            return Ok(End::Paused);
        }
        begun.get_or_insert_with(Instant::now);
        let (shared, from, pass, before) = (state.clone(), at.clone(), pass.clone(), done);
        let stepped = in_step(state, (work.work_id, owner), move |db, now| {
            let (next, looked_at) = match release::step(db, &shared, &pass, from.after.as_ref(), now)? {
                Some(step) => (Position { pass: from.pass, after: Some(step.next) }, step.looked_at),
                None => (Position { pass: from.pass + 1, after: None }, 0),
            };
            let (at, done) = (serde_json::to_string(&next).map_err(Problem::internal)?, before + looked_at);
            Ok(((next, done), Reached { done, total: None, at }))
        })?;
        let Some(next) = stepped else { return Ok(End::Lost) };
        (at, done) = next;
    }
    Ok(End::Done)
}

#[cfg(test)]
pub(crate) mod tests;
