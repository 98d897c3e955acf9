//! Handlers of standings and of the ledger.

use super::{
    body::StandingBody,
    line::HourEntry,
    many::{self, StandingAnswers, StandingsAsked, StandingsQuery},
    service::{self, Asking, StandingList, Told},
};
use crate::{
    auth::{Permit, operation},
    extract::{BatchJson, FromPath, Held, Page, Paged, Query},
    problem::Problem,
    quota,
    state::AppState,
    text::{Language, Text},
};
use actix_web::{HttpRequest, HttpResponse, get, http::header::CONTENT_LANGUAGE, post, web::Data};
use domain::kernel::{LearnerId, POLICY_YEARS};
use serde::Deserialize;
use store::Db;
use utoipa::IntoParams;
use validator::Validate;

/// As known when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AsKnown {
    /// 按此时刻已知的分录、人员情况与已发布规则回答（RFC 3339），不得晚于现在 / By the entries, facts and published rules known at that moment, RFC 3339, not in the future.
    #[param(example = "2021-06-15T12:00:00+08:00", format = DateTime)]
    pub(super) as_known_at: Option<String>,
}

/// Which years, as known when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichYears {
    /// 最早年度 / The first year.
    #[validate(range(min = 1990, max = 2200))]
    #[param(example = 2019, minimum = 1990, maximum = 2200)]
    from: Option<i32>,
    /// 最晚年度 / The last year.
    #[validate(range(min = 1990, max = 2200))]
    #[param(example = 2021, minimum = 1990, maximum = 2200)]
    to: Option<i32>,
    /// 按此时刻已知的情况回答（RFC 3339），不得晚于现在 / As known at that moment, RFC 3339, not in the future.
    #[param(format = DateTime)]
    as_known_at: Option<String>,
}

/// Which year of a ledger.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichYear {
    /// 只列出该年度 / Only this policy year.
    #[validate(range(min = 1990, max = 2200))]
    #[param(example = 2020, minimum = 1990, maximum = 2200)]
    year: Option<i32>,
}

/// Answers a question about one learner, as known when.
pub(super) async fn told(
    state: &Data<AppState>,
    asking: Asking,
    as_known_at: Option<String>,
    answer: impl FnOnce(&mut Db, &AppState, &Asking) -> Result<Told, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let asking = asking
        .known(as_known_at.as_deref(), state.clock.now())
        .map_err(|(code, words)| Problem::invalid_query("as_known_at", code, words))?;
    let shared = state.clone();
    Ok(state.store.read(move |db| answer(db, &shared, &asking)).await?.respond())
}

/// 查询某人某年度是否达标 / Whether a person met a year, what is missing and under which clause
///
/// 学员只能查询本人；工作人员可查询现属其辖区的人员，以及其他人员在其辖区的年度。`If-None-Match` 命中时返回 304 / A learner
/// asks about themselves; an officer about those whom their place is responsible for, and about the years in which it was
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "get_standing",
    params(
        ("id" = uuid::Uuid, Path, description = "学员编号 / The learner"),
        ("year" = i32, Path, description = "年度 / The policy year", minimum = 1990, maximum = 2200, example = 2020),
        AsKnown,
    ),
    responses(
        (status = 200, description = "达标情况 / The standing", body = StandingBody,
            headers(("ETag" = String, description = "答复的标记 / The tag of the answer"))),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/learners/{id}/standings/{year}")]
pub(super) async fn get_standing(
    permit: Permit<operation::GetStanding>,
    request: HttpRequest,
    state: Data<AppState>,
    FromPath(which): FromPath<(LearnerId, i32)>,
    Query(AsKnown { as_known_at }): Query<AsKnown>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let asking = Asking::new(&state, permit.0, language).holding(Held::of(&request));
    told(&state, asking, as_known_at, move |db, state, asking| service::standing(db, state, asking, which)).await
}

/// 列出某人各年度的达标摘要 / A person's standings, year by year, in short
///
/// 每个有分录的年度及本年度，由早到晚 / Every year with entries and the present one, the earliest first
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "list_standings",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner"), WhichYears),
    responses(
        (status = 200, description = "各年度 / Each year", body = StandingList,
            headers(("ETag" = String, description = "答复的标记 / The tag of the answer"))),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/learners/{id}/standings")]
pub(super) async fn list_standings(
    permit: Permit<operation::ListStandings>,
    request: HttpRequest,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    Query(WhichYears { from, to, as_known_at }): Query<WhichYears>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let years = from.unwrap_or(*POLICY_YEARS.start())..=to.unwrap_or(*POLICY_YEARS.end());
    if years.is_empty() {
        let words = Text::new("不得早于 from", "must not be before from");
        return Err(Problem::invalid_query("to", "range", words));
    }
    let asking = Asking::new(&state, permit.0, language).holding(Held::of(&request));
    let answer =
        move |db: &mut Db, state: &AppState, asking: &Asking| service::standings(db, state, asking, (learner, &years));
    told(&state, asking, as_known_at, answer).await
}

/// 查询多人的达标情况 / The standings of many people, for title committees
///
/// 至多 1000 人，以学员编号或证件查询，逐人回答；证件号码只在请求体内，不在地址中 / Up to 1,000 people by id or identity
/// document, one answer each in order; numbers stand in the body, never in the address
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "query_standings",
    request_body(content = StandingsQuery, example = json!({"year": 2020, "people": [
        {"document_kind": "resident_id", "document_number": "610928199001010009"},
        {"learner_id": "0190d3f0-0000-7000-8000-000000000001", "year": 2021}]})),
    responses((status = 200, description = "逐人结果 / One answer each", body = StandingAnswers))
)]
#[post("/standings/query")]
pub(super) async fn query_standings(
    permit: Permit<operation::QueryStandings>,
    state: Data<AppState>,
    language: Language,
    BatchJson(query): BatchJson<StandingsAsked>,
) -> Result<HttpResponse, Problem> {
    let who = permit.0.signature();
    let asking = Asking::new(&state, permit.0, language);
    let (asking, asks, detail) = query.judged(|query, faults| {
        let known = asking.known(query.as_known_at.as_deref(), state.clock.now());
        let asking = known.map_err(|(code, words)| faults.add("/as_known_at", code, words)).ok();
        Ok(asking.map(|asking| (asking, many::read(&state, query), query.detail)))
    })?;
    state.quotas.spend_on_body(&who, quota::many(asks.len()))?;
    let shared = state.clone();
    let answers = state.store.read(move |db| many::answer(db, &shared, &asking, &asks, detail)).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(answers))
}

/// 列出某人的学时台账 / A person's ledger of hours
///
/// 分录只增不改，差错以冲销分录更正；工作人员查询已离开其辖区的人员时须写明年度 / Lines are only ever added, mistakes are
/// answered by reversals; an officer whose place no longer is responsible for the person must name a year
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "list_hour_entries",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner"), WhichYear, Page),
    responses((status = 200, description = "一页分录 / A page of lines", body = Paged<HourEntry>))
)]
#[get("/learners/{id}/hour-entries")]
pub(super) async fn list_hour_entries(
    permit: Permit<operation::ListHourEntries>,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    Query(WhichYear { year }): Query<WhichYear>,
    page: Page,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let (shared, asking) = (state.clone(), Asking::new(&state, permit.0, language));
    let listed = state.store.read(move |db| service::hour_entries(db, &shared, &asking, (learner, year), &page));
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(listed.await?))
}
