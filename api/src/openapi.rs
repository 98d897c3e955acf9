//! The document: title, tags, security, and what holds for every operation alike.
//!
//! Routes and document are registered in one place (`routes.rs`). What follows from an operation's shape (which failures it
//! can give) is filled in here, so that no operation can forget it.

mod callers;
mod keys;

use crate::{
    extract::{FORM, Shape},
    problem::PROBLEM_JSON,
    quota, routes,
    text::Text,
};
use actix_web::{App, HttpRequest};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Content, OpenApi as Document, Ref, RefOr, Response, Schema,
        header::Header,
        path::{Operation, ParameterIn, PathItem},
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;

/// The document before the routes are added.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "学时 Xueshi",
        description = "专业技术人员继续教育学时服务 / The service for the continuing education of professional technical personnel\n\n请求限额按调用方、按服务进程计（429，Retry-After）；推送另有通道，满则 503 `busy` / Requests are limited by caller and by process of the service (429, Retry-After); pushes have a lane of their own, which answers 503 `busy` when it is full\n\n请求头至多 96 个，连同请求行至多 128 KiB，超出者 431；地址至多 65,534 字节，超出者 400；二者均无响应体，连接随即关闭 / A request has at most 96 headers and, with its first line, 128 KiB of head, else 431, and an address of at most 65,534 bytes, else 400; both without a body, and the connection is closed",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, FieldErrorBody)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "access", description = "接入：客户端、凭证、授权 / Clients, tokens, issuers and grants"),
        (name = "audit", description = "审计 / The audit trail"),
        (name = "caller", description = "调用方 / The caller"),
        (name = "changes", description = "变动 / What changed, to follow"),
        (name = "completions", description = "完成记录 / Completions in"),
        (name = "hour_ledger", description = "达标与学时台账 / Standing out, and the ledger of hours"),
        (name = "policy", description = "规则 / The rule book"),
        (name = "reassessment", description = "重新判定已有记录 / Recorded items, decided anew by a later version of the rules"),
        (name = "places", description = "登记：地区 / Registry: places and their division codes"),
        (name = "authorities", description = "登记：主管部门 / Registry: authorities"),
        (name = "employers", description = "登记：用人单位 / Registry: employers"),
        (name = "training_bases", description = "登记：继续教育基地 / Registry: training bases"),
        (name = "learning_platforms", description = "登记：学习平台 / Registry: learning platforms"),
        (name = "courses", description = "登记：课程 / Registry: courses"),
        (name = "learners", description = "登记：学员 / Registry: learners and their dated facts"),
        (name = "learner_merges", description = "登记：学员档案的合并 / Registry: two files of one person, joined and parted"),
        (name = "corrections", description = "更正申请 / What learners ask to have corrected in their files"),
        (name = "exceptions", description = "例外认定 / What offices grant by exception for a year that was missed"),
        (name = "verification", description = "年度验证 / Years that employers hand in for their staff, and offices verify"),
        (name = "findings", description = "查实与惩戒 / What was found to be false, and what followed"),
        (name = "recognition", description = "成果认定 / Achievements that are recognised"),
        (name = "review", description = "审核 / What offices decide"),
        (name = "roll", description = "名册：免修名单与往年证明 / Rolls: lists of exemptions, and attested past years"),
        (name = "operations", description = "运维 / Running the service"),
    )
)]
pub struct ApiDoc;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.bearer_format = Some("JWT".into());
        http.description = Some("本服务签发的 JWT（EdDSA），或已登记签发者的 JWT（EdDSA、ES256、RS256） / A JWT of this service (EdDSA), or of a registered issuer (EdDSA, ES256 or RS256)".into());
        let components = document.components.get_or_insert_default();
        components.security_schemes.insert("bearer".into(), RefOr::T(SecurityScheme::Http(http)));
    }
}

/// RFC 9457 问题详情，可带有其他具名事实 / RFC 9457 problem details; further members are typed facts.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes the wire form, which problem.rs writes as a JSON value")]
pub(crate) struct ProblemBody {
    /// 稳定的问题类型 / The stable kind, as a relative reference that explains it.
    #[schema(example = "/problems/invalid_body")]
    r#type: String,
    /// 稳定的问题代码 / The stable kind as a code.
    #[schema(example = "invalid_body")]
    code: String,
    /// 标题，语言随 Accept-Language / The title in the caller's language.
    title: String,
    /// HTTP 状态码 / The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// 本次情况的说明 / What happened in this case.
    detail: Option<String>,
    /// 所有错误，一次列出 / Every fault, all at once.
    errors: Option<Vec<FieldErrorBody>>,
    /// 5xx 时的追踪号 / Finds the cause in the service's log, on 5xx only.
    trace_id: Option<String>,
}

/// 一处错误，可带有其他具名事实 / One fault; further members are typed facts, such as `line` and `column`.
#[derive(ToSchema)]
#[schema(as = FieldError)]
#[expect(dead_code, reason = "describes the wire form, which problem.rs writes as a JSON value")]
pub(crate) struct FieldErrorBody {
    /// 请求体内的 JSON 指针，或以 ? 开头的查询参数名，或花括号内的路径参数名 / A JSON pointer into the body, a query parameter's name after `?`, or the name of a part of the path in braces.
    #[schema(example = "/items/0/hours")]
    pointer: String,
    /// 稳定的错误代码 / The stable code.
    #[schema(example = "missing")]
    code: String,
    /// 说明 / For people.
    detail: String,
}

/// The whole document, as served and as committed.
#[must_use]
pub fn document() -> Document {
    let app = App::new().into_utoipa_app().openapi(ApiDoc::openapi()).configure(routes::documented);
    complete(app.split_for_parts().1)
}

/// The document as committed: pretty JSON with a final line end.
///
/// # Errors
/// When a schema cannot be written as JSON; only by a mistake in the code.
pub fn document_json() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}

/// One line an operation, sorted: `operation_id METHOD path callers`.
#[must_use]
pub fn operations_list() -> String {
    let document = document();
    let mut lines: Vec<String> = operations(&document)
        .map(|(path, method, operation)| {
            let id = operation.operation_id.as_deref().unwrap_or("-");
            format!("{id} {method} {path} {}\n", callers(operation).join(","))
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// What an operation does, as its summary says in both languages; nothing of one that is not there any more.
pub(crate) fn summary_of(operation: &str) -> Option<Text> {
    static SUMMARIES: LazyLock<HashMap<String, Text>> = LazyLock::new(|| {
        let document = document();
        let summary = |operation: &Operation| {
            let (zh, en) = operation.summary.as_deref()?.split_once(" / ")?;
            Some((operation.operation_id.clone()?, Text::new(zh.to_owned(), en.to_owned())))
        };
        operations(&document).filter_map(|(_, _, operation)| summary(operation)).collect()
    });
    SUMMARIES.get(operation).cloned()
}

/// Every operation of a document, with its path and method.
pub fn operations(document: &Document) -> impl Iterator<Item = (&str, &'static str, &Operation)> {
    document.paths.paths.iter().flat_map(|(path, item)| {
        methods(item).into_iter().filter_map(move |(method, operation)| Some((path.as_str(), method, operation?)))
    })
}

/// Who may call an operation, from its `x-callers`; `anyone` where it says nothing.
#[must_use]
pub fn callers(operation: &Operation) -> Vec<String> {
    let declared = operation.extensions.as_ref().and_then(|all| all.get("x-callers")).and_then(|v| v.as_array());
    match declared {
        Some(kinds) => kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect(),
        None => vec!["anyone".into()],
    }
}

fn methods(item: &PathItem) -> [(&'static str, Option<&Operation>); 5] {
    [
        ("GET", item.get.as_ref()),
        ("POST", item.post.as_ref()),
        ("PUT", item.put.as_ref()),
        ("PATCH", item.patch.as_ref()),
        ("DELETE", item.delete.as_ref()),
    ]
}

fn json(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// Adds to every operation the failures that follow from its shape, unless it describes them itself.
fn complete(mut document: Document) -> Document {
    for (path, item) in &mut document.paths.paths {
        let all = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in all.into_iter().flatten() {
            callers::name(operation);
            for (status, words) in failures(path, operation) {
                let described = operation.responses.responses.entry(status.to_owned());
                described.or_insert_with(|| RefOr::T(Response::new(words)));
            }
            if keys::creates(operation) {
                keys::take_keys(operation);
            }
            for (status, response) in &mut operation.responses.responses {
                if let (RefOr::T(response), "429" | "503") = (&mut *response, status.as_str()) {
                    response.headers.insert("Retry-After".into(), RefOr::T(retry_after()));
                }
                if let RefOr::T(response) = response
                    && (status.starts_with('4') || status.starts_with('5'))
                    && response.content.is_empty()
                {
                    let schema = Ref::from_schema_name("Problem");
                    response.content.insert(PROBLEM_JSON.into(), RefOr::T(Content::new(Some(schema))));
                }
            }
        }
    }
    document
}

/// The header that says in how many seconds to come again.
fn retry_after() -> Header {
    let seconds =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
    let mut header = Header::new(seconds);
    header.description = Some("几秒后再试 / In how many seconds to come again".into());
    header
}

fn failures(path: &str, operation: &Operation) -> Vec<(&'static str, &'static str)> {
    let mut all = vec![("500", "服务内部错误 / The service failed")];
    if !operation.operation_id.as_deref().is_some_and(quota::is_free) {
        all.push(("429", "请求过于频繁，限额按调用方与进程计 / Too many requests of this caller to this process"));
    }
    let has = |wanted: ParameterIn| {
        let given = operation.parameters.iter().flatten();
        given
            .filter_map(|p| match p {
                RefOr::T(p) => Some(p),
                RefOr::Ref(_) => None,
            })
            .any(|p| p.parameter_in == wanted)
    };
    if callers(operation) != ["anyone"] {
        all.push(("401", "缺少凭证或凭证无效 / Credentials are missing or not valid"));
        all.push(("403", "无权执行该操作 / The caller may not do this"));
        all.push(("503", "服务暂不可用 / The service cannot answer now"));
    }
    if has(ParameterIn::Path) {
        all.push(("404", "未找到 / Not found"));
    }
    if path.starts_with("/v1/learners/{id}") {
        all.push(("410", "该档案已并入 `successor` / The file has ended in that of `successor`"));
    }
    if has(ParameterIn::Query) || callers(operation) != ["anyone"] {
        all.push(("422", "查询参数不符合要求 / A query parameter breaks the contract"));
    }
    let is_form = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key(FORM),
        _ => false,
    };
    if is_form {
        all.push(("503", "服务暂不可用 / The service cannot answer now"));
    }
    if operation.request_body.is_some() {
        all.push(("400", "请求体无法读取 / The body cannot be read"));
        all.push(("408", "请求体未能按时收到 / The body did not come in in time"));
        all.push(("413", "请求体过大 / The body is too large"));
        all.push(("415", "不支持的媒体类型 / The media type is not supported"));
        if !is_form {
            all.push(("422", "请求体不符合要求 / The body breaks the contract"));
        }
    }
    if keys::creates(operation) {
        all.push(("400", "请求头无法读取 / A header cannot be read"));
        all.push(("409", "与当前状态冲突 / The present state forbids it"));
    }
    all
}

/// What the document promises, in the form in which requests ask for it.
#[derive(Debug, Default)]
pub struct Contract {
    methods: BTreeMap<String, BTreeSet<&'static str>>,
    ids: HashMap<(String, &'static str), String>,
    parameters: HashMap<(String, &'static str), Parameters>,
}

/// The parameters of an operation by their names.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// Behind the `?`.
    pub(crate) query: BTreeMap<String, Shape>,
    /// In the path.
    pub(crate) path: BTreeMap<String, Shape>,
}

impl Contract {
    /// Reads the promises out of a document.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut contract = Self::default();
        let schemas = document.components.iter().flat_map(|components| &components.schemas);
        let named: HashMap<String, Value> = schemas.map(|(name, schema)| (name.clone(), json(schema))).collect();
        for (path, method, operation) in operations(document) {
            contract.methods.entry(path.to_owned()).or_default().insert(method);
            if let Some(id) = &operation.operation_id {
                contract.ids.insert((path.to_owned(), method), id.clone());
            }
            let mut parameters = Parameters::default();
            for parameter in operation.parameters.iter().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                // A schema that cannot be read is left to the reader of the parameter; a test holds that there is none.
                let shape = parameter.schema.as_ref().and_then(|schema| Shape::read(&json(schema), &named).ok());
                let of_kind = match parameter.parameter_in {
                    ParameterIn::Query => &mut parameters.query,
                    ParameterIn::Path => &mut parameters.path,
                    _ => continue,
                };
                of_kind.insert(parameter.name.clone(), shape.unwrap_or_default());
            }
            contract.parameters.insert((path.to_owned(), method), parameters);
        }
        contract
    }

    /// The parameters of the operation that a request asks for; nothing where the document does not know it.
    pub(crate) fn parameters(&self, request: &HttpRequest) -> Option<&Parameters> {
        self.parameters.get(&self.key(request)?)
    }

    /// The id of the operation that a request asks for; nothing where the document does not know it.
    #[must_use]
    pub fn operation(&self, request: &HttpRequest) -> Option<&str> {
        self.ids.get(&self.key(request)?).map(String::as_str)
    }

    fn key(&self, request: &HttpRequest) -> Option<(String, &'static str)> {
        let route = request.match_pattern()?;
        let method = *self.methods.get(&route)?.get(request.method().as_str())?;
        Some((route, method))
    }

    /// The methods that a path takes; none where it names nothing.
    #[must_use]
    pub fn methods_at(&self, path: &str) -> BTreeSet<&'static str> {
        let parts: Vec<&str> = path.split('/').collect();
        let names = |template: &str| {
            let wanted: Vec<&str> = template.split('/').collect();
            wanted.len() == parts.len()
                && wanted.iter().zip(&parts).all(|(w, p)| w == p || (w.starts_with('{') && !p.is_empty()))
        };
        self.methods.iter().filter(|(template, _)| names(template)).flat_map(|(_, methods)| methods).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a body or a parameter must look like is read from the document, so the document may say no more than is read.
    #[test]
    fn every_shape_that_the_document_states_for_a_request_is_understood() {
        let document = document();
        let schemas = &document.components.as_ref().unwrap().schemas;
        let named: HashMap<String, Value> = schemas.iter().map(|(name, schema)| (name.clone(), json(schema))).collect();
        let mut read = 0;
        let mut understood = |at: &str, schema: &RefOr<Schema>| {
            read += 1;
            if let Err(word) = Shape::read(&json(schema), &named) {
                panic!("{at}: {word}");
            }
        };
        for (path, method, operation) in operations(&document) {
            for parameter in operation.parameters.iter().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                understood(&format!("{method} {path} {}", parameter.name), parameter.schema.as_ref().unwrap());
            }
            let Some(RefOr::T(body)) = &operation.request_body else { continue };
            // The one form is read field by field, and takes fields that it does not know (RFC 6749 3.2).
            for (media, content) in body.content.iter().filter(|(media, _)| *media != FORM) {
                let RefOr::T(content) = content else { continue };
                understood(&format!("{method} {path} {media}"), content.schema.as_ref().unwrap());
            }
        }
        assert!(read > 50, "only {read} shapes");
    }
}
