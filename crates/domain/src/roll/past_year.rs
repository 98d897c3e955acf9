//! What an office attests of a past year, and whether it can.

use super::Reason;
use crate::{
    hour_ledger::Node,
    kernel::{Hours, PlaceCode, PolicyId, last_day},
    policy::{CategoryCode, Fulfils, Resolution, RuleBook, Rules},
    registry::LearnerFacts,
};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// What an office attests of one year of one person, after its form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastYear {
    /// The policy year.
    pub year: i32,
    /// What of it.
    pub stated: Stated,
}

/// What is attested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// That the year was met.
    Met,
    /// The hours of each category, in the unit of the year's rules, those of its parts included: as a standing tells them.
    Hours(BTreeMap<CategoryCode, Hours>),
}

impl Stated {
    /// As lines hold it: category, hours beside those of its parts, and what they fulfil. A category of no hours has no line.
    pub(crate) fn amounts(&self) -> BTreeSet<(CategoryCode, Hours, Option<Fulfils>)> {
        match self {
            Self::Met => {
                [(CategoryCode::new(Node::TOTAL), Hours::ZERO, Some(Fulfils::EverythingYear))].into_iter().collect()
            }
            Self::Hours(by_category) => {
                let beside_parts = |(category, hours): (&CategoryCode, &Hours)| {
                    let own = *hours - of_parts(by_category, category);
                    own.is_positive().then(|| (category.clone(), own, None))
                };
                by_category.iter().filter_map(beside_parts).collect()
            }
        }
    }

    /// The categories that are named.
    pub fn categories(&self) -> impl Iterator<Item = &CategoryCode> {
        let by_category = match self {
            Self::Hours(by_category) => Some(by_category),
            Self::Met => None,
        };
        by_category.into_iter().flat_map(BTreeMap::keys)
    }

    /// The categories whose parts have more hours than they have themselves.
    pub fn less_than_parts(&self) -> impl Iterator<Item = &CategoryCode> {
        let by_category = match self {
            Self::Hours(by_category) => Some(by_category),
            Self::Met => None,
        };
        by_category.into_iter().flat_map(|all| {
            all.iter().filter(|(category, hours)| of_parts(all, category) > **hours).map(|(category, _)| category)
        })
    }
}

/// The hours of the nearest parts of a category that are named beside it.
fn of_parts(by_category: &BTreeMap<CategoryCode, Hours>, whole: &CategoryCode) -> Hours {
    let parts: Vec<&CategoryCode> = by_category.keys().filter(|code| *code != whole && code.is_within(whole)).collect();
    let nearest = parts.iter().filter(|code| !parts.iter().any(|above| above != *code && code.is_within(above)));
    nearest.filter_map(|code| by_category.get(*code)).copied().sum()
}

/// The place on which the year falls, and the rules where some are in force for it.
pub(super) struct Ground {
    pub(super) place: PlaceCode,
    pub(super) policy: Option<PolicyId>,
}

/// Whether an office can attest this of a person's year. Where rules are in force for it, it must have closed, and the categories are
/// theirs; where none are, they are those of any rules.
///
/// # Errors
/// Every reason against it.
pub(super) fn attest(
    book: &RuleBook,
    learner: &LearnerFacts,
    past: &PastYear,
    today: Date,
) -> Result<Ground, Vec<Reason>> {
    let year = past.year;
    if year >= today.year() {
        return Err(vec![Reason::YearNotOver { year }]);
    }
    let Some(place) = learner.place_on(last_day(year), None) else { return Err(Vec::new()) };
    let resolution = book.resolve(place, year, None);
    let mut found = Vec::new();
    if let Some(until) = resolution.in_force().and_then(|policy| policy.rules.year.closes_on)
        && today <= until
    {
        found.push(Reason::ComputedHere { year, until });
    }
    if let Stated::Hours(by_category) = &past.stated {
        let unknown = by_category.keys().filter(|category| !is_known(book, &resolution, category));
        found.extend(unknown.map(|category| Reason::CategoryUnknown {
            category: category.clone(),
            known: asked(book, &resolution).flat_map(|rules| &rules.category).map(|one| one.code.clone()).collect(),
        }));
    }
    for reason in &mut found {
        if let Reason::CategoryUnknown { known, .. } = reason {
            known.sort_unstable();
            known.dedup();
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    Ok(Ground { place: place.clone(), policy: resolution.in_force().map(|policy| policy.id) })
}

fn is_known(book: &RuleBook, resolution: &Resolution, category: &CategoryCode) -> bool {
    asked(book, resolution).any(|rules| rules.node_of(category).is_some())
}

/// The rules whose categories are asked for.
fn asked<'b>(book: &'b RuleBook, resolution: &'b Resolution) -> impl Iterator<Item = &'b Rules> {
    let in_force = resolution.in_force();
    let all = book.versions().filter(move |_| in_force.is_none());
    in_force.into_iter().chain(all).map(|policy| &policy.rules)
}
