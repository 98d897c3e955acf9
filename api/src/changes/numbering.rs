//! The numberer: one standing piece of work that gives numbers to the changes that wait for one.
//!
//! A step is one transaction that holds the end of the numbers, so that of two numberers one waits for the other. Running it again
//! finds nothing left to do.

use crate::{
    problem::Problem,
    state::AppState,
    work::{End, Standing},
};
use actix_web::web::Data;
use domain::kernel::WorkId;
use store::{
    Db,
    changes::{any_unnumbered, number_changes},
    whole_micros,
    work::{NewWork, wake},
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
pub(crate) fn run(state: &Data<AppState>, standing: Standing<'_>) -> Result<End, Problem> {
    standing.in_steps(state, AT_ONCE, |db, _, now| Ok(number_changes(db, whole_micros(now), AT_ONCE)?))
}
