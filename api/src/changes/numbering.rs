//! The numberer: one standing piece of work that gives numbers to the changes that wait for one.
//!
//! A step is one transaction that holds the end of the numbers, so that of two numberers one waits for the other. Running it again
//! finds nothing left to do.

use crate::{problem::Problem, state::AppState, work::End};
use actix_web::web::Data;
use domain::kernel::WorkId;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{
    Db,
    changes::{any_unnumbered, number_changes},
    whole_micros,
    work::{Lease, NewWork, Progress, Work, progress, wake},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// The kind of this work.
pub(crate) const NUMBER: &str = "number_changes";

/// There is one piece of it, however many processes serve.
const STANDING: WorkId = WorkId::from_uuid(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0002));

/// How many changes one transaction numbers.
const AT_ONCE: i64 = 1000;

/// Wakes the numberer if a change waits.
///
/// # Errors
/// When the database fails.
pub(crate) fn wake_if_needed(db: &mut Db, now: OffsetDateTime) -> Result<(), Problem> {
    if any_unnumbered(db)? {
        wake(db, NewWork { id: STANDING, kind: NUMBER, payload: "{}", run_after: now }, now)?;
    }
    Ok(())
}

/// Numbers until few are left, the process is to stop, or the work is someone else's.
///
/// # Errors
/// When the database fails.
pub(crate) fn run(state: &Data<AppState>, lease: Lease<'_>, work: &Work, stop: &AtomicBool) -> Result<End, Problem> {
    let mut done = work.done;
    while !stop.load(Ordering::SeqCst) {
        let (shared, owner, id, lasts) = (state.clone(), lease.owner.to_owned(), work.work_id, lease.lasts);
        let step = state.store.write_blocking(move |db| {
            let now = shared.clock.now();
            let numbered = number_changes(db, whole_micros(now), AT_ONCE)?;
            // What has its number waits no longer, so every step begins where the last one ended.
            let made = Progress { done: done + numbered, total: None, reached: "{}" };
            let still_ours = progress(db, id, Lease { owner: &owner, now, lasts }, made)?;
            Ok::<_, Problem>((numbered, still_ours))
        })?;
        match step {
            (_, false) => return Ok(End::Lost),
            // What came in meanwhile is numbered the next time: one who waits for a moment without changes would never end.
            (numbered, true) if numbered < AT_ONCE => return Ok(End::Done),
            (numbered, true) => done += numbered,
        }
    }
    Ok(End::Paused)
}
