//! A case: who opened it and about whom, and what happened to it, event by event.

use super::{Action, Actor, Asked, NotNow, Stage, State, Subject, next};
use crate::{
    access::Reach,
    kernel::{CaseId, Citation, Hours, LearnerId, china_date},
    policy::shape::Seat,
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// Who opened a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// The name in records.
    pub name: String,
    /// The learner who this person is, where that is known; as in [`Actor`].
    #[serde(default)]
    pub learner: Option<LearnerId>,
    /// As what.
    pub seat: Seat,
    /// By whose grant; others who hold it may act for the applicant too. None where the learner filed.
    pub reach: Option<Reach>,
}

/// Whether those who decide also say how many hours it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursLeft {
    /// The hours are computed, or there are none.
    Computed,
    /// The rule leaves them to the reviewer (`by_reviewer`), who grants them with a reason.
    ToReviewer {
        /// The least that is worth anything, where the rule bounds them.
        #[serde(default)]
        at_least: Option<Hours>,
        /// The most, where the rule bounds them.
        at_most: Option<Hours>,
    },
}

/// What never changes about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The case.
    pub id: CaseId,
    /// What is reviewed.
    pub subject: Subject,
    /// The learner whom it is about: the last file, where theirs has ended in another one ([`Actor::learner`]).
    pub learner: LearnerId,
    /// Who opened it.
    pub filed_by: Filing,
    /// Whether hours are left to those who decide.
    pub hours: HoursLeft,
}

impl Opening {
    /// Whether it is the learner's own matter, which they may hand in and take back: what they ask for, or their employer or a provider
    /// for them. What an office has opened about somebody is not theirs to end.
    pub(super) const fn is_for_the_learner(&self) -> bool {
        let for_them = match self.filed_by.seat {
            Seat::Learner | Seat::Employer | Seat::Base | Seat::Provider | Seat::Platform => true,
            Seat::Superior
            | Seat::SectorAuthority
            | Seat::County
            | Seat::City
            | Seat::Province
            | Seat::SameLevel
            | Seat::PlaceOfRegistration => false,
        };
        // Of what was pushed and waits for an office there is nothing to hand in or to take back, and a year is the employer's to hand in.
        for_them
            && !matches!(self.subject, Subject::FraudFinding | Subject::ProvisionalHours | Subject::YearVerification)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It was handed in, with the stages that it has to pass.
    Submitted {
        /// The stages; at least one.
        stages: Vec<Stage>,
    },
    /// Somebody took it up.
    Claimed {
        /// Until when others leave it alone.
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// They laid it down.
    Released,
    /// The stage said yes.
    Approved {
        /// The hours granted, where they are left to the reviewer.
        hours: Option<Hours>,
        /// Why.
        reason: Option<String>,
    },
    /// The stage handed it back.
    Returned {
        /// What is to be completed.
        reason: String,
    },
    /// The stage said no.
    Refused {
        /// By which clause.
        clause: Citation,
        /// Why, beyond the clause.
        reason: Option<String>,
    },
    /// It was taken back.
    Withdrawn,
    /// It was handed in again.
    Resubmitted,
    /// The stage was handed to another official.
    Delegated {
        /// The receiver's name in records.
        to: String,
        /// Until when others leave it alone.
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// It was ended by a decision taken elsewhere.
    Cancelled {
        /// Which.
        reason: String,
    },
    /// The last stage took back its approval.
    Revoked {
        /// Why.
        reason: String,
    },
}

impl What {
    /// The action that it was.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Submitted { .. } => Action::Submit,
            Self::Claimed { .. } => Action::Claim,
            Self::Released => Action::Release,
            Self::Approved { .. } => Action::Approve,
            Self::Returned { .. } => Action::ReturnForCompletion,
            Self::Refused { .. } => Action::Refuse,
            Self::Withdrawn => Action::Withdraw,
            Self::Resubmitted => Action::Resubmit,
            Self::Delegated { .. } => Action::Delegate,
            Self::Cancelled { .. } => Action::Cancel,
            Self::Revoked { .. } => Action::Revoke,
        }
    }
}

/// One event of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 1 without a gap. (case, number) is unique where events are kept, so two callers who act on what they both
    /// read cannot both be written.
    pub number: u32,
    /// When.
    pub at: OffsetDateTime,
    /// The name in records of who did it.
    pub by: String,
    /// The learner who they are, where that is known; as in [`Actor`].
    pub learner: Option<LearnerId>,
    /// What happened.
    pub what: What,
}

/// Who has taken a case up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name in records.
    pub by: String,
    /// Until when others leave it alone; from then on it is as if it were not.
    pub until: OffsetDateTime,
}

/// Why events are not those of a case. Where it occurs, what is kept was tampered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenCase {
    /// An event with another number than the one that follows.
    Number {
        /// The number found.
        found: u32,
        /// The number expected.
        expected: u32,
    },
    /// An event that the state does not allow.
    NotNow(NotNow),
    /// A submission without a stage.
    NoStages,
}

/// A case as its events made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    opening: Opening,
    state: State,
    stages: Vec<Stage>,
    claim: Option<Claim>,
    arrived_at: Option<OffsetDateTime>,
    granted: Option<Hours>,
    events: Vec<Event>,
}

impl Case {
    /// A case to which nothing happened yet.
    #[must_use]
    pub const fn draft(opening: Opening) -> Self {
        Self {
            opening,
            state: State::Draft,
            stages: Vec::new(),
            claim: None,
            arrived_at: None,
            granted: None,
            events: Vec::new(),
        }
    }

    /// The case that these events made, in their order.
    ///
    /// # Errors
    /// [`BrokenCase`] at the first that does not follow.
    pub fn fold(opening: Opening, events: impl IntoIterator<Item = Event>) -> Result<Self, BrokenCase> {
        events.into_iter().try_fold(Self::draft(opening), Self::with)
    }

    /// The case after one more event.
    ///
    /// # Errors
    /// [`BrokenCase`] where the event does not follow.
    pub fn with(mut self, event: Event) -> Result<Self, BrokenCase> {
        let expected = self.number().saturating_add(1);
        if event.number != expected {
            return Err(BrokenCase::Number { found: event.number, expected });
        }
        if let What::Submitted { stages } = &event.what {
            if stages.is_empty() {
                return Err(BrokenCase::NoStages);
            }
            if self.state == State::Draft {
                self.stages.clone_from(stages);
            }
        }
        let before = self.state;
        self.state = next(before, event.what.action(), self.stages.len()).map_err(BrokenCase::NotNow)?;
        if self.state != before {
            // Whoever had taken it up had taken up that stage.
            self.claim = None;
            self.arrived_at = Some(event.at);
        }
        match &event.what {
            What::Claimed { until } => self.claim = Some(Claim { by: event.by.clone(), until: *until }),
            What::Delegated { to, until } => self.claim = Some(Claim { by: to.clone(), until: *until }),
            What::Released => self.claim = None,
            What::Approved { hours: Some(hours), .. } => self.granted = Some(*hours),
            _ => {}
        }
        self.events.push(event);
        Ok(self)
    }

    /// What never changes about it.
    #[must_use]
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// All stages that it has to pass; none before it is submitted.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The stage at which it waits or which returned it.
    #[must_use]
    pub fn stage(&self) -> Option<&Stage> {
        self.stages.get(self.state.stage()?)
    }

    /// The number of the last event; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap_or(u32::MAX)
    }

    /// Everything that happened, in order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who took it up last and has not laid it down; whether that still holds, [`Self::claim_at`] says.
    #[must_use]
    pub const fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// Who has it taken up at a moment.
    #[must_use]
    pub fn claim_at(&self, at: OffsetDateTime) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| at < claim.until)
    }

    /// When it came to the state in which it is; none of a draft.
    #[must_use]
    pub const fn arrived_at(&self) -> Option<OffsetDateTime> {
        self.arrived_at
    }

    /// The last day for the stage at which it waits, itself included; none where no rule sets one, or where it does not wait.
    #[must_use]
    pub fn due_on(&self) -> Option<Date> {
        let State::Waiting { .. } = self.state else { return None };
        self.stage()?.due_on(china_date(self.arrived_at?))
    }

    /// The hours that those who decided have granted so far; the last who stated any. They count once the case is approved.
    #[must_use]
    pub const fn granted(&self) -> Option<Hours> {
        self.granted
    }

    /// The last event that settled a stage or the case.
    #[must_use]
    pub fn settled(&self) -> Option<&Event> {
        self.events.iter().rfind(|event| event.what.action().settles())
    }

    /// When it was last handed in again after a return.
    pub(super) fn resubmitted(&self) -> Option<&Event> {
        self.events.iter().rfind(|event| event.what.action() == Action::Resubmit)
    }

    /// Whether somebody handed the case in, at any time, under whatever name.
    #[must_use]
    pub fn was_filed_by(&self, who: &Actor<'_>) -> bool {
        let handed_in = |event: &Event| matches!(event.what.action(), Action::Submit | Action::Resubmit);
        let filing = &self.opening.filed_by;
        who.is(&filing.name, filing.learner)
            || self.events.iter().any(|event| handed_in(event) && who.is(&event.by, event.learner))
    }

    /// The approval of the stage before the present one.
    pub(super) fn approval_before(&self) -> Option<&Event> {
        self.approval_of(self.state.stage().filter(|stage| *stage > 0)? - 1)
    }

    /// The last approval of a stage that waited for one of these.
    pub(super) fn approval_by_office_of(&self, holds: &[Reach]) -> Option<&Event> {
        self.approval_of(self.stages.iter().rposition(|stage| holds.contains(&stage.reach))?)
    }

    fn approval_of(&self, stage: usize) -> Option<&Event> {
        // Between two stages there is always an approval, and a stage that returned a case gets it back without another one.
        self.events.iter().filter(|event| event.what.action() == Action::Approve).nth(stage)
    }

    /// Whether this caller settled something in just these words, and nothing has moved the case since. A reason of blanks is none.
    #[must_use]
    pub fn was_settled_so(&self, by: &str, asked: &Asked<'_>) -> bool {
        let moves = |event: &&Event| !matches!(event.what.action(), Action::Claim | Action::Release | Action::Delegate);
        let Some(last) = self.events.iter().rev().find(moves).filter(|event| event.by == by) else { return false };
        let said = |why: &Option<String>| why.clone().filter(|why| !why.trim().is_empty());
        match (&last.what, asked) {
            (What::Approved { hours, reason }, Asked::Approve { hours: again, reason: why }) => {
                (hours, reason) == (again, &said(why))
            }
            (What::Returned { reason }, Asked::ReturnForCompletion { reason: why }) => reason == why,
            (What::Refused { clause, reason }, Asked::Refuse { clause: by, reason: why }) => {
                (clause, reason) == (by, &said(why))
            }
            _ => false,
        }
    }

    /// How often an action was done since the case came to the state in which it is; by one name, where one is given.
    pub(super) fn times_done(&self, action: Action, by: Option<&str>) -> usize {
        let moves = |event: &Event| !matches!(event.what.action(), Action::Claim | Action::Release | Action::Delegate);
        let here = self.events.iter().rev().take_while(|event| !moves(event));
        here.filter(|event| event.what.action() == action && by.is_none_or(|by| event.by == by)).count()
    }
}
