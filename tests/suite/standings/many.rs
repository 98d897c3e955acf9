//! Many people at once.

use super::{items, node};
use serde_json::{Value, json};
use tests::{Answer, App, Client, each_backend};
use time::macros::date;

const ADDRESS: &str = "/v1/standings/query";
const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

fn ask(caller: &Client<'_>, people: &Value) -> Answer {
    caller.post(ADDRESS, &json!({ "year": 2020, "people": people }))
}

#[test]
fn everyone_is_answered_in_order_and_strangers_like_those_who_do_not_exist() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let met = app.learner("610100").register();
        let _ = app.push(&stage.platform, [met.finished(&stage.public), met.finished(&stage.professional)]);
        let unmet = app.learner("610000").register();
        let foreign = app.learner("630000").register();
        let document = |number: &str| json!({ "document_number": number });
        let people = json!([
            { "document_kind": "resident_id", "document_number": unmet.person.document_number },
            { "learner_id": SOMEONE },
            { "learner_id": met.id },
            { "learner_id": foreign.id },
            document(&foreign.person.document_number),
            document("610928199001010009"),
            document("610928199001010000"),
            { "learner_id": met.id, "year": 2021 },
        ]);
        let answer = ask(&app.as_officer("610000"), &people).expect(200);
        let results: Vec<_> = items(&answer).iter().map(|item| item["result"].as_str().unwrap()).collect();
        let unknown = "unknown_person";
        assert_eq!(results, ["found", unknown, "found", unknown, unknown, unknown, "malformed", "found"]);
        let lines: Vec<_> = items(&answer).iter().map(|item| item["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8]);
        let stranger = json!({ "line": 4, "result": unknown, "summary": null, "standing": null });
        assert_eq!(items(&answer)[3], stranger, "nothing tells a stranger from nobody");

        let summaries: Vec<_> = items(&answer).iter().map(|item| &item["summary"]).collect();
        assert_eq!((&summaries[0]["learner_id"], &summaries[0]["verdict"]), (&json!(unmet.id), &json!("unmet")));
        assert_eq!((&summaries[2]["learner_id"], &summaries[2]["verdict"]), (&json!(met.id), &json!("met")));
        assert_eq!(
            (&summaries[2]["total"]["earned"], &summaries[2]["policy"]["place"]),
            (&json!(80), &json!("610000"))
        );
        assert_eq!((&summaries[7]["year"], &summaries[7]["verdict"]), (&json!(2021), &json!("no_rule_in_force")));
        let fault = &items(&answer)[6]["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/document_number"), &json!("invalid_document")));
        assert!(!answer.text.contains("610928199001010000"), "no number comes back");

        let all = ask(&app.as_national_officer(), &people).expect(200);
        let found = items(&all).iter().filter(|item| item["result"] == "found").count();
        assert_eq!(found, 5);
    });
}

#[test]
fn detail_and_the_moment_of_knowledge_are_those_of_a_single_question() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let learner = app.learner("610000").register();
        let before = "2021-06-15T12:00:00+08:00";
        app.clock.set(app.clock.now() + time::Duration::HOUR);
        let _ = app.push_one(&stage.platform, &learner.finished(&stage.public));
        let officer = app.as_officer("610000");
        let people = json!([{ "learner_id": learner.id }]);
        let query = |more: Value| {
            let mut body = json!({ "year": 2020, "people": people, "detail": true });
            body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            officer.post(ADDRESS, &body).expect(200)
        };
        let told = query(json!({}));
        let single = officer.get(&super::path(learner.id, 2020)).expect(200).json;
        assert_eq!((&items(&told)[0]["standing"], &items(&told)[0]["summary"]), (&single, &Value::Null));
        assert_eq!(node(&single, "public")["met"], true);
        let then = query(json!({ "as_known_at": before }));
        assert_eq!(items(&then)[0]["standing"]["counted"], json!([]));
        let future = json!({ "year": 2020, "people": people, "as_known_at": "2021-06-15T13:00:01+08:00" });
        let problem = officer.post(ADDRESS, &future).problem(422, "invalid_body");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/as_known_at"), &json!("in_the_future"))
        );
    });
}

#[test]
fn an_officer_of_a_former_place_is_answered_for_the_years_in_which_it_was_theirs() {
    each_backend(|app| {
        let learner = app.learner("610100").moved_to("630100", date!(2021 - 01 - 01)).register();
        let people = json!([{ "learner_id": learner.id }, { "learner_id": learner.id, "year": 2021 }]);
        let results = |place: &str| -> Vec<Value> {
            items(&ask(&app.as_officer(place), &people).expect(200)).iter().map(|item| item["result"].clone()).collect()
        };
        assert_eq!(results("610000"), ["found", "unknown_person"]);
        assert_eq!(results("630000"), ["found", "found"]);
    });
}

#[test]
fn a_query_for_nobody_is_refused_and_one_person_not_named_rightly_loses_no_other() {
    let app = App::start(tests::Backend::Sqlite);
    let caller = app.as_officer("610000");
    let faults_of = |told: &Value| -> Vec<(String, String)> {
        let text = |fault: &Value, key: &str| fault[key].as_str().unwrap().to_owned();
        let faults = told["errors"].as_array().into_iter().flatten();
        faults.map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
    };
    let faults = |body: &Value| faults_of(&caller.post(ADDRESS, body).problem(422, "invalid_body"));
    let pairs = |found: &[(&str, &str)]| -> Vec<(String, String)> {
        found.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
    };
    let someone = json!({ "learner_id": SOMEONE });
    assert_eq!(faults(&json!({ "year": 2020, "people": [] })), pairs(&[("/people", "length")]));
    let crowd = json!({ "year": 2020, "people": vec![someone.clone(); 1001] });
    assert_eq!(faults(&crowd), pairs(&[("/people", "length")]));
    let thousand = json!({ "year": 2020, "people": vec![someone.clone(); 1000] });
    assert_eq!(items(&caller.post(ADDRESS, &thousand).expect(200)).len(), 1000);
    for people in [json!(null), json!({}), json!("x")] {
        assert_eq!(faults(&json!({ "year": 2020, "people": people })), pairs(&[("/people", "wrong_type")]));
    }
    let body = json!({ "people": [
        someone,
        { "year": 2020 },
        { "year": 2020, "learner_id": SOMEONE, "document_number": "610928199001010009" },
        { "year": 2020, "learner_id": SOMEONE, "document_kind": "passport" },
        {},
        [SOMEONE],
        { "year": "2020", "learner_id": 7, "name": "示例" },
        { "year": 2020, "document_number": "610928199001010000" },
        { "year": 2020, "learner_id": SOMEONE },
    ]});
    let answer = caller.post(ADDRESS, &body).expect(200);
    let told: Vec<_> = items(&answer).iter().map(|item| (item["result"].as_str().unwrap(), faults_of(item))).collect();
    let malformed = |faults: &[(&str, &str)]| ("malformed", pairs(faults));
    assert_eq!(
        told,
        [
            malformed(&[("/year", "missing")]),
            malformed(&[("", "exactly_one")]),
            malformed(&[("", "exactly_one")]),
            malformed(&[("", "exactly_one")]),
            malformed(&[("/year", "missing"), ("", "exactly_one")]),
            malformed(&[("", "wrong_type")]),
            malformed(&[("/learner_id", "wrong_type"), ("/name", "unknown_field"), ("/year", "wrong_type")]),
            malformed(&[("/document_number", "invalid_document")]),
            ("unknown_person", Vec::new()),
        ]
    );
    assert_eq!(faults(&json!({ "year": 1989, "people": [{ "learner_id": SOMEONE }] })), pairs(&[("/year", "range")]));
}
