//! Wire types of findings.

use super::shown::SanctionBody;
use crate::{
    recognition::shown::CaseBody,
    wire::{Day, Moment, one_line, words},
};
use domain::{
    kernel::{CaseId, EntryId, Hours, LearnerId},
    policy::{CategoryCode, shape::Cause},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// 查实 / What is found of a person's hours.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FindingInput)]
pub(super) struct FindingInput {
    /// 学员 / Whose hours they are.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 事由：fraud 学时弄虚作假，certificate_abuse 证书造假或冒用，abuse_of_office 以权谋私；其余不须查实 / What was found; what the calendar tells nobody finds.
    #[schema(schema_with = words::<Cause>)]
    pub(super) cause: Cause,
    /// 查实之日，惩戒年限自此日起算 / The day on which it was established, from which terms are counted.
    #[schema(example = "2021-03-01")]
    pub(super) decided_on: Day,
    /// 依据材料的名称、编号；不得含证件号码 / What proves it, by its title or number; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例查实报告〔2021〕1号")]
    pub(super) document: String,
    /// 所涉的台账分录 / The lines of the ledger that it concerns.
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 500)]
    pub(super) lines: Vec<EntryId>,
}

/// 撤销查实 / Why a finding is annulled.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FindingAnnulment)]
pub(super) struct AnnulmentInput {
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "复查认定证据不足")]
    pub(super) reason: String,
}

/// 所涉的一条分录 / A line that a finding concerns.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FindingLine)]
pub(crate) struct FoundLineBody {
    /// 分录 / The line.
    #[schema(value_type = Uuid)]
    pub(super) entry_id: EntryId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 类别 / The category.
    #[schema(value_type = String, example = "professional")]
    pub(super) category: CategoryCode,
    /// 学时 / The hours.
    #[schema(value_type = f64, example = 30)]
    pub(super) hours: Hours,
    /// 从它结转、随之不再计入的分录 / Lines that draw on it as surplus, and count no longer once it is taken back.
    #[schema(value_type = Vec<Uuid>)]
    pub(super) drawn_by: Vec<EntryId>,
    /// 冲销时刻；仍有效的为 null / When it was taken back; null while it stands.
    pub(super) reversed_at: Option<Moment>,
    /// 冲销原因：因查实为 found_false / Why it was taken back; `found_false` by a finding.
    #[schema(example = "found_false")]
    pub(super) reversed_for: Option<String>,
}

/// 试算：查实将有何后果 / What would follow from a finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FindingTrial)]
pub(super) struct TrialBody {
    /// 学员 / Whose hours they are.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 将被冲销的分录 / The lines that would be taken back.
    pub(super) lines: Vec<FoundLineBody>,
    /// 按学时所属年度的规则将产生的惩戒 / What the rules of the years concerned attach to it.
    pub(super) sanctions: Vec<SanctionBody>,
}

/// 查实的内容 / What is found, and what follows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Found)]
pub(crate) struct FoundBody {
    /// 查实事项编号，即审核事项编号 / The id of the finding, which is that of its review.
    #[schema(value_type = Uuid)]
    pub(super) finding_id: CaseId,
    /// 学员 / Whose hours they are.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 事由 / What was found.
    #[schema(schema_with = words::<Cause>)]
    pub(super) cause: Cause,
    /// 查实之日 / The day on which it was established.
    pub(super) decided_on: Day,
    /// 依据材料；学员的个人信息已删除的为 null / What proves it; null where the person was erased.
    pub(super) document: Option<String>,
    /// 所涉的分录 / The lines that it concerns.
    pub(super) lines: Vec<FoundLineBody>,
    /// 惩戒：生效前为将产生的，生效后为当时所定、不因规则变化而变 / What follows: before it takes effect what would, from then on as it was computed, whatever rules came since.
    pub(super) sanctions: Vec<SanctionBody>,
    /// 生效时刻，即确认之时；未生效为 null / When it took effect, by its approval; null before that.
    pub(super) effective_at: Option<Moment>,
    /// 撤销时刻；自此如同从未查实 / When it was annulled: from then on it is as if it had never been.
    pub(super) annulled_at: Option<Moment>,
}

/// 查实事项 / A finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Finding)]
pub(super) struct FindingBody {
    #[serde(flatten)]
    pub(super) found: FoundBody,
    /// 审核情况 / Where its review is.
    pub(super) review: CaseBody,
}
