//! Achievements off the ledger, as lines for one answer.

use super::{
    super::{Basis, Entry, EntryKind, Ground, Node},
    Asked, Declared,
};
use crate::{
    kernel::{CHINA, CaseId, EntryId, PolicyId, last_day},
    policy::{CategoryCode, Rules, shape::Ledger},
};
use uuid::Uuid;

/// Lines as the ledger would hold them for what is declared of a year. They are counted and never kept. What by the rules enters the
/// ledger is not declared but reviewed, and counts nothing here.
pub(super) fn declared_lines(asked: &Asked<'_>, rules: &Rules, year: i32, policy: Option<PolicyId>) -> Vec<Entry> {
    let off_ledger = |kind: &str| rules.recognition_of(kind).is_some_and(|kind| kind.ledger == Ledger::Off);
    let of_year = asked.application.declared.iter().filter(|declared| declared.year == year);
    let of_year = of_year.filter(|declared| off_ledger(&declared.achievement));
    let applied_at = asked.application.applied_on.midnight().assume_offset(CHINA);
    let place = asked.learner.place_on(last_day(year), asked.known_at);
    let line = |(number, declared): (usize, &Declared)| {
        // Made up, and different from any id that was ever made: the first half of those is a time.
        let id = Uuid::from_u128(number as u128 + 1);
        Some(Entry {
            id: EntryId::from_uuid(id),
            learner: asked.learner.id,
            kind: EntryKind::Credit,
            year,
            place: place?.clone(),
            category: declared.category.clone().unwrap_or_else(|| CategoryCode::new(Node::TOTAL)),
            subject: None,
            hours: declared.hours,
            course: None,
            course_version: None,
            platform: None,
            external_id: None,
            completion: None,
            decision_number: None,
            mode: None,
            started_at: None,
            ended_at: None,
            completed_at: applied_at,
            ground: Some(Ground {
                basis: Basis::Recognition,
                case: CaseId::from_uuid(id),
                achievement: Some(declared.achievement.clone()),
                fulfils: declared.fulfils,
                drawn: None,
            }),
            policy,
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: applied_at,
            recorded_by: String::new(),
        })
    };
    of_year.enumerate().filter_map(line).collect()
}
