//! A step of leased work, which is kept whole by whoever holds the lease, and by nobody else.

use super::LEASE;
use crate::{problem::Problem, state::AppState};
use domain::kernel::WorkId;
use store::{
    Db, StoreError,
    work::{Lease, Progress, progress},
};
use time::OffsetDateTime;

/// One step of a piece of work that is leased, with how far it has come, in one transaction. Where the lease is lost all of it is undone:
/// whoever took the work over does the same step, and what was done twice would be seen twice. `None` then.
///
/// # Errors
/// When the step fails, or the database.
pub(crate) fn in_step<T: Send + 'static>(
    state: &AppState,
    (id, owner): (WorkId, &str),
    step: impl Fn(&mut Db, OffsetDateTime) -> Result<(T, Reached), Problem> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let (clock, owner) = (state.clock.clone(), owner.to_owned());
    let done = state.store.write_blocking(move |db| {
        let now = clock.now();
        let (told, Reached { done, total, at }) = step(db, now)?;
        let lease = Lease { owner: &owner, now, lasts: LEASE };
        match progress(db, id, lease, Progress { done, total, reached: &at })? {
            true => Ok(told),
            false => Err(Undone::Lost),
        }
    });
    match done {
        Ok(told) => Ok(Some(told)),
        Err(Undone::Lost) => Ok(None),
        Err(Undone::Failed(problem)) => Err(problem),
    }
}

/// How far a step has brought its work.
pub(crate) struct Reached {
    pub(crate) done: i64,
    pub(crate) total: Option<i64>,
    /// Where the next step begins.
    pub(crate) at: String,
}

/// Why nothing of a step was kept.
enum Undone {
    Lost,
    Failed(Problem),
}

impl From<Problem> for Undone {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
