//! Wire types and handlers of tokens.

use super::{
    failure::{Failure, OAuthFailure},
    service,
};
use crate::{extract::Form, openapi::ProblemBody, problem::Problem, state::AppState};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, PRAGMA},
    post,
    web::Data,
};
use domain::{
    access::{Scope, SigningAlgorithm},
    kernel::Words,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// 令牌请求（RFC 6749 4.4.2、RFC 7523 2.2），表单字段 / The fields of a token request (RFC 6749 4.4.2, RFC 7523 2.2).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read field by field")]
pub(super) struct TokenRequest {
    /// 固定为 client_credentials / Always client_credentials.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// 所需授权范围，以空格分隔；不填即全部 / The scopes wanted, with blanks between; all of the client's where missing.
    #[schema(example = "completions:write courses:read")]
    scope: Option<String>,
    /// 客户端编号（未用 Authorization 头时） / The client's id, where no Authorization header says it.
    client_id: Option<String>,
    /// 客户端密钥（未用 Authorization 头时） / The client's secret, where no Authorization header says it.
    client_secret: Option<String>,
    /// 固定值，见 RFC 7523 / As in RFC 7523.
    #[schema(example = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    client_assertion_type: Option<String>,
    /// 以客户端私钥签名的断言 / The assertion signed by the client's private key.
    client_assertion: Option<String>,
    /// 小程序：为哪位学员 / For a mini-program: the learner.
    learner_id: Option<String>,
    /// 小程序：或以证件号码 / For a mini-program: or the learner's document,
    document_number: Option<String>,
    /// 证件类别，缺省为居民身份证 / its kind, a resident id where missing,
    document_kind: Option<String>,
    /// 与姓名 / and name.
    name: Option<String>,
}

/// 访问令牌（RFC 6749 5.1） / An access token (RFC 6749 5.1).
#[derive(Serialize, ToSchema)]
pub(super) struct TokenBody {
    /// 访问令牌 / The token.
    access_token: String,
    /// 固定为 Bearer / Always Bearer.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// 有效秒数 / For how many seconds it holds.
    #[schema(example = 900)]
    expires_in: i64,
    /// 授权范围，以空格分隔 / What it is good for, with blanks between.
    #[schema(example = "completions:write courses:read")]
    scope: String,
}

/// 领取访问令牌 / Get an access token
#[utoipa::path(
    tag = "access",
    operation_id = "issue_token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded", example = json!({
        "grant_type": "client_credentials",
        "scope": "completions:write courses:read",
        "client_id": "0190d3f0-0000-7000-8000-000000000001",
        "client_secret": "xs_..."
    })),
    responses(
        (status = 200, description = "访问令牌 / The token", body = TokenBody),
        (status = 400, description = "请求不符合要求 / The request breaks the contract", body = OAuthFailure),
        (status = 401, description = "客户端未知或凭据无效 / The client is unknown or its credentials do not hold", body = OAuthFailure),
        (status = 429, description = "失败次数过多，或该客户端请求过于频繁 / Too many failed attempts, or too many requests of this client", content(
            (OAuthFailure = "application/json"),
            (ProblemBody = "application/problem+json")
        ))
    ),
    security(())
)]
#[post("/oauth/token")]
pub(super) async fn post_token(
    state: Data<AppState>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, Problem> {
    if !request.query_string().is_empty() {
        // What stands in an address is kept by every proxy on the way (RFC 6749 2.3.1).
        return Failure::InvalidRequest("parameters belong in the body and not in the address").answer();
    }
    let issued = match service::issue(&state, request.headers(), form).await {
        Ok(issued) => issued,
        Err(failure) => return failure.answer(),
    };
    let body = TokenBody {
        access_token: issued.token,
        token_type: "Bearer",
        expires_in: service::LIFETIME.whole_seconds(),
        scope: issued.scopes.to_string(),
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache")).json(body))
}

/// 公钥集（RFC 7517） / A set of public keys (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(super) struct KeySetBody {
    /// 公钥 / The keys.
    #[schema(value_type = Vec<Object>)]
    keys: Value,
}

/// 本服务验证令牌的公钥 / The public keys of this service's tokens
#[utoipa::path(
    tag = "access",
    operation_id = "get_keys",
    responses((status = 200, description = "公钥集 / The keys", body = KeySetBody)),
    security(())
)]
#[get("/.well-known/jwks.json")]
pub(super) async fn get_keys(state: Data<AppState>) -> HttpResponse {
    let keys = state.tokens.published_keys()["keys"].take();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(KeySetBody { keys })
}

/// 授权服务器元数据（RFC 8414） / What a client must know to ask for tokens (RFC 8414).
#[derive(Serialize, ToSchema)]
pub(super) struct AuthorizationServerBody {
    /// 服务地址 / The service's address.
    #[schema(example = "https://xueshi.example.cn")]
    issuer: String,
    /// 领取令牌的地址 / Where tokens are given.
    token_endpoint: String,
    /// 公钥地址 / Where the keys are.
    jwks_uri: String,
    /// 授权范围 / The scopes there are.
    scopes_supported: Vec<&'static str>,
    /// 授权方式 / The grants there are.
    grant_types_supported: [&'static str; 1],
    /// 无授权页面，故为空 / None: there is no authorization page.
    response_types_supported: [&'static str; 0],
    /// 客户端证明身份的方式 / How clients prove who they are.
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// 断言的签名算法 / How assertions may be signed.
    token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// 接口文档 / Where all this is explained.
    service_documentation: String,
}

/// 授权服务器元数据 / What a client must know to ask for tokens
#[utoipa::path(
    tag = "access",
    operation_id = "get_authorization_server",
    responses((status = 200, description = "元数据 / The metadata", body = AuthorizationServerBody)),
    security(())
)]
#[get("/.well-known/oauth-authorization-server")]
pub(super) async fn get_authorization_server(state: Data<AppState>) -> HttpResponse {
    let url = &state.public_url;
    let body = AuthorizationServerBody {
        issuer: url.clone(),
        token_endpoint: format!("{url}/v1/oauth/token"),
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        scopes_supported: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: SigningAlgorithm::ALL.iter().map(|a| a.as_str()).collect(),
        service_documentation: format!("{url}/docs/"),
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(body)
}
