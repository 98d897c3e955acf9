//! What cannot be read: one item's fault, told with all its faults at once, while the others of the batch stand.

use super::{ledger, standing_hours};
use domain::kernel::Hours;
use serde_json::{Value, json};
use tests::{App, Backend, each_backend, fixtures::Item};

/// The faults of one item, as (pointer, code), in order.
fn faults(app: &App, platform: &tests::fixtures::Platform, item: &Value) -> Vec<(String, String)> {
    let answer = app.push_batch(platform, [item.clone()]).expect(200);
    let outcome = &answer.json["items"][0];
    assert_eq!(outcome["outcome"], "malformed", "{outcome}");
    assert_eq!((&outcome["completion_id"], &outcome["reasons"]), (&Value::Null, &json!([])), "{outcome}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = outcome["errors"].as_array().unwrap();
    assert!(errors.iter().all(|error| !text(&error["detail"]).is_empty()), "{outcome}");
    let mut faults: Vec<_> = errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect();
    faults.sort();
    faults
}

fn named(faults: &[(&str, &str)]) -> Vec<(String, String)> {
    faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

#[test]
fn every_fault_has_its_place() {
    // How a body is read does not depend on the database.
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let learner = app.learner("610000").register();
    let good = || learner.finished(&stage.public);
    let person = |field: &str, value: Value| {
        let mut person = learner.person.reference();
        person[field] = value;
        good().with("person", person)
    };
    let number = learner.person.document_number.clone();
    let last = if number.ends_with('1') { "2" } else { "1" };
    let long = "x".repeat(65);
    let session = good().between("2020-03-01T08:00:00+08:00", "2020-03-01T10:00:00+08:00");
    let cases: Vec<(Item, &str, &str)> = vec![
        (good().without("external_id"), "/external_id", "missing"),
        (good().with("external_id", ""), "/external_id", "length"),
        (good().with("external_id", long.as_str()), "/external_id", "length"),
        (good().with("external_id", 7), "/external_id", "wrong_type"),
        (good().called(" E"), "/external_id", "blank"),
        (good().called("E\u{3000}"), "/external_id", "blank"),
        (good().called("E-610928199001010009"), "/external_id", "personal_data"),
        (good().with("replaces", "６１０９２８１９９００１０１０００９"), "/replaces", "personal_data"),
        (good().with("course_code", "610928199001010009"), "/course_code", "personal_data"),
        (good().called("E\n"), "/external_id", "control_character"),
        (good().called("E\u{7f}1"), "/external_id", "control_character"),
        (good().with("replaces", "E "), "/replaces", "blank"),
        (good().with("replaces", "E\t1"), "/replaces", "control_character"),
        (good().with("course_code", " SX-PUBLIC"), "/course_code", "code"),
        (good().with("course_code", "SX-PUBLIC\n"), "/course_code", "code"),
        (good().with("course_code", ""), "/course_code", "code"),
        (good().without("person"), "/person", "missing"),
        // A name alone never finds anyone.
        (good().with("person", json!({ "name": learner.person.name })), "/person", "missing"),
        (good().with("person", "示例"), "/person", "wrong_type"),
        (good().with("person", json!({})), "/person", "missing"),
        (person("learner_id", json!(learner.id)), "/person", "exactly_one"),
        (
            person("document_number", json!(format!("{}{last}", &number[..17]))),
            "/person/document_number",
            "invalid_document",
        ),
        (person("document_number", json!("610928900101001")), "/person/document_number", "invalid_document"),
        (person("document_kind", json!("driving_licence")), "/person/document_kind", "unknown_value"),
        (person("name", json!("示例\u{e000}")), "/person/name", "invalid_name"),
        (person("name", json!("")), "/person/name", "invalid_name"),
        (person("phone", json!("")), "/person/phone", "unknown_field"),
        (good().without("course_code"), "/course_code", "exactly_one"),
        (good().with("course_id", json!(stage.public.id)), "/course_code", "exactly_one"),
        (good().without("course_code").with("course_id", "SX-PUBLIC"), "/course_id", "invalid_value"),
        (good().with("mode", "radio"), "/mode", "unknown_value"),
        (good().with("hours", "24"), "/hours", "wrong_type"),
        (good().with("hours", 0), "/hours", "range"),
        (good().with("hours", -1), "/hours", "range"),
        (good().with("score", 100.01), "/score", "range"),
        (good().with("score", -0.01), "/score", "range"),
        (good().with("passed", "yes"), "/passed", "wrong_type"),
        (good().at("2020-03-01"), "/completed_at", "invalid_value"),
        (good().at("2020-03-01T10:00:00"), "/completed_at", "invalid_value"),
        (good().at("2020-02-30T10:00:00+08:00"), "/completed_at", "invalid_value"),
        (good().at("1989-12-31T23:59:59+08:00"), "/completed_at", "range"),
        (good().with("started_at", "2020-03-01T08:00:00+08:00"), "/ended_at", "missing"),
        (good().with("ended_at", "2020-03-01T08:00:00+08:00"), "/started_at", "missing"),
        (
            good().between("2020-03-01T08:00:00Z", "2020-03-01T16:00:00+08:00").at("2020-03-01T16:00:00+08:00"),
            "/ended_at",
            "range",
        ),
        (session.clone().at("2020-03-01T09:59:59+08:00"), "/completed_at", "range"),
        (good().called("E-self").with("replaces", "E-self"), "/replaces", "invalid_value"),
        (good().with("evidence", json!([1])), "/evidence", "wrong_type"),
        (good().with("evidence", json!({ "a": "x".repeat(4096) })), "/evidence", "length"),
        (good().with("colour", "red"), "/colour", "unknown_field"),
        (good().with("course_code", "SX\u{0}"), "/course_code", "null_character"),
        (person("name", json!("示\u{0}例")), "/person/name", "null_character"),
        (good().with("evidence", json!({ "a": ["\u{0}"] })), "/evidence/a/0", "null_character"),
    ];
    for (item, pointer, code) in cases {
        assert_eq!(faults(&app, &stage.platform, item.json()), named(&[(pointer, code)]), "{:?}", item.json());
    }
    for nothing in [json!(null), json!(7), json!("x"), json!([]), json!({})] {
        assert!(!faults(&app, &stage.platform, &nothing).is_empty());
    }
    assert_eq!(ledger(&app, &learner), []);
}

#[test]
fn all_faults_of_an_item_are_told_at_once() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let item = json!({
        "external_id": "x".repeat(65),
        "colour": "red",
        "person": { "document_number": "610928199001010000", "name": "\u{0}" },
        "course_code": "SX-PUBLIC",
        "course_id": "not an id",
        "mode": "radio",
        "hours": "24",
        "score": 2000,
        "passed": 1,
        "completed_at": "yesterday",
        "started_at": "2020-03-01T08:00:00+08:00",
    });
    let wanted = [
        ("/colour", "unknown_field"),
        ("/completed_at", "invalid_value"),
        ("/course_id", "invalid_value"),
        ("/external_id", "length"),
        ("/hours", "wrong_type"),
        ("/mode", "unknown_value"),
        ("/passed", "wrong_type"),
        ("/person/name", "null_character"),
    ];
    let found = faults(&app, &stage.platform, &item);
    for fault in named(&wanted) {
        assert!(found.contains(&fault), "{fault:?} is missing in {found:?}");
    }
    // What can be read is checked in the same round, whatever else is wrong.
    let readable = json!({
        "external_id": "",
        "colour": "red",
        "person": { "document_number": "610928199001010000", "name": "" },
        "mode": "online",
        "hours": 0,
        "score": 100.5,
        "completed_at": "2020-03-01T07:59:59+08:00",
        "ended_at": "2020-03-01T08:00:00+08:00",
    });
    let wanted = [
        ("/colour", "unknown_field"),
        ("/completed_at", "range"),
        ("/course_code", "exactly_one"),
        ("/external_id", "length"),
        ("/hours", "range"),
        ("/person/document_number", "invalid_document"),
        ("/person/name", "invalid_name"),
        ("/score", "range"),
        ("/started_at", "missing"),
    ];
    assert_eq!(faults(&app, &stage.platform, &readable), named(&wanted));
}

#[test]
fn what_cannot_be_true_is_told_with_what_was_found_and_what_just_can_be_is_taken() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let session = || {
            let item = learner.finished(&stage.public).with("score", 100);
            item.between("2020-03-01T08:00:00+08:00", "2020-03-29T10:00:00+08:00").at("2020-03-29T10:00:00+08:00")
        };
        let wrong = session().with("score", 100.01).at("2020-03-29T09:59:59+08:00");
        let outcome = app.push_one(&stage.platform, &wrong);
        let told: Vec<_> = outcome["errors"].as_array().unwrap().iter().map(|error| &error["detail"]).collect();
        let times = "must not be before ended_at (2020-03-29T10:00:00+08:00), found 2020-03-29T09:59:59+08:00";
        assert_eq!(told, [&json!("must be 0 to 100, found 100.01"), &json!(times)], "{outcome}");
        let _ = super::pushed(app, &stage.platform, &session(), "credited");
        let _ = super::pushed(app, &stage.platform, &session().with("score", 0), "credited");
        // An id may hold blanks and signs, if not at its ends.
        let _ = super::pushed(app, &stage.platform, &learner.finished(&stage.public).called("甲 #1/2"), "credited");
    });
}

#[test]
fn a_malformed_item_loses_only_itself() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let (public, professional) = (learner.finished(&stage.public), learner.finished(&stage.professional));
        let nul = learner.finished(&stage.public).with("course_code", "\u{0}");
        let answer = app.push_batch(
            &stage.platform,
            [
                json!("what"),
                public.clone().into(),
                nul.json().clone(),
                professional.clone().with("hours", "many").into(),
                professional.clone().into(),
            ],
        );
        let body = answer.expect(200).json;
        let told: Vec<_> =
            body["items"].as_array().unwrap().iter().map(|item| (&item["line"], &item["outcome"])).collect();
        let (malformed, credited) = (json!("malformed"), json!("credited"));
        let wanted = [&malformed, &credited, &malformed, &malformed, &credited];
        for (number, (told, wanted)) in (1..).zip(told.iter().zip(wanted)) {
            assert_eq!(*told, (&json!(number), wanted), "{body}");
        }
        assert_eq!((&body["counts"]["malformed"], &body["counts"]["credited"]), (&json!(3), &json!(2)));
        assert_eq!(body["items"][2]["external_id"], nul.external_id());
        assert_eq!(standing_hours(app, &learner), Hours::whole(80));
        // Nothing was kept under the id of a malformed item, so it can be sent right.
        let _ =
            super::pushed(app, &stage.platform, &learner.finished(&stage.public).called(nul.external_id()), "credited");
    });
}

#[test]
fn faults_are_told_in_the_callers_language_and_never_repeat_an_identity_number() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let number = "610928199001010000";
    let person = json!({ "document_number": number, "name": "示例" });
    let item = Item::new(person, "SX-PUBLIC", 2020);
    let body = tests::fixtures::batch([item]);
    let platform = app.as_platform(stage.platform.id);
    for (caller, wanted) in [(platform.clone(), "校验码不符"), (platform.in_english(), "check character")] {
        let answer = caller.post("/v1/completion-batches", &body).expect(200);
        let detail = answer.json["items"][0]["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(wanted), "{detail}");
        assert!(!answer.text.contains(number));
        // Kept in both languages, too.
        let path = format!("/v1/completion-batches/{}/outcomes", answer.json["batch_id"].as_str().unwrap());
        let kept = caller.get(&path).expect(200).json;
        assert_eq!(kept["items"][0]["errors"], answer.json["items"][0]["errors"]);
    }
}

#[test]
fn an_item_named_by_an_identity_number_is_malformed_and_the_number_is_kept_nowhere() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let number = "610928199001010009";
        let named = learner.finished(&stage.public).called(&format!("2020-{number}"));
        let good = learner.finished(&stage.professional);
        let answer = app.push_batch(&stage.platform, [named.json().clone(), good.json().clone()]).expect(200);
        let items = &answer.json["items"];
        assert_eq!((&items[0]["outcome"], &items[1]["outcome"]), (&json!("malformed"), &json!("credited")), "{items}");
        assert_eq!((&items[0]["external_id"], answer.text.contains(number)), (&Value::Null, false), "{items}");
        let path = format!("/v1/completion-batches/{}/outcomes", answer.json["batch_id"].as_str().unwrap());
        let kept = app.as_platform(stage.platform.id).get(&path).expect(200);
        assert!(kept.text.contains("personal_data") && !kept.text.contains(number), "{}", kept.text);
        assert_eq!(crate::tables::columns_with(app, number), [""; 0]);
    });
}

#[test]
fn of_an_item_that_is_wrong_everywhere_twenty_faults_are_told_and_kept() {
    let app = App::start(Backend::Sqlite);
    let stage = app.shaanxi();
    let mut item = app.learner("610000").register().finished(&stage.public).json().clone();
    for at in 0..100 {
        item[format!("field_{at}")] = json!(1);
    }
    let found = faults(&app, &stage.platform, &item);
    assert_eq!((found.len(), found[0].1.as_str()), (21, "more_faults"));
}
