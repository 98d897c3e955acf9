//! The hour ledger: entries that are only ever added, and the standing that is counted from them whenever it is asked for.
//!
//! An entry says what one item is worth by itself. Everything that depends on other entries happens here, when read, in an
//! order that knows no arrival time: a course counts once, overlapping sessions wait for a decision, maxima cut. So any
//! order of pushes, repeats and reversals leads to the same standing.

mod carry;
mod count;
mod entry;
mod standing;

pub use carry::{Carried, Carrying, MERGE_UNDONE, MERGED};
pub use count::{Count, Node, NotCounted, WhyNot, count};
pub use entry::{Entry, EntryKind, REPLACED};
pub use standing::{Advisory, Question, Standing, StandingReason, Verdict, standing};
