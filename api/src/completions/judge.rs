//! Loads every fact that a batch names, in a handful of queries, and has it decided by `domain::completions`.

use super::chains;
use crate::{problem::Problem, state::AppState};
use domain::{
    completions::{BatchFacts, Candidate, CourseRef, Decided, Item, Occasion, Who, decide_batch},
    hour_ledger::{Entry, EntryKind},
    kernel::{CourseId, EntryId, LearnerId, PersonName, PlatformId},
    registry::{LearnerFacts, PlatformFacts},
};
use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
    hash::Hash,
};
use store::{
    Db,
    completions::{Completion, find, last_pushed},
    hour_ledger::{SessionWindow, sessions_of},
    registry::{
        Holder, courses_by_code, courses_by_id, find_by_identifier, load_learner_facts, names_of_holders, successors,
    },
};
use time::OffsetDateTime;

/// Who decides, and when.
#[derive(Clone, Copy)]
pub(super) struct Bench<'b> {
    pub(super) state: &'b AppState,
    pub(super) platform: &'b PlatformFacts,
    pub(super) now: OffsetDateTime,
    /// In whose name lines are recorded; the platform's where nobody is named.
    pub(super) by: Option<&'b str>,
}

/// The last decision over an item that wants another one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Last {
    /// Its number, zero before the first: a later decision then collides with the next one.
    pub(super) decided: i32,
    /// See [`Candidate::accepted`].
    pub(super) accepted: bool,
}

/// The items as candidates that nobody pushes now, in the order of their ids.
pub(super) fn candidates_of<K: Borrow<str> + Eq + Hash>(
    db: &mut Db,
    platform: PlatformId,
    last: &HashMap<K, Last>,
) -> Result<Vec<Candidate>, Problem> {
    let ids: Vec<&str> = last.keys().map(Borrow::borrow).collect();
    let pushed_at: HashMap<String, OffsetDateTime> = last_pushed(db, platform, &ids)?.into_iter().collect();
    let mut candidates: Vec<Candidate> = find(db, platform, &ids)?
        .into_iter()
        .filter_map(|evidence| {
            let last = *last.get(evidence.external_id.as_str())?;
            let pushed_at = pushed_at.get(&evidence.external_id).copied().unwrap_or(evidence.received_at);
            Some(candidate(evidence, last, pushed_at))
        })
        .collect();
    candidates.sort_by(|a, b| a.external_id.cmp(&b.external_id));
    Ok(candidates)
}

/// Evidence as a candidate.
pub(super) fn candidate(evidence: Completion, last: Last, pushed_at: OffsetDateTime) -> Candidate {
    let who = match evidence.learner_ref {
        Some(id) => Who::Learner(id),
        None => Who::Document { hash: evidence.person_hash.unwrap_or_default(), name_hash: evidence.name_hash },
    };
    let id = if evidence.course_ref_kind == "id" { evidence.course_ref.parse().ok() } else { None };
    Candidate {
        external_id: evidence.external_id,
        completion: evidence.completion_id,
        who,
        course: id.map_or(CourseRef::Code(evidence.course_ref), CourseRef::Id),
        item: Item {
            mode: evidence.mode,
            claimed: evidence.hours_hundredths,
            started_at: evidence.started_at,
            ended_at: evidence.ended_at,
            score: evidence.score_hundredths,
            passed: evidence.passed,
            completed_at: evidence.completed_at,
        },
        replaces: evidence.replaces,
        decided: last.decided,
        accepted: last.accepted,
        said: None,
        recorded: None,
        pushed_at,
    }
}

/// Decides every candidate; the answers are in the order of the candidates.
pub(super) fn decide_all(
    db: &mut Db,
    bench: Bench<'_>,
    occasion: Occasion,
    candidates: &[Candidate],
) -> Result<Vec<Decided>, Problem> {
    let book = bench.state.rule_books.current(db)?;
    let hashes = distinct(candidates.iter().filter_map(|candidate| match &candidate.who {
        Who::Document { hash, .. } => Some(hash.as_str()),
        Who::Learner(_) => None,
    }));
    let holders = find_by_identifier(db, &hashes)?;
    let by_hash: HashMap<String, LearnerId> =
        holders.iter().map(|holder| (holder.hash.clone(), holder.learner)).collect();
    let by_id: Vec<LearnerId> = candidates.iter().filter_map(named_by_id).collect();
    let successors = successors(db, &by_id)?;
    let named = |candidate: &Candidate| match &candidate.who {
        Who::Learner(id) => Some(successors.get(id).copied().unwrap_or(*id)),
        Who::Document { hash, .. } => by_hash.get(hash).copied(),
    };
    let mut ids: Vec<LearnerId> = candidates.iter().filter_map(named).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut learners: HashMap<LearnerId, LearnerFacts> =
        load_learner_facts(db, &ids)?.into_iter().filter(is_known).map(|facts| (facts.id, facts)).collect();
    let name_hashes = name_hashes(db, bench, &holders, &ids)?;
    // Of someone who was erased there is a file and no person.
    learners.retain(|id, _| name_hashes.contains_key(id));
    let (codes, course_ids) = courses_named(candidates);
    let courses_by_code = courses_by_code(db, &codes)?.into_iter().map(|facts| (facts.code.clone(), facts)).collect();
    let courses_by_id = courses_by_id(db, &course_ids)?.into_iter().map(|facts| (facts.id, facts)).collect();
    let chains = chains::load(db, bench.platform.id, candidates)?;
    let sessions = sessions(db, candidates, named)?;
    let facts = BatchFacts {
        book: &book,
        platform: bench.platform,
        now: bench.now,
        occasion,
        by: bench.by,
        learners,
        by_hash,
        successors,
        name_hashes,
        courses_by_code,
        courses_by_id,
        chains,
        sessions,
    };
    Ok(decide_batch(facts, candidates, &mut || EntryId::from_uuid(bench.state.new_id())))
}

fn named_by_id(candidate: &Candidate) -> Option<LearnerId> {
    match &candidate.who {
        Who::Learner(id) => Some(*id),
        Who::Document { .. } => None,
    }
}

/// The hashes of the names under which each is known.
fn name_hashes(
    db: &mut Db,
    bench: Bench<'_>,
    holders: &[Holder],
    files: &[LearnerId],
) -> Result<HashMap<LearnerId, Vec<String>>, Problem> {
    let hash = |name| bench.state.keys.name_hash(&PersonName::from_stored(name).normalised());
    let hashed = |(id, names): (LearnerId, Vec<String>)| (id, names.into_iter().map(hash).collect());
    Ok(names_of_holders(db, holders, files)?.into_iter().map(hashed).collect())
}

/// A learner who exists has a place; of an id that names nobody there are no facts.
fn is_known(facts: &LearnerFacts) -> bool {
    !facts.places.is_empty()
}

pub(super) fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn courses_named(candidates: &[Candidate]) -> (Vec<&str>, Vec<CourseId>) {
    let codes = distinct(candidates.iter().filter_map(|candidate| match &candidate.course {
        CourseRef::Code(code) => Some(code.as_str()),
        CourseRef::Id(_) => None,
    }));
    let mut ids: Vec<CourseId> = candidates
        .iter()
        .filter_map(|candidate| match &candidate.course {
            CourseRef::Id(id) => Some(*id),
            CourseRef::Code(_) => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    (codes, ids)
}

/// The lines whose sessions touch the candidates' sessions, each looked for in its own time; nothing is asked where no
/// candidate states one.
fn sessions(
    db: &mut Db,
    candidates: &[Candidate],
    named: impl Fn(&Candidate) -> Option<LearnerId>,
) -> Result<HashMap<LearnerId, Vec<Entry>>, Problem> {
    let window = |candidate: &Candidate| {
        let (from, until) = candidate.item.started_at.zip(candidate.item.ended_at)?;
        Some(SessionWindow { learner: named(candidate)?, from, until })
    };
    let windows: Vec<SessionWindow> = candidates.iter().filter_map(window).collect();
    let mut lines = sessions_of(db, &windows)?;
    let reversed: HashSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
    lines.retain(|line| line.kind != EntryKind::Reversal && !reversed.contains(&line.id));
    let mut found: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for line in lines {
        found.entry(line.learner).or_default().push(line);
    }
    Ok(found)
}
