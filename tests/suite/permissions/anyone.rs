//! The cells that are for anyone: answered alike to whoever asks, with or without a token and whatever it is worth, since nobody
//! is looked at.

use super::{rows, world::World};
use crate::access::{TOKENS, client, secret};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::{App, Client, each_backend};
use time::Duration;
use xueshi::auth::{CallerKind, Tokens};

/// What everybody is answered at such an operation; nothing where it has no request here.
fn told(operation: &str) -> Option<(&'static str, &'static str)> {
    Some(match operation {
        "get_authorization_server" => ("/.well-known/oauth-authorization-server", "token_endpoint"),
        "get_health" => ("/healthz", "\"status\""),
        "get_keys" => ("/.well-known/jwks.json", "\"keys\""),
        "get_metrics" => ("/metrics", "# TYPE "),
        "get_problem_kind" => ("/problems/not_found", "\"not_found\""),
        "get_readiness" => ("/readyz", "\"status\""),
        _ => return None,
    })
}

/// Nobody, every kind of caller, and tokens of every kind that hold no longer or are for another service.
fn everyone<'a>(app: &'a App, world: &'a World<'a>) -> Vec<Client<'a>> {
    let (issuer, now) = (app.state().tokens.issuer(), app.clock.now());
    let elsewhere = Tokens::load(&app.folder().join("keys"), issuer, "another-service").unwrap();
    let of = |kind: &CallerKind| {
        let subject = world.subject(*kind);
        let expired = app.state().tokens.mint(&subject, now - Duration::DAY, Duration::HOUR).unwrap();
        let misled = elsewhere.mint(&subject, now, Duration::HOUR).unwrap();
        [world.caller(*kind), app.as_nobody().bearing(&expired), app.as_nobody().bearing(&misled)]
    };
    [app.as_nobody()].into_iter().chain(CallerKind::ALL.iter().flat_map(of)).collect()
}

#[test]
fn what_is_for_anyone_is_answered_to_everyone_alike() {
    each_backend(|app| {
        let world = World::new(app);
        let everyone = everyone(app, &world);
        let platform = app.platform("asks-for-tokens").register().id.to_string();
        let new_client = || client(app, &platform, Value::Null)["client_id"].as_str().unwrap().to_owned();
        let client = new_client();
        let (right, wrong) = (secret(app, &client), secret(app, &new_client()));
        let mut tried = BTreeSet::new();
        for row in rows().into_iter().filter(|row| row.caller == "anyone") {
            assert_eq!((row.own.as_str(), row.others.as_str()), ("allowed", "allowed"), "{}", row.operation);
            for (at, who) in everyone.iter().enumerate() {
                if let Some((path, holds)) = told(&row.operation) {
                    let answer = who.get(path).expect(200);
                    assert!(answer.text.contains(holds), "{}: {}", row.operation, answer.text);
                    continue;
                }
                assert_eq!(row.operation, "issue_token", "it has no request here");
                let asking = |secret: &str| {
                    let fields =
                        [("grant_type", "client_credentials"), ("client_id", &*client), ("client_secret", secret)];
                    who.post_form(TOKENS, &fields)
                };
                // Only who proves the client in the form alone is given a token: one that is brought helps nobody, whatever it is worth.
                if at > 0 {
                    assert_eq!(asking(&right).expect(400).json["error"], "invalid_request");
                    continue;
                }
                let token = asking(&right).expect(200).json["access_token"].as_str().unwrap().to_owned();
                let _ = app.as_nobody().bearing(&token).get("/v1/caller").expect(200);
                assert_eq!(asking(&wrong).expect(401).json["error"], "invalid_client");
            }
            tried.insert(row.operation);
        }
        assert_eq!((tried.len(), everyone.len()), (7, 1 + 3 * CallerKind::ALL.len()), "{tried:?}");
    });
}
