//! Changes that callers follow: numbered by membership, so that what commits late is skipped by nobody; removed from the front.

use crate::{
    databases::{Database, on_each},
    sample::AT,
};
use domain::{
    changes::ChangeKind,
    kernel::{ChangeId, LearnerId},
};
use std::{sync::mpsc, thread};
use store::{
    Db, Store, StoreError,
    changes::{
        Change, Followed, Kept, any_unnumbered, append_changes, change_at, changes_between, kept, number_changes,
        remove_old,
    },
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

fn change(of: LearnerId) -> Change {
    Change {
        change_id: ChangeId::from_uuid(Uuid::now_v7()),
        happened_at: AT,
        kind: ChangeKind::Decided,
        learner_id: Some(of),
        successor_id: None,
        platform_id: None,
        external_id: Some("示例".into()),
        outcome: Some("credited".into()),
        year: Some(2020),
        entry_id: None,
        policy_id: None,
        place_code: "610000".parse().ok(),
        series: Some("会计".into()),
        employer_id: None,
        then_place_code: "610300".parse().ok(),
        then_series: None,
        then_employer_id: None,
    }
}

fn someone() -> LearnerId {
    LearnerId::from_uuid(Uuid::now_v7())
}

/// Appends so many changes of someone; their ids in order.
fn append(store: &Store, of: LearnerId, many: usize) -> Vec<ChangeId> {
    let changes: Vec<Change> = (0..many).map(|_| change(of)).collect();
    let ids = changes.iter().map(|one| one.change_id).collect();
    store.write_blocking(move |db| append_changes(db, &changes)).unwrap();
    ids
}

fn number(store: &Store, at: OffsetDateTime, limit: i64) -> i64 {
    store.write_blocking(move |db| number_changes(db, at, limit)).unwrap()
}

/// What someone is told after a number.
fn told(store: &Store, of: LearnerId, after: i64) -> Vec<(i64, ChangeId)> {
    let read = |db: &mut Db| changes_between(db, &Followed::Learner(of), (after, i64::MAX), 1000);
    let rows = store.read_blocking(read).unwrap();
    rows.into_iter().map(|(number, change, _)| (number, change.change_id)).collect()
}

#[test]
fn a_change_reads_back_as_it_was_written_once_it_has_its_number() {
    on_each(|database| {
        let (store, of) = (database.store(), someone());
        let written = change(of);
        let row = written.clone();
        store.write_blocking(move |db| append_changes(db, std::slice::from_ref(&row))).unwrap();
        assert_eq!(told(store, of, 0), []);
        assert!(store.read_blocking(any_unnumbered).unwrap());
        assert_eq!((number(store, AT, 10), number(store, AT, 10)), (1, 0));
        assert!(!store.read_blocking(any_unnumbered).unwrap());
        let read =
            |whose: Followed| store.read_blocking(move |db| changes_between(db, &whose, (0, i64::MAX), 10)).unwrap();
        let (place, other) = ("610000".parse().unwrap(), "610300".parse().unwrap());
        assert_eq!(read(Followed::Learner(of)), [(1, written, None)]);
        assert_eq!(read(Followed::Places(vec![other])).len(), 1, "of the day of completion");
        assert_eq!(read(Followed::Places(vec![place])).len(), 1);
        // Place and series are those of one and the same day.
        assert_eq!(read(Followed::Series(vec!["610000".parse().unwrap()], "会计".into())).len(), 1);
        assert_eq!(read(Followed::Series(vec!["610300".parse().unwrap()], "会计".into())).len(), 0);
        assert_eq!((read(Followed::Places(vec![])).len(), read(Followed::Nobody).len()), (0, 0));
    });
}

#[test]
fn what_is_written_later_is_numbered_later_whatever_the_clock_of_its_replica_says() {
    on_each(|database| {
        let (store, of) = (database.store(), someone());
        let first = append(store, of, 1)[0];
        // A replica whose clock is slow makes a smaller id.
        let mut late = change(of);
        late.change_id = ChangeId::from_uuid(Uuid::from_u128(first.as_uuid().as_u128() - (1 << 90)));
        let (row, slow) = (late.clone(), late.change_id);
        assert!(slow < first);
        store.write_blocking(move |db| append_changes(db, std::slice::from_ref(&row))).unwrap();
        assert_eq!(number(store, AT, 10), 2);
        assert_eq!(told(store, of, 0), [(1, first), (2, slow)]);
        assert_eq!(store.read_blocking(|db| change_at(db, 2)).unwrap(), Some(slow));
        assert_eq!(store.read_blocking(|db| change_at(db, 3)).unwrap(), None);
    });
}

/// On SQLite there is one writer, so that transactions commit in the order in which they begin, and this cannot happen.
#[test]
fn a_transaction_that_commits_late_is_numbered_later_and_skipped_by_nobody() {
    let Some(database) = Database::postgres_alone() else { return };
    let (store, of) = (database.store(), someone());
    let (begun, has_begun) = mpsc::channel();
    let (commit, may_commit) = mpsc::channel::<()>();
    let early = change(of);
    let first = early.change_id;
    thread::scope(|scope| {
        let slow = scope.spawn(move || {
            store.write_blocking(move |db| {
                append_changes(db, std::slice::from_ref(&early))?;
                begun.send(()).unwrap();
                may_commit.recv().unwrap();
                Ok::<_, StoreError>(())
            })
        });
        has_begun.recv().unwrap();
        // Begun later, with a greater id, and committed earlier.
        let second = append(store, of, 1)[0];
        assert!(second > first);
        assert_eq!(number(store, AT, 10), 1);
        assert_eq!(told(store, of, 0), [(1, second)]);
        commit.send(()).unwrap();
        slow.join().unwrap().unwrap();
        assert_eq!(number(store, AT, 10), 1);
        assert_eq!(told(store, of, 1), [(2, first)], "whoever has read up to 1 is told");
    });
}

#[test]
fn of_two_numberers_at_once_none_gives_a_number_twice_or_leaves_one_out() {
    on_each(|database| {
        let (store, of) = (database.store(), someone());
        let ids = append(store, of, 200);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| while number(store, AT, 7) > 0 {});
            }
        });
        let wanted: Vec<(i64, ChangeId)> = (1..).zip(ids).collect();
        assert_eq!(told(store, of, 0), wanted, "in the order in which they happened");
    });
}

#[test]
fn changes_go_from_the_front_when_their_time_is_over_and_the_last_number_stays() {
    on_each(|database| {
        let (store, of) = (database.store(), someone());
        let kept_now = || store.read_blocking(kept).unwrap();
        let remove =
            |until: OffsetDateTime, limit: i64| store.write_blocking(move |db| remove_old(db, until, limit)).unwrap();
        assert_eq!((kept_now(), remove(AT, 10)), (Kept { first: 1, last: 0 }, 0));
        append(store, of, 3);
        number(store, AT, 10);
        let later = append(store, of, 2);
        number(store, AT + Duration::HOUR, 10);
        assert_eq!(remove(AT - Duration::MICROSECOND, 10), 0);
        assert_eq!((remove(AT, 2), kept_now()), (2, Kept { first: 3, last: 5 }));
        assert_eq!((remove(AT, 2), remove(AT, 2)), (1, 0));
        assert_eq!(told(store, of, 0), [(4, later[0]), (5, later[1])]);
        assert_eq!((remove(AT + Duration::DAY, 10), kept_now()), (1, Kept { first: 5, last: 5 }));
        append(store, of, 1);
        number(store, AT, 10);
        assert_eq!(kept_now(), Kept { first: 5, last: 6 });
    });
}
