//! Failures of the token endpoint, in the form that RFC 6749 5.2 prescribes. Its descriptions are ASCII, so English only.

use crate::{edge::OwnFailure, problem::Problem};
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use domain::kernel::LearnerId;
use serde::Serialize;
use utoipa::ToSchema;

/// Why no token is given.
#[derive(Debug)]
pub(super) enum Failure {
    InvalidRequest(&'static str),
    /// Unknown and wrong credentials are told alike.
    InvalidClient,
    UnsupportedGrantType,
    InvalidScope,
    /// The learner's file has ended, and this one stands for it.
    LearnerMerged(LearnerId),
    TooManyAttempts,
    /// What is not about OAuth: the database, the body's size.
    Other(Problem),
}

/// 令牌请求失败（RFC 6749 5.2） / Why no token is given (RFC 6749 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OAuthFailure {
    /// 错误代码 / The code of the error.
    #[schema(example = "invalid_client")]
    error: &'static str,
    /// 说明，标准规定为 ASCII / A description; the standard wants it in ASCII.
    error_description: &'static str,
    /// 所指学员的档案已并入的档案，请以其编号领取 / The file that stands for that of the learner named, which has ended: ask with its id.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<LearnerId>,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl Failure {
    pub(super) fn answer(self) -> Result<HttpResponse, Problem> {
        let successor = if let Self::LearnerMerged(successor) = self { Some(successor) } else { None };
        let (status, error, error_description) = match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Self::InvalidClient => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "the client is unknown or its credentials do not hold")
            }
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only client_credentials is supported")
            }
            Self::InvalidScope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "a scope is unknown or not given to this client")
            }
            Self::LearnerMerged(_) => {
                let why = "the file of this learner has ended in another one of the person, which is successor";
                (StatusCode::BAD_REQUEST, "invalid_request", why)
            }
            Self::TooManyAttempts => {
                (StatusCode::TOO_MANY_REQUESTS, "invalid_client", "too many failed attempts; try again later")
            }
            Self::Other(problem) => return Err(problem),
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
        match status {
            StatusCode::UNAUTHORIZED => {
                answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"xueshi\", charset=\"UTF-8\""));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                answer.insert_header((header::RETRY_AFTER, super::attempts::WINDOW.whole_seconds().to_string()));
            }
            _ => {}
        }
        let mut answer = answer.json(OAuthFailure { error, error_description, successor });
        answer.extensions_mut().insert(OwnFailure);
        Ok(answer)
    }
}
