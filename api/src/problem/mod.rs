//! The one door by which a failure leaves the service: RFC 9457 `application/problem+json`.
//!
//! Rooms make a [`Problem`] from a line of [`Kind`]'s table and attach typed facts; the edge (`edge.rs`) renders it in the
//! caller's language and adds the trace id. Nothing internal is ever rendered: the cause of a 5xx goes to the log only.

mod explained;
mod kinds;

use crate::text::{Language, Text};
use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{CONTENT_LANGUAGE, HeaderName, HeaderValue, VARY},
    },
};
use domain::kernel::{Citation, LearnerId};
pub use kinds::Kind;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use store::StoreError;

/// The media type of every failure.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A failure on its way out. Cheap to move; made in a handler, rendered at the edge.
#[derive(Clone, Debug)]
pub struct Problem(Box<Facts>);

#[derive(Clone, Debug)]
struct Facts {
    kind: Kind,
    detail: Option<Text>,
    members: Map<String, Value>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
    tried: Option<Tried>,
    proven: Option<Proven>,
}

/// Who brought a token that holds and speaks for nobody here, for the audit trail: never rendered.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// The name in records: the account, where the token names one, else the portal.
    pub(crate) signature: String,
    /// The portal that signed it.
    pub(crate) issuer: String,
}

/// What a refused attempt was about, for the audit trail: never rendered.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// What kind of thing.
    pub(crate) kind: &'static str,
    /// Which one, where there is one already.
    pub(crate) id: Option<String>,
    /// What was asked for. It holds nothing personal in clear.
    pub(crate) what: Option<Value>,
}

/// One fault in a body, a query or a path, with the place it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer into the body, the query parameter's name after `?`, or the name of a part of the path in braces.
    pub pointer: String,
    /// Stable code for machines, for instance `missing`.
    pub code: String,
    /// For people.
    pub detail: Text,
    /// Typed facts for machines.
    pub facts: Map<String, Value>,
}

impl FieldError {
    /// One fault.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, detail: Text) -> Self {
        Self { pointer: pointer.into(), code: code.into(), detail, facts: Map::new() }
    }

    /// A typed fact for machines, such as the line in a text that the body holds. The standard members cannot be overwritten.
    #[must_use]
    pub fn with(mut self, member: &str, fact: impl Serialize) -> Self {
        self.facts.insert(member.to_owned(), serde_json::to_value(fact).unwrap_or(Value::Null));
        self
    }

    /// The fault as it goes over the wire, in one language.
    #[must_use]
    pub fn to_value(&self, language: Language) -> Value {
        let mut value = self.facts.clone();
        value.insert("pointer".into(), self.pointer.clone().into());
        value.insert("code".into(), self.code.clone().into());
        value.insert("detail".into(), self.detail.in_language(language).into());
        Value::Object(value)
    }
}

impl Problem {
    /// A failure of this kind, without further facts.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let (members, errors, headers) = (Map::new(), Vec::new(), Vec::new());
        Self(Box::new(Facts { kind, detail: None, members, errors, headers, cause: None, tried: None, proven: None }))
    }

    /// The service failed. The cause goes to the log at the edge and nowhere else.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(Kind::Internal);
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// The service cannot answer now. The cause goes to the log at the edge and nowhere else.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(Kind::Unavailable).header("retry-after", "1");
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// A body that is readable but breaks the contract, with every fault found.
    #[must_use]
    pub fn invalid_body(errors: Vec<FieldError>) -> Self {
        Self::new(Kind::InvalidBody).errors(errors)
    }

    /// A query that breaks the contract in one parameter.
    #[must_use]
    pub fn invalid_query(parameter: &str, code: &str, detail: Text) -> Self {
        Self::new(Kind::InvalidQuery).errors(vec![FieldError::new(format!("?{parameter}"), code, detail)])
    }

    /// A file that has ended, with the one in which it did.
    #[must_use]
    pub fn learner_merged(successor: LearnerId) -> Self {
        let link = format!("</v1/learners/{successor}>; rel=\"successor-version\"");
        Self::new(Kind::LearnerMerged).with("successor", successor).header("link", &link)
    }

    /// What happened in this case, for people.
    #[must_use]
    pub fn detail(mut self, detail: Text) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// A typed fact for machines. The standard members cannot be overwritten.
    #[must_use]
    pub fn with(mut self, member: &str, fact: impl Serialize) -> Self {
        let fact = serde_json::to_value(fact).unwrap_or(Value::Null);
        self.0.members.insert(member.to_owned(), fact);
        self
    }

    /// Without a fact that says nothing here.
    #[must_use]
    pub(crate) fn without(mut self, member: &str) -> Self {
        let _ = self.0.members.remove(member);
        self
    }

    /// The rule that refuses.
    #[must_use]
    pub fn clause(self, citation: &Citation) -> Self {
        self.with("clause", citation)
    }

    /// All faults at once.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// A response header that belongs to the failure, such as `Allow`. A value that is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// What the log should know and the caller should not.
    #[must_use]
    pub fn because(mut self, cause: String) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// What the audit trail should know of a refused attempt.
    pub(crate) fn trying(mut self, tried: Tried) -> Self {
        self.0.tried = Some(tried);
        self
    }

    /// The same of somebody's file, where it is a refusal: what is merely wrong with a request is no attempt.
    pub(crate) fn about_file(self, learner: LearnerId) -> Self {
        if !self.0.kind.is_refusal() {
            return self;
        }
        self.trying(Tried { kind: "learner", id: Some(learner.to_string()), what: None })
    }

    /// Who tried it by a token that holds and speaks for nobody here.
    pub(crate) fn proven(&self) -> Option<&Proven> {
        self.0.proven.as_ref()
    }

    /// Who tried it, by a token that holds.
    #[must_use]
    pub(crate) fn by(mut self, proven: Proven) -> Self {
        self.0.proven = Some(proven);
        self
    }

    /// What was tried, where the room says so.
    pub(crate) fn tried(&self) -> Option<&Tried> {
        self.0.tried.as_ref()
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What the log should know and the caller should not.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body as JSON, in one language: also what a batch embeds as the answer to one refused item.
    #[must_use]
    pub fn to_value(&self, language: Language) -> Value {
        let Facts { kind, detail, members, errors, .. } = &*self.0;
        let mut body = members.clone();
        body.insert("type".into(), kind.type_uri().into());
        body.insert("code".into(), kind.slug().into());
        body.insert("status".into(), kind.status().as_u16().into());
        body.insert("title".into(), kind.title().in_language(language).into());
        if let Some(detail) = detail.clone().or_else(|| kind.advises().then(|| kind.advice())) {
            body.insert("detail".into(), detail.in_language(language).into());
        }
        if !errors.is_empty() {
            body.insert("errors".into(), errors.iter().map(|e| e.to_value(language)).collect());
        }
        Value::Object(body)
    }

    /// The response, in one language; a failure of the service carries the trace id that its log line has.
    #[must_use]
    pub fn respond(&self, language: Language, trace_id: Option<&str>) -> HttpResponse {
        let mut body = self.to_value(language);
        let status = self.0.kind.status();
        if let (true, Some(trace_id), Some(members)) = (status.is_server_error(), trace_id, body.as_object_mut()) {
            members.insert("trace_id".into(), trace_id.into());
        }
        let mut response = HttpResponse::build(status);
        for (name, value) in &self.0.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response
            .content_type(PROBLEM_JSON)
            .insert_header((CONTENT_LANGUAGE, language.tag()))
            .insert_header((VARY, "accept-language"))
            .body(body.to_string())
    }
}

/// For what a room has not treated itself. A room that can say more about a conflict matches on it before.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let mut problem = match &error {
            StoreError::Conflict { .. } => Self::new(Kind::Conflict),
            StoreError::NulCharacter => {
                Self::new(Kind::InvalidBody).detail(Text::new("文本不得包含 U+0000", "a text must not contain U+0000"))
            }
            StoreError::Contention(_) | StoreError::Unavailable(_) => return Self::unavailable(error),
            // Every reference of a caller is looked up before it is written: one that leads nowhere is our mistake.
            StoreError::MissingReference(_)
            | StoreError::RuleViolated(_)
            | StoreError::Panicked
            | StoreError::Setting(_)
            | StoreError::Migration(_)
            | StoreError::Unreadable(_)
            | StoreError::Database(_) => return Self::internal(error),
        };
        problem.0.cause = Some(error.to_string());
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.slug())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// Used only where no edge stands around the handler; the edge renders the problem in the caller's language.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.respond(Language::default(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_never_overwrite_the_standard_members() {
        let problem = Problem::new(Kind::NotFound).with("status", 200).with("course_id", "c");
        let body = problem.to_value(Language::English);
        assert_eq!(body["status"], 404);
        assert_eq!(body["type"], "/problems/not_found");
        assert_eq!(body["title"], "Not found");
        assert_eq!(body["course_id"], "c");
    }

    #[test]
    fn a_taken_key_is_a_conflict_and_a_missing_reference_is_not() {
        let of = |error: StoreError| Problem::from(error).kind();
        assert_eq!(of(StoreError::Conflict { table: None, detail: String::new() }), Kind::Conflict);
        assert_eq!(of(StoreError::MissingReference("learner_place".to_owned())), Kind::Internal);
    }

    #[test]
    fn the_cause_of_a_failure_is_not_rendered() {
        let problem = Problem::internal("password is hunter2");
        assert!(!problem.to_value(Language::Chinese).to_string().contains("hunter2"));
        assert_eq!(problem.cause(), Some("password is hunter2"));
    }
}
