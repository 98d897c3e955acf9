//! Two requests at the same moment about the same thing: neither undoes what the other did.
//!
//! On SQLite writes follow one another; on PostgreSQL the two transactions really run beside each other, on two connections.

use super::{base, course, learner, number, register};
use serde_json::{Value, json};
use tests::{at_once, each_backend};

const ROUNDS: u32 = 20;

#[test]
fn a_name_and_a_document_corrected_at_the_same_moment_are_both_corrected() {
    each_backend(|app| {
        for round in 0..ROUNDS {
            let id = register(app, 2 * round, "示例甲");
            let path = format!("/v1/learners/{id}");
            let (name, document) = at_once(
                || app.as_officer("610300").patch(&path, &json!({ "name": "例示" })).status,
                || {
                    let right = json!({ "kind": "resident_id", "number": number(2 * round + 1) });
                    app.as_officer("610300").patch(&path, &json!({ "document": right })).status
                },
            );
            assert_eq!((name, document), (200, 200));
            let file = app.as_learner(id).get(&path).expect(200).json;
            let masked = format!("{}**********{}", &number(2 * round + 1)[..4], &number(2 * round + 1)[14..]);
            assert_eq!((&file["name"], &file["document"]["number"]), (&json!("例示"), &json!(masked)), "{round}");
        }
    });
}

#[test]
fn the_same_new_people_in_two_requests_and_twice_in_each_are_registered_once() {
    each_backend(|app| {
        for round in 0..ROUNDS / 2 {
            let people = 10;
            let item = |n: u32, level: &str| {
                let mut item = learner(round * people + n, "示例甲");
                item["post"] = json!({ "level": level, "employment_kind": "permanent", "from_on": "2020-01-01" });
                item
            };
            let levels = ["assistant", "intermediate"];
            let items: Vec<Value> = levels.iter().flat_map(|level| (0..people).map(|n| item(n, level))).collect();
            let body = json!({ "items": items });
            let keep = || app.as_officer("610300").post("/v1/learners/bulk", &body).expect(200).json;
            let (one, other) = at_once(keep, keep);
            let count = |key: &str| one["counts"][key].as_u64().unwrap() + other["counts"][key].as_u64().unwrap();
            assert_eq!(
                (count("created"), count("conflict"), count("malformed")),
                (u64::from(people), 0, 0),
                "{one} {other}"
            );
            for (first, second) in one["items"].as_array().unwrap().iter().zip(other["items"].as_array().unwrap()) {
                assert_eq!(first["id"], second["id"]);
            }
        }
    });
}

#[test]
fn the_same_news_of_known_people_in_two_requests_at_once_are_added_once() {
    each_backend(|app| {
        for round in 0..ROUNDS / 2 {
            let people = 10;
            let items = |level: Option<&str>| -> Vec<Value> {
                let item = |n: u32| {
                    let mut item = learner(1000 + round * people + n, "示例甲");
                    if let Some(level) = level {
                        item["post"] =
                            json!({ "level": level, "employment_kind": "permanent", "from_on": "2020-01-01" });
                    }
                    item
                };
                (0..people).map(item).collect()
            };
            let keep = |items: Vec<Value>| {
                app.as_officer("610300").post("/v1/learners/bulk", &json!({ "items": items })).expect(200).json
            };
            assert_eq!(keep(items(None))["counts"]["created"], people);
            let said = items(Some("intermediate"));
            let (mut backwards, forwards) = (said.clone(), said);
            backwards.reverse();
            let (one, other) = at_once(|| keep(forwards), || keep(backwards));
            let count = |key: &str| one["counts"][key].as_u64().unwrap() + other["counts"][key].as_u64().unwrap();
            let each = u64::from(people);
            assert_eq!((count("updated"), count("unchanged")), (each, each), "{round}: {one} {other}");
        }
    });
}

#[test]
fn a_new_course_said_in_two_ways_at_the_same_moment_has_two_versions() {
    each_backend(|app| {
        let base = base(app);
        for round in 0..ROUNDS {
            let code = format!("C-{round}");
            let said = |title: &str| {
                let mut input = course(&code, base);
                input["title"] = json!(title);
                app.as_officer("610000").post("/v1/courses", &input).status
            };
            let (one, other) = at_once(|| said("示例甲"), || said("示例乙"));
            assert_eq!((one.min(other), one.max(other)), (200, 201), "{round}");
            let found = app.as_officer("610000").get(&format!("/v1/courses?q={code}")).expect(200).json;
            let course =
                found["items"].as_array().unwrap().iter().find(|course| course["code"] == json!(code)).unwrap();
            assert_eq!(course["versions"].as_array().unwrap().len(), 2);
        }
    });
}
