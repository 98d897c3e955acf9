//! Which key files may start on a database: what a refused start leaves behind, two rotations at once, keys that come back.

use crate::databases::on_each;
use store::key_proofs::{OwnKeys, WrongKeys, check_keys};
use time::{Duration, macros::datetime};

/// A key file: its keys, with what shows of each, the newest, and the one before that.
fn own(keys: &[&str], newest: &str, before: Option<&str>) -> OwnKeys {
    let shown = |id: &&str| ((*id).to_owned(), format!("that of {id}"));
    OwnKeys {
        proofs: keys.iter().chain([&"lookup-1"]).map(shown).collect(),
        newest: (newest.to_owned(), before.map(str::to_owned)),
    }
}

fn missing(ids: &[&str]) -> WrongKeys {
    WrongKeys { missing: ids.iter().map(|id| (*id).to_owned()).collect(), ..WrongKeys::default() }
}

#[test]
fn a_refused_start_keeps_nothing() {
    on_each(|database| {
        let start = |own: OwnKeys, minute: i64| {
            let now = datetime!(2021-06-15 12:00 +08:00) + Duration::minutes(minute);
            database.store().write_blocking(move |db| check_keys(db, &own, now)).unwrap()
        };
        let right = own(&["data-1"], "data-1", None);
        assert_eq!(start(right.clone(), 0), WrongKeys::default(), "kept at the first sight");
        let mut staging = own(&["data-1", "data-2"], "data-2", Some("data-1"));
        staging.proofs.insert("data-1".to_owned(), "that of another".to_owned());
        let others = WrongKeys { others: vec!["data-1".to_owned()], ..WrongKeys::default() };
        assert_eq!(start(staging, 1), others);
        assert_eq!(start(right, 2), WrongKeys::default());
    });
}

#[test]
fn of_two_rotations_at_once_the_second_is_refused() {
    on_each(|database| {
        let start = |own: OwnKeys, minute: i64| {
            let now = datetime!(2021-06-15 12:00 +08:00) + Duration::minutes(minute);
            database.store().write_blocking(move |db| check_keys(db, &own, now)).unwrap()
        };
        let first = own(&["data-1"], "data-1", None);
        assert_eq!(start(first.clone(), 0), WrongKeys::default());
        assert_eq!(start(own(&["data-1", "data-a"], "data-a", Some("data-1")), 1), WrongKeys::default());
        assert_eq!(start(own(&["data-1", "data-b"], "data-b", Some("data-1")), 2), missing(&["data-a"]));
        assert_eq!(start(first, 3), missing(&["data-a"]), "an older file than another process has");
        let both = own(&["data-1", "data-a", "data-b"], "data-b", Some("data-a"));
        assert_eq!(start(both, 4), WrongKeys::default());
    });
}

#[test]
fn a_key_that_was_taken_out_may_come_back_and_go_again() {
    on_each(|database| {
        let start = |own: OwnKeys, minute: i64| {
            let now = datetime!(2021-06-15 12:00 +08:00) + Duration::minutes(minute);
            database.store().write_blocking(move |db| check_keys(db, &own, now)).unwrap()
        };
        let (both, new) = (own(&["data-1", "data-2"], "data-2", Some("data-1")), own(&["data-2"], "data-2", None));
        assert_eq!(start(own(&["data-1"], "data-1", None), 0), WrongKeys::default());
        for (minute, file) in [&both, &new, &both, &new].into_iter().enumerate() {
            assert_eq!(start(file.clone(), i64::try_from(minute).unwrap() + 1), WrongKeys::default(), "{minute}");
        }
        assert_eq!(start(own(&["data-3"], "data-3", None), 9), missing(&["data-2"]), "a file of nobody's");
    });
}
