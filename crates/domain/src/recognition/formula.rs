//! How an achievement becomes hours: every kind of formula that a rule file can name.

use super::{DayOf, Line, ReasonKind, StepKind, findings::Findings, granted, project, worth::Case};
use crate::{
    kernel::Hours,
    policy::{
        CategoryCode,
        shape::{Excluded, Formula, Fulfils},
    },
};
use time::Date;

/// The lines of a case, by the one formula that its rule has. Of a formula that is left open the reviewer says the hours (GD-A10).
pub(super) fn lines(case: &Case<'_>, day: Option<Date>, category: Option<&CategoryCode>, found: &mut Findings<'_>) {
    let open = case.kind.formula.as_ref().is_none_or(|formula| formula.by_reviewer == Some(true));
    if open {
        let hours = granted::hours(case, category, found);
        return once(case, day, category, hours, found);
    }
    if case.claim.granted.is_some() {
        found.rule(ReasonKind::NothingToGrant);
    }
    let Some(formula) = &case.kind.formula else { return };
    if let Some(fulfils) = formula.fulfils {
        return fulfilled(case, day, category, fulfils, found);
    }
    if !formula.by_role.is_empty() {
        return project::lines(case, formula, day, category, found);
    }
    let hours = match (formula.fixed, formula.per_day) {
        (Some(hours), _) => {
            found.step(StepKind::Fixed { hours });
            Some(hours)
        }
        (None, Some(per_day)) => by_days(case, formula, per_day, found),
        (None, None) if formula.as_filed == Some(true) => filed(case, found),
        (None, None) => by_rank(case, formula, found),
    };
    once(case, day, category, hours, found);
}

/// One line in the year of the day that decides.
pub(super) fn once(
    case: &Case<'_>,
    day: Option<Date>,
    category: Option<&CategoryCode>,
    hours: Option<Hours>,
    found: &mut Findings<'_>,
) {
    let Some(hours) = hours else { return };
    if !hours.is_positive() {
        return found.rule(ReasonKind::WorthNothing);
    }
    if let Some(cap) = case.kind.cap.as_ref().filter(|cap| cap.hours < hours) {
        found.step(StepKind::CountedAtMost { hours, most: cap.hours, per: cap.per });
    }
    if let (Some(day), Some(category)) = (day, category) {
        found.line(line(case, day.year(), Some(category), hours, None));
    }
}

pub(super) fn line(
    case: &Case<'_>,
    year: i32,
    category: Option<&CategoryCode>,
    hours: Hours,
    fulfils: Option<Fulfils>,
) -> Line {
    Line { year, category: category.cloned(), hours, fulfils, achievement: case.kind.kind.clone() }
}

/// Hours by days; the organiser's figure wins where the rule says so, and then its document must be named (QH-16, QH-61). Where it
/// does not, a figure changes nothing (QH-22).
fn by_days(case: &Case<'_>, formula: &Formula, per_day: Hours, found: &mut Findings<'_>) -> Option<Hours> {
    let wins = formula.stated_hours_win == Some(true);
    let stated = case.claim.stated.filter(|_| wins);
    if stated.is_some() && !case.claim.document_named {
        found.rule(ReasonKind::DocumentNotNamed);
    }
    let days_worth = days(case, formula, stated.is_none(), found).map(|days| {
        let hours = Hours::from_hundredths(per_day.hundredths().saturating_mul(i64::from(days)));
        found.step(StepKind::PerDay { days, per_day, hours });
        hours
    });
    match (stated, case.claim.stated) {
        (Some(stated), _) => {
            found.step(StepKind::StatedWin { stated, days_worth });
            Some(stated)
        }
        (None, Some(stated)) => {
            found.step(StepKind::StatedIgnored { stated });
            days_worth
        }
        (None, None) => days_worth,
    }
}

/// The days that count: those declared, else all from the first to the last, without those that the rule excludes.
fn days(case: &Case<'_>, formula: &Formula, needed: bool, found: &mut Findings<'_>) -> Option<u32> {
    let claim = case.claim;
    let between = claim.first_on.zip(claim.last_on).filter(|(first, last)| first <= last);
    let between = between.map(|(first_on, last_on)| {
        let days = u32::try_from((last_on - first_on).whole_days()).unwrap_or(u32::MAX).saturating_add(1);
        found.step(StepKind::DaysBetween { first_on, last_on, days });
        days
    });
    if let (Some(days), Some(between)) = (claim.days, between)
        && days > between
    {
        found.plain(ReasonKind::MoreDaysThanLieBetween { days, between });
    }
    let Some(days) = claim.days.or(between) else {
        if needed {
            found.rule(ReasonKind::DaysMissing);
        }
        return None;
    };
    if claim.days.is_some() && claim.first_on.is_none() {
        // When it began decides whether it counts at all, and whether so many days lie there.
        found.rule(ReasonKind::DayMissing { day: DayOf::FirstOn });
    }
    let travel_days = claim.travel_days;
    if travel_days > days {
        found.plain(ReasonKind::MoreTravelThanDays { travel_days, days });
        return None;
    }
    if travel_days == 0 || !formula.excluded.contains(&Excluded::Travel) {
        return Some(days);
    }
    let remaining = days - travel_days;
    found.step(StepKind::WithoutTravel { days, travel_days, remaining });
    Some(remaining)
}

/// Base courses are worth what their plan says, as filed and determined (QH-18).
fn filed(case: &Case<'_>, found: &mut Findings<'_>) -> Option<Hours> {
    match case.claim.filed {
        Some(hours) => found.step(StepKind::AsFiled { hours }),
        None => found.rule(ReasonKind::FiledHoursMissing),
    }
    case.claim.filed
}

fn by_rank(case: &Case<'_>, formula: &Formula, found: &mut Findings<'_>) -> Option<Hours> {
    let Some(rank) = case.claim.rank else {
        found.rule(ReasonKind::RankMissing);
        return None;
    };
    let within = |from: u32, to: Option<u32>| from <= rank && to.is_none_or(|to| rank <= to);
    let Some(band) = formula.by_rank.iter().find(|band| within(band.from, band.to)) else {
        found.rule(ReasonKind::RankNotCounted { rank, to: None });
        return None;
    };
    found.step(StepKind::ByRank { rank, from: band.from, to: band.to, hours: band.hours });
    Some(band.hours)
}

/// A fulfilment has no hours: it lifts a year to its minimum and makes no surplus (QH-A3).
fn fulfilled(
    case: &Case<'_>,
    day: Option<Date>,
    category: Option<&CategoryCode>,
    fulfils: Fulfils,
    found: &mut Findings<'_>,
) {
    if category.is_none() && fulfils != Fulfils::EverythingYear {
        return;
    }
    let Some(day) = day else { return };
    deemed(case, fulfils, category, day.year(), found);
    match fulfils {
        Fulfils::CategoryYear | Fulfils::EverythingYear => {
            found.line(line(case, day.year(), category, Hours::ZERO, Some(fulfils)));
        }
        Fulfils::CategoryTenure => {
            let years = project::tenure(&case.facts, found);
            years.for_each(|year| found.line(line(case, year, category, Hours::ZERO, Some(fulfils))));
        }
    }
}

fn deemed(case: &Case<'_>, fulfils: Fulfils, category: Option<&CategoryCode>, year: i32, found: &mut Findings<'_>) {
    let rules = case.facts.rules;
    let node = category.and_then(|code| rules.category.iter().find(|node| node.code == *code));
    let minimum = node.filter(|_| rules.policy.covers(year)).and_then(|node| node.min);
    found.step(StepKind::Fulfils { fulfils, category: category.cloned(), minimum });
}
