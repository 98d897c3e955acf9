//! Wire types and handlers of places.

use super::service;
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Query, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    wire::{Day, PlaceRef, one_line, words},
};
use actix_web::{get, post, web, web::Data};
use domain::registry::{CodeSystem, DatedCode, PlaceLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// 新地区 / A place that is to be added.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceInput {
    /// 地区代码，永不改变；没有区划代码的，由 1 至 32 个数字、小写字母或 - 组成 / Its key for ever: 1 to 32 digits, small letters or -.
    #[schema(example = "610100-high-tech")]
    pub(super) code: String,
    /// 名称 / Its printed name.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例新区")]
    pub(super) name: String,
    /// 上级地区，任一区划代码均可 / The place above it, by any code.
    #[schema(example = "610100")]
    pub(super) parent: String,
    /// 层级 / Where it stands.
    #[schema(schema_with = words::<PlaceLevel>)]
    pub(super) level: PlaceLevel,
}

/// 地区的又一个区划代码 / A further division code of a place.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DivisionCodeInput {
    /// 代码体系 / Who issues it.
    #[schema(schema_with = words::<CodeSystem>)]
    pub(super) system: CodeSystem,
    /// 区划代码 / The code.
    #[schema(example = "610981")]
    pub(super) code: String,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 截止日（含），空为不限 / The last day, itself included; open where null.
    pub(super) until_on: Option<Day>,
    /// 所接替的同体系代码，至起始日前一日止 / The code of the same system that it succeeds, which ends on the day before.
    #[schema(example = "610928")]
    pub(super) succeeds: Option<String>,
    /// 自起始日起的新名称，空为名称不变 / The name that the place gets with it; null where it keeps the one it has.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "旬阳市")]
    pub(super) name: Option<String>,
}

/// 地区 / A place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlaceBody {
    /// 地区代码，永不改变 / Its key in this service, for ever.
    #[schema(example = "610928")]
    pub(super) key: String,
    /// 今日的国标区划代码；没有的为地区代码 / Today's GB/T 2260 code; its key where it has none.
    #[schema(example = "610981")]
    pub(super) code: String,
    /// 今日的名称 / Its name today.
    #[schema(example = "旬阳市")]
    pub(super) name: String,
    /// 层级 / Where it stands.
    #[schema(schema_with = words::<PlaceLevel>)]
    pub(super) level: PlaceLevel,
    /// 上级各地区，由近及远直至全国 / The places above it, nearest first, up to the nation.
    pub(super) above: Vec<PlaceRef>,
    /// 直接下级地区数 / How many places stand directly below it.
    pub(super) children_count: usize,
    /// 今日的区划代码 / Today's division code, where it has one.
    #[schema(example = "610981")]
    pub(super) division_code: Option<String>,
    /// 历年区划代码及起止日 / All its division codes, with their days.
    pub(super) division_codes: Vec<DivisionCodeBody>,
}

/// 区划代码及起止日 / A division code and its days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DivisionCodeBody {
    /// 代码体系 / Who issues it.
    #[schema(schema_with = words::<CodeSystem>)]
    system: CodeSystem,
    /// 区划代码 / The code.
    #[schema(example = "610981")]
    code: String,
    /// 起始日 / The first day.
    from_on: Day,
    /// 截止日（含），空为不限 / The last day, itself included; open where null.
    until_on: Option<Day>,
    /// 随代码启用的新名称，空为名称不变 / The name that the place got with it; null where it kept the one it had.
    #[schema(example = "旬阳市")]
    name: Option<String>,
}

impl DivisionCodeBody {
    pub(super) fn of(code: &DatedCode) -> Self {
        let (from_on, until_on) = (code.from_on.into(), code.until_on.map(Into::into));
        Self { system: code.system, code: code.code.clone(), from_on, until_on, name: code.name.clone() }
    }
}

/// How places are searched.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PlaceQuery {
    /// 名称（含曾用名）开头，或完整的地区代码、区划代码（含已废止的） / The beginning of a name, or a whole code, dead or new.
    #[validate(length(min = 1, max = 200))]
    #[param(example = "旬阳")]
    pub(super) q: Option<String>,
    /// 仅该地区的直接下级 / Only those directly below this place.
    #[param(example = "610900")]
    pub(super) parent: Option<String>,
}

/// 查询地区 / Search places
#[utoipa::path(
    tag = "places",
    operation_id = "list_places",
    params(PlaceQuery, Page),
    responses((status = 200, description = "一页地区 / A page of them", body = Paged<PlaceBody>))
)]
#[get("/places")]
pub(super) async fn get_places(
    _permit: Permit<operation::ListPlaces>,
    state: Data<AppState>,
    Query(query): Query<PlaceQuery>,
    page: Page,
) -> Result<web::Json<Paged<PlaceBody>>, Problem> {
    service::search(&state, query, page).await.map(web::Json)
}

/// 增加地区 / Add a place
#[utoipa::path(
    tag = "places",
    operation_id = "create_place",
    request_body(content = PlaceInput, example = json!({
        "code": "610100-high-tech",
        "name": "示例新区",
        "parent": "610100",
        "level": "zone"
    })),
    responses(
        (status = 201, description = "已增加 / Added", body = PlaceBody),
        (status = 409, description = "该代码已指向某地区 / The code leads to a place already")
    )
)]
#[post("/places")]
pub(super) async fn post_place(
    permit: Permit<operation::CreatePlace>,
    state: Data<AppState>,
    body: Unjudged<PlaceInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0.author(), body).await
}

/// 查看地区 / One place
#[utoipa::path(
    tag = "places",
    operation_id = "get_place",
    params(("code" = String, Path, description = "地区代码或任一区划代码 / Its key or any of its codes", example = "610981")),
    responses((status = 200, description = "地区 / The place", body = PlaceBody))
)]
#[get("/places/{code}")]
pub(super) async fn get_place(
    _permit: Permit<operation::GetPlace>,
    state: Data<AppState>,
    code: FromPath<String>,
) -> Result<web::Json<PlaceBody>, Problem> {
    service::find(&state, &code.0).await.map(web::Json)
}

/// 增加区划代码，可接替原代码 / Add a division code, which may succeed another one
#[utoipa::path(
    tag = "places",
    operation_id = "add_division_code",
    params(("code" = String, Path, description = "地区代码或任一区划代码 / The place's key or any of its codes", example = "610928")),
    request_body(content = DivisionCodeInput, example = json!({
        "system": "gb2260",
        "code": "610981",
        "from_on": "2021-01-01",
        "succeeds": "610928",
        "name": "旬阳市"
    })),
    responses(
        (status = 201, description = "已增加 / Added", body = PlaceBody),
        (status = 409, description = "代码属于其他地区或起止日重叠 / The code is another place's, or its days overlap with another one's")
    )
)]
#[post("/places/{code}/division-codes")]
pub(super) async fn post_division_code(
    permit: Permit<operation::AddDivisionCode>,
    state: Data<AppState>,
    code: FromPath<String>,
    body: Unjudged<DivisionCodeInput>,
) -> Result<Made, Problem> {
    service::add_division_code(&state, permit.0.author(), code.0, body).await
}
