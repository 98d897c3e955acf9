//! Bodies that carry many items: one JSON body of up to a thousand, or lines without end. The items are judged one by one
//! by the room that takes them; what is wrong with one of them loses no other.

use super::{
    body::{read_batch_body, require_encoding},
    document::{Document, MOST_ITEMS, bounded_list},
    json::read_json,
    lines::{Lines, NDJSON},
    media::media_type_or_nothing,
};
use crate::{
    problem::{FieldError, Problem},
    text::Text,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{
    TryFutureExt,
    future::{LocalBoxFuture, ready},
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

pub(super) const JSON: &str = "application/json";
/// The media type of tables.
const CSV: &str = "text/csv";

/// The items of a JSON body, not yet read one by one.
#[derive(Clone, Debug)]
pub struct Items(pub Vec<Document>);

/// Many items: one JSON body of up to a thousand, or lines without end. The media type says which.
#[derive(Debug)]
pub enum ItemsOrLines {
    /// Read whole.
    Json(Vec<Document>),
    /// To be read in chunks.
    Lines(Lines),
}

/// Many items: as before, or the rows of a table. The media type says which.
#[derive(Debug)]
pub(crate) enum ItemsOrTable {
    /// A list, or lines of JSON.
    Items(ItemsOrLines),
    /// To be read in chunks; the first line that is not blank names the columns.
    Table(Lines),
}

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Batch {
    #[validate(length(min = 1, max = 1000))]
    #[serde(deserialize_with = "bounded_list")]
    items: Vec<Document>,
}

impl FromRequest for Items {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = media_type_or_nothing(request.headers(), &[JSON]);
        let body = read_batch_body(request, payload);
        Box::pin(async move {
            json?;
            read_items(&body.await?).map(Self)
        })
    }
}

impl FromRequest for ItemsOrLines {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        match media_type_or_nothing(request.headers(), &[JSON, NDJSON]) {
            Ok(NDJSON) => return Box::pin(Lines::from_request(request, payload).map_ok(Self::Lines)),
            Ok(_) => {}
            Err(refused) => return Box::pin(ready(Err(refused))),
        }
        let body = read_batch_body(request, payload);
        Box::pin(async move { read_items(&body.await?).map(Self::Json) })
    }
}

impl FromRequest for ItemsOrTable {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        match media_type_or_nothing(request.headers(), &[JSON, NDJSON, CSV]) {
            Ok(CSV) => {
                let table = require_encoding(request.headers());
                Box::pin(ready(table.map(|()| Self::Table(Lines::of(request, payload)))))
            }
            Ok(_) => Box::pin(ItemsOrLines::from_request(request, payload).map_ok(Self::Items)),
            Err(refused) => Box::pin(ready(Err(refused))),
        }
    }
}

/// Reads a body of many items.
pub(crate) fn read_items(body: &[u8]) -> Result<Vec<Document>, Problem> {
    // Serde would also read the object from a list of its fields.
    let object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    match serde_json::from_slice::<Batch>(body) {
        Ok(batch) if object && (1..=MOST_ITEMS).contains(&batch.items.len()) => Ok(batch.items),
        // Read again by the way that names every fault.
        _ => read_json::<Batch>(body).map(|batch| batch.items),
    }
}

/// The refusal of a push that carries nothing: of lines without one that is not blank, like that of a list without items.
#[must_use]
pub fn no_items() -> Problem {
    let words = Text::new("请求体中没有任何条目", "the body carries no item");
    Problem::invalid_body(vec![FieldError::new("", "length", words)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use serde_json::json;

    fn refused(body: &str) -> serde_json::Value {
        read_items(body.as_bytes()).unwrap_err().to_value(Language::English)
    }

    #[test]
    fn items_are_handed_on_whatever_they_are_with_what_they_say_twice() {
        let items = read_items(br#" {"items": [{"a": 1, "a": 2}, [7], null, "\u0000"]}"#).unwrap();
        assert_eq!(
            items.iter().map(|item| item.value.clone()).collect::<Vec<_>>(),
            [json!({"a": 2}), json!([7]), json!(null), json!("\0"),]
        );
        assert_eq!(items[0].repeated, ["/a"]);
        assert!(items[1].repeated.is_empty());
    }

    #[test]
    fn a_body_that_is_no_list_of_items_is_refused_with_its_faults() {
        for (body, pointer, code) in [
            (r#"{"items": []}"#, "/items", "length"),
            (r#"[[1]]"#, "", "wrong_type"),
            (r#"{"items": 7}"#, "/items", "wrong_type"),
            (r#"{}"#, "/items", "missing"),
            (r#"{"items": [1], "items": [2]}"#, "/items", "duplicate_field"),
            (r#"{"items": [{"a": 1, "a": 2, "b": "\u0000"}], "more": 1}"#, "/more", "unknown_field"),
        ] {
            let refused = refused(body);
            assert_eq!(refused["errors"].as_array().unwrap().len(), 1, "{refused}");
            assert_eq!(
                (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
                (&json!(pointer), &json!(code))
            );
        }
        for many in [1001, 5000] {
            let refused = refused(&json!({ "items": vec![1; many] }).to_string());
            let (all, first) = (refused["errors"].as_array().unwrap().len(), &refused["errors"][0]);
            assert_eq!((all, &first["pointer"], &first["code"]), (1, &json!("/items"), &json!("length")));
        }
        assert_eq!(refused(r#"{"items": [1"#)["code"], "malformed_json");
    }
}
