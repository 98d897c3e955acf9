//! What one pushed item is worth by itself, or why it is refused, not counted, under review or held.
//!
//! "By itself" is the line this room draws: scope, year, place, category, source, window, exam, filing, plausibility and hours
//! of one completion. Whatever depends on other entries (the same course twice, maxima, overlaps) is `hour_ledger`'s, when a
//! standing is read. Nothing here looks up anything; `api` brings the facts and writes what comes out.

mod decide;
mod reason;
mod source;
mod window;

pub use decide::{CLOCK_SKEW, Decision, Facts, Item, Named, Outcome, Worth, decide, receive};
pub use reason::{Reason, ReasonKind};
