//! Who sees what of a request: the learner their own, offices masked, the deciding one whole for a purpose, everyone else nothing.

use super::{approve, asked, document, get, input, officer};
use crate::{
    registry::{faults, named},
    tables::columns_with,
};
use domain::access::Named;
use serde_json::{Value, json};
use tests::{
    each_backend,
    fixtures::{Learner, Person},
};
use xueshi::auth::{CallerKind, Subject};

#[test]
fn another_learner_the_employer_and_a_foreign_office_see_nothing_of_it() {
    each_backend(|app| {
        let learner = app.learner("610302").series("教师").register();
        let employer = json!({ "name": "示例学校", "kind": "public_institution", "place": "610302" });
        let employer = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
        let employed = json!({ "employer_id": employer["employer_id"], "from_on": "2018-09-01" });
        let path = format!("/v1/learners/{}/employments", learner.id);
        let _ = app.as_national_officer().post(&path, &employed).expect(201);
        let named = Named { employer: employer["employer_id"].as_str().unwrap().parse().ok(), ..Named::default() };
        let school = app.calling(Subject { kind: CallerKind::EmployerAdministrator, name: "wu".to_owned(), named });
        let named = Named { place: "610000".parse().ok(), series: Some("教师".to_owned()), ..Named::default() };
        let sector = app.calling(Subject { kind: CallerKind::SectorAuthority, name: "qin".to_owned(), named });
        let other = app.as_learner(app.learner("610302").register().id);
        let foreign = officer(app, "610303", "sun");

        let id = asked(app, &learner, json!({ "name": "示例正名" }));
        let (one, all) = (format!("/v1/corrections/{id}"), format!("/v1/learners/{}/corrections", learner.id));
        for client in [&other, &foreign] {
            let _ = client.get(&one).problem(404, "not_found");
            let _ = client.get(&all).problem(404, "not_found");
        }
        for client in [&school, &sector] {
            let _ = client.get(&one).problem(403, "caller_not_permitted");
            let _ = client.get(&all).problem(403, "caller_not_permitted");
            let _ = client.get(&format!("/v1/reviews/{id}")).problem(404, "not_found");
            let _ = client.post(&format!("/v1/reviews/{id}/claim"), &Value::Null).problem(404, "not_found");
            let _ = approve(client, &id).problem(404, "not_found");
            let many = json!({ "items": [{ "case_id": id, "decision": "approve" }] });
            let many = client.post("/v1/review-decisions", &many).expect(200).json;
            assert_eq!(many["items"][0]["problem"]["code"], "not_found", "{many}");
        }
        let _ = other.post("/v1/corrections", &input(&learner, json!({ "name": "示例" }))).problem(404, "not_found");
        // Neither is it a recognition or a finding.
        let own = app.as_learner(learner.id);
        for path in [format!("/v1/recognitions/{id}"), format!("/v1/findings/{id}")] {
            let _ = own.get(&path).problem(404, "not_found");
        }
        let _ = own.post(&format!("/v1/recognitions/{id}/withdrawal"), &Value::Null).problem(404, "not_found");
        let _ = approve(&officer(app, "610302", "wang"), &id).expect(200);
        crate::completions::soon(|| {
            let told = own.get("/v1/changes").expect(200).json;
            told["items"].as_array().unwrap().iter().any(|one| one["outcome"] == "approved")
        });
        // That something was decided is told to the person and the offices alone.
        for (client, is_told) in
            [(&school, false), (&sector, false), (&foreign, false), (&officer(app, "610300", "li"), true)]
        {
            let told = client.get("/v1/changes").expect(200).json;
            let of_it = told["items"].as_array().unwrap().iter().any(|one| one["outcome"] == "approved");
            assert_eq!(of_it, is_told, "{told}");
        }
    });
}

#[test]
fn the_deciding_office_is_shown_the_whole_for_a_purpose_within_the_limit_of_the_day() {
    each_backend(|app| {
        let (learner, wanted) = (app.learner("610302").register(), Person::someone());
        let office = officer(app, "610302", "wang");
        let purpose = json!({ "purpose": "correction", "reference": "受理〔2021〕3号" });
        let what = json!({ "merge": { "document": document(&wanted.document_number), "name": wanted.name } });
        let id = asked(app, &learner, what);
        let shown = get(&office, &id);
        assert!(!shown.to_string().contains(&wanted.name), "{shown}");
        let own = get(&app.as_learner(learner.id), &id);
        assert_eq!(own["merge"]["name"], wanted.name.as_str());
        assert_eq!(
            own["merge"]["document"]["number"], shown["merge"]["document"]["number"],
            "a number is masked for all"
        );
        let path = format!("/v1/corrections/{id}/unmasking");
        let whole = office.post(&path, &purpose).expect(200).json;
        assert_eq!(
            (&whole["name"], &whole["document"]["number"], &whole["left_today"]),
            (&json!(wanted.name), &json!(wanted.document_number), &json!(49))
        );
        // One limit for both: a file and what is asked of it.
        let unmasked = |left: i64| {
            let file = format!("/v1/learners/{}/unmasking", learner.id);
            assert_eq!(office.post(&file, &purpose).expect(200).json["left_today"], left);
        };
        (1..49).rev().for_each(unmasked);
        assert_eq!(office.post(&path, &purpose).expect(200).json["left_today"], 0);
        assert_eq!(office.post(&path, &purpose).problem(429, "daily_limit")["limit"], 50);
        let records = format!("/v1/learners/{}/access-records", learner.id);
        let records = app.as_learner(learner.id).get(&records).expect(200).json;
        let by = |one: &&Value| one["reader"] == "officer:wang" && one["purpose"] == "correction: 受理〔2021〕3号";
        assert!(records["items"].as_array().unwrap().iter().filter(by).count() > 40, "{records}");
        // Nobody but who decides it, and for nobody's own purposes.
        let _ = officer(app, "610300", "li").post(&path, &purpose).problem(403, "not_your_stage");
        let _ = officer(app, "610303", "li").post(&path, &purpose).problem(404, "not_found");
        let _ = app.as_learner(learner.id).post(&path, &purpose).problem(403, "caller_not_permitted");
        let wrong = json!({ "purpose": "own_file", "reference": "x" });
        let refused = officer(app, "610302", "zhao").post(&path, &wrong).problem(422, "invalid_body");
        assert_eq!(faults(&refused), named(&[("/purpose", "purpose_not_permitted")]));
    });
}

#[test]
fn of_who_is_erased_meanwhile_nothing_is_left_and_nothing_is_decided() {
    each_backend(|app| {
        let (learner, wanted) = (app.learner("610302").register(), Person::someone());
        let office = officer(app, "610302", "wang");
        let what = |more: Value| {
            let mut input = input(&learner, more);
            (input["reason"], input["proofs"]) = (json!("示例标记因"), json!(["示例标记证"]));
            let made = app.as_learner(learner.id).post("/v1/corrections", &input).expect(201).json;
            made["correction_id"].as_str().unwrap().to_owned()
        };
        let done = what(json!({ "name": "示例标记名" }));
        let merge = json!({ "document": document(&wanted.document_number), "name": "示例标记别" });
        let open = what(json!({ "merge": merge }));
        let _ = approve(&office, &done).expect(200);
        assert_eq!(columns_with(app, "示例标记因"), ["correction.reason"]);
        assert_eq!(columns_with(app, "示例标记证"), ["correction.proofs"]);
        for sealed in ["示例标记别", &wanted.document_number] {
            assert_eq!(columns_with(app, sealed), [""; 0], "{sealed}");
        }
        let erased = json!({ "ground": "受理〔2021〕1号" });
        let _ = office.post(&format!("/v1/learners/{}/erasure", learner.id), &erased).expect(200);
        for mark in ["示例标记因", "示例标记证", "示例标记名"] {
            assert_eq!(columns_with(app, mark), [""; 0], "{mark}");
        }
        let seen = |id: &str| get(&office, id);
        let (ended, was) = (seen(&open), seen(&done));
        assert_eq!((&ended["review"]["state"], &was["review"]["state"]), (&json!("cancelled"), &json!("approved")));
        for one in [&ended, &was] {
            assert_eq!(
                (&one["name"], &one["merge"], &one["reason"]),
                (&Value::Null, &Value::Null, &Value::Null),
                "{one}"
            );
            assert_eq!(one["proofs"], json!([]));
        }
        let _ = approve(&office, &open).problem(409, "review_settled");
        let purpose = json!({ "purpose": "correction", "reference": "受理〔2021〕3号" });
        let _ = office.post(&format!("/v1/corrections/{open}/unmasking"), &purpose).problem(409, "review_not_now");
        let more = app.as_learner(learner.id).post("/v1/corrections", &input(&learner, json!({ "name": "示例" })));
        let _ = more.problem(404, "not_found");
    });
}

#[test]
fn what_is_settled_or_asks_nothing_that_is_masked_is_not_shown_whole_and_costs_nothing() {
    each_backend(|app| {
        let (learner, office) = (app.learner("610302").register(), officer(app, "610302", "wang"));
        let purpose = json!({ "purpose": "correction", "reference": "受理〔2021〕3号" });
        let unmask = |id: &str| office.post(&format!("/v1/corrections/{id}/unmasking"), &purpose);
        let decided = asked(app, &learner, json!({ "name": "示例正名" }));
        assert_eq!(unmask(&decided).expect(200).json["left_today"], 49);
        let _ = approve(&office, &decided).expect(200);
        assert_eq!(unmask(&decided).problem(409, "review_not_now")["state"], "approved");
        let withdrawn = asked(app, &learner, json!({ "name": "示例又名" }));
        let path = format!("/v1/corrections/{withdrawn}/withdrawal");
        let _ = app.as_learner(learner.id).post(&path, &Value::Null).expect(200);
        assert_eq!(unmask(&withdrawn).problem(409, "review_not_now")["state"], "withdrawn");
        let employer = json!({ "name": "示例学校", "kind": "public_institution", "place": "610302" });
        let employer = app.as_officer("610302").post("/v1/employers", &employer).expect(201).json;
        let open = asked(app, &learner, json!({ "employment": { "employer_id": employer["employer_id"] } }));
        let _ = unmask(&open).problem(409, "review_not_now");
        let file = format!("/v1/learners/{}/unmasking", learner.id);
        assert_eq!(office.post(&file, &purpose).expect(200).json["left_today"], 48, "none of these was counted");
    });
}

#[test]
fn no_more_wait_of_one_person_than_may() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let one = |n: usize| super::ask(app, &learner, json!({ "name": format!("示例{}", "一".repeat(n)) }));
        let first = one(1).expect(201).json["correction_id"].as_str().unwrap().to_owned();
        for n in 2..=10 {
            let _ = one(n).expect(201);
        }
        assert_eq!(one(11).problem(409, "too_many_corrections")["most"], 10);
        let path = format!("/v1/corrections/{first}/withdrawal");
        let _ = app.as_learner(learner.id).post(&path, &Value::Null).expect(200);
        let _ = one(11).expect(201);
        // Of another person as many again, and what waited in a file that ended counts with the one that stays.
        let ends: Learner = app.learner("610302").register();
        let _ = super::asked(app, &ends, json!({ "name": "示例正名" }));
        let joined = json!({ "ends": learner.id, "stays": ends.id, "reason": "重复登记" });
        let _ = app.as_national_officer().post("/v1/learner-merges", &joined).expect(201);
        let _ = super::ask(app, &ends, json!({ "name": "示例" })).problem(409, "too_many_corrections");
        let _ = super::ask(app, &learner, json!({ "name": "示例" })).problem(410, "learner_merged");
    });
}
