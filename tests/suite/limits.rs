//! Who asks too much is told when to come again, and takes nothing from the others.

use crate::completions::{soon, standing_hours};
use domain::kernel::Hours;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::{Sender, channel},
    thread,
};
use store::{Db, StoreError};
use tests::{
    Answer, App, Backend, Client,
    fixtures::{Course, Item, Learner, Platform},
};
use uuid::Uuid;
use xueshi::{auth::CallerKind, settings::Settings};

const BATCHES: &str = "/v1/completion-batches";

/// On every back end, with settings of the test's own.
fn each(change: impl Fn(&mut Settings), test: impl Fn(&App)) {
    Backend::at_hand().into_iter().for_each(|backend| test(&App::set(backend, &change)));
}

fn official<'a>(app: &'a App, name: &str) -> Client<'a> {
    app.caller(CallerKind::Officer, name, "610000".parse().ok()).in_english()
}

/// Asks until the quota is spent; how often that went well.
fn spend(client: &Client<'_>, path: &str) -> usize {
    let told = |_: &usize| client.get(path).status != 429;
    (0..500).take_while(told).count()
}

fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().unwrap()
}

/// Sends the head of a request alone and reads the head of the answer.
fn answer_to_head(app: &App, client: &Client<'_>, path: &str) -> String {
    let address = app.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let token = client.token().unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let (mut answer, mut part) = (String::new(), [0; 4096]);
    while !answer.contains("\r\n\r\n") {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the answer breaks off: {answer}");
        answer += &String::from_utf8_lossy(&part[..read]);
    }
    answer
}

#[test]
fn a_caller_over_the_quota_is_told_when_to_come_again_while_others_are_served() {
    let few = |settings: &mut Settings| settings.requests_a_minute = 20;
    each(few, |app| {
        let li = official(app, "li");
        // A second of the test gives a third of a unit back.
        assert!((20..40).contains(&spend(&li, "/v1/caller")));
        let refused = li.get("/v1/caller");
        assert!((1..=60).contains(&retry_after(&refused)), "{}", refused.header("retry-after"));
        assert_eq!(refused.header("cache-control"), "no-store");
        let problem = refused.problem(429, "too_many_requests");
        assert_eq!(problem["title"], "Too many requests; please try again later");
        assert_eq!((&problem["units_a_minute"], &problem["units"]), (&json!(20), &json!(1)));
        assert!(answer_to_head(app, &li, "/v1/learners").starts_with("HTTP/1.1 429 "));

        // A write costs two, a page by its rows, and what costs more than all a minute gives costs all of it.
        assert!((10..20).contains(&spend(&official(app, "wang"), "/v1/learners?limit=10")));
        let zhao = official(app, "zhao");
        let _ = zhao.get("/v1/learners?limit=200").expect(200);
        let _ = zhao.get("/v1/caller").problem(429, "too_many_requests");
        let _ = official(app, "qian").get("/v1/caller").expect(200);

        // Whoever shows no token that holds is known by the address, and spends nothing of anyone else's.
        let nobody = app.as_nobody().in_english();
        assert!((20..40).contains(&spend(&nobody, "/v1/caller")));
        let _ = nobody.clone().bearing("nonsense").get("/v1/caller").problem(429, "too_many_requests");
        for path in ["/healthz", "/readyz", "/metrics"] {
            let _ = nobody.get(path).expect(200);
        }
        let _ = nobody.post_form("/v1/oauth/token", &[("grant_type", "client_credentials")]).expect(401);
        let _ = official(app, "qian").get("/v1/caller").expect(200);
    });
}

#[test]
fn a_question_about_many_people_costs_by_their_number() {
    let some = |settings: &mut Settings| settings.requests_a_minute = 150;
    each(some, |app| {
        let people: Vec<Value> = (0..1000).map(|_| json!({ "learner_id": Uuid::now_v7() })).collect();
        let question = json!({ "year": 2020, "people": people });
        let li = official(app, "li");
        let _ = li.post("/v1/standings/query", &question).expect(200);
        let refused = li.post("/v1/standings/query", &question).problem(429, "too_many_requests");
        assert_eq!(refused["units"], 100);
        let one = json!({ "year": 2020, "people": [people[0]] });
        let _ = li.post("/v1/standings/query", &one).expect(200);
    });
}

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
