//! What the two doors promise: one transaction each, failures alone, nothing acknowledged is lost.

use crate::databases::{Database, block_on, on_each};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};
use store::{Db, Store, StoreError, StoreOptions, policy};

fn number(store: &Store, name: &'static str) -> i64 {
    store.read_blocking(move |db| policy::current_revision(db, name)).unwrap()
}

fn bump(name: &'static str) -> impl Fn(&mut Db) -> Result<(), StoreError> {
    move |db| policy::bump_revision(db, name)
}

#[test]
fn sixty_four_writers_at_once_all_land_and_a_failing_one_fails_alone() {
    on_each(|database| {
        let store = database.store();
        block_on(async {
            let mut jobs = Vec::new();
            for i in 0..64 {
                let store = store.clone();
                jobs.push(async move {
                    store
                        .write(move |db| {
                            policy::bump_revision(db, "shared")?;
                            if i % 8 == 0 { Err(StoreError::Setting("on purpose".to_owned())) } else { Ok(i) }
                        })
                        .await
                });
            }
            let set = tokio::task::LocalSet::new();
            let handles: Vec<_> = jobs.into_iter().map(|job| set.spawn_local(job)).collect();
            set.await;
            let mut landed = 0;
            for (i, handle) in handles.into_iter().enumerate() {
                match handle.await.unwrap() {
                    Ok(answer) => {
                        assert_eq!(answer, i);
                        landed += 1;
                    }
                    Err(error) => assert!(matches!(error, StoreError::Setting(_)), "{error}"),
                }
            }
            assert_eq!(landed, 56);
        });
        assert_eq!(number(store, "shared"), 56);
    });
}

#[test]
fn a_panic_in_a_job_is_an_error_and_undoes_only_that_job() {
    on_each(|database| {
        let store = database.store();
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let outcome: Result<(), StoreError> = store.write_blocking(|db| {
            policy::bump_revision(db, "panics")?;
            db.savepoint(|db| {
                policy::bump_revision(db, "panics")?;
                if number_is_two(db)? { panic!("on purpose") } else { Ok::<(), StoreError>(()) }
            })
        });
        let read: Result<(), StoreError> = store.read_blocking(|_| panic!("on purpose"));
        std::panic::set_hook(quiet);
        assert!(matches!(outcome, Err(StoreError::Panicked)));
        assert!(matches!(read, Err(StoreError::Panicked)));
        assert_eq!(number(store, "panics"), 0);
        store.write_blocking(bump("panics")).unwrap();
        assert_eq!(number(store, "panics"), 1);
    });
}

fn number_is_two(db: &mut Db) -> Result<bool, StoreError> {
    Ok(policy::current_revision(db, "panics")? == 2)
}

#[test]
fn a_savepoint_that_fails_leaves_the_rest_of_the_transaction() {
    on_each(|database| {
        let store = database.store();
        store
            .write_blocking(|db| {
                policy::bump_revision(db, "outer")?;
                let inner: Result<(), StoreError> = db.savepoint(|db| {
                    policy::bump_revision(db, "outer")?;
                    Err(StoreError::Setting("on purpose".to_owned()))
                });
                assert!(inner.is_err());
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert_eq!(number(store, "outer"), 1);
    });
}

#[test]
fn a_job_that_swallows_a_database_error_is_never_answered_as_committed_when_it_was_not() {
    on_each(|database| {
        let store = database.store();
        let outcome = store.write_blocking(|db| {
            policy::bump_revision(db, "swallowed")?;
            // A text with U+0000 is refused by both.
            let _ = policy::bump_revision(db, "\0");
            Ok::<_, StoreError>(())
        });
        let expected = i64::from(outcome.is_ok());
        assert_eq!(number(store, "swallowed"), expected);
    });
}

#[test]
fn the_reading_door_refuses_to_write() {
    on_each(|database| {
        let refused = database.store().read_blocking(|db| policy::bump_revision(db, "read"));
        assert!(refused.is_err());
        assert_eq!(number(database.store(), "read"), 0);
    });
}

#[test]
fn a_text_with_the_nul_character_is_refused_with_the_same_error() {
    on_each(|database| {
        let refused = database.store().write_blocking(|db| policy::bump_revision(db, "a\0b"));
        assert!(matches!(refused, Err(StoreError::NulCharacter)), "{refused:?}");
    });
}

#[test]
fn two_stores_on_one_database_wait_for_each_other() {
    on_each(|database| {
        let other = Store::connect(&database.url, &StoreOptions::default()).unwrap();
        std::thread::scope(|scope| {
            for store in [database.store(), &other] {
                scope.spawn(move || {
                    for _ in 0..50 {
                        store.write_blocking(bump("both")).unwrap();
                    }
                });
            }
        });
        assert_eq!(number(&other, "both"), 100);
    });
}

#[test]
fn a_file_that_another_process_keeps_locked_is_unavailable_and_then_usable_again() {
    let database = Database::sqlite();
    let options = StoreOptions { busy_timeout: Duration::from_millis(20), ..StoreOptions::default() };
    let impatient = Store::connect(&database.url, &options).unwrap();
    let (locked, may_test) = mpsc::channel();
    let (tested, may_unlock) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let may_unlock = Mutex::new(may_unlock);
        let holder = database.store().clone();
        scope.spawn(move || {
            holder.write_blocking(move |db| {
                policy::bump_revision(db, "held")?;
                locked.send(()).unwrap();
                may_unlock.lock().unwrap().recv().unwrap();
                Ok::<_, StoreError>(())
            })
        });
        may_test.recv().unwrap();
        let refused = impatient.write_blocking(bump("held"));
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert_eq!(number(&impatient, "held"), 0, "readers go on");
        tested.send(()).unwrap();
    });
    impatient.write_blocking(bump("held")).unwrap();
    assert_eq!(number(&impatient, "held"), 2);
}

#[test]
fn shutting_down_writes_what_was_queued() {
    let database = Database::sqlite();
    let store = database.store();
    let answered = Arc::new(AtomicU32::new(0));
    block_on(async {
        let set = tokio::task::LocalSet::new();
        for _ in 0..200 {
            let (store, answered) = (store.clone(), Arc::clone(&answered));
            set.spawn_local(async move {
                if store.write(bump("queued")).await.is_ok() {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let closing = store.clone();
        set.spawn_local(async move { closing.shutdown() });
        set.await;
    });
    assert_eq!(number(store, "queued"), i64::from(answered.load(Ordering::Relaxed)));
    assert_eq!(answered.load(Ordering::Relaxed), 200);
    let refused = store.write_blocking(bump("queued"));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}

#[test]
fn deadlocked_writers_are_run_again() {
    let Some(database) = Database::postgres_alone() else { return };
    let store = database.store();
    for name in ["a", "b"] {
        store.write_blocking(bump(name)).unwrap();
    }
    let met = std::sync::Barrier::new(2);
    let met = Arc::new(met);
    std::thread::scope(|scope| {
        for (first, second) in [("a", "b"), ("b", "a")] {
            let met = Arc::clone(&met);
            scope.spawn(move || {
                let tries = AtomicU32::new(0);
                store
                    .write_blocking(move |db| {
                        policy::bump_revision(db, first)?;
                        if tries.fetch_add(1, Ordering::Relaxed) == 0 {
                            met.wait();
                        }
                        policy::bump_revision(db, second)
                    })
                    .unwrap();
            });
        }
    });
    assert_eq!((number(store, "a"), number(store, "b")), (3, 3));
}

#[test]
fn a_lost_server_connection_is_replaced_before_work_starts_on_it() {
    let Some(database) = Database::postgres_alone() else { return };
    let store = database.store();
    store.write_blocking(bump("kept")).unwrap();
    let other = Database::postgres().unwrap();
    crate::databases::cut_connections(&other, database.name());
    store.write_blocking(bump("kept")).unwrap();
    assert_eq!(number(store, "kept"), 2);
}

#[test]
fn a_connection_that_is_lost_before_its_commit_makes_the_database_unavailable() {
    let Some(database) = Database::postgres_alone() else { return };
    let other = Database::postgres().unwrap();
    let (store, name) = (database.store(), database.name().to_owned());
    let refused = store.write_blocking(move |db| {
        policy::bump_revision(db, "lost")?;
        crate::databases::cut_connections(&other, &name);
        Ok::<_, StoreError>(())
    });
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(number(store, "lost"), 0);
}

#[test]
fn an_address_that_names_no_database_is_refused() {
    for url in ["", ":memory:", "mysql://x/y", "/no/such/folder/x.db"] {
        let refused = Store::connect(url, &StoreOptions::default());
        assert!(matches!(refused, Err(StoreError::Setting(_))), "{url}");
    }
    let gone = Store::connect("postgres://nobody@127.0.0.1:1/none", &StoreOptions::default());
    assert!(matches!(gone, Err(StoreError::Unavailable(_))));
}

#[cfg(unix)]
#[test]
fn a_new_file_and_those_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    database.store().write_blocking(bump("mode")).unwrap();
    let file = database.url.strip_prefix("sqlite://").unwrap();
    for beside in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{file}{beside}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{beside}");
    }
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o640)).unwrap();
    drop(Store::connect(&database.url, &StoreOptions::default()).unwrap());
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn migrating_waits_for_whoever_holds_the_file_longer_than_sqlite_would() {
    let database = Database::sqlite();
    let options = StoreOptions { busy_timeout: Duration::from_millis(200), ..StoreOptions::default() };
    let impatient = Store::connect(&database.url, &options).unwrap();
    let (locked, may_migrate) = mpsc::channel();
    std::thread::scope(|scope| {
        let holder = database.store().clone();
        scope.spawn(move || {
            holder.write_blocking(move |db| {
                policy::bump_revision(db, "held")?;
                locked.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(400));
                Ok::<_, StoreError>(())
            })
        });
        may_migrate.recv().unwrap();
        assert_eq!(impatient.migrate().unwrap(), [""; 0]);
    });
}
