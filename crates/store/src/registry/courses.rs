//! Courses as they are read: the course, its versions, the platforms that carry it and the filing of its plan.
//!
//! What changes them is next door, in `course_changes`.

use super::{course_changes::Filing, end_of_prefix};
use crate::{
    Db, StoreError,
    bulk::{LIST, of_ids},
    db::on_db,
    schema::{course, course_filing, course_platform, course_version, training_base},
    types::{Hundredths, Opt, Ts, Uid, Word},
};
use diesel::prelude::*;
use domain::{
    kernel::{BaseId, CourseId, Hours, PlatformId},
    registry::{CourseFacts, CourseVersion, Mode, ProviderKind, Requirement, Tier},
};
use std::collections::{HashMap, HashSet};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = course, treat_none_as_default_value = false)]
pub(super) struct CourseRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub(super) course_id: CourseId,
    pub(super) course_code: String,
    #[diesel(serialize_as = Word<ProviderKind>, deserialize_as = Word<ProviderKind>)]
    pub(super) provider_kind: ProviderKind,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub(super) provider_id: Uuid,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub(super) created_at: OffsetDateTime,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = course_version, treat_none_as_default_value = false)]
pub(super) struct VersionRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub(super) course_id: CourseId,
    pub(super) number: i32,
    pub(super) title: String,
    pub(super) category: String,
    #[diesel(serialize_as = Opt<Word<Requirement>>, deserialize_as = Opt<Word<Requirement>>)]
    pub(super) requirement: Option<Requirement>,
    pub(super) subject: Option<String>,
    #[diesel(serialize_as = Hundredths, deserialize_as = Hundredths)]
    pub(super) hours_hundredths: Hours,
    pub(super) online: bool,
    pub(super) face_to_face: bool,
    pub(super) policy_year: Option<i32>,
    pub(super) available_from: Date,
    #[diesel(serialize_as = Ts, deserialize_as = Ts)]
    pub(super) recorded_at: OffsetDateTime,
    pub(super) recorded_by: String,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = course_platform)]
pub(super) struct CarriedRow {
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub(super) course_id: CourseId,
    #[diesel(serialize_as = Uid, deserialize_as = Uid)]
    pub(super) platform_id: PlatformId,
}

/// Which courses a page holds, in the order of their codes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CourseSearch<'a> {
    /// The beginning of the code or of a title.
    pub text: Option<&'a str>,
    /// Only those that this platform carries.
    pub platform: Option<PlatformId>,
    /// Only those of this provider.
    pub provider: Option<Uuid>,
    /// After this code.
    pub after: Option<&'a str>,
    /// At most so many.
    pub limit: i64,
}

/// Those of the courses that exist, in no promised order.
pub fn courses_by_code(db: &mut Db, codes: &[&str]) -> Result<Vec<CourseFacts>, StoreError> {
    let mut found = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(LIST) {
        let rows = on_db!(db, c => course::table
            .filter(course::course_code.eq_any(chunk))
            .select(CourseRow::as_select())
            .load(c))?;
        found.extend(complete(db, rows)?);
    }
    Ok(found)
}

/// Those of the courses that exist, in no promised order.
pub fn courses_by_id(db: &mut Db, ids: &[CourseId]) -> Result<Vec<CourseFacts>, StoreError> {
    of_ids(ids, |some| {
        let rows = on_db!(db, c => course::table
            .filter(course::course_id.eq_any(some))
            .select(CourseRow::as_select())
            .load(c))?;
        complete(db, rows)
    })
}

/// A page of courses by code.
pub fn search_courses(db: &mut Db, search: CourseSearch<'_>) -> Result<Vec<CourseFacts>, StoreError> {
    let rows = on_db!(db, c => {
        let mut query = course::table
            .select(CourseRow::as_select())
            .order(course::course_code)
            .limit(search.limit)
            .into_boxed();
        if let Some(text) = search.text {
            let end = end_of_prefix(text);
            let titled = course_version::table
                .filter(course_version::title.ge(text).and(course_version::title.lt(end.clone())))
                .select(course_version::course_id);
            let coded = course::course_code.ge(text).and(course::course_code.lt(end));
            query = query.filter(coded.or(course::course_id.eq_any(titled)));
        }
        if let Some(platform) = search.platform {
            let carried = course_platform::table
                .filter(course_platform::platform_id.eq(Uid::from(platform)))
                .select(course_platform::course_id);
            query = query.filter(course::course_id.eq_any(carried));
        }
        if let Some(provider) = search.provider {
            query = query.filter(course::provider_id.eq(Uid::from(provider)));
        }
        if let Some(after) = search.after {
            query = query.filter(course::course_code.gt(after));
        }
        query.load(c)
    })?;
    let order: Vec<CourseId> = rows.iter().map(|row: &CourseRow| row.course_id).collect();
    let mut by_id: HashMap<CourseId, CourseFacts> =
        complete(db, rows)?.into_iter().map(|facts| (facts.id, facts)).collect();
    Ok(order.into_iter().filter_map(|id| by_id.remove(&id)).collect())
}

/// Reads what belongs to the courses: four queries for any number of them.
fn complete(db: &mut Db, rows: Vec<CourseRow>) -> Result<Vec<CourseFacts>, StoreError> {
    let ids: Vec<Uid> = rows.iter().map(|row| Uid::from(row.course_id)).collect();
    let mut versions: HashMap<CourseId, Vec<CourseVersion>> = HashMap::new();
    let found: Vec<VersionRow> = on_db!(db, c => course_version::table
        .filter(course_version::course_id.eq_any(&ids))
        .order((course_version::course_id, course_version::number))
        .select(VersionRow::as_select())
        .load(c))?;
    for row in found {
        versions.entry(row.course_id).or_default().push(row.into());
    }
    let mut platforms: HashMap<CourseId, Vec<PlatformId>> = HashMap::new();
    let found: Vec<CarriedRow> = on_db!(db, c => course_platform::table
        .filter(course_platform::course_id.eq_any(&ids))
        .order((course_platform::course_id, course_platform::platform_id))
        .select(CarriedRow::as_select())
        .load(c))?;
    for row in found {
        platforms.entry(row.course_id).or_default().push(row.platform_id);
    }
    let filed: Vec<(Uid, Option<Date>)> = on_db!(db, c => course_filing::table
        .filter(course_filing::course_id.eq_any(&ids))
        .order((course_filing::course_id, course_filing::number))
        .select((course_filing::course_id, course_filing::filed_on))
        .load(c))?;
    // The last statement about a course replaces those before it.
    let filed: HashMap<CourseId, Option<Date>> = filed.into_iter().map(|(id, day)| (id.into(), day)).collect();
    let bases = bases_of(db, &rows)?;
    let course_of = |row: CourseRow| {
        let base = (row.provider_kind == ProviderKind::Base).then(|| bases.get(&row.provider_id)).flatten();
        CourseFacts {
            id: row.course_id,
            code: row.course_code,
            provider_kind: row.provider_kind,
            provider_id: row.provider_id,
            base_tier: base.map(|(tier, _)| *tier),
            base_recognised: base.map(|(_, days)| *days),
            versions: versions.remove(&row.course_id).unwrap_or_default(),
            platforms: platforms.remove(&row.course_id).unwrap_or_default(),
            filed_on: filed.get(&row.course_id).copied().flatten(),
        }
    };
    Ok(rows.into_iter().map(course_of).collect())
}

/// What was said last about the filing of a course's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFiling {
    /// The day and the reference; `None` where a filing was withdrawn.
    pub filed: Option<Filing>,
    /// When it was said.
    pub recorded_at: OffsetDateTime,
}

/// What was said last about the filing of each of the courses about which anything was.
pub fn last_filings(db: &mut Db, ids: &[CourseId]) -> Result<HashMap<CourseId, LastFiling>, StoreError> {
    type Row = (Uid, (Option<Date>, Option<String>), Ts);
    let rows: Vec<Row> = of_ids(ids, |some| {
        on_db!(db, c => course_filing::table
            .filter(course_filing::course_id.eq_any(some))
            .order((course_filing::course_id, course_filing::number))
            .select((course_filing::course_id, (course_filing::filed_on, course_filing::reference), course_filing::recorded_at))
            .load(c))
    })?;
    let last =
        |(id, (day, reference), at): Row| (id.into(), LastFiling { filed: day.zip(reference), recorded_at: at.into() });
    // The last statement about a course replaces those before it.
    Ok(rows.into_iter().map(last).collect())
}

type Standing = (Tier, (Date, Option<Date>));

fn bases_of(db: &mut Db, rows: &[CourseRow]) -> Result<HashMap<Uuid, Standing>, StoreError> {
    let ids: HashSet<Uid> = rows
        .iter()
        .filter(|row| row.provider_kind == ProviderKind::Base)
        .map(|row| Uid::from(BaseId::from_uuid(row.provider_id)))
        .collect();
    let found: Vec<(Uid, Word<Tier>, Date, Option<Date>)> = on_db!(db, c => training_base::table
        .filter(training_base::base_id.eq_any(&ids))
        .select((
            training_base::base_id,
            training_base::level,
            training_base::recognised_from,
            training_base::recognised_until,
        ))
        .load(c))?;
    Ok(found.into_iter().map(|(id, tier, from_on, until_on)| (id.into(), (tier.into(), (from_on, until_on)))).collect())
}

impl From<VersionRow> for CourseVersion {
    fn from(row: VersionRow) -> Self {
        let modes = [(row.online, Mode::Online), (row.face_to_face, Mode::FaceToFace)];
        Self {
            number: row.number,
            title: row.title,
            category: row.category,
            requirement: row.requirement,
            subject: row.subject,
            hours: row.hours_hundredths,
            modes: modes.into_iter().filter_map(|(offered, mode)| offered.then_some(mode)).collect(),
            policy_year: row.policy_year,
            available_from: row.available_from,
        }
    }
}
