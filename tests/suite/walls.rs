//! The walls of the house: which crate may use which, which rooms of one floor may use one another, and that the law stays
//! data, so that no decision in the code names a place or a year.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The floors, as `docs/ARCHITECTURE.md` names them, with where their sources are.
const FLOORS: [(&str, &str); 3] = [("ground", "crates/domain/src"), ("middle", "crates/store/src"), ("top", "api/src")];

/// The rooms that may not simply use one another; `kernel` is open to all.
const ROOMS: [&str; 16] = [
    "access",
    "audit",
    "changes",
    "completions",
    "corrections",
    "exceptions",
    "findings",
    "hour_ledger",
    "policy",
    "provisional",
    "reassessment",
    "recognition",
    "registry",
    "review",
    "roll",
    "verification",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every source file below a folder, by its path from there, without the files that hold tests alone.
fn sources(folder: &str) -> Vec<(String, String)> {
    let start = root().join(folder);
    let mut open = vec![start.clone()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&start).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(".rs") && !name.contains("test") {
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 3, "{folder}: {}", found.len());
    found
}

/// The names in one section of a `Cargo.toml`.
fn dependencies(manifest: &str, section: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let inside = text.lines().skip_while(|line| *line != section).skip(1).take_while(|line| !line.starts_with('['));
    let names = inside.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    names.map(|line| line.split(['.', ' ', '=']).next().unwrap().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_ground_floor_knows_no_input_no_output_no_clock_and_no_http() {
    // The chain of the audit trail is a law of its own, and a digest is arithmetic.
    let allowed = set(&["serde", "sha2", "strsim", "thiserror", "time", "toml", "unicode-normalization", "uuid"]);
    assert_eq!(dependencies("crates/domain/Cargo.toml", "[dependencies]"), allowed);
    for (file, text) in sources("crates/domain/src") {
        for outside in ["std::fs", "std::env", "std::net", "std::thread", "SystemTime", "Instant::now", "now_utc"] {
            assert!(!without_tests(&text).contains(outside), "{file}: {outside}");
        }
    }
}

#[test]
fn arrows_between_the_crates_point_down_only() {
    let members = set(&["domain", "policies", "store", "xueshi"]);
    for (manifest, below) in [
        ("crates/domain/Cargo.toml", &[] as &[&str]),
        ("crates/policies/Cargo.toml", &["domain"]),
        ("crates/store/Cargo.toml", &["domain"]),
        ("api/Cargo.toml", &["domain", "policies", "store"]),
    ] {
        let used = dependencies(manifest, "[dependencies]");
        assert_eq!(used.intersection(&members).cloned().collect::<BTreeSet<_>>(), set(below), "{manifest}");
    }
    for manifest in ["crates/domain/Cargo.toml", "crates/policies/Cargo.toml", "api/Cargo.toml"] {
        let used = dependencies(manifest, "[dependencies]");
        assert!(!used.contains("diesel") && !used.contains("rusqlite"), "{manifest}: SQL is for the store alone");
    }
}

#[test]
fn no_password_is_hashed_on_the_path_of_a_request_or_anywhere() {
    let locked = read("Cargo.lock");
    for library in ["argon2", "bcrypt", "scrypt", "pbkdf2", "password-hash"] {
        assert!(!locked.contains(&format!("name = \"{library}\"")), "{library}");
    }
}

/// What stands before the tests of a file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// The modules that `crate::…` names, also within braces.
fn modules_used(text: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(braced) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut starts) = (1, true);
        for (at, c) in braced.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' => starts |= depth == 1,
                c if c.is_whitespace() => {}
                _ if starts && depth == 1 => {
                    found.insert(word(&braced[at..]));
                    starts = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// For each floor and room the rooms beside it, as `docs/ARCHITECTURE.md` lists them: `| floor | room | rooms |`.
fn doors_of_the_plan() -> BTreeMap<(String, String), BTreeSet<String>> {
    let page = read("docs/ARCHITECTURE.md");
    let mut doors = BTreeMap::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", floor, room, uses, ""] = cells[..]
            && FLOORS.iter().any(|(known, _)| *known == floor)
            && ROOMS.contains(&room.trim_matches('`'))
        {
            let uses = uses.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect();
            doors.insert((floor.to_owned(), room.trim_matches('`').to_owned()), uses);
        }
    }
    doors
}

#[test]
fn rooms_use_those_rooms_of_their_floor_that_the_plan_lists_and_no_others() {
    let mut doors: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (floor, folder) in FLOORS {
        for (file, text) in sources(folder) {
            let room = file.split(['/', '.']).next().unwrap();
            if !ROOMS.contains(&room) {
                continue;
            }
            for used in modules_used(without_tests(&text)) {
                if used != room && ROOMS.contains(&used.as_str()) {
                    doors.entry((floor.to_owned(), room.to_owned())).or_default().insert(used);
                }
            }
        }
    }
    assert!(doors.len() > 5, "{doors:?}");
    assert_eq!(doors, doors_of_the_plan());
}

#[test]
fn modules_are_found_in_every_way_of_writing() {
    let text = "use crate::{\n    kernel::{Hours, Ts},\n    policy::{shape::{A, B}, C},\n};\nuse crate::access::X;\ncrate::work::go();";
    assert_eq!(modules_used(text), set(&["access", "kernel", "policy", "work"]));
}

/// What in a file names a place or a year where it may not: at all where `strict`, else only in a line that decides.
fn law_in_code(text: &str, strict: bool) -> Vec<String> {
    let mut found = Vec::new();
    for line in without_tests(text).lines() {
        // An escape names a character, not a year.
        let line = line.split("//").next().unwrap().replace("\\u{", "\\u{_");
        // Odd pieces stand in quotes.
        let pieces: Vec<&str> = line.split('"').collect();
        let is_place = |text: &str| {
            let key = text.split('-').next().unwrap();
            key.len() == 6 && key.bytes().all(|b| b.is_ascii_digit()) && matches!(key.as_bytes()[0], b'1'..=b'6')
        };
        let place = pieces.iter().skip(1).step_by(2).any(|text| is_place(text));
        let bare = pieces.iter().step_by(2).flat_map(|code| {
            code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').flat_map(|word| word.split(".."))
        });
        let year = bare.filter_map(|word| word.parse::<u32>().ok()).any(|number| (2000..=2040).contains(&number));
        let decides = ["if ", "==", "!=", "=>", "<", "matches!", "starts_with", "contains"];
        if (place || year) && (strict || decides.iter().any(|mark| line.contains(mark))) {
            found.push(line.trim().to_owned());
        }
    }
    found
}

#[test]
fn no_decision_in_the_code_names_a_place_or_a_year() {
    for (folder, strict) in [
        ("crates/domain/src", true),
        ("crates/policies/src", true),
        ("crates/store/src", true),
        // Its bodies have examples.
        ("api/src", false),
    ] {
        for (file, text) in sources(folder) {
            // The rule files are listed by their places and years.
            let lists = folder == "crates/policies/src" && file == "lib.rs";
            let found = law_in_code(&text, strict && !lists);
            assert!(found.is_empty(), "{folder}/{file}: {found:#?}");
        }
    }
}

#[test]
fn a_place_or_a_year_in_a_decision_is_found() {
    for line in [
        "if year >= 2021 {",
        "2020 | 2021 => 24,",
        "matches!(place.as_str(), \"610000\")",
        "if code == \"410400-high-tech\" {",
        "(2019..=2020).contains(&year)",
    ] {
        assert_eq!(law_in_code(line, false), [line]);
    }
    for line in [
        "#[schema(example = 2020)]",
        "\"place\": \"610000\",",
        "if key.bits() < 2048 {",
        "// if year == 2020",
        r"if c == '\u{2028}' {",
    ] {
        assert!(law_in_code(line, false).is_empty(), "{line}");
    }
    assert_eq!(law_in_code("const FIRST: i32 = 2015;", true).len(), 1);
}
