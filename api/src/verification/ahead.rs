//! What many decisions about years rest on, read for all of them at once.

use crate::problem::Problem;
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, LearnerId},
    review::Subject,
};
use std::collections::{BTreeSet, HashMap};
use store::{
    Db,
    hour_ledger::entries_of_many,
    registry::{ended_in, successors},
    review::kept_cases,
    verification::{VerificationCase, cases_in},
};

/// What is known of one person.
#[derive(Default)]
pub(super) struct Known {
    /// All that was handed in of them, in whichever of their files.
    pub(super) cases: Vec<VerificationCase>,
    /// Their lines of the years that are decided about.
    pub(super) lines: Vec<Entry>,
}

/// What decisions about the years of many people rest on. Their files are held, so that no case of theirs comes or goes until the
/// transaction ends; lines may, as they may right after it.
pub(crate) struct Ahead(HashMap<LearnerId, Known>);

impl Ahead {
    /// Reads it by a handful of queries, however many they are; nothing where any of these cases is about something else, by which lines
    /// could come to be or be lost before the next of them is decided.
    pub(crate) fn of(db: &mut Db, cases: &[CaseId]) -> Result<Option<Self>, Problem> {
        let kept = kept_cases(db, cases)?;
        if kept.iter().any(|kept| kept.subject != Subject::YearVerification) {
            return Ok(None);
        }
        let opened: Vec<LearnerId> = kept.iter().map(|kept| kept.learner_id).collect();
        let last = successors(db, &opened)?;
        let people: BTreeSet<LearnerId> = opened.iter().map(|file| last.get(file).copied().unwrap_or(*file)).collect();
        let people = Vec::from_iter(people);
        let ended = ended_in(db, &people)?;
        let files: Vec<LearnerId> = ended.keys().chain(&people).copied().collect();
        let mut known: HashMap<LearnerId, Known> = people.iter().map(|person| (*person, Known::default())).collect();
        let mut years = BTreeSet::new();
        for row in cases_in(db, &files)? {
            let person = ended.get(&row.learner_id).copied().unwrap_or(row.learner_id);
            if cases.contains(&row.case_id) {
                let _ = years.insert(row.year);
            }
            known.entry(person).or_default().cases.push(row);
        }
        for line in entries_of_many(db, &people, Some(&Vec::from_iter(years)), None)? {
            known.entry(line.learner).or_default().lines.push(line);
        }
        Ok(Some(Self(known)))
    }

    pub(super) fn of_learner(&self, learner: LearnerId) -> Option<&Known> {
        self.0.get(&learner)
    }
}
