//! Many learners or courses at once, each judged by itself: a JSON list, or lines in bounded memory.
//!
//! A chunk of at most a thousand is read to its end, then kept in one transaction; what was kept stays when a later chunk
//! fails, and sending everything again is safe. An NDJSON body is answered by NDJSON, one line a line.

use crate::{
    audit::Recording,
    auth::Outside,
    extract::{Body, Document, ItemsOrLines, Line, NDJSON, Unjudged, no_items},
    openapi::FieldErrorBody,
    problem::{FieldError, Kind, Problem},
    text::{Language, Text},
};
use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Debug;
use utoipa::ToSchema;
use uuid::Uuid;

/// Items in one chunk, so in one transaction.
const CHUNK: usize = 1_000;
/// Lines in one NDJSON body.
const MOST_LINES: u32 = 100_000;
/// How many faults of one body are named, an item being answered with all or none of its own; more would only make the answer
/// as large as the mistake.
const MOST_NAMED: usize = 5_000;

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
        [(_, Outcome::Created(id) | Outcome::Updated(id) | Outcome::Unchanged(id))] => db.about(kind, id),
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

/// An item with its place in the body: the index in a list from 0, the number of a line from 1.
#[derive(Clone, Debug)]
pub(super) struct Sent<T> {
    pub(super) at: u32,
    pub(super) item: T,
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

    fn result(self, at: u32, language: Language) -> BulkResult {
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

/// Hands the items of a body to `keep`, a chunk at a time, and answers what became of each.
///
/// # Errors
/// When the body breaks off, has too many lines, or a chunk cannot be kept; `kept_through` says up to where all is kept.
pub(super) async fn each_chunk<T: Body>(
    body: ItemsOrLines,
    language: Language,
    keep: impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, Outcome)>, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut lines = match body {
        ItemsOrLines::Json(items) => {
            let mut answer = Answer::new(language, false);
            let items = (0_u32..).zip(items).map(|(at, value)| (at, Ok(value)));
            answer.judge(items, &keep).await?;
            return answer.respond();
        }
        ItemsOrLines::Lines(lines) => lines,
    };
    let mut answer = Answer::new(language, true);
    let (mut kept_through, mut carries) = (0, false);
    loop {
        let so_far = |problem: Problem| problem.with("kept_through", kept_through);
        let Some(chunk) = lines.next_chunk(CHUNK).await.map_err(so_far)? else { break };
        let last = lines.lines_read();
        if last > MOST_LINES {
            return Err(so_far(Problem::new(Kind::BodyTooLarge).with("limit_lines", MOST_LINES)));
        }
        carries |= !chunk.is_empty();
        // One line is a value in memory at a time.
        let items = chunk.into_iter().map(|line| (line.number, read(&line)));
        answer.judge(items, &keep).await.map_err(so_far)?;
        kept_through = last;
    }
    if carries { answer.respond() } else { Err(no_items()) }
}

type Read = Result<Document, Vec<FieldError>>;

fn read(line: &Line) -> Read {
    let fault = |code: &str, words: Text| vec![FieldError::new("", code, words)];
    let Some(content) = &line.content else {
        return Err(fault("line_too_long", Text::new("该行过长", "the line is too long")));
    };
    serde_json::from_slice(content).map_err(|error| {
        let column = error.column();
        let words =
            Text::new(format!("第 {column} 列起不是合法的 JSON"), format!("not valid JSON from column {column}"));
        fault(Kind::MalformedJson.slug(), words)
    })
}

/// The answer as it grows.
struct Answer {
    language: Language,
    body: BulkBody,
    /// How many faults the items so far have together.
    named: usize,
    /// Where results go line by line instead of into `body`.
    lines: Option<Vec<u8>>,
}

impl Answer {
    fn new(language: Language, ndjson: bool) -> Self {
        Self { language, body: BulkBody::default(), named: 0, lines: ndjson.then(Vec::new) }
    }

    async fn judge<T: Body>(
        &mut self,
        items: impl Iterator<Item = (u32, Read)>,
        keep: &impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, Outcome)>, Problem>,
    ) -> Result<(), Problem> {
        let (mut sent, mut outcomes) = (Vec::new(), Vec::new());
        for (at, value) in items {
            match value.and_then(|document| Unjudged::of_item(&document)) {
                Ok(item) => sent.push(Sent { at, item }),
                Err(errors) => outcomes.push((at, Outcome::Malformed(errors))),
            }
        }
        if !sent.is_empty() {
            outcomes.extend(keep(sent).await?);
        }
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        outcomes.into_iter().try_for_each(|(at, outcome)| self.add(outcome.result(at, self.language)))
    }

    fn add(&mut self, mut result: BulkResult) -> Result<(), Problem> {
        let counts = &mut self.body.counts;
        let count = match result.outcome {
            BulkOutcome::Created => &mut counts.created,
            BulkOutcome::Updated => &mut counts.updated,
            BulkOutcome::Unchanged => &mut counts.unchanged,
            BulkOutcome::Malformed => &mut counts.malformed,
            BulkOutcome::Conflict => &mut counts.conflict,
        };
        *count += 1;
        self.named = self.named.saturating_add(result.errors.as_ref().map_or(0, Vec::len));
        if self.named > MOST_NAMED {
            result.errors = None;
        }
        match &mut self.lines {
            Some(lines) => {
                serde_json::to_writer(&mut *lines, &result).map_err(Problem::internal)?;
                lines.push(b'\n');
            }
            None => self.body.items.push(result),
        }
        Ok(())
    }

    fn respond(self) -> Result<HttpResponse, Problem> {
        Ok(match self.lines {
            Some(lines) => HttpResponse::Ok().content_type(NDJSON).body(lines),
            None => HttpResponse::Ok().json(self.body),
        })
    }
}
