//! Faults of serde and of `validator`, turned into pointers, stable codes and words in both languages.

use crate::{problem::FieldError, text::Text};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::borrow::Cow;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// The fault, and whether it is an unknown field.
pub(super) fn from_serde<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> (bool, FieldError) {
    let said = error.inner().to_string();
    let said = without_values(said.split(" at line ").next().unwrap_or_default()).into_owned();
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => pointer += &format!("/{}", escaped(key)),
            Segment::Seq { index } => pointer += &format!("/{index}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let quoted = said.split('`').nth(1).unwrap_or_default();
    let (code, zh) = if said.starts_with("missing field") {
        pointer += &format!("/{}", escaped(quoted));
        ("missing", "缺少必填字段")
    } else if said.starts_with("unknown field") {
        let last = format!("/{}", escaped(quoted));
        if !pointer.ends_with(&last) {
            pointer += &last;
        }
        ("unknown_field", "未知字段")
    } else if said.starts_with("unknown variant") {
        ("unknown_value", "不在允许的取值范围内")
    } else if said.starts_with("invalid type") {
        ("wrong_type", "类型不正确")
    } else if said.starts_with("duplicate field") {
        ("duplicate_field", "字段重复")
    } else {
        ("invalid_value", "取值不合法")
    };
    let fault = FieldError::new(pointer, code, Text::new(format!("{zh}（{said}）"), said));
    (code == "unknown_field", fault)
}

/// serde quotes what it did not expect; a name or a number of a document in the wrong field must not come back in an answer,
/// nor stay with the answers that are kept. What kind of value was found is said, the value is not.
fn without_values(said: &str) -> Cow<'_, str> {
    let expected = || said.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
    for (quoting, shown) in [
        ("invalid type: string ", "invalid type: a text"),
        ("invalid value: string ", "invalid value: a text"),
        ("invalid type: integer ", "invalid type: a whole number"),
        ("invalid value: integer ", "invalid value: a whole number"),
        ("invalid type: floating point ", "invalid type: a number"),
        ("invalid value: floating point ", "invalid value: a number"),
        ("unknown variant ", "unknown variant"),
    ] {
        if said.starts_with(quoting) {
            return format!("{shown}, expected {}", expected()).into();
        }
    }
    let plain = |name: &str| {
        name.len() <= 40
            && !name.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && !"_-/".contains(c))
            && name.chars().filter(char::is_ascii_digit).count() < 6
    };
    match (said.starts_with("unknown field"), said.split('`').nth(1)) {
        (true, Some(name)) if !plain(name) => said.replacen(name, "***", 1).into(),
        _ => said.into(),
    }
}

/// All faults that the rules of `validator` found.
pub(super) fn from_validation(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut faults = Vec::new();
    gather("", errors, &mut faults);
    faults.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    faults
}

fn gather(prefix: &str, errors: &ValidationErrors, faults: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        // What a whole struct breaks is reported by `validator` under `__all__`.
        let at = if field == "__all__" { prefix.to_owned() } else { format!("{prefix}/{}", escaped(field)) };
        match kind {
            ValidationErrorsKind::Struct(inner) => gather(&at, inner, faults),
            ValidationErrorsKind::List(items) => {
                items.iter().for_each(|(index, inner)| gather(&format!("{at}/{index}"), inner, faults));
            }
            ValidationErrorsKind::Field(found) => {
                faults.extend(found.iter().map(|error| FieldError::new(at.clone(), error.code.clone(), words(error))));
            }
        }
    }
}

/// A rule of a room's own says its words as `中文 / English` in the error's message.
fn words(error: &ValidationError) -> Text {
    if let Some(message) = &error.message {
        return match message.split_once(" / ") {
            Some((zh, en)) => Text::new(zh.to_owned(), en.to_owned()),
            None => Text::same(message.clone()),
        };
    }
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    let (from, to) = (bound("min"), bound("max"));
    let (zh, en) = match (error.code.as_ref(), from, to) {
        ("length", Some(from), Some(to)) => {
            (format!("长度应为 {from} 至 {to}"), format!("the length must be {from} to {to}"))
        }
        ("length", Some(from), None) => (format!("长度至少为 {from}"), format!("the length must be at least {from}")),
        ("length", None, Some(to)) => (format!("长度至多为 {to}"), format!("the length must be at most {to}")),
        ("range", Some(from), Some(to)) => (format!("应在 {from} 至 {to} 之间"), format!("must be {from} to {to}")),
        ("range", Some(from), None) => (format!("至少为 {from}"), format!("must be at least {from}")),
        ("range", None, Some(to)) => (format!("至多为 {to}"), format!("must be at most {to}")),
        (code, ..) => ("取值不合法".to_owned(), format!("breaks the rule {code}")),
    };
    Text::new(zh, en)
}

/// Strings in the body that hold U+0000, which PostgreSQL cannot keep. JSON can write it in one way only, so most bodies
/// are cleared by one search over their bytes.
pub(super) fn nul_faults(body: &[u8]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if body.windows(6).any(|window| window == b"\\u0000")
        && let Ok(value) = serde_json::from_slice::<Value>(body)
    {
        find_nul("", &value, &mut faults);
    }
    faults
}

/// The same for a value that was read already.
pub(super) fn nul_faults_of(value: &Value) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if holds_nul(value) {
        find_nul("", value, &mut faults);
    }
    faults
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(key, item)| key.contains('\0') || holds_nul(item)),
        _ => false,
    }
}

fn find_nul(at: &str, value: &Value, faults: &mut Vec<FieldError>) {
    let mut refuse = |at: &str| {
        let words = Text::new("文本不得包含 U+0000", "a text must not contain U+0000");
        faults.push(FieldError::new(at, "null_character", words));
    };
    match value {
        Value::String(text) if text.contains('\0') => refuse(at),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| find_nul(&format!("{at}/{index}"), item, faults));
        }
        Value::Object(fields) => {
            for (field, item) in fields {
                if field.contains('\0') {
                    let words = Text::new("字段名不得包含 U+0000", "a field's name must not contain U+0000");
                    faults.push(FieldError::new(at, "null_character", words));
                }
                find_nul(&format!("{at}/{}", escaped(field)), item, faults);
            }
        }
        _ => {}
    }
}

/// One segment of a JSON pointer.
fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn no_value_comes_back_in_a_fault() {
        for (said, shown) in [
            (
                "invalid type: integer `610302199001010002`, expected a string",
                "invalid type: a whole number, expected a string",
            ),
            (
                "invalid type: string \"示例, expected 甲\", expected struct PersonRef",
                "invalid type: a text, expected struct PersonRef",
            ),
            (
                "unknown variant `示例甲`, expected `online` or `face_to_face`",
                "unknown variant, expected `online` or `face_to_face`",
            ),
            ("unknown field `示例甲`, expected `a`", "unknown field `***`, expected `a`"),
            ("unknown field `610302199001010002`, expected `a`", "unknown field `***`, expected `a`"),
            ("unknown field `titel`, expected `title`", "unknown field `titel`, expected `title`"),
            ("missing field `name`", "missing field `name`"),
        ] {
            assert_eq!(without_values(said), shown);
        }
    }
}
