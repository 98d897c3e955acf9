//! Wire forms that rooms share: civil days, moments, closed lists of words, places with their names.

use crate::{clock::Clock, text::Text};
use domain::{
    kernel::{PlaceCode, Words, names_a_person, names_a_person_in_groups},
    registry::{Called, PlaceTree},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IntoDeserializer},
};
use std::borrow::Cow;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use utoipa::{
    ToSchema,
    openapi::{
        Object,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};
use validator::ValidationError;

/// 民用日期（北京时间） / A civil day in UTC+08:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = Date, example = "2021-01-01")]
pub(crate) struct Day(pub(crate) Date);

/// 时刻（RFC 3339） / A moment, RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2021-06-15T04:00:00Z")]
pub(crate) struct Moment(pub(crate) OffsetDateTime);

/// 地区在某日的代码和名称 / A place, by the code and the name of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PlaceRef {
    /// 当日的国标区划代码；没有的为地区代码 / Its GB/T 2260 code of the day; its key where it has none.
    #[schema(example = "610981")]
    pub(crate) code: String,
    /// 当日的名称 / Its name of the day.
    #[schema(example = "旬阳市")]
    pub(crate) name: String,
}

impl PlaceRef {
    /// The place as it is called on a day.
    pub(crate) fn of(places: &PlaceTree, place: &PlaceCode, on: Date) -> Self {
        match places.called_on(place, on) {
            Some(Called { code, name }) => Self { code: code.to_owned(), name: name.to_owned() },
            None => Self { code: place.to_string(), name: String::new() },
        }
    }

    /// The place in a sentence: by its name, which people know, and by its code.
    pub(crate) fn in_words(&self) -> Text {
        match self.name.is_empty() {
            true => Text::new(format!("地区 {}", self.code), format!("the place {}", self.code)),
            false => Text::new(format!("{}（{}）", self.name, self.code), format!("{} ({})", self.name, self.code)),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let day = Date::parse(&text, format_description!("[year]-[month]-[day]")).ok();
        // The stores sort days as texts of four-digit years; a year outside these is a slip of the pen anyway.
        let day = day.filter(|day| text.len() == 10 && (1900..=2199).contains(&day.year()));
        day.map(Self).ok_or_else(|| de::Error::custom("expected a day from 1900 to 2199 as YYYY-MM-DD"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0.format(&Rfc3339).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let at = OffsetDateTime::parse(&text, &Rfc3339).ok();
        let at = at.filter(|at| (1900..=2199).contains(&at.year()));
        at.map(Self).ok_or_else(|| de::Error::custom("expected a moment from 1900 to 2199 as in RFC 3339"))
    }
}

/// A moment in an address: a plus sign that a caller did not escape arrives as a blank, and no RFC 3339 text holds one otherwise.
pub(crate) fn moment_in_query<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Moment>, D::Error> {
    let text: Option<String> = Option::deserialize(input)?;
    let read = |text: String| Moment::deserialize(text.replace(' ', "+").into_deserializer());
    text.map(read).transpose()
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        Self(at)
    }
}

/// The schema of one word of a closed list: `#[schema(schema_with = words::<Tier>)]`.
pub(crate) fn words<W: Words>() -> Object {
    word_list::<W>(SchemaType::Type(Type::String), None)
}

/// The schema of one word of a closed list, or null.
pub(crate) fn words_or_null<W: Words>() -> Object {
    word_list::<W>(SchemaType::from_iter([Type::String, Type::Null]), Some(serde_json::Value::Null))
}

/// The schema of several words of a closed list.
pub(crate) fn word_set<W: Words>() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::ArrayBuilder::new().items(words::<W>()).build()
}

fn word_list<W: Words>(of_type: SchemaType, more: Option<serde_json::Value>) -> Object {
    let all = W::ALL.iter().map(|word| serde_json::Value::from(word.as_str())).chain(more);
    ObjectBuilder::new().schema_type(of_type).enum_values(Some(all)).build()
}

/// The code of the fault that a text names a person.
pub(crate) const PERSONAL_DATA: &str = "personal_data";

/// What is said of it.
pub(crate) const NAMES_A_PERSON: (&str, &str) = (
    "含有居民身份证号码；应为不含证件号码的文字",
    "holds the number of a resident identity card; must be a text without one",
);

/// A rule of `validator`: a printed name, title or reason is one line with something in it, and nobody's identity number.
pub(crate) fn one_line(text: &str) -> Result<(), ValidationError> {
    if text.chars().any(char::is_control) {
        return Err(rule("control_character", "不得包含控制字符 / must hold no control character"));
    }
    if text.trim().is_empty() {
        return Err(rule("blank", "不得为空白 / must not be blank"));
    }
    if names_somebody(text) { Err(personal()) } else { Ok(()) }
}

/// A rule of `validator`: each of them is one short line.
pub(crate) fn lines(texts: &[String]) -> Result<(), ValidationError> {
    if texts.iter().any(|text| text.chars().count() > 200) {
        return Err(rule("length", "每项至多 200 个字符 / 200 characters each at most"));
    }
    texts.iter().try_for_each(|text| one_line(text))
}

/// Text is kept as it comes, in clear and for good: no number of an identity card may stand in it.
fn nobodys(text: &str) -> Result<(), ValidationError> {
    if names_a_person(text, Clock::System.today()) { Err(personal()) } else { Ok(()) }
}

fn personal() -> ValidationError {
    let (zh, en) = NAMES_A_PERSON;
    ValidationError::new(PERSONAL_DATA).with_message(Cow::Owned(format!("{zh} / {en}")))
}

/// Whether a text for people to read holds the number of an identity card, be it in groups as people write it.
pub(crate) fn names_somebody(text: &str) -> bool {
    let today = Clock::System.today();
    names_a_person(text, today)
        || names_a_person(&text.split_whitespace().collect::<String>(), today)
        || names_a_person_in_groups(text, today)
}

/// A rule of `validator`: an id of the caller's own may be any text that looks the same wherever it is shown or copied, so it
/// is one line without a blank at either end. The schema states it as a pattern. No number of an identity card stands in it.
pub(crate) fn own_id(id: &str) -> Result<(), ValidationError> {
    if id.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(rule(
            "control_character",
            "不得包含控制字符或换行 / must hold no control character and no line break",
        ));
    }
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    if id.starts_with(blank) || id.ends_with(blank) {
        return Err(rule("blank", "首尾不得有空白 / must not begin or end with a blank"));
    }
    nobodys(id)
}

/// A rule of `validator`: a code is 1 to 64 letters of any script and digits. Series, subjects and platforms are named in the
/// language of the documents (`会计`, `农业（农机）`, `青海干部网络学院`).
pub(crate) fn plain_code(code: &str) -> Result<(), ValidationError> {
    let plain = |c: char| c.is_alphanumeric() || "._:-()（）、".contains(c);
    if (1..=64).contains(&code.chars().count()) && code.chars().all(plain) {
        return nobodys(code);
    }
    let words = "应为 1 至 64 个文字、数字或 . _ : - ( )（）、 / must be 1 to 64 letters of any script, digits or . _ : - ( )（）、";
    Err(rule("code", words))
}

/// A rule of `validator`: a series (职称系列) is named as the notices name it. Rules match it by that name, so one in another
/// language would be passed over in silence: an accountant registered as `accounting` would not be the 会计 that a notice
/// leaves to the finance department.
pub(crate) fn series_name(name: &str) -> Result<(), ValidationError> {
    plain_code(name)?;
    let han = |c: char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}');
    if name.chars().any(han) && !name.ends_with("系列") {
        return Ok(());
    }
    let words = "应为通知所用的名称，不带“系列”二字，如：会计、卫生、农业（农机） / must be the name that the notices use, without 系列, such as 会计, 卫生, 农业（农机）";
    Err(rule("series", words))
}

/// A rule of `validator`: a category is a dotted path of the rule book's tree.
pub(crate) fn category_path(path: &str) -> Result<(), ValidationError> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if path.len() <= 100 && path.split('.').all(part) {
        return Ok(());
    }
    let words = "应为以点分隔的类别路径，如 public.required / must be a dotted path such as public.required";
    Err(rule("category", words))
}

fn rule(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(Cow::Borrowed(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    #[test]
    fn a_day_is_four_digits_two_and_two() {
        let day = |text: &str| serde_json::from_value::<Day>(text.into()).map(|day| day.0);
        assert_eq!(day("2021-01-31").unwrap(), date!(2021 - 01 - 31));
        for text in ["2021-1-31", "2021-02-29", "1899-12-31", "2200-01-01", "-021-01-01", "+2021-01-01", "", "20210131"]
        {
            assert!(day(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::to_value(Day(date!(2021 - 01 - 31))).unwrap(), "2021-01-31");
        assert_eq!(serde_json::to_value(Moment(datetime!(2021-01-31 08:00 UTC))).unwrap(), "2021-01-31T08:00:00Z");
    }

    #[test]
    fn names_codes_and_categories_are_checked() {
        assert!(one_line("示例公司").is_ok() && one_line(" ").is_err() && one_line("a\nb").is_err());
        let told = one_line("受理 610302199001010002 号").unwrap_err();
        assert_eq!(told.code, "personal_data");
        assert!(!told.to_string().contains("610302199001010002"), "{told}");
        assert!(series_name("会计").is_ok() && series_name("农业（农机）").is_ok());
        assert!(["accounting", "会计系列", "", "会 计"].iter().all(|name| series_name(name).is_err()));
        assert!(plain_code("SX-2021.01").is_ok() && plain_code("").is_err() && plain_code("a b").is_err());
        assert!(
            plain_code("青海干部网络学院").is_ok()
                && plain_code("农业（农机）").is_ok()
                && plain_code("会\u{0}").is_err()
        );
        for (id, code) in [
            ("2020-000001", None),
            ("甲 1/2", None),
            (" a", Some("blank")),
            ("a\u{3000}", Some("blank")),
            ("\u{feff}a", Some("blank")),
            ("a\nb", Some("control_character")),
            ("a\u{85}b", Some("control_character")),
            ("a\u{2028}b", Some("control_character")),
            ("a\r", Some("control_character")),
            ("c-610302199001010002", Some("personal_data")),
        ] {
            assert_eq!(own_id(id).err().map(|error| error.code.into_owned()).as_deref(), code, "{id:?}");
        }
        assert!(category_path("public.required").is_ok());
        for path in ["", "public.", ".public", "Public", "public..x", "public.1a"] {
            assert!(category_path(path).is_err(), "{path}");
        }
    }
}
