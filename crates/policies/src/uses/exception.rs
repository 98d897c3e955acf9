//! What an office is asked to grant by exception, and whether it can.

use super::clause;
use crate::{
    situations::{Findings, category, midyear},
    stage::Stage,
};
use domain::{
    exceptions::{Asked, Reason, judge},
    hour_ledger::Entry,
    kernel::{CaseId, EntryId, Hours},
    registry::LearnerFacts,
    roll::{Said, Stated},
};
use serde::Deserialize;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// An exception: that a year is met, or so many hours of each category.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Excepted {
    /// The year; that of the situation when left out.
    year: Option<i32>,
    hours: Option<BTreeMap<String, Hours>>,
    /// The codes of the reasons against it; it can be granted when left out.
    refused: Option<Vec<String>>,
    by: Option<String>,
    clause: Option<String>,
}

impl Excepted {
    /// Holds it against what is expected of it; answers the lines that it makes.
    pub(crate) fn judge(
        &self,
        index: usize,
        (stage, learner): (&Stage, &LearnerFacts),
        entries: &[Entry],
        (year, today): (i32, Date),
        findings: &mut Findings<'_>,
    ) -> Vec<Entry> {
        let year = self.year.unwrap_or(year);
        let stated = match &self.hours {
            None => Stated::Met,
            Some(hours) => Stated::Hours(hours.iter().map(|(code, hours)| (category(code), *hours)).collect()),
        };
        let label = |what: &str| format!("exception {}: {what}", index + 1);
        let judged = judge(&Asked { book: &stage.book, learner, entries, year, stated: &stated, today });
        let (found, cites): (Vec<String>, Vec<_>) = match &judged {
            Ok(possible) => (Vec::new(), possible.provision.cite.iter().collect()),
            Err(reasons) => (reasons.iter().map(code).collect(), reasons.iter().flat_map(|one| &one.cite).collect()),
        };
        findings.same(label("reasons"), self.refused.clone().unwrap_or_default().join(", "), found.join(", "));
        clause(label("clause"), self.clause.as_ref(), cites, findings);
        let Ok(possible) = judged else { return Vec::new() };
        if let Some(by) = &self.by {
            findings.same(label("office"), by, &possible.provision.office);
        }
        let id = |number: usize| Uuid::from_u128((13 << 64) | (1000 * index + number) as u128);
        let said = Said { roll: CaseId::from_uuid(id(0)), at: midyear(year), by: "situation" };
        let mut number = 0;
        let mut new_id = || {
            number += 1;
            EntryId::from_uuid(id(number))
        };
        possible.lines((learner.id, year, &stated), (&said, 1), &mut new_id)
    }
}

/// The stable code of a reason, as on the wire.
fn code(reason: &Reason) -> String {
    let value = toml::Value::try_from(reason);
    let code = value.ok().and_then(|value| value.get("code")?.as_str().map(str::to_owned));
    code.unwrap_or_else(|| "?".to_owned())
}
