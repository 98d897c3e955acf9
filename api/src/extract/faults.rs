//! Faults of serde and of `validator`, turned into pointers, stable codes and words in both languages.

use crate::{problem::FieldError, text::Text};
use serde_json::Value;
use serde_path_to_error::Segment;
use std::collections::BTreeSet;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

/// How many faults of one body are named; more would only make the answer as large as the mistake.
pub(super) const MOST_FAULTS: usize = 500;

/// How many faults of one item are named where many are judged by themselves: what is wrong with an item is kept.
const MOST_OF_AN_ITEM: usize = 20;

/// Whether no more faults need be looked for: one more than are named was found, which is how it is known that there are more.
pub(super) const fn are_enough(faults: &[FieldError]) -> bool {
    faults.len() > MOST_FAULTS
}

/// The faults of a body that are named, and last, where there are more, that there are.
pub(crate) fn of_a_body(faults: Vec<FieldError>) -> Vec<FieldError> {
    first(faults, MOST_FAULTS)
}

/// The faults of one item among many that are named, and last, where there are more, that there are.
#[must_use]
pub fn of_an_item(faults: Vec<FieldError>) -> Vec<FieldError> {
    first(faults, MOST_OF_AN_ITEM)
}

fn first(mut faults: Vec<FieldError>, most: usize) -> Vec<FieldError> {
    if faults.len() > most {
        faults.truncate(most);
        let words = Text::new(
            format!("还有更多错误，只列出前 {most} 处"),
            format!("there are more; the first {most} are named"),
        );
        faults.push(FieldError::new("", "more_faults", words));
        faults.shrink_to_fit();
    }
    faults
}

/// Adds faults found later, as far as they are named. One that concerns a field with a fault already, or what stands above or
/// below it, only follows from that one and says nothing new.
pub fn add_faults(faults: &mut Vec<FieldError>, more: Vec<FieldError>) {
    if more.is_empty() {
        return;
    }
    let known = faults.iter().filter(|fault| fault.code != "unknown_field");
    let before: BTreeSet<String> = known.map(|fault| fault.pointer.clone()).collect();
    let follows = |at: &str| {
        let above = at.match_indices('/').any(|(end, _)| before.contains(&at[..end]));
        let below = format!("{at}/");
        above
            || before.contains(at)
            || before.range(below.clone()..).next().is_some_and(|other| other.starts_with(&below))
    };
    for fault in more {
        if are_enough(faults) {
            return;
        }
        if !follows(&fault.pointer) {
            faults.push(fault);
        }
    }
}

/// What a reader of a type's own refuses: what no schema says, such as the third decimal place of hours. Serde's words speak
/// of Rust and quote values, so they are used only to recognise the fault.
pub(super) fn from_serde<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> FieldError {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Map { key } => pointer += &format!("/{}", shown(key)),
            Segment::Seq { index } => pointer += &format!("/{index}"),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let said = error.inner().to_string();
    if said.starts_with("missing field") {
        pointer += &format!("/{}", shown(said.split('`').nth(1).unwrap_or_default()));
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

/// A name that a caller gave, as a segment of a pointer. A person's name or the number of a document may have slipped into the
/// place of a field's name, so only what looks like the name of a field is told.
pub(super) fn shown(name: &str) -> String {
    let plain = name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/~.".contains(&b))
        && name.bytes().filter(u8::is_ascii_digit).count() < 6;
    if plain { escaped(name) } else { "***".to_owned() }
}

/// A field that is not known there.
pub(super) fn unknown_field<'a>(at: &str, name: &str, known: impl Iterator<Item = &'a String>) -> FieldError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let words = Text::new(
        format!("未知字段；此处可用：{}", known.join("、")),
        format!("unknown field; known here: {}", known.join(", ")),
    );
    FieldError::new(format!("{at}/{}", shown(name)), "unknown_field", words)
}

/// Fields that are said more than once.
pub(super) fn repeated_fields(pointers: &[String]) -> Vec<FieldError> {
    let words = || Text::new("字段重复：一个对象中每个字段只能出现一次", "said twice: an object names each field once");
    pointers.iter().map(|pointer| FieldError::new(pointer.clone(), "duplicate_field", words())).collect()
}

/// The faults that the rules of `validator` found, no more than are named.
pub(super) fn from_validation(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut faults = Vec::new();
    gather("", errors, &mut faults);
    faults.sort_by(|a, b| (&a.pointer, &a.code).cmp(&(&b.pointer, &b.code)));
    faults
}

fn gather(prefix: &str, errors: &ValidationErrors, faults: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        if are_enough(faults) {
            return;
        }
        // What a whole struct breaks is reported by `validator` under `__all__`.
        let at = if field == "__all__" { prefix.to_owned() } else { format!("{prefix}/{}", escaped(field)) };
        match kind {
            ValidationErrorsKind::Struct(inner) => gather(&at, inner, faults),
            ValidationErrorsKind::List(items) => {
                items.iter().for_each(|(index, inner)| gather(&format!("{at}/{index}"), inner, faults));
            }
            ValidationErrorsKind::Field(found) => {
                // Nothing is too short besides being blank.
                let blank = found.iter().any(|error| error.code == "blank");
                let told = found.iter().filter(|error| !(blank && error.code == "length"));
                faults.extend(told.map(|error| FieldError::new(at.clone(), error.code.clone(), words(error))));
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
        find_nul(&mut Vec::new(), value, &mut faults);
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

/// One step down into a value.
#[derive(Clone, Copy)]
enum Step<'v> {
    Index(usize),
    Field(&'v str),
}

/// The way to a value is written out where there is a fault only: to write it for each value would cost as much as all names
/// along the way.
fn find_nul<'v>(way: &mut Vec<Step<'v>>, value: &'v Value, faults: &mut Vec<FieldError>) {
    if are_enough(faults) {
        return;
    }
    match value {
        Value::String(text) if text.contains('\0') => {
            let words = Text::new("文本不得包含 U+0000", "a text must not contain U+0000");
            faults.push(FieldError::new(pointer(way), "null_character", words));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                way.push(Step::Index(index));
                find_nul(way, item, faults);
                way.pop();
            }
        }
        Value::Object(fields) => {
            for (field, item) in fields {
                if field.contains('\0') && !are_enough(faults) {
                    let words = Text::new("字段名不得包含 U+0000", "a field's name must not contain U+0000");
                    faults.push(FieldError::new(pointer(way), "null_character", words));
                }
                way.push(Step::Field(field));
                find_nul(way, item, faults);
                way.pop();
            }
        }
        _ => {}
    }
}

fn pointer(way: &[Step<'_>]) -> String {
    let segments = way.iter().map(|step| match step {
        Step::Index(index) => format!("/{index}"),
        Step::Field(name) => format!("/{}", shown(name)),
    });
    segments.collect()
}

/// One segment of a JSON pointer.
pub(super) fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use serde_json::json;

    #[test]
    fn no_more_faults_are_gathered_than_are_named_and_the_last_says_that_there_are_more() {
        let fault = |at: usize| FieldError::new(format!("/{at}"), "range", Text::same("x"));
        for (found, named) in [(MOST_FAULTS, MOST_FAULTS), (MOST_FAULTS + 1, MOST_FAULTS + 1)] {
            let faults = of_a_body((0..found).map(fault).collect());
            assert_eq!(faults.len(), named);
            assert_eq!(faults.last().unwrap().code == "more_faults", found > MOST_FAULTS);
        }
        let mut faults = nul_faults_of(&json!({ "items": vec!["\0"; 3 * MOST_FAULTS] }));
        assert_eq!((faults.len(), faults[7].pointer.as_str()), (MOST_FAULTS + 1, "/items/7"));
        add_faults(&mut faults, (0..MOST_FAULTS).map(fault).collect());
        assert_eq!(faults.len(), MOST_FAULTS + 1);
        assert_eq!(of_an_item(faults).len(), 21);
    }

    #[test]
    fn what_follows_from_a_fault_is_not_said_again() {
        let fault = |at: &str| FieldError::new(at, "range", Text::same("x"));
        let mut faults = vec![fault("/a/b"), fault("/c")];
        let more = ["/a", "/a/b", "/a/b/0", "/a/bc", "/c/1", "/cd", "/"];
        add_faults(&mut faults, more.map(fault).into());
        let all: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(all, ["/a/b", "/c", "/a/bc", "/cd", "/"]);
    }

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
