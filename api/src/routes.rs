//! The index of the system: one line a room.

use crate::{
    access, audit, caller, changes, completions, corrections, exceptions, findings, health, hour_ledger,
    openapi::Contract,
    policy,
    problem::{Kind, Problem},
    reassessment, recognition, registry, review, roll, verification,
};
use actix_web::{HttpRequest, HttpResponse, http::header::LOCATION, web::Data};
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything that the document describes.
pub(crate) fn documented(all: &mut ServiceConfig<'_>) {
    health::routes(all);
    access::well_known(all);
    all.service(utoipa_actix_web::scope("/v1").configure(rooms));
}

/// `/v1`: one line a room.
fn rooms(v1: &mut ServiceConfig<'_>) {
    v1.configure(access::routes);
    v1.configure(audit::routes);
    v1.configure(caller::routes);
    v1.configure(changes::routes);
    v1.configure(completions::routes);
    v1.configure(corrections::routes);
    v1.configure(exceptions::routes);
    v1.configure(findings::routes);
    v1.configure(hour_ledger::routes);
    // Before the rule book, whose years of places would take its list for one.
    v1.configure(reassessment::routes);
    v1.configure(policy::routes);
    v1.configure(recognition::routes);
    v1.configure(registry::routes);
    v1.configure(review::routes);
    v1.configure(roll::routes);
    v1.configure(verification::routes);
}

/// Where no route leads: a wrong method is told apart from a wrong path.
pub(crate) async fn nowhere(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let contract = request.app_data::<Data<Contract>>();
    let methods = contract.map(|contract| contract.methods_at(request.path())).unwrap_or_default();
    if methods.is_empty() {
        return Err(Problem::new(Kind::UnknownPath));
    }
    // What answers GET answers HEAD.
    let head = methods.contains("GET").then_some("HEAD");
    let allowed = methods.into_iter().chain(head).collect::<Vec<_>>();
    Err(Problem::new(Kind::MethodNotAllowed).header("allow", &allowed.join(", ")).with("allowed_methods", allowed))
}

/// The first of the pages under `/docs/`: Swagger UI's own would be called by its name and not by ours.
#[actix_web::routes]
#[get("/docs/")]
#[get("/docs/index.html")]
pub(crate) async fn docs_page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(include_str!("docs.html"))
}

/// `/docs` leads to the pages under it.
#[actix_web::get("/docs")]
pub(crate) async fn docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}
