//! What the years that surplus serves can still count, so that no hours are spent where they would count for nothing.

use super::super::{Node, Standing};
use crate::{kernel::Hours, policy::CategoryCode};
use std::collections::BTreeMap;

/// What each year can still count of each category of its own tree. Of a year without rules nothing bounds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    years: BTreeMap<i32, Tree>,
}

/// By category, `total` among them; `None` where no maximum is set.
type Tree = BTreeMap<CategoryCode, Option<Hours>>;

impl Room {
    /// What is left below the maxima of the years that have rules.
    #[must_use]
    pub fn of(standings: &[Standing]) -> Self {
        let with_rules = standings.iter().filter(|standing| standing.policy.is_some());
        Self { years: with_rules.map(|standing| (standing.year, tree(&standing.nodes))).collect() }
    }

    /// How much of what is wanted a year would count of a category.
    #[must_use]
    pub fn most(&self, year: i32, category: &CategoryCode, wanted: Hours) -> Hours {
        let Some(tree) = self.years.get(&year) else { return wanted };
        let way = way(tree, category);
        if way.is_empty() {
            return Hours::ZERO;
        }
        let bounds = way.iter().filter_map(|code| *tree.get(code)?);
        bounds.fold(wanted, Hours::min)
    }

    /// That a year counts so much more of a category.
    pub(super) fn take(&mut self, year: i32, category: &CategoryCode, hours: Hours) {
        let Some(tree) = self.years.get_mut(&year) else { return };
        for code in &way(tree, category) {
            if let Some(Some(left)) = tree.get_mut(code) {
                *left = *left - hours;
            }
        }
    }
}

fn tree(nodes: &[Node]) -> Tree {
    let left = |node: &Node| node.max.map(|max| node.earned.short_of(max));
    nodes.iter().map(|node| (CategoryCode::new(node.code.as_str()), left(node))).collect()
}

/// The nodes of a tree that hours of a category count at, the deepest first; none where the tree knows no such category.
fn way(tree: &Tree, category: &CategoryCode) -> Vec<CategoryCode> {
    let up = std::iter::successors(Some(category.clone()), CategoryCode::parent);
    let mut way: Vec<_> = up.filter(|code| tree.contains_key(code)).collect();
    if !way.is_empty() {
        way.push(CategoryCode::new(Node::TOTAL));
    }
    way
}
