//! Courses handed in: what is new, what says something else now, what stays.

use super::courses::{CarriedRow, CourseRow, VersionRow, courses_by_code};
use crate::{
    Db, StoreError,
    bulk::{LIST, insert_all},
    db::on_db,
    schema::{course, course_filing, course_platform, course_version},
    types::{Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{CourseId, PlatformId},
    registry::{CourseFacts, CourseVersion, Mode, ProviderKind},
};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A course as someone wants it to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseInput {
    /// The id that it gets if its code is new.
    pub new_id: CourseId,
    /// The code by which it is found.
    pub code: String,
    /// What kind of organisation offers it.
    pub provider_kind: ProviderKind,
    /// That organisation.
    pub provider_id: Uuid,
    /// What it says of itself. The number is given by the store.
    pub version: CourseVersion,
    /// The platforms that carry it, all of them.
    pub platforms: Vec<PlatformId>,
}

/// What became of a course handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseChange {
    /// Its code was new.
    Created,
    /// It says something else now.
    NewVersion,
    /// It says the same; its provider and platforms are as handed in.
    Unchanged,
}

/// A course handed in, as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseUpserted {
    /// The course.
    pub course_id: CourseId,
    /// The number of its last version.
    pub number: i32,
    /// What became of it.
    pub change: CourseChange,
}

/// Keeps courses, new or changed, one answer each in order. A version is added only where the course says something else; the
/// provider and the platforms become those handed in. The same code twice in one call is handled in order.
pub fn upsert_courses(
    db: &mut Db,
    inputs: &[CourseInput],
    recorded_at: OffsetDateTime,
    recorded_by: &str,
) -> Result<Vec<CourseUpserted>, StoreError> {
    let codes: Vec<&str> = inputs.iter().map(|input| input.code.as_str()).collect();
    let before: HashMap<String, CourseFacts> =
        courses_by_code(db, &codes)?.into_iter().map(|facts| (facts.code.clone(), facts)).collect();
    let mut now = before.clone();
    let mut versions = Vec::new();
    let mut answers = Vec::with_capacity(inputs.len());
    for input in inputs {
        let known = now.get(&input.code);
        let id = known.map_or(input.new_id, |facts| facts.id);
        let last = known.and_then(|facts| facts.versions.last());
        let version = in_order(&input.version);
        let same = last.is_some_and(|last| CourseVersion { number: last.number, ..version.clone() } == *last);
        let number = last.map_or(0, |last| last.number) + i32::from(!same);
        let version = CourseVersion { number, ..version };
        let change = match known {
            None => CourseChange::Created,
            Some(_) if same => CourseChange::Unchanged,
            Some(_) => CourseChange::NewVersion,
        };
        if !same {
            versions.push(VersionRow::new(id, &version, recorded_at, recorded_by));
        }
        let facts = after(known, id, input, version);
        now.insert(input.code.clone(), facts);
        answers.push(CourseUpserted { course_id: id, number, change });
    }
    keep_courses(db, &before, &now, recorded_at)?;
    insert_all!(db, course_version::table, &versions);
    keep_platforms(db, &before, &now)?;
    Ok(answers)
}

/// Modes in their own order, each once, as they are read back.
fn in_order(version: &CourseVersion) -> CourseVersion {
    let mut modes = version.modes.clone();
    modes.sort_unstable();
    modes.dedup();
    CourseVersion { modes, ..version.clone() }
}

fn after(before: Option<&CourseFacts>, id: CourseId, input: &CourseInput, version: CourseVersion) -> CourseFacts {
    let mut versions = before.map(|facts| facts.versions.clone()).unwrap_or_default();
    if versions.last() != Some(&version) {
        versions.push(version);
    }
    let mut platforms = input.platforms.clone();
    platforms.sort_unstable();
    platforms.dedup();
    CourseFacts {
        id,
        code: input.code.clone(),
        provider_kind: input.provider_kind,
        provider_id: input.provider_id,
        base_tier: None,
        base_recognised: None,
        versions,
        platforms,
        filed_on: before.and_then(|facts| facts.filed_on),
    }
}

type Courses = HashMap<String, CourseFacts>;

/// The rows of the new courses, and the providers that changed.
fn keep_courses(db: &mut Db, before: &Courses, now: &Courses, created_at: OffsetDateTime) -> Result<(), StoreError> {
    let mut new: Vec<CourseRow> = now
        .values()
        .filter(|facts| !before.contains_key(&facts.code))
        .map(|facts| CourseRow {
            course_id: facts.id,
            course_code: facts.code.clone(),
            provider_kind: facts.provider_kind,
            provider_id: facts.provider_id,
            created_at,
        })
        .collect();
    // One order for all writers, so that two of them do not wait for each other in a circle.
    new.sort_unstable_by(|a, b| a.course_code.cmp(&b.course_code));
    insert_all!(db, course::table, &new);
    for (code, facts) in now {
        let provider = (facts.provider_kind, facts.provider_id);
        if before.get(code).is_some_and(|old| (old.provider_kind, old.provider_id) != provider) {
            on_db!(db, c => diesel::update(course::table.find(Uid::from(facts.id)))
                .set((
                    course::provider_kind.eq(Word::from(facts.provider_kind)),
                    course::provider_id.eq(Uid::from(facts.provider_id)),
                ))
                .execute(c))?;
        }
    }
    Ok(())
}

/// The platforms of the courses whose platforms changed.
fn keep_platforms(db: &mut Db, before: &Courses, now: &Courses) -> Result<(), StoreError> {
    let changed = |facts: &&CourseFacts| match before.get(&facts.code) {
        Some(old) => old.platforms != facts.platforms,
        None => !facts.platforms.is_empty(),
    };
    let changed: Vec<&CourseFacts> = now.values().filter(changed).collect();
    for chunk in changed.chunks(LIST) {
        let ids: Vec<Uid> = chunk.iter().map(|facts| Uid::from(facts.id)).collect();
        let carried = course_platform::table.filter(course_platform::course_id.eq_any(&ids));
        on_db!(db, c => diesel::delete(carried.clone()).execute(c))?;
    }
    let rows: Vec<CarriedRow> = changed
        .iter()
        .flat_map(|facts| facts.platforms.iter().map(|id| CarriedRow { course_id: facts.id, platform_id: *id }))
        .collect();
    insert_all!(db, course_platform::table, &rows);
    Ok(())
}

/// A filing as an officer states it: its day and its reference.
pub type Filing = (Date, String);

/// Records what is said about the filing of a course's plan; `None` says that nothing is filed. The last statement holds; one
/// that says what holds already adds nothing, and the answer is false.
///
/// Hold the course first ([`hold_courses`](super::hold_courses)): of two statements at once one comes after the other.
pub fn insert_filing(
    db: &mut Db,
    course_id: CourseId,
    filing: Option<&Filing>,
    recorded_at: OffsetDateTime,
    recorded_by: &str,
) -> Result<bool, StoreError> {
    let last: Option<(i32, Option<Date>, Option<String>)> = on_db!(db, c => course_filing::table
        .filter(course_filing::course_id.eq(Uid::from(course_id)))
        .order(course_filing::number.desc())
        .select((course_filing::number, course_filing::filed_on, course_filing::reference))
        .first(c)
        .optional())?;
    let (number, holds) = last.map_or((0, None), |(number, day, reference)| (number, day.zip(reference)));
    if holds.as_ref() == filing {
        return Ok(false);
    }
    on_db!(db, c => diesel::insert_into(course_filing::table)
        .values((
            course_filing::course_id.eq(Uid::from(course_id)),
            course_filing::number.eq(number + 1),
            course_filing::filed_on.eq(filing.map(|(day, _)| *day)),
            course_filing::reference.eq(filing.map(|(_, reference)| reference.as_str())),
            course_filing::recorded_at.eq(Ts::from(recorded_at)),
            course_filing::recorded_by.eq(recorded_by),
        ))
        .execute(c))?;
    Ok(true)
}

impl VersionRow {
    fn new(course_id: CourseId, version: &CourseVersion, recorded_at: OffsetDateTime, recorded_by: &str) -> Self {
        Self {
            course_id,
            number: version.number,
            title: version.title.clone(),
            category: version.category.clone(),
            requirement: version.requirement,
            subject: version.subject.clone(),
            hours_hundredths: version.hours,
            online: version.modes.contains(&Mode::Online),
            face_to_face: version.modes.contains(&Mode::FaceToFace),
            policy_year: version.policy_year,
            available_from: version.available_from,
            recorded_at,
            recorded_by: recorded_by.to_owned(),
        }
    }
}
