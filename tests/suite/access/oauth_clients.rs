//! A client library that others wrote, against the token endpoint: Rust's `oauth2`. Python's Authlib is tried by `tests/conformance`.

use super::{TOKENS, new_client, secret};
use oauth2::{
    AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use tests::{App, each_backend};

/// The library's requests, sent by the harness's kind of agent.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let (head, mut body) = agent.run(request)?.into_parts();
    Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
}

#[test]
fn the_oauth2_crate_gets_tokens_with_the_secret_in_the_header_and_in_the_body() {
    each_backend(|app| {
        let id = new_client(app);
        let secret = secret(app, &id);
        let known = app.as_nobody().get("/.well-known/oauth-authorization-server").expect(200).json;
        assert!(known["token_endpoint"].as_str().unwrap().ends_with(TOKENS));
        for (way, secret, scope, wanted) in [
            (AuthType::BasicAuth, secret.as_str(), None, Ok("completions:write completions:read courses:read")),
            (AuthType::RequestBody, secret.as_str(), None, Ok("completions:write completions:read courses:read")),
            (AuthType::BasicAuth, secret.as_str(), Some("courses:read"), Ok("courses:read")),
            (AuthType::RequestBody, secret.as_str(), Some("grants:write"), Err(BasicErrorResponseType::InvalidScope)),
            (AuthType::BasicAuth, "another secret: of +signs% and ü", None, Err(BasicErrorResponseType::InvalidClient)),
            (
                AuthType::RequestBody,
                "another secret: of +signs% and ü",
                None,
                Err(BasicErrorResponseType::InvalidClient),
            ),
        ] {
            let client = BasicClient::new(ClientId::new(id.clone()))
                .set_client_secret(ClientSecret::new(secret.to_owned()))
                .set_auth_type(way.clone())
                .set_token_uri(TokenUrl::new(app.url(TOKENS)).unwrap());
            let mut asked = client.exchange_client_credentials();
            if let Some(scope) = scope {
                asked = asked.add_scope(Scope::new(scope.to_owned()));
            }
            match (asked.request(&send), wanted) {
                (Ok(token), Ok(scopes)) => holds(app, &token, scopes),
                (Err(RequestTokenError::ServerResponse(error)), Err(wanted)) => assert_eq!(error.error(), &wanted),
                (answer, wanted) => panic!("{way:?}: {answer:?} instead of {wanted:?}"),
            }
        }
    });
}

fn holds(app: &App, token: &oauth2::basic::BasicTokenResponse, scopes: &str) {
    let given: Vec<&str> = token.scopes().unwrap().iter().map(|scope| scope.as_str()).collect();
    assert_eq!(given.join(" "), scopes);
    assert_eq!(token.expires_in(), Some(std::time::Duration::from_secs(900)));
    let caller = app.as_nobody().bearing(token.access_token().secret()).get("/v1/caller").expect(200);
    assert_eq!(caller.json["kind"], "platform");
}
