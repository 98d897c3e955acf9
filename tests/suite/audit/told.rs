//! What the trail tells of a write and of a refused attempt, and the learner of whoever looked.

use super::looking::settled;
use crate::{
    access::{PORTAL, claims, issuer},
    registry::{base, course, learner, number},
};
use domain::audit::Act;
use serde_json::{Value, json};
use store::audit::{EventSearch, search_events};
use tests::{App, each_backend, fixtures::Signer};
use uuid::Uuid;

/// The last event of an operation, with what stood before and after.
fn last(app: &App, act: Act, operation: &str) -> (Option<String>, Value, Value) {
    let all = app.read(|db| search_events(db, EventSearch { acts: &[act], limit: 1000, ..Default::default() }));
    let found = all.into_iter().rfind(|event| event.operation == operation).unwrap();
    let told = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    (found.subject_id, told(found.before), told(found.after))
}

#[test]
fn a_write_says_what_stood_before_and_after_masked() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let asked = learner(1, "示例甲乙");
        let made = officer.post("/v1/learners", &asked).expect(201).json;
        let id = made["learner_id"].as_str().unwrap();
        let (subject, before, after) = last(app, Act::Write, "create_learner");
        assert_eq!((subject.as_deref(), before), (Some(id), Value::Null));
        assert_eq!(
            (&after["name"], &after["placement"]["place"]["code"]),
            (&json!("示*"), &json!("610302")),
            "{after}"
        );
        assert!(!after.to_string().contains(&number(1)), "{after}");
        let stated = json!({ "place": "610100", "from_on": "2021-07-01" });
        let _ = officer.post(&format!("/v1/learners/{id}/placements"), &stated).expect(201);
        let (subject, before, after) = last(app, Act::Write, "record_placement");
        // What was added and what held until then, and no more of the file.
        assert_eq!((subject.as_deref(), &before["placements"]["place"]["code"]), (Some(id), &json!("610302")));
        assert_eq!(after["placements"].as_array().unwrap().len(), 1, "{after}");
        assert_eq!(after["placements"][0]["place"]["code"], "610100");
        assert_eq!((before.as_object().unwrap().len(), after.as_object().unwrap().len()), (1, 1), "{before} {after}");
        // Said again it changes nothing, and the event says so.
        let _ = officer.post(&format!("/v1/learners/{id}/placements"), &stated).expect(200);
        let (_, before, after) = last(app, Act::Write, "record_placement");
        assert_eq!((before, &after["unchanged"]), (Value::Null, &json!(true)));
        let mut offered = course("c-1", base(app));
        let _ = officer.post("/v1/courses", &offered).expect(201);
        offered["title"] = json!("示例新名");
        let _ = officer.post("/v1/courses", &offered).expect(200);
        let (_, before, after) = last(app, Act::Write, "keep_course");
        let named = |told: &Value| told.to_string().contains("示例新名");
        assert!(before.is_object() && !named(&before) && named(&after), "{before} {after}");
    });
}

#[test]
fn what_is_taken_back_is_told_with_the_lines() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let item = app.push_one(&stage.platform, &learner.finished(&stage.public));
        let done = crate::completions::reverse(app, &stage.platform, &item["completion_id"]).expect(200).json;
        let (subject, _, after) = last(app, Act::Write, "reverse_completion");
        assert_eq!((subject, after), (item["completion_id"].as_str().map(str::to_owned), done));
    });
}

#[test]
fn a_refused_attempt_says_whose_file_it_was_about_where_there_is_one() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let stranger = app.as_officer("630000");
        for path in ["", "/standings", "/standings/2020", "/hour-entries", "/consequences"] {
            let _ = stranger.get(&format!("/v1/learners/{}{path}", learner.id)).problem(404, "not_found");
            let _ = stranger.get(&format!("/v1/learners/{}{path}", Uuid::now_v7())).problem(404, "not_found");
        }
        // A learner who asks about another as well.
        let other = app.as_learner(app.learner("610100").register().id);
        let _ = other.get(&format!("/v1/learners/{}/standings/2019", learner.id)).problem(404, "not_found");
        let _ = settled(app);
        let refusals = EventSearch { acts: &[Act::Refusal], limit: 1000, ..Default::default() };
        let by_learner = app.read(|db| search_events(db, refusals));
        let of = |one: &domain::audit::Event| one.role.as_deref() == Some("learner") && one.subject_id.is_some();
        assert_eq!(by_learner.iter().filter(|one| of(one)).count(), 1, "{by_learner:#?}");
        for operation in ["get_learner", "list_standings", "get_standing", "list_hour_entries", "list_consequences"] {
            let search = EventSearch { acts: &[Act::Refusal], limit: 1000, ..Default::default() };
            let all = app.read(|db| search_events(db, search));
            let tried: Vec<_> =
                all.iter().filter(|one| one.operation == operation).map(|one| one.subject_id.clone()).collect();
            assert!(tried.contains(&Some(learner.id.to_string())) && tried.contains(&None), "{operation}: {all:#?}");
        }
    });
}

#[test]
fn whose_case_somebody_tried_to_decide_who_may_not_is_told() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let case = crate::corrections::asked(app, &learner, json!({ "name": "示例更名人" }));
        let above = app.as_officer("610300");
        let _ = above.post(&format!("/v1/reviews/{case}/approval"), &json!({})).problem(403, "not_your_stage");
        let shown = json!({ "purpose": "complaint", "reference": "投诉〔2021〕12号" });
        let _ = above.post(&format!("/v1/corrections/{case}/unmasking"), &shown).problem(403, "not_your_stage");
        let _ = settled(app);
        for operation in ["approve_review", "unmask_correction"] {
            assert_eq!(last(app, Act::Refusal, operation).0, Some(learner.id.to_string()), "{operation}");
        }
    });
}

#[test]
fn the_learner_is_told_for_which_office_somebody_looked() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let security = app.as_security_administrator();
        let grant = |place: &str| json!({ "issuer_id": portal, "subject": "li", "role": "officer", "place": place, "reason": "任命" });
        let given = security.post("/v1/grants", &grant("610300")).expect(201).json;
        // Another office of the same person answers for somebody else.
        let _ = security.post("/v1/grants", &grant("630000")).expect(201);
        let li = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, "li")));
        let learner = app.learner("610300").register();
        let _ = li.get(&format!("/v1/learners/{}", learner.id)).expect(200);
        let _ = app.as_officer("610000").get(&format!("/v1/learners/{}", learner.id)).expect(200);
        let _ = settled(app);
        // Whatever becomes of the grant.
        let withdrawal = format!("/v1/grants/{}/withdrawal", given["grant_id"].as_str().unwrap());
        app.clock.set(app.clock.now() + time::Duration::HOUR);
        let _ = security.post(&withdrawal, &json!({ "reason": "调离" })).expect(200);
        let _ = security.post("/v1/grants", &grant("610100")).expect(201);
        let own = app.as_learner(learner.id);
        let told = own.get(&format!("/v1/learners/{}/access-records", learner.id)).expect(200).json;
        let by = |account: &str| {
            let all = told["items"].as_array().unwrap();
            all.iter().find(|one| one["reader"].as_str().unwrap().contains(account)).unwrap()["offices"].clone()
        };
        let offices = by("portal.test#li");
        assert_eq!(offices.as_array().unwrap().len(), 1, "{told}");
        assert_eq!((&offices[0]["place"]["code"], &offices[0]["place"]["name"]), (&json!("610300"), &json!("宝鸡市")));
        let what = &told["items"][0]["what"];
        assert_eq!(what, &json!("查看学员档案"), "{told}");
        // Of an operator's token no grant says it.
        assert_eq!(told["items"].as_array().unwrap().iter().filter(|one| one["offices"] == json!([])).count(), 1);
    });
}

#[test]
fn an_account_that_is_an_identity_number_is_nobodys_and_stands_nowhere() {
    each_backend(|app| {
        let _ = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let named = app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims(app, &number(1))));
        let told = named.get("/v1/caller").problem(401, "invalid_token");
        assert!(told["detail"].as_str().unwrap().contains("sub"), "{told}");
        let _ = settled(app);
        assert_eq!(crate::tables::columns_with(app, &number(1)), [""; 0]);
    });
}

#[test]
fn the_learner_is_told_what_an_office_changed_and_on_what_ground() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let file = format!("/v1/learners/{}", learner.id);
        let corrected = json!({ "name": "示例更名人", "reference": "更正〔2021〕7号" });
        let _ = app.as_officer("610300").patch(&file, &corrected).expect(200);
        let told = app.as_learner(learner.id).get(&format!("{file}/access-records")).expect(200).json;
        let change = told["items"].as_array().unwrap().iter().find(|one| one["act"] == "write").unwrap();
        assert_eq!(
            (&change["operation"], &change["ground"], &change["what"].is_string()),
            (&json!("correct_learner"), &json!("更正〔2021〕7号"), &true)
        );
        // Corrected to what stands already, nothing is changed.
        let _ = app.as_officer("610300").patch(&file, &corrected).expect(200);
        let told = app.as_learner(learner.id).get(&format!("{file}/access-records")).expect(200).json;
        let all = told["items"].as_array().unwrap().iter().filter(|one| one["act"] == "write");
        assert_eq!(all.map(|one| one["changed"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    });
}

#[test]
fn a_request_of_ones_own_that_is_repeated_is_no_look_at_ones_own_file() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let own = app.as_learner(learner.id).with("idempotency-key", "k-1");
        let asked = crate::corrections::input(&learner, json!({ "name": "示例更名人" }));
        let _ = own.post("/v1/corrections", &asked).expect(201);
        assert_eq!(own.post("/v1/corrections", &asked).expect(201).header("idempotency-replayed"), "true");
        assert!(settled(app).is_empty());
    });
}

#[test]
fn what_ends_or_is_taken_back_says_what_stood_before() {
    each_backend(|app| {
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let security = app.as_security_administrator();
        let grant =
            json!({ "issuer_id": portal, "subject": "li", "role": "officer", "place": "610300", "reason": "任命" });
        let given = security.post("/v1/grants", &grant).expect(201).json;
        let withdrawal = format!("/v1/grants/{}/withdrawal", given["grant_id"].as_str().unwrap());
        let _ = security.post(&withdrawal, &json!({ "reason": "调离" })).expect(200);
        let (_, before, after) = last(app, Act::Write, "withdraw_grant");
        assert_eq!((&before["withdrawn_at"], &after["withdrawal_reason"]), (&Value::Null, &json!("调离")));
        assert_eq!((&before["grant_id"], before.is_object()), (&given["grant_id"], true));
        let office = app.as_officer("610000");
        let kept = office.post("/v1/courses", &course("c-1", base(app))).expect(201).json;
        let path = format!("/v1/courses/{}/plan-filing", kept["course"]["course_id"].as_str().unwrap());
        let _ = office.post(&path, &json!({ "filed_on": "2021-06-01", "reference": "备案1号" })).expect(200);
        let (_, before, after) = last(app, Act::Write, "record_plan_filing");
        assert!(before.is_object() && !before.to_string().contains("备案1号") && after.to_string().contains("备案1号"));
    });
}
