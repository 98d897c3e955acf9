//! Courses: what can be learned, from whom, on which platforms. What a course says of itself is versioned: a change is a new
//! version, and what was finished before stays what it was.

mod results;
mod service;
mod shown;
mod v1;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(v1::get_courses)
        .service(v1::post_course)
        .service(v1::post_courses_bulk)
        .service(v1::get_course)
        .service(results::get_course_results)
        .service(v1::post_plan_filing);
}
