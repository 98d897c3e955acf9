//! Takes back what an item was worth.

use super::{answer::Outcome, reasons::reasons_of, wire::ReversalIn, write::closing};
use crate::{
    auth::{Caller, Permission},
    changes::{Happened, record},
    extract::Unjudged,
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
};
use domain::{
    completions::{LastDecision, TakenBack, out_of_scope, take_back},
    hour_ledger::Entry,
    kernel::{CompletionId, EntryId, LearnerId, Words},
    words,
};
use store::{
    Db,
    completions::{
        Completion, CompletionDecision, delete_holds, find_by_completion_id, hold_below, holds_of, insert_decisions,
        last_named,
    },
    hour_ledger::{find_entry, insert_entries},
    registry::successors,
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
    /// The item waited, or was out of scope, and was withdrawn.
    Withdrawn,
}

/// An item that a caller may see.
pub(super) struct Visible {
    pub(super) evidence: Completion,
    /// All that was decided about it, the last one last.
    pub(super) decisions: Vec<CompletionDecision>,
    /// Whose it is, also where the last decision names nobody.
    pub(super) learner: Option<LearnerId>,
}

/// An item with what was decided about it, if the caller may see it. A platform sees its own; an officer those whose line is of
/// their place and those of people of their place; both learn nothing about others.
pub(super) fn visible(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    id: CompletionId,
) -> Result<Visible, Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    let evidence = find_by_completion_id(db, id)?.ok_or_else(hidden)?;
    let decisions = store::completions::decisions_of(db, evidence.platform_id, &evidence.external_id)?;
    let learner = match learner_of(db, &evidence)? {
        Some(learner) => Some(learner),
        None => holds_of(db, evidence.platform_id, &[&evidence.external_id])?.pop().and_then(|hold| hold.learner_id),
    };
    let own = match permission.caller() {
        Caller::Platform(platform) => *platform == evidence.platform_id,
        Caller::Learner(own) => learner == Some(*own),
        caller @ Caller::Official { .. } => in_office(db, state, caller, (&decisions, learner))?,
    };
    match learner {
        Some(learner) => permission.require_file(own, learner)?,
        None => permission.require(own)?,
    }
    Ok(Visible { evidence, decisions, learner })
}

/// Whose item it is by the last decision that names anyone, or in which file that one's has ended since.
fn learner_of(db: &mut Db, evidence: &Completion) -> Result<Option<LearnerId>, Problem> {
    let named = last_named(db, evidence.platform_id, &[&evidence.external_id])?.into_values().next();
    let successor = successors(db, named.as_slice())?.into_values().next();
    Ok(successor.or(named))
}

/// Whether an officer has to do with an item: its line is of their place, or the person is now.
fn in_office(
    db: &mut Db,
    state: &AppState,
    caller: &Caller,
    (decisions, learner): (&[CompletionDecision], Option<LearnerId>),
) -> Result<bool, Problem> {
    let book = state.rule_books.current(db)?;
    let credited = decisions.iter().rev().find_map(|decision| decision.learner_id.zip(decision.entry_id));
    if let Some((learner, entry)) = credited
        && let Some((line, _)) = find_entry(db, learner, entry)?
        && caller.answers_for(book.places(), &line.place)
    {
        return Ok(true);
    }
    let Some(learner) = learner else { return Ok(false) };
    let facts = store::registry::load_learner_facts(db, &[learner])?.pop();
    let today = state.clock.today();
    let own = facts.as_ref().and_then(|facts| facts.place_on(today, None));
    Ok(own.is_some_and(|own| caller.answers_for(book.places(), own)))
}

/// Takes an item back.
pub(super) fn reverse(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    id: CompletionId,
    asked: &Unjudged<ReversalIn>,
    now: OffsetDateTime,
) -> Result<Reversed, Problem> {
    // Whoever replaces it, finds it false or says it anew at this moment was before, or waits.
    if let Some(item) = find_by_completion_id(db, id)? {
        hold_below(db, item.platform_id, &[&item.external_id], 1)?;
    }
    let Visible { evidence, decisions, learner } = asked.after(visible(db, state, permission, id))?;
    let reason = asked.judged(|asked, faults| {
        let reason = asked.reason_code;
        if matches!(permission.caller(), Caller::Platform(_)) && reason == ReversalReason::OfficeDecision {
            faults.add_error(not_of_platform());
        }
        Ok(Some(reason))
    })?;
    let last = decisions.last().map(last_decision).transpose()?;
    match take_back(&evidence.external_id, last) {
        TakenBack::ByLine(learner, entry) => {
            let by = Signed { id: EntryId::from_uuid(state.new_id()), reason, by: &permission.signature(), now };
            answer_line(db, state, permission, (learner, entry), &by)
        }
        TakenBack::Withdrawn(closed) => {
            insert_decisions(db, &[closing(evidence.platform_id, &closed, learner, now)])?;
            delete_holds(db, evidence.platform_id, &[&evidence.external_id])?;
            let item = (evidence.platform_id, evidence.external_id.as_str());
            let told = Happened::decided(item, learner, Outcome::NotCounted.as_str());
            record(db, now, vec![Happened { completed_at: Some(evidence.completed_at), ..told }])?;
            Ok(Reversed::Withdrawn)
        }
        TakenBack::Nothing => Err(Problem::new(Kind::NothingToReverse)),
    }
}

/// The last decision, as far as taking back depends on it.
fn last_decision(decision: &CompletionDecision) -> Result<LastDecision, Problem> {
    let may_yet_count = match Outcome::of_word(&decision.outcome) {
        // What was refused is decided anew where it is sent again, or where an office asks for it after other rules were published.
        Some(Outcome::Held | Outcome::Refused) => true,
        Some(Outcome::NotCounted) => out_of_scope(&reasons_of(decision)?),
        _ => false,
    };
    let line = decision.learner_id.zip(decision.entry_id);
    Ok(LastDecision { number: decision.number, may_yet_count, line })
}

/// Only officials speak for an office; `allowed` names the reasons that a platform may give.
fn not_of_platform() -> FieldError {
    let allowed: Vec<&str> = ReversalReason::ALL
        .iter()
        .filter(|reason| **reason != ReversalReason::OfficeDecision)
        .map(|reason| reason.as_str())
        .collect();
    let list = allowed.join(", ");
    let words = Text::new(
        format!("学习平台不得以主管部门的决定为由；可用的原因：{list}"),
        format!("a platform cannot speak for an office; the reasons that it may give: {list}"),
    );
    FieldError::new("/reason_code", "reason_not_permitted", words).with("allowed", allowed)
}

/// The line to be, with who takes back and why.
struct Signed<'s> {
    id: EntryId,
    reason: ReversalReason,
    by: &'s str,
    now: OffsetDateTime,
}

fn answer_line(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    (learner, entry): (LearnerId, EntryId),
    signed: &Signed<'_>,
) -> Result<Reversed, Problem> {
    let (line, earlier) = find_entry(db, learner, entry)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    if matches!(permission.caller(), Caller::Official { .. }) {
        // The line is the business of the place under whose rule it was credited, wherever the person went since.
        permission.require_office(state.rule_books.current(db)?.places(), &line.place)?;
    }
    if let Some(earlier) = earlier {
        return Err(Problem::new(Kind::AlreadyReversed)
            .with("reversal_entry_id", earlier.id)
            .with("reason_code", earlier.reason_code));
    }
    let line = line.reversal(signed.id, signed.reason.as_str(), signed.now, signed.by);
    insert_entries(db, std::slice::from_ref(&line))?;
    record(db, signed.now, vec![Happened::reversed(&line)])?;
    Ok(Reversed::Line(Box::new(line)))
}
