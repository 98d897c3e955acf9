//! Wire types and handlers of merges.

use super::super::body::{LearnerBody, LearnerHistoryBody};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    wire::{Moment, one_line},
};
use actix_web::{get, post, web, web::Data};
use domain::kernel::{LearnerId, MergeId};
use serde::{Deserialize, Serialize};
use store::registry::{LearnerMerge, MergeUndoing};
use time::OffsetDateTime;
use utoipa::ToSchema;
use validator::Validate;

/// 合并同一人的两份档案 / Two files of one person that are to become one.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct MergeInput {
    /// 终止的档案 / The file that ends.
    #[schema(value_type = Uuid)]
    pub(super) ends: LearnerId,
    /// 保留的档案 / The file that stays.
    #[schema(value_type = Uuid)]
    pub(super) stays: LearnerId,
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "同一人以新旧证件重复登记")]
    reason: String,
    /// 依据的文书或受理编号；不得含个人信息 / The document or case that it rests on; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "受理〔2026〕1号")]
    reference: Option<String>,
}

impl MergeInput {
    pub(super) fn row(&self, merge_id: MergeId, merged_at: OffsetDateTime, merged_by: String) -> LearnerMerge {
        let Self { ends, stays, reason, reference } = self.clone();
        LearnerMerge { merge_id, ends_id: ends, stays_id: stays, reason, reference, merged_at, merged_by }
    }
}

/// 撤销合并 / Why a merge is undone.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct UndoingInput {
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "经核实并非同一人")]
    reason: String,
}

impl UndoingInput {
    pub(super) fn row(&self, merge_id: MergeId, undone_at: OffsetDateTime, undone_by: String) -> MergeUndoing {
        MergeUndoing { merge_id, reason: self.reason.clone(), undone_at, undone_by }
    }
}

/// 档案合并 / A merge of two files of one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct MergeBody {
    /// 合并编号 / Its id.
    #[schema(value_type = Uuid)]
    merge_id: MergeId,
    /// 终止的档案 / The file that ended.
    #[schema(value_type = Uuid)]
    ends: LearnerId,
    /// 保留的档案 / The file that stayed.
    #[schema(value_type = Uuid)]
    stays: LearnerId,
    /// 理由 / Why.
    reason: String,
    /// 依据 / What it rests on.
    reference: Option<String>,
    /// 合并时转入的完成记录数 / How many completions went over.
    #[schema(example = 12)]
    completions: usize,
    /// 合并时刻 / When.
    merged_at: Moment,
    /// 经办；学员只见角色 / Who did it; a learner sees the role.
    merged_by: String,
    /// 终止的档案在终止时的内容；合并撤销后为 null，请直接查看该档案 / The ended file; null once the merge was undone, as it is read by itself then.
    ended_file: Option<EndedFile>,
    /// 撤销；未撤销为 null / Its undoing; null where it was not undone.
    undoing: Option<UndoingBody>,
}

impl MergeBody {
    pub(super) fn new(
        merge: LearnerMerge,
        undoing: Option<UndoingBody>,
        ended_file: Option<EndedFile>,
        completions: usize,
        by: impl Fn(&str) -> String,
    ) -> Self {
        let LearnerMerge { merge_id, ends_id: ends, stays_id: stays, reason, reference, merged_at, merged_by } = merge;
        let (merged_at, merged_by) = (merged_at.into(), by(&merged_by));
        Self { merge_id, ends, stays, reason, reference, completions, merged_at, merged_by, ended_file, undoing }
    }
}

/// 终止的档案 / The file that ended, as it stood.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct EndedFile {
    /// 档案 / The file.
    pub(super) file: LearnerBody,
    /// 历史事实 / Its dated facts.
    pub(super) history: LearnerHistoryBody,
}

/// 合并的撤销 / The undoing of a merge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in super::super) struct UndoingBody {
    /// 理由 / Why.
    reason: String,
    /// 撤销时刻 / When.
    undone_at: Moment,
    /// 经办；学员只见角色 / Who did it; a learner sees the role.
    undone_by: String,
}

impl UndoingBody {
    pub(super) fn new(undoing: MergeUndoing, by: impl Fn(&str) -> String) -> Self {
        let MergeUndoing { reason, undone_at, undone_by, .. } = undoing;
        Self { reason, undone_at: undone_at.into(), undone_by: by(&undone_by) }
    }
}

/// 合并同一人的两份档案 / Let one file of a person end in another
///
/// 须同时管辖两份档案。终止档案的学时冲销后记入保留的档案，其证件号此后指向保留的档案；原编号返回 410 并指明后继 /
/// For who answers for both files. What the ended file was credited is taken back there and credited in the other, its documents lead
/// to that one, and its id answers 410 with the successor
#[utoipa::path(
    tag = "learner_merges",
    operation_id = "merge_learners",
    request_body(content = MergeInput, example = json!({
        "ends": "0190d3f0-0000-7000-8000-000000000001",
        "stays": "0190d3f0-0000-7000-8000-000000000002",
        "reason": "同一人以新旧证件重复登记",
        "reference": "受理〔2026〕1号"
    })),
    responses(
        (status = 201, description = "已合并 / Merged", body = MergeBody),
        (status = 404, description = "没有可见的学员 / No learner whom the caller may see"),
        (status = 410, description = "其中一份已并入 `successor`，`pointer` 指明是哪一份 / One of the files has ended in that of `successor`; `pointer` says which")
    )
)]
#[post("/learner-merges")]
pub(in super::super) async fn post_merge(
    permit: Permit<operation::MergeLearners>,
    state: Data<AppState>,
    input: Unjudged<MergeInput>,
) -> Result<Made, Problem> {
    super::merge(&state, permit.0, input).await
}

/// 查看一次档案合并 / One merge of two files
///
/// 合并有效期间，终止的档案只在此可见 / While it holds, this is where the ended file is read
#[utoipa::path(
    tag = "learner_merges",
    operation_id = "get_learner_merge",
    params(("id" = Uuid, Path, description = "合并编号 / The merge's id")),
    responses((status = 200, description = "档案合并 / The merge", body = MergeBody))
)]
#[get("/learner-merges/{id}")]
pub(in super::super) async fn get_merge(
    permit: Permit<operation::GetLearnerMerge>,
    state: Data<AppState>,
    id: FromPath<MergeId>,
) -> Result<web::Json<MergeBody>, Problem> {
    super::find(&state, permit.0, id.0).await.map(web::Json)
}

/// 撤销档案合并 / Undo a merge: both files are again as if it had not been
#[utoipa::path(
    tag = "learner_merges",
    operation_id = "undo_learner_merge",
    params(("id" = Uuid, Path, description = "合并编号 / The merge's id")),
    request_body(content = UndoingInput, example = json!({ "reason": "经核实并非同一人" })),
    responses(
        (status = 200, description = "已撤销 / Undone", body = MergeBody),
        (status = 409, description = "此前已撤销 / It was undone before"),
        (status = 410, description = "保留的档案其后并入 `successor`，须先撤销那次合并 / The file that stayed has ended in that of `successor` since: undo that first")
    )
)]
#[post("/learner-merges/{id}/undoing")]
pub(in super::super) async fn post_undoing(
    permit: Permit<operation::UndoLearnerMerge>,
    state: Data<AppState>,
    id: FromPath<MergeId>,
    input: Unjudged<UndoingInput>,
) -> Result<web::Json<MergeBody>, Problem> {
    super::undo(&state, permit.0, id.0, input).await.map(web::Json)
}
