//! Pushes go through a lane of their own in which platforms take turns, and take nothing from readers.

use crate::{
    completions::{soon, standing_hours},
    limits::{answer_to_head, each, retry_after},
};
use domain::kernel::Hours;
use serde_json::json;
use std::{
    sync::mpsc::{Sender, channel},
    thread,
};
use store::{Db, StoreError};
use tests::{
    App,
    fixtures::{Course, Item, Learner, Platform},
};
use uuid::Uuid;
use xueshi::settings::Settings;

const BATCHES: &str = "/v1/completion-batches";

/// A platform with a course of one hour and a learner of its own.
struct Scene {
    platform: Platform,
    course: Course,
    learner: Learner,
}

impl Scene {
    fn of(app: &App, name: &str) -> Self {
        let platform = app.platform(name).register();
        let course = app.course(&format!("C-{name}")).professional().hours(1).on(&platform).open();
        Self { platform, course, learner: app.learner("340100").register() }
    }

    fn item(&self) -> Item {
        self.learner.finished(&self.course)
    }
}

/// Holds up whatever writes to the batches until told to let go; the end of the thread is the end of the transaction.
fn hold(app: &App) -> (Sender<()>, thread::JoinHandle<()>) {
    let ((held, is_held), (let_go, told)) = (channel(), channel::<()>());
    let store = app.state().store.clone();
    let holding = thread::spawn(move || {
        let job = move |db: &mut Db| {
            if let Db::Pg(connection) = db {
                let lock = diesel::sql_query("LOCK TABLE completion_batch IN EXCLUSIVE MODE");
                diesel::RunQueryDsl::execute(lock, connection).map_err(StoreError::from)?;
            }
            held.send(()).unwrap();
            let _ = told.recv();
            Ok::<_, StoreError>(())
        };
        store.write_blocking(job).unwrap();
    });
    is_held.recv().unwrap();
    (let_go, holding)
}

/// Waits until so many pushes are decided, and so many wait.
fn lane_has(app: &App, working: usize, waiting: usize) {
    let says = |text: &str, state: &str, number: usize| {
        text.lines().any(|line| line == format!("xueshi_pushes{{state=\"{state}\"}} {number}"))
    };
    soon(|| {
        let text = app.as_nobody().get("/metrics").expect(200).text;
        says(&text, "working", working) && (waiting == 0 || says(&text, "waiting", waiting))
    });
}

#[test]
fn a_full_lane_refuses_pushes_at_once_while_readers_and_another_platform_are_served() {
    let narrow = |settings: &mut Settings| (settings.pushes.at_work, settings.pushes.waiting) = (1, 1);
    each(narrow, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let client = app.as_platform(ours.platform.id).in_english();
        let (first, second, third, theirs) = (ours.item(), ours.item(), ours.item(), others.item());
        let (let_go, holding) = hold(app);
        thread::scope(|scope| {
            let working = scope.spawn(|| app.push_batch(&ours.platform, [first]));
            lane_has(app, 1, 0);
            let waiting = scope.spawn(|| app.push_batch(&ours.platform, [second]));
            lane_has(app, 1, 1);

            let refused = app.push_batch(&ours.platform, [third.clone()]);
            assert_eq!(retry_after(&refused), 2);
            let _ = refused.problem(503, "busy");
            let told = answer_to_head(app, &client, BATCHES);
            assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("retry-after: 2"), "{told}");
            let _ = client.post(&format!("{BATCHES}/validation"), &json!({ "items": [] })).problem(503, "busy");
            let batch = Uuid::now_v7();
            let lines = format!("{}\n", third.json()).into_bytes();
            let path = format!("{BATCHES}?batch_id={batch}");
            let _ = client.send("POST", &path, Some("application/x-ndjson"), lines).problem(503, "busy");
            let _ = client.get(&format!("{BATCHES}/{batch}")).problem(404, "not_found");
            let counts = app.as_nobody().get("/metrics").expect(200).text;
            assert!(counts.contains("\nxueshi_pushes_refused_total 4\n"), "{counts}");

            // Readers are untouched, and another platform has a queue of its own.
            let _ = client.get("/v1/held-completions").expect(200);
            assert_eq!(standing_hours(app, &ours.learner), Hours::ZERO);
            let other = scope.spawn(|| app.push_batch(&others.platform, [theirs]));
            lane_has(app, 1, 2);

            let_go.send(()).unwrap();
            for pushed in [working, waiting, other] {
                assert_eq!(pushed.join().unwrap().expect(200).json["counts"]["credited"], 1);
            }
        });
        holding.join().unwrap();
        assert_eq!(app.push_batch(&ours.platform, [third]).expect(200).json["counts"]["credited"], 1);
        // Nothing is lost, and nothing was done twice.
        assert_eq!(standing_hours(app, &ours.learner), Hours::whole(3));
        assert_eq!(standing_hours(app, &others.learner), Hours::whole(1));
    });
}

#[test]
fn a_platform_that_sends_much_waits_for_itself_and_not_the_others_for_it() {
    let one_at_a_time = |settings: &mut Settings| settings.pushes.at_work = 1;
    each(one_at_a_time, |app| {
        let (ours, others) = (Scene::of(app, "ours"), Scene::of(app, "others"));
        let (let_go, holding) = hold(app);
        let (told, answers) = channel();
        let push = |scene: &Scene, item: Item, name: &'static str, told: Sender<&'static str>| {
            assert_eq!(app.push_batch(&scene.platform, [item]).expect(200).json["counts"]["credited"], 1);
            told.send(name).unwrap();
        };
        thread::scope(|scope| {
            for _ in 0..12 {
                let (item, told) = (ours.item(), told.clone());
                scope.spawn(|| push(&ours, item, "ours", told));
            }
            lane_has(app, 1, 11);
            let (item, told) = (others.item(), told.clone());
            scope.spawn(|| push(&others, item, "others", told));
            lane_has(app, 1, 12);
            let_go.send(()).unwrap();
        });
        holding.join().unwrap();
        drop(told);
        // Behind the one at work and the one at the door; who reads its answer first is a matter of moments.
        let place = answers.iter().position(|name| name == "others").unwrap();
        assert!(place <= 5, "{place} of 12 went first");
        assert_eq!(standing_hours(app, &ours.learner), Hours::whole(12));
    });
}
