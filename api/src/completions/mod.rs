//! Completions in: platforms push what people finished, and every item gets its answer.
//!
//! What an item is worth is `domain::completions`'s choice; this room reads the wire ([`item`]), loads facts and writes
//! decisions ([`intake`]), lets go what waited ([`release`]) and takes back what was wrong ([`reversal`]).

mod answer;
mod intake;
mod item;
mod judge;
mod ndjson;
pub(crate) mod release;
mod repeat;
mod reversal;
mod service;
mod v1;

pub(crate) use v1::routes;
