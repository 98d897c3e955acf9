//! Wire types and handlers of training bases.

use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    problem::Problem,
    registry::{CatalogueQuery, catalogue::Catalogue},
    wire::{Day, Moment, PlaceRef, one_line, words},
};
use actix_web::{get, post, put, web};
use domain::{
    kernel::{AuthorityId, BaseId},
    registry::Tier,
};
use serde::{Deserialize, Serialize};
use store::registry::TrainingBase;
use utoipa::ToSchema;
use validator::Validate;

/// 继续教育基地 / A training base as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::registry) struct TrainingBaseInput {
    /// 名称 / Its printed name.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例省级继续教育基地")]
    pub(super) name: String,
    /// 级别 / The tier at which it is recognised.
    #[schema(schema_with = words::<Tier>)]
    pub(super) level: Tier,
    /// 所属地区，任一区划代码均可 / Its place, by any code.
    #[schema(example = "610000")]
    pub(super) place: String,
    /// 主管部门 / The authority it answers to.
    #[schema(value_type = Option<Uuid>)]
    pub(super) authority_id: Option<AuthorityId>,
    /// 认定起始日 / The first day of its recognition.
    pub(super) recognised_from: Day,
    /// 认定截止日（含），空为不限 / The last day, itself included; open where null.
    pub(super) recognised_until: Option<Day>,
}

/// 继续教育基地 / A training base.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::registry) struct TrainingBaseBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) base_id: BaseId,
    /// 名称 / Its printed name.
    pub(super) name: String,
    /// 级别 / The tier at which it is recognised.
    #[schema(schema_with = words::<Tier>)]
    pub(super) level: Tier,
    /// 所属地区 / Its place.
    pub(super) place: PlaceRef,
    /// 主管部门 / The authority it answers to.
    #[schema(value_type = Option<Uuid>)]
    pub(super) authority_id: Option<AuthorityId>,
    /// 认定起始日 / The first day of its recognition.
    pub(super) recognised_from: Day,
    /// 认定截止日（含），空为不限 / The last day, itself included; open where null.
    pub(super) recognised_until: Option<Day>,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
}

/// 查询继续教育基地 / Search training bases
#[utoipa::path(
    tag = "training_bases",
    operation_id = "list_training_bases",
    params(CatalogueQuery, Page),
    responses((status = 200, description = "一页继续教育基地 / A page of them", body = Paged<TrainingBaseBody>))
)]
#[get("/training-bases")]
pub(super) async fn get_training_bases(
    _permit: Permit<operation::ListTrainingBases>,
    catalogue: Catalogue,
    Query(query): Query<CatalogueQuery>,
    page: Page,
) -> Result<web::Json<Paged<TrainingBaseBody>>, Problem> {
    catalogue.search::<TrainingBase>(query, page).await.map(web::Json)
}

/// 登记继续教育基地 / Register a training base
#[utoipa::path(
    tag = "training_bases",
    operation_id = "create_training_base",
    request_body(content = TrainingBaseInput, example = json!(example())),
    responses(
        (status = 201, description = "已登记 / Registered", body = TrainingBaseBody)
    )
)]
#[post("/training-bases")]
pub(super) async fn post_training_base(
    permit: Permit<operation::CreateTrainingBase>,
    catalogue: Catalogue,
    body: Unjudged<TrainingBaseInput>,
) -> Result<Made, Problem> {
    catalogue.create::<TrainingBase>(permit.0, body).await
}

/// 查看继续教育基地 / One training base
#[utoipa::path(
    tag = "training_bases",
    operation_id = "get_training_base",
    params(("id" = Uuid, Path, description = "继续教育基地编号 / Its id")),
    responses((status = 200, description = "继续教育基地 / The training base", body = TrainingBaseBody))
)]
#[get("/training-bases/{id}")]
pub(super) async fn get_training_base(
    _permit: Permit<operation::GetTrainingBase>,
    catalogue: Catalogue,
    id: FromPath<BaseId>,
) -> Result<web::Json<TrainingBaseBody>, Problem> {
    catalogue.find::<TrainingBase>(id.0).await.map(web::Json)
}

/// 变更继续教育基地 / Replace what is known of a training base
#[utoipa::path(
    tag = "training_bases",
    operation_id = "replace_training_base",
    params(("id" = Uuid, Path, description = "继续教育基地编号 / Its id")),
    request_body(content = TrainingBaseInput, example = json!(example())),
    responses(
        (status = 200, description = "已变更 / Replaced", body = TrainingBaseBody)
    )
)]
#[put("/training-bases/{id}")]
pub(super) async fn put_training_base(
    permit: Permit<operation::ReplaceTrainingBase>,
    catalogue: Catalogue,
    id: FromPath<BaseId>,
    body: Unjudged<TrainingBaseInput>,
) -> Result<web::Json<TrainingBaseBody>, Problem> {
    catalogue.replace::<TrainingBase>(permit.0, id.0, body).await.map(web::Json)
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "示例省级继续教育基地",
        "level": "provincial",
        "place": "610000",
        "recognised_from": "2018-01-01",
        "recognised_until": "2022-12-31"
    })
}
