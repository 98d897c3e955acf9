//! What the operator's machines ask: alive, ready, counts; and what a problem's `type` leads to.

use crate::{
    extract::FromPath,
    problem::{Kind, Problem},
    state::AppState,
    text::{Language, Text},
};
use actix_web::{
    HttpResponse, get,
    http::header::{CONTENT_LANGUAGE, VARY},
    web::{Data, Json},
};
use serde::Serialize;
use std::time::{Duration, Instant};
use store::Store;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The paths outside `/v1`.
pub(crate) fn routes(all: &mut ServiceConfig<'_>) {
    all.service(get_health).service(get_readiness).service(get_metrics).service(get_problem_kind);
}

/// 状态 / A state.
#[derive(Serialize, ToSchema)]
struct HealthBody {
    /// 正常时为 ok / `ok` where all is well.
    #[schema(example = "ok")]
    status: &'static str,
}

/// 一类问题 / A kind of problem.
#[derive(Serialize, ToSchema)]
struct ProblemKindBody {
    /// 问题的 type / The `type` of such problems.
    #[schema(example = "/problems/outside_place")]
    r#type: String,
    /// 问题代码 / Its code.
    #[schema(example = "outside_place")]
    code: &'static str,
    /// HTTP 状态码 / The HTTP status.
    #[schema(example = 403)]
    status: u16,
    /// 标题，语言随 Accept-Language / The title, in the caller's language.
    title: String,
    /// 含义 / What it means.
    meaning: String,
    /// 如何处理 / What to do.
    advice: String,
}

/// What the database said last. Whoever reaches the port may ask, so it is asked once a second, however many do.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), String>)>>);

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(1);

impl Readiness {
    async fn ask(&self, store: &Store) -> Result<(), String> {
        let mut last = self.0.lock().await;
        match &*last {
            Some((at, said)) if at.elapsed() < FRESH => said.clone(),
            _ => {
                let said = store.ping().await.map_err(|error| error.to_string());
                *last = Some((Instant::now(), said.clone()));
                said
            }
        }
    }
}

/// 进程存活 / The process is alive
#[utoipa::path(
    tag = "operations",
    operation_id = "get_health",
    responses((status = 200, description = "存活 / Alive", body = HealthBody)),
    security(())
)]
#[get("/healthz")]
async fn get_health() -> Json<HealthBody> {
    Json(HealthBody { status: "ok" })
}

/// 可以接受请求：数据库可达 / Ready for requests: the database answers
#[utoipa::path(
    tag = "operations",
    operation_id = "get_readiness",
    responses(
        (status = 200, description = "就绪 / Ready", body = HealthBody),
        (status = 503, description = "数据库不可达 / The database does not answer"),
    ),
    security(())
)]
#[get("/readyz")]
async fn get_readiness(state: Data<AppState>) -> Result<Json<HealthBody>, Problem> {
    state.readiness.ask(&state.store).await.map_err(Problem::unavailable)?;
    Ok(Json(HealthBody { status: "ok" }))
}

/// Prometheus 指标 / Counts for Prometheus
#[utoipa::path(
    tag = "operations",
    operation_id = "get_metrics",
    responses((status = 200, description = "指标 / Counts", body = String, content_type = "text/plain")),
    security(())
)]
#[get("/metrics")]
async fn get_metrics(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let text = state.metrics.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

/// 一类问题的说明 / What a kind of problem means
#[utoipa::path(
    tag = "operations",
    operation_id = "get_problem_kind",
    params(("kind" = String, Path, description = "问题代码 / The kind's code", example = "invalid_body")),
    responses((status = 200, description = "说明 / The explanation", body = ProblemKindBody)),
    security(())
)]
#[get("/problems/{kind}")]
async fn get_problem_kind(slug: FromPath<String>, language: Language) -> Result<HttpResponse, Problem> {
    let kind = Kind::from_slug(&slug.0).ok_or_else(|| Problem::new(Kind::NotFound))?;
    let said = |text: Text| text.in_language(language).to_owned();
    let body = ProblemKindBody {
        r#type: kind.type_uri(),
        code: kind.slug(),
        status: kind.status().as_u16(),
        title: said(kind.title()),
        meaning: said(kind.meaning()),
        advice: said(kind.advice()),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .insert_header((VARY, "accept-language"))
        .json(body))
}
