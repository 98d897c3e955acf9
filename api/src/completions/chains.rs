//! Looks up how the items stand that others replace. What follows from it is `domain::completions`'s choice.

use super::{answer::Outcome, intake::reasons_of};
use crate::problem::Problem;
use domain::{
    completions::{Candidate, Chains, Link, Standing},
    hour_ledger::Entry,
    kernel::{EntryId, LearnerId, PlatformId, Words},
};
use std::collections::HashMap;
use store::{
    Db,
    completions::{CompletionDecision, find, latest_decisions},
    hour_ledger::{entries_by_id, reversed_among},
};

/// What the candidates replace, and what that was to replace where it passes it on: four queries a generation.
pub(super) fn load(db: &mut Db, platform: PlatformId, candidates: &[Candidate]) -> Result<Chains, Problem> {
    let mut chains = Chains::of(candidates);
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
    let links = known.into_iter().map(|evidence| {
        let last = decisions.get(&evidence.external_id);
        let line = last.and_then(|last| last.entry_id).and_then(|id| entries.remove(&id));
        let line = line.map(|line| (reversed.contains(&line.id), line)).map(|(reversed, line)| (line, reversed));
        let outcome = last.and_then(|last| Outcome::of_word(&last.outcome)).and_then(Outcome::judged);
        let reasons = last.map(reasons_of).unwrap_or_default();
        let link = Link {
            decided: last.map_or(0, |last| last.number),
            standing: Standing::after(outcome, &reasons, line),
            replaces: evidence.replaces,
        };
        (evidence.external_id, link)
    });
    Ok(links.collect())
}
