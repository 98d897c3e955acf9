//! Who stops being accepted gives back the places it took.
//!
//! An item that is out of scope was accepted: what it replaces is taken back. Where the fact about its person is corrected it is
//! decided anew, and may be refused or wait. Had the fact been right at first, nothing would have been taken back. So what it
//! displaced is decided anew in the same transaction, and what that had displaced, where it stops being accepted in its turn.
//!
//! What was taken back or withdrawn by hand stays so.

use super::{Candidate, Closed, Decided, Fate, Outcome, Reason, ReasonKind, Replaced, chains::is_accepted, replacer};

/// The candidates that were accepted, replace something, and are not accepted any more. One whose place another candidate took
/// at once is not among them: what it displaced is displaced by that one now.
pub fn gave_up<'c>(candidates: &'c [Candidate], decided: &'c [Decided]) -> impl Iterator<Item = &'c Candidate> {
    let closed = |id: &str| {
        let mut replaced = decided.iter().flat_map(|one| &one.replaced);
        replaced.any(|replaced| matches!(replaced, Replaced::Closed(closed) if closed.external_id == id))
    };
    let stops =
        |one: &Decided| one.number.is_some() && matches!(one.fate, Fate::Held(_) | Fate::Judged(Outcome::Refused));
    candidates
        .iter()
        .zip(decided)
        .filter(move |(candidate, one)| {
            candidate.accepted && candidate.replaces.is_some() && stops(one) && !closed(&candidate.external_id)
        })
        .map(|(candidate, _)| candidate)
}

/// An item below one that gave up its places, as far as the giving back depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// The item.
    pub external_id: String,
    /// The number of the last decision over it.
    pub decided: i32,
    /// The reasons of that decision.
    pub reasons: Vec<Reason>,
    /// Whether its line was taken back because another item replaces it.
    pub line_replaced: bool,
    /// The decision before the last one: the outcome, `None` where it waited, and the reasons.
    pub before: (Option<Outcome>, Vec<Reason>),
}

/// What becomes of an item whose place is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// It is decided anew.
    Anew {
        /// The item.
        external_id: String,
        /// The number of the last decision over it.
        decided: i32,
        /// Whether it was accepted before its place was taken.
        accepted: bool,
    },
    /// It was withdrawn before its place was taken, and is so again.
    Withdrawn(Closed),
}

/// Whether an item was closed for good before its place was taken.
const fn is_final(reason: &ReasonKind) -> bool {
    matches!(reason, ReasonKind::Withdrawn | ReasonKind::WaitedTooLong)
}

/// What becomes of the items that `by` displaced. `below` are the items of its chain, the one that it names first.
pub fn given_back(by: &str, below: impl IntoIterator<Item = Below>) -> Vec<GivenBack> {
    let mut given = Vec::new();
    for item in below {
        let Below { external_id, decided, reasons, line_replaced, before: (outcome, before) } = item;
        let closed_by = replacer(&reasons) == Some(by);
        let accepted = line_replaced || is_accepted(outcome, &before);
        if !line_replaced && !closed_by {
            break;
        }
        given.push(if before.iter().any(|reason| is_final(&reason.kind)) && !line_replaced {
            GivenBack::Withdrawn(Closed::withdrawn(&external_id, decided))
        } else {
            GivenBack::Anew { external_id, decided, accepted }
        });
        if accepted {
            break;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(
        id: &str,
        reason: Option<ReasonKind>,
        line_replaced: bool,
        before: (Option<Outcome>, &[ReasonKind]),
    ) -> Below {
        let reasons = |kinds: &[ReasonKind]| kinds.iter().cloned().map(Reason::plain).collect();
        Below {
            external_id: id.to_owned(),
            decided: 2,
            reasons: reasons(reason.as_slice()),
            line_replaced,
            before: (before.0, reasons(before.1)),
        }
    }

    fn replaced(by: &str) -> Option<ReasonKind> {
        Some(ReasonKind::Replaced { by: by.to_owned() })
    }

    #[test]
    fn what_it_displaced_is_given_back_down_to_the_first_that_was_accepted() {
        let refused = below("C", replaced("D"), false, (Some(Outcome::Refused), &[]));
        let withdrawn = below("B", replaced("D"), false, (Some(Outcome::NotCounted), &[ReasonKind::Withdrawn]));
        let line = below("A", None, true, (None, &[]));
        let anew = |id: &str, accepted| GivenBack::Anew { external_id: id.to_owned(), decided: 2, accepted };
        let all = given_back("D", [refused.clone(), withdrawn, line.clone()]);
        assert_eq!(all, [anew("C", false), GivenBack::Withdrawn(Closed::withdrawn("B", 2)), anew("A", true)]);
        let scope = ReasonKind::OutOfScope { authority: "示例厅".to_owned(), under: None };
        let out_of_scope = below("B", replaced("D"), false, (Some(Outcome::NotCounted), &[scope]));
        assert_eq!(given_back("D", [out_of_scope, line.clone()]), [anew("B", true)]);
        assert_eq!(given_back("E", [refused, line]), [], "another one took that place");
    }

    #[test]
    fn what_was_taken_back_by_hand_stays_so() {
        assert_eq!(given_back("D", [below("A", None, false, (None, &[]))]), []);
    }
}
