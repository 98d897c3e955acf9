//! Files that ended one in another: whoever names one of them is told the file that stands, wherever they ask.

use super::merges::{merge, undo};
use crate::access::{PORTAL, TOKENS, bearer, claims, issuer, oauth_error, secret};
use domain::kernel::LearnerId;
use serde_json::{Value, json};
use tests::{
    Answer, App, each_backend,
    fixtures::{Learner, Signer},
};

/// Three files, of which the first ended in the second and the second in the third; with the answer to each merge.
fn chain(app: &App) -> ([Learner; 3], [Answer; 2]) {
    let files = ["610100", "610300", "610100"].map(|place| app.learner(place).register());
    let merges = [merge(app, &files[0], &files[1]).expect(201), merge(app, &files[1], &files[2]).expect(201)];
    (files, merges)
}

#[test]
fn of_files_that_ended_one_in_another_the_one_that_stands_is_told_wherever_it_is_asked() {
    each_backend(|app| {
        let ([first, second, last], merges) = chain(app);
        let officer = app.as_officer("610000");
        let gone = |answer: Answer, stands: LearnerId| {
            assert_eq!(answer.header("link"), format!("</v1/learners/{stands}>; rel=\"successor-version\""));
            assert_eq!(answer.problem(410, "learner_merged")["successor"], json!(stands));
        };
        for ended in [&first, &second] {
            let (own, at) = (app.as_learner(ended.id), |rest: &str| format!("/v1/learners/{}{rest}", ended.id));
            for rest in [
                "",
                "/history",
                "/standings",
                "/standings/2020",
                "/hour-entries",
                "/completions",
                "/recognitions",
                "/findings",
                "/corrections",
                "/consequences",
            ] {
                gone(officer.get(&at(rest)), last.id);
                gone(own.get(&at(rest)), last.id);
            }
            gone(own.get(&at("/access-records")), last.id);
            gone(officer.patch(&at(""), &json!({ "name": "示例新" })), last.id);
            let claim = json!({
                "kind": "equivalent_hours", "category": "professional", "days": 2, "last_on": "2020-09-11", "document": "示例文件"
            });
            gone(own.post("/v1/recognitions", &json!({ "learner_id": ended.id, "claim": claim })), last.id);
            let wrong = json!({ "learner_id": ended.id, "name": "示例新", "reason": "有误" });
            gone(own.post("/v1/corrections", &wrong), last.id);
            let other = app.learner("610100").register();
            for (ends, stays) in [(ended, &other), (&other, ended)] {
                gone(merge(app, ends, stays), last.id);
            }
            let people = json!({ "year": 2020, "people": [{ "learner_id": ended.id }] });
            let many = officer.post("/v1/standings/query", &people).expect(200).json["items"][0].clone();
            assert_eq!((&many["result"], &many["successor"]), (&json!("merged"), &json!(last.id)));
            let item = json!({ "learner_id": ended.id, "purpose": "title_review", "applied_on": "2020-11-30" });
            let checked = officer.post("/v1/eligibility-checks", &json!({ "items": [item] })).expect(200).json;
            let checked = &checked["items"][0];
            assert_eq!((&checked["result"], &checked["successor"]), (&json!("merged"), &json!(last.id)));
        }
        // What is in the way of an undoing is the last merge, and that one is found at the file that stands.
        gone(undo(app, &merges[0]), last.id);
        let _ = undo(app, &merges[1]).expect(200);
        gone(officer.get(&format!("/v1/learners/{}", first.id)), second.id);
        let _ = officer.get(&format!("/v1/learners/{}", second.id)).expect(200);
    });
}

#[test]
fn a_token_that_names_an_ended_file_is_told_the_one_that_stands() {
    each_backend(|app| {
        let ([first, second, last], _) = chain(app);
        let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
        let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
        let id = made["client_id"].as_str().unwrap().to_owned();
        let secret = secret(app, &id);
        let ask = |more: &[(&str, &str)]| {
            let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
            app.as_nobody().post_form(TOKENS, &[&fields[..], more].concat())
        };
        let _ = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let portal = |learner: LearnerId| {
            let mut claims = claims(app, "someone");
            claims["learner_id"] = json!(learner);
            app.as_nobody().bearing(&Signer::ed25519("ed").sign(&claims))
        };
        let caller = |client: &tests::Client<'_>| client.get("/v1/caller").expect(200).json;
        for ended in [&first, &second] {
            let refused = ask(&[("learner_id", &ended.id.to_string())]);
            assert_eq!(oauth_error(&refused, 400), "invalid_request");
            assert_eq!(refused.json["successor"], json!(last.id));
            // By document and name the file that stands is meant from the beginning.
            let (number, name) = (ended.person.document_number.as_str(), ended.person.name.as_str());
            let token = ask(&[("document_number", number), ("name", name)]).expect(200);
            assert_eq!(caller(&bearer(app, &token))["subject"], json!(last.id));
            for client in [portal(ended.id), app.as_learner(ended.id)] {
                let wanted = json!({ "kind": "learner", "subject": ended.id, "successor": last.id, "place": null });
                assert_eq!(caller(&client), wanted);
            }
        }
        let token = ask(&[("learner_id", &last.id.to_string())]).expect(200);
        for client in [bearer(app, &token), portal(last.id), app.as_learner(last.id)] {
            assert_eq!(caller(&client), json!({ "kind": "learner", "subject": last.id, "place": null }));
        }
        // Nobody is told of who was never there, or is erased by now.
        let gone = format!("/v1/learners/{}/erasure", last.id);
        let _ = app.as_officer("610000").post(&gone, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
        for nobody in [first.id.to_string(), "0190d3f0-0000-7000-8000-00000000beef".to_owned()] {
            let refused = ask(&[("learner_id", &nobody)]);
            assert_eq!(
                (oauth_error(&refused, 400).as_str(), &refused.json["successor"]),
                ("invalid_request", &Value::Null)
            );
        }
    });
}
