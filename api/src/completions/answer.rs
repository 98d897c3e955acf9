//! The answer to one item, before it is put into words.

use crate::problem::FieldError;
use domain::{
    completions::{Fate, Outcome as Judged, Reason, ReasonKind, Worth},
    kernel::{CompletionId, EntryId, Hours, LearnerId, PlaceCode, PolicyId},
    words,
};
use serde::{Deserialize, Serialize};

words! {
    /// 单条结果 / What becomes of one item.
    pub(super) enum Outcome {
        /// Hours were credited.
        Credited = "credited",
        /// The same item was recorded before.
        AlreadyRecorded = "already_recorded",
        /// The id was recorded before with other content.
        Conflict = "conflict",
        /// A rule refuses it.
        Refused = "refused",
        /// It waits.
        Held = "held",
        /// It is kept and worth nothing here.
        NotCounted = "not_counted",
        /// It is kept and wants a decision.
        NeedsReview = "needs_review",
        /// It cannot be read.
        Malformed = "malformed",
    }
}

impl Outcome {
    /// What a decision says.
    pub(super) const fn of(fate: &Fate) -> Self {
        match fate {
            Fate::Judged(Judged::Credited) => Self::Credited,
            Fate::Judged(Judged::NeedsReview) => Self::NeedsReview,
            Fate::Judged(Judged::NotCounted) => Self::NotCounted,
            Fate::Judged(Judged::Refused) => Self::Refused,
            Fate::Held(_) => Self::Held,
        }
    }

    /// The judgement that a decision made, where it made one.
    pub(super) const fn judged(self) -> Option<Judged> {
        match self {
            Self::Credited => Some(Judged::Credited),
            Self::NeedsReview => Some(Judged::NeedsReview),
            Self::NotCounted => Some(Judged::NotCounted),
            Self::Refused => Some(Judged::Refused),
            Self::Held | Self::AlreadyRecorded | Self::Conflict | Self::Malformed => None,
        }
    }
}

/// What became of an item the first time, for a repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct First {
    /// The first outcome.
    pub(super) outcome: Outcome,
    /// The outcome of the last decision, where another followed.
    pub(super) now: Outcome,
    /// Whether its hours were taken back.
    pub(super) reversed: bool,
}

/// The hours of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Credit {
    pub(super) entry: Option<EntryId>,
    pub(super) year: i32,
    pub(super) place: PlaceCode,
    pub(super) category: String,
    pub(super) hours: Hours,
    pub(super) policy: PolicyId,
}

impl Credit {
    pub(super) fn of(worth: &Worth, entry: Option<EntryId>) -> Self {
        Self {
            entry,
            year: worth.year,
            place: worth.place.clone(),
            category: worth.node().to_string(),
            hours: worth.hours,
            policy: worth.policy.id,
        }
    }
}

/// The answer to one line.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) line: i32,
    pub(super) external_id: Option<String>,
    pub(super) completion: Option<CompletionId>,
    pub(super) learner: Option<LearnerId>,
    pub(super) outcome: Outcome,
    pub(super) reasons: Vec<Reason>,
    pub(super) credit: Option<Credit>,
    pub(super) first: Option<First>,
    pub(super) conflicting: Vec<String>,
    pub(super) faults: Vec<FieldError>,
    /// Whether a decision fell that keeps it. Where none did, it is kept by itself.
    pub(super) decided: bool,
}

impl Answer {
    pub(super) fn new(line: i32, external_id: Option<String>, outcome: Outcome) -> Self {
        Self {
            line,
            external_id,
            completion: None,
            learner: None,
            outcome,
            reasons: Vec::new(),
            credit: None,
            first: None,
            conflicting: Vec::new(),
            faults: Vec::new(),
            decided: false,
        }
    }

    /// The answer as a rehearsal gives it, which keeps no trace of the item: whether a number is registered under another name
    /// is told to nobody who only asks. A push tells, and stays.
    pub(super) fn rehearsed(mut self) -> Self {
        let misnamed = |reason: &&mut Reason| reason.kind == ReasonKind::NameMismatch;
        if let Some(reason) = self.reasons.iter_mut().find(misnamed) {
            *reason = Reason::plain(ReasonKind::PersonUnknown);
            self.learner = None;
        }
        self
    }

    /// Whether the sender should look at it.
    pub(super) fn is_fault(&self) -> bool {
        matches!(self.outcome, Outcome::Conflict | Outcome::Refused | Outcome::Malformed)
    }
}
