//! What is asked again and done already leaves an event that says so, and not the whole change once more.

use super::corrected::events_of;
use crate::access::{PORTAL, issuer, new_client, secret};
use serde_json::{Value, json};
use tests::{App, Client, each_backend, fixtures::Signer};

/// The events of an operation about something, in their order: whether each says that nothing changed, and whether it tells a before.
fn told(app: &App, operation: &str, subject: &str) -> Vec<(bool, bool)> {
    let events = events_of(app, operation, subject);
    events.iter().map(|event| (event["after"]["unchanged"] == true, !event["before"].is_null())).collect()
}

/// Asks twice, a second apart.
fn twice(app: &App, client: &Client<'_>, (method, path): (&str, &str), body: &Value) {
    for _ in 0..2 {
        app.clock.set(app.clock.now() + time::Duration::SECOND);
        let (media, body) = match body {
            Value::Null => (None, Vec::new()),
            body => (Some("application/json"), body.to_string().into_bytes()),
        };
        let answer = client.send(method, path, media, body);
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
    }
}

#[test]
fn a_repeat_that_finds_it_done_says_in_its_event_that_nothing_changed() {
    each_backend(|app| {
        let security = app.as_security_administrator();
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let client = new_client(app);
        for (kind, path, id) in [("token_issuer", "token-issuers", &portal), ("client", "clients", &client)] {
            for (done, operation) in [("disabling", format!("disable_{kind}")), ("enabling", format!("enable_{kind}"))]
            {
                twice(app, &security, ("POST", &format!("/v1/{path}/{id}/{done}")), &Value::Null);
                assert_eq!(told(app, &operation, id), [(false, true), (true, false)], "{operation}");
            }
        }
        let _ = secret(app, &client);
        let shown = security.get(&format!("/v1/clients/{client}")).expect(200).json;
        let one = shown["secrets"][0]["secret_id"].as_str().unwrap();
        twice(app, &security, ("DELETE", &format!("/v1/clients/{client}/secrets/{one}")), &Value::Null);
        assert_eq!(told(app, "end_client_secret", one), [(false, true), (true, false)]);
    });
}

#[test]
fn an_erasure_said_again_and_again_says_so_and_goes_on_answering_what_the_first_did() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let path = format!("/v1/learners/{}/erasure", learner.id);
        let erase = |ground: &str| {
            app.clock.set(app.clock.now() + time::Duration::SECOND);
            app.as_officer("610100").post(&path, &json!({ "ground": ground })).expect(200).json
        };
        let first = erase("受理〔2021〕1号");
        assert_eq!((erase("受理〔2021〕2号"), erase("受理〔2021〕3号")), (first.clone(), first.clone()));
        assert_eq!(first.get("unchanged"), None, "said in the event alone");
        let id = learner.id.to_string();
        assert_eq!(told(app, "erase_learner", &id), [(false, false), (true, false), (true, false)]);
        assert!(events_of(app, "erase_learner", &id).iter().all(|event| event["after"]["ground"] == "受理〔2021〕1号"));
    });
}
