//! Wire types and handlers of the caller's own room.

use crate::{
    access::desks,
    auth::{Caller, CallerKind, Permit, operation},
    problem::Problem,
    state::AppState,
    wire::{Day, PlaceRef, words},
};
use actix_web::{
    get,
    web::{Data, Json},
};
use domain::{
    access::{Grant, Reach, Role},
    kernel::{BaseId, EmployerId, GrantId, LearnerId, PlaceCode},
    registry::PlaceTree,
};
use serde::Serialize;
use store::{Db, registry::successors};
use time::Date;
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
    /// 学员的档案已并入的档案；凭证应改以其编号签发 / The file that stands for the learner's, where that has ended in another one: a token is to name its id.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<LearnerId>,
    /// 工作人员所辖地区，以今日的代码 / The place that an officer or a sector authority answers for, by its code of today.
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
    /// 工作人员依据的授权 / The grant by which an official acts; none by a token of the service's own.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<GrantId>,
    /// 工作人员现有的全部授权，最早授予的在前：未用 X-Grant-Id 指明时即依据第一项 / All grants of an official that are in force, the one that was given first before the others: it is the one that holds where `X-Grant-Id` names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<Desk>,
}

/// 一项授权 / One grant, to choose from.
#[derive(Serialize, ToSchema)]
pub(super) struct Desk {
    /// 授权编号 / Its id, which `X-Grant-Id` names.
    #[schema(value_type = Uuid)]
    grant_id: GrantId,
    /// 角色 / As what.
    #[schema(schema_with = words::<Role>)]
    role: Role,
    /// 所辖地区，以今日的代码 / The place answered for, by its code of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// 用人单位 / The employer.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    employer_id: Option<EmployerId>,
    /// 继续教育基地 / The training base.
    #[schema(value_type = Option<Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    base_id: Option<BaseId>,
    /// 职称系列 / The series.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    /// 截止日（含），空为不限 / The last day, itself included; open where null.
    until_on: Option<Day>,
}

/// The places as they are called today.
#[derive(Clone, Copy)]
struct Places<'a>(&'a PlaceTree, Date);

impl Places<'_> {
    /// The place that something answers for, by its code of the day, whatever code a token or a grant names it by.
    fn of(self, reach: &Reach) -> Option<String> {
        let Self(tree, today) = self;
        let code = |place: &PlaceCode| match tree.find(place.as_str()) {
            Some(node) => PlaceRef::of(tree, &node.code, today).code,
            None => place.to_string(),
        };
        reach.place().map(code)
    }
}

impl Desk {
    fn of(grant: &Grant, places: Places<'_>) -> Self {
        let Grant { id, role, reach, until_on, .. } = grant;
        Self {
            grant_id: *id,
            role: *role,
            place: places.of(reach),
            employer_id: reach.employer(),
            base_id: reach.base(),
            series: reach.series().map(str::to_owned),
            until_on: until_on.map(Into::into),
        }
    }
}

impl CallerBody {
    fn of(caller: &Caller, successor: Option<LearnerId>, grants: &[Grant], places: Places<'_>) -> Self {
        let (subject, grant) = match caller {
            Caller::Learner(id) => (id.to_string(), None),
            Caller::Platform(id) => (id.to_string(), None),
            Caller::Official { subject, grant, .. } => (subject.clone(), *grant),
        };
        Self {
            kind: caller.kind(),
            subject,
            successor,
            place: caller.reach().and_then(|reach| places.of(reach)),
            employer_id: caller.employer(),
            base_id: caller.reach().and_then(Reach::base),
            series: caller.reach().and_then(Reach::series).map(str::to_owned),
            grant_id: grant.map(|grant| grant.id),
            grants: grants.iter().map(|grant| Desk::of(grant, places)).collect(),
        }
    }
}

/// 查看当前凭证代表谁 / Whom the token speaks for
#[utoipa::path(
    tag = "caller",
    operation_id = "get_caller",
    responses((status = 200, description = "调用方 / The caller", body = CallerBody))
)]
#[get("/caller")]
pub(super) async fn get_caller(
    permit: Permit<operation::GetCaller>,
    state: Data<AppState>,
) -> Result<Json<CallerBody>, Problem> {
    let (caller, shared, today) = (permit.0.caller().clone(), state.clone(), state.clock.today());
    let grants = desks(&caller, &state).await?;
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let successor = match &caller {
            Caller::Learner(id) => successors(db, &[*id])?.remove(id),
            Caller::Platform(_) | Caller::Official { .. } => None,
        };
        Ok(Json(CallerBody::of(&caller, successor, &grants, Places(book.places(), today))))
    };
    state.store.read(read).await
}
