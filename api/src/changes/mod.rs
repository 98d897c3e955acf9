//! Told what happened: callers follow what changed in what is theirs, by number.
//!
//! Whoever decides, takes back, publishes or merges says so by [`record`], in the transaction of the cause; to whom a change
//! belongs is looked up here. The runner numbers changes afterwards (`numbering.rs`), `v1.rs` and `service.rs` show them. What a
//! platform is answered for its own push is no change.

mod happened;
pub(crate) mod numbering;
mod service;
mod v1;

pub(crate) use happened::{Happened, record};

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
