//! Recorded items that are decided anew, because an office asks for it after other rules were published for their place and year.
//!
//! What was decided stands by the version it was decided under, until somebody asks. Then every item that the new version governs is
//! judged as it would be pushed today, and where that says something new a further decision falls: the line that stood is taken back,
//! and another one stands in its place. Compared is what an item is worth by itself. That its session overlaps another one depends on which
//! came first, and is looked for again whenever a year is counted: an item is not decided otherwise for that alone.

use super::{
    Candidate, Decided, Decision, Fate, Item, Named, Outcome, Reason, ReasonKind, Replaced, Worth, batch::Batch,
    decide::governing, out_of_scope,
};
use crate::{
    hour_ledger::{Entry, EntryKind, REASSESSED},
    kernel::{CourseId, LearnerId, PolicyId, china_date},
    policy::RuleBook,
};

/// What stands of a recorded item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Whose it is.
    pub learner: LearnerId,
    /// What the last decision over it made of it.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The line that it brought, which nothing took back.
    pub line: Option<Entry>,
}

/// Whether an item may be decided anew by other rules: it was judged, and what was judged stands. What waits is let go by what it waits for;
/// what was withdrawn, replaced or waited too long is closed; what an office or its platform took back, or a finding, stays so, and so does what
/// an office counted, or did not count, after it had waited for its word. `line` is that which the last decision brought, where it brought one, and whether it
/// was taken back.
#[must_use]
pub fn may_be_reassessed(outcome: Option<Outcome>, reasons: &[Reason], line: Option<(&Entry, bool)>) -> bool {
    match (outcome, line) {
        (None, _) | (_, Some((_, true))) => false,
        (Some(Outcome::Credited | Outcome::NeedsReview), line) => line.is_some_and(|(line, _)| !line.was_decided()),
        (Some(Outcome::NotCounted), _) => out_of_scope(reasons),
        (Some(Outcome::Refused), _) => true,
    }
}

impl Recorded {
    /// Whether a judgement leaves everything as it stands. Clauses may be other ones: what they lead to is the same.
    fn stays(&self, outcome: Outcome, reasons: &[Reason], worth: Option<&Worth>) -> bool {
        match &self.line {
            Some(line) => is_worth(line, worth) && kind_of(outcome) == Some(line.kind) && alike(&line.review, reasons),
            None => self.outcome == outcome && alike(&self.reasons, reasons),
        }
    }
}

impl Named<'_> {
    /// The rules that govern an item of this person and course; none while either is unknown, or no rules speak.
    pub(super) fn governed_by(&self, book: &RuleBook, item: &Item) -> Option<PolicyId> {
        let (learner, course, day) = (self.learner?, self.course?, china_date(item.completed_at));
        let first = || course.versions.iter().min_by_key(|version| version.number);
        let version = course.version_on(day).or_else(first)?;
        let made_for = version.policy_year.unwrap_or(day.year());
        let governing = governing(book, learner.place_on(day, None)?, made_for, day).ok()?;
        Some(governing.policy.id)
    }
}

/// The kind of line that a judgement brings.
pub(super) const fn kind_of(outcome: Outcome) -> Option<EntryKind> {
    match outcome {
        Outcome::Credited => Some(EntryKind::Credit),
        Outcome::NeedsReview => Some(EntryKind::Provisional),
        Outcome::NotCounted | Outcome::Refused => None,
    }
}

fn is_worth(line: &Entry, worth: Option<&Worth>) -> bool {
    worth.is_some_and(|worth| {
        (line.year, line.hours, &line.category, &line.subject)
            == (worth.year, worth.hours, &worth.category, &worth.subject)
    })
}

fn alike(reasons: &[Reason], others: &[Reason]) -> bool {
    fn kinds(reasons: &[Reason]) -> impl Iterator<Item = &ReasonKind> {
        reasons.iter().map(|reason| &reason.kind)
    }
    kinds(reasons).eq(kinds(others))
}

/// How a recorded item would be decided now.
pub(super) struct Asked {
    pub(super) decision: Decision,
    /// Whether the rules in question govern it.
    pub(super) concerned: bool,
    pub(super) course: Option<CourseId>,
}

impl Batch<'_> {
    /// Decides a recorded item anew. Where no decision falls, the answer says what stands, so that those decided after it see that.
    pub(super) fn reassess(&mut self, candidate: &Candidate, asked: Asked) -> Decided {
        let Asked { decision, concerned, course } = asked;
        let Some(recorded) = &candidate.recorded else { return as_it_stands(candidate, course, false) };
        let Decision::Judged { outcome, reasons, worth } = decision else {
            return as_it_stands(candidate, course, false);
        };
        let (outcome, reasons) = self.in_its_place(candidate, outcome, reasons);
        if !concerned || recorded.stays(outcome, &reasons, worth.as_ref()) {
            return as_it_stands(candidate, course, concerned);
        }
        let reversed = |line: &Entry| {
            let reversal = line.reversal((self.new_id)(), REASSESSED, self.facts.now, &self.recorded_by);
            Replaced::Reversed { external_id: candidate.external_id.clone(), reversal: Box::new(reversal) }
        };
        let replaced = recorded.line.as_ref().map(reversed).into_iter().collect();
        let (number, fate, entry) = (Some(candidate.decided + 1), Fate::Judged(outcome), None);
        let learner = Some(self.file_of(recorded.learner));
        let decided = Decided { number, fate, reasons, learner, course, worth, entry, replaced, concerned };
        self.settle(candidate, decided)
    }

    /// The file in which one is found today.
    fn file_of(&self, learner: LearnerId) -> LearnerId {
        self.facts.successors.get(&learner).copied().unwrap_or(learner)
    }
}

/// That everything stays as it is.
fn as_it_stands(candidate: &Candidate, course: Option<CourseId>, concerned: bool) -> Decided {
    let recorded = candidate.recorded.as_ref();
    Decided {
        number: None,
        fate: Fate::Judged(recorded.map_or(Outcome::Refused, |recorded| recorded.outcome)),
        reasons: recorded.map(|recorded| recorded.reasons.clone()).unwrap_or_default(),
        learner: recorded.map(|recorded| recorded.learner),
        course,
        worth: None,
        entry: recorded.and_then(|recorded| recorded.line.clone()),
        replaced: Vec::new(),
        concerned,
    }
}
