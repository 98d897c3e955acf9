//! Places: the administration tree, and the division codes, dead and new, that lead into it.
//!
//! What a place is and when a code may follow another is `domain::registry::PlaceTree`. A place is never taken away and keeps
//! its key for ever: what was recorded for it must still find it.

mod service;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_places).service(v1::post_place).service(v1::get_place).service(v1::post_division_code);
}
