//! What becomes of an allocation, and who learns of it.

use super::{Scene, a_little, laid_by};
use crate::completions::soon;
use serde_json::{Value, json};
use tests::{Client, each_backend};

/// What followers read of a line: the kind and the outcome of its last change.
fn told(client: &Client<'_>, entry: &Value) -> Option<(Value, Value)> {
    let changes = client.get("/v1/changes").expect(200).json;
    let mut of_entry = changes["items"].as_array().unwrap().iter().filter(|change| change["entry_id"] == *entry);
    of_entry.next_back().map(|change| (change["kind"].clone(), change["outcome"].clone()))
}

#[test]
fn who_follows_is_told_when_hours_serve_a_year_no_longer_and_the_list_says_how_many_do() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let made = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201).json;
        let transfers = made["allocation"]["transfers"].as_array().unwrap();
        assert_eq!(super::each(&made["allocation"]["transfers"], "hours_counted"), [&json!(30), &json!(10)]);
        let public = transfers.iter().find(|one| one["category"] == "public").unwrap()["entry_id"].clone();
        soon(|| told(&scene.officer(), &public) == Some((json!("decided"), json!("credited"))));
        let reversal = format!("/v1/completions/{}/reversal", scene.public);
        let _ = scene.officer().post(&reversal, &json!({ "reason_code": "fraud" })).expect(200);
        soon(|| told(&scene.officer(), &public) == Some((json!("decided"), json!("not_counted"))));
        let listed = scene.own().get(&scene.path("")).expect(200).json;
        let transfers = &listed["items"][0]["transfers"];
        assert_eq!(super::each(transfers, "hours"), [&json!(30), &json!(10)]);
        assert_eq!(super::each(transfers, "hours_counted"), [&json!(0), &json!(0)], "2020 can spare none any more");
    });
}

#[test]
fn who_follows_is_told_of_every_transfer_from_a_year_that_lost_hours() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let made = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201).json;
        let of = |category: &str| {
            let mut transfers = made["allocation"]["transfers"].as_array().unwrap().iter();
            transfers.find(|one| one["category"] == category).unwrap()["entry_id"].clone()
        };
        let (public, professional) = (of("public"), of("professional"));
        let reversal = format!("/v1/completions/{}/reversal", scene.public);
        let _ = scene.officer().post(&reversal, &json!({ "reason_code": "fraud" })).expect(200);
        let decided = |outcome: &str| Some((json!("decided"), json!(outcome)));
        soon(|| told(&scene.officer(), &public) == decided("not_counted"));
        soon(|| told(&scene.officer(), &professional) == decided("recounted"));
    });
}

#[test]
fn a_learner_makes_a_hundred_allocations_and_then_the_office_does() {
    each_backend(|app| {
        let learner = app.learner("630000").register();
        laid_by(app, &learner, "630000");
        let (own, path) = (app.as_learner(learner.id), format!("/v1/learners/{}/surplus-allocations", learner.id));
        for _ in 0..99 {
            let _ = own.post(&path, &a_little()).expect(201);
        }
        let last = own.post(&path, &a_little()).expect(201).json;
        let problem = own.post(&path, &a_little()).problem(409, "too_many_allocations");
        assert_eq!(problem["most"], 100);
        // One that is taken back leaves its lines, and so no room.
        let id = last["allocation"]["allocation_id"].as_str().unwrap();
        let _ = own.post(&format!("{path}/{id}/reversal"), &json!({ "reason": "再试" })).expect(200);
        let _ = own.post(&path, &a_little()).problem(409, "too_many_allocations");
        let rehearsal = format!("{path}/validation");
        let _ = own.post(&rehearsal, &a_little()).problem(409, "too_many_allocations");
        let _ = own.post(&path, &json!({ "from_year": 2018, "transfers": [] })).problem(422, "invalid_body");
        let page = |query: &str| own.get(&format!("{path}{query}")).expect(200).json;
        let ids = |page: &Value| super::each(&page["items"], "allocation_id").into_iter().cloned().collect::<Vec<_>>();
        let all = ids(&page("?limit=200"));
        assert_eq!((all.len(), ids(&page("")).len(), &all[99]), (100, 50, &json!(id)));
        // Page by page it is the same list.
        let (mut walked, mut query) = (Vec::new(), "?limit=40".to_owned());
        loop {
            let told = page(&query);
            walked.push(ids(&told));
            let Some(cursor) = told["next_cursor"].as_str() else { break };
            query = format!("?limit=40&cursor={cursor}");
        }
        assert_eq!(walked.iter().map(Vec::len).collect::<Vec<_>>(), [40, 40, 20]);
        assert_eq!(walked.concat(), all);
        // The office makes the next one.
        let _ = app.as_officer("630000").post(&path, &a_little()).expect(201);
    });
}
