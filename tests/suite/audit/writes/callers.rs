//! Who may call: clients and their secrets, issuers, grants.

use super::Story;
use crate::access;
use serde_json::{Value, json};
use tests::fixtures::Signer;

pub(super) fn callers(story: &mut Story<'_>) {
    let platform = story.app.platform("p8").register().id;
    let input =
        json!({ "kind": "platform", "platform_id": platform, "name": "示例推送", "scopes": ["completions:write"] });
    let client = story.kept("client", "/v1/clients", &input);
    let (secret, event) = story.official("create_client_secret", ("POST", &format!("{client}/secrets")), &json!({}));
    let told = format!("{event:?}");
    assert!(!told.contains(secret["client_secret"].as_str().unwrap()), "{told}");
    let whose = client.rsplit('/').next().unwrap();
    assert!(event.before.is_none() && event.after.unwrap().contains(whose), "{told}");
    let secret = format!("{client}/secrets/{}", secret["secret_id"].as_str().unwrap());
    let (_, event) = story.official("end_client_secret", ("DELETE", &secret), &Value::Null);
    let told = |body: Option<String>| serde_json::from_str::<Value>(&body.unwrap()).unwrap();
    let (before, after) = (told(event.before), told(event.after));
    assert_eq!((&before["client_id"], &after["client_id"]), (&json!(whose), &json!(whose)));
    assert!(before["until_at"].is_null() && after["until_at"].is_string(), "{before} {after}");
    story.official("disable_client", ("POST", &format!("{client}/disabling")), &Value::Null);
    story.official("enable_client", ("POST", &format!("{client}/enabling")), &Value::Null);
    let input = access::issuer_input(access::PORTAL, &[Signer::ed25519("ed").jwk()]);
    let issuer = story.kept("token_issuer", "/v1/token-issuers", &input);
    let id = issuer.rsplit('/').next().unwrap();
    let grant = json!({ "issuer_id": id, "place": "610300", "reason": "任命", "role": "officer", "subject": "li" });
    let (grant, _) = story.official("give_grant", ("POST", "/v1/grants"), &grant);
    let withdrawal = format!("/v1/grants/{}/withdrawal", grant["grant_id"].as_str().unwrap());
    story.official("withdraw_grant", ("POST", &withdrawal), &json!({ "reason": "调离" }));
    story.official("disable_token_issuer", ("POST", &format!("{issuer}/disabling")), &Value::Null);
    story.official("enable_token_issuer", ("POST", &format!("{issuer}/enabling")), &Value::Null);
}
