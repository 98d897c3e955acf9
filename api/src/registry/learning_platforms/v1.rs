//! Wire types and handlers of learning platforms.

use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    problem::Problem,
    registry::{CatalogueQuery, catalogue::Catalogue},
    wire::{Day, Moment, PlaceRef, category_path, one_line, plain_code, words},
};
use actix_web::{get, post, put, web};
use domain::{
    kernel::{BaseId, PlatformId},
    registry::Tier,
};
use serde::{Deserialize, Serialize};
use store::registry::LearningPlatform;
use utoipa::ToSchema;
use validator::Validate;

/// 学习平台 / A learning platform as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::registry) struct LearningPlatformInput {
    /// 平台代码，全库唯一 / The code by which rules and callers name it; unique.
    #[validate(custom(function = plain_code))]
    #[schema(example = "demo-platform")]
    pub(super) code: String,
    /// 名称 / Its printed name.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例继续教育平台")]
    pub(super) name: String,
    /// 级别 / The tier at which it is recognised.
    #[schema(schema_with = words::<Tier>)]
    pub(super) level: Tier,
    /// 所属地区，任一区划代码均可 / Its place, by any code.
    #[schema(example = "610000")]
    pub(super) place: String,
    /// 所属继续教育基地 / The training base that runs it.
    #[schema(value_type = Option<Uuid>)]
    pub(super) base_id: Option<BaseId>,
    /// 可服务的学时类别 / The categories of hours that it may serve.
    #[serde(default)]
    #[validate(length(max = 200), nested)]
    pub(super) categories: Vec<ServedCategoryBody>,
}

/// 可服务的类别及起止日 / A category that a platform may serve, with all below it, and when.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServedCategoryBody {
    /// 类别路径 / The category, a dotted path.
    #[validate(custom(function = category_path))]
    #[schema(example = "public")]
    pub(super) category: String,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 截止日（含），空为不限 / The last day, itself included; open where null.
    pub(super) until_on: Option<Day>,
}

/// 学习平台 / A learning platform.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::registry) struct LearningPlatformBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) platform_id: PlatformId,
    /// 平台代码 / Its code.
    pub(super) code: String,
    /// 名称 / Its printed name.
    pub(super) name: String,
    /// 级别 / The tier at which it is recognised.
    #[schema(schema_with = words::<Tier>)]
    pub(super) level: Tier,
    /// 所属地区 / Its place.
    pub(super) place: PlaceRef,
    /// 所属继续教育基地 / The training base that runs it.
    #[schema(value_type = Option<Uuid>)]
    pub(super) base_id: Option<BaseId>,
    /// 可服务的学时类别 / The categories of hours that it may serve.
    pub(super) categories: Vec<ServedCategoryBody>,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
}

/// 查询学习平台 / Search learning platforms
#[utoipa::path(
    tag = "learning_platforms",
    operation_id = "list_learning_platforms",
    params(CatalogueQuery, Page),
    responses((status = 200, description = "一页学习平台 / A page of them", body = Paged<LearningPlatformBody>))
)]
#[get("/learning-platforms")]
pub(super) async fn get_learning_platforms(
    _permit: Permit<operation::ListLearningPlatforms>,
    catalogue: Catalogue,
    Query(query): Query<CatalogueQuery>,
    page: Page,
) -> Result<web::Json<Paged<LearningPlatformBody>>, Problem> {
    catalogue.search::<LearningPlatform>(query, page).await.map(web::Json)
}

/// 登记学习平台 / Register a learning platform
#[utoipa::path(
    tag = "learning_platforms",
    operation_id = "create_learning_platform",
    request_body(content = LearningPlatformInput, example = json!({
        "code": "demo-platform",
        "name": "示例继续教育平台",
        "level": "provincial",
        "place": "610000",
        "categories": [{ "category": "public", "from_on": "2021-01-01" }]
    })),
    responses(
        (status = 201, description = "已登记 / Registered", body = LearningPlatformBody),
        (status = 409, description = "代码已被使用 / The code is taken")
    )
)]
#[post("/learning-platforms")]
pub(super) async fn post_learning_platform(
    permit: Permit<operation::CreateLearningPlatform>,
    catalogue: Catalogue,
    body: Unjudged<LearningPlatformInput>,
) -> Result<Made, Problem> {
    catalogue.create::<LearningPlatform>(permit.0, body).await
}

/// 查看学习平台 / One learning platform
#[utoipa::path(
    tag = "learning_platforms",
    operation_id = "get_learning_platform",
    params(("id" = Uuid, Path, description = "平台编号 / The platform's id")),
    responses((status = 200, description = "学习平台 / The platform", body = LearningPlatformBody))
)]
#[get("/learning-platforms/{id}")]
pub(super) async fn get_learning_platform(
    _permit: Permit<operation::GetLearningPlatform>,
    catalogue: Catalogue,
    id: FromPath<PlatformId>,
) -> Result<web::Json<LearningPlatformBody>, Problem> {
    catalogue.find::<LearningPlatform>(id.0).await.map(web::Json)
}

/// 变更学习平台 / Replace what is known of a learning platform
#[utoipa::path(
    tag = "learning_platforms",
    operation_id = "replace_learning_platform",
    params(("id" = Uuid, Path, description = "平台编号 / The platform's id")),
    request_body(content = LearningPlatformInput, example = json!({
        "code": "demo-platform",
        "name": "示例继续教育平台",
        "level": "provincial",
        "place": "610000",
        "categories": [{ "category": "public", "from_on": "2021-01-01", "until_on": "2021-12-31" }]
    })),
    responses(
        (status = 200, description = "已变更 / Replaced", body = LearningPlatformBody),
        (status = 409, description = "代码已被使用 / The code is taken")
    )
)]
#[put("/learning-platforms/{id}")]
pub(super) async fn put_learning_platform(
    permit: Permit<operation::ReplaceLearningPlatform>,
    catalogue: Catalogue,
    id: FromPath<PlatformId>,
    body: Unjudged<LearningPlatformInput>,
) -> Result<web::Json<LearningPlatformBody>, Problem> {
    catalogue.replace::<LearningPlatform>(permit.0, id.0, body).await.map(web::Json)
}
