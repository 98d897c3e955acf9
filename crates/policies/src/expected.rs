//! What situations expect of a year.

use crate::{
    situations::{Day, Findings},
    stage,
};
use domain::{
    hour_ledger::{Node, Standing, Verdict},
    kernel::Hours,
    policy::Obligation,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the standing must be; keys left out are not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    verdict: Verdict,
    open: Option<bool>,
    closes_on: Option<Day>,
    obligation: Option<Obligation>,
    authority: Option<String>,
    #[serde(default)]
    earned: BTreeMap<String, Hours>,
    #[serde(default)]
    short: BTreeMap<String, Hours>,
    #[serde(default)]
    clause: BTreeMap<String, String>,
    not_counted: Option<usize>,
}

impl Expected {
    pub(crate) fn compare(&self, standing: &Standing, findings: &mut Findings<'_>) {
        findings.same("verdict", self.verdict, standing.verdict);
        if let Some(open) = self.open {
            findings.same("open", open, standing.open);
        }
        if let Some(closes_on) = self.closes_on {
            findings.same(
                "closes_on",
                closes_on.0,
                standing.closes_on.map_or("none".to_owned(), |day| day.to_string()),
            );
        }
        if let Some(obligation) = self.obligation {
            findings.same("obligation", obligation, standing.obligation);
        }
        if let Some(authority) = &self.authority {
            findings.same("authority", authority, stage::authority(standing));
        }
        let node = |code: &str| standing.nodes.iter().find(|node| node.code == code);
        let amount =
            |code: &str, of: fn(&Node) -> Hours| node(code).map_or("no such node".to_owned(), |n| of(n).to_string());
        for (code, earned) in &self.earned {
            findings.same(format!("earned {code}"), earned, amount(code, |node| node.earned));
        }
        for (code, short) in &self.short {
            findings.same(format!("short {code}"), short, amount(code, |node| node.short));
        }
        for (code, clause) in &self.clause {
            let found = node(code).map(|node| node.cite.iter().map(|cite| cite.clause.clone()).collect::<Vec<_>>());
            if !found.iter().flatten().any(|found| found == clause) {
                findings.same(format!("clause of {code}"), clause, format!("{found:?}"));
            }
        }
        if let Some(not_counted) = self.not_counted {
            findings.same("lines not counted", not_counted, standing.not_counted.len());
        }
    }
}
