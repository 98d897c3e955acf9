//! Reviews: what waits for an office, and what it decides. One mechanism for every kind of case; who may do what when is
//! `domain::review`'s.
//!
//! A stage is decided by exactly the office that it names: a grant for a place above decides nothing below. Of two officers at once
//! one is first, and the other learns who was. The last approval of a recognition makes its lines of the ledger in the same
//! transaction ([`recognition`](crate::recognition)).

mod backlog;
mod body;
mod bulk;
mod hand_over;
mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
