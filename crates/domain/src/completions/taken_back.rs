//! What takes an item back: the line that answers its line, or a decision that closes it for good.

use super::{Reason, ReasonKind};
use crate::kernel::{EntryId, LearnerId};
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

/// A decision that closes an item which has no line: it is `not_counted`, and will not be decided anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The item.
    pub external_id: String,
    /// The number of the decision: the next one over its item.
    pub number: i32,
    /// Why.
    pub reason: Reason,
}

impl Closed {
    /// Closes an item because another one takes its place. `decided` is the number of the last decision over it.
    #[must_use]
    pub fn replaced(external_id: &str, decided: i32, by: &str) -> Self {
        let reason = Reason::plain(ReasonKind::Replaced { by: by.to_owned() });
        Self { external_id: external_id.to_owned(), number: decided + 1, reason }
    }

    /// Closes an item that waits, or is out of scope. `decided` is the number of the decision that the choice was made on: one that fell since
    /// then collides with this one.
    #[must_use]
    pub fn withdrawn(external_id: &str, decided: i32) -> Self {
        let reason = Reason::plain(ReasonKind::Withdrawn);
        Self { external_id: external_id.to_owned(), number: decided + 1, reason }
    }

    /// Closes an item that has waited too long. `decided` is as for [`withdrawn`](Self::withdrawn).
    #[must_use]
    pub fn expired(external_id: &str, decided: i32) -> Self {
        let reason = Reason::plain(ReasonKind::WaitedTooLong);
        Self { external_id: external_id.to_owned(), number: decided + 1, reason }
    }
}

/// How long before its end it is said of an item that waits.
pub const SAID_BEFORE: Duration = Duration::days(30);

/// When an item that waits is kept waiting no longer: after so long, and never sooner than [`SAID_BEFORE`] after that was said. Of one of
/// which it was not said yet, what could be said now.
#[must_use]
pub fn waits_until(
    held_at: OffsetDateTime,
    said_at: Option<OffsetDateTime>,
    longest: Duration,
    now: OffsetDateTime,
) -> OffsetDateTime {
    let end = held_at.checked_add(longest).unwrap_or(PrimitiveDateTime::MAX.assume_utc());
    end.max(said_at.unwrap_or(now) + SAID_BEFORE)
}

/// The last decision over an item, as far as taking it back depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDecision {
    /// Its number.
    pub number: i32,
    /// Whether the item may come to count by itself: it waits, was refused, or is out of scope because of a fact that may be
    /// corrected.
    pub may_yet_count: bool,
    /// The line it brought.
    pub line: Option<(LearnerId, EntryId)>,
}

/// How an item is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Its line is answered by another one, unless that has happened.
    ByLine(LearnerId, EntryId),
    /// It may come to count by itself, and is withdrawn. What it replaces stays replaced, as where a line is answered.
    Withdrawn(Closed),
    /// It is worth nothing: there is nothing to take back.
    Nothing,
}

/// Decides how an item is taken back.
#[must_use]
pub fn take_back(external_id: &str, last: Option<LastDecision>) -> TakenBack {
    match last {
        Some(LastDecision { line: Some((learner, entry)), .. }) => TakenBack::ByLine(learner, entry),
        Some(LastDecision { number, may_yet_count: true, .. }) => {
            TakenBack::Withdrawn(Closed::withdrawn(external_id, number))
        }
        _ => TakenBack::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;
    use uuid::Uuid;

    #[test]
    fn an_item_waits_as_long_as_it_may_and_a_month_at_least_after_that_was_said() {
        let held = datetime!(2021-01-01 00:00 UTC);
        let until = |said: Option<OffsetDateTime>, now| waits_until(held, said, Duration::days(100), now);
        let end = held + Duration::days(100);
        assert_eq!(until(None, held), end);
        assert_eq!(until(Some(held + Duration::days(70)), end), end);
        assert_eq!(until(Some(held + Duration::days(71)), end), end + Duration::DAY);
        assert_eq!(until(None, end), end + SAID_BEFORE);
        let for_ever = waits_until(held, None, Duration::MAX, held);
        assert_eq!(for_ever, PrimitiveDateTime::MAX.assume_utc());
    }

    #[test]
    fn a_line_is_answered_what_may_yet_count_is_withdrawn_and_of_the_rest_nothing_is_taken_back() {
        let line = (LearnerId::from_uuid(Uuid::nil()), EntryId::from_uuid(Uuid::nil()));
        let last = |may_yet_count, line| Some(LastDecision { number: 3, may_yet_count, line });
        assert_eq!(take_back("E", last(false, Some(line))), TakenBack::ByLine(line.0, line.1));
        let TakenBack::Withdrawn(closed) = take_back("E", last(true, None)) else { panic!("it waits") };
        assert_eq!((closed.external_id.as_str(), closed.number), ("E", 4));
        assert_eq!(closed.reason.kind, ReasonKind::Withdrawn);
        assert_eq!(take_back("E", last(false, None)), TakenBack::Nothing);
        assert_eq!(take_back("E", None), TakenBack::Nothing);
    }
}
