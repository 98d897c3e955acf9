//! Which office may allocate, attest and take back, and what others see of it.

use super::{Scene, publish, rules};
use crate::registry::{faults, named};
use domain::registry::Level;
use serde_json::{Value, json};
use tests::{App, each_backend};
use time::macros::date;

/// Someone of one city in 2018, of another one in 2019 and 2020, and of the first again since then.
fn moving(app: &App) -> Scene<'_> {
    let learner = app.learner("630100").moved_to("630200", date!(2019 - 01 - 01));
    let learner = learner.moved_to("630100", date!(2021 - 01 - 01));
    Scene::of(app, learner.series("卫生").level(Level::Intermediate).register())
}

#[test]
fn each_year_is_the_business_of_the_office_that_answered_for_the_person_then() {
    each_backend(|app| {
        let scene = moving(app);
        let asked = json!({ "from_year": 2020 });
        // The office of today sees all, and the surplus of 2020 is not its business.
        let present = app.as_officer("630100");
        for path in ["", "/validation"] {
            let problem = present.post(&scene.path(path), &asked).problem(403, "outside_place");
            assert_eq!(problem["place"], "630200");
        }
        // That of 2020 does not see the other years, which an allocation shows.
        let _ = app.as_officer("630200").post(&scene.path(""), &asked).problem(404, "not_found");
        let made = scene.allocate(&scene.officer(), &asked).expect(201).json;
        let id = made["allocation"]["allocation_id"].as_str().unwrap();
        let (reversal, reason) = (scene.path(&format!("/{id}/reversal")), json!({ "reason": "再试" }));
        let _ = present.post(&reversal, &reason).problem(403, "outside_place");
        let _ = scene.officer().post(&reversal, &reason).expect(200);
    });
}

#[test]
fn what_a_year_lacked_only_the_office_of_that_year_attests() {
    each_backend(|app| {
        let learner = app.learner("610000").moved_to("630000", date!(2019 - 01 - 01));
        let scene = Scene::of(app, learner.series("卫生").level(Level::Intermediate).register());
        let body = json!({
            "from_year": 2020,
            "transfers": [{ "year": 2018, "category": "public", "hours": 1 }],
            "attested": [{ "year": 2018, "category": "public", "hours": 2 }],
            "reference": "证明1号",
        });
        let problem = scene.allocate(&scene.officer(), &body).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/attested/0/year", "outside_place")]));
        assert_eq!(problem["errors"][0]["place"], "610000");
        let made = scene.allocate(&app.as_national_officer(), &body).expect(201).json;
        assert_eq!(made["transfers"][0]["hours"], 1);
    });
}

#[test]
fn surplus_of_a_year_in_two_places_waits_for_an_office() {
    each_backend(|app| {
        let learner = app.learner("610000").moved_to("630000", date!(2020 - 06 - 01)).register();
        let path = format!("/v1/learners/{}/surplus-allocations", learner.id);
        let problem =
            app.as_learner(learner.id).post(&path, &json!({ "from_year": 2020 })).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/from_year", "two_places")]));
        let places: Vec<&Value> = super::each(&problem["errors"][0]["places"], "code");
        assert_eq!(places, ["610000", "630000"]);
    });
}

#[test]
fn who_sees_the_year_that_is_served_alone_is_not_told_what_it_draws_on() {
    each_backend(|app| {
        let learner = app.learner("630100").moved_to("630200", date!(2020 - 01 - 01));
        let scene = Scene::of(app, learner.series("卫生").level(Level::Intermediate).register());
        let made = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201).json;
        let line = made["transfers"][0]["entry_id"].clone();
        let standing = format!("/v1/learners/{}/standings/2019", scene.learner.id);
        let entries = format!("/v1/learners/{}/hour-entries?year=2019", scene.learner.id);
        let grounds = |office: &str| {
            let office = app.as_officer(office);
            let answer = office.get(&standing).expect(200);
            let listed = office.get(&entries).expect(200).json;
            assert_eq!(answer.json["verdict"], "met");
            let grounds = [&answer.json["counted"][0]["ground"], &listed["items"][0]["ground"]];
            let told = grounds.map(|ground| (ground.get("surplus_of").cloned(), ground.get("surplus_line").is_some()));
            for line in [&answer.json["counted"][0], &listed["items"][0]] {
                assert_eq!(line.get("completed_at").is_some(), told[0].1, "{line}");
            }
            assert_eq!(listed["items"][0].get("policy_id").is_some(), told[0].1, "{listed}");
            (told, answer.header("etag").to_owned())
        };
        let (of_served, one) = grounds("630100");
        let (of_both, other) = grounds("630000");
        // What is not told has no place, rather than an empty one.
        assert_eq!(of_served, [(None, false), (None, false)]);
        assert_eq!(of_both, [(Some(json!(2020)), true), (Some(json!(2020)), true)]);
        assert_ne!(one, other, "what differs is held apart");
        // The line is the business of those who answered for the person in the year that it serves, and of those of today.
        let told = |office: &str| {
            let changes = app.as_officer(office).get("/v1/changes").expect(200).json;
            changes["items"].as_array().unwrap().iter().any(|change| change["entry_id"] == line)
        };
        crate::completions::soon(|| told("630100") && told("630200"));
        assert!(!told("610000"));
    });
}

#[test]
fn of_an_erased_person_nothing_is_asked() {
    each_backend(|app| {
        let _ = publish(app, &rules("630000", 2019, ""));
        let learner = app.learner("630000").register();
        let office = app.as_officer("630000");
        let path = format!("/v1/learners/{}/surplus-allocations", learner.id);
        assert_eq!(office.get(&path).expect(200).json["items"], json!([]));
        let erasure = format!("/v1/learners/{}/erasure", learner.id);
        let _ = office.post(&erasure, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        let _ = office.get(&path).problem(404, "not_found");
        let _ = office.post(&format!("{path}/validation"), &json!({ "from_year": 2020 })).problem(404, "not_found");
        let _ = office.post(&path, &json!({ "from_year": 2020 })).problem(404, "not_found");
    });
}
