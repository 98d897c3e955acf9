//! What waits in a place, at which desks and since when, and whether it will be done in time at the present pace.

use crate::{
    auth::{Permission, Permit, operation},
    extract::Query,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
    wire::{Day, PlaceRef, words},
};
use actix_web::{get, web, web::Data};
use domain::{
    kernel::{CHINA, PlaceCode, china_date},
    policy::shape::Seat,
    registry::PlaceTree,
    review::{Ages, Forecast, OfStage, Pile, Rates, backlog, forecast},
};
use serde::{Deserialize, Serialize};
use store::{
    Db,
    review::{Passed, first_opened_at, passed, piles},
};
use time::{Date, Duration};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Whose backlog, and until when.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BacklogQuery {
    /// 地区代码，缺省为调用方所在地区 / A place; the caller's own where left out.
    #[validate(length(min = 1, max = 40))]
    place: Option<String>,
    /// 预测到哪一日（含当日），缺省为各环节待办事项中最晚的截止日 / The last day of the forecast, itself included; where left out, of each desk the latest deadline that waits there.
    until: Option<Day>,
    /// 按最近多少日（含今日）的收办数推算 / Over how many days, today included, the pace is taken.
    #[serde(default = "thirty")]
    #[validate(range(min = 1, max = 90))]
    #[param(minimum = 1, maximum = 90, default = 30)]
    pace_days: u16,
}

const fn thirty() -> u16 {
    30
}

/// 待办积压 / What waits of the people of a place and of every place below it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewBacklog)]
pub(super) struct BacklogBody {
    /// 地区 / The place.
    place: PlaceRef,
    /// 今日（北京时间） / The civil day in China of the answer.
    asked_on: Day,
    /// 待办总数 / How many cases wait.
    #[schema(example = 1200)]
    waiting: u64,
    /// 其中已逾期 / How many of them are past their last day.
    #[schema(example = 3)]
    overdue: u64,
    /// 收办数按几日计：所请求的日数，但不早于首个事项立案之日；0 为尚无事项 / Over how many days `arrived` and `left` are counted: as asked for, but not from before the first case; 0 where there was none yet.
    #[schema(example = 30)]
    pace_days: u16,
    /// 有待办事项的各环节 / The desks at which any wait.
    stages: Vec<DeskBody>,
}

/// 某一环节的积压 / What waits at one desk of the route, in all offices of the place that have it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewBacklogStage)]
struct DeskBody {
    /// 规则文件中的位置 / What the rule file says the office is.
    #[schema(schema_with = words::<Seat>)]
    seat: Seat,
    /// 待办数 / How many wait.
    #[schema(example = 800)]
    waiting: u64,
    /// 其中已逾期 / How many of them are past their last day.
    #[schema(example = 3)]
    overdue: u64,
    /// 按已等待的日数 / By how long they have waited.
    ages: AgesBody,
    /// 最早一件的到达日 / The day the first of them came.
    oldest_on: Day,
    /// `pace_days` 内到达的 / How many came within `pace_days`.
    #[schema(example = 600)]
    arrived: u64,
    /// `pace_days` 内离开的：同意、退回、不予认定或撤回 / How many left within `pace_days`: approved, handed back, refused or withdrawn.
    #[schema(example = 300)]
    left: u64,
    /// 预测；无截止日且未指明 until 的为 null / The forecast; null where no rule sets a deadline and none was asked for.
    forecast: Option<ForecastBody>,
}

/// 按等待日数 / Cases by the days they have waited.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewBacklogAges)]
struct AgesBody {
    /// 7 日以内 / Up to 7 days.
    up_to_7_days: u64,
    /// 8 至 30 日 / From 8 to 30 days.
    up_to_30_days: u64,
    /// 30 日以上 / Longer.
    longer: u64,
}

/// 照目前的收办速度到该日会怎样 / What becomes of it until a day, if all goes on as it did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewBacklogForecast)]
struct ForecastBody {
    /// 该日（含） / That day, itself included.
    until: Day,
    /// 尚余几日，含今日 / How many days are left, today included.
    #[schema(example = 46)]
    days_left: u64,
    /// 预计还将到达 / How many will still come.
    #[schema(example = 920)]
    to_come: u64,
    /// 预计可办理 / How many will be dealt with.
    #[schema(example = 460)]
    to_settle: u64,
    /// 预计办不完的 / How many will be left over.
    #[schema(example = 1460)]
    left_over: u64,
    /// 如要办完，每日须办理几件；已过该日的为 null / How many have to be dealt with a day for none to be left over; null once the day has passed.
    #[schema(example = 42)]
    needed_a_day: Option<u64>,
}

/// 某地的待办积压及预测 / What waits in a place, and whether it will be done in time
///
/// 含下级地区；事项归人员立案当日所在地区。只计数，不含任何个人信息。 /
/// With every place below it; a case belongs to the place of its person on the day it was opened. Numbers alone, and nothing of any person
#[utoipa::path(
    tag = "review",
    operation_id = "get_review_backlog",
    params(BacklogQuery),
    responses((status = 200, description = "积压与预测 / The backlog and its forecast", body = BacklogBody))
)]
#[get("/review-backlog")]
pub(super) async fn get_review_backlog(
    permit: Permit<operation::GetReviewBacklog>,
    state: Data<AppState>,
    Query(query): Query<BacklogQuery>,
) -> Result<web::Json<BacklogBody>, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let place = asked_for(&permit.0, tree, query.place.as_deref())?;
        found(db, (tree, &place), &query, today)
    };
    state.store.read(read).await.map(web::Json)
}

fn asked_for(permission: &Permission, tree: &PlaceTree, code: Option<&str>) -> Result<PlaceCode, Problem> {
    let own = || permission.caller().place().map(PlaceCode::as_str);
    let Some(code) = code.or_else(own) else { return Err(Problem::new(Kind::NotFound)) };
    let unknown =
        || Problem::invalid_query("place", "unknown_place", Text::new("没有这个地区", "there is no such place"));
    let place = tree.find(code).ok_or_else(unknown)?.code.clone();
    permission.require_place(tree, &place)?;
    Ok(place)
}

fn found(
    db: &mut Db,
    (tree, place): (&PlaceTree, &PlaceCode),
    query: &BacklogQuery,
    today: Date,
) -> Result<BacklogBody, Problem> {
    let places = tree.subtree(place);
    let piles = piles(db, &places)?;
    let pace_days = match first_opened_at(db, &places)? {
        Some(first) => {
            let days = u16::try_from((today - china_date(first)).whole_days().saturating_add(1)).unwrap_or(u16::MAX);
            query.pace_days.min(days.max(1))
        }
        None => 0,
    };
    let since = today.checked_sub(Duration::days(i64::from(pace_days) - 1)).unwrap_or(Date::MIN);
    let passed = passed(db, &places, since.midnight().assume_offset(CHINA))?;
    let all = backlog(&piles, today);
    let desk = |stage: &OfStage| {
        let passed = passed.get(&stage.seat).copied().unwrap_or_default();
        let until = query.until.map(|day| day.0).or_else(|| latest(&piles, stage.seat));
        DeskBody::of(stage, passed, until.map(|until| (until, pace_days)), today)
    };
    Ok(BacklogBody {
        place: PlaceRef::of(tree, place, today),
        asked_on: Day(today),
        waiting: all.waiting,
        overdue: all.overdue,
        pace_days,
        stages: all.stages.iter().map(desk).collect(),
    })
}

/// The latest last day of what waits at a desk.
fn latest(piles: &[Pile], seat: Seat) -> Option<Date> {
    piles.iter().filter(|pile| pile.seat == seat).filter_map(|pile| pile.due_on).max()
}

impl DeskBody {
    fn of(stage: &OfStage, passed: Passed, until: Option<(Date, u16)>, today: Date) -> Self {
        let Passed { arrived, left } = passed;
        let forecast = until.map(|(until, days)| {
            let rates = Rates { days: days.into(), arrived, settled: left };
            ForecastBody::of(until, forecast(stage.waiting, rates, today, until))
        });
        let Ages { fresh, ageing, old } = stage.ages;
        Self {
            seat: stage.seat,
            waiting: stage.waiting,
            overdue: stage.overdue,
            ages: AgesBody { up_to_7_days: fresh, up_to_30_days: ageing, longer: old },
            oldest_on: Day(stage.oldest_on),
            arrived,
            left,
            forecast,
        }
    }
}

impl ForecastBody {
    fn of(until: Date, told: Forecast) -> Self {
        let Forecast { days_left, to_come, to_settle, left_over, needed_a_day } = told;
        Self { until: Day(until), days_left, to_come, to_settle, left_over, needed_a_day }
    }
}
