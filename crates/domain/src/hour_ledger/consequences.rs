//! What follows from a year that was missed, once it is closed.

use super::{Standing, Verdict};
use crate::{
    kernel::{Citation, PolicyId, last_day},
    policy::{
        Obligation,
        shape::{Cause, Described, Effect},
    },
    registry::LearnerFacts,
};
use time::OffsetDateTime;

/// One thing that follows from a missed year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The year that was missed.
    pub year: i32,
    /// What follows.
    pub effect: Effect,
    /// For how many years: of a deferral, what this missed year adds to it (GD-A5).
    pub years: Option<u32>,
    /// Whether the rule binds the person, or only recommends it for such as they are (PDS-15).
    pub binds: bool,
    /// A reading worth knowing.
    pub note: Option<String>,
    /// The rules that say so.
    pub policy: PolicyId,
    /// The clause.
    pub cite: Vec<Citation>,
}

/// What follows from a year. Nothing does while it is open, and nothing where an office has to decide it or nobody is bound; nor
/// of a year that had ended before the first day on which the register knows the person somewhere.
///
/// The rules of the year itself say so, to the person as known on its last day. A rule that only recommends binds nobody.
#[must_use]
pub fn consequences(standing: &Standing, learner: &LearnerFacts, known_at: Option<OffsetDateTime>) -> Vec<Consequence> {
    let missed = standing.verdict == Verdict::Unmet && !standing.open && standing.obligation == Obligation::In;
    let last = last_day(standing.year);
    let known = learner.known_since(known_at).is_some_and(|first| first <= last);
    let Some(policy) = standing.policy.as_ref().filter(|_| missed && known) else { return Vec::new() };
    let person = Described::on(learner, last, known_at);
    let of_missed = policy.rules.consequence.iter().filter(|rule| rule.cause == Cause::YearMissed);
    let in_force = of_missed.filter(|rule| rule.since.is_none_or(|since| since <= last));
    in_force
        .filter_map(|rule| {
            let binds = rule.who.as_ref().map_or(rule.recommended_for.is_none(), |who| who.fits(&person));
            let recommended = rule.recommended_for.as_ref().is_some_and(|who| who.fits(&person));
            (binds || recommended).then(|| Consequence {
                year: standing.year,
                effect: rule.effect,
                years: rule.years,
                binds,
                note: rule.note.clone(),
                policy: policy.id,
                cite: rule.cite.0.clone(),
            })
        })
        .collect()
}

/// By how many years a clock is put off by all missed years together: each adds what the rules of its own year say (GD-15, GD-A5).
/// What is only recommended puts nothing off.
#[must_use]
pub fn deferred_years(consequences: &[Consequence], effect: Effect) -> u32 {
    let of_it = consequences.iter().filter(|one| one.binds && one.effect == effect);
    of_it.filter_map(|one| one.years).fold(0, u32::saturating_add)
}
