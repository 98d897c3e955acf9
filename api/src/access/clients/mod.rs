//! Clients: the systems that ask for tokens, their secrets and keys.

mod service;
mod v1;

pub(super) use service::MOST_SECRETS;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_clients)
        .service(v1::post_client)
        .service(v1::get_client)
        .service(v1::put_client)
        .service(v1::post_secret)
        .service(v1::delete_secret)
        .service(v1::post_disabling)
        .service(v1::post_enabling);
}
