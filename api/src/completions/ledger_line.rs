//! The lines that decisions add to the ledger.

use super::judge::{Bench, Candidate};
use domain::{
    completions::{Reason, Worth},
    hour_ledger::{Entry, EntryKind},
    kernel::{CourseId, EntryId, LearnerId},
};
use time::OffsetDateTime;

/// What a line is made from.
pub(super) struct Earned<'e> {
    pub(super) candidate: &'e Candidate,
    pub(super) kind: EntryKind,
    pub(super) learner: LearnerId,
    pub(super) course: Option<CourseId>,
    pub(super) worth: &'e Worth,
    pub(super) reasons: &'e [Reason],
}

/// The line of a decision that is worth hours.
pub(super) fn entry(bench: Bench<'_>, earned: &Earned<'_>) -> Entry {
    let Earned { candidate, kind, learner, course, worth, reasons } = *earned;
    let evidence = &candidate.evidence;
    Entry {
        id: EntryId::from_uuid(bench.state.new_id()),
        learner,
        kind,
        year: worth.year,
        place: worth.place.clone(),
        category: worth.category.clone(),
        subject: worth.subject.clone(),
        hours: worth.hours,
        course,
        course_version: Some(worth.course_version),
        platform: Some(evidence.platform_id),
        external_id: Some(evidence.external_id.clone()),
        completion: Some(evidence.completion_id),
        decision_number: Some(candidate.decided + 1),
        mode: Some(evidence.mode),
        started_at: evidence.started_at,
        ended_at: evidence.ended_at,
        completed_at: evidence.completed_at,
        policy: worth.policy.id,
        review: reasons.to_vec(),
        reverses: None,
        reason_code: None,
        recorded_at: bench.now,
        recorded_by: format!("platform:{}", evidence.platform_id),
    }
}

/// The line that takes another one back. It carries what the other carries, so that a year's lines, and those whose sessions
/// touch, are found together.
pub(super) fn reversal(line: &Entry, reason_code: &str, recorded_at: OffsetDateTime, recorded_by: &str) -> Entry {
    Entry {
        id: EntryId::from_uuid(uuid::Uuid::now_v7()),
        kind: EntryKind::Reversal,
        decision_number: None,
        review: Vec::new(),
        reverses: Some(line.id),
        reason_code: Some(reason_code.to_owned()),
        recorded_at,
        recorded_by: recorded_by.to_owned(),
        ..line.clone()
    }
}
