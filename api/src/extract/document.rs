//! JSON text as a value, with the fields that it says twice: JSON itself lets the last one win, and what a caller meant by
//! the first would be lost without a word.

use super::faults::{MOST_FAULTS, shown};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, map::Entry};
use std::{
    cell::{Cell, RefCell},
    fmt,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// A JSON value as it was sent. As a field of a body it is what is judged by itself: its faults are not the body's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Document {
    /// The value; where a field is said twice, the last one.
    pub value: Value,
    /// Pointers to the fields that are said more than once, one more of them than are named.
    pub repeated: Vec<String>,
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self { value, repeated: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, Lists::Whole)
    }
}

fn read<'de, D: Deserializer<'de>>(input: D, lists: Lists) -> Result<Document, D::Error> {
    let found = Found { repeated: RefCell::default(), left: Cell::new(MOST_VALUES) };
    let value = Reader(&found, lists).deserialize(input)?;
    Ok(Document { value, repeated: found.repeated.into_inner() })
}

/// How many values a text may hold, within one another or side by side: a thousand items with two hundred and fifty fields each. A value in memory
/// may be ninety times as long as its text, or 8 MiB of `{"":0},` would be most of a gigabyte.
const MOST_VALUES: u32 = 250_000;

/// The most items that a list in a body may hold; each operation says so for its own, or permits fewer.
pub(super) const MOST_ITEMS: usize = 1000;

/// How much is kept of a list, where more than that is refused anyway: one more than may be, which tells that there are too many.
const KEPT_ITEMS: usize = MOST_ITEMS + 1;

/// A whole body. Of the lists that are its fields no more is kept than is needed to see that there is too much, or 8 MiB of
/// `0,` would be four million values.
pub(super) struct WholeBody(pub(super) Document);

impl<'de> Deserialize<'de> for WholeBody {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        read(input, Lists::BelowFields).map(Self)
    }
}

/// Reads a list of documents as [`WholeBody`] does, for `deserialize_with`.
///
/// # Errors
/// As those of a list of documents.
pub fn bounded_list<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Document>, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Vec<Document>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Vec<Document>, A::Error> {
            let mut items = Vec::new();
            while items.len() < KEPT_ITEMS {
                let Some(item) = input.next_element()? else { return Ok(items) };
                items.push(item);
            }
            pass_over(&mut input)?;
            Ok(items)
        }
    }
    input.deserialize_seq(Bounded)
}

/// Reads the rest of a list without keeping it.
fn pass_over<'de, A: SeqAccess<'de>>(input: &mut A) -> Result<(), A::Error> {
    while input.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// What is said of a text that holds more values than it may.
pub(super) const TOO_MANY_VALUES: &str = "too many values";

/// Which lists are kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    /// All.
    Whole,
    /// This value is a body.
    BelowFields,
    /// This value is a field of a body.
    Bounded,
}

impl Lists {
    const fn one_down(self) -> Self {
        match self {
            Self::BelowFields => Self::Bounded,
            Self::Whole | Self::Bounded => Self::Whole,
        }
    }
}

/// Anything: what it must be is said by who reads it.
impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        Value::schema()
    }
}

impl ToSchema for Document {}

/// Reads one value. Pointers grow from the inside out, so a value that repeats nothing pays nothing for them.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Found, Lists);

/// What was found while a text is read.
struct Found {
    /// Pointers to what is said more than once.
    repeated: RefCell<Vec<String>>,
    /// How many more values may come.
    left: Cell<u32>,
}

impl Reader<'_> {
    fn found(self) -> usize {
        self.0.repeated.borrow().len()
    }

    fn note(self, name: &str) {
        let mut found = self.0.repeated.borrow_mut();
        if found.len() <= MOST_FAULTS {
            found.push(format!("/{}", shown(name)));
        }
    }

    /// Everything found from `first` on lies below `segment`.
    fn below(self, first: usize, segment: &dyn fmt::Display) {
        for pointer in self.0.repeated.borrow_mut().iter_mut().skip(first) {
            pointer.insert_str(0, &format!("/{segment}"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        let left = self.0.left.get().checked_sub(1).ok_or_else(|| D::Error::custom(TOO_MANY_VALUES))?;
        self.0.left.set(left);
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        self.deserialize(input)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        let each = Self(self.0, self.1.one_down());
        loop {
            if self.1 == Lists::Bounded && items.len() >= KEPT_ITEMS {
                pass_over(&mut input)?;
                return Ok(Value::Array(items));
            }
            let first = self.found();
            let Some(item) = input.next_element_seed(each)? else { return Ok(Value::Array(items)) };
            if self.found() > first {
                self.below(first, &items.len());
            }
            items.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        let each = Self(self.0, self.1.one_down());
        while let Some(name) = input.next_key::<String>()? {
            let first = self.found();
            let value = input.next_value_seed(each)?;
            if self.found() > first {
                self.below(first, &shown(&name));
            }
            match fields.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    self.note(entry.key());
                    entry.insert(value);
                }
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_the_value_with_what_it_says_twice() {
        let text = r#"{"a":[1,-2,1.5,true,null,"x"],"b":{"c":[{"d":1,"d":2}],"e/f":{"g":0,"g":0}},"a":[7]}"#;
        let document: Document = serde_json::from_str(text).unwrap();
        assert_eq!(document.value, json!({"a": [7], "b": {"c": [{"d": 2}], "e/f": {"g": 0}}}));
        assert_eq!(document.repeated, ["/b/c/0/d", "/b/e~1f/g", "/a"]);
        let text = r#"{"a":[1,-2,1.5,1e300,18446744073709551615,true,null,"x\u4e2d"],"b":{}}"#;
        let document: Document = serde_json::from_str(text).unwrap();
        assert_eq!(document, serde_json::from_str::<Value>(text).unwrap().into());
    }

    #[test]
    fn of_a_list_in_a_body_no_more_is_kept_than_tells_that_it_is_too_long() {
        let many = vec!["[0,0]"; 5000].join(",");
        let text = format!(r#"{{"items":[{many}],"one":{{"two":[{many}]}},"items":[{many}]}}"#);
        let WholeBody(body) = serde_json::from_str(&text).unwrap();
        let length = |pointer: &str| body.value.pointer(pointer).unwrap().as_array().unwrap().len();
        assert_eq!((length("/items"), length("/items/7"), length("/one/two")), (1001, 2, 5000));
        assert_eq!(body.repeated, ["/items"]);
        let mut input = serde_json::Deserializer::from_str("[1,{\"a\":1,\"a\":2}]");
        assert_eq!(bounded_list(&mut input).unwrap()[1].repeated, ["/a"]);
        let text = format!("[{many}]");
        let mut input = serde_json::Deserializer::from_str(&text);
        assert_eq!(bounded_list(&mut input).unwrap().len(), 1001);
        // What is passed over is read all the same.
        assert!(bounded_list(&mut serde_json::Deserializer::from_str(&format!("[{many},x]"))).is_err());
    }

    #[test]
    fn a_document_is_not_read_without_end() {
        assert!(serde_json::from_str::<Document>(&"[".repeat(100_000)).is_err());
        // Within one another or side by side, below fields or in lists.
        let held = |values: u32| format!(r#"[{{"a":[{}0]}}]"#, r#"{},"#.repeat(values as usize - 4));
        assert!(serde_json::from_str::<Document>(&held(MOST_VALUES)).is_ok());
        for text in [held(MOST_VALUES + 1), format!("[{}0]", "0,".repeat(MOST_VALUES as usize))] {
            let told = serde_json::from_str::<Document>(&text).unwrap_err();
            assert!(told.to_string().starts_with(TOO_MANY_VALUES), "{told}");
        }
    }
}
