//! Batches: how many, under which id, sent again, asked about, tried without a trace.

use super::{codes, ledger, pushed, standing_hours};
use crate::tables::rows;
use domain::kernel::{Hours, PlatformId};
use serde_json::{Value, json};
use tests::{
    each_backend,
    fixtures::{Item, Person, batch},
};
use uuid::Uuid;

const BATCHES: &str = "/v1/completion-batches";

#[test]
fn a_thousand_items_are_taken_and_one_more_is_refused_and_none_as_well() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let platform = app.as_platform(stage.platform.id).in_english();
        let items = |count: usize| {
            let item = |_| learner.finished(&stage.professional).into();
            batch((0..count).map(item).collect::<Vec<Value>>())
        };
        let problem = platform.post(BATCHES, &items(1001)).problem(422, "invalid_body");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/items"), &json!("length"))
        );
        let problem = platform.post(BATCHES, &items(0)).problem(422, "invalid_body");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/items"), &json!("length"))
        );
        assert_eq!(ledger(app, &learner), []);
        let body = platform.post(BATCHES, &items(1000)).expect(200).json;
        assert_eq!((&body["lines"], &body["counts"]["credited"]), (&json!(1000), &json!(1000)));
        let lines: Vec<_> =
            body["items"].as_array().unwrap().iter().map(|item| item["line"].as_i64().unwrap()).collect();
        assert_eq!(lines, (1..=1000).collect::<Vec<_>>());
        assert_eq!(ledger(app, &learner).len(), 1000);
    });
}

#[test]
fn a_batch_that_cannot_be_read_is_refused_whole() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let platform = app.as_platform(stage.platform.id);
        let send = |media: &str, body: &str| platform.send("POST", BATCHES, Some(media), body.as_bytes().to_vec());
        let problem = send("application/json", "{\"items\": [}").problem(400, "malformed_json");
        assert_eq!((&problem["line"], &problem["column"]), (&json!(1), &json!(12)));
        let _ = send("application/json", "{\"items\": {}}").problem(422, "invalid_body");
        let _ = send("application/json", "{\"items\": [{}], \"more\": 1}").problem(422, "invalid_body");
        let problem = send("text/csv", "a,b").problem(415, "unsupported_media_type");
        assert_eq!(problem["supported"], json!(["application/json", "application/x-ndjson"]));
        let problem =
            platform.post(&format!("{BATCHES}?batch_id=7"), &batch([Value::Null])).problem(422, "invalid_query");
        assert_eq!(problem["errors"][0]["pointer"], "?batch_id");
        let _ = platform.get(&format!("{BATCHES}/{}", Uuid::now_v7())).problem(404, "not_found");
    });
}

#[test]
fn the_same_id_twice_in_a_batch_is_a_repeat_or_a_conflict_of_the_first() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let item = learner.finished(&stage.public);
        let other = item.clone().with("score", 84);
        let items = [item.clone(), learner.finished(&stage.professional), item.clone(), other.clone(), item.clone()];
        let [first, _, again, conflict, third] = app.push(&stage.platform, items);
        assert_eq!(first["outcome"], "credited");
        let credited = json!({ "outcome": "credited", "now": "credited", "reversed": false });
        for repeat in [again, third] {
            assert_eq!((&repeat["outcome"], &repeat["first"]), (&json!("already_recorded"), &credited));
            assert_eq!(repeat["completion_id"], first["completion_id"]);
        }
        assert_eq!((&conflict["outcome"], &conflict["conflicting_fields"]), (&json!("conflict"), &json!(["score"])));
        assert_eq!(ledger(app, &learner).len(), 2);
        // A malformed line names no item, so the good one with its id is the first.
        let good = learner.finished(&stage.public);
        let [bad, good] = app.push(&stage.platform, [good.clone().with("hours", 0), good]);
        assert_eq!((&bad["outcome"], &good["outcome"]), (&json!("malformed"), &json!("credited")));
        // A repeat of what is refused or held tells so.
        let refused = learner.finished(&stage.public).with("passed", false);
        let held = learner.finished(&stage.public).with("course_code", "NOT-YET");
        let [_, refused, _, held] = app.push(&stage.platform, [refused.clone(), refused, held.clone(), held]);
        for (repeat, outcome) in [(refused, "refused"), (held, "held")] {
            assert_eq!(repeat["outcome"], "already_recorded");
            assert_eq!(repeat["first"], json!({ "outcome": outcome, "now": outcome, "reversed": false }));
        }
    });
}

#[test]
fn a_batch_named_by_the_platform_can_be_asked_about_and_sent_again() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let platform = app.as_platform(stage.platform.id).in_english();
        let name = Uuid::now_v7();
        let (path, named) = (format!("{BATCHES}/{name}"), format!("{BATCHES}?batch_id={name}"));
        let _ = platform.get(&path).problem(404, "not_found");
        let items = [
            learner.finished(&stage.public),
            learner.finished(&stage.professional).with("hours", 7),
            Person::someone().finished("SX-PUBLIC"),
            learner.finished(&stage.public).with("hours", 0),
        ];
        let first = platform.post(&named, &batch(items.clone())).expect(200);
        assert_eq!(first.header("location"), path);
        assert_eq!((&first.json["batch_id"], &first.json["attempt"]), (&json!(name), &json!(1)));
        let asked = platform.get(&path).expect(200).json;
        assert_eq!(
            (&asked["counts"], &asked["state"], &asked["lines"]),
            (&first.json["counts"], &json!("complete"), &json!(4))
        );

        let outcomes = |query: &str| platform.get(&format!("{path}/outcomes{query}")).expect(200).json["items"].clone();
        assert_eq!(outcomes(""), first.json["items"]);
        let second = platform.post(&named, &batch(items)).expect(200).json;
        assert_eq!(second["attempt"], 2);
        let told = |body: &Value| -> Vec<String> {
            body.as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(told(&second["items"]), ["already_recorded", "refused", "held", "malformed"]);
        assert_eq!(told(&outcomes("?attempt=1")), ["credited", "refused", "held", "malformed"]);
        assert_eq!(outcomes(""), outcomes("?attempt=2"));
        assert_eq!(told(&outcomes("?attempt=2")), told(&second["items"]));
        let _ = platform.get(&format!("{path}/outcomes?attempt=3")).problem(404, "not_found");
        let _ = platform.get(&format!("{path}/outcomes?attempt=0")).problem(422, "invalid_query");
        assert_eq!(platform.get(&path).json["attempt"], 2);
        assert_eq!(standing_hours(app, &learner), Hours::whole(24));
    });
}

#[test]
fn a_batch_is_its_platforms_alone() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let name = Uuid::now_v7();
        let (path, named) = (format!("{BATCHES}/{name}"), format!("{BATCHES}?batch_id={name}"));
        let items = batch([learner.finished(&stage.public)]);
        let _ = app.as_platform(stage.platform.id).post(&named, &items).expect(200);
        let other = app.platform("other").register();
        let other = app.as_platform(other.id);
        let _ = other.post(&named, &items).problem(409, "batch_of_another");
        let lines = format!("{}\n", learner.finished(&stage.public).json());
        let _ = other.send("POST", &named, Some("application/x-ndjson"), lines.into()).problem(409, "batch_of_another");
        let _ = other.get(&path).problem(404, "not_found");
        let _ = other.get(&format!("{path}/outcomes")).problem(404, "not_found");
        let nobody = app.as_platform(PlatformId::from_uuid(Uuid::now_v7()));
        let _ = nobody.post(BATCHES, &items).problem(403, "platform_unknown");
        let _ = nobody.post(&format!("{BATCHES}/validation"), &items).problem(403, "platform_unknown");
        assert_eq!(ledger(app, &learner).len(), 1);
    });
}

#[test]
fn a_rehearsal_answers_like_a_push_and_keeps_nothing() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let known = learner.finished(&stage.professional);
        let credited = pushed(app, &stage.platform, &known, "credited");
        let item = learner.finished(&stage.public);
        let items = [
            item.clone(),
            item.clone(),
            known.clone(),
            known.clone().with("score", 1),
            learner.finished(&stage.public).with("passed", false),
            Person::someone().finished("SX-PUBLIC"),
            learner.finished(&stage.public).with("hours", 0),
            learner.finished(&stage.public).replacing(&known),
        ];
        let platform = app.as_platform(stage.platform.id).in_english();
        let before = rows(app);
        let validate = || platform.post(&format!("{BATCHES}/validation"), &batch(items.clone())).expect(200).json;
        let rehearsed = validate();
        let outcomes = |body: &Value| -> Vec<Value> {
            body.as_array().unwrap().iter().map(|item| item["outcome"].clone()).collect()
        };
        let wanted = [
            "credited",
            "already_recorded",
            "already_recorded",
            "conflict",
            "refused",
            "held",
            "malformed",
            "credited",
        ];
        assert_eq!(outcomes(&rehearsed), wanted);
        assert_eq!(rows(app), before);
        // Ids made in a rehearsal would name nothing.
        assert!(rehearsed.as_array().unwrap().iter().all(|item| item["entry_id"].is_null()));
        assert_eq!(rehearsed[0]["completion_id"], Value::Null);
        assert_eq!(rehearsed[1]["completion_id"], Value::Null);
        assert_eq!(rehearsed[2]["completion_id"], credited["completion_id"]);
        assert_eq!((&rehearsed[0]["hours"], &rehearsed[0]["learner_id"]), (&json!(24), &json!(learner.id)));
        assert_eq!(codes(&rehearsed[5]), ["person_unknown"]);
        assert_eq!(validate(), rehearsed);
        let told = app.push(&stage.platform, items);
        assert_eq!(told.iter().map(|item| item["outcome"].clone()).collect::<Vec<_>>(), wanted);
        // The push itself leaves rows, so that the tables counted are those that matter.
        let after = rows(app);
        for table in ["completion", "completion_batch", "completion_decision", "completion_hold", "completion_outcome"]
        {
            assert!(after[table] > before[table], "{table}");
        }
    });
}

#[test]
fn two_platforms_may_use_the_same_ids() {
    each_backend(|app| {
        let platforms = [app.platform("p-1").register(), app.platform("p-2").register()];
        let course = app.course("C-1").professional().hours(8).on(&platforms[0]).on(&platforms[1]).open();
        let learner = app.learner("340100").register();
        let item: Item = learner.finished(&course).called("1");
        let ids: Vec<Value> = platforms
            .iter()
            .map(|platform| pushed(app, platform, &item, "credited")["completion_id"].clone())
            .collect();
        assert_ne!(ids[0], ids[1]);
        // Both stand on the ledger; that a course counts once is the standing's business.
        assert_eq!(standing_hours(app, &learner), Hours::whole(16));
    });
}
