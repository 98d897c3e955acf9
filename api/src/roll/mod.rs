//! Rolls (名册): an office's word about many people at once. Lists of exemptions of the authority that the rules name (QH-33), and past
//! years that an office attests.
//!
//! A roll is made with its document; then people are put on it, many at once, each answered by itself (`items.rs`), and what is said of
//! them becomes lines of their ledgers in the same transaction. Taking back is a reversal: of some people at once, of a whole roll by
//! the runner (`reversal.rs`). What an item means is decided in `domain::roll`.

mod body;
mod found;
mod items;
mod listed;
mod office;
mod reversal;
mod said;
mod service;
mod v1;

pub(crate) use reversal::{REVERSE, run};
pub(crate) use said::{CategoryHours, HEADINGS, read_one, stated};

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1::routes(v1);
}
