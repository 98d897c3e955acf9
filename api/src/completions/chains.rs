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
/// generation, and two more where a line was taken back.
///
/// What is read stays true to the end of the transaction: whoever takes the place of one of these items holds it as well, and
/// whoever decides it anew or takes it back collides with what follows from here by a number or a line that is taken once.
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
    let decisions: HashMap<String, CompletionDecision> =
        latest_decisions(db, platform, wanted)?.into_iter().map(|d| (d.external_id.clone(), d)).collect();
    let lines: Vec<(LearnerId, EntryId)> =
        decisions.values().filter_map(|d| Some((d.learner_id?, d.entry_id?))).collect();
    let mut entries: HashMap<EntryId, Entry> =
        entries_by_id(db, &lines)?.into_iter().map(|entry| (entry.id, entry)).collect();
    let reversed = reversed_among(db, &lines)?;
    let taken_back = |last: &&CompletionDecision| last.entry_id.is_some_and(|id| reversed.contains(&id));
    let taken_back: Vec<&str> = decisions.values().filter(taken_back).map(|last| last.external_id.as_str()).collect();
    let mut replacers = replacers(db, platform, &taken_back)?;
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
