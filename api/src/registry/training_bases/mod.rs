//! Training bases: who teaches, recognised at which tier and when.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_training_bases)
        .service(v1::post_training_base)
        .service(v1::get_training_base)
        .service(v1::put_training_base);
}
