//! What was answered is read back field by field as it was answered.

use super::pushed;
use domain::registry::Requirement;
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Learner, Person, Stage, batch},
};
use uuid::Uuid;

const BATCHES: &str = "/v1/completion-batches";

/// A batch with an item of every outcome, and of some more than one.
fn of_every_outcome(app: &App, stage: &Stage, learner: &Learner) -> Value {
    let accountant = app.learner("630000").series("会计").register();
    let known = learner.finished(&stage.public);
    let _ = pushed(app, &stage.platform, &known, "credited");
    let refined = app.course("QH-REFINED").requirement(Requirement::Required).hours(5).for_year(2020);
    let refined = refined.on(&stage.platform).open();
    let twice = learner.finished(&stage.public);
    let items = [
        learner.finished(&stage.public),
        learner.finished(&refined),
        learner.finished(&stage.public).at("2020-12-01T00:00:00+08:00"),
        learner.finished(&stage.public).with("passed", false),
        learner.finished(&refined).with("hours", 1),
        accountant.finished(&stage.public),
        Person::someone().finished("QH-PUBLIC"),
        learner.finished(&stage.public).with("hours", 0),
        // It cannot be read, and its id is that of an item that could be.
        known.clone().with("score", 101),
        known.clone().with("evidence", json!({ "more": true })),
        twice.clone(),
        twice,
    ];
    batch(items)
}

#[test]
fn what_is_read_back_is_what_was_answered_field_by_field() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let platform = app.as_platform(stage.platform.id).in_english();
        let id = Uuid::now_v7();
        let sent = of_every_outcome(app, &stage, &learner);
        let push = || platform.post(&format!("{BATCHES}?batch_id={id}"), &sent).expect(200).json;
        let direct = push();
        let outcome = |item: &Value| item["outcome"].as_str().unwrap().to_owned();
        let mut told: Vec<String> = direct["items"].as_array().unwrap().iter().map(outcome).collect();
        told.sort();
        told.dedup();
        let every =
            ["already_recorded", "conflict", "credited", "held", "malformed", "needs_review", "not_counted", "refused"];
        assert_eq!(told, every);
        let kept = |attempt: i32| platform.get(&format!("{BATCHES}/{id}/outcomes?attempt={attempt}"));
        assert_eq!(kept(1).expect(200).json["items"], direct["items"]);
        let again = push();
        assert_eq!(kept(2).expect(200).json["items"], again["items"], "most of them were recorded before");
        assert_eq!(kept(1).expect(200).json["items"], direct["items"]);
        let lines = platform.clone().with("accept", "application/x-ndjson");
        let lines = lines.get(&format!("{BATCHES}/{id}/outcomes?attempt=1")).expect(200).text;
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(json!(lines), direct["items"]);
        let _ = kept(99).problem(404, "not_found");
    });
}
