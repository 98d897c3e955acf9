//! What becomes of each of many learners or courses. How they come in and are answered: [`crate::bulk`].

use crate::{
    audit::Recording,
    auth::Outside,
    bulk::Judged,
    openapi::FieldErrorBody,
    problem::{FieldError, Kind, Problem},
    text::{Language, Text},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

domain::words! {
    /// What became of an item.
    pub(super) enum BulkOutcome {
        /// It was new.
        Created = "created",
        /// It says something else than before.
        Updated = "updated",
        /// It says what was known.
        Unchanged = "unchanged",
        /// It breaks the contract; `errors` says where.
        Malformed = "malformed",
        /// The present state forbids it; `reason` says why.
        Conflict = "conflict",
    }
}

/// Why the present state forbids an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// Stable, for machines.
    pub(super) reason: &'static str,
    /// The fields that contradict what is known.
    pub(super) fields: &'static [&'static str],
    /// What is the matter and what to do, in Chinese and in English.
    pub(super) words: (&'static str, &'static str),
}

/// What became of an item.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Created(Uuid),
    Updated(Uuid),
    Unchanged(Uuid),
    Malformed(Vec<FieldError>),
    /// It names a place that the caller does not answer for.
    Outside {
        pointer: &'static str,
        outside: Outside,
    },
    Conflict(Conflict),
    /// It is registered by what stands there, where the caller may know: by this id.
    Exists {
        pointer: &'static str,
        id: Option<Uuid>,
        words: Text,
    },
}

/// What became of items, each with its place in the body.
pub(super) type Outcomes = Vec<(u32, Outcome)>;

/// Tells the event of a chunk what became of its items: how many, and of a single one which.
pub(super) fn record(db: &mut Recording<'_>, kind: &str, outcomes: &[(u32, Outcome)]) {
    let ids = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        Outcome::Created(id) | Outcome::Updated(id) => Some(*id),
        _ => None,
    });
    let changed: Vec<Uuid> = ids.collect();
    match outcomes {
        [(_, Outcome::Created(id) | Outcome::Updated(id))] => db.about(kind, id),
        [(_, Outcome::Unchanged(id))] => {
            let _ = db.unchanged(kind, id, serde_json::json!({}));
        }
        _ => db.among(&format!("{kind}s"), &serde_json::json!({ "changed": changed })),
    }
}

/// Of an item that was sent by itself: what became of it. Asked inside the transaction, which fails where nothing did, so that
/// a refusal leaves no event of a write.
///
/// # Errors
/// The problem that the item's outcome is.
pub(super) fn only(mut outcomes: Outcomes) -> Result<(Uuid, BulkOutcome), Problem> {
    let (_, outcome) = outcomes.pop().ok_or_else(|| Problem::internal("an item without an outcome"))?;
    outcome.single()
}

/// 一条的处理结果 / What became of one item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BulkResult {
    /// JSON 批次：items 中的下标，从 0 起；NDJSON：行号，从 1 起，空行也计 / JSON: the index in `items`, from 0; NDJSON: the line, from
    /// 1, blank lines counted.
    at: u32,
    /// 结果 / The outcome.
    #[schema(schema_with = crate::wire::words::<BulkOutcome>)]
    outcome: BulkOutcome,
    /// 编号 / The id of what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// 不符合要求之处，pointer 指向该条之内，每条至多 20 处；全部已列出 5000 处后不再列出 / The faults, with pointers into that item, at most
    /// 20 an item; left out once 5,000 of all items were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<FieldErrorBody>>)]
    errors: Option<Vec<Value>>,
    /// 冲突原因 / Why the present state forbids it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// 冲突的说明与处理办法 / What is the matter and what to do, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// 与已知内容冲突的字段 / The fields that contradict what is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    fields: Option<&'static [&'static str]>,
}

/// 批量结果 / What became of the items.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct BulkBody {
    /// 各类结果的条数 / How many items had which outcome.
    counts: BulkCounts,
    /// 逐条结果，顺序与请求一致 / One result an item, in order.
    items: Vec<BulkResult>,
}

/// 各类结果的条数 / How many items had which outcome.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
struct BulkCounts {
    created: usize,
    updated: usize,
    unchanged: usize,
    malformed: usize,
    conflict: usize,
}

impl Outcome {
    /// The outcome as the answer to a single item.
    ///
    /// # Errors
    /// The problem that the item's outcome is.
    fn single(self) -> Result<(Uuid, BulkOutcome), Problem> {
        match self {
            Self::Created(id) => Ok((id, BulkOutcome::Created)),
            Self::Updated(id) => Ok((id, BulkOutcome::Updated)),
            Self::Unchanged(id) => Ok((id, BulkOutcome::Unchanged)),
            Self::Malformed(errors) => Err(Problem::invalid_body(errors)),
            Self::Outside { pointer, outside } => Err(outside.at(pointer)),
            Self::Conflict(Conflict { reason, fields, words: (zh, en) }) => {
                let problem = Problem::new(Kind::Conflict).detail(Text::new(zh, en));
                Err(problem.with("reason", reason).with("fields", fields))
            }
            Self::Exists { pointer, id, words } => {
                let problem = Problem::new(Kind::AlreadyExists).detail(words).with("pointer", pointer);
                Err(id.into_iter().fold(problem, |problem, id| problem.with("learner_id", id)))
            }
        }
    }

    fn wire(self, at: u32, language: Language) -> BulkResult {
        let plain =
            |outcome, id| BulkResult { at, outcome, id, errors: None, reason: None, detail: None, fields: None };
        let malformed = |errors: Vec<FieldError>| BulkResult {
            errors: Some(errors.iter().map(|error| error.to_value(language)).collect()),
            ..plain(BulkOutcome::Malformed, None)
        };
        match self {
            Self::Created(id) => plain(BulkOutcome::Created, Some(id)),
            Self::Updated(id) => plain(BulkOutcome::Updated, Some(id)),
            Self::Unchanged(id) => plain(BulkOutcome::Unchanged, Some(id)),
            Self::Malformed(errors) => malformed(errors),
            Self::Outside { pointer, outside } => malformed(vec![outside.fault(pointer)]),
            Self::Conflict(Conflict { reason, fields, words: (zh, en) }) => BulkResult {
                reason: Some(reason),
                detail: Some(Text::new(zh, en).in_language(language).to_owned()),
                fields: (!fields.is_empty()).then_some(fields),
                ..plain(BulkOutcome::Conflict, None)
            },
            Self::Exists { id, words, .. } => BulkResult {
                reason: Some(Kind::AlreadyExists.slug()),
                detail: Some(words.in_language(language).to_owned()),
                ..plain(BulkOutcome::Conflict, id)
            },
        }
    }
}

impl Judged for Outcome {
    type Result = BulkResult;
    type Body = BulkBody;

    fn malformed(faults: Vec<FieldError>) -> Self {
        Self::Malformed(faults)
    }

    fn result(self, at: u32, language: Language) -> BulkResult {
        self.wire(at, language)
    }

    fn faults(result: &mut BulkResult) -> &mut Option<Vec<Value>> {
        &mut result.errors
    }

    fn named(result: &BulkResult) -> usize {
        result.errors.as_ref().map_or(0, Vec::len)
    }

    fn hush(result: &mut BulkResult) {
        result.errors = None;
    }

    fn add(body: &mut BulkBody, result: BulkResult) {
        let counts = &mut body.counts;
        *match result.outcome {
            BulkOutcome::Created => &mut counts.created,
            BulkOutcome::Updated => &mut counts.updated,
            BulkOutcome::Unchanged => &mut counts.unchanged,
            BulkOutcome::Malformed => &mut counts.malformed,
            BulkOutcome::Conflict => &mut counts.conflict,
        } += 1;
        body.items.push(result);
    }
}
