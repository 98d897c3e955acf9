//! What a claim is worth, by the rules of its year and place.

use crate::{
    problem::{Kind, Problem},
    text::Text,
};
use domain::{
    policy::{Policy, Resolution, RuleBook, Rules, shape::Ledger},
    recognition::{Claim, Facts, Judged, worth},
    registry::LearnerFacts,
};
use std::sync::Arc;
use time::{Date, OffsetDateTime};

/// The judgement, with the rules that spoke.
pub(super) struct Judgement {
    pub(super) judged: Judged,
    pub(super) policy: Arc<Policy>,
}

/// Judges a claim by the rules of the place and year of the day that decides: the rules say which day that is, so those of every day that
/// is declared are asked, the last one first, and those speak that agree with themselves. What is computed when a title is applied for
/// is judged by today's, where there are any.
///
/// # Errors
/// `no_rule_in_force` where no rules speak for any of the days, or the person belonged nowhere on the day that decides.
pub(super) fn judge(book: &RuleBook, learner: &LearnerFacts, claim: &Claim, today: Date) -> Result<Judgement, Problem> {
    let rules_of = |day: Date| book.resolve(learner.place_on(day, None)?, day.year(), None).in_force().map(Arc::clone);
    let mut days: Vec<Date> = claim.named_days().map(|(_, day)| day).filter(|day| *day <= today).collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.push(today);
    let mut asked: Vec<Judgement> = Vec::new();
    for policy in days.into_iter().filter_map(rules_of) {
        if asked.iter().all(|before| before.policy.id != policy.id) {
            let judged = judged_by(&policy.rules, learner, claim, (today, None));
            asked.push(Judgement { judged, policy });
        }
    }
    let speak_for = |day: Date, one: &Judgement| rules_of(day).is_some_and(|policy| policy.id == one.policy.id);
    let agrees = |one: &Judgement| match (one.judged.ledger, one.judged.earned_on) {
        (Some(Ledger::Off), _) => speak_for(today, one),
        (Some(Ledger::On), Some(day)) => speak_for(day, one),
        (Some(Ledger::On), None) | (None, _) => false,
    };
    // Of rules that do not, those that know the kind can at least say what is missing.
    let found = asked.into_iter().min_by_key(|one| (!agrees(one), one.judged.ledger.is_none()));
    let found = found.ok_or_else(|| match claim.named_days().map(|(_, day)| day).max() {
        Some(day) => no_rule(book, learner, day).detail(Text::new(
            format!("所填日期属于 {} 年度，该年度没有规则，当年的规则也没有", day.year()),
            format!("what was declared is of {}, for which no rules are in force, nor are any this year", day.year()),
        )),
        // The rules of today say nothing of a day that is yet to be declared.
        None => no_rule(book, learner, today).detail(Text::new(
            "尚未填写任何日期，因此按当年的规则查找，而当年没有规则；请先填写日期",
            "no day was declared, so the rules of this year were asked, and there are none: declare the days first",
        )),
    })?;
    match found.judged.earned_on {
        Some(day) if learner.place_on(day, None).is_none() => Err(no_rule(book, learner, day)),
        _ => Ok(found),
    }
}

/// What a claim is worth by these rules, as of a day and as known at a moment.
pub(super) fn judged_by(
    rules: &Rules,
    learner: &LearnerFacts,
    claim: &Claim,
    (today, known_at): (Date, Option<OffsetDateTime>),
) -> Judged {
    worth(&Facts { rules, learner, today, known_at }, claim)
}

fn no_rule(book: &RuleBook, learner: &LearnerFacts, on: Date) -> Problem {
    let problem = Problem::new(Kind::NoRuleInForce).with("year", on.year());
    let Some(place) = learner.place_on(on, None) else { return problem };
    match book.resolve(place, on.year(), None) {
        Resolution::NoRuleInForce { layer, .. } => problem.with("place", layer),
        Resolution::InForce(_) | Resolution::NoLayer => problem.with("place", place),
    }
}
