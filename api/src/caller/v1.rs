//! Wire types and handlers of the caller's own room.

use crate::auth::{Caller, CallerKind, Permit, operation};
use actix_web::{get, web::Json};
use domain::{
    access::Reach,
    kernel::{BaseId, EmployerId},
};
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
    /// 工作人员所辖地区 / The place that an officer or a sector authority answers for.
    #[schema(example = "610000")]
    place: Option<String>,
    /// 用人单位管理员所属单位 / The employer of an employer's administrator.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    employer_id: Option<EmployerId>,
    /// 基地操作员所属继续教育基地 / The training base of a base's operator.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    base_id: Option<BaseId>,
    /// 行业主管部门主管的职称系列 / The series of a sector authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
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
    let subject = match caller {
        Caller::Learner(id) => id.to_string(),
        Caller::Platform(id) => id.to_string(),
        Caller::Official { subject, .. } => subject.clone(),
    };
    Json(CallerBody {
        kind,
        subject,
        place: caller.place().map(ToString::to_string),
        employer_id: caller.employer(),
        base_id: caller.reach().and_then(Reach::base),
        series: caller.reach().and_then(Reach::series).map(str::to_owned),
    })
}
