//! What follows when a year is verified, and when that is taken back: that it stands so or stands so no longer, in the transaction of the
//! decision. The ledger has no part in it.

use super::ahead::{Ahead, Known};
use crate::{
    changes::{Happened, record},
    explain,
    problem::{Kind, Problem},
    recognition::case::Seen,
    text::Language,
};
use domain::{
    hour_ledger::Entry,
    kernel::CaseId,
    policy::RuleBook,
    review::State,
    verification::{Asked, Reason, ReasonKind, Step, StepKind, judge, verified},
};
use std::borrow::Cow;
use store::{
    Db,
    hour_ledger::entries_of,
    verification::{cases_in, insert_step, steps_in},
};
use time::{Date, OffsetDateTime};

/// Lets follow what follows from where the review of a year has come to. What was read ahead is not read again.
///
/// # Errors
/// `verification_refused` where the last approval finds that it cannot be verified any more; then it goes on waiting.
pub(crate) fn follow(
    db: &mut Db,
    book: &RuleBook,
    (seen, ahead): (&Seen, Option<&Ahead>),
    (now, today, language): (OffsetDateTime, Date, Language),
) -> Result<(), Problem> {
    let kind = match seen.case.state() {
        State::Approved => StepKind::Verified,
        State::Revoked => StepKind::Annulled,
        State::Refused => StepKind::Refused,
        _ => return Ok(()),
    };
    let (case, learner) = (seen.case.opening().id, &seen.learner);
    let known = ahead.and_then(|ahead| ahead.of_learner(learner.id));
    let cases = match known {
        Some(known) => Cow::Borrowed(known.cases.as_slice()),
        None => Cow::Owned(cases_in(db, &seen.files)?),
    };
    let row = cases.iter().find(|row| row.case_id == case);
    let row = row.ok_or_else(|| Problem::internal(format!("{case} is about no year")))?;
    if kind == StepKind::Verified {
        let refused = |reasons: &[Reason]| {
            let told: Vec<_> = reasons.iter().map(|one| explain::of_verification(one).body(language)).collect();
            Problem::new(Kind::VerificationRefused).with("reasons", told)
        };
        // Of files that were joined since it was handed in, both may have been.
        let has_another = cases.iter().any(|other| other.year == row.year && other.case_id != case);
        if has_another && let Some(before) = verified_before(db, seen, (case, row.year))? {
            return Err(refused(&[before]));
        }
        // A category may have been lost since.
        let entries = lines(db, seen, known, row.year)?;
        let asked = Asked { book, learner, entries: &entries, year: row.year, today };
        let _ = judge(&asked).map_err(|reasons| refused(&reasons))?;
    }
    let office = seen.case.stages().last().and_then(|last| last.office.clone());
    insert_step(db, row.learner_id, &Step { case, year: row.year, kind, at: now, office })?;
    let outcome = match kind {
        StepKind::Verified => "approved",
        StepKind::Annulled => "revoked",
        StepKind::Refused => "refused",
    };
    record(db, now, vec![Happened::verified(learner.id, outcome, row.year)])
}

fn lines<'k>(db: &mut Db, seen: &Seen, known: Option<&'k Known>, year: i32) -> Result<Cow<'k, [Entry]>, Problem> {
    Ok(match known {
        Some(known) => Cow::Borrowed(known.lines.as_slice()),
        None => Cow::Owned(entries_of(db, seen.learner.id, year, None)?),
    })
}

/// That the year stands verified by another case.
fn verified_before(db: &mut Db, seen: &Seen, (case, year): (CaseId, i32)) -> Result<Option<Reason>, Problem> {
    let steps = steps_in(db, &seen.files)?.into_iter().map(|(_, step)| step);
    let of_others: Vec<Step> = steps.filter(|step| step.case != case && step.year == year).collect();
    let before = verified(&of_others, None).pop();
    Ok(before.map(|one| Reason::plain(ReasonKind::AlreadyVerified { case_id: one.case, on: one.on })))
}
