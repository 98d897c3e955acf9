//! The words all rooms share: typed ids, hours, the civil calendar of China, places, citations.
//!
//! What belongs to one capability only does not live here.

mod citation;
mod civil;
mod credit_code;
mod dotted;
mod hours;
mod identity;
mod ids;
mod name;
mod place;
mod slips;
mod typed_text;
mod words;

pub use citation::Citation;
pub use civil::{CHINA, POLICY_YEARS, china_date, china_year, first_day, last_day, lasts, same_day_after};
pub use credit_code::{CreditCode, CreditCodeError};
pub use dotted::is_within;
pub use hours::{Hours, HoursError};
pub use identity::{Document, DocumentError, DocumentKind, names_a_person, names_a_person_in_groups};
pub use ids::*;
pub use name::{NameError, PersonName, is_unseen};
pub use place::{PlaceCode, PlaceCodeError};
pub use slips::nearest;
pub use words::{UnknownWord, Words};
