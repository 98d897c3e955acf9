//! Hours that waited and that an office does not count: who is told so, by which clause, and that nothing brings them back.

use super::{Late, clause, queue, review, verdict, waits};
use crate::completions::{pushed, reverse, soon};
use serde_json::{Value, json};
use tests::{App, each_backend, fixtures::Learner};

/// The item as it stands in the file of somebody.
fn of(app: &App, learner: &Learner, late: &Late<'_>) -> Value {
    let path = format!("/v1/learners/{}/completions", learner.id);
    let all = app.as_learner(learner.id).get(&path).expect(200).json["items"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["completion_id"] == late.outcome["completion_id"]).unwrap_or_default()
}

fn refuse(late: &Late<'_>) {
    let li = late.office("li");
    let _ = li.post(&review(&waits(&li), "/refusal"), &clause()).expect(200);
}

#[test]
fn that_an_office_refused_hours_and_by_which_clause_is_told_to_the_learner_and_the_platform() {
    each_backend(|app| {
        let late = Late::new(app);
        refuse(&late);
        let told = |reasons: &Value| {
            let [reason] = reasons.as_array().unwrap().as_slice() else { panic!("{reasons}") };
            assert_eq!(
                (&reason["code"], &reason["hint"]["action"]),
                (&json!("refused_by_office"), &json!("ask_authority"))
            );
            assert_eq!(reason["clauses"], json!([clause()["clause"]]), "{reason}");
            assert!(!reason.to_string().contains("正当理由"), "what the office wrote beside it is not for everybody");
        };
        let id = late.outcome["completion_id"].as_str().unwrap();
        let item = app.as_platform(late.stage.platform.id).get(&format!("/v1/completions/{id}")).expect(200).json;
        let decisions = item["decisions"].as_array().unwrap();
        assert_eq!(decisions.iter().map(|one| &one["outcome"]).collect::<Vec<_>>(), ["needs_review", "not_counted"]);
        told(&decisions[1]["reasons"]);
        let own = of(app, &late.learner, &late);
        assert_eq!(own["outcome"], "not_counted");
        told(&own["reasons"]);
        // There is nothing to take back any more, and another item may take its place.
        let _ = reverse(app, &late.stage.platform, &late.outcome["completion_id"]).problem(409, "already_reversed");
        let right =
            late.learner.finished(&late.stage.professional).at("2020-11-01T10:00:00+08:00").replacing(&late.item);
        let _ = pushed(app, &late.stage.platform, &right, "credited");
        assert_eq!(late.verdict(""), "met");
    });
}

#[test]
fn a_refusal_goes_with_its_item_into_another_file_of_the_person_and_back() {
    each_backend(|app| {
        let late = Late::new(app);
        let stays = app.learner("630102").register();
        refuse(&late);
        let province = app.as_officer("630000");
        let asked = json!({ "ends": late.learner.id, "stays": stays.id, "reason": "重复登记" });
        let merge = province.post("/v1/learner-merges", &asked).expect(201);
        let refused = |learner: &Learner| {
            let item = of(app, learner, &late);
            assert_eq!(
                (&item["outcome"], &item["reasons"][0]["code"]),
                (&json!("not_counted"), &json!("refused_by_office"))
            );
        };
        refused(&stays);
        assert_ne!(verdict(app, &stays, ""), "needs_review");
        let undoing = format!("{}/undoing", merge.header("location"));
        let _ = province.post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
        refused(&late.learner);
        let lines = late.lines();
        assert_eq!(
            lines.iter().filter(|(_, reason)| *reason == "refused_by_office").count(),
            2,
            "in either place: {lines:?}"
        );
        assert!(queue(&late.office("li")).is_empty());
    });
}

#[test]
fn many_refusals_in_one_request_are_told_alike_and_to_the_office_of_the_day_of_completion() {
    each_backend(|app| {
        let late = Late::new(app);
        let li = late.office("li");
        let case = waits(&li);
        // The person belongs to another place by now.
        let moved = json!({ "place": "630104", "from_on": "2021-06-01" });
        let _ =
            app.as_officer("630000").post(&format!("/v1/learners/{}/placements", late.learner.id), &moved).expect(201);
        let mut item = clause();
        (item["case_id"], item["decision"]) = (case["case_id"].clone(), "refuse".into());
        let many = li.post("/v1/review-decisions", &json!({ "items": [item] })).expect(200).json;
        assert_eq!(many["items"][0]["result"], "decided", "{many}");
        assert_eq!(of(app, &late.learner, &late)["outcome"], "not_counted");
        soon(|| {
            let told = li.get("/v1/changes").expect(200).json["items"].as_array().unwrap().clone();
            told.iter().any(|one| one["kind"] == "decided" && one["outcome"] == "not_counted" && one["year"] == 2020)
        });
    });
}

#[test]
fn a_finding_that_is_annulled_gives_back_nothing_that_an_office_refused_meanwhile() {
    each_backend(|app| {
        let late = Late::new(app);
        let _ = waits(&late.office("li"));
        let line = late.line("provisional");
        let ((first, first_confirmed), (second, second_confirmed)) = (late.found(&line), late.found(&line));
        let wang = late.office("wang");
        let annul = |at: &str| wang.post(&format!("{at}/annulment"), &json!({ "reason": "证据不足" })).expect(200);
        let _ = wang.post(&first_confirmed, &json!({})).expect(200);
        soon(|| queue(&wang).is_empty());
        let _ = annul(&first);
        assert_eq!(late.verdict(""), "needs_review");
        refuse(&late);
        let _ = wang.post(&second_confirmed, &json!({})).expect(200);
        let _ = annul(&second);
        assert_eq!(of(app, &late.learner, &late)["outcome"], "not_counted");
        assert_ne!(late.verdict(""), "needs_review", "nothing is left to decide: {:?}", late.lines());
    });
}
