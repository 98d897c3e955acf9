//! What situations say of surplus: which hours serve other years, and what of these they fill.

use super::{Case, clause};
use crate::situations::{Findings, category};
use domain::{
    hour_ledger::{Chosen, Drawing, Gap, Room, Spare, Transfer, choose, eligible_lines, gaps, propose},
    kernel::Hours,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The surplus of the situation's year. What is expected is the proposal, or what comes of what was chosen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spread {
    /// What an office attests that years without rules lack.
    #[serde(default)]
    gaps: Vec<Part>,
    /// What the learner chooses instead of the proposal.
    chosen: Option<Vec<Part>>,
    /// Whether the rules let the surplus of the year serve others.
    expect: bool,
    transfers: Option<Vec<Part>>,
    filled: Option<Vec<i32>>,
    left: Option<Vec<Part>>,
    faults: Option<Vec<Faulty>>,
    clause: Option<String>,
}

/// So many hours of a category of a year.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    year: i32,
    category: String,
    hours: Hours,
}

/// Why what was chosen is not allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faulty {
    /// Which, counted from one.
    chosen: usize,
    fault: String,
    /// The most that would have been allowed.
    most: Option<Hours>,
}

impl Spread {
    pub(super) fn judge(&self, case: &Case<'_>, findings: &mut Findings<'_>) {
        let rules = &case.stage.rules;
        clause(
            "surplus: clause".to_owned(),
            self.clause.as_ref(),
            rules.surplus.iter().flat_map(|surplus| &surplus.cite.0),
            findings,
        );
        let provision = rules.surplus.as_ref().filter(|surplus| surplus.spreads(case.year));
        findings.same("surplus: serves other years", self.expect, provision.is_some());
        let Some(provision) = provision else { return };
        let attested: Vec<Gap> = self.gaps.iter().map(Part::gap).collect();
        let standings: Vec<_> = provision.into_years.iter().map(|year| case.standing_of(*year)).collect();
        let gaps = gaps(provision, &standings, &attested);
        let origins = case.stage.origins(&case.situation.credited);
        let eligible = eligible_lines(provision, case.year, case.entries, &origins);
        let spare = Spare::of(rules, case.year, case.entries);
        let drawing = Drawing { spare, room: Room::of(&standings), eligible: &eligible };
        match &self.chosen {
            None => {
                let proposal = propose(&drawing, &gaps);
                self.transferred(&proposal.transfers, findings);
                if let Some(expected) = &self.filled {
                    findings.same(
                        "surplus: years filled",
                        format!("{expected:?}"),
                        format!("{:?}", proposal.years_filled),
                    );
                }
                if let Some(expected) = &self.left {
                    let found = proposal.gaps_left.iter().map(|gap| (gap.year, gap.category.as_str(), gap.short));
                    findings.same("surplus: gaps left", listed(expected.iter().map(Part::named)), listed(found));
                }
            }
            Some(chosen) => {
                let chosen: Vec<Chosen> = chosen.iter().map(Part::chosen).collect();
                let (transfers, faults) = match choose(&drawing, &gaps, &chosen) {
                    Ok(transfers) => (transfers, Vec::new()),
                    Err(faults) => (Vec::new(), faults),
                };
                self.transferred(&transfers, findings);
                let expected = self.faults.iter().flatten().map(|one| (one.chosen, one.fault.as_str(), one.most));
                let found = faults.iter().map(|(index, fault)| (index + 1, fault.code(), fault.most()));
                let faults = |of: &mut dyn Iterator<Item = (usize, &str, Option<Hours>)>| {
                    format!("{:?}", of.collect::<Vec<_>>())
                };
                findings.same("surplus: faults", faults(&mut expected.into_iter()), faults(&mut found.into_iter()));
            }
        }
    }

    /// The transfers, whatever the lines that they are drawn from.
    fn transferred(&self, transfers: &[Transfer], findings: &mut Findings<'_>) {
        let Some(expected) = &self.transfers else { return };
        let mut sums: BTreeMap<(i32, &str), Hours> = BTreeMap::new();
        for transfer in transfers {
            *sums.entry((transfer.year, transfer.category.as_str())).or_default() += transfer.hours;
        }
        let found = sums.into_iter().map(|((year, category), hours)| (year, category, hours));
        findings.same("surplus: transfers", listed(expected.iter().map(Part::named)), listed(found));
    }
}

impl Part {
    fn named(&self) -> (i32, &str, Hours) {
        (self.year, &self.category, self.hours)
    }

    fn gap(&self) -> Gap {
        Gap { year: self.year, category: category(&self.category), short: self.hours }
    }

    fn chosen(&self) -> Chosen {
        Chosen { year: self.year, category: category(&self.category), hours: self.hours }
    }
}

fn listed<'p>(parts: impl Iterator<Item = (i32, &'p str, Hours)>) -> String {
    let mut parts: Vec<_> = parts.collect();
    parts.sort();
    parts.iter().map(|(year, category, hours)| format!("{year} {category} {hours}")).collect::<Vec<_>>().join(", ")
}
