//! Corrections (申请更正): what a learner asks to have put right in the own file, which the office that could do it decides.
//!
//! A request is a case of the one review machine: the learner hands it in, that office decides it in the room `review`, and what it approves
//! is done in the same transaction by what does it when an office corrects of its own accord (`registry`). `kept.rs` is how it is kept:
//! names and numbers sealed, gone with their person. `follow.rs` is what follows of a decision. An approval is not taken back: what was
//! corrected wrongly is corrected by another one.

mod body;
mod follow;
mod kept;
mod service;
mod shown;
mod unmask;
mod v1;

pub(crate) use body::AskedBody;
pub(crate) use follow::follow;
pub(crate) use kept::{Field, bound_to};
pub(crate) use shown::asked;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
