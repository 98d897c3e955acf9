//! Reassessments: that recorded items are decided anew by a later version of the rules, and what each of them decided otherwise. What
//! becomes of an item is decided in `domain::completions`.

use crate::{
    Db, StoreError,
    bulk::insert_all,
    db::on_db,
    schema::{reassessment, reassessment_item},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::{
    dsl::{count_star, sum},
    prelude::*,
};
use domain::{
    completions::Outcome,
    kernel::{Hours, LearnerId, PlaceCode, PlatformId, PolicyId, ReassessmentId, WorkId},
};
use time::OffsetDateTime;

/// What an office asks for. But for its end nothing of it ever changes.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = reassessment, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Reassessment {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub reassessment_id: ReassessmentId,
    /// The version by which items are decided.
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub policy_id: PolicyId,
    /// Its place.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    pub reason: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub work_id: WorkId,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub ended_at: Option<OffsetDateTime>,
    /// How many people were looked at.
    pub people: Option<i64>,
    /// How many of their items the version governs and another one had decided.
    pub items: Option<i64>,
}

/// A decision that a reassessment made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReassessedItem {
    /// Whose item it is.
    pub platform: PlatformId,
    /// The platform's id of it.
    pub external_id: String,
    /// The number of the decision.
    pub number: i32,
    /// Whose ledger it concerns.
    pub learner: LearnerId,
    /// What the item was.
    pub before: Reassessed,
    /// What it came to be.
    pub after: Reassessed,
}

/// What an item is worth by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reassessed {
    /// What was made of it.
    pub outcome: Outcome,
    /// The hours that count.
    pub hours: Hours,
}

/// How many items became what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReassessedCount {
    /// What they were, with the hours of all of them.
    pub before: Reassessed,
    /// What they came to be.
    pub after: Reassessed,
    /// How many.
    pub items: i64,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = reassessment_item)]
struct ItemRow {
    #[diesel(serialize_as = Uid)]
    platform_id: PlatformId,
    external_id: String,
    number: i32,
    #[diesel(serialize_as = Uid)]
    reassessment_id: ReassessmentId,
    #[diesel(serialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Word<Outcome>)]
    outcome_before: Outcome,
    #[diesel(serialize_as = Word<Outcome>)]
    outcome_after: Outcome,
    hundredths_before: i32,
    hundredths_after: i32,
}

/// Keeps what is asked for.
///
/// # Errors
/// [`StoreError::Conflict`] while another one of that version runs.
pub fn insert_reassessment(db: &mut Db, row: &Reassessment) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(reassessment::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// One of them.
pub fn find_reassessment(db: &mut Db, id: ReassessmentId) -> Result<Option<Reassessment>, StoreError> {
    let one = reassessment::table.find(Uid::from(id));
    Ok(on_db!(db, c => one.select(Reassessment::as_select()).first(c).optional())?)
}

/// The one of a version that has not ended.
pub fn running_reassessment(db: &mut Db, policy: PolicyId) -> Result<Option<Reassessment>, StoreError> {
    let one = reassessment::table
        .filter(reassessment::policy_id.eq(Uid::from(policy)))
        .filter(reassessment::ended_at.is_null());
    Ok(on_db!(db, c => one.select(Reassessment::as_select()).first(c).optional())?)
}

/// A page of those of a version, in the order in which they were asked for.
pub fn reassessments_of(
    db: &mut Db,
    policy: PolicyId,
    after: Option<ReassessmentId>,
    limit: i64,
) -> Result<Vec<Reassessment>, StoreError> {
    Ok(on_db!(db, c => {
        let mut query = reassessment::table
            .filter(reassessment::policy_id.eq(Uid::from(policy)))
            .select(Reassessment::as_select())
            .order(reassessment::reassessment_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(reassessment::reassessment_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?)
}

/// Says that it has ended, and how many people and items were looked at. False where that was said before.
pub fn end_reassessment(
    db: &mut Db,
    id: ReassessmentId,
    (people, items): (i64, i64),
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let changed = on_db!(db, c => diesel::update(reassessment::table.find(Uid::from(id)))
        .filter(reassessment::ended_at.is_null())
        .set((
            reassessment::ended_at.eq(Some(Ts::from(at))),
            reassessment::people.eq(Some(people)),
            reassessment::items.eq(Some(items)),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// Keeps which decisions it made.
pub fn insert_reassessed(
    db: &mut Db,
    reassessment_id: ReassessmentId,
    items: &[ReassessedItem],
) -> Result<(), StoreError> {
    let hundredths = |hours: Hours| i32::try_from(hours.hundredths()).unwrap_or(i32::MAX);
    let row = |item: &ReassessedItem| ItemRow {
        platform_id: item.platform,
        external_id: item.external_id.clone(),
        number: item.number,
        reassessment_id,
        learner_id: item.learner,
        outcome_before: item.before.outcome,
        outcome_after: item.after.outcome,
        hundredths_before: hundredths(item.before.hours),
        hundredths_after: hundredths(item.after.hours),
    };
    let rows: Vec<ItemRow> = items.iter().map(row).collect();
    insert_all!(db, reassessment_item::table, &rows);
    Ok(())
}

type CountRow = (Word<Outcome>, Word<Outcome>, i64, Option<i64>, Option<i64>);

/// How many items it decided otherwise, by what they were and came to be.
pub fn count_reassessed(db: &mut Db, id: ReassessmentId) -> Result<Vec<ReassessedCount>, StoreError> {
    let (before, after) = (reassessment_item::outcome_before, reassessment_item::outcome_after);
    let hours = (sum(reassessment_item::hundredths_before), sum(reassessment_item::hundredths_after));
    let rows: Vec<CountRow> = on_db!(db, c => reassessment_item::table
        .filter(reassessment_item::reassessment_id.eq(Uid::from(id)))
        .group_by((before, after))
        .select((before, after, count_star(), hours.0, hours.1))
        .order((before, after))
        .load(c))?;
    let of = |outcome: Word<Outcome>, hundredths: Option<i64>| Reassessed {
        outcome: outcome.into(),
        hours: Hours::from_hundredths(hundredths.unwrap_or_default()),
    };
    let count = |(before, after, items, from, to): CountRow| ReassessedCount {
        before: of(before, from),
        after: of(after, to),
        items,
    };
    Ok(rows.into_iter().map(count).collect())
}
