//! Wire types of exceptions.

use crate::{
    explain::ClauseBody,
    recognition::shown::CaseBody,
    roll::CategoryHours,
    wire::{Day, Moment, one_line, words},
};
use domain::{
    hour_ledger::Verdict,
    kernel::{CaseId, EntryId, Hours, LearnerId, PolicyId},
    policy::CategoryCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// 例外认定 / What is to be granted by exception.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExceptionInput)]
pub(super) struct ExceptionInput {
    /// 学员 / Whose year it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 年度，须已结束而未达标 / The policy year; over, and missed.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    pub(super) year: i32,
    /// 该年度视为达标；与 hours 二选一 / That the year passes as met; this or `hours`.
    #[schema(example = true)]
    pub(super) met: Option<bool>,
    /// 计入的各类别学时，在已有学时之外；与 met 二选一 / The hours to be counted of each category, beside those there are; this or `met`.
    #[validate(nested, length(min = 1, max = 50))]
    pub(super) hours: Option<Vec<CategoryHours>>,
    /// 理由；不得含证件号码 / Why; no identity number.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "全年援外，当年无法参加学习")]
    pub(super) reason: String,
    /// 文书的名称、文号；不得含证件号码 / The office's paper, by its title or number; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例专技〔2021〕3号")]
    pub(super) document: String,
    /// 文书日期，缺省为今天 / The day of the paper; today where it is left out.
    #[schema(example = "2021-03-01")]
    pub(super) decided_on: Option<Day>,
}

/// 撤销例外认定 / Why an exception is annulled.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExceptionAnnulment)]
pub(super) struct AnnulmentInput {
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "所附文书有误")]
    pub(super) reason: String,
}

/// 该年度的结论 / What a year is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExceptionYear)]
pub(super) struct YearBody {
    /// 结论 / The verdict.
    #[schema(schema_with = words::<Verdict>)]
    pub(super) verdict: Verdict,
    /// 结论的说明 / The same in words.
    #[schema(example = "未达标")]
    pub(super) verdict_text: String,
    /// 各节点的缺口 / What is missing, by nodes.
    pub(super) missing: Vec<CategoryHours>,
}

/// 将记入的一条分录 / A line that would be recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExceptionTrialLine)]
pub(super) struct TrialLineBody {
    /// 类别；整个年度视为达标的为 total / The category; `total` where the whole year passes.
    #[schema(value_type = String, example = "professional")]
    pub(super) category: CategoryCode,
    /// 学时，下级类别的除外；整个年度视为达标的为 0 / The hours, without those of its parts; 0 where the whole year passes.
    #[schema(value_type = f64, example = 10)]
    pub(super) hours: Hours,
}

/// 试算：批准后将如何 / What would follow from an approval.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExceptionTrial)]
pub(super) struct TrialBody {
    /// 学员 / Whose year it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 将记入台账的分录 / The lines that would be recorded.
    pub(super) lines: Vec<TrialLineBody>,
    /// 现在 / The year as it is.
    pub(super) before: YearBody,
    /// 批准之后 / The year as it would be.
    pub(super) after: YearBody,
    /// 规则所定的办理机关 / The office that the rules name.
    #[schema(example = "广德市人力资源和社会保障局事业专技科")]
    pub(super) office: String,
    /// 依据的规则版本 / The version of the rules that says so.
    #[schema(value_type = Uuid)]
    pub(super) policy_id: PolicyId,
    /// 依据条款 / The clauses.
    pub(super) clauses: Vec<ClauseBody>,
}

/// 已记入的一条分录 / A line that was recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExceptionLine)]
pub(crate) struct ExceptedLineBody {
    /// 分录；档案合并或恢复后另有一条代替它 / The line; after files were joined or parted another one stands for it.
    #[schema(value_type = Uuid)]
    pub(super) entry_id: EntryId,
    /// 类别；整个年度视为达标的为 total / The category; `total` where the whole year passes.
    #[schema(value_type = String, example = "professional")]
    pub(super) category: CategoryCode,
    /// 学时 / The hours.
    #[schema(value_type = f64, example = 10)]
    pub(super) hours: Hours,
    /// 冲销时刻；仍有效的为 null / When it was taken back; null while it stands.
    pub(super) reversed_at: Option<Moment>,
    /// 冲销原因：因撤销为 exception_annulled / Why it was taken back; `exception_annulled` by an annulment.
    #[schema(example = "exception_annulled")]
    pub(super) reversed_for: Option<String>,
}

/// 例外认定的内容 / What is granted by exception.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Excepted)]
pub(crate) struct ExceptedBody {
    /// 例外认定编号，即审核事项编号 / The id of the exception, which is that of its review.
    #[schema(value_type = Uuid)]
    pub(super) exception_id: CaseId,
    /// 学员 / Whose year it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 是否整个年度视为达标 / Whether the whole year passes.
    pub(super) met: bool,
    /// 计入的各类别学时 / The hours of each category.
    pub(super) hours: Vec<CategoryHours>,
    /// 理由；学员的个人信息已删除的为 null / Why; null where the person was erased.
    pub(super) reason: Option<String>,
    /// 文书；学员的个人信息已删除的为 null / The office's paper; null where the person was erased.
    pub(super) document: Option<String>,
    /// 文书日期 / The day of the paper.
    pub(super) decided_on: Day,
    /// 规则所定的办理机关 / The office that the rules name.
    pub(super) office: Option<String>,
    /// 依据条款 / The clauses.
    pub(super) clauses: Vec<ClauseBody>,
    /// 记入台账的分录；未生效的没有 / The lines that it made; none before it took effect.
    pub(super) lines: Vec<ExceptedLineBody>,
    /// 生效时刻，即批准之时；未生效为 null / When it took effect, by its approval; null before that.
    pub(super) effective_at: Option<Moment>,
    /// 撤销时刻；自此如同从未认定 / When it was annulled: from then on it is as if it had never been.
    pub(super) annulled_at: Option<Moment>,
}

/// 例外认定 / An exception.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Exception)]
pub(super) struct ExceptionBody {
    #[serde(flatten)]
    pub(super) excepted: ExceptedBody,
    /// 审核情况 / Where its review is.
    pub(super) review: CaseBody,
}
