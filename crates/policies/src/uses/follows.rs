//! What situations say of the consequences of a missed year.

use super::{Case, clause};
use crate::situations::Findings;
use domain::{hour_ledger::consequences, policy::shape::Effect};
use serde::Deserialize;

/// One thing that follows from the year of the situation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Following {
    effect: Effect,
    years: Option<u32>,
    /// Whether it binds, or is only recommended; it binds when left out.
    binds: Option<bool>,
    clause: Option<String>,
}

/// Everything that follows has to be expected, in the order of the rules.
pub(super) fn judge(expected: &[Following], case: &Case<'_>, findings: &mut Findings<'_>) {
    let found = consequences(&case.standing_of(case.year), case.learner, None);
    let of_found: Vec<_> = found.iter().map(|one| listed(one.effect, one.years, one.binds)).collect();
    let of_expected: Vec<_> =
        expected.iter().map(|one| listed(one.effect, one.years, one.binds.unwrap_or(true))).collect();
    findings.same("follows", of_expected.join("; "), of_found.join("; "));
    for (one, found) in expected.iter().zip(&found) {
        clause(format!("follows {}: clause", one.effect), one.clause.as_ref(), &found.cite, findings);
    }
}

fn listed(effect: Effect, years: Option<u32>, binds: bool) -> String {
    let years = years.map(|years| format!(" {years} years")).unwrap_or_default();
    format!("{effect}{years}{}", if binds { "" } else { " recommended" })
}
