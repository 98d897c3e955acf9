//! Forms of single values: text, a word of a list, an id, a day, a moment, numbers, yes or no. What is expected and what was
//! found instead is said in words for people; the value itself never comes back, since it may belong to a person.

use crate::{
    text::{Language, Text},
    wire::Day,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// The form of a value that is no list and no object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Text { length: (Option<u64>, Option<u64>) },
    Word(Vec<String>),
    Uuid,
    Day,
    Moment,
    Whole { from: i64, to: i64 },
    Number,
    YesNo,
}

/// A stable code with its words.
type Fault = (&'static str, Text);

/// How long an id is, with its hyphens.
const UUID_LENGTH: usize = 36;

impl Form {
    /// Reads the form from a schema's words.
    ///
    /// # Errors
    /// Names the word or the format that is not known.
    pub(super) fn read(name: &str, words: &Map<String, Value>, idle: &[&str]) -> Result<Self, String> {
        let known: &[&str] = match name {
            "string" => &["type", "format", "enum", "minLength", "maxLength"],
            _ => &["type", "format", "minimum", "maximum"],
        };
        if let Some(word) = words.keys().find(|word| !idle.contains(&word.as_str()) && !known.contains(&word.as_str()))
        {
            return Err(format!("{word} of a {name}"));
        }
        let bound = |word: &str| words.get(word).and_then(Value::as_i64);
        match (name, words.get("format").and_then(Value::as_str)) {
            ("string", None) => Ok(match words.get("enum").and_then(Value::as_array) {
                Some(all) => Self::Word(all.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
                None => Self::Text {
                    length: (
                        words.get("minLength").and_then(Value::as_u64),
                        words.get("maxLength").and_then(Value::as_u64),
                    ),
                },
            }),
            ("string", Some("uuid")) => Ok(Self::Uuid),
            ("string", Some("date")) => Ok(Self::Day),
            ("string", Some("date-time")) => Ok(Self::Moment),
            ("integer", Some("int32")) => Ok(Self::Whole {
                from: bound("minimum").unwrap_or(i32::MIN.into()),
                to: bound("maximum").unwrap_or(i32::MAX.into()),
            }),
            ("integer", Some("int64")) => {
                Ok(Self::Whole { from: bound("minimum").unwrap_or(i64::MIN), to: bound("maximum").unwrap_or(i64::MAX) })
            }
            ("number", None | Some("double")) => Ok(Self::Number),
            ("boolean", None) => Ok(Self::YesNo),
            (_, format) => Err(format!("a {name} of format {format:?}")),
        }
    }

    pub(super) fn is_of_type(&self, value: &Value) -> bool {
        match self {
            Self::Whole { .. } => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::YesNo => value.is_boolean(),
            Self::Text { .. } | Self::Word(_) | Self::Uuid | Self::Day | Self::Moment => value.is_string(),
        }
    }

    /// What is wrong with a value of a body; its length and its bounds are looked at by the rules of the body.
    pub(super) fn fault(&self, value: &Value) -> Option<Fault> {
        if !self.is_of_type(value) {
            return Some(("wrong_type", found_instead(value, &self.expected())));
        }
        match (self, value.as_str()) {
            (Self::Whole { .. }, _) => value.as_i64().and_then(|n| i32::try_from(n).ok()).is_none().then(too_large),
            (Self::Word(_) | Self::Uuid | Self::Day | Self::Moment, Some(text)) => self.fault_of_text(text),
            _ => None,
        }
    }

    /// What is wrong with the text of a parameter.
    pub(super) fn fault_of_text(&self, text: &str) -> Option<Fault> {
        let length = text.chars().count() as u64;
        let fault = |holds: bool, code| (!holds).then(|| (code, must_be(&self.expected())));
        match self {
            Self::Text { length: (from, to) } => {
                let holds = from.is_none_or(|from| length >= from) && to.is_none_or(|to| length <= to);
                (!holds).then(|| ("length", bounds("长度应为", "the length must be", *from, *to)))
            }
            Self::Word(words) => fault(words.iter().any(|word| word == text), "unknown_value"),
            // As RFC 9562 writes it: what a client compares with an id that it was given must be that id.
            Self::Uuid => fault(text.len() == UUID_LENGTH && Uuid::parse_str(text).is_ok(), "invalid_value"),
            Self::Day => fault(Day::deserialize(Value::from(text)).is_ok(), "invalid_value"),
            // A plus sign that was not encoded comes as a blank.
            Self::Moment => fault(OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339).is_ok(), "invalid_value"),
            Self::Whole { from, to } => match text.parse::<i64>() {
                Ok(number) if (*from..=*to).contains(&number) => None,
                Ok(_) if (*from, *to) == (i32::MIN.into(), i32::MAX.into()) => Some(too_large()),
                Ok(_) => Some(("range", bounds("应为", "must be", Some(*from), Some(*to)))),
                Err(_) => fault(false, "invalid_value"),
            },
            Self::Number => fault(text.parse::<f64>().is_ok(), "invalid_value"),
            Self::YesNo => fault(["true", "false"].contains(&text), "invalid_value"),
        }
    }

    /// In words, what is expected.
    pub(super) fn expected(&self) -> Text {
        match self {
            Self::Text { .. } => Text::new("文本", "a text"),
            Self::Word(words) => {
                Text::new(format!("以下之一：{}", words.join("、")), format!("one of {}", words.join(", ")))
            }
            Self::Uuid => Text::new(
                "UUID（如 01900000-0000-7000-8000-000000000000）",
                "a UUID such as 01900000-0000-7000-8000-000000000000",
            ),
            Self::Day => Text::new("1900 至 2199 年的日期（YYYY-MM-DD）", "a day from 1900 to 2199 as YYYY-MM-DD"),
            Self::Moment => Text::new(
                "RFC 3339 时刻（须带时差，如 2021-06-15T12:00:00+08:00）",
                "an RFC 3339 moment with its offset, such as 2021-06-15T12:00:00+08:00",
            ),
            Self::Whole { .. } => Text::new("整数", "a whole number"),
            Self::Number => Text::new("数字", "a number"),
            Self::YesNo => Text::new("true 或 false", "true or false"),
        }
    }

    /// A value that every reader of this form takes.
    pub(super) fn stand_in(&self) -> Value {
        match self {
            Self::Text { .. } => "-".into(),
            Self::Word(words) => words.first().map_or(Value::Null, |word| word.as_str().into()),
            Self::Uuid => Uuid::nil().to_string().into(),
            Self::Day => "2020-01-01".into(),
            Self::Moment => "2020-01-01T00:00:00Z".into(),
            Self::Whole { from, .. } => (*from).max(1).into(),
            Self::Number => json!(1),
            Self::YesNo => false.into(),
        }
    }
}

/// What was found, by its type, and what was expected.
pub(super) fn found_instead(value: &Value, expected: &Text) -> Text {
    let (zh, en) = match value {
        Value::Null => ("null", "null"),
        Value::Bool(_) => ("true 或 false", "true or false"),
        Value::Number(number) if number.is_f64() => ("小数", "a number with decimals"),
        Value::Number(_) => ("整数", "a whole number"),
        Value::String(_) => ("文本", "a text"),
        Value::Array(_) => ("列表", "a list"),
        Value::Object(_) => ("对象", "an object"),
    };
    let (expected_zh, expected_en) = (expected.in_language(Language::Chinese), expected.in_language(Language::English));
    Text::new(format!("应为{expected_zh}，实为{zh}"), format!("found {en}, expected {expected_en}"))
}

fn must_be(expected: &Text) -> Text {
    let (zh, en) = (expected.in_language(Language::Chinese), expected.in_language(Language::English));
    Text::new(format!("应为{zh}"), format!("must be {en}"))
}

fn too_large() -> Fault {
    ("range", Text::new("数值过大", "the number is too large"))
}

fn bounds<N: std::fmt::Display>(zh: &str, en: &str, from: Option<N>, to: Option<N>) -> Text {
    match (from, to) {
        (Some(from), Some(to)) => {
            let span = Text::between(from, to);
            Text::new(format!("{zh} {}", span.zh), format!("{en} {}", span.en))
        }
        (Some(from), None) => Text::new(format!("{zh} {from} 以上"), format!("{en} at least {from}")),
        (None, Some(to)) => Text::new(format!("{zh} {to} 以下"), format!("{en} at most {to}")),
        (None, None) => Text::new(zh.to_owned(), en.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(schema: &Value) -> Form {
        Form::read(schema["type"].as_str().unwrap(), schema.as_object().unwrap(), &[]).unwrap()
    }

    #[test]
    fn what_stands_in_has_the_form_it_stands_in_for() {
        for schema in [
            json!({"type": "string", "minLength": 1}),
            json!({"type": "string", "enum": ["a", "b"]}),
            json!({"type": "string", "format": "uuid"}),
            json!({"type": "string", "format": "date"}),
            json!({"type": "string", "format": "date-time"}),
            json!({"type": "integer", "format": "int32", "minimum": 1990}),
            json!({"type": "integer", "format": "int64", "minimum": 0}),
            json!({"type": "number"}),
            json!({"type": "boolean"}),
        ] {
            let form = form(&schema);
            assert_eq!(form.fault(&form.stand_in()), None, "{schema}");
            assert_eq!(form.fault(&json!([])).unwrap().0, "wrong_type", "{schema}");
        }
    }

    #[test]
    fn a_fault_says_what_was_found_and_what_was_expected_and_never_the_value() {
        let whole = form(&json!({"type": "integer", "format": "int32"}));
        let (code, words) = whole.fault(&json!("610302199001010002")).unwrap();
        assert_eq!(
            (code, words.in_language(Language::English)),
            ("wrong_type", "found a text, expected a whole number")
        );
        assert_eq!(words.in_language(Language::Chinese), "应为整数，实为文本");
        assert_eq!(whole.fault(&json!(2.5)).unwrap().1.in_language(Language::Chinese), "应为整数，实为小数");
        assert_eq!(whole.fault(&json!(3_000_000_000_i64)).unwrap().0, "range");
        let word = form(&json!({"type": "string", "enum": ["online", "face_to_face"]}));
        let (code, words) = word.fault(&json!("示例甲")).unwrap();
        assert_eq!(
            (code, words.in_language(Language::English)),
            ("unknown_value", "must be one of online, face_to_face")
        );
    }

    #[test]
    fn a_parameter_is_read_from_its_text() {
        let year = form(&json!({"type": "integer", "format": "int32", "minimum": 1990, "maximum": 2200}));
        for (text, code) in
            [("1990", None), ("1989", Some("range")), ("x", Some("invalid_value")), ("", Some("invalid_value"))]
        {
            assert_eq!(year.fault_of_text(text).map(|fault| fault.0), code, "{text}");
        }
        let name = form(&json!({"type": "string", "minLength": 1, "maxLength": 3}));
        for (text, code) in [("示例甲", None), ("", Some("length")), ("abcd", Some("length"))] {
            assert_eq!(name.fault_of_text(text).map(|fault| fault.0), code, "{text}");
        }
    }

    #[test]
    fn an_id_is_written_in_one_way() {
        let id = form(&json!({"type": "string", "format": "uuid"}));
        let text = "0190d3f0-0000-7000-8000-00000000beef";
        for (text, holds) in [
            (text.to_owned(), true),
            (text.to_uppercase(), true),
            (format!("{{{text}}}"), false),
            (format!("urn:uuid:{text}"), false),
            (text.replace('-', ""), false),
            (format!("{text} "), false),
        ] {
            assert_eq!(id.fault_of_text(&text).is_none(), holds, "{text}");
            assert_eq!(id.fault(&json!(text)).is_none(), holds, "{text}");
        }
    }

    #[test]
    fn an_unknown_word_of_a_schema_is_told() {
        let schema = json!({"type": "number", "multipleOf": 2});
        assert!(Form::read("number", schema.as_object().unwrap(), &[]).is_err());
        assert!(Form::read("string", json!({"format": "ipv4"}).as_object().unwrap(), &[]).is_err());
    }
}
