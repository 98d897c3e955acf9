//! What the rules attach to a finding, with its days.

use crate::{
    kernel::{Citation, PolicyId, same_day_after},
    policy::{
        Policy,
        shape::{Cause, Consequence, CountedFrom, Described, Effect},
    },
    registry::LearnerFacts,
};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use time::Date;

/// One thing that follows from a finding. It is kept with the finding as it was computed: rules that are published later change
/// nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// What follows.
    pub effect: Effect,
    /// The first day.
    pub from_on: Date,
    /// The last day, itself included; `None` where no number of years is stated.
    pub until_on: Option<Date>,
    /// A reading worth knowing.
    pub note: Option<String>,
    /// The rules that say so.
    pub policy: PolicyId,
    /// The clause.
    pub cite: Vec<Citation>,
}

/// What the rules attach to a finding that was decided on a day, to the person as known on it, in the order of the rules.
///
/// The rules are those of the year whose hours were falsified. Where hours of several years were, each year's rules are asked, and
/// of two bars the later end holds.
#[must_use]
pub fn sanctions(policy: &Policy, cause: Cause, decided_on: Date, learner: &LearnerFacts) -> Vec<Sanction> {
    let person = Described::on(learner, decided_on, None);
    let of_cause = policy.rules.consequence.iter().filter(|rule| rule.cause == cause);
    let in_force = of_cause.filter(|rule| rule.since.is_none_or(|since| since <= decided_on));
    let binding =
        in_force.filter(|rule| rule.who.as_ref().map_or(rule.recommended_for.is_none(), |who| who.fits(&person)));
    let sanction = |rule: &Consequence| Sanction {
        effect: rule.effect,
        from_on: decided_on,
        until_on: last_day_of(rule, decided_on),
        note: rule.note.clone(),
        policy: policy.id,
        cite: rule.cite.0.clone(),
    };
    binding.map(sanction).collect()
}

/// The same by the rules of several years, each asked: of two sanctions of one effect the one with the later end holds, and of two with
/// the same end that of the rules named first.
#[must_use]
pub fn sanctions_together<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    cause: Cause,
    decided_on: Date,
    learner: &LearnerFacts,
) -> Vec<Sanction> {
    let mut found: Vec<Sanction> = Vec::new();
    for one in policies.into_iter().flat_map(|policy| sanctions(policy, cause, decided_on, learner)) {
        match found.iter_mut().find(|other| other.effect == one.effect) {
            Some(other) if ends_later(&one, other) => *other = one,
            Some(_) => {}
            None => found.push(one),
        }
    }
    found
}

/// Whether a sanction lasts longer than another one. One without a stated end lasts.
fn ends_later(one: &Sanction, other: &Sanction) -> bool {
    let order = match (one.until_on, other.until_on) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.cmp(&other),
    };
    order == Ordering::Greater
}

/// The last day of what is counted in years from the decision (QH-A13).
fn last_day_of(rule: &Consequence, decided_on: Date) -> Option<Date> {
    match rule.counted_from? {
        CountedFrom::DecidedOn => Some(same_day_after(decided_on, rule.years?)),
    }
}
