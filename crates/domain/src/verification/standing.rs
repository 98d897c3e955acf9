//! Which years stand verified.

use crate::{
    hour_ledger::Verified,
    kernel::{CaseId, china_date},
    words,
};
use std::collections::{BTreeMap, HashSet};
use time::OffsetDateTime;

words! {
    /// What an office did about a year.
    pub enum StepKind {
        /// It verified it.
        Verified = "verified",
        /// It refused to.
        Refused = "refused",
        /// It took that back: it is as if it had never been.
        Annulled = "annulled",
    }
}

/// One thing that an office did about a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// In which case.
    pub case: CaseId,
    /// The policy year.
    pub year: i32,
    /// What.
    pub kind: StepKind,
    /// When.
    pub at: OffsetDateTime,
    /// The office, as the rules name it.
    pub office: Option<String>,
}

/// The years of one person that stand verified, as known at a moment, by year. Of two verifications of a year, which only joined files have,
/// the earlier one is told.
#[must_use]
pub fn verified(steps: &[Step], known_at: Option<OffsetDateTime>) -> Vec<Verified> {
    let known = || steps.iter().filter(|step| known_at.is_none_or(|moment| step.at <= moment));
    let annulled: HashSet<CaseId> =
        known().filter(|step| step.kind == StepKind::Annulled).map(|step| step.case).collect();
    let mut by_year: BTreeMap<i32, &Step> = BTreeMap::new();
    for step in known().filter(|step| step.kind == StepKind::Verified && !annulled.contains(&step.case)) {
        let first = by_year.entry(step.year).or_insert(step);
        if (step.at, step.case) < (first.at, first.case) {
            *first = step;
        }
    }
    let told = |step: &Step| Verified {
        year: step.year,
        on: china_date(step.at),
        case: step.case,
        office: step.office.clone(),
    };
    by_year.into_values().map(told).collect()
}
