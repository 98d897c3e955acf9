//! The tables of keys in docs/POLICY.md are those of the shape. To write them anew: `WRITE_DOCS=1 cargo test -p policies`.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    kernel::Words,
    policy::shape::{Fulfils, Granted},
};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

const BEGIN: &str = "<!-- keys: generated from crates/domain/src/policy/shape, do not edit by hand -->\n";
const END: &str = "<!-- end of keys -->\n";
/// The modules of the shape in the order of its dimensions, then where the words of the registry are.
const SHAPE: [&str; 12] = [
    "mod",
    "identity",
    "calendar",
    "counting",
    "scope",
    "sources",
    "recognition",
    "years",
    "consequences",
    "money",
    "workflow",
    "courseware",
];
const LAST: &str = "certificate";
const WORDS: [&str; 3] = ["organisation", "learner", "course"];

#[test]
fn the_tables_of_keys_are_those_of_the_shape() {
    let path = root().join("docs/POLICY.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("POLICY.md holds the mark where the tables begin");
    let (found, after) = rest.split_once(END).expect("POLICY.md holds the mark where the tables end");
    let expected = tables();
    if std::env::var_os("WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
    } else {
        assert!(
            found == expected,
            "the shape has changed: run WRITE_DOCS=1 cargo test -p policies --test policy_document"
        );
    }
}

#[test]
fn the_worked_example_is_green() {
    let text = fs::read_to_string(root().join("docs/POLICY.md")).unwrap();
    let checked = policies::check::check(&block(&text, "rules"), &block(&text, "situations")).unwrap();
    assert!(checked.is_clean(), "{:#?} {:#?}", checked.failures, checked.unnoticed);
    assert!(text.contains(&format!("2021.toml: clean\n  {} situations\n", checked.situations)));
}

/// A table of achievements is entered as data alone, one kind of each sort.
#[test]
fn the_worked_example_of_achievements_is_green_and_has_every_kind_of_formula() {
    let text = fs::read_to_string(root().join("docs/POLICY.md")).unwrap();
    let both = |one: &str, other: &str| format!("{}\n{}", block(&text, one), block(&text, other));
    let rules = both("rules", "achievements");
    let checked = policies::check::check(&rules, &both("situations", "situations of achievements")).unwrap();
    assert!(checked.is_clean(), "{:#?} {:#?}", checked.failures, checked.unnoticed);
    let every = ["fixed", "per_day", "by_rank", "by_role", "fulfils", "as_filed", "by_reviewer"];
    let missing: Vec<_> = every.iter().filter(|key| !rules.contains(&format!("formula = {{ {key} ="))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let words = Granted::ALL.iter().map(|word| word.as_str()).chain(Fulfils::ALL.iter().map(|word| word.as_str()));
    for word in words {
        assert!(rules.contains(&format!("\"{word}\"")), "{word}");
    }
}

fn block(text: &str, mark: &str) -> String {
    let (_, rest) = text.split_once(&format!("<!-- example: {mark} -->\n```toml\n")).unwrap();
    rest.split_once("```\n").unwrap().0.to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

struct Key {
    name: String,
    kind: String,
    about: String,
}

struct Section {
    about: String,
    keys: Vec<Key>,
}

/// What the sources of the shape declare: sections by the name of their type, words by the name of theirs.
#[derive(Default)]
struct Shape {
    sections: BTreeMap<String, Section>,
    words: BTreeMap<String, Vec<String>>,
}

fn shape() -> Shape {
    let mut shape = Shape::default();
    let source = root().join("crates/domain/src");
    let files = SHAPE.iter().chain([&LAST]).map(|name| source.join(format!("policy/shape/{name}.rs")));
    for file in files.chain(WORDS.iter().map(|name| source.join(format!("registry/{name}.rs")))) {
        let text = fs::read_to_string(&file).unwrap();
        for (index, _) in text.match_indices("section! {\n") {
            let (name, section) = section(&text[index..]);
            shape.sections.insert(name, section);
        }
        shape.words.extend(text.match_indices("    pub enum ").map(|(index, _)| words(&text[index..])));
    }
    shape
}

/// The body of a macro call up to the brace that closes it at the margin.
fn body(text: &str) -> impl Iterator<Item = &str> {
    text.lines().skip(1).take_while(|line| *line != "}").map(str::trim)
}

fn section(text: &str) -> (String, Section) {
    let (mut name, mut about, mut keys) = (String::new(), String::new(), Vec::new());
    let mut doc = String::new();
    for line in body(text) {
        if let Some(words) = line.strip_prefix("///") {
            doc.push_str(words);
        } else if let Some(head) = line.strip_prefix("pub struct ") {
            name = head.trim_end_matches([' ', '{']).to_owned();
            about = std::mem::take(&mut doc).trim().to_owned();
        } else if let Some((key, kind)) = line.trim_end_matches(',').split_once(": ") {
            let about = std::mem::take(&mut doc).trim().to_owned();
            keys.push(Key { name: key.to_owned(), kind: kind.to_owned(), about });
        }
    }
    (name, Section { about, keys })
}

/// The name and the words of an enum of a list of words.
fn words(text: &str) -> (String, Vec<String>) {
    let quoted = |line: &str| Some(line.split_once("= \"")?.1.split_once('"')?.0.to_owned());
    let variants = text.lines().skip(1).take_while(|line| *line != "    }");
    let head = text.lines().next().and_then(|line| line.trim().strip_prefix("pub enum ")).unwrap_or_default();
    (head.trim_end_matches([' ', '{']).to_owned(), variants.filter_map(quoted).collect())
}

fn tables() -> String {
    let shape = shape();
    let mut out = String::new();
    for key in &shape.sections["Rules"].keys {
        let listed = key.kind.starts_with("Vec<");
        let header = match key.kind.as_str() {
            "i64" => continue,
            "Documents" => "[document.<key>]".to_owned(),
            _ if listed => format!("[[{}]]", key.name),
            _ => format!("[{}]", key.name),
        };
        let kind = if key.kind == "Documents" { "Document" } else { inner(&key.kind) };
        write!(out, "#### `{header}`\n\n{}\n\n", key.about).unwrap();
        table(&shape, kind, &mut out);
    }
    write!(out, "#### Who\n\n{}\n\n", shape.sections["Who"].about).unwrap();
    table(&shape, "Who", &mut out);
    out
}

/// The table of one section, then those of the sections inside it.
fn table(shape: &Shape, kind: &str, out: &mut String) {
    let section = &shape.sections[kind];
    out.push_str("| key | required | value | meaning |\n| --- | --- | --- | --- |\n");
    for key in &section.keys {
        let required = if key.kind.starts_with("Option<") || key.kind.starts_with("Vec<") { "" } else { "yes" };
        writeln!(out, "| `{}` | {required} | {} | {} |", key.name, value(shape, key), key.about).unwrap();
    }
    out.push('\n');
    for key in section.keys.iter().filter(|key| inner(&key.kind) != "Who") {
        if let Some(inside) = shape.sections.get(inner(&key.kind)) {
            write!(out, "`{}`: {}\n\n", key.name, inside.about).unwrap();
            table(shape, inner(&key.kind), out);
        }
    }
}

fn inner(kind: &str) -> &str {
    let kind = kind.strip_prefix("Option<").or(kind.strip_prefix("Vec<")).unwrap_or(kind);
    kind.trim_end_matches('>')
}

/// What to write for a key, with its unit.
fn value(shape: &Shape, key: &Key) -> String {
    let kind = inner(&key.kind);
    let one = match kind {
        "Hours" if key.name == "pass_mark" => "points, at most two decimal places".to_owned(),
        "Hours" => "hours of the file's unit, at most two decimal places".to_owned(),
        "Date" => "a day, `2020-12-31`".to_owned(),
        "String" => "text".to_owned(),
        "bool" => "`true` or `false`".to_owned(),
        "i32" => "a year, `2020`".to_owned(),
        "u32" | "i64" => number(&key.name),
        "Cite" => "`\"<document> <clause>\"`, several divided by `;`".to_owned(),
        "PlaceCode" => "the key of a place, `\"630000\"`".to_owned(),
        "CategoryCode" => "the code of a category, `\"public.required\"`".to_owned(),
        "Who" => "a description of people, see [Who](#who)".to_owned(),
        _ => match shape.words.get(kind) {
            Some(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            None => "a table, see below".to_owned(),
        },
    };
    match (key.kind.starts_with("Vec<"), kind) {
        (true, "Date" | "String" | "Hours" | "i32" | "PlaceCode" | "CategoryCode") => format!("a list, each {one}"),
        (true, _) if shape.words.contains_key(kind) => format!("a list of {one}"),
        (true, _) => "a list of tables, see below".to_owned(),
        _ => one,
    }
}

/// A whole number and the unit that its key names.
fn number(key: &str) -> String {
    const UNITS: [(&str, &str); 12] = [
        ("fen", "fen"),
        ("minutes", "minutes"),
        ("seconds", "seconds"),
        ("days", "days"),
        ("years", "years"),
        ("db", "dB"),
        ("mv", "mV"),
        ("kbps", "kbit/s"),
        ("hz", "Hz"),
        ("frames", "frames a second"),
        ("width", "pixels"),
        ("height", "pixels"),
    ];
    let named = key.split('_').find_map(|part| UNITS.iter().find(|(name, _)| *name == part));
    named.map_or_else(|| "a whole number".to_owned(), |(_, unit)| format!("a whole number of {unit}"))
}
