//! What one achievement is worth by itself: its gates, its arithmetic, the lines that it would add to a ledger.
//!
//! "By itself" is the line this room draws, as `completions` does for courses. Whatever depends on other lines (a cap over a
//! year, a fulfilment beside hours) is `hour_ledger`'s: a line holds the uncut worth. That two claims are one, such as a patent declared
//! twice or two trainings of the same days, no rule can see here; whoever reviews sees the person's other claims.
//! Nothing here knows a kind of achievement: the rule file names them, and this room knows the kinds of formula
//! ([`crate::policy::shape::Formula`]). Nothing is looked up either; `api` brings the facts and writes what comes out.
//!
//! Three answers. *Worth*: the rules give an amount. *Needs review*: an office has to say something that the rules leave open.
//! *Refused*: as declared it cannot be worth anything, because a rule is against it or because something that a rule asks for is
//! missing. All reasons are given at once, refusals first.

mod claim;
mod days;
mod exempt;
mod findings;
mod formula;
mod gates;
mod granted;
mod project;
mod reason;
mod step;
mod worth;

pub use claim::{Claim, DayOf, Grant, Listing};
pub use exempt::exempt;
pub use reason::{Reason, ReasonKind};
pub use step::{Step, StepKind};
pub use worth::{Facts, Judged, Line, Outcome, worth};
