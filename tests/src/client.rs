//! A caller: whoever a test speaks as.

use crate::{Answer, App};
use serde_json::Value;

/// Someone who calls the application.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    app: &'a App,
    token: Option<String>,
    headers: Vec<(String, String)>,
    elsewhere: Option<String>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(app: &'a App, token: Option<String>) -> Self {
        Self { app, token, headers: Vec::new(), elsewhere: None }
    }

    /// The same caller with a header on every request.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same caller, reading English.
    #[must_use]
    pub fn in_english(self) -> Self {
        self.with("accept-language", "en")
    }

    /// The same caller, asking another process of the service.
    #[must_use]
    pub fn at(mut self, node: &crate::Node) -> Self {
        self.elsewhere = Some(node.url(""));
        self
    }

    /// The token, to send by other means.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// `GET path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, Vec::new())
    }

    /// `DELETE path`.
    #[must_use]
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, Vec::new())
    }

    /// `POST path` with a JSON body.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some("application/json"), body.to_string().into_bytes())
    }

    /// `PUT path` with a JSON body.
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some("application/json"), body.to_string().into_bytes())
    }

    /// `PATCH path` with a JSON body.
    #[must_use]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some("application/json"), body.to_string().into_bytes())
    }

    /// `POST path` with a form.
    #[must_use]
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send("POST", path, Some("application/x-www-form-urlencoded"), pairs.join("&").into_bytes())
    }

    /// The same caller with another token.
    #[must_use]
    pub fn bearing(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Any request with any body.
    ///
    /// # Panics
    /// When no answer comes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a request without an answer should fail the test loudly")]
    pub fn send(&self, method: &str, path: &str, media_type: Option<&str>, body: Vec<u8>) -> Answer {
        let url = self.elsewhere.as_ref().map_or_else(|| self.app.url(path), |node| format!("{node}{path}"));
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).expect("a request");
        let answer = Answer::read(self.app.agent.run(request).expect("an answer"));
        // The document has examples, and they are made up. One operation shows a number, which is what it is for.
        let unmasked = path.split('?').next().is_some_and(|path| path.ends_with("/unmasking")) && answer.status == 200;
        if !path.starts_with("/openapi") && !unmasked {
            answer.holds_no_document();
        }
        answer
    }
}
