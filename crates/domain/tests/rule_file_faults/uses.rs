//! What a rule file may not say of surplus, of windows for use and of consequences.

use super::{VALID, faults};

fn with(table: &str) -> Vec<String> {
    faults(&format!("{VALID}\n{table}\ncite = \"notice 一\"\n"))
        .into_iter()
        .map(|fault| fault.split_once(' ').map(|(_, what)| what.to_owned()).unwrap_or_default())
        .collect()
}

#[test]
fn a_number_of_years_is_neither_none_nor_more_than_anyone_serves() {
    let window = |years: &str| with(&format!("[[window]]\npurpose = \"title_review\"\nyears = {years}"));
    assert_eq!(window("1"), [""; 0]);
    assert_eq!(window("50"), [""; 0]);
    assert_eq!(window("0"), ["window[0].years out_of_range"]);
    assert_eq!(window("51"), ["window[0].years out_of_range"]);
    let deferral = |years: &str| {
        with(&format!("[[consequence]]\ncause = \"year_missed\"\neffect = \"term_deferral\"\nyears = {years}"))
    };
    assert_eq!(deferral("1"), [""; 0]);
    assert_eq!(deferral("0"), ["consequence[0].years out_of_range"]);
    assert_eq!(deferral("4000000000"), ["consequence[0].years out_of_range"]);
}

#[test]
fn the_years_of_a_bar_begin_somewhere_and_end_somewhere() {
    let bar = |keys: &str| with(&format!("[[consequence]]\ncause = \"fraud\"\neffect = \"title_bar\"\n{keys}"));
    assert_eq!(bar("years = 3\ncounted_from = \"decided_on\""), [""; 0]);
    assert_eq!(bar(""), [""; 0]);
    assert_eq!(bar("years = 3"), ["consequence[0] combination"]);
    assert_eq!(bar("counted_from = \"decided_on\""), ["consequence[0] combination"]);
}

#[test]
fn surplus_serves_each_year_once_and_never_its_own() {
    let surplus = |keys: &str| {
        with(&format!(
            "[surplus]\nmode = \"spread\"\neligible = [{{ category = \"public\" }}]\nfrom_year = 2020\n{keys}"
        ))
    };
    assert_eq!(surplus("into_years = [2018, 2019]"), [""; 0]);
    assert_eq!(surplus(""), ["surplus combination"]);
    assert_eq!(surplus("into_years = [2019, 2019]"), ["surplus.into_years combination"]);
    assert_eq!(surplus("into_years = [2019, 2020]"), ["surplus.into_years combination"]);
    let years = |last: i32| (2021..=last).map(|year| year.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(surplus(&format!("into_years = [{}]", years(2030))), [""; 0]);
    assert_eq!(surplus(&format!("into_years = [{}]", years(2031))), ["surplus.into_years out_of_range"]);
    assert_eq!(with("[surplus]\nmode = \"none\""), [""; 0]);
}

#[test]
fn a_deferral_says_for_how_long() {
    let deferral = |effect: &str| with(&format!("[[consequence]]\ncause = \"year_missed\"\neffect = \"{effect}\""));
    assert_eq!(deferral("term_deferral"), ["consequence[0] combination"]);
    assert_eq!(deferral("promotion_deferral"), ["consequence[0] combination"]);
    assert_eq!(deferral("no_awards"), [""; 0]);
}

#[test]
fn no_window_is_hidden_by_an_earlier_one() {
    let window = |keys: &str| format!("[[window]]\npurpose = \"title_review\"\nyears = 1\n{keys}");
    let two = |first: &str, then: &str| with(&format!("{}\ncite = \"notice 一\"\n{}", window(first), window(then)));
    let (senior, doctor) =
        ("levels = [\"full_senior\"]", "levels = [\"full_senior\"]\nwho = { degrees = [\"doctorate\"] }");
    assert_eq!(two(doctor, senior), [""; 0]);
    assert_eq!(two(senior, doctor), ["window[1] combination"]);
    assert_eq!(two("", senior), ["window[1] combination"]);
    assert_eq!(two(senior, ""), [""; 0]);
    assert_eq!(two(senior, "levels = [\"full_senior\", \"deputy_senior\"]"), [""; 0]);
}
