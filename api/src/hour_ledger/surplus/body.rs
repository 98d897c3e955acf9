//! Allocations on the wire.

use super::{
    super::{
        body::{SummaryBody, Wording},
        sight::Mask,
    },
    asked::YearHours,
};
use crate::{explain::ClauseBody, policy::PolicySummary, text::Text, wire::Moment};
use domain::{
    hour_ledger::{Drawn, Entry, EntryKind},
    kernel::{CaseId, EntryId, Hours, LearnerId, china_date},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// 调剂的一笔 / One transfer of an allocation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SurplusTransfer)]
pub(in super::super) struct TransferBody {
    /// 分录；预演时为 null / The line of the ledger; null in a rehearsal.
    #[schema(value_type = Option<Uuid>)]
    entry_id: Option<EntryId>,
    /// 调剂至何年度 / The year that it serves.
    #[schema(example = 2019)]
    year: i32,
    /// 类别 / The category.
    #[schema(example = "professional")]
    category: String,
    /// 学时 / The hours.
    #[schema(value_type = f64, example = 30)]
    hours: Hours,
    /// 其中现计入该年度的学时：所取分录冲销、所取年度不足或规则不再允许结转的，不计入；该年度自身的上限另计 / How many of them count in it at present: not those whose line was taken back,
    /// that the year drawn on can no longer spare, or that its rules do not carry over any more. The maxima of the year itself are not looked at.
    #[schema(value_type = f64, example = 30)]
    hours_counted: Hours,
    /// 取自何年度 / The year that it draws on.
    #[schema(example = 2020)]
    from_year: i32,
    /// 取自哪条分录 / The line that it draws on.
    #[schema(value_type = Uuid)]
    from_entry_id: EntryId,
    /// 说明 / The same in words.
    #[schema(example = "2020-03-01 完成的专业科目，由 2020 年度的结余调剂 30 至 2019 年度")]
    text: String,
}

/// What became of a transfer.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    /// Whether it stands in the ledger.
    pub(super) is_kept: bool,
    /// What of it counts.
    pub(super) counts: Hours,
}

impl TransferBody {
    pub(super) fn of(line: &Entry, drawn: Drawn, kept: Kept, wording: Wording<'_>) -> Self {
        let (hours, category, day) = (line.hours, called(line, wording), china_date(line.completed_at));
        let text = Text::new(
            format!("{day} 完成的{category}，由 {} 年度的结余调剂 {hours} 至 {} 年度", drawn.year, line.year),
            format!("{hours} of {category}, finished on {day}: from the surplus of {} to {}", drawn.year, line.year),
        );
        Self {
            entry_id: kept.is_kept.then_some(line.id),
            year: line.year,
            category: line.category.to_string(),
            hours,
            hours_counted: kept.counts,
            from_year: drawn.year,
            from_entry_id: drawn.line,
            text: text.in_language(wording.language).to_owned(),
        }
    }
}

/// What the rules that decided call the category of a line.
fn called(line: &Entry, wording: Wording<'_>) -> String {
    let policy = wording.book.versions().find(|policy| Some(policy.id) == line.policy);
    let node = policy.and_then(|policy| policy.rules.node_of(&line.category));
    node.map_or_else(|| line.category.to_string(), |node| node.name.clone())
}

/// 一次调剂 / An allocation of surplus.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SurplusAllocation)]
pub(in super::super) struct AllocationBody {
    /// 调剂编号 / Its id.
    #[schema(value_type = Uuid)]
    allocation_id: CaseId,
    /// 学员编号 / The learner.
    #[schema(value_type = Uuid)]
    learner_id: LearnerId,
    /// 各笔，依年度、类别 / Its transfers, by year and category.
    transfers: Vec<TransferBody>,
    /// 调剂时刻；由另一档案并入的为合并时刻 / When it was made, or came over with another file of the person.
    allocated_at: Moment,
    /// 经办，由另一档案并入的为合并经办；学员只见角色 / Who made it, or merged the files where it came over; others than an office see the kind of caller.
    allocated_by: String,
    /// 撤销时刻；未撤销为 null，此后随档案转移的为转移时刻 / When it was taken back, or went over to another file after that; null where it was not.
    reversed_at: Option<Moment>,
    /// 撤销人，此后随档案转移的为转移经办 / Who took it back, or carried it to another file after that.
    reversed_by: Option<String>,
}

impl AllocationBody {
    /// The allocations among some lines, the earliest first; `counts` says what counts of the lines.
    pub(super) fn all(
        entries: &[Entry],
        counts: &HashMap<EntryId, Hours>,
        (mask, wording): (Mask, Wording<'_>),
    ) -> Vec<Self> {
        let reversals: HashMap<EntryId, &Entry> =
            entries.iter().filter_map(|line| Some((line.reverses?, line))).collect();
        let mut cases: BTreeMap<CaseId, Vec<(&Entry, Drawn)>> = BTreeMap::new();
        for line in entries.iter().filter(|line| line.kind == EntryKind::Credit) {
            if let Some((case, drawn)) = line.ground.as_ref().and_then(|ground| Some((ground.case, ground.drawn?))) {
                cases.entry(case).or_default().push((line, drawn));
            }
        }
        let transfer = |line: &Entry, drawn: Drawn| {
            let counts = counts.get(&line.id).copied().unwrap_or_default();
            TransferBody::of(line, drawn, Kept { is_kept: true, counts }, wording)
        };
        let one = |(case, mut lines): (CaseId, Vec<(&Entry, Drawn)>)| {
            // Lines that went to another file and came back stand under a later number, those that they took the place of stay, and tell who
            // made the allocation when.
            let (made, _) = lines.iter().min_by_key(|(line, _)| line.decision_number).copied()?;
            let last = lines.iter().map(|(line, _)| line.decision_number).max()?;
            lines.retain(|(line, _)| line.decision_number == last);
            lines.sort_by_key(|(line, drawn)| (line.year, line.category.clone(), drawn.line));
            let (first, _) = *lines.first()?;
            let reversal = reversals.get(&first.id);
            Some(Self {
                allocation_id: case,
                learner_id: first.learner,
                transfers: lines.iter().map(|(line, drawn)| transfer(line, *drawn)).collect(),
                allocated_at: made.recorded_at.into(),
                allocated_by: mask.recorder(&made.recorded_by),
                reversed_at: reversal.map(|line| line.recorded_at.into()),
                reversed_by: reversal.map(|line| mask.recorder(&line.recorded_by)),
            })
        };
        cases.into_iter().filter_map(one).collect()
    }
}

/// 调剂方案及其结果 / What an allocation is, and what it leads to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationOutcome)]
pub(in super::super) struct OutcomeBody {
    /// 调剂；预演时为 null / The allocation; null in a rehearsal.
    pub(super) allocation: Option<AllocationBody>,
    /// 各笔；没有可补足的缺口时为空 / Its transfers; none where no gap can be filled.
    pub(super) transfers: Vec<TransferBody>,
    /// 依据的规则 / The rules of the year that is drawn on.
    pub(super) policy: PolicySummary,
    /// 依据条款 / The clause that allows it.
    pub(super) clauses: Vec<ClauseBody>,
    /// 相关各年度，结余所属年度在前 / The years concerned, that which is drawn on first.
    pub(super) years: Vec<YearBody>,
    /// 仍缺的学时 / What is still lacking.
    pub(super) gaps_left: Vec<YearHours>,
    /// 主管部门的证明 / What an office attests.
    pub(super) attested: Vec<YearHours>,
    /// 证明的文书 / By which document.
    pub(super) reference: Option<String>,
}

/// 一个年度调剂前后的达标情况 / A year before and after.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationYear)]
pub(in super::super) struct YearBody {
    /// 调剂前 / Before.
    pub(super) before: SummaryBody,
    /// 调剂后 / After.
    pub(super) after: SummaryBody,
}
