//! Findings about a whole version of a course, and the lines that each of them concerns, noted as they are taken back.

use crate::{
    Db, StoreError,
    bulk::{insert_all, of_ids},
    db::on_db,
    schema::{course_finding, course_finding_line, hour_entry},
    types::{Opt, PlaceText, Ts, Uid, Word},
};
use diesel::{
    dsl::{count, count_star, exists, not},
    prelude::*,
};
use domain::{
    findings::{Annulment, FOUND_FALSE, Finding},
    hour_ledger::EntryKind,
    kernel::{CaseId, CourseId, EntryId, LearnerId, PlaceCode, WorkId},
    policy::shape::Cause,
};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};

/// That all hours which a version of a course gave to the people of a place were false.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = course_finding, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns say it")]
pub struct CourseFinding {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub finding_id: CaseId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub course_id: CourseId,
    pub course_version: i32,
    /// The lines concerned were credited under the rules of this place or of one below it.
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    pub place_code: PlaceCode,
    pub found_on: Date,
    pub document: String,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub recorded_at: OffsetDateTime,
    pub recorded_by: String,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub decided_at: Option<OffsetDateTime>,
    pub decided_by: Option<String>,
    /// The work that takes its lines back.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub work_id: Option<WorkId>,
    #[diesel(serialize_as = Opt<Ts>, deserialize_as = Opt<Ts>)]
    pub annulled_at: Option<OffsetDateTime>,
    pub annulled_by: Option<String>,
    pub annulment_reason: Option<String>,
    /// The work that says them anew.
    #[diesel(serialize_as = Opt<Uid>, deserialize_as = Opt<Uid>)]
    pub annulment_work_id: Option<WorkId>,
}

/// Which lines of the ledger a finding about a course concerns.
#[derive(Clone, Copy, Debug)]
pub struct OfCourse<'a> {
    /// The course.
    pub course: CourseId,
    /// Its version.
    pub version: i32,
    /// Credited under the rules of one of these places.
    pub places: &'a [PlaceCode],
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = course_finding_line, treat_none_as_default_value = false)]
struct LineRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    learner_id: LearnerId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    finding_id: CaseId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    entry_id: EntryId,
}

impl<'a> OfCourse<'a> {
    /// What a finding speaks of, whose place is that of these.
    #[must_use]
    pub fn of(row: &CourseFinding, places: &'a [PlaceCode]) -> Self {
        Self { course: row.course_id, version: row.course_version, places }
    }
}

/// Keeps a finding about a course.
pub fn insert_course_finding(db: &mut Db, row: &CourseFinding) -> Result<(), StoreError> {
    on_db!(db, c => diesel::insert_into(course_finding::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// One of them.
pub fn find_course_finding(db: &mut Db, id: CaseId) -> Result<Option<CourseFinding>, StoreError> {
    let one = course_finding::table.find(Uid::from(id));
    Ok(on_db!(db, c => one.select(CourseFinding::as_select()).first(c).optional())?)
}

/// Holds one of them to the end of the transaction, so that nobody else decides or annuls it at this moment. On SQLite writes follow one
/// another anyway.
pub fn hold_course_finding(db: &mut Db, id: CaseId) -> Result<(), StoreError> {
    let Db::Pg(c) = db else { return Ok(()) };
    let one = course_finding::table.find(Uid::from(id)).select(course_finding::finding_id);
    one.for_no_key_update().first::<Uid>(c).optional()?;
    Ok(())
}

/// Says that it takes effect, by a piece of work. False where that was said before.
pub fn decide_course_finding(
    db: &mut Db,
    id: CaseId,
    work: WorkId,
    (at, by): (OffsetDateTime, &str),
) -> Result<bool, StoreError> {
    let changed = on_db!(db, c => diesel::update(course_finding::table.find(Uid::from(id)))
        .filter(course_finding::decided_at.is_null())
        .set((
            course_finding::decided_at.eq(Some(Ts::from(at))),
            course_finding::decided_by.eq(Some(by)),
            course_finding::work_id.eq(Some(Uid::from(work))),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// Says that it is annulled, by a piece of work. False where that was said before, or it has not taken effect.
pub fn annul_course_finding(
    db: &mut Db,
    id: CaseId,
    (work, reason): (WorkId, &str),
    (at, by): (OffsetDateTime, &str),
) -> Result<bool, StoreError> {
    let changed = on_db!(db, c => diesel::update(course_finding::table.find(Uid::from(id)))
        .filter(course_finding::decided_at.is_not_null())
        .filter(course_finding::annulled_at.is_null())
        .set((
            course_finding::annulled_at.eq(Some(Ts::from(at))),
            course_finding::annulled_by.eq(Some(by)),
            course_finding::annulment_reason.eq(Some(reason)),
            course_finding::annulment_work_id.eq(Some(Uid::from(work))),
        ))
        .execute(c))?;
    Ok(changed > 0)
}

/// Lines of a version of a course, credited in some places.
macro_rules! credited {
    ($of:expr) => {{
        let OfCourse { course, version, places } = $of;
        let places: Vec<String> = places.iter().map(|place| place.as_str().to_owned()).collect();
        hour_entry::table
            .filter(hour_entry::course_id.eq(Uid::from(course)))
            .filter(hour_entry::course_version.eq(version))
            .filter(hour_entry::place_code.eq_any(places))
            .filter(hour_entry::kind.ne(Word::from(EntryKind::Reversal)))
    }};
}

/// Those of them that nothing took back.
macro_rules! standing {
    ($of:expr) => {{
        let back = diesel::alias!(hour_entry as back);
        let taken_back = back
            .filter(back.field(hour_entry::learner_id).eq(hour_entry::learner_id))
            .filter(back.field(hour_entry::reverses).eq(hour_entry::entry_id.nullable()));
        credited!($of).filter(not(exists(taken_back)))
    }};
}

/// Those of them that a finding concerns and that are not noted of it yet: which stand, or which another finding took back.
macro_rules! concerned {
    ($of:expr, $finding:expr) => {{
        let back = diesel::alias!(hour_entry as back);
        let otherwise = back
            .filter(back.field(hour_entry::learner_id).eq(hour_entry::learner_id))
            .filter(back.field(hour_entry::reverses).eq(hour_entry::entry_id.nullable()))
            .filter(back.field(hour_entry::reason_code).ne(FOUND_FALSE));
        let noted = course_finding_line::table
            .filter(course_finding_line::learner_id.eq(hour_entry::learner_id))
            .filter(course_finding_line::finding_id.eq(Uid::from($finding)))
            .filter(course_finding_line::entry_id.eq(hour_entry::entry_id));
        credited!($of).filter(not(exists(otherwise))).filter(not(exists(noted)))
    }};
}

/// How many lines of a version of a course stand, and of how many people.
pub fn count_of_course(db: &mut Db, of: OfCourse<'_>) -> Result<(i64, i64), StoreError> {
    let lines = on_db!(db, c => standing!(of).select(count_star()).first(c))?;
    let people = on_db!(db, c => standing!(of).select(count(hour_entry::learner_id).aggregate_distinct()).first(c))?;
    Ok((lines, people))
}

/// How many lines a finding concerns that are not noted of it yet.
pub fn count_concerned(db: &mut Db, of: OfCourse<'_>, finding: CaseId) -> Result<i64, StoreError> {
    Ok(on_db!(db, c => concerned!(of, finding).select(count_star()).first(c))?)
}

/// The next people of whom a finding concerns lines that are not noted of it yet, in the order of their ids.
pub fn people_concerned(
    db: &mut Db,
    of: OfCourse<'_>,
    finding: CaseId,
    (after, limit): (Option<LearnerId>, i64),
) -> Result<Vec<LearnerId>, StoreError> {
    let rows: Vec<Uid> = on_db!(db, c => {
        let mut query = concerned!(of, finding)
            .select(hour_entry::learner_id)
            .distinct()
            .order(hour_entry::learner_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(hour_entry::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(LearnerId::from).collect())
}

/// Which lines of these people a finding concerns that are not noted of it yet, in the order of people and lines.
pub fn lines_concerned(
    db: &mut Db,
    of: OfCourse<'_>,
    finding: CaseId,
    learners: &[LearnerId],
) -> Result<Vec<(LearnerId, EntryId)>, StoreError> {
    let rows: Vec<(Uid, Uid)> = of_ids(learners, |some| {
        on_db!(db, c => concerned!(of, finding)
            .filter(hour_entry::learner_id.eq_any(some.to_vec()))
            .order((hour_entry::learner_id, hour_entry::entry_id))
            .select((hour_entry::learner_id, hour_entry::entry_id))
            .load(c))
    })?;
    Ok(rows.into_iter().map(|(learner, entry)| (learner.into(), entry.into())).collect())
}

/// Notes lines of a finding about a course: those that it takes back, and those that another finding took back before.
///
/// # Errors
/// [`StoreError::Conflict`] where one of them is noted already.
pub fn insert_course_lines(db: &mut Db, finding_id: CaseId, lines: &[(LearnerId, EntryId)]) -> Result<(), StoreError> {
    let row = |(learner_id, entry_id): &(LearnerId, EntryId)| LineRow {
        learner_id: *learner_id,
        finding_id,
        entry_id: *entry_id,
    };
    let rows: Vec<LineRow> = lines.iter().map(row).collect();
    insert_all!(db, course_finding_line::table, &rows);
    Ok(())
}

/// How many lines are noted of a finding about a course.
pub fn count_course_lines(db: &mut Db, finding: CaseId) -> Result<i64, StoreError> {
    let lines = course_finding_line::table.filter(course_finding_line::finding_id.eq(Uid::from(finding)));
    Ok(on_db!(db, c => lines.select(count_star()).first(c))?)
}

/// How many of them stand in these files.
pub fn count_course_lines_of(db: &mut Db, finding: CaseId, files: &[LearnerId]) -> Result<i64, StoreError> {
    let counts: Vec<i64> = of_ids(files, |some| {
        on_db!(db, c => course_finding_line::table
            .filter(course_finding_line::finding_id.eq(Uid::from(finding)))
            .filter(course_finding_line::learner_id.eq_any(some))
            .select(count_star())
            .load(c))
    })?;
    Ok(counts.into_iter().sum())
}

/// The next files of which lines are noted of a finding about a course, in the order of their ids.
pub fn files_of_course_finding(
    db: &mut Db,
    finding: CaseId,
    after: Option<LearnerId>,
    limit: i64,
) -> Result<Vec<LearnerId>, StoreError> {
    let rows: Vec<Uid> = on_db!(db, c => {
        let mut query = course_finding_line::table
            .filter(course_finding_line::finding_id.eq(Uid::from(finding)))
            .select(course_finding_line::learner_id)
            .distinct()
            .order(course_finding_line::learner_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(course_finding_line::learner_id.gt(Uid::from(after)));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(LearnerId::from).collect())
}

/// The findings about courses of which lines of these files are noted, by file: each with the lines of that file.
pub fn course_findings_of(db: &mut Db, files: &[LearnerId]) -> Result<HashMap<LearnerId, Vec<Finding>>, StoreError> {
    let rows: Vec<LineRow> = of_ids(files, |some| {
        on_db!(db, c => course_finding_line::table
            .filter(course_finding_line::learner_id.eq_any(some))
            .order((course_finding_line::learner_id, course_finding_line::finding_id, course_finding_line::entry_id))
            .select(LineRow::as_select())
            .load(c))
    })?;
    let mut ids: Vec<CaseId> = rows.iter().map(|row| row.finding_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found: Vec<CourseFinding> = of_ids(&ids, |some| {
        on_db!(db, c => course_finding::table
            .filter(course_finding::finding_id.eq_any(some))
            .select(CourseFinding::as_select())
            .load(c))
    })?;
    let found: HashMap<CaseId, Finding> =
        found.into_iter().filter_map(|row| Some((row.finding_id, row.finding()?))).collect();
    let mut of: HashMap<LearnerId, Vec<Finding>> = HashMap::new();
    for row in rows {
        let Some(finding) = found.get(&row.finding_id) else { continue };
        let findings = of.entry(row.learner_id).or_default();
        match findings.last_mut().filter(|last| last.case == row.finding_id) {
            Some(last) => last.lines.push(row.entry_id),
            None => findings.push(Finding { lines: vec![row.entry_id], ..finding.clone() }),
        }
    }
    Ok(of)
}

impl CourseFinding {
    /// The finding, once it took effect, without its lines. It follows from it that hours are taken back, and nothing else for those whose
    /// they were.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        let case = self.finding_id;
        Some(Finding {
            case,
            cause: Cause::Fraud,
            decided_on: self.found_on,
            lines: Vec::new(),
            sanctions: Vec::new(),
            recorded_at: self.decided_at?,
            annulled: self.annulled_at.map(|recorded_at| Annulment { case, recorded_at }),
        })
    }
}
