//! Allocations go with their person: into the file in which theirs ends, and back.

use super::{Scene, best, moved};
use domain::{kernel::LearnerId, registry::Level};
use serde_json::{Value, json};
use tests::{Client, each_backend};
use time::Duration;

/// The verdicts of the year that is served and of that which is drawn on.
fn verdicts(client: &Client<'_>, learner: LearnerId) -> [Value; 2] {
    let standing = |year: i32| client.get(&format!("/v1/learners/{learner}/standings/{year}")).expect(200).json;
    [2019, 2020].map(|year| standing(year)["verdict"].clone())
}

#[test]
fn allocations_go_over_with_the_file_are_taken_back_there_and_come_back() {
    each_backend(|app| {
        let scene = Scene::new(app);
        let stays = app.learner("630000").series("卫生").level(Level::Intermediate).register();
        let (ended, stayed, office) = (scene.own(), app.as_learner(stays.id), app.as_officer("630000"));
        let made = scene.allocate(&ended, &json!({ "from_year": 2020 })).expect(201).json;
        let id = made["allocation"]["allocation_id"].as_str().unwrap();
        let there = format!("/v1/learners/{}/surplus-allocations", stays.id);
        let joined = json!({ "ends": scene.learner.id, "stays": stays.id, "reason": "重复登记" });
        let join = || {
            app.clock.set(app.clock.now() + Duration::HOUR);
            office.post("/v1/learner-merges", &joined).expect(201).header("location").to_owned()
        };
        let part = |merge: &str| {
            let _ = office.post(&format!("{merge}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        };
        let (met, unmet) = ([json!("met"), json!("met")], [json!("unmet"), json!("unmet")]);
        // As often as the offices please.
        for _ in 0..2 {
            let merge = join();
            assert_eq!(verdicts(&stayed, stays.id), met);
            let listed = stayed.get(&there).expect(200).json;
            assert_eq!((listed["items"].as_array().unwrap().len(), moved(&listed["items"][0])), (1, best()));
            assert_eq!(
                (&listed["items"][0]["allocation_id"], &listed["items"][0]["reversed_at"]),
                (&json!(id), &Value::Null)
            );
            let _ = ended.get(&scene.path("")).problem(410, "learner_merged");
            let _ = stayed.post(&there, &json!({ "from_year": 2020 })).problem(409, "nothing_to_allocate");
            part(&merge);
            assert_eq!((verdicts(&ended, scene.learner.id), verdicts(&stayed, stays.id)), (met.clone(), unmet.clone()));
            assert_eq!(stayed.get(&there).expect(200).json["items"], json!([]), "what another has is theirs alone");
            let lines = stayed.get(&format!("/v1/learners/{}/hour-entries", stays.id)).expect(200).json;
            assert_eq!(lines["items"], json!([]));
            let listed = ended.get(&scene.path("")).expect(200).json;
            assert_eq!((listed["items"].as_array().unwrap().len(), moved(&listed["items"][0])), (1, best()));
        }
        // Taken back in the file that stays it is taken back for the person.
        let merge = join();
        let reason = json!({ "reason": "改为调剂至其他年度" });
        let _ = stayed.post(&format!("{there}/{id}/reversal"), &reason).expect(200);
        assert_eq!(verdicts(&stayed, stays.id), [json!("unmet"), json!("met")]);
        part(&merge);
        assert_eq!(verdicts(&ended, scene.learner.id), [json!("unmet"), json!("met")]);
        let _ = ended.post(&scene.path(&format!("/{id}/reversal")), &reason).problem(409, "allocation_reversed");
        // Who made it when stays known, and that it was taken back goes along.
        let listed = ended.get(&scene.path("")).expect(200).json["items"][0].clone();
        assert_eq!(
            (&listed["allocated_at"], &listed["allocated_by"]),
            (&made["allocation"]["allocated_at"], &json!("learner"))
        );
        assert!(listed["reversed_at"].is_string(), "{listed}");
        let merge = join();
        let listed = stayed.get(&there).expect(200).json;
        assert_eq!((&listed["items"][0]["allocation_id"], listed["items"].as_array().unwrap().len()), (&json!(id), 1));
        assert!(listed["items"][0]["reversed_at"].is_string(), "{listed}");
        part(&merge);
        // One that is made in between is worth nothing where its hours go away again, and they are free.
        let merge = join();
        let _ = stayed.post(&there, &json!({ "from_year": 2020 })).expect(201);
        assert_eq!(verdicts(&stayed, stays.id), met);
        part(&merge);
        assert_eq!(verdicts(&ended, scene.learner.id), [json!("unmet"), json!("met")]);
        assert_eq!(verdicts(&stayed, stays.id), unmet);
        let again = scene.allocate(&ended, &json!({ "from_year": 2020 })).expect(201).json;
        assert_eq!(moved(&again), best());
        assert_eq!(verdicts(&ended, scene.learner.id), met);
    });
}
