//! Wire types and handlers of courses.

use super::service;
use crate::{
    auth::{Permit, operation},
    bulk::each_chunk,
    extract::{FromPath, ItemsOrLines, Page, Paged, Query, Unjudged},
    idempotency::Made,
    lane::Ticket,
    problem::Problem,
    registry::bulk::{BulkBody, BulkOutcome},
    state::AppState,
    text::Language,
    wire::{Day, Moment, category_path, one_line, plain_code, word_set, words, words_or_null},
};
use actix_web::{HttpResponse, get, post, web, web::Data};
use domain::{
    kernel::{CourseId, Hours, PlatformId},
    registry::{Mode, ProviderKind, Requirement},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::{Validate, ValidationError};

/// 课程 / A course as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CourseInput {
    /// 课程代码，全库唯一：1 至 64 个文字、数字或 . _ : - ( )（）、 / The code by which platforms name it; unique: 1 to 64 letters of any
    /// script, digits or . _ : - ( )（）、
    #[validate(custom(function = plain_code))]
    #[schema(
        example = "demo-course-1",
        min_length = 1,
        max_length = 64,
        pattern = r"^[\p{L}\p{M}\p{N}._:\-()（）、]+$"
    )]
    pub(super) code: String,
    /// 提供者 / Who offers it.
    pub(super) provider: CourseProvider,
    /// 课程名称 / The printed title.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例公需课")]
    pub(super) title: String,
    /// 学时类别路径，须为某一已发布规则所有（或其类别的下级） / The category of its hours, a dotted path: one that some published rule
    /// has, or a part of such a one.
    #[validate(custom(function = category_path))]
    #[schema(example = "public")]
    pub(super) category: String,
    /// 必修或选修 / Required or elective, where the rule makes the difference.
    #[schema(schema_with = words_or_null::<Requirement>)]
    pub(super) requirement: Option<Requirement>,
    /// 规则点名的科目代码 / The code of a subject that a rule names.
    #[validate(custom(function = plain_code))]
    pub(super) subject: Option<String>,
    /// 标称学时，至多两位小数 / The nominal hours, with at most two places.
    #[validate(custom(function = some_hours))]
    #[schema(value_type = f64, example = 8)]
    pub(super) hours: Hours,
    /// 授课方式，不得重复 / The modes in which it is offered, each once.
    #[validate(length(min = 1, max = 2))]
    #[schema(schema_with = word_set::<Mode>)]
    pub(super) modes: Vec<Mode>,
    /// 所属年度，空则按完成日 / The policy year that it is made for; the day of completion decides where null.
    #[validate(range(min = 1995, max = 2199))]
    #[schema(example = 2021)]
    pub(super) policy_year: Option<i32>,
    /// 可学习的首日 / The first day on which it can be taken.
    pub(super) available_from: Day,
    /// 承载该课程的学习平台，须全部列出 / The platforms that carry it, all of them.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(value_type = Vec<Uuid>)]
    pub(super) platforms: Vec<PlatformId>,
}

/// 课程提供者 / Who offers a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CourseProvider {
    /// 提供者类别 / What kind of organisation it is.
    #[schema(schema_with = words::<ProviderKind>)]
    pub(super) kind: ProviderKind,
    /// 基地、主管部门或用人单位的编号 / The id of the base, the authority or the employer.
    pub(super) id: Uuid,
}

/// 课程 / A course.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CourseBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) course_id: CourseId,
    /// 课程代码 / Its code.
    pub(super) code: String,
    /// 提供者 / Who offers it.
    pub(super) provider: CourseProvider,
    /// 承载该课程的学习平台 / The platforms that carry it.
    #[schema(value_type = Vec<Uuid>)]
    pub(super) platforms: Vec<PlatformId>,
    /// 培训计划备案日，以最后一次登记为准 / The day on which its plan was filed, by the last statement about it.
    pub(super) filed_on: Option<Day>,
    /// 最近一次登记的备案及其文号；从未登记则为 null / What was said last about that filing, with its reference; null where nothing was.
    pub(super) plan_filing: Option<PlanFilingBody>,
    /// 各版本，最新者在后 / Its versions, the last one last.
    pub(super) versions: Vec<CourseVersionBody>,
}

/// 课程的一个版本，不再改变 / One version of a course; it never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CourseVersionBody {
    /// 版本号，从 1 起 / Its number, from 1.
    pub(super) number: i32,
    /// 课程名称 / The printed title.
    pub(super) title: String,
    /// 学时类别路径 / The category of its hours.
    pub(super) category: String,
    /// 必修或选修 / Required or elective.
    #[schema(schema_with = words_or_null::<Requirement>)]
    pub(super) requirement: Option<Requirement>,
    /// 科目代码 / The code of a subject that a rule names.
    pub(super) subject: Option<String>,
    /// 标称学时 / The nominal hours.
    #[schema(value_type = f64, example = 8)]
    pub(super) hours: Hours,
    /// 授课方式 / The modes in which it is offered.
    #[schema(schema_with = word_set::<Mode>)]
    pub(super) modes: Vec<Mode>,
    /// 所属年度 / The policy year that it is made for.
    pub(super) policy_year: Option<i32>,
    /// 可学习的首日 / The first day on which it can be taken.
    pub(super) available_from: Day,
}

/// 课程登记结果 / What became of a course handed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CourseKeptBody {
    /// 结果 / The outcome.
    #[schema(schema_with = words::<BulkOutcome>)]
    pub(super) outcome: BulkOutcome,
    /// 课程 / The course as it stands now.
    pub(super) course: CourseBody,
}

/// 批量课程 / Many courses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire form; each item is read by itself")]
pub(super) struct CourseItems {
    /// 1 至 1000 门课程 / One to a thousand courses.
    items: Vec<CourseInput>,
}

/// 培训计划备案 / What is said about the filing of a course's plan.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFiling {
    /// 备案日；null 表示撤回误登的备案 / The day on which it was filed; null withdraws a filing that was entered by mistake.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    pub(super) filed_on: Option<Day>,
    /// 备案文号；有备案日时必填，撤回时不填 / The reference under which it was filed; given with a day and only with one.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例备案〔2021〕1号")]
    pub(super) reference: Option<String>,
}

/// 最近一次登记的备案 / What was said last about the filing of a course's plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlanFilingBody {
    /// 备案日；已撤回则为 null / The day on which it was filed; null where the filing was withdrawn.
    pub(super) filed_on: Option<Day>,
    /// 备案文号；已撤回则为 null / The reference under which it was filed; null where the filing was withdrawn.
    #[schema(example = "示例备案〔2021〕1号")]
    pub(super) reference: Option<String>,
    /// 备案是否已撤回 / Whether the filing was withdrawn.
    #[schema(example = false)]
    pub(super) withdrawn: bool,
    /// 登记时刻 / When this was said.
    pub(super) recorded_at: Moment,
}

/// How courses are searched.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CourseQuery {
    /// 课程代码或名称的开头 / The beginning of the code or of a title.
    #[validate(length(min = 1, max = 200))]
    pub(super) q: Option<String>,
    /// 仅该学习平台承载的 / Only those that this platform carries.
    #[param(value_type = Option<Uuid>)]
    pub(super) platform: Option<PlatformId>,
    /// 仅该提供者的 / Only those of this provider.
    pub(super) provider: Option<Uuid>,
}

fn some_hours(hours: &Hours) -> Result<(), ValidationError> {
    if hours.is_positive() && *hours <= Hours::whole(10_000) {
        return Ok(());
    }
    Err(ValidationError::new("range")
        .with_message("应大于 0 且不超过 10000 / must be more than 0 and at most 10000".into()))
}

/// 查询课程 / Search courses
#[utoipa::path(
    tag = "courses",
    operation_id = "list_courses",
    params(CourseQuery, Page),
    responses((status = 200, description = "一页课程 / A page of them", body = Paged<CourseBody>))
)]
#[get("/courses")]
pub(super) async fn get_courses(
    _permit: Permit<operation::ListCourses>,
    state: Data<AppState>,
    Query(query): Query<CourseQuery>,
    page: Page,
) -> Result<web::Json<Paged<CourseBody>>, Problem> {
    service::search(&state, query, page).await.map(web::Json)
}

/// 登记或变更课程：内容有变即成新版本，重复提交不起作用 / Register a course; changed content makes a new version, a repeat does nothing
#[utoipa::path(
    tag = "courses",
    operation_id = "keep_course",
    request_body(content = CourseInput, example = json!(example())),
    responses(
        (status = 201, description = "新课程 / A new course", body = CourseKeptBody),
        (status = 200, description = "已知课程 / A known course", body = CourseKeptBody),
        (status = 409, description = "该代码属于其他地区的提供者 / The code belongs to a provider elsewhere")
    )
)]
#[post("/courses")]
pub(super) async fn post_course(
    permit: Permit<operation::KeepCourse>,
    state: Data<AppState>,
    body: Unjudged<CourseInput>,
) -> Result<Made, Problem> {
    service::keep_one(&state, permit.0, body).await
}

/// 批量登记或变更课程：JSON 至多 1000 门，NDJSON 至多 100000 行，按请求格式作答 / Register many courses: JSON up to 1,000, NDJSON up to 100,000 lines; answered in the request's format
#[utoipa::path(
    tag = "courses",
    operation_id = "keep_courses",
    request_body(content(
        (CourseItems = "application/json", example = json!({ "items": [example()] })),
        (CourseInput = "application/x-ndjson", example = json!(example()))
    )),
    responses((status = 200, description = "逐条结果 / One result an item", content(
        (BulkBody = "application/json"),
        (crate::registry::bulk::BulkResult = "application/x-ndjson")
    )))
)]
#[post("/courses/bulk")]
pub(super) async fn post_courses_bulk(
    permit: Permit<operation::KeepCourses>,
    ticket: Ticket,
    state: Data<AppState>,
    language: Language,
    body: ItemsOrLines,
) -> Result<HttpResponse, Problem> {
    permit.0.asks_of_each_item();
    each_chunk(body, language, async |chunk| service::keep(&state, &permit.0, &ticket, chunk).await).await
}

/// 查看课程 / One course
#[utoipa::path(
    tag = "courses",
    operation_id = "get_course",
    params(("id" = Uuid, Path, description = "课程编号 / The course's id")),
    responses((status = 200, description = "课程 / The course", body = CourseBody))
)]
#[get("/courses/{id}")]
pub(super) async fn get_course(
    _permit: Permit<operation::GetCourse>,
    state: Data<AppState>,
    id: FromPath<CourseId>,
) -> Result<web::Json<CourseBody>, Problem> {
    service::find(&state, id.0).await.map(web::Json)
}

/// 登记、更正或撤回培训计划的备案 / Record, correct or withdraw the filing of a course's plan
///
/// 以最后一次登记为准；先前的登记留存。`filed_on` 为 null 即撤回误登的备案。已入账的学时不因更正而改变；此后到达的记录按更正后的备案判断。
///
/// The last statement holds; earlier ones stay on record. `filed_on: null` withdraws a filing that was entered by mistake. Hours
/// that are credited already do not change by a correction; what comes in afterwards is judged by it.
#[utoipa::path(
    tag = "courses",
    operation_id = "record_plan_filing",
    params(("id" = Uuid, Path, description = "课程编号 / The course's id")),
    request_body(content = PlanFiling, example = json!({ "filed_on": "2021-01-10", "reference": "示例备案〔2021〕1号" })),
    responses(
        (status = 200, description = "现行的备案；重复提交不起作用 / What holds now; a repeat does nothing", body = CourseBody)
    )
)]
#[post("/courses/{id}/plan-filing")]
pub(super) async fn post_plan_filing(
    permit: Permit<operation::RecordPlanFiling>,
    state: Data<AppState>,
    id: FromPath<CourseId>,
    filing: Unjudged<PlanFiling>,
) -> Result<web::Json<CourseBody>, Problem> {
    service::file_plan(&state, permit.0, id.0, filing).await.map(web::Json)
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "code": "demo-course-1",
        "provider": { "kind": "base", "id": "01900000-0000-7000-8000-000000000001" },
        "title": "示例公需课",
        "category": "public",
        "hours": 8,
        "modes": ["online"],
        "policy_year": 2021,
        "available_from": "2021-01-01",
        "platforms": []
    })
}
