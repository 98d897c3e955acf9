//! Whether a year of somebody can be verified.

use super::{Reason, ReasonKind};
use crate::{
    hour_ledger::{Entry, Node, Question, Standing, Verdict, standing},
    kernel::last_day,
    policy::{
        CategoryCode, Policy, RuleBook, Rules,
        shape::{Route, RouteSubject},
    },
    registry::LearnerFacts,
};
use std::sync::Arc;
use time::Date;

/// Whose year is asked about.
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
    /// The civil day.
    pub today: Date,
}

/// The route of the rules by which an employer hands in its staff of a year; none where they know no such batch.
#[must_use]
pub fn provided(rules: &Rules) -> Option<&Route> {
    rules.route.iter().find(|route| route.subject == RouteSubject::EmployerBatch)
}

/// Whether the year can be verified today, by its rules, which are the answer.
///
/// Advice on when to hand in (GD-12) and that in principle nothing is verified later (GD-14) bars nobody here: the office decides.
///
/// # Errors
/// Every reason against it.
pub fn judge(asked: &Asked<'_>) -> Result<Arc<Policy>, Vec<Reason>> {
    let Asked { book, learner, entries, year, today } = *asked;
    let place = learner.place_on(today.min(last_day(year)), None);
    let resolution = place.map(|place| book.resolve(place, year, None));
    let Some(policy) = resolution.as_ref().and_then(|resolution| resolution.in_force()).cloned() else {
        return Err(vec![Reason::plain(ReasonKind::NoRuleInForce { year })]);
    };
    let Some(route) = provided(&policy.rules) else {
        let cite = policy.rules.year.cite.0.clone();
        return Err(vec![Reason { kind: ReasonKind::NoBatchProvided { year }, cite }]);
    };
    // Asked of the rules and not of the verdict, which says of a year in two places no more than that an office decides.
    let out = policy.rules.scope_of(learner, today.min(last_day(year)), None).filter(|rule| rule.elsewhere().is_some());
    let found = standing(&Question { book, learner, year, entries, today, known_at: None });
    if out.is_some() || found.verdict == Verdict::NotApplicable {
        let cite = out.map(|rule| rule.cite.0.clone()).unwrap_or_default();
        return Err(vec![Reason { kind: ReasonKind::NotBound { year }, cite }]);
    }
    let missing: Vec<Reason> = missing(&found).map(|node| not_registered(node, route)).collect();
    if missing.is_empty() { Ok(policy) } else { Err(missing) }
}

/// The categories that lack something; of the whole only where it lacks something that none of them does.
fn missing(found: &Standing) -> impl Iterator<Item = &Node> {
    let unmet = || found.nodes.iter().filter(|node| !node.is_met());
    let of_a_category = unmet().any(|node| node.code != Node::TOTAL);
    unmet().filter(move |node| !of_a_category || node.code != Node::TOTAL)
}

fn not_registered(node: &Node, route: &Route) -> Reason {
    let kind = ReasonKind::CategoryNotRegistered {
        category: CategoryCode::new(node.code.as_str()),
        name: node.name.clone(),
        required: node.required,
        registered: node.earned,
        short: node.short,
    };
    Reason { kind, cite: route.cite.0.clone() }
}
