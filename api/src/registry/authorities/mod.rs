//! Authorities: the offices that approve, review or supervise.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_authorities).service(v1::post_authority).service(v1::get_authority).service(v1::put_authority);
}
