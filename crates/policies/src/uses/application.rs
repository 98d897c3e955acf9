//! What situations say of applications: whether someone's years allow one.

use super::{Case, clause};
use crate::{
    claims::{self, Claimed},
    situations::{Day, Findings},
};
use domain::{
    findings::{self, Finding},
    hour_ledger::{Allows, Application, Asked, Declared, Eligibility, UseReason, YearIs, YearUsed, eligibility},
    kernel::Hours,
    policy::shape::{Degree, Purpose, Weight},
    recognition::{Facts, Line},
    registry::Level,
};
use serde::Deserialize;
use std::{collections::BTreeMap, slice};

/// An application, and whether the years allow it; keys left out are not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Applied {
    purpose: Purpose,
    level: Option<Level>,
    present_level: Option<Level>,
    degree: Option<Degree>,
    applied_on: Day,
    same_specialty: Option<bool>,
    /// What the employer declares of achievements off the ledger, each judged by itself.
    #[serde(default)]
    declared: Vec<Claimed>,
    expect: Allows,
    /// Every year looked at.
    years: Option<BTreeMap<String, YearIs>>,
    /// What is missing in the years named, by category.
    #[serde(default)]
    missing: BTreeMap<String, BTreeMap<String, Hours>>,
    reasons: Option<Vec<String>>,
    barred_until: Option<Day>,
    weight: Option<Weight>,
    clause: Option<String>,
    /// Whether a finding cancels the application while it is open.
    cancelled: Option<bool>,
}

impl Applied {
    pub(super) fn judge(&self, case: &Case<'_>, index: usize, found: Option<&Finding>, findings: &mut Findings<'_>) {
        let label = format!("application {} ({})", index + 1, self.purpose);
        let applied_on = self.applied_on.0;
        let facts = Facts { rules: &case.stage.rules, learner: case.learner, today: applied_on, known_at: None };
        let declared = claims::declared(&self.declared, &facts, &label, findings);
        let application = Application {
            purpose: self.purpose,
            level: self.level,
            present_level: self.present_level,
            degree: self.degree,
            applied_on,
            same_specialty: self.same_specialty,
            declared: declared.into_iter().map(as_declared).collect(),
        };
        let bars = findings::bars(found.map(slice::from_ref).unwrap_or_default(), None);
        let asked = Asked {
            book: &case.stage.book,
            learner: case.learner,
            application: &application,
            entries: case.entries,
            bars: &bars,
            verified: case.verified,
            known_at: None,
        };
        self.compare(&label, &eligibility(&asked), findings);
        if let Some(expected) = self.cancelled {
            let cancelled = found.is_some_and(|found| findings::is_cancelled(found, self.purpose, applied_on, None));
            findings.same(format!("{label}: cancelled"), expected, cancelled);
        }
    }

    fn compare(&self, label: &str, found: &Eligibility, findings: &mut Findings<'_>) {
        let what = |what: &str| format!("{label}: {what}");
        findings.same(what("answer"), self.expect, found.allows);
        if let Some(expected) = &self.years {
            let years: BTreeMap<String, YearIs> =
                found.years.iter().map(|year| (year.standing.year.to_string(), year.is)).collect();
            findings.same(what("years"), listed(expected), listed(&years));
        }
        for (year, expected) in &self.missing {
            let of_year = found.years.iter().find(|used| used.standing.year.to_string() == *year);
            findings.same(what(&format!("missing of {year}")), listed(expected), listed(&missing(of_year)));
        }
        if let Some(expected) = &self.reasons {
            let codes: Vec<&str> = found.reasons.iter().map(UseReason::code).collect();
            findings.same(what("reasons"), expected.join(", "), codes.join(", "));
        }
        let barred = found.reasons.iter().find_map(|reason| match reason {
            UseReason::Barred { until_on, cite } => Some((until_on, cite)),
            _ => None,
        });
        if let Some(expected) = self.barred_until {
            findings.same(what("barred until"), expected.0, barred.map_or("never".to_owned(), |bar| bar.0.to_string()));
        }
        if let Some(expected) = self.weight {
            let weight = found.window.as_ref().and_then(|window| window.weight);
            findings.same(what("weight"), expected, weight.map_or("none".to_owned(), |weight| weight.to_string()));
        }
        let of_window = found.window.iter().flat_map(|window| &window.cite);
        let cites = of_window.chain(barred.into_iter().flat_map(|bar| bar.1));
        clause(what("clause"), self.clause.as_ref(), cites, findings);
    }
}

fn as_declared(line: Line) -> Declared {
    let Line { year, category, hours, fulfils, achievement } = line;
    Declared { achievement, year, category, hours, fulfils }
}

fn missing(of_year: Option<&YearUsed>) -> BTreeMap<String, Hours> {
    of_year.map(|used| used.missing.iter().cloned().collect()).unwrap_or_default()
}

/// Names with their values, in one order and on one line.
fn listed<T: ToString>(of: &BTreeMap<String, T>) -> String {
    let pairs: Vec<String> = of.iter().map(|(name, value)| format!("{name} {}", value.to_string())).collect();
    pairs.join(", ")
}
