//! Learning platforms: who may push completions, of which categories and when.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_learning_platforms)
        .service(v1::post_learning_platform)
        .service(v1::get_learning_platform)
        .service(v1::put_learning_platform);
}
