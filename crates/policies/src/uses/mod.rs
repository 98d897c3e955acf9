//! What situations say of the use of years: applications, surplus, exceptions, verifications, what follows from a missed year, and findings.

mod application;
mod exception;
mod finding;
mod follows;
mod surplus;
mod verification;

pub(crate) use application::Applied;
pub(crate) use exception::Excepted;
pub(crate) use finding::Found;
pub(crate) use follows::Following;
pub(crate) use surplus::Spread;
pub(crate) use verification::HandedIn;

use crate::{
    situations::{Findings, Situation},
    stage::Stage,
};
use domain::{
    hour_ledger::{Entry, Question, Standing, Verified, standing},
    kernel::{Citation, Hours},
    registry::LearnerFacts,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use time::Date;

/// A year that an office attests: that it was met, or so many hours of each category.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attested {
    pub(crate) year: i32,
    pub(crate) hours: Option<BTreeMap<String, Hours>>,
}

/// A situation with everything that is known in it.
pub(crate) struct Case<'c> {
    pub(crate) situation: &'c Situation,
    pub(crate) stage: &'c Stage,
    pub(crate) learner: &'c LearnerFacts,
    pub(crate) entries: &'c [Entry],
    pub(crate) verified: &'c [Verified],
    pub(crate) today: Date,
    pub(crate) year: i32,
}

impl Case<'_> {
    /// Holds every use that the situation speaks of against what it expects.
    pub(crate) fn judge(&self, findings: &mut Findings<'_>) {
        let found = self.situation.finding.as_ref().map(|found| found.judge(self, findings));
        for (index, applied) in self.situation.application.iter().enumerate() {
            applied.judge(self, index, found.as_ref(), findings);
        }
        if let Some(surplus) = &self.situation.surplus {
            surplus.judge(self, findings);
        }
        if let Some(follows) = &self.situation.follows {
            follows::judge(follows, self, findings);
        }
    }

    fn standing_of(&self, year: i32) -> Standing {
        let Self { learner, entries, today, .. } = *self;
        standing(&Question { book: &self.stage.book, learner, year, entries, today, known_at: None })
    }
}

/// Notes a clause that is not among those found.
fn clause<'f>(
    what: String,
    expected: Option<&String>,
    found: impl IntoIterator<Item = &'f Citation>,
    findings: &mut Findings<'_>,
) {
    let Some(expected) = expected else { return };
    let found: Vec<&str> = found.into_iter().map(|cite| cite.clause.as_str()).collect();
    if !found.contains(&expected.as_str()) {
        findings.same(what, expected, format!("{found:?}"));
    }
}
