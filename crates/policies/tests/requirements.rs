//! docs/requirements.md has a line for every numbered row, and says truly which section of a rule file and which situation or
//! test stand for it.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::{Embedded, FILES, situations::Situations};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

const PAGE: &str = include_str!("../../../docs/requirements.md");
/// How many rows and how many readings each catalogue has.
const CATALOGUES: [(&str, usize, usize); 4] = [("SX", 54, 19), ("GD", 29, 10), ("QH", 70, 21), ("PDS", 25, 6)];
/// How many rows each chapter of the frame around the catalogues has.
const FRAME: [(&str, usize); 6] = [("B1", 12), ("B2", 18), ("B3", 16), ("D", 16), ("E1", 10), ("E2", 16)];
/// What the situations of the nation name as their reading.
const NATION: &str = "B1";
/// Rooms that act now, and rooms that will.
const NOW: [&str; 10] = [
    "policy",
    "registry",
    "completions",
    "hour_ledger",
    "recognition",
    "review",
    "roll",
    "findings",
    "exceptions",
    "verification",
];
const LATER: [&str; 10] = [
    "access",
    "recognition",
    "accreditation",
    "enrollment",
    "fees",
    "certificates",
    "review",
    "helpdesk",
    "reporting",
    "load",
];
/// The answer for a fact on which nothing is built.
const GROUND: &str = "ground of the load model";
const COMMENT: &str = "a comment";

struct Row {
    id: &'static str,
    carried_by: BTreeSet<String>,
    covered_by: &'static str,
}

/// The chapters of the page: the rule file that each names, if any, and its rows.
fn chapters() -> Vec<(Option<&'static Embedded>, Vec<Row>)> {
    let chapter = |text: &'static str| {
        let path = text.split_once("Rule file `").map(|(_, rest)| rest.split_once('`').unwrap().0);
        let file = path.map(|path| FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")));
        (file, text.lines().filter_map(row).collect())
    };
    PAGE.split("\n## ").skip(1).map(chapter).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    let (id, carried_by, covered_by) = match cells[..] {
        [id, _, carried_by, covered_by] => (id, carried_by, covered_by),
        [id, _, covered_by] => (id, "-", covered_by),
        _ => panic!("three or four cells in {line}"),
    };
    let mut names = CATALOGUES.iter().map(|(name, ..)| *name).chain(FRAME.iter().map(|(name, _)| *name));
    let known = names.any(|name| id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-')));
    let carried_by = carried_by.split(", ").map(|section| section.trim_matches('`').to_owned()).collect();
    known.then_some(Row { id, carried_by, covered_by })
}

/// The rows of the four notices with the rule files that carry them.
fn catalogues() -> Vec<(&'static Embedded, Vec<Row>)> {
    chapters().into_iter().take(CATALOGUES.len()).map(|(file, rows)| (file.unwrap(), rows)).collect()
}

/// The texts that stand between the marks, and what remains without them.
fn between(text: &str, open: char, close: char) -> (Vec<&str>, String) {
    let (mut inside, mut outside) = (Vec::new(), String::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let (word, next) = after.split_once(close).unwrap_or_else(|| panic!("{open} without {close} in {text}"));
        outside.push_str(before);
        inside.push(word);
        rest = next;
    }
    outside.push_str(rest);
    (inside, outside)
}

/// The names of all tests of the workspace.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = ["api", "crates", "tests"].map(|folder| root.join(folder)).to_vec();
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(tests_in(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// The functions that follow an attribute that makes them tests, with nothing but attributes and comments between.
fn tests_in(source: &str) -> Vec<String> {
    let (mut marked, mut found) = (false, Vec::new());
    for line in source.lines().map(str::trim) {
        if line == "#[test]" {
            marked = true;
        } else if let Some((_, name)) = line.split_once("fn ").filter(|_| marked) {
            found.push(name.split('(').next().unwrap().to_owned());
            marked = false;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            marked = false;
        }
    }
    found
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
    let of_catalogues = CATALOGUES.iter().flat_map(|(name, rows, readings)| {
        let rows = (1..=*rows).map(move |number| format!("{name}-{number:02}"));
        rows.chain((1..=*readings).map(move |number| format!("{name}-A{number}")))
    });
    let of_frame = FRAME.iter().flat_map(|(name, rows)| (1..=*rows).map(move |number| format!("{name}-{number:02}")));
    assert_eq!(found, of_catalogues.chain(of_frame).collect::<Vec<_>>());
}

#[test]
fn what_a_rule_file_carries_stands_in_its_comments() {
    for (file, rows) in catalogues() {
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

/// The sections of the nation's file stand under its name alone, and the dimensions of a rule are tables of some file.
#[test]
fn what_the_nation_and_the_form_carry_is_there() {
    let section = |line: &'static str| line.strip_prefix('[').map(|name| name.trim_matches(['[', ']']));
    let of =
        |file: &'static Embedded| file.rules.lines().filter_map(section).map(|name| name.split('.').next().unwrap());
    let any: BTreeSet<&str> = FILES.iter().flat_map(of).collect();
    let nation: BTreeSet<&str> =
        FILES[0].rules.split("\n# B1").skip(1).filter_map(|rest| rest.lines().find_map(section)).collect();
    let nation: BTreeSet<&str> = nation.into_iter().map(|name| name.split('.').next().unwrap()).collect();
    let mut named = BTreeSet::new();
    for row in chapters().into_iter().skip(CATALOGUES.len()).flat_map(|(_, rows)| rows) {
        for section in row.carried_by.iter().filter(|section| *section != "-") {
            assert!(any.contains(section.as_str()), "{}: no file has {section}", row.id);
            if row.id.starts_with(NATION) {
                named.insert(section.clone());
            }
        }
    }
    assert_eq!(named, nation.into_iter().map(str::to_owned).collect());
}

#[test]
fn every_row_is_answered_by_what_exists() {
    let tests = tests();
    let of = |file: &Embedded| Situations::parse(file.situations).unwrap().situation.into_iter().map(|one| one.name);
    let everywhere: BTreeSet<String> = FILES.iter().flat_map(of).collect();
    for (file, rows) in chapters() {
        let situations = file.map_or_else(|| everywhere.clone(), |file| of(file).collect());
        for row in rows {
            let (named, rest) = between(row.covered_by, '“', '”');
            let missing: Vec<_> = named.iter().filter(|name| !situations.contains(**name)).collect();
            assert!(missing.is_empty(), "{}: no such situations: {missing:?}", row.id);
            let (mut shown, mut later) = (!named.is_empty(), false);
            for part in rest.split("; ") {
                let (now, then) = part.split_once("later ").unwrap_or((part, ""));
                for word in between(now, '`', '`').0 {
                    assert!(NOW.contains(&word) || tests.contains(word), "{}: neither room nor test: {word}", row.id);
                    shown |= tests.contains(word);
                }
                for room in between(then, '`', '`').0 {
                    assert!(LATER.contains(&room), "{}: no room {room}", row.id);
                    later = true;
                }
            }
            assert!(shown || later || rest.starts_with(GROUND), "{} is covered by nothing: {rest}", row.id);
        }
    }
}

/// So that no situation is counted or hinted at instead of named.
#[test]
fn every_situation_that_names_a_row_is_named_by_that_row() {
    for (file, rows) in chapters().into_iter().filter_map(|(file, rows)| Some((file?, rows))) {
        for situation in Situations::parse(file.situations).unwrap().situation {
            let Some(reading) = &situation.reading else { continue };
            let mut of_it =
                rows.iter().filter(|row| row.id == reading || (reading == NATION && row.id.starts_with(NATION)));
            let name = format!("“{}”", situation.name);
            assert!(of_it.any(|row| row.covered_by.contains(&name)), "{reading} does not name {name}");
        }
    }
    let hinted: Vec<&str> = PAGE.lines().filter(|line| line.contains(" more |") || line.contains(" more;")).collect();
    assert!(hinted.is_empty(), "{hinted:#?}");
}
