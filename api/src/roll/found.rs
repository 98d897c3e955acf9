//! What becomes of an item of a roll, on the wire.

use crate::{
    bulk::Judged,
    explain::{self, ReasonBody},
    openapi::FieldErrorBody,
    problem::FieldError,
    text::{Language, Text},
    wire::words,
};
use domain::{
    kernel::{CaseId, LearnerId},
    roll::Reason,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

domain::words! {
    /// What became of an item.
    pub(super) enum RollOutcome {
        /// It is on the roll now.
        Created = "created",
        /// The roll said so before.
        Unchanged = "unchanged",
        /// What is known forbids it; `reason` says why.
        Conflict = "conflict",
        /// It cannot be said of that person; `reasons` say why.
        Refused = "refused",
        /// It breaks the contract; `errors` says where.
        Malformed = "malformed",
    }
}

/// What became of an item.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Created(LearnerId),
    Unchanged(LearnerId),
    /// The document is registered with another name.
    OtherName,
    /// The roll says something else of the person and the year.
    Otherwise(LearnerId, &'static [&'static str]),
    /// Another roll says something of the person and the year; which, where the caller may open it.
    OnAnother(LearnerId, Option<CaseId>),
    /// Nobody whom the roll may name has this document.
    UnknownPerson,
    Refused(LearnerId, Vec<Reason>),
    Malformed(Vec<FieldError>),
}

/// What became of items, each with its place in the body.
pub(super) type Outcomes = Vec<(u32, Outcome)>;

/// 一条的处理结果 / What became of one item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RollItemResult {
    /// JSON 批次：items 中的下标，从 0 起；NDJSON 与 CSV：行号，从 1 起，表头和空行也计 / JSON: the index in `items`, from 0; NDJSON and CSV: the
    /// line, from 1, the header and blank lines counted.
    at: u32,
    /// 结果 / The outcome.
    #[schema(schema_with = words::<RollOutcome>)]
    outcome: RollOutcome,
    /// 学员 / The learner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    learner_id: Option<LearnerId>,
    /// 不符合要求之处，pointer 指向该条之内；CSV 另给出列名 column / The faults, with pointers into that item; of a table also the `column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<FieldErrorBody>>)]
    errors: Option<Vec<Value>>,
    /// 冲突或不予列入的原因代码 / Why, for machines: `other_name`, `other_content`, `on_another_roll`, `unknown_person`, `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// 说明与处理办法 / What is the matter and what to do, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// 与名册已有内容冲突的字段 / The fields that contradict what is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    fields: Option<&'static [&'static str]>,
    /// 已列入此人该年度的另一名册；调用方无权查看的不给出 / The other roll that says something of the person and the year; left out where it is not the caller's to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    roll_id: Option<CaseId>,
    /// 不予列入的各项原因；一次请求至多列出 5000 项不符合要求之处和原因，其余不列 / Why it cannot be said of that person, each with its clause; of one body 5,000 faults and reasons are named, and none beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<ReasonBody>>,
}

/// 名册各条的处理结果 / What became of the items.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct RollItemResults {
    /// 各类结果的条数 / How many items had which outcome.
    counts: RollItemCounts,
    /// 逐条结果，顺序与请求一致 / One result an item, in order.
    items: Vec<RollItemResult>,
}

/// 各类结果的条数 / How many items had which outcome.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct RollItemCounts {
    created: usize,
    unchanged: usize,
    conflict: usize,
    refused: usize,
    malformed: usize,
}

impl RollItemCounts {
    /// How many of these had which outcome.
    pub(super) fn of(outcomes: &Outcomes) -> Self {
        let mut counts = Self::default();
        outcomes.iter().for_each(|(_, outcome)| counts.add(outcome.kind()));
        counts
    }

    fn add(&mut self, outcome: RollOutcome) {
        *match outcome {
            RollOutcome::Created => &mut self.created,
            RollOutcome::Unchanged => &mut self.unchanged,
            RollOutcome::Conflict => &mut self.conflict,
            RollOutcome::Refused => &mut self.refused,
            RollOutcome::Malformed => &mut self.malformed,
        } += 1;
    }
}

impl Outcome {
    const fn kind(&self) -> RollOutcome {
        match self {
            Self::Created(_) => RollOutcome::Created,
            Self::Unchanged(_) => RollOutcome::Unchanged,
            Self::OtherName | Self::Otherwise(..) | Self::OnAnother(..) => RollOutcome::Conflict,
            Self::UnknownPerson | Self::Refused(..) => RollOutcome::Refused,
            Self::Malformed(_) => RollOutcome::Malformed,
        }
    }

    const fn learner(&self) -> Option<LearnerId> {
        match self {
            Self::Created(id)
            | Self::Unchanged(id)
            | Self::Otherwise(id, _)
            | Self::OnAnother(id, _)
            | Self::Refused(id, _) => Some(*id),
            Self::OtherName | Self::UnknownPerson | Self::Malformed(_) => None,
        }
    }

    /// Why, for machines and for people.
    fn why(&self) -> Option<(&'static str, Text)> {
        Some(match self {
            Self::Created(_) | Self::Unchanged(_) | Self::Malformed(_) => return None,
            Self::OtherName => (
                "other_name",
                Text::new(
                    "该身份证件已以另一姓名登记；请核对，登记有误的在其档案中更正姓名",
                    "the document is registered with another name: compare, and correct the name in the file if that is the wrong one",
                ),
            ),
            Self::Otherwise(..) => (
                "other_content",
                Text::new(
                    "本名册对此人该年度已有不同内容；请先撤销原内容，再重新列入",
                    "the roll says something else of the person and the year: take that back first, then send it again",
                ),
            ),
            Self::OnAnother(..) => (
                "on_another_roll",
                Text::new(
                    "另一名册（roll_id，可查看的）已列入此人该年度；以本名册为准的，请先由其机关在该名册中撤销",
                    "another roll (roll_id, where it is yours to see) says something of the person and the year: where this one is right, its office takes it back there first",
                ),
            ),
            Self::UnknownPerson => (
                "unknown_person",
                Text::new(
                    "名册适用地区内没有持此证件的学员；请先登记学员",
                    "nobody whom the roll may name has this document: register the learner first",
                ),
            ),
            Self::Refused(..) => {
                ("refused", Text::new("不能列入，原因见 reasons", "it cannot be said of that person; reasons say why"))
            }
        })
    }
}

impl Judged for Outcome {
    type Result = RollItemResult;
    type Body = RollItemResults;

    fn malformed(faults: Vec<FieldError>) -> Self {
        Self::Malformed(faults)
    }

    fn result(self, at: u32, language: Language) -> RollItemResult {
        let (reason, detail) = self.why().unzip();
        let mut result = RollItemResult {
            at,
            outcome: self.kind(),
            learner_id: self.learner(),
            errors: None,
            reason,
            detail: detail.map(|words| words.in_language(language).to_owned()),
            fields: None,
            roll_id: None,
            reasons: None,
        };
        match self {
            Self::Malformed(faults) => {
                result.errors = Some(faults.iter().map(|fault| fault.to_value(language)).collect());
            }
            Self::OtherName => result.fields = Some(&["name"]),
            Self::Otherwise(_, fields) => result.fields = Some(fields),
            Self::OnAnother(_, roll) => result.roll_id = roll,
            Self::Refused(_, reasons) => {
                result.reasons = Some(reasons.iter().map(|reason| explain::of_roll(reason).body(language)).collect());
            }
            Self::Created(_) | Self::Unchanged(_) | Self::UnknownPerson => {}
        }
        result
    }

    fn faults(result: &mut RollItemResult) -> &mut Option<Vec<Value>> {
        &mut result.errors
    }

    fn named(result: &RollItemResult) -> usize {
        let (errors, reasons) = (result.errors.as_ref(), result.reasons.as_ref());
        errors.map_or(0, Vec::len) + reasons.map_or(0, Vec::len)
    }

    fn hush(result: &mut RollItemResult) {
        (result.errors, result.reasons) = (None, None);
    }

    fn add(body: &mut RollItemResults, result: RollItemResult) {
        body.counts.add(result.outcome);
        body.items.push(result);
    }
}
