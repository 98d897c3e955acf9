//! A person's full name and document: for a purpose, on the record, and not often.

use crate::access;
use domain::audit::Act;
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration as Wait, Instant},
};
use store::audit::{EventSearch, search_events};
use tests::{Client, each_backend};
use time::Duration;
use xueshi::auth::CallerKind;

fn unmask(client: &Client<'_>, id: impl std::fmt::Display) -> tests::Answer {
    unmask_for(client, id, "complaint")
}

fn unmask_for(client: &Client<'_>, id: impl std::fmt::Display, purpose: &str) -> tests::Answer {
    let asked = json!({ "purpose": purpose, "reference": "投诉〔2026〕12号" });
    client.post(&format!("/v1/learners/{id}/unmasking"), &asked)
}

#[test]
fn unmasking_shows_the_whole_document_and_tells_the_learner_what_for() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let li = app.caller(CallerKind::Officer, "li", "610300".parse().ok());
        let shown = unmask(&li, learner.id).expect(200).json;
        assert_eq!(shown["document"]["number"], learner.person.document_number.as_str());
        assert_eq!((&shown["name"], &shown["left_today"]), (&Value::from(learner.person.name.as_str()), &json!(49)));
        let records =
            app.as_learner(learner.id).get(&format!("/v1/learners/{}/access-records", learner.id)).expect(200).json;
        assert_eq!(records["items"][0]["reader"], "officer:li");
        assert_eq!(records["items"][0]["purpose"], "complaint: 投诉〔2026〕12号");
        // The record itself says nothing of what was shown.
        let events =
            app.read(|db| search_events(db, EventSearch { acts: &[Act::Read], limit: 10, ..Default::default() }));
        assert_eq!((events.len(), events[0].operation.as_str(), &events[0].after), (1, "unmask_learner", &None));
    });
}

#[test]
fn unmasking_wants_a_purpose_and_stops_at_the_days_limit() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let li = app.caller(CallerKind::Officer, "li", "610300".parse().ok());
        let path = format!("/v1/learners/{}/unmasking", learner.id);
        let faults = li.post(&path, &json!({ "purpose": "curiosity", "reference": " " })).problem(422, "invalid_body");
        let mut pointers: Vec<_> =
            faults["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
        pointers.sort_by_key(Value::to_string);
        assert_eq!(pointers, ["/purpose", "/reference"], "{faults}");
        for left in (0..50).rev() {
            assert_eq!(unmask(&li, learner.id).expect(200).json["left_today"], left);
        }
        let refused = unmask(&li, learner.id);
        let waits: i64 = refused.header("retry-after").parse().unwrap();
        assert_eq!(refused.problem(429, "daily_limit")["limit"], 50);
        // That too is a refused attempt.
        let refusals = EventSearch { acts: &[Act::Refusal], limit: 10, ..Default::default() };
        let end = Instant::now() + Wait::from_secs(60);
        while app.read(|db| search_events(db, refusals)).is_empty() {
            assert!(Instant::now() < end, "the refusal is not recorded");
            thread::sleep(Wait::from_millis(20));
        }
        // Another officer has a limit of their own, and so has the next day, which begins at midnight in China.
        let wang = app.caller(CallerKind::Officer, "wang", "610300".parse().ok());
        assert_eq!(unmask(&wang, learner.id).expect(200).json["left_today"], 49);
        app.clock.set(app.clock.now() + Duration::seconds(waits - 1));
        let _ = unmask(&li, learner.id).problem(429, "daily_limit");
        app.clock.set(app.clock.now() + Duration::SECOND);
        assert_eq!(unmask(&li, learner.id).expect(200).json["left_today"], 49);
    });
}

#[test]
fn a_mini_program_unmasks_a_learner_no_oftener_than_the_learner_may() {
    each_backend(|app| {
        let learner = app.learner("610300").register();
        let id = learner.id.to_string();
        let body = json!({ "kind": "mini_program", "name": "12333", "scopes": ["learner:self"] });
        let made = app.as_security_administrator().post("/v1/clients", &body).expect(201).json;
        let client = made["client_id"].as_str().unwrap();
        let secret = access::secret(app, client);
        let ask = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", &secret)];
        let ask = [&ask[..], &[("learner_id", id.as_str())]].concat();
        let program = access::bearer(app, &app.as_nobody().post_form(access::TOKENS, &ask).expect(200));
        // Which way the learner comes makes no difference, and what comes in between counts for both.
        let own = app.as_learner(learner.id);
        for left in (0..50).rev() {
            let by = if left % 2 == 0 { &own } else { &program };
            assert_eq!(unmask_for(by, learner.id, "own_file").expect(200).json["left_today"], left);
        }
        for by in [&own, &program] {
            let _ = unmask_for(by, learner.id, "own_file").problem(429, "daily_limit");
        }
    });
}
