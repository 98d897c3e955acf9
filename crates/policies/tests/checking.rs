//! What `policy check` says of a rule file and its situations: what the rules do not state is not done, and what a situation
//! names must be there.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::{FILES, check::check};

fn rules(path: &str) -> String {
    FILES.iter().find(|file| file.path == path).unwrap().rules.to_owned()
}

fn nation() -> String {
    rules("000000-national/2015.toml")
}

/// The rules without any of their checks.
fn unchecked(rules: &str) -> String {
    let tables = rules.split("\n[[").filter(|table| !table.starts_with("check]]"));
    tables.collect::<Vec<_>>().join("\n[[")
}

const COURSE: &str = "[course.c]\ncategory = \"professional\"\nhours = 24\navailable_from = 2020-03-01\n";

/// What situations of one course expected and did not find.
fn failures(rules: &str, rest: &str) -> Vec<String> {
    let situation = format!("{COURSE}[[situation]]\nname = \"One\"\ncite = \"order 一\"\n{rest}\n");
    let checked = check(rules, &situation).unwrap();
    checked.failures.into_iter().map(|f| format!("{}: expected {}, found {}", f.what, f.expected, f.found)).collect()
}

fn push(completed_at: &str, more: &str) -> String {
    let received_at = "2020-06-01T10:00:00+08:00";
    format!(
        "push = [{{ course = \"c\", platform = \"p\", completed_at = {completed_at}T10:00:00+08:00, received_at = {received_at}, {more} }}]\n\
         [platform.p]\ntier = \"provincial\"\nserves = [\"professional\"]"
    )
}

#[test]
fn what_no_check_of_the_file_looks_for_counts() {
    let (stated, silent) = (nation(), unchecked(&nation()));
    for (day, reason) in [("2020-02-29", "before_the_course"), ("2020-07-01", "in_the_future")] {
        let refused = push(day, &format!("expect = \"refused\", reasons = [\"{reason}\"]"));
        assert_eq!(failures(&stated, &refused), [""; 0]);
        assert_eq!(failures(&silent, &push(day, "expect = \"credited\", reasons = []")), [""; 0]);
    }
}

#[test]
fn every_file_of_a_place_states_what_cannot_be_true() {
    for file in FILES {
        for what in ["in_the_future", "before_the_course"] {
            assert!(file.rules.contains(&format!("what = \"{what}\"\nthen = \"refused\"")), "{}: {what}", file.path);
        }
    }
}

#[test]
fn a_category_that_the_tree_does_not_have_hides_no_other_reason() {
    let other = nation().replace("\"professional\"", "\"trade\"");
    let reasons =
        "[\"category_unknown_to_rule\", \"platform_not_serving_category\", \"hours_not_of_course\", \"in_the_future\"]";
    let told = push("2020-07-01", &format!("hours = 8, expect = \"refused\", reasons = {reasons}"));
    assert_eq!(failures(&other, &told.replace("serves = [\"professional\"]", "serves = [\"public\"]")), [""; 0]);
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
