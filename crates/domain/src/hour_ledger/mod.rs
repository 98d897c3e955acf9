//! The hour ledger: entries that are only ever added, and the standing that is counted from them whenever it is asked for.
//!
//! An entry says what one item is worth by itself. Everything that depends on other entries happens here, when read, in an
//! order that knows no arrival time: a course counts once, overlapping sessions wait for a decision, maxima cut. So any
//! order of pushes, repeats and reversals leads to the same standing.

mod carry;
mod consequences;
mod count;
mod eligibility;
mod entry;
mod provisional;
mod redrawn;
mod standing;
mod studied;
mod surplus;
pub mod verify;

pub use carry::{Carried, Carrying, MERGE_UNDONE, MERGED};
pub use consequences::{Consequence, consequences, deferred_years};
pub use count::{Count, Counted, Node, NotCounted, WhyNot, count, live};
pub use eligibility::{
    Allows, Application, Asked, Bar, Declared, Eligibility, UseReason, Verified, Window, YearIs, YearUsed, eligibility,
    years_looked_at,
};
pub use entry::{
    ALLOCATION_WITHDRAWN, Basis, Drawn, EXCEPTION_ANNULLED, Entry, EntryKind, Ground, REASSESSED, REPLACED,
};
pub use provisional::{
    COUNTED_BY_OFFICE, COUNTING_REVOKED, OfficeWord, REFUSED_BY_OFFICE, line_counted_by_office, waiting_line,
};
pub use redrawn::{Redrawing, in_their_place};
pub use standing::{Advisory, Question, Standing, StandingReason, Verdict, standing};
pub use studied::studied_on;
pub use surplus::{
    Allocating, Chosen, Drawing, Gap, NotSpread, Origins, Proposal, Room, Said, Spare, Spreading, Transfer,
    TransferFault, borne, choose, eligible_lines, gaps, propose, spreading,
};
