//! What follows from missed years, once they are closed: on a standing, and for a person over all years.

use super::{
    labels::Labels,
    service::{About, Asking, Told, person, still_open},
    sight::Sight,
    v1::{AsKnown, told},
};
use crate::{
    auth::{Permit, operation},
    explain::{self, ClauseBody},
    extract::{FromPath, Held, Query},
    findings::{self, SanctionBody},
    problem::Problem,
    state::AppState,
    text::Language,
    wire::{Day, Moment, words},
};
use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use domain::{
    findings::Finding,
    hour_ledger::{Consequence, consequences, deferred_years},
    kernel::{CaseId, LearnerId, POLICY_YEARS, PolicyId},
    policy::shape::Effect,
};
use serde::Serialize;
use store::{Db, hour_ledger::entries_of_many};
use utoipa::ToSchema;

/// 年度未达标的一项后果 / One thing that follows from a missed year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Consequence)]
pub(super) struct ConsequenceBody {
    /// 未达标的年度 / The year that was missed.
    #[schema(example = 2020)]
    year: i32,
    /// 后果 / What follows.
    #[schema(schema_with = words::<Effect>)]
    effect: Effect,
    /// 后果的说明 / The same in words.
    #[schema(example = "专业技术职务任期顺延 1 年")]
    text: String,
    /// 年数：顺延的，为该年度所加的年数 / For how many years; of a deferral, what this year adds to it.
    #[schema(example = 1)]
    years: Option<u32>,
    /// 是否有约束力；false 为参照执行 / Whether the rule binds the person, or only recommends it for such as they are.
    binds: bool,
    /// 说明 / A reading worth knowing.
    note: Option<String>,
    /// 依据的规则版本 / The version of the rules that says so.
    #[schema(value_type = Uuid)]
    policy_id: PolicyId,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

impl ConsequenceBody {
    pub(super) fn of(one: &Consequence, language: Language) -> Self {
        Self {
            year: one.year,
            effect: one.effect,
            text: explain::effect(one.effect, one.years).in_language(language).to_owned(),
            years: one.years,
            binds: one.binds,
            note: one.note.clone(),
            policy_id: one.policy,
            clauses: one.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

/// 各年度未达标的后果 / What follows from someone's missed years.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsequenceList)]
pub(super) struct ConsequenceList {
    /// 学员 / The learner.
    #[schema(value_type = Uuid)]
    learner_id: LearnerId,
    /// 回答所依据的民用日期（北京时间） / The civil day in China of the answer.
    asked_on: Day,
    /// 按此时刻已知的情况回答；null 为目前所知 / As known at that moment; null for everything known now.
    as_known_at: Option<Moment>,
    /// 专业技术职务任期共顺延几年 / By how many years the term of the present title is put off in all.
    #[schema(example = 1)]
    term_deferral_years: u32,
    /// 岗位等级晋升年限共顺延几年 / By how many years promotion within the post is put off in all.
    #[schema(example = 1)]
    promotion_deferral_years: u32,
    /// 逐年逐项，由早到晚 / One by one, the earliest year first.
    items: Vec<ConsequenceBody>,
    /// 因查实而有、且未撤销的惩戒，含已到期的；只见其部分年度的调用方不给出 / What follows from findings that stand, also where its days are over; nothing for who sees some of the years only.
    sanctions: Vec<OfFinding>,
}

/// 因查实而有的一项惩戒 / One thing that follows from a finding.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SanctionOfFinding)]
pub(super) struct OfFinding {
    /// 查实事项 / The finding.
    #[schema(value_type = Uuid)]
    finding_id: CaseId,
    #[serde(flatten)]
    sanction: SanctionBody,
}

/// 列出某人年度未达标的后果，以及因查实而有的惩戒 / What follows from a person's missed years, and from what was found of them
///
/// 只有已截止且未达标的年度才有后果，依该年度自己的规则；合计为所列各年度之和。`If-None-Match` 命中时返回 304 / Only years that
/// are closed and were missed have any, by the rules of the year itself; the sums are over the years listed
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "list_consequences",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner"), AsKnown),
    responses(
        (status = 200, description = "后果 / What follows", body = ConsequenceList,
            headers(("ETag" = String, description = "答复的标记 / The tag of the answer"))),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/learners/{id}/consequences")]
pub(super) async fn list_consequences(
    permit: Permit<operation::ListConsequences>,
    request: HttpRequest,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    Query(AsKnown { as_known_at }): Query<AsKnown>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let asking = Asking::new(&state, permit.0, language).holding(Held::of(&request));
    told(&state, asking, as_known_at, move |db, state, asking| of_learner(db, state, asking, learner)).await
}

/// Asks every year since the register knows the person: one without a single line was missed as well.
fn of_learner(db: &mut Db, state: &AppState, asking: &Asking, learner: LearnerId) -> Result<Told, Problem> {
    let about = person(db, state, learner)?;
    asking.about(learner)?;
    let About { book, facts, .. } = &about;
    let today = asking.asked_on();
    let first = facts.known_since(asking.known_at).map_or(today.year(), |day| day.year());
    let sight = Sight::of(&asking.permission, book.places(), facts, asking.today);
    let years: Vec<i32> = (first.max(*POLICY_YEARS.start())..=today.year()).filter(|year| sight.sees(*year)).collect();
    asking.permission.require_file(sight.is_whole() || !years.is_empty(), learner)?;
    still_open(facts)?;
    state.journal.shown(&asking.permission, [learner], state.clock.now())?;
    let mut entries = entries_of_many(db, &[learner], None, asking.known_at)?;
    let hidden = asking.hidden(db, &[learner])?;
    entries.retain(|entry| !hidden.contains(&entry.id));
    let mut found = findings::of_people(db, &[learner])?.remove(&learner).unwrap_or_default();
    found.retain(|finding| sight.is_whole() && finding.stands(asking.known_at));
    let standing: Vec<CaseId> = found.iter().map(|finding| finding.case).collect();
    let tag = asking.tag(&about, &format!("consequences {years:?} {standing:?}"), &entries, &Labels::default());
    asking.tell(tag, || {
        let of_year = |year: &i32| consequences(&asking.ask(book, facts, *year, &entries), facts, asking.known_at);
        let all: Vec<Consequence> = years.iter().flat_map(of_year).collect();
        ConsequenceList {
            learner_id: learner,
            asked_on: today.into(),
            as_known_at: asking.known_at.map(Moment),
            term_deferral_years: deferred_years(&all, Effect::TermDeferral),
            promotion_deferral_years: deferred_years(&all, Effect::PromotionDeferral),
            items: all.iter().map(|one| ConsequenceBody::of(one, asking.language)).collect(),
            sanctions: found.iter().flat_map(|finding| of_finding(finding, asking.language)).collect(),
        }
    })
}

fn of_finding(finding: &Finding, language: Language) -> impl Iterator<Item = OfFinding> {
    let of = move |sanction| OfFinding { finding_id: finding.case, sanction: SanctionBody::of(sanction, language) };
    finding.sanctions.iter().map(of)
}
