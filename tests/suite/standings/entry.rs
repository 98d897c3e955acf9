//! Whose service began within the year.

use super::{hours, standing};
use serde_json::json;
use tests::each_backend;
use time::macros::date;

#[test]
fn of_a_year_within_which_service_began_an_office_decides_and_an_earlier_post_that_it_records_tells() {
    each_backend(|app| {
        let first = app.learner("341882").in_post_since(date!(2020 - 01 - 01)).register();
        let told = standing(app, first.id, 2020);
        assert_eq!((&told["verdict"], &told["reasons"]), (&json!("unmet"), &json!([])));
        let learner = app.learner("341882").in_post_since(date!(2020 - 01 - 02)).register();
        let told = standing(app, learner.id, 2020);
        assert_eq!((&told["verdict"], &told["consequences"]), (&json!("needs_review"), &json!([])));
        let reason = &told["reasons"][0];
        assert_eq!(reason["code"], "began_later");
        assert_eq!(reason["facts"], json!({ "from_on": "2020-01-02" }));
        assert!(reason["text"].as_str().unwrap().contains("2020-01-02"), "{reason}");
        assert_eq!(hours(&told, "total"), [90.0, 0.0, 90.0], "what would be owed is named");
        let post = json!({ "employment_kind": "permanent", "from_on": "2019-09-01" });
        let posts = format!("/v1/learners/{}/posts", learner.id);
        let _ = app.as_officer("341882").post(&posts, &post).expect(201);
        let told = standing(app, learner.id, 2020);
        assert_eq!((&told["verdict"], &told["reasons"]), (&json!("unmet"), &json!([])));
        assert_eq!(told["consequences"].as_array().unwrap().len(), 2);
    });
}
