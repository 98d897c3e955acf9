//! Form bodies, for the one standard that wants them (RFC 6749).

use super::{body::read_short_body, media::require_media_type};
use crate::problem::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use std::fmt;

/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The longest form that is read. A signed assertion is the longest thing in one.
const LONGEST_FORM: usize = 32 * 1024;

/// The fields of a form, in order, decoded; a field may stand in it more than once.
#[derive(Clone)]
pub struct Form(pub Vec<(String, String)>);

impl FromRequest for Form {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (headers, payload) = (request.headers().clone(), payload.take());
        Box::pin(async move {
            require_media_type(&headers, &[FORM])?;
            let body = read_short_body(&headers, payload, LONGEST_FORM).await?;
            Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
        })
    }
}

/// Forms hold secrets.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
