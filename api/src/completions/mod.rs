//! Completions in: platforms push what people finished, and every item gets its answer.
//!
//! What an item is worth, what it waits for and whose place it takes is `domain::completions`'s choice; this room reads the
//! wire ([`item`]), loads facts ([`judge`], [`chains`]), writes decisions ([`intake`], [`give_back`], [`write`]), lets go what waited
//! ([`release`]), takes back what was wrong ([`reversal`]), decides recorded items anew by other rules ([`reassess`]) and carries over what goes to another file of its person ([`carry`]).
//! Pushes take turns in a lane ([`Ticket`](crate::lane::Ticket)).

mod anew;
mod answer;
pub(crate) mod carry;
mod chains;
mod detail;
pub(crate) mod erase;
pub(crate) mod expiry;
mod give_back;
mod intake;
mod item;
mod judge;
mod ndjson;
mod of_learner;
mod outcomes;
mod reasons;
pub(crate) mod reassess;
mod redraw;
pub(crate) mod release;
mod repeat;
pub(crate) mod rescope;
mod reversal;
mod said;
mod service;
mod v1;
mod wire;
mod write;

pub(crate) use anew::{accepted, hold_items, said_anew};
pub(crate) use item::read_one;
pub(crate) use redraw::redraw;
pub(crate) use v1::routes;
pub(crate) use write::hold_bound_to;
