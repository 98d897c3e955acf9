//! Handlers of reassessments.

use super::{
    body::{ReassessmentBody, ReassessmentInput, TrialBody, TrialInput},
    service, trial,
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Unjudged},
    idempotency::Made,
    lane::Ticket,
    problem::Problem,
    state::AppState,
};
use actix_web::{get, post, web, web::Data};
use domain::kernel::{PolicyId, ReassessmentId};
use utoipa_actix_web::service_config::ServiceConfig;

/// 试算重新判定的影响，不保存 / What a reassessment would change; nothing is kept
///
/// 对该地区的人员分批试算：请以 next_cursor 继续，并自行累加。已认定的成果不在其列，仅告知有多少件价值会不同 /
/// Some people of the place at a time: ask on with `next_cursor`, and add the answers up. Recognitions are not among it; how many would be worth otherwise is told
#[utoipa::path(
    tag = "reassessment",
    operation_id = "validate_reassessment",
    params(("id" = Uuid, Path, description = "已发布的规则版本 / A published version")),
    request_body(content = TrialInput, example = json!({ "limit": 100 })),
    responses(
        (status = 200, description = "结果不变和改变的条数，附例子 / How many items would stay and change, with examples", body = TrialBody),
        (status = 403, description = "不在管辖地区 / Outside the caller's place"),
        (status = 409, description = "尚未发布 / It is not published")
    )
)]
#[post("/policies/{id}/reassessments/validation")]
async fn validate_reassessment(
    permit: Permit<operation::ValidateReassessment>,
    ticket: Ticket,
    state: Data<AppState>,
    id: FromPath<PolicyId>,
    input: Unjudged<TrialInput>,
) -> Result<web::Json<TrialBody>, Problem> {
    trial::validate(&state, (permit.0, ticket), id.0, input).await.map(web::Json)
}

/// 依一版规则重新判定已有记录 / Have recorded items decided anew by a version of the rules
///
/// 发布本身不改动已记学时。重新判定在后台逐批进行：结果改变的，原分录冲销（reassessed），另记新分录；被查实冲销、人工冲销和挂起的不动 /
/// A publication changes nothing that is recorded. This goes through all people of the place in the background: where an item is decided otherwise, its line is taken back (`reassessed`) and another one recorded; what a finding or somebody took back stays so, and what is held waits on
#[utoipa::path(
    tag = "reassessment",
    operation_id = "create_reassessment",
    params(("id" = Uuid, Path, description = "已发布的规则版本 / A published version")),
    request_body(content = ReassessmentInput, example = json!({ "reason": "示例人社函〔2021〕3号修订了学习期限" })),
    responses(
        (status = 201, description = "已开始 / Begun", body = ReassessmentBody),
        (status = 403, description = "不在管辖地区 / Outside the caller's place"),
        (status = 409, description = "尚未发布，或该版本的另一次尚未完成 / It is not published, or another one of this version has not ended")
    )
)]
#[post("/policies/{id}/reassessments")]
async fn create_reassessment(
    permit: Permit<operation::CreateReassessment>,
    state: Data<AppState>,
    id: FromPath<PolicyId>,
    input: Unjudged<ReassessmentInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, id.0, input).await
}

/// 列出一版规则的重新判定 / The reassessments of a version, the earliest first
#[utoipa::path(
    tag = "reassessment",
    operation_id = "list_reassessments",
    params(("id" = Uuid, Path, description = "规则版本 / The version"), Page),
    responses(
        (status = 200, description = "一页 / A page of them", body = Paged<ReassessmentBody>),
        (status = 403, description = "不在管辖地区 / Outside the caller's place")
    )
)]
#[get("/policies/{id}/reassessments")]
async fn list_reassessments(
    permit: Permit<operation::ListReassessments>,
    state: Data<AppState>,
    id: FromPath<PolicyId>,
    page: Page,
) -> Result<web::Json<Paged<ReassessmentBody>>, Problem> {
    service::list(&state, permit.0, id.0, page).await.map(web::Json)
}

/// 查看重新判定及其进度 / A reassessment, with how far it has come and what it decided otherwise
#[utoipa::path(
    tag = "reassessment",
    operation_id = "get_reassessment",
    params(("id" = Uuid, Path, description = "重新判定的编号 / The reassessment")),
    responses((status = 200, description = "重新判定 / The reassessment", body = ReassessmentBody))
)]
#[get("/reassessments/{id}")]
async fn get_reassessment(
    permit: Permit<operation::GetReassessment>,
    state: Data<AppState>,
    id: FromPath<ReassessmentId>,
) -> Result<web::Json<ReassessmentBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(validate_reassessment)
        .service(create_reassessment)
        .service(list_reassessments)
        .service(get_reassessment);
}
