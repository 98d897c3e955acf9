//! Handlers of findings about courses.

use super::{
    body::{CourseAnnulmentInput, CourseFindingBody, CourseFindingInput, CourseTrialBody},
    service,
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
};
use actix_web::{get, post, web, web::Data};
use domain::kernel::CaseId;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

fn example() -> Value {
    json!({
        "course_id": "0190d3f0-0000-7000-8000-00000000beef", "version": 1, "place": "630000", "decided_on": "2021-03-01",
        "document": "示例查实报告〔2021〕2号"
    })
}

/// 提出课程查实：该版本所计学时不实，由另一人确认后生效 / File that a version of a course gave false hours, which takes effect once another officer confirms it
///
/// 所涉为依该地区及其下级规则计入的学时；不涉及对学员的惩戒。 / What was credited under the rules of the place or one below it is concerned; nobody who studied is sanctioned.
#[utoipa::path(
    tag = "findings",
    operation_id = "create_course_finding",
    request_body(content = CourseFindingInput, example = json!(example())),
    responses(
        (status = 201, description = "已提出，待确认 / Filed, and waits to be confirmed", body = CourseFindingBody),
        (status = 403, description = "不在管辖地区 / Outside the caller's place")
    )
)]
#[post("/course-findings")]
async fn create_course_finding(
    permit: Permit<operation::CreateCourseFinding>,
    state: Data<AppState>,
    input: Unjudged<CourseFindingInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input).await
}

/// 试算课程查实将冲销多少，不保存 / How much such a finding would take back; nothing is kept
#[utoipa::path(
    tag = "findings",
    operation_id = "validate_course_finding",
    request_body(content = CourseFindingInput, example = json!(example())),
    responses(
        (status = 200, description = "将冲销的分录数和人数 / How many lines, of how many people", body = CourseTrialBody),
        (status = 403, description = "不在管辖地区 / Outside the caller's place")
    )
)]
#[post("/course-findings/validation")]
async fn validate_course_finding(
    permit: Permit<operation::ValidateCourseFinding>,
    state: Data<AppState>,
    input: Unjudged<CourseFindingInput>,
) -> Result<web::Json<CourseTrialBody>, Problem> {
    service::validate(&state, permit.0, input).await.map(web::Json)
}

/// 查看课程查实及其进度 / A finding about a course, with how far it has come
#[utoipa::path(
    tag = "findings",
    operation_id = "get_course_finding",
    params(("id" = Uuid, Path, description = "课程查实编号 / The finding")),
    responses((status = 200, description = "课程查实 / The finding", body = CourseFindingBody))
)]
#[get("/course-findings/{id}")]
async fn get_course_finding(
    permit: Permit<operation::GetCourseFinding>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<CourseFindingBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 确认课程查实，后台逐批冲销 / Confirm it: its lines are taken back in the background
///
/// 由管辖该地区的另一人办理，提出者须回避。 / For another officer in charge of the place; nobody confirms what they filed.
#[utoipa::path(
    tag = "findings",
    operation_id = "confirm_course_finding",
    params(("id" = Uuid, Path, description = "课程查实编号 / The finding")),
    responses(
        (status = 200, description = "已确认，冲销已开始 / Confirmed, and begun", body = CourseFindingBody),
        (status = 403, description = "提出者须回避 / Who filed it does not confirm it"),
        (status = 409, description = "此前已确认 / It was confirmed before")
    )
)]
#[post("/course-findings/{id}/confirmation")]
async fn confirm_course_finding(
    permit: Permit<operation::ConfirmCourseFinding>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<CourseFindingBody>, Problem> {
    service::confirm(&state, permit.0, id.0).await.map(web::Json)
}

/// 撤销课程查实，后台逐批重新计入 / Annul it: its lines are said anew in the background
///
/// 冲销全部完成后方可办理，提出者须回避。 / Once all of its lines are taken back; not for who filed it.
#[utoipa::path(
    tag = "findings",
    operation_id = "annul_course_finding",
    params(("id" = Uuid, Path, description = "课程查实编号 / The finding")),
    request_body(content = CourseAnnulmentInput, example = json!({ "reason": "复查认定证据不足" })),
    responses(
        (status = 200, description = "已撤销，重新计入已开始 / Annulled, and begun to be said anew", body = CourseFindingBody),
        (status = 403, description = "提出者须回避 / Who filed it does not annul it"),
        (status = 409, description = "尚未全部冲销，或此前已撤销 / Its lines are not all taken back yet, or it was annulled before")
    )
)]
#[post("/course-findings/{id}/annulment")]
async fn annul_course_finding(
    permit: Permit<operation::AnnulCourseFinding>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
    input: Unjudged<CourseAnnulmentInput>,
) -> Result<web::Json<CourseFindingBody>, Problem> {
    service::annul(&state, permit.0, id.0, input).await.map(web::Json)
}

pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_course_finding)
        .service(validate_course_finding)
        .service(get_course_finding)
        .service(confirm_course_finding)
        .service(annul_course_finding);
}
