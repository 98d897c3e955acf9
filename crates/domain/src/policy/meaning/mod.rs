//! What a rule file may not say even where every key and value is well formed.

mod calendar;
mod people;
mod recognition;
mod tree;
mod uses;
mod workflow;

use super::{
    Ends, Fault, FaultKind, Spot,
    shape::{CategoryCode, CheckKind, CheckResult, EligibleStudy, MakeUpMode, Obligation, Rules},
};
use crate::{
    kernel::{Hours, Words},
    registry::{Mode, PlaceTree},
};
use std::collections::BTreeMap;
use time::Date;
use tree::unknown_category;

/// Notes every fault of meaning.
pub(super) fn check(rules: &Rules, faults: &mut Vec<Fault>) {
    let mut note = Notes { faults };
    identity(rules, &mut note);
    tree::categories(rules, &mut note);
    category_references(rules, &mut note);
    subjects(rules, &mut note);
    sources(rules, &mut note);
    calendar::windows(rules, &mut note);
    years(rules, &mut note);
    uses::check(rules, &mut note);
    scope(rules, &mut note);
    recognition::kinds(rules, &mut note);
    people::described(rules, &mut note);
    money(rules, &mut note);
    workflow::routes(rules, &mut note);
}

/// Places that the tree does not have. The layer must be a node itself; lists and offices may name a place by a division code
/// of the document's year.
pub(super) fn places(rules: &Rules, tree: &PlaceTree) -> Vec<Fault> {
    let fault = |at: Spot, path: String, found: &str| Fault {
        at,
        path,
        kind: FaultKind::UnknownPlace { found: found.to_owned() },
    };
    let mut faults = Vec::new();
    let place = &rules.policy.place;
    if tree.node(place).is_none() {
        faults.push(fault(rules.policy.at, "policy.place".to_owned(), place.as_str()));
    }
    for (index, list) in rules.place_list.iter().enumerate() {
        for place in list.places.iter().filter(|place| tree.find(place.as_str()).is_none()) {
            faults.push(fault(list.at, format!("place_list[{index}].places"), place.as_str()));
        }
    }
    for (index, office) in rules.office.iter().enumerate() {
        if let Some(place) = office.place.as_ref().filter(|place| tree.find(place.as_str()).is_none()) {
            faults.push(fault(office.at, format!("office[{index}].place"), place.as_str()));
        }
    }
    faults
}

struct Notes<'f> {
    faults: &'f mut Vec<Fault>,
}

impl Notes<'_> {
    fn add(&mut self, at: Spot, path: impl Into<String>, kind: FaultKind) {
        self.faults.push(Fault { at, path: path.into(), kind });
    }

    fn combination(&mut self, at: Spot, path: impl Into<String>, rule: &str) {
        self.add(at, path, FaultKind::Combination { rule: rule.to_owned() });
    }

    /// Two entries of the same key that share a day. `until` is the first day no longer covered.
    fn overlaps(&mut self, table: &str, entries: &[Dated]) {
        for (index, later) in entries.iter().enumerate() {
            for earlier in &entries[..index] {
                let apart =
                    |a: &Dated, b: &Dated| a.until.is_some_and(|until| b.from.is_some_and(|from| until <= from));
                if earlier.key == later.key && !apart(earlier, later) && !apart(later, earlier) {
                    let kind =
                        FaultKind::Overlap { what: later.key.clone(), other: earlier.at, ends: Ends::FirstDayOut };
                    self.add(later.at, format!("{table}[{}]", later.index), kind);
                }
            }
            if let (Some(from), Some(until)) = (later.from, later.until)
                && until <= from
            {
                let kind = FaultKind::EmptyPeriod { from: from.to_string(), until: until.to_string() };
                self.add(later.at, format!("{table}[{}]", later.index), kind);
            }
        }
    }

    fn doubled<'c>(&mut self, table: &str, codes: impl Iterator<Item = (&'c str, Spot)>) {
        let mut seen: BTreeMap<&str, Spot> = BTreeMap::new();
        for (index, (code, at)) in codes.enumerate() {
            if let Some(first) = seen.get(code) {
                let kind = FaultKind::Doubled { code: code.to_owned(), first: *first };
                self.add(at, format!("{table}[{index}].code"), kind);
            } else {
                seen.insert(code, at);
            }
        }
    }
}

/// A dated entry of a list in which no two entries of one key may share a day.
struct Dated {
    index: usize,
    at: Spot,
    key: String,
    from: Option<Date>,
    until: Option<Date>,
}

fn identity(rules: &Rules, note: &mut Notes<'_>) {
    let policy = &rules.policy;
    if rules.format != super::FORMAT {
        let expected = super::FORMAT.to_string();
        note.add(rules.at, "format", FaultKind::OutOfRange { found: rules.format.to_string(), expected });
    }
    if policy.year.is_some() == policy.years_from.is_some() {
        note.combination(policy.at, "policy", "write either year or years_from, exactly one of them");
    }
    if let (Some(from), Some(until)) = (policy.from, policy.until)
        && until <= from
    {
        let kind = FaultKind::EmptyPeriod { from: from.to_string(), until: until.to_string() };
        note.add(policy.at, "policy.until", kind);
    }
}

fn category_references(rules: &Rules, note: &mut Notes<'_>) {
    let mut refers = |at: Spot, path: String, code: &CategoryCode| {
        // A file without any category is told so, not told again at each that it names.
        if !rules.category.is_empty() && !rules.category.iter().any(|category| category.code == *code) {
            note.add(at, path, unknown_category(rules, code));
        }
    };
    for (i, subject) in rules.subject.iter().enumerate() {
        refers(subject.at, format!("subject[{i}].category"), &subject.category);
    }
    for (i, source) in rules.source.iter().enumerate() {
        refers(source.at, format!("source[{i}].category"), &source.category);
    }
    for (i, platform) in rules.platform.iter().enumerate() {
        platform.serves.iter().for_each(|code| refers(platform.at, format!("platform[{i}].serves"), code));
    }
    for (i, window) in rules.study_window.iter().enumerate() {
        window.category.iter().for_each(|code| refers(window.at, format!("study_window[{i}].category"), code));
    }
    for (i, kind) in rules.recognition.iter().enumerate() {
        kind.category.iter().for_each(|code| refers(kind.at, format!("recognition[{i}].category"), code));
        kind.categories.iter().for_each(|code| refers(kind.at, format!("recognition[{i}].categories"), code));
        let in_doubt = format!("recognition[{i}].categories_in_doubt");
        kind.categories_in_doubt.iter().for_each(|code| refers(kind.at, in_doubt.clone(), code));
    }
    for (i, exemption) in rules.exemption.iter().enumerate() {
        exemption.categories.iter().for_each(|code| refers(exemption.at, format!("exemption[{i}].categories"), code));
    }
    for (i, window) in rules.window.iter().enumerate() {
        window.categories.iter().for_each(|code| refers(window.at, format!("window[{i}].categories"), code));
    }
    for (i, courseware) in rules.courseware.iter().enumerate() {
        courseware.category.iter().for_each(|code| refers(courseware.at, format!("courseware[{i}].category"), code));
    }
    for (path, study) in eligible(rules) {
        refers(study.at, format!("{path}.category"), &study.category);
    }
}

/// Every description of study that a provision for earlier years or for surplus names, with its path.
fn eligible(rules: &Rules) -> impl Iterator<Item = (String, &EligibleStudy)> {
    let made_up = rules.make_up.iter().enumerate().flat_map(|(i, make_up)| {
        make_up.eligible.iter().enumerate().map(move |(j, study)| (format!("make_up[{i}].eligible[{j}]"), study))
    });
    let surplus = rules.surplus.iter().flat_map(|surplus| surplus.eligible.iter().enumerate());
    made_up.chain(surplus.map(|(i, study)| (format!("surplus.eligible[{i}]"), study)))
}

fn subjects(rules: &Rules, note: &mut Notes<'_>) {
    note.doubled("subject", rules.subject.iter().map(|subject| (subject.code.as_str(), subject.at)));
    for (i, subject) in rules.subject.iter().enumerate() {
        if !subject.hours.is_positive() {
            let kind = FaultKind::OutOfRange { found: subject.hours.to_string(), expected: "more than 0".to_owned() };
            note.add(subject.at, format!("subject[{i}].hours"), kind);
        }
    }
}

fn sources(rules: &Rules, note: &mut Notes<'_>) {
    let known: Vec<String> = rules.platform.iter().map(|platform| platform.code.clone()).collect();
    let mut check_platforms = |at: Spot, path: String, platforms: &[String]| {
        for code in platforms.iter().filter(|code| !known.contains(code)) {
            let kind = FaultKind::Undeclared { what: "[[platform]]", found: code.clone(), known: known.clone() };
            note.add(at, path.clone(), kind);
        }
    };
    for (i, source) in rules.source.iter().enumerate() {
        check_platforms(source.at, format!("source[{i}].platforms"), &source.platforms);
    }
    for (path, study) in eligible(rules) {
        check_platforms(study.at, format!("{path}.platforms"), &study.platforms);
    }
    for (i, source) in rules.source.iter().enumerate() {
        let mark = source.exam.as_ref().and_then(|exam| exam.pass_mark);
        if let Some(mark) = mark.filter(|mark| *mark > Hours::whole(100)) {
            let expected = "a mark from 0 to 100".to_owned();
            let kind = FaultKind::OutOfRange { found: mark.to_string(), expected };
            note.add(source.at, format!("source[{i}].exam.pass_mark"), kind);
        }
    }
    let dated = |(index, platform): (usize, &super::shape::NamedPlatform)| Dated {
        index,
        at: platform.at,
        key: format!("platform {}", platform.code),
        from: platform.from,
        until: platform.until,
    };
    note.overlaps("platform", &rules.platform.iter().enumerate().map(dated).collect::<Vec<_>>());
    checks(rules, note);
}

fn checks(rules: &Rules, note: &mut Notes<'_>) {
    note.doubled("check", rules.check.iter().map(|check| (check.what.as_str(), check.at)));
    for (i, check) in rules.check.iter().enumerate() {
        if check.what == CheckKind::OverlappingSessions && check.then == CheckResult::Refused {
            let rule = "overlapping sessions can only be needs_review: a refusal would depend on which came in first";
            note.combination(check.at, format!("check[{i}].then"), rule);
        }
        if (check.what == CheckKind::MoreThanTheTime) != check.minutes_per_unit.is_some() {
            let rule = "minutes_per_unit belongs to what = \"more_than_the_time\", and only there";
            note.combination(check.at, format!("check[{i}].minutes_per_unit"), rule);
        }
    }
}

fn years(rules: &Rules, note: &mut Notes<'_>) {
    for (i, make_up) in rules.make_up.iter().enumerate() {
        if (make_up.mode == MakeUpMode::UntilDate) != make_up.closes_on.is_some() {
            let rule = "closes_on belongs to mode = \"until_date\", and only there";
            note.combination(make_up.at, format!("make_up[{i}].closes_on"), rule);
        }
        if make_up.mode != MakeUpMode::YearOfCompletion && !make_up.eligible.is_empty() {
            let rule = "eligible belongs to mode = \"year_of_completion\", and only there";
            note.combination(make_up.at, format!("make_up[{i}].eligible"), rule);
        }
        if make_up.years_from.is_some_and(|from| from > make_up.years_to) {
            note.combination(make_up.at, format!("make_up[{i}].years_from"), "years_from must not be after years_to");
        }
        if make_up.years_to >= rules.policy.first_year() {
            let rule = "years_to must lie before the year of the rules: what these decide themselves is not made up";
            note.combination(make_up.at, format!("make_up[{i}].years_to"), rule);
        }
        for earlier in &rules.make_up[..i] {
            let begins = |m: &super::shape::MakeUp| m.years_from.unwrap_or(i32::MIN);
            if begins(make_up) <= earlier.years_to && begins(earlier) <= make_up.years_to {
                let (what, other) = ("the same years".to_owned(), earlier.at);
                let kind = FaultKind::Overlap { what, other, ends: Ends::YearIncluded };
                note.add(make_up.at, format!("make_up[{i}]"), kind);
            }
        }
    }
}

fn scope(rules: &Rules, note: &mut Notes<'_>) {
    for (i, rule) in rules.scope.iter().enumerate() {
        if rule.standing == Obligation::Out && rule.authority.is_none() {
            let text = "name the authority in charge of those who are out";
            note.combination(rule.at, format!("scope[{i}].authority"), text);
        }
        if rule.who.is_none() && i + 1 < rules.scope.len() {
            let text = "a rule for everyone must stand last: the first that fits decides";
            note.combination(rule.at, format!("scope[{i}]"), text);
        }
    }
}

fn money(rules: &Rules, note: &mut Notes<'_>) {
    note.doubled("place_list", rules.place_list.iter().map(|list| (list.code.as_str(), list.at)));
    let lists: Vec<String> = rules.place_list.iter().map(|list| list.code.clone()).collect();
    let mut entries = Vec::new();
    for (index, fee) in rules.fee.iter().enumerate() {
        if fee.unit != rules.unit.name {
            let (found, expected) = (fee.unit.to_string(), rules.unit.name.to_string());
            note.add(fee.at, format!("fee[{index}].unit"), FaultKind::WrongUnit { found, expected });
        }
        if fee.fen_per_unit < 0 {
            let kind =
                FaultKind::OutOfRange { found: fee.fen_per_unit.to_string(), expected: "fen, from 0".to_owned() };
            note.add(fee.at, format!("fee[{index}].fen_per_unit"), kind);
        }
        if let Some(found) = fee.place_list.as_ref().filter(|list| !lists.contains(list)) {
            let kind = FaultKind::Undeclared { what: "[[place_list]]", found: found.clone(), known: lists.clone() };
            note.add(fee.at, format!("fee[{index}].place_list"), kind);
        }
        let mode = if fee.mode == Mode::Online { "online" } else { "face to face" };
        let key = format!("{mode} for {}", fee.place_list.as_deref().unwrap_or("everyone"));
        entries.push(Dated { index, at: fee.at, key, from: fee.from, until: fee.until });
    }
    note.overlaps("fee", &entries);
    for (i, fund) in rules.fund.iter().enumerate() {
        if !(0 < fund.numerator && fund.numerator <= fund.denominator) {
            let found = format!("{}/{}", fund.numerator, fund.denominator);
            let kind = FaultKind::OutOfRange { found, expected: "a share between 0 and 1".to_owned() };
            note.add(fund.at, format!("fund[{i}]"), kind);
        }
    }
}
