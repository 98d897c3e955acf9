//! What is refused: offices of other places, drafts, bodies, and a second one beside the first.

use super::{ALL_LATE, begun, ended, path, published, qinghai, reason};
use crate::registry::{faults, named};
use serde_json::{Value, json};
use tests::{App, Backend, each_backend};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

#[test]
fn only_the_office_that_may_publish_the_version_asks_for_it_and_looks_at_it() {
    each_backend(|app| {
        let policy = published(app, &[ALL_LATE]);
        let at = begun(app, &policy);
        let _ = ended(app, &at);
        for place in ["610000", "630100"] {
            let stranger = app.as_officer(place);
            for (rest, body) in [("", reason()), ("/validation", json!({}))] {
                let problem = stranger.post(&path(&policy, rest), &body).problem(403, "outside_place");
                assert_eq!((&problem["place"], &problem["answers_for"]), (&json!("630000"), &json!(place)));
            }
            let _ = stranger.get(&path(&policy, "")).problem(403, "outside_place");
            let _ = stranger.get(&at).problem(404, "not_found");
        }
        let nation = app.as_national_officer();
        assert_eq!(nation.get(&at).expect(200).json["state"], "done");
        let _ = nation.post(&path(&policy, ""), &reason()).expect(201);
    });
}

#[test]
fn of_a_draft_and_of_no_version_nothing_is_decided() {
    each_backend(|app| {
        let officer = app.as_officer("630000");
        let draft = officer.post("/v1/policies", &json!({ "source": qinghai(&[]) })).expect(201).json;
        let draft = draft["policy_id"].as_str().unwrap();
        let _ = officer.post(&path(draft, ""), &reason()).problem(409, "not_published");
        let _ = officer.post(&path(draft, "/validation"), &json!({})).problem(409, "not_published");
        assert_eq!(officer.get(&path(draft, "")).expect(200).json["items"], json!([]));
        let _ = officer.post(&path(SOMEONE, ""), &reason()).problem(404, "not_found");
        let _ = officer.get(&format!("/v1/reassessments/{SOMEONE}")).problem(404, "not_found");
    });
}

#[test]
fn a_body_that_is_wrong_is_told_all_of_it() {
    each_backend(|app| {
        let officer = app.as_officer("630000");
        let policy = published(app, &[]);
        for (body, told) in [
            (json!({}), vec![("/reason", "missing")]),
            (json!({ "reason": "" }), vec![("/reason", "blank")]),
            (json!({ "reason": "说明".repeat(101) }), vec![("/reason", "length")]),
            (json!({ "reason": "查 610302199001010002" }), vec![("/reason", "personal_data")]),
            (json!({ "reason": "x", "people": 1 }), vec![("/people", "unknown_field")]),
        ] {
            let problem = officer.post(&path(&policy, ""), &body).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&told), "{body}");
        }
        for (body, told) in [
            (json!({ "limit": 0 }), vec![("/limit", "range")]),
            (json!({ "limit": 201 }), vec![("/limit", "range")]),
            (json!({ "limit": 1, "cursor": "x" }), vec![("/cursor", "invalid_value")]),
        ] {
            let problem = officer.post(&path(&policy, "/validation"), &body).problem(422, "invalid_body");
            assert_eq!(faults(&problem), named(&told), "{body}");
        }
        // A cursor of one version leads nowhere in another.
        let _ = [(); 2].map(|()| app.learner("630102").register());
        let told = officer.post(&path(&policy, "/validation"), &json!({ "limit": 1 })).expect(200).json;
        let other = published(app, &[ALL_LATE]);
        let body = json!({ "limit": 1, "cursor": told["next_cursor"] });
        let problem = officer.post(&path(&other, "/validation"), &body).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/cursor", "invalid_value")]));
        assert_eq!(officer.get(&path(&policy, "")).expect(200).json["items"], json!([]));
    });
}

#[test]
fn a_second_one_of_the_version_waits_until_the_first_has_ended() {
    for backend in Backend::at_hand() {
        let mut app = App::start(backend);
        app.rest_runner();
        app.restart();
        let policy = published(&app, &[]);
        let at = begun(&app, &policy);
        let problem = app.as_officer("630000").post(&path(&policy, ""), &reason());
        let problem = problem.problem(409, "reassessment_running");
        assert!(at.ends_with(problem["reassessment_id"].as_str().unwrap()), "{problem}");
        let waits = app.as_officer("630000").get(&at).expect(200).json;
        assert_eq!(
            (&waits["state"], &waits["ended_at"], &waits["items"]),
            (&json!("waiting"), &Value::Null, &Value::Null)
        );
        // Another version is another matter.
        let other = published(&app, &[ALL_LATE]);
        let _ = begun(&app, &other);
        app.with_runner();
        app.restart();
        let _ = ended(&app, &at);
        let _ = app.as_officer("630000").post(&path(&policy, ""), &reason()).expect(201);
    }
}
