//! Answers that are kept for repeats: given to one of two, filled or not there, and gone in time.

use crate::databases::on_each;
use std::{sync::Barrier, thread};
use store::{
    Db, StoreError,
    idempotency::{Repeatable, find_or_take, keep, remove_old},
};
use time::{Duration, OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2021-06-15 04:00 UTC);
const DAY: Duration = Duration::days(1);

/// Answers the request again, or for the first time; whether it was for the first time.
fn ask(db: &mut Db, key: &str, request: &str, now: OffsetDateTime) -> Result<bool, StoreError> {
    let asked = Repeatable { key_hash: key, request_hash: request };
    if let Some(kept) = find_or_take(db, asked, now, now - DAY)? {
        assert_eq!(
            (kept.answer_cipher.as_slice(), kept.key_id.as_str(), kept.suite_id.as_str()),
            (&b"a"[..], "k", "s")
        );
        return Ok(false);
    }
    keep(db, key, (b"a", "k", "s")).map(|()| true)
}

#[test]
fn of_two_transactions_at_once_the_second_waits_and_finds_what_the_first_kept() {
    on_each(|database| {
        for round in 0..20 {
            let (start, key) = (Barrier::new(2), format!("key-{round}"));
            let one = || {
                let key = key.clone();
                start.wait();
                database.store().write_blocking(move |db| ask(db, &key, "r", NOW)).unwrap()
            };
            let (a, b) = thread::scope(|scope| {
                let (a, b) = (scope.spawn(one), scope.spawn(one));
                (a.join().unwrap(), b.join().unwrap())
            });
            assert!(a != b, "{round}");
        }
    });
}

#[test]
fn a_transaction_that_fails_leaves_the_key_free() {
    on_each(|database| {
        let store = database.store();
        let failed = store.write_blocking(|db| {
            assert!(ask(db, "key", "r", NOW)?);
            Err::<(), _>(StoreError::NulCharacter)
        });
        assert!(failed.is_err());
        assert!(store.write_blocking(|db| ask(db, "key", "other", NOW)).unwrap());
        let kept = store.write_blocking(|db| {
            let asked = Repeatable { key_hash: "key", request_hash: "r" };
            find_or_take(db, asked, NOW, NOW - DAY)
        });
        assert_eq!(kept.unwrap().unwrap().request_hash, "other");
    });
}

#[test]
fn an_answer_is_kept_for_a_day_and_then_goes_some_at_a_time() {
    on_each(|database| {
        let store = database.store();
        for (key, age) in [("a", DAY * 2), ("b", DAY), ("c", DAY - Duration::SECOND)] {
            assert!(store.write_blocking(move |db| ask(db, key, "r", NOW - age)).unwrap());
        }
        let remove = |limit| store.write_blocking(move |db| remove_old(db, NOW - DAY, limit)).unwrap();
        assert_eq!([remove(1), remove(5), remove(5)], [1, 1, 0]);
        assert!(!store.write_blocking(|db| ask(db, "c", "r", NOW)).unwrap());
        assert!(store.write_blocking(|db| ask(db, "c", "r", NOW + Duration::SECOND)).unwrap(), "a day old");
    });
}
