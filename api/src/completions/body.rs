//! Bodies that carry items, not yet read item by item.

use super::wire::CompletionBatchIn;
use crate::{
    extract::{Lines, NDJSON, read_body, read_json},
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE, web::Data};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

/// How many items a JSON body may carry.
const MOST_ITEMS: usize = 1000;

/// A body of items, not yet read item by item.
pub(super) enum PushBody {
    Json(Vec<Value>),
    Lines(Lines),
}

impl FromRequest for PushBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media == NDJSON {
            let lines = Lines::from_request(request, payload);
            return Box::pin(async move { lines.await.map(Self::Lines) });
        }
        let items = Items::from_request(request, payload);
        Box::pin(async move { items.await.map(|items| Self::Json(items.0)) })
    }
}

/// The items of a JSON body. U+0000 in one of them is that item's fault, not the batch's.
pub(super) struct Items(pub(super) Vec<Value>);

impl FromRequest for Items {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.batch_body_bytes);
        let (headers, payload) = (request.headers().clone(), payload.take());
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
        Box::pin(async move {
            if !json {
                let supported = ["application/json", NDJSON];
                return Err(Problem::new(Kind::UnsupportedMediaType).with("supported", supported));
            }
            let body = read_body(&headers, payload, limit).await?;
            match serde_json::from_slice::<CompletionBatchIn>(&body) {
                Ok(batch) if (1..=MOST_ITEMS).contains(&batch.items.len()) => Ok(Self(batch.items)),
                // Read again by the way that names every fault.
                _ => match read_json::<CompletionBatchIn>(&body) {
                    Ok(batch) => Ok(Self(batch.items)),
                    Err(problem) => Err(problem),
                },
            }
        })
    }
}
