//! Employers: the organisations that learners belong to, with their unified social credit codes.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_employers).service(v1::post_employer).service(v1::get_employer).service(v1::put_employer);
}
