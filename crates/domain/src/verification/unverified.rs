//! Why a year that is met does not stand verified, and what helps. The notice states no consequence of it (GD-11), so none is told: the
//! verdict is counted as ever.

use super::{Step, StepKind, provided};
use crate::{
    hour_ledger::{Standing, Verdict},
    kernel::{CaseId, Citation, china_date},
    policy::shape::{DateSubject, OtherDate},
};
use serde::Serialize;
use time::{Date, OffsetDateTime};

/// A year that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// In which case.
    pub case: CaseId,
    /// The policy year.
    pub year: i32,
    /// When.
    pub at: OffsetDateTime,
    /// Whether it still waits for the office.
    pub waits: bool,
}

/// What became of a year that does not stand verified. The serialised `code` is stable and meant for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum UnverifiedKind {
    /// Nobody handed it in, or what was handed in ended undecided.
    NotHandedIn,
    /// It waits for the office.
    AwaitsVerification {
        /// In which case.
        case_id: CaseId,
        /// Since when.
        since: Date,
    },
    /// The office refused it.
    VerificationRefused {
        /// In which case.
        case_id: CaseId,
        /// When.
        on: Date,
    },
    /// The office verified it, and took that back.
    VerificationRevoked {
        /// In which case.
        case_id: CaseId,
        /// When.
        on: Date,
    },
}

/// Days on which the documents have years verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The first one, where it is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last one, where it is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Date>,
}

/// Why a year that is met does not stand verified, with what its rules say of how it comes to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// What became of it.
    #[serde(flatten)]
    pub kind: UnverifiedKind,
    /// The policy year.
    pub year: i32,
    /// Who hands it in, in words of the documents.
    pub submitters: Vec<String>,
    /// The office that verifies it, in words of the documents.
    pub office: Option<String>,
    /// When, where the documents name days: advice, and of some of the people perhaps, which the clause says.
    pub periods: Vec<Period>,
    /// Where it stands written.
    #[serde(skip)]
    pub cite: Vec<Citation>,
}

/// What became of a year that does not stand verified, as known at a moment: what waits comes before what was decided, and of that the
/// latest is told.
#[must_use]
pub fn last_try(year: i32, handed_in: &[HandedIn], steps: &[Step], known_at: Option<OffsetDateTime>) -> UnverifiedKind {
    let is_known = |at: OffsetDateTime| known_at.is_none_or(|moment| at <= moment);
    let of_year = || steps.iter().filter(|step| step.year == year);
    // What was decided after the moment waited at it.
    let waited = |one: &&HandedIn| {
        let mut decided = of_year().filter(|step| step.case == one.case).map(|step| is_known(step.at)).peekable();
        one.year == year && is_known(one.at) && (one.waits || decided.peek().is_some()) && !decided.any(|known| known)
    };
    if let Some(waits) = handed_in.iter().filter(waited).min_by_key(|one| (one.at, one.case)) {
        return UnverifiedKind::AwaitsVerification { case_id: waits.case, since: china_date(waits.at) };
    }
    let against = of_year().filter(|step| is_known(step.at) && step.kind != StepKind::Verified);
    match against.max_by_key(|step| (step.at, step.case)) {
        None => UnverifiedKind::NotHandedIn,
        Some(step) if step.kind == StepKind::Refused => {
            UnverifiedKind::VerificationRefused { case_id: step.case, on: china_date(step.at) }
        }
        Some(step) => UnverifiedKind::VerificationRevoked { case_id: step.case, on: china_date(step.at) },
    }
}

/// Why a year does not stand verified, of which that became; nothing of one that is not met, where what is missing says enough, and where
/// the rules have no batch for it.
#[must_use]
pub fn unverified(standing: &Standing, kind: UnverifiedKind) -> Option<Unverified> {
    let rules = &standing.policy.as_ref().filter(|_| standing.verdict == Verdict::Met)?.rules;
    let route = provided(rules)?;
    let dates: Vec<&OtherDate> = rules.date.iter().filter(|date| date.subject == DateSubject::Verification).collect();
    let periods = dates.iter().map(|date| Period { from: date.from.or(date.on), by: date.by.or(date.on) });
    let mut cite: Vec<Citation> = Vec::new();
    for one in [&route.cite].into_iter().chain(dates.iter().map(|date| &date.cite)).flat_map(|cite| &cite.0) {
        if !cite.contains(one) {
            cite.push(one.clone());
        }
    }
    Some(Unverified {
        kind,
        year: standing.year,
        submitters: route.submitters.clone(),
        office: route.step.last().map(|step| step.office.clone()),
        periods: periods.filter(|period| period.from.is_some() || period.by.is_some()).collect(),
        cite,
    })
}
