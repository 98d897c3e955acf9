//! The text of a rule file in a request: as TOML, as plain text, or in a JSON field.

use crate::{
    extract::{Bound, Unjudged, media_type_or_nothing, read_body, require_type_of},
    idempotency::Seen,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

const MEDIA_TYPES: [&str; 3] = ["application/json", "application/toml", "text/plain"];

/// 规则草稿 / A draft of rules.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyDraft)]
pub(super) struct DraftBody {
    /// 规则文件全文（TOML） / The whole rule file, TOML.
    #[validate(length(min = 1))]
    source: String,
}

/// The text, and where in the body it stood.
pub(super) struct Source {
    /// The rule file.
    pub(super) text: String,
    /// The pointer into the body that faults of the text carry.
    pub(super) pointer: &'static str,
    /// What is wrong with the body around the text, or why nothing was read from it.
    pub(super) around: Option<Problem>,
}

impl FromRequest for Source {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = Bound::ordinary(request);
        let (headers, payload, seen) = (request.headers().clone(), payload.take(), Seen::of(request));
        Box::pin(async move {
            let media = media_type_or_nothing(&headers, &MEDIA_TYPES)?;
            let body = read_body(&headers, payload, limit).await?;
            require_type_of(&body, &headers, &MEDIA_TYPES)?;
            if let Some(seen) = seen {
                seen.leave(&body);
            }
            if media == MEDIA_TYPES[0] {
                let input = Unjudged::<DraftBody>::of_body(&body)?;
                let text = input.where_sound(&["/source"]).map(|read| read.source.clone()).unwrap_or_default();
                let around = input.judged(|_, _| Ok(Some(()))).err();
                return Ok(Self { text, pointer: "/source", around });
            }
            let text = String::from_utf8(body).map_err(|error| not_utf8(error.utf8_error().valid_up_to()))?;
            match text.find('\0') {
                Some(_) => Err(Problem::invalid_body(vec![FieldError::new(
                    "",
                    "null_character",
                    Text::new("文本不得包含 U+0000", "a text must not contain U+0000"),
                )])),
                None => Ok(Self { text, pointer: "", around: None }),
            }
        })
    }
}

fn not_utf8(offset: usize) -> Problem {
    Problem::new(Kind::BadRequest)
        .detail(Text::new(
            format!("规则文件须为 UTF-8；第 {offset} 字节处不是"),
            format!("a rule file is UTF-8; the byte at offset {offset} is not"),
        ))
        .with("offset", offset)
}
