//! Who may call: clients and their tokens, registered issuers, grants of officials.

mod clients;
mod desks;
mod fetched_keys;
pub(crate) mod grants;
mod issuers;
mod keys;
mod oauth_clients;
mod receiver;
mod scopes;
mod tokens;
mod unreadable;

use serde_json::{Value, json};
use tests::{Answer, App, Client, fixtures::Signer};
use time::Duration;

pub(crate) const TOKENS: &str = "/v1/oauth/token";

/// A client of a platform with every scope of platforms; its body.
pub(crate) fn client(app: &App, platform: &str, jwks: Value) -> Value {
    let body = json!({
        "kind": "platform",
        "platform_id": platform,
        "name": "示例推送服务",
        "scopes": ["completions:write", "completions:read", "courses:read"],
        "jwks": jwks
    });
    app.as_security_administrator().post("/v1/clients", &body).expect(201).json
}

/// A client of a new platform; its id.
pub(crate) fn new_client(app: &App) -> String {
    let platform = app.platform("p1").register();
    client(app, &platform.id.to_string(), Value::Null)["client_id"].as_str().unwrap().to_owned()
}

/// A new secret of a client.
pub(crate) fn secret(app: &App, id: &str) -> String {
    let answer = app.as_security_administrator().post(&format!("/v1/clients/{id}/secrets"), &json!({})).expect(201);
    answer.json["client_secret"].as_str().unwrap().to_owned()
}

/// Asks for a token with a secret in the form.
pub(crate) fn ask(app: &App, id: &str, secret: &str) -> Answer {
    let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    app.as_nobody().post_form(TOKENS, &fields)
}

/// Someone with a token of the answer.
pub(crate) fn bearer<'a>(app: &'a App, answer: &Answer) -> Client<'a> {
    app.as_nobody().bearing(answer.json["access_token"].as_str().unwrap())
}

/// The code of an OAuth failure, after a look at its form.
pub(crate) fn oauth_error(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(status == 401, answer.header("www-authenticate").starts_with("Basic "), "{:?}", answer.headers);
    answer.json["error"].as_str().unwrap().to_owned()
}

/// Seconds since the epoch, so many seconds from the test's present.
pub(crate) fn seconds(app: &App, ahead: i64) -> i64 {
    (app.clock.now() + Duration::seconds(ahead)).unix_timestamp()
}

pub(crate) const PORTAL: &str = "https://portal.test";

/// Registers an issuer for learners and officials with these keys; its id.
pub(crate) fn issuer(app: &App, iss: &str, signers: &[&Signer]) -> String {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    let body = issuer_input(iss, &keys);
    let answer = app.as_security_administrator().post("/v1/token-issuers", &body).expect(201);
    answer.json["issuer_id"].as_str().unwrap().to_owned()
}

pub(crate) fn issuer_input(iss: &str, keys: &[Value]) -> Value {
    json!({
        "iss": iss,
        "name": "示例门户",
        "audience": "xueshi-api",
        "subjects": ["learner", "official"],
        "algorithms": ["EdDSA", "ES256", "RS256"],
        "jwks": { "keys": keys }
    })
}

/// The claims of a portal's token for an official, ten minutes long.
pub(crate) fn claims(app: &App, sub: &str) -> Value {
    json!({
        "iss": PORTAL, "aud": "xueshi-api", "sub": sub,
        "nbf": seconds(app, 0), "exp": seconds(app, 600)
    })
}
