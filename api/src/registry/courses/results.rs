//! What became of a course: how many items and people have hours by it. For whoever gives it, and for the office at their place.

use super::service::places_of_providers;
use crate::{
    auth::{Caller, Permission, Permit, operation},
    extract::FromPath,
    problem::{Kind, Problem},
    quota,
    state::AppState,
};
use actix_web::{get, web, web::Data};
use domain::{
    access::Reach,
    hour_ledger::EntryKind,
    kernel::{CourseId, PlaceCode},
    registry::{PlaceTree, ProviderKind},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use store::{Db, hour_ledger::tally_of_course, registry::courses_by_id};
use utoipa::ToSchema;
use uuid::Uuid;

/// As how many rows the counting of a whole course is paid for.
const ROWS: usize = 200;

/// 课程学时情况 / What stands of a course.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CourseResultsBody {
    /// 课程编号 / The course.
    #[schema(value_type = Uuid)]
    course_id: CourseId,
    /// 课程代码 / Its code.
    code: String,
    /// 各版本、各年度，版本与年度由早到晚 / By version and year, the earliest first; only where anything stands.
    items: Vec<CourseResultBody>,
}

/// 一个版本一个年度的学时情况 / What stands of a version and a year.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CourseResultBody {
    /// 版本 / The version.
    version: i32,
    /// 年度 / The policy year for which it counts.
    year: i32,
    /// 已计入 / Counted.
    credited: TallyBody,
    /// 待认定 / Waiting for a decision.
    needs_review: TallyBody,
}

/// 条数与人数 / How many items, of how many people.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct TallyBody {
    /// 条数 / Items.
    items: i64,
    /// 人数 / People.
    people: i64,
}

/// 课程学时情况 / What stands of a course
///
/// 供课程所属继续教育基地，以及课程提供方所在地及其上级主管部门查看：各版本、各年度现有效的条数与人数，已撤销的不计；不含任何个人信息。 /
/// For the training base that gives the course, and the offices of the place where whoever gives it belongs and above: how many items of how many people have hours by it today, by version and year, without what was
/// taken back and without anything about a person.
#[utoipa::path(
    tag = "courses",
    operation_id = "get_course_results",
    params(("id" = Uuid, Path, description = "课程编号 / The course's id")),
    responses((status = 200, description = "课程学时情况 / What stands of it", body = CourseResultsBody))
)]
#[get("/courses/{id}/results")]
pub(super) async fn get_course_results(
    permit: Permit<operation::GetCourseResults>,
    state: Data<AppState>,
    id: FromPath<CourseId>,
) -> Result<web::Json<CourseResultsBody>, Problem> {
    let (shared, permission, id) = (state.clone(), permit.0, id.0);
    state.quotas.spend_on_body(&permission.signature(), quota::many(ROWS))?;
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        results(db, book.places(), &permission, id)
    };
    state.store.read(read).await.map(web::Json)
}

fn results(
    db: &mut Db,
    places: &PlaceTree,
    permission: &Permission,
    id: CourseId,
) -> Result<CourseResultsBody, Problem> {
    let course = courses_by_id(db, &[id])?.pop().ok_or_else(|| Problem::new(Kind::NotFound))?;
    let provider = (course.provider_kind, course.provider_id);
    let place = places_of_providers(db, &HashSet::from([provider]))?.remove(&provider);
    permission.require(is_own(permission.caller(), places, (provider, place.as_ref())))?;
    let mut items: BTreeMap<(i32, i32), CourseResultBody> = BTreeMap::new();
    for one in tally_of_course(db, id)? {
        let (version, year) = (one.version, one.year);
        let none =
            || CourseResultBody { version, year, credited: TallyBody::default(), needs_review: TallyBody::default() };
        let of = items.entry((version, year)).or_insert_with(none);
        let tally = TallyBody { items: one.lines, people: one.people };
        match one.kind {
            EntryKind::Credit => of.credited = tally,
            EntryKind::Provisional => of.needs_review = tally,
            EntryKind::Reversal => {}
        }
    }
    Ok(CourseResultsBody { course_id: id, code: course.code, items: items.into_values().collect() })
}

/// Whether the caller gives the course, or is the office where whoever gives it belongs.
fn is_own(
    caller: &Caller,
    places: &PlaceTree,
    ((kind, provider), place): ((ProviderKind, Uuid), Option<&PlaceCode>),
) -> bool {
    match caller.reach() {
        Some(Reach::Base(own)) => kind == ProviderKind::Base && own.as_uuid() == provider,
        _ => place.is_some_and(|place| caller.answers_for(places, place)),
    }
}
