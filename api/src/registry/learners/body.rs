//! Wire types of learners. Those that hold an identity number have no `Debug`, so that no log can show one.

use crate::wire::{Day, Moment, PlaceRef, one_line, series_name, words, words_or_null};
use domain::{
    kernel::{DocumentKind, EmployerId, FactId, LearnerId, MergeId},
    registry::{DocumentWas, EmploymentKind, Level, UnmaskingPurpose},
};
use serde::{Deserialize, Serialize};
use store::registry::{LearnerMerge, MergeUndoing};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// 身份证件 / An identity document.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentInput {
    /// 证件类别 / The kind of document.
    #[schema(schema_with = words::<DocumentKind>)]
    pub(super) kind: DocumentKind,
    /// 证件号码；居民身份证按 GB 11643 校验 / Its number; resident ids are checked by GB 11643.
    #[schema(example = "610302199001010002")]
    pub(super) number: String,
}

/// 学员登记 / A learner to be registered.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LearnerInput {
    /// 身份证件 / The identity document.
    pub(super) document: DocumentInput,
    /// 姓名 / The name as printed on the document.
    #[schema(example = "示例甲")]
    pub(super) name: String,
    /// 人事隶属地区 / The place by personnel relation.
    pub(super) placement: PlacementInput,
    /// 用人单位 / The employer.
    pub(super) employment: Option<EmploymentInput>,
    /// 职称系列、层级与用工形式 / Series, level and kind of employment.
    #[validate(nested)]
    pub(super) post: Option<PostInput>,
}

/// 人事隶属地区 / To which place a learner belongs, and since when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlacementInput {
    /// 地区，任一区划代码均可 / The place, by any code.
    #[schema(example = "610302")]
    pub(super) place: String,
    /// 起始日，缺省为今天；1949-10-01 起、一年之内；迁出所辖地区的不得早于今天 / The first day; today where it is missing. From 1949-10-01 to a
    /// year ahead; an officer backdates no move out of the own places.
    pub(super) from_on: Option<Day>,
}

/// 用人单位 / Who employs a learner, and since when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmploymentInput {
    /// 用人单位编号，null 表示自此无单位 / The employer; null where the learner has none from that day.
    #[schema(value_type = Option<Uuid>)]
    pub(super) employer_id: Option<EmployerId>,
    /// 起始日，缺省为今天；1949-10-01 起、一年之内 / The first day; today where it is missing. From 1949-10-01 to a year ahead.
    pub(super) from_on: Option<Day>,
}

/// 职称系列、层级与用工形式 / What a learner is engaged as, and since when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostInput {
    /// 职称系列，用通知所用的名称 / The series, named as the notices name it.
    #[validate(custom(function = series_name))]
    #[schema(example = "会计")]
    pub(super) series: Option<String>,
    /// 层级 / The level.
    #[schema(schema_with = words_or_null::<Level>)]
    pub(super) level: Option<Level>,
    /// 用工形式 / How the learner is employed.
    #[schema(schema_with = words::<EmploymentKind>)]
    pub(super) employment_kind: EmploymentKind,
    /// 起始日，缺省为今天；1949-10-01 起、一年之内 / The first day; today where it is missing. From 1949-10-01 to a year ahead.
    pub(super) from_on: Option<Day>,
}

/// 更正姓名或身份证件 / A correction of the name, the identity document or both.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonCorrection {
    /// 正确的姓名 / The right name.
    #[schema(example = "示例乙")]
    pub(super) name: Option<String>,
    /// 正确的身份证件，取代原证件 / The right document, which takes the place of the present one.
    pub(super) document: Option<DocumentInput>,
    /// 原证件：wrong 登记有误，自此不再指向该学员；former 曾属该学员，仍可据以找到，他人不得登记；缺省为 wrong / What the present document was: wrong,
    /// and leads to the learner no more; or the learner's own until now, which goes on leading there and registers nobody else. wrong where left out.
    #[serde(default)]
    #[schema(schema_with = words_or_null::<DocumentWas>)]
    pub(super) document_was: Option<DocumentWas>,
    /// 依据，如受理编号，记入审计记录；不得含个人信息，含本人姓名或证件号码的不予受理 / On what ground, for instance the number of a case; kept in the audit
    /// trail. No personal data: one that holds the name or the number of the person is refused.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "受理〔2026〕1号")]
    pub(super) reference: Option<String>,
}

/// 按身份证件查找 / Whom to look for.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LearnerLookup {
    /// 身份证件 / The identity document.
    pub(super) document: DocumentInput,
}

/// How learners are searched.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LearnerQuery {
    /// 地区：本级及其下级 / A place, with all below it.
    pub(super) place: Option<String>,
    /// 现用人单位 / The present employer.
    #[param(value_type = Option<Uuid>)]
    pub(super) employer: Option<EmployerId>,
}

/// 按姓名查找学员 / Learners by their name, which is no part of an address.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LearnerSearchInput {
    /// 姓名开头 / The beginning of the name.
    #[validate(length(max = 64), custom(function = one_line))]
    #[schema(example = "示例")]
    pub(super) name: String,
    /// 地区：本级及其下级 / A place, with all below it.
    #[schema(example = "610300")]
    pub(super) place: Option<String>,
    /// 现用人单位 / The present employer.
    #[schema(value_type = Option<Uuid>)]
    pub(super) employer: Option<EmployerId>,
    /// 每页条数 / How many items at most.
    #[schema(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: Option<u16>,
    /// 上一页返回的 next_cursor，其他条件须相同 / What the page before gave as `next_cursor`, all else being the same.
    pub(super) cursor: Option<String>,
}

/// 学员档案 / A learner's file as it stands today.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LearnerBody {
    /// 学员编号 / The learner's id.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 姓名；仅本人可见全名 / The name, masked for all but the learner.
    #[schema(example = "示*")]
    pub(super) name: Option<String>,
    /// 身份证件，号码已遮蔽 / The identity document, its number masked.
    pub(super) document: Option<DocumentBody>,
    /// 人事隶属地区 / The place by personnel relation.
    pub(super) placement: Option<PlacementBody>,
    /// 用人单位 / The employer.
    pub(super) employment: Option<EmploymentBody>,
    /// 职称系列、层级与用工形式 / Series, level and kind of employment.
    pub(super) post: Option<PostBody>,
}

/// 身份证件，号码已遮蔽 / An identity document with its number masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DocumentBody {
    /// 证件类别 / The kind of document.
    #[schema(schema_with = words::<DocumentKind>)]
    pub(crate) kind: DocumentKind,
    /// 遮蔽后的号码 / The masked number.
    #[schema(example = "6103**********0002")]
    pub(crate) number: Option<String>,
}

/// 人事隶属地区 / To which place a learner belongs from a day on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlacementBody {
    /// 编号 / The fact's id.
    #[schema(value_type = Uuid)]
    pub(super) fact_id: FactId,
    /// 地区 / The place.
    pub(super) place: PlaceRef,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 记录时刻 / When it was recorded.
    pub(super) recorded_at: Moment,
}

/// 用人单位 / Who employs a learner from a day on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EmploymentBody {
    /// 编号 / The fact's id.
    #[schema(value_type = Uuid)]
    pub(super) fact_id: FactId,
    /// 用人单位，null 表示无单位 / The employer; null where there is none.
    pub(super) employer: Option<EmployerRef>,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 记录时刻 / When it was recorded.
    pub(super) recorded_at: Moment,
}

/// 用人单位及其名称 / An employer and its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EmployerRef {
    /// 用人单位编号 / The employer's id.
    #[schema(value_type = Uuid)]
    pub(super) employer_id: EmployerId,
    /// 名称 / Its name.
    #[schema(example = "示例医院")]
    pub(super) name: String,
}

/// 职称系列、层级与用工形式 / What a learner is engaged as from a day on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PostBody {
    /// 编号 / The fact's id.
    #[schema(value_type = Uuid)]
    pub(super) fact_id: FactId,
    /// 职称系列 / The series.
    pub(super) series: Option<String>,
    /// 层级 / The level.
    #[schema(schema_with = words_or_null::<Level>)]
    pub(super) level: Option<Level>,
    /// 用工形式 / How the learner is employed.
    #[schema(schema_with = words::<EmploymentKind>)]
    pub(super) employment_kind: EmploymentKind,
    /// 起始日 / The first day.
    pub(super) from_on: Day,
    /// 记录时刻 / When it was recorded.
    pub(super) recorded_at: Moment,
}

/// 学员的全部历史事实，按起始日和记录时刻排序 / All facts about a learner, by first day and moment of recording.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LearnerHistoryBody {
    /// 人事隶属地区 / The places.
    pub(super) placements: Vec<PlacementBody>,
    /// 用人单位 / The employers.
    pub(super) employments: Vec<EmploymentBody>,
    /// 职称系列、层级与用工形式 / The posts.
    pub(super) posts: Vec<PostBody>,
    /// 与同一人其他档案的合并，按先后 / Merges with other files of the same person, the first one first.
    pub(super) merges: Vec<MergeRef>,
}

/// 一次档案合并 / A merge of two files that this one took part in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MergeRef {
    /// 合并编号 / The merge.
    #[schema(value_type = Uuid)]
    pub(super) merge_id: MergeId,
    /// 并入他档而终止的档案 / The file that ended.
    #[schema(value_type = Uuid)]
    pub(super) ends: LearnerId,
    /// 保留的档案 / The file that stayed.
    #[schema(value_type = Uuid)]
    pub(super) stays: LearnerId,
    /// 合并时刻 / When.
    pub(super) merged_at: Moment,
    /// 撤销时刻 / When it was undone; null where it was not.
    pub(super) undone_at: Option<Moment>,
}

impl From<(LearnerMerge, Option<MergeUndoing>)> for MergeRef {
    fn from((merge, undoing): (LearnerMerge, Option<MergeUndoing>)) -> Self {
        let LearnerMerge { merge_id, ends_id: ends, stays_id: stays, merged_at, .. } = merge;
        let undone_at = undoing.map(|undoing| undoing.undone_at.into());
        Self { merge_id, ends, stays, merged_at: merged_at.into(), undone_at }
    }
}

/// 批量学员 / Many learners.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire form; each item is read by itself")]
pub(super) struct LearnerItems {
    /// 1 至 1000 名学员 / One to a thousand learners.
    items: Vec<LearnerInput>,
}

/// 查看完整身份信息的申请 / What someone's full identity is wanted for.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnmaskingInput {
    /// 目的；学员为 own_file，其他人不得用 / What for; of a learner `own_file`, and of nobody else.
    #[schema(schema_with = words::<UnmaskingPurpose>)]
    pub(crate) purpose: UnmaskingPurpose,
    /// 依据，如受理编号；不得含个人信息 / On what ground, for instance the number of a case; no personal data.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "投诉〔2026〕12号")]
    pub(crate) reference: String,
}

/// 完整身份信息 / A person's full identity.
#[derive(Serialize, ToSchema)]
pub(super) struct UnmaskedBody {
    /// 学员编号 / The learner's id.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 姓名 / The name.
    #[schema(example = "示例甲")]
    pub(super) name: String,
    /// 身份证件 / The identity document, whole.
    pub(super) document: DocumentBody,
    /// 今日还可查看的次数 / How often the caller may do so again today.
    #[schema(example = 49)]
    pub(super) left_today: i64,
}
