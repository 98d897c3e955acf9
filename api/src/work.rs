//! The runner of work that outlives its request: one thread a process, safe on several replicas, because work is leased.
//!
//! A piece of work is done in steps of one transaction each, and how far it has come is kept in the same transaction. A process
//! that is stopped gives it back after the step in hand; one that dies in between leaves the lease to run out. Whoever takes it
//! next goes on where it was. Every step can run twice.

use crate::{
    audit::sealing,
    changes::numbering,
    completions::{expiry, release},
    idempotency,
    problem::Problem,
    resealing,
    state::AppState,
};
use actix_web::web::Data;
use domain::kernel::Words;
use serde::{Deserialize, Serialize};
use std::{
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
    work::{
        Lease, Progress, Work, WorkState, count_by_state, fail, finish, give_back, lease_next, progress, remove_done,
    },
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

/// What this runner can do; what is due of an earlier kind goes first, however long the others have waited.
const KINDS: &[&str] = &[sealing::SEAL, numbering::NUMBER, release::RELEASE, resealing::RESEAL];

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
            let mut tidied = None;
            while !told.load(Ordering::SeqCst) {
                if tidied.is_none_or(|at: Instant| at.elapsed() >= TIDY) {
                    tidied = Some(Instant::now());
                    look_after(&state, &told);
                }
                match next(&state, &owner, &told, TURN) {
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
    if let Err(problem) = remove_old(state, stop) {
        log::warn!(target: "xueshi::work", "removing finished work, old answers or old changes failed: {problem}");
    }
    let (now, retention, longest) = (state.clock.now(), state.audit_retention, state.held_retention);
    let counted = state.store.write_blocking(move |db| {
        sealing::wake_if_needed(db, now, retention)?;
        expiry::wake_if_needed(db, now, longest)?;
        count_by_state(db).map_err(Problem::from)
    });
    match counted {
        Ok(counts) => {
            for (kind, at) in KINDS.iter().flat_map(|kind| WorkState::ALL.iter().map(move |at| (*kind, *at))) {
                let pieces = counts.iter().find(|(of, other, _)| of == kind && *other == at).map_or(0, |(_, _, n)| *n);
                state.metrics.work(kind, at.as_str(), pieces);
            }
        }
        Err(problem) => log::warn!(target: "xueshi::work", "counting work failed: {problem}"),
    }
}

/// Removes all that was done long ago, and all answers and changes that are kept no longer.
fn remove_old(state: &Data<AppState>, stop: &AtomicBool) -> Result<(), Problem> {
    let now = state.clock.now();
    remove_all(state, stop, move |db, most| remove_done(db, now - KEPT, most))?;
    remove_all(state, stop, move |db, most| remove_answers(db, now - idempotency::KEPT, most))?;
    let over = now.checked_sub(state.changes_retention).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    remove_all(state, stop, move |db, most| remove_changes(db, over, most))
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

/// Does the next piece of work, or a part of it that takes about one turn; `false` when there is none.
fn next(state: &Data<AppState>, owner: &str, stop: &AtomicBool, turn: Wait) -> Result<bool, Problem> {
    let (now, held_by) = (state.clock.now(), owner.to_owned());
    let leased = state.store.write_blocking(move |db| {
        // Whoever follows should hear within a second, so this is not left to the tidying.
        numbering::wake_if_needed(db, now)?;
        let lease = Lease { owner: &held_by, now, lasts: LEASE };
        for kind in KINDS {
            if let Some(work) = lease_next(db, &[kind], lease)? {
                return Ok::<_, Problem>(Some(work));
            }
        }
        Ok(None)
    })?;
    let Some(work) = leased else { return Ok(false) };
    let done = match work.kind.as_str() {
        release::RELEASE => release_for(turn, state, owner, &work, stop),
        numbering::NUMBER => numbering::run(state, Lease { owner, now, lasts: LEASE }, &work, stop),
        resealing::RESEAL => resealing::run(&Turn::begin(turn, stop), state, owner, &work),
        sealing::SEAL => sealing::run(state, Lease { owner, now, lasts: LEASE }, &work, stop),
        other => Err(Problem::internal(format!("no runner for work of kind {other}"))),
    };
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
    Ok(true)
}

/// The time that a long piece of work has until others have their turn.
pub(crate) struct Turn<'s> {
    begun: Instant,
    lasts: Wait,
    stop: &'s AtomicBool,
}

impl<'s> Turn<'s> {
    fn begin(lasts: Wait, stop: &'s AtomicBool) -> Self {
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
        let (shared, from, pass) = (state.clone(), at.clone(), pass.clone());
        let (owner, id, before) = (owner.to_owned(), work.work_id, done);
        let (next, so_far, still_ours) = state.store.write_blocking(move |db| {
            let now = shared.clock.now();
            let (next, looked_at) = match release::step(db, &shared, &pass, from.after.as_ref(), now)? {
                Some(step) => (Position { pass: from.pass, after: Some(step.next) }, step.looked_at),
                None => (Position { pass: from.pass + 1, after: None }, 0),
            };
            let reached = serde_json::to_string(&next).map_err(Problem::internal)?;
            let made = Progress { done: before + looked_at, total: None, reached: &reached };
            let still_ours = progress(db, id, Lease { owner: &owner, now, lasts: LEASE }, made)?;
            Ok::<_, Problem>((next, made.done, still_ours))
        })?;
        if !still_ours {
            return Ok(End::Lost);
        }
        (at, done) = (next, so_far);
    }
    Ok(End::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::kernel::WorkId;
    use store::work::{NewWork, enqueue, find_work};

    /// A service on a database of its own.
    fn serving() -> Data<AppState> {
        let file = std::env::temp_dir().join(format!("xueshi-work-test-{}.db", uuid::Uuid::now_v7()));
        let address = format!("sqlite://{}", file.display());
        let mut state = Arc::into_inner(crate::edge_tests::state().into_inner()).unwrap();
        state.store = store::Store::connect(&address, &store::StoreOptions::default()).unwrap();
        state.store.migrate().unwrap();
        Data::new(state)
    }

    #[test]
    fn sealing_has_its_turn_within_a_release_that_takes_long_and_before_others_that_wait_longer() {
        let state = serving();
        let (now, ids) = (state.clock.now(), [(); 2].map(|()| WorkId::from_uuid(uuid::Uuid::now_v7())));
        let payload = r#"{"passes":[{"key":"a"},{"key":"b"}]}"#;
        let event = sealing::from_inside("test", now);
        let queued = move |db: &mut store::Db| {
            for id in ids {
                let run_after = now - Duration::hours(1);
                enqueue(db, NewWork { id, kind: release::RELEASE, payload, run_after }, now)?;
            }
            store::audit::append_event(db, &event)
        };
        state.store.write_blocking(queued).unwrap();
        let go_on = AtomicBool::new(false);
        assert!(next(&state, "a", &go_on, Wait::ZERO).unwrap());
        let find = |id| state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
        assert_eq!((find(ids[0]).state, find(ids[0]).attempts), (WorkState::Waiting, 0));
        assert_eq!(find(ids[0]).reached.as_deref(), Some(r#"{"pass":1,"after":null}"#));
        look_after(&state, &go_on);
        assert!(next(&state, "a", &go_on, Wait::ZERO).unwrap());
        let sealed = state.store.read_blocking(store::audit::last_seal).unwrap();
        assert_eq!(sealed.map(|seal| seal.members), Some(1));
        for (first, second) in [(WorkState::Done, WorkState::Waiting), (WorkState::Done, WorkState::Waiting)] {
            assert!(next(&state, "a", &go_on, Wait::ZERO).unwrap());
            assert_eq!((find(ids[0]).state, find(ids[1]).state), (first, second));
        }
        assert!(next(&state, "a", &go_on, Wait::ZERO).unwrap());
        assert_eq!(find(ids[1]).state, WorkState::Done);
        assert!(!next(&state, "a", &go_on, Wait::ZERO).unwrap());
    }

    #[test]
    fn a_runner_that_is_to_stop_gives_its_work_back_and_the_next_one_ends_it() {
        let state = serving();
        let (now, id) = (state.clock.now(), WorkId::from_uuid(uuid::Uuid::now_v7()));
        let new =
            NewWork { id, kind: release::RELEASE, payload: r#"{"passes":[{"key":"a"},{"key":"b"}]}"#, run_after: now };
        state.store.write_blocking(move |db| enqueue(db, new, now)).unwrap();
        let find = || state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
        for _ in 0..20 {
            assert!(next(&state, "a", &AtomicBool::new(true), TURN).unwrap());
            let row = find();
            assert_eq!((row.state, row.attempts, row.run_after), (WorkState::Waiting, 0, now));
        }
        assert!(next(&state, "b", &AtomicBool::new(false), TURN).unwrap());
        let row = find();
        assert_eq!((row.state, row.reached.as_deref()), (WorkState::Done, Some(r#"{"pass":2,"after":null}"#)));
        assert!(!next(&state, "b", &AtomicBool::new(false), TURN).unwrap());
    }
}
