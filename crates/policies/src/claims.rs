//! What situations say of achievements and of lists: what is declared, and what it is worth by itself.

use crate::situations::{Day, Findings, Situation, category};
use crate::stage::Stage;
use domain::{
    hour_ledger::{Basis, Entry},
    kernel::{Citation, Hours},
    policy::shape::{Fulfils, Ledger, Recognition},
    recognition::{Claim, Facts, Grant, Judged, Line, Listing, Outcome, Reason, StepKind, exempt, worth},
    registry::LearnerFacts,
};
use serde::Deserialize;

/// An achievement as declared, and what becomes of it.
///
/// What is left out is as the rule wants it, so that a situation says only what it shows: all the evidence that the rule lists
/// is attached, every condition is declared to hold, the document is named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claimed {
    kind: String,
    category: Option<String>,
    first_on: Option<Day>,
    last_on: Option<Day>,
    certificate_on: Option<Day>,
    granted_on: Option<Day>,
    concluded_on: Option<Day>,
    days: Option<u32>,
    #[serde(default)]
    travel_days: u32,
    stated: Option<Hours>,
    document: Option<bool>,
    rank: Option<u32>,
    role: Option<String>,
    level: Option<String>,
    evidence: Option<Vec<String>>,
    /// Conditions, or `own_field`, of which nothing is declared.
    #[serde(default)]
    not_declared: Vec<String>,
    /// Conditions, or `own_field`, that are declared not to hold.
    #[serde(default)]
    not_met: Vec<String>,
    filed: Option<Hours>,
    grant: Option<Granted>,
    #[serde(flatten)]
    expected: Expected,
}

/// What a reviewer granted; a reason was given unless it is said that none was.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    hours: Hours,
    reason: Option<bool>,
}

/// That the person stands on an authority's list, and what becomes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    kind: String,
    year: i32,
    #[serde(flatten)]
    expected: Expected,
}

/// What the judgement must be; keys left out are not looked at.
#[derive(Clone, Debug, Deserialize)]
struct Expected {
    expect: Outcome,
    reasons: Option<Vec<String>>,
    expect_hours: Option<Hours>,
    expect_lines: Option<Vec<ExpectedLine>>,
    expect_at_most: Option<Hours>,
    expect_ledger: Option<Ledger>,
    expect_steps: Option<Vec<String>>,
    expect_clause: Option<String>,
}

/// A line that the judgement must have; keys left out are not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedLine {
    year: i32,
    category: Option<String>,
    hours: Option<Hours>,
    fulfils: Option<Fulfils>,
}

/// Judges every claim and every listing of a situation, and gives the lines of those that reach the ledger.
pub(crate) fn judge(
    situation: &Situation,
    stage: &Stage,
    learner: &LearnerFacts,
    findings: &mut Findings<'_>,
) -> Vec<Entry> {
    let rules = &stage.rules;
    let today = situation.today.map_or_else(|| stage.day_after(situation.year.unwrap_or(stage.year)), |day| day.0);
    let facts = Facts { rules, learner, today, known_at: None };
    let mut entries = Vec::new();
    for (index, claimed) in situation.claim.iter().enumerate() {
        let judged = worth(&facts, &claimed.claim(rules.recognition_of(&claimed.kind)));
        claimed.expected.compare(&format!("claim {} ({})", index + 1, claimed.kind), &judged, findings);
        entries.extend(stage.recognised(index, Basis::Recognition, &judged));
    }
    for (index, listed) in situation.listed.iter().enumerate() {
        let judged = exempt(&facts, &Listing { kind: listed.kind.clone(), year: listed.year });
        listed.expected.compare(&format!("listed {} ({})", index + 1, listed.kind), &judged, findings);
        entries.extend(stage.recognised(situation.claim.len() + index, Basis::Exemption, &judged));
    }
    entries
}

/// What is declared of an achievement off the ledger, judged by itself.
pub(crate) fn declared(claimed: &[Claimed], facts: &Facts<'_>, label: &str, findings: &mut Findings<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, claimed) in claimed.iter().enumerate() {
        let judged = worth(facts, &claimed.claim(facts.rules.recognition_of(&claimed.kind)));
        claimed.expected.compare(&format!("{label}: declared {} ({})", index + 1, claimed.kind), &judged, findings);
        if judged.outcome == Outcome::Worth && judged.ledger == Some(Ledger::Off) {
            lines.extend(judged.lines);
        }
    }
    lines
}

impl Claimed {
    fn claim(&self, rule: Option<&Recognition>) -> Claim {
        const OWN_FIELD: &str = "own_field";
        let said = |of: &str| match (
            self.not_met.iter().any(|not| not == of),
            self.not_declared.iter().any(|not| not == of),
        ) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        };
        let asked = rule.map_or(&[][..], |rule| &rule.conditions);
        let named = self.not_met.iter().filter(|not| *not != OWN_FIELD);
        let conditions = asked.iter().chain(named).filter_map(|of| Some((of.clone(), said(of)?))).collect();
        let evidence = self.evidence.clone();
        Claim {
            kind: self.kind.clone(),
            category: self.category.as_deref().map(category),
            first_on: self.first_on.map(|day| day.0),
            last_on: self.last_on.map(|day| day.0),
            certificate_on: self.certificate_on.map(|day| day.0),
            granted_on: self.granted_on.map(|day| day.0),
            concluded_on: self.concluded_on.map(|day| day.0),
            days: self.days,
            travel_days: self.travel_days,
            stated: self.stated,
            document_named: self.document.unwrap_or(true),
            rank: self.rank,
            role: self.role.clone(),
            level: self.level.clone(),
            evidence: evidence.unwrap_or_else(|| rule.map(|rule| rule.evidence.clone()).unwrap_or_default()),
            own_field: said(OWN_FIELD),
            conditions,
            filed: self.filed,
            granted: self.grant.map(|grant| Grant { hours: grant.hours, reason_given: grant.reason.unwrap_or(true) }),
        }
    }
}

impl Expected {
    fn compare(&self, label: &str, judged: &Judged, findings: &mut Findings<'_>) {
        let what = |what: &str| format!("{label}: {what}");
        findings.same(what("outcome"), self.expect, judged.outcome);
        let found: Vec<String> = judged.reasons.iter().map(code).collect();
        // Whoever expects a refusal says for which reasons; else it would pass for any other.
        let unsaid = if judged.outcome == Outcome::Refused { String::new() } else { found.join(", ") };
        let reasons = self.reasons.as_ref().map_or(unsaid, |expected| expected.join(", "));
        findings.same(what("reasons"), reasons, found.join(", "));
        if let Some(expected) = self.expect_hours {
            findings.same(what("hours"), expected, judged.hours());
        }
        if let Some(expected) = &self.expect_lines {
            let pairs = expected.iter().zip(&judged.lines).all(|(expected, line)| expected.is(line));
            if !pairs || expected.len() != judged.lines.len() {
                findings.same(what("lines"), format!("{expected:?}"), format!("{:?}", judged.lines));
            }
        }
        if let Some(expected) = self.expect_at_most {
            let most = judged.steps.iter().find_map(|step| match step.kind {
                StepKind::CountedAtMost { most, .. } => Some(most.to_string()),
                _ => None,
            });
            findings.same(what("at most"), expected, most.unwrap_or_else(|| "no cap".to_owned()));
        }
        if let Some(expected) = self.expect_ledger {
            let found = judged.ledger.map_or_else(|| "none".to_owned(), |ledger| ledger.to_string());
            findings.same(what("ledger"), expected, found);
        }
        for expected in self.expect_steps.iter().flatten() {
            let steps: Vec<String> = judged.steps.iter().map(|step| step.kind.in_english()).collect();
            if !steps.contains(expected) {
                findings.same(what("steps"), expected, steps.join("; "));
            }
        }
        if let Some(expected) = &self.expect_clause {
            let of_steps = judged.steps.iter().flat_map(|step| &step.cite);
            let found: Vec<&Citation> = judged.reasons.iter().flat_map(|reason| &reason.cite).chain(of_steps).collect();
            if !found.iter().any(|cite| cite.clause == *expected) {
                findings.same(what("clause"), expected, format!("{found:?}"));
            }
        }
    }
}

impl ExpectedLine {
    fn is(&self, line: &Line) -> bool {
        self.year == line.year
            && self.category.as_deref().is_none_or(|code| line.category == Some(category(code)))
            && self.hours.is_none_or(|hours| line.hours == hours)
            && self.fulfils.is_none_or(|fulfils| line.fulfils == Some(fulfils))
    }
}

/// The stable code of a reason, as on the wire.
fn code(reason: &Reason) -> String {
    match toml::Value::try_from(&reason.kind) {
        Ok(value) => value.get("code").and_then(toml::Value::as_str).unwrap_or("?").to_owned(),
        Err(error) => error.to_string(),
    }
}
