//! Every embedded rule file reads without fault, every situation holds, and every evaluated number is held by one.

use policies::{FILES, check::check};

#[test]
fn every_situation_of_every_place_holds() {
    for file in FILES {
        let checked = check(file.rules, file.situations).unwrap_or_else(|error| panic!("{}: {error:#?}", file.path));
        println!("{}: {} situations", file.path, checked.situations);
        assert!(checked.failures.is_empty(), "{}: {:#?}", file.path, checked.failures);
    }
}

#[test]
fn every_evaluated_number_turned_by_one_fails_some_situation() {
    for file in FILES {
        let checked = check(file.rules, file.situations).unwrap_or_else(|error| panic!("{}: {error:#?}", file.path));
        assert!(checked.unnoticed.is_empty(), "{}: no situation notices {:#?}", file.path, checked.unnoticed);
    }
}

#[test]
fn every_place_has_at_least_fifteen_situations() {
    for file in FILES.iter().filter(|file| !file.path.starts_with("000000")) {
        let checked = check(file.rules, file.situations).unwrap_or_else(|error| panic!("{}: {error:#?}", file.path));
        assert!(checked.situations >= 15, "{} has only {}", file.path, checked.situations);
    }
}
