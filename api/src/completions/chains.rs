//! Looks up how the items stand that others replace. What follows from it is `domain::completions`'s choice.

use super::{answer::Outcome, reasons::reasons_of};
use crate::problem::Problem;
use domain::{
    completions::{Candidate, Chains, Link, Standing, is_accepted, replacer},
    hour_ledger::Entry,
    kernel::{EntryId, LearnerId, PlatformId, Words},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    completions::{CompletionDecision, find, find_replacing, hold_below, latest_decisions},
    hour_ledger::{entries_by_id, reversed_among},
};

/// What the candidates replace, and what that was to replace where it passes it on: one query that holds them all, then four a
/// generation, and three more where a line was taken back.
///
/// What is read stays true to the end of the transaction: whoever takes the place of one of these items holds it as well, and
/// whoever decides it anew or takes it back afterwards collides with what follows from here by a number or a line that is taken once.
pub(super) fn load(db: &mut Db, platform: PlatformId, candidates: &[Candidate]) -> Result<Chains, Problem> {
    let mut chains = Chains::of(candidates);
    let replaced = chains.unknown();
    if !replaced.is_empty() {
        let replaced: Vec<&str> = replaced.iter().map(String::as_str).collect();
        hold_below(db, platform, &replaced, Chains::LONGEST)?;
    }
    for _ in 0..Chains::LONGEST {
        let unknown = chains.unknown();
        let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
        if unknown.is_empty() || !chains.learn(links(db, platform, &unknown)?) {
            break;
        }
    }
    Ok(chains)
}

fn links(db: &mut Db, platform: PlatformId, wanted: &[&str]) -> Result<Vec<(String, Link)>, Problem> {
    let known = find(db, platform, wanted)?;
    let (decisions, reversed) = last_with_what_was_taken_back(db, platform, wanted)?;
    let mut entries: HashMap<EntryId, Entry> =
        entries_by_id(db, &lines_of(&decisions))?.into_iter().map(|entry| (entry.id, entry)).collect();
    let mut replacers = replacers(db, platform, &taken_back(&decisions, &reversed))?;
    let links = known.into_iter().map(|evidence| {
        let last = decisions.get(&evidence.external_id);
        let line = last.and_then(|last| last.entry_id).and_then(|id| entries.remove(&id));
        let line = line.map(|line| (reversed.contains(&line.id), line)).map(|(reversed, line)| (line, reversed));
        let outcome = last.and_then(|last| Outcome::of_word(&last.outcome)).and_then(Outcome::judged);
        let reasons = last.map(reasons_of).transpose()?.unwrap_or_default();
        let link = Link {
            decided: last.map_or(0, |last| last.number),
            standing: Standing::after(outcome, &reasons, line),
            replaces: evidence.replaces,
            replaced_by: replacers.remove(&evidence.external_id).or_else(|| replacer(&reasons).map(str::to_owned)),
        };
        Ok((evidence.external_id, link))
    });
    links.collect()
}

type Decisions = HashMap<String, CompletionDecision>;

/// The last decisions over these items, and which of the lines that they brought were taken back. Between one query and the next another
/// transaction may decide an item anew and take back what was read of it: of what was taken back the last decision is asked for again.
fn last_with_what_was_taken_back(
    db: &mut Db,
    platform: PlatformId,
    wanted: &[&str],
) -> Result<(Decisions, HashSet<EntryId>), Problem> {
    let by_id = |one: CompletionDecision| (one.external_id.clone(), one);
    let mut decisions: Decisions = latest_decisions(db, platform, wanted)?.into_iter().map(by_id).collect();
    loop {
        let reversed = reversed_among(db, &lines_of(&decisions))?;
        let again = latest_decisions(db, platform, &taken_back(&decisions, &reversed))?;
        let is_newer =
            |one: &CompletionDecision| decisions.get(&one.external_id).is_none_or(|last| last.number < one.number);
        let newer: Vec<CompletionDecision> = again.into_iter().filter(is_newer).collect();
        if newer.is_empty() {
            return Ok((decisions, reversed));
        }
        decisions.extend(newer.into_iter().map(by_id));
    }
}

fn lines_of(decisions: &Decisions) -> Vec<(LearnerId, EntryId)> {
    decisions.values().filter_map(|one| Some((one.learner_id?, one.entry_id?))).collect()
}

fn taken_back<'d>(decisions: &'d Decisions, reversed: &HashSet<EntryId>) -> Vec<&'d str> {
    let gone = decisions.values().filter(|last| last.entry_id.is_some_and(|id| reversed.contains(&id)));
    gone.map(|last| last.external_id.as_str()).collect()
}

/// The accepted items that replace those whose lines were taken back; none where the platform took one back without more.
fn replacers(db: &mut Db, platform: PlatformId, taken_back: &[&str]) -> Result<HashMap<String, String>, Problem> {
    let naming = find_replacing(db, platform, taken_back)?;
    let ids: HashSet<&str> = naming.iter().map(|(by, _)| by.as_str()).collect();
    let last: HashMap<String, CompletionDecision> =
        latest_decisions(db, platform, &ids.into_iter().collect::<Vec<_>>())?
            .into_iter()
            .map(|decision| (decision.external_id.clone(), decision))
            .collect();
    let mut found = HashMap::new();
    for (by, replaced) in naming {
        let Some(last) = last.get(&by) else { continue };
        let reasons = reasons_of(last)?;
        let accepted = is_accepted(Outcome::of_word(&last.outcome).and_then(Outcome::judged), &reasons);
        // One that was not accepted passed on what it was to replace to the one that replaced it.
        if let Some(by) = replacer(&reasons).map(str::to_owned).or(accepted.then_some(by)) {
            found.entry(replaced).or_insert(by);
        }
    }
    Ok(found)
}
