//! Two processes on one database, one of which dies while it has something to do: the other one stands in for it.

use super::{BATCH, BATCHES, JSON, batch_of, credits, node, outcomes, post, token};
use crate::completions::ledger;
use diesel::{OptionalExtension, QueryableByName, RunQueryDsl, sql_query, sql_types};
use domain::registry::Tier;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::{
    Db, StoreError,
    work::{Lease, WorkState, find_work, lease_next},
};
use tests::{
    App, Backend, Node, each_backend,
    fixtures::{Item, Stage},
};
use time::OffsetDateTime;

/// The work of letting go what waits.
const RELEASE: &str = "release_holds";

#[test]
fn what_a_killed_process_acknowledged_the_other_one_knows() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner(stage.place).register();
        let token = token(app, &stage);
        let other = node(app);
        let mut pushed = 0;
        for round in 0..3_u64 {
            let (one, acknowledged) = (node(app), Arc::new(AtomicUsize::new(0)));
            let pusher = {
                let (url, told, token) = (one.url(BATCHES), Arc::clone(&acknowledged), token.clone());
                let (learner, course) = (learner.clone(), stage.public.clone());
                thread::spawn(move || {
                    let mut sent: Vec<Vec<Item>> = Vec::new();
                    loop {
                        sent.push((0..BATCH).map(|_| learner.finished(&course)).collect());
                        let Some((status, answer)) = post(&url, &token, JSON, &batch_of(&sent[sent.len() - 1])) else {
                            return sent;
                        };
                        assert_eq!((status, &answer["counts"]["credited"]), (200, &json!(BATCH)), "{answer}");
                        told.fetch_add(1, Ordering::SeqCst);
                    }
                })
            };
            by(Duration::from_secs(60), || acknowledged.load(Ordering::SeqCst) >= 3);
            thread::sleep(Duration::from_millis(7 * round));
            one.kill();
            let sent = pusher.join().unwrap();
            let acknowledged = acknowledged.load(Ordering::SeqCst);
            assert_eq!(sent.len(), acknowledged + 1, "it was killed while it was pushed to");
            for (number, items) in sent.iter().enumerate() {
                let (status, answer) = post(&other.url(BATCHES), &token, JSON, &batch_of(items)).unwrap();
                let found: Vec<String> = outcomes(&answer).into_iter().collect();
                assert_eq!((status, found.len()), (200, 1), "a part of a batch was taken in: {answer}");
                let may_be_new = number >= acknowledged && found[0] == "credited";
                assert!(found[0] == "already_recorded" || may_be_new, "batch {number} of {acknowledged}: {answer}");
            }
            pushed += sent.len() * BATCH;
            assert_eq!(credits(app, learner.id), pushed, "one credit for each item, none twice");
        }
    });
}

#[test]
fn work_that_a_killed_process_had_leased_is_taken_over_by_the_other_one() {
    for backend in Backend::at_hand() {
        let app = App::without_runner(backend);
        let stage = app.shaanxi();
        let learner = app.learner(stage.place).register();
        // What is looked at once more after a push is not due within this test.
        app.clock.set(OffsetDateTime::now_utc() + time::Duration::HOUR);
        let items: Vec<Item> = (0..3_000).map(|_| Item::new(learner.person.reference(), "SX-NEW", 2020)).collect();
        for batch in items.chunks(1000) {
            assert_eq!(app.push_batch(&stage.platform, batch.to_vec()).expect(200).json["counts"]["held"], 1000);
        }
        app.clock.set(OffsetDateTime::now_utc());
        let nodes = [node(&app), node(&app)];
        let runners = nodes.each_ref().map(runner_of);
        open_course(&app, &stage);
        let mut leased_by = None;
        by(Duration::from_secs(20), || {
            leased_by = app.read(lease_owner);
            leased_by.is_some()
        });
        let [one, other] = nodes;
        let (dies, lives) = if leased_by.as_ref() == Some(&runners[0]) { (one, other) } else { (other, one) };
        dies.kill();
        let done = || ledger(&app, &learner).len();
        assert!(app.read(lease_owner) == leased_by && done() < items.len(), "{backend:?}: done before the kill");
        assert!(leased_by.is_some_and(|owner| runners.contains(&owner)), "{backend:?}");

        // Nobody waits for the minute to pass: what its end allows is tried, and given up at once.
        let at = |now| app.write(move |db| lease_next(db, &[RELEASE], expired(now)));
        assert_eq!(at(OffsetDateTime::now_utc()), None, "{backend:?}: the lease of the dead process still holds");
        let mut lost = None;
        by(Duration::from_secs(20), || {
            // A row that the dead process's transaction has locked is passed over until the database has noticed.
            lost = at(OffsetDateTime::now_utc() + time::Duration::minutes(2));
            lost.is_some()
        });
        let work = lost.unwrap();
        assert_eq!(work.attempts, 2, "{backend:?}: leased once by the process that died");
        by(Duration::from_secs(120), || {
            app.read(|db| find_work(db, work.work_id)).is_some_and(|work| work.state == WorkState::Done)
        });
        assert_eq!(done(), items.len(), "{backend:?}: one credit for each item, none twice");
        drop(lives);
    }
}

/// Who works in this process, as its log says.
fn runner_of(node: &Node) -> String {
    let mut found = None;
    by(Duration::from_secs(20), || {
        let said = node.log().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let mut said = said.filter(|said| said["message"] == "looking for work");
        found = said.find_map(|said| said["owner"].as_str().map(str::to_owned));
        found.is_some()
    });
    found.unwrap()
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = sql_types::Text)]
    lease_owner: String,
}

/// Who is letting go what waits.
fn lease_owner(db: &mut Db) -> Result<Option<String>, StoreError> {
    let query = format!("SELECT lease_owner FROM work WHERE kind = '{RELEASE}' AND state = 'running'");
    let held: Option<Held> = match db {
        Db::Sqlite(c) => sql_query(query).get_result(c).optional()?,
        Db::Pg(c) => sql_query(query).get_result(c).optional()?,
    };
    Ok(held.map(|held| held.lease_owner))
}

/// A lease that has run out before anybody works.
fn expired(now: OffsetDateTime) -> Lease<'static> {
    Lease { owner: "nobody", now, lasts: -time::Duration::hours(1) }
}

/// Registers the course that everything waits for, as an officer does.
fn open_course(app: &App, stage: &Stage) {
    let body = json!({
        "code": "SX-NEW",
        "provider": { "kind": "base", "id": app.base(Tier::Provincial, None) },
        "title": "示例专业课",
        "category": "professional",
        "hours": 8,
        "modes": ["online"],
        "policy_year": 2020,
        "available_from": "2010-01-01",
        "platforms": [stage.platform.id],
    });
    let _ = app.as_officer(stage.place).post("/v1/courses", &body).expect(201);
}

/// Looks until it is so.
#[track_caller]
fn by(patience: Duration, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + patience;
    while !is_so() {
        assert!(Instant::now() < until, "it did not come to pass");
        thread::sleep(Duration::from_millis(10));
    }
}
