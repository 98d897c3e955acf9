//! Why there can be no exception.

use crate::{
    hour_ledger::Verdict,
    kernel::{CaseId, Citation},
    policy::{CategoryCode, shape::MakeUpMode},
};
use serde::Serialize;
use time::Date;

/// One reason, with the clause where a rule speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What it is.
    #[serde(flatten)]
    pub kind: ReasonKind,
    /// Where it stands written.
    #[serde(skip)]
    pub cite: Vec<Citation>,
}

/// The kinds of reason. The serialised `code` is stable and meant for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReasonKind {
    /// The rules name no office that may grant one.
    NoExceptionProvided {
        /// The year.
        year: i32,
        /// What they say of making it up; absent where they say nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        make_up: Option<MakeUpMode>,
    },
    /// The year is not over: its hours count by its rules.
    YearOpen {
        /// The year.
        year: i32,
        /// Its last day.
        until: Date,
    },
    /// The year was not missed, or nobody can say so yet.
    YearNotMissed {
        /// The year.
        year: i32,
        /// What it is.
        verdict: Verdict,
    },
    /// The year has no rules by which hours could count: it can be let pass as a whole.
    HoursWithoutRules {
        /// The year.
        year: i32,
    },
    /// Another one for this person and year waits to be decided.
    AlreadyWaiting {
        /// The year.
        year: i32,
        /// The case that waits.
        case_id: CaseId,
    },
    /// The rules have no such category, not even as a part of one.
    CategoryUnknown {
        /// The category.
        category: CategoryCode,
        /// Those they have.
        known: Vec<CategoryCode>,
    },
}

impl Reason {
    /// A reason that no clause gives.
    #[must_use]
    pub const fn plain(kind: ReasonKind) -> Self {
        Self { kind, cite: Vec::new() }
    }
}
