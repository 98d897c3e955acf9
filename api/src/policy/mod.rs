//! The rule book over HTTP: which rules answer for a place and a year, drafts, and their publication.
//!
//! What a rule file may say is `domain::policy`; texts and publications are `store::policy`. [`RuleBooks`] is what every other
//! room asks for the rules in force. A new database gets its first rules from `seed.rs`.

mod book;
mod faults;
mod phrases;
mod seed;
mod service;
mod source;
mod v1;
mod wire;

pub use book::{BookError, RuleBooks};
pub use seed::FillError;
pub(crate) use seed::fill;
pub(crate) use service::draft_of;
pub(crate) use wire::SummaryBody as PolicySummary;

use sha2::{Digest, Sha256};
use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::list_policies)
        .service(v1::get_policy_in_force)
        .service(v1::draft_policy)
        .service(v1::publish_policy)
        .service(v1::get_policy_version)
        .service(v1::replace_policy_version)
        .service(v1::change_policy_version)
        .service(v1::delete_policy_version);
}

/// SHA-256 of a rule file's text, hexadecimal.
fn source_hash(source: &str) -> String {
    Sha256::digest(source.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
