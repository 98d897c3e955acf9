//! What the last decision over an item said, so that sending the item again adds nothing while nothing has changed.

use super::{Candidate, Decided, Fate, Outcome, Reason, decide::CLOCK_SKEW};
use crate::kernel::{CourseId, LearnerId, PolicyId};
use time::OffsetDateTime;

/// What the last decision over an item said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The outcome; `None` where it waits.
    pub outcome: Option<Outcome>,
    /// What it waits for by now, as the queue of what waits has it: see [`super::WaitsFor`].
    pub waits_for: Option<String>,
    /// The reasons.
    pub reasons: Vec<Reason>,
    /// The learner.
    pub learner: Option<LearnerId>,
    /// The course.
    pub course: Option<CourseId>,
    /// The year that it was worth something for.
    pub year: Option<i32>,
    /// The category in the tree of the rules that decided.
    pub category: Option<String>,
    /// The version of those rules.
    pub policy: Option<PolicyId>,
    /// When it was pushed last, so that a decision answered it.
    pub pushed_at: OffsetDateTime,
}

impl Said {
    /// Whether another decision would say nothing that this one has not said.
    ///
    /// One that does something to the ledger or to another item says something new. So does one over an item that lay in the
    /// future at the last push and is past now: it is judged by that push when it is let go.
    pub(super) fn again(&self, candidate: &Candidate, decided: &Decided) -> bool {
        let (outcome, waits_for) = match &decided.fate {
            Fate::Judged(outcome) => (Some(*outcome), None),
            Fate::Held(waits_for) => (None, Some(waits_for.to_string())),
        };
        let worth = decided.worth.as_ref();
        let lay_ahead = |pushed_at| candidate.item.completed_at > pushed_at + CLOCK_SKEW;
        decided.entry.is_none()
            && decided.replaced.is_empty()
            && self.outcome == outcome
            && self.waits_for == waits_for
            && self.reasons == decided.reasons
            && self.learner == decided.learner
            && self.course == decided.course
            && self.year == worth.map(|worth| worth.year)
            && self.category == worth.map(|worth| worth.node().to_string())
            && self.policy == worth.map(|worth| worth.policy.id)
            && lay_ahead(self.pushed_at) == lay_ahead(candidate.pushed_at)
    }
}
