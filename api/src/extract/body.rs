//! JSON bodies, checked: media type, size, syntax, shape, then the rules of `validator`.

use super::{
    document::{Document, WholeBody},
    faults::{
        add_faults, are_enough, from_serde, from_validation, nul_faults_of, of_a_body, of_an_item, repeated_fields,
    },
    media::require_media_type,
    shape,
};
use crate::{
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::{Decompress, Payload},
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap},
    rt::time::timeout,
    web::Data,
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use std::time::Duration;
use utoipa::ToSchema;
use validator::Validate;

const JSON: &str = "application/json";

/// How a body may be compressed.
const ENCODINGS: [&str; 3] = ["gzip", "deflate", "identity"];

/// What a body can be read into. Its schema in the document is what it is held against.
pub trait Body: DeserializeOwned + Validate + ToSchema + 'static {}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Body for T {}

/// An ordinary body. Put `#[serde(deny_unknown_fields)]` on `T`: a misspelt field must not pass in silence.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A body that may carry up to a thousand items, and may be as long as that takes.
#[derive(Clone, Debug)]
pub struct BatchJson<T>(pub T);

impl<T: Body> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.body_bytes);
        let (headers, payload) = (request.headers().clone(), payload.take());
        Box::pin(async move {
            require_media_type(&headers, &[JSON])?;
            read_json(&read_body(&headers, payload, limit).await?).map(Json)
        })
    }
}

impl<T: Body> FromRequest for BatchJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = require_media_type(request.headers(), &[JSON]);
        let body = read_batch_body(request, payload);
        Box::pin(async move {
            json?;
            read_json(&body.await?).map(BatchJson)
        })
    }
}

/// Reads the bytes of a body that may carry up to a thousand items.
pub(super) fn read_batch_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Result<Vec<u8>, Problem>> {
    let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.batch_body_bytes);
    let (headers, payload) = (request.headers().clone(), payload.take());
    Box::pin(async move { read_body(&headers, payload, limit).await })
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

/// How long a body, or a chunk of lines, may take to come in. Without an end, a caller who sends a byte a minute would hold a
/// connection for as long as they please.
pub(super) const BODY_TIME: Duration = Duration::from_secs(300);

/// Reads a whole body of at most `limit` bytes; a compressed one is measured after decompression.
///
/// # Errors
/// `unsupported_media_type` for an encoding that is not read, `body_too_large` with the limit, `request_timeout` when it does not come in in time, or `bad_request` when the connection
/// breaks off.
pub async fn read_body(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    require_encoding(headers)?;
    timeout(BODY_TIME, read_whole(headers, payload, limit)).await.unwrap_or_else(|_| Err(too_slow(BODY_TIME)))
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
pub fn read_json<T: Body>(body: &[u8]) -> Result<T, Problem> {
    let WholeBody(document) = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    let (read, faults) = read_value(&document, || serde_json::from_slice(body).ok());
    read.filter(|_| faults.is_empty()).ok_or_else(|| Problem::invalid_body(of_a_body(faults)))
}

/// Turns a JSON value into a checked one, for items of a batch that are judged one by one.
///
/// # Errors
/// Every fault found, as far as those of one item are named.
pub fn check_value<T: Body>(document: &Document) -> Result<T, Vec<FieldError>> {
    let (read, faults) = read_document(document);
    read.filter(|_| faults.is_empty()).ok_or_else(|| of_an_item(faults))
}

/// Reads a JSON value as far as it can be read, with every fault found.
///
/// What is unknown or has the wrong shape is told and passed over; where it is required, something harmless stands in for
/// it, so that what comes behind is read as well. A value that was mended so is there to find further faults only.
pub fn read_document<T: Body>(document: &Document) -> (Option<T>, Vec<FieldError>) {
    read_value(document, || T::deserialize(&document.value).ok())
}

/// `plain` reads the value as it is, without finding out why it cannot be read.
fn read_value<T: Body>(document: &Document, plain: impl FnOnce() -> Option<T>) -> (Option<T>, Vec<FieldError>) {
    let shape = shape::of::<T>();
    let mut faults = nul_faults_of(&document.value);
    add_faults(&mut faults, repeated_fields(&document.repeated));
    faults.retain(|fault| shape.reaches(&fault.pointer));
    let good = shape.fits(&document.value).then(plain).flatten();
    let read = good.or_else(|| read_mended(shape, &document.value, &mut faults));
    if let Some(Err(broken)) = read.as_ref().map(Validate::validate) {
        add_faults(&mut faults, from_validation(&broken));
    }
    (read, faults)
}

/// How often a value is read anew to find the next fault that only a reader of a type's own sees.
const MOST_READINGS: usize = 50;

fn read_mended<T: Body>(shape: &shape::Shape, value: &Value, faults: &mut Vec<FieldError>) -> Option<T> {
    let mut found = Vec::new();
    let mended = shape.check("", value, &mut found);
    add_faults(faults, found);
    if are_enough(faults) {
        return None;
    }
    let mut value = mended?;
    for _ in 0..MOST_READINGS {
        let error = match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        let fault = from_serde(&error);
        let mended = shape.mend(&mut value, &fault.pointer);
        add_faults(faults, vec![fault]);
        if !mended {
            break;
        }
    }
    None
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (zh, en) = match error.classify() {
        Category::Eof => ("内容不完整", "the text ends too early"),
        _ => syntax(&error.to_string()),
    };
    let (line, column) = (error.line(), error.column());
    let words = Text::new(format!("第 {line} 行第 {column} 列：{zh}"), format!("line {line}, column {column}: {en}"));
    Problem::new(Kind::MalformedJson).detail(words).with("line", line).with("column", column)
}

fn syntax(said: &str) -> (&'static str, &'static str) {
    let known = [
        ("trailing characters", ("JSON 之后还有内容", "there is more behind the JSON value")),
        ("trailing comma", ("多余的逗号", "a comma too many")),
        ("key must be a string", ("字段名须为带双引号的文本", "the name of a field must be a text in double quotes")),
        ("control character", ("文本中的控制字符须转义", "a control character in a text must be escaped")),
        ("invalid escape", ("文本中的转义不正确", "an escape in a text is not valid")),
        ("invalid unicode code point", ("不是合法的 UTF-8", "not valid UTF-8")),
        ("lone leading surrogate", ("文本中的转义不正确", "an escape in a text is not valid")),
        ("unexpected end of hex escape", ("文本中的转义不正确", "an escape in a text is not valid")),
        ("invalid number", ("数字的写法不正确", "a number is not written as JSON writes it")),
        ("number out of range", ("数值过大", "a number is too large")),
        ("recursion limit", ("嵌套过深", "nested too deeply")),
    ];
    let known = known.into_iter().find(|(mark, _)| said.starts_with(mark)).map(|(_, words)| words);
    known.unwrap_or(("此处不是合法的 JSON", "not valid JSON from here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, Validate, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Course {
        #[validate(length(min = 1, max = 3))]
        title: String,
        #[validate(range(min = 1))]
        hours: i32,
        #[serde(default)]
        #[validate(nested)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, Validate, ToSchema)]
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
    fn a_required_field_of_the_wrong_type_hides_nothing_behind_it() {
        let found = faults(r#"{"title":7,"hours":"x","parts":[{"name":[]},{"name":""},["x"]],"more":1}"#);
        let wanted = [
            ("/hours", "wrong_type"),
            ("/more", "unknown_field"),
            ("/parts/0/name", "wrong_type"),
            ("/parts/1/name", "length"),
            ("/parts/2", "wrong_type"),
            ("/title", "wrong_type"),
        ];
        assert_eq!(found, named(&wanted));
    }

    #[test]
    fn of_a_body_that_is_wrong_everywhere_five_hundred_faults_are_named() {
        let with = |each: fn(usize) -> String| {
            let all = (0..2000).map(each).collect::<Vec<_>>().join(",");
            faults(&format!(r#"{{"title":"a","hours":1,{all}}}"#))
        };
        for found in [
            with(|at| format!(r#""x{at}":1"#)),
            with(|at| format!(r#""x{at}":["\u0000"]"#)),
            with(|at| format!(r#""x{at}":{{"y":1,"y":2}}"#)),
            with(|at| format!(r#""{}":["\u0000"]"#, "n".repeat(at))),
        ] {
            assert_eq!(found.len(), 501);
            assert_eq!(found[0], (String::new(), "more_faults".to_owned()));
            assert!(found.iter().all(|(pointer, _)| pointer.len() < 100));
        }
        let parts = |part: &str| vec![part; 2000].join(",");
        for part in [r#"{"name":""}"#, "{}", r#"{"name":"x","z":1}"#] {
            let found = faults(&format!(r#"{{"title":"","hours":0,"parts":[{}]}}"#, parts(part)));
            assert_eq!(found.len(), 501, "{part}");
        }
    }

    #[test]
    fn of_one_item_among_many_twenty_faults_are_named() {
        let document: Document = serde_json::from_str(&format!(
            "{{{}}}",
            (0..100).map(|at| format!(r#""x{at}":1"#)).collect::<Vec<_>>().join(",")
        ))
        .unwrap();
        let faults = check_value::<Course>(&document).unwrap_err();
        assert_eq!((faults.len(), faults[20].code.as_str()), (21, "more_faults"));
    }

    #[test]
    fn a_list_is_no_object_and_a_field_is_said_once() {
        assert_eq!(faults(r#"["a",2]"#), named(&[("", "wrong_type")]));
        assert_eq!(faults(r#"{"title":"a","hours":2,"parts":[["x"]]}"#), named(&[("/parts/0", "wrong_type")]));
        assert_eq!(
            faults(r#"{"title":"a","title":"b","hours":2,"parts":[{"name":"x","name":"x"}]}"#),
            named(&[("/parts/0/name", "duplicate_field"), ("/title", "duplicate_field")])
        );
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
