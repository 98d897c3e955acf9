//! Decides recorded items of some people anew by a version of the rules, because an office asks for it.
//!
//! Which items may be, and whether something new would be said, is `domain::completions`'s choice. Each gets a further decision then, the
//! line that stood is taken back, and what draws on it as surplus draws on the line that stands in its place. What it had displaced is
//! decided anew where it is not accepted any more, as with every other decision.

use super::{
    answer::Outcome,
    give_back,
    judge::{Bench, Last, candidates_of},
    reasons::reasons_of,
    release::decide_each,
    write::Written,
};
use crate::{problem::Problem, state::AppState};
use domain::{
    completions::{
        Candidate, Decided, Fate, Occasion, Outcome as Judged, Recorded, Who, is_accepted, may_be_reassessed,
    },
    hour_ledger::{Entry, EntryKind},
    kernel::{EntryId, Hours, LearnerId, PlatformId, PolicyId, Words},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};
use store::{
    Db,
    completions::{CompletionDecision, decided_by_others},
    hour_ledger::{entries_by_id, reversed_among},
    registry::platform_facts,
};
use time::OffsetDateTime;

/// How many items are decided anew at a time.
pub(crate) const CHUNK: i64 = 500;

/// By which rules items are decided anew, in whose name and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reassessing<'r> {
    pub(crate) policy: PolicyId,
    pub(crate) by: &'r str,
    pub(crate) now: OffsetDateTime,
}

/// What an item is worth by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth {
    pub(crate) outcome: Judged,
    /// The year of its line.
    pub(crate) year: Option<i32>,
    /// The hours that count: none of a line that still waits for a review.
    pub(crate) hours: Hours,
}

impl Worth {
    fn of(outcome: Judged, line: Option<&Entry>) -> Self {
        let counts = line.filter(|line| line.kind == EntryKind::Credit);
        Self { outcome, year: line.map(|line| line.year), hours: counts.map(|line| line.hours).unwrap_or_default() }
    }
}

/// An item that was decided otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Became {
    pub(crate) platform: PlatformId,
    pub(crate) external_id: String,
    /// The number of the decision that says so.
    pub(crate) number: i32,
    pub(crate) learner: LearnerId,
    pub(crate) before: Worth,
    pub(crate) after: Worth,
    /// Why it is what it came to be, by codes.
    pub(crate) reasons: Vec<String>,
}

/// Where the items of some people are gone on with: after this one.
pub(crate) type AfterItem = (PlatformId, String);

/// What came of some items.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// How many of them the rules govern.
    pub(crate) items: usize,
    /// Those that were decided otherwise.
    pub(crate) became: Vec<Became>,
    /// How many another transaction was deciding at this moment: they are looked at again.
    pub(crate) left: usize,
    /// Where to go on, unless all items of these people were looked at.
    pub(crate) next: Option<AfterItem>,
}

/// Decides the next items of these people anew, at most [`CHUNK`]. The people are held, so that none of their files goes over into another
/// at this moment.
///
/// # Errors
/// When the database fails.
pub(crate) fn reassess(
    db: &mut Db,
    state: &AppState,
    (people, after): (&[LearnerId], Option<&AfterItem>),
    of: Reassessing<'_>,
) -> Result<Looked, Problem> {
    let after = after.map(|(platform, id)| (*platform, id.as_str()));
    let found = decided_by_others(db, people, of.policy, after, CHUNK)?;
    let whole = usize::try_from(CHUNK).is_ok_and(|whole| found.len() >= whole);
    let next = found.last().filter(|_| whole).map(|last| (last.platform_id, last.external_id.clone()));
    let name = |one: &CompletionDecision| (one.platform_id, one.external_id.clone());
    let looked = RefCell::new(Looked { next, ..Looked::default() });
    let left = decide_each(db, state, &found, name, |db, found| {
        let (items, became) = decide(db, state, found, of)?;
        let mut all = looked.borrow_mut();
        all.items += items;
        all.became.extend(became);
        Ok(())
    })?;
    Ok(Looked { left, ..looked.into_inner() })
}

/// Decides these anew; answers how many of them the rules govern, and what became of those that changed.
fn decide(
    db: &mut Db,
    state: &AppState,
    found: &[CompletionDecision],
    of: Reassessing<'_>,
) -> Result<(usize, Vec<Became>), Problem> {
    let mut recorded = recorded(db, found)?;
    let (mut items, mut became) = (0, Vec::new());
    let mut by_platform: BTreeMap<PlatformId, HashMap<&str, Last>> = BTreeMap::new();
    for last in found {
        let Some(stands) = recorded.get(&(last.platform_id, last.external_id.clone())) else { continue };
        let accepted = is_accepted(Some(stands.outcome), &stands.reasons);
        let seen = Last { decided: last.number, accepted };
        let _ = by_platform.entry(last.platform_id).or_default().insert(&last.external_id, seen);
    }
    for (platform, last) in by_platform {
        let Some(facts) = platform_facts(db, platform)? else { continue };
        let bench = Bench { state, platform: &facts, now: of.now, by: Some(of.by) };
        let mut candidates = candidates_of(db, platform, &last)?;
        for candidate in &mut candidates {
            let stands = recorded.remove(&(platform, candidate.external_id.clone()));
            // Whose it is was decided: a name or a number that was corrected since is no reason to let it wait.
            if let Some(stands) = &stands {
                candidate.who = Who::Learner(stands.learner);
            }
            candidate.recorded = stands;
        }
        let written = Written { origin: None, lines_of: &HashMap::new(), secrets: &HashMap::new() };
        let decided = give_back::decide(db, bench, Occasion::Reassessment(of.policy), &candidates, &written)?;
        items += decided.iter().filter(|one| one.concerned).count();
        became.extend(candidates.iter().zip(&decided).filter_map(|(item, one)| otherwise(platform, item, one)));
    }
    Ok((items, became))
}

/// What stands of those that may be decided anew.
fn recorded(db: &mut Db, found: &[CompletionDecision]) -> Result<HashMap<(PlatformId, String), Recorded>, Problem> {
    let lines: Vec<(LearnerId, EntryId)> = found.iter().filter_map(|last| last.learner_id.zip(last.entry_id)).collect();
    let taken_back = reversed_among(db, &lines)?;
    let mut entries: HashMap<EntryId, Entry> =
        entries_by_id(db, &lines)?.into_iter().map(|line| (line.id, line)).collect();
    let mut stands = HashMap::new();
    for last in found {
        let outcome = Outcome::of_word(&last.outcome).and_then(Outcome::judged);
        let reasons = reasons_of(last)?;
        let line = last.entry_id.and_then(|id| entries.remove(&id));
        let brought = line.as_ref().map(|line| (line, taken_back.contains(&line.id)));
        if let Some((outcome, learner)) = outcome.zip(last.learner_id)
            && may_be_reassessed(Some(outcome), &reasons, brought)
        {
            let key = (last.platform_id, last.external_id.clone());
            let _ = stands.insert(key, Recorded { learner, outcome, reasons, line });
        }
    }
    Ok(stands)
}

fn otherwise(platform: PlatformId, candidate: &Candidate, decided: &Decided) -> Option<Became> {
    let (recorded, number) = candidate.recorded.as_ref().zip(decided.number)?;
    let Fate::Judged(outcome) = decided.fate else { return None };
    let code = |value: serde_json::Value| value.get("code").and_then(|code| code.as_str()).map(str::to_owned);
    let codes = decided.reasons.iter().filter_map(|reason| serde_json::to_value(reason).ok().and_then(code));
    Some(Became {
        platform,
        external_id: candidate.external_id.clone(),
        number,
        learner: decided.learner.unwrap_or(recorded.learner),
        before: Worth::of(recorded.outcome, recorded.line.as_ref()),
        after: Worth::of(outcome, decided.entry.as_ref()),
        reasons: codes.collect(),
    })
}
