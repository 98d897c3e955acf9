//! What a draft of rules would change: whose verdict of a year would be another one, were it published.
//!
//! Nothing is kept. Verdicts are computed when asked, so a publication changes them at once; what is recorded already stays as it is.

use super::{
    body::{SummaryBody, Wording},
    people::{people, stands_at},
    service::Asking,
    sight::Sight,
};
use crate::{
    auth::{Permit, operation},
    extract::{Faults, FromPath, Page, Paged, Unjudged},
    policy::draft_of,
    problem::Problem,
    quota,
    state::AppState,
    text::Language,
    wire::{PlaceRef, words},
};
use actix_web::{HttpResponse, http::header::CONTENT_LANGUAGE, post, web::Data};
use domain::{
    hour_ledger::{Entry, Standing, Verdict},
    kernel::{LearnerId, PolicyId, last_day},
    policy::{Policy, RuleBook},
    registry::LearnerFacts,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Db, hour_ledger::entries_of_many, registry::load_learner_facts};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// How many people are looked at where nothing is said.
const PEOPLE: u16 = 500;
/// How many examples of each change are given.
const EXAMPLES: usize = 3;

/// 草稿发布后哪些人的结论会改变 / Whose verdicts a draft would change.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhatIfInput {
    /// 年度，缺省为草稿的（首个）年度；草稿也可能改变其他年度的结论 / The policy year; the draft's own, or its first one, where left out. It may change the verdicts of other years too.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    #[serde(default)]
    year: Option<i32>,
    /// 本次至多查看多少人，缺省 500 / How many people to look at; 500 where left out.
    #[validate(range(min = 1, max = 2000))]
    #[schema(example = 500, minimum = 1, maximum = 2000)]
    #[serde(default)]
    limit: Option<u16>,
    /// 上次答复的 next_cursor / What the answer before gave as `next_cursor`.
    #[serde(default)]
    cursor: Option<String>,
}

/// 草稿对一批人的影响 / What a draft would change among some people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIf)]
pub(super) struct WhatIfBody {
    /// 草稿编号 / The draft.
    draft_id: Uuid,
    /// 其地区 / Its place.
    place: PlaceRef,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 本次查看的人数：该年度曾隶属该地区及其下级的 / How many were looked at: who belonged to the place or one below it in that year.
    #[schema(example = 500)]
    people: u32,
    /// 其中草稿发布后将适用该草稿的人数 / How many of them the draft would govern.
    #[schema(example = 500)]
    governed: u32,
    /// 其中结论不变的人数 / Of how many of them the verdict would stay.
    #[schema(example = 480)]
    unchanged: u32,
    /// 结论改变的人数，依现结论、新结论 / Of how many it would change, by what it is and what it would be.
    changed: Vec<ChangeBody>,
    /// 尚有其他人时给出，请以之继续并自行累加 / Where others are left: ask on with it, and add the answers up.
    next_cursor: Option<String>,
}

/// 一种改变 / One kind of change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerdictChange)]
struct ChangeBody {
    /// 现结论 / The verdict as it is.
    #[schema(schema_with = words::<Verdict>)]
    before: Verdict,
    /// 草稿发布后的结论 / The verdict as it would be.
    #[schema(schema_with = words::<Verdict>)]
    after: Verdict,
    /// 人数 / How many people.
    #[schema(example = 20)]
    people: u32,
    /// 例子，至多三个 / Examples, three at most.
    examples: Vec<ExampleBody>,
}

/// 一个例子 / An example.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerdictChangeExample)]
struct ExampleBody {
    /// 学员编号 / The learner.
    learner_id: Uuid,
    /// 现在的达标摘要 / The standing as it is.
    before: SummaryBody,
    /// 草稿发布后的达标摘要 / The standing as it would be.
    after: SummaryBody,
}

/// 试算草稿的影响 / Ask whose verdicts a draft would change
///
/// 对该地区的人员分批试算一个年度：请以 next_cursor 继续，并自行累加；其他年度可另行试算。不作任何改动；已记录的学时不因发布而改变。每十人计入请求限额一单位 / A year of some of the people of its place at a time:
/// ask on with `next_cursor`, and add the answers up. Nothing is changed, and what is recorded stays as it is when rules are published. Of the quota ten people cost a unit
#[utoipa::path(
    tag = "policy",
    operation_id = "ask_what_if",
    params(("id" = uuid::Uuid, Path, description = "草稿编号 / The draft's id")),
    request_body(content = WhatIfInput, example = json!({"year": 2020, "limit": 500})),
    responses(
        (status = 200, description = "结论不变和改变的人数，附例子 / How many verdicts would stay and change, with examples", body = WhatIfBody),
        (status = 409, description = "已经发布 / It is published"),
        (status = 422, description = "请求体不符合要求，或草稿不再符合规则文件的要求 / The body breaks the contract, or the draft the present shape of rules"),
    )
)]
#[post("/policies/{id}/what-if")]
pub(super) async fn ask_what_if(
    permit: Permit<operation::AskWhatIf>,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
    language: Language,
    input: Unjudged<WhatIfInput>,
) -> Result<HttpResponse, Problem> {
    let people = input.as_read().limit.unwrap_or(PEOPLE).into();
    state.quotas.spend_on_body(&permit.0.signature(), quota::many(people))?;
    let (shared, asking) = (state.clone(), Asking::new(&state, permit.0, language));
    let told = state.store.read(move |db| answer(db, &shared, &asking, (id, &input))).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(told))
}

fn answer(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    (id, input): (PolicyId, &Unjudged<WhatIfInput>),
) -> Result<WhatIfBody, Problem> {
    let draft = input.after(draft_of(db, state, &asking.permission, id))?;
    let (year, page) = input.judged(|input, faults| Ok(read(input, id, &draft, faults)))?;
    let book = state.rule_books.current(db)?;
    let place = draft.rules.policy.place.clone();
    let then = book.with(draft);
    let places = BTreeSet::from_iter(book.places().subtree(&place));
    let Paged { items: rows, next_cursor } =
        Paged::new(&page, people(db, &places, page.after()?.as_ref(), page.fetch())?, Clone::clone);
    let ids: Vec<LearnerId> = BTreeSet::from_iter(rows.iter().map(|(_, id)| *id)).into_iter().collect();
    let mut entries: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for line in entries_of_many(db, &ids, Some(&[year]), None)? {
        entries.entry(line.learner).or_default().push(line);
    }
    let mut tried = Tried::of(asking, [&book, &then], year);
    let facts = load_learner_facts(db, &ids)?;
    let facts: HashMap<LearnerId, &LearnerFacts> = facts.iter().map(|facts| (facts.id, facts)).collect();
    for (place, learner) in &rows {
        let Some(facts) = facts.get(learner).filter(|facts| stands_at(facts, place, &places)) else { continue };
        tried.on(facts, entries.get(learner).map_or(&[][..], Vec::as_slice), id);
    }
    let shown = tried.changed.values().flat_map(|one| &one.examples).map(|one| LearnerId::from_uuid(one.learner_id));
    state.journal.shown_among(&asking.permission, shown, state.clock.now())?;
    let place = PlaceRef::of(book.places(), &place, asking.today);
    Ok(tried.told((id, place), next_cursor))
}

/// The year, how many people, and after whom.
fn read(input: &WhatIfInput, id: PolicyId, draft: &Policy, faults: &mut Faults<'_>) -> Option<(i32, Page)> {
    let year = input.year.unwrap_or_else(|| draft.rules.policy.first_year());
    let list = ["what_if", &id.to_string(), &year.to_string()];
    let page = Page::of_body(&list, None, input.cursor.clone());
    let mut page = page.map_err(|found| faults.extend(found)).ok()?;
    page.limit = input.limit.unwrap_or(PEOPLE);
    Some((year, page))
}

/// What was found so far.
struct Tried<'t> {
    asking: &'t Asking,
    /// As it is, and as it would be.
    books: [&'t RuleBook; 2],
    year: i32,
    people: u32,
    governed: u32,
    changed: BTreeMap<(Verdict, Verdict), ChangeBody>,
}

impl<'t> Tried<'t> {
    const fn of(asking: &'t Asking, books: [&'t RuleBook; 2], year: i32) -> Self {
        Self { asking, books, year, people: 0, governed: 0, changed: BTreeMap::new() }
    }

    /// Counts one person, where the caller sees the year. Whom the draft itself would not govern it may concern all the same: a place with
    /// rules of its own for one year is silent for the others.
    fn on(&mut self, facts: &LearnerFacts, entries: &[Entry], draft: PolicyId) {
        let Self { asking, books: [book, then], year, .. } = *self;
        let place = facts.place_on(last_day(year).min(asking.today), None);
        let rules = place.map(|place| then.resolve(place, year, None));
        let is_governed = rules.as_ref().and_then(|rules| rules.in_force()).is_some_and(|rules| rules.id == draft);
        let sight = Sight::of(&asking.permission, book.places(), facts, asking.today);
        if facts.ended_in.is_some() || !sight.sees(year) {
            return;
        }
        self.people += 1;
        self.governed += u32::from(is_governed);
        let [before, after] = [book, then].map(|book| asking.ask(book, facts, year, entries));
        if before.verdict == after.verdict {
            return;
        }
        let key = (before.verdict, after.verdict);
        let change = || ChangeBody { before: key.0, after: key.1, people: 0, examples: Vec::new() };
        let change = self.changed.entry(key).or_insert_with(change);
        change.people += 1;
        if change.examples.len() < EXAMPLES {
            let summary = |book, standing: &Standing| Wording::summary(asking.wording(book), facts, standing);
            let (before, after) = (summary(book, &before), summary(then, &after));
            change.examples.push(ExampleBody { learner_id: facts.id.as_uuid(), before, after });
        }
    }

    fn told(self, (draft, place): (PolicyId, PlaceRef), next_cursor: Option<String>) -> WhatIfBody {
        let Self { year, people, governed, changed, .. } = self;
        let changed: Vec<ChangeBody> = changed.into_values().collect();
        let unchanged = people - changed.iter().map(|one| one.people).sum::<u32>();
        WhatIfBody { draft_id: draft.as_uuid(), place, year, people, governed, unchanged, changed, next_cursor }
    }
}
