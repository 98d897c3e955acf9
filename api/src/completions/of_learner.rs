//! What was pushed about a learner, whatever became of it: for the learner, and for the office in charge.

use super::{
    reasons::{self, reasons_of},
    wire::Wording,
};
use crate::{
    auth::{Caller, Permission, Permit, operation},
    explain::ReasonBody,
    extract::{FromPath, Page, Paged},
    problem::{Kind, Problem},
    state::AppState,
    text::Language,
    wire::Moment,
};
use actix_web::{get, web, web::Data};
use domain::{
    completions::WaitsFor,
    kernel::{LearnerId, PlatformId},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{
    Db,
    completions::{
        Completion, CompletionDecision, CompletionHold, find, find_waiting, held_of_learners, items_that_named,
        latest_decisions,
    },
    registry::{ended_in, identifiers_of, load_learner_facts},
};
use utoipa::ToSchema;
use uuid::Uuid;

/// An item by its platform and that one's id of it: the order of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Key(PlatformId, String);

/// How many items are looked for that wait because of another name: more than platforms push in good faith.
const MOST_MISNAMED: i64 = 1_000;

/// A page of what was pushed about a learner. What waits has the reasons of the queue: it may wait for something else since it was
/// decided. Of what waits under the own number with another name only that is told: whose it is may be somebody else.
pub(super) fn page(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    learner: LearnerId,
    (page, language): (&Page, Language),
) -> Result<Paged<OfLearnerBody>, Problem> {
    in_charge(db, state, permission, learner)?;
    state.journal.shown(permission, [learner], state.clock.now())?;
    let mut files: Vec<LearnerId> = ended_in(db, &[learner])?.into_keys().collect();
    files.push(learner);
    let mut waiting = misnamed(db, &files)?;
    let after: Option<Key> = page.after()?;
    let last = after.as_ref().map(|Key(platform, id)| (*platform, id.as_str()));
    let named = items_that_named(db, &files, last, page.fetch())?.into_iter().map(|(platform, id)| Key(platform, id));
    waiting.extend(by_key(held_of_learners(db, &files, last, page.fetch())?));
    let held = waiting.keys().filter(|key| Some(*key) > after.as_ref()).cloned();
    let keys: BTreeSet<Key> = named.chain(held).collect();
    let keys: Vec<Key> = keys.into_iter().take(usize::try_from(page.fetch()).unwrap_or(usize::MAX)).collect();
    let known = load(db, &keys)?;
    let wording = Wording::of_kept(db, state, language)?;
    let shown = Paged::new(page, keys, Clone::clone);
    shown.try_map(|key| {
        let (evidence, last) = known.get(&key).ok_or_else(|| Problem::internal("an item without evidence"))?;
        match waiting.get(&key) {
            Some(hold) => {
                let reasons = wording.reasons(&reasons::read(&hold.reason, &hold.external_id)?);
                Ok(OfLearnerBody::new(evidence, last, reasons))
            }
            None => Ok(OfLearnerBody::new(evidence, last, wording.reasons(&reasons_of(last)?))),
        }
    })
}

/// The learner, and the officers of the present place; of a file that ended they are told in which.
fn in_charge(db: &mut Db, state: &AppState, permission: &Permission, learner: LearnerId) -> Result<(), Problem> {
    let facts = load_learner_facts(db, &[learner])?.pop().filter(|facts| !facts.places.is_empty());
    let facts = facts.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let own = match permission.caller() {
        Caller::Learner(own) => *own == learner,
        caller => {
            let book = state.rule_books.current(db)?;
            facts.place_on(state.clock.today(), None).is_some_and(|place| caller.answers_for(book.places(), place))
        }
    };
    permission.require_file(own, learner)?;
    facts.ended_in.map_or(Ok(()), |successor| Err(Problem::learner_merged(successor)))
}

/// What waits under a number of these files because it came with another name.
fn misnamed(db: &mut Db, files: &[LearnerId]) -> Result<BTreeMap<Key, CompletionHold>, Problem> {
    let hashes = identifiers_of(db, files)?.into_iter().map(|(hash, _)| WaitsFor::Name(hash).to_string());
    let hashes: Vec<String> = hashes.collect();
    let wanted: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let holds = find_waiting(db, &wanted, MOST_MISNAMED)?;
    Ok(by_key(holds).collect())
}

fn by_key(holds: Vec<CompletionHold>) -> impl Iterator<Item = (Key, CompletionHold)> {
    holds.into_iter().map(|hold| (Key(hold.platform_id, hold.external_id.clone()), hold))
}

type Known = HashMap<Key, (Completion, CompletionDecision)>;

fn load(db: &mut Db, keys: &[Key]) -> Result<Known, Problem> {
    let mut by_platform: BTreeMap<PlatformId, Vec<&str>> = BTreeMap::new();
    for Key(platform, id) in keys {
        by_platform.entry(*platform).or_default().push(id);
    }
    let mut known = Known::new();
    for (platform, ids) in by_platform {
        let mut last: HashMap<String, CompletionDecision> =
            latest_decisions(db, platform, &ids)?.into_iter().map(|last| (last.external_id.clone(), last)).collect();
        for evidence in find(db, platform, &ids)? {
            if let Some(last) = last.remove(&evidence.external_id) {
                let _ = known.insert(Key(platform, evidence.external_id.clone()), (evidence, last));
            }
        }
    }
    Ok(known)
}

/// 关于学员的一条完成记录 / What was pushed about a learner, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfLearnerBody {
    /// 本服务的编号 / This service's id.
    completion_id: Uuid,
    /// 推送的平台 / The platform that pushed it.
    platform_id: Uuid,
    /// 平台的编号 / The platform's id.
    external_id: String,
    /// 课程（代码或编号） / The course, by code or id.
    course: String,
    /// 完成时刻 / When it was completed.
    completed_at: Moment,
    /// 收到时刻 / When it came in.
    received_at: Moment,
    /// 最后一次决定的结果 / What the last decision said.
    #[schema(example = "credited")]
    outcome: String,
    /// 年度 / The year.
    year: Option<i32>,
    /// 原因 / Why.
    reasons: Vec<ReasonBody>,
    /// 决定时刻 / When it was decided.
    decided_at: Moment,
}

impl OfLearnerBody {
    fn new(evidence: &Completion, last: &CompletionDecision, reasons: Vec<ReasonBody>) -> Self {
        Self {
            completion_id: evidence.completion_id.as_uuid(),
            platform_id: evidence.platform_id.as_uuid(),
            external_id: evidence.external_id.clone(),
            course: evidence.course_ref.clone(),
            completed_at: evidence.completed_at.into(),
            received_at: evidence.received_at.into(),
            outcome: last.outcome.clone(),
            year: last.year,
            reasons,
            decided_at: last.decided_at.into(),
        }
    }
}

/// 推送的关于某学员的全部完成记录 / What platforms pushed about a learner
///
/// 含被拒、等待、不计入和已撤销的；以本人证件号、他人姓名推送而等待的也在其中 /
/// With what was refused, waits, does not count or was taken back, and what waits under the learner's number with another name
#[utoipa::path(
    tag = "completions",
    operation_id = "list_learner_completions",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id"), Page),
    responses((status = 200, description = "一页 / A page", body = Paged<OfLearnerBody>))
)]
#[get("/learners/{id}/completions")]
pub(super) async fn list_learner_completions(
    permit: Permit<operation::ListLearnerCompletions>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    page: Page,
    language: Language,
) -> Result<web::Json<Paged<OfLearnerBody>>, Problem> {
    let shared = state.clone();
    let read = move |db: &mut Db| self::page(db, &shared, &permit.0, id.0, (&page, language));
    state.store.read(read).await.map(web::Json)
}
