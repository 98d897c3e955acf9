//! Wire types and handlers of employers.

use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    openapi::FieldErrorBody,
    problem::Problem,
    registry::{CatalogueQuery, catalogue::Catalogue},
    wire::{Day, Moment, PlaceRef, one_line, words},
};
use actix_web::{get, post, put, web};
use domain::{
    kernel::{AuthorityId, CreditCode, CreditCodeError, EmployerId, FactId},
    registry::EmployerKind,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::registry::Employer;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// 用人单位 / An employer as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::registry) struct EmployerInput {
    /// 名称 / Its printed name.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例科技有限公司")]
    pub(super) name: String,
    /// 统一社会信用代码（GB 32100），全库唯一；校验码不符仍登记并给出提示 / The unified social credit code; unique. One whose
    /// check character does not fit is kept with a warning.
    #[validate(custom(function = gb_32100))]
    #[schema(example = "91610000MA00000016")]
    pub(super) credit_code: Option<String>,
    /// 单位性质 / What it is; rules bind, encourage or leave out by it.
    #[schema(schema_with = words::<EmployerKind>)]
    pub(super) kind: EmployerKind,
    /// 该性质的起始日，缺省为今天：性质有变，给出变更之日；更正错录，给出错录所记的 `kind_from_on`。在此日已属该性质的，不另记 /
    /// Since when it is that; today where it is missing. For a change give its day. To correct what was never true give the
    /// `kind_from_on` of the wrong record: the correction then holds from that day on, and standings asked with
    /// `as_known_at` still tell what was known before. What holds on that day already is not recorded again.
    pub(super) kind_from_on: Option<Day>,
    /// 所属地区，任一区划代码均可 / Its place, by any code.
    #[schema(example = "610100")]
    pub(super) place: String,
    /// 登记注册地，与所属地区不同时填写 / Where it is registered, if that is elsewhere.
    #[schema(example = "610000")]
    pub(super) registered_place: Option<String>,
    /// 行业主管部门 / The authority it answers to.
    #[schema(value_type = Option<Uuid>)]
    pub(super) authority_id: Option<AuthorityId>,
}

/// 用人单位 / An employer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::registry) struct EmployerBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) employer_id: EmployerId,
    /// 名称 / Its printed name.
    pub(super) name: String,
    /// 统一社会信用代码 / The unified social credit code.
    pub(super) credit_code: Option<String>,
    /// 单位性质 / What it is; rules bind, encourage or leave out by it.
    #[schema(schema_with = words::<EmployerKind>)]
    pub(super) kind: EmployerKind,
    /// 该性质的起始日 / Since when it is that.
    pub(super) kind_from_on: Day,
    /// 性质的全部记录，按起始日和记录时刻排序 / All that was recorded of what it is, by first day and moment of recording.
    pub(super) kinds: Vec<EmployerKindBody>,
    /// 所属地区 / Its place.
    pub(super) place: PlaceRef,
    /// 登记注册地 / Where it is registered, if that is elsewhere.
    pub(super) registered_place: Option<PlaceRef>,
    /// 行业主管部门 / The authority it answers to.
    #[schema(value_type = Option<Uuid>)]
    pub(super) authority_id: Option<AuthorityId>,
    /// 看来有误但仍照录之处 / What looks wrong but is kept as given.
    #[schema(value_type = Vec<FieldErrorBody>)]
    pub(super) warnings: Vec<Value>,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
}

/// 单位性质的一条记录，不再改变 / What an employer is from a day on, as recorded; it never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EmployerKindBody {
    /// 编号 / The fact's id.
    #[schema(value_type = Uuid)]
    pub(super) fact_id: FactId,
    /// 单位性质 / What it is.
    #[schema(schema_with = words::<EmployerKind>)]
    pub(super) kind: EmployerKind,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 记录时刻 / When it was recorded.
    pub(super) recorded_at: Moment,
}

/// A rule of `validator`: the length and the characters of GB 32100. The check character is not insisted on.
fn gb_32100(text: &str) -> Result<(), ValidationError> {
    let Err(error) = CreditCode::parse(text) else { return Ok(()) };
    let (code, words) = match error {
        CreditCodeError::Length { found } => {
            ("credit_code_length", format!("应为 18 位，实为 {found} 位 / must be 18 characters, not {found}"))
        }
        CreditCodeError::Character { position, .. } => (
            "credit_code_character",
            format!(
                "第 {position} 位应为数字或 I、O、S、V、Z 以外的大写字母 / position {position} must be a digit or a capital \
                 letter other than I, O, S, V and Z"
            ),
        ),
    };
    Err(ValidationError::new(code).with_message(words.into()))
}

/// 查询用人单位 / Search employers
#[utoipa::path(
    tag = "employers",
    operation_id = "list_employers",
    params(CatalogueQuery, Page),
    responses((status = 200, description = "一页用人单位 / A page of them", body = Paged<EmployerBody>))
)]
#[get("/employers")]
pub(super) async fn get_employers(
    _permit: Permit<operation::ListEmployers>,
    catalogue: Catalogue,
    Query(query): Query<CatalogueQuery>,
    page: Page,
) -> Result<web::Json<Paged<EmployerBody>>, Problem> {
    catalogue.search::<Employer>(query, page).await.map(web::Json)
}

/// 登记用人单位 / Register an employer
#[utoipa::path(
    tag = "employers",
    operation_id = "create_employer",
    request_body(content = EmployerInput, example = json!(example())),
    responses(
        (status = 201, description = "已登记 / Registered", body = EmployerBody),
        (status = 409, description = "统一社会信用代码已登记 / The credit code is registered already")
    )
)]
#[post("/employers")]
pub(super) async fn post_employer(
    permit: Permit<operation::CreateEmployer>,
    catalogue: Catalogue,
    body: Unjudged<EmployerInput>,
) -> Result<Made, Problem> {
    catalogue.create::<Employer>(permit.0, body).await
}

/// 查看用人单位 / One employer
#[utoipa::path(
    tag = "employers",
    operation_id = "get_employer",
    params(("id" = Uuid, Path, description = "用人单位编号 / Its id")),
    responses((status = 200, description = "用人单位 / The employer", body = EmployerBody))
)]
#[get("/employers/{id}")]
pub(super) async fn get_employer(
    permit: Permit<operation::GetEmployer>,
    catalogue: Catalogue,
    id: FromPath<EmployerId>,
) -> Result<web::Json<EmployerBody>, Problem> {
    permit.0.require(permit.0.caller().employer() == Some(id.0))?;
    catalogue.find::<Employer>(id.0).await.map(web::Json)
}

/// 变更用人单位；单位性质另成一条有起始日的记录，旧记录不变 / Replace what is known of an employer; another kind is one more dated fact
#[utoipa::path(
    tag = "employers",
    operation_id = "replace_employer",
    params(("id" = Uuid, Path, description = "用人单位编号 / Its id")),
    request_body(content = EmployerInput, example = json!(example())),
    responses(
        (status = 200, description = "已变更 / Replaced", body = EmployerBody),
        (status = 409, description = "统一社会信用代码已登记 / The credit code is registered already")
    )
)]
#[put("/employers/{id}")]
pub(super) async fn put_employer(
    permit: Permit<operation::ReplaceEmployer>,
    catalogue: Catalogue,
    id: FromPath<EmployerId>,
    body: Unjudged<EmployerInput>,
) -> Result<web::Json<EmployerBody>, Problem> {
    catalogue.replace::<Employer>(permit.0, id.0, body).await.map(web::Json)
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "示例科技有限公司",
        "credit_code": "91610000MA00000016",
        "kind": "enterprise",
        "place": "610100",
        "registered_place": "610000"
    })
}
