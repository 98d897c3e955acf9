//! What the document says of who may call an operation.

use crate::auth::{self, CallerKind, Line};
use serde_json::Value;
use utoipa::openapi::{
    RefOr, Required,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
    security::SecurityRequirement,
};

/// Says of an operation what the permission table says: who may call it, and the scope that its security requirement names.
pub(super) fn name(operation: &mut Operation) {
    let line = operation.operation_id.as_deref().and_then(auth::line);
    let Some(line) = line.filter(|line| !line.is_open()) else { return };
    let callers: Value = line.callers().iter().map(|kind| kind.as_str()).collect();
    operation.description = Some(permitted(operation.description.take(), line));
    operation.extensions.get_or_insert_default().insert("x-callers".into(), callers);
    if line.callers().iter().any(|kind| !matches!(kind, CallerKind::Learner | CallerKind::Platform)) {
        operation.parameters.get_or_insert_default().push(RefOr::T(grant_named()));
    }
    if let Some(scope) = line.scope {
        operation.security = Some(vec![SecurityRequirement::new("bearer", [scope.to_string()])]);
    }
}

/// Who may call an operation, below what it says of itself: pages made of the document show no extensions.
fn permitted(said: Option<String>, line: &Line) -> String {
    let callers: Vec<String> = line.callers().iter().map(|kind| format!("`{kind}`")).collect();
    let (callers, scope) =
        (callers.join(", "), line.scope.map(|scope| format!("（scope `{scope}`）")).unwrap_or_default());
    let said = said.filter(|said| !said.is_empty()).map(|said| format!("{said}\n\n")).unwrap_or_default();
    format!("{said}可调用 / Callers: {callers}{scope}")
}

/// The header by which an official says which of several grants to act by.
fn grant_named() -> Parameter {
    let id = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    ParameterBuilder::new()
        .name("X-Grant-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("有多项授权的人员以何项授权办理 / By which grant an official acts who has several"))
        .schema(Some(id))
        .build()
}
