//! Wire types and handlers of the caller's own room.

use crate::auth::{Caller, CallerKind, Permit, operation};
use actix_web::{get, web::Json};
use serde::Serialize;
use utoipa::ToSchema;

/// 凭证所代表的调用方 / Whom a token speaks for.
#[derive(Serialize, ToSchema)]
pub(super) struct CallerBody {
    /// 调用方类别 / The kind of caller.
    #[schema(value_type = String, example = "officer")]
    kind: CallerKind,
    /// 学员或平台的编号，或工作人员的账户名 / A learner's or platform's id, or an official's name.
    #[schema(example = "chen")]
    subject: String,
    /// 工作人员所辖地区 / The place that an officer answers for.
    #[schema(example = "610000")]
    place: Option<String>,
}

/// 查看当前凭证代表谁 / Whom the token speaks for
#[utoipa::path(
    tag = "caller",
    operation_id = "get_caller",
    responses((status = 200, description = "调用方 / The caller", body = CallerBody))
)]
#[get("/caller")]
pub(super) async fn get_caller(permit: Permit<operation::GetCaller>) -> Json<CallerBody> {
    let caller = permit.0.caller();
    let kind = caller.kind();
    let (subject, place) = match caller {
        Caller::Learner(id) => (id.to_string(), None),
        Caller::Platform(id) => (id.to_string(), None),
        Caller::Officer { place, subject } => (subject.clone(), Some(place.to_string())),
        Caller::Administrator { subject } => (subject.clone(), None),
    };
    Json(CallerBody { kind, subject, place })
}
