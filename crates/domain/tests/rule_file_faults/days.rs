//! What a rule file may not say of the days of a year and of its study windows.

use super::{broken, faults};
use domain::policy::Rules;

#[test]
fn nothing_ends_before_the_year_begins() {
    let window = |days: &str| format!("[[study_window]]\n{days}\ncite = \"notice 五\"\n\n[total]");
    let with = |days: &str| faults(&broken(&[("[total]", &window(days))]));
    assert_eq!(
        faults(&broken(&[("[year]", "[year]\ncloses_on = 2019-12-31")])),
        ["15:13 year.closes_on before_the_year"]
    );
    assert_eq!(faults(&broken(&[("[year]", "[year]\ncloses_on = 2020-01-01")])), [""; 0]);
    assert_eq!(with("closes_on = 2019-12-31"), ["35:13 study_window[0].closes_on before_the_year"]);
    assert_eq!(with("on_time_until = 2019-12-31"), ["35:17 study_window[0].on_time_until before_the_year"]);
    assert_eq!(with("opens_on = 2019-09-01\ncloses_on = 2020-01-01"), [""; 0]);
}

#[test]
fn study_windows_that_must_both_hold_leave_a_day() {
    let window = |of: &str, from: &str, until: &str| {
        format!("[[study_window]]\n{of}opens_on = {from}\ncloses_on = {until}\ncite = \"notice 五\"\n\n")
    };
    let told = |first: String, second: String| {
        let told = Rules::parse(&broken(&[("[total]", &(first + &second + "[total]"))])).err().unwrap_or_default();
        told.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (all, public, required) = ("", "category = \"public\"\n", "category = \"public.required\"\n");
    // A second one for the same says nothing that one could not, whether the two share a day or not.
    for from in ["2020-06-30", "2020-07-01"] {
        for of in [all, public] {
            let told = told(window(of, "2020-01-01", "2020-06-30"), window(of, from, "2020-12-31"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].contains("study_window[1]: line 34 has a study window") && told[0].contains("write one"),
                "{told:?}"
            );
        }
    }
    for (wider, narrower) in [(all, public), (all, required), (public, required)] {
        let (early, late) = (|of| window(of, "2020-01-01", "2020-06-30"), |of, from| window(of, from, "2020-12-31"));
        for (one, two) in [(wider, narrower), (narrower, wider)] {
            assert_eq!(told(early(one), late(two, "2020-06-30")), [""; 0]);
            let told = told(early(one), late(two, "2020-07-01"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].contains("no day in common with line 34") && told[0].contains("share the days"),
                "{told:?}"
            );
        }
    }
    let other = "[[category]]\ncode = \"other\"\nname = \"其他\"\ncite = \"notice 一\"\n\n".to_owned();
    let of_other = window("category = \"other\"\n", "2020-07-01", "2020-12-31");
    assert_eq!(told(other + &window(public, "2020-01-01", "2020-06-30"), of_other), [""; 0]);
}
