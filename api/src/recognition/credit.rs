//! What the last office approved becomes lines of the ledger, in the transaction of its approval.

use super::{
    case::Seen,
    credited::Credited,
    filing::{not_refused, worth_nothing},
    service::judged_now,
};
use crate::{
    changes::{Happened, record},
    problem::Problem,
    state::AppState,
    text::Language,
};
use domain::{
    hour_ledger::{Basis, Entry, EntryKind, Ground, Node},
    kernel::{CHINA, EntryId},
    policy::{CategoryCode, RuleBook, shape::Ledger},
    recognition::Line,
};
use store::{Db, hour_ledger::insert_entries};
use time::{Date, OffsetDateTime, Time};

/// The reason code of lines that were taken back with the approval that made them.
pub(super) const REVOKED: &str = "recognition_revoked";

/// Refuses an approval of what the rules refuse, what was granted included.
///
/// # Errors
/// `recognition_refused` with the reasons.
pub(crate) fn possible(
    db: &mut Db,
    book: &RuleBook,
    seen: &Seen,
    (today, language): (Date, Language),
) -> Result<(), Problem> {
    not_refused(&judged_now(db, book, seen, today)?.0, language)
}

/// Appends the lines of an approved case, and tells those who follow. What one achievement is worth by itself is recorded; caps and
/// fulfilments are applied where a year is counted.
///
/// # Errors
/// `recognition_refused` where the rules refuse it, or leave no line.
pub(crate) fn credit(
    db: &mut Db,
    state: &AppState,
    book: &RuleBook,
    seen: &Seen,
    (by, now, today, language): (&str, OffsetDateTime, Date, Language),
) -> Result<(), Problem> {
    let (judged, policy) = judged_now(db, book, seen, today)?;
    not_refused(&judged, language)?;
    let refused = || worth_nothing(&judged, language);
    let earned_on = judged.earned_on.filter(|_| judged.ledger == Some(Ledger::On)).ok_or_else(refused)?;
    let learner = &seen.learner;
    let place = learner.place_on(earned_on, None).ok_or_else(refused)?;
    let entry = |line: &Line| Entry {
        id: EntryId::from_uuid(state.new_id()),
        learner: learner.id,
        kind: EntryKind::Credit,
        year: line.year,
        place: place.clone(),
        category: line.category.clone().unwrap_or_else(|| CategoryCode::new(Node::TOTAL)),
        subject: None,
        hours: line.hours,
        course: None,
        course_version: None,
        platform: None,
        external_id: None,
        completion: None,
        decision_number: i32::try_from(seen.case.number()).ok(),
        mode: None,
        started_at: None,
        ended_at: None,
        completed_at: earned_on.with_time(Time::MIDNIGHT).assume_offset(CHINA),
        ground: Some(Ground {
            basis: Basis::Recognition,
            case: seen.case.opening().id,
            achievement: Some(line.achievement.clone()),
            fulfils: line.fulfils,
            drawn: None,
        }),
        policy: Some(policy.id),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: now,
        recorded_by: by.to_owned(),
    };
    let entries: Vec<Entry> = judged.lines.iter().map(entry).collect();
    if entries.is_empty() {
        return Err(refused());
    }
    insert_entries(db, &entries)?;
    record(db, now, entries.iter().map(|line| Happened::recognised(learner.id, "credited", Some(line))).collect())
}

/// Takes back what stands of the lines of a case whose approval was revoked, and tells those who follow: the years are as if they had never
/// been.
///
/// # Errors
/// When the database fails.
pub(crate) fn revoke(
    db: &mut Db,
    state: &AppState,
    seen: &Seen,
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let credited = Credited::of(db, seen)?;
    let reversal = |line: &Entry| line.reversal(EntryId::from_uuid(state.new_id()), REVOKED, now, by);
    let reversals: Vec<Entry> = credited.standing().map(reversal).collect();
    insert_entries(db, &reversals)?;
    record(db, now, reversals.iter().map(Happened::reversed).collect())
}
