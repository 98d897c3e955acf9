//! Hours that wait for an office's word (待核): each item whose hours wait is a case of the one review machine, opened by the runner
//! (`opening.rs`) and decided in the room `review` by the department at the person's place on the day of completion. What follows of its decision
//! (`follow.rs`) becomes lines in the transaction of the decision.

mod follow;
mod opening;
mod shown;

pub(crate) use follow::follow;
pub(crate) use opening::{OPEN, run, wake_if_needed};
pub(crate) use shown::{ProvisionalBody, pending};
