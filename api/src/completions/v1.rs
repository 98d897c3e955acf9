//! Wire types and handlers of completions.

use super::{
    answer::{Answer, Outcome},
    item::{CompletionItem, Line, Reading},
    ndjson, reversal,
    reversal::{ReversalReason, Reversed},
    service::{self, Sending},
};
use crate::{
    auth::{AnyCaller, AsPlatform, Permission, PlatformOrOfficials},
    explain::{self, ReasonBody},
    extract::{FromPath, Json, Lines, NDJSON, Page, Paged, Query, read_body, read_json},
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::{Language, Text},
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    get,
    http::header::{ACCEPT, CONTENT_TYPE, LOCATION},
    post,
    web::{Bytes, Data},
};
use domain::{
    completions::Reason,
    kernel::{BatchId, CompletionId, EntryId, Hours, LearnerId, PlatformId, Words},
};
use futures_util::{future::LocalBoxFuture, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::completions::{Answered, CompletionBatch, page_outcomes};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

/// How many items a JSON body may carry.
const MOST_ITEMS: usize = 1000;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(push_completions)
        .service(validate_completions)
        .service(get_completion_batch)
        .service(list_completion_outcomes)
        .service(list_held_completions)
        .service(get_completion)
        .service(reverse_completion);
}

/// 一批完成记录 / A batch of completions.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompletionBatchIn {
    /// 1 至 1000 条 / One to a thousand items.
    #[validate(length(min = 1, max = 1000))]
    #[schema(value_type = Vec<CompletionItem>, min_items = 1, max_items = 1000)]
    items: Vec<Value>,
}

/// Which batch.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BatchName {
    /// 平台自定的批次号，断线后可据此查询；重发整批总是安全的 / The platform's own id of the batch, to ask about after a cut.
    batch_id: Option<Uuid>,
}

/// 批次结果 / What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchBody {
    /// 批次号 / The batch.
    batch_id: Uuid,
    /// 第几次发送 / Which sending of it, from 1.
    #[schema(example = 1)]
    attempt: i32,
    /// 状态：receiving、complete 或 cut / receiving, complete or cut.
    #[schema(example = "complete")]
    state: String,
    /// 已处理的行数 / Lines decided.
    lines: i32,
    /// 每种结果的条数 / How many of each outcome.
    #[schema(value_type = Object, example = json!({"credited": 1, "held": 0}))]
    counts: Value,
    /// JSON 批次：逐条结果，次序与请求相同；NDJSON：前 100 条有误的行 / JSON: every outcome in order; NDJSON: the first 100 faults.
    items: Vec<AnswerBody>,
}

/// 单条结果 / What became of one item.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerBody {
    /// 行号，从 1 起 / The line, from 1.
    #[schema(example = 1)]
    line: i32,
    /// 平台的编号 / The platform's id.
    external_id: Option<String>,
    /// 结果 / The outcome.
    #[schema(value_type = String, example = "credited")]
    outcome: Outcome,
    /// 本服务的编号 / This service's id of the evidence.
    #[schema(value_type = Option<Uuid>)]
    completion_id: Option<CompletionId>,
    /// 学员编号 / The learner.
    #[schema(value_type = Option<Uuid>)]
    learner_id: Option<LearnerId>,
    /// 计入的年度 / The policy year it counts for.
    year: Option<i32>,
    /// 计入的类别 / The category.
    category: Option<String>,
    /// 学时 / Hours by itself.
    #[schema(value_type = Option<f64>)]
    hours: Option<Hours>,
    /// 台账分录 / The line of the ledger.
    #[schema(value_type = Option<Uuid>)]
    entry_id: Option<EntryId>,
    /// 依据的规则版本 / The version of the rules that decided.
    policy_version_id: Option<Uuid>,
    /// 原因，全部列出 / Every reason.
    reasons: Vec<ReasonBody>,
    /// 重复时：首次的结果 / For a repeat: what became of it first.
    first: Option<FirstBody>,
    /// 冲突时：不同的字段 / For a conflict: the fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicting_fields: Vec<String>,
    /// 无法读取时：错误 / For a malformed item: the faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    errors: Vec<Value>,
}

/// 首次结果 / What became of an item the first time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct FirstBody {
    /// 首次的结果 / The first outcome.
    #[schema(value_type = String, example = "credited")]
    outcome: Outcome,
    /// 目前的结果 / The outcome of the last decision.
    #[schema(value_type = String, example = "credited")]
    now: Outcome,
    /// 其学时是否已撤销 / Whether its hours were taken back.
    reversed: bool,
}

impl AnswerBody {
    fn of(answer: Answer, language: Language) -> Self {
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
            reasons: worded(&answer.reasons, language),
            first: answer.first.map(|first| FirstBody {
                outcome: first.outcome,
                now: first.now,
                reversed: first.reversed,
            }),
            conflicting_fields: answer.conflicting,
            errors: answer.faults.iter().map(|fault| fault.to_value(language)).collect(),
        }
    }

    fn kept(answered: Answered, language: Language) -> Self {
        let outcome = |word: &str| Outcome::of_word(word).unwrap_or(Outcome::Malformed);
        match answered {
            Answered::Decided(decision) => {
                let reasons: Vec<Reason> = serde_json::from_str(&decision.reasons).unwrap_or_default();
                let mut answer = Answer::new(
                    decision.line.unwrap_or_default(),
                    Some(decision.external_id),
                    outcome(&decision.outcome),
                );
                answer.learner = decision.learner_id;
                answer.reasons = reasons;
                Self {
                    year: decision.year,
                    entry_id: decision.entry_id,
                    policy_version_id: decision.policy_id.map(|id| id.as_uuid()),
                    ..Self::of(answer, language)
                }
            }
            Answered::Answered(row) => {
                let kept: Kept = serde_json::from_str(&row.detail).unwrap_or_default();
                let mut answer = Answer::new(row.line, row.external_id, outcome(&row.outcome));
                answer.reasons = kept.reasons;
                answer.conflicting = kept.conflicting;
                answer.faults = kept.faults.into_iter().map(KeptFault::into_fault).collect();
                Self { first: kept.first, ..Self::of(answer, language) }
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    first: Option<FirstBody>,
    conflicting: Vec<String>,
    faults: Vec<KeptFault>,
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct KeptFault {
    pointer: String,
    code: String,
    zh: String,
    en: String,
}

impl KeptFault {
    fn into_fault(self) -> FieldError {
        FieldError::new(self.pointer, self.code, Text::new(self.zh, self.en))
    }
}

fn worded(reasons: &[Reason], language: Language) -> Vec<ReasonBody> {
    reasons.iter().map(|reason| explain::reason(reason).body(language)).collect()
}

/// A body of items, not yet read item by item.
enum PushBody {
    Json(Vec<Value>),
    Lines(Lines),
}

impl FromRequest for PushBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media == NDJSON {
            let lines = Lines::from_request(request, payload);
            return Box::pin(async move { lines.await.map(Self::Lines) });
        }
        let items = Items::from_request(request, payload);
        Box::pin(async move { items.await.map(|items| Self::Json(items.0)) })
    }
}

/// The items of a JSON body. U+0000 in one of them is that item's fault, not the batch's.
struct Items(Vec<Value>);

impl FromRequest for Items {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = request.app_data::<Data<AppState>>().map_or(0, |state| state.limits.batch_body_bytes);
        let (headers, payload) = (request.headers().clone(), payload.take());
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
        Box::pin(async move {
            if !json {
                let supported = ["application/json", NDJSON];
                return Err(Problem::new(Kind::UnsupportedMediaType).with("supported", supported));
            }
            let body = read_body(&headers, payload, limit).await?;
            match serde_json::from_slice::<CompletionBatchIn>(&body) {
                Ok(batch) if (1..=MOST_ITEMS).contains(&batch.items.len()) => Ok(Self(batch.items)),
                // Read again by the way that names every fault.
                _ => match read_json::<CompletionBatchIn>(&body) {
                    Ok(batch) => Ok(Self(batch.items)),
                    Err(problem) => Err(problem),
                },
            }
        })
    }
}

fn lines_of(state: &AppState, items: Vec<Value>) -> Vec<Line> {
    let reading = Reading { keys: &state.keys, today: state.clock.today() };
    (1..).zip(items).map(|(number, item)| reading.line(number, item)).collect()
}

fn batch_body(state: &AppState, sending: &Sending, answers: Vec<Answer>, language: Language) -> BatchBody {
    let _ = state;
    BatchBody {
        batch_id: sending.origin.batch.as_uuid(),
        attempt: sending.origin.attempt,
        state: "complete".to_owned(),
        lines: sending.lines,
        counts: sending.counts.to_value(),
        items: answers.into_iter().map(|answer| AnswerBody::of(answer, language)).collect(),
    }
}

fn count(state: &AppState, answers: &[Answer]) {
    for outcome in Outcome::ALL {
        let times = answers.iter().filter(|answer| answer.outcome == *outcome).count();
        if times > 0 {
            state.metrics.count("completions", outcome.as_str(), times as u64);
        }
    }
}

/// 推送一批完成记录 / Push a batch of completions
///
/// JSON 至多 1000 条，整批一个事务，逐条回答；`application/x-ndjson` 至多 100000 行，分块处理。一条有误不影响其他条；整批重发总是安全的。
///
/// JSON up to 1,000 items, one transaction, an answer each; NDJSON up to 100,000 lines, in chunks. One bad item never loses the
/// others, and sending everything again is always safe.
#[utoipa::path(
    tag = "completions",
    operation_id = "push_completions",
    params(BatchName),
    request_body(
        content(
            (CompletionBatchIn = "application/json", example = json!({"items": [{
                "external_id": "2020-000001",
                "person": {"document_kind": "resident_id", "document_number": "610928199001010006", "name": "张三"},
                "course_code": "SX-2020-PUBLIC-1", "mode": "online", "hours": 24, "passed": true,
                "completed_at": "2020-09-01T10:00:00+08:00"}]})),
            (String = "application/x-ndjson", example = "{\"external_id\":\"2020-000001\",\"person\":{\"document_number\":\"610928199001010006\",\"name\":\"张三\"},\"course_code\":\"SX-2020-PUBLIC-1\",\"mode\":\"online\",\"passed\":true,\"completed_at\":\"2020-09-01T10:00:00+08:00\"}\n"),
        )
    ),
    responses(
        (status = 200, description = "逐条结果 / The outcomes", body = BatchBody),
        (status = 409, description = "批次号属于其他平台 / The batch id is another platform's"),
    ),
    extensions(("x-callers" = json!(AsPlatform::CALLERS)))
)]
#[post("/completion-batches")]
async fn push_completions(
    AsPlatform(platform): AsPlatform,
    state: Data<AppState>,
    Query(name): Query<BatchName>,
    language: Language,
    body: PushBody,
) -> Result<HttpResponse, Problem> {
    let batch = BatchId::from_uuid(name.batch_id.unwrap_or_else(|| state.new_id()));
    let (sending, answers) = match body {
        PushBody::Json(items) => service::push(&state, platform, batch, lines_of(&state, items)).await?,
        PushBody::Lines(lines) => ndjson::push(&state, platform, batch, lines).await?,
    };
    count(&state, &answers);
    let location = format!("/v1/completion-batches/{batch}");
    Ok(HttpResponse::Ok().insert_header((LOCATION, location)).json(batch_body(&state, &sending, answers, language)))
}

/// 试推一批完成记录，不保存 / Rehearse a batch; nothing is kept
#[utoipa::path(
    tag = "completions",
    operation_id = "validate_completions",
    request_body(content = CompletionBatchIn, example = json!({"items": [{
        "external_id": "2020-000001",
        "person": {"document_number": "610928199001010006", "name": "张三"},
        "course_code": "SX-2020-PUBLIC-1", "mode": "online", "passed": true,
        "completed_at": "2020-09-01T10:00:00+08:00"}]})),
    responses((status = 200, description = "逐条结果 / The outcomes", body = Vec<AnswerBody>)),
    extensions(("x-callers" = json!(AsPlatform::CALLERS)))
)]
#[post("/completion-batches/validation")]
async fn validate_completions(
    AsPlatform(platform): AsPlatform,
    state: Data<AppState>,
    language: Language,
    items: Items,
) -> Result<HttpResponse, Problem> {
    let answers = service::rehearse(&state, platform, lines_of(&state, items.0)).await?;
    let mut bodies: Vec<AnswerBody> = answers.into_iter().map(|answer| AnswerBody::of(answer, language)).collect();
    for body in &mut bodies {
        // Ids made in a rehearsal name nothing afterwards.
        body.entry_id = None;
        body.completion_id = body.completion_id.filter(|_| body.outcome == Outcome::AlreadyRecorded);
    }
    Ok(HttpResponse::Ok().json(bodies))
}

/// 查询批次 / How far a batch has come
#[utoipa::path(
    tag = "completions",
    operation_id = "get_completion_batch",
    params(("id" = Uuid, Path, description = "批次号 / The batch")),
    responses((status = 200, description = "最近一次发送 / Its last sending", body = BatchBody)),
    extensions(("x-callers" = json!(AsPlatform::CALLERS)))
)]
#[get("/completion-batches/{id}")]
async fn get_completion_batch(
    AsPlatform(platform): AsPlatform,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
) -> Result<HttpResponse, Problem> {
    let row = own_batch(&state, platform, BatchId::from_uuid(id)).await?;
    Ok(HttpResponse::Ok().json(BatchBody {
        batch_id: row.batch_id.as_uuid(),
        attempt: row.attempt,
        state: row.state,
        lines: row.lines,
        counts: serde_json::from_str(&row.counts).unwrap_or(Value::Null),
        items: Vec::new(),
    }))
}

async fn own_batch(state: &Data<AppState>, platform: PlatformId, batch: BatchId) -> Result<CompletionBatch, Problem> {
    let row = state.store.read(move |db| store::completions::last_attempt(db, batch).map_err(Problem::from)).await?;
    row.filter(|row| row.platform_id == platform).ok_or_else(|| Problem::new(Kind::NotFound))
}

/// Which sending.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichAttempt {
    /// 第几次发送，缺省为最近一次 / Which sending; the last where left out.
    #[validate(range(min = 1))]
    attempt: Option<i32>,
}

/// 批次的逐条结果 / The outcomes of a batch
///
/// 分页返回 JSON；`Accept: application/x-ndjson` 时逐行返回全部 / Pages of JSON, or all of them as lines.
#[utoipa::path(
    tag = "completions",
    operation_id = "list_completion_outcomes",
    params(("id" = Uuid, Path, description = "批次号 / The batch"), WhichAttempt, Page),
    responses((status = 200, description = "一页结果 / A page of outcomes", body = Paged<AnswerBody>)),
    extensions(("x-callers" = json!(AsPlatform::CALLERS)))
)]
#[get("/completion-batches/{id}/outcomes")]
async fn list_completion_outcomes(
    AsPlatform(platform): AsPlatform,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    Query(which): Query<WhichAttempt>,
    page: Page,
    language: Language,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let batch = BatchId::from_uuid(id);
    let last = own_batch(&state, platform, batch).await?;
    let attempt = which.attempt.unwrap_or(last.attempt);
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains(NDJSON) {
        return Ok(HttpResponse::Ok().content_type(NDJSON).streaming(all_outcomes(state, batch, attempt, language)));
    }
    let (after, fetch) = (page.after::<i32>()?.unwrap_or(0), page.fetch());
    let rows =
        state.store.read(move |db| page_outcomes(db, batch, attempt, after, fetch).map_err(Problem::from)).await?;
    let page = Paged::new(&page, rows, Answered::line).map(|answered| AnswerBody::kept(answered, language));
    Ok(HttpResponse::Ok().json(page))
}

/// Every outcome as a line, read in pages so that memory does not grow with the batch.
fn all_outcomes(
    state: Data<AppState>,
    batch: BatchId,
    attempt: i32,
    language: Language,
) -> impl stream::Stream<Item = Result<Bytes, actix_web::Error>> {
    stream::try_unfold(0_i32, move |after| {
        let state = state.clone();
        async move {
            let rows = state
                .store
                .read(move |db| page_outcomes(db, batch, attempt, after, 500).map_err(Problem::from))
                .await?;
            let Some(last) = rows.last().map(Answered::line) else { return Ok(None) };
            let mut lines = Vec::new();
            for row in rows {
                serde_json::to_writer(&mut lines, &AnswerBody::kept(row, language)).map_err(Problem::internal)?;
                lines.push(b'\n');
            }
            Ok(Some((Bytes::from(lines), last)))
        }
    })
}

/// 等待中的条目 / An item that waits.
#[derive(Debug, Serialize, ToSchema)]
struct HeldBody {
    /// 平台的编号 / The platform's id.
    external_id: String,
    /// 等待的原因 / Why it waits.
    reasons: Vec<ReasonBody>,
    /// 自何时 / Since when.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    held_at: OffsetDateTime,
}

/// 平台等待中的条目 / What waits among the platform's items
#[utoipa::path(
    tag = "completions",
    operation_id = "list_held_completions",
    params(Page),
    responses((status = 200, description = "一页 / A page", body = Paged<HeldBody>)),
    extensions(("x-callers" = json!(AsPlatform::CALLERS)))
)]
#[get("/held-completions")]
async fn list_held_completions(
    AsPlatform(platform): AsPlatform,
    state: Data<AppState>,
    page: Page,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let (after, fetch) = (page.after::<String>()?, page.fetch());
    let rows = state
        .store
        .read(move |db| {
            store::completions::waiting_of_platform(db, platform, after.as_deref(), fetch).map_err(Problem::from)
        })
        .await?;
    let page = Paged::new(&page, rows, |row| row.external_id.clone()).map(|row| HeldBody {
        reasons: worded(&serde_json::from_str::<Vec<Reason>>(&row.reason).unwrap_or_default(), language),
        external_id: row.external_id,
        held_at: row.held_at,
    });
    Ok(HttpResponse::Ok().json(page))
}

/// 一条证据及其现状 / One item of evidence and how it stands.
#[derive(Debug, Serialize, ToSchema)]
struct CompletionBody {
    /// 本服务的编号 / This service's id.
    completion_id: Uuid,
    /// 推送的平台 / The platform that pushed it.
    platform_id: Uuid,
    /// 平台的编号 / The platform's id.
    external_id: String,
    /// 课程（代码或编号） / The course, by code or id.
    course: String,
    /// 学习方式 / How it was studied.
    #[schema(value_type = String, example = "online")]
    mode: domain::registry::Mode,
    /// 完成时刻 / When it was completed.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    completed_at: OffsetDateTime,
    /// 收到时刻 / When it came in.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    received_at: OffsetDateTime,
    /// 它更正的旧条目 / What it replaces.
    replaces: Option<String>,
    /// 历次决定 / Every decision, the last one last.
    decisions: Vec<DecisionBody>,
    /// 其学时是否已撤销 / Whether its hours were taken back.
    reversed: bool,
}

/// 一次决定 / One decision.
#[derive(Debug, Serialize, ToSchema)]
struct DecisionBody {
    /// 序号 / Its number, from 1.
    number: i32,
    /// 结果 / The outcome.
    #[schema(example = "credited")]
    outcome: String,
    /// 学员 / The learner.
    learner_id: Option<Uuid>,
    /// 年度 / The year.
    year: Option<i32>,
    /// 台账分录 / The line of the ledger.
    entry_id: Option<Uuid>,
    /// 规则版本 / The rules.
    policy_version_id: Option<Uuid>,
    /// 原因 / Why.
    reasons: Vec<ReasonBody>,
    /// 何时 / When.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    decided_at: OffsetDateTime,
}

/// 查询一条完成记录 / One completion and its decisions
#[utoipa::path(
    tag = "completions",
    operation_id = "get_completion",
    params(("id" = Uuid, Path, description = "编号 / The completion")),
    responses((status = 200, description = "证据与决定 / Evidence and decisions", body = CompletionBody)),
    extensions(("x-callers" = json!(AnyCaller::CALLERS)))
)]
#[get("/completions/{id}")]
async fn get_completion(
    AnyCaller(caller): AnyCaller,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let shared = state.clone();
    let body = state.store.read(move |db| {
        let (evidence, last) = reversal::visible(db, &shared, &caller, CompletionId::from_uuid(id))?;
        let decisions = store::completions::decisions_of(db, evidence.platform_id, &evidence.external_id)?;
        let line = last.and_then(|decision| Some((decision.learner_id?, decision.entry_id?)));
        let reversed = match line {
            Some(line) => !store::hour_ledger::reversed_among(db, &[line])?.is_empty(),
            None => false,
        };
        Ok::<_, Problem>(CompletionBody {
            completion_id: evidence.completion_id.as_uuid(),
            platform_id: evidence.platform_id.as_uuid(),
            external_id: evidence.external_id,
            course: evidence.course_ref,
            mode: evidence.mode,
            completed_at: evidence.completed_at,
            received_at: evidence.received_at,
            replaces: evidence.replaces,
            decisions: decisions.into_iter().map(|decision| decided(decision, language)).collect(),
            reversed,
        })
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

fn decided(decision: store::completions::CompletionDecision, language: Language) -> DecisionBody {
    DecisionBody {
        number: decision.number,
        reasons: worded(&serde_json::from_str::<Vec<Reason>>(&decision.reasons).unwrap_or_default(), language),
        outcome: decision.outcome,
        learner_id: decision.learner_id.map(LearnerId::as_uuid),
        year: decision.year,
        entry_id: decision.entry_id.map(EntryId::as_uuid),
        policy_version_id: decision.policy_id.map(|id| id.as_uuid()),
        decided_at: decision.decided_at,
    }
}

/// 撤销请求 / Why to take back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReversalIn {
    /// 原因代码 / The reason.
    #[schema(value_type = String, example = "wrong_data")]
    reason_code: ReversalReason,
}

/// 撤销结果 / What was taken back.
#[derive(Debug, Serialize, ToSchema)]
struct ReversalBody {
    /// 撤销分录；等待中的条目被撤回时为 null / The reversing line; null where a held item was withdrawn.
    reversal_entry_id: Option<Uuid>,
    /// 被撤销的分录 / The line taken back.
    reverses: Option<Uuid>,
    /// 年度 / The year.
    year: Option<i32>,
    /// 学时 / The hours taken back.
    #[schema(value_type = Option<f64>)]
    hours: Option<Hours>,
}

/// 撤销一条完成记录的学时 / Take back the hours of a completion
///
/// 更正的做法：撤销，再以新编号推送 / To correct: reverse it, then push a new item under a new id.
#[utoipa::path(
    tag = "completions",
    operation_id = "reverse_completion",
    params(("id" = Uuid, Path, description = "编号 / The completion")),
    request_body(content = ReversalIn, example = json!({"reason_code": "wrong_data"})),
    responses(
        (status = 200, description = "已撤销 / Taken back", body = ReversalBody),
        (status = 409, description = "已撤销过，或无可撤销 / Taken back before, or nothing to take back"),
    ),
    extensions(("x-callers" = json!(PlatformOrOfficials::CALLERS)))
)]
#[post("/completions/{id}/reversal")]
async fn reverse_completion(
    PlatformOrOfficials(caller): PlatformOrOfficials,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    Json(asked): Json<ReversalIn>,
) -> Result<HttpResponse, Problem> {
    let shared = state.clone();
    let done = state.store.write(move |db| {
        let now = shared.clock.now();
        reversal::reverse(db, &shared, &caller, CompletionId::from_uuid(id), asked.reason_code, now)
    });
    let body = match done.await.map_err(reversal::raced)? {
        Reversed::Withdrawn => ReversalBody { reversal_entry_id: None, reverses: None, year: None, hours: None },
        Reversed::Line(line) => ReversalBody {
            reversal_entry_id: Some(line.id.as_uuid()),
            reverses: line.reverses.map(EntryId::as_uuid),
            year: Some(line.year),
            hours: Some(line.hours),
        },
    };
    Ok(HttpResponse::Ok().json(body))
}
