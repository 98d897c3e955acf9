//! Wire types of corrections. Those that hold a whole identity number have no `Debug`, so that no log can show one.

use crate::{
    recognition::shown::CaseBody,
    registry::{DocumentBody, DocumentInput, EmploymentInput, PlacementInput},
    wire::{Day, Moment, PlaceRef, lines, one_line, words, words_or_null},
};
use domain::{
    corrections::CorrectionKind,
    kernel::{CaseId, EmployerId, LearnerId},
    registry::DocumentWas,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// 申请更正：一次一项 / What a learner asks to have corrected: one thing at a time.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CorrectionInput)]
pub(super) struct CorrectionInput {
    /// 学员，即本人 / Whose file it is: the learner's own.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 正确的姓名 / The right name.
    #[schema(example = "示例乙")]
    pub(super) name: Option<String>,
    /// 正确的身份证件 / The right document.
    pub(super) document: Option<DocumentInput>,
    /// 原证件：wrong 登记有误，自此不再指向该学员；former 曾属该学员，仍可据以找到；缺省为 wrong / What the present document was: wrong, or the learner's own until
    /// now, which goes on leading there. wrong where left out.
    #[schema(schema_with = words_or_null::<DocumentWas>)]
    pub(super) document_was: Option<DocumentWas>,
    /// 用人单位；不填起始日的自同意之日起 / The employer; from the day of the approval where no first day is said.
    pub(super) employment: Option<EmploymentInput>,
    /// 人事隶属地区；不填起始日的自同意之日起 / The place; from the day of the approval where no first day is said.
    pub(super) placement: Option<PlacementInput>,
    /// 本人的另一份档案，合并后终止，保留提出申请的这一份 / Another file of the learner's, which ends in this one.
    pub(super) merge: Option<CorrectionMergeInput>,
    /// 理由；不得含证件号码 / Why; no identity number.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "登记时录入有误")]
    pub(super) reason: String,
    /// 证明材料的名称；不得含证件号码 / What the documents are called that prove it; no identity number.
    #[serde(default)]
    #[validate(length(max = 10), custom(function = lines))]
    #[schema(example = json!(["户口簿"]))]
    pub(super) proofs: Vec<String>,
}

/// 本人的另一份档案 / Another file of the learner's, as the learner knows it.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CorrectionMergeInput)]
pub(super) struct CorrectionMergeInput {
    /// 该档案登记的身份证件 / The document by which it is registered.
    pub(super) document: DocumentInput,
    /// 该档案登记的姓名 / The name by which it is registered.
    #[schema(example = "示例甲")]
    pub(super) name: String,
}

/// 所申请的用人单位 / The employer that is asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CorrectionEmployment)]
pub(crate) struct AskedEmploymentBody {
    /// 用人单位编号，null 表示无单位 / The employer; null where there is to be none.
    #[schema(value_type = Option<Uuid>)]
    pub(super) employer_id: Option<EmployerId>,
    /// 起始日；null 为自同意之日起 / The first day; null for the day of the approval.
    pub(super) from_on: Option<Day>,
}

/// 所申请的地区 / The place that is asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CorrectionPlacement)]
pub(crate) struct AskedPlacementBody {
    /// 地区 / The place.
    pub(super) place: PlaceRef,
    /// 起始日；null 为自同意之日起 / The first day; null for the day of the approval.
    pub(super) from_on: Option<Day>,
}

/// 所申请合并的另一份档案 / The other file that is to be joined.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CorrectionMerge)]
pub(crate) struct AskedMergeBody {
    /// 该档案登记的身份证件，号码已遮蔽 / The document by which it is registered, its number masked.
    pub(super) document: DocumentBody,
    /// 该档案登记的姓名；申请人以外已遮蔽 / The name by which it is registered, masked for all but who asks.
    #[schema(example = "示*")]
    pub(super) name: Option<String>,
}

/// 申请更正的内容 / What is asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CorrectionAsked)]
pub(crate) struct AskedBody {
    /// 更正申请编号，即审核事项编号 / The id of the request, which is that of its review.
    #[schema(value_type = Uuid)]
    pub(super) correction_id: CaseId,
    /// 学员 / Whose file it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 更正哪一项 / What is to be corrected.
    #[schema(schema_with = words::<CorrectionKind>)]
    pub(super) kind: CorrectionKind,
    /// 姓名；申请人以外已遮蔽，个人信息已删除的为 null / The name, masked for all but who asks; null once the person was erased.
    #[schema(example = "示*")]
    pub(super) name: Option<String>,
    /// 身份证件，号码已遮蔽 / The document, its number masked.
    pub(super) document: Option<DocumentBody>,
    /// 原证件是什么 / What the present document was.
    #[schema(schema_with = words_or_null::<DocumentWas>)]
    pub(super) document_was: Option<DocumentWas>,
    /// 用人单位 / The employer.
    pub(super) employment: Option<AskedEmploymentBody>,
    /// 地区 / The place.
    pub(super) placement: Option<AskedPlacementBody>,
    /// 另一份档案 / The other file.
    pub(super) merge: Option<AskedMergeBody>,
    /// 理由；个人信息已删除的为 null / Why; null once the person was erased.
    pub(super) reason: Option<String>,
    /// 证明材料的名称 / What the documents are called that prove it.
    pub(super) proofs: Vec<String>,
    /// 申请时刻 / When it was asked.
    pub(super) asked_at: Moment,
}

/// 更正申请 / A request for a correction.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
pub(super) struct CorrectionBody {
    #[serde(flatten)]
    pub(super) asked: AskedBody,
    /// 审核情况；合并的申请不向学员列明由哪一机关办理 / Where its review is. Of a merge the learner is not told which office decides, since that
    /// depends on where the other file is.
    pub(super) review: CaseBody,
}

/// 申请内容中的完整身份信息 / What is asked, unmasked.
#[derive(Serialize, ToSchema)]
#[schema(as = CorrectionUnmasked)]
pub(super) struct UnmaskedBody {
    /// 更正申请编号 / The request.
    #[schema(value_type = Uuid)]
    pub(super) correction_id: CaseId,
    /// 提出申请的学员 / Who asks.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 姓名；未涉及的为 null / The name; null where none is asked.
    #[schema(example = "示例乙")]
    pub(super) name: Option<String>,
    /// 身份证件；未涉及的为 null / The document, whole; null where none is asked.
    pub(super) document: Option<DocumentBody>,
    /// 今日还可查看的次数，与查看学员完整身份信息合计 / How often the caller may be shown somebody unmasked again today, learners' files included.
    #[schema(example = 49)]
    pub(super) left_today: i64,
}
