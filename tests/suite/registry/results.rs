//! What stands of a course: for the base that gives it, and the office at its place.

use crate::completions::reverse;
use domain::registry::Level;
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Stage};
use uuid::Uuid;
use xueshi::auth::{CallerKind, Subject};

/// The operator of the base that gives a course.
fn operator<'a>(app: &'a App, base: &str) -> Client<'a> {
    let named = domain::access::Named { base: base.parse().ok(), ..Default::default() };
    app.calling(Subject { kind: CallerKind::BaseOperator, name: "zhao".to_owned(), named })
}

fn results(caller: &Client<'_>, course: &str) -> Value {
    caller.get(&format!("/v1/courses/{course}/results")).expect(200).json
}

/// The id of a course of the stage, and of the base that gives it.
fn given(app: &App, stage: &Stage) -> (String, String) {
    let office = app.as_officer("610000");
    let found = office.get(&format!("/v1/courses?q={}", stage.public.code)).expect(200).json["items"][0].clone();
    (found["course_id"].as_str().unwrap().to_owned(), found["provider"]["id"].as_str().unwrap().to_owned())
}

#[test]
fn a_base_sees_what_stands_of_its_own_courses_and_of_no_others() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (id, base) = given(app, &stage);
        let own = operator(app, &base);
        assert_eq!(results(&own, &id), json!({ "course_id": id, "code": stage.public.code, "items": [] }));
        let people = [1, 2, 3].map(|_| app.learner("610000").level(Level::Intermediate).register());
        let items = people.each_ref().map(|learner| learner.finished(&stage.public));
        let pushed = app.push(&stage.platform, items);
        let _ = reverse(app, &stage.platform, &pushed[2]["completion_id"]).expect(200);
        let told = results(&own, &id);
        let none = json!({ "items": 0, "people": 0 });
        let wanted =
            json!([{ "version": 1, "year": 2020, "credited": { "items": 2, "people": 2 }, "needs_review": none }]);
        assert_eq!(told["items"], wanted, "what was taken back stands no more");
        assert!(!told.to_string().contains(&people[0].id.to_string()));
        // So does the office where the base belongs, and those above.
        for place in ["610000", "000000"] {
            assert_eq!(results(&app.as_officer(place), &id), told);
        }
        let path = format!("/v1/courses/{id}/results");
        let another = app.as_system_administrator().post(
            "/v1/training-bases",
            &json!({ "name": "另一基地", "level": "provincial", "place": "610000", "recognised_from": "2015-10-01" }),
        );
        let another = another.expect(201).json["base_id"].as_str().unwrap().to_owned();
        for stranger in [operator(app, &another), app.as_officer("630000"), app.as_officer("610100")] {
            let _ = stranger.get(&path).problem(404, "not_found");
        }
        let _ = own.get(&format!("/v1/courses/{}/results", Uuid::now_v7())).problem(404, "not_found");
        let _ = app.as_platform(stage.platform.id).get(&path).problem(403, "caller_not_permitted");
    });
}

#[test]
fn hours_that_wait_for_a_decision_are_told_apart() {
    each_backend(|app| {
        let stage = app.qinghai();
        let office = app.as_officer("630000");
        let found = office.get(&format!("/v1/courses?q={}", stage.public.code)).expect(200).json["items"][0].clone();
        let (id, base) = (found["course_id"].as_str().unwrap(), found["provider"]["id"].as_str().unwrap());
        let learner = app.learner("630000").register();
        let late = learner.finished(&stage.public).at("2020-12-01T00:00:00+08:00");
        assert_eq!(app.push_one(&stage.platform, &late)["outcome"], "needs_review");
        let told = results(&operator(app, base), id);
        assert_eq!(told["items"][0]["needs_review"], json!({ "items": 1, "people": 1 }), "{told}");
        assert_eq!(told["items"][0]["credited"], json!({ "items": 0, "people": 0 }));
    });
}
