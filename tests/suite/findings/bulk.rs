//! Findings about courses of many people: several steps of the runner, of runners that die and of two beside one another.

use super::{courses::WHERE, officer};
use crate::{completions::soon, registry};
use serde_json::{Value, json};
use std::time::Instant;
use store::work::{Lease, lease_next};
use tests::{App, Backend, fixtures::Item};
use time::{Duration, OffsetDateTime};

/// So many that the runner takes several steps.
const MANY: u32 = 1_100;

/// Many people with one item each of a version of a course, found false by an office and confirmed by another official of it.
struct Bulk {
    at: String,
    input: Value,
}

impl Bulk {
    /// The runner of the application rests until it is wanted.
    fn confirmed(app: &App, many: u32) -> Self {
        let (stage, office) = (app.shaanxi(), app.as_officer("610300"));
        let numbers: Vec<u32> = (1..=many).collect();
        for chunk in numbers.chunks(1_000) {
            let people: Vec<Value> = chunk.iter().map(|n| registry::learner(*n, "示例甲")).collect();
            let _ = office.post("/v1/learners/bulk", &json!({ "items": people })).expect(200);
            let person = |n: &u32| json!({ "document_kind": "resident_id", "document_number": registry::number(*n), "name": "示例甲" });
            let items = chunk.iter().map(|n| Item::new(person(n), &stage.public.code, 2020));
            let pushed = app.push_batch(&stage.platform, items.map(|item| item.json().clone())).expect(200);
            assert_eq!(pushed.json["counts"]["credited"], chunk.len());
        }
        let input = json!({
            "course_id": stage.public.id, "version": 1, "place": "610000", "decided_on": "2021-06-01", "document": "示例"
        });
        let at = officer(app, "610000", "li").post(WHERE, &input).expect(201).header("location").to_owned();
        let confirmation = format!("{at}/confirmation");
        let _ = officer(app, "610000", "wang").send("POST", &confirmation, None, Vec::new()).expect(200);
        let bulk = Self { at, input };
        assert_eq!(bulk.look(app)["reversal"]["state"], "waiting");
        bulk
    }

    fn look(&self, app: &App) -> Value {
        officer(app, "610000", "wang").get(&self.at).expect(200).json
    }

    fn annul(&self, app: &App) {
        let path = format!("{}/annulment", self.at);
        let _ = officer(app, "610000", "wang").post(&path, &json!({ "reason": "证据不足" })).expect(200);
    }

    /// Every line was dealt with once, and so many stand.
    fn is_through(&self, app: &App, what: &str, (many, stand): (u32, u32)) {
        soon(|| self.look(app)[what]["state"] == "done");
        let shown = self.look(app);
        let dealt_with = (&shown["lines"], &shown[what]["done"], &shown[what]["total"]);
        assert_eq!(dealt_with, (&json!(many), &json!(many), &json!(many)));
        let trial = officer(app, "610000", "li").post(&format!("{WHERE}/validation"), &self.input).expect(200).json;
        assert_eq!(trial, json!({ "lines": stand, "people": stand }));
    }
}

/// Somebody took the work up and died before the first step.
fn taken_up_by_the_dead(app: &App) {
    let lease = Lease { owner: "died", now: app.clock.now(), lasts: Duration::seconds(-1) };
    assert!(app.write(move |db| lease_next(db, &["follow_course_finding"], lease)).is_some());
}

#[test]
fn a_bulk_reversal_whose_runner_died_is_taken_over_and_every_line_is_taken_back_and_given_back_once() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let bulk = Bulk::confirmed(&app, MANY);
        taken_up_by_the_dead(&app);
        app.with_runner();
        app.restart();
        bulk.is_through(&app, "reversal", (MANY, 0));
        bulk.annul(&app);
        bulk.is_through(&app, "restoration", (MANY, MANY));
    }
}

/// By the clock of the application every lease of the other process has run out: it takes the work away in the middle of steps.
#[test]
fn two_runners_beside_one_another_take_every_line_back_and_give_it_back_once_though_one_is_killed() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let bulk = Bulk::confirmed(&app, MANY);
        app.clock.set(OffsetDateTime::now_utc() + Duration::HOUR);
        let other = app.node(env!("CARGO_BIN_EXE_node"));
        app.with_runner();
        app.restart();
        soon(|| bulk.look(&app)["reversal"]["done"].as_u64().is_some_and(|done| done > 0));
        other.kill();
        bulk.is_through(&app, "reversal", (MANY, 0));
        let other = app.node(env!("CARGO_BIN_EXE_node"));
        bulk.annul(&app);
        bulk.is_through(&app, "restoration", (MANY, MANY));
        assert!(other.terminate().success());
    }
}

/// How long ten thousand take, for who wants to know: `cargo test -p tests --test suite ten_thousand -- --ignored --nocapture`.
#[test]
#[ignore = "it measures, and what it shows is shown by fewer"]
fn ten_thousand_are_taken_back_and_given_back() {
    const TEN_THOUSAND: u32 = 10_000;
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let bulk = Bulk::confirmed(&app, TEN_THOUSAND);
        app.with_runner();
        let begun = Instant::now();
        app.restart();
        bulk.is_through(&app, "reversal", (TEN_THOUSAND, 0));
        let taken = begun.elapsed();
        bulk.annul(&app);
        bulk.is_through(&app, "restoration", (TEN_THOUSAND, TEN_THOUSAND));
        eprintln!("{backend:?}: taken back in {taken:?}, given back in {:?}", begun.elapsed() - taken);
    }
}
