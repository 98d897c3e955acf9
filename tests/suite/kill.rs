//! What a process leaves behind that dies in the middle: everything acknowledged, and every chunk whole or absent.
//!
//! The processes are real ones (`serve`), killed by SIGKILL while pushes run. Each batch that may or may not have been taken
//! in is sent again afterwards: all of its items were recorded before, or none was.

mod lines;
mod replicas;

use crate::completions::soon;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tests::{
    Answer, App, Node, OwnPostgres, each_backend,
    fixtures::{Item, Stage},
};
use time::OffsetDateTime;

const BATCHES: &str = "/v1/completion-batches";
const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// How many items a batch has, and how many lines one transaction of a push of lines.
const BATCH: usize = 20;
const CHUNK: usize = 1000;

fn node(app: &App) -> Node {
    app.node(env!("CARGO_BIN_EXE_node"))
}

/// A platform's token that holds by the machine's clock, which the processes read.
fn token(app: &App, stage: &Stage) -> String {
    app.clock.set(OffsetDateTime::now_utc());
    app.as_platform(stage.platform.id).token().unwrap().to_owned()
}

/// An answer, or nothing where the process died on the way.
fn post(url: &str, token: &str, media: &str, body: &str) -> Option<(u16, Value)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let request = agent.post(url).header("authorization", format!("Bearer {token}")).header("content-type", media);
    let mut answer = request.send(body).ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.body_mut().read_json().ok()?))
}

fn batch_of(items: &[Item]) -> String {
    json!({ "items": items.iter().map(|item| item.json().clone()).collect::<Vec<_>>() }).to_string()
}

fn lines_of(items: &[Item]) -> String {
    items.iter().map(|item| format!("{}\n", item.json())).collect()
}

fn outcomes(answer: &Value) -> BTreeSet<String> {
    answer["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
}

/// Sends a batch again and says whether it had been taken in: wholly or not at all, or the test fails.
fn was_taken_in(app: &App, stage: &Stage, items: &[Item]) -> bool {
    let answer = app.push_batch(&stage.platform, items.iter().cloned()).expect(200).json;
    let found = outcomes(&answer);
    assert_eq!(found.len(), 1, "a part of a chunk was taken in: {found:?}");
    let outcome = found.first().map(String::as_str).unwrap();
    assert!(["already_recorded", "credited"].contains(&outcome), "{outcome}");
    outcome == "already_recorded"
}

/// Lines of the ledger that credit hours, read by pages.
fn credits(app: &App, learner: domain::kernel::LearnerId) -> usize {
    let client = app.as_national_officer();
    let mut path = format!("/v1/learners/{learner}/hour-entries?limit=200");
    let mut found = 0;
    loop {
        let page = client.get(&path).expect(200).json;
        found += page["items"].as_array().unwrap().len();
        let Some(cursor) = page["next_cursor"].as_str() else { return found };
        path = format!("/v1/learners/{learner}/hour-entries?limit=200&cursor={cursor}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_and_every_batch_is_whole_or_absent() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner(stage.place).register();
        let token = token(app, &stage);
        let mut sent: Vec<(Vec<Item>, bool)> = Vec::new();
        let so_far = Arc::new(AtomicUsize::new(0));
        for round in 0..6_u64 {
            let node = node(app);
            let taken = Arc::clone(&so_far);
            let (url, stop) = (node.url(BATCHES), Arc::new(AtomicBool::new(false)));
            let (told, token, learner, course) =
                (Arc::clone(&stop), token.clone(), learner.clone(), stage.public.clone());
            let pusher = thread::spawn(move || {
                let mut sent = Vec::new();
                while !told.load(Ordering::SeqCst) {
                    let items: Vec<Item> = (0..BATCH).map(|_| learner.finished(&course)).collect();
                    let acknowledged = match post(&url, &token, JSON, &batch_of(&items)) {
                        Some((status, answer)) => {
                            assert_eq!(
                                (status, outcomes(&answer).first().map(String::as_str)),
                                (200, Some("credited"))
                            );
                            true
                        }
                        None => false,
                    };
                    sent.push((items, acknowledged));
                    if !acknowledged {
                        break;
                    }
                    let _ = taken.fetch_add(1, Ordering::SeqCst);
                }
                sent
            });
            // The moment of the kill differs from round to round; nothing depends on where it falls.
            thread::sleep(Duration::from_millis(120 + 110 * round));
            if round == 5 {
                // On a machine that is busy with something else none may have come through yet.
                soon(|| so_far.load(Ordering::SeqCst) > 0);
            }
            node.kill();
            stop.store(true, Ordering::SeqCst);
            sent.extend(pusher.join().unwrap());
        }
        let acknowledged = sent.iter().filter(|(_, acknowledged)| *acknowledged).count();
        assert!(acknowledged > 0, "no batch was acknowledged before a kill");
        for (items, acknowledged) in &sent {
            let taken_in = was_taken_in(app, &stage, items);
            assert!(taken_in || !acknowledged, "an acknowledged batch is gone");
        }
        assert_eq!(credits(app, learner.id), sent.len() * BATCH, "one credit for each item, none twice");
    });
}

fn credits_seen(app: &App, learner: domain::kernel::LearnerId) -> usize {
    let page = app.as_national_officer().get(&format!("/v1/learners/{learner}/hour-entries?limit=1")).expect(200).json;
    page["items"].as_array().unwrap().len()
}

#[test]
fn two_processes_on_one_database_credit_an_item_once() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner(stage.place).register();
        let token = token(app, &stage);
        let (one, other) = (node(app), node(app));
        for round in 0..5 {
            let mut items: Vec<Item> = (0..50).map(|_| learner.finished(&stage.public)).collect();
            let first = batch_of(&items);
            // The twin sends the same items the other way round, so that the two meet in the middle.
            items.reverse();
            let second = batch_of(&items);
            let push = |node: &Node, body: String| {
                let (url, token) = (node.url(BATCHES), token.clone());
                thread::spawn(move || post(&url, &token, JSON, &body))
            };
            let (left, right) = (push(&one, first), push(&other, second));
            let answers: Vec<Value> = [left, right]
                .into_iter()
                .map(|pusher| {
                    let (status, answer) = pusher.join().unwrap().unwrap();
                    assert_eq!(status, 200, "{answer}");
                    answer
                })
                .collect();
            let count = |outcome: &str| {
                let of = |answer: &Value| answer["counts"][outcome].as_u64().unwrap();
                answers.iter().map(of).sum::<u64>()
            };
            assert_eq!((count("credited"), count("already_recorded")), (50, 50), "{answers:?}");
            assert_eq!(credits(app, learner.id), 50 * (round + 1));
        }
        // One dies; the other goes on.
        one.kill();
        let items: Vec<Item> = (0..50).map(|_| learner.finished(&stage.public)).collect();
        let (status, answer) = post(&other.url(BATCHES), &token, JSON, &batch_of(&items)).unwrap();
        assert_eq!((status, &answer["counts"]["credited"]), (200, &json!(50)));
    });
}

#[test]
fn a_request_in_flight_is_answered_before_a_process_ends_in_good_order() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner(stage.place).register();
        let token = token(app, &stage);
        let items: Vec<Item> = (0..CHUNK * 2).map(|_| learner.finished(&stage.public)).collect();
        let node = node(app);
        let (url, body) = (node.url(BATCHES), lines_of(&items));
        let pusher = thread::spawn(move || post(&url, &token, NDJSON, &body));
        let until = Instant::now() + Duration::from_secs(20);
        while credits_seen(app, learner.id) == 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(node.terminate().success());
        let (status, answer) = pusher.join().unwrap().expect("an answer");
        assert_eq!((status, &answer["counts"]["credited"]), (200, &json!(CHUNK * 2)));
        assert_eq!(credits(app, learner.id), CHUNK * 2);
    });
}

/// A service without its database says so, and when to come again.
#[track_caller]
fn is_unavailable(answer: Answer) {
    assert_eq!(answer.header("retry-after"), "1", "{}", answer.text);
    let problem = answer.problem(503, "unavailable");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
}

/// What `/readyz` says as soon as it says what is waited for, or after a minute.
fn readiness(app: &App, is_reached: fn(&Answer) -> bool) -> Answer {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = app.as_nobody().get("/readyz");
        if is_reached(&answer) || Instant::now() > until {
            return answer;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_database_that_is_killed_loses_nothing_it_acknowledged() {
    // Only where tests run on PostgreSQL and the machine has the programs of a server: this one is killed.
    let Some(mut server) = OwnPostgres::start() else { return };
    let app = App::on(&server);
    let stage = app.shaanxi();
    let learner = app.learner(stage.place).register();
    let mut sent: Vec<(Vec<Item>, bool)> = Vec::new();
    for round in 0..3_u64 {
        thread::scope(|scope| {
            let pusher = scope.spawn(|| {
                let mut sent = Vec::new();
                loop {
                    let items: Vec<Item> = (0..BATCH).map(|_| learner.finished(&stage.public)).collect();
                    let answer = app.push_batch(&stage.platform, items.iter().cloned());
                    let acknowledged = answer.status == 200;
                    sent.push((items, acknowledged));
                    if !acknowledged {
                        is_unavailable(answer);
                        break sent;
                    }
                }
            });
            thread::sleep(Duration::from_millis(250 + 150 * round));
            server.kill();
            sent.extend(pusher.join().unwrap());
        });
        // Its other processes answer until they notice that it is gone.
        is_unavailable(readiness(&app, |answer| answer.status != 200));
        server.start_again();
        assert_eq!(readiness(&app, |answer| answer.status == 200).status, 200);
    }
    assert!(sent.iter().any(|(_, acknowledged)| *acknowledged));
    for (items, acknowledged) in &sent {
        assert!(was_taken_in(&app, &stage, items) || !acknowledged, "an acknowledged batch is gone");
    }
    assert_eq!(credits(&app, learner.id), sent.len() * BATCH);
}
