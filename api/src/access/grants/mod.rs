//! Grants: what officials of registered issuers may do, given and withdrawn by who may.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_grants).service(v1::post_grant).service(v1::get_grant).service(v1::post_withdrawal);
}
