//! What a rule file may not say of surplus, of windows for use and of consequences.

use super::Notes;
use crate::policy::{
    FaultKind, Spot,
    shape::{Effect, Rules, SurplusMode, UseWindow},
};

/// The most years that a window or a consequence may name: more than anyone is in service.
const MOST_YEARS: u32 = 50;
/// The most years that surplus may serve: every choice among them is tried.
const MOST_SERVED: usize = 10;

pub(super) fn check(rules: &Rules, note: &mut Notes<'_>) {
    surplus(rules, note);
    for (i, window) in rules.window.iter().enumerate() {
        number_of_years(note, window.at, format!("window[{i}].years"), window.years);
        if let Some(earlier) = rules.window[..i].iter().find(|earlier| hides(earlier, window)) {
            let rule = format!(
                "no application comes this far: the window of line {} takes them all; put what is for some only before what is for all",
                earlier.at.line
            );
            note.combination(window.at, format!("window[{i}]"), &rule);
        }
    }
    for (i, rule) in rules.consequence.iter().enumerate() {
        number_of_years(note, rule.at, format!("consequence[{i}].years"), rule.years);
        let defers = matches!(rule.effect, Effect::TermDeferral | Effect::PromotionDeferral);
        if defers && rule.years.is_none() {
            let text = "a deferral needs years, or nobody knows for how long";
            note.combination(rule.at, format!("consequence[{i}]"), text);
        }
        if rule.counted_from.is_some() && rule.years.is_none() {
            note.combination(rule.at, format!("consequence[{i}]"), "counted_from needs years: what would it count?");
        }
        let lasts = matches!(rule.effect, Effect::TitleBar | Effect::CreditRecord);
        if lasts && rule.years.is_some() && rule.counted_from.is_none() {
            let text = "years of a bar or a record need counted_from, or nobody knows when they end";
            note.combination(rule.at, format!("consequence[{i}]"), text);
        }
    }
}

/// Whether every application that could take the later window takes the earlier one.
fn hides(earlier: &UseWindow, later: &UseWindow) -> bool {
    let takes_all = earlier.who.as_ref().is_none_or(|who| later.who.as_ref().is_some_and(|other| who.says_as(other)));
    let covers = !later.levels.is_empty() && later.levels.iter().all(|level| earlier.levels.contains(level));
    earlier.purpose == later.purpose && takes_all && (earlier.levels.is_empty() || covers)
}

fn surplus(rules: &Rules, note: &mut Notes<'_>) {
    let Some(surplus) = rules.surplus.as_ref().filter(|surplus| surplus.mode == SurplusMode::Spread) else { return };
    let into = &surplus.into_years;
    if surplus.from_year.is_none() || into.is_empty() || surplus.eligible.is_empty() {
        note.combination(surplus.at, "surplus", "mode = \"spread\" needs from_year, into_years and eligible");
    }
    if into.iter().enumerate().any(|(index, year)| into[..index].contains(year) || surplus.from_year == Some(*year)) {
        let text = "each year once, and not the year that the hours come from";
        note.combination(surplus.at, "surplus.into_years", text);
    }
    if into.len() > MOST_SERVED {
        let expected = format!("at most {MOST_SERVED} years");
        let kind = FaultKind::OutOfRange { found: format!("{} years", into.len()), expected };
        note.add(surplus.at, "surplus.into_years", kind);
    }
}

fn number_of_years(note: &mut Notes<'_>, at: Spot, path: String, years: Option<u32>) {
    if let Some(years) = years.filter(|years| !(1..=MOST_YEARS).contains(years)) {
        let kind = FaultKind::OutOfRange { found: years.to_string(), expected: format!("from 1 to {MOST_YEARS}") };
        note.add(at, path, kind);
    }
}
