//! Whether an exception can be granted, and the lines that it makes.

use super::{Reason, ReasonKind};
use crate::{
    hour_ledger::{Basis, Entry, Question, Standing, Verdict, standing},
    kernel::{Citation, EntryId, LearnerId, PlaceCode, last_day},
    policy::{CategoryCode, Policy, RuleBook, Rules},
    registry::LearnerFacts,
    roll::{Amount, Said, Stated},
};
use std::sync::Arc;
use time::Date;

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The published rules and the places.
    pub book: &'a RuleBook,
    /// The person.
    pub learner: &'a LearnerFacts,
    /// The person's lines of the year, as [`Question::entries`] wants them.
    pub entries: &'a [Entry],
    /// The policy year.
    pub year: i32,
    /// What is to be granted.
    pub stated: &'a Stated,
    /// The civil day.
    pub today: Date,
}

/// The rules that let an office grant an exception.
#[derive(Clone, Debug)]
pub struct Provision {
    /// The rules.
    pub policy: Arc<Policy>,
    /// The office, as they name it.
    pub office: String,
    /// The clause.
    pub cite: Vec<Citation>,
}

/// An exception that can be granted.
#[derive(Clone, Debug)]
pub struct Possible {
    /// By which rules, and by whom.
    pub provision: Provision,
    /// The year without it.
    pub before: Standing,
    /// The last day of the year.
    pub closed_on: Date,
    place: PlaceCode,
    on: Date,
}

/// Whether an exception can be granted today.
///
/// # Errors
/// Every reason against it; none where the person has no place at all.
pub fn judge(asked: &Asked<'_>) -> Result<Possible, Vec<Reason>> {
    let Asked { book, learner, entries, year, stated, today } = *asked;
    let on = today.min(last_day(year));
    let Some(place) = learner.place_on(on, None) else { return Err(Vec::new()) };
    let own = book.resolve(place, year, None).in_force().cloned();
    let mut reasons = Vec::new();
    let provision = provision(asked, place, own.as_ref()).map_err(|reason| reasons.push(reason)).ok();
    let before = standing(&Question { book, learner, year, entries, today, known_at: None });
    // One that its rules leave open, or that has none, is over with the calendar year.
    let closed_on = own.as_ref().and_then(|policy| policy.rules.year.closes_on).unwrap_or(last_day(year));
    match before.verdict {
        _ if today <= closed_on => reasons.push(Reason::plain(ReasonKind::YearOpen { year, until: closed_on })),
        Verdict::Unmet | Verdict::NoRuleInForce => {}
        // An office decides about who began within the year, and this is one of its ways to.
        Verdict::NeedsReview if before.began_later().is_some() => {}
        verdict => reasons.push(Reason::plain(ReasonKind::YearNotMissed { year, verdict })),
    }
    if let Some(provision) = provision.as_ref().filter(|_| own.is_none() && matches!(stated, Stated::Hours(_))) {
        reasons.push(Reason { kind: ReasonKind::HoursWithoutRules { year }, cite: provision.cite.clone() });
    }
    let rules = own.as_ref().or(provision.as_ref().map(|provision| &provision.policy));
    reasons.extend(rules.map(|policy| unknown(&policy.rules, stated)).unwrap_or_default());
    match provision {
        Some(provision) if reasons.is_empty() => {
            Ok(Possible { provision, before, closed_on, place: place.clone(), on })
        }
        _ => Err(reasons),
    }
}

/// The rules that let an office grant it: those of the year, where they name one, or later ones that reach the year.
fn provision(asked: &Asked<'_>, place: &PlaceCode, own: Option<&Arc<Policy>>) -> Result<Provision, Reason> {
    let Asked { book, year, today, .. } = *asked;
    let named = |policy: &Arc<Policy>| {
        let make_up = policy.rules.exception_of(year)?;
        let (office, cite) = (make_up.exception_by.clone()?, make_up.cite.0.clone());
        Some(Provision { policy: Arc::clone(policy), office, cite })
    };
    let later = book.make_up(place, year, today.year(), None);
    let found = own.and_then(named).or_else(|| later.as_ref().and_then(|(policy, _)| named(policy)));
    if let Some(found) = found {
        return Ok(found);
    }
    let make_up = later.as_ref().map(|(_, make_up)| make_up).or(own.and_then(|policy| policy.rules.make_up.first()));
    let cite = make_up.map(|make_up| &make_up.cite).or(own.map(|policy| &policy.rules.year.cite));
    let kind = ReasonKind::NoExceptionProvided { year, make_up: make_up.map(|make_up| make_up.mode) };
    Err(Reason { kind, cite: cite.map(|cite| cite.0.clone()).unwrap_or_default() })
}

fn unknown(rules: &Rules, stated: &Stated) -> Vec<Reason> {
    let mut known: Vec<_> = rules.category.iter().map(|one| one.code.clone()).collect();
    known.sort_unstable();
    let unknown = stated.categories().filter(|category| rules.node_of(category).is_none());
    let kind =
        |category: &CategoryCode| ReasonKind::CategoryUnknown { category: category.clone(), known: known.clone() };
    unknown.map(|category| Reason::plain(kind(category))).collect()
}

impl Possible {
    /// The lines that it makes, under a number of its case.
    #[must_use]
    pub fn lines(
        &self,
        (learner, year, stated): (LearnerId, i32, &Stated),
        (said, number): (&Said<'_>, i32),
        new_id: &mut dyn FnMut() -> EntryId,
    ) -> Vec<Entry> {
        let amount = |(category, hours, fulfils)| Amount {
            basis: Basis::Exception,
            year,
            place: self.place.clone(),
            on: self.on,
            category,
            hours,
            fulfils,
            achievement: None,
            policy: Some(self.provision.policy.id),
        };
        stated.amounts().into_iter().map(|one| amount(one).line(learner, (said, number), new_id())).collect()
    }
}
