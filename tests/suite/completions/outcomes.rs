//! Every kind of outcome, with what it tells.

use super::{codes, last_outcome, ledger, pushed, reason, reverse, standing_hours, stands};
use domain::{hour_ledger::EntryKind, kernel::Hours, registry::Mode};
use serde_json::{Value, json};
use tests::{each_backend, fixtures::Item};

#[test]
fn a_credited_item_says_whose_how_much_for_what_and_by_which_rules() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let item = learner.finished(&stage.public).with("hours", 24);
        let answer = app.push_batch(&stage.platform, [item.clone()]).expect(200);
        let body = &answer.json;
        assert_eq!((&body["attempt"], &body["state"], &body["lines"]), (&json!(1), &json!("complete"), &json!(1)));
        let counts = json!({ "credited": 1, "already_recorded": 0, "conflict": 0, "refused": 0, "held": 0,
            "not_counted": 0, "needs_review": 0, "malformed": 0 });
        assert_eq!(body["counts"], counts);
        let batch = body["batch_id"].as_str().unwrap();
        assert_eq!(answer.header("location"), format!("/v1/completion-batches/{batch}"));

        let outcome = &body["items"][0];
        let told = |field: &str| &outcome[field];
        assert_eq!((told("line"), told("outcome")), (&json!(1), &json!("credited")));
        assert_eq!(told("external_id"), item.external_id());
        assert_eq!(told("learner_id"), &json!(learner.id));
        assert_eq!((told("year"), told("category"), told("hours")), (&json!(2020), &json!("public"), &json!(24)));
        assert_eq!((told("reasons"), told("first")), (&json!([]), &Value::Null));
        let rules = app.as_platform(stage.platform.id).get("/v1/policies/610100/2020").expect(200).json;
        assert_eq!(told("policy_version_id"), &rules["policy"]["policy_id"]);

        let [line] = ledger(app, &learner).try_into().unwrap();
        assert_eq!(told("entry_id"), &json!(line.id));
        assert_eq!((line.kind, line.year, line.hours), (EntryKind::Credit, 2020, Hours::whole(24)));
        assert_eq!((line.place.as_str(), line.course, line.course_version), ("610100", Some(stage.public.id), Some(1)));
        let evidence = stands(app, &stage.platform, told("completion_id"));
        assert_eq!((&evidence["reversed"], &evidence["course"]), (&json!(false), &json!("SX-PUBLIC")));
        assert_eq!(evidence["decisions"][0]["entry_id"], *told("entry_id"));
    });
}

#[test]
fn a_repeat_is_told_what_became_of_the_first_and_whether_it_was_taken_back() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        // The same content in another form: the offset, the spelling of the number, the order of the evidence.
        let first = learner.finished(&stage.public).at("2020-09-01T10:00:00+08:00");
        let first = first.with("evidence", json!({ "a": 1, "b": [2, 3] }));
        let mut again = first.clone().at("2020-09-01T02:00:00Z").with("evidence", json!({ "b": [2, 3], "a": 1 }));
        let spaced = format!(" {} ", learner.person.document_number.to_lowercase());
        let mut person = learner.person.reference();
        person["document_number"] = json!(spaced);
        again = again.with("person", person);

        let credited = pushed(app, &stage.platform, &first, "credited");
        let repeated = pushed(app, &stage.platform, &again, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "credited", "now": "credited", "reversed": false }));
        assert_eq!(repeated["completion_id"], credited["completion_id"]);
        assert_eq!(repeated["learner_id"], json!(learner.id));
        assert_eq!((&repeated["entry_id"], &repeated["hours"]), (&Value::Null, &Value::Null));
        assert_eq!(ledger(app, &learner).len(), 1);

        let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
        let repeated = pushed(app, &stage.platform, &first, "already_recorded");
        assert_eq!(repeated["first"], json!({ "outcome": "credited", "now": "credited", "reversed": true }));
        assert_eq!(standing_hours(app, &learner), Hours::ZERO);
    });
}

#[test]
fn the_same_id_with_other_content_is_a_conflict_that_names_the_fields() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (learner, other) = (app.learner("610000").register(), app.learner("610000").register());
        let mut other_number = learner.person.reference();
        other_number["document_number"] = json!(other.person.document_number);
        let mut other_name = learner.person.reference();
        other_name["name"] = json!("示例别名");
        let first = learner
            .finished(&stage.public)
            .between("2020-03-01T08:00:00+08:00", "2020-03-30T10:00:00+08:00")
            .at("2020-03-30T10:00:00+08:00")
            .with("hours", 24)
            .with("evidence", json!({ "watched": 1 }));
        let credited = pushed(app, &stage.platform, &first, "credited");
        let changes: [(Item, &str); 12] = [
            (first.clone().with("person", other_number), "person"),
            (first.clone().with("person", other_name), "person.name"),
            (first.clone().with("course_code", "SX-PROFESSIONAL"), "course"),
            (first.clone().face_to_face(), "mode"),
            (first.clone().with("hours", 24.5), "hours"),
            (first.clone().with("started_at", "2020-03-01T08:00:01+08:00"), "started_at"),
            (first.clone().with("ended_at", "2020-03-30T09:59:59+08:00"), "ended_at"),
            (first.clone().with("score", 85.01), "score"),
            (first.clone().without("passed"), "passed"),
            (first.clone().at("2020-03-30T10:00:00.000001+08:00"), "completed_at"),
            (first.clone().with("replaces", "E-before"), "replaces"),
            (first.clone().with("evidence", json!({ "watched": 2 })), "evidence"),
        ];
        for (changed, field) in changes {
            let outcome = pushed(app, &stage.platform, &changed, "conflict");
            assert_eq!(outcome["conflicting_fields"], json!([field]), "{outcome}");
            assert_eq!(outcome["completion_id"], credited["completion_id"]);
        }
        let by_id = learner.finished_by_id(&stage.professional).called(first.external_id());
        let outcome = pushed(app, &stage.platform, &by_id, "conflict");
        let all = ["person", "person.name", "course", "hours", "started_at", "ended_at", "completed_at", "evidence"];
        assert_eq!(outcome["conflicting_fields"], json!(all));
        assert_eq!(ledger(app, &learner).len(), 1);
        // Another platform's item under the same id is another item.
        let elsewhere = app.platform("other").register();
        let _ = pushed(app, &elsewhere, &by_id, "refused");
    });
}

#[test]
fn what_is_another_authoritys_business_is_kept_and_not_counted_and_the_authority_named() {
    each_backend(|app| {
        let stage = app.qinghai();
        let accountant = app.learner("630100").series("会计").register();
        let outcome = pushed(app, &stage.platform, &accountant.finished(&stage.public), "not_counted");
        let reason = reason(&outcome);
        assert_eq!(reason["code"], "out_of_scope");
        assert_eq!(reason["facts"]["authority"], "青海省财政厅");
        assert_eq!(reason["facts"]["under"], "青财会字〔2019〕1001号");
        assert_eq!(reason["clauses"][0], json!({ "document": "青人社厅函〔2020〕227号", "clause": "二" }));
        assert_eq!(reason["hint"]["action"], "ask_authority");
        assert_eq!((&outcome["hours"], &outcome["entry_id"]), (&Value::Null, &Value::Null));
        assert_eq!(ledger(app, &accountant), []);
        let repeated = pushed(app, &stage.platform, &accountant.finished(&stage.public), "not_counted");
        assert_ne!(repeated["completion_id"], outcome["completion_id"]);
        // Guangde counts accountants like anyone else (GD-25).
        let guangde = app.guangde();
        let accountant = app.learner("341882").series("会计").register();
        let _ = pushed(app, &guangde.platform, &accountant.finished(&guangde.public), "credited");
    });
}

#[test]
fn a_completion_in_the_late_weeks_of_qinghai_wants_a_decision() {
    each_backend(|app| {
        let stage = app.qinghai();
        let learner = app.learner("630000").register();
        let item = learner.finished(&stage.public);
        let _ = pushed(app, &stage.platform, &item.clone().at("2020-11-30T23:59:59+08:00"), "credited");
        let late = app.learner("630000").register().finished(&stage.public).at("2020-12-01T00:00:00+08:00");
        let outcome = pushed(app, &stage.platform, &late, "needs_review");
        assert_eq!(reason(&outcome)["code"], "completed_late");
        assert_eq!(reason(&outcome)["facts"]["on_time_until"], "2020-11-30");
        assert_eq!(reason(&outcome)["clauses"][0]["clause"], "八(二)");
        assert_eq!(outcome["hours"], 45);
        let repeated = pushed(app, &stage.platform, &late, "already_recorded");
        assert_eq!(repeated["first"]["outcome"], "needs_review");
        assert_eq!(codes(&repeated), ["completed_late"]);
    });
}

#[test]
fn too_little_time_for_the_hours_wants_a_decision() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        // 24 hours of at least 50 minutes are 1,200 minutes (SX-A10).
        let enough = learner.finished(&stage.public).between("2020-03-01T00:00:00+08:00", "2020-03-01T20:00:00+08:00");
        let _ = pushed(app, &stage.platform, &enough.at("2020-03-01T20:00:00+08:00"), "credited");
        let learner = app.learner("610000").register();
        let short = learner.finished(&stage.public).between("2020-03-01T00:00:00+08:00", "2020-03-01T19:59:59+08:00");
        let short = short.at("2020-03-01T20:00:00+08:00");
        let outcome = pushed(app, &stage.platform, &short, "needs_review");
        assert_eq!(reason(&outcome)["code"], "more_than_the_time");
        assert_eq!(reason(&outcome)["facts"]["minutes_needed"], 1200);
        assert_eq!(reason(&outcome)["facts"]["minutes_between"], 1199);
        let [line] = ledger(app, &learner).try_into().unwrap();
        assert_eq!(line.kind, EntryKind::Provisional);
        assert_eq!(standing_hours(app, &learner), Hours::ZERO);
        // As its hint says: the times are looked at, and where they were wrong, the right ones go under a new id.
        assert_eq!(reason(&outcome)["hint"]["action"], "check_times");
        let right = learner.finished(&stage.public).between("2020-03-01T00:00:00+08:00", "2020-03-01T20:00:00+08:00");
        let right = right.at("2020-03-01T20:00:00+08:00").replacing(&short);
        let _ = pushed(app, &stage.platform, &right, "credited");
        assert_eq!(standing_hours(app, &learner), Hours::whole(24));
    });
}

#[test]
fn one_person_in_two_places_at_once_wants_a_decision_whether_in_one_batch_or_in_two() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let course = |code: &str| {
            let course = app.course(code).professional().hours(2).on(&stage.platform);
            course.only(Mode::FaceToFace).open()
        };
        let (one, other) = (course("SX-CLASS-1"), course("SX-CLASS-2"));
        let session = |item: Item, from: &str, until: &str| item.face_to_face().between(from, until).at(until);
        let (eight, ten, noon) =
            ("2020-03-01T08:00:00+08:00", "2020-03-01T10:00:00+08:00", "2020-03-01T12:00:00+08:00");
        let (before, nine) = ("2020-03-01T07:00:00+08:00", "2020-03-01T09:00:00+08:00");

        let learner = app.learner("610000").register();
        let first = session(learner.finished(&one), eight, ten);
        let _ = pushed(app, &stage.platform, &first, "credited");
        let clash = pushed(app, &stage.platform, &session(learner.finished(&other), before, nine), "needs_review");
        assert_eq!(codes(&clash), ["overlapping_sessions"]);
        assert_eq!(clash["reasons"][0]["clauses"][0]["clause"], "4");
        let beside = session(learner.finished(&other), ten, noon);
        let _ = pushed(app, &stage.platform, &beside, "credited");

        let learner = app.learner("610000").register();
        let items = [session(learner.finished(&one), eight, ten), session(learner.finished(&other), nine, noon)];
        let [first, second] = app.push(&stage.platform, items);
        assert_eq!((&first["outcome"], &second["outcome"]), (&json!("credited"), &json!("needs_review")));
        // What was taken back occupies nobody.
        let learner = app.learner("610000").register();
        let first = pushed(app, &stage.platform, &session(learner.finished(&one), eight, ten), "credited");
        let _ = reverse(app, &stage.platform, &first["completion_id"]).expect(200);
        let _ = pushed(app, &stage.platform, &session(learner.finished(&other), nine, noon), "credited");
        assert_eq!(last_outcome(app, &stage.platform, &first["completion_id"]), "credited");
    });
}
