//! `work dead` and `work retry`: what failed too often, and that it is tried again.

use crate::{audit::looking::events, resealing::run};
use diesel::connection::SimpleConnection;
use domain::{audit::Act, kernel::WorkId};
use store::work;
use tests::each_backend;

#[test]
fn what_failed_too_often_is_shown_and_tried_again_and_that_is_on_record() {
    each_backend(|app| {
        let id = WorkId::from_uuid(uuid::Uuid::now_v7());
        // Of a kind that no runner knows, so that none takes it meanwhile.
        let kind = "made_up";
        let now = app.clock.now();
        let failed = move |db: &mut store::Db| {
            work::enqueue(db, work::NewWork { id, kind, payload: "{}", run_after: now }, now)?;
            let mut at = now;
            while work::find_work(db, id)?.is_some_and(|work| work.state != work::WorkState::Dead) {
                at += time::Duration::hours(2);
                let lease = work::Lease { owner: "a", now: at, lasts: time::Duration::MINUTE };
                let _ = work::lease_next(db, &[kind], lease)?;
                let _ = work::fail(db, id, "a", "no luck", at)?;
            }
            Ok::<_, store::StoreError>(())
        };
        app.state().store.write_blocking(failed).unwrap();
        let id = id.to_string();
        let (shown, said) = run(app, &["work", "dead"]);
        assert!(shown && said.contains(&format!("{id} made_up: 0 done")) && said.contains("no luck"), "{said}");
        let (tried, said) = run(app, &["work", "retry", &id]);
        assert!(tried && said.contains(&format!("{id} is tried again")), "{said}");
        let (shown, said) = run(app, &["work", "dead"]);
        assert!(shown && !said.contains(&id), "{said}");
        let (tried, said) = run(app, &["work", "retry", &id]);
        assert!(!tried && said.contains("is no work that failed too often"), "{said}");
        assert!(!run(app, &["work", "retry"]).0, "either some or all");
        let events = events(app, Act::Write);
        let recorded: Vec<_> = events.iter().filter(|event| event.operation == "retry_work").collect();
        assert_eq!(recorded.iter().map(|event| event.subject_id.as_deref()).collect::<Vec<_>>(), [Some(&*id)]);
    });
}

#[test]
fn all_work_that_failed_too_often_is_tried_again_however_much_it_is() {
    each_backend(|app| {
        const MUCH: usize = 1_010;
        let now = app.clock.now();
        app.write(move |db| {
            for _ in 0..MUCH {
                let id = WorkId::from_uuid(uuid::Uuid::now_v7());
                work::enqueue(db, work::NewWork { id, kind: "made_up", payload: "{}", run_after: now }, now)?;
            }
            let fail = "UPDATE work SET state = 'dead', last_error = 'no luck' WHERE kind = 'made_up'";
            match db {
                store::Db::Sqlite(c) => c.batch_execute(fail)?,
                store::Db::Pg(c) => c.batch_execute(fail)?,
            }
            Ok(())
        });
        let (shown, said) = run(app, &["work", "dead"]);
        assert!(shown && said.contains("made_up: 0 done"), "{said}");
        let (tried, said) = run(app, &["work", "retry", "--all"]);
        assert!(tried && said.lines().filter(|line| line.ends_with("is tried again")).count() == MUCH, "{said}");
        assert_eq!(run(app, &["work", "dead"]), (true, String::new()));
    });
}
