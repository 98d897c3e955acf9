//! Handlers of the rule book.

use super::{
    service::{self, Asked, Draft},
    source::{DraftBody, Source},
    wire::{InForceBody, LayerBody, ListedBody, VersionBody, VersionState},
};
use crate::{
    audit::Recording,
    auth::{Permission, Permit, operation},
    extract::{FromPath, Page, Paged, Query, etag, not_modified},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
    wire::{PlaceRef, words},
};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::header::{CACHE_CONTROL, ETAG, VARY},
    patch, post, put,
    web::{self, Data},
};
use domain::{
    kernel::{PlaceCode, PolicyId, last_day},
    policy::{Policy, RuleBook},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::IntoParams;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// 只列出该地区自己的规则（任一区划代码） / Only the rules of this very place, by any of its codes.
    #[param(example = "610000")]
    place: Option<String>,
    /// 版本状态，缺省为已发布；草稿仅经办人员可见，按提交先后列出 / Which versions: published where nothing is said; drafts only for officers, in the order they were handed in.
    #[serde(default)]
    #[param(schema_with = words::<VersionState>)]
    state: VersionState,
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// 指定发布序号；缺省为现行版本 / A certain version by its number; the one in force if absent.
    #[validate(range(min = 1))]
    #[param(example = 1, minimum = 1)]
    version: Option<i32>,
}

/// 列出规则版本 / List versions of rules
///
/// 缺省列出已发布的版本；`state=draft` 列出尚未发布的草稿，仅经办人员可见 / What is published, or with `state=draft` what waits for
/// its publication, which only officers see
#[utoipa::path(
    tag = "policy",
    operation_id = "list_policies",
    params(Filter, Page),
    responses(
        (status = 200, description = "一页规则版本 / One page of versions", body = Paged<ListedBody>),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/policies")]
pub(super) async fn list_policies(
    permit: Permit<operation::ListPolicies>,
    request: HttpRequest,
    state: Data<AppState>,
    Query(filter): Query<Filter>,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let book = rule_book(&state).await?;
    let place = match &filter.place {
        Some(code) => Some(book.places().find(code).map(|node| node.code.clone()).ok_or_else(unknown_place)?),
        None => None,
    };
    match filter.state {
        VersionState::Published => {
            // What is published is everybody's.
            permit.0.require(true)?;
            tagged(&request, &published(&book, place.as_ref(), &page)?)
        }
        VersionState::Draft => {
            let drafts = state.store.read(move |db| service::drafts(db, &permit.0, place.as_ref(), &page)).await?;
            tagged(&request, &drafts.map(|draft| ListedBody::draft(draft, book.places())))
        }
    }
}

fn published(book: &RuleBook, place: Option<&PlaceCode>, page: &Page) -> Result<Paged<ListedBody>, Problem> {
    let after: Option<ListKey> = page.after()?;
    let mut found: Vec<&Arc<Policy>> = book
        .versions()
        .filter(|policy| place.is_none_or(|place| policy.rules.policy.place == *place))
        .filter(|policy| after.as_ref().is_none_or(|after| list_key(policy) > *after))
        .collect();
    found.sort_by_key(|policy| list_key(policy));
    found.truncate(usize::from(page.limit) + 1);
    let page = Paged::new(page, found, |policy| list_key(policy));
    Ok(page.map(|policy| ListedBody::published(policy, book.places())))
}

/// Where a version stands in the list.
type ListKey = (PlaceCode, i32, i32);

fn list_key(policy: &Policy) -> ListKey {
    (policy.rules.policy.place.clone(), policy.rules.policy.first_year(), policy.number)
}

fn unknown_place() -> Problem {
    Problem::invalid_query("place", "unknown_place", Text::new("没有这个地区", "there is no such place"))
}

/// 查询某地区某年度适用的规则 / The rules that answer for a place and a year
///
/// 由最近一层有规则的地区作答，不与上级叠加；该层没有该年度规则时为 no_rule_in_force，上级规则仅供参考 / The nearest
/// place with rules of its own answers alone; where it is silent for the year, what a wider layer says is information only
#[utoipa::path(
    tag = "policy",
    operation_id = "get_policy_in_force",
    params(
        ("place" = String, Path, description = "地区（任一区划代码） / The place, by any of its codes", example = "610100"),
        ("year" = i32, Path, description = "年度 / The policy year", minimum = 1990, maximum = 2200, example = 2020),
        Which,
    ),
    responses(
        (status = 200, description = "适用的规则及作答的层级 / The rules, and the layer that answers", body = InForceBody),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/policies/{place}/{year}")]
pub(super) async fn get_policy_in_force(
    _permit: Permit<operation::GetPolicyInForce>,
    request: HttpRequest,
    state: Data<AppState>,
    FromPath((place, year)): FromPath<(String, i32)>,
    Query(Which { version }): Query<Which>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked { place, year, number: version };
    let shared = state.clone();
    let body = state.store.read(move |db| -> Result<_, Problem> {
        let book = shared.rule_books.current(db)?;
        let answered = service::look_up(&book, &asked)?;
        let id = answered.policy.id;
        let kept =
            store::policy::find_version(db, id)?.ok_or_else(|| Problem::internal("a policy without its text"))?;
        let layer = &answered.policy.rules.policy.place;
        let called = |place| PlaceRef::of(book.places(), place, last_day(asked.year));
        let layer = called(layer);
        Ok(InForceBody {
            place: called(&answered.place.code).code,
            year: asked.year,
            layer: LayerBody { place: layer.code, name: layer.name },
            policy: VersionBody::of(kept)?,
        })
    });
    tagged(&request, &body.await?)
}

/// 按编号查看规则版本 / A version of rules by its id
///
/// 已发布的版本任何调用方可见，草稿仅经办人员可见 / Anyone sees what is published; a draft only officers
#[utoipa::path(
    tag = "policy",
    operation_id = "get_policy_version",
    params(("id" = uuid::Uuid, Path, description = "版本编号 / The version's id")),
    responses(
        (status = 200, description = "规则版本 / The version", body = VersionBody),
        (status = 304, description = "未变化 / Not changed since"),
    )
)]
#[get("/policy-versions/{id}")]
pub(super) async fn get_policy_version(
    permit: Permit<operation::GetPolicyVersion>,
    request: HttpRequest,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
) -> Result<HttpResponse, Problem> {
    let found = state.store.read(move |db| service::version(db, &permit.0, id)).await?;
    tagged(&request, &VersionBody::of(found)?)
}

/// 提交规则草稿 / Hand in a draft of rules
///
/// 有误时一次列出全部错误及行列 / Every fault is named at once with its line and column
#[utoipa::path(
    tag = "policy",
    operation_id = "draft_policy",
    request_body(content(
        (DraftBody = "application/json", example = json!({ "source": include_str!("example.toml") })),
        (String = "application/toml", example = json!(include_str!("example.toml"))),
        (String = "text/plain", example = json!(include_str!("example.toml"))),
    )),
    responses((
        status = 201, description = "草稿，发布前不生效 / The draft, which governs nothing before its publication", body = VersionBody,
        headers(("Location" = String, description = "草稿的地址 / The draft's address"))
    ))
)]
#[post("/policies")]
pub(super) async fn draft_policy(
    permit: Permit<operation::DraftPolicy>,
    state: Data<AppState>,
    source: Source,
) -> Result<Made, Problem> {
    // A long file takes longer to read than a thread that serves many may be kept.
    let (book, permission) = (rule_book(&state).await?, permit.0);
    let author = permission.author();
    let read = move || {
        service::own_place(&permission, book.places(), &source.text)?;
        Draft::read(source, book.places()).map(|draft| (draft, permission))
    };
    let (draft, permission) = web::block(read).await.map_err(Problem::internal)??;
    let (shared, now) = (state.clone(), state.clock.now());
    let write = move |db: &mut Recording<'_>| {
        let kept = service::draft(&shared, db, &permission, &draft, now)?;
        let told = json!({ "place": kept.place_code, "source_hash": kept.source_hash });
        db.after("policy_version", kept.policy_id, told);
        Made::at(format!("/v1/policy-versions/{}", kept.policy_id), &VersionBody::of((kept, None))?)
    };
    state.create(author, write).await
}

/// 发布规则版本 / Publish a version of rules
///
/// 发布后立即作为该地区该年度的现行规则，等待该规则的挂起记录随即重新判定 / It governs from now on, and items that waited
/// for it are judged anew
#[utoipa::path(
    tag = "policy",
    operation_id = "publish_policy",
    params(("id" = uuid::Uuid, Path, description = "版本编号 / The version's id")),
    responses(
        (status = 201, description = "已发布 / Published", body = VersionBody),
        (status = 409, description = "已经发布过 / Published before"),
        (status = 422, description = "草稿不再符合规则文件的要求 / The draft breaks the present shape of rules"),
    )
)]
#[post("/policies/{id}/publication")]
pub(super) async fn publish_policy(
    permit: Permit<operation::PublishPolicy>,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
) -> Result<Made, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let author = permit.0.author();
    let write = move |db: &mut Recording<'_>| {
        let service::Publishing { published, until_now } = service::publish(&shared, db, &permit.0, id, now)?;
        let (place, source_hash) = (&published.0.place_code, &published.0.source_hash);
        if let Some((until_now, number)) = until_now {
            db.before(&json!({ "place": place, "policy_id": until_now, "number": number }));
        }
        let number = published.1.as_ref().map(|publication| publication.number);
        let told = json!({ "place": place, "policy_id": id, "source_hash": source_hash, "number": number });
        let _ = db.after("policy_version", id, told);
        Made::new(&VersionBody::of(published)?)
    };
    state.create(author, write).await
}

/// 修改规则版本（总是拒绝） / Replace a version of rules (always refused)
#[utoipa::path(
    tag = "policy",
    operation_id = "replace_policy_version",
    params(("id" = uuid::Uuid, Path, description = "版本编号 / The version's id")),
    responses((status = 409, description = "版本不可修改 / A version never changes"))
)]
#[put("/policy-versions/{id}")]
pub(super) async fn replace_policy_version(
    permit: Permit<operation::ReplacePolicyVersion>,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
) -> Result<HttpResponse, Problem> {
    Err(immutable(permit.0, state, id).await)
}

/// 局部修改规则版本（总是拒绝） / Change a version of rules (always refused)
#[utoipa::path(
    tag = "policy",
    operation_id = "change_policy_version",
    params(("id" = uuid::Uuid, Path, description = "版本编号 / The version's id")),
    responses((status = 409, description = "版本不可修改 / A version never changes"))
)]
#[patch("/policy-versions/{id}")]
pub(super) async fn change_policy_version(
    permit: Permit<operation::ChangePolicyVersion>,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
) -> Result<HttpResponse, Problem> {
    Err(immutable(permit.0, state, id).await)
}

/// 删除规则版本（总是拒绝） / Delete a version of rules (always refused)
#[utoipa::path(
    tag = "policy",
    operation_id = "delete_policy_version",
    params(("id" = uuid::Uuid, Path, description = "版本编号 / The version's id")),
    responses((status = 409, description = "版本不可删除 / A version never goes"))
)]
#[delete("/policy-versions/{id}")]
pub(super) async fn delete_policy_version(
    permit: Permit<operation::DeletePolicyVersion>,
    state: Data<AppState>,
    FromPath(id): FromPath<PolicyId>,
) -> Result<HttpResponse, Problem> {
    Err(immutable(permit.0, state, id).await)
}

async fn immutable(permission: Permission, state: Data<AppState>, id: PolicyId) -> Problem {
    match state.store.read(move |db| service::version(db, &permission, id)).await {
        Ok((_, publication)) => {
            let kind = if publication.is_some() { Kind::PublishedIsImmutable } else { Kind::DraftIsImmutable };
            Problem::new(kind).with("policy_id", id)
        }
        Err(problem) => problem,
    }
}

async fn rule_book(state: &Data<AppState>) -> Result<Arc<RuleBook>, Problem> {
    let shared = state.clone();
    state.store.read(move |db| -> Result<_, Problem> { Ok(shared.rule_books.current(db)?) }).await
}

/// The answer with its tag, or 304 for who holds it already.
fn tagged(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let text = serde_json::to_string(body).map_err(Problem::internal)?;
    let tag = etag(&[&text]);
    Ok(not_modified(request, &tag).unwrap_or_else(|| {
        HttpResponse::Ok()
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .insert_header((VARY, "accept-language, authorization"))
            .content_type("application/json")
            .body(text)
    }))
}
