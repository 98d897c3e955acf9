//! What must be true of an achievement before it is worth anything.

use super::{ReasonKind, findings::Findings, worth::Case};
use crate::{
    policy::{
        CategoryCode,
        shape::{Described, EvidenceNeed, Fulfils},
    },
    registry::{LearnerFacts, held_on},
};
use time::{Date, OffsetDateTime};

/// Every gate of the rule but the category; those that look at a day only where one decides.
pub(super) fn all(case: &Case<'_>, day: Option<Date>, found: &mut Findings<'_>) {
    if let Some(day) = day {
        described(case, day, found);
        employed(case, day, found);
        present_post(case, day, found);
    }
    own_field(case, found);
    conditions(case, found);
    evidence(case, found);
    level(case, found);
    rank(case, found);
    role(case, found);
}

fn described(case: &Case<'_>, day: Date, found: &mut Findings<'_>) {
    let Some(who) = &case.kind.who else { return };
    if !who.fits_but_for_degrees(&Described::on(case.facts.learner, day, case.facts.known_at)) {
        found.rule(ReasonKind::NotForThem);
    } else if !who.degrees.is_empty() {
        found.rule(ReasonKind::DegreeUnknown);
    }
}

/// 自学类 is for people in post (QH-63).
fn employed(case: &Case<'_>, day: Date, found: &mut Findings<'_>) {
    if case.kind.in_post != Some(true) {
        return;
    }
    match in_post(case.facts.learner, day, case.facts.known_at) {
        None => found.rule(ReasonKind::EmploymentUnknown),
        Some(false) => found.rule(ReasonKind::NotInPost { on: day }),
        Some(true) => {}
    }
}

fn in_post(learner: &LearnerFacts, day: Date, known_at: Option<OffsetDateTime>) -> Option<bool> {
    held_on(&learner.employers, day, known_at).map(|fact| fact.value.is_some())
}

/// Some achievements count only within the present post (QH-59): that of today, from its first day on.
fn present_post(case: &Case<'_>, day: Date, found: &mut Findings<'_>) {
    if case.kind.within_present_post != Some(true) {
        return;
    }
    match case.facts.learner.tenure_on(case.facts.today, case.facts.known_at) {
        None => found.rule(ReasonKind::PostUnknown),
        Some(post) if day >= post.since => {}
        Some(post) if post.is_first_day_known => found.rule(ReasonKind::BeforePresentPost { since: post.since }),
        Some(post) => found.rule(ReasonKind::PostStartUnknown { recorded_since: post.since }),
    }
}

fn own_field(case: &Case<'_>, found: &mut Findings<'_>) {
    match case.claim.own_field {
        _ if case.kind.own_field != Some(true) => {}
        None => found.rule(ReasonKind::OwnFieldNotDeclared),
        Some(false) => found.rule(ReasonKind::NotOwnField),
        Some(true) => {}
    }
}

fn conditions(case: &Case<'_>, found: &mut Findings<'_>) {
    let declared = &case.claim.conditions;
    for condition in &case.kind.conditions {
        match declared.get(condition) {
            None => found.rule(ReasonKind::ConditionNotDeclared { condition: condition.clone() }),
            Some(false) => found.rule(ReasonKind::ConditionNotMet { condition: condition.clone() }),
            Some(true) => {}
        }
    }
    for condition in declared.keys().filter(|condition| !case.kind.conditions.contains(condition)) {
        found.plain(ReasonKind::ConditionUnknown { condition: condition.clone() });
    }
}

/// Evidence of other kinds may be attached as well; what the rule asks for must be (QH-62).
fn evidence(case: &Case<'_>, found: &mut Findings<'_>) {
    let missing = case.kind.evidence.iter().filter(|kind| !case.claim.evidence.contains(kind));
    let missing: Vec<String> = missing.cloned().collect();
    let any_one = case.kind.evidence_need != Some(EvidenceNeed::All);
    let enough = if any_one { missing.len() < case.kind.evidence.len() } else { missing.is_empty() };
    if !enough && !case.kind.evidence.is_empty() {
        found.rule(ReasonKind::EvidenceMissing { missing, any_one });
    }
}

fn level(case: &Case<'_>, found: &mut Findings<'_>) {
    let levels = &case.kind.levels;
    match &case.claim.level {
        _ if levels.is_empty() => {}
        None => found.rule(ReasonKind::LevelMissing { levels: levels.clone() }),
        Some(level) if !levels.contains(level) => {
            found.rule(ReasonKind::LevelNotCounted { level: level.clone(), levels: levels.clone() });
        }
        Some(_) => {}
    }
}

fn rank(case: &Case<'_>, found: &mut Findings<'_>) {
    let Some(to) = case.kind.rank_to else { return };
    match case.claim.rank {
        None => found.rule(ReasonKind::RankMissing),
        Some(rank) if !(1..=to).contains(&rank) => found.rule(ReasonKind::RankNotCounted { rank, to: Some(to) }),
        Some(_) => {}
    }
}

fn role(case: &Case<'_>, found: &mut Findings<'_>) {
    let roles = &case.kind.roles;
    match &case.claim.role {
        _ if roles.is_empty() => {}
        None => found.rule(ReasonKind::RoleMissing { roles: roles.clone() }),
        Some(role) if !roles.contains(role) => {
            found.rule(ReasonKind::RoleNotCounted { role: role.clone(), roles: roles.clone() });
        }
        Some(_) => {}
    }
}

/// The category of the hours: the rule's, or that which the claim names among those that the rule admits (SX-A18). Where the rule
/// names none, any of the tree.
pub(super) fn category(case: &Case<'_>, found: &mut Findings<'_>) -> Option<CategoryCode> {
    let (kind, named) = (case.kind, case.claim.category.as_ref());
    if kind.formula.as_ref().is_some_and(|formula| formula.fulfils == Some(Fulfils::EverythingYear)) {
        return None;
    }
    let doubtful = &kind.categories_in_doubt;
    let admitted: Vec<CategoryCode> = match (&kind.category, kind.categories.is_empty()) {
        (Some(only), _) => vec![only.clone()],
        (None, false) => kind.categories.clone(),
        (None, true) => case.facts.rules.category.iter().map(|node| node.code.clone()).collect(),
    };
    let Some(named) = named.or(kind.category.as_ref()) else {
        found.rule(ReasonKind::CategoryMissing { admitted });
        return None;
    };
    if doubtful.contains(named) {
        found.rule(ReasonKind::CategoryInDoubt { category: named.clone() });
    } else if !admitted.contains(named) {
        found.rule(ReasonKind::CategoryNotAdmitted { category: named.clone(), admitted });
    }
    Some(named.clone())
}
