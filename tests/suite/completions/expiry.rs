//! What waits too long ends by a decision, and that is said a month before.

use super::{codes, last_outcome, pushed, register, soon, stands};
use serde_json::{Value, json};
use tests::{
    App, Backend,
    fixtures::{Item, Person},
};
use time::Duration;

fn changes(app: &App, platform: &tests::fixtures::Platform) -> Vec<Value> {
    let told = app.as_platform(platform.id).get("/v1/changes").expect(200).json;
    told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["kind"], one["external_id"], one["outcome"]]))
        .collect()
}

/// Lets the runner look after what has waited, as it does when it starts and every few seconds, and waits for what it tells.
fn on_day(app: &mut App, platform: &tests::fixtures::Platform, day: i64, told: usize) {
    app.clock.set(tests::NOON + Duration::days(day));
    app.restart();
    soon(|| changes(app, platform).len() >= told);
}

#[test]
fn an_item_that_waits_too_long_ends_by_a_decision_and_a_month_before_that_is_said() {
    for backend in Backend::at_hand() {
        let mut app = App::set(backend, |settings| settings.changes_retention = Duration::days(9000));
        let platform = app.shaanxi().platform;
        let (person, other) = (Person::someone(), Person::someone());
        let item: Item = person.finished("SX-PUBLIC");
        let held = pushed(&app, &platform, &item, "held");
        let let_go = pushed(&app, &platform, &other.finished("SX-PUBLIC"), "held");
        let waiting = |app: &App| app.as_platform(platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(waiting(&app)["items"][0]["expires_at"], "2023-06-15T04:00:00Z", "two years");
        let _ = register(&app, "610000", &other);
        soon(|| changes(&app, &platform).len() == 1);
        on_day(&mut app, &platform, 699, 1);
        assert_eq!(waiting(&app)["items"][0]["expires_at"], "2023-06-15T04:00:00Z");
        assert_eq!(changes(&app, &platform).len(), 1, "not a day early");
        on_day(&mut app, &platform, 700, 2);
        assert_eq!(changes(&app, &platform)[1], json!(["expiring", item.external_id(), "held"]));
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "held");
        on_day(&mut app, &platform, 729, 2);
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "held");
        on_day(&mut app, &platform, 730, 3);
        assert_eq!(changes(&app, &platform)[2], json!(["decided", item.external_id(), "not_counted"]));
        let body = stands(&app, &platform, &held["completion_id"]);
        let last = body["decisions"].as_array().unwrap().last().unwrap();
        assert_eq!((codes(last), last["number"].clone()), (vec!["waited_too_long"], json!(2)));
        assert_eq!(waiting(&app)["items"], json!([]));
        // It is over: whoever appears now, it counts no more.
        let _ = register(&app, "610000", &person);
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "not_counted");
        assert_eq!(last_outcome(&app, &platform, &let_go["completion_id"]), "credited");
        let again = pushed(&app, &platform, &item, "already_recorded");
        assert_eq!(again["first"]["now"], "not_counted");
        assert_eq!(changes(&app, &platform).len(), 3);
    }
}

#[test]
fn how_long_an_item_waits_is_a_setting() {
    for backend in Backend::at_hand() {
        let mut app = App::set(backend, |settings| {
            settings.changes_retention = Duration::days(9000);
            settings.held_retention = Duration::days(60);
        });
        let platform = app.shaanxi().platform;
        let held = pushed(&app, &platform, &Person::someone().finished("SX-PUBLIC"), "held");
        on_day(&mut app, &platform, 29, 0);
        assert_eq!(changes(&app, &platform), [Value::Null; 0], "not a day early");
        on_day(&mut app, &platform, 30, 1);
        assert_eq!(changes(&app, &platform)[0][0], "expiring");
        on_day(&mut app, &platform, 60, 2);
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "not_counted");
    }
}

#[test]
fn the_end_of_what_waits_is_told_to_the_person_and_who_answers_for_them() {
    for backend in Backend::at_hand() {
        let mut app = App::set(backend, |settings| settings.changes_retention = Duration::days(9000));
        let platform = app.shaanxi().platform;
        let person = Person::someone();
        // One came before its person was known, the other after; both wait for a course.
        let early = pushed(&app, &platform, &person.finished("SX-NEVER"), "held");
        let learner = register(&app, "610100", &person);
        let late = pushed(&app, &platform, &person.finished("SX-NEVER"), "held");
        on_day(&mut app, &platform, 700, 2);
        on_day(&mut app, &platform, 730, 4);
        let id = learner.as_str().unwrap().parse().unwrap();
        for caller in [app.as_learner(id), app.as_officer("610100"), app.as_officer("610000")] {
            let told = caller.get("/v1/changes").expect(200).json["items"].clone();
            for (index, kind) in ["expiring", "expiring", "decided", "decided"].into_iter().enumerate() {
                assert_eq!((&told[index]["kind"], &told[index]["learner_id"]), (&json!(kind), &learner), "{told}");
            }
            assert!(
                [&early, &late].iter().all(|item| told.to_string().contains(item["completion_id"].as_str().unwrap()))
            );
        }
        assert_eq!(app.as_officer("610300").get("/v1/changes").expect(200).json["items"], json!([]));
        let path = format!("/v1/learners/{}/completions", learner.as_str().unwrap());
        let own = app.as_learner(id).get(&path).expect(200).json;
        let reasons: Vec<&Value> =
            own["items"].as_array().unwrap().iter().map(|item| &item["reasons"][0]["code"]).collect();
        assert_eq!(reasons, ["waited_too_long"; 2], "it is still the person's");
    }
}

#[test]
fn nothing_ends_of_which_it_was_not_said_a_month_before() {
    for backend in Backend::at_hand() {
        let mut app = App::without_runner(backend);
        let platform = app.shaanxi().platform;
        let held = pushed(&app, &platform, &Person::someone().finished("SX-PUBLIC"), "held");
        // Nobody looked after it for three years: it ends a month after someone does.
        app.clock.set(tests::NOON + Duration::days(1095));
        let waiting = app.as_platform(platform.id).get("/v1/held-completions").expect(200).json;
        assert_eq!(waiting["items"][0]["expires_at"], "2024-07-14T04:00:00Z");
        app.with_runner();
        on_day(&mut app, &platform, 1095, 1);
        on_day(&mut app, &platform, 1124, 1);
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "held");
        on_day(&mut app, &platform, 1125, 2);
        assert_eq!(last_outcome(&app, &platform, &held["completion_id"]), "not_counted");
    }
}
