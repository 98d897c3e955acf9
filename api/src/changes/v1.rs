//! Wire types and handler of the changes that callers follow.

use super::service;
use crate::{
    auth::{Permit, operation},
    extract::Query,
    problem::Problem,
    state::AppState,
    wire::{Moment, words},
};
use actix_web::{
    get,
    web::{self, Data},
};
use domain::{
    changes::ChangeKind,
    kernel::{ChangeId, CompletionId, EntryId, LearnerId, PlatformId, PolicyId},
};
use serde::{Deserialize, Serialize};
use store::changes::Numbered;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

fn default_limit() -> u16 {
    50
}

/// Which changes are asked for.
#[derive(Clone, Copy, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// 上次返回的 next_after；不填则从仍保存的第一条起 / What the answer before gave as `next_after`; from the first that is kept where it is missing.
    #[validate(range(min = 0))]
    #[param(minimum = 0)]
    pub(super) after: Option<i64>,
    /// 上次返回的 mark；数据库恢复自备份后序号会重发，凭它可以发现 / What the answer before gave as `mark`: after a restore numbers are given again, and only this shows it.
    #[param(value_type = Option<Uuid>)]
    pub(super) mark: Option<ChangeId>,
    /// 最多条数 / How many items at most.
    #[serde(default = "default_limit")]
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: u16,
}

/// 变动 / What changed, by ids and kinds; what does not apply is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChangeBody {
    /// 序号，逐条递增 / Its number; later ones are greater.
    #[schema(example = 17)]
    number: i64,
    /// 变动类别 / What kind of change it is.
    #[schema(schema_with = words::<ChangeKind>)]
    kind: ChangeKind,
    /// 发生时刻 / When it happened; not the order, which is that of the numbers.
    at: Moment,
    /// 学员 / Whose file changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    learner_id: Option<LearnerId>,
    /// 合并后的学员 / The file that goes on, where one was merged into another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    successor_id: Option<LearnerId>,
    /// 学习平台 / Who pushed the item; of files that were merged or parted, the platform that is told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    platform_id: Option<PlatformId>,
    /// 平台自己的编号 / What they call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "course-1-li")]
    external_id: Option<String>,
    /// 条目编号 / The item.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    completion_id: Option<CompletionId>,
    /// 结果：credited、refused、held、not_counted、needs_review，调剂的另有 recounted，更正申请为 approved、refused，年度验证的另有 revoked / What was decided: credited, refused, held, not_counted or needs_review; of surplus also recounted; of a correction approved or refused, of a verified year also revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "credited")]
    outcome: Option<String>,
    /// 年度 / The policy year that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2020)]
    year: Option<i32>,
    /// 台账分录：记入的，或冲销的 / The line that was added to the ledger: a credit or a reversal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    entry_id: Option<EntryId>,
    /// 发布的规则版本 / The rules that were published.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    policy_id: Option<PolicyId>,
}

impl From<Numbered> for ChangeBody {
    fn from((number, change, completion_id): Numbered) -> Self {
        Self {
            number,
            kind: change.kind,
            at: change.happened_at.into(),
            learner_id: change.learner_id,
            successor_id: change.successor_id,
            platform_id: change.platform_id,
            external_id: change.external_id,
            completion_id,
            outcome: change.outcome,
            year: change.year,
            entry_id: change.entry_id,
            policy_id: change.policy_id,
        }
    }
}

/// 变动 / What changed, and where to go on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChangesBody {
    /// 变动，按序号；没有本方的变动时为空 / By number; none where nothing of the caller's is among what was looked through.
    pub(super) items: Vec<ChangeBody>,
    /// 下次请求的 after；处理完 items 之后再保存 / What to ask for next. Keep it once the items are dealt with.
    #[schema(example = 17)]
    pub(super) next_after: i64,
    /// 与 next_after 一并保存，下次请求时一并带上 / Keep it with `next_after`, and bring both.
    #[schema(value_type = Option<Uuid>)]
    pub(super) mark: Option<ChangeId>,
    /// 是否还有尚未查看的变动；有则立即续读 / Whether there is more to look through: then ask on at once.
    pub(super) more: bool,
    /// 已发出的最后一个序号；新接入者从此跟读 / The last number that was given, for who begins to follow.
    #[schema(example = 17)]
    pub(super) last: i64,
}

/// 发生了什么变动 / What changed
///
/// 调用方跟读自己范围内的变动：平台为其推送的条目及其学员档案的合并，学员为本人，用人单位、行业主管部门和各级主管机关为变动当日或完成当日属于其范围的人员；规则发布人人可见。至少送达一次，同一学员的变动按先后。
/// 推送时直接答复的结果不在其中。 /
/// A caller follows what is its own: a platform its items and the merges of the files in which they were, a learner their file, an employer, a sector authority and an office the people
/// who were theirs on the day of the change or of completion; rules that are published are told to all. At least once, and in order for
/// each learner. What a push was answered is not told again.
#[utoipa::path(
    tag = "changes",
    operation_id = "list_changes",
    params(ChangesQuery),
    responses(
        (status = 200, description = "变动 / What changed", body = ChangesBody),
        (status = 410, description = "部分变动已不再保存，须重新读取 / Some of it is kept no longer: read anew")
    )
)]
#[get("/changes")]
async fn list_changes(
    permit: Permit<operation::ListChanges>,
    state: Data<AppState>,
    Query(query): Query<ChangesQuery>,
) -> Result<web::Json<ChangesBody>, Problem> {
    service::follow(&state, &permit.0, query).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(list_changes);
}
