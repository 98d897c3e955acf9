//! Recognitions: what learners declare of their achievements, the files that prove it, and what it is worth before and after review.
//!
//! `claim.rs` is what is declared, `judge.rs` asks `domain::recognition` what that is worth by the rules of its year and place,
//! `filing.rs` hands it in to the offices that the rule file's route names, `case.rs` and `shown.rs` are how a case of any kind is acted on and shown,
//! `credit.rs` makes lines of the ledger of what the last office approved and takes them back when it revokes that, `credited.rs` shows
//! them, `beside.rs` what may be the same thing, `otherwise.rs` whether other rules would lead to other ones. Offices decide in the room `review`. What is
//! computed when a title is applied for never becomes hours here: it can be tried, and is not taken in.

mod beside;
mod body;
pub(crate) mod case;
mod claim;
mod credit;
mod credited;
mod erase;
mod evidence;
mod filing;
mod judge;
mod otherwise;
mod room;
mod service;
pub(crate) mod shown;
mod v1;

pub(crate) use body::ClaimedBody;
pub(crate) use credit::{credit, possible, revoke};
pub(crate) use erase::erase;
pub(crate) use evidence::bound_to as evidence_bound_to;
pub(crate) use filing::superior_of;
pub(crate) use otherwise::worth_otherwise;
pub(crate) use room::Rooms;
pub(crate) use service::claimed;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
