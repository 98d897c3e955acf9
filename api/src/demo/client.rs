//! A caller of the demo's own service: everything goes through the interface that everyone else uses.

use serde_json::Value;
use std::fmt;
use thiserror::Error;

/// What went wrong with a call.
#[derive(Debug, Error)]
pub(super) enum CallError {
    /// No answer.
    #[error("{path}: {source}")]
    Unanswered {
        path: String,
        #[source]
        source: Box<ureq::Error>,
    },
    /// An answer that is no success.
    #[error("{path} answered {status}: {body}")]
    Refused { path: String, status: u16, body: Value },
}

/// One caller.
pub(super) struct Client {
    agent: ureq::Agent,
    address: String,
    token: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(address: &str, token: String) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { agent: config.into(), address: address.to_owned(), token }
    }

    pub(super) fn get(&self, path: &str) -> Result<Value, CallError> {
        let request = self.agent.get(format!("{}{path}", self.address));
        let answer = request.header("authorization", format!("Bearer {}", self.token)).call();
        read(path, answer)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, CallError> {
        let request = self.agent.post(format!("{}{path}", self.address));
        let answer = request.header("authorization", format!("Bearer {}", self.token)).send_json(body);
        read(path, answer)
    }
}

fn read(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, CallError> {
    let unanswered = |source| CallError::Unanswered { path: path.to_owned(), source: Box::new(source) };
    let mut answer = answer.map_err(unanswered)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_json().map_err(unanswered)?;
    if status < 300 { Ok(body) } else { Err(CallError::Refused { path: path.to_owned(), status, body }) }
}
