//! What somebody wants to do to a case, and why they may not.

use super::{Action, Stage, State};
use crate::{
    access::Reach,
    kernel::{Citation, Hours, LearnerId},
};
use time::OffsetDateTime;

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The name in records.
    pub name: &'a str,
    /// The learner who this person is, where that is known. Here and wherever a case names a learner it is the file that stands: of a
    /// file that ended in another one, that one. Whoever reads a case says them so (`successors` of the store).
    pub learner: Option<LearnerId>,
    /// The reach of every grant that holds on that day, places by their own keys.
    pub holds: &'a [Reach],
}

impl Actor<'_> {
    /// Whether somebody is this person: the same account, in whatever role it acted, or another one of the same learner.
    pub(super) fn is(&self, name: &str, learner: Option<LearnerId>) -> bool {
        is_same_account(self.name, name) || (self.learner.is_some() && self.learner == learner)
    }
}

/// Whether two names of records are of one account, in whatever role it acted (`officer:li`). What has no role is no account: the service
/// itself, which goes by the name that an account may have too.
#[must_use]
pub fn is_same_account(one: &str, other: &str) -> bool {
    let account = |name: &'_ str| name.split_once(':').map(|(_, account)| account.to_owned());
    one == other || account(one).is_some_and(|one| account(other) == Some(one))
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Asked<'a> {
    /// Hand it in.
    Submit {
        /// The stages that [`route`](super::route()) answered with.
        stages: Vec<Stage>,
    },
    /// Take it up.
    Claim,
    /// Lay it down.
    Release,
    /// Say yes.
    Approve {
        /// The hours granted, where they are left to the reviewer.
        hours: Option<Hours>,
        /// Why.
        reason: Option<String>,
    },
    /// Hand it back.
    ReturnForCompletion {
        /// What is to be completed.
        reason: String,
    },
    /// Say no.
    Refuse {
        /// By which clause.
        clause: Citation,
        /// Why, beyond the clause.
        reason: Option<String>,
    },
    /// Take back what was handed in.
    Withdraw,
    /// Hand it in again.
    Resubmit,
    /// Hand the stage to another official of the same office.
    Delegate {
        /// The receiver.
        to: Actor<'a>,
    },
    /// End it by a decision taken elsewhere; whether the caller may is decided there.
    Cancel {
        /// Which decision.
        reason: String,
    },
    /// Take back the approval of the last stage.
    Revoke {
        /// Why.
        reason: String,
        /// Whose officials may, see [`revokers`](super::revokers).
        offices: Vec<Reach>,
    },
}

impl Asked<'_> {
    /// The action that it is.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Submit { .. } => Action::Submit,
            Self::Claim => Action::Claim,
            Self::Release => Action::Release,
            Self::Approve { .. } => Action::Approve,
            Self::ReturnForCompletion { .. } => Action::ReturnForCompletion,
            Self::Refuse { .. } => Action::Refuse,
            Self::Withdraw => Action::Withdraw,
            Self::Resubmit => Action::Resubmit,
            Self::Delegate { .. } => Action::Delegate,
            Self::Cancel { .. } => Action::Cancel,
            Self::Revoke { .. } => Action::Revoke,
        }
    }
}

/// What somebody wants to do to a case.
#[derive(Clone, Debug)]
pub struct Deed<'a> {
    /// Who.
    pub by: Actor<'a>,
    /// When.
    pub at: OffsetDateTime,
    /// The number of the last event that they had seen; none where they do not say. What was settled after it is told them instead
    /// of settling the next stage unseen.
    pub seen: Option<u32>,
    /// What.
    pub asked: Asked<'a>,
}

/// Why somebody may not do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeedRefusal {
    /// The state does not allow it.
    NotNow {
        /// The state.
        state: State,
        /// The action.
        action: Action,
    },
    /// They name an event as seen that there is none of: whoever makes numbers up would decide unseen.
    SeenAhead {
        /// The number of the last one.
        last: u32,
    },
    /// Somebody has settled it already.
    SettledAlready {
        /// Who; the name in records.
        by: String,
        /// When.
        at: OffsetDateTime,
        /// How.
        action: Action,
    },
    /// It waits for another office.
    NotYourStage {
        /// Which stage, from 0.
        stage: usize,
        /// Whose grants decide it.
        reach: Reach,
    },
    /// Only those who submit may do that: who filed it, who holds the grant by which it was filed, and the learner, where it is for them.
    NotTheApplicant,
    /// Nobody decides their own case.
    OwnCase,
    /// Nobody decides a case that they handed in.
    FiledByYou,
    /// Nobody decides two successive stages of one case.
    DecidedStageBefore,
    /// Somebody else has taken it up.
    Claimed {
        /// Who; the name in records.
        by: String,
        /// Until when.
        until: OffsetDateTime,
    },
    /// There is nothing to lay down: they have not taken it up, or no longer have.
    NotClaimedByYou,
    /// It cannot be handed to oneself.
    ToOneself,
    /// The receiver could not decide it.
    ReceiverCannot(Box<DeedRefusal>),
    /// There is no office that it could wait for.
    NoStages,
    /// A reason is wanted.
    ReasonMissing,
    /// A clause is wanted.
    ClauseMissing,
    /// The rule leaves the hours to the reviewer, and nobody has said how many.
    HoursMissing,
    /// The rule leaves no hours to the reviewer.
    HoursNotLeft,
    /// Not that many.
    HoursOutOfBounds {
        /// The least, where the rule bounds them.
        at_least: Option<Hours>,
        /// The most, where the rule bounds them; in any case more than nothing.
        at_most: Option<Hours>,
    },
    /// A reason or a clause is longer than [`MOST_TEXT`](super::MOST_TEXT).
    TextTooLong,
    /// They have taken it up [`MOST_CLAIMS`](super::MOST_CLAIMS) times at this stage: they decide it now, or leave it to others.
    ClaimedTooOften,
    /// It was handed on [`MOST_HANDOVERS`](super::MOST_HANDOVERS) times at this stage.
    HandedOverTooOften,
}
