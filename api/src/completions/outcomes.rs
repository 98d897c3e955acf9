//! What became of the lines of a batch: page by page, or all as lines.

use super::{
    intake::Origin,
    service::{self, KeptOutcome},
    v1::own_batch,
    wire::{AnswerBody, Wording},
};
use crate::{
    auth::{Permit, operation},
    extract::{FromPath, NDJSON, Page, Paged, Query, wants_lines},
    problem::{Kind, Problem},
    state::AppState,
    text::Language,
};
use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Bytes, Data},
};
use domain::kernel::{BatchId, PlatformId};
use futures_util::stream;
use serde::Deserialize;
use store::Db;
use utoipa::IntoParams;
use uuid::Uuid;
use validator::Validate;

/// Which sending.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichAttempt {
    /// 第几次发送，缺省为最近一次 / Which sending; the last where left out.
    #[validate(range(min = 1))]
    attempt: Option<i32>,
}

/// 批次的逐条结果 / The outcomes of a batch
///
/// 分页返回 JSON；`Accept: application/x-ndjson` 时逐行返回全部 / Pages of JSON, or all of them as lines.
#[utoipa::path(
    tag = "completions",
    operation_id = "list_completion_outcomes",
    params(("id" = Uuid, Path, description = "批次号 / The batch"), WhichAttempt, Page),
    responses((status = 200, description = "一页结果，或逐行全部结果 / A page of outcomes, or all as lines", content(
        (Paged<AnswerBody> = "application/json"),
        (AnswerBody = "application/x-ndjson")
    )))
)]
#[get("/completion-batches/{id}/outcomes")]
pub(super) async fn list_completion_outcomes(
    permit: Permit<operation::ListCompletionOutcomes>,
    state: Data<AppState>,
    FromPath(id): FromPath<Uuid>,
    Query(which): Query<WhichAttempt>,
    page: Page,
    language: Language,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let batch = BatchId::from_uuid(id);
    let last = own_batch(&state, &permit.0, batch).await?;
    let platform = permit.0.platform()?;
    let attempt = which.attempt.unwrap_or(last.attempt);
    if attempt > last.attempt {
        return Err(Problem::new(Kind::NotFound));
    }
    let origin = Origin { batch, attempt };
    if wants_lines(&request) {
        let lines = all_outcomes(state, platform, origin, language);
        return Ok(HttpResponse::Ok().content_type(NDJSON).streaming(lines));
    }
    let (after, fetch) = (page.after::<i32>()?.unwrap_or(0), page.fetch());
    let (rows, wording) = kept_outcomes(&state, (platform, origin), (after, fetch), language).await?;
    let page = Paged::new(&page, rows, |kept| kept.answered.line());
    Ok(HttpResponse::Ok().json(page.try_map(|kept| AnswerBody::kept(kept, &wording))?))
}

/// The outcomes after a line, at most so many, with what putting them into words needs.
async fn kept_outcomes(
    state: &Data<AppState>,
    (platform, origin): (PlatformId, Origin),
    (after, limit): (i32, i64),
    language: Language,
) -> Result<(Vec<KeptOutcome>, Wording), Problem> {
    let shared = state.clone();
    let read = move |db: &mut Db| {
        let rows = service::outcomes(db, platform, origin, after, limit)?;
        Ok((rows, Wording::of_kept(db, &shared, language)?))
    };
    state.store.read(read).await
}

/// Every outcome as a line, read in pages so that memory does not grow with the batch.
fn all_outcomes(
    state: Data<AppState>,
    platform: PlatformId,
    origin: Origin,
    language: Language,
) -> impl stream::Stream<Item = Result<Bytes, actix_web::Error>> {
    stream::try_unfold(0_i32, move |after| {
        let state = state.clone();
        async move {
            let (rows, wording) = kept_outcomes(&state, (platform, origin), (after, 500), language).await?;
            let Some(last) = rows.last().map(|kept| kept.answered.line()) else { return Ok(None) };
            let mut lines = Vec::new();
            for row in rows {
                serde_json::to_writer(&mut lines, &AnswerBody::kept(row, &wording)?).map_err(Problem::internal)?;
                lines.push(b'\n');
            }
            Ok(Some((Bytes::from(lines), last)))
        }
    })
}
