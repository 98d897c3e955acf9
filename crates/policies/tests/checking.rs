//! What `policy check` says of a rule file and its situations: what a situation names must be there.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::{FILES, check::check};

fn rules(path: &str) -> String {
    FILES.iter().find(|file| file.path == path).unwrap().rules.to_owned()
}

fn nation() -> String {
    rules("000000-national/2015.toml")
}

const COURSE: &str = "[course.c]\ncategory = \"professional\"\nhours = 24\navailable_from = 2020-03-01\n";

/// What situations of one course expected and did not find.
fn failures(rules: &str, rest: &str) -> Vec<String> {
    let situation = format!("{COURSE}[[situation]]\nname = \"One\"\ncite = \"order 一\"\n{rest}\n");
    let checked = check(rules, &situation).unwrap();
    checked.failures.into_iter().map(|f| format!("{}: expected {}, found {}", f.what, f.expected, f.found)).collect()
}

#[test]
fn a_course_that_is_not_there_is_told_with_its_place() {
    let line =
        |course: &str| format!("credited = [{{ category = \"professional\", hours = 8, course = \"{course}\" }}]");
    let expect = "\nexpect = { verdict = \"unmet\", earned = { total = 8 } }";
    assert_eq!(failures(&nation(), &(line("c") + expect)), [""; 0]);
    let told = failures(&nation(), &line("d"));
    assert_eq!(told, ["credited 1: expected usable, found no [course.d] in the situations file"]);
}

#[test]
fn without_situations_the_form_alone_is_checked() {
    let checked = check(&nation(), "").unwrap();
    assert_eq!((checked.situations, checked.failures.len(), checked.unnoticed.len()), (0, 0, 0));
    assert!(
        !check(&nation(), &format!("{COURSE}[[situation]]\nname = \"One\"\ncite = \"order 一\""))
            .unwrap()
            .unnoticed
            .is_empty()
    );
}
