//! Exceptions (例外认定): an office grants somebody hours for a closed year, or deems it met, though nobody makes it up by the rules (GD-A4).
//!
//! The rules have to name the office that may: `exception_by` in a `[[make_up]]`, of the rules of the year itself or of later ones that
//! reach it. It is asked for a year that is over and was missed, and for no other: of an open one the hours count by its rules, and of one
//! that waits for an office that office decides first. Whether it is done, `review` decides; the lines it makes are an office's word, beside
//! all that is recorded and attested.

mod judge;
mod reason;

pub use judge::{Asked, Possible, Provision, judge};
pub use reason::{Reason, ReasonKind};

#[cfg(test)]
mod tests;
