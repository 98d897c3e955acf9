//! What a judgement gathers on its way: reasons, steps and lines.

use super::{Judged, Line, Outcome, Reason, ReasonKind, Step, StepKind};
use crate::policy::{Cite, shape::Ledger};
use time::Date;

/// The findings about one claim, with the clause of the rule that is being applied.
pub(super) struct Findings<'f> {
    cite: &'f Cite,
    reasons: Vec<Reason>,
    steps: Vec<Step>,
    lines: Vec<Line>,
}

impl<'f> Findings<'f> {
    pub(super) const fn under(cite: &'f Cite) -> Self {
        Self { cite, reasons: Vec::new(), steps: Vec::new(), lines: Vec::new() }
    }

    /// A reason that the rule gives.
    pub(super) fn rule(&mut self, kind: ReasonKind) {
        self.reasons.push(Reason::cited(kind, self.cite));
    }

    /// A reason that another clause gives.
    pub(super) fn clause(&mut self, kind: ReasonKind, cite: &Cite) {
        self.reasons.push(Reason::cited(kind, cite));
    }

    /// A reason of plain sense.
    pub(super) fn plain(&mut self, kind: ReasonKind) {
        self.reasons.push(Reason::plain(kind));
    }

    pub(super) fn step(&mut self, kind: StepKind) {
        self.steps.push(Step::cited(kind, self.cite));
    }

    pub(super) fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// The judgement: refusals go before open questions, and what is refused has no lines.
    pub(super) fn judged(mut self, ledger: Ledger, earned_on: Option<Date>) -> Judged {
        self.reasons.sort_by_key(Reason::is_open_question);
        let outcome = match self.reasons.first() {
            None => Outcome::Worth,
            Some(first) if first.is_open_question() => Outcome::NeedsReview,
            Some(_) => Outcome::Refused,
        };
        let lines = if outcome == Outcome::Refused { Vec::new() } else { self.lines };
        Judged { outcome, ledger: Some(ledger), earned_on, lines, steps: self.steps, reasons: self.reasons }
    }
}
