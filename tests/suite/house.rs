//! The papers of the house are true: links resolve, paths exist, and commands, settings and metrics are those of the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tests::{App, Backend};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every page for people, by its path from the root.
fn pages() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("README.md"), PathBuf::from("README.zh-CN.md")];
    found.extend(files(&["docs"], "md"));
    found
}

/// The files below folders with names that end so.
fn files(folders: &[&str], extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == extension) => found.push(path),
                false => {}
            }
        }
    }
    found
}

/// A page without its fenced blocks: what they hold is for machines.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    };
    text.lines().filter(outside).collect::<Vec<_>>().join("\n")
}

/// The texts between two marks.
fn between<'t>(text: &'t str, open: &str, close: char) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close).map(|(inner, _)| inner)).collect()
}

/// The anchors that the headings of a page give.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings =
        headings.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ';
    let slug =
        |heading: &str| heading.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-");
    headings.map(slug).collect()
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for link in between(&prose(&text), "](", ')') {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let resolved = root().join(&target);
            let found = resolved.exists()
                && anchor.is_none_or(|a| fs::read_to_string(&resolved).is_ok_and(|text| anchors(&text).contains(a)));
            if !found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_path_that_a_page_names_exists() {
    let floors = ["api/", "crates/", "docs/", "migrations/", "openapi/", "tests/", ".ci/", ".docker/"];
    let mut missing = Vec::new();
    for page in pages() {
        let text = prose(&fs::read_to_string(root().join(&page)).unwrap());
        for span in text.split('`').skip(1).step_by(2) {
            let plain = span.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
            if plain && floors.iter().any(|floor| span.starts_with(floor)) && !root().join(span).exists() {
                missing.push(format!("{}: {span}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_two_commands_of_the_readme_are_those_that_are_checked() {
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        for page in ["README.md", "README.zh-CN.md"] {
            assert!(read(page).lines().any(|line| line == command), "{page}: {command}");
        }
        let checks = read(".ci/run");
        let runs = |line: &str| {
            let words = line.trim().strip_prefix("shown ").unwrap_or(line.trim());
            words.strip_prefix(".ci/demo ").unwrap_or(words) == command
        };
        assert!(checks.lines().any(runs), ".ci/run: {command}");
    }
}

#[test]
fn the_readme_shows_the_demo_as_it_is_compared() {
    let shown = read(".ci/demo.first.txt");
    for page in ["README.md", "README.zh-CN.md"] {
        let page = read(page);
        let table = page.split("```\nRecognitions:\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        for line in table.lines().filter(|line| line.trim() != "...") {
            // A title that is left out for its length is shown as dots.
            let mut rest = shown.lines();
            let parts: Vec<&str> = line.split("...").collect();
            assert!(rest.any(|whole| parts.iter().all(|part| whole.contains(part))), "{line}");
        }
    }
}

/// The settings' names in the environment, as the program lists them.
fn settings() -> BTreeSet<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_node")).args(["serve", "--help"]).output().unwrap();
    // Wherever a line of it is broken.
    let help = String::from_utf8(help.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    between(&help, "[env: ", ']').into_iter().map(|name| name.trim_end_matches('=').to_owned()).collect()
}

#[test]
fn every_setting_stands_in_the_operators_table_and_no_other() {
    let page = read("docs/OPERATIONS.md");
    let rows = page.lines().filter(|line| line.starts_with("| `--"));
    let listed: BTreeSet<_> = rows.map(|row| row.split('`').nth(3).unwrap().to_owned()).collect();
    assert_eq!(listed, settings());
}

#[test]
fn the_composed_deployment_names_only_settings_that_exist() {
    let known = settings();
    let compose = read("docker-compose.yml") + &read(".docker/Dockerfile");
    let named = compose.lines().filter(|line| !line.trim_start().starts_with('#'));
    for line in named.filter(|line| !line.contains("XUESHI_UID")) {
        for (at, _) in line.match_indices("XUESHI_") {
            let name: String = line[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            assert!(known.contains(&name), "{name}: {line}");
        }
    }
}

#[test]
fn every_metric_stands_in_the_operators_table() {
    let page = read("docs/OPERATIONS.md");
    let app = App::start(Backend::Sqlite);
    let _ = app.as_nobody().get("/healthz");
    let metrics = app.as_nobody().get("/metrics").expect(200).text;
    let names: Vec<_> = between(&metrics, "# TYPE ", ' ');
    assert!(names.len() >= 4, "{metrics}");
    for name in names {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn every_test_that_a_page_names_exists() {
    let sources = files(&["api", "crates", "tests/suite", "tests/load"], "rs");
    let code: String = sources.iter().map(|path| read(&path.to_string_lossy())).collect();
    for page in ["docs/PROMISES.md", "docs/SECURITY.md", "docs/TESTING.md"] {
        let text = read(page);
        let names = text.split('`').skip(1).step_by(2).filter_map(|name| name.rsplit("::").next());
        let plain = |name: &&str| name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit());
        let named: Vec<&str> = names.filter(plain).filter(|name| name.matches('_').count() >= 4).collect();
        assert!(page != "docs/SECURITY.md" || named.len() > 100, "{} names", named.len());
        for name in named {
            assert!(code.contains(&format!("fn {name}(")), "{page} names {name}");
        }
    }
}

#[test]
fn each_of_the_ten_risks_of_apis_is_answered_by_a_test() {
    let page = read("docs/SECURITY.md");
    for number in 1..=10 {
        let row = page.lines().find(|line| line.starts_with(&format!("| API{number} "))).unwrap();
        let named = row.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() >= 4);
        assert!(named.count() > 0, "{row}");
    }
}

/// How many requirements a row of the security page answers: one, or those of a range.
fn answered(row: &str) -> usize {
    let (first, last) = row.trim_start_matches("| ").split(' ').next().unwrap().split_once('-').unwrap_or(("", ""));
    let number = |id: &str| id.rsplit('.').next().and_then(|number| number.parse::<usize>().ok());
    number(last).zip(number(first)).map_or(1, |(last, first)| last + 1 - first)
}

#[test]
fn the_security_page_counts_its_rows_as_they_are() {
    let page = read("docs/SECURITY.md");
    let words = ["met", "n/a", "open"];
    let mut all = [0; 3];
    for row in page.lines().filter(|line| line.starts_with("| [V")) {
        let chapter = row.split(['[', ' ']).nth(2).unwrap();
        let of_it = |line: &&str| line.starts_with(&format!("| {chapter}."));
        let counts = words.map(|word| {
            let said = |line: &&str| line.split(" | ").nth(1).is_some_and(|cell| cell.trim_matches('*') == word);
            page.lines().filter(of_it).filter(said).map(answered).sum::<usize>()
        });
        assert!(row.ends_with(&format!(" | {} | {} | {} |", counts[0], counts[1], counts[2])), "{row}: {counts:?}");
        all = [0, 1, 2].map(|at| all[at] + counts[at]);
    }
    let sum = format!("| all {} | {} | {} | {} |", all.iter().sum::<usize>(), all[0], all[1], all[2]);
    assert!(page.lines().any(|line| line == sum), "{sum}");
}

/// The requirements that a row of the page answers: `V1.2.6-V1.2.8` are three.
fn requirements(row: &str) -> Vec<String> {
    let Some(named) = row.strip_prefix("| V").and_then(|rest| rest.split(' ').next()) else { return Vec::new() };
    let (first, last) = named.split_once("-V").unwrap_or((named, named));
    let [(section, from), (of, until)] = [first, last].map(|one| one.rsplit_once('.').unwrap());
    assert_eq!(section, of, "{row}");
    let numbers = from.parse::<usize>().unwrap()..=until.parse().unwrap();
    numbers.map(|number| format!("V{section}.{number}")).collect()
}

#[test]
fn the_security_page_answers_every_requirement_of_the_standard_once() {
    let standard = include_str!("house/asvs-5.0.0.txt");
    let (mut wanted, mut all) = (Vec::new(), 0);
    for line in standard.lines().filter(|line| !line.starts_with('#')) {
        let (section, levels) = line.split_once(' ').unwrap();
        for (at, level) in levels.split(' ').enumerate() {
            all += 1;
            // Of level 3 those of V8 alone, as the page says.
            if level != "3" || section.starts_with("V8.") {
                wanted.push(format!("{section}.{}", at + 1));
            }
        }
    }
    assert_eq!(all, 345, "the whole standard");
    let answered: Vec<String> = read("docs/SECURITY.md").lines().flat_map(requirements).collect();
    assert_eq!(answered, wanted, "each once, in the order of the standard");
}

#[test]
fn every_promise_names_what_shows_it_where_it_is_or_says_what_is_missing() {
    let page = read("docs/PROMISES.md");
    let mut counts = [0; 3];
    for row in page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [promise, shown_by, remark] = cells[..] else { panic!("three cells in {row}") };
        if ["promise", "---"].contains(&promise) {
            continue;
        }
        let mut source = String::new();
        for span in shown_by.split('`').skip(1).step_by(2) {
            if span.contains('/') {
                source = read(span);
            } else {
                assert!(source.contains(&format!("fn {span}(")), "{promise}: {span}");
            }
        }
        let answers = [remark == "shown", remark.starts_with("in part: "), remark.starts_with("open: ")];
        let Some(answer) = answers.iter().position(|is_it| *is_it) else { panic!("{promise}: {remark}") };
        assert!(answers[2] || !source.is_empty(), "{promise} is shown by nothing");
        counts[answer] += 1;
    }
    let [shown, in_part, open] = counts;
    let sum = format!("{} promises: {shown} shown, {in_part} in part, {open} open.", shown + in_part + open);
    assert!(page.lines().any(|line| line == sum), "{sum}");
}

/// What each package of this repository depends on by name, as a lock file knows it.
fn locked(path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = read(path);
    let own = text.split("[[package]]\n").skip(1).filter(|package| !package.contains("\nsource = "));
    own.map(|package| {
        let quoted = |line: &str| line.split('"').nth(1).and_then(|said| said.split(' ').next()).map(str::to_owned);
        let name = package.lines().find(|line| line.starts_with("name = ")).and_then(quoted);
        let needs = package.lines().filter(|line| line.starts_with(" \"")).filter_map(quoted);
        (name.unwrap(), needs.collect())
    })
    .collect()
}

/// What the manifest of a package says that it needs to be built, and not only to be tested.
fn needed(package: &str) -> BTreeSet<String> {
    let folder = if package == "xueshi" { "api".to_owned() } else { format!("crates/{package}") };
    let mut section = String::new();
    let mut needed = BTreeSet::new();
    for line in read(&format!("{folder}/Cargo.toml")).lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        } else if section.ends_with("dependencies]") && !section.contains("dev-") {
            needed.extend(line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    needed
}

/// The fuzzers are a workspace of their own, whose lock file nobody's build of this one brings up to date.
#[test]
fn the_fuzzers_lock_file_knows_what_the_service_depends_on() {
    let (service, fuzzers) = (locked("Cargo.lock"), locked("tests/fuzz/Cargo.lock"));
    let both: Vec<&String> = fuzzers.keys().filter(|name| service.contains_key(*name)).collect();
    assert!(both.iter().any(|name| *name == "xueshi") && both.len() >= 4, "{both:?}");
    for name in both {
        // What tests alone need is in the lock file of the workspace that runs them.
        let needed = service[name].intersection(&needed(name)).cloned().collect::<BTreeSet<_>>();
        let missing: Vec<_> = needed.difference(&fuzzers[name]).collect();
        assert!(!needed.is_empty() || name == "policies", "the manifest of {name} was not read");
        assert!(
            missing.is_empty(),
            "{name} needs {missing:?}: cargo update --workspace --manifest-path tests/fuzz/Cargo.toml"
        );
    }
}
