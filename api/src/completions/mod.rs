//! Completions in: platforms push what people finished, and every item gets its answer.
//!
//! What an item is worth is `domain::completions`'s choice; this room reads the wire ([`item`]), loads facts and writes
//! decisions ([`intake`]), lets go what waited ([`release`]) and takes back what was wrong ([`reversal`]).

mod answer;
mod body;
mod intake;
mod item;
mod judge;
mod ledger_line;
mod ndjson;
pub(crate) mod release;
mod repeat;
mod replaced;
mod reversal;
mod service;
mod v1;
mod wire;

pub(crate) use v1::routes;
