//! Tokens for clients (RFC 6749 4.4, RFC 7523), and what a client must know to ask for one (RFC 8414, RFC 7517).

mod assertion;
mod attempts;
mod credentials;
mod failure;
mod service;
mod v1;

pub(super) use attempts::Attempts;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::post_token);
}

pub(super) fn well_known(all: &mut ServiceConfig<'_>) {
    all.service(v1::get_keys).service(v1::get_authorization_server);
}
