//! Wire types of year verifications.

use crate::{
    explain::{ClauseBody, ReasonBody},
    wire::{Day, Moment, words},
};
use domain::{
    kernel::{CaseId, EmployerId, LearnerId, VerificationBatchId},
    review::{MOST_AT_ONCE, Phase},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// As many as are decided at once; the number that the schema names.
const _: () = assert!(MOST_AT_ONCE == 500);

/// 用人单位集中报送年度验证 / Whose years an employer hands in.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerificationBatchInput)]
pub(super) struct BatchInput {
    /// 年度 / The policy year.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    pub(super) year: i32,
    /// 本单位人员，1 至 500 人，不得重复 / The employer's own staff, one to 500 of them and none twice.
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 500)]
    pub(super) learners: Vec<LearnerId>,
}

domain::words! {
    /// What becomes of one person of a batch.
    pub(super) enum ItemResult {
        /// Handed in; it waits for the office.
        Filed = "filed",
        /// Not handed in; the reasons say why.
        Refused = "refused",
    }
}

/// 一人的结果 / What becomes of one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerificationItem)]
pub(super) struct ItemBody {
    /// 学员 / The learner.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 结果 / What becomes of it.
    #[schema(schema_with = words::<ItemResult>)]
    pub(super) result: ItemResult,
    /// 审核事项编号；未报送或试算的没有 / The case; left out where it is refused, or only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub(super) case_id: Option<CaseId>,
    /// 未报送的全部原因，各附条款 / Every reason why it is not handed in, with the clauses.
    pub(super) reasons: Vec<ReasonBody>,
}

/// 试算的结果 / What would become of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerificationTrial)]
pub(super) struct TrialBody {
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 逐人，顺序同请求 / One each, in order.
    pub(super) items: Vec<ItemBody>,
}

/// 已报送的一批 / A batch that was handed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerificationBatchMade)]
pub(super) struct MadeBody {
    /// 批次编号 / The batch.
    #[schema(value_type = Uuid)]
    pub(super) batch_id: VerificationBatchId,
    /// 用人单位 / The employer.
    #[schema(value_type = Uuid)]
    pub(super) employer_id: EmployerId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 逐人，顺序同请求；未报送的不保存 / One each, in order; what is refused is kept nowhere.
    pub(super) items: Vec<ItemBody>,
}

/// 一批年度验证 / A batch, with where each of its people is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerificationBatch)]
pub(super) struct BatchBody {
    /// 批次编号 / The batch.
    #[schema(value_type = Uuid)]
    pub(super) batch_id: VerificationBatchId,
    /// 用人单位 / The employer.
    #[schema(value_type = Uuid)]
    pub(super) employer_id: EmployerId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 报送时刻 / When it was handed in.
    pub(super) filed_at: Moment,
    /// 已报送的各人；主管部门只见其管理的 / Those who were handed in; of them an office sees whom it answers for.
    pub(super) items: Vec<BatchItemBody>,
}

/// 批次中的一人 / One person of a batch.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VerificationBatchItem)]
pub(super) struct BatchItemBody {
    /// 学员；档案已合并的，为合并后的档案 / The learner; of a file that has ended, the one that goes on.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 审核事项编号 / The case.
    #[schema(value_type = Uuid)]
    pub(super) case_id: CaseId,
    /// 状态：waiting、approved、refused、revoked 等 / Where it is.
    #[schema(schema_with = words::<Phase>)]
    pub(super) state: Phase,
    /// 验证之日；未验证或已撤销的为 null / The day of its verification; null where none stands.
    pub(super) verified_on: Option<Day>,
}

/// 年度验证 / The verification of somebody's year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = YearVerification)]
pub(crate) struct VerificationBody {
    /// 审核事项编号 / The case.
    #[schema(value_type = Uuid)]
    pub(super) case_id: CaseId,
    /// 批次编号 / The batch in which it was handed in.
    #[schema(value_type = Uuid)]
    pub(super) batch_id: VerificationBatchId,
    /// 报送的用人单位 / The employer that did.
    #[schema(value_type = Uuid)]
    pub(super) employer_id: EmployerId,
    /// 学员 / The learner.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 状态 / Where it is.
    #[schema(schema_with = words::<Phase>)]
    pub(super) state: Phase,
    /// 规则所定的办理机关 / The office that the rules name.
    #[schema(example = "广德市人力资源和社会保障局事业专技科")]
    pub(super) office: Option<String>,
    /// 依据条款 / The clauses.
    pub(super) clauses: Vec<ClauseBody>,
    /// 报送时刻 / When it was handed in.
    pub(super) filed_at: Moment,
    /// 验证或不予验证的时刻；尚待办理的为 null / When the office verified or refused it; null while it waits.
    pub(super) decided_at: Option<Moment>,
    /// 不予验证或撤销的理由 / Why it was refused or taken back.
    pub(super) reason: Option<String>,
    /// 不予验证的依据条款 / By which clause it was refused.
    pub(super) refused_by: Option<ClauseBody>,
    /// 撤销时刻；自此如同从未验证 / When that was taken back: from then on it is as if it had never been.
    pub(super) annulled_at: Option<Moment>,
}
