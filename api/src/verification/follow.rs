//! What follows when a year is verified, and when that is taken back: that it stands so or stands so no longer, in the transaction of the
//! decision. The ledger has no part in it.

use super::filed::already;
use crate::{
    changes::{Happened, record},
    explain,
    problem::{Kind, Problem},
    recognition::case::Seen,
    text::Language,
};
use domain::{
    policy::RuleBook,
    review::State,
    verification::{Asked, Reason, Step, StepKind, judge},
};
use store::{
    Db,
    hour_ledger::entries_of,
    verification::{find_verification, insert_step},
};
use time::{Date, OffsetDateTime};

/// Lets follow what follows from where the review of a year has come to.
///
/// # Errors
/// `verification_refused` where the last approval finds that it cannot be verified any more; then it goes on waiting.
pub(crate) fn follow(
    db: &mut Db,
    book: &RuleBook,
    seen: &Seen,
    (now, today, language): (OffsetDateTime, Date, Language),
) -> Result<(), Problem> {
    let kind = match seen.case.state() {
        State::Approved => Some(StepKind::Verified),
        State::Revoked => Some(StepKind::Annulled),
        State::Refused => None,
        _ => return Ok(()),
    };
    let (case, learner) = (seen.case.opening().id, seen.learner.id);
    let row = find_verification(db, &seen.files, case)?;
    let row = row.ok_or_else(|| Problem::internal(format!("{case} is about no year")))?;
    if kind == Some(StepKind::Verified) {
        still_possible(db, book, seen, (row.year, today), language)?;
    }
    if let Some(kind) = kind {
        let office = seen.case.stages().last().and_then(|last| last.office.clone());
        insert_step(db, row.learner_id, &Step { case, year: row.year, kind, at: now, office })?;
    }
    let outcome = match kind {
        Some(StepKind::Verified) => "approved",
        Some(StepKind::Annulled) => "revoked",
        None => "refused",
    };
    record(db, now, vec![Happened::verified(learner, outcome, row.year)])
}

/// A category may have been lost since it was handed in, and of files that were joined since both may have been.
fn still_possible(
    db: &mut Db,
    book: &RuleBook,
    seen: &Seen,
    (year, today): (i32, Date),
    language: Language,
) -> Result<(), Problem> {
    let (case, learner) = (seen.case.opening().id, &seen.learner);
    let refused = |reasons: &[Reason]| {
        let told: Vec<_> = reasons.iter().map(|one| explain::of_verification(one).body(language)).collect();
        Problem::new(Kind::VerificationRefused).with("reasons", told)
    };
    if let Some(before) = already(db, &[learner.id], year, Some(case))?.remove(&learner.id)
        && before.is_verified()
    {
        return Err(refused(&[before]));
    }
    let entries = entries_of(db, learner.id, year, None)?;
    judge(&Asked { book, learner, entries: &entries, year, today }).map(|_| ()).map_err(|reasons| refused(&reasons))
}
