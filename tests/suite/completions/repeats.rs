//! What is sent again while nothing has changed gets the same answer and adds no decision; where something has, it gets another.

use super::{codes, ledger, pushed, stands};
use crate::tables::rows;
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Item, Person, Stage, batch},
};
use uuid::Uuid;

const BATCHES: &str = "/v1/completion-batches";

fn outcomes(app: &App, stage: &Stage, told: &Value) -> Vec<String> {
    let body = stands(app, &stage.platform, &told["completion_id"]);
    let decisions = body["decisions"].as_array().unwrap().iter();
    decisions.map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
}

/// What every table has that keeps what became of items, and what is still to be done about them.
fn kept(app: &App) -> Vec<i64> {
    let rows = rows(app);
    ["completion", "completion_decision", "completion_hold", "hour_entry", "work"].map(|table| rows[table]).to_vec()
}

#[test]
fn what_is_sent_again_and_is_what_it_was_adds_no_decision() {
    for backend in tests::Backend::at_hand() {
        let app = App::without_runner(backend);
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let accountant = app.learner("630000").series("会计").register();
        let later = app.course("QH-2021").professional().hours(8).for_year(2021).on(&stage.platform).open();
        let mut renamed = learner.person.reference();
        renamed["name"] = json!("示例李四");
        let refused = learner.finished(&stage.public).with("passed", false);
        let items = [
            Person::someone().finished("QH-PUBLIC"),
            Item::new(learner.person.reference(), "QH-NEW", 2020),
            learner.finished(&stage.public).with("person", renamed),
            learner.finished(&later),
            refused.clone(),
            learner.finished(&stage.public).replacing(&Item::new(learner.person.reference(), "QH-NEW", 2020)),
            accountant.finished(&stage.public),
            accountant.finished(&stage.public).replacing(&refused),
        ];
        let sent = batch(items);
        let platform = app.as_platform(stage.platform.id).in_english();
        let id = Uuid::now_v7();
        let push = || platform.post(&format!("{BATCHES}?batch_id={id}"), &sent).expect(200).json;
        let first = push();
        let told: Vec<&str> =
            first["items"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        let expected = ["held", "held", "held", "held", "refused", "held", "not_counted", "not_counted"];
        assert_eq!(told, expected, "{backend:?}");
        // The refused one was replaced in the end, so it says that now.
        let second = push();
        assert_eq!(second["items"][4]["outcome"], "already_recorded", "{backend:?}");
        let before = kept(&app);
        for attempt in 3..=4 {
            let again = push();
            assert_eq!(again["items"], second["items"], "{backend:?}");
            let outcomes = platform.get(&format!("{BATCHES}/{id}/outcomes?attempt={attempt}")).expect(200).json;
            assert_eq!(outcomes["items"], again["items"], "{backend:?}");
            assert_eq!(again["counts"], second["counts"], "{backend:?}");
        }
        assert_eq!(kept(&app), before, "{backend:?}");
        for one in [0, 1, 2, 3, 5, 6, 7].map(|index| &first["items"][index]) {
            assert_eq!(outcomes(&app, &stage, one), [one["outcome"].as_str().unwrap()], "{backend:?}");
        }
    }
}

#[test]
fn a_refused_item_sent_again_tells_its_rules_each_time_and_is_kept_with_one_decision() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let item = learner.finished(&stage.public).with("passed", false);
        let first = pushed(app, &stage.platform, &item, "refused");
        assert_eq!(first["year"], 2020, "what it would have been worth is told with it");
        assert_eq!(pushed(app, &stage.platform, &item, "refused"), first);
        assert_eq!(outcomes(app, &stage, &first), ["refused"]);
    });
}

#[test]
fn what_waits_for_something_else_by_now_gets_one_further_decision_when_it_is_sent_again() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let item = person.finished("SX-NEW");
        let first = pushed(app, &stage.platform, &item, "held");
        assert_eq!(codes(&first), ["person_unknown", "course_unknown"]);
        let _ = super::held::register(app, "610000", &person);
        for _ in 0..3 {
            let again = pushed(app, &stage.platform, &item, "held");
            assert_eq!((codes(&again), &again["completion_id"]), (vec!["course_unknown"], &first["completion_id"]));
        }
        assert_eq!(outcomes(app, &stage, &first), ["held", "held"]);
        let learner = app.learner("610000").register();
        assert_eq!(ledger(app, &learner), []);
    });
}
