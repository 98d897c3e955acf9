//! Whether the days that a rule file names leave any for study.

use super::Notes;
use crate::{
    kernel::first_day,
    policy::{
        FaultKind, Spot,
        shape::{Rules, StudyWindow},
    },
};
use time::Date;

pub(super) fn windows(rules: &Rules, note: &mut Notes<'_>) {
    before_the_year(rules, note, rules.year.at, "year.closes_on".to_owned(), rules.year.closes_on);
    for (index, window) in rules.study_window.iter().enumerate() {
        let ordered = [window.opens_on, window.on_time_until, window.closes_on];
        if !ordered.iter().flatten().is_sorted() {
            let rule = "the days must follow one another: opens_on, on_time_until, closes_on";
            note.combination(window.at, format!("study_window[{index}]"), rule);
        }
        for (name, day) in [("closes_on", window.closes_on), ("on_time_until", window.on_time_until)] {
            before_the_year(rules, note, window.at, format!("study_window[{index}].{name}"), day);
        }
        for kind in rules.study_window[..index].iter().filter_map(|earlier| beside(earlier, window)) {
            note.add(window.at, format!("study_window[{index}]"), kind);
        }
    }
    for (i, date) in rules.date.iter().enumerate() {
        let recurring = |day: &String| {
            let parts = day.split_once('-').and_then(|(m, d)| Some((m.parse::<u8>().ok()?, d.parse::<u8>().ok()?)));
            day.len() == 5 && parts.is_some_and(|(m, d)| (1..=12).contains(&m) && (1..=31).contains(&d))
        };
        if let Some(day) = date.every_year_on.iter().find(|day| !recurring(day)) {
            let kind = FaultKind::OutOfRange { found: day.clone(), expected: "a day as MM-DD".to_owned() };
            note.add(date.at, format!("date[{i}].every_year_on"), kind);
        }
    }
}

/// An end that comes before the first year begins leaves no day of it: the year of the day is mistyped.
fn before_the_year(rules: &Rules, note: &mut Notes<'_>, at: Spot, path: String, ends_on: Option<Date>) {
    let policy = &rules.policy;
    if let (Some(year), Some(day)) = (policy.year.or(policy.years_from), ends_on)
        && day < first_day(year)
    {
        note.add(at, path, FaultKind::BeforeTheYear { found: day.to_string(), begins: first_day(year).to_string() });
    }
}

/// What is wrong with two study windows beside each other. Study must be within every window that binds its category: a second
/// one for the same says nothing that one could not, and two that share no day leave none.
fn beside(earlier: &StudyWindow, later: &StudyWindow) -> Option<FaultKind> {
    let other = earlier.at;
    // The narrower of the two is what both bind.
    let both = match (&earlier.category, &later.category) {
        (Some(one), Some(two)) if one.is_within(two) => Some(one),
        (Some(one), Some(two)) if two.is_within(one) => Some(two),
        (Some(_), Some(_)) => return None,
        (one, two) => one.as_ref().or(two.as_ref()),
    };
    let of = both.map_or_else(|| "all categories".to_owned(), ToString::to_string);
    if earlier.category == later.category {
        return Some(FaultKind::SecondWindow { of, other });
    }
    let ends_before = |one: &StudyWindow, two: &StudyWindow| {
        one.closes_on.zip(two.opens_on).is_some_and(|(closes_on, opens_on)| closes_on < opens_on)
    };
    (ends_before(earlier, later) || ends_before(later, earlier)).then_some(FaultKind::NoCommonDay { of, other })
}
