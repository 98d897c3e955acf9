//! Whose year is not handed in, and what an office does not verify.

use super::{School, approve, employed, handed_in, input};
use crate::{
    completions::soon,
    registry::{faults, named},
};
use domain::{kernel::LearnerId, registry::EmployerKind};
use serde_json::{Value, json};
use tests::each_backend;
use time::macros::datetime;
use uuid::Uuid;

/// The codes of the reasons against one person.
fn codes(item: &Value) -> Vec<&str> {
    item["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn every_category_that_is_not_registered_is_named_with_what_it_lacks_and_the_clause() {
    each_backend(|app| {
        let school = School::new(app);
        let (nothing, half) = (school.teacher(), school.teacher());
        let _ = app.push(&school.stage.platform, [half.finished(&school.stage.public)]);
        let (at, items) = handed_in(&school.wu(), 2020, &[&nothing, &half]);
        assert_eq!(codes(&items[0]), ["category_not_registered"; 2]);
        assert_eq!(codes(&items[1]), ["category_not_registered"]);
        let lacks = &items[1]["reasons"][0];
        let facts = json!({
            "category": "professional", "name": "专业科目", "required": 60, "registered": 0, "short": 60
        });
        assert_eq!((&lacks["facts"], &lacks["clauses"][0]["clause"]), (&facts, &json!("三(二)")));
        assert!(lacks["text"].as_str().unwrap().starts_with("专业科目尚未登记齐"), "{lacks}");
        let english = school.wu().in_english().post("/v1/verification-batches", &input(2020, &[&half])).expect(201);
        assert!(english.json["items"][0]["reasons"][0]["text"].as_str().unwrap().contains("60 are missing"));
        let batch = school.wu().get(&at).expect(200).json;
        assert_eq!(batch["items"], json!([]), "what is refused is kept nowhere");
        assert_eq!(school.listed(&half), [] as [Value; 0]);
    });
}

#[test]
fn nobody_but_the_employers_staff_of_the_day_is_handed_in_and_nobody_else_is_told_apart() {
    each_backend(|app| {
        let school = School::new(app);
        let of_another = employed(app, super::PLACE, app.employer(EmployerKind::Enterprise));
        let left = school.ready();
        let gone = json!({ "employer_id": app.employer(EmployerKind::Enterprise), "from_on": "2020-09-10" });
        let path = format!("/v1/learners/{}/employments", left.id);
        let _ = app.as_national_officer().post(&path, &gone).expect(201);
        let merged = school.teacher();
        let stays = school.ready();
        let joined = json!({ "ends": merged.id, "stays": stays.id, "reason": "重复登记" });
        let _ = school.wang().post("/v1/learner-merges", &joined).expect(201);
        let unknown = LearnerId::from_uuid(Uuid::now_v7());
        let asked = json!({ "year": 2020, "learners": [of_another.id, left.id, unknown, merged.id, stays.id] });
        let items = school.wu().post("/v1/verification-batches", &asked).expect(201).json["items"].clone();
        let items = items.as_array().unwrap();
        for nobody in &items[..3] {
            assert_eq!((codes(nobody), &nobody["reasons"][0]["facts"]), (vec!["not_staff"], &json!({})));
        }
        assert_eq!(codes(&items[3]), ["file_merged"]);
        assert_eq!(items[3]["reasons"][0]["facts"]["successor"], json!(stays.id));
        assert_eq!(items[4]["result"], "filed");
    });
}

#[test]
fn a_year_without_rules_or_without_such_a_batch_is_not_handed_in() {
    each_backend(|app| {
        let school = School::new(app);
        let here = school.ready();
        let elsewhere = employed(app, "630102", school.employer);
        let (_, items) = handed_in(&school.wu(), 2019, &[&here]);
        assert_eq!(
            (codes(&items[0]), &items[0]["reasons"][0]["facts"]["year"]),
            (vec!["no_rule_in_force"], &json!(2019))
        );
        let (_, items) = handed_in(&school.wu(), 2020, &[&here, &elsewhere]);
        assert_eq!((items[0]["result"].as_str(), codes(&items[1])), (Some("filed"), vec!["no_batch_provided"]));
        assert!(items[1]["reasons"][0]["clauses"][0]["clause"].is_string());
    });
}

#[test]
fn what_waits_or_is_verified_is_not_handed_in_again_and_what_was_refused_is() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.ready();
        let (_, id) = school.filed(&learner);
        let again = || handed_in(&school.wu(), 2020, &[&learner]).1.remove(0);
        let waits = again();
        assert_eq!((codes(&waits), &waits["reasons"][0]["facts"]["case_id"]), (vec!["already_waiting"], &json!(id)));
        let back = school.wang().post(&format!("/v1/reviews/{id}/return"), &json!({ "reason": "请补充材料" }));
        assert_eq!(back.problem(409, "review_not_now")["action"], "return_for_completion");
        let clause = json!({ "clause": { "document": "示例〔2020〕1号", "clause": "三(二)" }, "reason": "材料不符" });
        let _ = school.wang().post(&format!("/v1/reviews/{id}/refusal"), &clause).expect(200);
        let told = || app.as_learner(learner.id).get("/v1/changes").expect(200).json["items"].clone();
        soon(|| told().as_array().unwrap().iter().any(|one| one["outcome"] == "refused" && one["year"] == 2020));
        let (_, id) = school.verified(&learner);
        let verified = again();
        let facts = json!({ "case_id": id, "on": "2020-09-10" });
        assert_eq!((codes(&verified), &verified["reasons"][0]["facts"]), (vec!["already_verified"], &facts));
        let states: Vec<Value> = school.listed(&learner).iter().map(|one| one["state"].clone()).collect();
        assert_eq!(states, ["refused", "approved"]);
    });
}

#[test]
fn what_lost_a_category_since_it_was_handed_in_goes_on_waiting_until_that_is_there_again() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.teacher();
        let items = [learner.finished(&school.stage.public), learner.finished(&school.stage.professional)];
        let pushed = app.push(&school.stage.platform, items);
        let (at, id) = school.filed(&learner);
        let reversal = format!("/v1/completions/{}/reversal", pushed[0]["completion_id"].as_str().unwrap());
        let platform = app.as_platform(school.stage.platform.id);
        let _ = platform.post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
        let told = approve(&school.wang(), &id).problem(422, "verification_refused");
        let reason = &told["reasons"][0];
        assert_eq!(
            (&reason["code"], &reason["facts"]["category"]),
            (&json!("category_not_registered"), &json!("public"))
        );
        let many = json!({ "items": [{ "case_id": id, "decision": "approve" }] });
        let many = school.wang().post("/v1/review-decisions", &many).expect(200).json;
        assert_eq!(many["items"][0]["problem"]["code"], "verification_refused", "{many}");
        assert_eq!(school.wu().get(&at).expect(200).json["items"][0]["state"], "waiting");
        assert!(school.standing(&learner).get("verified").is_none());
        let _ = app.push(&school.stage.platform, [learner.finished(&school.stage.public)]);
        let _ = approve(&school.wang(), &id).expect(200);
        assert_eq!(school.standing(&learner)["verified"]["on"], "2020-09-10");
    });
}

#[test]
fn what_is_wrong_with_the_body_is_told_all_at_once() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.ready();
        for path in ["/v1/verification-batches", "/v1/verification-batches/validation"] {
            let faults = |body: &Value| faults(&school.wu().post(path, body).problem(422, "invalid_body"));
            let wrong = json!({ "year": 1989, "learners": [learner.id, learner.id], "by": "me" });
            assert_eq!(
                faults(&wrong),
                named(&[("/by", "unknown_field"), ("/learners/1", "duplicate"), ("/year", "range")])
            );
            assert_eq!(faults(&json!({ "year": 2020, "learners": [] })), named(&[("/learners", "length")]));
            let ids = |number: usize| (0..number).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
            let too_many = json!({ "year": 2020, "learners": ids(501) });
            assert_eq!(faults(&too_many), named(&[("/learners", "length")]));
            let most = json!({ "year": 2020, "learners": ids(500) });
            let status = if path.ends_with("validation") { 200 } else { 201 };
            assert_eq!(school.wu().post(path, &most).expect(status).json["items"].as_array().unwrap().len(), 500);
        }
        assert_eq!(school.listed(&learner).len(), 0);
    });
}

#[test]
fn advice_on_when_to_hand_in_bars_nobody_and_the_office_decides_about_a_year_that_is_over() {
    each_backend(|app| {
        let school = School::new(app);
        let learner = school.ready();
        app.clock.set(datetime!(2021-01-04 12:00 +08:00));
        let _ = school.verified(&learner);
        assert_eq!(school.standing(&learner)["verified"]["on"], "2021-01-04");
    });
}
