//! Rolls on the wire.

use crate::{
    explain::ClauseBody,
    wire::{Moment, PlaceRef, one_line, plain_code, words},
};
use domain::{
    kernel::{CaseId, LearnerId},
    roll::RollKind,
};
use serde::{Deserialize, Serialize};
use store::work::WorkState;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// 名册 / A roll that is to be made.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RollInput)]
pub(super) struct RollInput {
    /// 种类：exemption 免修名单，past_years 往年证明 / What it is: a list of exemptions, or past years that an office attests.
    #[schema(schema_with = words::<RollKind>)]
    pub(super) kind: RollKind,
    /// 适用地区，本级及其下级的人员可以列入，任一区划代码均可 / The place, by any code: its people and those of all places below it can stand on it.
    #[schema(example = "610000")]
    pub(super) place: String,
    /// 免修种类，规则文件中的代码；仅免修名单填写 / The exemption, by its code in the rule file; of a list of exemptions alone.
    #[validate(custom(function = plain_code))]
    #[schema(example = "covid_front_line")]
    pub(super) exemption: Option<String>,
    /// 免修年度；仅免修名单填写，往年证明逐条填写 / The policy year of a list of exemptions; past years are named by each item.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    pub(super) year: Option<i32>,
    /// 依据文件的名称、编号；不得含证件号码 / The document that says so, by its title or number; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例人社函〔2021〕1号")]
    pub(super) document: String,
    /// 出具证明的机关；免修名单为规则所指的机关，不填 / The office that attests it; of a list of exemptions it is the one that the rules name, and not given here.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "示例省人力资源和社会保障厅")]
    pub(super) attested_by: Option<String>,
    /// 事由；不得含证件号码 / Why; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "旧系统数据迁移")]
    pub(super) reason: String,
}

/// 名册查询条件 / Which rolls.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RollQuery {
    /// 地区：本级及其下级 / A place, with all below it.
    pub(super) place: Option<String>,
    /// 种类 / What they are.
    #[param(schema_with = words::<RollKind>)]
    pub(super) kind: Option<RollKind>,
}

/// 名册 / A roll.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Roll)]
pub(super) struct RollBody {
    /// 编号；台账分录以此为事项编号 / Its id: the `case_id` on which lines of the ledger rest.
    #[schema(value_type = Uuid)]
    pub(super) roll_id: CaseId,
    /// 种类 / What it is.
    #[schema(schema_with = words::<RollKind>)]
    pub(super) kind: RollKind,
    /// 适用地区 / The place whose people it may name, with all below it.
    pub(super) place: PlaceRef,
    /// 免修种类 / The exemption, by its code in the rule file.
    pub(super) exemption: Option<String>,
    /// 免修年度 / The year of a list of exemptions.
    pub(super) year: Option<i32>,
    /// 依据文件 / The document that says so.
    pub(super) document: String,
    /// 出具证明或提供名单的机关 / The office whose word it is.
    pub(super) attested_by: String,
    /// 事由 / Why.
    pub(super) reason: String,
    /// 规则依据 / The clauses of the exemption.
    pub(super) clauses: Vec<ClauseBody>,
    /// 建立时刻 / When it was made.
    pub(super) recorded_at: Moment,
    /// 建立者 / Who made it.
    #[schema(example = "officer:li")]
    pub(super) recorded_by: String,
    /// 条数；列表中不给出 / How much it holds; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) counts: Option<RollCountsBody>,
    /// 整册撤销 / That the whole of it is taken back.
    pub(super) reversal: Option<RollReversalState>,
}

/// 名册的条数 / How much a roll holds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = RollCounts)]
pub(super) struct RollCountsBody {
    /// 现列人数 / People who stand on it.
    pub(super) people: i64,
    /// 台账分录数，含已冲销的 / Lines of ledgers, those that were taken back among them.
    pub(super) lines: i64,
    /// 已冲销的分录数 / Lines that were taken back.
    pub(super) reversed: i64,
}

/// 整册撤销及其进度 / The reversal of a whole roll, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RollReversalState {
    /// 撤销原因 / Why.
    pub(super) reason: String,
    /// 撤销时刻 / When it was asked for.
    pub(super) reversed_at: Moment,
    /// 撤销者 / By whom.
    #[schema(example = "officer:li")]
    pub(super) reversed_by: String,
    /// 进度：waiting、running、done，或 dead（须运维处理） / How it stands; a `dead` one waits for the operator.
    #[schema(schema_with = words::<WorkState>)]
    pub(super) state: WorkState,
    /// 已冲销的分录数；完成七日后不再给出 / Lines taken back so far; told until a week after it was done.
    pub(super) done: Option<i64>,
    /// 应冲销的分录数，已知时 / Of how many, where that is known.
    pub(super) total: Option<i64>,
}

/// 撤销 / What is to be taken back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RollReversalInput)]
pub(super) struct RollReversalInput {
    /// 原因；不得含证件号码 / Why; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "名单有误")]
    pub(super) reason: String,
    /// 撤销的学员；不填为整册撤销 / The learners of whom it is taken back; the whole roll where left out.
    #[validate(length(min = 1, max = 1000))]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 1000)]
    pub(super) learners: Option<Vec<LearnerId>>,
}

domain::words! {
    /// What became of taking back what a roll says of a person.
    pub(super) enum Became {
        /// It was taken back.
        Reversed = "reversed",
        /// Nothing stands of them on the roll.
        NotListed = "not_listed",
    }
}

/// 撤销结果 / What was taken back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RollReversal)]
pub(super) struct RollReversalBody {
    /// 名册 / The roll as it is now.
    pub(super) roll: RollBody,
    /// 逐人结果；整册撤销时为空 / One result a learner, in order; none where the whole roll is taken back.
    pub(super) learners: Vec<ReversedLearner>,
}

/// 一人的撤销结果 / What became of one of them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct ReversedLearner {
    /// 学员 / The learner, as asked for.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 结果 / The outcome.
    #[schema(schema_with = words::<Became>)]
    pub(super) outcome: Became,
}

/// 名册上一人一年的内容 / What a roll says of a person and a year.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RollEntry {
    /// 学员 / The learner.
    #[schema(value_type = Uuid)]
    pub(super) learner_id: LearnerId,
    /// 脱敏的姓名；人员已不由调用方负责的不给出 / The name, masked; none where the caller no longer answers for the person.
    #[schema(example = "张*")]
    pub(super) name: Option<String>,
    /// 年度 / The policy year.
    pub(super) year: i32,
    /// 第几次列入 / Which time the roll says something of them.
    pub(super) number: i32,
    /// 视同完成或证明达标的类别；全部为 total / The categories that are met by it; `total` for all of the year.
    pub(super) met: Vec<String>,
    /// 证明的学时 / The hours that are attested.
    pub(super) hours: Vec<AttestedHours>,
    /// 列入时刻 / When it was said.
    pub(super) recorded_at: Moment,
    /// 冲销 / That it was taken back.
    pub(super) reversed: Option<EntryReversed>,
}

/// 某类别的学时 / Hours of a category.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AttestedHours {
    /// 学时类别 / The category.
    #[schema(example = "public")]
    pub(super) category: String,
    /// 学时 / The hours.
    #[schema(value_type = f64, example = 24)]
    pub(super) hours: domain::kernel::Hours,
}

/// 冲销 / That it was taken back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EntryReversed {
    /// 时刻 / When.
    pub(super) at: Moment,
    /// 原因代码：roll_reversed 整册撤销，removed_from_roll 移出，merged 随档案合并移走 / Why: the whole roll was, the person was removed, or it went over with the file.
    #[schema(example = "removed_from_roll")]
    pub(super) reason_code: Option<String>,
}
