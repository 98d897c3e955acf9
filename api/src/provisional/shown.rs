//! Hours that wait, as those see them who decide.

use crate::{
    explain::{self, ReasonBody},
    problem::Problem,
    recognition::case::Seen,
    text::Language,
    wire::{Moment, words, words_or_null},
};
use domain::{
    hour_ledger::{EntryKind, live},
    kernel::{CompletionId, CourseId, EntryId, Hours, PlatformId},
    registry::Mode,
};
use serde::Serialize;
use store::{
    Db,
    hour_ledger::{entries_of_many, item_of_case},
};
use utoipa::ToSchema;

/// 待核学时 / Hours that a platform pushed and that wait for an office's word, with what they wait for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProvisionalHours)]
pub(crate) struct ProvisionalBody {
    /// 完成记录 / The pushed item.
    #[schema(value_type = Uuid)]
    completion_id: CompletionId,
    /// 现存的分录；无现存的，为最后一次冲销 / The line of the ledger that stands of it; where none does, what took the last one back.
    #[schema(value_type = Uuid)]
    entry_id: EntryId,
    /// 该分录的种类：provisional 为待核，credit 为已计入，reversal 为已冲销 / What that line does: it waits, counts, or takes back.
    #[schema(schema_with = words::<EntryKind>)]
    kind: EntryKind,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 类别 / The category.
    #[schema(example = "public")]
    category: String,
    /// 学时 / Hours.
    #[schema(value_type = f64, example = 24)]
    hours: Hours,
    /// 课程 / The course.
    #[schema(value_type = Option<Uuid>)]
    course_id: Option<CourseId>,
    /// 课程版本 / Its version.
    course_version: Option<i32>,
    /// 学习平台 / The platform that pushed it.
    #[schema(value_type = Option<Uuid>)]
    platform_id: Option<PlatformId>,
    /// 学习方式 / How it was studied.
    #[schema(schema_with = words_or_null::<Mode>)]
    mode: Option<Mode>,
    /// 开始时刻 / Begin of the session.
    started_at: Option<Moment>,
    /// 结束时刻 / End of the session.
    ended_at: Option<Moment>,
    /// 完成时刻 / When it was completed.
    completed_at: Moment,
    /// 待核的原因 / What they wait for.
    reasons: Vec<ReasonBody>,
}

/// The item that a case is about.
pub(super) fn about(db: &mut Db, seen: &Seen) -> Result<CompletionId, Problem> {
    let id = seen.case.opening().id;
    item_of_case(db, &seen.files, id)?.ok_or_else(|| Problem::internal(format!("{id} is about no item")))
}

/// The hours that a case is about, as the last line about them says.
///
/// # Errors
/// When the database fails.
pub(crate) fn pending(db: &mut Db, seen: &Seen, language: Language) -> Result<ProvisionalBody, Problem> {
    let item = about(db, seen)?;
    let mut entries = entries_of_many(db, &seen.files, None, None)?;
    entries.retain(|line| line.completion == Some(item));
    entries.sort_by_key(|line| (line.recorded_at, line.id));
    let waited_for = entries.iter().rev().find(|line| !line.review.is_empty()).map(|line| line.review.clone());
    // What stands of it; where nothing does, what took it back last.
    let stands = live(&entries).last().copied().or_else(|| entries.last());
    let last = stands.cloned().ok_or_else(|| Problem::internal(format!("no line of {item}")))?;
    Ok(ProvisionalBody {
        completion_id: item,
        entry_id: last.id,
        kind: last.kind,
        year: last.year,
        category: last.category.to_string(),
        hours: last.hours,
        course_id: last.course,
        course_version: last.course_version,
        platform_id: last.platform,
        mode: last.mode,
        started_at: last.started_at.map(Moment),
        ended_at: last.ended_at.map(Moment),
        completed_at: Moment(last.completed_at),
        reasons: waited_for.iter().flatten().map(|why| explain::of_line(why).body(language)).collect(),
    })
}
