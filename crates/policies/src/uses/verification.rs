//! A year that an employer hands in to be verified, and whether it can be.

use super::clause;
use crate::{
    situations::{Day, Findings},
    stage::Stage,
};
use domain::{
    hour_ledger::{Entry, Verified},
    kernel::{CaseId, china_date},
    registry::LearnerFacts,
    verification::{Asked, Reason, judge, provided},
};
use serde::Deserialize;
use time::Date;
use uuid::Uuid;

/// A year that is handed in, and verified on the same day where it can be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandedIn {
    /// The year; that of the situation when left out.
    year: Option<i32>,
    /// The day, with what was registered by then; that of the situation when left out.
    on: Option<Day>,
    /// The codes of the reasons against it; it can be verified when left out.
    refused: Option<Vec<String>>,
    by: Option<String>,
    clause: Option<String>,
}

impl HandedIn {
    /// Holds it against what is expected of it; answers the year that stands verified then.
    pub(crate) fn judge(
        &self,
        index: usize,
        (stage, learner): (&Stage, &LearnerFacts),
        entries: &[Entry],
        (year, today): (i32, Date),
        findings: &mut Findings<'_>,
    ) -> Option<Verified> {
        let (year, on) = (self.year.unwrap_or(year), self.on.map_or(today, |day| day.0));
        let label = |what: &str| format!("verification {}: {what}", index + 1);
        let registered: Vec<Entry> =
            entries.iter().filter(|line| china_date(line.recorded_at) <= on).cloned().collect();
        let judged = judge(&Asked { book: &stage.book, learner, entries: &registered, year, today: on });
        let route = judged.as_ref().ok().and_then(|policy| provided(&policy.rules));
        let (found, cites): (Vec<String>, Vec<_>) = match &judged {
            Ok(_) => (Vec::new(), route.iter().flat_map(|route| &route.cite.0).collect()),
            Err(reasons) => (reasons.iter().map(code).collect(), reasons.iter().flat_map(|one| &one.cite).collect()),
        };
        findings.same(label("reasons"), self.refused.clone().unwrap_or_default().join(", "), found.join(", "));
        clause(label("clause"), self.clause.as_ref(), cites, findings);
        let step = route?.step.last()?;
        if let Some(by) = &self.by {
            findings.same(label("office"), by, &step.office);
        }
        let case = CaseId::from_uuid(Uuid::from_u128((14 << 64) | index as u128));
        Some(Verified { year, on, case, office: Some(step.office.clone()) })
    }
}

/// The stable code of a reason, as on the wire.
fn code(reason: &Reason) -> String {
    let value = toml::Value::try_from(reason);
    let code = value.ok().and_then(|value| value.get("code")?.as_str().map(str::to_owned));
    code.unwrap_or_else(|| "?".to_owned())
}
