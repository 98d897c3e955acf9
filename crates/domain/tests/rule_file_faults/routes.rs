//! Faults of routes.

use super::{VALID, faults};

/// A route of one step that asks nothing of a reader but the keys that a test changes.
fn with_route(keys: &str) -> Vec<String> {
    let route = format!("[[route]]\nsubject = \"recognition\"\n{keys}cite = \"notice 五\"\n");
    faults(&format!("{VALID}{route}"))
}

#[test]
fn a_route_that_nobody_can_take_or_decide_is_told_with_its_place() {
    let office = "seat = [\"county\"], act = \"reviews\"";
    let step = |keys: &str| with_route(&format!("filed_by = [\"learner\"]\nstep = [{{ office = \"局\", {keys} }}]\n"));
    assert_eq!(step(office), [""; 0]);
    for (keys, fault) in [
        ("seat = [\"county\", \"employer\"], act = \"reviews\", days = 5, by = 2020-12-15", None),
        ("act = \"reviews\"", Some("81:9 route[0].step[0].seat combination")),
        ("seat = [], act = \"reviews\"", Some("81:32 route[0].step[0].seat combination")),
        ("seat = [\"learner\"], act = \"reviews\"", Some("81:32 route[0].step[0].seat combination")),
        ("seat = [\"county\", \"platform\"], act = \"reviews\"", Some("81:32 route[0].step[0].seat combination")),
        ("seat = [\"county\", \"county\"], act = \"reviews\"", Some("81:32 route[0].step[0].seat combination")),
        ("seat = [\"town\"], act = \"reviews\"", Some("81:33 route[0].step[0].seat[0] unknown_word")),
        ("seat = [\"county\"], act = \"reviews\", days = 0", Some("81:68 route[0].step[0].days out_of_range")),
        (
            "seat = [\"county\"], act = \"reviews\", vacant = \"ignored\"",
            Some("81:70 route[0].step[0].vacant unknown_word"),
        ),
        // What may fall away leaves nobody, and so does what decides nothing.
        ("seat = [\"county\"], act = \"reviews\", vacant = \"skipped\"", Some("81:8 route[0].step combination")),
        ("seat = [\"county\"], act = \"receives\"", Some("81:8 route[0].step combination")),
    ] {
        assert_eq!(step(keys), Vec::from_iter(fault), "{keys}");
    }
    assert_eq!(
        with_route(&format!("step = [{{ office = \"局\", {office} }}]\n")),
        ["78:1 route[0].filed_by combination"]
    );
    assert_eq!(with_route("filed_by = [\"learner\"]\n"), ["78:1 route[0].step combination"]);
}

#[test]
fn conditions_of_a_step_are_said_in_words_and_by_what_decides_them() {
    let second = |filed_by: &str, keys: &str| {
        let steps = format!(
            "step = [{{ office = \"局\", seat = [\"city\"], act = \"reviews\"{keys} }}, \
             {{ office = \"厅\", seat = [\"province\"], act = \"approves\" }}]\n"
        );
        with_route(&format!("filed_by = [\"{filed_by}\"]\n{steps}"))
    };
    let (words, tiers) = (", only_for = \"市级基地\"", ", tiers = [\"city\"]");
    assert_eq!(second("base", &format!("{words}{tiers}")), [""; 0]);
    assert_eq!(second("base", words), ["81:9 route[0].step[0].tiers combination"]);
    assert_eq!(second("base", tiers), ["81:67 route[0].step[0].tiers combination"]);
    assert_eq!(second("learner", &format!("{words}{tiers}")), ["81:86 route[0].step[0].tiers combination"]);
}

#[test]
fn units_that_review_for_themselves_are_named() {
    let route = "filed_by = [\"learner\"]\nself_reviewing = true\n\
                 step = [{ office = \"局\", seat = [\"county\"], act = \"reviews\" }]\n";
    assert_eq!(with_route(route), ["81:18 route[0].self_reviewing combination"]);
    let named = format!("{VALID}[[office]]\nrole = \"self_reviewing\"\nnames = [\"某大学\"]\ncite = \"notice 五\"\n");
    let route = format!("[[route]]\nsubject = \"recognition\"\n{route}cite = \"notice 五\"\n");
    assert_eq!(faults(&format!("{named}{route}")), [""; 0]);
}

#[test]
fn a_route_that_an_earlier_one_leaves_no_case_is_told() {
    let route = |who: &str, filed_by: &str| {
        format!(
            "[[route]]\nsubject = \"recognition\"\n{who}filed_by = [{filed_by}]\n\
             step = [{{ office = \"局\", seat = [\"county\"], act = \"reviews\" }}]\ncite = \"notice 五\"\n"
        )
    };
    let two = |first: (&str, &str), second: (&str, &str)| {
        faults(&format!("{VALID}{}{}", route(first.0, first.1), route(second.0, second.1)))
    };
    let (all, firms) = ("", "who = { employer_kinds = [\"enterprise\"] }\n");
    let (learner, both) = ("\"learner\"", "\"learner\", \"employer\"");
    assert_eq!(two((firms, both), (all, both)), [""; 0]);
    assert_eq!(two((all, learner), (all, both)), [""; 0]);
    for (first, second) in [((all, both), (all, learner)), ((all, both), (firms, learner))] {
        assert_eq!(two(first, second), ["83:1 route[1] combination"]);
    }
    assert_eq!(two((firms, both), (firms, both)), ["84:1 route[1] combination"]);
}

#[test]
fn an_employers_batch_is_one_route_for_all_of_its_staff() {
    let route = |keys: &str| {
        format!(
            "[[route]]\nsubject = \"employer_batch\"\n{keys}\
             step = [{{ office = \"局\", seat = [\"county\"], act = \"verifies\" }}]\ncite = \"notice 五\"\n"
        )
    };
    let batch = "filed_by = [\"employer\"]\n";
    assert_eq!(faults(&format!("{VALID}{}", route(batch))), [""; 0]);
    let some = format!("{batch}who = {{ series = [\"会计\"] }}\n");
    assert_eq!(faults(&format!("{VALID}{}", route(&some))), ["81:7 route[0].who combination"]);
    let other = route("filed_by = [\"sector_authority\"]\n");
    assert_eq!(faults(&format!("{VALID}{}{other}", route(batch))), ["84:11 route[1].subject combination"]);
}
