//! What the event of a correction tells: which parts changed, what the document was and on what ground, and no value of any.

use crate::{
    corrections::{approve, asked, officer},
    registry::{faults, named},
};
use domain::registry::EmployerKind;
use serde_json::{Value, json};
use tests::{App, each_backend, fixtures::Person};

/// The events of an operation about something, in their order, as the audit administrator sees them.
pub(super) fn events_of(app: &App, operation: &str, subject: &str) -> Vec<Value> {
    let path = format!("/v1/audit-events?act=write&operation={operation}&subject_id={subject}");
    app.as_audit_administrator().get(&path).expect(200).json["items"].as_array().unwrap().clone()
}

/// The newest of them.
fn event_of(app: &App, operation: &str, subject: &str) -> Value {
    events_of(app, operation, subject).pop().unwrap()
}

#[test]
fn the_event_of_a_correction_names_what_changed_and_on_what_ground_and_no_value() {
    each_backend(|app| {
        let learner = app.learner("610300").named("示例张三").register();
        let (path, office) = (format!("/v1/learners/{}", learner.id), app.as_officer("610300"));
        let other = json!({ "kind": "resident_id", "number": Person::someone().document_number });
        let stood = json!({ "kind": "resident_id", "number": learner.person.document_number });
        let ground = "受理〔2021〕1号";
        for (body, changed, was) in [
            // The mask of the name is the same before and after.
            (json!({ "name": "示例张四", "reference": ground }), json!(["name"]), Value::Null),
            (json!({ "name": "示例张四", "reference": ground }), json!([]), Value::Null),
            (json!({ "document": stood, "document_was": "former" }), json!([]), Value::Null),
            (
                json!({ "name": "示例张三", "document": other, "document_was": "former" }),
                json!(["name", "document"]),
                json!("former"),
            ),
            (
                json!({ "name": "示例张三", "document": stood, "reference": ground }),
                json!(["document"]),
                json!("wrong"),
            ),
        ] {
            app.clock.set(app.clock.now() + time::Duration::SECOND);
            let answer = office.patch(&path, &body).expect(200);
            for kept in ["changed", "document_was", "reference"] {
                assert_eq!(answer.json.get(kept), None, "kept in the event alone: {}", answer.text);
            }
            let event = event_of(app, "correct_learner", &learner.id.to_string());
            let after = &event["after"];
            assert_eq!((&event["before"]["name"], &after["name"]), (&json!("示*"), &json!("示*")));
            let told = (&after["changed"], &after["document_was"], &after["reference"]);
            assert_eq!(told, (&changed, &was, &body["reference"]), "{body}: {event}");
            for value in ["张三", "张四", &learner.person.document_number, other["number"].as_str().unwrap()] {
                assert!(!event.to_string().contains(value), "{value}: {event}");
            }
        }
    });
}

#[test]
fn a_ground_that_names_the_person_as_they_stood_or_are_to_be_is_refused() {
    each_backend(|app| {
        let learner = app.learner("610300").named("示例张三").register();
        let ended = app.learner("610300").named("示例旧名").register();
        let (path, office) = (format!("/v1/learners/{}", learner.id), app.as_officer("610300"));
        let merge = json!({ "ends": ended.id, "stays": learner.id, "reason": "重复登记" });
        let _ = office.post("/v1/learner-merges", &merge).expect(201);
        let new = Person::someone().document_number;
        let correct = |reference: &str| {
            let document = json!({ "kind": "resident_id", "number": new });
            office.patch(&path, &json!({ "name": "示例张四", "document": document, "reference": reference }))
        };
        let grouped: String = new.chars().flat_map(|c| [c, ' ']).collect();
        for told in [
            "示例张三",
            "示 例 张 四",
            "示例旧名",
            &learner.person.document_number,
            &ended.person.document_number,
            &new,
            &grouped,
        ] {
            let refused = correct(&format!("本人{told}申请"));
            assert_eq!(
                faults(&refused.problem(422, "invalid_body")),
                named(&[("/reference", "personal_data")]),
                "{told}"
            );
        }
        for (wrong, code) in
            [(" ".to_owned(), "blank"), ("据".repeat(201), "length"), ("a\nb".to_owned(), "control_character")]
        {
            assert_eq!(
                faults(&correct(&wrong).problem(422, "invalid_body")),
                named(&[("/reference", code)]),
                "{wrong}"
            );
        }
        // Whose file it is not learns nothing of who it names.
        let hidden = app.as_officer("630000").patch(&path, &json!({ "name": "示例", "reference": "本人示例张三申请" }));
        let _ = hidden.problem(404, "not_found");
        let _ = correct(&"据".repeat(200)).expect(200);
    });
}

#[test]
fn an_approved_correction_tells_what_it_changed_in_the_event_of_its_case() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let office = officer(app, "610302", "wang");
        let document = json!({ "kind": "resident_id", "number": Person::someone().document_number });
        let employer = app.employer(EmployerKind::Enterprise);
        for (what, corrected) in [
            (json!({ "name": "示例正名" }), json!({ "changed": ["name"] })),
            (
                json!({ "document": document, "document_was": "former" }),
                json!({ "changed": ["document"], "document_was": "former" }),
            ),
            (
                json!({ "employment": { "employer_id": employer, "from_on": "2021-01-01" } }),
                json!({ "changed": ["employment"] }),
            ),
        ] {
            let id = asked(app, &learner, what);
            let _ = approve(&office, &id).expect(200);
            let event = event_of(app, "approve_review", &id);
            assert_eq!(event["after"]["corrected"], corrected, "{event}");
            assert!(!event.to_string().contains("示例"), "{event}");
        }
        // Of many decided at once the one event names each.
        let id = asked(app, &learner, json!({ "name": "示例又名" }));
        let decisions = json!({ "items": [{ "case_id": id, "decision": "approve" }] });
        let _ = office.with("x-request-id", "of-many").post("/v1/review-decisions", &decisions).expect(200);
        let events = app.as_audit_administrator().get("/v1/audit-events?act=write&request_id=of-many").expect(200).json;
        assert_eq!(
            events["items"][0]["after"]["corrected"],
            json!([{ "case_id": id, "changed": ["name"] }]),
            "{events}"
        );
    });
}
