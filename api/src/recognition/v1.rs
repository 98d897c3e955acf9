//! Handlers of recognitions.

use super::{
    body::{
        EvidenceBody, EvidenceContentBody, EvidenceInput, RecognitionBody, RecognitionInput, RecognitionTrial,
        WorthBody,
    },
    claim::ClaimInput,
    evidence,
    filing::{self, Step},
    room::{Download, Upload},
    service,
};
use crate::{
    auth::{Permit, operation},
    extract::{BatchJson, FromPath, Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, get, http::header::ContentType, post, put, web, web::Data};
use domain::kernel::{CaseId, EvidenceId, LearnerId};
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

fn claim() -> Value {
    json!({
        "kind": "training",
        "first_on": "2020-09-07",
        "last_on": "2020-09-11",
        "travel_days": 1,
        "document": "示例培训通知〔2020〕1号",
        "own_field": true,
        "conditions": [{ "condition": "脱产的学习、培训、进修、研修、专题讲座等", "holds": true }]
    })
}

/// 申报成果认定，先存为草稿 / Declare an achievement, as a draft at first
///
/// 答复给出按规则核算的学时和逐步算式。学员为本人申报；用人单位管理员可为本单位人员申报，规则文件允许的方可提交。 /
/// The answer has the hours by the rules with the arithmetic. Learners file for themselves, an employer's administrator for its staff,
/// and hands in where the rule file lets it.
#[utoipa::path(
    tag = "recognition",
    operation_id = "create_recognition",
    request_body(content = RecognitionInput, example = json!({ "learner_id": "0190d3f0-0000-7000-8000-00000000beef", "claim": claim() })),
    responses(
        (status = 201, description = "已存为草稿 / Kept as a draft", body = RecognitionBody),
        (status = 404, description = "没有此学员，或没有有效规则 / No such learner, or no rules in force"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`")
    )
)]
#[post("/recognitions")]
async fn create_recognition(
    permit: Permit<operation::CreateRecognition>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<RecognitionInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input, language).await
}

/// 试算成果认定，不保存 / What an achievement would be worth; nothing is kept
///
/// 不计入台账的成果（申报职称时核算）也可试算。 / What is computed when a title is applied for can be tried as well.
#[utoipa::path(
    tag = "recognition",
    operation_id = "validate_recognition",
    request_body(content = RecognitionTrial, example = json!({ "learner_id": "0190d3f0-0000-7000-8000-00000000beef", "claim": claim(), "evidence": ["主办或承办单位文件"] })),
    responses(
        (status = 200, description = "核算结果 / What it would be worth", body = WorthBody),
        (status = 404, description = "没有此学员，或没有有效规则 / No such learner, or no rules in force"),
        (status = 410, description = "该档案已并入 `successor` / The file has ended in that of `successor`")
    )
)]
#[post("/recognitions/validation")]
async fn validate_recognition(
    permit: Permit<operation::ValidateRecognition>,
    state: Data<AppState>,
    language: Language,
    input: Unjudged<RecognitionTrial>,
) -> Result<web::Json<WorthBody>, Problem> {
    service::validate(&state, permit.0, input, language).await.map(web::Json)
}

/// 查看认定事项 / A recognition, with what it is worth and where its review is
#[utoipa::path(
    tag = "recognition",
    operation_id = "get_recognition",
    params(("id" = Uuid, Path, description = "认定事项编号 / The recognition")),
    responses(
        (status = 200, description = "认定事项 / The recognition", body = RecognitionBody)
    )
)]
#[get("/recognitions/{id}")]
async fn get_recognition(
    permit: Permit<operation::GetRecognition>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<RecognitionBody>, Problem> {
    service::find(&state, permit.0, id.0, language).await.map(web::Json)
}

/// 某学员的认定事项 / The recognitions of a learner, the earliest first
#[utoipa::path(
    tag = "recognition",
    operation_id = "list_learner_recognitions",
    params(("id" = Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页认定事项 / A page of them", body = Paged<RecognitionBody>))
)]
#[get("/learners/{id}/recognitions")]
async fn list_learner_recognitions(
    permit: Permit<operation::ListLearnerRecognitions>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<LearnerId>,
    page: Page,
) -> Result<web::Json<Paged<RecognitionBody>>, Problem> {
    service::list(&state, permit.0, id.0, page, language).await.map(web::Json)
}

/// 修改申报内容，草稿或退回补正时 / Declare it anew, while it is a draft or was returned
#[utoipa::path(
    tag = "recognition",
    operation_id = "replace_recognition",
    params(("id" = Uuid, Path, description = "认定事项编号 / The recognition")),
    request_body(content = ClaimInput, example = json!(claim())),
    responses(
        (status = 200, description = "现在的认定事项；相同内容不产生新版本 / The recognition as it is now; what says the same makes no version", body = RecognitionBody),
        (status = 403, description = "只有申报人可以办理 / Only who filed it may do that"),
        (status = 404, description = "没有此事项，或没有有效规则 / No such recognition, or no rules in force"),
        (status = 409, description = "已提交，或已办结 / It is with an office, or was settled")
    )
)]
#[put("/recognitions/{id}")]
async fn replace_recognition(
    permit: Permit<operation::ReplaceRecognition>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<ClaimInput>,
) -> Result<web::Json<RecognitionBody>, Problem> {
    service::replace(&state, permit.0, id.0, input, language).await.map(web::Json)
}

/// 附加证明材料 / Attach a file that proves it
///
/// 内容加密保存；类型按内容识别，文件名不作依据。每个进程同时接收至多 32 个文件，每个调用方至多 2 个，满则 503 `busy`。 /
/// The bytes are kept sealed; what a file is its bytes tell, not its name. One process takes in 32 files at once, 2 of one caller, and answers 503 `busy` beyond.
#[utoipa::path(
    tag = "recognition",
    operation_id = "add_recognition_evidence",
    params(("id" = Uuid, Path, description = "认定事项编号 / The recognition")),
    request_body(content = EvidenceInput, example = json!({ "kind": "主办或承办单位文件", "file_name": "通知.pdf", "content": "JVBERi0xLjQKJSVFT0YK" })),
    responses(
        (status = 201, description = "已附加 / Attached", body = EvidenceBody),
        (status = 403, description = "只有申报人可以办理 / Only who filed it may do that"),
        (status = 404, description = "没有此事项，或没有有效规则 / No such recognition, or no rules in force"),
        (status = 409, description = "已提交，或已办结 / It is with an office, or was settled")
    )
)]
#[post("/recognitions/{id}/evidence")]
async fn add_evidence(
    permit: Permit<operation::AddRecognitionEvidence>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
    upload: Upload,
    BatchJson(input): BatchJson<EvidenceInput>,
) -> Result<Made, Problem> {
    evidence::add(&state, permit.0, id.0, (input, upload)).await
}

/// 查看证明材料 / A file with its bytes; who else looks at it is recorded
///
/// 每个进程同时送出至多 32 个文件，每个调用方至多 4 个，满则 503 `busy`。 /
/// One process sends 32 files at once, 4 of one caller, and answers 503 `busy` beyond.
#[utoipa::path(
    tag = "recognition",
    operation_id = "get_recognition_evidence",
    params(
        ("id" = Uuid, Path, description = "认定事项编号 / The recognition"),
        ("evidence_id" = Uuid, Path, description = "材料编号 / The file")
    ),
    responses(
        (status = 200, description = "材料及其内容 / The file with its bytes", body = EvidenceContentBody)
    )
)]
#[get("/recognitions/{id}/evidence/{evidence_id}")]
async fn get_evidence(
    permit: Permit<operation::GetRecognitionEvidence>,
    state: Data<AppState>,
    download: Download,
    ids: FromPath<(CaseId, EvidenceId)>,
) -> Result<HttpResponse, Problem> {
    let file = evidence::find(&state, permit.0, ids.0, download.clone()).await?;
    let body = serde_json::to_string(&file).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(download.sent(body)))
}

/// 提交审核，或补正后再次提交 / Hand it in, or in again once completed
///
/// 审核环节按规则文件和当日情况确定，此后不变。 / The offices follow from the rule file and the facts of the day, and stay as they are.
#[utoipa::path(
    tag = "recognition",
    operation_id = "submit_recognition",
    params(("id" = Uuid, Path, description = "认定事项编号 / The recognition")),
    responses(
        (status = 200, description = "已提交 / Handed in", body = RecognitionBody),
        (status = 403, description = "只有申报人可以办理 / Only who filed it may do that"),
        (status = 404, description = "没有此事项，或没有有效规则 / No such recognition, or no rules in force"),
        (status = 409, description = "按规则不予计学时、无审核路径，或当前状态不能提交 / Worth nothing by the rules, nobody could decide it, or not in this state")
    )
)]
#[post("/recognitions/{id}/submission")]
async fn submit_recognition(
    permit: Permit<operation::SubmitRecognition>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<RecognitionBody>, Problem> {
    filing::take(&state, permit.0, id.0, Step::Submit, language).await.map(web::Json)
}

/// 撤回申报，不可恢复 / Take it back, for good
#[utoipa::path(
    tag = "recognition",
    operation_id = "withdraw_recognition",
    params(("id" = Uuid, Path, description = "认定事项编号 / The recognition")),
    responses(
        (status = 200, description = "已撤回 / Taken back", body = RecognitionBody),
        (status = 403, description = "只有申报人可以办理 / Only who filed it may do that"),
        (status = 409, description = "已办结 / It was settled before")
    )
)]
#[post("/recognitions/{id}/withdrawal")]
async fn withdraw_recognition(
    permit: Permit<operation::WithdrawRecognition>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<RecognitionBody>, Problem> {
    filing::take(&state, permit.0, id.0, Step::Withdraw, language).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_recognition)
        .service(validate_recognition)
        .service(get_recognition)
        .service(list_learner_recognitions)
        .service(replace_recognition)
        .service(add_evidence)
        .service(get_evidence)
        .service(submit_recognition)
        .service(withdraw_recognition);
}
