//! Formulas that contradict themselves, and kinds of achievement whose keys do not fit together.

use super::Notes;
use crate::{
    kernel::Hours,
    policy::{
        CategoryCode, FaultKind,
        shape::{EarnedBy, Exemption, Formula, Fulfils, Granted, RankBand, Recognition, Rules},
    },
};
use std::collections::BTreeSet;

/// No list of people is longer than this; and what follows the last rank of a band can still be counted.
const LAST_RANK: u32 = 10_000;

pub(super) fn kinds(rules: &Rules, note: &mut Notes<'_>) {
    note.doubled("recognition", rules.recognition.iter().map(|kind| (kind.kind.as_str(), kind.at)));
    note.doubled("exemption", rules.exemption.iter().map(|exemption| (exemption.kind.as_str(), exemption.at)));
    // An achievement of the ledger is named by one code, whether it is worth hours or deemed met.
    let kinds = rules.recognition.iter().map(|kind| kind.kind.as_str()).collect::<BTreeSet<_>>();
    for (i, exemption) in rules.exemption.iter().enumerate() {
        if kinds.contains(exemption.kind.as_str()) {
            let text = "a [[recognition]] has this kind already; give each its own";
            note.combination(exemption.at, format!("exemption[{i}].kind"), text);
        }
        exempted(exemption, i, note);
    }
    for (i, kind) in rules.recognition.iter().enumerate() {
        let path = format!("recognition[{i}]");
        conditions(kind, &path, note);
        if let Some(formula) = &kind.formula {
            one_kind(formula, &path, note);
            per_day(rules, formula, &path, note);
            ranks(formula, &path, note);
            roles(kind, formula, &path, note);
            fulfilment(kind, formula, &path, note);
            bounds(formula, &path, note);
            least_of_category(rules, kind, formula, &path, note);
        }
        category(kind, &path, note);
    }
}

fn one_kind(formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let given = [
        formula.fixed.is_some(),
        formula.per_day.is_some(),
        !formula.by_rank.is_empty(),
        !formula.by_role.is_empty(),
        formula.fulfils.is_some(),
        formula.as_filed.is_some(),
        formula.by_reviewer.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        let text = "write exactly one of fixed, per_day, by_rank, by_role, fulfils, as_filed, by_reviewer";
        note.combination(formula.at, format!("{path}.formula"), text);
    }
    for (name, value) in [("as_filed", formula.as_filed), ("by_reviewer", formula.by_reviewer)] {
        if value == Some(false) {
            note.combination(formula.at, format!("{path}.formula.{name}"), "write true, or leave the key out");
        }
    }
    for (name, hours) in [("fixed", formula.fixed), ("per_day", formula.per_day)] {
        if hours == Some(Hours::ZERO) {
            let kind = FaultKind::OutOfRange { found: "0".to_owned(), expected: "more than 0".to_owned() };
            note.add(formula.at, format!("{path}.formula.{name}"), kind);
        }
    }
}

/// What a day is worth is held against what the file says a day has.
fn per_day(rules: &Rules, formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let Some(hours) = formula.per_day else {
        if !formula.excluded.is_empty() || formula.stated_hours_win.is_some() {
            let text = "excluded and stated_hours_win belong to per_day, and only there";
            note.combination(formula.at, format!("{path}.formula"), text);
        }
        return;
    };
    match rules.unit.hours_per_day {
        None => {
            let text = "per_day needs hours_per_day in [unit], which says how many hours a day has";
            note.combination(formula.at, format!("{path}.formula.per_day"), text);
        }
        Some(most) if hours > most => {
            let expected = format!("at most the {most} hours that a day has by [unit]");
            let kind = FaultKind::OutOfRange { found: hours.to_string(), expected };
            note.add(formula.at, format!("{path}.formula.per_day"), kind);
        }
        Some(_) => {}
    }
}

fn ranks(formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let (bands, path) = (&formula.by_rank, format!("{path}.formula.by_rank"));
    let Some((first, last)) = bands.first().zip(bands.last()) else { return };
    let follows = |pair: &[RankBand]| pair[0].to.and_then(|to| to.checked_add(1)) == Some(pair[1].from);
    let gap = !bands.windows(2).all(follows);
    let turned = bands.iter().any(|band| band.to.is_some_and(|to| to < band.from));
    if let Some(to) = bands.iter().filter_map(|band| band.to).find(|to| *to > LAST_RANK) {
        let kind = FaultKind::OutOfRange { found: to.to_string(), expected: format!("a rank up to {LAST_RANK}") };
        note.add(formula.at, path, kind);
    } else if gap || turned || last.to.is_some() {
        let text = "the bands must follow one another without a gap, and the last must have no `to`";
        note.combination(formula.at, path, text);
    } else if first.from != 1 {
        let text = "the first band must begin with rank 1; write hours = 0 for ranks that are worth nothing";
        note.combination(formula.at, path, text);
    }
}

fn roles(kind: &Recognition, formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let mut seen = BTreeSet::new();
    for (index, band) in formula.by_role.iter().enumerate() {
        if !seen.insert(band.role.as_str()) {
            let text = "the role stands there twice; give each role its hours once";
            note.combination(band.at, format!("{path}.formula.by_role[{index}].role"), text);
        }
        if band.granted != Granted::PerItem && kind.earned_by != Some(EarnedBy::Conclusion) {
            let text = "hours by the years or the conclusion of a project need earned_by = \"conclusion\"";
            note.combination(band.at, format!("{path}.formula.by_role[{index}].granted"), text);
        }
    }
    if !formula.by_role.is_empty() && !kind.roles.is_empty() {
        note.combination(kind.at, format!("{path}.roles"), "by_role says already which roles are worth hours");
    }
    if !formula.by_rank.is_empty() && kind.rank_to.is_some() {
        note.combination(kind.at, format!("{path}.rank_to"), "by_rank says already what each rank is worth");
    }
}

/// A fulfilment lifts to a minimum and has no hours of its own.
fn fulfilment(kind: &Recognition, formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let Some(fulfils) = formula.fulfils else { return };
    if kind.cap.is_some() {
        note.combination(kind.at, format!("{path}.cap"), "a fulfilment has no hours that a cap could cut");
    }
    if fulfils == Fulfils::EverythingYear && (kind.category.is_some() || !kind.categories.is_empty()) {
        let text =
            "fulfils = \"everything_year\" reaches every category; leave out the category, or write category_year";
        note.combination(kind.at, format!("{path}.category"), text);
    }
}

fn bounds(formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let Some(bounds) = &formula.bounds else { return };
    let path = format!("{path}.formula.bounds");
    if formula.by_reviewer.is_none() {
        note.combination(bounds.at, path, "bounds belong to by_reviewer = true, and only there");
    } else if bounds.least.is_some_and(|least| bounds.most.is_some_and(|most| most < least)) {
        note.combination(bounds.at, path, "least must not be more than most");
    }
}

/// What is bounded by the minimum of its category belongs to categories that have one.
fn least_of_category(rules: &Rules, kind: &Recognition, formula: &Formula, path: &str, note: &mut Notes<'_>) {
    let Some(bounds) = formula.bounds.as_ref().filter(|bounds| bounds.within_minimum == Some(true)) else { return };
    let mut named = kind.category.iter().chain(&kind.categories);
    let has_none = |code: &CategoryCode| rules.category.iter().any(|node| node.code == *code && node.min.is_none());
    if named.any(has_none) {
        let text = "within_minimum bounds nothing where the category has no min; give it one, or write most";
        note.combination(bounds.at, format!("{path}.formula.bounds.within_minimum"), text);
    }
}

/// Which category the hours belong to must be said once: by the rule, or by the claim among those that the rule names.
fn category(kind: &Recognition, path: &str, note: &mut Notes<'_>) {
    if kind.category.is_some() && !kind.categories.is_empty() {
        note.combination(kind.at, format!("{path}.categories"), "write category or categories, not both");
    }
    let formula = kind.formula.as_ref().filter(|formula| formula.by_reviewer.is_none());
    let needs = formula.is_some_and(|formula| formula.fulfils != Some(Fulfils::EverythingYear));
    if needs && kind.category.is_none() && kind.categories.is_empty() {
        note.combination(kind.at, format!("{path}.category"), "name the category that its hours belong to");
    }
}

fn conditions(kind: &Recognition, path: &str, note: &mut Notes<'_>) {
    if kind.evidence_need.is_some() && kind.evidence.is_empty() {
        note.combination(kind.at, format!("{path}.evidence_need"), "list in evidence what is needed");
    }
    if kind.rank_to == Some(0) {
        let found = FaultKind::OutOfRange { found: "0".to_owned(), expected: "a rank from 1".to_owned() };
        note.add(kind.at, format!("{path}.rank_to"), found);
    }
}

fn exempted(exemption: &Exemption, index: usize, note: &mut Notes<'_>) {
    if exemption.fulfils == Fulfils::EverythingYear && !exemption.categories.is_empty() {
        let text = "fulfils = \"everything_year\" reaches every category; leave them out, or write category_year";
        note.combination(exemption.at, format!("exemption[{index}].categories"), text);
    }
}
