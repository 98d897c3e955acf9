//! Whose a batch is to hand in and to see, and where it goes with the files of its people.

use super::{PLACE, School, approve, employed, handed_in, input, school, standing};
use crate::{findings::officer, roll::looked_once_more};
use domain::registry::EmployerKind;
use serde_json::{Value, json};
use tests::each_backend;
use time::macros::datetime;

#[test]
fn a_batch_is_its_employers_and_of_the_office_whom_it_answers_for() {
    each_backend(|app| {
        let own = School::new(app);
        let (learner, moved) = (own.ready(), own.ready());
        let (at, items) = handed_in(&own.wu(), 2020, &[&learner, &moved]);
        let id = items[0]["case_id"].as_str().unwrap();
        let other = school(app, app.employer(EmployerKind::Enterprise));
        let listed = format!("/v1/learners/{}/verifications", learner.id);
        for who in [other, officer(app, "610000", "sun")] {
            let _ = who.get(&at).problem(404, "not_found");
            let _ = who.get(&listed).problem(404, "not_found");
            let _ = approve(&who, id).problem(404, "not_found");
        }
        for who in [own.wu(), own.wang(), officer(app, "341800", "zhou")] {
            assert_eq!(who.get(&at).expect(200).json["items"].as_array().unwrap().len(), 2);
            assert_eq!(who.get(&listed).expect(200).json["items"].as_array().unwrap().len(), 1);
        }
        let _ = approve(&officer(app, "341800", "zhou"), id).problem(403, "not_your_stage");
        let _ = approve(&own.wu(), id).expect(403);
        let placement = json!({ "place": "610000", "from_on": "2020-09-10" });
        let path = format!("/v1/learners/{}/placements", moved.id);
        let _ = app.as_national_officer().post(&path, &placement).expect(201);
        for (place, whom) in [(PLACE, &learner), ("610000", &moved)] {
            let seen = officer(app, place, "sun").get(&at).expect(200).json;
            let ids: Vec<&Value> = seen["items"].as_array().unwrap().iter().map(|item| &item["learner_id"]).collect();
            assert_eq!(ids, [&json!(whom.id)]);
        }
        assert_eq!(own.wu().get(&at).expect(200).json["items"].as_array().unwrap().len(), 2);
        let _ = app.as_learner(learner.id).get(&at).problem(403, "caller_not_permitted");
        let _ = app.as_learner(moved.id).get(&listed).problem(404, "not_found");
        let _ =
            own.wang().post("/v1/verification-batches", &input(2020, &[&learner])).problem(403, "caller_not_permitted");
    });
}

#[test]
fn a_verification_goes_over_with_the_file_and_comes_back_whenever_it_was_given() {
    each_backend(|app| {
        let own = School::new(app);
        let (first, waits) = (own.ready(), own.ready());
        let (_, id) = own.verified(&first);
        let (at, pending) = own.filed(&waits);
        let stays = employed(app, PLACE, own.employer);
        let join = |ends: &tests::fixtures::Learner| {
            let joined = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
            own.wang().post("/v1/learner-merges", &joined).expect(201).header("location").to_owned()
        };
        let merge = join(&first);
        assert_eq!(standing(app, &stays)["verified"]["case_id"], json!(id));
        assert_eq!(own.listed(&stays)[0]["learner_id"], json!(stays.id));
        let again = handed_in(&own.wu(), 2020, &[&stays]).1.remove(0);
        assert_eq!(again["reasons"][0]["code"], "already_verified", "by whichever of the files");
        // What waited for another file of the same person has nothing left to verify.
        let other = join(&waits);
        let told = approve(&own.wang(), &pending).problem(422, "verification_refused");
        assert_eq!(told["reasons"][0]["code"], "already_verified");
        assert_eq!(own.wu().get(&at).expect(200).json["items"][0]["learner_id"], json!(stays.id));
        for merge in [other, merge] {
            let _ = own.wang().post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
            looked_once_more(app);
        }
        assert_eq!(standing(app, &first)["verified"]["case_id"], json!(id));
        assert!(standing(app, &stays).get("verified").is_none());
        let _ = approve(&own.wang(), &pending).expect(200);
        assert_eq!(standing(app, &waits)["verified"]["case_id"], json!(pending));
    });
}

#[test]
fn what_waited_ends_with_the_file_of_an_erased_person() {
    each_backend(|app| {
        let own = School::new(app);
        let learner = own.ready();
        let (at, _) = own.filed(&learner);
        let erasure = format!("/v1/learners/{}/erasure", learner.id);
        let _ = own.wang().post(&erasure, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        assert_eq!(own.wu().get(&at).expect(200).json["items"][0]["state"], "cancelled");
        let again = handed_in(&own.wu(), 2020, &[&learner]).1.remove(0);
        assert_eq!(again["reasons"][0]["code"], "not_staff", "an erased file is nobody's");
    });
}

#[test]
fn a_year_is_verified_by_the_office_of_its_rules_wherever_the_person_went() {
    each_backend(|app| {
        let own = School::new(app);
        let learner = own.ready();
        app.clock.set(datetime!(2021-01-04 12:00 +08:00));
        let placement = json!({ "place": "610000", "from_on": "2021-01-01" });
        let path = format!("/v1/learners/{}/placements", learner.id);
        let _ = app.as_national_officer().post(&path, &placement).expect(201);
        let (_, id) = own.filed(&learner);
        let _ = approve(&officer(app, "610000", "sun"), &id).problem(403, "not_your_stage");
        let _ = approve(&own.wang(), &id).expect(200);
        assert_eq!(standing(app, &learner)["verified"]["on"], "2021-01-04");
    });
}
