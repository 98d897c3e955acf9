//! Pushed evidence, the decisions over it, the answers given, and what waits.
//!
//! Evidence (`completion`), decisions and answers are only ever inserted. `completion_hold` is the queue of what waits for a
//! person, a course, another item or a rule; its rows come and go.

mod erasure;
mod holds;
mod locks;
mod of_learner;
mod waited;

pub use erasure::{empty_evidence, naming};
pub(crate) use holds::page;
pub use holds::{
    CompletionHold, awaited_among, delete_holds, find_waiting, held_of_learners, holds_of, move_holds, next_awaited,
    put_holds, rules_awaited_by, waiting_for, waiting_of_platform,
};
pub use locks::hold_below;
pub use of_learner::{
    Whose, decided_by_others, granting, items_that_named, latest_of_learner, platforms_of, uncounted_of,
};
pub use waited::{Waited, long_held, note_said};

use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all, insert_new},
    db::on_db,
    schema::{completion, completion_batch, completion_decision, completion_outcome},
    types::{Hundredths, Opt, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{BatchId, CompletionId, CourseId, EntryId, Hours, LearnerId, PlatformId, PolicyId},
    registry::Mode,
};
use std::collections::HashMap;
use time::OffsetDateTime;

/// One pushed item as it came in. It holds no personal field: persons and names are keyed hashes, which are emptied when the
/// person is erased.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = completion, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Completion {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub external_id: String,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub completion_id: CompletionId,
    pub person_hash: Option<String>,
    pub name_hash: Option<String>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub learner_ref: Option<LearnerId>,
    pub course_ref: String,
    pub course_ref_kind: String,
    #[diesel(serialize_as = Word<Mode>, deserialize_as = Word<Mode>)]
    pub mode: Mode,
    #[diesel(serialize_as = Opt<Hundredths>, deserialize_as = Opt<Hundredths>)]
    pub hours_hundredths: Option<Hours>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub started_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub ended_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Hundredths>, deserialize_as = Opt<Hundredths>)]
    pub score_hundredths: Option<Hours>,
    pub passed: Option<bool>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub completed_at: OffsetDateTime,
    pub replaces: Option<String>,
    pub evidence: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub received_at: OffsetDateTime,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub batch_id: BatchId,
    pub attempt: i32,
    pub line: i32,
}

/// A decision over one item. The first has number 1.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = completion_decision, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CompletionDecision {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub external_id: String,
    pub number: i32,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub batch_id: Option<BatchId>,
    pub attempt: Option<i32>,
    pub line: Option<i32>,
    pub outcome: String,
    pub reasons: String,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub learner_id: Option<LearnerId>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub course_id: Option<CourseId>,
    pub year: Option<i32>,
    /// The category in the tree of the rules that decided.
    pub category: Option<String>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub policy_id: Option<PolicyId>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub entry_id: Option<EntryId>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub decided_at: OffsetDateTime,
}

/// An answer that made no decision: a repeat, a conflict, a malformed line.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = completion_outcome, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CompletionOutcome {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub batch_id: BatchId,
    pub attempt: i32,
    pub line: i32,
    pub external_id: Option<String>,
    pub outcome: String,
    pub detail: String,
}

/// One sending of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = completion_batch, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CompletionBatch {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub batch_id: BatchId,
    pub attempt: i32,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub platform_id: PlatformId,
    pub media: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub received_at: OffsetDateTime,
    /// The last sign of life of the sending.
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub updated_at: OffsetDateTime,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub finished_at: Option<OffsetDateTime>,
    pub state: String,
    pub lines: i32,
    pub counts: String,
}

/// Evidence of one platform under the given ids.
pub fn find(db: &mut Db, platform: PlatformId, external_ids: &[&str]) -> Result<Vec<Completion>, StoreError> {
    let mut found = Vec::new();
    for chunk in external_ids.chunks(LIST) {
        let rows: Vec<Completion> = on_db!(db, c => completion::table
            .filter(completion::platform_id.eq(Uid::from(platform)))
            .filter(completion::external_id.eq_any(chunk))
            .select(Completion::as_select())
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// Which items of one platform name these as what they replace: theirs and the one named, in their order.
pub fn find_replacing(
    db: &mut Db,
    platform: PlatformId,
    replaced: &[&str],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut found = Vec::new();
    for chunk in replaced.chunks(LIST) {
        let rows: Vec<(String, Option<String>)> = on_db!(db, c => completion::table
            .filter(completion::platform_id.eq(Uid::from(platform)))
            .filter(completion::replaces.eq_any(chunk))
            .select((completion::external_id, completion::replaces))
            .order(completion::external_id)
            .load(c))?;
        found.extend(rows.into_iter().filter_map(|(id, replaces)| Some((id, replaces?))));
    }
    Ok(found)
}

/// Evidence by its own id.
pub fn find_by_completion_id(db: &mut Db, id: CompletionId) -> Result<Option<Completion>, StoreError> {
    Ok(on_db!(db, c => completion::table
        .filter(completion::completion_id.eq(Uid::from(id)))
        .select(Completion::as_select())
        .first(c)
        .optional())?)
}

/// Keeps evidence whose key is free; answers the external ids that were new.
pub fn insert_new_completions(db: &mut Db, rows: &[Completion]) -> Result<Vec<String>, StoreError> {
    let value = |row: &Completion| row.external_id.clone();
    Ok(insert_new!(db, completion::table, rows, completion::external_id, String, value))
}

/// The last decision over each of the items that has one, in the order of their ids. However often an item was decided, only
/// that one is read: its number is the last in the key.
pub fn latest_decisions(
    db: &mut Db,
    platform: PlatformId,
    external_ids: &[&str],
) -> Result<Vec<CompletionDecision>, StoreError> {
    let mut latest: Vec<CompletionDecision> = Vec::new();
    for chunk in external_ids.chunks(LIST) {
        let any = diesel::alias!(completion_decision as any_decision);
        let last_number = any
            .filter(any.field(completion_decision::platform_id).eq(completion::platform_id))
            .filter(any.field(completion_decision::external_id).eq(completion::external_id))
            .select(diesel::dsl::max(any.field(completion_decision::number)))
            .single_value();
        let of_item = completion_decision::platform_id
            .eq(completion::platform_id)
            .and(completion_decision::external_id.eq(completion::external_id));
        let rows: Vec<CompletionDecision> = on_db!(db, c => completion::table
            .inner_join(completion_decision::table.on(of_item))
            .filter(completion::platform_id.eq(Uid::from(platform)))
            .filter(completion::external_id.eq_any(chunk))
            .filter(completion_decision::number.nullable().eq(last_number))
            .select(CompletionDecision::as_select())
            .order(completion::external_id)
            .load(c))?;
        latest.extend(rows);
    }
    Ok(latest)
}

/// Whose each of the items is by the last decision over it that names anyone. One that nobody was ever named for has no entry.
pub fn last_named(
    db: &mut Db,
    platform: PlatformId,
    external_ids: &[&str],
) -> Result<HashMap<String, LearnerId>, StoreError> {
    let mut named = HashMap::new();
    for chunk in external_ids.chunks(LIST) {
        let rows: Vec<(String, Option<Uid>)> = on_db!(db, c => completion_decision::table
            .filter(completion_decision::platform_id.eq(Uid::from(platform)))
            .filter(completion_decision::external_id.eq_any(chunk))
            .filter(completion_decision::learner_id.is_not_null())
            .order((completion_decision::external_id, completion_decision::number))
            .select((completion_decision::external_id, completion_decision::learner_id))
            .load(c))?;
        named.extend(rows.into_iter().filter_map(|(id, learner)| Some((id, learner?.into()))));
    }
    Ok(named)
}

/// The outcome of the first decision over each of the items that has one.
pub fn first_outcomes(
    db: &mut Db,
    platform: PlatformId,
    external_ids: &[&str],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut first = Vec::new();
    for chunk in external_ids.chunks(LIST) {
        let rows: Vec<(String, String)> = on_db!(db, c => completion_decision::table
            .filter(completion_decision::platform_id.eq(Uid::from(platform)))
            .filter(completion_decision::external_id.eq_any(chunk))
            .filter(completion_decision::number.eq(1))
            .select((completion_decision::external_id, completion_decision::outcome))
            .load(c))?;
        first.extend(rows);
    }
    Ok(first)
}

/// When each of the items was pushed last, so that a decision answered it.
pub fn last_pushed(
    db: &mut Db,
    platform: PlatformId,
    external_ids: &[&str],
) -> Result<Vec<(String, OffsetDateTime)>, StoreError> {
    let mut pushed = Vec::new();
    for chunk in external_ids.chunks(LIST) {
        let rows: Vec<(String, Ts)> = on_db!(db, c => completion_decision::table
            .filter(completion_decision::platform_id.eq(Uid::from(platform)))
            .filter(completion_decision::external_id.eq_any(chunk))
            .filter(completion_decision::batch_id.is_not_null())
            .order((completion_decision::external_id, completion_decision::number.desc()))
            .select((completion_decision::external_id, completion_decision::decided_at))
            .load(c))?;
        pushed.extend(rows.into_iter().map(|(id, at)| (id, at.into())));
    }
    pushed.dedup_by(|later, first| later.0 == first.0);
    Ok(pushed)
}

/// Every decision over one item, the first one first.
pub fn decisions_of(
    db: &mut Db,
    platform: PlatformId,
    external_id: &str,
) -> Result<Vec<CompletionDecision>, StoreError> {
    Ok(on_db!(db, c => completion_decision::table
        .filter(completion_decision::platform_id.eq(Uid::from(platform)))
        .filter(completion_decision::external_id.eq(external_id))
        .order(completion_decision::number)
        .select(CompletionDecision::as_select())
        .load(c))?)
}

/// Appends decisions. Two processes that decide one item at once collide here, as [`StoreError::Conflict`].
pub fn insert_decisions(db: &mut Db, rows: &[CompletionDecision]) -> Result<(), StoreError> {
    insert_all!(db, completion_decision::table, rows);
    Ok(())
}

/// Appends answers that made no decision.
pub fn insert_outcomes(db: &mut Db, rows: &[CompletionOutcome]) -> Result<(), StoreError> {
    insert_all!(db, completion_outcome::table, rows);
    Ok(())
}

/// The number that the next sending of a batch gets, and the platform that sent it before.
pub fn last_attempt(db: &mut Db, batch: BatchId) -> Result<Option<CompletionBatch>, StoreError> {
    Ok(on_db!(db, c => completion_batch::table
        .filter(completion_batch::batch_id.eq(Uid::from(batch)))
        .order(completion_batch::attempt.desc())
        .select(CompletionBatch::as_select())
        .first(c)
        .optional())?)
}

/// Opens a sending. The same batch and attempt twice is [`StoreError::Conflict`].
pub fn insert_batch(db: &mut Db, batch: &CompletionBatch) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(completion_batch::table).values(batch.clone()).execute(c))?;
    Ok(())
}

/// Notes how far a sending has come, or that it is over.
pub fn update_batch(db: &mut Db, batch: &CompletionBatch) -> Result<(), StoreError> {
    on_db!(db, c => diesel::update(completion_batch::table.find((Uid::from(batch.batch_id), batch.attempt)))
        .set((
            completion_batch::state.eq(&batch.state),
            completion_batch::lines.eq(batch.lines),
            completion_batch::counts.eq(&batch.counts),
            completion_batch::updated_at.eq(Ts::from(batch.updated_at)),
            completion_batch::finished_at.eq(batch.finished_at.map(Ts::from)),
        ))
        .execute(c))?;
    Ok(())
}

/// The answers of one sending after a line, decisions and others merged in the order of their lines.
pub fn page_outcomes(
    db: &mut Db,
    batch: BatchId,
    attempt: i32,
    after_line: i32,
    limit: i64,
) -> Result<Vec<Answered>, StoreError> {
    let decisions: Vec<CompletionDecision> = on_db!(db, c => completion_decision::table
        .filter(completion_decision::batch_id.eq(Uid::from(batch)))
        .filter(completion_decision::attempt.eq(attempt))
        .filter(completion_decision::line.gt(after_line))
        .order(completion_decision::line)
        .limit(limit)
        .select(CompletionDecision::as_select())
        .load(c))?;
    let others: Vec<CompletionOutcome> = on_db!(db, c => completion_outcome::table
        .filter(completion_outcome::batch_id.eq(Uid::from(batch)))
        .filter(completion_outcome::attempt.eq(attempt))
        .filter(completion_outcome::line.gt(after_line))
        .order(completion_outcome::line)
        .limit(limit)
        .select(CompletionOutcome::as_select())
        .load(c))?;
    let mut merged: Vec<Answered> = decisions.into_iter().map(Answered::Decided).collect();
    merged.extend(others.into_iter().map(Answered::Answered));
    merged.sort_by_key(Answered::line);
    merged.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(merged)
}

/// One answer of a sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// With a decision.
    Decided(CompletionDecision),
    /// Without one.
    Answered(CompletionOutcome),
}

impl Answered {
    /// The line it answers.
    #[must_use]
    pub fn line(&self) -> i32 {
        match self {
            Self::Decided(decision) => decision.line.unwrap_or(i32::MAX),
            Self::Answered(outcome) => outcome.line,
        }
    }
}
