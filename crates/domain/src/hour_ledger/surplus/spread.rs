//! What a provision about surplus speaks of: which lines of a year may serve others, and what these lack.

use super::{
    super::{Entry, EntryKind, Node, Standing, StandingReason, Verdict},
    Gap,
    propose::serves,
};
use crate::{
    kernel::{CourseId, EntryId, Hours, PlatformId},
    policy::{
        CategoryCode,
        shape::{Studied, Surplus, takes_study},
    },
    registry::Tier,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a provision asks of a line that the line itself does not keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The codes of the platforms.
    pub platforms: BTreeMap<PlatformId, String>,
    /// The tiers of the bases that gave the courses; of a course that no base gave, nothing.
    pub base_tiers: BTreeMap<CourseId, Tier>,
}

/// The lines of a year that may serve other years (QH-A9); none where the provision is not about that year's surplus.
///
/// What was taken back or still waits for a decision is spare for nothing ([`super::Spare`]), and need not be left out here.
#[must_use]
pub fn eligible_lines(surplus: &Surplus, year: i32, entries: &[Entry], origins: &Origins) -> BTreeSet<EntryId> {
    let of_year = entries.iter().filter(|line| surplus.spreads(year) && line.year == year);
    // What was granted by exception, was granted for what its own year lacked.
    let own = |line: &&Entry| line.drawn().is_none() && !line.is_by_exception();
    let drawable = of_year.filter(|line| line.kind == EntryKind::Credit).filter(own);
    let named = |line: &&Entry| {
        let platform = line.platform.and_then(|id| origins.platforms.get(&id)).map(String::as_str);
        let base_tier = line.course.and_then(|id| origins.base_tiers.get(&id)).copied();
        takes_study(&surplus.eligible, &Studied { category: &line.category, mode: line.mode, platform, base_tier })
    };
    drawable.filter(named).map(|line| line.id).collect()
}

/// What the years lack that surplus may serve, by year and category.
///
/// Of a year with rules that is what its standing lacks, in its firm lines; of one without rules it is what an office attests that it
/// lacked, less the surplus that was given to it since, and nothing is assumed (QH-A10). A year that is met, that is another authority's business or that lies in two places lacks nothing
/// that hours could fill. Nor do missing subjects: they are no hours. A node whose parts account for all that it lacks has no gap of
/// its own, since who fills them fills it.
#[must_use]
pub fn gaps(surplus: &Surplus, standings: &[Standing], attested: &[Gap]) -> Vec<Gap> {
    let served = |year: i32| surplus.into_years.contains(&year);
    let mut found: Vec<Gap> = standings
        .iter()
        .filter(|standing| served(standing.year))
        .flat_map(|standing| match standing.verdict {
            Verdict::NoRuleInForce => of_attested(standing, attested),
            Verdict::Unmet | Verdict::NeedsReview if !in_two_places(standing) => of_nodes(standing),
            _ => Vec::new(),
        })
        .collect();
    found.sort();
    found
}

fn in_two_places(standing: &Standing) -> bool {
    standing.reasons.iter().any(|reason| matches!(reason, StandingReason::TwoPlaces { .. }))
}

fn of_attested(standing: &Standing, attested: &[Gap]) -> Vec<Gap> {
    let given = |gap: &Gap| -> Hours {
        standing.counted.iter().filter(|line| serves(&line.node, &gap.category)).map(|line| line.hours).sum()
    };
    let of_year = attested.iter().filter(|gap| gap.year == standing.year);
    let left = of_year.map(|gap| Gap { short: given(gap).short_of(gap.short), ..gap.clone() });
    left.filter(|gap| gap.short.is_positive()).collect()
}

fn of_nodes(standing: &Standing) -> Vec<Gap> {
    let nodes = &standing.nodes;
    let lacking = nodes.iter().filter(|node| node.short > short_of_parts(node, nodes));
    let gap =
        |node: &Node| Gap { year: standing.year, category: CategoryCode::new(node.code.as_str()), short: node.short };
    lacking.map(gap).collect()
}

/// What the parts right below a node lack together.
fn short_of_parts(node: &Node, nodes: &[Node]) -> Hours {
    let of_root = node.code == Node::TOTAL;
    let is_part = |part: &&Node| match CategoryCode::new(part.code.as_str()).parent() {
        Some(parent) => parent.as_str() == node.code,
        None => of_root && part.code != Node::TOTAL,
    };
    nodes.iter().filter(is_part).map(|part| part.short).sum()
}
