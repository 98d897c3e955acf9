//! What learners ask to have corrected in their files: from asking to effect, refused, taken back, and what nobody else gets to see.

mod kept;
mod merges;
mod sight;
mod wrong;

use crate::completions::soon;
use domain::access::Named;
use serde_json::{Value, json};
use tests::{Answer, App, Client, at_once, each_backend, fixtures::Learner};
use time::macros::datetime;
use xueshi::auth::{CallerKind, Subject};

/// An officer by name: nobody decides what somebody of the same account has handed in.
pub(crate) fn officer<'a>(app: &'a App, place: &str, name: &str) -> Client<'a> {
    let named = Named { place: place.parse().ok(), ..Named::default() };
    app.calling(Subject { kind: CallerKind::Officer, name: name.to_owned(), named })
}

/// What a learner asks, with all that goes with it.
pub(crate) fn input(learner: &Learner, what: Value) -> Value {
    let mut input = json!({ "learner_id": learner.id, "reason": "登记时录入有误", "proofs": ["户口簿"] });
    input.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    input
}

pub(crate) fn ask(app: &App, learner: &Learner, what: Value) -> Answer {
    app.as_learner(learner.id).post("/v1/corrections", &input(learner, what))
}

/// What was asked, and waits; its id.
pub(crate) fn asked(app: &App, learner: &Learner, what: Value) -> String {
    let made = ask(app, learner, what).expect(201);
    let id = made.json["correction_id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/v1/corrections/{id}"));
    assert_eq!(made.json["review"]["state"], "waiting", "{}", made.text);
    id
}

pub(crate) fn approve(office: &Client<'_>, id: &str) -> Answer {
    office.post(&format!("/v1/reviews/{id}/approval"), &json!({}))
}

fn get(client: &Client<'_>, id: &str) -> Value {
    client.get(&format!("/v1/corrections/{id}")).expect(200).json
}

/// Whose office decides, as officers see it.
fn office_of(app: &App, id: &str) -> (Value, Value) {
    let stages = get(&app.as_national_officer(), id)["review"]["stages"].clone();
    assert_eq!(stages.as_array().unwrap().len(), 1, "{stages}");
    (stages[0]["place"].clone(), stages[0]["seat"].clone())
}

fn file(app: &App, learner: &Learner) -> Value {
    app.as_learner(learner.id).get(&format!("/v1/learners/{}", learner.id)).expect(200).json
}

fn document(number: &str) -> Value {
    json!({ "kind": "resident_id", "number": number })
}

/// Whom a number leads to.
fn found_by(app: &App, number: &str) -> Option<String> {
    let asked = json!({ "document": document(number) });
    let found = app.as_national_officer().post("/v1/learner-lookups", &asked);
    (found.status == 200).then(|| found.json["learner_id"].as_str().unwrap().to_owned())
}

/// What the learner is told was decided.
fn told(app: &App, learner: &Learner, outcome: &str) {
    let told = || app.as_learner(learner.id).get("/v1/changes").expect(200).json["items"].clone();
    soon(|| told().as_array().unwrap().iter().any(|one| one["kind"] == "decided" && one["outcome"] == outcome));
}

#[test]
fn a_name_is_corrected_once_the_office_of_the_learners_place_approves_it() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let made = ask(app, &learner, json!({ "name": "示例正名" })).expect(201).json;
        let id = made["correction_id"].as_str().unwrap().to_owned();
        assert_eq!(
            (&made["kind"], &made["name"], &made["document"]),
            (&json!("name"), &json!("示例正名"), &Value::Null)
        );
        assert_eq!((&made["reason"], &made["proofs"]), (&json!("登记时录入有误"), &json!(["户口簿"])));
        assert_eq!(office_of(app, &id), (json!("610302"), json!("county")));
        assert_ne!(file(app, &learner)["name"], "示例正名", "what is asked is not done");

        let office = officer(app, "610302", "wang");
        let queue = office.get("/v1/reviews").expect(200).json;
        let waits = &queue["items"][0];
        assert_eq!((&waits["case_id"], &waits["correction"]["kind"]), (&json!(id), &json!("name")));
        assert_eq!((&waits["correction"]["name"], &waits["recognition"]), (&json!("示*"), &Value::Null), "{waits}");
        let _ = approve(&officer(app, "610300", "sun"), &id).problem(403, "not_your_stage");
        let _ = approve(&officer(app, "630000", "sun"), &id).problem(404, "not_found");
        let with_hours = json!({ "hours": 3, "reason": "x" });
        let _ = office.post(&format!("/v1/reviews/{id}/approval"), &with_hours).problem(422, "invalid_body");

        let done = approve(&office, &id).expect(200).json;
        assert_eq!((&done["state"], &done["correction"]["correction_id"]), (&json!("approved"), &json!(id)));
        assert_eq!(file(app, &learner)["name"], "示例正名");
        told(app, &learner, "approved");
        let _ = approve(&office, &id).problem(409, "review_settled");
        let own = get(&app.as_learner(learner.id), &id);
        assert_eq!(
            (&own["review"]["state"], &own["review"]["history"][1]["by"]),
            (&json!("approved"), &json!("officer"))
        );
        // It is corrected by another one, and not taken back.
        let back = office.post(&format!("/v1/reviews/{id}/revocation"), &json!({ "reason": "x" }));
        assert_eq!(back.problem(409, "review_not_now")["state"], "approved");
        let _ = approve(&office, &asked(app, &learner, json!({ "name": learner.person.name }))).expect(200);
        assert_eq!(file(app, &learner)["name"], learner.person.name.as_str());
        let listed = app.as_learner(learner.id).get(&format!("/v1/learners/{}/corrections?limit=1", learner.id));
        let listed = listed.expect(200).json;
        assert_eq!((&listed["items"][0]["correction_id"], listed["next_cursor"].is_string()), (&json!(id), true));
    });
}

#[test]
fn a_document_takes_the_place_of_a_wrong_or_of_a_former_one() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let (first, second, third) = (
            learner.person.document_number.clone(),
            tests::fixtures::Person::someone().document_number,
            tests::fixtures::Person::someone().document_number,
        );
        let (own, office) = (Some(learner.id.to_string()), officer(app, "610302", "wang"));
        let id = asked(app, &learner, json!({ "document": document(&second), "document_was": "former" }));
        let shown = get(&app.as_learner(learner.id), &id);
        let masked = format!("{}**********{}", &second[..4], &second[14..]);
        assert_eq!((&shown["document"]["number"], &shown["document_was"]), (&json!(masked), &json!("former")));
        assert_eq!((found_by(app, &first), found_by(app, &second)), (own.clone(), None));
        let _ = approve(&office, &id).expect(200);
        assert_eq!((found_by(app, &first), found_by(app, &second)), (own.clone(), own.clone()));
        // What is not said was wrong.
        let id = asked(app, &learner, json!({ "document": document(&third) }));
        let _ = approve(&office, &id).expect(200);
        assert_eq!((found_by(app, &second), found_by(app, &third)), (None, own));
    });
}

#[test]
fn of_a_document_that_is_somebodys_the_learner_learns_nothing_and_the_office_everything() {
    each_backend(|app| {
        let (learner, other) = (app.learner("610302").register(), app.learner("610302").register());
        let abroad = app.learner("630102").register();
        let nobodys = tests::fixtures::Person::someone().document_number;
        let office = officer(app, "610302", "wang");
        let answers = [&nobodys, &other.person.document_number, &abroad.person.document_number].map(|number| {
            let made = ask(app, &learner, json!({ "document": document(number) })).expect(201).json;
            let review = json!([made["review"]["state"], made["review"]["stages"], made["review"]["number"]]);
            (made["correction_id"].as_str().unwrap().to_owned(), review)
        });
        assert!(answers.iter().all(|(_, review)| *review == answers[0].1), "{answers:?}");
        let [_, theirs, elsewhere] = answers.map(|(id, _)| id);
        let refused = approve(&office, &theirs).problem(409, "already_exists");
        assert_eq!((&refused["pointer"], &refused["learner_id"]), (&json!("/document"), &json!(other.id)));
        let refused = approve(&office, &elsewhere).problem(409, "already_exists");
        assert!(refused.get("learner_id").is_none(), "{refused}");
        // Nothing of it was done, and it goes on waiting.
        assert_eq!(found_by(app, &learner.person.document_number), Some(learner.id.to_string()));
        assert_eq!(get(&office, &theirs)["review"]["state"], "waiting");
        let clause = json!({ "document": "个人信息保护法", "clause": "第四十六条" });
        let no = json!({ "clause": clause, "reason": "经核实该证件不属本人" });
        let refused = office.post(&format!("/v1/reviews/{theirs}/refusal"), &no).expect(200).json;
        assert_eq!(refused["state"], "refused");
        told(app, &learner, "refused");
        let own = get(&app.as_learner(learner.id), &theirs);
        assert_eq!(own["review"]["history"][1]["reason"], "经核实该证件不属本人");
        // Among others, too.
        let many = json!({ "items": [{ "case_id": elsewhere, "decision": "approve" }] });
        let many = office.post("/v1/review-decisions", &many).expect(200).json;
        assert_eq!(many["items"][0]["problem"]["code"], "already_exists", "{many}");
    });
}

#[test]
fn an_employer_is_entered_from_the_day_that_was_said_or_from_that_of_the_approval() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let employer = json!({ "name": "示例学校", "kind": "public_institution", "place": "610302" });
        let employer = app.as_system_administrator().post("/v1/employers", &employer).expect(201).json;
        let (employer, office) = (employer["employer_id"].clone(), officer(app, "610302", "wang"));
        let wanted = json!({ "employment": { "employer_id": employer, "from_on": "2021-03-01" } });
        let id = asked(app, &learner, wanted.clone());
        let shown = get(&app.as_learner(learner.id), &id);
        assert_eq!(shown["employment"], wanted["employment"]);
        let _ = approve(&office, &id).expect(200);
        let now = || file(app, &learner)["employment"].clone();
        assert_eq!((&now()["employer"]["employer_id"], &now()["from_on"]), (&employer, &json!("2021-03-01")));
        let id = asked(app, &learner, json!({ "employment": { "employer_id": null } }));
        app.clock.set(datetime!(2021-06-18 12:00 +08:00));
        let _ = approve(&office, &id).expect(200);
        assert_eq!((&now()["employer"], &now()["from_on"]), (&Value::Null, &json!("2021-06-18")));
    });
}

#[test]
fn a_move_is_for_the_office_of_the_place_and_a_backdated_one_for_that_above_both() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let office = officer(app, "610302", "wang");
        let placed = || {
            let placement = file(app, &learner)["placement"].clone();
            (placement["place"]["code"].clone(), placement["from_on"].clone())
        };
        let moves = |to: &str, from_on: Value| json!({ "placement": { "place": to, "from_on": from_on } });
        // From the day of the approval on, whenever that is.
        let id = asked(app, &learner, moves("610303", Value::Null));
        assert_eq!(office_of(app, &id), (json!("610302"), json!("county")));
        app.clock.set(datetime!(2021-06-16 12:00 +08:00));
        let _ = approve(&office, &id).expect(200);
        assert_eq!(placed(), (json!("610303"), json!("2021-06-16")));
        // A day that has passed, or will have when it is decided.
        let office = officer(app, "610303", "wang");
        for (to, from_on, above, seat) in [
            ("610302", "2021-06-16", "610300", "city"),
            ("610103", "2021-06-01", "610000", "province"),
            ("630102", "2021-05-01", "000000", "superior"),
        ] {
            let id = asked(app, &learner, moves(to, json!(from_on)));
            assert_eq!(office_of(app, &id), (json!(above), json!(seat)), "{to}");
            let _ = approve(&office, &id).problem(403, "not_your_stage");
            if above != "000000" {
                let path = format!("/v1/corrections/{id}/withdrawal");
                let _ = app.as_learner(learner.id).post(&path, &Value::Null).expect(200);
                continue;
            }
            let _ = approve(&officer(app, above, "sun"), &id).expect(200);
        }
        let history = app.as_learner(learner.id).get(&format!("/v1/learners/{}/history", learner.id)).expect(200).json;
        let placements = history["placements"].as_array().unwrap();
        assert!(placements.iter().any(|one| one["place"]["code"] == "630102" && one["from_on"] == "2021-05-01"));
        assert_eq!(placed(), (json!("610303"), json!("2021-06-16")), "what came later holds");
    });
}

#[test]
fn what_stands_against_it_by_the_time_of_the_decision_is_told_and_it_goes_on_waiting() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let office = officer(app, "610302", "wang");
        let moves = json!({ "placement": { "place": "610103", "from_on": "2021-06-20" } });
        let (id, name) = (asked(app, &learner, moves), asked(app, &learner, json!({ "name": "示例正名" })));
        assert_eq!(office_of(app, &id).0, "610302", "it is to come");
        app.clock.set(datetime!(2021-06-21 12:00 +08:00));
        let late = approve(&office, &id).problem(409, "correction_not_possible");
        assert_eq!(
            crate::registry::faults(&late),
            crate::registry::named(&[("/placement/from_on", "backdated_move_away")])
        );
        assert_eq!(get(&office, &id)["review"]["state"], "waiting");
        // Who has moved away since is another office's.
        let path = format!("/v1/learners/{}/placements", learner.id);
        let _ = app.as_national_officer().post(&path, &json!({ "place": "610103" })).expect(201);
        let gone = approve(&office, &name).problem(409, "correction_not_possible");
        assert_eq!(crate::registry::faults(&gone), crate::registry::named(&[("/learner_id", "outside_place")]));
        let there = officer(app, "610103", "sun");
        assert_eq!(get(&there, &name)["review"]["state"], "waiting");
        let _ = approve(&there, &name).problem(403, "not_your_stage");
        assert_eq!(file(app, &learner)["name"], learner.person.name.as_str());
    });
}

#[test]
fn of_two_officers_at_once_one_corrects_it_and_the_other_learns_who_did() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let id = asked(app, &learner, json!({ "name": "示例正名" }));
        let (wang, sun) = (officer(app, "610302", "wang"), officer(app, "610302", "sun"));
        let (one, other) = at_once(|| approve(&wang, &id), || approve(&sun, &id));
        let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
        assert_eq!(won.expect(200).json["state"], "approved");
        let settled = lost.problem(409, "review_settled");
        assert!(["officer:wang", "officer:sun"].contains(&settled["settled_by"].as_str().unwrap()), "{settled}");
        assert_eq!(file(app, &learner)["name"], "示例正名");
    });
}

#[test]
fn what_is_withdrawn_is_decided_by_nobody_and_nobody_else_withdraws_it() {
    each_backend(|app| {
        let (learner, other) = (app.learner("610302").register(), app.learner("610302").register());
        let id = asked(app, &learner, json!({ "name": "示例正名" }));
        let (office, path) = (officer(app, "610302", "wang"), format!("/v1/corrections/{id}/withdrawal"));
        let _ = app.as_learner(other.id).post(&path, &Value::Null).problem(404, "not_found");
        let _ = office.post(&path, &Value::Null).problem(403, "caller_not_permitted");
        let gone = app.as_learner(learner.id).post(&path, &Value::Null).expect(200).json;
        assert_eq!(gone["review"]["state"], "withdrawn");
        let _ = app.as_learner(learner.id).post(&path, &Value::Null).problem(409, "review_settled");
        let _ = approve(&office, &id).problem(409, "review_settled");
        assert_eq!(office.get("/v1/reviews").expect(200).json["items"], json!([]));
        assert_eq!(file(app, &learner)["name"], learner.person.name.as_str());
    });
}
