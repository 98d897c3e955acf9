//! Wire types and handlers of completions.

use super::{
    answer::{Answer, Outcome},
    item::{Line, Reading},
    ndjson, reasons, reversal,
    reversal::{Reversed, Visible},
    service,
    wire::{
        AnswerBody, BatchBody, CompletionBatchIn, CompletionBody, HeldBody, ReversalBody, ReversalIn, Wording, decided,
    },
};
use crate::{
    audit::Recording,
    auth::{Permission, Permit, operation},
    extract::{Document, FromPath, Items, ItemsOrLines, Page, Paged, Query, Unjudged},
    lane::Ticket,
    problem::{Kind, Problem},
    quota,
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, get, http::header::LOCATION, post, web::Data};
use domain::kernel::{BatchId, CompletionId, EntryId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use store::{Db, completions::CompletionBatch};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use validator::Validate;

/// The paths of this room.
pub(crate) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(push_completions)
        .service(validate_completions)
        .service(get_completion_batch)
        .service(super::outcomes::list_completion_outcomes)
        .service(list_held_completions)
        .service(get_completion)
        .service(reverse_completion)
        .service(super::of_learner::list_learner_completions);
}

/// Which batch.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BatchName {
    /// 平台自定的批次号，断线后可据此查询；重发整批总是安全的 / The platform's own id of the batch, to ask about after a cut.
    batch_id: Option<Uuid>,
}

fn lines_of(state: &AppState, items: Vec<Document>) -> Vec<Line> {
    let reading = Reading { keys: &state.keys, today: state.clock.today() };
    (1..).zip(items).map(|(number, item)| reading.line(number, &item)).collect()
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
                "person": {"document_kind": "resident_id", "document_number": "610928199001010009", "name": "张三"},
                "course_code": "SX-2020-PUBLIC-1", "mode": "online", "hours": 24, "passed": true,
                "completed_at": "2020-09-01T10:00:00+08:00"}]})),
            (String = "application/x-ndjson", example = "{\"external_id\":\"2020-000001\",\"person\":{\"document_number\":\"610928199001010009\",\"name\":\"张三\"},\"course_code\":\"SX-2020-PUBLIC-1\",\"mode\":\"online\",\"passed\":true,\"completed_at\":\"2020-09-01T10:00:00+08:00\"}\n"),
        )
    ),
    responses(
        (status = 200, description = "逐条结果 / The outcomes", body = BatchBody),
        (status = 409, description = "批次号属于其他平台 / The batch id is another platform's"),
    )
)]
#[post("/completion-batches")]
async fn push_completions(
    permit: Permit<operation::PushCompletions>,
    ticket: Ticket,
    state: Data<AppState>,
    Query(name): Query<BatchName>,
    language: Language,
    body: ItemsOrLines,
) -> Result<HttpResponse, Problem> {
    let platform = permit.0.platform()?;
    let batch = BatchId::from_uuid(name.batch_id.unwrap_or_else(|| state.new_id()));
    let (sending, answers) = match body {
        ItemsOrLines::Json(items) => {
            let lines = lines_of(&state, items);
            service::push(&state, (&permit.0.author(), &ticket), platform, batch, lines).await?
        }
        ItemsOrLines::Lines(lines) => ndjson::push(&state, (&permit.0, &ticket), batch, lines).await?,
    };
    sending.counts.each(|outcome, times| state.metrics.count("completions", outcome, times));
    let location = format!("/v1/completion-batches/{batch}");
    let body = BatchBody::of(&sending, answers, &Wording::of_answers(&state, language));
    Ok(HttpResponse::Ok().insert_header((LOCATION, location)).json(body))
}

/// 试推一批完成记录，不保存 / Rehearse a batch; nothing is kept
///
/// 证件号码已登记但姓名不符的，按未登记（person_unknown）回答；所涉学员可见何平台试推过其记录 / A number that is registered under another name is answered like one that is not (`person_unknown`); the people named see which platform rehearsed items of theirs
#[utoipa::path(
    tag = "completions",
    operation_id = "validate_completions",
    request_body(content = CompletionBatchIn, example = json!({"items": [{
        "external_id": "2020-000001",
        "person": {"document_number": "610928199001010009", "name": "张三"},
        "course_code": "SX-2020-PUBLIC-1", "mode": "online", "passed": true,
        "completed_at": "2020-09-01T10:00:00+08:00"}]})),
    responses((status = 200, description = "逐条结果 / The outcomes", body = Vec<AnswerBody>))
)]
#[post("/completion-batches/validation")]
async fn validate_completions(
    permit: Permit<operation::ValidateCompletions>,
    ticket: Ticket,
    state: Data<AppState>,
    language: Language,
    items: Items,
) -> Result<HttpResponse, Problem> {
    state.quotas.spend_on_body(&permit.0.signature(), quota::many(items.0.len()))?;
    let answers = service::rehearse(&state, &ticket, permit.0.platform()?, lines_of(&state, items.0)).await?;
    let answers: Vec<Answer> = answers.into_iter().map(Answer::rehearsed).collect();
    // A push leaves what was asked about whom; this would leave nothing.
    state.journal.shown(&permit.0, answers.iter().filter_map(|answer| answer.learner), state.clock.now())?;
    let wording = Wording::of_answers(&state, language);
    let mut bodies: Vec<AnswerBody> = answers.into_iter().map(|answer| AnswerBody::of(answer, &wording)).collect();
    // Ids made in a rehearsal name nothing afterwards; those of items recorded before do.
    let before = |body: &&AnswerBody| matches!(body.outcome, Outcome::AlreadyRecorded | Outcome::Conflict);
    let made: HashSet<CompletionId> =
        bodies.iter().filter(|body| !before(body)).filter_map(|body| body.completion_id).collect();
    for body in &mut bodies {
        body.entry_id = None;
        body.completion_id = body.completion_id.filter(|id| !made.contains(id));
    }
    Ok(HttpResponse::Ok().json(bodies))
}

/// 查询批次 / How far a batch has come
#[utoipa::path(
    tag = "completions",
    operation_id = "get_completion_batch",
    params(("id" = Uuid, Path, description = "批次号 / The batch")),
    responses((status = 200, description = "最近一次发送 / Its last sending", body = BatchBody))
)]
#[get("/completion-batches/{id}")]
async fn get_completion_batch(
    permit: Permit<operation::GetCompletionBatch>,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
) -> Result<HttpResponse, Problem> {
    let row = own_batch(&state, &permit.0, BatchId::from_uuid(id)).await?;
    Ok(HttpResponse::Ok().json(BatchBody {
        batch_id: row.batch_id.as_uuid(),
        attempt: row.attempt,
        state: service::state_of(&row, state.clock.now()).to_owned(),
        lines: row.lines,
        counts: serde_json::from_str(&row.counts).unwrap_or(Value::Null),
        items: Vec::new(),
    }))
}

pub(super) async fn own_batch(
    state: &Data<AppState>,
    permission: &Permission,
    batch: BatchId,
) -> Result<CompletionBatch, Problem> {
    let platform = permission.platform()?;
    let row = state.store.read(move |db| store::completions::last_attempt(db, batch).map_err(Problem::from)).await?;
    let row = row.ok_or_else(|| Problem::new(Kind::NotFound))?;
    permission.require(row.platform_id == platform)?;
    Ok(row)
}

/// 平台等待中的条目 / What waits among the platform's items
#[utoipa::path(
    tag = "completions",
    operation_id = "list_held_completions",
    params(Page),
    responses((status = 200, description = "一页 / A page", body = Paged<HeldBody>))
)]
#[get("/held-completions")]
async fn list_held_completions(
    permit: Permit<operation::ListHeldCompletions>,
    state: Data<AppState>,
    page: Page,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let platform = permit.0.platform()?;
    let (after, fetch, now) = (page.after::<String>()?, page.fetch(), state.clock.now());
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let rows = store::completions::waiting_of_platform(db, platform, after.as_deref(), fetch)?;
        Ok::<_, Problem>((rows, Wording::of_kept(db, &shared, language)?))
    };
    let (rows, wording) = state.store.read(read).await?;
    let page = Paged::new(&page, rows, |row| row.external_id.clone()).try_map(|row| {
        let reasons = wording.reasons(&reasons::read(&row.reason, &row.external_id)?);
        let expires_at = domain::completions::waits_until(row.held_at, row.said_at, state.held_retention, now);
        Ok::<_, Problem>(HeldBody { reasons, external_id: row.external_id, held_at: row.held_at, expires_at })
    });
    Ok(HttpResponse::Ok().json(page?))
}

/// 查询一条完成记录 / One completion and its decisions
#[utoipa::path(
    tag = "completions",
    operation_id = "get_completion",
    params(("id" = Uuid, Path, description = "编号 / The completion")),
    responses((status = 200, description = "证据与决定 / Evidence and decisions", body = CompletionBody))
)]
#[get("/completions/{id}")]
async fn get_completion(
    permit: Permit<operation::GetCompletion>,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    language: Language,
) -> Result<HttpResponse, Problem> {
    let shared = state.clone();
    let body = state.store.read(move |db| {
        let item = reversal::visible(db, &shared, &permit.0, CompletionId::from_uuid(id))?;
        let Visible { evidence, decisions, learner } = item;
        // What a platform pushed is no file of a person that it reads.
        let person = learner.filter(|_| permit.0.platform().is_err());
        shared.journal.shown(&permit.0, person, shared.clock.now())?;
        let wording = Wording::of_kept(db, &shared, language)?;
        let line = decisions.last().and_then(|last| Some((last.learner_id?, last.entry_id?)));
        let reversed = !store::hour_ledger::reversed_among(db, line.as_slice())?.is_empty();
        let sent = evidence.evidence.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
        Ok::<_, Problem>(CompletionBody {
            completion_id: evidence.completion_id.as_uuid(),
            platform_id: evidence.platform_id.as_uuid(),
            external_id: evidence.external_id,
            course: evidence.course_ref,
            mode: evidence.mode,
            completed_at: evidence.completed_at,
            hours: evidence.hours_hundredths,
            started_at: evidence.started_at,
            ended_at: evidence.ended_at,
            score: evidence.score_hundredths,
            passed: evidence.passed,
            evidence: sent,
            received_at: evidence.received_at,
            replaces: evidence.replaces,
            decisions: decisions.into_iter().map(|decision| decided(decision, &wording)).collect::<Result<_, _>>()?,
            reversed,
        })
    });
    Ok(HttpResponse::Ok().json(body.await?))
}

/// 撤销一条完成记录的学时 / Take back the hours of a completion
///
/// 更正的做法：撤销，再以新编号推送。管理人员撤销完成当日所在地属其管辖的分录；人员现所在地的管理人员可以查看，但不得撤销他地的分录
/// （403 `outside_place`）。学习平台不得以 `office_decision` 为由（422）。
///
/// To correct: reverse it, then push a new item under a new id. An officer takes back lines of the own place, which is the
/// person's on the day of completion; the officer of the person's present place may read the item, but not take back a line of
/// another place (403 `outside_place`). A platform cannot give `office_decision` as the reason (422).
#[utoipa::path(
    tag = "completions",
    operation_id = "reverse_completion",
    params(("id" = Uuid, Path, description = "编号 / The completion")),
    request_body(content = ReversalIn, example = json!({"reason_code": "wrong_data"})),
    responses(
        (status = 200, description = "已撤销 / Taken back", body = ReversalBody),
        (status = 403, description = "无权执行该操作，或分录属于他地 / The caller may not do this, or the line is of another place"),
        (status = 409, description = "已撤销过，或无可撤销 / Taken back before, or nothing to take back"),
    )
)]
#[post("/completions/{id}/reversal")]
async fn reverse_completion(
    permit: Permit<operation::ReverseCompletion>,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    asked: Unjudged<ReversalIn>,
) -> Result<HttpResponse, Problem> {
    let id = CompletionId::from_uuid(id);
    let done = service::again(|| {
        let (shared, permission, asked) = (state.clone(), permit.0.clone(), asked.clone());
        let (state, author) = (state.clone(), permission.author());
        async move {
            let write = move |db: &mut Recording<'_>| {
                let now = shared.clock.now();
                let done = reversal::reverse(db, &shared, &permission, id, &asked, now)?;
                db.before(&stood(&done));
                Ok(db.after("completion", id, taken_back(&done)))
            };
            state.write(author, write).await
        }
    });
    Ok(HttpResponse::Ok().json(done.await?))
}

/// What was taken back: a line, or that the item might yet count.
fn stood(done: &Reversed) -> Value {
    match done {
        Reversed::Withdrawn => json!({ "may_yet_count": true }),
        Reversed::Line(line) => json!({ "entry_id": line.reverses, "year": line.year, "hours": line.hours }),
    }
}

fn taken_back(done: &Reversed) -> ReversalBody {
    match done {
        Reversed::Withdrawn => ReversalBody { reversal_entry_id: None, reverses: None, year: None, hours: None },
        Reversed::Line(line) => ReversalBody {
            reversal_entry_id: Some(line.id.as_uuid()),
            reverses: line.reverses.map(EntryId::as_uuid),
            year: Some(line.year),
            hours: Some(line.hours),
        },
    }
}
