//! What may happen to a case: every state, every action, one match.

use crate::words;

words! {
    /// What is done to a case.
    pub enum Action {
        /// Hands it in.
        Submit = "submit",
        /// Takes it up, so that others leave it alone (认领).
        Claim = "claim",
        /// Lays it down again.
        Release = "release",
        /// Says yes; of the last stage, for good.
        Approve = "approve",
        /// Hands it back to be completed (退回补正).
        ReturnForCompletion = "return_for_completion",
        /// Says no, for good, by a clause.
        Refuse = "refuse",
        /// Takes back what was handed in.
        Withdraw = "withdraw",
        /// Hands in again what was returned.
        Resubmit = "resubmit",
        /// Hands the present stage to another official of the same office (转办).
        Delegate = "delegate",
        /// Ends it by a decision taken elsewhere.
        Cancel = "cancel",
        /// Takes back what it approved as the last stage (撤销).
        Revoke = "revoke",
    }

    /// The word of a [`State`], without its stage.
    pub enum Phase {
        /// Written, not handed in.
        Draft = "draft",
        /// Waits for a stage.
        Waiting = "waiting",
        /// Handed back by a stage.
        Returned = "returned",
        /// Approved by all stages.
        Approved = "approved",
        /// Refused by one.
        Refused = "refused",
        /// Taken back.
        Withdrawn = "withdrawn",
        /// Ended by a decision taken elsewhere.
        Cancelled = "cancelled",
        /// Approved by all stages, and taken back by the last of them.
        Revoked = "revoked",
    }
}

/// Where a case is. Stages are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Written, not handed in.
    Draft,
    /// Waits for a stage.
    Waiting {
        /// Which.
        stage: usize,
    },
    /// Handed back by a stage, which it comes to again once completed.
    Returned {
        /// Which.
        stage: usize,
    },
    /// Approved by all stages; final, but that the last of them may revoke it.
    Approved,
    /// Refused by one; final.
    Refused,
    /// Taken back; final.
    Withdrawn,
    /// Ended by a decision taken elsewhere; final.
    Cancelled,
    /// Approved, and taken back; final.
    Revoked,
}

impl State {
    /// The word of the state.
    #[must_use]
    pub const fn phase(self) -> Phase {
        match self {
            Self::Draft => Phase::Draft,
            Self::Waiting { .. } => Phase::Waiting,
            Self::Returned { .. } => Phase::Returned,
            Self::Approved => Phase::Approved,
            Self::Refused => Phase::Refused,
            Self::Withdrawn => Phase::Withdrawn,
            Self::Cancelled => Phase::Cancelled,
            Self::Revoked => Phase::Revoked,
        }
    }

    /// The stage at which it is.
    #[must_use]
    pub const fn stage(self) -> Option<usize> {
        match self {
            Self::Waiting { stage } | Self::Returned { stage } => Some(stage),
            Self::Draft | Self::Approved | Self::Refused | Self::Withdrawn | Self::Cancelled | Self::Revoked => None,
        }
    }

    /// Whether it was decided or ended: nothing happens to it any more, but that an approval may be revoked.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Draft | Self::Waiting { .. } | Self::Returned { .. } => false,
            Self::Approved | Self::Refused | Self::Withdrawn | Self::Cancelled | Self::Revoked => true,
        }
    }
}

impl Action {
    /// Whether it is for those who decide the stage. Of the others, all but [`Action::Cancel`] and [`Action::Revoke`] are for those who
    /// submit.
    #[must_use]
    pub const fn is_of_the_stage(self) -> bool {
        match self {
            Self::Claim | Self::Release | Self::Approve | Self::ReturnForCompletion | Self::Refuse | Self::Delegate => {
                true
            }
            Self::Submit | Self::Withdraw | Self::Resubmit | Self::Cancel | Self::Revoke => false,
        }
    }

    /// Whether it settles something: the stage, or the case.
    #[must_use]
    pub const fn settles(self) -> bool {
        match self {
            Self::Approve | Self::ReturnForCompletion | Self::Refuse | Self::Withdraw | Self::Cancel | Self::Revoke => {
                true
            }
            Self::Submit | Self::Claim | Self::Release | Self::Resubmit | Self::Delegate => false,
        }
    }
}

/// An action that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow {
    /// The state.
    pub state: State,
    /// The action.
    pub action: Action,
}

/// The state after an action, of a case with so many stages (at least one).
///
/// # Errors
/// [`NotNow`] where the state does not allow the action.
pub const fn next(state: State, action: Action, stages: usize) -> Result<State, NotNow> {
    use Action::{
        Approve, Cancel, Claim, Delegate, Refuse, Release, Resubmit, ReturnForCompletion, Revoke, Submit, Withdraw,
    };
    use State::{Approved, Cancelled, Draft, Refused, Returned, Revoked, Waiting, Withdrawn};
    Ok(match (state, action) {
        (Draft, Submit) => Waiting { stage: 0 },
        (Waiting { .. }, Claim | Release | Delegate) => state,
        (Waiting { stage }, Approve) if stage + 1 < stages => Waiting { stage: stage + 1 },
        (Waiting { .. }, Approve) => Approved,
        (Waiting { stage }, ReturnForCompletion) => Returned { stage },
        (Waiting { .. }, Refuse) => Refused,
        (Returned { stage }, Resubmit) => Waiting { stage },
        (Draft | Waiting { .. } | Returned { .. }, Withdraw) => Withdrawn,
        (Draft | Waiting { .. } | Returned { .. }, Cancel) => Cancelled,
        (Approved, Revoke) => Revoked,
        (Draft, Claim | Release | Approve | ReturnForCompletion | Refuse | Resubmit | Delegate)
        | (Waiting { .. }, Submit | Resubmit)
        | (Returned { .. }, Submit | Claim | Release | Approve | ReturnForCompletion | Refuse | Delegate)
        | (
            Approved | Refused | Withdrawn | Cancelled | Revoked,
            Submit | Claim | Release | Approve | ReturnForCompletion | Refuse | Withdraw | Resubmit | Delegate | Cancel,
        )
        | (Draft | Waiting { .. } | Returned { .. } | Refused | Withdrawn | Cancelled | Revoked, Revoke) => {
            return Err(NotNow { state, action });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Words;
    use std::{env, fmt::Write as _, fs, path::Path};

    /// Of a case with two stages: the first state is at the first, the second at the last.
    const STATES: [(&str, State); 10] = [
        ("draft", State::Draft),
        ("waiting, not the last stage", State::Waiting { stage: 0 }),
        ("waiting, the last stage", State::Waiting { stage: 1 }),
        ("returned, not by the last stage", State::Returned { stage: 0 }),
        ("returned by the last stage", State::Returned { stage: 1 }),
        ("approved", State::Approved),
        ("refused", State::Refused),
        ("withdrawn", State::Withdrawn),
        ("cancelled", State::Cancelled),
        ("revoked", State::Revoked),
    ];

    fn becomes(state: State, action: Action) -> String {
        match (next(state, action, 2), state.stage()) {
            (Err(_), _) => "- not in this state".to_owned(),
            (Ok(after), _) if after == state => "stays as it is".to_owned(),
            (Ok(State::Waiting { stage }), Some(before)) if stage > before => "waiting, the next stage".to_owned(),
            (Ok(State::Waiting { .. }), Some(_)) => "waiting, the stage that returned it".to_owned(),
            (Ok(State::Waiting { .. }), None) => "waiting, the first stage".to_owned(),
            (Ok(State::Returned { .. }), _) => "returned by this stage".to_owned(),
            (Ok(after), _) => after.phase().to_string(),
        }
    }

    #[test]
    fn the_printed_transitions_are_those_of_the_machine() {
        let mut table =
            "# Every state and every action. Written by the machine: WRITE_DOCS=1 cargo test -p domain\n".to_owned();
        for (name, state) in STATES {
            table.push('\n');
            for action in Action::ALL {
                writeln!(table, "{name:<32} {:<22} {}", action.as_str(), becomes(state, *action)).unwrap();
            }
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/review/transitions.txt");
        if env::var_os("WRITE_DOCS").is_some() {
            fs::write(path, table).unwrap();
        } else {
            let found = fs::read_to_string(path).unwrap();
            assert!(found == table, "the machine has changed: run WRITE_DOCS=1 cargo test -p domain transitions");
        }
    }

    #[test]
    fn a_final_state_is_one_that_nothing_leaves_but_a_revocation() {
        for (name, state) in STATES {
            let mut others = Action::ALL.iter().filter(|action| **action != Action::Revoke);
            let left = others.any(|action| next(state, *action, 2).is_ok());
            assert_eq!(next(state, Action::Revoke, 2).is_ok(), state == State::Approved, "{name}");
            assert_eq!(state.is_final(), !left, "{name}");
        }
    }

    #[test]
    fn every_state_is_among_those_printed() {
        for phase in Phase::ALL {
            assert!(STATES.iter().any(|(_, state)| state.phase() == *phase), "{phase}");
        }
    }
}
