//! Handlers of learners; the wire types are in `body.rs`.

use super::{
    body::{
        EmploymentInput, LearnerBody, LearnerHistoryBody, LearnerInput, LearnerItems, LearnerLookup, LearnerQuery,
        LearnerSearchInput, PersonCorrection, PlacementInput, PostInput, UnmaskedBody, UnmaskingInput,
    },
    change, file, keep, unmask,
};
use crate::{
    auth::{Permit, operation},
    bulk::each_chunk,
    extract::{FromPath, ItemsOrLines, Page, Paged, Query, Unjudged},
    idempotency::Made,
    lane::Ticket,
    problem::Problem,
    registry::bulk::{BulkBody, BulkResult},
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, get, patch, post, web, web::Data};
use domain::kernel::LearnerId;
use serde_json::{Value, json};

/// 查询所辖学员 / Search the learners of the places that the caller answers for
#[utoipa::path(
    tag = "learners",
    operation_id = "list_learners",
    params(LearnerQuery, Page),
    responses((status = 200, description = "一页学员 / A page of them", body = Paged<LearnerBody>))
)]
#[get("/learners")]
pub(super) async fn get_learners(
    permit: Permit<operation::ListLearners>,
    state: Data<AppState>,
    Query(query): Query<LearnerQuery>,
    page: Page,
) -> Result<web::Json<Paged<LearnerBody>>, Problem> {
    file::list(&state, permit.0, query, page).await.map(web::Json)
}

/// 登记学员 / Register a learner
#[utoipa::path(
    tag = "learners",
    operation_id = "create_learner",
    request_body(content = LearnerInput, example = json!(example())),
    responses(
        (status = 201, description = "已登记 / Registered", body = LearnerBody),
        (status = 409, description = "该证件已登记；可见时给出 learner_id / The document is registered; `learner_id` where visible")
    )
)]
#[post("/learners")]
pub(super) async fn post_learner(
    permit: Permit<operation::CreateLearner>,
    state: Data<AppState>,
    body: Unjudged<LearnerInput>,
) -> Result<Made, Problem> {
    keep::create(&state, permit.0, body).await
}

/// 批量登记或更新学员：JSON 至多 1000 名，NDJSON 至多 100000 行，按请求格式作答 / Register or update many learners: JSON up to 1,000, NDJSON up to 100,000 lines; answered in the request's format
#[utoipa::path(
    tag = "learners",
    operation_id = "keep_learners",
    request_body(content(
        (LearnerItems = "application/json", example = json!({ "items": [example()] })),
        (LearnerInput = "application/x-ndjson", example = json!(example()))
    )),
    responses((status = 200, description = "逐条结果 / One result an item", content(
        (BulkBody = "application/json"),
        (BulkResult = "application/x-ndjson")
    )))
)]
#[post("/learners/bulk")]
pub(super) async fn post_learners_bulk(
    permit: Permit<operation::KeepLearners>,
    ticket: Ticket,
    state: Data<AppState>,
    language: Language,
    body: ItemsOrLines,
) -> Result<HttpResponse, Problem> {
    permit.0.asks_of_each_item();
    each_chunk(body, language, async |chunk| keep::keep(&state, &permit.0, &ticket, chunk).await).await
}

/// 按姓名查找学员 / Learners by their name
///
/// 只返回管辖范围内的学员；姓名不出现在地址中；每次均记入审计记录（不记姓名），每人每日次数有限。 /
/// Those whom the caller answers for; a name is no part of an address. Each search is recorded, without the name, and they are limited a day.
#[utoipa::path(
    tag = "learners",
    operation_id = "search_learners",
    request_body(content = LearnerSearchInput, example = json!({ "name": "示例", "limit": 50 })),
    responses(
        (status = 200, description = "一页学员 / A page of learners", body = Paged<LearnerBody>),
        (status = 429, description = "今日次数已用完，或请求过于频繁 / The limit of the day is reached, or there were too many requests")
    )
)]
#[post("/learner-searches")]
pub(super) async fn post_learner_search(
    permit: Permit<operation::SearchLearners>,
    state: Data<AppState>,
    input: Unjudged<LearnerSearchInput>,
) -> Result<web::Json<Paged<LearnerBody>>, Problem> {
    file::by_name(&state, permit.0, input).await.map(web::Json)
}

/// 按身份证件查找学员；证件号码只在请求体中 / Find a learner by identity document, which stands in the body only
#[utoipa::path(
    tag = "learners",
    operation_id = "look_up_learner",
    request_body(content = LearnerLookup, example = json!({
        "document": { "kind": "resident_id", "number": "610302199001010002" }
    })),
    responses(
        (status = 200, description = "学员档案 / The learner's file", body = LearnerBody),
        (status = 404, description = "没有可见的学员 / No learner whom the caller may see")
    )
)]
#[post("/learner-lookups")]
pub(super) async fn post_learner_lookup(
    permit: Permit<operation::LookUpLearner>,
    state: Data<AppState>,
    lookup: Unjudged<LearnerLookup>,
) -> Result<web::Json<LearnerBody>, Problem> {
    file::look_up(&state, permit.0, lookup).await.map(web::Json)
}

/// 查看学员档案 / A learner's file
#[utoipa::path(
    tag = "learners",
    operation_id = "get_learner",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    responses((status = 200, description = "学员档案 / The learner's file", body = LearnerBody))
)]
#[get("/learners/{id}")]
pub(super) async fn get_learner(
    permit: Permit<operation::GetLearner>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
) -> Result<web::Json<LearnerBody>, Problem> {
    file::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 更正姓名或身份证件 / Correct the name or the identity document
///
/// 审计记录列明实际更正了哪些项、原证件是什么和依据，不含更正前后的内容 /
/// The audit trail tells which of them really changed, what the present document was and the ground, and no value of either
#[utoipa::path(
    tag = "learners",
    operation_id = "correct_learner",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(content = PersonCorrection, example = json!({ "name": "示例乙", "reference": "受理〔2026〕1号" })),
    responses(
        (status = 200, description = "已更正 / Corrected", body = LearnerBody),
        (status = 409, description = "该证件属于另一学员 / The document is another learner's")
    )
)]
#[patch("/learners/{id}")]
pub(super) async fn patch_learner(
    permit: Permit<operation::CorrectLearner>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    correction: Unjudged<PersonCorrection>,
) -> Result<web::Json<LearnerBody>, Problem> {
    change::correct(&state, permit.0, id.0, correction).await.map(web::Json)
}

/// 查看学员的全部历史事实 / All dated facts about a learner
#[utoipa::path(
    tag = "learners",
    operation_id = "get_learner_history",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    responses((status = 200, description = "历史事实 / The facts", body = LearnerHistoryBody))
)]
#[get("/learners/{id}/history")]
pub(super) async fn get_learner_history(
    permit: Permit<operation::GetLearnerHistory>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
) -> Result<web::Json<LearnerHistoryBody>, Problem> {
    file::history(&state, permit.0, id.0).await.map(web::Json)
}

/// 查看完整姓名与证件号码 / A learner's full name and document
///
/// 须说明目的和依据；每次均记入审计记录，学员本人可见；每人每日次数有限。 /
/// Wants a purpose and a ground; each time is recorded for the learner to see; limited a day.
#[utoipa::path(
    tag = "learners",
    operation_id = "unmask_learner",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(
        content = UnmaskingInput,
        example = json!({ "purpose": "complaint", "reference": "投诉〔2026〕12号" })
    ),
    responses(
        (status = 200, description = "完整身份信息 / The full identity", body = UnmaskedBody),
        (status = 429, description = "今日次数已用完，或请求过于频繁 / The limit of the day is reached, or there were too many requests")
    )
)]
#[post("/learners/{id}/unmasking")]
pub(super) async fn post_unmasking(
    permit: Permit<operation::UnmaskLearner>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    input: Unjudged<UnmaskingInput>,
) -> Result<web::Json<UnmaskedBody>, Problem> {
    unmask::unmask(&state, permit.0, id.0, input).await.map(web::Json)
}

/// 记录人事隶属地区的变更 / Record that a learner belongs to a place from a day on
#[utoipa::path(
    tag = "learners",
    operation_id = "record_placement",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(content = PlacementInput, example = json!({ "place": "610103", "from_on": "2021-07-01" })),
    responses(
        (status = 201, description = "已记录 / Recorded", body = LearnerHistoryBody),
        (status = 200, description = "与已知事实相同 / Nothing new", body = LearnerHistoryBody)
    )
)]
#[post("/learners/{id}/placements")]
pub(super) async fn post_placement(
    permit: Permit<operation::RecordPlacement>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    body: Unjudged<PlacementInput>,
) -> Result<Made, Problem> {
    change::record(&state, permit.0, id.0, body).await
}

/// 记录用人单位的变更 / Record who employs a learner from a day on
#[utoipa::path(
    tag = "learners",
    operation_id = "record_employment",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(content = EmploymentInput, example = json!({ "employer_id": null, "from_on": "2021-07-01" })),
    responses(
        (status = 201, description = "已记录 / Recorded", body = LearnerHistoryBody),
        (status = 200, description = "与已知事实相同 / Nothing new", body = LearnerHistoryBody)
    )
)]
#[post("/learners/{id}/employments")]
pub(super) async fn post_employment(
    permit: Permit<operation::RecordEmployment>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    body: Unjudged<EmploymentInput>,
) -> Result<Made, Problem> {
    change::record(&state, permit.0, id.0, body).await
}

/// 记录职称系列、层级或用工形式的变更 / Record what a learner is engaged as from a day on
#[utoipa::path(
    tag = "learners",
    operation_id = "record_post",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(content = PostInput, example = json!({
        "series": "会计", "level": "intermediate", "employment_kind": "permanent", "from_on": "2021-07-01"
    })),
    responses(
        (status = 201, description = "已记录 / Recorded", body = LearnerHistoryBody),
        (status = 200, description = "与已知事实相同 / Nothing new", body = LearnerHistoryBody)
    )
)]
#[post("/learners/{id}/posts")]
pub(super) async fn post_post(
    permit: Permit<operation::RecordPost>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    body: Unjudged<PostInput>,
) -> Result<Made, Problem> {
    change::record(&state, permit.0, id.0, body).await
}

fn example() -> Value {
    json!({
        "document": { "kind": "resident_id", "number": "610302199001010002" },
        "name": "示例甲",
        "placement": { "place": "610302", "from_on": "2019-01-01" },
        "post": {
            "series": "会计", "level": "intermediate", "employment_kind": "permanent", "from_on": "2019-01-01"
        }
    })
}
