//! Decides candidates and writes what comes out; and where one of them stops being accepted, decides anew what it displaced.
//! Which items those are is `domain::completions`'s choice.

use super::{
    answer::Outcome,
    judge::{Bench, Last, candidates_of, decide_all},
    reasons::reasons_of,
    redraw::{again, redraw_all},
    write::{Written, closing, name_closed, write},
};
use crate::{changes::record, problem::Problem};
use domain::{
    completions::{Below, Candidate, Chains, Decided, GivenBack, Occasion, gave_up, given_back},
    hour_ledger::REPLACED,
    kernel::{PlatformId, Words},
};
use std::collections::HashMap;
use store::{
    Db,
    completions::{CompletionDecision, decisions_of, find, insert_decisions},
    hour_ledger::find_entry,
};

/// Decides every candidate and writes the decisions, in the order of the candidates, with what follows for others.
pub(super) fn decide(
    db: &mut Db,
    bench: Bench<'_>,
    occasion: Occasion,
    candidates: &[Candidate],
    written: &Written<'_>,
) -> Result<Vec<Decided>, Problem> {
    let decided = decide_all(db, bench, occasion, candidates)?;
    write(db, bench, candidates, &decided, written)?;
    redraw_all(db, bench.state, again(candidates, &decided), bench.now)?;
    for by in gave_up(candidates, &decided) {
        give_back(db, bench, by)?;
    }
    Ok(decided)
}

/// The items that one displaced are decided anew, and what they displaced where they stop being accepted. Every item is further
/// down the chain than the one that displaced it, and a chain with an accepted item in it is no circle: so this ends.
fn give_back(db: &mut Db, bench: Bench<'_>, by: &Candidate) -> Result<(), Problem> {
    let platform = bench.platform.id;
    let (mut anew, mut withdrawn) = (HashMap::new(), Vec::new());
    for given in given_back(&by.external_id, below(db, platform, by)?) {
        match given {
            GivenBack::Anew { external_id, decided, accepted } => {
                let _ = anew.insert(external_id, Last { decided, accepted });
            }
            GivenBack::Withdrawn(closed) => withdrawn.push(closing(platform, &closed, None, bench.now)),
        }
    }
    let told = name_closed(db, bench, &mut withdrawn, &HashMap::new())?;
    insert_decisions(db, &withdrawn)?;
    record(db, bench.now, told)?;
    if anew.is_empty() {
        return Ok(());
    }
    let candidates = candidates_of(db, platform, &anew)?;
    let written = Written { origin: None, lines_of: &HashMap::new(), secrets: &HashMap::new() };
    let _ = decide(db, bench, Occasion::GivenBack, &candidates, &written)?;
    Ok(())
}

/// The items of a chain below one, the one that it names first. They are held since it was decided.
fn below(db: &mut Db, platform: PlatformId, by: &Candidate) -> Result<Vec<Below>, Problem> {
    let mut below: Vec<Below> = Vec::new();
    let mut next = by.replaces.clone();
    while let Some(id) = next.take()
        && below.len() < Chains::LONGEST
        && let Some(evidence) = find(db, platform, &[&id])?.pop()
        && let decisions = decisions_of(db, platform, &id)?
        && let Some(last) = decisions.last()
    {
        // Going over to another file of the person says again what was said.
        let says_else = |one: &&CompletionDecision| (&one.outcome, &one.reasons) != (&last.outcome, &last.reasons);
        let before = match decisions.iter().rev().find(says_else) {
            Some(before) => (Outcome::of_word(&before.outcome).and_then(Outcome::judged), reasons_of(before)?),
            None => (None, Vec::new()),
        };
        let (decided, reasons) = (last.number, reasons_of(last)?);
        let line_replaced = line_replaced(db, last)?;
        below.push(Below { external_id: id, decided, reasons, line_replaced, before });
        next = evidence.replaces;
    }
    Ok(below)
}

/// Whether the line of a decision was taken back because another item replaces it.
fn line_replaced(db: &mut Db, last: &CompletionDecision) -> Result<bool, Problem> {
    let Some((learner, entry)) = last.learner_id.zip(last.entry_id) else { return Ok(false) };
    let reversal = find_entry(db, learner, entry)?.and_then(|(_, reversal)| reversal);
    Ok(reversal.is_some_and(|reversal| reversal.reason_code.as_deref() == Some(REPLACED)))
}
