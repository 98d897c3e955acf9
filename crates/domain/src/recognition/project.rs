//! Hours by role, in the years of a project or once; and the years of the present post.

use super::{Facts, ReasonKind, StepKind, findings::Findings, formula, worth::Case};
use crate::{
    kernel::{Hours, POLICY_YEARS, last_day},
    policy::{
        CategoryCode,
        shape::{Formula, Granted, RoleBand},
    },
};
use std::ops::RangeInclusive;
use time::Date;

pub(super) fn lines(
    case: &Case<'_>,
    formula: &Formula,
    day: Option<Date>,
    category: Option<&CategoryCode>,
    found: &mut Findings<'_>,
) {
    let roles = || formula.by_role.iter().map(|band| band.role.clone()).collect();
    let Some(role) = &case.claim.role else {
        return found.rule(ReasonKind::RoleMissing { roles: roles() });
    };
    let Some(band) = formula.by_role.iter().find(|band| band.role == *role) else {
        return found.rule(ReasonKind::RoleNotCounted { role: role.clone(), roles: roles() });
    };
    found.step(StepKind::ByRole { role: role.clone(), hours: band.hours });
    if !band.hours.is_positive() {
        return found.rule(ReasonKind::WorthNothing);
    }
    match band.granted {
        Granted::PerItem => formula::once(case, day, category, Some(band.hours), found),
        Granted::OnceAtConclusion => {
            if let Some(concluded_on) = case.claim.concluded_on {
                found.step(StepKind::OnceAtConclusion { concluded_on, hours: band.hours });
            }
            formula::once(case, case.claim.concluded_on, category, Some(band.hours), found);
        }
        Granted::PerProjectYear => each_year(case, band, category, found),
    }
}

/// One line for each calendar year in which the project ran, up to its conclusion; of a kind that counts only within the present
/// post, for each in which it ran within that (QH-A6).
fn each_year(case: &Case<'_>, band: &RoleBand, category: Option<&CategoryCode>, found: &mut Findings<'_>) {
    let claim = case.claim;
    let Some(first_on) = claim.first_on else {
        return found.rule(ReasonKind::DayMissing { day: super::DayOf::FirstOn });
    };
    let Some(concluded_on) = claim.concluded_on else { return };
    let last_on = claim.last_on.map_or(concluded_on, |last_on| last_on.min(concluded_on));
    if last_on < first_on {
        return; // said already, as days in the wrong order
    }
    let ran = first_on.year().max(*POLICY_YEARS.start())..=last_on.year();
    let post = case.facts.learner.tenure_on(case.facts.today, case.facts.known_at);
    let post = post.filter(|_| case.kind.within_present_post == Some(true));
    let within = |year: &i32| post.is_none_or(|post| post.since <= last_on.min(last_day(*year)));
    let years: Vec<i32> = ran.clone().filter(within).collect();
    if let Some(post) = post.filter(|_| years.len() < ran.clone().count()) {
        let before = u32::try_from(ran.count() - years.len()).unwrap_or(u32::MAX);
        found.step(StepKind::YearsBeforePost { since: post.since, years: before });
        if !post.is_first_day_known {
            found.rule(ReasonKind::PostStartUnknown { recorded_since: post.since });
        }
    }
    let (Some(first), Some(last)) = (years.first(), years.last()) else {
        return found.rule(ReasonKind::NoYearInPresentPost);
    };
    let count = u32::try_from(years.len()).unwrap_or(u32::MAX);
    let total = Hours::from_hundredths(band.hours.hundredths().saturating_mul(i64::from(count)));
    let (first_year, last_year, hours) = (*first, *last, band.hours);
    found.step(StepKind::EachYear { first_year, last_year, years: count, hours, total });
    years.into_iter().for_each(|year| formula::once(case, Some(last_day(year)), category, Some(hours), found));
}

/// The years of the present post, up to that of today (QH-26).
pub(super) fn tenure(facts: &Facts<'_>, found: &mut Findings<'_>) -> RangeInclusive<i32> {
    let Some(post) = facts.learner.tenure_on(facts.today, facts.known_at) else {
        found.rule(ReasonKind::PostUnknown);
        return RangeInclusive::new(1, 0);
    };
    let (first_year, last_year) = (post.since.year().max(*POLICY_YEARS.start()), facts.today.year());
    found.step(StepKind::Tenure { since: post.since, first_year, last_year });
    first_year..=last_year
}
