//! Year verifications (年度验证): an employer hands in its staff of a year in one batch, once every category is registered, and the office that
//! the rules name verifies them, one by one or many at once (GD-11). The stamp on paper is a signed review record (GD-A7).
//!
//! Each person of a batch is a case of the one review machine, along the rule file's route `employer_batch`. `filed.rs` asks
//! `domain::verification` whether the year of each can be; `follow.rs` is what follows of an approval, a refusal and a revocation, and `ahead.rs` reads for many of them at once. No line of the
//! ledger comes of it: standings tell it, and windows that name a last day of verification look at it, in the room `hour_ledger`.

mod ahead;
mod body;
mod filed;
mod follow;
mod service;
mod shown;
mod v1;

pub(crate) use ahead::Ahead;
pub(crate) use body::VerificationBody;
pub(crate) use follow::follow;
pub(crate) use shown::verification;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
