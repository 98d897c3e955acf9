//! Unmasking: the one way to a person's full name and document for someone else. It wants a purpose, leaves an event that the learner
//! sees, and is counted.

use super::{body::DocumentBody, file::visible, identity::opened};
use crate::{
    audit::Recording,
    auth::Permission,
    problem::{Kind, Problem},
    registry::not_found,
    state::AppState,
    text::Text,
    wire::{one_line, words},
};
use actix_web::web::Data;
use domain::{
    kernel::{CHINA, LearnerId, china_date},
    words as word_list,
};
use serde::{Deserialize, Serialize};
use store::{
    audit::{count_events_since, hold_unmasking},
    registry::persons,
};
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use validator::Validate;

word_list! {
    /// What a person's full name and document are wanted for.
    pub(super) enum Purpose {
        /// To tell whether someone is the person of the file.
        IdentityCheck = "identity_check",
        /// To correct the file, or to join two files of one person.
        Correction = "correction",
        /// To write them on a certificate or into a booklet.
        Certificate = "certificate",
        /// To answer a consultation or a complaint.
        Complaint = "complaint",
        /// To supervise or to inspect.
        Supervision = "supervision",
    }
}

/// 查看完整身份信息的申请 / What someone's full identity is wanted for.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnmaskingInput {
    /// 目的 / What for.
    #[schema(schema_with = words::<Purpose>)]
    purpose: Purpose,
    /// 依据，如受理编号；不得含个人信息 / On what ground, for instance the number of a case; no personal data.
    #[validate(length(max = 200), custom(function = one_line))]
    #[schema(example = "投诉〔2026〕12号")]
    reference: String,
}

/// 完整身份信息 / A person's full identity.
#[derive(Serialize, ToSchema)]
pub(super) struct UnmaskedBody {
    /// 学员编号 / The learner's id.
    #[schema(value_type = Uuid)]
    learner_id: LearnerId,
    /// 姓名 / The name.
    #[schema(example = "示例甲")]
    name: String,
    /// 身份证件 / The identity document, whole.
    document: DocumentBody,
    /// 今日还可查看的次数 / How often the caller may do so again today.
    #[schema(example = 49)]
    left_today: i64,
}

/// Shows a person's full name and document, and records that it did, and what for.
pub(super) async fn unmask(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    input: UnmaskingInput,
) -> Result<UnmaskedBody, Problem> {
    let (shared, now, limit) = (state.clone(), state.clock.now(), state.unmaskings_a_day);
    let today = china_date(now);
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let facts = visible(db, &permission, book.places(), id, today)?;
        // Held, so that of many at once none is over the limit.
        hold_unmasking(db)?;
        let so_far = count_events_since(db, &permission.signature(), permission.line().id().as_str(), midnight(today))?;
        if so_far >= limit {
            return Err(over(limit, now, today));
        }
        let person = persons(db, &[facts.id])?.pop().ok_or_else(not_found)?;
        let document = opened(&shared.keys, &person)?;
        db.showed("learner", id, format!("{}: {}", input.purpose, input.reference.trim()));
        Ok(UnmaskedBody {
            learner_id: id,
            name: person.name,
            document: DocumentBody { kind: document.kind(), number: Some(document.number().to_owned()) },
            left_today: limit - so_far - 1,
        })
    };
    state.write(author, write).await
}

/// When the civil day began in China.
fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_offset(CHINA)
}

fn over(limit: i64, now: OffsetDateTime, today: Date) -> Problem {
    let tomorrow = today.next_day().map_or(now, midnight);
    let words = Text::new(
        format!("每人每日至多查看 {limit} 次完整身份信息，今日已用完"),
        format!("a caller may be shown someone unmasked {limit} times a day; that was it for today"),
    );
    Problem::new(Kind::DailyLimit)
        .detail(words)
        .with("limit", limit)
        .header("retry-after", &(tomorrow - now).whole_seconds().max(1).to_string())
}
