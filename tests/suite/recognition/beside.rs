//! What stands beside a claim and may be the same thing is shown to whoever decides, and counts beside it once that is approved.

use super::Town;
use serde_json::{Value, json};
use tests::{each_backend, fixtures::Stage};
use time::macros::date;

/// A class of eight hours that a platform reports of the town's learner; the id of the report.
fn class(town: &Town<'_>, stage: &Stage, code: &str, session: Option<(&str, &str)>) -> String {
    let course = town.app.course(code).professional().hours(8).for_year(2020).on(&stage.platform);
    let item = town.learner.finished(&course.filed_on(date!(2020 - 01 - 06)).open()).face_to_face();
    let item = match session {
        Some((from, until)) => item.between(from, until).at(until),
        None => item.at("2020-09-09T17:00:00+08:00"),
    };
    let outcome = town.app.push_one(&stage.platform, &item);
    assert_eq!(outcome["outcome"], "credited", "{outcome}");
    outcome["completion_id"].as_str().unwrap().to_owned()
}

/// The days of what is shown beside a claim, each of which lies on one day.
fn days(recognition: &Value) -> Vec<String> {
    let day = |one: &Value| {
        assert_eq!(one["from_on"], one["until_on"], "{one}");
        one["from_on"].as_str().unwrap().to_owned()
    };
    recognition["same_days"].as_array().unwrap().iter().map(day).collect()
}

#[test]
fn what_a_platform_reported_of_the_same_days_is_shown_to_who_decides() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let stage = app.qinghai();
        let reported = |code: &str, from: &str, until: &str| class(&town, &stage, code, Some((from, until)));
        // The claim takes the days from 7 to 11 September.
        let _ = reported("EVE", "2020-09-06T08:00:00+08:00", "2020-09-06T18:00:00+08:00");
        let first = reported("FIRST", "2020-09-07T08:00:00+08:00", "2020-09-07T18:00:00+08:00");
        let _ = reported("LAST", "2020-09-11T08:00:00+08:00", "2020-09-11T18:00:00+08:00");
        let _ = reported("AFTER", "2020-09-12T08:00:00+08:00", "2020-09-12T18:00:00+08:00");
        let _ = class(&town, &stage, "NO-SESSION", None);
        let at = town.draft(&town.filer());
        let id = at.rsplit('/').next().unwrap();
        let drafted = town.filer().get(&at).expect(200).json;
        let [seventh, ninth, eleventh] = ["2020-09-07", "2020-09-09", "2020-09-11"];
        assert_eq!(days(&drafted), [seventh, ninth, eleventh]);
        let line = &drafted["same_days"][0];
        assert_eq!(
            (&line["category"], &line["hours"], &line["mode"]),
            (&json!("professional"), &json!(8), &json!("face_to_face"))
        );

        let _ = super::go(&town.filer(), &at, "submission").expect(200);
        let of = || town.school("wang").get(&format!("/v1/reviews/{id}")).expect(200).json["recognition"].clone();
        assert_eq!(days(&of()), [seventh, ninth, eleventh]);
        // What was taken back is none.
        let path = format!("/v1/completions/{first}/reversal");
        let back = json!({ "reason_code": "wrong_data" });
        let _ = app.as_platform(stage.platform.id).post(&path, &back).expect(200);
        assert_eq!(days(&of()), [ninth, eleventh]);

        // Who approves has seen it: both count, and what comes in later is shown as well.
        town.through(id);
        let _ = reported("LATER", "2020-09-08T08:00:00+08:00", "2020-09-08T18:00:00+08:00");
        assert_eq!(days(&of()), ["2020-09-08", ninth, eleventh]);
        let counted = town.standing()["counted"].clone();
        let hours: f64 = counted.as_array().unwrap().iter().map(|line| line["hours_counted"].as_f64().unwrap()).sum();
        assert_eq!(hours, 28.0 + 5.0 * 8.0, "{counted}");
        let recognised = counted.as_array().unwrap().iter().find(|line| line["ground"]["case_id"] == id);
        assert_eq!(recognised.unwrap()["hours_counted"], 28);
    });
}

#[test]
fn what_was_approved_is_shown_to_who_decides_on_a_claim_of_the_same_days() {
    each_backend(|app| {
        let town = Town::in_autumn(app);
        let (first, second) = (town.submitted(), town.submitted());
        let alike = |id: &str| {
            let shown = town.school("wang").get(&format!("/v1/reviews/{id}")).expect(200).json;
            shown["recognition"]["alike"].clone()
        };
        town.through(&first);
        assert_eq!((alike(&first), alike(&second)), (json!([second]), json!([first])));
        // Of which only the last day is declared, it takes so many days back.
        let mut abroad = json!({ "kind": "training_abroad", "days": 3, "last_on": "2020-09-13" });
        let beside = |claim: &Value| {
            let asked = json!({ "learner_id": town.learner.id, "claim": claim });
            let made = town.filer().post("/v1/recognitions", &asked).expect(201).json;
            made["alike"].as_array().unwrap().len()
        };
        assert_eq!(beside(&abroad), 2, "from the last day of both on");
        abroad["days"] = 2.into();
        assert_eq!(beside(&abroad), 0, "from the day after");

        let reason = json!({ "reason": "同一培训已认定" });
        let _ = town.officer("630000", "zhou").post(&format!("/v1/reviews/{first}/revocation"), &reason).expect(200);
        assert_eq!(alike(&second), json!([]), "what was revoked is nothing to compare with");
    });
}
