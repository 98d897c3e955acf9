//! Standings on the wire: whole, and as a summary.

use super::{
    consequence::ConsequenceBody,
    labels::Labels,
    line::StandingLine,
    sight::Sight,
    verified::{VerifiedBody, VerifiedYears},
};
use crate::{
    explain::{self, ClauseBody, ReasonBody},
    policy::PolicySummary,
    text::Language,
    wire::{Day, Moment, PlaceRef},
};
use domain::{
    hour_ledger::{Counted, Drawn, Entry, Node, NotCounted, Standing, StandingReason, Verdict, borne, consequences},
    kernel::{EntryId, Hours, PlaceCode, last_day},
    policy::{Obligation, RuleBook},
    registry::LearnerFacts,
};
use serde::Serialize;
use std::collections::HashMap;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

/// 某人某年度的达标情况 / A person's standing in a year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub(super) struct StandingBody {
    #[serde(flatten)]
    head: Head,
    /// 回答所依据的民用日期（北京时间） / The civil day in China of the answer.
    asked_on: Day,
    /// 按此时刻已知的情况回答；null 为目前所知 / As known at that moment; null for everything known now.
    as_known_at: Option<Moment>,
    /// 类别树各节点，total 在前 / Each node of the tree of categories, `total` first.
    nodes: Vec<NodeBody>,
    /// 计入的分录 / The lines that count.
    counted: Vec<CountedBody>,
    /// 未计入的分录及原因 / The lines that do not, with why.
    not_counted: Vec<NotCountedBody>,
    /// 该年度的结余调剂至其他年度的学时；只列调用方可见的年度 / What of the year's surplus serves other years, as far as the caller sees these.
    serves: Vec<ServesBody>,
    /// 没有有效规则时，上级规则的参考结果 / Where no rule is in force: what the wider layer would have said, as information only.
    advisory: Option<AdvisoryBody>,
}

/// What a standing and its summary both say.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingHead)]
pub(super) struct Head {
    /// 学员 / The learner.
    learner_id: Uuid,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 结论：met、unmet、not_begun、not_applicable、needs_review 或 no_rule_in_force / The answer.
    #[schema(value_type = String, example = "unmet")]
    verdict: Verdict,
    /// 结论的说明 / The answer in words.
    #[schema(example = "进行中，尚有缺口")]
    verdict_text: String,
    /// 该年度是否已开始且未截止；截止前的缺口是待完成的学时 / Whether the year has begun and is open; until it closes, a shortfall is what is still to do.
    open: bool,
    /// 开始日；此前结论不会是 unmet，而是 not_begun / The first day; before it the answer is never `unmet` but `not_begun`.
    opens_on: Day,
    /// 截止日；null 表示规则未定，年度不截止 / The last day; null where the rules leave it open.
    closes_on: Option<Day>,
    /// 规则对该人员的要求：in、encouraged 或 out / What the rules mean for the person.
    #[schema(value_type = String, example = "in")]
    obligation: Obligation,
    /// 作出结论的地区：年末（或今日）的人事隶属地区及其当日名称 / The place that decided: the person's on the last day of the year, or today before that, as it is called on that day.
    place: Option<PlaceRef>,
    /// 适用的规则版本；没有有效规则时为 null / The version of the rules; null where none is in force.
    policy: Option<PolicySummary>,
    /// 缺少的规则 / The missing rule, where none is in force.
    missing_rule: Option<MissingRule>,
    /// 结论的其他依据 / What the verdict rests on besides the count.
    reasons: Vec<ReasonBody>,
    /// 年度截止后未达标的后果；未截止的年度没有 / What follows from the year, once it is closed and was missed.
    consequences: Vec<ConsequenceBody>,
    /// 该年度已由规则所定的机关验证；未验证、已撤销的没有 / That the office that the rules name verified the year; absent where none did, or it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<VerifiedBody>,
    /// 该年度已达标、规则要求验证而尚未验证的原因及办法；结论不因此改变 / Why a year that is met and that the rules have verified does not stand so, and what helps; the verdict stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<ReasonBody>,
}

/// 缺少的规则 / A rule that does not exist.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MissingRule {
    /// 哪一级地区；null 表示人员没有所属地区 / Whose; null where the person has no place.
    place: Option<PlaceRef>,
    /// 哪一年度 / For which year.
    year: i32,
}

/// 类别树的一个节点 / A node of the tree of categories.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingNode)]
pub(super) struct NodeBody {
    #[serde(flatten)]
    brief: NodeBrief,
    /// 计入上限；null 表示不设 / The most hours that count; null where there is no limit.
    #[schema(value_type = Option<f64>)]
    max: Option<Hours>,
    /// 超出上限、未计入的学时 / Hours beyond the maximum, which do not count.
    #[schema(value_type = f64)]
    beyond_max: Hours,
    /// 视同完成而补足到最低要求的学时，不产生结余 / What a fulfilment adds up to the least hours; it makes no surplus.
    #[schema(value_type = f64, example = 0)]
    deemed: Hours,
    /// 使其视同完成的分录 / The lines that fulfil it.
    fulfilled_by: Vec<Uuid>,
    /// 须完成的指定科目数 / How many declared subjects must be completed.
    choose: Option<u32>,
    /// 已完成的指定科目 / The declared subjects completed.
    subjects: Vec<String>,
    /// 依据条款 / Where it stands written.
    clauses: Vec<ClauseBody>,
}

/// 节点的要求与所得 / What a node asks for and has.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingNodeBrief)]
pub(super) struct NodeBrief {
    /// 类别代码；根为 total / Its code; `total` for the root.
    #[schema(example = "public")]
    code: String,
    /// 名称；根为合计 / Its name in the documents; of the root, which they do not name, the word for a total.
    #[schema(example = "公需课")]
    name: String,
    /// 最低要求；0 表示不设 / The least hours; 0 where no minimum is set.
    #[schema(value_type = f64, example = 24)]
    required: Hours,
    /// 计入的学时 / Hours that count here.
    #[schema(value_type = f64, example = 24)]
    earned: Hours,
    /// 缺口 / What is missing.
    #[schema(value_type = f64, example = 0)]
    short: Hours,
    /// 是否达到 / Whether nothing is missing.
    met: bool,
}

/// 计入的分录 / A line that counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingCounted)]
pub(super) struct CountedBody {
    #[serde(flatten)]
    line: StandingLine,
    /// 计入的学时：受上限限制时少于该分录的学时，视同完成的分录为 0 / How many of its hours count: fewer than it is worth where a cap cuts it, 0 for one that fulfils.
    #[schema(value_type = f64, example = 24)]
    hours_counted: Hours,
    /// 计入的节点；视同全部完成的为 total / The node at which it counts; `total` for one that fulfils everything.
    #[schema(example = "public")]
    counted_as: String,
}

/// 未计入的分录 / A line that does not count.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingNotCounted)]
pub(super) struct NotCountedBody {
    #[serde(flatten)]
    line: StandingLine,
    /// 原因 / Why.
    reason: ReasonBody,
}

/// 结余调剂至另一年度的学时 / Hours of the year's surplus that serve another year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingServes)]
pub(super) struct ServesBody {
    /// 该年度的分录 / The line of that year.
    entry_id: Uuid,
    /// 调剂至何年度 / The year.
    #[schema(example = 2019)]
    year: i32,
    /// 类别 / The category.
    #[schema(example = "professional")]
    category: String,
    /// 现时可调剂的学时 / The hours, as far as the surplus still bears them.
    #[schema(value_type = f64, example = 30)]
    hours: Hours,
    /// 取自哪条分录 / The line that they are drawn from.
    from_entry_id: Uuid,
}

/// 上级规则的参考结果，不构成结论 / What the wider layer would have said; information, not a verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingAdvisory)]
pub(super) struct AdvisoryBody {
    /// 上级规则 / The wider rules.
    policy: PolicySummary,
    /// 按其计算是否达到 / Whether every node would be met.
    met: bool,
    /// 各节点 / Each node.
    nodes: Vec<NodeBody>,
    /// 按其计入的分录 / The lines that would count.
    counted: Vec<CountedBody>,
    /// 按其未计入的分录 / The lines that would not.
    not_counted: Vec<NotCountedBody>,
}

/// 年度达标摘要 / A standing in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StandingSummary)]
pub(super) struct SummaryBody {
    #[serde(flatten)]
    head: Head,
    /// 总学时；没有有效规则时为 null / The total; null where no rule is in force.
    total: Option<NodeBrief>,
    /// 一级类别 / The categories at the top of the tree.
    categories: Vec<NodeBrief>,
}

/// What turning a standing into words needs beside it.
#[derive(Clone, Copy)]
pub(super) struct Wording<'w> {
    pub(super) book: &'w RuleBook,
    pub(super) language: Language,
    pub(super) today: Date,
    pub(super) known_at: Option<OffsetDateTime>,
    /// The years that offices have verified; none where the answer does not tell that.
    pub(super) verified: Option<&'w VerifiedYears>,
}

impl Wording<'_> {
    /// A standing in short.
    pub(super) fn summary(self, learner: &LearnerFacts, standing: &Standing) -> SummaryBody {
        let brief = |node: &Node| NodeBrief::of(node, self.language);
        let top = standing.nodes.iter().filter(|node| node.code != Node::TOTAL && !node.code.contains('.'));
        SummaryBody {
            head: self.head(learner, standing),
            total: standing.nodes.iter().find(|node| node.code == Node::TOTAL).map(brief),
            categories: top.map(brief).collect(),
        }
    }

    /// A standing whole, with its lines. Of years that the caller does not see it says nothing.
    pub(super) fn standing(
        self,
        (learner, sight): (&LearnerFacts, &Sight<'_>),
        standing: &Standing,
        entries: &[Entry],
        labels: &Labels,
    ) -> StandingBody {
        let lines = Lines { by_id: entries.iter().map(|entry| (entry.id, entry)).collect(), labels, sight };
        let node = |node: &Node| NodeBody::of(node, self.language);
        StandingBody {
            head: self.head(learner, standing),
            asked_on: self.today.into(),
            as_known_at: self.known_at.map(Moment),
            nodes: standing.nodes.iter().map(node).collect(),
            counted: lines.counted(&standing.counted),
            not_counted: lines.not_counted(&standing.not_counted, self.language),
            serves: serves(standing, entries, sight),
            advisory: standing.advisory.as_ref().map(|advisory| AdvisoryBody {
                policy: PolicySummary::of(&advisory.policy, self.book.places()),
                met: advisory.count.is_met(),
                nodes: advisory.count.nodes.iter().map(node).collect(),
                counted: lines.counted(&advisory.count.counted),
                not_counted: lines.not_counted(&advisory.count.not_counted, self.language),
            }),
        }
    }

    fn head(self, learner: &LearnerFacts, standing: &Standing) -> Head {
        // As it was called on the day on which the person is asked to have belonged to it.
        let on = last_day(standing.year).min(self.today);
        let place = |place: &PlaceCode| PlaceRef::of(self.book.places(), place, on);
        let missing = standing.reasons.iter().find_map(|reason| match reason {
            StandingReason::NoRule { layer } => Some(layer),
            _ => None,
        });
        let worded =
            |reason: &StandingReason| explain::standing_reason(reason, standing.year, &place).body(self.language);
        let follows = consequences(standing, learner, self.known_at);
        Head {
            learner_id: learner.id.as_uuid(),
            year: standing.year,
            verdict: standing.verdict,
            verdict_text: explain::verdict(standing.verdict, standing.open).in_language(self.language).to_owned(),
            open: standing.open,
            opens_on: Day(standing.opens_on),
            closes_on: standing.closes_on.map(Day),
            obligation: standing.obligation,
            place: standing.place.as_ref().map(place),
            policy: standing.policy.as_ref().map(|policy| PolicySummary::of(policy, self.book.places())),
            missing_rule: missing.map(|layer| MissingRule { place: layer.as_ref().map(place), year: standing.year }),
            reasons: standing.reasons.iter().map(worded).collect(),
            consequences: follows.iter().map(|one| ConsequenceBody::of(one, self.language)).collect(),
            verified: self.verified.and_then(|verified| verified.in_year(learner.id, standing)),
            unverified: self.verified.and_then(|years| years.not_in_year(learner.id, standing, self.language)),
        }
    }
}

/// What of a year's surplus serves other years, as far as it still bears that.
fn serves(standing: &Standing, entries: &[Entry], sight: &Sight<'_>) -> Vec<ServesBody> {
    let Some(policy) = &standing.policy else { return Vec::new() };
    let worth = borne(&policy.rules, standing.year, entries);
    let drawing = entries.iter().filter_map(|line| Some((line, line.drawn()?, *worth.get(&line.id)?)));
    let mut lines: Vec<_> = drawing.filter(|(line, ..)| sight.sees(line.year)).collect();
    lines.sort_by_key(|(line, ..)| (line.year, line.category.clone(), line.id));
    let body = |(line, drawn, hours): (&Entry, Drawn, Hours)| ServesBody {
        entry_id: line.id.as_uuid(),
        year: line.year,
        category: line.category.to_string(),
        hours,
        from_entry_id: drawn.line.as_uuid(),
    };
    lines.into_iter().map(body).collect()
}

impl NodeBrief {
    fn of(node: &Node, language: Language) -> Self {
        Self {
            code: node.code.clone(),
            name: node.name.clone().unwrap_or_else(|| explain::total().in_language(language).to_owned()),
            required: node.required,
            earned: node.earned,
            short: node.short,
            met: node.is_met(),
        }
    }
}

impl NodeBody {
    fn of(node: &Node, language: Language) -> Self {
        Self {
            brief: NodeBrief::of(node, language),
            max: node.max,
            beyond_max: node.beyond_max,
            deemed: node.deemed,
            fulfilled_by: node.fulfilled_by.iter().map(|id| id.as_uuid()).collect(),
            choose: node.choose,
            subjects: node.subjects.clone(),
            clauses: node.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

/// The lines of a year, to look up.
struct Lines<'l> {
    by_id: HashMap<EntryId, &'l Entry>,
    labels: &'l Labels,
    sight: &'l Sight<'l>,
}

impl Lines<'_> {
    fn line(&self, id: EntryId) -> Option<StandingLine> {
        self.by_id.get(&id).map(|entry| StandingLine::of(entry, self.labels, self.sight))
    }

    fn counted(&self, counted: &[Counted]) -> Vec<CountedBody> {
        let body = |counts: &Counted| {
            let line = self.line(counts.entry)?;
            Some(CountedBody { line, hours_counted: counts.hours, counted_as: counts.node.to_string() })
        };
        counted.iter().filter_map(body).collect()
    }

    fn not_counted(&self, not_counted: &[NotCounted], language: Language) -> Vec<NotCountedBody> {
        let body = |line: &NotCounted| {
            let reason = explain::why_not(&line.why).body(language);
            Some(NotCountedBody { line: self.line(line.entry)?, reason })
        };
        not_counted.iter().filter_map(body).collect()
    }
}
