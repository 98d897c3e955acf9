//! Decides many items at once: every fact is loaded in a handful of queries, then each item is decided purely.

use super::{
    answer::{Credit, Outcome},
    ledger_line::{Earned, entry},
    replaced::{Chains, Replaced},
};
use crate::{problem::Problem, state::AppState};
use domain::{
    completions::{Decision, Item, Named, Outcome as Judged, Reason, ReasonKind, Worth, receive},
    hour_ledger::{Entry, EntryKind},
    kernel::{CourseId, EntryId, LearnerId, PersonName, PlatformId},
    policy::{RuleBook, shape::CheckKind},
    registry::{CourseFacts, LearnerFacts, PlatformFacts},
};
use std::{collections::HashMap, sync::Arc};
use store::{
    Db,
    completions::Completion,
    hour_ledger::sessions_of,
    registry::{courses_by_code, courses_by_id, find_by_identifier, load_learner_facts, persons},
};
use time::OffsetDateTime;

/// Evidence that wants a decision.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) evidence: Completion,
    /// The number of the last decision over it; zero before the first.
    pub(super) decided: i32,
    /// When it was pushed: what lies in the future then is refused, and may be sent again later.
    pub(super) pushed_at: OffsetDateTime,
}

/// The decision over one candidate.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    /// The number of the decision over its item.
    pub(super) number: i32,
    pub(super) outcome: Outcome,
    pub(super) reasons: Vec<Reason>,
    pub(super) learner: Option<LearnerId>,
    pub(super) course: Option<CourseId>,
    pub(super) worth: Option<Worth>,
    /// The line it adds to the ledger.
    pub(super) entry: Option<Entry>,
    /// Whose place it takes.
    pub(super) replaced: Vec<Replaced>,
    /// What it waits for.
    pub(super) waits_for: Option<String>,
}

impl Decided {
    pub(super) fn credit(&self) -> Option<Credit> {
        self.worth.as_ref().map(|worth| Credit::of(worth, self.entry.as_ref().map(|entry| entry.id)))
    }
}

/// Who decides, and when.
#[derive(Clone, Copy)]
pub(super) struct Bench<'b> {
    pub(super) state: &'b AppState,
    pub(super) platform: &'b PlatformFacts,
    pub(super) now: OffsetDateTime,
}

/// Every fact that the candidates name.
struct Facts {
    book: Arc<RuleBook>,
    learners: HashMap<LearnerId, LearnerFacts>,
    by_hash: HashMap<String, LearnerId>,
    name_hashes: HashMap<LearnerId, String>,
    courses: HashMap<String, CourseFacts>,
    chains: Chains,
    sessions: HashMap<LearnerId, Vec<Entry>>,
}

/// Decides every candidate; the answers are in the order of the candidates.
pub(super) fn decide_all(db: &mut Db, bench: Bench<'_>, candidates: &[Candidate]) -> Result<Vec<Decided>, Problem> {
    let mut facts = Facts::load(db, bench, candidates)?;
    let mut decided: Vec<Option<Decided>> = vec![None; candidates.len()];
    for index in order(candidates) {
        // In a circle of items that replace each other, one may have been decided over already.
        let decided_over = facts.chains.last_number(&candidates[index]);
        let renumbered;
        let candidate = if decided_over == candidates[index].decided {
            &candidates[index]
        } else {
            renumbered = Candidate { decided: decided_over, ..candidates[index].clone() };
            &renumbered
        };
        let one = match facts.chains.silenced_by(candidate) {
            Some(by) => silenced(candidate, by),
            None => facts.decide(bench, candidate),
        };
        facts.remember(candidate, &one);
        decided[index] = Some(one);
    }
    Ok(decided.into_iter().flatten().collect())
}

/// An item is decided after the one it replaces, where both came in together.
fn order(candidates: &[Candidate]) -> Vec<usize> {
    let index_of: HashMap<&str, usize> =
        candidates.iter().enumerate().map(|(index, c)| (c.evidence.external_id.as_str(), index)).collect();
    let mut order = Vec::with_capacity(candidates.len());
    let mut placed = vec![false; candidates.len()];
    for start in 0..candidates.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(index) = next.filter(|index| !placed[*index]) {
            placed[index] = true;
            chain.push(index);
            next = candidates[index].evidence.replaces.as_deref().and_then(|id| index_of.get(id).copied());
        }
        order.extend(chain.into_iter().rev());
    }
    order
}

pub(super) fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Facts {
    fn load(db: &mut Db, bench: Bench<'_>, candidates: &[Candidate]) -> Result<Self, Problem> {
        let evidence = || candidates.iter().map(|candidate| &candidate.evidence);
        let book = bench.state.rule_books.current(db)?;
        let hashes = distinct(evidence().filter_map(|e| e.person_hash.as_deref()));
        let by_hash: HashMap<String, LearnerId> = find_by_identifier(db, &hashes)?.into_iter().collect();
        let mut ids: Vec<LearnerId> =
            by_hash.values().copied().chain(evidence().filter_map(|e| e.learner_ref)).collect();
        ids.sort_unstable();
        ids.dedup();
        let learners: HashMap<LearnerId, LearnerFacts> =
            load_learner_facts(db, &ids)?.into_iter().filter(is_known).map(|facts| (facts.id, facts)).collect();
        let named: Vec<LearnerId> = by_hash.values().copied().collect();
        let name_hashes = persons(db, &named)?
            .into_iter()
            .map(|row| (row.learner_id, bench.state.keys.name_hash(&PersonName::from_stored(row.name).normalised())))
            .collect();
        let courses = courses(db, candidates)?;
        let chains = Chains::load(db, bench.platform.id, candidates)?;
        let sessions = sessions(db, candidates, &ids)?;
        Ok(Self { book, learners, by_hash, name_hashes, courses, chains, sessions })
    }

    fn decide(&self, bench: Bench<'_>, candidate: &Candidate) -> Decided {
        let evidence = &candidate.evidence;
        let by_hash = evidence.person_hash.as_ref().and_then(|hash| self.by_hash.get(hash)).copied();
        let learner = evidence.learner_ref.or(by_hash).and_then(|id| self.learners.get(&id));
        let registered = learner.and_then(|learner| self.name_hashes.get(&learner.id));
        let named = Named {
            learner,
            name_matches: evidence.name_hash.as_ref().is_none_or(|given| registered == Some(given)),
            course: self.courses.get(&evidence.course_ref),
            course_ref: &evidence.course_ref,
            missing_replaced: self.chains.missing(evidence),
        };
        let item = Item {
            mode: evidence.mode,
            claimed: evidence.hours_hundredths,
            started_at: evidence.started_at,
            ended_at: evidence.ended_at,
            score: evidence.score_hundredths,
            passed: evidence.passed,
            completed_at: evidence.completed_at,
        };
        let decision = receive(&named, &self.book, bench.platform, candidate.pushed_at, &item);
        let (learner, course) = (learner.map(|l| l.id), named.course.map(|c| c.id));
        match decision {
            Decision::Held(reasons) => held(candidate, reasons, learner, course),
            Decision::Judged { outcome, reasons, worth } => {
                self.judged(bench, candidate, (learner, course), outcome, reasons, worth)
            }
        }
    }

    fn judged(
        &self,
        bench: Bench<'_>,
        candidate: &Candidate,
        (learner, course): (Option<LearnerId>, Option<CourseId>),
        judged: Judged,
        mut reasons: Vec<Reason>,
        worth: Option<Worth>,
    ) -> Decided {
        let mut outcome = match judged {
            Judged::Credited => Outcome::Credited,
            Judged::NeedsReview => Outcome::NeedsReview,
            Judged::NotCounted => Outcome::NotCounted,
            Judged::Refused => Outcome::Refused,
        };
        let kind = match judged {
            Judged::Credited => Some(EntryKind::Credit),
            Judged::NeedsReview => Some(EntryKind::Provisional),
            Judged::NotCounted | Judged::Refused => None,
        };
        let entry = match (kind, learner, &worth) {
            (Some(kind), Some(learner), Some(worth)) => {
                Some(entry(bench, &Earned { candidate, kind, learner, course, worth, reasons: &reasons }))
            }
            _ => None,
        };
        let replaced = entry.as_ref().map_or_else(Vec::new, |entry| self.chains.displaced(&candidate.evidence, entry));
        if let Some((entry, worth)) = entry.as_ref().zip(worth.as_ref())
            && let Some(reason) = self.overlap(entry, worth, &replaced)
        {
            // The line itself stays as it is worth by itself: overlaps are looked for again whenever a year is counted.
            outcome = Outcome::NeedsReview;
            reasons.push(reason);
        }
        let number = candidate.decided + 1;
        Decided { number, outcome, reasons, learner, course, worth, entry, replaced, waits_for: None }
    }

    /// Whether the session overlaps another one. What the item replaces is none.
    fn overlap(&self, entry: &Entry, worth: &Worth, replaced: &[Replaced]) -> Option<Reason> {
        let check = worth.policy.rules.check.iter().find(|check| check.what == CheckKind::OverlappingSessions)?;
        let sessions = self.sessions.get(&entry.learner)?;
        let mut others = sessions.iter().filter(|other| !replaced.iter().any(|one| one.takes_back(other)));
        let clashes = others.any(|other| other.overlaps(entry));
        clashes.then(|| Reason::cited(ReasonKind::OverlappingSessions, &check.cite))
    }

    /// Later candidates of the same batch see what earlier ones did.
    fn remember(&mut self, candidate: &Candidate, decided: &Decided) {
        self.chains.remember(&candidate.evidence, decided);
        for replaced in &decided.replaced {
            for sessions in self.sessions.values_mut() {
                sessions.retain(|session| !replaced.takes_back(session));
            }
        }
        if let Some(entry) = decided.entry.as_ref().filter(|entry| entry.started_at.is_some()) {
            self.sessions.entry(entry.learner).or_default().push(entry.clone());
        }
    }
}

/// A learner who exists has a place; of an id that names nobody there are no facts.
fn is_known(facts: &LearnerFacts) -> bool {
    !facts.places.is_empty()
}

/// The decision over an item whose place another one of the batch has taken.
fn silenced(candidate: &Candidate, by: &str) -> Decided {
    Decided {
        number: candidate.decided + 1,
        outcome: Outcome::NotCounted,
        reasons: vec![Reason::plain(ReasonKind::Replaced { by: by.to_owned() })],
        learner: None,
        course: None,
        worth: None,
        entry: None,
        replaced: Vec::new(),
        waits_for: None,
    }
}

fn held(candidate: &Candidate, reasons: Vec<Reason>, learner: Option<LearnerId>, course: Option<CourseId>) -> Decided {
    let evidence = &candidate.evidence;
    let platform = evidence.platform_id;
    let waits_for = reasons.first().map(|reason| match &reason.kind {
        ReasonKind::PersonUnknown => format!("person:{}", evidence.person_hash.clone().unwrap_or_default()),
        ReasonKind::NameMismatch => format!("name:{}", evidence.person_hash.clone().unwrap_or_default()),
        ReasonKind::ReplacedItemUnknown { replaces } => waits_for_item(platform, replaces),
        ReasonKind::NoRuleInForce { place, year } => format!("rule:{place}:{year}"),
        _ => format!("course:{}", evidence.course_ref),
    });
    let by_id = |kind: &ReasonKind| match kind {
        ReasonKind::PersonUnknown => evidence.learner_ref.is_some(),
        ReasonKind::CourseUnknown { .. } => evidence.course_ref_kind == "id",
        _ => false,
    };
    // Whose number it is stays unsaid until the name agrees as well.
    let mismatch = reasons.iter().any(|reason| reason.kind == ReasonKind::NameMismatch);
    let learner = learner.filter(|_| !mismatch);
    // An id is made by this service: one that it does not know will not appear later.
    let outcome = if reasons.iter().any(|reason| by_id(&reason.kind)) { Outcome::Refused } else { Outcome::Held };
    let waits_for = waits_for.filter(|_| outcome == Outcome::Held);
    let (number, replaced) = (candidate.decided + 1, Vec::new());
    Decided { number, outcome, reasons, learner, course, worth: None, entry: None, replaced, waits_for }
}

/// What an item waits for that replaces one not seen yet.
pub(super) fn waits_for_item(platform: PlatformId, external_id: &str) -> String {
    format!("item:{platform}:{external_id}")
}

fn courses(db: &mut Db, candidates: &[Candidate]) -> Result<HashMap<String, CourseFacts>, Problem> {
    let refs = |kind: &'static str| {
        let of_kind = candidates.iter().map(|c| &c.evidence).filter(move |e| e.course_ref_kind == kind);
        distinct(of_kind.map(|e| e.course_ref.as_str()))
    };
    let codes = refs("code");
    let mut found: HashMap<String, CourseFacts> =
        courses_by_code(db, &codes)?.into_iter().map(|facts| (facts.code.clone(), facts)).collect();
    let ids: Vec<CourseId> = refs("id").into_iter().filter_map(|id| id.parse().ok()).collect();
    if !ids.is_empty() {
        found.extend(courses_by_id(db, &ids)?.into_iter().map(|facts| (facts.id.to_string(), facts)));
    }
    Ok(found)
}

/// Lines with a session near the candidates' sessions; nothing is asked where no candidate states one.
fn sessions(
    db: &mut Db,
    candidates: &[Candidate],
    learners: &[LearnerId],
) -> Result<HashMap<LearnerId, Vec<Entry>>, Problem> {
    let from = candidates.iter().filter_map(|c| c.evidence.started_at).min();
    let until = candidates.iter().filter_map(|c| c.evidence.ended_at).max();
    let (Some(from), Some(until)) = (from, until) else { return Ok(HashMap::new()) };
    let mut lines = sessions_of(db, learners, from, until)?;
    let reversed: std::collections::HashSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
    lines.retain(|line| line.kind != EntryKind::Reversal && !reversed.contains(&line.id));
    let mut found: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for line in lines {
        found.entry(line.learner).or_default().push(line);
    }
    Ok(found)
}
