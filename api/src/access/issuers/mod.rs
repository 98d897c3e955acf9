//! Issuers: other systems whose signed tokens are taken, such as the entrances of a portal.
//!
//! Their keys are given, or fetched from an address: which addresses those may be says `address.rs`, how one is asked
//! `key_source.rs`, and when `refresh.rs`.

mod address;
mod key_source;
pub(crate) mod refresh;
mod service;
mod v1;

pub use key_source::KeyFetching;
pub(crate) use key_source::KeySource;
pub(super) use service::takes_grants;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_issuers)
        .service(v1::post_issuer)
        .service(v1::get_issuer)
        .service(v1::put_issuer)
        .service(v1::post_disabling)
        .service(v1::post_enabling);
}
