//! Whether the days of a claim are possible, and which of them decides its year.

use super::{Claim, DayOf, ReasonKind, findings::Findings, worth::Case};
use crate::policy::shape::{EarnedBy, Ledger};
use std::collections::BTreeSet;
use time::Date;

/// Days in the future, and days in the wrong order.
pub(super) fn possible(case: &Case<'_>, found: &mut Findings<'_>) {
    let claim = case.claim;
    for (day, on) in claim.named_days().filter(|(_, on)| *on > case.facts.today) {
        found.plain(ReasonKind::InTheFuture { day, on });
    }
    for last_on in [claim.last_on, claim.concluded_on].into_iter().flatten() {
        if let Some(first_on) = claim.first_on.filter(|first_on| last_on < *first_on) {
            found.plain(ReasonKind::EndsBeforeItBegins { first_on, last_on });
        }
    }
}

const fn of(earned_by: EarnedBy) -> DayOf {
    match earned_by {
        EarnedBy::ActivityEnd => DayOf::LastOn,
        EarnedBy::CertificateDate => DayOf::CertificateOn,
        EarnedBy::Conclusion => DayOf::ConcludedOn,
        EarnedBy::GrantDate => DayOf::GrantedOn,
    }
}

/// The day that decides the year (QH-20, QH-A6, QH-A20). Where the rules do not name it, it is the last of all that are declared;
/// where these lie in several years, an office decides.
///
/// What enters the ledger is judged by rules that speak for its year; others are never assumed to.
pub(super) fn deciding(case: &Case<'_>, found: &mut Findings<'_>) -> Option<Date> {
    let day = match case.kind.earned_by {
        Some(earned_by) => {
            let wanted = of(earned_by);
            let day = case.claim.day(wanted);
            if day.is_none() {
                found.rule(ReasonKind::DayMissing { day: wanted });
            }
            day
        }
        None => last_of_all(case.claim, found),
    }?;
    if case.kind.ledger == Ledger::On && !case.facts.rules.policy.covers(day.year()) {
        found.rule(ReasonKind::NoRuleForYear { year: day.year() });
    }
    too_early(case, day, found);
    Some(day)
}

fn last_of_all(claim: &Claim, found: &mut Findings<'_>) -> Option<Date> {
    let ends = claim.named_days().filter(|(of, _)| *of != DayOf::FirstOn || claim.last_on.is_none());
    let ends: Vec<Date> = ends.map(|(_, day)| day).collect();
    let years: BTreeSet<i32> = ends.iter().map(|day| day.year()).collect();
    if years.is_empty() {
        found.plain(ReasonKind::NoDayGiven);
    } else if years.len() > 1 {
        found.rule(ReasonKind::YearUnclear { years: years.into_iter().collect() });
    }
    ends.into_iter().max()
}

/// Some achievements count only from a day on (QH-19, QH-22).
fn too_early(case: &Case<'_>, day: Date, found: &mut Findings<'_>) {
    let Some(earned_from) = case.kind.earned_from else { return };
    if day < earned_from {
        found.rule(ReasonKind::EarnedTooEarly { earned_from });
    } else if case.kind.earned_by == Some(EarnedBy::ActivityEnd)
        && case.claim.first_on.is_some_and(|first_on| first_on < earned_from)
    {
        found.rule(ReasonKind::BeganTooEarly { earned_from });
    }
}
