//! Handlers of corrections.

use super::{
    body::{CorrectionBody, CorrectionInput, UnmaskedBody},
    service, unmask,
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    registry::UnmaskingInput,
    state::AppState,
};
use actix_web::{get, post, web, web::Data};
use domain::kernel::{CaseId, LearnerId};
use utoipa_actix_web::service_config::ServiceConfig;

/// 申请更正本人档案 / Ask for a correction of the own file
///
/// 一次一项：姓名、身份证件、用人单位、地区，或合并本人的另一份档案。由所在地区的人社部门办理；追溯的迁移和档案的合并，由同时管辖两地的最近一级办理。
/// 同意后随即更正。所填证件是否属于他人、另一份档案是否存在，由办理机关核对，不在此答复。 /
/// One thing at a time: name, document, employer, place, or that another file of the learner's ends in this one. The department of the learner's place decides, of a
/// backdated move and a merge the lowest one that answers for both places, and what it approves is done at once. Whether a document is
/// somebody else's, or there is such a file, is for that office to see and is not told here.
#[utoipa::path(
    tag = "corrections",
    operation_id = "create_correction",
    request_body(content = CorrectionInput, example = json!({
        "learner_id": "0190d3f0-0000-7000-8000-00000000beef", "name": "示例乙", "reason": "登记时录入有误", "proofs": ["户口簿"]
    })),
    responses(
        (status = 201, description = "已提出，待办理 / Handed in, and waits for the office", body = CorrectionBody),
        (status = 404, description = "没有此学员 / No such learner"),
        (status = 409, description = "待办理的申请已达上限，或没有可办理的部门 / As many wait as may, or nobody could decide it"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`")
    )
)]
#[post("/corrections")]
async fn create_correction(
    permit: Permit<operation::CreateCorrection>,
    state: Data<AppState>,
    input: Unjudged<CorrectionInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input).await
}

/// 查看更正申请 / A request for a correction, with where its review is
#[utoipa::path(
    tag = "corrections",
    operation_id = "get_correction",
    params(("id" = Uuid, Path, description = "更正申请编号 / The request")),
    responses((status = 200, description = "更正申请 / The request", body = CorrectionBody))
)]
#[get("/corrections/{id}")]
async fn get_correction(
    permit: Permit<operation::GetCorrection>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<CorrectionBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 某学员的更正申请 / What a learner asked to have corrected, the earliest first
#[utoipa::path(
    tag = "corrections",
    operation_id = "list_learner_corrections",
    params(("id" = Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页更正申请 / A page of them", body = Paged<CorrectionBody>))
)]
#[get("/learners/{id}/corrections")]
async fn list_learner_corrections(
    permit: Permit<operation::ListLearnerCorrections>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    page: Page,
) -> Result<web::Json<Paged<CorrectionBody>>, Problem> {
    service::list(&state, permit.0, id.0, page).await.map(web::Json)
}

/// 撤回更正申请，不可恢复 / Take a request back, for good
#[utoipa::path(
    tag = "corrections",
    operation_id = "withdraw_correction",
    params(("id" = Uuid, Path, description = "更正申请编号 / The request")),
    responses(
        (status = 200, description = "已撤回 / Taken back", body = CorrectionBody),
        (status = 403, description = "只有申请人可以办理 / Only who asked may do that"),
        (status = 409, description = "已办结 / It was settled before")
    )
)]
#[post("/corrections/{id}/withdrawal")]
async fn withdraw_correction(
    permit: Permit<operation::WithdrawCorrection>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<CorrectionBody>, Problem> {
    service::withdraw(&state, permit.0, id.0).await.map(web::Json)
}

/// 查看更正申请中的完整姓名与证件号码 / The full name and document that a request asks for
///
/// 限办理该申请的机关，须说明目的和依据；每次均记入审计记录，学员本人可见；每人每日次数有限，与查看学员完整身份信息合计。 /
/// For the office that decides it. Wants a purpose and a ground; each time is recorded for the learner to see; limited a day, together with unmasking learners.
#[utoipa::path(
    tag = "corrections",
    operation_id = "unmask_correction",
    params(("id" = Uuid, Path, description = "更正申请编号 / The request")),
    request_body(content = UnmaskingInput, example = json!({ "purpose": "correction", "reference": "受理〔2026〕12号" })),
    responses(
        (status = 200, description = "完整身份信息 / What is asked, unmasked", body = UnmaskedBody),
        (status = 403, description = "由其他机关办理 / Another office decides it"),
        (status = 409, description = "已办结，或没有被遮盖的内容 / It is settled, or asks nothing that is masked"),
        (status = 429, description = "今日次数已用完，或请求过于频繁 / The limit of the day is reached, or there were too many requests")
    )
)]
#[post("/corrections/{id}/unmasking")]
async fn unmask_correction(
    permit: Permit<operation::UnmaskCorrection>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
    input: Unjudged<UnmaskingInput>,
) -> Result<web::Json<UnmaskedBody>, Problem> {
    unmask::unmask(&state, permit.0, id.0, input).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_correction)
        .service(get_correction)
        .service(list_learner_corrections)
        .service(withdraw_correction)
        .service(unmask_correction);
}
