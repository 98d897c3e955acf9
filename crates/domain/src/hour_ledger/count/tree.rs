//! From what counts at each node to what each node has, asks for and lacks.

use super::Node;
use crate::{
    kernel::{EntryId, Hours},
    policy::shape::{Category, CategoryCode, Rules, ShareOf},
};
use std::collections::{BTreeMap, BTreeSet};

/// What counts, before it is held against the tree.
#[derive(Clone, Default)]
pub(super) struct Tally {
    own: BTreeMap<CategoryCode, Hours>,
    /// Hours that count, by the code of their declared subject.
    subjects: BTreeMap<String, Hours>,
    /// Hours that an office granted, by the category at which they count.
    granted: BTreeMap<CategoryCode, Hours>,
    /// The lines that fulfil a node with all below it.
    pub(super) fulfilled: BTreeMap<CategoryCode, Vec<EntryId>>,
    /// The lines that fulfil every node.
    pub(super) everything: Vec<EntryId>,
}

impl Tally {
    pub(super) fn add(&mut self, node: &Category, hours: Hours, subject: Option<String>) {
        *self.own.entry(node.code.clone()).or_default() += hours;
        if let Some(subject) = subject {
            *self.subjects.entry(subject).or_default() += hours;
        }
    }

    pub(super) fn grant(&mut self, node: &Category, hours: Hours) {
        *self.granted.entry(node.code.clone()).or_default() += hours;
    }

    pub(super) fn take(&mut self, node: &CategoryCode, hours: Hours) {
        let own = self.own.entry(node.clone()).or_default();
        *own = *own - hours;
    }

    /// The hours that an office granted at a node or below it.
    fn granted(&self, code: &CategoryCode) -> Hours {
        self.granted.iter().filter(|(node, _)| node.is_within(code)).map(|(_, hours)| *hours).sum()
    }

    /// The lines that fulfil a node, by themselves or with one above it.
    fn fulfilling(&self, code: &CategoryCode) -> Vec<EntryId> {
        let above = self.fulfilled.iter().filter(|(node, _)| code.is_within(node)).flat_map(|(_, lines)| lines);
        let mut lines: Vec<_> = above.chain(&self.everything).copied().collect();
        lines.sort();
        lines
    }

    /// The declared subjects that are finished, by category: half of each of two subjects is none of them (SX-A2).
    fn completed(&self, rules: &Rules) -> BTreeMap<CategoryCode, BTreeSet<String>> {
        let mut completed: BTreeMap<CategoryCode, BTreeSet<String>> = BTreeMap::new();
        for subject in &rules.subject {
            if self.subjects.get(&subject.code).is_some_and(|hours| *hours >= subject.hours) {
                completed.entry(subject.category.clone()).or_default().insert(subject.code.clone());
            }
        }
        completed
    }
}

/// The root first, then the tree in the order of the rules.
pub(super) fn nodes(rules: &Rules, tally: &Tally) -> Vec<Node> {
    let completed = tally.completed(rules);
    // Children stand after their parents in a rule file, so a walk from the end meets every child first.
    let mut below: BTreeMap<CategoryCode, (Hours, Hours)> = BTreeMap::new();
    let root = CategoryCode::new(Node::TOTAL);
    // Nothing counts at the root itself, but something may be taken away there.
    let mut top = (tally.own.get(&root).copied().unwrap_or_default(), Hours::ZERO);
    let mut nodes: Vec<Node> = Vec::with_capacity(rules.category.len() + 1);
    for category in rules.category.iter().rev() {
        let code = &category.code;
        let (earned_below, deemed_below) = below.get(code).copied().unwrap_or_default();
        let node = Node {
            code: code.to_string(),
            name: Some(category.name.clone()),
            required: category.min.unwrap_or_default(),
            max: category.max,
            fulfilled_by: tally.fulfilling(code),
            choose: category.choose,
            subjects: completed.get(code).map(|set| set.iter().cloned().collect()).unwrap_or_default(),
            granted: tally.granted(code),
            cite: category.cite.0.clone(),
            ..Node::holding(tally.own.get(code).copied().unwrap_or_default() + earned_below, category.max)
        };
        let node = node.deemed(deemed_below);
        let above = code.parent().map_or(&mut top, |parent| below.entry(parent).or_default());
        *above = (above.0 + node.earned, above.1 + node.deemed);
        nodes.push(node);
    }
    nodes.reverse();
    let total = Node {
        code: Node::TOTAL.to_owned(),
        required: rules.total.min,
        max: rules.total.max,
        fulfilled_by: tally.fulfilling(&root),
        cite: rules.total.cite.0.clone(),
        ..Node::holding(top.0, rules.total.max)
    };
    let total = total.deemed(top.1);
    raise_shares(rules, total.earned, &mut nodes);
    nodes.insert(0, total);
    nodes
}

impl Node {
    /// A node that has these hours and asks for nothing yet.
    fn holding(all: Hours, max: Option<Hours>) -> Self {
        let earned = max.map_or(all, |max| all.min(max));
        Self { earned, beyond_max: all - earned, ..Self::default() }
    }

    /// Says what is deemed to be there, given what is so below it, and what is missing then.
    fn deemed(self, below: Hours) -> Self {
        let lifted = if self.fulfilled_by.is_empty() { Hours::ZERO } else { self.earned.short_of(self.required) };
        let room = self.max.map(|max| max - self.earned);
        let deemed = room.map_or(below, |room| below.min(room)).max(lifted);
        Self { deemed, short: (self.earned + deemed).short_of(self.required), ..self }
    }
}

/// A minimum that is a share of what was earned grows with it; a share of what is required is the printed minimum (GD-A1).
fn raise_shares(rules: &Rules, earned: Hours, nodes: &mut [Node]) {
    for (category, node) in rules.category.iter().zip(nodes) {
        if let Some(share) = category.share.as_ref().filter(|share| share.of == ShareOf::EarnedTotal) {
            let exact = earned.hundredths().saturating_mul(share.numerator);
            let share = Hours::from_hundredths(
                exact.div_euclid(share.denominator.max(1)) + i64::from(exact % share.denominator.max(1) != 0),
            );
            node.required = node.required.max(share);
            let below = node.deemed;
            *node = std::mem::take(node).deemed(below);
        }
    }
}
