//! What was found of somebody's hours, which lines that concerns, and what became of it. What follows from a finding is decided in
//! `domain::findings`; where its review is stands in the room `review`, under the same id.

mod courses;

pub use courses::{
    CourseFinding, OfCourse, annul_course_finding, count_concerned, count_course_lines, count_course_lines_of,
    count_of_course, course_findings_of, decide_course_finding, files_of_course_finding, find_course_finding,
    hold_course_finding, insert_course_finding, insert_course_lines, lines_concerned, people_concerned,
};

use crate::{
    Db, StoreError,
    bulk::of_ids,
    db::on_db,
    schema::{finding, finding_line, finding_step},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    findings::{Annulment, Finding, Sanction},
    kernel::{CaseId, EntryId, LearnerId},
    policy::shape::Cause,
};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};

domain::words! {
    /// What became of a finding.
    pub enum FindingStep {
        /// It took effect.
        Decided = "decided",
        /// It was annulled.
        Annulled = "annulled",
    }
}

/// What is found of somebody, before anything follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = finding, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct Alleged {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub case_id: CaseId,
    #[diesel(serialize_as = Word<Cause>, deserialize_as = Word<Cause>)]
    pub cause: Cause,
    pub decided_on: Date,
    /// What proves it, by its title or number; none where its person was erased.
    pub document: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = finding_line, treat_none_as_default_value = false)]
struct LineRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    entry_id: EntryId,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = finding_step, treat_none_as_default_value = false)]
struct StepRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    case_id: CaseId,
    #[diesel(serialize_as = Word<FindingStep>, deserialize_as = Word<FindingStep>)]
    step: FindingStep,
    sanctions: Option<String>,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    recorded_at: OffsetDateTime,
    recorded_by: String,
}

/// A finding with all that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was found.
    pub alleged: Alleged,
    /// The lines concerned, in the order of their ids.
    pub lines: Vec<EntryId>,
    /// When it took effect and what followed; none before that.
    pub decided: Option<(OffsetDateTime, Vec<Sanction>)>,
    /// When it was annulled.
    pub annulled_at: Option<OffsetDateTime>,
}

impl Found {
    /// The finding, once it took effect.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        let (recorded_at, sanctions) = self.decided.clone()?;
        let case = self.alleged.case_id;
        Some(Finding {
            case,
            cause: self.alleged.cause,
            decided_on: self.alleged.decided_on,
            lines: self.lines.clone(),
            sanctions,
            recorded_at,
            annulled: self.annulled_at.map(|recorded_at| Annulment { case, recorded_at }),
        })
    }
}

/// Keeps what is found, with the lines that it concerns.
///
/// # Errors
/// [`StoreError::Conflict`] where there is such a finding.
pub fn insert_finding(db: &mut Db, row: &Alleged, lines: &[EntryId]) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(finding::table).values(row.clone()).execute(c))?;
    add_lines(db, (row.learner_id, row.case_id), lines)
}

/// Adds lines that stand for those which it named.
pub fn add_lines(db: &mut Db, (learner_id, case_id): (LearnerId, CaseId), lines: &[EntryId]) -> Result<(), StoreError> {
    for entry_id in lines {
        let row = LineRow { learner_id, case_id, entry_id: *entry_id };
        on_db!(db, c => diesel::insert_into(finding_line::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Says that a finding took effect, and what follows.
///
/// # Errors
/// [`StoreError::Conflict`] where that was said before.
pub fn insert_decided(
    db: &mut Db,
    (learner_id, case_id): (LearnerId, CaseId),
    sanctions: &[Sanction],
    (recorded_at, by): (OffsetDateTime, &str),
) -> Result<(), StoreError> {
    let text = serde_json::to_string(sanctions).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    let (step, recorded_by) = (FindingStep::Decided, by.to_owned());
    insert_step(db, StepRow { learner_id, case_id, step, sanctions: Some(text), recorded_at, recorded_by })
}

/// Says that a finding was annulled.
///
/// # Errors
/// [`StoreError::Conflict`] where that was said before.
pub fn insert_annulled(
    db: &mut Db,
    (learner_id, case_id): (LearnerId, CaseId),
    (recorded_at, by): (OffsetDateTime, &str),
) -> Result<(), StoreError> {
    let (step, recorded_by) = (FindingStep::Annulled, by.to_owned());
    insert_step(db, StepRow { learner_id, case_id, step, sanctions: None, recorded_at, recorded_by })
}

fn insert_step(db: &mut Db, row: StepRow) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(finding_step::table).values(row).execute(c))?;
    Ok(())
}

/// One finding, which stands in one of the files of its person.
pub fn find_finding(db: &mut Db, files: &[LearnerId], case: CaseId) -> Result<Option<Found>, StoreError> {
    let files: Vec<Uid> = files.iter().map(|id| Uid::from(*id)).collect();
    let row: Option<Alleged> = on_db!(db, c => finding::table
        .filter(finding::learner_id.eq_any(&files))
        .filter(finding::case_id.eq(Uid::from(case)))
        .select(Alleged::as_select())
        .first(c)
        .optional())?;
    let Some(row) = row else { return Ok(None) };
    Ok(with_all(db, vec![row])?.pop())
}

/// A page of the findings in the files of one person, in the order in which they were filed. `decided` leaves out what has not taken effect.
pub fn page_of_findings(
    db: &mut Db,
    files: &[LearnerId],
    decided: bool,
    (after, limit): (Option<CaseId>, i64),
) -> Result<Vec<Found>, StoreError> {
    let files: Vec<Uid> = files.iter().map(|id| Uid::from(*id)).collect();
    let rows: Vec<Alleged> = on_db!(db, c => {
        let mut query = finding::table
            .filter(finding::learner_id.eq_any(&files))
            .order(finding::case_id)
            .limit(limit)
            .select(Alleged::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(finding::case_id.gt(Uid::from(after)));
        }
        if decided {
            query = query.filter(diesel::dsl::exists(
                finding_step::table
                    .filter(finding_step::learner_id.eq(finding::learner_id))
                    .filter(finding_step::case_id.eq(finding::case_id)),
            ));
        }
        query.load(c)
    })?;
    with_all(db, rows)
}

/// What took effect of these files, by file and in the order in which it was filed.
pub fn findings_of(db: &mut Db, files: &[LearnerId]) -> Result<HashMap<LearnerId, Vec<Finding>>, StoreError> {
    let rows: Vec<Alleged> = of_ids(files, |some| {
        on_db!(db, c => finding::table
            .filter(finding::learner_id.eq_any(some))
            .order((finding::learner_id, finding::case_id))
            .select(Alleged::as_select())
            .load(c))
    })?;
    let mut found: HashMap<LearnerId, Vec<Finding>> = HashMap::new();
    for one in with_all(db, rows)? {
        if let Some(finding) = one.finding() {
            found.entry(one.alleged.learner_id).or_default().push(finding);
        }
    }
    Ok(found)
}

/// These findings with their lines and steps, in their order.
fn with_all(db: &mut Db, rows: Vec<Alleged>) -> Result<Vec<Found>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut files: Vec<LearnerId> = rows.iter().map(|row| row.learner_id).collect();
    files.sort_unstable();
    files.dedup();
    let mut lines: HashMap<CaseId, Vec<EntryId>> = HashMap::new();
    let mut steps: HashMap<CaseId, Vec<StepRow>> = HashMap::new();
    let found: Vec<LineRow> = of_ids(&files, |some| {
        on_db!(db, c => finding_line::table
            .filter(finding_line::learner_id.eq_any(some))
            .order((finding_line::case_id, finding_line::entry_id))
            .select(LineRow::as_select())
            .load(c))
    })?;
    found.into_iter().for_each(|line| lines.entry(line.case_id).or_default().push(line.entry_id));
    let found: Vec<StepRow> = of_ids(&files, |some| {
        on_db!(db, c => finding_step::table
            .filter(finding_step::learner_id.eq_any(some))
            .select(StepRow::as_select())
            .load(c))
    })?;
    found.into_iter().for_each(|step| steps.entry(step.case_id).or_default().push(step));
    rows.into_iter()
        .map(|alleged| {
            let lines = lines.remove(&alleged.case_id).unwrap_or_default();
            let (mut decided, mut annulled_at) = (None, None);
            for step in steps.remove(&alleged.case_id).unwrap_or_default() {
                match step.step {
                    FindingStep::Decided => decided = Some((step.recorded_at, read(&step)?)),
                    FindingStep::Annulled => annulled_at = Some(step.recorded_at),
                }
            }
            Ok(Found { alleged, lines, decided, annulled_at })
        })
        .collect()
}

fn read(step: &StepRow) -> Result<Vec<Sanction>, StoreError> {
    serde_json::from_str(step.sanctions.as_deref().unwrap_or("[]"))
        .map_err(|error| StoreError::Unreadable(format!("the sanctions of finding {}: {error}", step.case_id)))
}

/// Empties what may name these persons.
pub fn empty_findings(db: &mut Db, learners: &[LearnerId]) -> Result<(), StoreError> {
    let ids: Vec<Uid> = learners.iter().map(|id| Uid::from(*id)).collect();
    on_db!(db, c => diesel::update(finding::table)
        .filter(finding::learner_id.eq_any(&ids))
        .filter(finding::document.is_not_null())
        .set(finding::document.eq(None::<String>))
        .execute(c))?;
    Ok(())
}
