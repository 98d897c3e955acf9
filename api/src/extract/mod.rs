//! What handlers read from a request: bodies, ids in the path, pages, entity tags.
//!
//! Every extractor fails as a [`Problem`](crate::problem::Problem) and names every fault it finds. Permission types are in
//! [`auth`](crate::auth) and stand first in a handler's arguments, so that they decide before a body is read.

mod body;
mod document;
mod etag;
mod faults;
mod form;
mod items;
mod json;
mod lines;
mod meaning;
mod media;
mod page;
mod path;
mod query;
mod shape;
mod table;
mod unjudged;
mod unpack;
mod urlencoded;

pub use body::{BatchJson, Bound, Json, OptionalJson, read_body};
pub use document::{Document, bounded_list};
pub use etag::{Held, etag, not_modified, unchanged};
pub(crate) use faults::of_a_body;
pub use faults::{add_faults, of_an_item};
pub(crate) use items::ItemsOrTable;
pub(crate) use items::read_items;
pub use items::{Items, ItemsOrLines, no_items};
pub(crate) use json::malformed_line;
pub use json::{Body, read_document, read_json};
pub use lines::{LONGEST_LINE, Line, Lines, NDJSON};
pub use meaning::Faults;
pub(crate) use media::{media_type_or_nothing, require_type_of, wants_lines};
pub use page::{Page, Paged};
pub use path::FromPath;
pub use query::Query;
pub(crate) use query::refuse_unread;
pub(crate) use shape::Shape;
pub(crate) use table::{Field, Headings, Sheet};
pub use unjudged::Unjudged;
pub use urlencoded::{FORM, Form};
