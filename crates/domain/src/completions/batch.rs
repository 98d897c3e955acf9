//! Decides the items of a batch, one after the other: what came in together, or what waited for the same thing.
//!
//! The caller brings every fact that the candidates name and writes what comes out. Nothing is looked up here, and ids of new
//! lines come from the caller as well.

use super::{
    Candidate, Chains, CourseRef, Decision, Named, Outcome, Reason, ReasonKind, Replaced, WaitsFor, Who, Worth,
    chains::Signature,
    reassessed::{Asked, kind_of},
    receive,
    waiting::under_its_id,
};
use crate::{
    hour_ledger::Entry,
    kernel::{CourseId, EntryId, LearnerId, PolicyId},
    policy::{RuleBook, shape::CheckKind},
    registry::{CourseFacts, LearnerFacts, PlatformFacts},
};
use std::collections::HashMap;
use time::OffsetDateTime;

/// Why items are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// They were pushed: each gets a decision, which is its answer; for those that were sent again and of which the last decision
    /// said the same, no decision falls.
    Push,
    /// Something they waited for appeared: for those that still wait no decision has fallen.
    Release,
    /// They were out of scope, and what is known of their person was corrected: for those that still are, no decision falls.
    Correction,
    /// What had taken their places is not accepted any more: each gets a decision.
    GivenBack,
    /// An office asked for it after these rules were published: no decision falls for those that other rules govern, those that would
    /// wait, and those of which it would say what was said.
    Reassessment(PolicyId),
}

/// Every fact that the candidates of a batch name.
#[derive(Debug)]
pub struct BatchFacts<'b> {
    /// The published rules and the places.
    pub book: &'b RuleBook,
    /// The platform whose items they are.
    pub platform: &'b PlatformFacts,
    /// The present moment.
    pub now: OffsetDateTime,
    /// Why they are decided.
    pub occasion: Occasion,
    /// In whose name lines are recorded; the platform's where nobody is named.
    pub by: Option<&'b str>,
    /// The learners that exist.
    pub learners: HashMap<LearnerId, LearnerFacts>,
    /// Who has a document, by the hash of its number. Of a file that ended, the one in which it did.
    pub by_hash: HashMap<String, LearnerId>,
    /// In which file those ended that candidates name by their ids.
    pub successors: HashMap<LearnerId, LearnerId>,
    /// The hashes of the names under which each is registered: of one whose files were joined there are several.
    pub name_hashes: HashMap<LearnerId, Vec<String>>,
    /// Courses by the codes that candidates name.
    pub courses_by_code: HashMap<String, CourseFacts>,
    /// Courses by the ids that candidates name.
    pub courses_by_id: HashMap<CourseId, CourseFacts>,
    /// What candidates replace.
    pub chains: Chains,
    /// The lines that nothing took back and whose sessions touch those of a learner's candidates.
    pub sessions: HashMap<LearnerId, Vec<Entry>>,
}

/// What becomes of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It could be judged.
    Judged(Outcome),
    /// It waits.
    Held(WaitsFor),
}

/// The decision over one candidate.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The number of the decision over its item; none where no decision fell: it was let go and still waits, was looked at
    /// again and is still out of scope, or was sent again and the last decision said the same.
    pub number: Option<i32>,
    /// What becomes of it.
    pub fate: Fate,
    /// Why; empty where it is simply credited.
    pub reasons: Vec<Reason>,
    /// Whose it is, where that is known and may be said.
    pub learner: Option<LearnerId>,
    /// The course, where it is known.
    pub course: Option<CourseId>,
    /// What it is worth by itself.
    pub worth: Option<Worth>,
    /// The line it adds to the ledger. It carries the decision's number.
    pub entry: Option<Entry>,
    /// Whose place it takes; of a recorded item that is decided anew its own line, too, which is taken back.
    pub replaced: Vec<Replaced>,
    /// Whether the rules in question govern it; of use where recorded items are decided anew, of which other rules govern some.
    pub concerned: bool,
}

/// Decides every candidate; the answers are in the order of the candidates.
///
/// Candidates are of one platform and no two of one id. Each is decided after the one it replaces, and sees what became of
/// those before it. `new_id` gives the ids of new lines.
#[must_use]
pub fn decide_batch(
    facts: BatchFacts<'_>,
    candidates: &[Candidate],
    new_id: &mut dyn FnMut() -> EntryId,
) -> Vec<Decided> {
    let mut decided: Vec<Option<Decided>> = vec![None; candidates.len()];
    let order = facts.chains.order(candidates);
    let recorded_by = facts.by.map_or_else(|| format!("platform:{}", facts.platform.id), str::to_owned);
    let mut batch = Batch { facts, recorded_by, new_id };
    for index in order {
        let mut one = batch.decide(&candidates[index]);
        if candidates[index].said.as_ref().is_some_and(|said| said.again(&candidates[index], &one)) {
            one.number = None;
        }
        batch.remember(&candidates[index], &one);
        decided[index] = Some(one);
    }
    decided.into_iter().flatten().collect()
}

pub(super) struct Batch<'b> {
    pub(super) facts: BatchFacts<'b>,
    pub(super) recorded_by: String,
    pub(super) new_id: &'b mut dyn FnMut() -> EntryId,
}

impl Batch<'_> {
    fn decide(&mut self, candidate: &Candidate) -> Decided {
        let facts = &self.facts;
        let (id, given) = match &candidate.who {
            Who::Learner(id) => (Some(facts.successors.get(id).copied().unwrap_or(*id)), None),
            Who::Document { hash, name_hash } => (facts.by_hash.get(hash).copied(), name_hash.as_ref()),
        };
        let learner = id.and_then(|id| facts.learners.get(&id));
        let registered = learner.and_then(|learner| facts.name_hashes.get(&learner.id));
        let course = match &candidate.course {
            CourseRef::Code(code) => facts.courses_by_code.get(code),
            CourseRef::Id(id) => facts.courses_by_id.get(id),
        };
        let named = Named {
            learner,
            name_matches: given.is_none_or(|given| registered.is_some_and(|names| names.contains(given))),
            course,
            course_ref: &candidate.course.text(),
            no_place: facts.chains.no_place(candidate),
        };
        let decision = receive(&named, facts.book, facts.platform, candidate.pushed_at, &candidate.item);
        if let Occasion::Reassessment(policy) = facts.occasion {
            let governing = named.governed_by(facts.book, &candidate.item);
            let asked =
                Asked { decision, concerned: governing == Some(policy), course: course.map(|course| course.id) };
            return self.reassess(candidate, asked);
        }
        let (learner, course) = (learner.map(|learner| learner.id), course.map(|course| course.id));
        match decision {
            Decision::Held(reasons) => self.held(candidate, reasons, learner, course),
            Decision::Judged { outcome: Outcome::NotCounted, reasons, worth }
                if facts.occasion == Occasion::Correction =>
            {
                let fate = Fate::Judged(Outcome::NotCounted);
                let (entry, replaced, concerned) = (None, Vec::new(), true);
                Decided { number: None, fate, reasons, learner, course, worth, entry, replaced, concerned }
            }
            Decision::Judged { outcome, reasons, worth } => {
                let (outcome, reasons) = self.in_its_place(candidate, outcome, reasons);
                let (number, fate) = (Some(candidate.decided + 1), Fate::Judged(outcome));
                let (entry, replaced, concerned) = (None, Vec::new(), true);
                let decided = Decided { number, fate, reasons, learner, course, worth, entry, replaced, concerned };
                self.settle(candidate, decided)
            }
        }
    }

    /// A judgement, unless another item has taken the place that this one is to take.
    pub(super) fn in_its_place(
        &self,
        candidate: &Candidate,
        outcome: Outcome,
        reasons: Vec<Reason>,
    ) -> (Outcome, Vec<Reason>) {
        match self.facts.chains.taken(candidate) {
            Some(by) => (Outcome::Refused, already_replaced(by, outcome, reasons)),
            None => (outcome, reasons),
        }
    }

    fn held(
        &self,
        candidate: &Candidate,
        reasons: Vec<Reason>,
        learner: Option<LearnerId>,
        course: Option<CourseId>,
    ) -> Decided {
        // Whose number it is stays unsaid until the name agrees as well.
        let mismatch = reasons.iter().any(|reason| reason.kind == ReasonKind::NameMismatch);
        let learner = learner.filter(|_| !mismatch);
        let reasons: Vec<Reason> = reasons.into_iter().map(|reason| under_its_id(reason, candidate)).collect();
        let fate = match WaitsFor::of(&reasons, candidate, learner, self.facts.platform.id) {
            Some(waits_for) => Fate::Held(waits_for),
            None => Fate::Judged(Outcome::Refused),
        };
        let still_waits = self.facts.occasion == Occasion::Release && matches!(fate, Fate::Held(_));
        let number = (!still_waits).then_some(candidate.decided + 1);
        let (worth, entry, replaced, concerned) = (None, None, Vec::new(), true);
        Decided { number, fate, reasons, learner, course, worth, entry, replaced, concerned }
    }

    /// Adds to a judgement what it does to the ledger: the line, whose place it takes, and the doubt about its session.
    pub(super) fn settle(&mut self, candidate: &Candidate, mut decided: Decided) -> Decided {
        let Fate::Judged(outcome) = decided.fate else { return decided };
        if outcome == Outcome::Refused {
            return decided;
        }
        decided.entry = self.line(candidate, outcome, &decided);
        // A correction stands as what its platform now says is true, also where that is worth nothing here.
        let signature = Signature { at: self.facts.now, by: &self.recorded_by };
        decided.replaced.extend(self.facts.chains.displaced(candidate, signature, self.new_id));
        if let Some(reason) = self.overlap(&decided) {
            // The line itself stays as it is worth by itself: overlaps are looked for again whenever a year is counted.
            decided.fate = Fate::Judged(Outcome::NeedsReview);
            decided.reasons.push(reason);
        }
        decided
    }

    /// The line of a judgement that is worth hours.
    fn line(&mut self, candidate: &Candidate, outcome: Outcome, decided: &Decided) -> Option<Entry> {
        let kind = kind_of(outcome)?;
        let (learner, worth) = (decided.learner?, decided.worth.as_ref()?);
        Some(Entry {
            id: (self.new_id)(),
            learner,
            kind,
            year: worth.year,
            place: worth.place.clone(),
            category: worth.category.clone(),
            subject: worth.subject.clone(),
            hours: worth.hours,
            course: decided.course,
            course_version: Some(worth.course_version),
            platform: Some(self.facts.platform.id),
            external_id: Some(candidate.external_id.clone()),
            completion: Some(candidate.completion),
            decision_number: decided.number,
            mode: Some(candidate.item.mode),
            started_at: candidate.item.started_at,
            ended_at: candidate.item.ended_at,
            completed_at: candidate.item.completed_at,
            ground: None,
            policy: Some(worth.policy.id),
            review: decided.reasons.clone(),
            reverses: None,
            reason_code: None,
            recorded_at: self.facts.now,
            recorded_by: self.recorded_by.clone(),
        })
    }

    /// Whether the session overlaps another one. What the item replaces is none.
    fn overlap(&self, decided: &Decided) -> Option<Reason> {
        let (entry, worth) = (decided.entry.as_ref()?, decided.worth.as_ref()?);
        let check = worth.policy.rules.check.iter().find(|check| check.what == CheckKind::OverlappingSessions)?;
        let mut others = self.facts.sessions.get(&entry.learner)?.iter();
        let clashes =
            others.any(|other| other.overlaps(entry) && !reversals(decided).any(|one| one.reverses == Some(other.id)));
        clashes.then(|| Reason::cited(ReasonKind::OverlappingSessions, &check.cite))
    }

    /// Later candidates of the same batch see what earlier ones did.
    fn remember(&mut self, candidate: &Candidate, decided: &Decided) {
        self.facts.chains.remember(candidate, decided);
        for reversal in reversals(decided) {
            if let Some(sessions) = self.facts.sessions.get_mut(&reversal.learner) {
                sessions.retain(|session| reversal.reverses != Some(session.id));
            }
        }
        if let Some(entry) = decided.entry.as_ref().filter(|entry| entry.started_at.is_some()) {
            self.facts.sessions.entry(entry.learner).or_default().push(entry.clone());
        }
    }
}

/// The reasons of an item that comes too late to replace another: beside those that refuse it anyway, the item that came before.
fn already_replaced(by: &str, outcome: Outcome, mut reasons: Vec<Reason>) -> Vec<Reason> {
    if outcome != Outcome::Refused {
        reasons.clear();
    }
    reasons.push(Reason::plain(ReasonKind::AlreadyReplaced { by: by.to_owned() }));
    reasons
}

fn reversals(decided: &Decided) -> impl Iterator<Item = &Entry> {
    decided.replaced.iter().filter_map(|replaced| match replaced {
        Replaced::Reversed { reversal, .. } => Some(&**reversal),
        Replaced::Closed(_) => None,
    })
}
