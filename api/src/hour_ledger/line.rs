//! Lines of the ledger on the wire, with what courses and platforms are called.

use super::{
    labels::Labels,
    sight::{Mask, Sight},
};
use crate::{
    explain::{self, ReasonBody},
    text::Language,
    wire::{Moment, PlaceRef, words, words_or_null},
};
use domain::{
    hour_ledger::{Basis, Entry, EntryKind, Ground},
    kernel::{EntryId, Hours, china_date},
    policy::Fulfils,
    registry::{Mode, PlaceTree},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

fn course(labels: &Labels, entry: &Entry) -> Option<LineCourse> {
    let course = entry.course?;
    let label = labels.course(entry);
    Some(LineCourse {
        course_id: course.as_uuid(),
        version: entry.course_version,
        code: label.map(|label| label.code.clone()).unwrap_or_default(),
        title: label.map(|label| label.title.clone()).unwrap_or_default(),
    })
}

fn platform(labels: &Labels, entry: &Entry) -> Option<LinePlatform> {
    let platform = entry.platform?;
    let label = labels.platform(entry);
    Some(LinePlatform {
        platform_id: platform.as_uuid(),
        code: label.map(|label| label.code.clone()).unwrap_or_default(),
        name: label.map(|label| label.name.clone()).unwrap_or_default(),
    })
}

/// 课程 / The course of a line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LineCourse {
    /// 课程编号 / The course.
    course_id: Uuid,
    /// 当时的版本 / Its version then.
    version: Option<i32>,
    /// 课程代码 / Its code.
    #[schema(example = "SX-2020-PUBLIC-1")]
    code: String,
    /// 该版本的名称 / The title of that version.
    title: String,
}

/// Whether the caller may learn when the hours of a line were finished, and by which rules they were given: of surplus, whether they see
/// the year that it draws on.
fn shows_source(entry: &Entry, sight: &Sight<'_>) -> bool {
    entry.drawn().is_none_or(|drawn| sight.sees(drawn.year))
}

fn completed_at(entry: &Entry, sight: &Sight<'_>) -> Option<Moment> {
    shows_source(entry, sight).then(|| entry.completed_at.into())
}

/// 学习平台 / The platform that pushed the evidence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LinePlatform {
    /// 平台编号 / The platform.
    platform_id: Uuid,
    /// 平台代码 / Its code.
    #[schema(example = "jxjy.xidian.edu.cn")]
    code: String,
    /// 名称 / Its name.
    name: String,
}

/// 分录的其他依据 / What a line rests on that is no pushed item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Ground)]
pub(super) struct GroundBody {
    /// 依据的种类：成果认定、名单免修、往年证明、结余调剂或例外决定 / What it is: an achievement recognised, a list of exemptions, an attested year, surplus of another year, or a decision by exception.
    #[schema(schema_with = words::<Basis>)]
    basis: Basis,
    /// 事项编号 / Which one.
    case_id: Uuid,
    /// 规则文件中的认定或免修种类 / The kind of achievement or exemption in the rule file.
    #[schema(example = "mentoring")]
    achievement: Option<String>,
    /// 视同完成的范围；此类分录没有学时 / What it fulfils; such a line has no hours.
    #[schema(schema_with = words_or_null::<Fulfils>)]
    fulfils: Option<Fulfils>,
    /// 结余所属年度；非结余的，或该年度不属调用方可查看的，不出现 / The year whose surplus it is; absent where it is none, or the caller does not see that year.
    #[serde(skip_serializing_if = "Option::is_none")]
    surplus_of: Option<i32>,
    /// 结余取自哪条分录；同上 / The line whose surplus it draws on; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    surplus_line: Option<Uuid>,
}

impl GroundBody {
    fn of(ground: &Ground, sight: &Sight<'_>) -> Self {
        let drawn = ground.drawn.filter(|drawn| sight.sees(drawn.year));
        Self {
            basis: ground.basis,
            case_id: ground.case.as_uuid(),
            achievement: ground.achievement.clone(),
            fulfils: ground.fulfils,
            surplus_of: drawn.map(|drawn| drawn.year),
            surplus_line: drawn.map(|drawn| drawn.line.as_uuid()),
        }
    }
}

/// 达标计算中的一条分录 / A line as a standing shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct StandingLine {
    /// 台账分录 / The line of the ledger.
    entry_id: Uuid,
    /// 课程 / The course.
    course: Option<LineCourse>,
    /// 类别：课程自身的类别路径，可能比适用规则更细 / The category: the course's own path, which may lead further than a rule's tree.
    #[schema(example = "public")]
    category: String,
    /// 学时 / Hours by itself.
    #[schema(value_type = f64, example = 24)]
    hours: Hours,
    /// 完成时刻；取自他年度结余而该年度不属调用方可查看的，不出现 / When it was completed; absent for surplus of a year that the caller does not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Moment>,
    /// 学习平台 / The platform.
    platform: Option<LinePlatform>,
    /// 平台推送以外的依据 / What it rests on, where that is no pushed item.
    ground: Option<GroundBody>,
}

impl StandingLine {
    pub(super) fn of(entry: &Entry, labels: &Labels, sight: &Sight<'_>) -> Self {
        Self {
            entry_id: entry.id.as_uuid(),
            course: course(labels, entry),
            category: entry.category.to_string(),
            hours: entry.hours,
            completed_at: completed_at(entry, sight),
            platform: platform(labels, entry),
            ground: entry.ground.as_ref().map(|ground| GroundBody::of(ground, sight)),
        }
    }
}

/// 台账分录 / A line of the ledger. It never changes; a mistake is answered by a reversal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct HourEntry {
    /// 编号 / Its id.
    entry_id: Uuid,
    /// 种类：credit、provisional（待核）或 reversal（冲销） / What it does.
    #[schema(value_type = String, example = "credit")]
    kind: EntryKind,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 完成之日的人事隶属地区；结余为所补年度之末的 / The person's place on the day of completion, as it was called then; of surplus that at the end of the year that it serves.
    place: PlaceRef,
    /// 类别：课程自身的类别路径，可能比适用规则更细 / The category: the course's own path, which may lead further than a rule's tree.
    #[schema(example = "public")]
    category: String,
    /// 指定科目 / The declared subject, if it is one.
    subject: Option<String>,
    /// 学时 / Hours by itself; a reversal names those it takes back.
    #[schema(value_type = f64, example = 24)]
    hours: Hours,
    /// 课程 / The course.
    course: Option<LineCourse>,
    /// 学习平台 / The platform.
    platform: Option<LinePlatform>,
    /// 平台的编号 / The platform's id of the evidence.
    external_id: Option<String>,
    /// 证据 / The evidence.
    completion_id: Option<Uuid>,
    /// 对该证据的第几次决定 / Which decision over that evidence.
    decision_number: Option<i32>,
    /// 学习方式 / How it was studied.
    #[schema(value_type = Option<String>, example = "online")]
    mode: Option<Mode>,
    /// 开始时刻 / Begin of the session.
    started_at: Option<Moment>,
    /// 结束时刻 / End of the session.
    ended_at: Option<Moment>,
    /// 完成时刻；取自他年度结余而该年度不属调用方可查看的，不出现 / When it was completed; absent for surplus of a year that the caller does not see.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Moment>,
    /// 平台推送以外的依据 / What it rests on, where that is no pushed item.
    ground: Option<GroundBody>,
    /// 作出决定的规则版本；往年证明可以没有；没有的，或取自他年度结余而该年度不属调用方可查看的，不出现 / The version of the rules that decided; absent where there
    /// is none, as of an attested year, and of surplus where the caller does not see the year drawn on.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_id: Option<Uuid>,
    /// 待核的原因；已由主管部门决定计入的，为当时待核的原因 / Why it wants a decision, for a provisional line; of one that an office has decided to count, what that was about.
    review_reasons: Vec<ReasonBody>,
    /// 冲销分录所冲销的分录 / The line taken back, for a reversal.
    reverses: Option<Uuid>,
    /// 冲销本分录的分录 / The line that took this one back.
    reversed_by: Option<Uuid>,
    /// 冲销原因 / Why it was taken back, for a reversal.
    reason_code: Option<String>,
    /// 记录时刻 / When it became known.
    recorded_at: Moment,
    /// 记录者；学员只见其类别 / Who caused it; the learner sees the kind of caller only.
    #[schema(example = "platform")]
    recorded_by: String,
}

/// What showing lines needs beside them.
#[derive(Clone, Copy)]
pub(super) struct Showing<'s> {
    pub(super) labels: &'s Labels,
    pub(super) places: &'s PlaceTree,
    pub(super) mask: Mask,
    pub(super) sight: &'s Sight<'s>,
    pub(super) language: Language,
}

impl Showing<'_> {
    /// A line, and what took it back.
    pub(super) fn entry(self, entry: Entry, reversed_by: Option<EntryId>) -> HourEntry {
        HourEntry {
            entry_id: entry.id.as_uuid(),
            kind: entry.kind,
            year: entry.year,
            place: PlaceRef::of(self.places, &entry.place, china_date(entry.completed_at)),
            category: entry.category.to_string(),
            hours: entry.hours,
            course: course(self.labels, &entry),
            platform: platform(self.labels, &entry),
            completion_id: entry.completion.map(|id| id.as_uuid()),
            decision_number: entry.decision_number,
            mode: entry.mode,
            started_at: entry.started_at.map(Moment),
            ended_at: entry.ended_at.map(Moment),
            completed_at: completed_at(&entry, self.sight),
            ground: entry.ground.as_ref().map(|ground| GroundBody::of(ground, self.sight)),
            policy_id: entry.policy.filter(|_| shows_source(&entry, self.sight)).map(|id| id.as_uuid()),
            review_reasons: entry.review.iter().map(|why| explain::of_line(why).body(self.language)).collect(),
            reverses: entry.reverses.map(EntryId::as_uuid),
            reversed_by: reversed_by.map(EntryId::as_uuid),
            recorded_at: entry.recorded_at.into(),
            recorded_by: self.mask.recorder(&entry.recorded_by),
            subject: entry.subject,
            external_id: entry.external_id,
            reason_code: entry.reason_code,
        }
    }
}
