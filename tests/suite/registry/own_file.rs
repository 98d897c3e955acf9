//! What is kept about a learner is read by that learner; and what was wrong or has changed is set right by the office.

use super::{faults, learner, named, number, register};
use crate::tables::columns;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{
    App, each_backend,
    fixtures::{Item, Learner, Person},
};
use xueshi::auth::{CallerKind, line};

/// The items about a learner: the platform's id, the outcome and the first reason of each.
fn items(app: &App, learner: &Learner) -> Vec<(String, String, String)> {
    let path = format!("/v1/learners/{}/completions", learner.id);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.as_learner(learner.id).get(&format!("{path}?limit=2{cursor}")).expect(200).json;
        for item in page["items"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            found.push((text(&item["external_id"]), text(&item["outcome"]), text(&item["reasons"][0]["code"])));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Registered through the interface, which lets go what waited.
pub(super) fn registered(app: &App, person: &Person) -> Learner {
    let id = crate::completions::register(app, "610100", person).as_str().unwrap().parse().unwrap();
    Learner { id, person: person.clone() }
}

#[test]
fn a_learner_reads_every_item_that_names_them_whatever_became_of_it() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (learner, other) = (app.learner("610100").register(), app.learner("610100").register());
        let item = |name: &str, item: Item| item.called(name);
        let misnamed = Person { name: "示例他人".to_owned(), ..learner.person.clone() };
        let all = [
            item("1-credited", learner.finished(&stage.public)),
            item("2-refused", learner.finished(&stage.professional).with("passed", false)),
            item("3-held", Item::new(learner.person.reference(), "SX-NEW", 2020)),
            item("4-misnamed", Item::new(misnamed.reference(), &stage.public.code, 2020)),
            item("5-withdrawn", Item::new(learner.person.reference(), "SX-NEW", 2020)),
            item("6-of-another", other.finished(&stage.public)),
        ];
        let told = app.push(&stage.platform, all);
        let withdrawn = format!("/v1/completions/{}/reversal", told[4]["completion_id"].as_str().unwrap());
        let reason = json!({ "reason_code": "wrong_data" });
        let _ = app.as_platform(stage.platform.id).post(&withdrawn, &reason).expect(200);
        let expected = [
            ("1-credited", "credited", ""),
            ("2-refused", "refused", "exam_not_passed"),
            ("3-held", "held", "course_unknown"),
            ("4-misnamed", "held", "name_mismatch"),
            ("5-withdrawn", "not_counted", "withdrawn"),
        ];
        let expected = expected.map(|(id, outcome, code)| (id.to_owned(), outcome.to_owned(), code.to_owned()));
        assert_eq!(items(app, &learner), expected);
        let path = format!("/v1/learners/{}/completions", learner.id);
        let _ = app.as_officer("610100").get(&path).expect(200);
        let _ = app.as_officer("630000").get(&path).problem(404, "not_found");
        let _ = app.as_learner(other.id).get(&path).problem(404, "not_found");
        // Of joined files all is read at the one that stays.
        let merge = json!({ "ends": learner.id, "stays": other.id, "reason": "重复登记" });
        let _ = app.as_officer("610100").post("/v1/learner-merges", &merge).expect(201);
        assert_eq!(items(app, &other).len(), 6);
        let gone = app.as_learner(learner.id).get(&path).problem(410, "learner_merged");
        assert_eq!(gone["successor"], json!(other.id));
    });
}

#[test]
fn a_learner_reads_an_item_as_the_platform_sent_it() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610100").register();
        let sent = json!({
            "hours": 23.5, "started_at": "2020-02-01T00:00:00Z", "ended_at": "2020-02-01T08:00:00Z", "score": 85,
            "passed": true, "evidence": { "pages": 12, "watched": [1, 2] },
        });
        let full = sent.as_object().unwrap().iter();
        let full = full.fold(learner.finished(&stage.public), |item, (name, value)| item.with(name, value.clone()));
        let bare = ["hours", "started_at", "ended_at", "score", "passed", "evidence"];
        let bare_item = bare.iter().fold(learner.finished(&stage.professional), |item, name| item.without(name));
        let told = app.push(&stage.platform, [full, bare_item]);
        let read = |item: &Value| {
            let path = format!("/v1/completions/{}", item["completion_id"].as_str().unwrap());
            app.as_learner(learner.id).get(&path).expect(200).json
        };
        let shown = read(&told[0]);
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(&shown[name], value, "{shown}");
        }
        let shown = read(&told[1]);
        assert!(bare.iter().all(|name| shown.get(name).is_none()), "what was not sent is absent: {shown}");
    });
}

#[test]
fn what_came_before_its_person_was_registered_is_read_while_it_waits_for_something_else_and_after() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let person = Person::someone();
        let pushed = app.push_one(&stage.platform, &Item::new(person.reference(), "SX-NEW", 2020).called("1-early"));
        assert_eq!((&pushed["reasons"][0]["code"], &pushed["learner_id"]), (&json!("person_unknown"), &Value::Null));
        let misnamed = Person { name: "示例他人".to_owned(), ..person.clone() };
        let told = app.push_one(&stage.platform, &Item::new(misnamed.reference(), "SX-NEW", 2020).called("2-misnamed"));
        let learner = registered(app, &person);
        let text = |id: &str, outcome: &str, code: &str| (id.to_owned(), outcome.to_owned(), code.to_owned());
        let other = text("2-misnamed", "held", "name_mismatch");
        assert_eq!(items(app, &learner), [text("1-early", "held", "course_unknown"), other.clone()]);
        let one = |item: &Value| format!("/v1/completions/{}", item["completion_id"].as_str().unwrap());
        let _ = app.as_learner(learner.id).get(&one(&pushed)).expect(200);
        let _ = app.as_officer("610100").get(&one(&pushed)).expect(200);
        // Whose number it is is said to nobody who does not know the name: neither to the learner in full nor to the platform.
        let _ = app.as_learner(learner.id).get(&one(&told)).problem(404, "not_found");
        let platform = app.as_platform(stage.platform.id);
        let id = learner.id.to_string();
        assert!(!platform.get(&one(&told)).expect(200).text.contains(&id));
        assert!(!platform.get("/v1/held-completions").expect(200).text.contains(&id));
        let _ =
            platform.post(&format!("{}/reversal", one(&pushed)), &json!({ "reason_code": "wrong_data" })).expect(200);
        assert_eq!(items(app, &learner), [text("1-early", "not_counted", "withdrawn"), other]);
        let _ = app.as_learner(learner.id).get(&one(&pushed)).expect(200);
    });
}

#[test]
fn a_learner_is_shown_the_own_number_whole() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let path = format!("/v1/learners/{id}/unmasking");
        let asked = json!({ "purpose": "own_file", "reference": "本人查看" });
        let shown = app.as_learner(id).post(&path, &asked).expect(200).json;
        assert_eq!((&shown["document"]["number"], &shown["name"]), (&json!(number(1)), &json!("示例甲")));
        let refused = app.as_officer("610300").post(&path, &asked).problem(422, "invalid_body");
        assert_eq!(faults(&refused), named(&[("/purpose", "purpose_not_permitted")]));
        // Learners read their own file and do nothing else with it; what is refused counts for nothing.
        for purpose in ["identity_check", "correction", "certificate", "complaint", "supervision"] {
            let asked = json!({ "purpose": purpose, "reference": "本人查看" });
            let refused = app.as_learner(id).post(&path, &asked).problem(422, "invalid_body");
            assert_eq!(faults(&refused), named(&[("/purpose", "purpose_not_permitted")]), "{purpose}");
        }
        assert_eq!(app.as_learner(id).post(&path, &asked).expect(200).json["left_today"], 48);
        let other = register(app, 2, "示例乙");
        let _ = app.as_learner(other).post(&path, &asked).problem(404, "not_found");
    });
}

fn look_up(app: &App, n: u32) -> tests::Answer {
    let document = json!({ "kind": "resident_id", "number": number(n) });
    app.as_officer("610300").post("/v1/learner-lookups", &json!({ "document": document }))
}

#[test]
fn a_former_number_goes_on_leading_to_its_learner_and_a_wrong_one_does_not() {
    each_backend(|app| {
        let id = register(app, 1, "示例甲");
        let correct = |n: u32, was: &str| {
            let document = json!({ "kind": "resident_id", "number": number(n) });
            let body = json!({ "document": document, "document_was": was });
            app.as_officer("610300").patch(&format!("/v1/learners/{id}"), &body)
        };
        let _ = correct(2, "former").expect(200);
        for n in [1, 2] {
            assert_eq!(look_up(app, n).expect(200).json["learner_id"], json!(id));
        }
        let taken = app.as_officer("610300").post("/v1/learners", &learner(1, "示例乙")).problem(409, "already_exists");
        assert_eq!(taken["learner_id"], json!(id));
        let other = register(app, 4, "示例丁");
        let theirs = json!({ "document": { "kind": "resident_id", "number": number(1) } });
        let _ =
            app.as_officer("610300").patch(&format!("/v1/learners/{other}"), &theirs).problem(409, "already_exists");
        // What is still pushed under the former number is the learner's.
        let stage = app.shaanxi();
        let person = json!({ "document_kind": "resident_id", "document_number": number(1), "name": "示例甲" });
        let pushed = app.push_one(&stage.platform, &Item::new(person, &stage.public.code, 2020));
        assert_eq!((&pushed["outcome"], &pushed["learner_id"]), (&json!("credited"), &json!(id)));
        // A name that is corrected lets go what waits for it under the former number, too.
        let person = json!({ "document_kind": "resident_id", "document_number": number(1), "name": "示例新" });
        let renamed = Item::new(person, &stage.professional.code, 2020);
        assert_eq!(app.push_one(&stage.platform, &renamed)["reasons"][0]["code"], "name_mismatch");
        let _ = app.as_officer("610300").patch(&format!("/v1/learners/{id}"), &json!({ "name": "示例新" })).expect(200);
        assert_eq!(app.push_one(&stage.platform, &renamed)["first"]["now"], "credited");
        // The number goes back to what it was; the one in between was somebody's mistake.
        let _ = correct(1, "wrong").expect(200);
        let _ = look_up(app, 2).problem(404, "not_found");
        let _ = register(app, 2, "示例乙");
        let alone = app
            .as_officer("610300")
            .patch(&format!("/v1/learners/{id}"), &json!({ "name": "示例", "document_was": "former" }));
        assert_eq!(faults(&alone.problem(422, "invalid_body")), named(&[("/document", "missing")]));
    });
}

/// The tables of which a column names learners, with the operation by which learners read what is in it of their own.
const READ_BY: [(&str, &str); 24] = [
    ("audit_event", "list_access_records"),
    ("change", "list_changes"),
    ("completion", "list_learner_completions"),
    ("completion_decision", "get_completion"),
    ("completion_hold", "list_learner_completions"),
    ("correction", "get_correction"),
    ("finding", "get_finding"),
    ("finding_line", "get_finding"),
    ("finding_step", "get_finding"),
    ("hour_entry", "list_hour_entries"),
    ("learner", "get_learner"),
    ("learner_employer", "get_learner_history"),
    ("learner_merge", "get_learner_merge"),
    ("learner_person", "get_learner"),
    ("learner_place", "get_learner_history"),
    ("learner_post", "get_learner_history"),
    ("learner_successor", "get_learner_merge"),
    ("office_exception", "get_exception"),
    ("recognition_claim", "get_recognition"),
    ("recognition_evidence", "get_recognition_evidence"),
    ("review_case", "get_recognition"),
    ("review_event", "get_recognition"),
    ("verification_case", "list_learner_verifications"),
    ("verification_step", "list_learner_verifications"),
];

/// Those of which learners read nothing, with the reason.
const READ_BY_NOBODY: [(&str, &str); 6] = [
    ("course_finding_line", "ids alone: which lines went; that they went, and why, the ledger says"),
    ("learner_identifier", "a keyed hash of the number alone, by which it is found; the number is read with the file"),
    ("provisional_case", "ids alone: which item a case is about; what waits and what became of it the ledger says"),
    ("provisional_unlooked", "ids alone, for the moment until the runner has looked at a line of the ledger"),
    ("reassessment_item", "what each of these decisions made; the item's decisions and the ledger say it"),
    ("token_issuer", "a column says whether an issuer names learners at all"),
];

#[test]
fn of_every_table_that_names_a_learner_it_is_said_how_the_learner_reads_it() {
    each_backend(|app| {
        let names = |column: &str| {
            column.contains("learner") || ["ends_id", "person_hash", "stays_id", "subject_id"].contains(&column)
        };
        let found: BTreeSet<String> =
            columns(app).into_iter().filter(|(_, column)| names(column)).map(|(table, _)| table).collect();
        let said = READ_BY.iter().chain(&READ_BY_NOBODY).map(|(table, _)| (*table).to_owned());
        assert_eq!(found, said.collect());
        for (table, operation) in READ_BY {
            assert!(line(operation).unwrap().callers().contains(&CallerKind::Learner), "{table}: {operation}");
        }
    });
}
