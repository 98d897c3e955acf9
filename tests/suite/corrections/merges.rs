//! Another file of the learner's that is asked to end in this one; and requests that go over with the file of who asked.

use super::{approve, ask, asked, document, get, office_of, officer};
use crate::{
    completions::standing_hours,
    registry::{faults, named},
};
use domain::kernel::Hours;
use serde_json::{Value, json};
use tests::{
    App, each_backend,
    fixtures::{Learner, Person},
};

/// That the file of somebody ends in that of who asks.
fn merge(other: &Person) -> Value {
    json!({ "merge": { "document": document(&other.document_number), "name": other.name } })
}

fn merges(app: &App, learner: &Learner) -> Value {
    let path = format!("/v1/learners/{}/history", learner.id);
    app.as_national_officer().get(&path).expect(200).json["merges"].clone()
}

#[test]
fn another_file_ends_in_the_learners_by_the_office_above_both_and_comes_back_with_an_undoing() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let (learner, other) = (app.learner("610302").register(), app.learner("610103").register());
        let items = [learner.finished(&stage.public), other.finished(&stage.professional)];
        assert!(app.push(&stage.platform, items).iter().all(|item| item["outcome"] == "credited"));
        let alone = (standing_hours(app, &learner), standing_hours(app, &other));
        let id = asked(app, &learner, merge(&other.person));
        assert_eq!(office_of(app, &id), (json!("610000"), json!("province")));
        let _ = approve(&officer(app, "610302", "wang"), &id).problem(403, "not_your_stage");
        let _ = get(&officer(app, "610302", "wang"), &id);
        // Who answers for the other file alone has no business with it.
        let _ = officer(app, "610103", "sun").get(&format!("/v1/corrections/{id}")).problem(404, "not_found");
        let office = officer(app, "610000", "zhou");
        let _ = approve(&office, &id).expect(200);
        let gone = app.as_learner(other.id).get(&format!("/v1/learners/{}", other.id)).problem(410, "learner_merged");
        assert_eq!(gone["successor"], json!(learner.id));
        assert_eq!(standing_hours(app, &learner), [alone.0, alone.1].into_iter().sum::<Hours>());
        let joined = merges(app, &learner);
        assert_eq!((&joined[0]["ends"], &joined[0]["stays"]), (&json!(other.id), &json!(learner.id)));
        let path = format!("/v1/learner-merges/{}", joined[0]["merge_id"].as_str().unwrap());
        let shown = office.get(&path).expect(200).json;
        assert!(shown["reference"].as_str().unwrap().contains(&id), "it rests on what was asked: {shown}");
        let again = office.post(&format!("/v1/reviews/{id}/revocation"), &json!({ "reason": "x" }));
        let _ = again.problem(409, "review_not_now");
        let _ = office.post(&format!("{path}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((standing_hours(app, &learner), standing_hours(app, &other)), alone);
        assert_eq!(
            get(&app.as_learner(learner.id), &id)["review"]["state"],
            "approved",
            "what was decided was decided"
        );
        let _ = app.as_learner(other.id).get(&format!("/v1/corrections/{id}")).problem(404, "not_found");
    });
}

#[test]
fn whether_there_is_such_a_file_and_where_the_learner_is_not_told() {
    each_backend(|app| {
        let learner = app.learner("610302").register();
        let people =
            [Person::someone(), app.learner("610302").register().person, app.learner("630102").register().person];
        let offices = ["610302", "610302", "000000"];
        let answers = people.each_ref().map(|other| ask(app, &learner, merge(other)).expect(201).json);
        for (answer, place) in answers.iter().zip(offices) {
            let (review, id) = (&answer["review"], answer["correction_id"].as_str().unwrap());
            assert_eq!((&review["stages"], &review["stage"]), (&json!([]), &json!(0)), "{answer}");
            assert_eq!(office_of(app, id).0, place);
            let own = app.as_learner(learner.id).get(&format!("/v1/learners/{}/corrections", learner.id)).expect(200);
            assert!(!own.text.contains("\"place\""), "{}", own.text);
        }
        let [unknown, known, _] = answers.map(|answer| answer["correction_id"].as_str().unwrap().to_owned());
        let office = officer(app, "610302", "wang");
        let refused = |id: &str| faults(&approve(&office, id).problem(409, "correction_not_possible"));
        assert_eq!(refused(&unknown), named(&[("/merge/document", "unknown_reference")]));
        let _ = approve(&office, &known).expect(200);
        // By then the document is the learner's own.
        let again = ask(app, &learner, merge(&people[1]));
        let id = again.expect(201).json["correction_id"].as_str().unwrap().to_owned();
        assert_eq!(refused(&id), named(&[("/merge/document", "same_file")]));
        assert_eq!(get(&office, &id)["review"]["state"], "waiting");
    });
}

#[test]
fn a_file_of_another_name_or_of_nobody_any_more_is_not_joined() {
    each_backend(|app| {
        let (learner, other) = (app.learner("610302").register(), app.learner("610302").register());
        let (office, national) = (officer(app, "610302", "wang"), app.as_national_officer());
        let misnamed = Person { name: "示例他名".to_owned(), ..other.person.clone() };
        let (wrong, right) = (asked(app, &learner, merge(&misnamed)), asked(app, &learner, merge(&other.person)));
        let refused = |id: &str| faults(&approve(&office, id).problem(409, "correction_not_possible"));
        assert_eq!(refused(&wrong), named(&[("/merge/name", "other_name")]));
        let erased = json!({ "ground": "受理〔2021〕1号" });
        let _ = national.post(&format!("/v1/learners/{}/erasure", other.id), &erased).expect(200);
        assert_eq!(refused(&right), named(&[("/merge/document", "unknown_reference")]));
        assert_eq!(merges(app, &learner), json!([]));
    });
}

#[test]
fn requests_go_over_with_the_file_of_who_asked_and_come_back() {
    each_backend(|app| {
        let (ends, stays) = (app.learner("610302").register(), app.learner("610302").register());
        let (open, done) = (
            asked(app, &ends, json!({ "name": "示例正名" })),
            asked(app, &ends, json!({ "employment": { "employer_id": null, "from_on": "2021-03-01" } })),
        );
        let office = officer(app, "610302", "wang");
        let _ = approve(&office, &done).expect(200);
        let joined = json!({ "ends": ends.id, "stays": stays.id, "reason": "重复登记" });
        let merged = office.post("/v1/learner-merges", &joined).expect(201).header("location").to_owned();
        let own = app.as_learner(stays.id);
        let listed = |client: &tests::Client<'_>, learner: &Learner| {
            let listed = client.get(&format!("/v1/learners/{}/corrections", learner.id)).expect(200).json;
            listed["items"].as_array().unwrap().iter().map(|one| one["correction_id"].clone()).collect::<Value>()
        };
        assert_eq!(listed(&own, &stays), json!([open, done]));
        assert_eq!(get(&own, &open)["learner_id"], json!(stays.id));
        // What waits is decided for the file that stays.
        let _ = approve(&office, &open).expect(200);
        let name = |learner: &Learner| {
            let path = format!("/v1/learners/{}", learner.id);
            app.as_learner(learner.id).get(&path).expect(200).json["name"].clone()
        };
        assert_eq!(name(&stays), "示例正名");
        let _ = office.post(&format!("{merged}/undoing"), &json!({ "reason": "并非同一人" })).expect(200);
        assert_eq!((listed(&own, &stays), listed(&app.as_learner(ends.id), &ends)), (json!([]), json!([open, done])));
        assert_eq!(
            (name(&stays), name(&ends)),
            (json!("示例正名"), json!(ends.person.name)),
            "what was corrected stays"
        );
    });
}
