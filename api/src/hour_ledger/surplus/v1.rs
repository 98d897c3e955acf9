//! Handlers of allocations of surplus.

use super::{
    asked::{AllocationInput, AllocationReversalInput},
    body::{AllocationBody, OutcomeBody},
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, Page, Paged, Unjudged},
    hour_ledger::service::Asking,
    idempotency::Made,
    problem::Problem,
    quota,
    state::AppState,
    text::Language,
};
use actix_web::{HttpResponse, get, http::header::CONTENT_LANGUAGE, post, web::Data};
use domain::kernel::{CaseId, LearnerId};

/// 调剂结余学时 / Let surplus of a year serve others
///
/// 依结余所属年度的规则；不写 transfers 时按最佳方案：补足尽可能多的年度，不影响结余所属年度本身，不可结转的学时先用于本年度。写明 transfers 时逐笔核对，
/// 不符的说明原因、条款和可调剂的学时。该规则未作结转规定的，不予调剂，并给出条款 / By the rules of the year whose surplus it is; without `transfers` the best proposal, which
/// fills as many years as can be filled and never harms that year; hours that may not be carried over serve it first. What is chosen is judged one by one, and refused with the reason, the
/// clause and how much would be allowed. Where these rules carry nothing over it is refused with the clause
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "allocate_surplus",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner")),
    request_body(content = AllocationInput, example = json!({"from_year": 2020, "transfers": [
        {"year": 2019, "category": "professional", "hours": 30}]})),
    responses(
        (status = 201, description = "已调剂 / Allocated", body = OutcomeBody),
        (status = 409, description = "没有可以补足的缺口，或学员的调剂次数已达上限 / No gap that could be filled, or a learner has made as many as are kept"),
        (status = 422, description = "请求体不符合要求，或规则不允许结转 / The body breaks the contract, or the rules carry nothing over"),
    )
)]
#[post("/learners/{id}/surplus-allocations")]
pub(in super::super) async fn allocate_surplus(
    permit: Permit<operation::AllocateSurplus>,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    language: Language,
    input: Unjudged<AllocationInput>,
) -> Result<Made, Problem> {
    state.quotas.spend_on_body(&permit.0.signature(), quota::many(input.as_read().said()))?;
    let asking = Asking::new(&state, permit.0, language);
    super::allocate(&state, asking, learner, input).await
}

/// 预演调剂，不作任何改动 / Rehearse an allocation; nothing is changed
///
/// 答复与调剂相同：各笔、各年度前后的达标情况和仍缺的学时 / Answered like an allocation: its transfers, the years before and after, and
/// what is still lacking
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "validate_surplus_allocation",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner")),
    request_body(content = AllocationInput, example = json!({"from_year": 2020})),
    responses(
        (status = 200, description = "预演结果 / What it would come to", body = OutcomeBody),
        (status = 409, description = "学员的调剂次数已达上限 / A learner has made as many as are kept"),
        (status = 422, description = "请求体不符合要求，或规则不允许结转 / The body breaks the contract, or the rules carry nothing over"),
    )
)]
#[post("/learners/{id}/surplus-allocations/validation")]
pub(in super::super) async fn validate_surplus_allocation(
    permit: Permit<operation::ValidateSurplusAllocation>,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    language: Language,
    input: Unjudged<AllocationInput>,
) -> Result<HttpResponse, Problem> {
    state.quotas.spend_on_body(&permit.0.signature(), quota::many(input.as_read().said()))?;
    let (shared, asking) = (state.clone(), Asking::new(&state, permit.0, language));
    let told = state.store.read(move |db| super::rehearse(db, &shared, &asking, learner, &input)).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(told))
}

/// 列出某人的各次调剂，含已撤销的 / A person's allocations of surplus, those taken back as well, the earliest first
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "list_surplus_allocations",
    params(("id" = uuid::Uuid, Path, description = "学员编号 / The learner"), Page),
    responses((status = 200, description = "一页调剂 / A page of them", body = Paged<AllocationBody>))
)]
#[get("/learners/{id}/surplus-allocations")]
pub(in super::super) async fn list_surplus_allocations(
    permit: Permit<operation::ListSurplusAllocations>,
    state: Data<AppState>,
    FromPath(learner): FromPath<LearnerId>,
    language: Language,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let (shared, asking) = (state.clone(), Asking::new(&state, permit.0, language));
    let listed = state.store.read(move |db| super::list(db, &shared, &asking, (learner, page))).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(listed))
}

/// 撤销调剂 / Take an allocation back
///
/// 以冲销分录撤销，各年度如同从未调剂 / By reversals; the years are as if it had never been
#[utoipa::path(
    tag = "hour_ledger",
    operation_id = "reverse_surplus_allocation",
    params(
        ("id" = uuid::Uuid, Path, description = "学员编号 / The learner"),
        ("allocation" = uuid::Uuid, Path, description = "调剂编号 / The allocation"),
    ),
    request_body(content = AllocationReversalInput, example = json!({"reason": "改为调剂至其他年度"})),
    responses(
        (status = 200, description = "已撤销 / Taken back", body = AllocationBody),
        (status = 409, description = "此前已撤销 / It was taken back before"),
    )
)]
#[post("/learners/{id}/surplus-allocations/{allocation}/reversal")]
pub(in super::super) async fn reverse_surplus_allocation(
    permit: Permit<operation::ReverseSurplusAllocation>,
    state: Data<AppState>,
    FromPath(which): FromPath<(LearnerId, CaseId)>,
    language: Language,
    input: Unjudged<AllocationReversalInput>,
) -> Result<HttpResponse, Problem> {
    let asking = Asking::new(&state, permit.0, language);
    let body = super::reverse(&state, asking, which, input).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_LANGUAGE, language.tag())).json(body))
}
