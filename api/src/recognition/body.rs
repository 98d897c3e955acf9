//! Wire types of recognitions.

use super::{beside::SameDaysBody, claim::ClaimInput, credited::CreditedBody, shown::CaseBody};
use crate::{
    explain::{self, ClauseBody, ReasonBody},
    text::{Language, Text},
    wire::{Day, Moment, lines, one_line, words, words_or_null},
};
use domain::{
    kernel::{CaseId, EvidenceId, Hours, LearnerId, PolicyId},
    policy::{
        CategoryCode,
        shape::{Fulfils, Ledger},
    },
    recognition::{Judged, Line, Outcome, Step},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::recognition::Evidence;
use utoipa::ToSchema;
use validator::Validate;

/// 申报 / An achievement that is declared.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecognitionInput {
    /// 学员 / Whose it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 申报内容 / What is declared.
    #[validate(nested)]
    pub(super) claim: ClaimInput,
}

/// 试算 / An achievement that is tried: nothing is kept.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecognitionTrial {
    /// 学员 / Whose it is.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 申报内容 / What would be declared.
    #[validate(nested)]
    pub(super) claim: ClaimInput,
    /// 拟附证明材料的种类，用规则文件的文字 / The kinds of evidence that would be attached, in the words of the rule.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = lines))]
    pub(super) evidence: Vec<String>,
}

/// 证明材料 / A file that proves it.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceInput {
    /// 材料种类，用规则对该种类所列的文字；该种类未列的，用规则所列的任一材料；此外用「其他」，名称写入 file_name /
    /// What it is, in the words that the rule lists for the kind, or of any kind where it lists none for that; `其他` for all else, called by its `file_name`.
    #[validate(length(min = 1, max = 100), custom(function = one_line))]
    #[schema(example = "主办或承办单位文件")]
    pub(super) kind: String,
    /// 文件名；不得含证件号码 / What the file is called; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "证书.pdf")]
    pub(super) file_name: Option<String>,
    /// 文件内容，base64；PDF、JPEG 或 PNG，按内容识别，至多 4 MiB / The file in base64: PDF, JPEG or PNG, told by its bytes, at most 4 MiB.
    #[validate(length(min = 1, max = 5_592_408))]
    #[schema(example = "JVBERi0xLjQKJSVFT0YK")]
    pub(super) content: String,
}

/// 证明材料 / A file that proves an achievement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub(crate) struct EvidenceBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    evidence_id: EvidenceId,
    /// 材料种类 / What it is, in the words of the rule.
    kind: String,
    /// 媒体类型，按内容识别 / Its media type, told by its bytes.
    #[schema(example = "application/pdf")]
    media_type: String,
    /// 字节数 / Its size in bytes.
    #[schema(example = 20480)]
    size: i32,
    /// 内容的 SHA-256 / SHA-256 of its bytes.
    sha256: String,
    /// 文件名；个人信息已删除的为 null / What it is called; null once the person was erased.
    file_name: Option<String>,
    /// 附加时刻 / When it was attached.
    added_at: Moment,
}

/// 证明材料的内容 / A file with its bytes.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = EvidenceContent)]
pub(super) struct EvidenceContentBody {
    #[serde(flatten)]
    pub(super) file: EvidenceBody,
    /// 文件内容，base64 / Its bytes in base64.
    pub(super) content: String,
}

impl From<Evidence> for EvidenceBody {
    fn from(file: Evidence) -> Self {
        let Evidence { evidence_id, kind, media_type, size, sha256, file_name, added_at, .. } = file;
        Self { evidence_id, kind, media_type, size, sha256, file_name, added_at: added_at.into() }
    }
}

/// 算式中的一步 / One step of the arithmetic.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArithmeticStep)]
pub(crate) struct StepBody {
    /// 稳定的代码 / The stable code.
    #[schema(example = "per_day")]
    code: String,
    /// 说明，语言随 Accept-Language / The step in the caller's language.
    #[schema(example = "5 天 × 7 = 35")]
    text: String,
    /// 具名事实 / The typed facts.
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
    /// 依据条款 / The clauses it rests on.
    clauses: Vec<ClauseBody>,
}

impl StepBody {
    fn of(step: &Step, language: Language) -> Self {
        let (code, facts) = explain::coded(&step.kind);
        let text = Text::new(step.kind.in_chinese(), step.kind.in_english());
        let clauses = step.cite.iter().map(ClauseBody::from).collect();
        Self { code, text: text.in_language(language).to_owned(), facts, clauses }
    }
}

/// 拟计入台账的一条 / A line that the ledger would hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecognitionLine)]
pub(crate) struct LineBody {
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 类别；视同全年完成的为 null / The category; null where everything of the year is fulfilled.
    #[schema(value_type = Option<String>, example = "professional")]
    category: Option<CategoryCode>,
    /// 学时，未按上限扣减；视同完成的为 0 / The hours, uncut by any cap; 0 for what fulfils.
    #[schema(value_type = f64, example = 35)]
    hours: Hours,
    /// 视同完成的范围 / What is deemed met.
    #[schema(schema_with = words_or_null::<Fulfils>)]
    fulfils: Option<Fulfils>,
}

impl From<&Line> for LineBody {
    fn from(line: &Line) -> Self {
        Self { year: line.year, category: line.category.clone(), hours: line.hours, fulfils: line.fulfils }
    }
}

/// 核算结果：算式逐步列出 / What it is worth by itself, with the arithmetic step by step.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Worth)]
pub(crate) struct WorthBody {
    /// 结论：worth 可计，needs_review 需主管部门决定，refused 不计 / What becomes of it: worth an amount, for an office to decide, or refused.
    #[schema(schema_with = words::<Outcome>)]
    pub(super) outcome: Outcome,
    /// 是否计入台账；off 为申报职称时核算 / Whether it becomes lines of the ledger; `off` is computed when a title is applied for.
    #[schema(schema_with = words_or_null::<Ledger>)]
    ledger: Option<Ledger>,
    /// 决定年度的日期 / The day that decides its year.
    earned_on: Option<Day>,
    /// 学时合计，未按上限扣减 / The hours of all lines, uncut by any cap.
    #[schema(value_type = f64, example = 35)]
    pub(super) hours: Hours,
    /// 拟计入的各条 / The lines.
    lines: Vec<LineBody>,
    /// 算式 / The arithmetic, in order.
    steps: Vec<StepBody>,
    /// 原因，拒绝的在前 / Why, refusals first.
    reasons: Vec<ReasonBody>,
    /// 适用的规则版本 / The rules that spoke.
    #[schema(value_type = Uuid)]
    policy_id: PolicyId,
}

impl WorthBody {
    pub(super) fn of(judged: &Judged, policy: PolicyId, language: Language) -> Self {
        Self {
            outcome: judged.outcome,
            ledger: judged.ledger,
            earned_on: judged.earned_on.map(Day),
            hours: judged.hours(),
            lines: judged.lines.iter().map(LineBody::from).collect(),
            steps: judged.steps.iter().map(|step| StepBody::of(step, language)).collect(),
            reasons: judged.reasons.iter().map(|reason| explain::achievement(reason).body(language)).collect(),
            policy_id: policy,
        }
    }
}

/// 一项申报：内容、材料、核算 / What is declared, what proves it and what it is worth.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Claimed)]
pub(crate) struct ClaimedBody {
    /// 认定事项编号 / The id of the recognition, which is that of its review.
    #[schema(value_type = Uuid)]
    pub(super) recognition_id: CaseId,
    /// 学员 / Whose it is.
    #[schema(value_type = Uuid)]
    pub(crate) learner_id: LearnerId,
    /// 申报内容的版本，从 1 起 / Which version of what is declared, from 1.
    #[schema(example = 1)]
    pub(super) version: i32,
    /// 申报内容 / What is declared.
    pub(super) claim: ClaimInput,
    /// 证明材料 / What proves it.
    pub(super) evidence: Vec<EvidenceBody>,
    /// 同一学员已提交的、日期重叠或同种类同日期的其他申报，供审核人一并查看 / What else of this person was handed in and takes the same days, or is of the same kind and day: for whoever decides to look at as well.
    #[schema(value_type = Vec<Uuid>)]
    pub(super) alike: Vec<CaseId>,
    /// 平台报送的、与所填日期同日的学习，供审核人判断是否同一培训：认定不因此暂缓，同意即一并计入 / What platforms reported of the same days, as far as it stands: whoever decides says whether it is
    /// the same study. Nothing waits for it: what is approved counts beside it.
    pub(super) same_days: Vec<SameDaysBody>,
    /// 同意之前：按现行规则与现知事实的核算，没有有效规则时为 null；不予认定、撤回、终止的为 null。同意之后：台账所记各条及作出决定的规则的算式，不因规则变化而变 /
    /// Before its approval what it is worth by the rules in force and the facts known now, null where no rules are in force, and once it was refused, withdrawn or cancelled. After it the lines of
    /// the ledger with the arithmetic of the rules that decided, whatever rules came since.
    pub(super) worth: Option<WorthBody>,
    /// 已计入台账的各条，及其是否被冲销；未同意的为空 / The lines of the ledger that the approval made, and whether they were taken back; none before it.
    pub(super) credited: Vec<CreditedBody>,
    /// 历次提交时与现内容不同的申报内容，即此前环节所审的 / What was declared when it was handed in before, where that is another thing than now: what earlier stages decided on.
    pub(super) handed_in: Vec<HandedInBody>,
}

/// 此前提交的申报内容 / What was declared when a case was handed in before.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecognitionHandedIn)]
pub(crate) struct HandedInBody {
    /// 版本 / Which version.
    #[schema(example = 1)]
    pub(super) version: i32,
    /// 提交时刻 / When it was handed in.
    pub(super) handed_in_at: Moment,
    /// 申报内容 / What was declared.
    pub(super) claim: ClaimInput,
}

/// 认定事项 / A recognition.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Recognition)]
pub(super) struct RecognitionBody {
    #[serde(flatten)]
    pub(super) claimed: ClaimedBody,
    /// 审核情况 / Where its review is.
    pub(super) review: CaseBody,
}
