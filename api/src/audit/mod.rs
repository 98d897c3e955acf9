//! The audit trail: who did what, sealed so that nobody can change it unseen.
//!
//! What is written is recorded in the transaction of its effect (`door.rs`); what someone was shown of others, and what was refused,
//! is gathered and written in groups (`journal.rs`). The runner seals all of it afterwards (`sealing.rs`). `v1.rs` and `service.rs` show it; `verify.rs` walks
//! the chain for `xueshi audit verify`. What an event and a seal are stands in [`domain::audit`].

mod door;
mod journal;
mod readers;
pub(crate) mod sealing;
mod service;
mod v1;
pub(crate) mod verify;

pub(crate) use door::{Author, Came, Recording};
pub(crate) use journal::{Journal, Scribe};

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
