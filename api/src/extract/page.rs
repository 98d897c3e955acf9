//! Pages of lists. A cursor leads on in the list that gave it, under the filters it was given under, and nowhere else: in another
//! list it would begin somewhere in the middle, and nobody would notice what was left out.

use super::{
    etag::etag,
    faults::add_faults,
    query::{gather, refuse_or},
};
use crate::{
    problem::{FieldError, Problem},
    text::Text,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    borrow::Cow,
    future::{Ready, ready},
};
use utoipa::{IntoParams, ToSchema};

/// Which part of a list to answer. Cursors are opaque: a caller hands back what `next_cursor` said.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// 每页条数 / How many items at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: u16,
    /// 上一页返回的 next_cursor，筛选条件须相同 / What the page before gave as `next_cursor`, under the same filters.
    pub cursor: Option<String>,
    /// Which list it is a page of, filters and all.
    #[serde(skip)]
    list: String,
    /// The key that the cursor holds.
    #[serde(skip)]
    after: Option<Value>,
}

fn default_limit() -> u16 {
    50
}

impl Page {
    /// A page of a list that a body asks for, with what narrows it there.
    ///
    /// # Errors
    /// What is wrong with `/limit` and `/cursor`.
    pub fn of_body(list: &[&str], limit: Option<u16>, cursor: Option<String>) -> Result<Self, Vec<FieldError>> {
        let mut page = Self { limit: limit.unwrap_or_else(default_limit), cursor, list: list_named(list), after: None };
        let limit = out_of_range(page.limit, "/limit");
        let cursor = page.open("/cursor").err();
        let faults: Vec<FieldError> = limit.into_iter().chain(cursor).collect();
        if faults.is_empty() { Ok(page) } else { Err(faults) }
    }

    /// The key after which the page begins, as [`Paged::new`] took it.
    ///
    /// # Errors
    /// `invalid_query` when the cursor holds something else, which no cursor of this list does.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let key = self.after.clone().map(serde_json::from_value).transpose();
        key.map_err(|_| Problem::invalid_query("cursor", FOREIGN, foreign()))
    }

    /// How many rows the page may have.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.limit.into()
    }

    /// How many rows to ask the store for: one more than the page holds, to learn whether there is a next page.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Opens the cursor, if this list gave it.
    fn open(&mut self, pointer: &str) -> Result<(), FieldError> {
        let Some(cursor) = &self.cursor else { return Ok(()) };
        let key = key_of(&self.list, cursor).ok_or_else(|| FieldError::new(pointer, FOREIGN, foreign()))?;
        self.after = Some(key);
        Ok(())
    }
}

/// The key that a cursor of a list holds.
fn key_of(list: &str, cursor: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (of, key) = serde_json::from_slice::<(String, Value)>(&bytes).ok()?;
    (of == list).then_some(key)
}

/// The parameter of cursors.
pub(super) const CURSOR: &str = "cursor";

/// What is wrong with the cursor among these parameters: told with all that is wrong with the others.
pub(super) fn foreign_cursor(request: &HttpRequest, pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Option<FieldError> {
    let (_, cursor) = pairs.iter().find(|(name, _)| name == CURSOR)?;
    let fault = || FieldError::new(format!("?{CURSOR}"), FOREIGN, foreign());
    key_of(&list_of(request), cursor).is_none().then(fault)
}

/// The code of a cursor that this list did not give.
const FOREIGN: &str = "invalid_value";

fn foreign() -> Text {
    Text::new("不是本列表在相同筛选条件下给出的游标", "not a cursor that this list gave under the same filters")
}

/// The list that a request asks for: its path with all that narrows it, in whatever order and spelling that was said.
fn list_of(request: &HttpRequest) -> String {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes());
    let mut filters: Vec<_> = pairs.filter(|(name, _)| name != CURSOR && name != "limit").collect();
    filters.sort();
    let said = filters.iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]);
    let parts: Vec<&str> = std::iter::once(request.path()).chain(said).collect();
    list_named(&parts)
}

/// Half of a tag is plenty: whoever forges one only leads themselves astray.
fn list_named(parts: &[&str]) -> String {
    etag(parts).chars().filter(char::is_ascii_hexdigit).take(16).collect()
}

fn out_of_range(limit: u16, pointer: &str) -> Option<FieldError> {
    let words = || Text::new("应在 1 至 200 之间", "must be 1 to 200");
    (!(1..=200).contains(&limit)).then(|| FieldError::new(pointer, "range", words()))
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (mut page, mut faults) = gather::<Self>(request);
        if let Some(page) = &mut page {
            add_faults(&mut faults, out_of_range(page.limit, "?limit").into_iter().collect());
            page.list = list_of(request);
            if let Err(fault) = page.open("?cursor") {
                add_faults(&mut faults, vec![fault]);
            }
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
        let last = items.last().filter(|_| more).map(|last| (&page.list, key(last)));
        let next_cursor = last.and_then(|held| serde_json::to_vec(&held).ok()).map(|held| URL_SAFE_NO_PAD.encode(held));
        Self { items, next_cursor }
    }

    /// The same page with every item turned into its wire form.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Paged<U> {
        Paged { items: self.items.into_iter().map(each).collect(), next_cursor: self.next_cursor }
    }

    /// The same page with every item turned into its wire form, unless one of them cannot be.
    pub fn try_map<U, E>(self, each: impl FnMut(T) -> Result<U, E>) -> Result<Paged<U>, E> {
        let items = self.items.into_iter().map(each).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor: self.next_cursor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Kind;
    use actix_web::test::TestRequest;

    fn page(path_and_query: &str) -> Result<Page, Problem> {
        let request = TestRequest::with_uri(path_and_query).to_http_request();
        Page::from_request(&request, &mut Payload::None).into_inner()
    }

    #[test]
    fn a_page_is_bounded() {
        assert_eq!(page("/things").unwrap().limit, 50);
        assert_eq!(page("/things?limit=1").unwrap().limit, 1);
        assert_eq!(page("/things?limit=200").unwrap().limit, 200);
        for query in ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=99999", "limit=1&limit=2"] {
            assert_eq!(page(&format!("/things?{query}")).unwrap_err().kind(), Kind::InvalidQuery, "{query}");
        }
    }

    #[test]
    fn a_cursor_leads_to_where_the_page_before_ended() {
        let first = Paged::new(&page("/things?limit=2").unwrap(), vec![1, 2, 3], |n| (*n, "x".to_owned()));
        assert_eq!(first.items, [1, 2]);
        let cursor = first.next_cursor.unwrap();
        let next = page(&format!("/things?cursor={cursor}")).unwrap();
        assert_eq!(next.after::<(i32, String)>().unwrap(), Some((2, "x".to_owned())));
        assert_eq!(Paged::new(&next, vec![3], |n| *n).next_cursor, None);
        assert_eq!(next.after::<bool>().unwrap_err().kind(), Kind::InvalidQuery);
    }

    #[test]
    fn a_cursor_belongs_to_its_list_and_its_filters() {
        let first = page("/things/7/parts?limit=1&q=a%20b&kind=x").unwrap();
        let cursor = Paged::new(&first, vec![1, 2], |n| *n).next_cursor.unwrap();
        for same in ["/things/7/parts?q=a+b&kind=x", "/things/7/parts?limit=9&kind=%78&q=a%20b"] {
            assert_eq!(page(&format!("{same}&cursor={cursor}")).unwrap().after::<i32>().unwrap(), Some(1), "{same}");
        }
        for other in [
            "/things/7/parts?",
            "/things/7/parts?q=a+b",
            "/things/7/parts?q=a+b&kind=y",
            "/things/7/parts?q=x&kind=a+b",
            "/things/7/parts?q=a+b&kind=x&more=1",
            "/things/8/parts?q=a+b&kind=x",
            "/others?q=a+b&kind=x",
        ] {
            let refused = page(&format!("{other}&cursor={cursor}")).unwrap_err();
            assert_eq!(refused.kind(), Kind::InvalidQuery, "{other}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["!", "bm8", "W10", "", "MQ"] {
            assert_eq!(page(&format!("/things?cursor={cursor}")).unwrap_err().kind(), Kind::InvalidQuery, "{cursor}");
        }
    }
}
