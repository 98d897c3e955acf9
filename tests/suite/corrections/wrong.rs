//! What cannot be asked, told all at once, and what is never done to a request.

use super::{approve, ask, asked, document, officer};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use tests::{each_backend, fixtures::Person};

#[test]
fn what_is_wrong_with_a_request_is_told_all_at_once() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let wrong = |what: Value| faults(&ask(app, &learner, what).problem(422, "invalid_body"));
        assert_eq!(wrong(json!({})), named(&[("", "missing")]));
        assert_eq!(wrong(json!({ "document_was": "former" })), named(&[("/document", "missing")]));
        let all = json!({
            "name": "王\u{e000}",
            "document": { "kind": "resident_id", "number": "610302199001010003" },
            "document_was": "mine",
            "employment": { "employer_id": "0190d3f0-0000-7000-8000-00000000beef", "from_on": "1949-09-30" },
            "placement": { "place": "999999", "from_on": "2022-06-16" },
            "merge": { "document": { "kind": "licence", "number": "1" }, "name": " " },
            "reason": "610302199001010002 的更正",
            "proofs": ["户口簿", " "],
            "by": "me"
        });
        assert_eq!(
            wrong(all),
            named(&[
                ("/by", "unknown_field"),
                ("/document", "more_than_one"),
                ("/document/number", "invalid_document"),
                ("/document_was", "unknown_value"),
                ("/employment", "more_than_one"),
                ("/employment/employer_id", "unknown_reference"),
                ("/employment/from_on", "too_early"),
                ("/merge/document/kind", "unknown_value"),
                ("/merge/name", "invalid_name"),
                ("/name", "invalid_name"),
                ("/placement", "more_than_one"),
                ("/placement/from_on", "too_far_ahead"),
                ("/placement/place", "unknown_place"),
                ("/proofs", "blank"),
                ("/reason", "personal_data"),
            ])
        );
        let many = json!({ "name": "示例", "proofs": vec!["户口簿"; 11], "reason": "据".repeat(501) });
        assert_eq!(wrong(many), named(&[("/proofs", "length"), ("/reason", "length")]));
        // As long and as many as may be.
        let _ =
            asked(app, &learner, json!({ "name": "示例", "proofs": vec!["户口簿"; 10], "reason": "据".repeat(500) }));
        let mut without = super::input(&learner, json!({ "name": "示例正" }));
        without.as_object_mut().unwrap().remove("proofs");
        let _ = app.as_learner(learner.id).post("/v1/corrections", &without).expect(201);
        without.as_object_mut().unwrap().remove("reason");
        let told = app.as_learner(learner.id).post("/v1/corrections", &without).problem(422, "invalid_body");
        assert_eq!(faults(&told), named(&[("/reason", "missing")]));
    });
}

#[test]
fn what_stands_so_in_the_file_is_not_asked_for() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let own = document(&learner.person.document_number);
        let wrong = |what: Value| faults(&ask(app, &learner, what).problem(422, "invalid_body"));
        for (what, pointer) in [
            (json!({ "name": learner.person.name }), "/name"),
            (json!({ "document": own }), "/document"),
            (json!({ "placement": { "place": "610302" } }), "/placement"),
            (json!({ "merge": { "document": own, "name": "示例" } }), "/merge/document"),
        ] {
            assert_eq!(wrong(what), named(&[(pointer, "stands_so")]));
        }
        // That nobody employs them is news of somebody of whom nothing was known.
        let none = json!({ "employment": { "employer_id": null, "from_on": "2021-01-01" } });
        let id = asked(app, &learner, none.clone());
        let _ = approve(&officer(app, "610302", "wang"), &id).expect(200);
        assert_eq!(wrong(none), named(&[("/employment", "stands_so")]));
    });
}

#[test]
fn a_request_is_approved_or_refused_and_never_sent_back() {
    each_backend(|app| {
        let (learner, office) = (app.learner("610302").register(), officer(app, "610302", "wang"));
        let id = asked(app, &learner, json!({ "document": document(&Person::someone().document_number) }));
        let back = office.post(&format!("/v1/reviews/{id}/return"), &json!({ "reason": "请补充证明" }));
        let told = back.problem(409, "review_not_now");
        assert_eq!((&told["state"], &told["action"]), (&json!("waiting"), &json!("return_for_completion")));
        let many = json!({ "items": [{ "case_id": id, "decision": "return_for_completion", "reason": "请补充证明" }] });
        let many = office.post("/v1/review-decisions", &many).expect(200).json;
        assert_eq!(many["items"][0]["problem"]["code"], "review_not_now", "{many}");
        // Many are approved as one is.
        let other = asked(app, &learner, json!({ "name": "示例正名" }));
        let items = json!([{ "case_id": id, "decision": "approve" }, { "case_id": other, "decision": "approve" }]);
        let done = office.post("/v1/review-decisions", &json!({ "items": items })).expect(200).json;
        assert!(done["items"].as_array().unwrap().iter().all(|item| item["result"] == "decided"), "{done}");
        assert_eq!(super::file(app, &learner)["name"], "示例正名");
    });
}
