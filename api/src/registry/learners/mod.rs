//! Learners: their files, kept by the officers of their places.
//!
//! The identity document is sealed and found by its keyed hash; it comes in bodies only, never in an address, and goes out
//! masked. Place, employer and post are dated facts: a change adds one and overwrites none. Start at `v1.rs`; `keep.rs` takes
//! learners in, `file.rs` shows them, `change.rs` adds facts and corrects persons (`named.rs`: on a ground that names nobody), `merge` joins two files of one
//! person, `on_request.rs` does what a learner asked for and an office approved, `erase.rs` erases one, `unmask.rs` shows the document whole to whom has a purpose.

mod body;
mod change;
mod erase;
mod file;
mod identity;
mod keep;
mod merge;
mod named;
mod on_request;
mod stated;
mod unmask;
mod v1;

pub(crate) use body::{DocumentBody, DocumentInput, EmploymentInput, PlacementInput, UnmaskingInput};
pub(crate) use change::{Corrected, Occasion};
pub(crate) use identity::{bound_to as number_bound_to, hash as document_hash};
pub(crate) use named::{holds_name, holds_number};
pub(crate) use on_request::{Asked, Wanted, carry_out, read};
pub(crate) use unmask::{once_more, refers_to_nobody};

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_learners)
        .service(v1::post_learner)
        .service(v1::post_learners_bulk)
        .service(v1::post_learner_lookup)
        .service(v1::post_learner_search)
        .service(v1::get_learner)
        .service(v1::patch_learner)
        .service(v1::get_learner_history)
        .service(v1::post_placement)
        .service(v1::post_employment)
        .service(v1::post_post)
        .service(v1::post_unmasking)
        .service(erase::post_erasure)
        .service(merge::post_merge)
        .service(merge::get_merge)
        .service(merge::post_undoing);
}
