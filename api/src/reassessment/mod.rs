//! Reassessments: recorded items are decided anew by a later version of the rules, because an office asks for it. Nothing of this ever
//! happens by itself: what was credited stands by the version under which it was decided.
//!
//! First the office asks what would change (`trial.rs`: done and undone in one transaction), then it has it done (`service.rs`), by the runner,
//! some people a transaction (`run.rs`). What becomes of an item is `domain::completions`'s choice, carried out in the room `completions`.

mod body;
mod run;
mod service;
mod trial;
mod v1;

pub(crate) use run::{REASSESS, run};
pub(crate) use v1::routes;
