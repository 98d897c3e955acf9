//! Erasure: the person goes, and what was counted stays.

use crate::tables::tables_with;
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Item, Learner, Person},
};

fn erase(app: &App, learner: &Learner) -> tests::Answer {
    let path = format!("/v1/learners/{}/erasure", learner.id);
    app.as_officer("610000").post(&path, &json!({ "ground": "受理〔2021〕1号" }))
}

fn standing(app: &App, learner: &Learner) -> Value {
    app.as_officer("610000").get(&format!("/v1/learners/{}/standings/2020", learner.id)).expect(200).json
}

#[test]
fn nothing_of_an_erased_person_is_left_and_everything_still_counts() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").named("示例标记人").register();
        let person = &learner.person;
        let hash = app.state().keys.lookup_hash("resident_id", &person.document_number);
        let misnamed = Person { name: "示例他名".to_owned(), ..person.clone() };
        let marked = learner.finished(&stage.public).with("evidence", json!({ "remark": "示例标记语" }));
        let credited = app.push_one(&stage.platform, &marked);
        assert_eq!(credited["outcome"], "credited");
        for held in
            [Item::new(person.reference(), "SX-NEW", 2020), Item::new(misnamed.reference(), &stage.public.code, 2020)]
        {
            assert_eq!(app.push_one(&stage.platform, &held)["outcome"], "held");
        }
        let ended = app.learner("610100").named("示例前档人").register();
        assert_eq!(app.push_one(&stage.platform, &ended.finished(&stage.professional))["outcome"], "credited");
        let merge = json!({ "ends": ended.id, "stays": learner.id, "reason": "重复登记" });
        let _ = app.as_officer("610000").post("/v1/learner-merges", &merge).expect(201);
        let other_hash = app.state().keys.lookup_hash("resident_id", &ended.person.document_number);
        let marks = ["示例标记人", "示例前档人", "示例标记语", &hash, &other_hash];
        assert!(marks.iter().all(|mark| !tables_with(app, mark).is_empty()), "they are there before");
        let before = standing(app, &learner);
        let done = erase(app, &learner).expect(200).json;
        assert_eq!((&done["ended_files"], &done["completions"], &done["withdrawn"]), (&json!(1), &json!(4), &json!(2)));
        for mark in marks {
            assert_eq!(tables_with(app, mark), [""; 0], "{mark}");
        }
        assert_eq!(standing(app, &learner), before, "it counts as it did");
        let file = app.as_officer("610000").get(&format!("/v1/learners/{}", learner.id)).expect(200).json;
        assert_eq!((&file["name"], &file["document"]), (&Value::Null, &Value::Null));
        let _ = app.as_learner(learner.id).get(&format!("/v1/learners/{}/access-records", learner.id)).expect(200);
        // Nothing more can be pushed for the file, and who comes with that number is somebody unknown.
        let by_number = app.push_one(&stage.platform, &learner.finished(&stage.professional));
        assert_eq!(
            (&by_number["outcome"], &by_number["reasons"][0]["code"]),
            (&json!("held"), &json!("person_unknown"))
        );
        let by_id = app.push_one(&stage.platform, &learner.finished_by_id(&stage.professional));
        assert_eq!((&by_id["outcome"], &by_id["reasons"][0]["code"]), (&json!("refused"), &json!("no_such_person")));
        assert_eq!(app.push_one(&stage.platform, &marked)["outcome"], "conflict");
        let again = erase(app, &learner).expect(200).json;
        assert_eq!((&again["completions"], &again["withdrawn"]), (&json!(0), &json!(0)));
        let reversal = format!("/v1/completions/{}/reversal", credited["completion_id"].as_str().unwrap());
        let _ = app.as_platform(stage.platform.id).post(&reversal, &json!({ "reason_code": "wrong_data" })).expect(200);
    });
}

#[test]
fn erasing_is_the_office_in_charges() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let path = format!("/v1/learners/{}/erasure", learner.id);
        let ground = json!({ "ground": "受理〔2021〕1号" });
        let _ = app.as_officer("630000").post(&path, &ground).problem(404, "not_found");
        let _ = app.as_learner(learner.id).post(&path, &ground).problem(403, "caller_not_permitted");
        let _ = app.as_officer("610100").post(&path, &json!({ "ground": " " })).problem(422, "invalid_body");
        let _ = app.as_officer("610100").post(&path, &ground).expect(200);
        // With a file go those that ended in it, so whoever erases it is in charge of them as well.
        let (ended, stays) = (app.learner("610300").register(), app.learner("610100").register());
        let province = app.as_officer("610000");
        let merge = |ends, stays| {
            let merge = json!({ "ends": ends, "stays": stays, "reason": "重复登记" });
            province.post("/v1/learner-merges", &merge)
        };
        let _ = merge(ended.id, stays.id).expect(201);
        let path = format!("/v1/learners/{}/erasure", stays.id);
        let _ = app.as_officer("610100").post(&path, &ground).problem(404, "not_found");
        let _ = province.post(&path, &ground).expect(200);
        // What is nobody's is joined with nothing.
        let living = app.learner("610100").register();
        for (ends, stays) in [(living.id, stays.id), (stays.id, living.id)] {
            let _ = merge(ends, stays).problem(404, "not_found");
        }
        // The number registers somebody new, as if it had never been here.
        let new = json!({
            "document": { "kind": "resident_id", "number": learner.person.document_number },
            "name": "示例新人",
            "placement": { "place": "610100", "from_on": "2019-01-01" }
        });
        let _ = app.as_officer("610100").post("/v1/learners", &new).expect(201);
    });
}
