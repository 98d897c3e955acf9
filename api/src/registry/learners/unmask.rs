//! Unmasking: the one way to a person's full name and document, for the learner as well. It wants a purpose, leaves an event that
//! the learner sees, and is counted.

use super::{
    body::{DocumentBody, UnmaskedBody, UnmaskingInput},
    file::visible,
    identity::opened,
    named::{Ground, names_one_of},
};
use crate::{
    audit::Recording,
    auth::{Caller, Permission},
    extract::Unjudged,
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
    Db,
    audit::{count_events_for, hold_unmasking},
    registry::{LearnerPerson, persons},
};
use time::OffsetDateTime;

/// Shows a person's full name and document, and records that it did, and what for.
pub(super) async fn unmask(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    input: Unjudged<UnmaskingInput>,
) -> Result<UnmaskedBody, Problem> {
    let (shared, now) = (state.clone(), state.clock.now());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let facts = input.after(visible(db, &permission, book.places(), id, china_date(now)))?;
        let input = input.judged(|input, _| Ok(Some(input)))?;
        let left_today = once_more(db, (&shared, &permission), input.purpose, now)?;
        let person = persons(db, &[facts.id])?.pop().ok_or_else(not_found)?;
        let document = opened(&shared.keys, &person)?;
        let people = std::slice::from_ref(&person);
        refers_to_nobody((&shared, &permission), (id, people), &input.reference, || false)?;
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

/// Refuses a reference that names one of these people, or whom `else_named` knows besides: what it was for stays in the trail for good. Asked
/// last, so that nobody finds a name by it who was not about to be shown it.
///
/// # Errors
/// `invalid_body` at the reference, `daily_limit`.
pub(crate) fn refers_to_nobody(
    (state, permission): (&AppState, &Permission),
    (learner, people): (LearnerId, &[LearnerPerson]),
    reference: &str,
    else_named: impl FnOnce() -> bool,
) -> Result<(), Problem> {
    let words = ("不得含当事人的姓名或证件号码", "must not hold the name or the document number of whom it is about");
    Ground { learner, pointer: "/reference", words, permission }
        .names_nobody(state, || Ok(else_named() || names_one_of(&state.keys, people, reference)?))
}

/// The operations that show somebody unmasked: one limit holds for all of them together.
const UNMASKING: [&str; 2] = ["unmask_learner", "unmask_correction"];

/// Lets the caller be shown somebody unmasked once more today, for a purpose that fits them; answers how often after this.
///
/// # Errors
/// `invalid_body` at the purpose, `daily_limit`.
pub(crate) fn once_more(
    db: &mut Db,
    (state, permission): (&AppState, &Permission),
    purpose: UnmaskingPurpose,
    now: OffsetDateTime,
) -> Result<i64, Problem> {
    fits(purpose, permission.caller())?;
    let limit = DailyLimit { times: state.unmaskings_a_day, now };
    // Held, so that of many at once none is over the limit.
    hold_unmasking(db)?;
    let mut so_far = 0;
    for operation in UNMASKING {
        so_far += count_events_for(db, &permission.signature(), operation, limit.counts_since())?;
    }
    limit.another(so_far).map_err(over)
}

/// Nobody but learners reads the own file, and learners read nothing else.
fn fits(purpose: UnmaskingPurpose, caller: &Caller) -> Result<(), Problem> {
    let words = match (matches!(caller, Caller::Learner(_)), purpose == UnmaskingPurpose::OwnFile) {
        (true, true) | (false, false) => return Ok(()),
        (false, true) => {
            Text::new("own_file 仅用于学员查看本人档案", "own_file is for learners who read their own file")
        }
        (true, false) => Text::new(
            "学员查看本人档案，目的只能为 own_file",
            "a learner reads the own file: own_file is the only purpose",
        ),
    };
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
