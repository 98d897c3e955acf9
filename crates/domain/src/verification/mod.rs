//! Year verifications (年度验证): an employer hands in its staff of a year in one batch, once every category is registered, and the office that
//! the rules name verifies them (GD-11). The stamp on paper is a signed review record here (GD-A7).
//!
//! The rules have to have a route for such a batch (`employer_batch`). Whether it is done, `review` decides, person by person; what stands
//! of a year then is the approval that was not taken back. It makes no hours, and the verdict of the year is counted as ever.

mod judge;
mod reason;
mod standing;
mod unverified;

pub use judge::{Asked, judge, provided};
pub use reason::{Reason, ReasonKind};
pub use standing::{Step, StepKind, verified};
pub use unverified::{HandedIn, Period, Unverified, UnverifiedKind, last_try, unverified};

#[cfg(test)]
mod tests;
