//! JSON, checked: syntax, shape, then the rules of `validator`. What is wrong is told with everything else that is wrong.

use super::{
    document::{Document, TOO_MANY_VALUES, WholeBody},
    faults::{add_faults, are_enough, from_serde, from_validation, nul_faults_of, of_a_body, repeated_fields},
    shape,
};
use crate::{
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use utoipa::ToSchema;
use validator::Validate;

/// What a body can be read into. Its schema in the document is what it is held against.
pub trait Body: DeserializeOwned + Validate + ToSchema + 'static {}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Body for T {}

/// Reads JSON text into a checked value.
///
/// # Errors
/// `malformed_json` with line and column, or `invalid_body` with every fault found.
pub fn read_json<T: Body>(body: &[u8]) -> Result<T, Problem> {
    let (read, faults) = read_text(body)?;
    read.filter(|_| faults.is_empty()).ok_or_else(|| Problem::invalid_body(of_a_body(faults)))
}

/// Reads JSON text as far as it can be read, with every fault found, like [`read_document`].
///
/// # Errors
/// `malformed_json` with line and column.
pub(super) fn read_text<T: Body>(body: &[u8]) -> Result<(Option<T>, Vec<FieldError>), Problem> {
    let WholeBody(document) = serde_json::from_slice(body).map_err(|error| match body.trim_ascii() {
        [] => nothing(),
        _ => malformed(&error),
    })?;
    Ok(read_value(&document, || serde_json::from_slice(body).ok()))
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

/// Something harmless in the place of a value from which nothing can be read; it says nothing of what was sent.
pub(super) fn stand_in<T: Body>() -> Option<T> {
    let shape = shape::of::<T>();
    read_mended(shape, &shape.stand_in(), &mut Vec::new())
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

fn nothing() -> Problem {
    let words = Text::new("请求体为空，应为 JSON", "the body is empty; it must be JSON");
    Problem::new(Kind::MalformedJson).detail(words).with("line", 1).with("column", 0)
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (zh, en) = why(error);
    let (line, column) = (error.line(), error.column());
    let words = Text::new(format!("第 {line} 行第 {column} 列：{zh}"), format!("line {line}, column {column}: {en}"));
    Problem::new(Kind::MalformedJson).detail(words).with("line", line).with("column", column)
}

/// What is wrong with one line of JSON, and in which column.
pub(crate) fn malformed_line(error: &serde_json::Error) -> Text {
    let ((zh, en), column) = (why(error), error.column());
    Text::new(format!("第 {column} 列：{zh}"), format!("column {column}: {en}"))
}

fn why(error: &serde_json::Error) -> (&'static str, &'static str) {
    match error.classify() {
        Category::Eof => ("内容不完整", "the text ends too early"),
        _ => syntax(&error.to_string()),
    }
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
        (TOO_MANY_VALUES, ("值过多", "too many values")),
    ];
    let known = known.into_iter().find(|(mark, _)| said.starts_with(mark)).map(|(_, words)| words);
    known.unwrap_or(("此处不是合法的 JSON", "not valid JSON from here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::of_an_item;
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
        let (_, faults) = read_document::<Course>(&document);
        let faults = of_an_item(faults);
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
