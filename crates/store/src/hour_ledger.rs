//! The hour ledger: lines that are inserted and read, never changed.
//!
//! What a line is worth is decided in `domain::completions`, what a year adds up to in `domain::hour_ledger`.

mod drawn;
mod of_course;
mod on_rolls;
mod others;
mod provisional;
mod sessions;
mod verified;

pub use drawn::{drawing_on, who_draw_surplus};
pub use of_course::{CourseTally, tally_of_course};
pub use on_rolls::{RollCounts, RollItem, count_on_roll, lines_on_rolls, page_of_roll, people_on_roll};
pub use others::lines_of_others;
pub use provisional::{ProvisionalCase, cases_about, insert_provisional_case, item_of_case, looked_at, unlooked_lines};
pub use sessions::{SessionWindow, lines_within, sessions_of};
pub use verified::files_after;

use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all},
    db::on_db,
    schema::hour_entry,
    types::{Hundredths, Opt, PlaceText, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    completions::Reason,
    hour_ledger::{Basis, Drawn, Entry, EntryKind, Ground},
    kernel::{CaseId, CompletionId, CourseId, EntryId, Hours, LearnerId, PlaceCode, PlatformId, PolicyId},
    policy::{CategoryCode, Fulfils},
    registry::Mode,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use time::OffsetDateTime;

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = hour_entry, treat_none_as_default_value = false)]
struct Row {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    entry_id: EntryId,
    #[diesel(serialize_as = Word<EntryKind>, deserialize_as = Word<EntryKind>)]
    kind: EntryKind,
    year: i32,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    place_code: PlaceCode,
    category: String,
    subject: Option<String>,
    #[diesel(serialize_as = Hundredths, deserialize_as = Hundredths)]
    hours_hundredths: Hours,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    course_id: Option<CourseId>,
    course_version: Option<i32>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    platform_id: Option<PlatformId>,
    external_id: Option<String>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    completion_id: Option<CompletionId>,
    decision_number: Option<i32>,
    #[diesel(serialize_as = Opt<Word<Mode>>, deserialize_as = Opt<Word<Mode>>)]
    mode: Option<Mode>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    started_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    ended_at: Option<OffsetDateTime>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    completed_at: OffsetDateTime,
    #[diesel(serialize_as = Opt<Word<Basis>>, deserialize_as = Opt<Word<Basis>>)]
    basis: Option<Basis>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    case_id: Option<CaseId>,
    achievement: Option<String>,
    #[diesel(serialize_as = Opt<Word<Fulfils>>, deserialize_as = Opt<Word<Fulfils>>)]
    fulfils: Option<Fulfils>,
    surplus_of: Option<i32>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    surplus_line: Option<EntryId>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    policy_id: Option<PolicyId>,
    review_reasons: Option<String>,
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    reverses: Option<EntryId>,
    reason_code: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    recorded_at: OffsetDateTime,
    recorded_by: String,
}

impl From<&Entry> for Row {
    fn from(entry: &Entry) -> Self {
        let ground = entry.ground.as_ref();
        Self {
            learner_id: entry.learner,
            entry_id: entry.id,
            kind: entry.kind,
            year: entry.year,
            place_code: entry.place.clone(),
            category: entry.category.to_string(),
            subject: entry.subject.clone(),
            hours_hundredths: entry.hours,
            course_id: entry.course,
            course_version: entry.course_version,
            platform_id: entry.platform,
            external_id: entry.external_id.clone(),
            completion_id: entry.completion,
            decision_number: entry.decision_number,
            mode: entry.mode,
            started_at: entry.started_at,
            ended_at: entry.ended_at,
            completed_at: entry.completed_at,
            basis: ground.map(|ground| ground.basis),
            case_id: ground.map(|ground| ground.case),
            achievement: ground.and_then(|ground| ground.achievement.clone()),
            fulfils: ground.and_then(|ground| ground.fulfils),
            surplus_of: ground.and_then(|ground| ground.drawn).map(|drawn| drawn.year),
            surplus_line: ground.and_then(|ground| ground.drawn).map(|drawn| drawn.line),
            policy_id: entry.policy,
            review_reasons: reasons_text(&entry.review),
            reverses: entry.reverses,
            reason_code: entry.reason_code.clone(),
            recorded_at: entry.recorded_at,
            recorded_by: entry.recorded_by.clone(),
        }
    }
}

fn reasons_text(reasons: &[Reason]) -> Option<String> {
    // Reasons are plain data with text keys, which JSON can always hold.
    (!reasons.is_empty()).then(|| serde_json::to_string(reasons).unwrap_or_default())
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    /// Reasons that cannot be read are a failure and never none: whether a line wants a decision depends on them.
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let read = |text: String| {
            serde_json::from_str(&text)
                .map_err(|error| StoreError::Unreadable(format!("the reasons of line {}: {error}", row.entry_id)))
        };
        let ground = row.basis.zip(row.case_id).map(|(basis, case)| Ground {
            basis,
            case,
            achievement: row.achievement,
            fulfils: row.fulfils,
            drawn: row.surplus_of.zip(row.surplus_line).map(|(year, line)| Drawn { year, line }),
        });
        let review = row.review_reasons.map(read).transpose()?.unwrap_or_default();
        Ok(Self {
            id: row.entry_id,
            learner: row.learner_id,
            kind: row.kind,
            year: row.year,
            place: row.place_code,
            category: CategoryCode::new(row.category),
            subject: row.subject,
            hours: row.hours_hundredths,
            course: row.course_id,
            course_version: row.course_version,
            platform: row.platform_id,
            external_id: row.external_id,
            completion: row.completion_id,
            decision_number: row.decision_number,
            mode: row.mode,
            started_at: row.started_at,
            ended_at: row.ended_at,
            completed_at: row.completed_at,
            ground,
            policy: row.policy_id,
            review,
            reverses: row.reverses,
            reason_code: row.reason_code,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
        })
    }
}

/// Appends lines. A second reversal of one line, or a second line of one decision, is [`StoreError::Conflict`].
pub fn insert_entries(db: &mut Db, entries: &[Entry]) -> Result<(), StoreError> {
    let rows: Vec<Row> = entries.iter().map(Row::from).collect();
    insert_all!(db, hour_entry::table, &rows);
    provisional::note(db, entries)
}

/// The lines of one person and year with what touches them, see [`entries_of_many`].
pub fn entries_of(
    db: &mut Db,
    learner: LearnerId,
    year: i32,
    known_at: Option<OffsetDateTime>,
) -> Result<Vec<Entry>, StoreError> {
    entries_of_many(db, &[learner], Some(&[year]), known_at)
}

/// The lines of many persons, of some years or of all, as recorded by `known_at`. In no promised order.
///
/// Where lines of some years state sessions, lines of other years with sessions near those are among the answer, with what
/// took them back: what those years count as depends on them. That is a second query, and none where no line states one. Lines that
/// draw on the surplus of those years are among it too, and where lines of those years draw on another one, what that year holds.
pub fn entries_of_many(
    db: &mut Db,
    learners: &[LearnerId],
    years: Option<&[i32]>,
    known_at: Option<OffsetDateTime>,
) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in learners.chunks(LIST) {
        let mut lines = lines_of_years(db, chunk, years, known_at)?;
        if let Some(years) = years {
            // What they draw on, with all else that draws on it.
            let drawn =
                lines.iter().filter(|line| years.contains(&line.year)).filter_map(|line| Some(line.drawn()?.year));
            let sources: BTreeSet<i32> = drawn.filter(|year| !years.contains(year)).collect();
            if !sources.is_empty() {
                lines.extend(lines_of_years(db, chunk, Some(&Vec::from_iter(sources)), known_at)?);
                lines.sort_by_key(|line| line.id);
                lines.dedup_by_key(|line| line.id);
            }
            // Each in the own time: one person's session long ago brings nobody else's lines along. A reversal carries the
            // session of the line that it takes back, so both are found.
            let mut near = sessions_of(db, &spans(&lines))?;
            near.retain(|line| !years.contains(&line.year) && known_at.is_none_or(|moment| line.recorded_at <= moment));
            found.extend(near);
        }
        found.extend(lines);
    }
    Ok(found)
}

fn lines_of_years(
    db: &mut Db,
    learners: &[LearnerId],
    years: Option<&[i32]>,
    known_at: Option<OffsetDateTime>,
) -> Result<Vec<Entry>, StoreError> {
    let learners: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    let draws = hour_entry::surplus_of.assume_not_null();
    let rows: Vec<Row> = on_db!(db, c => {
        let mut query = hour_entry::table.select(Row::as_select()).into_boxed();
        query = match learners.as_slice() {
            // The plain comparison is a prepared statement that both back ends keep.
            [one] => query.filter(hour_entry::learner_id.eq(*one)),
            many => query.filter(hour_entry::learner_id.eq_any(many.to_vec())),
        };
        query = match years {
            None => query,
            Some([one]) => query.filter(hour_entry::year.eq(*one).or(draws.eq(*one))),
            Some(many) => query.filter(hour_entry::year.eq_any(many.to_vec()).or(draws.eq_any(many.to_vec()))),
        };
        if let Some(known_at) = known_at {
            query = query.filter(hour_entry::recorded_at.le(Ts::from(known_at)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// For each person the time between the first begin and the last end of the sessions that the lines state.
fn spans(lines: &[Entry]) -> Vec<SessionWindow> {
    let mut spans: BTreeMap<LearnerId, SessionWindow> = BTreeMap::new();
    for line in lines {
        let Some((from, until)) = line.started_at.zip(line.ended_at) else { continue };
        let span = spans.entry(line.learner).or_insert(SessionWindow { learner: line.learner, from, until });
        (span.from, span.until) = (span.from.min(from), span.until.max(until));
    }
    spans.into_values().collect()
}

/// A page of one person's ledger in the order in which the ids of lines were made. A line that commits a moment after another
/// with a later id stands before it, so a reader who waits at the end of the ledger must look again from a little earlier.
/// `without` are lines that are left out.
pub fn page_of_learner(
    db: &mut Db,
    learner: LearnerId,
    year: Option<i32>,
    (after, without): (Option<EntryId>, &HashSet<EntryId>),
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = on_db!(db, c => {
        let mut query = hour_entry::table
            .filter(hour_entry::learner_id.eq(Uid::from(learner)))
            .select(Row::as_select())
            .order(hour_entry::entry_id)
            .limit(limit)
            .into_boxed();
        if let Some(year) = year {
            query = query.filter(hour_entry::year.eq(year));
        }
        if let Some(after) = after {
            query = query.filter(hour_entry::entry_id.gt(Uid::from(after)));
        }
        if !without.is_empty() {
            query = query.filter(hour_entry::entry_id.ne_all(without.iter().map(|id| Uid::from(*id)).collect::<Vec<_>>()));
        }
        query.load(c)
    })?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The lines of one person that rest on a case and not on a pushed item, with what took them back; in no promised order.
pub fn lines_on_cases(db: &mut Db, learner: LearnerId) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<Row> = on_db!(db, c => hour_entry::table
        .filter(hour_entry::learner_id.eq(Uid::from(learner)))
        .filter(hour_entry::case_id.is_not_null())
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// The lines that rest on one case, in whichever of these files they stand or stood, with what took them back; in no promised order.
pub fn lines_of_case(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Vec<Entry>, StoreError> {
    let files: Vec<Uid> = files.iter().map(|id| Uid::from(*id)).collect();
    let rows: Vec<Row> = on_db!(db, c => hour_entry::table
        .filter(hour_entry::learner_id.eq_any(&files))
        .filter(hour_entry::case_id.eq(Uid::from(case)))
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// One line, and its reversal where it has one.
pub fn find_entry(db: &mut Db, learner: LearnerId, id: EntryId) -> Result<Option<(Entry, Option<Entry>)>, StoreError> {
    let rows: Vec<Row> = on_db!(db, c => hour_entry::table
        .filter(hour_entry::learner_id.eq(Uid::from(learner)))
        .filter(hour_entry::entry_id.eq(Uid::from(id)).or(hour_entry::reverses.eq(Uid::from(id))))
        .select(Row::as_select())
        .load(c))?;
    let (mut line, mut reversal) = (None, None);
    for row in rows {
        let entry = Entry::try_from(row)?;
        if entry.id == id { line = Some(entry) } else { reversal = Some(entry) }
    }
    Ok(line.map(|line| (line, reversal)))
}

/// The lines of these persons with these ids, in no promised order.
pub fn entries_by_id(db: &mut Db, lines: &[(LearnerId, EntryId)]) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for chunk in lines.chunks(LIST) {
        let learners: Vec<Uid> = chunk.iter().map(|(learner, _)| Uid::from(*learner)).collect();
        let ids: Vec<Uid> = chunk.iter().map(|(_, id)| Uid::from(*id)).collect();
        let rows: Vec<Row> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(&learners))
            .filter(hour_entry::entry_id.eq_any(&ids))
            .select(Row::as_select())
            .load(c))?;
        for row in rows {
            found.push(Entry::try_from(row)?);
        }
    }
    Ok(found)
}

/// Which of the lines were taken back.
pub fn reversed_among(db: &mut Db, lines: &[(LearnerId, EntryId)]) -> Result<HashSet<EntryId>, StoreError> {
    let mut found = HashSet::new();
    for chunk in lines.chunks(LIST) {
        let learners: Vec<Uid> = chunk.iter().map(|(learner, _)| Uid::from(*learner)).collect();
        let ids: Vec<Uid> = chunk.iter().map(|(_, id)| Uid::from(*id)).collect();
        let rows: Vec<Option<Uid>> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq_any(&learners))
            .filter(hour_entry::reverses.eq_any(&ids))
            .select(hour_entry::reverses)
            .load(c))?;
        found.extend(rows.into_iter().flatten().map(EntryId::from));
    }
    Ok(found)
}

/// What took back which of one person's lines: the line taken back and the line that did it.
pub fn reversals_of(db: &mut Db, learner: LearnerId, lines: &[EntryId]) -> Result<Vec<(EntryId, EntryId)>, StoreError> {
    let mut found = Vec::new();
    for chunk in lines.chunks(LIST) {
        let ids: Vec<Uid> = chunk.iter().map(|id| Uid::from(*id)).collect();
        let rows: Vec<(Option<Uid>, Uid)> = on_db!(db, c => hour_entry::table
            .filter(hour_entry::learner_id.eq(Uid::from(learner)))
            .filter(hour_entry::reverses.eq_any(&ids))
            .select((hour_entry::reverses, hour_entry::entry_id))
            .load(c))?;
        found.extend(rows.into_iter().filter_map(|(line, by)| Some((line?.into(), by.into()))));
    }
    Ok(found)
}
