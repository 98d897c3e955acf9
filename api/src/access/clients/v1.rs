//! Wire types and handlers of clients.

use super::service;
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, OptionalJson, Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    wire::{Moment, one_line, word_set, words},
};
use actix_web::{HttpResponse, delete, get, post, put, web, web::Data};
use domain::{
    access::{ClientKind, Scope},
    kernel::{ClientId, PlatformId, SecretId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

/// 客户端 / A client as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientInput {
    /// 类别 / What it is.
    #[schema(schema_with = words::<ClientKind>)]
    pub(super) kind: ClientKind,
    /// 所代表的学习平台 / The platform that it speaks for; only of a platform's client.
    #[schema(value_type = Option<Uuid>)]
    pub(super) platform_id: Option<PlatformId>,
    /// 名称 / What people call it.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例平台推送服务")]
    pub(super) name: String,
    /// 授权范围 / What its tokens may be good for.
    #[validate(length(min = 1, max = 10))]
    #[schema(schema_with = word_set::<Scope>)]
    pub(super) scopes: Vec<Scope>,
    /// 公钥集，用于 private_key_jwt / Its public keys, for `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    pub(super) jwks: Option<Value>,
}

/// 客户端的变更 / What may change of a client.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientChange {
    /// 名称 / What people call it.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例平台推送服务")]
    pub(super) name: String,
    /// 授权范围 / What its tokens may be good for.
    #[validate(length(min = 1, max = 10))]
    #[schema(schema_with = word_set::<Scope>)]
    pub(super) scopes: Vec<Scope>,
    /// 公钥集 / Its public keys; none where missing.
    #[schema(value_type = Option<Object>)]
    pub(super) jwks: Option<Value>,
}

/// 新密钥的起止 / When a new secret shall hold.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretInput {
    /// 起始时刻，缺省为现在 / From when; now where missing.
    pub(super) from_at: Option<Moment>,
    /// 截止时刻，空为不限 / Until when; open where missing.
    pub(super) until_at: Option<Moment>,
}

/// 客户端 / A client.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ClientBody {
    /// 编号，即 client_id / Its id, the `client_id` of OAuth.
    #[schema(value_type = Uuid)]
    pub(super) client_id: ClientId,
    /// 类别 / What it is.
    #[schema(schema_with = words::<ClientKind>)]
    pub(super) kind: ClientKind,
    /// 所代表的学习平台 / The platform that it speaks for.
    #[schema(value_type = Option<Uuid>)]
    pub(super) platform_id: Option<PlatformId>,
    /// 名称 / What people call it.
    pub(super) name: String,
    /// 授权范围 / What its tokens may be good for.
    #[schema(schema_with = word_set::<Scope>)]
    pub(super) scopes: Vec<Scope>,
    /// 公钥集 / Its public keys.
    #[schema(value_type = Option<Object>)]
    pub(super) jwks: Option<Value>,
    /// 密钥（不含密钥本身） / Its secrets, without what is secret.
    pub(super) secrets: Vec<SecretBody>,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 登记人 / By whom.
    pub(super) created_by: String,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
    /// 停用时刻 / Since when it is disabled.
    pub(super) disabled_at: Option<Moment>,
    /// 此前签发的凭证均已失效 / Its tokens issued before hold no more.
    pub(super) tokens_from_at: Option<Moment>,
}

/// 密钥的登记 / A secret, without what is secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SecretBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) secret_id: SecretId,
    /// 起始时刻 / From when it holds.
    pub(super) from_at: Moment,
    /// 截止时刻（不含），空为不限 / Until when, itself not included; open where null.
    pub(super) until_at: Option<Moment>,
    /// 生成时刻 / When it was made.
    pub(super) created_at: Moment,
    /// 生成人 / By whom.
    pub(super) created_by: String,
}

/// 新密钥，只显示这一次 / A new secret, shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct NewSecretBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) secret_id: SecretId,
    /// 客户端编号 / Whose it is.
    #[schema(value_type = Uuid)]
    pub(super) client_id: ClientId,
    /// 密钥，本服务不保存 / The secret; the service does not keep it.
    pub(super) client_secret: String,
    /// 起始时刻 / From when it holds.
    pub(super) from_at: Moment,
    /// 截止时刻（不含），空为不限 / Until when, itself not included; open where null.
    pub(super) until_at: Option<Moment>,
}

/// 查询客户端 / List clients
#[utoipa::path(
    tag = "access",
    operation_id = "list_clients",
    params(Page),
    responses((status = 200, description = "一页客户端 / A page of them", body = Paged<ClientBody>))
)]
#[get("/clients")]
pub(super) async fn get_clients(
    _permit: Permit<operation::ListClients>,
    state: Data<AppState>,
    page: Page,
) -> Result<web::Json<Paged<ClientBody>>, Problem> {
    service::list(&state, page).await.map(web::Json)
}

/// 登记客户端 / Register a client
#[utoipa::path(
    tag = "access",
    operation_id = "create_client",
    request_body(content = ClientInput, example = json!({
        "kind": "platform",
        "platform_id": "0190d3f0-0000-7000-8000-00000000beef",
        "name": "示例平台推送服务",
        "scopes": ["completions:write", "completions:read", "courses:read"]
    })),
    responses((status = 201, description = "已登记 / Registered", body = ClientBody))
)]
#[post("/clients")]
pub(super) async fn post_client(
    permit: Permit<operation::CreateClient>,
    state: Data<AppState>,
    body: Unjudged<ClientInput>,
) -> Result<Made, Problem> {
    let id = ClientId::from_uuid(state.new_id());
    service::create(&state, permit.0.author(), id, body).await
}

/// 查看客户端 / One client
#[utoipa::path(
    tag = "access",
    operation_id = "get_client",
    params(("id" = Uuid, Path, description = "客户端编号 / The client's id")),
    responses((status = 200, description = "客户端 / The client", body = ClientBody))
)]
#[get("/clients/{id}")]
pub(super) async fn get_client(
    _permit: Permit<operation::GetClient>,
    state: Data<AppState>,
    id: FromPath<ClientId>,
) -> Result<web::Json<ClientBody>, Problem> {
    service::find(&state, id.0).await.map(web::Json)
}

/// 变更客户端 / Change a client's name, scopes and keys
#[utoipa::path(
    tag = "access",
    operation_id = "replace_client",
    params(("id" = Uuid, Path, description = "客户端编号 / The client's id")),
    request_body(content = ClientChange, example = json!({
        "name": "示例平台推送服务",
        "scopes": ["completions:write"],
        "jwks": { "keys": [{
            "kty": "OKP", "crv": "Ed25519", "kid": "2026-01",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }] }
    })),
    responses((status = 200, description = "已变更 / Changed", body = ClientBody))
)]
#[put("/clients/{id}")]
pub(super) async fn put_client(
    permit: Permit<operation::ReplaceClient>,
    state: Data<AppState>,
    id: FromPath<ClientId>,
    body: Unjudged<ClientChange>,
) -> Result<web::Json<ClientBody>, Problem> {
    service::replace(&state, permit.0.author(), id.0, body).await.map(web::Json)
}

/// 生成密钥，只显示一次 / Make a secret, shown this once
#[utoipa::path(
    tag = "access",
    operation_id = "create_client_secret",
    params(("id" = Uuid, Path, description = "客户端编号 / The client's id")),
    request_body(content = Option<SecretInput>, description = "可以没有请求体：自现在起，不限截止 / May be left out: from now on, without an end", example = json!({ "until_at": "2027-06-30T16:00:00Z" })),
    responses(
        (status = 201, description = "新密钥 / The new secret", body = NewSecretBody),
        (status = 409, description = "密钥数已达上限 / As many secrets as there may be")
    )
)]
#[post("/clients/{id}/secrets")]
pub(super) async fn post_secret(
    permit: Permit<operation::CreateClientSecret>,
    state: Data<AppState>,
    id: FromPath<ClientId>,
    OptionalJson(body): OptionalJson<SecretInput>,
) -> Result<HttpResponse, Problem> {
    let secret = service::add_secret(&state, permit.0.author(), id.0, body).await?;
    Ok(HttpResponse::Created().json(secret))
}

/// 停用密钥 / End a secret
#[utoipa::path(
    tag = "access",
    operation_id = "end_client_secret",
    params(
        ("id" = Uuid, Path, description = "客户端编号 / The client's id"),
        ("secret_id" = Uuid, Path, description = "密钥编号 / The secret's id")
    ),
    responses((status = 204, description = "已停用 / Ended"))
)]
#[delete("/clients/{id}/secrets/{secret_id}")]
pub(super) async fn delete_secret(
    permit: Permit<operation::EndClientSecret>,
    state: Data<AppState>,
    ids: FromPath<(ClientId, SecretId)>,
) -> Result<HttpResponse, Problem> {
    let (id, secret) = ids.0;
    service::remove_secret(&state, permit.0.author(), id, secret).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// 停用客户端 / Disable a client, with all its tokens
#[utoipa::path(
    tag = "access",
    operation_id = "disable_client",
    params(("id" = Uuid, Path, description = "客户端编号 / The client's id")),
    responses((status = 200, description = "已停用 / Disabled", body = ClientBody))
)]
#[post("/clients/{id}/disabling")]
pub(super) async fn post_disabling(
    permit: Permit<operation::DisableClient>,
    state: Data<AppState>,
    id: FromPath<ClientId>,
) -> Result<web::Json<ClientBody>, Problem> {
    service::set_disabled(&state, permit.0.author(), id.0, true).await.map(web::Json)
}

/// 恢复客户端 / Let a disabled client in again
#[utoipa::path(
    tag = "access",
    operation_id = "enable_client",
    params(("id" = Uuid, Path, description = "客户端编号 / The client's id")),
    responses((status = 200, description = "已恢复 / Enabled", body = ClientBody))
)]
#[post("/clients/{id}/enabling")]
pub(super) async fn post_enabling(
    permit: Permit<operation::EnableClient>,
    state: Data<AppState>,
    id: FromPath<ClientId>,
) -> Result<web::Json<ClientBody>, Problem> {
    service::set_disabled(&state, permit.0.author(), id.0, false).await.map(web::Json)
}
