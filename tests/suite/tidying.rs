//! What the runner does now and then beside its work: each by itself.

use diesel::connection::SimpleConnection;
use domain::kernel::WorkId;
use serde_json::json;
use std::{
    thread,
    time::{Duration as Wait, Instant},
};
use store::{
    Db, StoreError,
    sealed::rows_by_key,
    work::{Lease, NewWork, enqueue, finish, lease_next},
};
use tests::{App, Backend, NOON};
use time::Duration;

#[test]
fn what_cannot_be_removed_keeps_nothing_else_from_being_removed_and_is_counted() {
    for backend in Backend::at_hand() {
        let mut app = App::without_runner(backend);
        let employer = json!({ "kind": "enterprise", "name": "示例厂", "place": "610100" });
        let office = app.as_officer("610000").with("idempotency-key", "k-1");
        let _ = office.post("/v1/employers", &employer).expect(201);
        app.write(|db| {
            let id = WorkId::from_uuid(uuid::Uuid::now_v7());
            enqueue(db, NewWork { id, kind: "of_the_test", payload: "{}", run_after: NOON }, NOON)?;
            let lease = Lease { owner: "a", now: NOON, lasts: Duration::MINUTE };
            lease_next(db, &["of_the_test"], lease)?.expect("work");
            finish(db, id, "a", NOON)?;
            match db {
                Db::Sqlite(c) => c.batch_execute(
                    "CREATE TRIGGER of_the_test BEFORE DELETE ON work BEGIN SELECT RAISE(ABORT, 'no'); END",
                ),
                Db::Pg(c) => c.batch_execute(
                    "CREATE FUNCTION of_the_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
                     CREATE TRIGGER of_the_test BEFORE DELETE ON work FOR EACH ROW EXECUTE FUNCTION of_the_test()",
                ),
            }
            .map_err(StoreError::from)
        });
        assert_eq!(app.read(rows_by_key).len(), 1, "an answer is kept");
        app.clock.set(NOON + Duration::days(8));
        app.with_runner();
        app.restart();
        let end = Instant::now() + Wait::from_secs(60);
        while !app.read(rows_by_key).is_empty() {
            assert!(Instant::now() < end, "the answer is not removed");
            thread::sleep(Wait::from_millis(20));
        }
        let counted = app.as_nobody().get("/metrics").expect(200).text;
        let failures = |what: &str| -> Option<u64> {
            let name = format!("xueshi_tidying_failures_total{{what=\"{what}\"}} ");
            counted.lines().find_map(|line| line.strip_prefix(&name))?.parse().ok()
        };
        assert!(failures("work") >= Some(1), "{counted}");
        // There from the start, so that an increase shows.
        for what in ["answers", "changes", "audit", "holds", "counting"] {
            assert_eq!(failures(what), Some(0), "{what}: {counted}");
        }
    }
}
