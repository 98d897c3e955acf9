//! The work room: one owner a row, nothing lost, and an end to what always fails.

use crate::{databases::on_each, sample::AT};
use domain::kernel::WorkId;
use std::{collections::HashSet, sync::Mutex};
use store::{
    Store, StoreError,
    work::{self, Lease, MAX_ATTEMPTS, NewWork, Progress, Work, WorkState},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const MINUTE: Duration = Duration::minutes(1);

fn new(id: WorkId, kind: &str) -> NewWork<'_> {
    NewWork { id, kind, payload: "{}", run_after: AT }
}

fn enqueue(store: &Store, kind: &'static str) -> WorkId {
    let id = WorkId::from_uuid(Uuid::now_v7());
    store.write_blocking(move |db| work::enqueue(db, new(id, kind), AT)).unwrap();
    id
}

fn lease(store: &Store, owner: &'static str, now: OffsetDateTime) -> Option<Work> {
    store.write_blocking(move |db| work::lease_next(db, &["release"], Lease { owner, now, lasts: MINUTE })).unwrap()
}

fn find(store: &Store, id: WorkId) -> Work {
    store.read_blocking(|db| work::find_work(db, id)).unwrap().unwrap()
}

#[test]
fn two_owners_never_hold_the_same_row() {
    on_each(|database| {
        let store = database.store();
        let queued: HashSet<WorkId> = (0..40).map(|_| enqueue(store, "release")).collect();
        enqueue(store, "another kind");
        let taken = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for owner in ["a", "b", "c", "d"] {
                let taken = &taken;
                scope.spawn(move || {
                    while let Some(row) = lease(store, owner, AT) {
                        assert_eq!(row.lease_owner.as_deref(), Some(owner));
                        taken.lock().unwrap().push(row.work_id);
                    }
                });
            }
        });
        let taken = taken.into_inner().unwrap();
        assert_eq!(taken.len(), 40, "no row twice");
        assert_eq!(taken.into_iter().collect::<HashSet<_>>(), queued);
    });
}

#[test]
fn a_lease_that_ran_out_passes_to_another_owner_and_the_first_one_is_told() {
    on_each(|database| {
        let store = database.store();
        let id = enqueue(store, "release");
        let early = AT - Duration::microseconds(1);
        assert_eq!(lease(store, "a", early), None, "not before run_after");
        assert_eq!(lease(store, "a", AT).unwrap().attempts, 1);
        assert_eq!(lease(store, "b", AT + MINUTE), None, "the lease includes its last moment");
        let late = AT + MINUTE;
        let progress = move |owner, now| {
            store.write_blocking(move |db| {
                let made = Progress { done: 100, total: Some(1000), reached: "{}" };
                work::progress(db, id, Lease { owner, now, lasts: MINUTE }, made)
            })
        };
        assert!(progress("a", late).unwrap(), "a sign of life extends it");
        assert_eq!(lease(store, "b", late + Duration::SECOND), None);
        let lost = late + MINUTE + Duration::SECOND;
        assert_eq!(lease(store, "b", lost).unwrap().done, 100);
        assert!(!progress("a", lost).unwrap());
        assert!(!store.write_blocking(move |db| work::finish(db, id, "a", lost)).unwrap());
        assert_eq!(store.write_blocking(move |db| work::fail(db, id, "a", "late", lost)).unwrap(), None);
        assert!(store.write_blocking(move |db| work::finish(db, id, "b", lost)).unwrap());
        assert_eq!(find(store, id).state, WorkState::Done);
        assert_eq!(lease(store, "b", lost + Duration::DAY), None);
    });
}

#[test]
fn what_fails_waits_longer_each_time_and_is_dead_in_the_end() {
    on_each(|database| {
        let store = database.store();
        let id = enqueue(store, "release");
        let mut now = AT;
        let mut waits = Vec::new();
        for attempt in 1..=MAX_ATTEMPTS {
            assert_eq!(lease(store, "a", now).unwrap().attempts, attempt);
            let state = store.write_blocking(move |db| work::fail(db, id, "a", "no\0 luck", now)).unwrap().unwrap();
            assert_eq!(state == WorkState::Dead, attempt == MAX_ATTEMPTS);
            let row = find(store, id);
            waits.push((row.run_after - now).whole_seconds());
            now = row.run_after;
        }
        assert_eq!(waits[..4], [5, 10, 20, 40]);
        assert_eq!(lease(store, "a", now + Duration::DAY), None);
        assert_eq!(find(store, id).last_error.as_deref(), Some("no luck"));
        let counts = store.read_blocking(work::count_by_state).unwrap();
        assert_eq!(counts, [("release".to_owned(), WorkState::Dead, 1)]);
        // Until somebody has it tried again, from where it was.
        let dead = store.read_blocking(|db| work::dead_work(db, 10)).unwrap();
        assert_eq!(dead.iter().map(|one| one.work_id).collect::<Vec<_>>(), [id]);
        let again = || store.write_blocking(move |db| work::try_again(db, id, now)).unwrap();
        assert_eq!((again(), again()), (true, false));
        assert!(store.read_blocking(|db| work::dead_work(db, 10)).unwrap().is_empty());
        assert_eq!(lease(store, "b", now).map(|work| (work.work_id, work.attempts)), Some((id, 1)));
    });
}

#[test]
fn work_that_kills_its_runner_every_time_is_dead_in_the_end() {
    on_each(|database| {
        let store = database.store();
        let id = enqueue(store, "release");
        let mut now = AT;
        for _ in 0..MAX_ATTEMPTS {
            assert!(lease(store, "a", now).is_some());
            now += MINUTE + Duration::SECOND;
        }
        assert_eq!(lease(store, "a", now), None);
        assert_eq!(find(store, id).state, WorkState::Dead);
    });
}

#[test]
fn work_that_comes_further_each_time_is_never_dead_and_goes_on_where_it_was() {
    on_each(|database| {
        let store = database.store();
        let id = enqueue(store, "release");
        let mut now = AT;
        for done in 1..=3 * i64::from(MAX_ATTEMPTS) {
            let leased = lease(store, "a", now).unwrap();
            assert_eq!(leased.attempts, if done == 1 { 1 } else { 2 });
            assert_eq!(leased.reached.is_some(), done > 1);
            let made = move |db: &mut store::Db| {
                let made = Progress { done, total: None, reached: "{\"pass\":1}" };
                work::progress(db, id, Lease { owner: "a", now, lasts: MINUTE }, made)
            };
            assert!(store.write_blocking(made).unwrap());
            now += MINUTE + Duration::SECOND;
        }
        assert_eq!(find(store, id).reached.as_deref(), Some("{\"pass\":1}"));
    });
}

#[test]
fn work_given_back_by_a_runner_that_stops_waits_for_the_next_as_if_it_had_not_been_taken() {
    on_each(|database| {
        let store = database.store();
        let id = enqueue(store, "release");
        for _ in 0..2 * MAX_ATTEMPTS {
            assert_eq!(lease(store, "a", AT).unwrap().attempts, 1);
            assert!(!store.write_blocking(move |db| work::give_back(db, id, "b", AT)).unwrap(), "not another's");
            assert!(store.write_blocking(move |db| work::give_back(db, id, "a", AT)).unwrap());
            let row = find(store, id);
            assert_eq!((row.state, row.attempts, row.run_after, row.lease_owner), (WorkState::Waiting, 0, AT, None));
        }
    });
}

#[test]
fn work_is_queued_only_if_its_cause_is_committed() {
    on_each(|database| {
        let store = database.store();
        let id = WorkId::from_uuid(Uuid::now_v7());
        let failed: Result<(), StoreError> = store.write_blocking(move |db| {
            work::enqueue(db, new(id, "release"), AT)?;
            Err(StoreError::NulCharacter)
        });
        assert!(failed.is_err());
        assert_eq!(lease(store, "a", AT), None);
    });
}

#[test]
fn standing_work_is_one_row_that_is_woken_when_it_was_done() {
    on_each(|database| {
        let store = database.store();
        let id = WorkId::from_uuid(Uuid::now_v7());
        let wake =
            |at| store.write_blocking(move |db| work::wake(db, NewWork { run_after: at, ..new(id, "release") }, at));
        for round in 0..3 {
            let at = AT + MINUTE * round;
            wake(at).unwrap();
            wake(at + MINUTE * 9).unwrap();
            assert_eq!(find(store, id).run_after, at, "what waits is left alone");
            assert_eq!(lease(store, "a", at).unwrap().attempts, 1);
            wake(at).unwrap();
            assert_eq!(lease(store, "b", at), None, "what runs as well");
            assert!(store.write_blocking(move |db| work::finish(db, id, "a", at)).unwrap());
        }
        for attempt in 0..MAX_ATTEMPTS {
            let at = AT + Duration::days(attempt.into()) + Duration::DAY;
            wake(at).unwrap();
            assert!(lease(store, "a", at).is_some());
            store.write_blocking(move |db| work::fail(db, id, "a", "no luck", at)).unwrap();
        }
        wake(AT + Duration::days(99)).unwrap();
        assert_eq!(find(store, id).state, WorkState::Dead, "what is dead waits for a person");
    });
}

#[test]
fn what_is_done_is_removed_after_a_while_and_nothing_else() {
    on_each(|database| {
        let store = database.store();
        let ids: Vec<WorkId> = (0..3).map(|_| enqueue(store, "release")).collect();
        for (at, id) in (0..).map(Duration::seconds).zip([lease(store, "a", AT), lease(store, "a", AT)]) {
            let id = id.unwrap().work_id;
            store.write_blocking(move |db| work::finish(db, id, "a", AT + at)).unwrap();
        }
        let remove = |before, limit| store.write_blocking(move |db| work::remove_done(db, before, limit)).unwrap();
        assert_eq!(remove(AT, 10), 0, "done at that very moment");
        assert_eq!(remove(AT + Duration::SECOND, 10), 1);
        assert_eq!(remove(AT + MINUTE, 0), 0, "no more than asked for");
        assert_eq!(remove(AT + MINUTE, 10), 1);
        assert_eq!(remove(AT + MINUTE, 10), 0);
        let left: Vec<WorkState> = ids
            .iter()
            .filter_map(|id| {
                let id = *id;
                store.read_blocking(move |db| work::find_work(db, id)).unwrap().map(|row| row.state)
            })
            .collect();
        assert_eq!(left, [WorkState::Waiting]);
    });
}
