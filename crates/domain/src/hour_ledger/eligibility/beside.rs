//! What offices decided about a person that an application rests on beside the lines.

use crate::{
    kernel::{CaseId, Citation},
    policy::shape::Purpose,
};
use time::Date;

/// Days on which someone may not apply, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The finding that it follows from.
    pub case: CaseId,
    /// The purpose that it bars.
    pub purpose: Purpose,
    /// The first day.
    pub from_on: Date,
    /// The last day.
    pub until_on: Date,
    /// The clause.
    pub cite: Vec<Citation>,
}

/// A year that an office verified (审验, GD-11), where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The policy year.
    pub year: i32,
    /// The day.
    pub on: Date,
    /// The case.
    pub case: CaseId,
    /// The office, as the rules name it.
    pub office: Option<String>,
}
