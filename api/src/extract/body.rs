//! Bodies as they come in: media type, encoding, size and time. What stands in them is read in `json.rs`.

use super::{
    json::{Body, read_json},
    media::{media_type_or_nothing, require_media_type, require_type_of},
    unjudged::Unjudged,
    unpack::unpacked,
};
use crate::{
    idempotency::Seen,
    problem::{Kind, Problem},
    settings::BODY_TIME,
    state::{AppState, Limits},
    text::Text,
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap},
    rt::time::timeout,
    web::Data,
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use std::time::Duration;

const JSON: &str = "application/json";

/// How a body may be compressed.
const ENCODINGS: [&str; 3] = ["gzip", "deflate", "identity"];

/// An ordinary body in which nothing can be wrong but its shape. Put `#[serde(deny_unknown_fields)]` on `T`: a misspelt field
/// must not pass in silence. What a service finds fault with itself it takes as [`Unjudged`].
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A body that may carry up to a thousand items, and may be as long as that takes.
#[derive(Clone)]
pub struct BatchJson<T>(pub Unjudged<T>);

impl<T: Body> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_ordinary_body(request, payload);
        Box::pin(async move { read_json(&body.await?).map(Json) })
    }
}

impl<T: Body> FromRequest for Unjudged<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_ordinary_body(request, payload);
        Box::pin(async move { Self::of_body(&body.await?) })
    }
}

/// A body of which everything may be missing, so that none at all, or null, says the same as an empty object.
#[derive(Clone)]
pub struct OptionalJson<T>(pub Unjudged<T>);

impl<T: Body> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = Bound::ordinary(request);
        let (headers, payload) = (request.headers().clone(), payload.take());
        Box::pin(async move {
            if headers.contains_key(CONTENT_TYPE) {
                require_media_type(&headers, &[JSON])?;
            }
            let body = read_body(&headers, payload, limit).await?;
            if [&b""[..], b"null"].contains(&body.trim_ascii()) {
                return Unjudged::of_body(b"{}").map(Self);
            }
            require_media_type(&headers, &[JSON])?;
            Unjudged::of_body(&body).map(Self)
        })
    }
}

impl<T: Body> FromRequest for BatchJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = media_type_or_nothing(request.headers(), &[JSON]);
        let body = read_batch_body(request, payload);
        Box::pin(async move {
            json?;
            Unjudged::of_body(&body.await?).map(BatchJson)
        })
    }
}

/// Reads the bytes of an ordinary body of JSON.
fn read_ordinary_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Result<Vec<u8>, Problem>> {
    let limit = Bound::ordinary(request);
    let (headers, payload, seen) = (request.headers().clone(), payload.take(), Seen::of(request));
    Box::pin(async move {
        media_type_or_nothing(&headers, &[JSON])?;
        let body = read_body(&headers, payload, limit).await?;
        require_type_of(&body, &headers, &[JSON])?;
        if let Some(seen) = seen {
            seen.leave(&body);
        }
        Ok(body)
    })
}

/// Reads the bytes of a body that may carry up to a thousand items, of a type that the head says, unless there is no body.
pub(super) fn read_batch_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Result<Vec<u8>, Problem>> {
    let limit = Bound::of(request, |limits| limits.batch_body_bytes);
    let (headers, payload, seen) = (request.headers().clone(), payload.take(), Seen::of(request));
    Box::pin(async move {
        let body = read_body(&headers, payload, limit).await?;
        require_type_of(&body, &headers, &[JSON])?;
        if let Some(seen) = seen {
            seen.leave(&body);
        }
        Ok(body)
    })
}

/// Refuses a body that is compressed in a way that is not read; `Accept-Encoding` says which are (RFC 9110, 15.5.16).
pub(super) fn require_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    encoded_as(headers, &ENCODINGS)
}

fn encoded_as(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    let mut given = headers.get_all(CONTENT_ENCODING);
    let one = given.next().map(|value| value.to_str().unwrap_or_default().trim());
    let read = one.is_none_or(|one| wanted.iter().any(|known| one.eq_ignore_ascii_case(known)));
    if read && given.next().is_none() {
        return Ok(());
    }
    Err(Problem::new(Kind::UnsupportedMediaType)
        .detail(Text::new("不支持该内容编码", "The content encoding is not supported"))
        .with("supported_encodings", wanted)
        .header("accept-encoding", &wanted.join(", ")))
}

/// How long a body may be and take to come in.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// At most so many bytes.
    pub bytes: usize,
    /// At most so long.
    pub time: Duration,
}

impl Bound {
    /// That of an ordinary body.
    #[must_use]
    pub fn ordinary(request: &HttpRequest) -> Self {
        Self::of(request, |limits| limits.body_bytes)
    }

    pub(super) fn of(request: &HttpRequest, bytes: fn(&Limits) -> usize) -> Self {
        let state = request.app_data::<Data<AppState>>();
        state.map_or(Self { bytes: 0, time: BODY_TIME }, |state| Self {
            bytes: bytes(&state.limits),
            time: state.limits.body_time,
        })
    }
}

/// Reads a whole body within its bound; a compressed one is measured after decompression.
///
/// # Errors
/// `unsupported_media_type` for an encoding that is not read, `body_too_large` with the limit, `request_timeout` when it does not come in in time, or `bad_request` when the connection
/// breaks off.
pub async fn read_body(headers: &HeaderMap, payload: Payload, bound: Bound) -> Result<Vec<u8>, Problem> {
    require_encoding(headers)?;
    let Bound { bytes, time } = bound;
    timeout(time, read_whole(headers, payload, bytes)).await.unwrap_or_else(|_| Err(too_slow(time)))
}

/// How long a short body may take that anyone may send.
const SHORT_TIME: Duration = Duration::from_secs(10);

/// Reads a short body that anyone may send: as it is, since 31 KB can be 32 MB when unpacked, and within ten seconds.
///
/// # Errors
/// As [`read_body`], and `unsupported_media_type` for a compressed one.
pub(super) async fn read_short_body(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    encoded_as(headers, &["identity"])?;
    timeout(SHORT_TIME, read_whole(headers, payload, limit)).await.unwrap_or_else(|_| Err(too_slow(SHORT_TIME)))
}

/// A body that did not come in in time.
pub(super) fn too_slow(limit: Duration) -> Problem {
    Problem::new(Kind::RequestTimeout).with("limit_seconds", limit.as_secs())
}

/// A body that ended early, or that is not encoded as its head says.
pub(super) fn broken_off(error: &PayloadError, headers: &HeaderMap) -> Problem {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).map(str::trim);
    // A decoder's failure comes with its cause; a connection that breaks off leaves the body incomplete without one.
    let decoding = matches!(error, PayloadError::Incomplete(Some(_)) | PayloadError::EncodingCorrupted);
    let compressed = ENCODINGS.iter().filter(|known| **known != "identity");
    let encoding = encoding.and_then(|given| compressed.into_iter().find(|known| given.eq_ignore_ascii_case(known)));
    let words = match encoding.filter(|_| decoding) {
        Some(encoding) => Text::new(
            format!("请求体不是完整的 {encoding} 数据，无法按 Content-Encoding 解码"),
            format!("The body could not be decoded: it is not whole {encoding} as Content-Encoding says"),
        ),
        None => Text::new("请求体未能完整读取", "The body could not be read whole"),
    };
    Problem::new(Kind::BadRequest).detail(words)
}

async fn read_whole(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    let too_large = || Problem::new(Kind::BodyTooLarge).with("limit_bytes", limit);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut stream = unpacked(headers, payload);
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| broken_off(&error, headers))?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
