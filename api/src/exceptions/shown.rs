//! Exceptions as callers see them.

use super::body::{ExceptedBody, ExceptedLineBody};
use crate::{
    explain::ClauseBody,
    problem::{Kind, Problem},
    recognition::case::Seen,
    roll::CategoryHours,
    wire::{Day, Moment},
};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::EntryId,
    review::{Action, Case, State, Subject},
    roll::Stated,
};
use std::collections::{BTreeMap, HashMap};
use store::{
    Db,
    exceptions::{OfficeException, find_exception},
    hour_ledger::lines_of_case,
};

/// What is granted in a case, as callers see it.
///
/// # Errors
/// `not_found` where the case is about no exception.
pub(crate) fn excepted(db: &mut Db, seen: &Seen) -> Result<ExceptedBody, Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    let filed = find_exception(db, &seen.files, seen.case.opening().id)?.ok_or_else(hidden)?;
    shown(db, seen, filed)
}

pub(super) fn shown(db: &mut Db, seen: &Seen, filed: OfficeException) -> Result<ExceptedBody, Problem> {
    let stage = seen.case.stages().last();
    let when = |action: Action| seen.case.events().iter().rfind(|event| event.what.action() == action);
    let taken = |action: Action| when(action).map(|event| Moment(event.at));
    let in_effect = matches!(seen.case.state(), State::Approved | State::Revoked);
    Ok(ExceptedBody {
        exception_id: filed.case_id,
        learner_id: seen.learner.id,
        year: filed.year,
        met: filed.stated == Stated::Met,
        hours: hours(&filed.stated),
        reason: filed.reason,
        document: filed.document,
        decided_on: Day(filed.decided_on),
        office: stage.and_then(|stage| stage.office.clone()),
        clauses: stage.into_iter().flat_map(|stage| &stage.cite).map(ClauseBody::from).collect(),
        lines: if in_effect { lines(db, seen)? } else { Vec::new() },
        effective_at: taken(Action::Approve).filter(|_| in_effect),
        annulled_at: taken(Action::Revoke),
    })
}

fn hours(stated: &Stated) -> Vec<CategoryHours> {
    match stated {
        Stated::Met => Vec::new(),
        Stated::Hours(by_category) => {
            by_category.iter().map(|(category, hours)| CategoryHours::of(category.as_str(), *hours)).collect()
        }
    }
}

/// The lines that it made, of each category the last one: what went to another file of the person and came back stands anew.
fn lines(db: &mut Db, seen: &Seen) -> Result<Vec<ExceptedLineBody>, Problem> {
    let all = lines_of_case(db, &seen.files, seen.case.opening().id)?;
    let by: HashMap<EntryId, &Entry> = all.iter().filter_map(|line| Some((line.reverses?, line))).collect();
    let mut last: BTreeMap<_, &Entry> = BTreeMap::new();
    for line in all.iter().filter(|line| line.kind != EntryKind::Reversal) {
        let latest = last.entry(&line.category).or_insert(line);
        if line.decision_number > latest.decision_number {
            *latest = line;
        }
    }
    let body = |line: &Entry| ExceptedLineBody {
        entry_id: line.id,
        category: line.category.clone(),
        hours: line.hours,
        reversed_at: by.get(&line.id).map(|by| Moment(by.recorded_at)),
        reversed_for: by.get(&line.id).and_then(|by| by.reason_code.clone()),
    };
    Ok(last.into_values().map(body).collect())
}

/// Whether a case is one of these.
pub(super) fn is_one(case: &Case) -> bool {
    case.opening().subject == Subject::OfficeException
}
