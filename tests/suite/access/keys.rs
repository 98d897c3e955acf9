//! The service's own keys: published, and followed by others without a gap.

use serde_json::json;
use std::process::Command;
use tests::{App, Backend, PUBLIC_URL};
use time::macros::datetime;

#[test]
fn a_client_finds_what_it_must_know() {
    let app = App::start(Backend::Sqlite);
    let known = app.as_nobody().get("/.well-known/oauth-authorization-server").expect(200);
    assert_eq!(known.json["issuer"], PUBLIC_URL);
    assert_eq!(known.json["token_endpoint"], format!("{PUBLIC_URL}/v1/oauth/token"));
    assert_eq!(known.json["jwks_uri"], format!("{PUBLIC_URL}/.well-known/jwks.json"));
    assert_eq!(known.json["grant_types_supported"], json!(["client_credentials"]));
    let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    assert_eq!(known.json["token_endpoint_auth_methods_supported"], methods);
    let keys = app.as_nobody().get("/.well-known/jwks.json").expect(200);
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    let key = &keys.json["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert!(key["kid"].is_string() && key["x"].is_string() && key["d"].is_null(), "{key}");
}

#[test]
fn a_new_service_key_signs_from_its_moment_on_and_the_old_one_still_verifies() {
    let mut app = App::start(Backend::Sqlite);
    let before = app.as_security_administrator();
    let (old, kid) = (before.token().unwrap().to_owned(), |token: &str| token.split('.').next().unwrap().to_owned());
    let keys = app.folder().join("keys");
    let rotate = Command::new(env!("CARGO_BIN_EXE_node"))
        .args(["keys", "rotate", "--after-minutes", "0", "--keys-dir"])
        .arg(&keys)
        .output()
        .unwrap();
    let warned = String::from_utf8_lossy(&rotate.stderr).into_owned();
    assert!(rotate.status.success() && warned.contains("what it signs the others refuse (401) until"), "{warned}");
    let status = crate::resealing::status(&app);
    let of_service: Vec<&str> = status.lines().filter(|line| line.starts_with("service key ")).collect();
    assert!(of_service.len() == 2 && of_service[0].contains(": service-key.pem; verifies what it signed"), "{status}");
    let made = String::from_utf8_lossy(&rotate.stdout);
    let made = made.trim().rsplit('/').next().unwrap();
    assert!(of_service[1].contains(&format!(": {made}; signs the tokens that are made now")), "{status}");
    app.restart();
    assert_eq!(app.as_nobody().get("/.well-known/jwks.json").expect(200).json["keys"].as_array().unwrap().len(), 2);
    // The test's clock stands years before the new key's moment. Tokens that the harness makes begin far in the past, so
    // that the old key signs them; a client's begin now.
    let client = super::new_client(&app);
    let secret = super::secret(&app, &client);
    let issued = || super::ask(&app, &client, &secret).expect(200).json["access_token"].as_str().unwrap().to_owned();
    assert_eq!(kid(&issued()), kid(&old));
    app.clock.set(datetime!(2060-01-01 00:00 UTC));
    let new = issued();
    assert_ne!(kid(&new), kid(&old));
    for token in [&old, &new] {
        let _ = app.as_nobody().bearing(token).get("/v1/caller").expect(200);
    }
    std::fs::remove_file(keys.join("service-key.pem")).unwrap();
    app.restart();
    let _ = app.as_nobody().bearing(&old).get("/v1/caller").problem(401, "invalid_token");
    let _ = app.as_nobody().bearing(&new).get("/v1/caller").expect(200);
}
