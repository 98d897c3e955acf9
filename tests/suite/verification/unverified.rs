//! A year that is met and that nobody verified, or whose verification was refused or taken back: the standing says so, with the clause and
//! what helps, and its verdict stays as it is.

use super::{OFFICE, School, approve};
use serde_json::{Value, json};
use tests::{each_backend, fixtures::Learner};
use time::macros::datetime;

/// Why the year does not stand verified, as the person reads it.
fn why(school: &School<'_>, learner: &Learner) -> Value {
    let standing = school.standing(learner);
    assert_eq!((&standing["verdict"], standing.get("verified")), (&json!("met"), None), "{standing}");
    standing["unverified"].clone()
}

fn refuse(school: &School<'_>, id: &str) {
    let clause = json!({ "clause": { "document": "示例〔2020〕1号", "clause": "三(二)" }, "reason": "材料不符" });
    let _ = school.wang().post(&format!("/v1/reviews/{id}/refusal"), &clause).expect(200);
}

#[test]
fn a_year_that_is_met_says_that_nobody_handed_it_in_with_the_clause_who_does_and_when() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.teacher();
        let _ = app.push(&school.stage.platform, [learner.finished(&school.stage.public)]);
        let standing = school.standing(&learner);
        assert_eq!(
            (&standing["verdict"], standing.get("unverified")),
            (&json!("unmet"), None),
            "what is missing is enough"
        );
        let _ = app.push(&school.stage.platform, [learner.finished(&school.stage.professional)]);
        let why = why(&school, &learner);
        assert_eq!((&why["code"], &why["hint"]["action"]), (&json!("not_handed_in"), &json!("hand_in_year")));
        let facts = json!({
            "year": 2020, "submitters": ["用人单位"], "office": OFFICE,
            "periods": [{ "from": "2020-07-01", "by": "2020-09-30" }]
        });
        assert_eq!(why["facts"], facts);
        let clauses: Vec<&str> =
            why["clauses"].as_array().unwrap().iter().map(|one| one["clause"].as_str().unwrap()).collect();
        assert_eq!(clauses, ["三(二)", "三(三)"]);
        let text = why["text"].as_str().unwrap();
        assert!(text.contains("尚未报送验证") && text.contains("2020-07-01 至 2020-09-30"), "{text}");
        let path = format!("/v1/learners/{}/standings", learner.id);
        let all = app.as_learner(learner.id).in_english().get(&path).expect(200).json;
        assert!(all["items"][0]["unverified"]["text"].as_str().unwrap().starts_with("met, and not handed in"), "{all}");
        let query = json!({ "year": 2020, "people": [{ "learner_id": learner.id }] });
        let found = school.wu().post("/v1/standings/query", &query).expect(200).json;
        assert_eq!(found["items"][0]["summary"]["unverified"]["code"], "not_handed_in");
        assert_eq!(school.title(&learner, "2020-09-10")["years"][0]["standing"]["unverified"]["code"], "not_handed_in");
        assert_eq!(school.standing(&learner)["consequences"], json!([]), "the notice states none");
    });
}

#[test]
fn what_waits_was_refused_or_taken_back_says_so_as_it_was_known_and_nothing_once_it_is_verified() {
    each_backend(|app| {
        let school = School::new(app);
        let on = |moment| app.clock.set(moment);
        on(datetime!(2021-06-16 12:00 +08:00));
        let learner = school.ready();
        let code = || why(&school, &learner)["code"].as_str().unwrap().to_owned();
        let tag = || {
            let path = format!("/v1/learners/{}/standings/2020", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).header("etag").to_owned()
        };
        let mut tags = vec![tag()];
        let (_, first) = school.filed(&learner);
        let waits = why(&school, &learner);
        assert_eq!((&waits["code"], &waits["facts"]["case_id"]), (&json!("awaits_verification"), &json!(first)));
        assert_eq!(
            (&waits["facts"]["since"], &waits["hint"]["action"]),
            (&json!("2021-06-16"), &json!("await_review"))
        );
        tags.push(tag());
        on(datetime!(2021-06-17 12:00 +08:00));
        refuse(&school, &first);
        let refused = why(&school, &learner);
        assert_eq!((&refused["code"], &refused["facts"]["on"]), (&json!("verification_refused"), &json!("2021-06-17")));
        assert_eq!(refused["hint"]["action"], "hand_in_year");
        let listed = school.listed(&learner);
        assert_eq!((&listed[0]["reason"], &listed[0]["refused_by"]["clause"]), (&json!("材料不符"), &json!("三(二)")));
        tags.push(tag());
        let (_, second) = school.filed(&learner);
        assert_eq!(code(), "awaits_verification");
        on(datetime!(2021-06-18 12:00 +08:00));
        let _ = approve(&school.wang(), &second).expect(200);
        let standing = school.standing(&learner);
        assert!(standing.get("unverified").is_none() && standing["verified"]["case_id"] == json!(second), "{standing}");
        assert!(school.listed(&learner)[1]["reason"].is_null());
        on(datetime!(2021-06-19 12:00 +08:00));
        let revocation = format!("/v1/reviews/{second}/revocation");
        let _ = school.wang().post(&revocation, &json!({ "reason": "证明材料不实" })).expect(200);
        let revoked = why(&school, &learner);
        assert_eq!((&revoked["code"], &revoked["facts"]["case_id"]), (&json!("verification_revoked"), &json!(second)));
        let listed = school.listed(&learner);
        assert_eq!((&listed[1]["reason"], &listed[1]["refused_by"]), (&json!("证明材料不实"), &Value::Null));
        tags.push(tag());
        let as_known = |moment: &str| {
            let path = format!("/v1/learners/{}/standings/2020?as_known_at={moment}%2B08:00", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json["unverified"]["code"].clone()
        };
        assert_eq!(as_known("2021-06-16T12:00:00"), "awaits_verification");
        assert_eq!(as_known("2021-06-17T11:59:59"), "awaits_verification");
        assert_eq!(as_known("2021-06-17T12:00:00"), "awaits_verification", "handed in anew at that moment");
        assert_eq!(as_known("2021-06-18T12:00:00"), Value::Null);
        assert_eq!(as_known("2021-06-19T12:00:00"), "verification_revoked");
        let count = tags.len();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), count, "each is another answer");
    });
}
