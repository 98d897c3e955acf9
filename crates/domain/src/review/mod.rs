//! The one machine of every approval: which offices decide a case, what may happen to it, who may do that, and what waits.
//!
//! [`route()`] computes the stages of a case from the rule file and the facts, once, when it is submitted; they are frozen with it.
//! [`next`] is the whole of what may happen, one exhaustive match, printed to `transitions.txt`. [`decide()`] says whether somebody may
//! do it now and answers with the [`Event`]; a [`Case`] is nothing but the fold of its events, and since no two events of a case
//! have one number, of two officers one wins and the other learns who did. [`order`] lines up an officer's queue, [`backlog()`] and
//! [`forecast`] say what waits and whether it will be done in time.
//!
//! What a case is about stands in other rooms; this one knows only that it is about a learner. Which rows are kept, and that an
//! event is written in the transaction that read the case, is the floor above's.

mod backlog;
mod case;
mod decide;
mod deed;
mod office;
mod queue;
mod revoking;
mod route;
mod state;

pub use backlog::{AGE_BANDS, Ages, Backlog, Forecast, OfStage, Pile, Rates, backlog, forecast};
pub use case::{BrokenCase, Case, Claim, Event, Filing, HoursLeft, Opening, What};
pub use decide::{CLAIM_LASTS, HANDED_OVER_FOR, MOST_CLAIMS, MOST_HANDOVERS, MOST_TEXT, decide, is_applicant};
pub use deed::{Actor, Asked, Deed, DeedRefusal, is_same_account};
pub use office::{common_office, own_office};
pub use queue::{Candidate, MOST_AT_ONCE, order};
pub use revoking::revokers;
pub use route::{
    CaseFacts, Lacking, Missing, NoRoute, Provider, Stage, Subject, Unfilled, Unit, route, route_of, seat_at,
};
pub use state::{Action, NotNow, Phase, State, next};
