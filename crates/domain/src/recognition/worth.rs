//! The judgement over one claim.

use super::{Claim, Reason, ReasonKind, Step, StepKind, days, findings::Findings, formula, gates};
use crate::{
    kernel::Hours,
    policy::{
        CategoryCode, Rules,
        shape::{Fulfils, Ledger, Recognition},
    },
    registry::LearnerFacts,
    words,
};
use time::{Date, OffsetDateTime};

/// Everything a judgement needs to know besides the claim.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// The rules. Of an achievement that enters the ledger those of its own year; of one that is computed when a title is applied
    /// for, those of the year of the application.
    pub rules: &'f Rules,
    /// The person.
    pub learner: &'f LearnerFacts,
    /// The civil day of the question.
    pub today: Date,
    /// As known at that instant; everything when absent.
    pub known_at: Option<OffsetDateTime>,
}

words! {
    /// What becomes of a claim.
    pub enum Outcome {
        /// The rules give an amount.
        Worth = "worth",
        /// An office has to decide a question that the rules leave open.
        NeedsReview = "needs_review",
        /// As declared it is worth nothing.
        Refused = "refused",
    }
}

/// What a ledger would hold for an achievement: its worth by itself, uncut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The policy year.
    pub year: i32,
    /// The category; absent where everything of the year is fulfilled.
    pub category: Option<CategoryCode>,
    /// The hours; zero for a fulfilment.
    pub hours: Hours,
    /// What is deemed met, for a fulfilment.
    pub fulfils: Option<Fulfils>,
    /// The code of its `[[recognition]]` or `[[exemption]]`, over which caps run.
    pub achievement: String,
}

/// What one achievement is worth by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What becomes of it.
    pub outcome: Outcome,
    /// Whether it becomes lines of the ledger; absent for an unknown kind.
    pub ledger: Option<Ledger>,
    /// The day that decides its year, as far as it is known.
    pub earned_on: Option<Date>,
    /// What it is worth, or would be if an office agrees; empty where it is refused.
    pub lines: Vec<Line>,
    /// The arithmetic, in order.
    pub steps: Vec<Step>,
    /// Why; empty where it is simply worth its lines. Refusals first.
    pub reasons: Vec<Reason>,
}

impl Judged {
    /// The hours of all lines.
    #[must_use]
    pub fn hours(&self) -> Hours {
        self.lines.iter().map(|line| line.hours).sum()
    }

    pub(super) fn alone(reason: Reason, ledger: Option<Ledger>) -> Self {
        let (lines, steps) = (Vec::new(), Vec::new());
        Self { outcome: Outcome::Refused, ledger, earned_on: None, lines, steps, reasons: vec![reason] }
    }
}

/// A claim with the rule of its kind.
#[derive(Clone, Copy)]
pub(super) struct Case<'c> {
    pub(super) facts: Facts<'c>,
    pub(super) claim: &'c Claim,
    pub(super) kind: &'c Recognition,
}

/// Judges what one achievement is worth by itself.
///
/// All reasons are given at once; a person out of scope, or a kind that the rules do not have, is told that alone. Caps are named
/// in the steps and cut nothing here. The same claim has the same worth whatever else the person learned.
#[must_use]
pub fn worth(facts: &Facts<'_>, claim: &Claim) -> Judged {
    let Some(kind) = facts.rules.recognition_of(&claim.kind) else {
        let known = facts.rules.recognition.iter().map(|kind| kind.kind.clone()).collect();
        return Judged::alone(Reason::plain(ReasonKind::KindUnknown { known }), None);
    };
    let case = Case { facts: *facts, claim, kind };
    let mut found = Findings::under(&kind.cite);
    days::possible(&case, &mut found);
    let day = days::deciding(&case, &mut found);
    if let Some(reason) = out_of_scope(facts, day.unwrap_or(facts.today)) {
        return Judged::alone(reason, Some(kind.ledger));
    }
    gates::all(&case, day, &mut found);
    let category = gates::category(&case, &mut found);
    if let Some(day) = day {
        found.step(StepKind::Year { on: day, year: day.year() });
    }
    formula::lines(&case, day, category.as_ref(), &mut found);
    found.judged(kind.ledger, day)
}

/// Accountants of Qinghai follow the finance department in everything, recognition included (QH-04).
pub(super) fn out_of_scope(facts: &Facts<'_>, day: Date) -> Option<Reason> {
    let rule = facts.rules.scope_of(facts.learner, day, facts.known_at)?;
    let (authority, under) = rule.elsewhere()?;
    Some(Reason::cited(ReasonKind::OutOfScope { authority, under }, &rule.cite))
}
