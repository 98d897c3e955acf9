//! Wire types and handlers of the audit trail.

use super::{readers::ReaderOffice, service};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, NDJSON, Page, Paged, Query, wants_lines},
    openapi::summary_of,
    problem::Problem,
    state::AppState,
    text::Language,
    wire::{Moment, moment_in_query, words, words_or_null},
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CONTENT_LANGUAGE, VARY},
    web::{self, Data},
};
use domain::{
    audit::{Act, Channel, Event, Seal},
    kernel::{EventId, LearnerId},
    words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// Which events are asked for.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// 行为类别 / Only of this kind.
    #[param(schema_with = words_or_null::<Act>)]
    pub(super) act: Option<Act>,
    /// 行为人，如 officer:li / Only by this one, for instance `officer:li`.
    #[validate(length(min = 1, max = 200))]
    pub(super) actor: Option<String>,
    /// 对象编号 / Only about this one.
    #[validate(length(min = 1, max = 200))]
    pub(super) subject_id: Option<String>,
    /// 操作名，见接口文档 / Only of this operation, by its id.
    #[validate(length(min = 1, max = 100))]
    pub(super) operation: Option<String>,
    /// 请求编号 / Only of this request.
    #[validate(length(min = 1, max = 64))]
    pub(super) request_id: Option<String>,
    /// 不早于此时刻（RFC 3339） / Not before.
    #[serde(default, deserialize_with = "moment_in_query")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub(super) from_at: Option<Moment>,
    /// 早于此时刻（RFC 3339） / Before.
    #[serde(default, deserialize_with = "moment_in_query")]
    #[param(value_type = Option<String>, format = DateTime)]
    pub(super) until_at: Option<Moment>,
}

/// 审计记录 / One event: who did what. Persons are named by their ids, and what changed is masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EventBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    event_id: EventId,
    /// 时刻 / When; of what is counted the first time.
    at: Moment,
    /// 行为类别 / What was done: something was written, a person's file was read by someone else, or an attempt was refused.
    #[schema(schema_with = words::<Act>)]
    act: Act,
    /// 操作名 / Which operation of the interface, or which command.
    #[schema(example = "correct_learner")]
    operation: String,
    /// 行为人 / Who: `nobody` without a token that holds, `official:…` or `issuer:…` by one that holds and speaks for nobody here, `system` for the service itself, `operator` for a command, `several` where too many were refused to tell them apart.
    #[schema(example = "officer:li")]
    actor: String,
    /// 角色 / As what, where the caller has a role.
    role: Option<String>,
    /// 代表谁 / For whom, where someone acts for another.
    on_behalf_of: Option<String>,
    /// 渠道 / By which way.
    #[schema(schema_with = words::<Channel>)]
    channel: Channel,
    /// 客户端或签发者 / The client or the issuer.
    channel_name: Option<String>,
    /// 对象类别 / What kind of thing it was done to.
    #[schema(example = "learner")]
    subject_kind: Option<String>,
    /// 对象编号 / Which one; none where it was many.
    subject_id: Option<String>,
    /// 目的 / What for, where a purpose is asked.
    purpose: Option<String>,
    /// 拒绝原因 / Why it was refused: the code of the problem.
    problem: Option<String>,
    /// 变更前（已脱敏） / What stood before, masked.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// 变更后（已脱敏）；被拒的授权，为所请求的内容 / What stands now, masked; of a grant that was refused, what was asked for.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// 请求编号 / The request.
    request_id: Option<String>,
    /// 次数 / How often, where equal attempts are counted together.
    #[schema(example = 1)]
    times: i64,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        let read = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            event_id: event.id,
            at: event.at.into(),
            act: event.act,
            operation: event.operation,
            actor: event.actor,
            role: event.role,
            on_behalf_of: event.on_behalf_of,
            channel: event.channel,
            channel_name: event.channel_name,
            subject_kind: event.subject_kind,
            subject_id: event.subject_id,
            purpose: event.purpose,
            problem: event.problem,
            before: read(event.before),
            after: read(event.after),
            request_id: event.request_id,
            times: event.times,
        }
    }
}

/// 封存 / A seal: keep `mark` where the database's administrators cannot reach.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SealBody {
    /// 序号，从 1 起 / From 1, without a gap.
    #[schema(example = 1)]
    number: i64,
    /// 封存时刻 / When it was made.
    sealed_at: Moment,
    /// 所封记录数 / How many events it covers.
    #[schema(example = 12)]
    members: i64,
    /// 留存用文本，供 xueshi audit verify --against 使用 / What `xueshi audit verify --against` takes.
    #[schema(example = "1:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4")]
    mark: String,
}

impl From<Seal> for SealBody {
    fn from(seal: Seal) -> Self {
        let mark = seal.mark().to_string();
        Self { number: seal.number, sealed_at: seal.sealed_at.into(), members: seal.members, mark }
    }
}

words! {
    /// 查阅或变更 / What somebody did with a learner's file.
    pub(super) enum Access {
        /// They looked at it.
        Read = "read",
        /// They changed it, or said what stood there already.
        Write = "write",
    }
}

/// 查阅记录 / That someone looked at a learner's file, or changed it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AccessRecord {
    /// 时刻；查阅为该小时内首次 / When; of looks the first one within an hour.
    at: Moment,
    /// 查阅人或变更人 / Who, by role and account.
    #[schema(example = "officer:li")]
    reader: String,
    /// 角色 / As what.
    #[schema(example = "officer")]
    role: Option<String>,
    /// 当时所代表的机关或单位；有多项授权时全部列出 / For whom they did it, by every grant of the role that held then; empty where none is known.
    offices: Vec<ReaderOffice>,
    /// 操作名 / By which operation first.
    #[schema(example = "get_standing")]
    operation: String,
    /// 查阅或变更 / Whether they looked at it or changed it.
    #[schema(schema_with = words::<Access>)]
    act: Access,
    /// 变更是否改变了档案；查阅无此项 / Of a change, whether the file is another one since: what stood there already may be said again. Absent of looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
    /// 变更的依据 / On what ground they changed it, where one was given.
    ground: Option<String>,
    /// 该操作的用途 / What the operation is for; null of one that is not there any more.
    #[schema(example = "查看学员档案")]
    what: Option<String>,
    /// 目的 / What for besides, where a purpose was asked.
    purpose: Option<String>,
}

impl AccessRecord {
    pub(super) fn of(event: Event, offices: Vec<ReaderOffice>, language: Language) -> Self {
        let Event { at, act, actor, role, operation, purpose, after, .. } = event;
        let act = if act == Act::Write { Access::Write } else { Access::Read };
        let told = after.filter(|_| act == Access::Write).and_then(|after| serde_json::from_str::<Value>(&after).ok());
        // What an office corrects it says why of in the event alone.
        let ground = told.as_ref().and_then(|after| Some(after.get("reference")?.as_str()?.to_owned()));
        // A correction names what it really changed.
        let none_changed = |after: &Value| after.get("changed").and_then(Value::as_array).is_some_and(Vec::is_empty);
        let stood = told.as_ref().is_some_and(|after| after.get("unchanged").is_some() || none_changed(after));
        let changed = (act == Access::Write).then_some(!stood);
        let what = summary_of(&operation).map(|summary| summary.in_language(language).to_owned());
        Self { at: at.into(), reader: actor, role, offices, operation, act, changed, ground, what, purpose }
    }
}

/// 审计记录 / The audit trail
///
/// 按发生时刻由早到晚。分页返回 JSON；`Accept: application/x-ndjson` 时逐行返回全部，`limit`、`cursor` 不起作用。查阅审计记录本身也会被记录。 /
/// By the time things happened. Pages of JSON, or all of them as lines, whatever `limit` and `cursor` say. That the trail was looked at is recorded as well.
#[utoipa::path(
    tag = "audit",
    operation_id = "list_audit_events",
    params(EventQuery, Page),
    responses((status = 200, description = "一页审计记录；或逐行全部 / A page of events, or all as lines", content(
        (Paged<EventBody> = "application/json"),
        (EventBody = "application/x-ndjson")
    )))
)]
#[get("/audit-events")]
async fn list_audit_events(
    permit: Permit<operation::ListAuditEvents>,
    state: Data<AppState>,
    Query(query): Query<EventQuery>,
    page: Page,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    query.in_order()?;
    if wants_lines(&request) {
        let lines = service::all_events(state, &permit.0, query)?;
        return Ok(HttpResponse::Ok().content_type(NDJSON).streaming(lines));
    }
    Ok(HttpResponse::Ok().json(service::events(&state, &permit.0, query, page).await?))
}

/// 最近一次封存 / The latest seal
///
/// 请定期留存 `mark`，以便日后核验。 / Keep its `mark` elsewhere, to verify the trail against it later.
#[utoipa::path(
    tag = "audit",
    operation_id = "get_latest_audit_seal",
    responses((status = 200, description = "封存 / The seal", body = SealBody))
)]
#[get("/audit-seals/latest")]
async fn get_latest_audit_seal(
    _permit: Permit<operation::GetLatestAuditSeal>,
    state: Data<AppState>,
) -> Result<web::Json<SealBody>, Problem> {
    service::latest_seal(&state).await.map(web::Json)
}

/// 谁查阅、变更过我的档案 / Who looked at a learner's file, and who changed it
///
/// 由早到晚；查阅由同一人同一目的一小时内记一条，变更逐次记录；成批登记的变更、合并、学时和审核事项见各自的地址。 /
/// The earliest first; of looks one record an hour for the same reader and purpose, of changes each. What was stated of many people at once, merges, hours and cases stand at their own addresses.
#[utoipa::path(
    tag = "audit",
    operation_id = "list_access_records",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id"), Page),
    responses((status = 200, description = "一页查阅记录 / A page of records", body = Paged<AccessRecord>))
)]
#[get("/learners/{id}/access-records")]
async fn list_access_records(
    permit: Permit<operation::ListAccessRecords>,
    state: Data<AppState>,
    FromPath(id): FromPath<LearnerId>,
    language: Language,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let records = service::access_records(&state, &permit.0, (id, language), page).await?;
    let mut answer = HttpResponse::Ok();
    let answer = answer.insert_header((CONTENT_LANGUAGE, language.tag())).insert_header((VARY, "accept-language"));
    Ok(answer.json(records))
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(list_audit_events);
    v1.service(get_latest_audit_seal);
    v1.service(list_access_records);
}
