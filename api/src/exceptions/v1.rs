//! Handlers of exceptions.

use super::{
    body::{AnnulmentInput, ExceptionBody, ExceptionInput, TrialBody},
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
use domain::kernel::{CaseId, LearnerId};
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

fn example() -> Value {
    json!({
        "learner_id": "0190d3f0-0000-7000-8000-00000000beef", "year": 2020,
        "hours": [{ "category": "professional", "hours": 10 }],
        "reason": "全年援外，当年无法参加学习", "document": "示例专技〔2021〕3号", "decided_on": "2021-03-01"
    })
}

/// 提出例外认定，由规则所定机关的另一人批准后生效 / File an exception, which takes effect once another official of the office that the rules name approves it
///
/// 限已结束而未达标的年度，且规则指定了可以作出例外认定的机关。由该年度所属地区的人社部门提出，由规则所在地区的人社部门的另一人在待办事项中同意后记入台账。 /
/// For a year that is over and was missed, where the rules name an office that may decide otherwise. Filed by an officer who answers for the person's
/// place of that year; the department at the place of the rules decides it among its reviews, and nobody decides what they filed.
#[utoipa::path(
    tag = "exceptions",
    operation_id = "create_exception",
    request_body(content = ExceptionInput, example = json!(example())),
    responses(
        (status = 201, description = "已提出，待批准 / Filed, and waits to be approved", body = ExceptionBody),
        (status = 404, description = "没有此学员 / No such learner"),
        (status = 409, description = "没有可办理的部门 / Nobody could decide it"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`"),
        (status = 422, description = "请求体不符合要求，或按规则不能作出例外认定（reasons 列明原因与条款） / The body breaks the contract, or by the rules nothing can be granted; `reasons` says why, with the clauses")
    )
)]
#[post("/exceptions")]
async fn create_exception(
    permit: Permit<operation::CreateException>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<ExceptionInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input, language).await
}

/// 试算例外认定：将记入什么、前后结论如何，不保存 / What an exception would record, and the year before and after; nothing is kept
#[utoipa::path(
    tag = "exceptions",
    operation_id = "validate_exception",
    request_body(content = ExceptionInput, example = json!(example())),
    responses(
        (status = 200, description = "将有的结果 / What would follow", body = TrialBody),
        (status = 404, description = "没有此学员 / No such learner"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`"),
        (status = 422, description = "同提出时 / As when it is filed")
    )
)]
#[post("/exceptions/validation")]
async fn validate_exception(
    permit: Permit<operation::ValidateException>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<ExceptionInput>,
) -> Result<web::Json<TrialBody>, Problem> {
    service::validate(&state, permit.0, input, language).await.map(web::Json)
}

/// 查看例外认定 / An exception, with where its review is
#[utoipa::path(
    tag = "exceptions",
    operation_id = "get_exception",
    params(("id" = Uuid, Path, description = "例外认定编号 / The exception")),
    responses((status = 200, description = "例外认定 / The exception", body = ExceptionBody))
)]
#[get("/exceptions/{id}")]
async fn get_exception(
    permit: Permit<operation::GetException>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<ExceptionBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 某学员的例外认定，含未批准和已撤销的 / The exceptions of a learner, those not granted and those annulled among them, the earliest first
#[utoipa::path(
    tag = "exceptions",
    operation_id = "list_learner_exceptions",
    params(("id" = Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页例外认定 / A page of them", body = Paged<ExceptionBody>))
)]
#[get("/learners/{id}/exceptions")]
async fn list_learner_exceptions(
    permit: Permit<operation::ListLearnerExceptions>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    page: Page,
) -> Result<web::Json<Paged<ExceptionBody>>, Problem> {
    service::list(&state, permit.0, id.0, page).await.map(web::Json)
}

/// 撤回尚未批准的例外认定 / Take back an exception that is not approved yet
///
/// 由提出者本人办理；此后不再恢复，须另行提出。 / For who filed it, and for good: what is to be granted after all is filed anew.
#[utoipa::path(
    tag = "exceptions",
    operation_id = "withdraw_exception",
    params(("id" = Uuid, Path, description = "例外认定编号 / The exception")),
    responses(
        (status = 200, description = "已撤回 / Withdrawn", body = ExceptionBody),
        (status = 403, description = "由他人提出 / Somebody else filed it"),
        (status = 409, description = "此前已批准、不予批准或撤回 / It was decided or withdrawn before")
    )
)]
#[post("/exceptions/{id}/withdrawal")]
async fn withdraw_exception(
    permit: Permit<operation::WithdrawException>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<ExceptionBody>, Problem> {
    service::withdraw(&state, permit.0, id.0).await.map(web::Json)
}

/// 撤销例外认定：所记入的分录冲销，该年度如同从未认定 / Annul an exception: its lines are taken back, and the year is as if it had never been
///
/// 由批准它的机关办理，与撤销该审核事项相同。 / For the office that approved it, as taking back its approval.
#[utoipa::path(
    tag = "exceptions",
    operation_id = "annul_exception",
    params(("id" = Uuid, Path, description = "例外认定编号 / The exception")),
    request_body(content = AnnulmentInput, example = json!({ "reason": "所附文书有误" })),
    responses(
        (status = 200, description = "已撤销 / Annulled", body = ExceptionBody),
        (status = 403, description = "由其他机关批准，或调用方须回避 / Another office approved it, or the caller has an interest in it"),
        (status = 409, description = "尚未生效，或此前已撤销 / It has not taken effect, or was annulled before")
    )
)]
#[post("/exceptions/{id}/annulment")]
async fn annul_exception(
    permit: Permit<operation::AnnulException>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<AnnulmentInput>,
) -> Result<web::Json<ExceptionBody>, Problem> {
    service::annul(&state, permit.0, id.0, input, language).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_exception)
        .service(validate_exception)
        .service(get_exception)
        .service(list_learner_exceptions)
        .service(withdraw_exception)
        .service(annul_exception);
}
