//! Unmasking: the one way to a person's full name and document, for the learner as well. It wants a purpose, leaves an event that
//! the learner sees, and is counted.

use super::{
    body::{DocumentBody, UnmaskedBody, UnmaskingInput},
    file::visible,
    identity::opened,
};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    problem::{FieldError, Kind, Problem},
    registry::not_found,
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    kernel::{LearnerId, china_date},
    registry::{DailyLimit, UnmaskingPurpose, UsedUp},
};
use store::{
    audit::{count_events_for, hold_unmasking},
    registry::persons,
};

/// Shows a person's full name and document, and records that it did, and what for.
pub(super) async fn unmask(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    input: UnmaskingInput,
) -> Result<UnmaskedBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let limit = DailyLimit { times: state.unmaskings_a_day, now };
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let facts = visible(db, &permission, book.places(), id, china_date(now))?;
        fits(input.purpose, permission.caller())?;
        // Held, so that of many at once none is over the limit.
        hold_unmasking(db)?;
        let operation = permission.line().id();
        let so_far = count_events_for(db, &permission.signature(), operation.as_str(), limit.counts_since())?;
        let left_today = limit.another(so_far).map_err(over)?;
        let person = persons(db, &[facts.id])?.pop().ok_or_else(not_found)?;
        let document = opened(&shared.keys, &person)?;
        db.showed("learner", id, format!("{}: {}", input.purpose, input.reference.trim()));
        Ok(UnmaskedBody {
            learner_id: id,
            name: person.name,
            document: DocumentBody { kind: document.kind(), number: Some(document.number().to_owned()) },
            left_today,
        })
    };
    state.write(author, write).await
}

/// Nobody but learners reads the own file.
fn fits(purpose: UnmaskingPurpose, caller: &Caller) -> Result<(), Problem> {
    if purpose != UnmaskingPurpose::OwnFile || matches!(caller, Caller::Learner(_)) {
        return Ok(());
    }
    let words = Text::new("own_file 仅用于学员查看本人档案", "own_file is for learners who read their own file");
    Err(Problem::invalid_body(vec![FieldError::new("/purpose", "purpose_not_permitted", words)]))
}

fn over(UsedUp { times, until_tomorrow }: UsedUp) -> Problem {
    let words = Text::new(
        format!("每人每日至多查看 {times} 次完整身份信息，今日已用完"),
        format!("a caller may be shown someone unmasked {times} times a day; that was it for today"),
    );
    let wait = until_tomorrow.whole_seconds().to_string();
    Problem::new(Kind::DailyLimit).detail(words).with("limit", times).header("retry-after", &wait)
}
