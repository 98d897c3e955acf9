//! A room that forgets to ask whose something is shows nothing of it.

use super::{NOW, PLATFORM, state, token};
use crate::{
    auth::{Permit, operation},
    edge::edge,
};
use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    get,
    http::{Method, StatusCode},
    middleware::from_fn,
    test::{TestRequest, call_service, init_service},
};
use serde_json::json;
use time::Duration;

#[get("/forgetful")]
async fn get_forgetful(_permit: Permit<operation::GetCompletion>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("etag", "\"another's\"")).json(json!({ "name": "another's", "of": PLATFORM }))
}

#[get("/mindful")]
async fn get_mindful(permit: Permit<operation::GetCompletion>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "own": permit.0.covers(true) }))
}

#[actix_web::test]
async fn what_a_room_shows_without_asking_whose_it_is_does_not_leave() {
    let state = state();
    state.clock.set(NOW);
    let app = App::new().app_data(state.clone()).service(get_forgetful).service(get_mindful).wrap(from_fn(edge));
    let app = init_service(app).await;
    for (path, method, status) in [
        ("/mindful", Method::GET, StatusCode::OK),
        ("/forgetful", Method::GET, StatusCode::INTERNAL_SERVER_ERROR),
        ("/forgetful", Method::HEAD, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let bearer = ("authorization", token(&state, Duration::hours(1)));
        let asked = TestRequest::with_uri(path).method(method).insert_header(bearer);
        let response = call_service(&app, asked.to_request()).await;
        assert_eq!(response.status(), status, "{path}");
        let headers = format!("{:?}", response.headers());
        let body = to_bytes(response.into_body()).await.unwrap_or_default();
        let left = format!("{headers} {}", String::from_utf8_lossy(&body));
        assert!(!left.contains("another's") && !left.contains(PLATFORM), "{left}");
    }
}
