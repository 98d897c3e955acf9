//! Clients, their secrets, and how soon an end is an end.

use super::{ask, bearer, client, new_client, oauth_error, secret};
use crate::{
    completions::soon,
    registry::{faults, named},
    tables::{columns_with_bytes, kept_in_the_clear},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{each_backend, fixtures::Signer};
use time::Duration;

#[test]
fn a_secret_is_shown_once_and_then_only_that_there_is_one() {
    each_backend(|app| {
        let id = new_client(app);
        let path = format!("/v1/clients/{id}");
        let made = app.as_security_administrator().post(&format!("{path}/secrets"), &json!({})).expect(201);
        assert_eq!(made.header("cache-control"), "no-store");
        let secret = made.json["client_secret"].as_str().unwrap();
        assert!(secret.starts_with("xs_") && secret.len() == 46, "{secret}");
        let shown = app.as_security_administrator().get(&path).expect(200);
        assert_eq!(shown.json["secrets"][0]["secret_id"], made.json["secret_id"]);
        assert!(!shown.text.contains(secret) && !shown.text.contains("hash"), "{}", shown.text);
        let listed = app.as_security_administrator().get("/v1/clients").expect(200);
        assert_eq!(listed.json["items"], json!([shown.json]));
    });
}

#[test]
fn of_a_secret_no_more_than_a_hash_is_in_the_tables() {
    each_backend(|app| {
        let id = new_client(app);
        let made = secret(app, &id);
        let _ = ask(app, &id, &made).expect(200);
        // Nor of one that somebody tried, or put where the client's id belongs.
        let wrong = made.chars().rev().collect::<String>();
        assert_eq!(oauth_error(&ask(app, &id, &wrong), 401), "invalid_client");
        assert_eq!(oauth_error(&ask(app, &made, &wrong), 401), "invalid_client");
        soon(|| !kept_in_the_clear(app, "invalid_client").is_empty());
        let bare = made.strip_prefix("xs_").unwrap();
        for text in [made.as_str(), bare, &bare[..21], &bare[22..], &wrong] {
            assert_eq!(kept_in_the_clear(app, text), [""; 0]);
        }
        let bytes: Vec<u8> = URL_SAFE_NO_PAD.decode(bare).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hash = hex(Sha256::digest(&made).as_slice());
        assert_eq!(
            columns_with_bytes(app, &hash),
            ["client_secret.secret_hash"],
            "the hash is there, so the search finds"
        );
        assert_eq!(columns_with_bytes(app, &hex(&bytes)), [""; 0]);
    });
}

#[test]
fn a_client_must_fit_its_kind_and_its_keys_must_be_public_ones() {
    each_backend(|app| {
        let mut key = Signer::ed25519("a").jwk();
        key["d"] = "AAAA".into();
        let body = json!({
            "kind": "platform", "name": "x", "scopes": ["learner:self"], "jwks": { "keys": [key] }
        });
        let problem = app.as_security_administrator().post("/v1/clients", &body).problem(422, "invalid_body");
        let wanted = [("/jwks/keys/0", "unusable_key"), ("/platform_id", "missing"), ("/scopes/0", "not_of_this_kind")];
        assert_eq!(faults(&problem), named(&wanted));
        let nowhere = json!({
            "kind": "platform", "name": "x", "scopes": ["courses:read"],
            "platform_id": "0190d3f0-0000-7000-8000-00000000beef"
        });
        let problem = app.as_security_administrator().post("/v1/clients", &nowhere).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/platform_id", "unknown_reference")]));
    });
}

#[test]
fn secrets_follow_one_another_with_an_overlap_and_end_on_time() {
    each_backend(|app| {
        let id = new_client(app);
        let secrets = format!("/v1/clients/{id}/secrets");
        let old = app
            .as_security_administrator()
            .post(&secrets, &json!({ "until_at": "2021-06-15T06:00:00Z" }))
            .expect(201)
            .json;
        let new = app
            .as_security_administrator()
            .post(&secrets, &json!({ "from_at": "2021-06-15T05:00:00Z" }))
            .expect(201)
            .json;
        let works = |which: &Value| ask(app, &id, which["client_secret"].as_str().unwrap()).status == 200;
        assert_eq!((works(&old), works(&new)), (true, false));
        app.clock.set(tests::NOON + Duration::hours(1));
        assert_eq!((works(&old), works(&new)), (true, true));
        app.clock.set(tests::NOON + Duration::hours(2));
        assert_eq!((works(&old), works(&new)), (false, true), "a secret past its end");
        let path = format!("{secrets}/{}", new["secret_id"].as_str().unwrap());
        assert_eq!(app.as_security_administrator().delete(&path).status, 204);
        assert!(!works(&new));
        let other = new_client_secret_path(&id);
        let _ = app.as_security_administrator().delete(&other).problem(404, "not_found");
    });
}

fn new_client_secret_path(id: &str) -> String {
    format!("/v1/clients/{id}/secrets/0190d3f0-0000-7000-8000-00000000beef")
}

#[test]
fn a_client_has_at_most_eight_secrets_at_once() {
    each_backend(|app| {
        let id = new_client(app);
        let secrets: Vec<_> = (0..8).map(|_| secret(app, &id)).collect();
        let path = format!("/v1/clients/{id}/secrets");
        let problem = app.as_security_administrator().post(&path, &json!({})).problem(409, "too_many_secrets");
        assert!(problem["detail"].is_string(), "what to do is said: {problem}");
        for secret in secrets {
            let _ = ask(app, &id, &secret).expect(200);
        }
        let past = json!({ "until_at": "2021-06-15T04:00:00Z" });
        let problem = app.as_security_administrator().post(&path, &past).problem(422, "invalid_body");
        assert_eq!(faults(&problem), named(&[("/until_at", "before_beginning")]));
    });
}

#[test]
fn a_disabled_client_gets_no_token_and_its_tokens_stop_at_once() {
    each_backend(|app| {
        let id = new_client(app);
        let secret = secret(app, &id);
        let platform = bearer(app, &ask(app, &id, &secret).expect(200));
        let _ = platform.get("/v1/caller").expect(200);
        let admin = app.as_security_administrator();
        let disabled = admin.post(&format!("/v1/clients/{id}/disabling"), &Value::Null).expect(200).json;
        assert!(disabled["disabled_at"].is_string());
        assert_eq!(platform.get("/v1/caller").problem(401, "invalid_token")["reason"], "revoked");
        assert_eq!(oauth_error(&ask(app, &id, &secret), 401), "invalid_client");
        let enabled = admin.post(&format!("/v1/clients/{id}/enabling"), &Value::Null).expect(200).json;
        assert!(enabled["disabled_at"].is_null());
        // Whoever stole one must not have it back.
        assert_eq!(platform.get("/v1/caller").problem(401, "invalid_token")["reason"], "revoked");
        assert!(enabled["tokens_from_at"].is_string());
        let again = bearer(app, &ask(app, &id, &secret).expect(200));
        let _ = again.get("/v1/caller").expect(200);
        // The clock stands still, and what was issued since the last end goes all the same.
        let _ = admin.post(&format!("/v1/clients/{id}/disabling"), &Value::Null).expect(200);
        let _ = admin.post(&format!("/v1/clients/{id}/enabling"), &Value::Null).expect(200);
        assert_eq!(again.get("/v1/caller").problem(401, "invalid_token")["reason"], "revoked");
        let _ = bearer(app, &ask(app, &id, &secret).expect(200)).get("/v1/caller").expect(200);
    });
}

#[test]
fn what_a_secret_or_a_key_gave_goes_with_it_and_new_tokens_hold() {
    each_backend(|app| {
        let id = new_client(app);
        let (path, admin) = (format!("/v1/clients/{id}"), app.as_security_administrator());
        let stolen = admin.post(&format!("{path}/secrets"), &json!({})).expect(201).json;
        let kept = secret(app, &id);
        let got = |secret: &str| bearer(app, &ask(app, &id, secret).expect(200));
        let (thief, owner) = (got(stolen["client_secret"].as_str().unwrap()), got(&kept));
        assert_eq!((thief.get("/v1/caller").status, owner.get("/v1/caller").status), (200, 200));
        let ended = format!("{path}/secrets/{}", stolen["secret_id"].as_str().unwrap());
        assert_eq!(admin.delete(&ended).status, 204);
        for before in [&thief, &owner] {
            assert_eq!(before.get("/v1/caller").problem(401, "invalid_token")["reason"], "revoked");
        }
        // Another process may not have heard of it for a moment.
        app.clock.set(tests::NOON + Duration::seconds(1));
        let _ = got(&kept).get("/v1/caller").expect(200);
        app.clock.set(tests::NOON + Duration::MINUTE);
        let later = got(&kept);
        let _ = later.get("/v1/caller").expect(200);

        let keys = |signers: &[Signer]| {
            let keys: Vec<Value> = signers.iter().map(Signer::jwk).collect();
            let change = json!({
                "name": "x", "scopes": ["courses:read"],
                "jwks": if keys.is_empty() { Value::Null } else { json!({ "keys": keys }) }
            });
            let _ = admin.put(&path, &change).expect(200);
        };
        keys(&[Signer::ed25519("a")]);
        keys(&[Signer::ed25519("a"), Signer::p256("b")]);
        let _ = later.get("/v1/caller").expect(200);
        keys(&[Signer::p256("b")]);
        assert_eq!(later.get("/v1/caller").problem(401, "invalid_token")["reason"], "revoked");
    });
}

#[test]
fn another_process_stops_within_a_moment() {
    each_backend(|app| {
        let id = new_client(app);
        // A process of its own has the machine's clock, so the secret must not wait for the test's.
        app.clock.set(time::OffsetDateTime::now_utc());
        let secret = secret(app, &id);
        let token = ask(app, &id, &secret).expect(200).json["access_token"].as_str().unwrap().to_owned();
        let node = app.node(env!("CARGO_BIN_EXE_node"));
        let status = || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let request = agent.get(node.url("/v1/caller")).header("authorization", format!("Bearer {token}"));
            request.call().unwrap().status().as_u16()
        };
        assert_eq!(status(), 200);
        let _ = app.as_security_administrator().post(&format!("/v1/clients/{id}/disabling"), &Value::Null).expect(200);
        soon(|| status() == 401);
    });
}

#[test]
fn what_is_taken_from_a_client_is_gone_from_its_tokens() {
    each_backend(|app| {
        let platform = app.platform("p1").register().id.to_string();
        let id = client(app, &platform, Value::Null)["client_id"].as_str().unwrap().to_owned();
        let client = bearer(app, &ask(app, &id, &secret(app, &id)).expect(200));
        let _ = client.get("/v1/courses").expect(200);
        let change = json!({ "name": "示例推送服务", "scopes": ["completions:read"] });
        let _ = app.as_security_administrator().put(&format!("/v1/clients/{id}"), &change).expect(200);
        let _ = client.get("/v1/courses").problem(403, "insufficient_scope");
        let _ = client.get("/v1/held-completions").expect(200);
    });
}
