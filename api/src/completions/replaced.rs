//! Items that take the place of others, in chains of any length and in any order of arrival.
//!
//! A correction that was worth nothing itself (refused, waiting) passes on what it was to replace: whoever replaces it replaces
//! that as well, and waits for it where it has not arrived. So of a chain only the last counts, whatever came in first.

use super::{
    judge::{Candidate, Decided, distinct},
    ledger_line::reversal,
};
use crate::problem::Problem;
use domain::{
    hour_ledger::Entry,
    kernel::{EntryId, LearnerId, PlatformId},
};
use std::collections::{HashMap, HashSet};
use store::{
    Db,
    completions::{Completion, CompletionDecision, find, latest_decisions},
    hour_ledger::{entries_of_many, reversed_among},
};

/// How many corrections that were worth nothing are looked through, one query each: more than anyone sends in good faith.
const LONGEST_CHAIN: usize = 32;

/// What becomes of an item whose place another one takes.
#[derive(Clone, Debug)]
pub(super) enum Replaced {
    /// Its hours are taken back by this line.
    Reversal(Box<Entry>),
    /// It was worth nothing, and will not be.
    Silenced {
        /// Its external id.
        external_id: String,
        /// The number of the last decision over it.
        decided: i32,
    },
}

impl Replaced {
    /// Whether it takes back this line.
    pub(super) fn takes_back(&self, line: &Entry) -> bool {
        matches!(self, Self::Reversal(reversal) if reversal.reverses == Some(line.id))
    }
}

/// The items that candidates replace, and the candidates decided so far.
#[derive(Default)]
pub(super) struct Chains(HashMap<String, Standing>);

/// How an item stands.
struct Standing {
    /// The number of the last decision over it.
    decided: i32,
    /// The line that it brought.
    line: Option<Entry>,
    /// Whether that line was taken back.
    reversed: bool,
    /// The item of this batch that took its place while it was worth nothing.
    silenced_by: Option<String>,
    /// What it was to replace.
    replaces: Option<String>,
}

impl Chains {
    /// Loads what the candidates replace, and what that was to replace where it was worth nothing.
    pub(super) fn load(db: &mut Db, platform: PlatformId, candidates: &[Candidate]) -> Result<Self, Problem> {
        let mut chains = Self::default();
        let replaces = candidates.iter().filter_map(|candidate| candidate.evidence.replaces.clone());
        let mut wanted: HashSet<String> = replaces.collect();
        for _ in 0..LONGEST_CHAIN {
            if wanted.is_empty() {
                break;
            }
            let found = standings(db, platform, &distinct(wanted.iter().map(String::as_str)))?;
            let passed_on = found.iter().filter(|(_, standing)| standing.line.is_none());
            let next: HashSet<String> = passed_on.filter_map(|(_, standing)| standing.replaces.clone()).collect();
            chains.0.extend(found);
            wanted = next.into_iter().filter(|id| !chains.0.contains_key(id)).collect();
        }
        Ok(chains)
    }

    /// The item that has to arrive before this one can take its place.
    pub(super) fn missing<'a>(&'a self, evidence: &'a Completion) -> Option<&'a str> {
        let mut seen = HashSet::from([evidence.external_id.as_str()]);
        let mut next = evidence.replaces.as_deref();
        while let Some(id) = next.filter(|id| seen.insert(id)) {
            match self.0.get(id) {
                None => return Some(id),
                Some(standing) if standing.line.is_some() => return None,
                Some(standing) => next = standing.replaces.as_deref(),
            }
        }
        None
    }

    /// Whose place this one takes, now that it is worth something.
    pub(super) fn displaced(&self, evidence: &Completion, by: &Entry) -> Vec<Replaced> {
        let mut seen = HashSet::from([evidence.external_id.as_str()]);
        let mut next = evidence.replaces.as_deref();
        let mut displaced = Vec::new();
        while let Some(id) = next.filter(|id| seen.insert(id)) {
            let Some(standing) = self.0.get(id) else { break };
            match &standing.line {
                Some(line) => {
                    if !standing.reversed {
                        let line = reversal(line, "replaced", by.recorded_at, &by.recorded_by);
                        displaced.push(Replaced::Reversal(Box::new(line)));
                    }
                    break;
                }
                None if standing.silenced_by.is_none() => {
                    displaced.push(Replaced::Silenced { external_id: id.to_owned(), decided: standing.decided });
                }
                None => {}
            }
            next = standing.replaces.as_deref();
        }
        displaced
    }

    /// The number of the last decision over a candidate, those of this batch included.
    pub(super) fn last_number(&self, candidate: &Candidate) -> i32 {
        let standing = self.0.get(&candidate.evidence.external_id);
        standing.map_or(candidate.decided, |standing| standing.decided.max(candidate.decided))
    }

    /// Which item of this batch took the candidate's place already. That happens where items replace each other in a circle.
    pub(super) fn silenced_by(&self, candidate: &Candidate) -> Option<&str> {
        self.0.get(&candidate.evidence.external_id)?.silenced_by.as_deref()
    }

    /// Later candidates of the same batch see what earlier ones did.
    pub(super) fn remember(&mut self, evidence: &Completion, decided: &Decided) {
        for replaced in &decided.replaced {
            match replaced {
                Replaced::Reversal(_) => {
                    let taken_back =
                        |standing: &&mut Standing| standing.line.as_ref().is_some_and(|line| replaced.takes_back(line));
                    self.0.values_mut().filter(taken_back).for_each(|standing| standing.reversed = true);
                }
                Replaced::Silenced { external_id, .. } => {
                    if let Some(standing) = self.0.get_mut(external_id) {
                        standing.decided += 1;
                        standing.silenced_by = Some(evidence.external_id.clone());
                    }
                }
            }
        }
        let standing = Standing {
            decided: decided.number,
            line: decided.entry.clone(),
            reversed: false,
            silenced_by: None,
            replaces: evidence.replaces.clone(),
        };
        self.0.insert(evidence.external_id.clone(), standing);
    }
}

/// How items stand in the database; four queries for any number of them.
fn standings(db: &mut Db, platform: PlatformId, wanted: &[&str]) -> Result<HashMap<String, Standing>, Problem> {
    let known = find(db, platform, wanted)?;
    let decisions: HashMap<String, CompletionDecision> =
        latest_decisions(db, platform, wanted)?.into_iter().map(|d| (d.external_id.clone(), d)).collect();
    let lines: Vec<(LearnerId, EntryId)> =
        decisions.values().filter_map(|d| Some((d.learner_id?, d.entry_id?))).collect();
    let mut learners: Vec<LearnerId> = lines.iter().map(|(learner, _)| *learner).collect();
    learners.sort_unstable();
    learners.dedup();
    let entries: HashMap<EntryId, Entry> =
        entries_of_many(db, &learners, None, None)?.into_iter().map(|entry| (entry.id, entry)).collect();
    let reversed = reversed_among(db, &lines)?;
    let standing = |evidence: Completion| {
        let decision = decisions.get(&evidence.external_id);
        let line = decision.and_then(|decision| decision.entry_id);
        let standing = Standing {
            decided: decision.map_or(0, |decision| decision.number),
            line: line.and_then(|id| entries.get(&id)).cloned(),
            reversed: line.is_some_and(|id| reversed.contains(&id)),
            silenced_by: None,
            replaces: evidence.replaces,
        };
        (evidence.external_id, standing)
    };
    Ok(known.into_iter().map(standing).collect())
}
