//! What an acknowledged write rests on in SQLite: the settings of the writer's connection, and commits that many share.

use crate::databases::{Database, block_on};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use std::sync::{Mutex, mpsc};
use store::{Db, StoreError, policy};

/// The settings of a connection, by their pragmas.
#[derive(Debug, PartialEq, QueryableByName)]
struct Settings {
    #[diesel(sql_type = sql_types::Integer)]
    synchronous: i32,
    #[diesel(sql_type = sql_types::Text)]
    journal_mode: String,
    #[diesel(sql_type = sql_types::Integer)]
    foreign_keys: i32,
    #[diesel(sql_type = sql_types::Integer)]
    recursive_triggers: i32,
    #[diesel(sql_type = sql_types::Integer)]
    query_only: i32,
}

fn settings(db: &mut Db) -> Result<Settings, StoreError> {
    let Db::Sqlite(c) = db else { unreachable!("a SQLite connection") };
    let sql = "SELECT synchronous, journal_mode, foreign_keys, recursive_triggers, query_only FROM pragma_synchronous,
               pragma_journal_mode, pragma_foreign_keys, pragma_recursive_triggers, pragma_query_only";
    Ok(sql_query(sql).get_result(c)?)
}

/// The process is killed in other tests; only these settings hold when the machine loses its power.
#[test]
fn the_writer_waits_for_the_disk_and_readers_cannot_write() {
    let database = Database::sqlite();
    let expected = |query_only| Settings {
        // 2 is FULL: each commit is synced before it is answered.
        synchronous: 2,
        journal_mode: "wal".to_owned(),
        foreign_keys: 1,
        recursive_triggers: 1,
        query_only,
    };
    assert_eq!(database.store().write_blocking(settings).unwrap(), expected(0));
    assert_eq!(database.store().read_blocking(settings).unwrap(), expected(1));
}

/// How many commits the write-ahead log of a database holds: the frames that say how large the database is after them.
fn commits(database: &Database) -> usize {
    let log = std::fs::read(format!("{}-wal", database.url.strip_prefix("sqlite://").unwrap())).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (page, salt) = (number(8) as usize, &log[16..24]);
    let frames = (32..log.len()).step_by(24 + page).filter(|at| at + 24 <= log.len());
    frames.filter(|at| number(at + 4) != 0 && &log[at + 8..at + 16] == salt).count()
}

#[test]
fn writes_that_wait_share_their_commits_and_one_alone_has_its_own() {
    const WAITING: usize = 64;
    let database = Database::sqlite();
    let store = database.store().clone();
    let before = commits(&database);
    for _ in 0..3 {
        store.write_blocking(|db| policy::bump_revision(db, "alone")).unwrap();
    }
    assert_eq!(commits(&database) - before, 3);

    // One holds the writer until all the others wait.
    let (holds, held) = mpsc::channel();
    let (all_wait, go_on) = mpsc::channel::<()>();
    let go_on = Mutex::new(go_on);
    let holder = store.clone();
    let holding = std::thread::spawn(move || {
        holder.write_blocking(move |_| {
            holds.send(()).unwrap();
            go_on.lock().unwrap().recv().unwrap();
            Ok::<_, StoreError>(())
        })
    });
    held.recv().unwrap();
    let before = commits(&database);
    block_on(async {
        let set = tokio::task::LocalSet::new();
        let jobs: Vec<_> = (0..WAITING)
            .map(|_| {
                let store = store.clone();
                set.spawn_local(async move { store.write(|db| policy::bump_revision(db, "together")).await })
            })
            .collect();
        // Jobs are queued in the order in which they were spawned, so when this one runs all of them wait.
        set.spawn_local(async move { all_wait.send(()).unwrap() });
        set.await;
        for job in jobs {
            job.await.unwrap().unwrap();
        }
    });
    holding.join().unwrap().unwrap();
    let together = store.read_blocking(|db| policy::current_revision(db, "together")).unwrap();
    assert_eq!(together, i64::try_from(WAITING).unwrap());
    // One group or two; a busy machine may take some more, since a group ends after 25 milliseconds.
    let commits = commits(&database) - before;
    assert!((1..=WAITING / 4).contains(&commits), "{WAITING} writes in {commits} commits");
}
