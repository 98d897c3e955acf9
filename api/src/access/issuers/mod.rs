//! Issuers: other systems whose signed tokens are taken, such as the entrances of a portal.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_issuers)
        .service(v1::post_issuer)
        .service(v1::get_issuer)
        .service(v1::put_issuer)
        .service(v1::post_disabling)
        .service(v1::post_enabling);
}
