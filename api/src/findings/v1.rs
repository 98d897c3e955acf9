//! Handlers of findings.

use super::{
    body::{AnnulmentInput, FindingBody, FindingInput, TrialBody},
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
        "learner_id": "0190d3f0-0000-7000-8000-00000000beef", "cause": "fraud", "decided_on": "2021-03-01",
        "document": "示例查实报告〔2021〕1号", "lines": ["0190d3f0-0000-7000-8000-00000000cafe"]
    })
}

/// 提出查实，由另一人确认后生效 / File a finding, which takes effect once another official confirms it
///
/// 由所在地区的人社部门提出，由学员所属地区的人社部门的另一人在待办事项中同意后生效：所涉学时冲销，按规则限制申报、记入信用平台。 /
/// Filed by an officer in charge; the department of the person's own place decides it among its reviews, and nobody decides what they filed. With its approval
/// the hours are taken back, and what the rules attach to it holds.
#[utoipa::path(
    tag = "findings",
    operation_id = "create_finding",
    request_body(content = FindingInput, example = json!(example())),
    responses(
        (status = 201, description = "已提出，待确认 / Filed, and waits to be confirmed", body = FindingBody),
        (status = 404, description = "没有此学员，或没有有效规则 / No such learner, or no rules in force"),
        (status = 409, description = "学员所属地区没有可办理的部门 / Nobody could decide it"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`")
    )
)]
#[post("/findings")]
async fn create_finding(
    permit: Permit<operation::CreateFinding>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<FindingInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input, language).await
}

/// 试算查实的后果，不保存 / What would follow from a finding; nothing is kept
#[utoipa::path(
    tag = "findings",
    operation_id = "validate_finding",
    request_body(content = FindingInput, example = json!(example())),
    responses(
        (status = 200, description = "将有的后果 / What would follow", body = TrialBody),
        (status = 404, description = "没有此学员，或没有有效规则 / No such learner, or no rules in force"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`")
    )
)]
#[post("/findings/validation")]
async fn validate_finding(
    permit: Permit<operation::ValidateFinding>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<FindingInput>,
) -> Result<web::Json<TrialBody>, Problem> {
    service::validate(&state, permit.0, input, language).await.map(web::Json)
}

/// 查看查实事项；学员自生效起可见本人的 / A finding; its person sees it once it took effect
#[utoipa::path(
    tag = "findings",
    operation_id = "get_finding",
    params(("id" = Uuid, Path, description = "查实事项编号 / The finding")),
    responses((status = 200, description = "查实事项 / The finding", body = FindingBody))
)]
#[get("/findings/{id}")]
async fn get_finding(
    permit: Permit<operation::GetFinding>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<FindingBody>, Problem> {
    service::find(&state, permit.0, id.0, language).await.map(web::Json)
}

/// 某学员的查实事项，含已撤销的 / The findings of a learner, those annulled among them, the earliest first
#[utoipa::path(
    tag = "findings",
    operation_id = "list_learner_findings",
    params(("id" = Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页查实事项 / A page of them", body = Paged<FindingBody>))
)]
#[get("/learners/{id}/findings")]
async fn list_learner_findings(
    permit: Permit<operation::ListLearnerFindings>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<LearnerId>,
    page: Page,
) -> Result<web::Json<Paged<FindingBody>>, Problem> {
    service::list(&state, permit.0, id.0, page, language).await.map(web::Json)
}

/// 撤回尚未确认的查实 / Take back a finding that is not confirmed yet
///
/// 由提出者本人办理；此后不再恢复，须另行提出。 / For who filed it, and for good: what is found anew is filed anew.
#[utoipa::path(
    tag = "findings",
    operation_id = "withdraw_finding",
    params(("id" = Uuid, Path, description = "查实事项编号 / The finding")),
    responses(
        (status = 200, description = "已撤回 / Withdrawn", body = FindingBody),
        (status = 403, description = "由他人提出 / Somebody else filed it"),
        (status = 409, description = "此前已确认、不予确认或撤回 / It was decided or withdrawn before")
    )
)]
#[post("/findings/{id}/withdrawal")]
async fn withdraw_finding(
    permit: Permit<operation::WithdrawFinding>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<FindingBody>, Problem> {
    service::withdraw(&state, permit.0, id.0, language).await.map(web::Json)
}

/// 撤销查实：限制解除，所涉学时重新计入 / Annul a finding: nothing is barred by it any more, and its hours are said anew
///
/// 由确认它的机关办理，与撤销该审核事项相同；被取消的申报不恢复。 /
/// For the office that confirmed it, as taking back its approval; a cancelled application is not revived.
#[utoipa::path(
    tag = "findings",
    operation_id = "annul_finding",
    params(("id" = Uuid, Path, description = "查实事项编号 / The finding")),
    request_body(content = AnnulmentInput, example = json!({ "reason": "复查认定证据不足" })),
    responses(
        (status = 200, description = "已撤销 / Annulled", body = FindingBody),
        (status = 403, description = "由其他机关确认，或调用方须回避 / Another office confirmed it, or the caller has an interest in it"),
        (status = 409, description = "尚未生效，或此前已撤销 / It has not taken effect, or was annulled before")
    )
)]
#[post("/findings/{id}/annulment")]
async fn annul_finding(
    permit: Permit<operation::AnnulFinding>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<AnnulmentInput>,
) -> Result<web::Json<FindingBody>, Problem> {
    service::annul(&state, permit.0, id.0, input, language).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_finding)
        .service(validate_finding)
        .service(get_finding)
        .service(list_learner_findings)
        .service(withdraw_finding)
        .service(annul_finding);
}
