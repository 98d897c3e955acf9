//! Wire types of completions: what goes in besides items, and everything that goes out.

use super::{
    answer::{Answer, Outcome},
    detail::Detail,
    item::CompletionItem,
    reasons::reasons_of,
    reversal::ReversalReason,
    service::{KeptOutcome, Sending},
};
use crate::{
    explain::{self, ReasonBody},
    problem::Problem,
    state::AppState,
    text::{Language, Text},
    wire::PlaceRef,
};
use domain::{
    completions::Reason,
    kernel::{CompletionId, EntryId, Hours, LearnerId, PlaceCode, Words, last_day},
    policy::RuleBook,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::{Db, completions::Answered};
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// 一批完成记录 / A batch of completions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire form; each item is read by itself")]
pub(super) struct CompletionBatchIn {
    /// 1 至 1000 条 / One to a thousand items.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<CompletionItem>,
}

/// 批次结果 / What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchBody {
    /// 批次号 / The batch.
    pub(super) batch_id: Uuid,
    /// 第几次发送 / Which sending of it, from 1.
    #[schema(example = 1)]
    pub(super) attempt: i32,
    /// 状态：receiving、complete 或 cut / receiving, complete or cut.
    #[schema(example = "complete")]
    pub(super) state: String,
    /// 已处理的行数 / Lines decided.
    pub(super) lines: i32,
    /// 每种结果的条数 / How many of each outcome.
    #[schema(value_type = Object, example = json!({"credited": 1, "held": 0}))]
    pub(super) counts: Value,
    /// JSON 批次：逐条结果，次序与请求相同；NDJSON：前 100 条有误的行 / JSON: every outcome in order; NDJSON: the first 100 faults.
    pub(super) items: Vec<AnswerBody>,
}

impl BatchBody {
    /// A sending that has just come in whole, with the answers that are told at once.
    pub(super) fn of(sending: &Sending, answers: Vec<Answer>, wording: &Wording) -> Self {
        Self {
            batch_id: sending.origin.batch.as_uuid(),
            attempt: sending.origin.attempt,
            state: "complete".to_owned(),
            lines: sending.lines,
            counts: sending.counts.to_value(),
            items: answers.into_iter().map(|answer| AnswerBody::of(answer, wording)).collect(),
        }
    }
}

/// 单条结果 / What became of one item.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerBody {
    /// 第几条，从 1 起：NDJSON 的行号（空行也计），或 JSON 批次 items 中的次序（items[0] 为 1） / Which one it is, from 1: the line of
    /// NDJSON, blank lines counted, or the place in `items` of a JSON batch, where `items[0]` is 1.
    #[schema(example = 1)]
    pub(super) line: i32,
    /// 平台的编号 / The platform's id.
    pub(super) external_id: Option<String>,
    /// 结果 / The outcome.
    #[schema(value_type = String, example = "credited")]
    pub(super) outcome: Outcome,
    /// 本服务的编号 / This service's id of the evidence.
    #[schema(value_type = Option<Uuid>)]
    pub(super) completion_id: Option<CompletionId>,
    /// 学员编号 / The learner.
    #[schema(value_type = Option<Uuid>)]
    pub(super) learner_id: Option<LearnerId>,
    /// 计入的年度 / The policy year it counts for.
    pub(super) year: Option<i32>,
    /// 计入的类别：作出决定的规则中的类别 / The category, as the rule that decided has it.
    pub(super) category: Option<String>,
    /// 学时 / Hours by itself.
    #[schema(value_type = Option<f64>)]
    pub(super) hours: Option<Hours>,
    /// 台账分录 / The line of the ledger.
    #[schema(value_type = Option<Uuid>)]
    pub(super) entry_id: Option<EntryId>,
    /// 依据的规则版本 / The version of the rules that decided.
    pub(super) policy_version_id: Option<Uuid>,
    /// 原因，全部列出 / Every reason.
    pub(super) reasons: Vec<ReasonBody>,
    /// 重复时：首次的结果 / For a repeat: what became of it first.
    pub(super) first: Option<FirstBody>,
    /// 冲突时：不同的字段 / For a conflict: the fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) conflicting_fields: Vec<String>,
    /// 无法读取时：错误，pointer 指向该条之内 / For a malformed item: the faults, with pointers into that item.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub(super) errors: Vec<Value>,
}

/// 首次结果 / What became of an item the first time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstBody {
    /// 首次的结果 / The first outcome.
    #[schema(value_type = String, example = "credited")]
    pub(super) outcome: Outcome,
    /// 目前的结果 / The outcome of the last decision.
    #[schema(value_type = String, example = "credited")]
    pub(super) now: Outcome,
    /// 其学时是否已撤销 / Whether its hours were taken back.
    pub(super) reversed: bool,
}

impl AnswerBody {
    pub(super) fn of(answer: Answer, wording: &Wording) -> Self {
        let credit = answer.credit;
        let credited = matches!(answer.outcome, Outcome::Credited | Outcome::NeedsReview);
        Self {
            line: answer.line,
            external_id: answer.external_id,
            outcome: answer.outcome,
            completion_id: answer.completion,
            learner_id: answer.learner,
            year: credit.as_ref().map(|credit| credit.year),
            category: credit.as_ref().map(|credit| credit.category.clone()),
            hours: credit.as_ref().filter(|_| credited).map(|credit| credit.hours),
            entry_id: credit.as_ref().and_then(|credit| credit.entry),
            policy_version_id: credit.as_ref().map(|credit| credit.policy.as_uuid()),
            reasons: wording.reasons(&answer.reasons),
            first: answer.first.map(|first| FirstBody {
                outcome: first.outcome,
                now: first.now,
                reversed: first.reversed,
            }),
            conflicting_fields: answer.conflicting,
            errors: answer.faults.iter().map(|fault| fault.to_value(wording.language)).collect(),
        }
    }

    /// An answer as it was kept: field by field what the direct answer said.
    pub(super) fn kept(kept: KeptOutcome, wording: &Wording) -> Result<Self, Problem> {
        let KeptOutcome { answered, completion, line } = kept;
        match answered {
            Answered::Decided(decision) => {
                let mut answer = Answer::new(
                    decision.line.unwrap_or_default(),
                    Some(decision.external_id.clone()),
                    outcome_of(&decision.outcome)?,
                );
                (answer.completion, answer.learner) = (completion, decision.learner_id);
                answer.reasons = reasons_of(&decision)?;
                Ok(Self {
                    year: decision.year,
                    category: decision.category,
                    hours: line.map(|line| line.hours),
                    entry_id: decision.entry_id,
                    policy_version_id: decision.policy_id.map(|id| id.as_uuid()),
                    ..Self::of(answer, wording)
                })
            }
            Answered::Answered(row) => {
                let detail: Detail = serde_json::from_str(&row.detail).map_err(Problem::internal)?;
                let answer = Answer::new(row.line, row.external_id, outcome_of(&row.outcome)?);
                // What could not be read named no evidence, whatever came under its id before or after.
                let completion = completion.filter(|_| answer.outcome != Outcome::Malformed);
                Ok(Self::of(Answer { completion, ..detail.of(answer) }, wording))
            }
        }
    }
}

/// What putting answers into words needs beside them.
#[derive(Clone)]
pub(super) struct Wording {
    language: Language,
    book: Option<Arc<RuleBook>>,
    today: Date,
}

impl Wording {
    /// For answers that were just given: places are called as the rule book calls them by which they were.
    pub(super) fn of_answers(state: &AppState, language: Language) -> Self {
        Self { language, book: state.rule_books.held(), today: state.clock.today() }
    }

    /// For what is read back in this transaction.
    pub(super) fn of_kept(db: &mut Db, state: &AppState, language: Language) -> Result<Self, Problem> {
        Ok(Self { language, book: Some(state.rule_books.current(db)?), today: state.clock.today() })
    }

    pub(super) fn reasons(&self, reasons: &[Reason]) -> Vec<ReasonBody> {
        // As it is called on the last day of the year, or today before that.
        let called = |place: &PlaceCode, year| match &self.book {
            Some(book) => PlaceRef::of(book.places(), place, last_day(year).min(self.today)).in_words(),
            None => Text::new(format!("地区 {place}"), format!("the place {place}")),
        };
        reasons.iter().map(|reason| explain::reason(reason, &called).body(self.language)).collect()
    }
}

fn outcome_of(word: &str) -> Result<Outcome, Problem> {
    Outcome::of_word(word).ok_or_else(|| Problem::internal(format!("a kept outcome is no word: {word}")))
}

/// 等待中的条目 / An item that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldBody {
    /// 平台的编号 / The platform's id.
    pub(super) external_id: String,
    /// 等待的原因 / Why it waits.
    pub(super) reasons: Vec<ReasonBody>,
    /// 自何时 / Since when.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) held_at: OffsetDateTime,
    /// 等待到何时为止 / Until when it is kept waiting at least.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) expires_at: OffsetDateTime,
}

/// 一条证据及其现状 / One item of evidence and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompletionBody {
    /// 本服务的编号 / This service's id.
    pub(super) completion_id: Uuid,
    /// 推送的平台 / The platform that pushed it.
    pub(super) platform_id: Uuid,
    /// 平台的编号 / The platform's id.
    pub(super) external_id: String,
    /// 课程（代码或编号） / The course, by code or id.
    pub(super) course: String,
    /// 学习方式 / How it was studied.
    #[schema(value_type = String, example = "online")]
    pub(super) mode: domain::registry::Mode,
    /// 完成时刻 / When it was completed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) completed_at: OffsetDateTime,
    /// 平台所报学时；未报则无此项 / Hours by the platform's account; absent where it gave none, as the five that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub(super) hours: Option<Hours>,
    /// 开始时刻 / Begin of the session.
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) started_at: Option<OffsetDateTime>,
    /// 结束时刻 / End of the session.
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) ended_at: Option<OffsetDateTime>,
    /// 考试成绩 / Mark of the exam, in points of a hundred.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub(super) score: Option<Hours>,
    /// 平台判定是否通过 / Whether the platform says it was passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) passed: Option<bool>,
    /// 学习过程证据 / Evidence of progress, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) evidence: Option<Value>,
    /// 收到时刻 / When it came in.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) received_at: OffsetDateTime,
    /// 它更正的旧条目 / What it replaces.
    pub(super) replaces: Option<String>,
    /// 历次决定 / Every decision, the last one last.
    pub(super) decisions: Vec<DecisionBody>,
    /// 其学时是否已撤销 / Whether its hours were taken back.
    pub(super) reversed: bool,
}

/// 一次决定 / One decision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionBody {
    /// 序号 / Its number, from 1.
    pub(super) number: i32,
    /// 结果 / The outcome.
    #[schema(example = "credited")]
    pub(super) outcome: String,
    /// 学员 / The learner.
    pub(super) learner_id: Option<Uuid>,
    /// 年度 / The year.
    pub(super) year: Option<i32>,
    /// 台账分录 / The line of the ledger.
    pub(super) entry_id: Option<Uuid>,
    /// 规则版本 / The rules.
    pub(super) policy_version_id: Option<Uuid>,
    /// 原因 / Why.
    pub(super) reasons: Vec<ReasonBody>,
    /// 何时 / When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) decided_at: OffsetDateTime,
}

pub(super) fn decided(
    decision: store::completions::CompletionDecision,
    wording: &Wording,
) -> Result<DecisionBody, Problem> {
    Ok(DecisionBody {
        number: decision.number,
        reasons: wording.reasons(&reasons_of(&decision)?),
        outcome: decision.outcome,
        learner_id: decision.learner_id.map(LearnerId::as_uuid),
        year: decision.year,
        entry_id: decision.entry_id.map(EntryId::as_uuid),
        policy_version_id: decision.policy_id.map(|id| id.as_uuid()),
        decided_at: decision.decided_at,
    })
}

/// 撤销请求 / Why to take back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReversalIn {
    /// 原因代码 / The reason.
    #[schema(schema_with = crate::wire::words::<ReversalReason>)]
    pub(super) reason_code: ReversalReason,
}

/// 撤销结果 / What was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReversalBody {
    /// 撤销分录；条目尚无学时而被撤回时为 null / The reversing line; null where an item without hours was withdrawn.
    pub(super) reversal_entry_id: Option<Uuid>,
    /// 被撤销的分录 / The line taken back.
    pub(super) reverses: Option<Uuid>,
    /// 年度 / The year.
    pub(super) year: Option<i32>,
    /// 学时 / The hours taken back.
    #[schema(value_type = Option<f64>)]
    pub(super) hours: Option<Hours>,
}
