//! Handlers of rolls.

use super::{
    body::{RollBody, RollEntry, RollInput, RollQuery, RollReversalBody, RollReversalInput},
    found::{RollItemResult, RollItemResults},
    items::{Desk, Pending},
    listed, reversal,
    said::{HEADINGS, RollItemInput},
    service,
};
use crate::{
    auth::{Permit, operation},
    bulk::each_row,
    extract::{FromPath, ItemsOrTable, Page, Paged, Query, Unjudged},
    idempotency::Made,
    lane::Ticket,
    problem::Problem,
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, get, post, web, web::Data};
use domain::kernel::CaseId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// 名册的各条 / Items of a roll.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body, whose items are read one by one")]
struct RollItems {
    /// 1 至 1000 条 / 1 to 1,000 items.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<RollItemInput>,
}

/// 建立名册 / Make a roll
///
/// 免修名单由规则所指的机关提供，往年证明由所在地区的人社部门办理；人员随后列入 /
/// A list of exemptions is for the authority that the rules name, past years are for the officers of the place; people are put on it afterwards
#[utoipa::path(
    tag = "roll",
    operation_id = "create_roll",
    request_body(content = RollInput, example = json!({
        "kind": "past_years", "place": "610000", "document": "示例人社函〔2021〕1号",
        "attested_by": "示例省人力资源和社会保障厅", "reason": "旧系统数据迁移"
    })),
    responses(
        (status = 201, description = "已建立 / Made", body = RollBody),
        (status = 403, description = "不在管辖地区，或并非规则所指的机关 / Outside the caller's place, or not the authority that the rules name")
    )
)]
#[post("/rolls")]
async fn create_roll(
    permit: Permit<operation::CreateRoll>,
    state: Data<AppState>,
    input: Unjudged<RollInput>,
) -> Result<Made, Problem> {
    service::create(&state, permit.0, input).await
}

/// 查询名册 / Rolls, the earliest first
#[utoipa::path(
    tag = "roll",
    operation_id = "list_rolls",
    params(RollQuery, Page),
    responses((status = 200, description = "一页名册 / A page of them", body = Paged<RollBody>))
)]
#[get("/rolls")]
async fn list_rolls(
    permit: Permit<operation::ListRolls>,
    state: Data<AppState>,
    Query(query): Query<RollQuery>,
    page: Page,
) -> Result<web::Json<Paged<RollBody>>, Problem> {
    service::list(&state, permit.0, query, page).await.map(web::Json)
}

/// 查看名册，含条数和撤销进度 / A roll, with how much it holds and how far its reversal has come
#[utoipa::path(
    tag = "roll",
    operation_id = "get_roll",
    params(("id" = Uuid, Path, description = "名册编号 / The roll")),
    responses((status = 200, description = "名册 / The roll", body = RollBody))
)]
#[get("/rolls/{id}")]
async fn get_roll(
    permit: Permit<operation::GetRoll>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
) -> Result<web::Json<RollBody>, Problem> {
    service::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 列入人员：JSON 至多 1000 条，NDJSON 与 CSV 至多 100000 行；逐条答复，可重发 / Put people on a roll: JSON up to 1,000 items, NDJSON and CSV up to 100,000 lines; each is answered, and all can be sent again
///
/// CSV 首行为列名：证件类型、证件号码、姓名、年度、达标、学时.类别代码，或 document_kind、document_number、name、year、met、hours.类别代码；NDJSON 与 CSV 以 NDJSON 作答 /
/// The first line of CSV names the columns, as above; lines and tables are answered by NDJSON
#[utoipa::path(
    tag = "roll",
    operation_id = "add_roll_items",
    params(("id" = Uuid, Path, description = "名册编号 / The roll")),
    request_body(content(
        (RollItems = "application/json", example = json!({ "items": [example()] })),
        (RollItemInput = "application/x-ndjson", example = json!(example())),
        (String = "text/csv", example = json!(TABLE))
    )),
    responses(
        (status = 200, description = "逐条结果 / One result an item", content(
            (RollItemResults = "application/json"),
            (RollItemResult = "application/x-ndjson")
        )),
        (status = 403, description = "并非规则所指的机关 / Not the authority that the rules name"),
        (status = 409, description = "整册已撤销 / The whole roll was taken back")
    )
)]
#[post("/rolls/{id}/items")]
async fn add_roll_items(
    permit: Permit<operation::AddRollItems>,
    ticket: Ticket,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    body: Result<ItemsOrTable, Problem>,
) -> Result<HttpResponse, Problem> {
    let desk = Desk::open(&state, permit.0, id.0).await?;
    each_row((body?, HEADINGS), language, async |chunk| desk.keep(&ticket, chunk).await).await
}

/// 预演列入，答复相同，不作任何改动 / Rehearse it: the same answer, and nothing is changed
#[utoipa::path(
    tag = "roll",
    operation_id = "validate_roll_items",
    params(("id" = Uuid, Path, description = "名册编号 / The roll")),
    request_body(content(
        (RollItems = "application/json", example = json!({ "items": [example()] })),
        (RollItemInput = "application/x-ndjson", example = json!(example())),
        (String = "text/csv", example = json!(TABLE))
    )),
    responses(
        (status = 200, description = "逐条结果 / One result an item", content(
            (RollItemResults = "application/json"),
            (RollItemResult = "application/x-ndjson")
        )),
        (status = 403, description = "并非规则所指的机关 / Not the authority that the rules name"),
        (status = 409, description = "整册已撤销 / The whole roll was taken back")
    )
)]
#[post("/rolls/{id}/items/validation")]
async fn validate_roll_items(
    permit: Permit<operation::ValidateRollItems>,
    ticket: Ticket,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    body: Result<ItemsOrTable, Problem>,
) -> Result<HttpResponse, Problem> {
    let (desk, pending) = (Desk::open(&state, permit.0, id.0).await?, Pending::default());
    each_row((body?, HEADINGS), language, async |chunk| desk.rehearse(&ticket, &pending, chunk).await).await
}

/// 名册上的人员，含已撤销的 / Who stands on a roll, and who stood
#[utoipa::path(
    tag = "roll",
    operation_id = "list_roll_items",
    params(("id" = Uuid, Path, description = "名册编号 / The roll"), Page),
    responses((status = 200, description = "一页人员及年度 / A page of people and years", body = Paged<RollEntry>))
)]
#[get("/rolls/{id}/items")]
async fn list_roll_items(
    permit: Permit<operation::ListRollItems>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
    page: Page,
) -> Result<web::Json<Paged<RollEntry>>, Problem> {
    listed::list(&state, permit.0, id.0, page).await.map(web::Json)
}

/// 撤销：整册，或所列学员 / Take it back: the whole roll, or the learners named
///
/// 以冲销分录撤销，相关年度如同从未列入。整册撤销在后台逐批进行，进度见名册；此后不能再列入 /
/// By reversals; the years are as if the roll had never named them. A whole roll is taken back in the background, and its progress stands on it; nothing is added to it any more
#[utoipa::path(
    tag = "roll",
    operation_id = "reverse_roll",
    params(("id" = Uuid, Path, description = "名册编号 / The roll")),
    request_body(content = RollReversalInput, example = json!({ "reason": "名单有误" })),
    responses(
        (status = 200, description = "已撤销，或已开始整册撤销 / Taken back, or begun to be", body = RollReversalBody),
        (status = 403, description = "并非规则所指的机关 / Not the authority that the rules name"),
        (status = 409, description = "整册此前已撤销 / The whole roll was taken back before")
    )
)]
#[post("/rolls/{id}/reversal")]
async fn reverse_roll(
    permit: Permit<operation::ReverseRoll>,
    state: Data<AppState>,
    id: FromPath<CaseId>,
    input: Unjudged<RollReversalInput>,
) -> Result<web::Json<RollReversalBody>, Problem> {
    reversal::reverse(&state, permit.0, id.0, input).await.map(web::Json)
}

/// An item, and a table with one.
fn example() -> Value {
    json!({
        "document_number": "610302199001010002", "name": "示例甲", "year": 2018,
        "hours": [{ "category": "public", "hours": 24 }, { "category": "professional", "hours": 30 }]
    })
}

const TABLE: &str = "证件号码,姓名,年度,达标\n610302199001010002,示例甲,2018,是\n";

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(create_roll)
        .service(list_rolls)
        .service(get_roll)
        .service(add_roll_items)
        .service(validate_roll_items)
        .service(list_roll_items)
        .service(reverse_roll);
}
