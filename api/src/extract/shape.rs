//! The shape of bodies and parameters as the document states it, and what in a value departs from it: everything at once.
//!
//! Serde stops at the first fault of shape, takes a list where an object is meant, and speaks of Rust's types. So bodies are
//! held against the schema that the document gives for them, by the few words of JSON Schema that those schemas use; one
//! that uses another word is found by a test. Lengths and bounds of bodies are the rules' business (`validator`).

use super::{
    faults::{are_enough, escaped, unknown_field},
    form::{self, Form},
};
use crate::{
    problem::FieldError,
    text::{Language, Text},
};
use serde_json::{Map, Value};
use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, PoisonError, RwLock},
};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// What a value must look like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    nullable: bool,
    of: Of,
}

impl Default for Shape {
    /// Whatever it is.
    fn default() -> Self {
        Self { nullable: true, of: Of::Apart }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Of {
    /// Whatever it is, it is judged by itself and elsewhere.
    Apart,
    /// An object with these fields and no others.
    Object {
        fields: BTreeMap<String, Shape>,
        required: Vec<String>,
    },
    /// An object of the caller's own.
    Free,
    List(Box<Shape>),
    /// Something that is no list and no object.
    One(Form),
}

/// Words of a schema that say nothing about the shape, or what `validator` checks.
const IDLE: [&str; 9] =
    ["description", "example", "examples", "default", "title", "minItems", "maxItems", "pattern", "deprecated"];

/// The shape of a type's schema, made once.
pub(super) fn of<T: ToSchema + 'static>() -> &'static Shape {
    static KNOWN: LazyLock<RwLock<HashMap<TypeId, &'static Shape>>> = LazyLock::new(RwLock::default);
    let key = TypeId::of::<T>();
    if let Some(shape) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return shape;
    }
    let mut named = Vec::new();
    T::schemas(&mut named);
    let named = named.iter().map(|(name, schema)| (name.clone(), json(schema))).collect();
    // A schema with an unknown word is taken for anything; a test holds that there is none.
    let shape = Shape::read(&json(&T::schema()), &named).unwrap_or_default();
    // One shape a type, for as long as the process runs.
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(|| Box::leak(Box::new(shape)))
}

fn json(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

impl Shape {
    /// Reads a schema of the document. `named` are the schemas that it may refer to.
    ///
    /// # Errors
    /// Names the word of JSON Schema that this reader does not know.
    pub(crate) fn read(schema: &Value, named: &HashMap<String, Value>) -> Result<Self, String> {
        let words = schema.as_object().ok_or("a schema that is no object")?;
        if let Some(name) = words.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next()) {
            return Self::read(named.get(name).ok_or_else(|| format!("no schema {name}"))?, named);
        }
        if let Some(choices) = ["oneOf", "allOf"].iter().find_map(|word| words.get(*word)).and_then(Value::as_array) {
            return Self::choice(choices, named);
        }
        let given = |word: &&String| !IDLE.contains(&word.as_str());
        let Some(given_type) = words.get("type") else {
            return match words.keys().find(given) {
                Some(word) => Err(format!("{word} without a type")),
                None => Ok(Self::default()),
            };
        };
        let types: Vec<&str> = match given_type {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let nullable = types.contains(&"null");
        let of = match types.iter().find(|name| **name != "null") {
            Some(&"object") => Self::object(words, named)?,
            Some(&"array") => Of::List(Box::new(Self::read(words.get("items").unwrap_or(&Value::Null), named)?)),
            Some(name) => Of::One(Form::read(name, words, &IDLE)?),
            None => return Err("a type of nothing but null".into()),
        };
        Ok(Self { nullable, of })
    }

    /// `oneOf` and `allOf` say here only that something may also be null, or more about a schema that they refer to.
    fn choice(choices: &[Value], named: &HashMap<String, Value>) -> Result<Self, String> {
        let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
        let [one] = choices.iter().filter(|schema| !is_null(schema)).collect::<Vec<_>>()[..] else {
            return Err("a choice between schemas".into());
        };
        let shape = Self::read(one, named)?;
        Ok(Self { nullable: shape.nullable || choices.iter().any(|schema| is_null(&schema)), of: shape.of })
    }

    fn object(words: &Map<String, Value>, named: &HashMap<String, Value>) -> Result<Of, String> {
        let known = ["type", "properties", "required", "additionalProperties"];
        if let Some(word) = words.keys().find(|word| !IDLE.contains(&word.as_str()) && !known.contains(&word.as_str()))
        {
            return Err(format!("{word} of an object"));
        }
        let Some(properties) = words.get("properties").and_then(Value::as_object) else { return Ok(Of::Free) };
        if words.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err("an object that takes fields beside its own".into());
        }
        let fields = properties.iter().map(|(name, schema)| Ok((name.clone(), Self::read(schema, named)?)));
        let required = words.get("required").and_then(Value::as_array).into_iter().flatten();
        Ok(Of::Object {
            fields: fields.collect::<Result<_, String>>()?,
            required: required.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }

    /// Whether every value is of the type that the shape names. Serde asks less: it reads an object from a list of its
    /// fields, and a word from an object.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match (&self.of, value) {
            (Of::Apart, _) | (Of::Free, Value::Object(_)) => true,
            (_, Value::Null) => self.nullable,
            (Of::Object { fields, .. }, Value::Object(given)) => {
                fields.iter().all(|(name, shape)| given.get(name).is_none_or(|value| shape.fits(value)))
            }
            (Of::List(each), Value::Array(items)) => items.iter().all(|item| each.fits(item)),
            (Of::One(form), value) => form.is_of_type(value),
            _ => false,
        }
    }

    /// Names everything in which a value departs from the shape, and answers the value without it: what is optional is left
    /// out, something harmless stands in for what is required, so that what lies behind can be read and checked as well.
    /// Nothing, where the fault is the value itself.
    pub(super) fn check(&self, at: &str, value: &Value, faults: &mut Vec<FieldError>) -> Option<Value> {
        if are_enough(faults) {
            return Some(value.clone());
        }
        match (&self.of, value) {
            (Of::Apart, _) | (Of::Free, Value::Object(_)) => Some(value.clone()),
            (_, Value::Null) if self.nullable => Some(Value::Null),
            (Of::Object { fields, required }, Value::Object(given)) => {
                Some(check_fields(at, (fields, required), given, faults))
            }
            (Of::List(each), Value::Array(items)) => {
                let checked = items.iter().enumerate().map(|(index, item)| {
                    each.check(&format!("{at}/{index}"), item, faults).unwrap_or_else(|| each.stand_in())
                });
                Some(Value::Array(checked.collect()))
            }
            (Of::One(form), value) => {
                let Some((code, words)) = form.fault(value) else { return Some(value.clone()) };
                faults.push(FieldError::new(at, code, words));
                None
            }
            _ => {
                faults.push(FieldError::new(at, "wrong_type", form::found_instead(value, &self.expected())));
                None
            }
        }
    }

    /// What is wrong with the text of a parameter.
    pub(crate) fn fault_of_text(&self, text: &str) -> Option<(&'static str, Text)> {
        match &self.of {
            Of::One(form) => form.fault_of_text(text),
            _ => None,
        }
    }

    /// In words, what is expected.
    pub(crate) fn expected(&self) -> Text {
        match &self.of {
            Of::Apart => Text::new("任意值", "anything"),
            Of::Object { .. } | Of::Free => Text::new("对象", "an object"),
            Of::List(_) => Text::new("列表", "a list"),
            Of::One(form) => form.expected(),
        }
    }

    /// Something harmless of this shape, with what it must have.
    pub(super) fn stand_in(&self) -> Value {
        match &self.of {
            Of::Apart => Value::Null,
            Of::Free => Value::Object(Map::new()),
            Of::List(_) => Value::Array(Vec::new()),
            Of::One(form) => form.stand_in(),
            Of::Object { fields, required } => {
                let needed = |name: &String| Some((name.clone(), fields.get(name)?.stand_in()));
                Value::Object(required.iter().filter_map(needed).collect())
            }
        }
    }

    /// Takes out what stands at a pointer, or puts something harmless there where it is required; false where neither helps.
    pub(super) fn mend(&self, value: &mut Value, pointer: &str) -> bool {
        let Some((parent, name)) = pointer.rsplit_once('/') else { return false };
        let name = name.replace("~1", "/").replace("~0", "~");
        match (self.at(parent).map(|shape| &shape.of), value.pointer_mut(parent)) {
            (Some(Of::Object { fields, required }), Some(Value::Object(given))) if required.contains(&name) => {
                fields.get(&name).map(|shape| given.insert(name, shape.stand_in())).is_some()
            }
            (_, Some(Value::Object(given))) => given.remove(&name).is_some(),
            (Some(Of::List(each)), Some(Value::Array(items))) => {
                let item = name.parse().ok().and_then(|index: usize| items.get_mut(index));
                item.map(|item| *item = each.stand_in()).is_some()
            }
            _ => false,
        }
    }

    /// Whether a fault at the pointer is one of this value, not of a part that is judged by itself.
    pub(super) fn reaches(&self, pointer: &str) -> bool {
        self.at(pointer).is_none_or(|shape| shape.of != Of::Apart)
    }

    /// The shape at a pointer, or of the part judged by itself above it; nothing where no field is known.
    fn at(&self, pointer: &str) -> Option<&Self> {
        let mut shape = self;
        for segment in pointer.split('/').skip(1) {
            shape = match &shape.of {
                Of::Apart => return Some(shape),
                Of::Object { fields, .. } => fields.get(&segment.replace("~1", "/").replace("~0", "~"))?,
                Of::List(each) => each,
                Of::Free | Of::One(_) => return None,
            };
        }
        Some(shape)
    }
}

fn check_fields(
    at: &str,
    (fields, required): (&BTreeMap<String, Shape>, &[String]),
    given: &Map<String, Value>,
    faults: &mut Vec<FieldError>,
) -> Value {
    let mut checked = Map::new();
    for (name, value) in given {
        let Some(shape) = fields.get(name) else {
            if !are_enough(faults) {
                faults.push(unknown_field(at, name, fields.keys()));
            }
            continue;
        };
        if let Some(value) = shape.check(&format!("{at}/{}", escaped(name)), value, faults) {
            checked.insert(name.clone(), value);
        }
    }
    for name in required {
        let Some(shape) = fields.get(name).filter(|_| !checked.contains_key(name)) else { continue };
        if !given.contains_key(name) && !are_enough(faults) {
            let expected = shape.expected();
            let (zh, en) = (expected.in_language(Language::Chinese), expected.in_language(Language::English));
            let words = Text::new(format!("缺少必填字段，应为{zh}"), format!("a required field is missing: {en}"));
            faults.push(FieldError::new(format!("{at}/{}", escaped(name)), "missing", words));
        }
        checked.insert(name.clone(), shape.stand_in());
    }
    Value::Object(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape() -> Shape {
        let named = HashMap::from([(
            "Part".to_owned(),
            json!({ "type": "object", "additionalProperties": false, "required": ["kind"], "properties": {
                "kind": { "type": "string", "enum": ["a", "b"] },
                "from_on": { "oneOf": [{ "type": "string", "format": "date" }, { "type": "null" }] } } }),
        )]);
        let schema = json!({ "type": "object", "additionalProperties": false, "required": ["part", "year", "all"],
            "properties": {
                "part": { "$ref": "#/components/schemas/Part", "description": "x" },
                "year": { "type": "integer", "format": "int32" },
                "all": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
                "people": { "type": "array", "items": {} },
                "evidence": { "type": ["object", "null"] },
                "id": { "type": ["string", "null"], "format": "uuid" } } });
        Shape::read(&schema, &named).unwrap()
    }

    fn check(value: &Value) -> (Vec<(String, String)>, Option<Value>) {
        let mut faults = Vec::new();
        let mended = shape().check("", value, &mut faults);
        (faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect(), mended)
    }

    #[test]
    fn everything_is_named_at_once_and_the_rest_is_kept() {
        let (faults, mended) = check(&json!({
            "part": { "kind": "c", "from_on": "1.1.2020", "colour": 1 },
            "year": "2020",
            "all": [["a"], { "kind": "b", "from_on": null }, {}],
            "people": [7, []],
            "evidence": [],
            "id": 7,
        }));
        let named = [
            ("/all/0", "wrong_type"),
            ("/all/2/kind", "missing"),
            ("/evidence", "wrong_type"),
            ("/id", "wrong_type"),
            ("/part/colour", "unknown_field"),
            ("/part/from_on", "invalid_value"),
            ("/part/kind", "unknown_value"),
            ("/year", "wrong_type"),
        ];
        assert_eq!(faults, named.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
        let wanted = json!({ "part": { "kind": "a" }, "year": 1, "people": [7, []],
            "all": [{ "kind": "a" }, { "kind": "b", "from_on": null }, { "kind": "a" }] });
        assert_eq!(mended, Some(wanted));
    }

    #[test]
    fn what_fits_has_the_types_of_the_shape_all_the_way_down() {
        let good = json!({ "part": { "kind": "a" }, "year": 1, "all": [], "id": null, "evidence": { "x": [1] } });
        assert!(shape().fits(&good) && check(&good).0.is_empty());
        for (pointer, bad) in [
            ("/part", json!(["a"])),
            ("/part/kind", json!({ "a": null })),
            ("/year", json!(1.0)),
            ("/year", json!(null)),
            ("/all", json!([["a"]])),
            ("/evidence", json!([])),
        ] {
            let mut value = good.clone();
            *value.pointer_mut(pointer).unwrap() = bad;
            assert!(!shape().fits(&value), "{value}");
            assert_eq!(check(&value).0.len(), 1, "{value}");
        }
    }

    #[test]
    fn a_part_that_is_judged_by_itself_is_not_reached() {
        let shape = shape();
        for (pointer, reached) in
            [("/people", true), ("/people/0", false), ("/people/0/kind", false), ("/all/0/kind", true), ("/more", true)]
        {
            assert_eq!(shape.reaches(pointer), reached, "{pointer}");
        }
    }

    #[test]
    fn a_value_is_mended_at_a_pointer() {
        let mut value = json!({ "part": { "kind": "a", "from_on": "x" }, "year": 7, "all": [{ "kind": 7 }] });
        for pointer in ["/part/from_on", "/year", "/all/0/kind"] {
            assert!(shape().mend(&mut value, pointer), "{pointer}");
        }
        assert_eq!(value, json!({ "part": { "kind": "a" }, "year": 1, "all": [{ "kind": "a" }] }));
        assert!(!shape().mend(&mut value, ""));
        assert!(!shape().mend(&mut value, "/more"));
    }
}
