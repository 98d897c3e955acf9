//! Wire types and handlers of grants.

use super::service;
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    wire::{Day, Moment, PlaceRef, one_line, series_name, words},
};
use actix_web::{get, post, web, web::Data};
use domain::{
    access::Role,
    kernel::{BaseId, EmployerId, GrantId, IssuerId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// 授权 / A grant as someone wants to give it.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantInput {
    /// 人员所属签发者 / Whose official.
    #[schema(value_type = Uuid)]
    pub(super) issuer_id: IssuerId,
    /// 人员在签发者处的名称，即令牌中的 sub / The official's name there, `sub` of the tokens.
    #[schema(example = "li")]
    pub(super) subject: String,
    /// 角色 / As what.
    #[schema(schema_with = words::<Role>)]
    pub(super) role: Role,
    /// 所辖地区，仅 officer 与 sector_authority / The place answered for, with all below it; of an officer and a sector authority.
    #[schema(example = "610000")]
    pub(super) place: Option<String>,
    /// 用人单位，仅 employer_administrator / The employer; only of its administrator.
    #[schema(value_type = Option<Uuid>)]
    pub(super) employer_id: Option<EmployerId>,
    /// 继续教育基地，仅 base_operator / The training base; only of its operator.
    #[schema(value_type = Option<Uuid>)]
    pub(super) base_id: Option<BaseId>,
    /// 职称系列，仅 sector_authority / The series, named as the notices name it; only of a sector authority.
    #[validate(custom(function = series_name))]
    #[schema(example = "会计")]
    pub(super) series: Option<String>,
    /// 起始日，缺省为今日，不得更早 / The first day; today where missing, never before.
    pub(super) from_on: Option<Day>,
    /// 截止日（含），空为不限 / The last day, itself included; open where missing.
    pub(super) until_on: Option<Day>,
    /// 授权依据 / Why.
    #[validate(length(max = 500), custom(function = one_line))]
    #[schema(example = "陕人社任〔2026〕1号")]
    pub(super) reason: String,
}

/// 撤回授权 / The withdrawal of a grant.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawalInput {
    /// 撤回原因 / Why.
    #[validate(length(max = 500), custom(function = one_line))]
    #[schema(example = "调离岗位")]
    pub(super) reason: String,
}

/// Which grants are asked for.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GrantQuery {
    /// 签发者 / Only of this issuer's officials.
    #[param(value_type = Option<Uuid>)]
    pub(super) issuer_id: Option<IssuerId>,
    /// 人员名称 / Only of this official.
    #[validate(length(min = 1, max = 100))]
    pub(super) subject: Option<String>,
}

/// 授权 / A grant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct GrantBody {
    /// 编号 / Its id, which `X-Grant-Id` names.
    #[schema(value_type = Uuid)]
    pub(super) grant_id: GrantId,
    /// 人员所属签发者 / Whose official.
    #[schema(value_type = Uuid)]
    pub(super) issuer_id: IssuerId,
    /// 签发者名称 / What that issuer calls itself.
    pub(super) iss: String,
    /// 人员在签发者处的名称 / The official's name there.
    pub(super) subject: String,
    /// 角色 / As what.
    #[schema(schema_with = words::<Role>)]
    pub(super) role: Role,
    /// 所辖地区 / The place answered for.
    pub(super) place: Option<PlaceRef>,
    /// 用人单位 / The employer.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) employer_id: Option<EmployerId>,
    /// 继续教育基地 / The training base.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base_id: Option<BaseId>,
    /// 职称系列 / The series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) series: Option<String>,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 截止日（含），空为不限 / The last day, itself included; open where null.
    pub(super) until_on: Option<Day>,
    /// 授予时刻 / When it was given.
    pub(super) given_at: Moment,
    /// 授予人 / By whom.
    pub(super) given_by: String,
    /// 授权依据 / Why.
    pub(super) reason: String,
    /// 撤回时刻 / When it was withdrawn.
    pub(super) withdrawn_at: Option<Moment>,
    /// 撤回人 / By whom.
    pub(super) withdrawn_by: Option<String>,
    /// 撤回原因 / Why.
    pub(super) withdrawal_reason: Option<String>,
}

/// 查询授权 / List grants
#[utoipa::path(
    tag = "access",
    operation_id = "list_grants",
    params(GrantQuery, Page),
    responses((status = 200, description = "一页授权 / A page of them", body = Paged<GrantBody>))
)]
#[get("/grants")]
pub(super) async fn get_grants(
    permit: Permit<operation::ListGrants>,
    state: Data<AppState>,
    Query(query): Query<GrantQuery>,
    page: Page,
) -> Result<web::Json<Paged<GrantBody>>, Problem> {
    service::search(&state, permit.0, query, page).await.map(web::Json)
}

/// 授权 / Give a grant
#[utoipa::path(
    tag = "access",
    operation_id = "give_grant",
    request_body(content = GrantInput, example = json!({
        "issuer_id": "0190d3f0-0000-7000-8000-00000000beef",
        "subject": "li",
        "role": "officer",
        "place": "610300",
        "until_on": "2026-12-31",
        "reason": "陕人社任〔2026〕1号"
    })),
    responses(
        (status = 201, description = "已授权 / Given", body = GrantBody),
        (status = 409, description = "此人已任三类管理员中的另一种，或在其中某日已有同一授权 / The person is another of the three administrators, or holds the same on some of these days")
    )
)]
#[post("/grants")]
pub(super) async fn post_grant(
    permit: Permit<operation::GiveGrant>,
    state: Data<AppState>,
    body: Unjudged<GrantInput>,
) -> Result<Made, Problem> {
    let id = GrantId::from_uuid(state.new_id());
    service::give(&state, permit.0, id, body).await
}

/// 查看授权 / One grant
#[utoipa::path(
    tag = "access",
    operation_id = "get_grant",
    params(("id" = Uuid, Path, description = "授权编号 / The grant's id")),
    responses((status = 200, description = "授权 / The grant", body = GrantBody))
)]
#[get("/grants/{id}")]
pub(super) async fn get_grant(
    permit: Permit<operation::GetGrant>,
    state: Data<AppState>,
    id: FromPath<GrantId>,
) -> Result<web::Json<GrantBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 撤回授权 / Withdraw a grant
#[utoipa::path(
    tag = "access",
    operation_id = "withdraw_grant",
    params(("id" = Uuid, Path, description = "授权编号 / The grant's id")),
    request_body(content = WithdrawalInput, example = json!({ "reason": "调离岗位" })),
    responses(
        (status = 200, description = "已撤回 / Withdrawn", body = GrantBody),
        (status = 409, description = "此前已撤回 / It was withdrawn before")
    )
)]
#[post("/grants/{id}/withdrawal")]
pub(super) async fn post_withdrawal(
    permit: Permit<operation::WithdrawGrant>,
    state: Data<AppState>,
    id: FromPath<GrantId>,
    body: Unjudged<WithdrawalInput>,
) -> Result<web::Json<GrantBody>, Problem> {
    service::withdraw(&state, permit.0, id.0, body).await.map(web::Json)
}
