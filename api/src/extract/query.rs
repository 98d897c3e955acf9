//! Query parameters and pages. A parameter that the document does not name for the operation is refused: a misspelt filter
//! must not answer with everything.

use super::{
    body::add_faults,
    faults::{from_serde, from_validation},
    shape::Shape,
};
use crate::{
    openapi::Contract,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    future::{Ready, ready},
};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// How many parameters are looked at; no operation takes a tenth of it.
const MOST_PARAMETERS: usize = 100;

/// The parameters of a query, checked. `T` derives `Deserialize`, `Validate` and `IntoParams`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

/// Which part of a list to answer. Cursors are opaque: a caller hands back what `next_cursor` said.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// 每页条数 / How many items at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: u16,
    /// 上一页返回的 next_cursor / What the page before gave as `next_cursor`.
    pub cursor: Option<String>,
}

fn default_limit() -> u16 {
    50
}

impl Page {
    /// The key after which the page begins, as [`Paged::new`] took it.
    ///
    /// # Errors
    /// `invalid_query` when the cursor is not one of this list's.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
            let words = Text::new("不是本列表给出的游标", "not a cursor that this list gave");
            Problem::invalid_query("cursor", "invalid_value", words)
        })?;
        Ok(Some(key))
    }

    /// How many rows to ask the store for: one more than the page holds, to learn whether there is a next page.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (page, mut faults) = gather::<Self>(request);
        if page.as_ref().is_some_and(|page| !(1..=200).contains(&page.limit)) {
            let words = Text::new("应在 1 至 200 之间", "must be 1 to 200");
            add_faults(&mut faults, vec![FieldError::new("?limit", "range", words)]);
        }
        ready(refuse_or(page, faults))
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Paged<T> {
    /// 本页条目 / The items of this page.
    pub items: Vec<T>,
    /// 下一页的游标，没有下一页时为 null / The cursor of the next page, null where there is none.
    pub next_cursor: Option<String>,
}

impl<T> Paged<T> {
    /// A page from rows fetched with [`Page::fetch`]; `key` is what the next page begins after.
    pub fn new<K: Serialize>(page: &Page, mut items: Vec<T>, key: impl FnOnce(&T) -> K) -> Self {
        let more = items.len() > usize::from(page.limit);
        items.truncate(usize::from(page.limit));
        let last = items.last().filter(|_| more).map(key);
        let next_cursor = last.and_then(|key| serde_json::to_vec(&key).ok()).map(|key| URL_SAFE_NO_PAD.encode(key));
        Self { items, next_cursor }
    }

    /// The same page with every item turned into its wire form.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Paged<U> {
        Paged { items: self.items.into_iter().map(each).collect(), next_cursor: self.next_cursor }
    }
}

fn read<T: DeserializeOwned + Validate>(request: &HttpRequest) -> Result<T, Problem> {
    let (value, mut faults) = gather::<T>(request);
    if let Some(Err(broken)) = value.as_ref().map(Validate::validate) {
        add_faults(&mut faults, from_validation(&broken).into_iter().map(as_parameter).collect());
    }
    refuse_or(value, faults)
}

fn refuse_or<T>(value: Option<T>, faults: Vec<FieldError>) -> Result<T, Problem> {
    value.filter(|_| faults.is_empty()).ok_or_else(|| Problem::new(Kind::InvalidQuery).errors(faults))
}

/// Reads the parameters that `T` knows. The faults are those of all parameters of the operation, since a handler may read
/// them by several extractors, of which the first that fails is the only one to speak.
fn gather<T: DeserializeOwned>(request: &HttpRequest) -> (Option<T>, Vec<FieldError>) {
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
    let known = request.app_data::<Data<Contract>>().and_then(|contract| contract.parameters(request));
    let mut faults = faults_of_pairs(&pairs, known.map(|known| &known.query));
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(request.query_string().as_bytes()));
    match serde_path_to_error::deserialize(deserializer) {
        Ok(value) => (Some(value), faults),
        Err(error) => {
            // Of a parameter said twice serde does not say which, so what it says adds nothing there.
            if faults.is_empty() || error.path().iter().next().is_some() {
                add_faults(&mut faults, vec![as_parameter(from_serde(&error))]);
            }
            (None, faults)
        }
    }
}

fn faults_of_pairs(pairs: &[(Cow<'_, str>, Cow<'_, str>)], known: Option<&BTreeMap<String, Shape>>) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = Vec::new();
    for (index, (name, value)) in pairs.iter().enumerate().take(MOST_PARAMETERS) {
        let mut refuse = |code: &str, words: Text| {
            let fault = FieldError::new(format!("?{name}").replace('\0', ""), code, words);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        };
        if name.contains('\0') || value.contains('\0') {
            refuse("null_character", Text::new("文本不得包含 U+0000", "a text must not contain U+0000"));
            continue;
        }
        let Some(known) = known else { continue };
        let Some(shape) = known.get(name.as_ref()) else {
            let all: Vec<&str> = known.keys().map(String::as_str).collect();
            let words = match all.is_empty() {
                true => Text::new("未知参数；此操作没有查询参数", "unknown parameter; the operation takes none"),
                false => Text::new(
                    format!("未知参数；可用：{}", all.join("、")),
                    format!("unknown parameter; known are: {}", all.join(", ")),
                ),
            };
            refuse("unknown_parameter", words);
            continue;
        };
        if pairs.iter().take(index).any(|(other, _)| other == name) {
            refuse("duplicate_parameter", Text::new("参数重复，只能出现一次", "said twice: give it once"));
        } else if let Some((code, words)) = shape.fault_of_text(value) {
            refuse(code, words);
        }
    }
    faults
}

/// A pointer into a query's struct is the parameter's name.
fn as_parameter(mut fault: FieldError) -> FieldError {
    fault.pointer = format!("?{}", fault.pointer.trim_start_matches('/'));
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn page(query: &str) -> Result<Page, Problem> {
        let request = TestRequest::with_uri(&format!("/things?{query}")).to_http_request();
        Page::from_request(&request, &mut Payload::None).into_inner()
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(page("").unwrap().limit, 50);
        assert_eq!(page("limit=1").unwrap().limit, 1);
        assert_eq!(page("limit=200").unwrap().limit, 200);
        for query in ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=99999", "limit=1&limit=2"] {
            assert_eq!(page(query).unwrap_err().kind(), Kind::InvalidQuery, "{query}");
        }
    }

    #[test]
    fn a_cursor_leads_to_where_the_page_before_ended() {
        let first = Paged::new(&page("limit=2").unwrap(), vec![1, 2, 3], |n| (*n, "x".to_owned()));
        assert_eq!(first.items, [1, 2]);
        let cursor = first.next_cursor.unwrap();
        let next = page(&format!("cursor={cursor}")).unwrap();
        assert_eq!(next.after::<(i32, String)>().unwrap(), Some((2, "x".to_owned())));
        assert_eq!(Paged::new(&next, vec![3], |n| *n).next_cursor, None);
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for cursor in ["!", "bm8", "W10"] {
            let page = page(&format!("cursor={cursor}")).unwrap();
            assert_eq!(page.after::<(i32, String)>().unwrap_err().kind(), Kind::InvalidQuery, "{cursor}");
        }
    }
}
