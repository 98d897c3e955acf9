//! docs/requirements.md has a line for every numbered row, and says truly which section of a rule file and which situation
//! stand for it.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::{Embedded, FILES, situations::Situations};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/requirements.md");
/// How many rows and how many readings each catalogue has.
const CATALOGUES: [(&str, usize, usize); 4] = [("SX", 54, 19), ("GD", 29, 10), ("QH", 70, 21), ("PDS", 25, 6)];
/// Rooms that act now, and rooms that will.
const NOW: [&str; 4] = ["policy", "registry", "completions", "hour_ledger"];
const LATER: [&str; 8] =
    ["recognition", "accreditation", "enrollment", "fees", "certificates", "review", "helpdesk", "reporting"];
const COMMENT: &str = "a comment";

struct Row {
    id: &'static str,
    carried_by: BTreeSet<String>,
    covered_by: &'static str,
}

/// The rows of the page under the rule file that their chapter names.
fn chapters() -> Vec<(&'static Embedded, Vec<Row>)> {
    let chapter = |text: &'static str| {
        let path = text.split_once("Rule file `").unwrap().1.split_once('`').unwrap().0;
        let file = FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not embedded"));
        (file, text.lines().filter_map(row).collect())
    };
    PAGE.split("\n## ").skip(1).map(chapter).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let [id, _, carried_by, covered_by] = cells[..] else { panic!("four cells in {line}") };
    let known = CATALOGUES.iter().any(|(name, ..)| id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')));
    let carried_by = carried_by.split(", ").map(|section| section.trim_matches('`').to_owned()).collect();
    known.then_some(Row { id, carried_by, covered_by })
}

fn is_reading(id: &str) -> bool {
    id.contains("-A")
}

/// The ids in a text, each a catalogue's name, a dash and a number.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| {
        let number = CATALOGUES.iter().find_map(|(name, ..)| word.strip_prefix(name)?.strip_prefix('-'));
        let digits = number.map(|number| number.strip_prefix('A').unwrap_or(number));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The sections of a rule file by the ids they carry: those of the comment right above, and readings inside.
fn carried(rules: &str) -> BTreeMap<&str, BTreeSet<String>> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let (mut above, mut section) = (Vec::new(), String::new());
    for line in rules.lines() {
        if line.starts_with('#') {
            above.extend(ids(line));
        } else if line.starts_with('[') {
            let name = line.trim_matches(['[', ']']);
            section = name.split('.').next().unwrap().to_owned();
            for id in above.drain(..) {
                found.entry(id).or_default().insert(section.clone());
            }
        } else {
            above.clear();
            for id in ids(line).filter(|id| is_reading(id)) {
                found.entry(id).or_default().insert(section.clone());
            }
        }
    }
    for id in rules.lines().filter(|line| line.starts_with('#')).flat_map(ids) {
        found.entry(id).or_insert_with(|| BTreeSet::from([COMMENT.to_owned()]));
    }
    found
}

#[test]
fn every_row_of_every_catalogue_has_one_line() {
    let found: Vec<&str> = chapters().iter().flat_map(|(_, rows)| rows.iter().map(|row| row.id)).collect();
    let expected: Vec<String> = CATALOGUES
        .iter()
        .flat_map(|(name, rows, readings)| {
            let rows = (1..=*rows).map(move |number| format!("{name}-{number:02}"));
            rows.chain((1..=*readings).map(move |number| format!("{name}-A{number}")))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn what_a_rule_file_carries_stands_in_its_comments() {
    for (file, rows) in chapters() {
        let carried = carried(file.rules);
        for row in &rows {
            let none = BTreeSet::from(["-".to_owned()]);
            let found = carried.get(row.id).unwrap_or(&none);
            assert_eq!(*found, row.carried_by, "{} in {}.toml", row.id, file.path);
            assert!(is_reading(row.id) || !found.contains("-"), "{} is carried by nothing", row.id);
        }
        let known: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
        let strange: Vec<_> = carried.keys().filter(|id| !known.contains(*id)).collect();
        assert!(strange.is_empty(), "{}.toml names rows that do not exist: {strange:?}", file.path);
    }
}

#[test]
fn every_situation_and_every_room_named_exists() {
    for (file, rows) in chapters() {
        let situations = Situations::parse(file.situations).unwrap();
        let names: BTreeSet<&str> = situations.situation.iter().map(|situation| situation.name.as_str()).collect();
        for row in rows {
            assert!(!row.covered_by.is_empty(), "{} is covered by nothing", row.id);
            for named in row.covered_by.split('“').skip(1).map(|rest| rest.split_once('”').unwrap().0) {
                assert!(names.contains(named), "{}: no situation {named:?} in {}", row.id, file.path);
            }
            let (now, later) = row.covered_by.rsplit_once("later `").unwrap_or((row.covered_by, ""));
            for room in later.split(", ").map(|room| room.trim_matches('`')).filter(|room| !room.is_empty()) {
                assert!(LATER.contains(&room), "{}: no room {room}", row.id);
            }
            for word in now.split('“').next().unwrap().split('`').skip(1).step_by(2) {
                let test = include_str!("../src/places.rs").contains(&format!("fn {word}("));
                assert!(test || NOW.contains(&word), "{}: neither a room nor a test: {word}", row.id);
            }
        }
    }
}
