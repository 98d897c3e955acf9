//! In which order an officer sees what waits.

use crate::kernel::{CaseId, EmployerId};
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime};

/// The most cases that are decided in one request.
pub const MOST_AT_ONCE: usize = 500;

/// A case that waits, as far as its turn depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The case.
    pub case: CaseId,
    /// The last day of the stage; none where no rule sets one.
    pub due_on: Option<Date>,
    /// When it came to the stage.
    pub arrived_at: OffsetDateTime,
    /// The employer whose people it concerns; those of none share their turns.
    pub unit: Option<EmployerId>,
}

/// The order in which cases are shown: by deadline (those without one last), within one deadline day the units in turn, each with the
/// case that arrived first. So a unit that hands in a thousand at once keeps nobody waiting behind them.
///
/// The order of the list has no influence, and no two cases are in the same position. It is that of the whole only where the list
/// is: of a window of the queue, the units that are in it take turns.
#[must_use]
pub fn order(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let deadline = |candidate: &Candidate| (candidate.due_on.is_none(), candidate.due_on);
    candidates.sort_by_key(|candidate| (candidate.arrived_at, candidate.case));
    let mut turns: BTreeMap<_, usize> = BTreeMap::new();
    let mut in_turn: Vec<(usize, Candidate)> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let turn = turns.entry((deadline(&candidate), candidate.unit)).or_default();
        in_turn.push((*turn, candidate));
        *turn += 1;
    }
    in_turn.sort_by_key(|(turn, candidate)| (deadline(candidate), *turn, candidate.arrived_at, candidate.case));
    in_turn.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::{Duration, macros::date, macros::datetime};
    use uuid::Uuid;

    const START: OffsetDateTime = datetime!(2020-10-01 08:00 +08:00);

    fn candidate(number: u128, due_on: Option<Date>, unit: Option<u128>) -> Candidate {
        Candidate {
            case: CaseId::from_uuid(Uuid::from_u128(number)),
            due_on,
            arrived_at: START + Duration::minutes(i64::try_from(number).unwrap()),
            unit: unit.map(|unit| EmployerId::from_uuid(Uuid::from_u128(unit))),
        }
    }

    fn numbers(candidates: Vec<Candidate>) -> Vec<u128> {
        order(candidates).iter().map(|candidate| candidate.case.as_uuid().as_u128()).collect()
    }

    #[test]
    fn the_earlier_deadline_comes_first_and_no_deadline_last() {
        let (early, late) = (Some(date!(2020 - 11 - 30)), Some(date!(2020 - 12 - 15)));
        let waiting = vec![
            candidate(1, None, None),
            candidate(2, late, None),
            candidate(3, early, None),
            candidate(4, late, None),
        ];
        assert_eq!(numbers(waiting.clone()), [3, 2, 4, 1]);
        assert_eq!(numbers(waiting.into_iter().rev().collect()), [3, 2, 4, 1]);
    }

    #[test]
    fn within_a_deadline_day_units_take_turns() {
        let due = Some(date!(2020 - 12 - 15));
        let mut waiting: Vec<_> = (1..=4).map(|number| candidate(number, due, Some(1))).collect();
        waiting.extend([candidate(5, due, Some(2)), candidate(6, due, Some(2)), candidate(7, due, None)]);
        assert_eq!(numbers(waiting.clone()), [1, 5, 7, 2, 6, 3, 4]);
        // A unit has its turns anew on each deadline day.
        waiting.push(candidate(8, Some(date!(2020 - 12 - 16)), Some(1)));
        assert_eq!(numbers(waiting), [1, 5, 7, 2, 6, 3, 4, 8]);
    }
}
