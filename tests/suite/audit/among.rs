//! Whom a list, a search or a roll shows among others: recorded beside looks at their files.

use super::looking::{once_there, settled};
use domain::audit::{Act, Event};
use serde_json::{Value, json};
use tests::each_backend;

#[test]
fn whom_a_list_and_a_search_show_is_recorded_once_an_hour_and_the_learner_sees_it() {
    each_backend(|app| {
        let (shown, other) = (app.learner("610300").named("示例甲").register(), app.learner("610300").register());
        let elsewhere = app.learner("630000").named("示例甲").register();
        let li = app.caller(xueshi::auth::CallerKind::Officer, "li", "610300".parse().ok());
        // Twice by a search and once in a page of one: an event of the person in all, one of each search and one that a list was asked for.
        for _ in 0..2 {
            let found = li.post("/v1/learner-searches", &json!({ "name": "示例甲" })).expect(200).json;
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
        }
        let _ = li.get("/v1/learners?limit=1").expect(200);
        let of = |read: &Event, id: &str| read.subject_id.as_deref() == Some(id);
        let reads = settled(app);
        let of_shown: Vec<_> = reads.iter().filter(|read| of(read, &shown.id.to_string())).collect();
        assert_eq!(of_shown.len(), 1, "{reads:#?}");
        assert_eq!((of_shown[0].operation.as_str(), of_shown[0].actor.as_str()), ("search_learners", "officer:li"));
        assert_eq!(reads.iter().filter(|read| read.subject_id.is_none()).count(), 3);
        assert!(!reads.iter().any(|read| of(read, &elsewhere.id.to_string())), "whom nothing showed");
        // Who opens the file afterwards is not hidden by having been shown a list before.
        let _ = li.get(&format!("/v1/learners/{}", shown.id)).expect(200);
        let _ = li.get("/v1/learners").expect(200);
        let _ = once_there(app, Act::Read, 6);
        let records = |id| app.as_learner(id).get(&format!("/v1/learners/{id}/access-records")).expect(200).json;
        let by = |records: &Value| {
            let all = records["items"].as_array().unwrap().iter();
            let mut all: Vec<String> = all.map(|one| one["operation"].as_str().unwrap().to_owned()).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(by(&records(shown.id)), ["get_learner", "search_learners"]);
        assert_eq!(by(&records(other.id)), ["list_learners"]);
        assert_eq!(by(&records(elsewhere.id)), [""; 0]);
    });
}
