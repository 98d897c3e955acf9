//! Exceptions (例外认定): an office asks to grant somebody hours for a year that was missed, or to let it pass, and another official of the
//! office that the rules name approves it (GD-A4).
//!
//! An exception is a case of the one review machine: whoever files it hands it in, the department at the place of the rules that allow it
//! decides it in the room `review`, and nobody decides what they filed. `filed.rs` reads what is asked and asks `domain::exceptions` whether
//! it can be; `follow.rs` is what follows of an approval and of its revocation, which is the annulment.

mod body;
mod filed;
mod follow;
mod service;
mod shown;
mod v1;

pub(crate) use body::ExceptedBody;
pub(crate) use follow::follow;
pub(crate) use shown::excepted;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
}
