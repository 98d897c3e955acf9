//! The shell around the rooms, tried with two routes of its own: what every room gets without asking for it.

mod tokens;
mod unasked;

use crate::{
    audit::Journal,
    auth::{CallerKind, Permit, Subject, Tokens, operation},
    clock::Clock,
    edge::edge,
    extract::{FromPath, Json},
    idempotency::UnderWay,
    keys::DataKeys,
    lane::Lane,
    metrics::Metrics,
    openapi::{self, Contract},
    problem::{PROBLEM_JSON, Problem},
    routes,
    state::{AppState, Limits, Width},
};
use actix_web::{
    App, HttpResponse, HttpServer,
    body::to_bytes,
    get,
    http::{
        StatusCode,
        header::{HeaderMap, HeaderValue},
    },
    middleware::from_fn,
    post,
    test::{TestRequest, call_service, init_service, try_call_service},
    web::{self, Data},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::kernel::PlatformId;
use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{Arc, OnceLock},
};
use store::{Store, StoreOptions};
use time::{Duration, OffsetDateTime, macros::datetime};
use utoipa::ToSchema;
use validator::Validate;

const NOW: OffsetDateTime = datetime!(2021-12-31 12:00 UTC);
const PLATFORM: &str = "0190d3f0-0000-7000-8000-000000000001";

#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    #[validate(length(min = 1))]
    name: String,
}

#[post("/things")]
async fn post_thing(permit: Permit<operation::PushCompletions>, Json(thing): Json<Thing>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "name": thing.name, "own": permit.0.covers(true) }))
}

#[get("/things/{id}")]
async fn get_thing(id: FromPath<PlatformId>) -> Result<HttpResponse, Problem> {
    Err(Problem::internal(format!("the disk of {} is full", id.0)))
}

#[get("/panic")]
async fn get_panic() -> HttpResponse {
    panic!("a mistake in the code")
}

const WIDTH: Width = Width { at_work: 1, waiting: 1, patience: std::time::Duration::from_secs(1) };

pub(crate) fn state() -> Data<AppState> {
    static STORE: OnceLock<Store> = OnceLock::new();
    let store = STORE.get_or_init(|| {
        let file = std::env::temp_dir().join(format!("xueshi-edge-tests-{}.db", std::process::id()));
        Store::connect(&format!("sqlite://{}", file.display()), &StoreOptions::default()).unwrap()
    });
    Data::new(AppState {
        store: store.clone(),
        rule_books: crate::policy::RuleBooks::default(),
        labels: crate::hour_ledger::LabelBook::default(),
        clock: Clock::fixed(NOW),
        keys: Arc::new(DataKeys::ephemeral().unwrap()),
        access: crate::access::Access::default(),
        key_source: crate::access::KeySource::of(&crate::settings::Given::default().resolve().unwrap().key_fetching)
            .unwrap(),
        readiness: crate::health::Readiness::default(),
        public_url: "http://localhost".to_owned(),
        tokens: Tokens::ephemeral("xueshi", "xueshi-api").unwrap(),
        metrics: Metrics::new().unwrap(),
        limits: Limits { body_bytes: 100, batch_body_bytes: 1000, body_time: std::time::Duration::from_secs(300) },
        quotas: crate::quota::Quotas::new(0, Clock::fixed(NOW)),
        lane: Arc::new(Lane::new(WIDTH, Metrics::new().unwrap())),
        rooms: crate::recognition::Rooms::default(),
        journal: Journal::default(),
        under_way: UnderWay::default(),
        unmaskings_a_day: 1,
        audit_retention: domain::audit::LEAST_RETENTION,
        access_retention: domain::audit::LEAST_RETENTION,
        repeats_retention: time::Duration::hours(24),
        held_retention: time::Duration::days(730),
        changes_retention: time::Duration::days(90),
    })
}

async fn answer(state: &Data<AppState>, request: TestRequest) -> (StatusCode, HeaderMap, Value) {
    let app = init_service(
        App::new()
            .app_data(state.clone())
            .app_data(Data::new(Contract::of(&openapi::document())))
            .service(post_thing)
            .service(get_thing)
            .configure(|all| {
                all.service(web::resource("/v1/caller").guard(actix_web::guard::Get()).to(HttpResponse::Ok));
            })
            .default_service(web::to(routes::nowhere))
            .wrap(from_fn(edge)),
    )
    .await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap_or_default();
    if !status.is_success() {
        assert_eq!(headers.get("content-type").unwrap(), PROBLEM_JSON);
    }
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

fn token(state: &AppState, lifetime: Duration) -> String {
    let subject = Subject::of(CallerKind::Platform, PLATFORM, None);
    format!("Bearer {}", state.tokens.mint(&subject, NOW, lifetime).unwrap())
}

fn push(state: &AppState, body: &str) -> TestRequest {
    TestRequest::post()
        .uri("/things")
        .insert_header(("authorization", token(state, Duration::hours(1))))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned())
}

#[actix_web::test]
async fn a_good_request_is_answered() {
    let state = state();
    let (status, headers, body) = answer(&state, push(&state, r#"{"name":"a"}"#)).await;
    assert_eq!((status, &body["name"]), (StatusCode::OK, &json!("a")));
    assert_eq!(headers.get("x-request-id").unwrap().len(), 36);
}

#[actix_web::test]
async fn an_unknown_path_is_a_problem_in_the_callers_language() {
    let state = state();
    let (status, headers, body) = answer(&state, TestRequest::with_uri("/v2/none")).await;
    assert_eq!(
        (status, &body["code"], &body["title"]),
        (StatusCode::NOT_FOUND, &json!("unknown_path"), &json!("没有这个地址"))
    );
    assert_eq!(headers.get("content-language").unwrap(), "zh-CN");
    let english = TestRequest::with_uri("/v2/none").insert_header(("accept-language", "en"));
    let (_, headers, body) = answer(&state, english).await;
    assert_eq!(body["title"], "There is nothing at this address");
    assert_eq!(headers.get("content-language").unwrap(), "en");
}

#[actix_web::test]
async fn a_wrong_method_is_told_which_are_right() {
    let (status, headers, body) = answer(&state(), TestRequest::delete().uri("/v1/caller")).await;
    assert_eq!((status, &body["code"]), (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed")));
    assert_eq!(headers.get("allow").unwrap(), "GET, HEAD");
}

#[actix_web::test]
async fn what_is_wrong_with_a_body_has_its_own_status() {
    let state = state();
    let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(100));
    for (body, status, code) in [
        ("{", 400, "malformed_json"),
        ("{}", 422, "invalid_body"),
        (r#"{"name":""}"#, 422, "invalid_body"),
        (long.as_str(), 413, "body_too_large"),
    ] {
        let (found, _, problem) = answer(&state, push(&state, body)).await;
        assert_eq!((found.as_u16(), &problem["code"]), (status, &json!(code)), "{body}");
    }
    let text = push(&state, "name").insert_header(("content-type", "text/plain"));
    let (status, _, problem) = answer(&state, text).await;
    assert_eq!((status.as_u16(), &problem["code"]), (415, &json!("unsupported_media_type")));
}

#[actix_web::test]
async fn a_compressed_body_is_measured_after_decompression() {
    let state = state();
    let packed = |body: &str| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(body.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    for (body, status) in [(r#"{"name":"a"}"#.to_owned(), 200), (" ".repeat(20_000), 413)] {
        let request = push(&state, "").insert_header(("content-encoding", "gzip")).set_payload(packed(&body));
        assert_eq!(answer(&state, request).await.0.as_u16(), status);
    }
    let broken = push(&state, "no gzip").insert_header(("content-encoding", "gzip"));
    assert_eq!(answer(&state, broken).await.0.as_u16(), 400);
}

#[actix_web::test]
async fn the_refusal_of_a_long_body_reaches_who_sends_it() {
    let state = state();
    let bearer = token(&state, Duration::hours(1));
    let server = HttpServer::new(move || App::new().app_data(state.clone()).service(post_thing).wrap(from_fn(edge)));
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/things", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    for length in [101, 100_000, 3_000_000] {
        let (url, bearer) = (url.clone(), bearer.clone());
        let status = web::block(move || {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let request = agent.post(url).header("authorization", bearer).header("content-type", "application/json");
            request.send(vec![b' '; length]).map(|response| response.status().as_u16())
        });
        assert_eq!(status.await.unwrap().unwrap(), 413, "{length}");
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_panic_is_answered_and_says_nothing() {
    let state = state();
    let app = App::new().app_data(state.clone()).service(get_panic).wrap(from_fn(edge));
    let app = init_service(app).await;
    let asked = TestRequest::with_uri("/panic")
        .insert_header(("x-request-id", "so-it-was"))
        .insert_header(("accept-language", "en"));
    let failure = try_call_service(&app, asked.to_request()).await.unwrap_err();
    let response = failure.error_response();
    for (name, value) in [
        ("x-request-id", "so-it-was"),
        ("x-content-type-options", "nosniff"),
        ("content-language", "en"),
        ("content-type", PROBLEM_JSON),
    ] {
        assert_eq!(response.headers().get(name).unwrap(), value);
    }
    let metrics = String::from_utf8(state.metrics.render().unwrap()).unwrap();
    assert!(metrics.lines().any(|line| line.contains("/panic") && line.contains("500")));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap();
    assert!(body["trace_id"] == "so-it-was" && !body.to_string().contains("mistake"), "{body}");
}

#[actix_web::test]
async fn an_id_that_cannot_be_one_is_not_found() {
    let (status, _, body) = answer(&state(), TestRequest::with_uri("/things/7")).await;
    assert_eq!((status, &body["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[actix_web::test]
async fn a_failure_of_the_service_shows_its_trace_id_and_nothing_internal() {
    let request = TestRequest::with_uri(&format!("/things/{PLATFORM}")).insert_header(("x-request-id", "client-7.a_B"));
    let (status, headers, body) = answer(&state(), request).await;
    assert_eq!((status, &body["trace_id"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("client-7.a_B")));
    assert_eq!(headers.get("x-request-id").unwrap(), "client-7.a_B");
    assert!(!body.to_string().contains("disk"), "{body}");
}

#[actix_web::test]
async fn a_request_id_that_could_forge_a_log_line_or_names_a_person_is_replaced() {
    let persons = ["610928198501010000", "r-610928198501010000.1"];
    for id in ["", "a b", "a\tb", "\"", &"x".repeat(65)].into_iter().chain(persons) {
        let request = TestRequest::with_uri("/none").insert_header(("x-request-id", id));
        let (_, headers, _) = answer(&state(), request).await;
        assert_ne!(headers.get("x-request-id"), HeaderValue::from_str(id).ok().as_ref(), "{id}");
    }
}

#[actix_web::test]
async fn who_shows_no_token_is_asked_for_one_before_the_body_is_read() {
    let state = state();
    let request = TestRequest::post().uri("/things").set_payload("{");
    let (status, headers, body) = answer(&state, request).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")));
    assert!(headers.get("www-authenticate").unwrap().to_str().unwrap().starts_with("Bearer"));
}

#[actix_web::test]
async fn callers_of_another_kind_are_told_who_may() {
    let state = state();
    let subject = Subject::of(CallerKind::Officer, "chen", "610000".parse().ok());
    let officer = format!("Bearer {}", state.tokens.mint(&subject, NOW, Duration::hours(1)).unwrap());
    let (status, _, body) = answer(&state, push(&state, "{").insert_header(("authorization", officer))).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("caller_not_permitted")));
    assert_eq!(body["permitted_callers"], json!(["platform"]));
}

#[actix_web::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let state = state();
    answer(&state, TestRequest::with_uri(&format!("/things/{PLATFORM}"))).await;
    answer(&state, TestRequest::with_uri("/none/of/this")).await;
    let text = String::from_utf8(state.metrics.render().unwrap()).unwrap();
    assert!(text.contains(r#"xueshi_http_requests_total{method="GET",route="/things/{id}",status="500"} 1"#), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404"} 1"#), "{text}");
    assert!(text.contains("xueshi_http_requests_in_flight 0"), "{text}");
}
