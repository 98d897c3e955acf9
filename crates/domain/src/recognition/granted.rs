//! What a reviewer grants, with a reason and within the bounds of the rule.

use super::{ReasonKind, StepKind, findings::Findings, worth::Case};
use crate::{
    kernel::Hours,
    policy::{CategoryCode, shape::GrantBounds},
};

/// The hours granted; none before a reviewer says them. Whoever grants says why (GD-A10), and keeps to the bounds (SX-19).
pub(super) fn hours(case: &Case<'_>, category: Option<&CategoryCode>, found: &mut Findings<'_>) -> Option<Hours> {
    let bounds = case.kind.formula.as_ref().and_then(|formula| formula.bounds.as_ref());
    let (least, most) = bounds.map_or((None, None), |bounds| (bounds.least, most(case, bounds, category)));
    let cite = bounds.map_or(&case.kind.cite, |bounds| &bounds.cite);
    let Some(grant) = case.claim.granted else {
        found.clause(ReasonKind::HoursToBeGranted { least, most }, cite);
        return None;
    };
    let hours = grant.hours;
    found.step(StepKind::Granted { hours });
    if !grant.reason_given {
        found.rule(ReasonKind::GrantWithoutReason);
    }
    if let Some(least) = least.filter(|least| hours < *least) {
        found.clause(ReasonKind::GrantBelowLeast { hours, least }, cite);
    }
    if let Some(most) = most.filter(|most| hours > *most) {
        found.clause(ReasonKind::GrantAboveMost { hours, most }, cite);
    }
    Some(hours)
}

/// The most by the rule, or by the minimum of the category, whichever is less.
fn most(case: &Case<'_>, bounds: &GrantBounds, category: Option<&CategoryCode>) -> Option<Hours> {
    let node = category.and_then(|code| case.facts.rules.category.iter().find(|node| node.code == *code));
    let minimum = node.and_then(|node| node.min).filter(|_| bounds.within_minimum == Some(true));
    [bounds.most, minimum].into_iter().flatten().min()
}
