//! Takes back what an item was worth.

use super::{answer::Outcome, write::closing};
use crate::{
    auth::Caller,
    places,
    problem::{Kind, Problem},
    state::AppState,
};
use domain::{
    completions::{LastDecision, TakenBack, take_back},
    hour_ledger::Entry,
    kernel::{CompletionId, EntryId, LearnerId, Words},
    words,
};
use store::{
    Db,
    completions::{Completion, CompletionDecision, delete_holds, find_by_completion_id, insert_decisions},
    hour_ledger::{find_entry, insert_entries},
};
use time::OffsetDateTime;

words! {
    /// 撤销原因 / Why hours are taken back.
    pub(super) enum ReversalReason {
        /// Pushed twice under different ids.
        Duplicate = "duplicate",
        /// About the wrong person.
        WrongPerson = "wrong_person",
        /// About the wrong course.
        WrongCourse = "wrong_course",
        /// Wrong times, hours or marks.
        WrongData = "wrong_data",
        /// The learner did not do it.
        NotCompleted = "not_completed",
        /// It was falsified.
        Fraud = "fraud",
        /// Decided by an office.
        OfficeDecision = "office_decision",
    }
}

/// What a reversal did.
#[derive(Debug)]
pub(super) enum Reversed {
    /// A line was taken back by this one.
    Line(Box<Entry>),
    /// The item waited and was withdrawn.
    Withdrawn,
}

/// An item with its last decision, if the caller may see it. A platform sees its own; an officer those of people of their
/// place; both learn nothing about others.
pub(super) fn visible(
    db: &mut Db,
    state: &AppState,
    caller: &Caller,
    id: CompletionId,
) -> Result<(Completion, Option<CompletionDecision>), Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    let evidence = find_by_completion_id(db, id)?.ok_or_else(hidden)?;
    let decisions = store::completions::decisions_of(db, evidence.platform_id, &evidence.external_id)?;
    // A later decision may name nobody (withdrawn, replaced); whose item it is does not change by that.
    let learner = decisions.iter().rev().find_map(|decision| decision.learner_id);
    let seen = match caller {
        Caller::Platform(platform) => *platform == evidence.platform_id,
        Caller::Administrator { .. } => true,
        Caller::Learner(own) => learner == Some(*own),
        Caller::Officer { .. } => match learner {
            Some(learner) => answers_for_learner(db, state, caller, learner)?,
            None => false,
        },
    };
    if seen { Ok((evidence, decisions.into_iter().next_back())) } else { Err(hidden()) }
}

/// Whether a learner's present place lies in an officer's.
fn answers_for_learner(db: &mut Db, state: &AppState, caller: &Caller, learner: LearnerId) -> Result<bool, Problem> {
    let book = state.rule_books.current(db)?;
    let facts = store::registry::load_learner_facts(db, &[learner])?.pop();
    let today = state.clock.today();
    let own = facts.as_ref().and_then(|facts| facts.place_on(today, None));
    Ok(own.is_some_and(|own| places::answers_for(caller, book.places(), own)))
}

/// Takes an item back.
pub(super) fn reverse(
    db: &mut Db,
    state: &AppState,
    caller: &Caller,
    id: CompletionId,
    reason: ReversalReason,
    now: OffsetDateTime,
) -> Result<Reversed, Problem> {
    let (evidence, last) = visible(db, state, caller, id)?;
    let last = last.map(|decision| LastDecision {
        number: decision.number,
        held: decision.outcome == Outcome::Held.as_str(),
        line: decision.learner_id.zip(decision.entry_id),
    });
    match take_back(&evidence.external_id, last) {
        TakenBack::ByLine(learner, entry) => {
            let by = Signed { id: EntryId::from_uuid(state.new_id()), reason, by: &caller.signature(), now };
            answer_line(db, (learner, entry), &by)
        }
        TakenBack::Withdrawn(closed) => {
            insert_decisions(db, &[closing(evidence.platform_id, &closed, now)])?;
            delete_holds(db, evidence.platform_id, &[&evidence.external_id])?;
            Ok(Reversed::Withdrawn)
        }
        TakenBack::Nothing => Err(Problem::new(Kind::NothingToReverse)),
    }
}

/// The line to be, with who takes back and why.
struct Signed<'s> {
    id: EntryId,
    reason: ReversalReason,
    by: &'s str,
    now: OffsetDateTime,
}

fn answer_line(db: &mut Db, (learner, entry): (LearnerId, EntryId), signed: &Signed<'_>) -> Result<Reversed, Problem> {
    let (line, earlier) = find_entry(db, learner, entry)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    if let Some(earlier) = earlier {
        return Err(Problem::new(Kind::AlreadyReversed)
            .with("reversal_entry_id", earlier.id)
            .with("reason_code", earlier.reason_code));
    }
    let line = line.reversal(signed.id, signed.reason.as_str(), signed.now, signed.by);
    insert_entries(db, std::slice::from_ref(&line))?;
    Ok(Reversed::Line(Box::new(line)))
}
