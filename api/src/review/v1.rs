//! Handlers of reviews.

use super::{
    backlog::get_review_backlog,
    body::{
        ApprovalInput, DecisionsBody, DecisionsInput, HandOverInput, QueueBody, QueueQuery, RefusalInput, ReturnInput,
        ReviewBody, RevocationInput,
    },
    bulk, hand_over, service,
};
use crate::{
    auth::{Permit, operation},
    extract::{BatchJson, FromPath, OptionalJson, Query, Unjudged},
    problem::Problem,
    state::AppState,
    text::Language,
};
use actix_web::{get, post, web, web::Data};
use domain::{kernel::CaseId, review::Asked};
use utoipa_actix_web::service_config::ServiceConfig;

/// 待办事项 / What waits for the caller's office
///
/// 只列由调用方办理的环节；他人认领中的不列。先按截止日，同日各单位轮流，再按到达先后。 /
/// The stages that the caller decides, without what somebody else has taken up: by deadline, within a day the units in turn, each by arrival.
#[utoipa::path(
    tag = "review",
    operation_id = "list_reviews",
    params(QueueQuery),
    responses((status = 200, description = "队列的开头 / The head of the queue", body = QueueBody))
)]
#[get("/reviews")]
async fn list_reviews(
    permit: Permit<operation::ListReviews>,
    state: Data<AppState>,
    language: Language,
    Query(query): Query<QueueQuery>,
) -> Result<web::Json<QueueBody>, Problem> {
    service::queue(&state, permit.0, query, language).await.map(web::Json)
}

/// 查看审核事项及其全部经过 / A case with everything that happened to it
#[utoipa::path(
    tag = "review",
    operation_id = "get_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    responses(
        (status = 200, description = "审核事项 / The case", body = ReviewBody)
    )
)]
#[get("/reviews/{id}")]
async fn get_review(
    permit: Permit<operation::GetReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<ReviewBody>, Problem> {
    service::find(&state, permit.0, id.0, language).await.map(web::Json)
}

/// 认领，两小时内他人不再办理 / Take a case up: for two hours others leave it alone
#[utoipa::path(
    tag = "review",
    operation_id = "claim_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    responses(
        (status = 200, description = "已认领 / Taken up", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 409, description = "已由他人认领或办理 / Somebody else has taken it up or settled it")
    )
)]
#[post("/reviews/{id}/claim")]
async fn claim_review(
    permit: Permit<operation::ClaimReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<ReviewBody>, Problem> {
    service::decide(&state, permit.0, id.0, |seen| Ok((seen?, (None, Asked::Claim))), language).await.map(web::Json)
}

/// 放弃认领 / Lay a case down again
#[utoipa::path(
    tag = "review",
    operation_id = "release_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    responses(
        (status = 200, description = "已放弃 / Laid down", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 409, description = "并非由调用方认领 / The caller has not taken it up")
    )
)]
#[post("/reviews/{id}/release")]
async fn release_review(
    permit: Permit<operation::ReleaseReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
) -> Result<web::Json<ReviewBody>, Problem> {
    service::decide(&state, permit.0, id.0, |seen| Ok((seen?, (None, Asked::Release))), language).await.map(web::Json)
}

/// 同意；最后一个环节同意即计入台账，更正申请随即更正 / Approve; the last stage's approval enters the ledger, and does what a correction asks for
#[utoipa::path(
    tag = "review",
    operation_id = "approve_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    request_body(content = ApprovalInput, example = json!({ "seen": 1 })),
    responses(
        (status = 200, description = "已同意 / Approved", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 404, description = "没有此事项，或没有有效规则 / No such case, or no rules in force"),
        (status = 409, description = "已由他人办理或认领，按规则不予计学时，或所申请的更正目前不能办理 / Somebody else settled it or has taken it up, the rules refuse it, or what was asked to be corrected cannot be done now")
    )
)]
#[post("/reviews/{id}/approval")]
async fn approve_review(
    permit: Permit<operation::ApproveReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    OptionalJson(input): OptionalJson<ApprovalInput>,
) -> Result<web::Json<ReviewBody>, Problem> {
    let said = move |seen| Ok((input.after(seen)?, input.judged(|input, _| Ok(Some(input.said())))?));
    service::decide(&state, permit.0, id.0, said, language).await.map(web::Json)
}

/// 退回补正 / Hand a case back to be completed
#[utoipa::path(
    tag = "review",
    operation_id = "return_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    request_body(content = ReturnInput, example = json!({ "reason": "缺主办单位文件", "seen": 1 })),
    responses(
        (status = 200, description = "已退回 / Handed back", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 409, description = "已由他人办理或认领 / Somebody else settled it or has taken it up")
    )
)]
#[post("/reviews/{id}/return")]
async fn return_review(
    permit: Permit<operation::ReturnReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<ReturnInput>,
) -> Result<web::Json<ReviewBody>, Problem> {
    let said = move |seen| Ok((input.after(seen)?, input.judged(|input, _| Ok(Some(input.said())))?));
    service::decide(&state, permit.0, id.0, said, language).await.map(web::Json)
}

/// 不予认定，写明条款 / Refuse a case by a clause, for good
#[utoipa::path(
    tag = "review",
    operation_id = "refuse_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    request_body(content = RefusalInput, example = json!({ "clause": { "document": "青人社厅函〔2020〕227号", "clause": "五(二)2(1)" }, "seen": 1 })),
    responses(
        (status = 200, description = "已不予认定 / Refused", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 409, description = "已由他人办理或认领 / Somebody else settled it or has taken it up")
    )
)]
#[post("/reviews/{id}/refusal")]
async fn refuse_review(
    permit: Permit<operation::RefuseReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<RefusalInput>,
) -> Result<web::Json<ReviewBody>, Problem> {
    let said = move |seen| Ok((input.after(seen)?, input.judged(|input, _| Ok(Some(input.said())))?));
    service::decide(&state, permit.0, id.0, said, language).await.map(web::Json)
}

/// 撤销已同意的认定，计入的学时一并冲销 / Take back an approval, and with it the hours that it made
///
/// 由作出最后同意的机关办理；最后由用人单位同意的，由该人员现在的该单位，或提交当日所在地区的人社部门办理。以冲销分录撤销，各年度如同从未计入。 /
/// For the office that approved it last; where that is an employer, while the person works there, and for the officers of the person's place on
/// the day it was handed in. By reversals, so the years are as if nothing had been credited.
#[utoipa::path(
    tag = "review",
    operation_id = "revoke_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    request_body(content = RevocationInput, example = json!({ "reason": "证明材料不实", "seen": 6 })),
    responses(
        (status = 200, description = "已撤销 / Taken back", body = ReviewBody),
        (status = 403, description = "由其他机关作出最后同意，或调用方须回避 / Another office approved it last, or the caller has an interest in it"),
        (status = 409, description = "并非已同意，或此前已撤销 / It is not approved, or was taken back before")
    )
)]
#[post("/reviews/{id}/revocation")]
async fn revoke_review(
    permit: Permit<operation::RevokeReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<RevocationInput>,
) -> Result<web::Json<ReviewBody>, Problem> {
    let said = move |seen| Ok((input.after(seen)?, input.judged(|input, _| Ok(Some(input.said())))?));
    service::decide(&state, permit.0, id.0, said, language).await.map(web::Json)
}

/// 转给同一机关的另一人办理 / Hand a case to another official of the same office
///
/// 接收人须本可办理；七日内他人不再办理。 / The receiver must be one who could decide it anyway; for seven days others leave it alone.
#[utoipa::path(
    tag = "review",
    operation_id = "hand_over_review",
    params(("id" = Uuid, Path, description = "事项编号 / The case")),
    request_body(content = HandOverInput, example = json!({ "grant_id": "0190d3f0-0000-7000-8000-00000000beef", "seen": 1 })),
    responses(
        (status = 200, description = "已转办 / Handed over", body = ReviewBody),
        (status = 403, description = "该环节由其他机关办理，或调用方须回避 / It waits for another office, or the caller has an interest in it"),
        (status = 409, description = "已由他人办理或认领 / Somebody else settled it or has taken it up")
    )
)]
#[post("/reviews/{id}/hand-over")]
async fn hand_over_review(
    permit: Permit<operation::HandOverReview>,
    state: Data<AppState>,
    language: Language,
    id: FromPath<CaseId>,
    input: Unjudged<HandOverInput>,
) -> Result<web::Json<ReviewBody>, Problem> {
    hand_over::hand_over(&state, permit.0, id.0, input, language).await.map(web::Json)
}

/// 批量办理，至多 500 项 / Decide up to 500 cases
///
/// 每项单独作答；重复办理答 decided_before。 / Each is answered by itself; one that the caller decided so before is `decided_before`.
#[utoipa::path(
    tag = "review",
    operation_id = "decide_reviews",
    request_body(content = DecisionsInput, example = json!({ "items": [{ "case_id": "0190d3f0-0000-7000-8000-00000000beef", "decision": "approve", "seen": 1 }] })),
    responses((status = 200, description = "逐项结果 / One result an item", body = DecisionsBody))
)]
#[post("/review-decisions")]
async fn decide_reviews(
    permit: Permit<operation::DecideReviews>,
    state: Data<AppState>,
    language: Language,
    BatchJson(input): BatchJson<DecisionsInput>,
) -> Result<web::Json<DecisionsBody>, Problem> {
    bulk::decide(&state, permit.0, input, language).await.map(web::Json)
}

pub(super) fn routes(v1: &mut ServiceConfig<'_>) {
    v1.service(list_reviews)
        .service(get_review_backlog)
        .service(get_review)
        .service(claim_review)
        .service(release_review)
        .service(approve_review)
        .service(return_review)
        .service(refuse_review)
        .service(revoke_review)
        .service(hand_over_review)
        .service(decide_reviews);
}
