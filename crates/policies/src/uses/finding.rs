//! What situations say of findings: what follows from one, and until when.

use super::{Case, clause};
use crate::situations::{Day, Findings};
use domain::{
    findings::{Annulment, Finding, records, sanctions},
    kernel::{CHINA, CaseId},
    policy::shape::{Cause, Effect},
};
use serde::Deserialize;
use std::slice;
use time::{Date, Time};
use uuid::Uuid;

/// A finding, and what follows from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    cause: Cause,
    decided_on: Day,
    /// Whether it was annulled.
    #[serde(default)]
    annulled: bool,
    /// Everything that follows, in the order of the rules.
    expect: Vec<Following>,
    /// The last day of the credit record.
    on_record_until: Option<Day>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Following {
    effect: Effect,
    until_on: Option<Day>,
    clause: Option<String>,
}

impl Found {
    pub(super) fn judge(&self, case: &Case<'_>, findings: &mut Findings<'_>) -> Finding {
        let decided_on = self.decided_on.0;
        let recorded_at = decided_on.with_time(Time::MIDNIGHT).assume_offset(CHINA);
        let policy = case.stage.book.versions().next();
        let sanctions =
            policy.map(|policy| sanctions(policy, self.cause, decided_on, case.learner)).unwrap_or_default();
        let listed = |effect: Effect, until: Option<Date>| {
            format!("{effect}{}", until.map(|day| format!(" until {day}")).unwrap_or_default())
        };
        let expected: Vec<_> =
            self.expect.iter().map(|one| listed(one.effect, one.until_on.map(|day| day.0))).collect();
        let found: Vec<_> = sanctions.iter().map(|one| listed(one.effect, one.until_on)).collect();
        findings.same("finding", expected.join("; "), found.join("; "));
        for (one, found) in self.expect.iter().zip(&sanctions) {
            clause(format!("finding, {}: clause", one.effect), one.clause.as_ref(), &found.cite, findings);
        }
        let id = CaseId::from_uuid(Uuid::nil());
        let annulled = self.annulled.then_some(Annulment { case: id, recorded_at });
        let finding =
            Finding { case: id, cause: self.cause, decided_on, lines: Vec::new(), sanctions, recorded_at, annulled };
        if let Some(last_on) = self.on_record_until {
            let on = |day| !records(slice::from_ref(&finding), day, None).is_empty();
            let next_on = last_on.0.next_day().unwrap_or(last_on.0);
            findings.same(
                "on record on the last day, and on the next",
                "true, false",
                format!("{}, {}", on(last_on.0), on(next_on)),
            );
        }
        finding
    }
}
