//! Wire types of findings about courses.

use crate::wire::{Day, Moment, PlaceRef, one_line, words};
use domain::kernel::{CaseId, CourseId};
use serde::{Deserialize, Serialize};
use store::work::WorkState;
use utoipa::ToSchema;
use validator::Validate;

/// 课程查实 / That a version of a course gave false hours.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CourseFindingInput)]
pub(super) struct CourseFindingInput {
    /// 课程 / The course.
    #[schema(value_type = Uuid)]
    pub(super) course_id: CourseId,
    /// 课程版本 / Its version.
    #[validate(range(min = 1))]
    #[schema(example = 1)]
    pub(super) version: i32,
    /// 地区：所涉为依本级及其下级规则计入的学时，任一区划代码均可 / The place, by any code: what was credited under its rules or those of a place below it is concerned.
    #[schema(example = "630000")]
    pub(super) place: String,
    /// 查实之日 / The day on which it was established.
    #[schema(example = "2021-03-01")]
    pub(super) decided_on: Day,
    /// 依据材料的名称、编号；不得含个人信息 / What proves it, by its title or number; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例查实报告〔2021〕2号")]
    pub(super) document: String,
}

/// 撤销课程查实 / Why a finding about a course is annulled.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CourseFindingAnnulment)]
pub(super) struct CourseAnnulmentInput {
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "复查认定证据不足")]
    pub(super) reason: String,
}

/// 试算：将冲销多少 / How much would be taken back now.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = CourseFindingTrial)]
pub(super) struct CourseTrialBody {
    /// 分录数 / Lines of ledgers that stand.
    #[schema(example = 10000)]
    pub(super) lines: i64,
    /// 人数 / People whose lines they are.
    #[schema(example = 9800)]
    pub(super) people: i64,
}

/// 后台办理的进度 / How far the runner has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = CourseFindingProgress)]
pub(super) struct ProgressBody {
    /// 进度：waiting、running、done，或 dead（须运维处理） / How it stands; a `dead` one waits for the operator.
    #[schema(schema_with = words::<WorkState>)]
    pub(super) state: WorkState,
    /// 已办理的分录数；完成七日后不再给出 / Lines dealt with so far; told until a week after it was done.
    pub(super) done: Option<i64>,
    /// 应办理的分录数，已知时 / Of how many, where that is known.
    pub(super) total: Option<i64>,
}

/// 课程查实事项 / A finding about a version of a course.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CourseFinding)]
pub(super) struct CourseFindingBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) finding_id: CaseId,
    /// 课程 / The course.
    #[schema(value_type = Uuid)]
    pub(super) course_id: CourseId,
    /// 课程版本 / Its version.
    pub(super) version: i32,
    /// 地区 / The place, with all below it.
    pub(super) place: PlaceRef,
    /// 查实之日 / The day on which it was established.
    pub(super) decided_on: Day,
    /// 依据材料 / What proves it.
    pub(super) document: String,
    /// 提出时刻 / When it was filed.
    pub(super) recorded_at: Moment,
    /// 提出者 / Who filed it.
    #[schema(example = "officer:li")]
    pub(super) recorded_by: String,
    /// 确认时刻，即生效之时；未生效为 null / When it was confirmed and took effect; null before that.
    pub(super) effective_at: Option<Moment>,
    /// 确认者 / Who confirmed it.
    #[schema(example = "officer:wang")]
    pub(super) confirmed_by: Option<String>,
    /// 冲销的进度 / How far taking back its lines has come.
    pub(super) reversal: Option<ProgressBody>,
    /// 已办理的所涉分录数，含此前已由其他查实冲销的 / Lines concerned so far: those that it took back, and those that another finding took back before.
    pub(super) lines: i64,
    /// 撤销时刻 / When it was annulled.
    pub(super) annulled_at: Option<Moment>,
    /// 撤销者 / Who annulled it.
    pub(super) annulled_by: Option<String>,
    /// 撤销理由 / Why.
    pub(super) annulment_reason: Option<String>,
    /// 重新计入的进度 / How far saying its lines anew has come.
    pub(super) restoration: Option<ProgressBody>,
}
