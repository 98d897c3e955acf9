//! One stretch of work by several threads, and what a measurement makes of many.

use crate::Outcome;
use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// What was done in a stretch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lap {
    /// Pieces of work.
    pub(crate) done: usize,
    /// From the common start to the last end.
    pub(crate) elapsed: Duration,
    /// How long each piece took.
    pub(crate) waits: Vec<Duration>,
}

impl Lap {
    /// Pieces a second.
    pub(crate) fn rate(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Lets threads do numbered pieces of work until all are done. `prepare` makes what a thread works with (a connection), before
/// the clock starts.
pub(crate) fn run<W: Send>(
    threads: usize,
    pieces: usize,
    prepare: impl Fn() -> Outcome<W> + Sync,
    work: impl Fn(&mut W, usize) -> Outcome<()> + Sync,
) -> Outcome<Lap> {
    let next = AtomicUsize::new(0);
    run_while(threads, prepare, |with, _| {
        let piece = next.fetch_add(1, Ordering::Relaxed);
        if piece >= pieces {
            return Ok(false);
        }
        work(with, piece).map(|()| true)
    })
}

/// Lets threads work for a time.
pub(crate) fn run_for<W: Send>(
    threads: usize,
    time: Duration,
    prepare: impl Fn() -> Outcome<W> + Sync,
    work: impl Fn(&mut W, usize) -> Outcome<()> + Sync,
) -> Outcome<Lap> {
    let next = AtomicUsize::new(0);
    run_while(threads, prepare, |with, started| {
        if started.elapsed() >= time {
            return Ok(false);
        }
        work(with, next.fetch_add(1, Ordering::Relaxed)).map(|()| true)
    })
}

fn run_while<W: Send>(
    threads: usize,
    prepare: impl Fn() -> Outcome<W> + Sync,
    step: impl Fn(&mut W, Instant) -> Outcome<bool> + Sync,
) -> Outcome<Lap> {
    // All are made before any thread starts: one that fails would leave the others waiting at the barrier.
    let prepared = (0..threads).map(|_| prepare()).collect::<Outcome<Vec<W>>>()?;
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let (barrier, step) = (&barrier, &step);
        let workers: Vec<_> = prepared
            .into_iter()
            .map(|mut with| {
                scope.spawn(move || -> Outcome<(Instant, Instant, Vec<Duration>)> {
                    barrier.wait();
                    let started = Instant::now();
                    let (mut waits, mut before) = (Vec::new(), started);
                    while step(&mut with, started)? {
                        let now = Instant::now();
                        waits.push(now - before);
                        before = now;
                    }
                    Ok((started, before, waits))
                })
            })
            .collect();
        let mut lap = Lap::default();
        let mut span: Option<(Instant, Instant)> = None;
        for worker in workers {
            let (from, until, waits) = worker.join().map_err(|_| "a measuring thread panicked")??;
            span = Some(span.map_or((from, until), |(a, b)| (a.min(from), b.max(until))));
            lap.done += waits.len();
            lap.waits.extend(waits);
        }
        lap.elapsed = span.map_or(Duration::ZERO, |(from, until)| until - from);
        Ok(lap)
    })
}

/// The value below which this share of the values lies.
pub(crate) fn percentile(waits: &mut [Duration], share: f64) -> Duration {
    waits.sort_unstable();
    let at = ((waits.len() as f64 * share).ceil() as usize).clamp(1, waits.len().max(1));
    waits.get(at - 1).copied().unwrap_or_default()
}

/// The middle value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
