//! What a draft of rules would change.

use super::surplus::rules;
use crate::{
    registry::{faults, named},
    tables,
};
use domain::{hour_ledger::Entry, kernel::Hours, policy::CategoryCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::{App, Client, each_backend, fixtures::Learner};
use time::macros::date;

fn draft(office: &Client<'_>, place: &str, year: i32) -> String {
    let draft = office.post("/v1/policies", &json!({ "source": rules(place, year, "") })).expect(201).json;
    draft["policy_id"].as_str().unwrap().to_owned()
}

/// Hours of 2019, whatever they come from.
fn credited(app: &App, learner: &Learner, category: &str, hours: i64) {
    let (category, hours) = (CategoryCode::new(category), Hours::whole(hours));
    let in_force = app.as_officer("630000").get("/v1/policies/630000/2020").expect(200).json;
    let policy = super::policy_id(in_force["policy"]["policy_id"].as_str().unwrap());
    let line = Entry { category, hours, policy, decision_number: None, ..super::line(app, learner, "630000", 2019) };
    super::append(app, line);
}

/// What all answers together say: how many the draft governs, and how many verdicts change from what to what.
fn in_all(office: &Client<'_>, path: &str, limit: u16) -> (u64, BTreeMap<(String, String), u64>, usize) {
    let (mut governed, mut changed, mut asked, mut cursor) = (0, BTreeMap::new(), 0, Value::Null);
    loop {
        let told = office.post(path, &json!({ "limit": limit, "cursor": cursor })).expect(200).json;
        let stays = told["unchanged"].as_u64().unwrap();
        let mut other = 0;
        for change in told["changed"].as_array().unwrap() {
            let word = |at: &str| change[at].as_str().unwrap().to_owned();
            let people = change["people"].as_u64().unwrap();
            assert!((1..=3).contains(&change["examples"].as_array().unwrap().len()), "{change}");
            *changed.entry((word("before"), word("after"))).or_default() += people;
            other += people;
        }
        assert_eq!(told["people"].as_u64().unwrap(), stays + other, "{told}");
        governed += told["governed"].as_u64().unwrap();
        asked += 1;
        cursor = told["next_cursor"].clone();
        if cursor.is_null() {
            return (governed, changed, asked);
        }
    }
}

#[test]
fn a_draft_says_whose_verdicts_it_would_change_and_its_publication_changes_just_those() {
    each_backend(|app| {
        let of_place: Vec<Learner> = (0..3).map(|_| app.learner("630100").register()).collect();
        let elsewhere = app.learner("610000").register();
        let moved = app.learner("630100").moved_to("610000", date!(2018 - 01 - 01)).register();
        credited(app, &of_place[0], "public", 10);
        credited(app, &of_place[0], "professional", 30);
        credited(app, &of_place[1], "public", 10);
        let office = app.as_officer("630000");
        let id = draft(&office, "630000", 2019);
        let path = format!("/v1/policies/{id}/what-if");
        let before = tables::rows(app)["hour_entry"];
        let change = |to: &str, people| (("no_rule_in_force".to_owned(), to.to_owned()), people);
        let wanted = BTreeMap::from([change("met", 1), change("unmet", 2)]);
        assert_eq!(in_all(&office, &path, 2000), (3, wanted.clone(), 1));
        // Who moved away before that year is among those looked at, and not governed.
        assert_eq!(in_all(&office, &path, 1), (3, wanted, 4));
        let told = office.post(&path, &json!({})).expect(200).json;
        let met = told["changed"].as_array().unwrap().iter().find(|change| change["after"] == "met").unwrap();
        let example = &met["examples"][0];
        assert_eq!(example["learner_id"], of_place[0].id.to_string());
        assert_eq!(
            (&example["before"]["verdict"], &example["after"]["total"]["earned"]),
            (&json!("no_rule_in_force"), &json!(40))
        );
        assert_eq!((&told["draft_id"], &told["year"]), (&json!(id), &json!(2019)));
        let verdict = |learner: &Learner| {
            let path = format!("/v1/learners/{}/standings/2019", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json["verdict"].clone()
        };
        assert_eq!(verdict(&of_place[0]), "no_rule_in_force", "nothing is changed by asking");
        let _ = office.send("POST", &format!("/v1/policies/{id}/publication"), None, Vec::new()).expect(201);
        let verdicts: Vec<Value> = of_place.iter().chain([&elsewhere, &moved]).map(verdict).collect();
        assert_eq!(verdicts, ["met", "unmet", "unmet", "no_rule_in_force", "no_rule_in_force"]);
        assert_eq!(tables::rows(app)["hour_entry"], before);
        let _ = office.post(&path, &json!({})).problem(409, "already_published");
    });
}

#[test]
fn only_the_office_of_a_draft_asks_and_all_that_is_wrong_is_told() {
    each_backend(|app| {
        let office = app.as_officer("630000");
        let path = format!("/v1/policies/{}/what-if", draft(&office, "630000", 2019));
        let _ = app.as_officer("630100").post(&path, &json!({})).problem(403, "outside_place");
        let _ = app.as_officer("610000").post(&path, &json!({})).problem(403, "outside_place");
        let learner = app.learner("630000").register();
        let _ = app.as_learner(learner.id).post(&path, &json!({})).problem(403, "caller_not_permitted");
        let nowhere = format!("/v1/policies/{}/what-if", learner.id);
        let _ = office.post(&nowhere, &json!({})).problem(404, "not_found");
        let wrong = json!({ "year": 1900, "limit": 2001, "cursor": "x", "people": 1 });
        let wanted =
            [("/cursor", "invalid_value"), ("/limit", "range"), ("/people", "unknown_field"), ("/year", "range")];
        assert_eq!(faults(&office.post(&path, &wrong).problem(422, "invalid_body")), named(&wanted));
        // A cursor of another draft leads nowhere here.
        let _ = app.learner("630000").register();
        let cursor = office.post(&path, &json!({ "limit": 1 })).expect(200).json["next_cursor"].clone();
        let other = format!("/v1/policies/{}/what-if", draft(&office, "630000", 2019));
        let refused = office.post(&other, &json!({ "cursor": cursor })).problem(422, "invalid_body");
        assert_eq!(faults(&refused), named(&[("/cursor", "invalid_value")]));
        assert_eq!(office.post(&path, &json!({ "cursor": cursor })).expect(200).json["governed"], 1);
    });
}

#[test]
fn a_draft_that_makes_a_place_speak_for_itself_changes_other_years_and_who_moved_as_well() {
    each_backend(|app| {
        let stays = app.learner("630100").register();
        let moved = app.learner("630100").moved_to("630200", date!(2019 - 06 - 01)).register();
        let office = app.as_officer("630100");
        let path = format!("/v1/policies/{}/what-if", draft(&office, "630100", 2019));
        let changed = |year: i32| {
            let told = app.as_officer("630000").post(&path, &json!({ "year": year })).expect(200).json;
            let word = |change: &Value, at: &str| change[at].as_str().unwrap().to_owned();
            let changes = told["changed"].as_array().unwrap().iter();
            let changes: Vec<_> =
                changes.map(|one| (word(one, "before"), word(one, "after"), one["people"].as_u64().unwrap())).collect();
            (changes, told["people"].clone(), told["governed"].clone())
        };
        let to = |before: &str, after: &str| (before.to_owned(), after.to_owned(), 1);
        // In 2019 one moved from the city that speaks then to another one.
        let of_2019 = vec![to("no_rule_in_force", "unmet"), to("no_rule_in_force", "needs_review")];
        let (mut found, people, governed) = changed(2019);
        found.sort();
        let mut wanted = of_2019;
        wanted.sort();
        assert_eq!((found, people, governed), (wanted, json!(2), json!(1)));
        // Of 2020 the city says nothing then, and the province no longer speaks for it.
        let (found, _, governed) = changed(2020);
        assert_eq!((found, governed), (vec![to("unmet", "no_rule_in_force")], json!(0)));
        assert_ne!(stays.id, moved.id);
    });
}
