//! Standing out: whether a person met a year, what is missing and under which clause; and the ledger behind it.
//!
//! What counts is decided in `domain::hour_ledger`, lines are read in `store::hour_ledger`. Here: who may ask (`sight.rs`),
//! what is loaded for an answer (`service.rs`, for many people at once `many.rs`), whether years allow an application
//! (`eligibility/`), what follows from missed years (`consequence.rs`), whose verdicts a draft of rules would change (`what_if.rs`), who the people of some places are (`people.rs`), what lines show of courses and platforms (`labels.rs`), which years offices have verified (`verified.rs`),
//! how it looks on the wire (`body.rs`, `line.rs`), the handlers (`v1.rs`), and whether all of the ledger holds together (`verify.rs`, for the command line). Only `surplus/` writes: lines by which the surplus of
//! a year serves others.

mod body;
mod consequence;
mod eligibility;
mod labels;
mod line;
mod many;
mod people;
mod service;
mod sight;
mod surplus;
mod v1;
mod verified;
pub(crate) mod verify;
mod what_if;

pub(crate) use labels::LabelBook;
pub(crate) use people::{Row, people, stands_at};
pub(crate) use sight::Sight;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_standing)
        .service(v1::list_standings)
        .service(v1::query_standings)
        .service(surplus::validate_surplus_allocation)
        .service(surplus::allocate_surplus)
        .service(surplus::list_surplus_allocations)
        .service(surplus::reverse_surplus_allocation)
        .service(consequence::list_consequences)
        .service(eligibility::check_eligibility)
        .service(what_if::ask_what_if)
        .service(v1::list_hour_entries);
}
