//! What is said of a file and kept for good names nobody, and what an erasure leaves to be asked.

use crate::corrections::asked as asked_for;
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Learner};
use time::Duration;

fn personal(client: &Client<'_>, path: &str, body: &Value, pointer: &str) {
    let told = client.post(path, body).problem(422, "invalid_body");
    let fault = &told["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!("personal_data")), "{told}");
}

fn joined(ends: &Learner, stays: &Learner, more: &Value) -> Value {
    let mut body = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn why_two_files_were_joined_or_parted_names_neither_person() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610100").register(), app.learner("610100").named("示例重名人").register());
        let office = app.as_officer("610000");
        let merges = "/v1/learner-merges";
        for (more, pointer) in [
            (json!({ "reason": format!("与{}是同一人", stays.person.name) }), "/reason"),
            (json!({ "reference": format!("{}的申请", ends.person.name) }), "/reference"),
        ] {
            personal(&office, merges, &joined(&ends, &stays, &more), pointer);
        }
        let made = office.post(merges, &joined(&ends, &stays, &json!({}))).expect(201);
        let undoing = format!("{}/undoing", made.header("location"));
        personal(&office, &undoing, &json!({ "reason": format!("{}不是同一人", stays.person.name) }), "/reason");
        let _ = office.post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
    });
}

#[test]
fn what_somebody_was_shown_whole_for_names_nobody() {
    each_backend(|app| {
        // A name with a dot is recognised without it, and one without a dot with one.
        let dotted = app.learner("610100").named("示例·买买提").register();
        let path = format!("/v1/learners/{}/unmasking", dotted.id);
        for said in ["示例买买提来访", "示例・买买提来访", "示 例 买 买 提"] {
            let asked = json!({ "purpose": "complaint", "reference": said });
            personal(&app.as_officer("610100"), &path, &asked, "/reference");
        }
        let learner = app.learner("610100").named("示例来访人").register();
        let office = app.as_officer("610100");
        let path = format!("/v1/learners/{}/unmasking", learner.id);
        let asked = |reference: String| json!({ "purpose": "complaint", "reference": reference });
        personal(&office, &path, &asked(format!("{}来访投诉", learner.person.name)), "/reference");
        personal(&office, &path, &asked("示例·来访人投诉".to_owned()), "/reference");
        let shown = office.post(&path, &asked("投诉〔2026〕12号".to_owned())).expect(200).json;
        // What was refused is no unmasking.
        assert_eq!(shown["left_today"], 49);
        let path = format!("/v1/corrections/{}/unmasking", asked_for(app, &learner, json!({ "name": "示例更名人" })));
        personal(&office, &path, &asked("示例更名人的申请".to_owned()), "/reference");
        personal(&office, &path, &asked("示例来访人的申请".to_owned()), "/reference");
        let _ = office.post(&path, &asked("投诉〔2026〕12号".to_owned())).expect(200);
    });
}

#[test]
fn what_a_platform_measured_holds_no_identity_number() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let number = &learner.person.document_number;
        let item = learner.finished(&stage.public);
        for (evidence, pointer) in [
            (
                json!({ "lessons": [{ "id/no": format!("身份证 {number}") }, { "minutes": 45 }] }),
                "/evidence/lessons/0/id~1no",
            ),
            (json!({ "learners": { number.as_str(): number } }), "/evidence/learners"),
            (json!({ number.as_str(): 1 }), "/evidence"),
        ] {
            let told = app.push_one(&stage.platform, &item.clone().with("evidence", evidence));
            assert_eq!(told["outcome"], "malformed");
            let fault = &told["errors"][0];
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!("personal_data")));
            assert!(crate::tables::columns_with(app, number).is_empty());
        }
        let item = item.with("evidence", json!({ "lessons": [{ "minutes": 45 }] }));
        assert_eq!(app.push_one(&stage.platform, &item)["outcome"], "credited");
    });
}

/// A file of one county in which one of another city has ended.
fn of_two_places(app: &App) -> Learner {
    let (ends, stays) = (app.learner("610300").register(), app.learner("610100").register());
    let _ = app.as_officer("610000").post("/v1/learner-merges", &joined(&ends, &stays, &json!({}))).expect(201);
    stays
}

#[test]
fn whoever_sees_a_file_and_may_not_erase_all_of_it_is_told_so() {
    each_backend(|app| {
        let file = of_two_places(app);
        let path = format!("/v1/learners/{}/erasure", file.id);
        let ground = json!({ "ground": "受理〔2021〕1号" });
        let told = app.as_officer("610100").post(&path, &ground).problem(403, "outside_place");
        assert!(told["detail"].is_string(), "{told}");
        let _ = app.as_officer("610300").post(&path, &ground).problem(404, "not_found");
        let _ = app.as_officer("610000").post(&path, &ground).expect(200);
    });
}

#[test]
fn of_whoever_was_erased_no_answer_is_repeated_and_nothing_is_done_again() {
    each_backend(|app| {
        let asked = crate::registry::learner(1, "示例甲乙");
        let office = app.as_officer("610000").with("idempotency-key", "k-1");
        let made = office.post("/v1/learners", &asked).expect(201).json;
        assert_eq!(office.post("/v1/learners", &asked).expect(201).header("idempotency-replayed"), "true");
        let path = format!("/v1/learners/{}/erasure", made["learner_id"].as_str().unwrap());
        let _ = app.as_officer("610000").post(&path, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        app.clock.set(app.clock.now() + Duration::HOUR);
        let _ = office.post("/v1/learners", &asked).problem(404, "not_found");
        let lookup = json!({ "document": asked["document"] });
        let _ = app.as_officer("610000").post("/v1/learner-lookups", &lookup).problem(404, "not_found");
        // Nor is what was asked of an office.
        let learner = app.learner("610100").register();
        let own = app.as_learner(learner.id).with("idempotency-key", "k-3");
        let asked = crate::corrections::input(&learner, json!({ "name": "示例更名人" }));
        let _ = own.post("/v1/corrections", &asked).expect(201);
        let path = format!("/v1/learners/{}/erasure", learner.id);
        let _ = app.as_officer("610000").post(&path, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        let _ = own.post("/v1/corrections", &asked).problem(404, "not_found");
        // Of others it is repeated as before.
        let other = crate::registry::learner(2, "示例丙丁");
        let office = app.as_officer("610000").with("idempotency-key", "k-2");
        let _ = office.post("/v1/learners", &other).expect(201);
        assert_eq!(office.post("/v1/learners", &other).expect(201).header("idempotency-replayed"), "true");
    });
}
