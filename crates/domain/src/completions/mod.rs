//! What one pushed item is worth by itself, or why it is refused, not counted, under review or held; and what becomes of the
//! items of a batch, which may correct one another.
//!
//! "By itself" is the line this room draws: scope, year, place, category, source, window, exam, filing, plausibility and hours
//! of one completion. Whatever depends on other entries (the same course twice, maxima, overlaps) is `hour_ledger`'s, when a
//! standing is read. [`decide_batch`] adds what items of one platform do to each other: a correction takes the place of what it
//! corrects. Nothing here looks up anything; `api` brings the facts and writes what comes out.

mod batch;
mod candidate;
mod chains;
mod decide;
mod given_back;
mod parting;
mod reason;
mod reassessed;
mod said;
mod source;
mod taken_back;
mod waiting;
mod window;

pub use batch::{BatchFacts, Decided, Fate, Occasion, decide_batch};
pub use candidate::{Candidate, CourseRef, Who};
pub use chains::{Chains, Link, NoPlace, Replaced, Standing, is_accepted, is_open, replacer};
pub(crate) use decide::path as course_path;
pub use decide::{CLOCK_SKEW, Decision, Facts, Item, Named, Outcome, Worth, decide, receive};
pub use given_back::{Below, GivenBack, gave_up, given_back};
pub use parting::goes_back;
pub use reason::{Reason, ReasonKind, out_of_scope};
pub use reassessed::{Recorded, may_be_reassessed};
pub use said::Said;
pub use taken_back::{Closed, LastDecision, SAID_BEFORE, TakenBack, take_back, waits_until};
pub use waiting::WaitsFor;
