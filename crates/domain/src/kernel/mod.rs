//! The words all rooms share: typed ids, hours, the civil calendar of China, places, citations.
//!
//! What belongs to one capability only does not live here.

mod citation;
mod civil;
mod hours;
mod ids;
mod place;
mod words;

pub use citation::Citation;
pub use civil::{CHINA, china_date, china_year, first_day, last_day};
pub use hours::{Hours, HoursError};
pub use ids::*;
pub use place::{PlaceCode, PlaceCodeError};
pub use words::{UnknownWord, Words};
