//! Wire types and handlers of authorities.

use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    problem::Problem,
    registry::{CatalogueQuery, catalogue::Catalogue},
    wire::{Moment, PlaceRef, one_line, series_name, words},
};
use actix_web::{get, post, put, web};
use domain::{kernel::AuthorityId, registry::AuthorityKind};
use serde::{Deserialize, Serialize};
use store::registry::Authority;
use utoipa::ToSchema;
use validator::Validate;

/// 主管部门 / An authority as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::registry) struct AuthorityInput {
    /// 名称 / Its printed name.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例省人力资源和社会保障厅")]
    pub(super) name: String,
    /// 类别 / What it is responsible for.
    #[schema(schema_with = words::<AuthorityKind>)]
    pub(super) kind: AuthorityKind,
    /// 所属地区，任一区划代码均可 / Its place, by any code.
    #[schema(example = "610000")]
    pub(super) place: String,
    /// 主管的职称系列，用通知所用的名称 / The series that it is responsible for, named as the notices name it.
    #[validate(custom(function = series_name))]
    #[schema(example = "卫生")]
    pub(super) series: Option<String>,
}

/// 主管部门 / An authority.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::registry) struct AuthorityBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) authority_id: AuthorityId,
    /// 名称 / Its printed name.
    pub(super) name: String,
    /// 类别 / What it is responsible for.
    #[schema(schema_with = words::<AuthorityKind>)]
    pub(super) kind: AuthorityKind,
    /// 所属地区 / Its place.
    pub(super) place: PlaceRef,
    /// 主管的职称系列 / The series that it is responsible for.
    pub(super) series: Option<String>,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
}

/// 查询主管部门 / Search authorities
#[utoipa::path(
    tag = "authorities",
    operation_id = "list_authorities",
    params(CatalogueQuery, Page),
    responses((status = 200, description = "一页主管部门 / A page of them", body = Paged<AuthorityBody>))
)]
#[get("/authorities")]
pub(super) async fn get_authorities(
    _permit: Permit<operation::ListAuthorities>,
    catalogue: Catalogue,
    Query(query): Query<CatalogueQuery>,
    page: Page,
) -> Result<web::Json<Paged<AuthorityBody>>, Problem> {
    catalogue.search::<Authority>(query, page).await.map(web::Json)
}

/// 登记主管部门 / Register an authority
#[utoipa::path(
    tag = "authorities",
    operation_id = "create_authority",
    request_body(content = AuthorityInput, example = json!(example())),
    responses(
        (status = 201, description = "已登记 / Registered", body = AuthorityBody)
    )
)]
#[post("/authorities")]
pub(super) async fn post_authority(
    permit: Permit<operation::CreateAuthority>,
    catalogue: Catalogue,
    body: Unjudged<AuthorityInput>,
) -> Result<Made, Problem> {
    catalogue.create::<Authority>(permit.0, body).await
}

/// 查看主管部门 / One authority
#[utoipa::path(
    tag = "authorities",
    operation_id = "get_authority",
    params(("id" = Uuid, Path, description = "主管部门编号 / Its id")),
    responses((status = 200, description = "主管部门 / The authority", body = AuthorityBody))
)]
#[get("/authorities/{id}")]
pub(super) async fn get_authority(
    _permit: Permit<operation::GetAuthority>,
    catalogue: Catalogue,
    id: FromPath<AuthorityId>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    catalogue.find::<Authority>(id.0).await.map(web::Json)
}

/// 变更主管部门 / Replace what is known of an authority
#[utoipa::path(
    tag = "authorities",
    operation_id = "replace_authority",
    params(("id" = Uuid, Path, description = "主管部门编号 / Its id")),
    request_body(content = AuthorityInput, example = json!(example())),
    responses(
        (status = 200, description = "已变更 / Replaced", body = AuthorityBody)
    )
)]
#[put("/authorities/{id}")]
pub(super) async fn put_authority(
    permit: Permit<operation::ReplaceAuthority>,
    catalogue: Catalogue,
    id: FromPath<AuthorityId>,
    body: Unjudged<AuthorityInput>,
) -> Result<web::Json<AuthorityBody>, Problem> {
    catalogue.replace::<Authority>(permit.0, id.0, body).await.map(web::Json)
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "示例省人力资源和社会保障厅",
        "kind": "human_resources",
        "place": "610000"
    })
}
