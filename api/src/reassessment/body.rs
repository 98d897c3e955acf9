//! Wire types of reassessments.

use crate::wire::{Moment, PlaceRef, one_line, words};
use domain::{
    completions::Outcome,
    hour_ledger::Verdict,
    kernel::{Hours, LearnerId, PlatformId, PolicyId, ReassessmentId},
};
use serde::{Deserialize, Serialize};
use store::{reassessment::ReassessedCount, work::WorkState};
use utoipa::ToSchema;
use validator::Validate;

/// 重新判定 / Why recorded items are to be decided anew.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReassessmentInput)]
pub(super) struct ReassessmentInput {
    /// 事由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例人社函〔2021〕3号修订了学习期限")]
    pub(super) reason: String,
}

/// 试算哪些人 / Of whom it is asked.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReassessmentTrialInput)]
pub(super) struct TrialInput {
    /// 本次至多查看多少人，缺省 100 / How many people to look at; 100 where left out.
    #[validate(range(min = 1, max = 200))]
    #[schema(example = 100, minimum = 1, maximum = 200)]
    #[serde(default)]
    pub(super) limit: Option<u16>,
    /// 上次答复的 next_cursor / What the answer before gave as `next_cursor`.
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// 重新判定对一批人的影响 / What a reassessment would change among some people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentTrial)]
pub(super) struct TrialBody {
    /// 规则版本 / The version.
    #[schema(value_type = Uuid)]
    pub(super) policy_id: PolicyId,
    /// 其地区 / Its place.
    pub(super) place: PlaceRef,
    /// 本次查看的人数 / How many people were looked at.
    #[schema(example = 100)]
    pub(super) people: usize,
    /// 其中适用该版本、此前依其他版本判定的记录数 / How many of their items the version governs and another one decided.
    #[schema(example = 200)]
    pub(super) items: usize,
    /// 其中结果不变的 / How many of these would stay as they are.
    #[schema(example = 180)]
    pub(super) unchanged: usize,
    /// 结果改变的，依原结果、新结果 / Those that would be decided otherwise, by what they are and what they would be.
    pub(super) changed: Vec<TrialChange>,
    /// 年度结论改变的，依现结论、新结论 / The years whose verdict would be another one, by what it is and what it would be.
    pub(super) verdicts: Vec<TrialVerdicts>,
    /// 已认定的成果；重新判定不改动 / Recognitions that were credited; a reassessment changes none of them.
    pub(super) recognitions: TrialRecognitions,
    /// 尚有其他人时给出，请以之继续并自行累加 / Where others are left: ask on with it, and add the answers up.
    pub(super) next_cursor: Option<String>,
}

/// 一种改变 / One kind of change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentTrialChange)]
pub(super) struct TrialChange {
    #[serde(flatten)]
    pub(super) count: ChangeCount,
    /// 例子，至多三个 / Examples, three at most.
    pub(super) examples: Vec<TrialExample>,
}

/// 由一种结果改为另一种的条数和学时 / How many items became what.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentCount)]
pub(super) struct ChangeCount {
    /// 原结果 / What they were.
    #[schema(schema_with = words::<Outcome>)]
    pub(super) before: Outcome,
    /// 新结果 / What they came to be.
    #[schema(schema_with = words::<Outcome>)]
    pub(super) after: Outcome,
    /// 条数 / How many.
    #[schema(example = 20)]
    pub(super) items: i64,
    /// 原计学时合计；待核的不计 / The hours that counted, of all of them; what waits for a review counts none.
    #[schema(value_type = f64, example = 480)]
    pub(super) hours_before: Hours,
    /// 新计学时合计；同上 / The hours that count now.
    #[schema(value_type = f64, example = 0)]
    pub(super) hours_after: Hours,
}

impl From<ReassessedCount> for ChangeCount {
    fn from(count: ReassessedCount) -> Self {
        Self {
            before: count.before.outcome,
            after: count.after.outcome,
            items: count.items,
            hours_before: count.before.hours,
            hours_after: count.after.hours,
        }
    }
}

/// 一个例子 / An example.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentTrialExample)]
pub(super) struct TrialExample {
    /// 学员编号 / The learner.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 学习平台 / The platform whose item it is.
    #[schema(value_type = Uuid)]
    pub(super) platform_id: PlatformId,
    /// 平台的编号 / The platform's id of it.
    #[schema(example = "E-1")]
    pub(super) external_id: String,
    /// 现在 / As it is.
    pub(super) before: TrialWorth,
    /// 重新判定后 / As it would be.
    pub(super) after: TrialWorth,
    /// 新结果的原因代码 / Why it would be so, by codes.
    #[schema(example = json!(["completed_late"]))]
    pub(super) reasons: Vec<String>,
}

/// 一条记录的价值 / What an item is worth by itself.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentTrialWorth)]
pub(super) struct TrialWorth {
    /// 年度；没有分录的为 null / The policy year of its line; null where it has none.
    #[schema(example = 2020)]
    pub(super) year: Option<i32>,
    /// 计入的学时 / The hours that count.
    #[schema(value_type = f64, example = 24)]
    pub(super) hours: Hours,
}

/// 一种结论的改变 / Years whose verdict would change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReassessmentTrialVerdicts)]
pub(super) struct TrialVerdicts {
    /// 现结论 / The verdict as it is.
    #[schema(schema_with = words::<Verdict>)]
    pub(super) before: Verdict,
    /// 重新判定后的结论 / As it would be.
    #[schema(schema_with = words::<Verdict>)]
    pub(super) after: Verdict,
    /// 人次：每人每年度计一次 / How many years of people.
    #[schema(example = 12)]
    pub(super) years: u32,
}

/// 已认定的成果 / Recognitions that were credited by another version.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = ReassessmentTrialRecognitions)]
pub(super) struct TrialRecognitions {
    /// 适用该版本、此前依其他版本计入的件数 / How many of those that the version governs now.
    #[schema(example = 5)]
    pub(super) credited: u32,
    /// 其中依该版本价值不同、宜由主管部门查看的件数 / Of how many of them the worth would be another one, for the offices to look at.
    #[schema(example = 1)]
    pub(super) otherwise: u32,
}

/// 重新判定及其进度 / A reassessment, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reassessment)]
pub(super) struct ReassessmentBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) reassessment_id: ReassessmentId,
    /// 规则版本 / The version by which items are decided.
    #[schema(value_type = Uuid)]
    pub(super) policy_id: PolicyId,
    /// 其地区 / Its place.
    pub(super) place: PlaceRef,
    /// 事由 / Why.
    pub(super) reason: String,
    /// 开始时刻 / When it was asked for.
    pub(super) recorded_at: Moment,
    /// 经办人 / By whom.
    #[schema(example = "officer:li")]
    pub(super) recorded_by: String,
    /// 进度：waiting、running、done，或 dead（须运维处理） / How it stands; a `dead` one waits for the operator.
    #[schema(schema_with = words::<WorkState>)]
    pub(super) state: WorkState,
    /// 完成时刻 / When it had gone through everybody.
    pub(super) ended_at: Option<Moment>,
    /// 已查看的人数 / How many people were looked at so far.
    #[schema(example = 12000)]
    pub(super) people: Option<i64>,
    /// 应查看的人数，已知时 / Of how many, where that is known.
    #[schema(example = 30000)]
    pub(super) people_in_all: Option<i64>,
    /// 适用该版本、此前依其他版本判定的记录数；完成后给出 / How many of their items the version governs and another one had decided; told once it has ended.
    #[schema(example = 24000)]
    pub(super) items: Option<i64>,
    /// 结果改变的，依原结果、新结果；列表中不给出 / Those that were decided otherwise; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<Vec<ChangeCount>>,
}
