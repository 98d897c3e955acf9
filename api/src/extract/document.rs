//! JSON text as a value, with the fields that it says twice: JSON itself lets the last one win, and what a caller meant by
//! the first would be lost without a word.

use super::faults::{MOST_FAULTS, shown};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, map::Entry};
use std::{cell::RefCell, fmt};
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
        let repeated = RefCell::default();
        let value = Reader(&repeated).deserialize(input)?;
        Ok(Self { value, repeated: repeated.into_inner() })
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
struct Reader<'a>(&'a RefCell<Vec<String>>);

impl Reader<'_> {
    fn found(self) -> usize {
        self.0.borrow().len()
    }

    fn note(self, name: &str) {
        let mut found = self.0.borrow_mut();
        if found.len() <= MOST_FAULTS {
            found.push(format!("/{}", shown(name)));
        }
    }

    /// Everything found from `first` on lies below `segment`.
    fn below(self, first: usize, segment: &dyn fmt::Display) {
        for pointer in self.0.borrow_mut().iter_mut().skip(first) {
            pointer.insert_str(0, &format!("/{segment}"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
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
        loop {
            let first = self.found();
            let Some(item) = input.next_element_seed(self)? else { return Ok(Value::Array(items)) };
            if self.found() > first {
                self.below(first, &items.len());
            }
            items.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = input.next_key::<String>()? {
            let first = self.found();
            let value = input.next_value_seed(self)?;
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
    fn a_document_is_not_read_without_end() {
        assert!(serde_json::from_str::<Document>(&"[".repeat(100_000)).is_err());
    }
}
