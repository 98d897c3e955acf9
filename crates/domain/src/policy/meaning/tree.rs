//! The tree of categories: codes, minima, maxima, shares.

use super::Notes;
use crate::{
    kernel::Hours,
    policy::{
        FaultKind, Spot,
        shape::{Category, CategoryCode, Rules, ShareOf},
    },
};

/// The greatest part of a share: with the most hours that a file can name, the product still is a number.
const LARGEST_PART: i64 = 1_000_000;

pub(super) fn categories(rules: &Rules, note: &mut Notes<'_>) {
    let tree = &rules.category;
    if tree.is_empty() {
        note.combination(rules.at, "category", "declare at least one [[category]]");
    }
    note.doubled("category", tree.iter().map(|category| (category.code.as_str(), category.at)));
    for (index, category) in tree.iter().enumerate() {
        one_category(rules, index, category, note);
        parts_fit(rules, index, category, note);
    }
    let total = &rules.total;
    if let Some(max) = total.max {
        if total.min > max {
            note.add(total.at, "total.min", above(total.min, max, "total", total.at));
        }
        let sum: Hours = tops(rules).filter_map(|category| category.min).sum();
        if sum > max {
            note.add(total.at, "total.max", parts_above(sum, max, "total"));
        }
    }
    let most: Option<Hours> = tops(rules).map(|category| category.max).sum::<Option<Hours>>();
    if let Some(most) = most
        && !tree.is_empty()
        && total.min > most
    {
        note.add(total.at, "total.min", above(total.min, most, "all categories together", total.at));
    }
}

fn tops(rules: &Rules) -> impl Iterator<Item = &Category> {
    rules.category.iter().filter(|category| category.code.parent().is_none())
}

fn above(min: Hours, max: Hours, of: &str, max_at: Spot) -> FaultKind {
    FaultKind::MinimumAboveMaximum { min: min.to_string(), max: max.to_string(), of: of.to_owned(), max_at }
}

fn parts_above(sum: Hours, max: Hours, of: &str) -> FaultKind {
    FaultKind::PartsAboveMaximum { sum: sum.to_string(), max: max.to_string(), of: of.to_owned() }
}

fn one_category(rules: &Rules, index: usize, category: &Category, note: &mut Notes<'_>) {
    let path = |key: &str| format!("category[{index}].{key}");
    if let Some(parent) = category.code.parent()
        && !rules.category[..index].iter().any(|other| other.code == parent)
    {
        note.add(category.at, path("code"), unknown_category(rules, &parent));
    }
    let min = category.min.unwrap_or_default();
    for bound in rules.category.iter().filter(|bound| category.code.is_within(&bound.code)) {
        if let Some(max) = bound.max
            && min > max
        {
            note.add(category.at, path("min"), above(min, max, bound.code.as_str(), bound.at));
        }
    }
    if let Some(max) = rules.total.max
        && min > max
    {
        note.add(category.at, path("min"), above(min, max, "total", rules.total.at));
    }
    let subjects = rules.subject.iter().filter(|subject| subject.category == category.code).count();
    if let Some(choose) = category.choose
        && !(1..=subjects).contains(&(choose as usize))
    {
        let expected = format!("a number from 1 to the {subjects} declared subjects of {}", category.code);
        note.add(category.at, path("choose"), FaultKind::OutOfRange { found: choose.to_string(), expected });
    }
    if category.subjects_only == Some(true) && subjects == 0 {
        note.combination(category.at, path("subjects_only"), "declare the subjects with [[subject]]");
    }
    // Hours of a part count for the whole without being a subject of it, so neither key could be met or mean what it says.
    let divided = rules.category.iter().any(|part| part.code.parent().as_ref() == Some(&category.code));
    for (key, given) in [("choose", category.choose.is_some()), ("subjects_only", category.subjects_only == Some(true))]
    {
        if divided && given {
            let rule = "choose and subjects_only belong to a category without parts; write them at the part that has the subjects";
            note.combination(category.at, path(key), rule);
        }
    }
    share_agrees(rules, index, category, note);
}

fn share_agrees(rules: &Rules, index: usize, category: &Category, note: &mut Notes<'_>) {
    let Some(share) = &category.share else { return };
    let path = format!("category[{index}].share");
    if share.denominator > LARGEST_PART {
        let found = format!("{}/{}", share.numerator, share.denominator);
        let expected = format!("a denominator up to {LARGEST_PART}");
        note.add(share.at, path, FaultKind::OutOfRange { found, expected });
    } else if !(0 < share.numerator && share.numerator <= share.denominator) {
        let found = format!("{}/{}", share.numerator, share.denominator);
        note.add(share.at, path, FaultKind::OutOfRange { found, expected: "a share between 0 and 1".to_owned() });
    } else if let (ShareOf::RequiredTotal, Some(min)) = (share.of, category.min)
        && min.hundredths() * share.denominator != rules.total.min.hundredths() * share.numerator
    {
        let kind = FaultKind::ShareDisagrees {
            numerator: share.numerator,
            denominator: share.denominator,
            whole: rules.total.min.to_string(),
            min: min.to_string(),
        };
        note.add(share.at, path, kind);
    }
}

fn parts_fit(rules: &Rules, index: usize, category: &Category, note: &mut Notes<'_>) {
    let Some(max) = category.max else { return };
    let parts = rules.category.iter().filter(|part| part.code.parent().as_ref() == Some(&category.code));
    let sum: Hours = parts.filter_map(|part| part.min).sum();
    if sum > max {
        note.add(category.at, format!("category[{index}].max"), parts_above(sum, max, category.code.as_str()));
    }
}

pub(super) fn unknown_category(rules: &Rules, code: &CategoryCode) -> FaultKind {
    let mut known = Vec::new();
    for category in &rules.category {
        let code = category.code.to_string();
        if !known.contains(&code) {
            known.push(code);
        }
    }
    FaultKind::UnknownCategory { found: code.to_string(), known }
}
