//! Why a year of somebody is not verified.

use crate::{
    kernel::{CaseId, Citation, Hours, LearnerId},
    policy::CategoryCode,
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
    /// Nobody whom the employer employs on the day, be it that there is no such person at all.
    NotStaff,
    /// The file has ended in another one.
    FileMerged {
        /// In which.
        successor: LearnerId,
    },
    /// No rule is in force for the year where the person belonged to.
    NoRuleInForce {
        /// The year.
        year: i32,
    },
    /// The rules of the year know no such batch.
    NoBatchProvided {
        /// The year.
        year: i32,
    },
    /// The rules do not bind the person, so that there is nothing to verify.
    NotBound {
        /// The year.
        year: i32,
    },
    /// Nobody stands at a step of the route.
    NobodyDecides {
        /// The year.
        year: i32,
    },
    /// A category that the year asks for is not registered yet; of one whose hours are enough, a subject that has to be chosen is missing.
    CategoryNotRegistered {
        /// The category; `total` where they are all there, and only not enough together.
        category: CategoryCode,
        /// Its name in the documents; none of the total.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The least hours.
        required: Hours,
        /// The hours that are registered.
        registered: Hours,
        /// What is missing.
        short: Hours,
    },
    /// It waits for the office already.
    AlreadyWaiting {
        /// In which case.
        case_id: CaseId,
    },
    /// It is verified already.
    AlreadyVerified {
        /// By which case.
        case_id: CaseId,
        /// Since when.
        on: Date,
    },
}

impl Reason {
    /// A reason that no clause gives.
    #[must_use]
    pub const fn plain(kind: ReasonKind) -> Self {
        Self { kind, cite: Vec::new() }
    }

    /// Whether the year is verified already, so that another verification has nothing left to do.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self.kind, ReasonKind::AlreadyVerified { .. })
    }
}
