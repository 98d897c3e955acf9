//! Handlers of year verifications.

use super::{
    body::{BatchBody, BatchInput, MadeBody, TrialBody, VerificationBody},
    service,
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    text::Language,
};
use actix_web::{get, post, web, web::Data};
use domain::kernel::{LearnerId, VerificationBatchId};
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

fn example() -> Value {
    json!({ "year": 2020, "learners": ["0190d3f0-0000-7000-8000-00000000beef"] })
}

/// 集中报送本单位人员的年度验证 / Hand in the years of one's own staff to be verified, in one batch
///
/// 限规则规定由用人单位集中报送的年度；各类别学时均已登记的方可报送。逐人作答：已报送的成为审核事项，由规则所定的机关在待办事项中
/// 逐项或批量办理；未报送的列明全部原因与条款，不予保存。 / For years whose rules have an employer hand them in, once every category is registered. Each person
/// is answered by itself: who is handed in waits as a case for the office that the rules name, which decides one by one or many at once; of
/// who is not every reason is told with its clause, and nothing is kept. Of the quota ten people cost a unit
#[utoipa::path(
    tag = "verification",
    operation_id = "create_verification_batch",
    request_body(content = BatchInput, example = json!(example())),
    responses(
        (status = 201, description = "逐人的结果 / What became of each", body = MadeBody),
        (status = 422, description = "请求体不符合要求 / The body breaks the contract")
    )
)]
#[post("/verification-batches")]
async fn create_verification_batch(
    permit: Permit<operation::CreateVerificationBatch>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<BatchInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input, language).await
}

/// 试算集中报送：各人可否报送，不保存 / What would become of each person of a batch; nothing is kept
#[utoipa::path(
    tag = "verification",
    operation_id = "validate_verification_batch",
    request_body(content = BatchInput, example = json!(example())),
    responses(
        (status = 200, description = "将有的结果 / What would become of each", body = TrialBody),
        (status = 422, description = "同报送时 / As when it is handed in")
    )
)]
#[post("/verification-batches/validation")]
async fn validate_verification_batch(
    permit: Permit<operation::ValidateVerificationBatch>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<BatchInput>,
) -> Result<web::Json<TrialBody>, Problem> {
    service::validate(&state, permit.0, input, language).await.map(web::Json)
}

/// 查看一批年度验证：各人的状态 / A batch, with where each of its people is
///
/// 用人单位见其全部；主管部门只见其管理的人员。 / The employer sees all of it, an office whom it answers for.
#[utoipa::path(
    tag = "verification",
    operation_id = "get_verification_batch",
    params(("id" = Uuid, Path, description = "批次编号 / The batch")),
    responses((status = 200, description = "该批次 / The batch", body = BatchBody))
)]
#[get("/verification-batches/{id}")]
async fn get_verification_batch(
    permit: Permit<operation::GetVerificationBatch>,
    state: Data<AppState>,
    id: FromPath<VerificationBatchId>,
) -> Result<web::Json<BatchBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 某学员的年度验证，含未办理、不予验证和已撤销的 / The verifications of a learner's years, those that wait, were refused or taken back among them, the earliest first
#[utoipa::path(
    tag = "verification",
    operation_id = "list_learner_verifications",
    params(("id" = Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页年度验证 / A page of them", body = Paged<VerificationBody>))
)]
#[get("/learners/{id}/verifications")]
async fn list_learner_verifications(
    permit: Permit<operation::ListLearnerVerifications>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    page: Page,
) -> Result<web::Json<Paged<VerificationBody>>, Problem> {
    service::list(&state, permit.0, id.0, page).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_verification_batch)
        .service(validate_verification_batch)
        .service(get_verification_batch)
        .service(list_learner_verifications);
}
