//! Who the service takes the caller for: the first thing an integrator tries with a new token.

mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_caller);
}
