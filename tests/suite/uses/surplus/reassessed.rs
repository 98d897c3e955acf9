//! Surplus of a year of which a line is decided anew by a later version of the rules.

use super::Scene;
use crate::{
    completions::soon,
    provisional::{officer, queue, review},
    reassessment::{ALL_LATE, published, reassessed},
};
use domain::registry::Level;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::each_backend;
use time::macros::date;

/// What an allocation's transfers are worth.
fn counted(scene: &Scene<'_>) -> Vec<Value> {
    let listed = scene.own().get(&scene.path("")).expect(200).json;
    let transfers = listed["items"][0]["transfers"].as_array().unwrap();
    transfers.iter().map(|one| one["hours_counted"].clone()).collect()
}

#[test]
fn what_draws_on_a_line_that_is_decided_anew_draws_on_the_one_in_its_place() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let before = scene.standing(2019)["nodes"].clone();
        let worth = counted(&scene);
        // A later version of the course, which was there from the beginning as well, gives an hour more.
        let course =
            app.course("QH-MORE").professional().hours(121).for_year(2020).by_base(domain::registry::Tier::National);
        let _ = course.on(&scene.stage.platform).filed_on(date!(2020 - 01 - 06)).open();
        let told = reassessed(app, &published(app, &[]));
        assert_eq!(told["changed"][0]["items"], json!(1), "{told}");
        assert_eq!((scene.standing(2019)["nodes"].clone(), counted(&scene)), (before, worth));
        // It can be taken back as a whole.
        let listed = scene.own().get(&scene.path("")).expect(200).json;
        let id = listed["items"][0]["allocation_id"].as_str().unwrap();
        let body = json!({ "reason": "重新选择" });
        let _ = scene.own().post(&scene.path(&format!("/{id}/reversal")), &body).expect(200);
        assert_ne!(scene.standing(2019)["nodes"], scene.standing(2020)["nodes"]);
        assert_eq!(scene.standing(2019)["nodes"][0]["earned"], json!(0));
    });
}

#[test]
fn what_draws_on_a_line_that_counts_no_longer_counts_nothing_until_that_counts_again() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let (before, worth) = (scene.standing(2019)["nodes"].clone(), counted(&scene));
        let _ = reassessed(app, &published(app, &[ALL_LATE]));
        soon(|| counted(&scene).iter().all(|hours| *hours == json!(0)));
        // The version that follows says what the first one said.
        let _ = reassessed(app, &published(app, &[]));
        assert_eq!((scene.standing(2019)["nodes"].clone(), counted(&scene)), (before, worth));
    });
}

#[test]
fn what_draws_on_a_line_that_has_to_wait_serves_again_once_an_office_counts_it() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let (before, worth) = (scene.standing(2019)["nodes"].clone(), counted(&scene));
        let _ = reassessed(app, &published(app, &[ALL_LATE]));
        soon(|| counted(&scene).iter().all(|hours| *hours == json!(0)));
        let office = officer(app, "630000", "counter");
        let decided = || {
            for case in queue(&office) {
                let _ = office.post(&review(&case, "/approval"), &json!({})).expect(200);
            }
            counted(&scene) == worth
        };
        soon(decided);
        assert_eq!(scene.standing(2019)["nodes"], before);
    });
}

#[test]
fn what_draws_on_a_line_serves_again_once_the_item_counts_by_a_corrected_fact() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let (before, worth) = (scene.standing(2019)["nodes"].clone(), counted(&scene));
        let out = ("who = { series = [\"会计\"] }", "who = { series = [\"会计\", \"卫生\"] }");
        let _ = reassessed(app, &published(app, &[out]));
        soon(|| counted(&scene).iter().all(|hours| *hours == json!(0)));
        let post = json!({ "employment_kind": "permanent", "from_on": "2010-01-01" });
        let _ = scene.officer().post(&format!("/v1/learners/{}/posts", scene.learner.id), &post).expect(201);
        soon(|| counted(&scene) == worth);
        assert_eq!(scene.standing(2019)["nodes"], before);
    });
}

#[test]
fn what_draws_on_a_line_serves_again_though_the_files_were_joined_while_the_item_waited() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let worth = counted(&scene);
        let _ = reassessed(app, &published(app, &[ALL_LATE]));
        let office = officer(app, "630000", "counter");
        let mut approved = BTreeSet::new();
        soon(|| {
            for case in queue(&office) {
                let _ = office.post(&review(&case, "/approval"), &json!({})).expect(200);
                let _ = approved.insert(review(&case, "/revocation"));
            }
            counted(&scene) == worth
        });
        for revocation in approved {
            let _ = office.post(&revocation, &json!({ "reason": "核实有误" })).expect(200);
        }
        assert!(counted(&scene).iter().all(|hours| *hours == json!(0)));
        let stays = app.learner("630000").level(Level::Intermediate).register();
        let joined = json!({ "ends": scene.learner.id, "stays": stays.id, "reason": "重复登记" });
        let _ = scene.officer().post("/v1/learner-merges", &joined).expect(201);
        let scene = Scene { learner: stays, ..scene };
        soon(|| {
            for case in queue(&office) {
                let _ = office.post(&review(&case, "/approval"), &json!({})).expect(200);
            }
            counted(&scene) == worth
        });
    });
}

#[test]
fn what_draws_on_a_line_serves_again_where_the_item_counts_by_the_facts_of_the_file_it_goes_to() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let _ = scene.allocate(&scene.own(), &json!({ "from_year": 2020 })).expect(201);
        let worth = counted(&scene);
        let out = ("who = { series = [\"会计\"] }", "who = { series = [\"会计\", \"卫生\"] }");
        let _ = reassessed(app, &published(app, &[out]));
        soon(|| counted(&scene).iter().all(|hours| *hours == json!(0)));
        let stays = app.learner("630000").series("工程").level(Level::Intermediate).register();
        let joined = json!({ "ends": scene.learner.id, "stays": stays.id, "reason": "重复登记" });
        let _ = scene.officer().post("/v1/learner-merges", &joined).expect(201);
        let scene = Scene { learner: stays, ..scene };
        assert_eq!(counted(&scene), worth);
    });
}
