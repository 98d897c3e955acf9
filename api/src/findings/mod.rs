//! Findings (查实): an office says that hours of a person were false, another official of the office in charge confirms it, and what the
//! rules attach to it follows in the same transaction.
//!
//! A finding is a case of the one review machine: whoever files it hands it in, the department at the person's own place decides it in the
//! room `review`, and nobody decides what they filed. `judge.rs` is what may be found and what would follow, `follow.rs` what follows of an
//! approval and of its revocation, which is the annulment, `anew.rs` how hours are said anew, `courses.rs` findings about a whole version of a
//! course. What a sanction is, `domain::findings` says.

mod anew;
mod body;
pub(crate) mod courses;
mod follow;
mod judge;
mod service;
mod shown;
mod v1;

pub(crate) use body::FoundBody;
pub(crate) use follow::{empty, follow};
pub(crate) use shown::{SanctionBody, found, of_people};

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(service: &mut ServiceConfig<'_>) {
    v1::routes(service);
    courses::routes(service);
}
