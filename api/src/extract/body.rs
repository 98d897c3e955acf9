//! JSON bodies, checked: media type, size, syntax, shape, then the rules of `validator`.

use super::faults::{from_serde, from_validation, nul_faults, nul_faults_of};
use crate::{
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::{Decompress, Payload},
    http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap},
    rt::time::timeout,
    web::Data,
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use validator::Validate;

const JSON: &str = "application/json";

/// How many faults of shape are looked for before giving up on a body.
const MOST_FAULTS: usize = 50;

/// An ordinary body. Put `#[serde(deny_unknown_fields)]` on `T`: a misspelt field must not pass in silence.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A body that may carry up to a thousand items, and may be as long as that takes.
#[derive(Clone, Debug)]
pub struct BatchJson<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.body_bytes);
        let (headers, payload) = (request.headers().clone(), payload.take());
        Box::pin(async move { read(&headers, payload, limit, &[JSON]).await.map(Json) })
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for BatchJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read_batch(request, payload, &[JSON]);
        Box::pin(async move { read.await.map(BatchJson) })
    }
}

/// Reads a body that may carry up to a thousand items. `supported` is what the caller is told where the media type is wrong.
pub(super) fn read_batch<T: DeserializeOwned + Validate + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    supported: &'static [&'static str],
) -> LocalBoxFuture<'static, Result<T, Problem>> {
    let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.batch_body_bytes);
    let (headers, payload) = (request.headers().clone(), payload.take());
    Box::pin(async move { read(&headers, payload, limit, supported).await })
}

async fn read<T: DeserializeOwned + Validate>(
    headers: &HeaderMap,
    payload: Payload,
    limit: usize,
    supported: &[&str],
) -> Result<T, Problem> {
    require_media_type(headers, &[JSON]).map_err(|refused| refused.with("supported", supported))?;
    let body = read_body(headers, payload, limit).await?;
    read_json(&body)
}

/// Refuses a body of another media type. Parameters such as `charset` are let through.
pub(super) fn require_media_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    if wanted.iter().any(|media| given.eq_ignore_ascii_case(media)) {
        return Ok(());
    }
    Err(Problem::new(Kind::UnsupportedMediaType).with("supported", wanted).header("accept-post", &wanted.join(", ")))
}

/// How long a body, or a chunk of lines, may take to come in. Without an end, a caller who sends a byte a minute would hold a
/// connection for as long as they please.
pub(super) const BODY_TIME: Duration = Duration::from_secs(300);

/// Reads a whole body of at most `limit` bytes; a compressed one is measured after decompression.
///
/// # Errors
/// `body_too_large` with the limit, `request_timeout` when it does not come in in time, or `bad_request` when the connection
/// breaks off.
pub async fn read_body(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    timeout(BODY_TIME, read_whole(headers, payload, limit)).await.unwrap_or_else(|_| Err(too_slow()))
}

/// A body that did not come in in time.
pub(super) fn too_slow() -> Problem {
    Problem::new(Kind::RequestTimeout).with("limit_seconds", BODY_TIME.as_secs())
}

async fn read_whole(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    let too_large = || Problem::new(Kind::BodyTooLarge).with("limit_bytes", limit);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut stream = Decompress::from_headers(payload, headers);
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(Kind::BadRequest).detail(Text::new("请求体未能完整读取", "The body could not be read whole"))
        })?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads JSON text into a checked value.
///
/// # Errors
/// `malformed_json` with line and column, or `invalid_body` with every fault found.
pub fn read_json<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize::<_, T>(&mut deserializer);
    let error = match read {
        Ok(value) => {
            deserializer.end().map_err(|error| malformed(&error))?;
            return checked(value, nul_faults(body));
        }
        Err(error) => error,
    };
    if !error.inner().is_data() {
        return Err(malformed(error.inner()));
    }
    // The text is JSON but not the shape: reading it as a bare value finds what stands behind the first fault.
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let faults = match check_value::<T>(value) {
        Ok(_) => vec![from_serde(&error).1],
        Err(faults) => faults,
    };
    Err(Problem::invalid_body(faults))
}

/// Turns a JSON value into a checked one, for items of a batch that are judged one by one.
///
/// # Errors
/// Every fault found: those of shape, as far as the value can be read beyond them, and all faults of the rules.
pub fn check_value<T: DeserializeOwned + Validate>(value: Value) -> Result<T, Vec<FieldError>> {
    match read_value(value, &Value::Null) {
        (Some(read), faults) if faults.is_empty() => Ok(read),
        (_, faults) => Err(faults),
    }
}

/// Reads a JSON value as far as it can be read, with every fault found.
///
/// What is unknown or has the wrong shape is told and passed over; where a field is required, the one of `stand_in` stands in
/// for it, so that what comes behind is read as well. A value that was mended so is there to find further faults only.
pub fn read_value<T: DeserializeOwned + Validate>(mut value: Value, stand_in: &Value) -> (Option<T>, Vec<FieldError>) {
    let mut faults = nul_faults_of(&value);
    let mut passed_over: Vec<String> = Vec::new();
    for _ in 0..MOST_FAULTS {
        let error = match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(read) => {
                if let Err(more) = read.validate() {
                    add_faults(&mut faults, from_validation(&more));
                }
                return (Some(read), faults);
            }
            Err(error) => error,
        };
        let (unknown, fault) = from_serde(&error);
        // The second time at one place it is required, and nothing stands in for it.
        let stuck = passed_over.contains(&fault.pointer);
        if stuck || !mend(&mut value, &fault.pointer, stand_in, unknown) {
            if !stuck {
                add_faults(&mut faults, vec![fault]);
            }
            break;
        }
        passed_over.push(fault.pointer.clone());
        add_faults(&mut faults, vec![fault]);
    }
    (None, faults)
}

/// Adds faults found later. One that concerns a field with a fault already, or what stands above or below it, only follows
/// from that one and says nothing new.
pub fn add_faults(faults: &mut Vec<FieldError>, more: Vec<FieldError>) {
    let below = |upper: &str, lower: &str| lower.strip_prefix(upper).is_some_and(|rest| rest.starts_with('/'));
    let before: Vec<String> =
        faults.iter().filter(|fault| fault.code != "unknown_field").map(|fault| fault.pointer.clone()).collect();
    let follows = |fault: &FieldError| {
        let at = fault.pointer.as_str();
        before.iter().any(|other| other == at || below(other, at) || below(at, other))
    };
    faults.extend(more.into_iter().filter(|fault| !follows(fault)));
}

fn checked<T: Validate>(value: T, mut faults: Vec<FieldError>) -> Result<T, Problem> {
    if let Err(more) = value.validate() {
        faults.extend(from_validation(&more));
    }
    if faults.is_empty() { Ok(value) } else { Err(Problem::invalid_body(faults)) }
}

/// Takes out the field at a pointer, or puts the one of `stand_in` there; false where neither can be done.
fn mend(value: &mut Value, pointer: &str, stand_in: &Value, unknown: bool) -> bool {
    let Some((parent, field)) = pointer.rsplit_once('/') else { return false };
    let field = field.replace("~1", "/").replace("~0", "~");
    let Some(object) = value.pointer_mut(parent).and_then(Value::as_object_mut) else { return false };
    match stand_in.pointer(pointer).filter(|_| !unknown) {
        Some(other) => {
            object.insert(field, other.clone());
            true
        }
        None => object.remove(&field).is_some(),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
    Problem::new(Kind::MalformedJson)
        .detail(Text::new(format!("第 {} 行第 {} 列：{reason}", error.line(), error.column()), error.to_string()))
        .with("line", error.line())
        .with("column", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Course {
        #[validate(length(min = 1, max = 3))]
        title: String,
        #[validate(range(min = 1))]
        hours: i64,
        #[serde(default)]
        #[validate(nested)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Part {
        #[validate(length(min = 1))]
        name: String,
    }

    fn faults(body: &str) -> Vec<(String, String)> {
        let problem = read_json::<Course>(body.as_bytes()).unwrap_err();
        let body = problem.to_value(crate::text::Language::English);
        assert_eq!(body["code"], "invalid_body", "{body}");
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let mut all: Vec<_> =
            body["errors"].as_array().unwrap().iter().map(|e| (text(&e["pointer"]), text(&e["code"]))).collect();
        all.sort();
        all
    }

    fn named(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn a_good_body_is_read() {
        let course: Course = read_json(br#"{"title":"a","hours":2,"parts":[{"name":"x"}]}"#).unwrap();
        assert_eq!((course.title.as_str(), course.hours, course.parts[0].name.as_str()), ("a", 2, "x"));
    }

    #[test]
    fn all_faults_of_the_rules_are_named_at_once() {
        let found = faults(r#"{"title":"","hours":0,"parts":[{"name":"x"},{"name":""}]}"#);
        assert_eq!(found, named(&[("/hours", "range"), ("/parts/1/name", "length"), ("/title", "length")]));
    }

    #[test]
    fn unknown_fields_are_named_together_with_what_else_is_wrong() {
        let found = faults(r#"{"titel":"","hours":0,"parts":[{"name":"","a/b":1}],"title":"a","more":{}}"#);
        let wanted = [
            ("/hours", "range"),
            ("/more", "unknown_field"),
            ("/parts/0/a~1b", "unknown_field"),
            ("/parts/0/name", "length"),
            ("/titel", "unknown_field"),
        ];
        assert_eq!(found, named(&wanted));
    }

    #[test]
    fn faults_of_shape_have_their_pointer() {
        assert_eq!(faults(r#"{"hours":1}"#), named(&[("/title", "missing")]));
        assert_eq!(faults(r#"{"title":"a","hours":"1"}"#), named(&[("/hours", "wrong_type")]));
        assert_eq!(faults(r#"{"title":"a","hours":1,"parts":[{}]}"#), named(&[("/parts/0/name", "missing")]));
        assert_eq!(faults("7"), named(&[("", "wrong_type")]));
    }

    #[test]
    fn a_text_never_holds_the_null_character() {
        assert_eq!(faults(r#"{"title":"a\u0000","hours":1}"#), named(&[("/title", "null_character")]));
        // A backslash before `u0000` is six ordinary characters, here only too many.
        assert_eq!(faults(r#"{"title":"\\u0000","hours":1}"#), named(&[("/title", "length")]));
    }

    #[test]
    fn what_is_not_json_is_malformed_with_its_place() {
        for (body, line, column) in [("{\n\"title\": }", 2, 10), ("", 1, 0), ("{\"title\":\"a\",\"hours\":1} x", 1, 25)]
        {
            let problem = read_json::<Course>(body.as_bytes()).unwrap_err();
            let shown = problem.to_value(crate::text::Language::English);
            assert_eq!(problem.kind(), Kind::MalformedJson, "{body}");
            assert_eq!((&shown["line"], &shown["column"]), (&json!(line), &json!(column)), "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read_json::<Course>(deep.as_bytes()).unwrap_err().kind(), Kind::MalformedJson);
        assert_eq!(read_json::<Course>(b"{\"title\":\"\xff\"}").unwrap_err().kind(), Kind::MalformedJson);
    }
}
