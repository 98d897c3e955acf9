//! Why a roll cannot say something of a person.

use crate::{policy::CategoryCode, recognition};
use serde::Serialize;
use time::Date;

/// One reason, with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The rules of the person's own place name another authority for such a list.
    ListOfAnother {
        /// Which.
        list_by: String,
    },
    /// The year is not over, so that nobody can attest it.
    YearNotOver {
        /// The year.
        year: i32,
    },
    /// Rules are in force for the year, and it is still counted here.
    ComputedHere {
        /// The year.
        year: i32,
        /// Its last day.
        until: Date,
    },
    /// The rules have no such category, not even as a part of one.
    CategoryUnknown {
        /// The category.
        category: CategoryCode,
        /// Those they have.
        known: Vec<CategoryCode>,
    },
    /// By the rules the list is worth nothing for the person.
    #[serde(untagged)]
    NotExempt(recognition::Reason),
}
