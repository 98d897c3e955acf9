//! The runner of work that outlives its request: one thread a process, safe on several replicas, because work is leased.
//!
//! A piece of work is done in steps of one transaction each, with its progress kept; a process that dies in between leaves
//! the lease to run out, and another one goes on. Every step can run twice.

use crate::{audit::sealing, completions::release, problem::Problem, state::AppState};
use actix_web::web::Data;
use domain::kernel::Words;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration as Wait, Instant},
};
use store::work::{Lease, Work, WorkState, count_by_state, fail, finish, lease_next, progress, remove_done};
use time::Duration;

/// How long a step may take before another process may take the work over.
const LEASE: Duration = Duration::seconds(60);

/// How often an idle runner looks for work.
const IDLE: Wait = Wait::from_millis(500);

/// How often the queue is counted, and cleared of what was done long ago.
const TIDY: Wait = Wait::from_secs(15);

/// How long work stays in the table after it was done, for whoever looks into what happened.
const KEPT: Duration = Duration::days(7);

/// How many rows of finished work go at a time.
const REMOVED_AT_ONCE: i64 = 1000;

/// What this runner can do.
const KINDS: &[&str] = &[release::RELEASE, sealing::SEAL];

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
                    look_after(&state);
                }
                match next(&state, &owner) {
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

/// Counts the queue for `/metrics`, removes what was done long ago, and wakes the sealer of the audit trail.
pub(crate) fn look_after(state: &Data<AppState>) {
    let (now, retention) = (state.clock.now(), state.audit_retention);
    let counted = state.store.write_blocking(move |db| {
        remove_done(db, now - KEPT, REMOVED_AT_ONCE)?;
        sealing::wake_if_needed(db, now, retention)?;
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

/// Does the next piece of work; `false` when there is none.
pub(crate) fn next(state: &Data<AppState>, owner: &str) -> Result<bool, Problem> {
    let (now, held_by) = (state.clock.now(), owner.to_owned());
    let leased = state.store.write_blocking(move |db| {
        let lease = Lease { owner: &held_by, now, lasts: LEASE };
        lease_next(db, KINDS, lease).map_err(Problem::from)
    })?;
    let Some(work) = leased else { return Ok(false) };
    let done = match work.kind.as_str() {
        release::RELEASE => release_all(state, owner, &work),
        sealing::SEAL => sealing::run(state, owner, &work, LEASE),
        other => Err(Problem::internal(format!("no runner for work of kind {other}"))),
    };
    let (now, owner, id) = (state.clock.now(), owner.to_owned(), work.work_id);
    match done {
        Ok(()) => {
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

fn release_all(state: &Data<AppState>, owner: &str, work: &Work) -> Result<(), Problem> {
    let payload: release::Payload = serde_json::from_str(&work.payload).map_err(Problem::internal)?;
    let mut done = 0;
    for pass in payload.passes {
        let mut after: Option<release::Reached> = None;
        loop {
            let (shared, from, pass) = (state.clone(), after.clone(), pass.clone());
            let (owner, id, before) = (owner.to_owned(), work.work_id, done);
            let step = state.store.write_blocking(move |db| {
                let now = shared.clock.now();
                let Some(step) = release::step(db, &shared, &pass, from.as_ref(), now)? else { return Ok(None) };
                let lease = Lease { owner: &owner, now, lasts: LEASE };
                let still_ours = progress(db, id, lease, before + step.looked_at, None)?;
                Ok::<_, Problem>(Some((step, still_ours)))
            })?;
            match step {
                Some((step, true)) => {
                    done += step.looked_at;
                    after = Some(step.next);
                }
                // Another process has taken the work over and goes on with it.
                Some((_, false)) => return Ok(()),
                None => break,
            }
        }
    }
    Ok(())
}
