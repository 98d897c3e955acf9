//! Wire types and handlers of issuers.

use super::service;
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    wire::{Moment, one_line, word_set, words_or_null},
};
use actix_web::{get, post, put, web, web::Data};
use domain::{
    access::{KeyFetchFailure, SigningAlgorithm},
    kernel::IssuerId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{AnyOfBuilder, Schema},
    },
};
use validator::Validate;

domain::words! {
    /// Whom the tokens of an issuer may name.
    pub(super) enum SubjectKind {
        /// Learners.
        Learner = "learner",
        /// Officials, by `sub`; what they may do comes from their grants.
        Official = "official",
    }
}

/// 签发者 / An issuer as someone wants it to be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerInput {
    /// 签发者名称，即令牌中的 iss，登记后不变：网址（URI），或不含空白和冒号的名称 / What it calls itself, `iss` of its tokens; it stays. An address (URI), or a name without blanks and colons.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "https://portal.example.cn")]
    pub(super) iss: String,
    /// 名称 / What people call it.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "示例省继续教育门户")]
    pub(super) name: String,
    /// 令牌应指明的接收方，即 aud / What its tokens must name as `aud`.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "xueshi-api")]
    pub(super) audience: String,
    /// 可代表的人员类别 / Whom its tokens may name.
    #[validate(length(min = 1, max = 2))]
    #[schema(schema_with = word_set::<SubjectKind>)]
    pub(super) subjects: Vec<SubjectKind>,
    /// 允许的签名算法 / How its tokens may be signed.
    #[validate(length(min = 1, max = 3))]
    #[schema(schema_with = word_set::<SigningAlgorithm>)]
    pub(super) algorithms: Vec<SigningAlgorithm>,
    /// 公钥集；与 jwks_uri 二者择一 / Its public keys; either these or `jwks_uri`.
    #[schema(value_type = Option<Object>)]
    pub(super) jwks: Option<Value>,
    /// 公钥集的 https 地址，由服务定期取得 / Where its public keys lie, by https; the service fetches them again and again.
    #[schema(example = json!(null), max_length = 500)]
    pub(super) jwks_uri: Option<String>,
    /// 其凭证最长有效秒数；默认十二小时 / For how many seconds its tokens may hold at most; twelve hours where missing.
    #[serde(default = "twelve_hours")]
    #[validate(range(min = 60, max = 604_800))]
    #[schema(minimum = 60, maximum = 604_800, default = 43_200)]
    pub(super) longest_token_seconds: i32,
}

const fn twelve_hours() -> i32 {
    12 * 60 * 60
}

/// 签发者 / An issuer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct IssuerBody {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) issuer_id: IssuerId,
    /// 签发者名称，即令牌中的 iss / What it calls itself, `iss` of its tokens.
    pub(super) iss: String,
    /// 名称 / What people call it.
    pub(super) name: String,
    /// 令牌应指明的接收方，即 aud / What its tokens must name as `aud`.
    pub(super) audience: String,
    /// 可代表的人员类别 / Whom its tokens may name.
    #[schema(schema_with = word_set::<SubjectKind>)]
    pub(super) subjects: Vec<SubjectKind>,
    /// 允许的签名算法 / How its tokens may be signed.
    #[schema(schema_with = word_set::<SigningAlgorithm>)]
    pub(super) algorithms: Vec<SigningAlgorithm>,
    /// 公钥集；由地址取得的为最近一次取得的 / Its public keys, given or as fetched last; null before the first time.
    #[schema(value_type = Option<Object>)]
    pub(super) jwks: Option<Value>,
    /// 公钥集的地址 / Where its public keys are fetched.
    #[schema(example = "https://portal.example.cn/jwks.json")]
    pub(super) jwks_uri: Option<String>,
    /// 最近一次取得公钥集的时刻 / When they were fetched last.
    pub(super) jwks_fetched_at: Option<Moment>,
    /// 最近一次未能取得公钥集的时刻 / When they could not be fetched last.
    pub(super) jwks_failed_at: Option<Moment>,
    /// 最近一次未能取得公钥集的原因 / Why not.
    #[schema(schema_with = words_or_null::<KeyFetchFailure>)]
    pub(super) jwks_failure: Option<KeyFetchFailure>,
    /// 其凭证最长有效秒数 / For how many seconds its tokens may hold at most.
    #[schema(example = 43_200)]
    pub(super) longest_token_seconds: i32,
    /// 登记时刻 / When it was registered.
    pub(super) created_at: Moment,
    /// 登记人 / By whom.
    pub(super) created_by: String,
    /// 最近变更时刻 / When it was last changed.
    pub(super) updated_at: Moment,
    /// 停用时刻 / Since when it is disabled.
    pub(super) disabled_at: Option<Moment>,
}

/// 签发者，供授权时选用 / An issuer as whoever gives a grant needs it, to say whose official it is for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct IssuerBrief {
    /// 编号 / Its id.
    #[schema(value_type = Uuid)]
    pub(super) issuer_id: IssuerId,
    /// 签发者名称，即令牌中的 iss / What it calls itself, `iss` of its tokens.
    pub(super) iss: String,
    /// 名称 / What people call it.
    pub(super) name: String,
    /// 可代表的人员类别 / Whom its tokens may name.
    #[schema(schema_with = word_set::<SubjectKind>)]
    pub(super) subjects: Vec<SubjectKind>,
}

/// An issuer as far as the caller may see it.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum IssuerSeen {
    /// All of it, by administrators.
    Whole(Box<IssuerBody>),
    /// What a grant takes, by officers.
    Brief(IssuerBrief),
}

impl PartialSchema for IssuerSeen {
    /// Not one of the two: what is whole holds what is brief as well.
    fn schema() -> RefOr<Schema> {
        let seen = AnyOfBuilder::new()
            .item(Ref::from_schema_name(IssuerBody::name()))
            .item(Ref::from_schema_name(IssuerBrief::name()))
            .description(Some(
                "签发者；officer 只见 IssuerBrief 各项 / An issuer; officers see what `IssuerBrief` has and no more.",
            ));
        RefOr::T(Schema::AnyOf(seen.build()))
    }
}

impl ToSchema for IssuerSeen {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((IssuerBody::name().into(), IssuerBody::schema()));
        schemas.push((IssuerBrief::name().into(), IssuerBrief::schema()));
        IssuerBody::schemas(schemas);
        IssuerBrief::schemas(schemas);
    }
}

/// 查询签发者 / List issuers
///
/// officer 只见未停用且可代表工作人员的签发者，且只见授权所需各项 / Officers see those that are not disabled and name officials, and of them what a grant takes
#[utoipa::path(
    tag = "access",
    operation_id = "list_token_issuers",
    params(Page),
    responses((status = 200, description = "一页签发者 / A page of them", body = Paged<IssuerSeen>))
)]
#[get("/token-issuers")]
pub(super) async fn get_issuers(
    permit: Permit<operation::ListTokenIssuers>,
    state: Data<AppState>,
    page: Page,
) -> Result<web::Json<Paged<IssuerSeen>>, Problem> {
    service::list(&state, permit.0.caller().kind(), page).await.map(web::Json)
}

/// 登记签发者 / Register an issuer
#[utoipa::path(
    tag = "access",
    operation_id = "create_token_issuer",
    request_body(content = IssuerInput, example = json!(example())),
    responses(
        (status = 201, description = "已登记 / Registered", body = IssuerBody),
        (status = 409, description = "该签发者已登记 / It is registered already")
    )
)]
#[post("/token-issuers")]
pub(super) async fn post_issuer(
    permit: Permit<operation::CreateTokenIssuer>,
    state: Data<AppState>,
    body: Unjudged<IssuerInput>,
) -> Result<Made, Problem> {
    let id = IssuerId::from_uuid(state.new_id());
    service::create(&state, permit.0.author(), id, body).await
}

/// 查看签发者 / One issuer
///
/// officer 所见与查询相同，其余答复未找到 / Officers see what the list shows them; any other is not found
#[utoipa::path(
    tag = "access",
    operation_id = "get_token_issuer",
    params(("id" = Uuid, Path, description = "签发者编号 / The issuer's id")),
    responses((status = 200, description = "签发者 / The issuer", body = IssuerSeen))
)]
#[get("/token-issuers/{id}")]
pub(super) async fn get_issuer(
    permit: Permit<operation::GetTokenIssuer>,
    state: Data<AppState>,
    id: FromPath<IssuerId>,
) -> Result<web::Json<IssuerSeen>, Problem> {
    service::find(&state, permit.0.caller().kind(), id.0).await.map(web::Json)
}

/// 变更签发者 / Change an issuer, all but its iss
#[utoipa::path(
    tag = "access",
    operation_id = "replace_token_issuer",
    params(("id" = Uuid, Path, description = "签发者编号 / The issuer's id")),
    request_body(content = IssuerInput, example = json!(example())),
    responses((status = 200, description = "已变更 / Changed", body = IssuerBody))
)]
#[put("/token-issuers/{id}")]
pub(super) async fn put_issuer(
    permit: Permit<operation::ReplaceTokenIssuer>,
    state: Data<AppState>,
    id: FromPath<IssuerId>,
    body: Unjudged<IssuerInput>,
) -> Result<web::Json<IssuerBody>, Problem> {
    service::replace(&state, permit.0.author(), id.0, body).await.map(web::Json)
}

/// 停用签发者 / Disable an issuer, with all its tokens
#[utoipa::path(
    tag = "access",
    operation_id = "disable_token_issuer",
    params(("id" = Uuid, Path, description = "签发者编号 / The issuer's id")),
    responses((status = 200, description = "已停用 / Disabled", body = IssuerBody))
)]
#[post("/token-issuers/{id}/disabling")]
pub(super) async fn post_disabling(
    permit: Permit<operation::DisableTokenIssuer>,
    state: Data<AppState>,
    id: FromPath<IssuerId>,
) -> Result<web::Json<IssuerBody>, Problem> {
    service::set_disabled(&state, permit.0.author(), id.0, true).await.map(web::Json)
}

/// 恢复签发者 / Take a disabled issuer's tokens again
#[utoipa::path(
    tag = "access",
    operation_id = "enable_token_issuer",
    params(("id" = Uuid, Path, description = "签发者编号 / The issuer's id")),
    responses((status = 200, description = "已恢复 / Enabled", body = IssuerBody))
)]
#[post("/token-issuers/{id}/enabling")]
pub(super) async fn post_enabling(
    permit: Permit<operation::EnableTokenIssuer>,
    state: Data<AppState>,
    id: FromPath<IssuerId>,
) -> Result<web::Json<IssuerBody>, Problem> {
    service::set_disabled(&state, permit.0.author(), id.0, false).await.map(web::Json)
}

fn example() -> Value {
    serde_json::json!({
        "iss": "https://portal.example.cn",
        "name": "示例省继续教育门户",
        "audience": "xueshi-api",
        "subjects": ["learner", "official"],
        "algorithms": ["EdDSA"],
        "jwks": { "keys": [{
            "kty": "OKP", "crv": "Ed25519", "kid": "2026-01",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }] }
    })
}
