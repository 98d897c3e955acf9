//! Faults of serde and of `validator`, turned into pointers, stable codes and words in both languages.

use crate::{problem::FieldError, text::Text};
use serde_json::Value;
use serde_path_to_error::Segment;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// How many faults of one body are looked for; more would only make the answer as large as the mistake.
pub(super) const MOST_FAULTS: usize = 500;

/// What a reader of a type's own refuses: what no schema says, such as the third decimal place of hours. Serde's words speak
/// of Rust and quote values, so they are used only to recognise the fault.
pub(super) fn from_serde<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> FieldError {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => pointer += &format!("/{}", escaped(key)),
            Segment::Seq { index } => pointer += &format!("/{index}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let said = error.inner().to_string();
    if said.starts_with("missing field") {
        pointer += &format!("/{}", escaped(said.split('`').nth(1).unwrap_or_default()));
        return FieldError::new(pointer, "missing", Text::new("缺少必填字段", "a required field is missing"));
    }
    let words = [
        ("more than two decimal places", Text::new("至多两位小数", "must have at most two decimal places")),
        ("out of range", Text::new("数值过大", "the number is too large")),
    ];
    let words = words.into_iter().find(|(mark, _)| said.starts_with(mark)).map(|(_, words)| words);
    let words = words.unwrap_or_else(|| Text::new("取值不合法", "the value is not a valid one"));
    FieldError::new(pointer, "invalid_value", words)
}

/// A field that is not known there. A name or a number of a document may have slipped into the place of a field's name, so
/// only what looks like the name of a field is told.
pub(super) fn unknown_field<'a>(at: &str, name: &str, known: impl Iterator<Item = &'a String>) -> FieldError {
    let plain = name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/~.".contains(&b))
        && name.bytes().filter(u8::is_ascii_digit).count() < 6;
    let known: Vec<&str> = known.map(String::as_str).collect();
    let shown = if plain { escaped(name) } else { "***".to_owned() };
    let words = Text::new(
        format!("未知字段；此处可用：{}", known.join("、")),
        format!("unknown field; known here: {}", known.join(", ")),
    );
    FieldError::new(format!("{at}/{shown}"), "unknown_field", words)
}

/// Fields that are said more than once.
pub(super) fn repeated_fields(pointers: &[String]) -> Vec<FieldError> {
    let words = || Text::new("字段重复：一个对象中每个字段只能出现一次", "said twice: an object names each field once");
    pointers.iter().map(|pointer| FieldError::new(pointer.clone(), "duplicate_field", words())).collect()
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
            let span = Text::between(from, to);
            (format!("长度应为 {}", span.zh), format!("the length must be {}", span.en))
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

/// Strings that hold U+0000, which PostgreSQL cannot keep.
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
pub(super) fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[test]
    fn the_name_of_an_unknown_field_is_told_only_where_it_looks_like_one() {
        let known = ["title".to_owned()];
        for (name, pointer) in [
            ("titel", "/titel"),
            ("courseCode", "/courseCode"),
            ("a/b", "/a~1b"),
            ("示例甲", "/***"),
            ("610302199001010002", "/***"),
        ] {
            let fault = unknown_field("", name, known.iter());
            assert_eq!((fault.pointer.as_str(), fault.code.as_str()), (pointer, "unknown_field"));
            assert_eq!(fault.detail.in_language(Language::English), "unknown field; known here: title");
        }
    }
}
