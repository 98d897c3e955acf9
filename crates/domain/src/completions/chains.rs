//! Items that take the place of others, in chains of any length and in any order of arrival.
//!
//! A correction stands as what its platform now says is true once it was accepted: judged `credited`, `needs_review` or
//! `not_counted`. Then what it replaces is taken back, also where the correction itself is worth nothing. One that was not
//! accepted (refused, waiting, withdrawn) leaves the old item alone and passes on what it was to replace: whoever replaces it
//! replaces that as well, and waits for it where it has not arrived. So of a chain only the last accepted item counts,
//! whatever came in first. Items that replace one another in a circle have no last one: they are refused, and so is what
//! replaces them. Nothing can open the circle later, as what an item replaces never changes.
//!
//! An item that was accepted may come not to be: it was out of scope, the fact about its person is corrected, and now it is
//! refused or waits. Then it gives back the places it took ([`super::gave_up`]), so that the order of facts and pushes does not
//! matter.
//!
//! A place is taken once. Of two items that replace the same one, the first that is accepted takes its place and the other is
//! refused: this alone depends on the order of arrival, as nothing in the two says which of them their platform means.

use super::{Candidate, Closed, Decided, Fate, Outcome, Reason, ReasonKind, out_of_scope};
use crate::{
    hour_ledger::{Entry, REPLACED},
    kernel::EntryId,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use time::OffsetDateTime;

/// How an item stands in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not decided yet, refused, waiting or withdrawn: it passes on what it was to replace.
    NotAccepted,
    /// It brought a line.
    Line {
        /// The line.
        entry: Box<Entry>,
        /// Whether that was taken back.
        reversed: bool,
    },
    /// It was accepted and is worth nothing here.
    NotCounted,
    /// Another item took its place, and with it the place of all that it could pass on.
    Replaced,
}

/// Whether an item stands as what its platform says is true: it was accepted, and neither withdrawn nor replaced since.
/// `outcome` is `None` while it waits or nothing was decided.
#[must_use]
pub fn is_accepted(outcome: Option<Outcome>, reasons: &[Reason]) -> bool {
    use ReasonKind::{Replaced, WaitedTooLong, Withdrawn};
    let closed = |reason: &Reason| matches!(reason.kind, Withdrawn | WaitedTooLong | Replaced { .. });
    outcome.is_some_and(|outcome| outcome != Outcome::Refused) && !reasons.iter().any(closed)
}

/// Whether sending an item again has it looked at anew, with another decision where something else comes out: it waits or was refused, or was worth nothing because of who the person
/// was said to be, which an office may have corrected since. `outcome` is `None` while it waits or nothing was decided.
#[must_use]
pub fn is_open(outcome: Option<Outcome>, reasons: &[Reason]) -> bool {
    match outcome {
        None | Some(Outcome::Refused) => true,
        Some(Outcome::NotCounted) => out_of_scope(reasons),
        Some(Outcome::Credited | Outcome::NeedsReview) => false,
    }
}

/// Who took the place of an item that was closed for it.
#[must_use]
pub fn replacer(reasons: &[Reason]) -> Option<&str> {
    reasons.iter().find_map(|reason| match &reason.kind {
        ReasonKind::Replaced { by } => Some(by.as_str()),
        _ => None,
    })
}

impl Standing {
    /// How an item stands after its last decision: the outcome (`None` while it waits or nothing was decided), the reasons
    /// and the line it brought, with whether that was taken back.
    #[must_use]
    pub fn after(outcome: Option<Outcome>, reasons: &[Reason], line: Option<(Entry, bool)>) -> Self {
        match (line, outcome) {
            (Some((entry, reversed)), _) => Self::Line { entry: Box::new(entry), reversed },
            (None, Some(Outcome::NotCounted)) if replacer(reasons).is_some() => Self::Replaced,
            (None, Some(Outcome::NotCounted)) if is_accepted(outcome, reasons) => Self::NotCounted,
            (None, _) => Self::NotAccepted,
        }
    }
}

/// One item of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number of the last decision over it; zero before the first.
    pub decided: i32,
    /// How it stands.
    pub standing: Standing,
    /// What it replaces, or was to replace.
    pub replaces: Option<String>,
    /// The accepted item that took its place.
    pub replaced_by: Option<String>,
}

/// What becomes of an item whose place another one takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Its hours are taken back.
    Reversed {
        /// The item.
        external_id: String,
        /// The line that does it.
        reversal: Box<Entry>,
    },
    /// It has no hours, and never will.
    Closed(Closed),
}

/// Why an item can take no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace<'c> {
    /// This item has to arrive before.
    NotArrived(&'c str),
    /// This item, which it names, leads into a circle of items that replace one another.
    Circle(&'c str),
}

/// When, and in whose name, a place is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature<'s> {
    pub(super) at: OffsetDateTime,
    pub(super) by: &'s str,
}

/// The items that the candidates of a batch replace, and the candidates themselves.
#[derive(Clone, Debug, Default)]
pub struct Chains {
    links: HashMap<String, Link>,
    /// Whether any candidate replaces anything. Most batches have no chains and keep no account of any.
    in_use: bool,
}

impl Chains {
    /// How many times [`Chains::learn`] is asked to go on, at most: more corrections of corrections than anyone sends in
    /// good faith. What replaces something beyond them waits.
    pub const LONGEST: usize = 32;

    /// The candidates alone.
    #[must_use]
    pub fn of(candidates: &[Candidate]) -> Self {
        if candidates.iter().all(|candidate| candidate.replaces.is_none()) {
            return Self::default();
        }
        let link = |candidate: &Candidate| Link {
            decided: candidate.decided,
            standing: Standing::NotAccepted,
            replaces: candidate.replaces.clone(),
            replaced_by: None,
        };
        let links = candidates.iter().map(|candidate| (candidate.external_id.clone(), link(candidate))).collect();
        Self { links, in_use: true }
    }

    /// The items to look up: those that are replaced, or passed on, and not known here. Empty where nothing is left to learn.
    #[must_use]
    pub fn unknown(&self) -> BTreeSet<String> {
        let passing = self.links.values().filter(|link| link.standing == Standing::NotAccepted);
        let named = passing.filter_map(|link| link.replaces.as_ref());
        named.filter(|id| !self.links.contains_key(*id)).cloned().collect()
    }

    /// Takes in what was looked up. Answers whether anything was new, so that looking on may lead further.
    pub fn learn(&mut self, found: impl IntoIterator<Item = (String, Link)>) -> bool {
        let before = self.links.len();
        for (external_id, link) in found {
            self.links.entry(external_id).or_insert(link);
        }
        self.links.len() > before
    }

    /// The order in which candidates are decided: each after the one that it replaces, directly or over items that pass on.
    pub(super) fn order(&self, candidates: &[Candidate]) -> Vec<usize> {
        if !self.in_use {
            return (0..candidates.len()).collect();
        }
        let index_of: HashMap<&str, usize> =
            candidates.iter().enumerate().map(|(index, candidate)| (candidate.external_id.as_str(), index)).collect();
        let mut order = Vec::with_capacity(candidates.len());
        let mut placed = vec![false; candidates.len()];
        for start in 0..candidates.len() {
            let mut chain = Vec::new();
            let mut next = Some(start);
            while let Some(index) = next.filter(|index| !placed[*index]) {
                placed[index] = true;
                chain.push(index);
                next = self.walk(&candidates[index]).find_map(|(id, _)| index_of.get(id).copied());
            }
            order.extend(chain.into_iter().rev());
        }
        order
    }

    /// The items below a candidate in its chain, as far down as they are known; the first that comes again ends it.
    fn walk<'c>(&'c self, candidate: &'c Candidate) -> impl Iterator<Item = (&'c str, &'c Link)> {
        let mut seen = HashSet::from([candidate.external_id.as_str()]);
        let mut next = candidate.replaces.as_deref();
        std::iter::from_fn(move || {
            let id = next.filter(|id| seen.insert(id))?;
            let link = self.links.get(id)?;
            next = link.replaces.as_deref();
            Some((id, link))
        })
    }

    /// Why a candidate can take no place; nothing where it replaces none, or can.
    pub(super) fn no_place<'c>(&'c self, candidate: &'c Candidate) -> Option<NoPlace<'c>> {
        let first = candidate.replaces.as_deref()?;
        let mut seen = HashSet::from([candidate.external_id.as_str()]);
        let mut next = Some(first);
        while let Some(id) = next {
            if !seen.insert(id) {
                return Some(NoPlace::Circle(first));
            }
            match self.links.get(id) {
                None => return Some(NoPlace::NotArrived(id)),
                Some(link) if link.standing != Standing::NotAccepted => return None,
                Some(link) => next = link.replaces.as_deref(),
            }
        }
        None
    }

    /// The accepted item that has taken the place already which a candidate is to take. Not one that the candidate replaces
    /// itself: such a one was accepted before, and passes on now.
    pub(super) fn taken<'c>(&'c self, candidate: &'c Candidate) -> Option<&'c str> {
        let mut below = vec![candidate.external_id.as_str()];
        for (id, link) in self.walk(candidate) {
            if link.standing != Standing::NotAccepted {
                return link.replaced_by.as_deref().filter(|by| !below.contains(by));
            }
            below.push(id);
        }
        None
    }

    /// Whose place an accepted candidate takes: everything that passes on, and the first item below that does not.
    pub(super) fn displaced(
        &self,
        candidate: &Candidate,
        signature: Signature<'_>,
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Vec<Replaced> {
        let mut displaced = Vec::new();
        for (id, link) in self.walk(candidate) {
            let closed = || Replaced::Closed(Closed::replaced(id, link.decided, &candidate.external_id));
            match &link.standing {
                Standing::NotAccepted => displaced.push(closed()),
                Standing::Line { entry, reversed: false } => {
                    let reversal = entry.reversal(new_id(), REPLACED, signature.at, signature.by);
                    displaced.push(Replaced::Reversed { external_id: id.to_owned(), reversal: Box::new(reversal) });
                }
                Standing::NotCounted => displaced.push(closed()),
                Standing::Line { reversed: true, .. } | Standing::Replaced => {}
            }
            if link.standing != Standing::NotAccepted {
                break;
            }
        }
        displaced
    }

    /// Later candidates of the same batch see what became of earlier ones.
    pub(super) fn remember(&mut self, candidate: &Candidate, decided: &Decided) {
        if !self.in_use {
            return;
        }
        if matches!(decided.fate, Fate::Judged(outcome) if outcome != Outcome::Refused) {
            let below: Vec<String> = self.walk(candidate).map(|(id, _)| id.to_owned()).collect();
            for id in below {
                let Some(link) = self.links.get_mut(&id) else { break };
                link.replaced_by.get_or_insert_with(|| candidate.external_id.clone());
                if link.standing != Standing::NotAccepted {
                    break;
                }
            }
        }
        for replaced in &decided.replaced {
            match replaced {
                Replaced::Reversed { external_id, .. } => {
                    if let Some(Link { standing: Standing::Line { reversed, .. }, .. }) =
                        self.links.get_mut(external_id)
                    {
                        *reversed = true;
                    }
                }
                Replaced::Closed(closed) => {
                    if let Some(link) = self.links.get_mut(&closed.external_id) {
                        (link.decided, link.standing) = (closed.number, Standing::Replaced);
                    }
                }
            }
        }
        let outcome = match decided.fate {
            Fate::Judged(outcome) => Some(outcome),
            Fate::Held(_) => None,
        };
        let line = decided.entry.clone().map(|entry| (entry, false));
        let link = Link {
            decided: decided.number.unwrap_or(candidate.decided),
            standing: Standing::after(outcome, &decided.reasons, line),
            replaces: candidate.replaces.clone(),
            replaced_by: None,
        };
        self.links.insert(candidate.external_id.clone(), link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_stands_as_its_last_decision_says() {
        let because = |kind| vec![Reason::plain(kind)];
        let after = |outcome, reasons: Vec<Reason>| Standing::after(outcome, &reasons, None);
        let out_of_scope = ReasonKind::OutOfScope { authority: "示例厅".to_owned(), under: None };
        assert_eq!(after(None, Vec::new()), Standing::NotAccepted);
        assert_eq!(after(Some(Outcome::Refused), because(ReasonKind::PlanNotFiled)), Standing::NotAccepted);
        assert_eq!(after(Some(Outcome::NotCounted), because(out_of_scope)), Standing::NotCounted);
        assert_eq!(after(Some(Outcome::NotCounted), because(ReasonKind::Withdrawn)), Standing::NotAccepted);
        assert_eq!(after(Some(Outcome::NotCounted), because(ReasonKind::WaitedTooLong)), Standing::NotAccepted);
        let replaced = ReasonKind::Replaced { by: "E".to_owned() };
        assert_eq!(after(Some(Outcome::NotCounted), because(replaced)), Standing::Replaced);
    }

    #[test]
    fn what_is_passed_on_is_looked_up_until_nothing_new_is_found() {
        let link = |standing, replaces: &str| Link {
            decided: 1,
            standing,
            replaces: Some(replaces.to_owned()),
            replaced_by: None,
        };
        let mut chains = Chains::default();
        assert!(chains.learn([("C".to_owned(), link(Standing::NotAccepted, "B"))]));
        assert_eq!(chains.unknown(), BTreeSet::from(["B".to_owned()]));
        assert!(chains.learn([("B".to_owned(), link(Standing::NotCounted, "A"))]));
        assert_eq!(chains.unknown(), BTreeSet::new(), "what was accepted passes nothing on");
        assert!(!chains.learn([("B".to_owned(), link(Standing::NotAccepted, "A"))]));
    }
}
